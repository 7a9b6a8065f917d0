//! A contract fake of Vault: the transit engine and three ways to sign in, as far as the platform uses them.
//!
//! No Vault can be had from the package registries, so this is pinned to what the source of OpenBao says (read in August 2026):
//! RSA decryption is OAEP with SHA-256 and no label; a bad ciphertext alone is HTTP 500, in a batch it has an `error` of its own and
//! the status is 500 (or 400) although the other items are there; a version below `min_decryption_version` or above the latest is a
//! fault of the item's; imported keys are wrapped with AES-KWP under a key wrapped with RSA-OAEP. The suites that use it also run
//! against a real server when `VAULT_ADDR` names one.

mod engine;
mod routes;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::Instant;

pub use self::engine::TransitKey;

/// A Vault on a free port of this machine. It ends when dropped.
#[derive(Debug)]
pub struct FakeVault {
    /// Where it listens, without a slash at the end.
    pub url: String,
    state: Arc<State>,
    /// Where it listens, to come back there.
    address: SocketAddr,
    /// Has a thread of its own; its connections end with it.
    server: Option<Runtime>,
}

/// What it is like at the moment.
#[derive(Debug)]
struct State {
    inner: Mutex<Inner>,
    /// While this is true nothing is answered.
    stalled: watch::Sender<bool>,
    seen: watch::Sender<Seen>,
}

#[derive(Debug, Default)]
struct Inner {
    keys: HashMap<String, TransitKey>,
    tokens: HashMap<String, Token>,
    tokens_made: usize,
    sealed: bool,
    denied: bool,
    wrapping_key: Option<engine::WrappingKey>,
    /// How many keys it takes in before it fails; `None`: any number.
    imports_left: Option<usize>,
    app_role: Option<(String, String)>,
    kubernetes: Option<(String, String)>,
    lease: Lease,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    ends: Option<Instant>,
    renewable: bool,
}

/// What tokens are given at sign-in.
#[derive(Debug, Clone, Copy)]
struct Lease {
    lasts: Duration,
    renewable: bool,
}

impl Default for Lease {
    fn default() -> Self {
        Self { lasts: Duration::from_hours(1), renewable: true }
    }
}

/// What was asked of it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Sizes of the batches to decrypt, in order.
    pub batches: Vec<usize>,
    /// Successful sign-ins.
    pub sign_ins: usize,
    /// Successful renewals of tokens.
    pub renewals: usize,
    /// Namespaces that requests named.
    pub namespaces: Vec<String>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token that never ends and may do everything.
pub const ROOT_TOKEN: &str = "hvs.root-token-of-a-test";

impl FakeVault {
    /// One with the transit engine mounted at `transit`, a root token, and no key.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the address listened on");
        let inner = Inner {
            tokens: HashMap::from([(ROOT_TOKEN.to_owned(), Token { ends: None, renewable: false })]),
            ..Inner::default()
        };
        let state = Arc::new(State {
            inner: Mutex::new(inner),
            stalled: watch::Sender::new(false),
            seen: watch::Sender::default(),
        });
        let server = Some(serve(listener, &state));
        Self { url: format!("http://{address}"), state, address, server }
    }

    /// One with a key of one version.
    pub fn with_key(name: &str) -> Self {
        let vault = Self::start();
        vault.state.lock().keys.insert(name.to_owned(), TransitKey::generate());
        vault
    }

    /// Changes a key.
    pub fn edit<T>(&self, name: &str, edit: impl FnOnce(&mut TransitKey) -> T) -> T {
        edit(self.state.lock().keys.get_mut(name).expect("a key of this name"))
    }

    /// How many versions a key has; none if there is no such key.
    pub fn versions(&self, name: &str) -> usize {
        self.state.lock().keys.get(name).map_or(0, TransitKey::versions)
    }

    /// Takes a key away.
    pub fn remove_key(&self, name: &str) -> TransitKey {
        self.state.lock().keys.remove(name).expect("a key of this name")
    }

    /// Puts one there.
    pub fn put_key(&self, name: &str, key: TransitKey) {
        self.state.lock().keys.insert(name.to_owned(), key);
    }

    /// Seals it: everything is answered with 503.
    pub fn seal(&self, sealed: bool) {
        self.state.lock().sealed = sealed;
    }

    /// Answers nothing until it is told to go on; what was asked meanwhile is answered then.
    pub fn stall(&self, stalled: bool) {
        self.state.stalled.send_replace(stalled);
    }

    /// Takes the right to decrypt away, or gives it back.
    pub fn deny(&self, denied: bool) {
        self.state.lock().denied = denied;
    }

    /// Fails after it has taken in so many keys more; `None`: never.
    pub fn fail_after_imports(&self, imports: Option<usize>) {
        self.state.lock().imports_left = imports;
    }

    /// Is away from the network: connections are refused.
    pub fn go_away(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown_background();
        }
    }

    /// Is back at the same address.
    pub fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the former port");
        self.server = Some(serve(listener, &self.state));
    }

    /// Ends every token but the root's, as if their time had passed.
    pub fn end_tokens(&self) {
        self.state.lock().tokens.retain(|token, _| token == ROOT_TOKEN);
    }

    /// Makes a token that lasts so long.
    pub fn token(&self, lasts: Duration, renewable: bool) -> String {
        self.state.lock().issue(Lease { lasts, renewable })
    }

    /// Accepts these for `AppRole`, and no others.
    pub fn allow_app_role(&self, role_id: &str, secret_id: &str) {
        self.state.lock().app_role = Some((role_id.to_owned(), secret_id.to_owned()));
    }

    /// Accepts this pod for Kubernetes, and no other.
    pub fn allow_kubernetes(&self, role: &str, jwt: &str) {
        self.state.lock().kubernetes = Some((role.to_owned(), jwt.to_owned()));
    }

    /// How long tokens of later sign-ins last.
    pub fn lease(&self, lasts: Duration, renewable: bool) {
        self.state.lock().lease = Lease { lasts, renewable };
    }

    /// What was asked of it so far.
    pub fn seen(&self) -> Seen {
        self.state.seen.borrow().clone()
    }

    /// Waits until it has seen enough.
    pub async fn until(&self, enough: impl Fn(&Seen) -> bool) {
        self.state.seen.subscribe().wait_for(|seen| enough(seen)).await.expect("it is there");
    }
}

impl Drop for FakeVault {
    fn drop(&mut self) {
        self.go_away();
    }
}

impl Inner {
    fn issue(&mut self, lease: Lease) -> String {
        self.tokens_made += 1;
        let token = format!("hvs.token-{}", self.tokens_made);
        let ends = Some(Instant::now() + lease.lasts);
        self.tokens.insert(token.clone(), Token { ends, renewable: lease.renewable });
        token
    }

    fn accepts(&self, token: Option<&str>) -> bool {
        let token = token.and_then(|token| self.tokens.get(token));
        token.is_some_and(|token| token.ends.is_none_or(|ends| Instant::now() < ends))
    }
}

fn serve(listener: TcpListener, state: &Arc<State>) -> Runtime {
    listener.set_nonblocking(true).expect("a listener that does not block");
    let server =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread");
    let router = routes::router(Arc::clone(state));
    server.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        // It ends with its runtime.
        let _ = axum::serve(listener, router).await;
    });
    server
}
