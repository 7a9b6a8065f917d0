//! The platform's keys: that they open, that they still do what they are for, and how old they are.

use std::sync::Arc;
use std::time::Duration;

use signet_app::PlatformKeyRecord;
use signet_custody::{Custody, DecryptionKeyInfo, KeyState, VaultError};
use signet_domain::Timestamp;
use signet_token::{KeyManagement, SessionSigner};

use super::{Check, Report, checks};
use crate::config::{Config, CustodyKind};
use crate::custody::{self, IfAway};
use crate::platform;

const DAY: Duration = Duration::from_hours(24);
/// How long a key is given to providers.
const YEAR: Duration = Duration::from_hours(365 * 24);
/// How long a retired key is expected to go on opening tokens.
const OVERLAP: Duration = Duration::from_hours(90 * 24);

/// What the other examinations need of the keys.
pub(super) struct Keys {
    pub(super) signer: Arc<SessionSigner>,
    known: Arc<[DecryptionKeyInfo]>,
}

impl Keys {
    /// Whether tokens are opened with a key that is no longer published.
    pub(super) fn is_retired(&self, key_id: &str) -> bool {
        self.known.iter().any(|key| key.state == KeyState::Retired && key.key_id.as_str() == key_id)
    }

    /// What the database says of them.
    pub(super) fn judge(&self, records: &[PlatformKeyRecord], now: Timestamp, report: &mut Report) {
        for record in records {
            let Some(key) = self.known.iter().find(|key| key.key_id.as_str() == record.key_id) else {
                continue;
            };
            let days = |since: Timestamp| {
                format!("{}, {} days", record.key_id, now.since(since).as_secs() / DAY.as_secs())
            };
            if record.revoked_at.is_some() {
                report.add(checks::REVOKED_KEY_IN_CUSTODY, record.key_id.clone());
            } else if key.state == KeyState::Active && now.since(record.created_at) > YEAR {
                report.add(checks::PLATFORM_KEY_OLD, days(record.created_at));
            } else if let Some(retired_at) = record.retired_at.filter(|at| now.since(*at) > OVERLAP) {
                report.add(checks::RETIRED_KEY_LEFT, days(retired_at));
            }
        }
    }
}

pub(super) async fn examine(config: &Config, report: &mut Report) -> Option<Keys> {
    if !config.keystore.exists() {
        report.add(checks::KEYSTORE_MISSING, config.keystore.display().to_string());
        return None;
    }
    let keystore = match platform::open_keystore(config).await {
        Ok(keystore) => keystore,
        Err(error) => {
            report.add(checks::CUSTODY_UNUSABLE, format!("{error:#}"));
            return None;
        }
    };
    let signer = keystore.session_signer();
    let in_keystore = keystore.decryption_keys();
    let custody = match custody::open(config, keystore, IfAway::Fail).await {
        Ok(custody) => custody,
        Err(error) => {
            report.add(what_is_wrong(&error), format!("{error:#}"));
            return Some(Keys { signer, known: Arc::from([]) });
        }
    };
    let known = custody.keys();
    try_each(&*custody, &known, report).await;
    copies(config, &in_keystore, report).await;
    Some(Keys { signer, known })
}

async fn try_each(custody: &dyn Custody, keys: &[DecryptionKeyInfo], report: &mut Report) {
    let mut sound = true;
    for key in keys {
        if let Err(error) = custody::self_test(key, custody).await {
            report.add(checks::SELF_TEST_FAILED, format!("{}: {error:#}", key.key_id.as_str()));
            sound = false;
        }
    }
    if sound {
        let published = keys.iter().filter(|key| key.state == KeyState::Active).count();
        let retired = keys.len() - published;
        report.add(checks::CUSTODY_SOUND, format!("{published} published, {retired} retired"));
    }
}

/// Keys that were moved and that the keystore still has.
async fn copies(config: &Config, in_keystore: &[DecryptionKeyInfo], report: &mut Report) {
    let rsa = |key: &&DecryptionKeyInfo| key.algorithm == KeyManagement::RsaOaep256;
    if config.custody == CustodyKind::Local || !in_keystore.iter().any(|key| rsa(&key)) {
        return;
    }
    let Ok(remote) = custody::remote(config, config.custody, IfAway::Fail).await else { return };
    let moved = remote.keys();
    for key in in_keystore.iter().filter(rsa) {
        if moved.iter().any(|other| other.key_id == key.key_id) {
            report.add(checks::FORMER_COPY_LEFT, key.key_id.as_str().to_owned());
        }
    }
}

/// Which finding an error of custody is.
fn what_is_wrong(error: &anyhow::Error) -> Check {
    if let Some(error) = error.downcast_ref::<VaultError>() {
        return match error {
            VaultError::Secret(_) | VaultError::LoginRefused => checks::VAULT_LOGIN_REFUSED,
            VaultError::Unreachable(_) | VaultError::TimedOut | VaultError::Status(_) => {
                checks::VAULT_UNREACHABLE
            }
            VaultError::Sealed => checks::VAULT_SEALED,
            VaultError::Denied => checks::VAULT_DENIED,
            VaultError::KeyNotFound | VaultError::NotRsa(_) | VaultError::Key(_) => {
                checks::VAULT_KEY_UNUSABLE
            }
            _ => checks::CUSTODY_UNUSABLE,
        };
    }
    of_module(error).unwrap_or(checks::CUSTODY_UNUSABLE)
}

#[cfg(feature = "hsm")]
fn of_module(error: &anyhow::Error) -> Option<Check> {
    use signet_custody::Pkcs11Error;
    Some(match error.downcast_ref::<Pkcs11Error>()? {
        Pkcs11Error::Module(_) => checks::PKCS11_MODULE_UNUSABLE,
        Pkcs11Error::TokenNotFound(_) => checks::PKCS11_TOKEN_MISSING,
        Pkcs11Error::Secret(_) | Pkcs11Error::PinRefused => checks::PKCS11_LOGIN_REFUSED,
        Pkcs11Error::KeyNotFound(_) | Pkcs11Error::Key { .. } => checks::PKCS11_KEY_UNUSABLE,
        Pkcs11Error::OaepRefused { .. } | Pkcs11Error::SelfTest(_) => checks::PKCS11_ALGORITHM_REFUSED,
        _ => checks::CUSTODY_UNUSABLE,
    })
}

#[cfg(not(feature = "hsm"))]
fn of_module(_: &anyhow::Error) -> Option<Check> {
    None
}
