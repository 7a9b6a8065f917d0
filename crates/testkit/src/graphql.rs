//! An agent's or an integration's client: GraphQL over HTTP and `graphql-transport-ws`.

use serde_json::{Value, json};

use crate::client::{Answer, plain, within};
use crate::web_socket::{Heard, WebSocket};

/// Calls GraphQL with a bearer token.
#[derive(Debug, Clone)]
pub struct GraphqlClient {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl GraphqlClient {
    /// `url` ends in `/graphql`.
    pub fn new(url: &str, token: &str) -> Self {
        Self { http: plain(), url: url.to_owned(), token: token.to_owned() }
    }

    /// The same caller at another node of the platform.
    #[must_use]
    pub fn moved_to(&self, base: &str) -> Self {
        Self::new(&format!("{base}/graphql"), &self.token)
    }

    /// Signs in with the password grant of the platform at `base`.
    pub async fn sign_in(base: &str, email: &str, password: &str) -> Self {
        let form = [("grant_type", "password"), ("username", email), ("password", password)];
        Self::granted(base, &form).await
    }

    /// Signs in with the client_credentials grant of the platform at `base`.
    pub async fn client(base: &str, id: &str, secret: &str) -> Self {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        Self::granted(base, &form).await
    }

    async fn granted(base: &str, form: &[(&str, &str)]) -> Self {
        let request = plain().post(format!("{base}/oauth2/token")).form(form);
        let body = Answer::read(request.send().await.expect("ask for a bearer token")).await.ok();
        Self::new(&format!("{base}/graphql"), body["access_token"].as_str().expect("access token"))
    }

    /// The whole answer, errors included.
    pub async fn raw(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let request = self.http.post(&self.url).bearer_auth(&self.token).json(&body);
        Answer::read(request.send().await.expect("call GraphQL")).await
    }

    /// The data of an answer that must have no errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let mut body = self.raw(query, variables).await.ok();
        assert!(body["errors"].is_null(), "{query}: {body}");
        body["data"].take()
    }

    /// Subscribes and waits until the server has accepted the connection.
    pub async fn subscribe(&self, query: &str, variables: Value) -> GraphqlSubscription {
        let mut socket =
            WebSocket::connect(&self.url, "graphql-transport-ws", &[]).await.expect("the socket opens");
        let bearer = format!("Bearer {}", self.token);
        socket.send(&json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
        let mut subscription = GraphqlSubscription { socket };
        subscription.hear("connection_ack").await;
        let payload = json!({ "query": query, "variables": variables });
        subscription.socket.send(&json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        subscription
    }

    /// Subscribes, and gives what comes first: the answer with data or errors.
    pub async fn first_of(&self, query: &str, variables: Value) -> Value {
        let mut subscription = self.subscribe(query, variables).await;
        within("the first frame of a subscription", async {
            loop {
                match subscription.socket.next().await {
                    Heard::Frame(mut frame) if frame["type"] == "next" => return frame["payload"].take(),
                    Heard::Frame(frame) if frame["type"] == "error" => {
                        return json!({ "errors": frame["payload"] });
                    }
                    Heard::Frame(_) => {}
                    Heard::Closed(code) => panic!("the socket closed with {code:?}"),
                }
            }
        })
        .await
    }
}

/// A subscription under way.
#[derive(Debug)]
pub struct GraphqlSubscription {
    socket: WebSocket,
}

impl GraphqlSubscription {
    /// The data of the next event.
    pub async fn next(&mut self) -> Value {
        let mut payload = self.hear("next").await;
        assert!(payload["errors"].is_null(), "{payload}");
        payload["data"].take()
    }

    /// The data of the next event for which the condition holds; those before it are dropped.
    pub async fn next_where(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        loop {
            let data = self.next().await;
            if condition(&data) {
                return data;
            }
        }
    }

    /// Whether the server ends the subscription or the connection, as it does when it goes down.
    pub async fn ended(&mut self) -> bool {
        within("the subscription to end", async {
            loop {
                match self.socket.next().await {
                    Heard::Closed(_) => return true,
                    Heard::Frame(frame) if frame["type"] == "complete" => return true,
                    Heard::Frame(_) => {}
                }
            }
        })
        .await
    }

    async fn hear(&mut self, kind: &str) -> Value {
        within(&format!("a GraphQL frame {kind:?}"), async {
            loop {
                match self.socket.next().await {
                    Heard::Frame(mut frame) if frame["type"] == kind => return frame["payload"].take(),
                    Heard::Frame(frame) if frame["type"] == "ping" => {
                        self.socket.send(&json!({ "type": "pong" })).await;
                    }
                    Heard::Frame(frame) if frame["type"] == "pong" => {}
                    other => panic!("expected a GraphQL frame {kind:?}, heard {other:?}"),
                }
            }
        })
        .await
    }
}
