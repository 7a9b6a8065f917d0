//! Who may do what: every field of Query, Mutation and Subscription, and every link from one record to another, against every role, programs
//! with one scope, a stranger and nobody. The tables below are held against the schema itself: a new field without a line in them
//! fails the test.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use signet_domain::{Role, Scope};
use signet_testkit::GraphqlClient;
use signet_testkit::client::plain;
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, Served, ServedProject, state};

/// What a field wants of its caller.
enum Need {
    /// The scope in the record's project.
    Scope(Scope),
    /// The same, and a person: a program may not speak for one.
    PersonWith(Scope),
    /// It is about the caller alone, whoever that is.
    Own,
    /// An owner of the platform, or a program that one of them gave `platform:write`.
    Platform,
}
use Need::{Own, PersonWith, Platform, Scope as With};

/// Root fields with arguments that name records of `shop-1`, and what they need. `{a word}` stands for an id.
const FIELDS: &[(&str, Need)] = &[
    ("viewer", Own),
    ("permissions", Own),
    ("auditEventKinds", Own),
    ("projects", Own),
    ("project(projectId: \"{project}\") { __typename }", With(Scope::ProjectsRead)),
    ("conversation(id: \"{conversation}\") { __typename }", With(Scope::ConversationsRead)),
    ("conversations(projectId: \"{project}\") { nodes { id } }", With(Scope::ConversationsRead)),
    (
        "closedConversations(projectIds: [\"{project}\"], interval: { from: \"2020-01-01T00:00:00Z\", to: \"2030-01-01T00:00:00Z\" }) { nodes { id } }",
        With(Scope::ConversationsRead),
    ),
    ("visitor(id: \"{visitor}\") { __typename }", With(Scope::VisitorsRead)),
    ("visitors(projectId: \"{project}\") { nodes { visitorId } }", With(Scope::VisitorsRead)),
    ("authenticationFailures(projectId: \"{project}\") { nodes { id } }", With(Scope::VisitorsAuthenticate)),
    (
        "authenticationFailureCounts(projectId: \"{project}\", interval: { from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\" }) { __typename }",
        With(Scope::VisitorsAuthenticate),
    ),
    ("users(projectId: \"{project}\") { nodes { id } }", With(Scope::UsersRead)),
    ("user(projectId: \"{project}\", id: \"{user}\") { id }", With(Scope::UsersRead)),
    ("groups(projectId: \"{project}\") { id }", With(Scope::UsersRead)),
    ("apiClients(projectId: \"{project}\") { id }", With(Scope::UsersRead)),
    ("auditEvents(projectId: \"{project}\") { nodes { sequence } }", With(Scope::AuditRead)),
    ("auditExport(input: { projectId: \"{project}\" })", With(Scope::AuditRead)),
    (
        "testVisitorAuthenticateFromCredentials(input: { projectId: \"{project}\", credentials: \"x\" })",
        With(Scope::VisitorsAuthenticate),
    ),
    (
        "visitorAuthenticateFromCredentials(input: { projectId: \"{project}\", credentials: \"x\" })",
        With(Scope::VisitorsAuthenticate),
    ),
    ("tokenInspect(input: { projectId: \"{project}\", token: \"x\" })", With(Scope::VisitorsAuthenticate)),
    (
        "visitorSessionsRevoke(input: { projectId: \"{project}\", userId: \"nobody\" })",
        With(Scope::VisitorsAuthenticate),
    ),
    (
        "messageSend(input: { conversationId: \"{conversation}\", text: \"hello\" })",
        PersonWith(Scope::ConversationsWrite),
    ),
    (
        "conversationTyping(input: { conversationId: \"{conversation}\" })",
        PersonWith(Scope::ConversationsWrite),
    ),
    (
        "identityConfirmationRequest(input: { conversationId: \"{conversation}\" })",
        PersonWith(Scope::ConversationsWrite),
    ),
    (
        "conversationMarkRead(input: { conversationId: \"{conversation}\", sequence: 1 })",
        With(Scope::ConversationsWrite),
    ),
    ("conversationClose(input: { conversationId: \"{conversation}\" })", With(Scope::ConversationsWrite)),
    ("closedConversationAnonymize(input: { conversationId: \"{closed}\" })", With(Scope::VisitorsErase)),
    ("visitorExport(input: { visitorId: \"{erased}\" })", With(Scope::VisitorsErase)),
    ("visitorAnonymize(input: { visitorId: \"{erased}\" })", With(Scope::VisitorsErase)),
    ("projectCreate(input: { projectId: \"{n}\", name: \"x\" })", Platform),
    ("projectUpdate(input: { projectId: \"{project}\", name: \"Shop\" })", With(Scope::ProjectsWrite)),
    ("customerKeyRegister(input: { projectId: \"{project}\", key: \"x\" })", With(Scope::KeysWrite)),
    (
        "customerKeyChallenge(input: { projectId: \"{project}\", customerKeyId: \"{key}\" })",
        With(Scope::KeysWrite),
    ),
    (
        "customerKeyProve(input: { projectId: \"{project}\", customerKeyId: \"{key}\", signature: \"x\" })",
        With(Scope::KeysWrite),
    ),
    (
        "customerKeyActivate(input: { projectId: \"{project}\", customerKeyId: \"{key}\" })",
        With(Scope::KeysWrite),
    ),
    (
        "customerKeyRetire(input: { projectId: \"{project}\", customerKeyId: \"{key}\" })",
        With(Scope::KeysWrite),
    ),
    (
        "customerKeyRevoke(input: { projectId: \"{project}\", customerKeyId: \"{key}\" })",
        With(Scope::KeysWrite),
    ),
    ("customerKeySetUse(input: { projectId: \"{project}\", address: \"ftp://x\" })", With(Scope::KeysWrite)),
    ("customerKeySetProve(input: { projectId: \"{project}\", signature: \"x\" })", With(Scope::KeysWrite)),
    ("customerKeySetRefresh(input: { projectId: \"{project}\" })", With(Scope::KeysWrite)),
    ("customerKeySetRemove(input: { projectId: \"{project}\" })", With(Scope::KeysWrite)),
    (
        "userInvite(input: { projectId: \"{project}\", email: \"{n}@new.example\", name: \"New\", role: AGENT })",
        With(Scope::UsersWrite),
    ),
    ("userInvitationRenew(input: { projectId: \"{project}\", userId: \"{user}\" })", With(Scope::UsersWrite)),
    (
        "userUpdate(input: { projectId: \"{project}\", userId: \"{user}\", name: \"Pat\" })",
        With(Scope::UsersWrite),
    ),
    ("userDisable(input: { projectId: \"{project}\", userId: \"{user}\" })", With(Scope::UsersWrite)),
    ("userEnable(input: { projectId: \"{project}\", userId: \"{user}\" })", With(Scope::UsersWrite)),
    (
        "userRoleSet(input: { projectId: \"{project}\", userId: \"{user}\", role: AUDITOR })",
        With(Scope::UsersWrite),
    ),
    (
        "userSecondFactorReset(input: { projectId: \"{project}\", userId: \"{user}\" })",
        With(Scope::UsersWrite),
    ),
    ("groupCreate(input: { projectId: \"{project}\", name: \"{n}\" })", With(Scope::GroupsWrite)),
    ("groupUpdate(input: { projectId: \"{project}\", groupId: \"{group}\" })", With(Scope::GroupsWrite)),
    ("groupRemove(input: { projectId: \"{project}\", groupId: \"{group}\" })", With(Scope::GroupsWrite)),
    (
        "apiClientCreate(input: { projectId: \"{project}\", name: \"{n}\", scopes: [] })",
        With(Scope::ClientsWrite),
    ),
    (
        "apiClientUpdate(input: { projectId: \"{project}\", clientId: \"{client}\" })",
        With(Scope::ClientsWrite),
    ),
    (
        "apiClientSecretRotate(input: { projectId: \"{project}\", clientId: \"{client}\" })",
        With(Scope::ClientsWrite),
    ),
    (
        "apiClientRevoke(input: { projectId: \"{project}\", clientId: \"{client}\" })",
        With(Scope::ClientsWrite),
    ),
    ("bots(projectId: \"{project}\") { id }", With(Scope::UsersRead)),
    ("botCreate(input: { projectId: \"{project}\", name: \"x\", address: \"x\" })", With(Scope::UsersWrite)),
    ("botUpdate(input: { projectId: \"{project}\", botId: \"{user}\" })", With(Scope::UsersWrite)),
    ("botSecretRotate(input: { projectId: \"{project}\", botId: \"{user}\" })", With(Scope::UsersWrite)),
    ("botRemove(input: { projectId: \"{project}\", botId: \"{user}\" })", With(Scope::UsersWrite)),
    // Of the keys' use everybody sees that of their own projects: `platform_key_administration.rs`.
    ("platformKeys { keyId }", Own),
    ("platformKeyCreate(input: {})", Platform),
    ("platformKeyRetire(input: { keyId: \"nobodys\" })", Platform),
    ("platformKeyRevoke(input: { keyId: \"nobodys\" })", Platform),
    ("customerKeyTry(input: { projectId: \"{project}\", customerKeyId: \"{key}\" })", With(Scope::KeysWrite)),
    ("viewerUpdate", Own),
    ("viewerPasswordChange", Own),
    ("secondFactorBegin", Own),
    ("secondFactorConfirm", Own),
    ("secondFactorDisable", Own),
    ("recoveryCodesRenew", Own),
    ("viewerSessionRevoke", Own),
    ("viewerOtherSessionsRevoke", Own),
    ("conversationEvents(projectId: \"{project}\", after: 0) { kind }", With(Scope::ConversationsRead)),
];

