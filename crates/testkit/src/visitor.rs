//! A visitor's client: activation, messages and the socket, as the visitor API describes them.

use std::collections::VecDeque;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signet_token::{SignatureAlgorithm, SigningKey};

use crate::client::{Answer, now_unix_ms, plain, within};
use crate::web_socket::{Heard, WebSocket};

/// What the widget holds in one browser.
#[derive(Debug, Clone)]
pub struct VisitorClient {
    http: reqwest::Client,
    base: String,
    project: String,
    /// Origin of the page that embeds the widget.
    pub embedding_origin: Option<String>,
    /// The platform's own origin, from which its widget's frames come.
    pub platform_origin: String,
    /// The session token held.
    pub session: Option<String>,
    /// The device credential held.
    pub device: Option<String>,
    /// What the page calls its visitor, without proof.
    pub ext_id: Option<String>,
    /// The hand-over code that a link brought.
    pub hand_over: Option<String>,
    /// The key that the session is for.
    key: Option<Arc<SigningKey>>,
    /// What proofs carry as `nonce`.
    pub nonce: Option<String>,
}

impl VisitorClient {
    /// A browser that has never been here. `base` has no slash at its end.
    pub fn new(base: &str, project: &str) -> Self {
        Self {
            http: plain(),
            base: base.to_owned(),
            project: project.to_owned(),
            embedding_origin: Some("http://127.0.0.1:3000".to_owned()),
            platform_origin: base.to_owned(),
            session: None,
            device: None,
            ext_id: None,
            hand_over: None,
            key: None,
            nonce: None,
        }
    }

    /// Makes a key that the next session will be for, and with which every request proves itself from then on.
    pub fn make_key(&mut self) {
        let key = SigningKey::generate_for(SignatureAlgorithm::Es256).expect("a key on P-256");
        self.key = Some(Arc::new(key));
    }

    /// Whoever copied the credentials but not the key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// A proof by this client's key for a request with its token; `path` is below `/visitor/v1`.
    pub fn proof(&self, method: &str, path: &str) -> String {
        self.proof_at(method, path, 0)
    }

