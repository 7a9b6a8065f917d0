//! The platform's keys: that they open, and that they still do what they are for.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use signet_custody::{Custody, DecryptionKeyInfo, KeyState};
use signet_token::{EncryptionKey, Exact, KeyAgreement, SessionSigner};

use super::{Report, checks};
use crate::config::Config;
use crate::{custody, platform};

/// What the other examinations need of the keys.
pub(super) struct Keys {
    pub(super) signer: Arc<SessionSigner>,
    /// The ids of those that are no longer published.
    pub(super) retired: Vec<String>,
}

pub(super) async fn examine(config: &Config, report: &mut Report) -> Option<Keys> {
    if !config.keystore.exists() {
        report.add(checks::KEYSTORE_MISSING, config.keystore.display().to_string());
        return None;
    }
    match open(config).await {
        Ok((custody, signer)) => {
            let keys = custody.keys();
            let mut sound = true;
            for key in &*keys {
                if let Err(error) = test(key, &*custody).await {
                    report.add(checks::SELF_TEST_FAILED, format!("{}: {error:#}", key.key_id.as_str()));
                    sound = false;
                }
            }
            let retired: Vec<&DecryptionKeyInfo> =
                keys.iter().filter(|key| key.state == KeyState::Retired).collect();
            if sound {
                let published = keys.len() - retired.len();
                report
                    .add(checks::CUSTODY_SOUND, format!("{published} published, {} retired", retired.len()));
            }
            let retired = retired.iter().map(|key| key.key_id.as_str().to_owned()).collect();
            Some(Keys { signer, retired })
        }
        Err(error) => {
            report.add(checks::CUSTODY_UNUSABLE, format!("{error:#}"));
            None
        }
    }
}

async fn open(config: &Config) -> anyhow::Result<(Arc<dyn Custody>, Arc<SessionSigner>)> {
    let keystore = platform::open_keystore(config).await?;
    let signer = keystore.session_signer().context("read the session key")?;
    Ok((custody::open(config, keystore).await?, signer))
}

/// Encrypts something to the key and opens it again. A wrong result cannot pass for a right one: both ways are authenticated.
async fn test(key: &DecryptionKeyInfo, custody: &dyn Custody) -> anyhow::Result<()> {
    let content_key: [u8; 32] = crate::environment::system().random_bytes();
    let public = EncryptionKey::from_jwk(&key.public_jwk).context("read the public half")?;
    let wrapped = public.encrypt_key(&content_key, b"", b"").context("encrypt to the public half")?;
    let key_id = Some(key.key_id.as_str());
    let unwrapped = match wrapped.ephemeral_key {
        None => custody.unwrap(key_id, &wrapped.encrypted_key).await,
        Some(ephemeral_key) => {
            let agreement = KeyAgreement {
                ephemeral_key,
                party_u: Vec::new(),
                party_v: Vec::new(),
                encrypted_key: Exact::read(&wrapped.encrypted_key),
            };
            custody.agree_and_unwrap(key_id, &agreement).await
        }
    }
    .context("open it again")?;
    ensure!(unwrapped.is_key(), "what was encrypted to it does not open");
    Ok(())
}