/// Links from a record to others: the scope they want beyond what leads to the record; `None` if they belong to it.
const LINKS: &[(&str, Option<Scope>)] = &[
    ("Conversation.project", Some(Scope::ProjectsRead)),
    ("Conversation.visitor", Some(Scope::VisitorsRead)),
    ("Conversation.continuedIn", None),
    ("Conversation.continuedFrom", None),
    ("Conversation.transactions", None),
    ("Conversation.satisfaction", None),
    ("Conversation.agent", None),
    ("Conversation.bot", None),
    ("Conversation.identityRequest", None),
    ("Conversation.identity", None),
    ("Conversation.lastMessage", None),
    ("Conversation.messages", None),
    ("ConversationEvent.conversation", None),
    ("ConversationEvent.message", None),
    ("Group.members", Some(Scope::UsersRead)),
    ("Project.customerKeys", Some(Scope::ProjectsRead)),
    ("Project.customerKeySet", Some(Scope::ProjectsRead)),
    ("Project.counts", Some(Scope::ConversationsRead)),
    ("Project.retention", None),
    ("User.roles", None),
    ("Visitor.transactions", None),
    ("Visitor.attributes", None),
    ("Visitor.customData", None),
    ("Visitor.conversations", Some(Scope::ConversationsRead)),
];

