//! Export and erasure of everything about a person. Canaries stand wherever a person can put something; after the erasure every table
//! (whichever there are: they are taken from the catalogue), the log, the database's files and a copy of them are searched.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, VisitorClient, now_unix_ms};

use crate::fixture::{BINARY, Served, ServedProject, answer, conversation, texts};

/// Stands in every value that a person brings.
const CANARY: &str = "cAnArY";

/// An installation with one project, whose owner may do everything.
struct Shop {
    served: Served,
    project: ServedProject,
    owner: GraphqlClient,
    database: Option<String>,
}

impl Shop {
    async fn open(database: Option<&str>) -> Self {
        let installation = Installation::new(BINARY, database);
        let project = ServedProject::create(&installation, "shop-1").await;
        let create =
            ["agent", "create", "--email", "owner@desk.example", "--name", "Sam", "--project", "shop-1"];
        let owner = installation.run(&[&create[..], &["--role", "owner"]].concat()).await;
        let served = Served::start(installation, &[]).await;
        let password = owner["password"].as_str().unwrap();
        let owner = GraphqlClient::sign_in(&served.server.url, "owner@desk.example", password).await;
        Self { served, project, owner, database: database.map(str::to_owned) }
    }

    async fn mutate(&self, mutation: &str, input: Value, fields: &str) -> Value {
        mutate(&self.owner, mutation, input, fields).await
    }

    async fn close(&self, id: &Value) {
        let input = json!({ "conversationId": id });
        self.mutate("conversationClose", input, "conversation { id }").await;
    }

    /// A browser with the person's token.
    async fn sign_in(&self, visitor: &mut VisitorClient) -> Value {
        let tokens = self.served.tokens(&self.project).await;
        let data = json!({ "firstName": canary("first"), "lastName": canary("last"), "email": canary("email"),
            "phoneNumber": canary("phone"), "address": canary("address"), "zipCode": canary("zip"),
            "city": canary("city"), "country": canary("country") });
        let token = tokens.token(&canary("user"), now_unix_ms()).visitor_data(data).build();
        visitor.sign_in(&token).await
    }

    /// Everything a person can do, as a guest and signed in, on two devices. Gives their visitor id and the device they still use.
    async fn person(&self) -> (Value, VisitorClient) {
        let mut phone = self.served.visitor(&self.project);
        phone.ext_id = Some(canary("claimed"));
        phone.activate_anonymously().await;
        let first = phone.send(&canary("text of a guest")).await["conversationId"].clone();
        phone.post("/transactions", &json!({ "id": canary("sale of a guest"), "amount": 5 })).await.ok();
        let said = json!({ canary("key of a page"): canary("word of a page"), "cust_name": canary("name by a page") });
        phone.post("/custom-data", &json!({ "customData": said })).await.ok();
        phone.ext_id = None;
        assert_eq!(self.sign_in(&mut phone).await["continuity"]["outcome"], "ADOPTED");
        phone.send(&canary("text of a person")).await;
        answer(&self.owner, &first, &canary("answer")).await;

        let mut laptop = self.served.visitor(&self.project);
        laptop.ext_id = Some(canary("claimed on another device"));
        laptop.activate_anonymously().await;
        let earlier = laptop.send(&canary("text of another guest")).await["conversationId"].clone();
        laptop.ext_id = None;
        let visitor = self.sign_in(&mut laptop).await;
        assert_eq!(visitor["continuity"]["outcome"], "BOTH");
        laptop.post("/earlier-messages", &json!({ "conversationId": earlier })).await.ok();
        phone.post("/transactions", &json!({ "id": canary("sale"), "amount": 49.95 })).await.ok();
        self.close(&first).await;
        let words =
            json!({ "conversationId": first, "customerSatisfaction": 2, "comment": canary("comment") });
        assert_eq!(phone.post("/satisfaction", &words).await.status, 204);
        phone.send(&canary("text that is not answered yet")).await;

        // Refused: nothing of these may be kept in the first place.
        let tokens = self.served.tokens(&self.project).await;
        for token in [
            tokens.token(&canary("late"), 0).build(),
            tokens.token(&canary("forged"), now_unix_ms()).payload(format!("{{\"{CANARY}\":1}}")).build(),
        ] {
            assert_eq!(laptop.try_token(&token).await.body["status"], "authentication-failure");
        }
        (visitor["session"]["visitorId"].clone(), laptop)
    }

