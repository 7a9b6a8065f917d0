//! The brands' signing keys.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use signet_app::{CustomerKeyDetail, CustomerKeySet, KeyTrial};
use signet_domain::{KeyProof, Scope};

use crate::call::Call;
use crate::scalars::{DateTime, Long, Uuid};
use crate::user_error::UserError;

/// Where a customer key stands in its life.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::KeyState")]
pub(crate) enum CustomerKeyState {
    /// Registered; verifies nothing before its challenge is answered and it is activated.
    Pending,
    /// Verifies tokens.
    Active,
    /// Still verifies tokens while its successor takes over.
    Retiring,
    /// Verifies nothing, and never will again.
    Revoked,
}

/// How it is known whose key it is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::KeyProof")]
pub(crate) enum CustomerKeyProof {
    /// A challenge was signed with it.
    Challenge,
    /// It stands in the project's key set, whose owner signed a challenge.
    KeySet,
    /// The platform's operator registered it.
    Operator,
}

/// What the holder of a key is to sign, to show that it is theirs.
#[derive(SimpleObject)]
pub(crate) struct KeyChallenge {
    /// One line, to be signed exactly as it stands, without a line break at its end.
    pub(crate) text: String,
    pub(crate) expires_at: DateTime,
    /// Signs it with OpenSSL 3 and prints the signature; the private key is in `privateKey.pem`.
    pub(crate) openssl_command: Option<String>,
    /// The same with Signet's own program.
    pub(crate) signet_command: Option<String>,
}

pub(crate) struct CustomerKeyNode(pub(crate) CustomerKeyDetail);

/// A public key that visitor tokens of a project are verified with.
#[Object(name = "CustomerKey")]
impl CustomerKeyNode {
    async fn id(&self) -> Uuid {
        Uuid(self.0.key.id.as_uuid())
    }

    /// The `kid` that the token provider writes into its headers, if it does.
    async fn key_id(&self) -> Option<&str> {
        self.0.key.key_id.as_deref()
    }

    /// SHA-256 of the public JWK (RFC 7638), base64url.
    async fn thumbprint(&self) -> &str {
        &self.0.key.fingerprint
    }

    /// Such as `RS256`.
    async fn algorithm(&self) -> Option<&str> {
        self.0.algorithm().map(signet_app::SignatureAlgorithm::name)
    }

    /// Size in bits.
    async fn bits(&self) -> Option<usize> {
        self.0.bits()
    }

    async fn pem(&self) -> Option<String> {
        self.0.pem()
    }

    async fn state(&self) -> CustomerKeyState {
        self.0.key.state.into()
    }

    /// Null until it is proved whose key it is.
    async fn proof(&self) -> Option<CustomerKeyProof> {
        self.0.key.proof.map(|(proof, _): (KeyProof, _)| proof.into())
    }

    async fn proved_at(&self) -> Option<DateTime> {
        self.0.key.proof.map(|(_, at)| at.into())
    }

    /// What is to be signed before the key can be activated. Null when it is proved.
    async fn challenge(&self) -> Option<KeyChallenge> {
        let (text, expires_at) = self.0.key.challenge.clone()?;
        Some(KeyChallenge {
            text,
            expires_at: expires_at.into(),
            openssl_command: self.0.openssl_command(),
            signet_command: self.0.signet_command(),
        })
    }

    async fn created_at(&self) -> DateTime {
        self.0.key.created_at.into()
    }

    async fn activated_at(&self) -> Option<DateTime> {
        self.0.key.activated_at.map(DateTime)
    }

    async fn retiring_at(&self) -> Option<DateTime> {
        self.0.key.retiring_at.map(DateTime)
    }

    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.key.revoked_at.map(DateTime)
    }

    /// When a token of this key first opened a session.
    async fn first_used_at(&self) -> Option<DateTime> {
        self.0.first_used_at.map(DateTime)
    }

    /// When a token of this key last opened or renewed a session.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// How many sessions its tokens opened or renewed in the last seven days.
    async fn uses(&self) -> Long {
        Long(self.0.uses)
    }

    /// Which part of all the project's that is, 0 to 1; null if there were none.
    async fn share(&self) -> Option<f64> {
        self.0.share
    }

    /// How many sessions revoking it would end now: those that its tokens opened or last renewed.
    #[graphql(complexity = 10)]
    async fn live_sessions(&self, ctx: &Context<'_>) -> Result<Long> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.key.project_id.as_str(), Scope::ProjectsRead)?;
        let live = call.app.live_sessions_of_key(&access, &self.0.key).await;
        live.map(Long).map_err(|error| call.error(&error))
    }
}