/// The types whose links are in that table: what belongs to a project and is reached by an id.
const RECORDS: [&str; 7] =
    ["Conversation", "ConversationEvent", "Group", "Project", "User", "Visitor", "ApiClient"];

/// Two brands on one platform, and records of the first.
struct Brands {
    served: Served,
    ours: ServedProject,
    platform_owner: GraphqlClient,
    owner: GraphqlClient,
    ids: BTreeMap<&'static str, String>,
    made: std::cell::Cell<u32>,
}

/// What a caller got.
#[derive(Debug, PartialEq)]
enum Got {
    Denied,
    Answer(Value),
}

impl Brands {
    async fn open() -> Self {
        let installation = Installation::new(BINARY, None);
        let ours = ServedProject::create(&installation, "shop-1").await;
        let theirs = ServedProject::create(&installation, "shop-2").await;
        let served = Served::start(installation, &[]).await;
        let platform_owner = served.platform_owner().await;
        let owner = person(&served, &ours, "founder", "owner").await;
        let mut ids = BTreeMap::from([("project", ours.id.clone())]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for (conversation, visitor) in [("conversation", "visitor"), ("closed", "erased")] {
            let mut guest = served.visitor(&ours);
            let activated = guest.activate_anonymously().await;
            ids.insert(visitor, text(&activated["session"]["visitorId"]));
            ids.insert(conversation, text(&guest.send("hello").await["conversationId"]));
        }
        let close = "mutation($id: UUID!) { conversationClose(input: { conversationId: $id }) { userErrors { message } } }";
        owner.data(close, json!({ "id": ids["closed"] })).await;
        let keys = "{ project(projectId: \"shop-1\") { customerKeys { id } } }";
        ids.insert("key", text(&owner.data(keys, json!({})).await["project"]["customerKeys"][0]["id"]));
        let invite = "mutation { userInvite(input: { projectId: \"shop-1\", email: \"pat@desk.example\", name: \"Pat\", role: AGENT }) { user { id } } }";
        ids.insert("user", text(&owner.data(invite, json!({})).await["userInvite"]["user"]["id"]));
        drop(theirs);
        Self { served, ours, platform_owner, owner, ids, made: std::cell::Cell::new(0) }
    }

    /// The field with ids in their places. What is used up by the call is made anew for each.
    async fn fill(&self, field: &str) -> String {
        self.made.set(self.made.get() + 1);
        let n = format!("n{}", self.made.get());
        let mut filled = field.replace("{n}", &n);
        if field.contains("{group}") {
            let create = "mutation($n: String!) { groupCreate(input: { projectId: \"shop-1\", name: $n }) { group { id } } }";
            let made = self.owner.data(create, json!({ "n": n })).await;
            filled = filled.replace("{group}", made["groupCreate"]["group"]["id"].as_str().unwrap());
        }
        if field.contains("{client}") {
            let made = self.program(&[Scope::ClientsWrite]).await.0;
            filled = filled.replace("{client}", &made);
        }
        self.ids.iter().fold(filled, |filled, (name, id)| filled.replace(&format!("{{{name}}}"), id))
    }

    /// A program with these scopes: its id and secret.
    async fn program(&self, scopes: &[Scope]) -> (String, String) {
        let create = "mutation($scopes: [String!]!) { apiClientCreate(input: { projectId: \"shop-1\", name: \"Test\", scopes: $scopes }) {
            apiClient { id } clientSecret } }";
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let mut made = self.owner.data(create, json!({ "scopes": names })).await["apiClientCreate"].take();
        let text = |value: Value| value.as_str().unwrap().to_owned();
        (text(made["apiClient"]["id"].take()), text(made["clientSecret"].take()))
    }

    async fn program_with(&self, scopes: &[Scope]) -> GraphqlClient {
        let (id, secret) = self.program(scopes).await;
        GraphqlClient::client(&self.served.server.url, &id, &secret).await
    }

    async fn ask(&self, caller: &GraphqlClient, kind: &str, field: &str) -> Got {
        let document = document(kind, field);
        let mut body = match kind {
            "Subscription" => caller.first_of(&document, json!({})).await,
            _ => caller.raw(&document, json!({})).await.body,
        };
        if body["errors"][0]["extensions"]["name"] == "PERMISSION_DENIED" {
            return Got::Denied;
        }
        assert!(body["errors"][0]["extensions"]["name"] != "QUERY_INVALID", "{document}: {body}");
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["correlationId"] = Value::Null;
        }
        Got::Answer(body)
    }
}