    async fn export(&self, visitor: &Value) -> String {
        let (mut document, mut after) = (String::new(), Value::Null);
        loop {
            let input = json!({ "visitorId": visitor, "after": after });
            let part = self.mutate("visitorExport", input, "part { text next }").await["part"].take();
            document.push_str(part["text"].as_str().unwrap());
            after = part["next"].clone();
            if after.is_null() {
                return document;
            }
        }
    }

    async fn anonymize(&self, visitor: &Value) -> Value {
        let fields = "visitor { visitorId externalUserId claimedId attributes { name } anonymizedAt
            conversations { nodes { id state closeReason anonymizedAt messages { nodes { sequence } }
                satisfaction { customerSatisfaction comment } transactions { externalId amount } } } }";
        self.mutate("visitorAnonymize", json!({ "visitorId": visitor }), fields).await["visitor"].take()
    }

    /// Where canaries stand, by table. Every table there is was read.
    async fn tables_with_canaries(&self) -> BTreeSet<String> {
        match &self.database {
            Some(address) => tables_of_postgres(address).await,
            None => tables_of_sqlite(&self.served.installation.folder().join("signet.db")),
        }
    }
}

pub(crate) fn canary(what: &str) -> String {
    format!("{CANARY} {what}")
}

pub(crate) async fn mutate(caller: &GraphqlClient, name: &str, input: Value, fields: &str) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let mutation = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} userErrors {{ __typename message field }} }} }}"
    );
    let mut data = caller.data(&mutation, json!({ "input": input })).await;
    data[name].take()
}

/// Bytes may be written as they are or in hexadecimal.
fn holds_canary(bytes: &[u8]) -> bool {
    let mut hexadecimal = String::new();
    for byte in CANARY.bytes() {
        write!(hexadecimal, "{byte:02x}").unwrap();
    }
    let lower = bytes.to_ascii_lowercase();
    [CANARY.to_lowercase(), hexadecimal]
        .iter()
        .any(|wanted| lower.windows(wanted.len()).any(|window| window == wanted.as_bytes()))
}

pub(crate) fn tables_of_sqlite(path: &std::path::Path) -> BTreeSet<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(names.len() > 20, "{names:?}");
    let holding = names.into_iter().filter(|name| {
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = row.get_ref(column).unwrap() else {
                    continue;
                };
                if holds_canary(bytes) {
                    return true;
                }
            }
        }
        false
    });
    holding.collect()
}

pub(crate) async fn tables_of_postgres(address: &str) -> BTreeSet<String> {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let catalogue = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let names: Vec<String> =
        client.query(catalogue, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(names.len() > 20, "{names:?}");
    let mut holding = BTreeSet::new();
    for name in names {
        // A row as PostgreSQL itself writes it, whatever its columns.
        let rows = client.query(&format!("SELECT t::text FROM \"{name}\" AS t"), &[]).await.unwrap();
        if rows.iter().any(|row| holds_canary(row.get::<_, String>(0).as_bytes())) {
            holding.insert(name);
        }
    }
    drop(client);
    connection.await.unwrap().unwrap();
    holding
}

/// Runs a test on both engines.
macro_rules! both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Shop::open(None).await).await; })* }
        mod postgres { $(#[tokio::test] async fn $name() {
            if let Some(server) = signet_testkit::postgres::shared() {
                let address = server.database().await;
                super::$name(super::Shop::open(Some(&address)).await).await;
            }
        })* }
    };
}
both_engines!(
    a_large_export_comes_in_parts_and_whole_at_the_command_line,
    an_export_holds_everything_and_an_erasure_leaves_nothing,
    a_closed_conversation_keeps_its_numbers_and_loses_its_words,
);