pub(crate) struct CustomerKeySetNode(pub(crate) CustomerKeySet);

/// A key of a set that is not used.
#[derive(SimpleObject)]
pub(crate) struct IgnoredKey {
    /// Its `kid`, or its place in the set.
    key_id: String,
    /// Why, such as `KEY_TOO_SMALL` or `KEY_OF_ANOTHER_ORGANISATION`.
    code: String,
}

/// An address at which the brand publishes its signing keys as a JWK set. It is fetched every ten minutes, and when a token names an unknown key, at most once a minute.
#[Object(name = "CustomerKeySet")]
impl CustomerKeySetNode {
    async fn address(&self) -> &str {
        &self.0.address
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Null until its challenge is answered; nothing is used of it before.
    async fn proved_at(&self) -> Option<DateTime> {
        self.0.proved_at.map(DateTime)
    }

    /// What is to be signed with a key of the set. Null when it is proved. The commands are for RSA and P-256 keys.
    async fn challenge(&self) -> Option<KeyChallenge> {
        let (text, expires_at) = self.0.challenge.clone()?;
        let openssl_command = signet_app::openssl_command(&text);
        let signet_command = Some(format!("signet keys prove privateKey.pem --challenge '{text}'"));
        Some(KeyChallenge { text, expires_at: expires_at.into(), openssl_command, signet_command })
    }

    /// When it was last tried.
    async fn attempted_at(&self) -> Option<DateTime> {
        self.0.attempted_at.map(DateTime)
    }

    /// When it was last fetched with a usable key in it.
    async fn fetched_at(&self) -> Option<DateTime> {
        self.0.fetched_at.map(DateTime)
    }

    /// What went wrong the last time, such as `ADDRESS_UNREACHABLE` or `KEY_SET_EMPTY`; the keys of the last good set stay. Null if all is well.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    async fn ignored_keys(&self) -> Vec<IgnoredKey> {
        let ignored =
            |(key_id, code): &(String, String)| IgnoredKey { key_id: key_id.clone(), code: code.clone() };
        self.0.ignored.iter().map(ignored).collect()
    }
}

/// What came of naming, proving, fetching or removing a key set.
#[derive(SimpleObject)]
pub(crate) struct CustomerKeySetPayload {
    /// Null if it was removed.
    pub(crate) customer_key_set: Option<CustomerKeySetNode>,
    pub(crate) user_errors: Vec<UserError>,
}

/// What a key does with the last tokens that reached the project.
#[derive(SimpleObject, Default)]
pub(crate) struct CustomerKeyTryPayload {
    /// How many tokens it was tried on.
    tried: usize,
    /// How many of those it verifies.
    verified: usize,
    /// How many there were besides that cannot be tried: Ed25519 signs no digest, and the tokens are not kept.
    not_triable: usize,
    /// When the oldest of all of them came; null if there were none.
    oldest: Option<DateTime>,
    newest: Option<DateTime>,
    user_errors: Vec<UserError>,
}

impl CustomerKeyTryPayload {
    pub(crate) fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    pub(crate) fn of(trial: &KeyTrial) -> Self {
        Self {
            tried: trial.tried,
            verified: trial.verified,
            not_triable: trial.not_triable,
            oldest: trial.oldest.map(DateTime),
            newest: trial.newest.map(DateTime),
            user_errors: Vec::new(),
        }
    }
}

/// What came of registering, proving or changing a key.
#[derive(SimpleObject)]
pub(crate) struct CustomerKeyPayload {
    pub(crate) customer_key: Option<CustomerKeyNode>,
    pub(crate) user_errors: Vec<UserError>,
}