    /// The same, made some seconds from now.
    pub fn proof_at(&self, method: &str, path: &str, seconds: i64) -> String {
        let key = self.key.as_ref().expect("a client with a key");
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public_members(key) });
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.token().as_bytes());
        let mut claims = json!({
            "jti": new_id(),
            "htm": method,
            "htu": format!("{}/visitor/v1{path}", self.platform_origin),
            "iat": now_unix_ms() / 1_000 + seconds,
            "ath": signet_token::base64url::encode(hash),
        });
        if let Some(nonce) = &self.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        key.sign_compact(&header.to_string(), claims.to_string().as_bytes()).expect("a signature")
    }

    /// A request in this session, with a proof if there is a key.
    fn proved(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/visitor/v1{path}", self.base);
        let path = path.split('?').next().unwrap_or_default();
        let proof = self.key.as_ref().map(|_| self.proof(method.as_str(), path));
        let request = self.http.request(method, url).bearer_auth(self.token());
        match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        }
    }

    /// Calls `activate` and keeps nothing of the answer.
    pub async fn try_activate(&self, option: &Value) -> Answer {
        let mut body = json!({
            "projectId": self.project,
            "origin": self.embedding_origin,
            "authenticationOption": option,
            "session": self.session,
            "device": self.device,
            "handOver": self.hand_over,
            "extId": self.ext_id,
        });
        let mut request = self.http.post(format!("{}/visitor/v1/activate", self.base));
        if let Some(key) = &self.key {
            body["proofKey"] = public_members(key);
            if self.session.is_some() {
                request = request.header("dpop", self.proof("POST", "/activate"));
            }
        }
        let request = request.json(&body);
        Answer::read(request.send().await.expect("activate")).await
    }

    /// Calls `activate` with a token and keeps nothing of the answer.
    pub async fn try_token(&self, token: &str) -> Answer {
        self.try_activate(&json!({ "type": "SECURED_AUTHENTICATION", "token": token })).await
    }

    /// Activates and keeps the credentials.
    pub async fn activate(&mut self, option: &Value) -> Value {
        let body = self.try_activate(option).await.ok();
        assert_eq!(body["status"], "authentication-success", "{body}");
        self.session = Some(body["session"]["accessToken"].as_str().expect("session token").to_owned());
        self.device = body["device"].as_str().map(str::to_owned);
        body
    }

    /// Activates without a token.
    pub async fn activate_anonymously(&mut self) -> Value {
        self.activate(&json!({ "type": "ANONYMOUS" })).await
    }

    /// Activates with a token.
    pub async fn sign_in(&mut self, token: &str) -> Value {
        self.activate(&json!({ "type": "SECURED_AUTHENTICATION", "token": token })).await
    }

    /// Sends a message over HTTP under an id of the caller's.
    pub async fn try_send(&self, client_message_id: &str, text: &str) -> Answer {
        let body = json!({ "clientMessageId": client_message_id, "text": text });
        let request = self.proved(Method::POST, "/messages").json(&body);
        Answer::read(request.send().await.expect("send a message")).await
    }

    /// Posts to an address of the visitor API, such as `/transactions`, in this session.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.proved(Method::POST, path).json(body);
        Answer::read(request.send().await.expect("post to the visitor API")).await
    }

    /// Sends a message over HTTP and gives its acknowledgement.
    pub async fn send(&self, text: &str) -> Value {
        self.try_send(&new_id(), text).await.ok()
    }

    /// The newest page of history.
    pub async fn history(&self) -> Answer {
        self.history_page(100, None).await
    }

    /// A page of history.
    pub async fn history_page(&self, limit: usize, before: Option<&str>) -> Answer {
        let mut path = format!("/history?limit={limit}");
        if let Some(cursor) = before {
            path.push_str("&before=");
            path.push_str(cursor);
        }
        let request = self.proved(Method::GET, &path);
        Answer::read(request.send().await.expect("read the history")).await
    }

    /// The newest page of history, asked for with a proof of the caller's.
    pub async fn history_with(&self, proof: &str) -> Answer {
        let url = format!("{}/visitor/v1/history", self.base);
        let request = self.http.get(url).bearer_auth(self.token()).header("dpop", proof);
        Answer::read(request.send().await.expect("read the history")).await
    }

    /// Signs out; the credentials stay here, as a thief's would.
    pub async fn logout(&self) -> u16 {
        let request = self.http.post(format!("{}/visitor/v1/logout", self.base)).bearer_auth(self.token());
        request.send().await.expect("logout").status().as_u16()
    }

    /// Opens the socket and says hello as somebody who holds nothing yet.
    pub async fn socket(&self) -> VisitorSocket {
        let mut socket = self.open_socket(&self.platform_origin).await.expect("the socket opens");
        let mut hello =
            json!({ "type": "hello", "token": self.token(), "conversationId": null, "sequence": 0 });
        if self.key.is_some() {
            hello["proof"] = self.proof("GET", "/socket").into();
        }
        socket.frame(&hello).await;
        socket
    }

    /// Opens the socket from a page of `origin` and says nothing. The error is the status of the refusal.
    pub async fn open_socket(&self, origin: &str) -> Result<VisitorSocket, u16> {
        let url = format!("{}/visitor/v1/socket", self.base);
        let inner = WebSocket::connect(&url, "signet.v1", &[("origin", origin.to_owned())]).await?;
        Ok(VisitorSocket { inner, waiting: VecDeque::new() })
    }

    /// Goes on with a platform that was started again at another address.
    pub fn moved_to(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    /// The session token held.
    pub fn token(&self) -> &str {
        self.session.as_deref().expect("activate first")
    }
}

fn public_members(key: &SigningKey) -> Value {
    let jwk: Value = serde_json::from_str(&key.verification_key().to_jwk_json()).expect("a JWK is JSON");
    ["kty", "crv", "x", "y"].into_iter().map(|name| (name.to_owned(), jwk[name].clone())).collect()
}

