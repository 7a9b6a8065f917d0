//! The platform's keys in memory: what providers are given, and what opens tokens.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use signet_custody::{Custody, DecryptionKeyInfo, KeyState, jwks_json};
use signet_store::platform_keys::PlatformKeyRecord;
use signet_token::doctor::PlatformKey;
use signet_token::{
    EncryptionKey, KeyAgreement, KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapFuture, UnwrappedKey,
};

use crate::{App, AppError};

/// What everybody may know of the keys at a moment.
#[derive(Default)]
pub(crate) struct Published {
    jwks: String,
    pem: Option<String>,
    /// Those that open tokens, for the doctor.
    pub(crate) known: Vec<PlatformKey>,
    revoked: HashSet<String>,
}

impl Published {
    pub(crate) fn of(keys: &[DecryptionKeyInfo], records: &[PlatformKeyRecord]) -> Self {
        let revoked: HashSet<String> = records
            .iter()
            .filter(|record| record.revoked_at.is_some())
            .map(|record| record.key_id.clone())
            .collect();
        let usable: Vec<DecryptionKeyInfo> =
            keys.iter().filter(|key| !revoked.contains(key.key_id.as_str())).cloned().collect();
        let newest = usable
            .iter()
            .find(|key| key.algorithm == KeyManagement::RsaOaep256 && key.state == KeyState::Active);
        Self {
            jwks: jwks_json(&usable),
            pem: newest.and_then(|key| EncryptionKey::jwk_to_pem(&key.public_jwk).ok()),
            known: usable
                .iter()
                .map(|key| PlatformKey {
                    key_id: key.key_id.as_str().to_owned(),
                    retired: key.state == KeyState::Retired,
                })
                .collect(),
            revoked,
        }
    }

    /// Whether a key is not given to providers any more, and still opens tokens.
    pub(crate) fn is_retiring(&self, key_id: &str) -> bool {
        self.known.iter().any(|key| key.retired && key.key_id == key_id)
    }
}

/// The same for whoever reads it while it changes.
#[derive(Default)]
pub(crate) struct PlatformKeys {
    published: RwLock<Arc<Published>>,
    /// Held by whoever takes changes in, so that nobody publishes what was read before somebody else's change.
    pub(crate) taking_in: tokio::sync::Mutex<()>,
}

impl PlatformKeys {
    pub(crate) fn now(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn publish(&self, published: Published) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }
}

/// Custody without the keys that are revoked. What one of them unwraps is refused as anything else that is, after the same
/// work.
pub(crate) struct Opener<'a> {
    custody: &'a dyn Custody,
    published: Arc<Published>,
}

impl Opener<'_> {
    fn judge(&self, named: Option<&str>, key: UnwrappedKey) -> UnwrappedKey {
        let by = key.unwrapped_by();
        let mut key_ids = named.into_iter().chain(by.as_ref().map(KeyFingerprint::as_str));
        let revoked = key_ids.any(|key_id| self.published.revoked.contains(key_id));
        if revoked { key.refused() } else { key }
    }
}

impl KeyUnwrap for Opener<'_> {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        Box::pin(async move { Ok(self.judge(key_id, self.custody.unwrap(key_id, encrypted_key).await?)) })
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        Box::pin(
            async move { Ok(self.judge(key_id, self.custody.agree_and_unwrap(key_id, agreement).await?)) },
        )
    }
}

impl App {
    /// The platform's active encryption keys as a JWK set (RFC 7517 section 5), for `/.well-known/jwks.json`.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] while custody, which was away at the start, has not said which keys there are: a provider that is told of none
    /// would forget those it knows.
    pub fn platform_keys_jwks(&self) -> Result<String, AppError> {
        Ok(self.published_keys()?.jwks.clone())
    }

    /// The newest active RSA key as PEM, for `/keys/platform.pem`; `None` if there is none.
    ///
    /// # Errors
    /// As [`App::platform_keys_jwks`].
    pub fn platform_key_pem(&self) -> Result<Option<String>, AppError> {
        Ok(self.published_keys()?.pem.clone())
    }

    fn published_keys(&self) -> Result<Arc<Published>, AppError> {
        let published = self.platform_keys.now();
        // Custody may have come back without its keys being taken in yet.
        let unpublished = |key: &DecryptionKeyInfo| {
            key.state == KeyState::Active && !published.revoked.contains(key.key_id.as_str())
        };
        if published.pem.is_none()
            && (!self.custody.is_available() || self.custody.keys().iter().any(unpublished))
        {
            return Err(AppError::Unavailable("custody has not said which keys there are".into()));
        }
        Ok(published)
    }

    /// Whether custody did what it was asked last, for `/readyz`. While it does not, new secured activations are refused and sessions live on.
    pub fn custody_is_available(&self) -> bool {
        self.custody.is_available()
    }

    /// What opens tokens now.
    pub(crate) fn opener(&self) -> Opener<'_> {
        Opener { custody: &*self.custody, published: self.platform_keys.now() }
    }
}