async fn an_export_holds_everything_and_an_erasure_leaves_nothing(mut shop: Shop) {
    let (visitor, mut laptop) = shop.person().await;
    let holding = shop.tables_with_canaries().await;
    let expected = ["messages", "satisfaction_answers", "transactions", "visitors"];
    assert_eq!(holding, expected.map(str::to_owned).into(), "these are the tables a person stands in");

    let export = shop.export(&visitor).await;
    let document: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(document["format"], "signet-visitor-export/1");
    assert_eq!(document["visitor"]["attributes"].as_array().unwrap().len(), 8);
    for what in [
        "user",
        "first",
        "zip",
        "claimed\"",
        "claimed on another device",
        "key of a page",
        "word of a page",
        "name by a page",
        "text of a guest",
        "text of another guest",
        "text of a person",
        "answer",
        "comment",
        "sale\"",
        "sale of a guest",
    ] {
        assert!(export.contains(&format!("{CANARY} {what}")), "{what} is missing: {export}");
    }
    let threads = document["conversations"].as_array().unwrap();
    assert_eq!(threads.len(), 3, "the earlier one, the closed one, the ongoing one");
    assert_eq!(threads[1]["transactions"].as_array().unwrap().len(), 2);
    assert_eq!(document["sessions"].as_array().unwrap().len(), 2);
    let kinds = |document: &Value| -> Vec<String> {
        let events = document["auditEvents"].as_array().unwrap();
        events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&document), ["VISITOR_AUTHENTICATED", "VISITOR_EXPORTED"]);
    assert!(!export.contains("owner@desk.example"), "the people at the desk are not the visitor's business");

    let mut socket = laptop.socket().await;
    socket.expect("welcome").await;
    let gone = shop.anonymize(&visitor).await;
    assert_eq!(socket.closed().await, Some(4401));
    assert_eq!(laptop.history().await.status, 401);
    assert_eq!((&gone["externalUserId"], &gone["attributes"]), (&Value::Null, &json!([])));
    let threads = gone["conversations"]["nodes"].as_array().unwrap();
    assert_eq!(threads.len(), 2);
    assert!(
        threads.iter().all(|thread| thread["state"] == "CLOSED" && thread["messages"]["nodes"] == json!([]))
    );
    assert_eq!(threads[0]["closeReason"], "POLICY", "it was ongoing");
    assert_eq!(threads[1]["satisfaction"], json!({ "customerSatisfaction": 2, "comment": null }));
    assert_eq!(threads[1]["transactions"][0]["amount"], 49.95);
    assert_eq!(shop.anonymize(&visitor).await["anonymizedAt"], gone["anonymizedAt"], "once");

    assert_eq!(shop.tables_with_canaries().await, BTreeSet::new());
    let document: Value = serde_json::from_str(&shop.export(&visitor).await).unwrap();
    assert!(!holds_canary(document.to_string().as_bytes()));
    let erased = kinds(&document).iter().filter(|kind| *kind == "VISITOR_ANONYMIZED").count();
    assert_eq!(erased, 3, "the person and the two guests they were");
    nothing_in_logs_and_files(&mut shop).await;

    // Somebody new, with the old id.
    shop.served = shop.served.restart(&[]).await;
    laptop.moved_to(&shop.served.server.url);
    let again = shop.sign_in(&mut laptop).await;
    assert_ne!(again["session"]["visitorId"], visitor);
    assert_eq!(laptop.history().await.ok()["entries"], json!([]));
}