/// Somebody with this role.
async fn person(served: &Served, project: &ServedProject, name: &str, role: &str) -> GraphqlClient {
    let email = format!("{name}@{}.example", project.id);
    let create =
        ["agent", "create", "--email", &email, "--name", "Sam", "--project", &project.id, "--role", role];
    let created = served.installation.run(&create).await;
    GraphqlClient::sign_in(&served.server.url, &email, created["password"].as_str().unwrap()).await
}

fn name_of(field: &str) -> &str {
    field.split(['(', ' ']).next().unwrap()
}

fn document(kind: &str, field: &str) -> String {
    let selection = if kind == "Mutation" { " { userErrors { __typename message } }" } else { "" };
    format!("{} {{ {field}{selection} }}", kind.to_lowercase())
}

/// A field with ids of the same form that belong to nobody.
fn with_random_ids(field: &str) -> String {
    let random = "0193a5b0-0000-7000-8000-00000000abcd";
    let words = ["conversation", "visitor", "closed", "erased", "key", "user", "group"];
    let filled =
        words.iter().fold(field.to_owned(), |filled, word| filled.replace(&format!("{{{word}}}"), random));
    filled.replace("{project}", "nobodys-shop").replace("{client}", "cl_nobody").replace("{n}", "n")
}

async fn root_fields(caller: &GraphqlClient) -> BTreeMap<String, &'static str> {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { fields { name } } } }";
    let schema = caller.data(query, json!({})).await;
    let mut found = BTreeMap::new();
    for (member, kind) in
        [("queryType", "Query"), ("mutationType", "Mutation"), ("subscriptionType", "Subscription")]
    {
        for field in schema["__schema"][member]["fields"].as_array().unwrap() {
            found.insert(field["name"].as_str().unwrap().to_owned(), kind);
        }
    }
    found
}