/// A new message id, as a client makes it.
pub fn new_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The visitor's socket. Frames that were not asked for yet wait in the order in which they came.
#[derive(Debug)]
pub struct VisitorSocket {
    inner: WebSocket,
    waiting: VecDeque<Value>,
}

impl VisitorSocket {
    /// Says hello with a token and the last entry held: its conversation and sequence.
    pub async fn hello(&mut self, token: &str, held: Option<(&str, i64)>) {
        let (conversation, sequence) = held.map_or((None, 0), |(id, sequence)| (Some(id), sequence));
        let frame =
            json!({ "type": "hello", "token": token, "conversationId": conversation, "sequence": sequence });
        self.frame(&frame).await;
    }

    /// Sends any frame. False if the socket is gone.
    pub async fn frame(&mut self, frame: &Value) -> bool {
        self.inner.send(frame).await
    }

    /// Sends a message without waiting and gives its id.
    pub async fn send(&mut self, text: &str) -> String {
        let id = new_id();
        self.frame(&json!({ "type": "send", "clientMessageId": id, "text": text })).await;
        id
    }

    /// The next frame of a type; those before it wait.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_where(kind, |_| true).await
    }

    /// The next frame of a type for which the condition holds; those before it wait.
    pub async fn expect_where(&mut self, kind: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let matches = |frame: &Value| frame["type"] == kind && condition(frame);
        if let Some(place) = self.waiting.iter().position(&matches) {
            return self.waiting.remove(place).expect("a frame that was found");
        }
        let wanted = within(&format!("a frame {kind:?}"), async {
            loop {
                match self.inner.next().await {
                    Heard::Frame(frame) if matches(&frame) => return Ok(frame),
                    Heard::Frame(frame) => self.waiting.push_back(frame),
                    Heard::Closed(code) => return Err(code),
                }
            }
        })
        .await;
        wanted.unwrap_or_else(|code| {
            panic!("the socket closed with {code:?} before a frame {kind:?}; waiting: {:?}", self.waiting)
        })
    }

    /// The text entry that says this.
    pub async fn expect_text(&mut self, text: &str) -> Value {
        self.expect_where("entry", |frame| frame["entry"]["text"] == text).await["entry"].clone()
    }

    /// The next frame of a type; nothing if the socket closes before.
    pub async fn next_or_closed(&mut self, kind: &str) -> Option<Value> {
        if let Some(place) = self.waiting.iter().position(|frame| frame["type"] == kind) {
            return self.waiting.remove(place);
        }
        within(&format!("a frame {kind:?} or the close"), async {
            loop {
                match self.inner.next().await {
                    Heard::Frame(frame) if frame["type"] == kind => return Some(frame),
                    Heard::Frame(_) => {}
                    Heard::Closed(_) => return None,
                }
            }
        })
        .await
    }

    /// Leaves as a browser does when its page is closed: a close frame behind what was sent, and no more reading of frames. Just
    /// dropping a socket with unread data resets the connection, and then TCP itself throws away what the server has not read.
    pub async fn leave(mut self) {
        self.inner.close().await;
    }

    /// Waits for the close and gives its code.
    pub async fn closed(&mut self) -> Option<u16> {
        within("the socket to close", async {
            loop {
                match self.inner.next().await {
                    Heard::Frame(frame) => self.waiting.push_back(frame),
                    Heard::Closed(code) => return code,
                }
            }
        })
        .await
    }

    /// Reads acknowledgements until the socket is gone, and gives the ids that were acknowledged.
    pub async fn acknowledged_until_closed(&mut self) -> Vec<String> {
        self.closed().await;
        let acknowledged = self.waiting.iter().filter(|frame| frame["type"] == "ack");
        acknowledged.filter_map(|frame| frame["clientMessageId"].as_str().map(str::to_owned)).collect()
    }
}