/// More than one part holds, and more than one page of every list.
async fn a_large_export_comes_in_parts_and_whole_at_the_command_line(shop: Shop) {
    let mut visitor = shop.served.visitor(&shop.project);
    let id = shop.sign_in(&mut visitor).await["session"]["visitorId"].clone();
    let mut written = Vec::new();
    for conversation in 0..2 {
        let mut thread = Value::Null;
        for number in 0..26 {
            let text = format!("{conversation}/{number} {}", "long ".repeat(1_500));
            thread = visitor.send(text.trim()).await["conversationId"].clone();
            written.push(text.trim().to_owned());
        }
        shop.close(&thread).await;
    }
    let (mut parts, mut after) = (Vec::new(), Value::Null);
    while parts.is_empty() || !after.is_null() {
        let input = json!({ "visitorId": id, "after": after });
        let part = shop.mutate("visitorExport", input, "part { text next }").await["part"].take();
        parts.push(part["text"].as_str().unwrap().to_owned());
        after = part["next"].clone();
    }
    // 64 KB and one page of the longest records at most.
    assert!(parts.len() > 2, "{} parts", parts.len());
    assert!(parts.iter().all(|part| part.len() < 64 * 1024 + 25 * 11_000));
    let texts_of = |document: &Value| -> Vec<String> {
        let threads = document["conversations"].as_array().unwrap().iter();
        let messages = threads.flat_map(|thread| thread["messages"].as_array().unwrap());
        messages.filter_map(|message| message["text"].as_str().map(str::to_owned)).collect()
    };
    let document: Value = serde_json::from_str(&parts.concat()).unwrap();
    assert_eq!(texts_of(&document), written, "everything, once, in order");

    // The operator's command, by either id, while the platform runs.
    let user = canary("user");
    for who in [&[id.as_str().unwrap()][..], &["--project", "shop-1", "--user-id", &user]] {
        let exported = shop.served.installation.run(&[&["visitor", "export"], who].concat()).await;
        assert_eq!(exported["format"], "signet-visitor-export/1");
        assert_eq!(texts_of(&exported), written);
        assert_eq!(exported["visitor"], document["visitor"]);
    }
    let kinds = "{ auditEvents(projectId: \"shop-1\", filter: { kinds: [\"VISITOR_EXPORTED\"] }) { nodes { actor { type } } } }";
    let events = shop.owner.data(kinds, json!({})).await["auditEvents"]["nodes"].take();
    let actors: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["actor"]["type"].clone()).collect();
    assert_eq!(actors, ["OPERATOR", "OPERATOR", "AGENT"]);
}

#[tokio::test]
async fn the_operator_erases_at_the_command_line() {
    let shop = Shop::open(None).await;
    let installation = &shop.served.installation;
    let mut visitor = shop.served.visitor(&shop.project);
    let visitor_id = shop.sign_in(&mut visitor).await["session"]["visitorId"].clone();
    let id = visitor.send(&canary("text")).await["conversationId"].clone();
    let anonymize = ["conversation", "anonymize", id.as_str().unwrap()];
    let refused = crate::command_line::fails(installation, &anonymize);
    assert!(refused.contains("only a closed conversation can be anonymised"), "{refused}");
    shop.close(&id).await;
    let erased = installation.run(&anonymize).await;
    assert_eq!((&erased["conversationId"], &erased["projectId"]), (&id, &json!("shop-1")));
    assert_eq!(texts(&conversation(&shop.owner, &id).await), []);

    visitor.send(&canary("another text")).await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let unknown = ["visitor", "anonymize", "--project", "shop-1", "--user-id", "nobody"];
    assert!(crate::command_line::fails(installation, &unknown).contains("nobody of this user id"));
    let user = canary("user");
    let anonymize = ["visitor", "anonymize", "--project", "shop-1", "--user-id", &user];
    let erased = installation.run(&anonymize).await;
    assert_eq!(erased["visitorId"], visitor_id);
    assert!(erased["anonymizedAt"].is_string());
    assert_eq!(socket.closed().await, Some(4401), "the running platform follows");
    assert_eq!(shop.tables_with_canaries().await, BTreeSet::new());
    assert_eq!(installation.run(&["audit", "verify"]).await["intact"], true);
}

/// Ends the platform and searches what it leaves: log, files, a copy of them.
async fn nothing_in_logs_and_files(shop: &mut Shop) {
    let server = &mut shop.served.server;
    assert!(server.stop().await.success());
    server.logged("stopped").await;
    assert!(server.logs().lines().count() > 20);
    assert!(!holds_canary(server.logs().as_bytes()));
    let installation = &shop.served.installation;
    assert_eq!(installation.run(&["audit", "verify"]).await["intact"], true);
    if shop.database.is_some() {
        return;
    }
    installation.run(&["compact"]).await;
    let backup = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(installation.folder()).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), backup.path().join(file.file_name())).unwrap();
        }
    }
    let files: Vec<_> = std::fs::read_dir(backup.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.iter().any(|file| file.file_name() == "signet.db"));
    for file in files {
        assert!(!holds_canary(&std::fs::read(file.path()).unwrap()), "{}", file.path().display());
    }
}