#[tokio::test]
async fn d30_every_field_answers_those_who_may_and_nobody_else() {
    let brands = Brands::open().await;
    let kinds = root_fields(&brands.owner).await;
    let listed: BTreeSet<&str> = FIELDS.iter().map(|(field, _)| name_of(field)).collect();
    let unlisted: Vec<_> = kinds.keys().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(unlisted.is_empty(), "say in FIELDS what these need: {unlisted:?}");
    assert_eq!(listed.len(), kinds.len(), "FIELDS has fields that are gone, or one twice");

    let mut callers = Vec::new();
    for role in Role::ALL.into_iter().rev() {
        // The mightiest come last: what they do is not undone.
        let word = role.as_str().to_lowercase();
        callers.push((role, person(&brands.served, &brands.ours, &word, &word).await));
    }
    let theirs = ServedProject::create(&brands.served.installation, "shop-3").await;
    let stranger = person(&brands.served, &theirs, "stranger", "owner").await;
    let mut programs = BTreeMap::new();
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::PlatformWrite) {
        let others: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|other| *other != scope && *other != Scope::PlatformWrite)
            .collect();
        let pair = (brands.program_with(&[scope]).await, brands.program_with(&others).await);
        programs.insert(scope.as_str(), pair);
    }

    for (field, need) in FIELDS {
        let (scope, for_people) = match need {
            With(scope) => (*scope, false),
            PersonWith(scope) => (*scope, true),
            Own | Platform => continue,
        };
        let kind = kinds[name_of(field)];
        let before = state(&brands.owner, "shop-1").await;
        let missing = brands.ask(&stranger, kind, &brands.fill(field).await).await;
        let random = brands.ask(&stranger, kind, &with_random_ids(field)).await;
        assert_eq!(missing, random, "a stranger learns that there is something: {field}");
        assert_ne!(missing, Got::Denied, "{field}");
        let refused = |got: &Got| *got == Got::Denied || *got == missing;
        for (role, caller) in callers.iter().filter(|(role, _)| !role.scopes().contains(scope)) {
            let got = brands.ask(caller, kind, &brands.fill(field).await).await;
            assert!(refused(&got), "{role:?} may not, and does: {field}: {got:?}");
        }
        let (only, others) = &programs[scope.as_str()];
        let got = brands.ask(others, kind, &brands.fill(field).await).await;
        assert!(refused(&got), "a program without {} does: {field}: {got:?}", scope.as_str());
        assert_eq!(state(&brands.owner, "shop-1").await, before, "refused, and yet: {field}");

        for (role, caller) in callers.iter().filter(|(role, _)| role.scopes().contains(scope)) {
            let got = brands.ask(caller, kind, &brands.fill(field).await).await;
            assert!(!refused(&got), "{role:?} may, and does not: {field}: {got:?}");
        }
        let got = brands.ask(only, kind, &brands.fill(field).await).await;
        // Who may not read a conversation cannot write in it: for them it is not there.
        let reads_too = matches!(scope, Scope::ConversationsWrite);
        assert_eq!(
            refused(&got),
            for_people || reads_too,
            "a program with {} alone: {field}: {got:?}",
            scope.as_str()
        );
    }
    nobody_at_all(&brands, &kinds).await;
}

