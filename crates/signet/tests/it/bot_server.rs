//! A bot as its author would write one: a real HTTP server that checks signatures, remembers what it was told, and answers as the test
//! says.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, within};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::customer_keys::administrator;
use crate::fixture::{BINARY, Served, ServedProject};

/// What lets a test server on this machine be reached.
pub(crate) const ALLOWED: [&str; 2] = ["--outbound-private-addresses", "--outbound-plain-http"];

/// A call that came.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// After the base address, with the conversation's id as `:id`.
    pub(crate) path: String,
    pub(crate) body: Value,
    /// The header, and what was signed.
    signature: String,
    raw: Vec<u8>,
}

impl Told {
    /// Whether the call was signed with this secret: `sha256=` and HMAC-SHA256 over the body.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let hexadecimal = self.signature.strip_prefix("sha256=").expect("the scheme");
        let tag: Vec<u8> = (0..hexadecimal.len() / 2)
            .map(|index| u8::from_str_radix(&hexadecimal[index * 2..index * 2 + 2], 16).unwrap())
            .collect();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::verify(&key, &self.raw, &tag).is_ok()
    }
}

type Script = dyn Fn(&Told) -> (StatusCode, Value) + Send + Sync;

struct Inside {
    script: Mutex<Arc<Script>>,
    told: watch::Sender<Vec<Told>>,
    /// While it is true nothing is answered.
    holding: watch::Sender<bool>,
}

/// A bot.
#[derive(Clone)]
pub(crate) struct BotServer {
    pub(crate) address: String,
    inside: Arc<Inside>,
}

impl BotServer {
    /// A bot that says nothing to anything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/signet", listener.local_addr().unwrap());
        let silent: Arc<Script> = Arc::new(|_: &Told| (StatusCode::OK, replies(&json!([]))));
        let inside = Arc::new(Inside {
            script: Mutex::new(silent),
            told: watch::channel(Vec::new()).0,
            holding: watch::channel(false).0,
        });
        let router = Router::new().fallback(take).with_state(Arc::clone(&inside));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inside }
    }

    /// Answers with a status and a body from now on.
    pub(crate) fn script(&self, script: impl Fn(&Told) -> (StatusCode, Value) + Send + Sync + 'static) {
        *self.inside.script.lock().unwrap() = Arc::new(script);
    }

    /// Answers with what this gives for each call from now on.
    pub(crate) fn reply(&self, script: impl Fn(&Told) -> Value + Send + Sync + 'static) {
        self.script(move |told| (StatusCode::OK, replies(&script(told))));
    }

    /// Keeps calls waiting for an answer, or lets them have it.
    pub(crate) fn hold(&self, holding: bool) {
        self.inside.holding.send_replace(holding);
    }

    /// What it was told so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.inside.told.borrow().clone()
    }

    /// Waits until it was told so many things.
    pub(crate) async fn heard(&self, count: usize) -> Vec<Told> {
        let mut told = self.inside.told.subscribe();
        within(&format!("{count} calls to the bot"), told.wait_for(|told| told.len() >= count))
            .await
            .unwrap();
        self.told()
    }

    /// What it was told of visitors' messages, in order, with history as if each had come by itself.
    pub(crate) fn texts(&self) -> Vec<String> {
        let of = |message: &Value| message["payload"]["value"].as_str().unwrap().to_owned();
        self.told()
            .iter()
            .flat_map(|told| match told.path.as_str() {
                "/conversations" => told.body["history"].as_array().unwrap().iter().map(of).collect(),
                "/conversations/:id/messages" => vec![of(&told.body["message"])],
                _ => Vec::new(),
            })
            .collect()
    }
}

/// An answer with replies.
fn replies(replies: &Value) -> Value {
    json!({ "idConversation": "-", "idOperator": "-", "replies": replies, "createdAt": "-", "updatedAt": "-" })
}

/// A reply that says something.
pub(crate) fn say(text: &str) -> Value {
    json!({ "type": "message", "payload": { "contentType": "text", "value": text }, "quickReplies": [] })
}

/// A reply that pauses.
pub(crate) fn pause(value: u64, unit: &str) -> Value {
    json!({ "type": "await", "duration": { "unit": unit, "value": value } })
}

async fn take(
    State(bot): State<Arc<Inside>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    raw: Bytes,
) -> (StatusCode, String) {
    assert_eq!(method, Method::POST, "every call is a POST");
    let body: Value = serde_json::from_slice(&raw).expect("every call brings JSON");
    let path = uri.path().strip_prefix("/signet").expect("calls go below the base address");
    let id = body["idConversation"].as_str().expect("every call names its conversation");
    let signature = headers["x-iadvize-signature"].to_str().unwrap().to_owned();
    let told = Told { path: path.replace(id, ":id"), body, signature, raw: raw.to_vec() };
    bot.told.send_modify(|all| all.push(told.clone()));
    // A test that ends while calls are held drops this with its runtime.
    let _ = bot.holding.subscribe().wait_for(|holding| !holding).await;
    let script = Arc::clone(&bot.script.lock().unwrap());
    let (status, answer) = script(&told);
    (status, answer.to_string())
}

/// A project that a bot answers in, and everybody around it.
pub(crate) struct BotScene {
    pub(crate) served: Served,
    pub(crate) project: ServedProject,
    pub(crate) admin: GraphqlClient,
    pub(crate) bot: BotServer,
    pub(crate) bot_id: String,
    pub(crate) secret: String,
}

impl BotScene {
    pub(crate) async fn start() -> Self {
        Self::start_on(None).await
    }

    pub(crate) async fn start_on(database: Option<&str>) -> Self {
        let installation = Installation::new(BINARY, database);
        let project = ServedProject::create(&installation, "shop-1").await;
        let served = Served::start(installation, &ALLOWED).await;
        let admin = administrator(&served, &project).await;
        let bot = BotServer::start().await;
        let input = json!({ "projectId": "shop-1", "name": "Robo", "address": format!("{}/", bot.address) });
        let made = mutate(&admin, "botCreate", input, "bot { id address enabled } secret").await;
        assert_eq!(made["userErrors"], json!([]));
        assert_eq!(made["bot"]["address"], *bot.address, "without the slash at its end");
        let field = |value: &Value| value.as_str().unwrap().to_owned();
        let (bot_id, secret) = (field(&made["bot"]["id"]), field(&made["secret"]));
        Self { served, project, admin, bot, bot_id, secret }
    }
}

/// A mutation about bots; gives its payload.
pub(crate) async fn mutate(graphql: &GraphqlClient, name: &str, input: Value, fields: &str) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let errors = "userErrors { __typename message field ... on InvalidInputUserError { code } }";
    let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} {errors} }} }}");
    graphql.data(&mutation, json!({ "input": input })).await[name].take()
}