async fn a_closed_conversation_keeps_its_numbers_and_loses_its_words(shop: Shop) {
    let mut visitor = shop.served.visitor(&shop.project);
    shop.sign_in(&mut visitor).await;
    let id = visitor.send(&canary("text")).await["conversationId"].clone();
    for number in 0..30 {
        visitor.send(&canary(&format!("text {number}"))).await;
    }
    let fields = "conversation { anonymizedAt messages { nodes { sequence } } satisfaction { comment customerSatisfaction } }";
    let input = json!({ "conversationId": id });
    let early = shop.mutate("closedConversationAnonymize", input.clone(), fields).await;
    assert_eq!(early["conversation"], Value::Null);
    assert_eq!(early["userErrors"][0]["__typename"], "InvalidInputUserError");
    assert_eq!(texts(&conversation(&shop.owner, &id).await).len(), 31, "nothing happened");
    shop.close(&id).await;
    let words = json!({ "conversationId": id, "customerSatisfaction": 5, "comment": canary("comment") });
    visitor.post("/satisfaction", &words).await;
    let done = shop.mutate("closedConversationAnonymize", input.clone(), fields).await["conversation"].take();
    assert!(done["anonymizedAt"].is_string());
    assert_eq!(done["messages"]["nodes"], json!([]));
    assert_eq!(done["satisfaction"], json!({ "comment": null, "customerSatisfaction": 5 }));
    let again = shop.mutate("closedConversationAnonymize", input, fields).await;
    assert_eq!(again["conversation"]["anonymizedAt"], done["anonymizedAt"]);
    assert_eq!(visitor.post("/satisfaction", &words).await.status, 404, "no words are added to it");
    assert_eq!(
        shop.tables_with_canaries().await,
        ["visitors".to_owned()].into(),
        "the person is a matter of its own"
    );
    assert_eq!(visitor.history().await.ok()["entries"], json!([]), "they go on being signed in");
}

#[tokio::test]
async fn d30_only_who_may_erase_in_a_project_exports_and_erases() {
    let shop = Shop::open(None).await;
    let mut visitor = shop.served.visitor(&shop.project);
    let id = shop.sign_in(&mut visitor).await["session"]["visitorId"].clone();
    visitor.send("hello").await;
    // The integration's client lacks the scope; a stranger's finds nothing.
    let program = shop.served.graphql(&shop.project).await;
    let other = ServedProject::create(&shop.served.installation, "shop-2").await;
    let stranger = shop.served.graphql(&other).await;
    let random = json!("0193a5b0-0000-7000-8000-000000000001");
    for (mutation, field) in [("visitorExport", "visitorId"), ("visitorAnonymize", "visitorId")] {
        let query = format!(
            "mutation($id: UUID!) {{ {mutation}(input: {{ {field}: $id }}) {{ userErrors {{ __typename message }} }} }}"
        );
        let denied = program.raw(&query, json!({ "id": id })).await.body;
        assert_eq!(denied["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
        let missing = stranger.raw(&query, json!({ "id": id })).await.body;
        assert_eq!(missing["data"][mutation]["userErrors"][0]["__typename"], "NotFoundUserError");
        assert_eq!(missing, stranger.raw(&query, json!({ "id": random })).await.body);
    }
    assert_eq!(visitor.history().await.status, 200, "nothing happened to them");
    // A cursor is of one visitor, one caller and one export.
    let forged =
        shop.mutate("visitorExport", json!({ "visitorId": id, "after": "AAAA" }), "part { text }").await;
    assert_eq!(
        (&forged["part"], &forged["userErrors"][0]["field"]),
        (&Value::Null, &json!(["input", "after"]))
    );
}