#[tokio::test]
async fn d30_what_all_projects_share_is_the_platforms_owners_alone() {
    let brands = Brands::open().await;
    let platform_owner = &brands.platform_owner;
    let create = "mutation { apiClientCreate(input: { projectId: \"shop-1\", name: \"Platform\", scopes: [\"platform:write\"] }) {
        apiClient { id } clientSecret userErrors { message } } }";
    let mut made = platform_owner.data(create, json!({})).await["apiClientCreate"].take();
    let text = |value: Value| value.as_str().unwrap().to_owned();
    let (id, secret) = (text(made["apiClient"]["id"].take()), text(made["clientSecret"].take()));
    let program = GraphqlClient::client(&brands.served.server.url, &id, &secret).await;
    let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::PlatformWrite).collect();
    let mut refused = vec![("a program with every other right", brands.program_with(&others).await)];
    for role in Role::ALL {
        let word = role.as_str().to_lowercase();
        refused.push((role.as_str(), person(&brands.served, &brands.ours, &word, &word).await));
    }
    let shared = async || {
        let query = "{ platformKeys { keyId state } viewer { rights { projectId } } }";
        platform_owner.data(query, json!({})).await
    };
    for (field, _) in FIELDS.iter().filter(|(_, need)| matches!(need, Platform)) {
        let before = shared().await;
        for (who, caller) in &refused {
            let got = brands.ask(caller, "Mutation", &brands.fill(field).await).await;
            assert_eq!(got, Got::Denied, "{who} may not, and does: {field}");
        }
        assert_eq!(shared().await, before, "refused, and yet: {field}");
        for caller in [platform_owner, &program] {
            let got = brands.ask(caller, "Mutation", &brands.fill(field).await).await;
            assert_ne!(got, Got::Denied, "{field}");
        }
    }
}

/// Without credentials, and with a visitor's, every field is refused before it is looked at.
async fn nobody_at_all(brands: &Brands, kinds: &BTreeMap<String, &'static str>) {
    let mut visitor = brands.served.visitor(&brands.ours);
    visitor.activate_anonymously().await;
    for (field, _) in FIELDS {
        let body = json!({ "query": document(kinds[name_of(field)], &with_random_ids(field)) });
        for bearer in [None, Some(visitor.token())] {
            let request = plain().post(format!("{}/graphql", brands.served.server.url)).json(&body);
            let request = bearer.iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            assert_eq!(request.send().await.unwrap().status(), 401, "{field}");
        }
    }
}

#[tokio::test]
async fn d30_every_link_between_records_wants_its_own_right() {
    let brands = Brands::open().await;
    let query = "query($name: String!) { __type(name: $name) { fields { name type { kind ofType { kind ofType { kind ofType { kind } } } } } } }";
    let mut links = BTreeSet::new();
    for name in RECORDS {
        let found = brands.owner.data(query, json!({ "name": name })).await;
        for field in found["__type"]["fields"].as_array().unwrap() {
            if field["type"].to_string().contains("\"OBJECT\"") {
                links.insert(format!("{name}.{}", field["name"].as_str().unwrap()));
            }
        }
    }
    let listed: BTreeSet<String> = LINKS.iter().map(|(link, _)| (*link).to_owned()).collect();
    assert_eq!(links, listed, "say in LINKS what they need");

    let roots = [
        ("Conversation", "conversation(id: \"{conversation}\")", Scope::ConversationsRead),
        ("Project", "project(projectId: \"{project}\")", Scope::ProjectsRead),
        ("Visitor", "visitor(id: \"{visitor}\")", Scope::VisitorsRead),
    ];
    for (record, root, leads) in roots {
        let narrow = brands.program_with(&[leads]).await;
        for (link, scope) in LINKS.iter().filter(|(link, _)| link.split('.').next() == Some(record)) {
            let name = link.split('.').nth(1).unwrap();
            let field = brands.fill(&format!("{root} {{ {name} {{ __typename }} }}")).await;
            let wants = scope.filter(|scope| *scope != leads);
            let got = brands.ask(&narrow, "Query", &field).await;
            assert_eq!(got == Got::Denied, wants.is_some(), "with {} alone: {link}: {got:?}", leads.as_str());
            if let Some(scope) = wants {
                let wide = brands.program_with(&[leads, scope]).await;
                assert_ne!(brands.ask(&wide, "Query", &field).await, Got::Denied, "{link}");
            }
        }
    }
}
