//! Opening custody, wherever the keys live that visitor tokens are encrypted to.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use signet_custody::{DecryptionKeyInfo, KeyState, Keystore, MixedCustody, RsaPoolOptions, VaultUnwrap};
use signet_token::{KeyManagement, KeyUnwrap};

use crate::config::{Config, CustodyKind};

/// Where keys are used, and which there are.
type Custody = (Arc<dyn KeyUnwrap>, Vec<DecryptionKeyInfo>);

/// Opens custody beside the keystore, which has the other secrets and perhaps former keys.
pub(crate) async fn open(config: &Config, keystore: &Keystore) -> anyhow::Result<Custody> {
    let remote: Custody = match config.custody {
        CustodyKind::Local => {
            let local = local(config, keystore)?;
            let published = |info: &DecryptionKeyInfo| {
                info.state == KeyState::Active && info.algorithm == KeyManagement::RsaOaep256
            };
            ensure!(
                local.1.iter().any(published),
                "the keystore {} has no key that tokens are encrypted to: they may live in other custody, which the settings do \
                 not name",
                config.keystore.display()
            );
            return Ok(local);
        }
        CustodyKind::Vault => {
            let options = config.vault.options(config.rsa_queue)?;
            let vault = VaultUnwrap::connect(options).await.context("open custody in Vault")?;
            let keys = vault.keys();
            (Arc::new(vault), keys)
        }
    };
    if keystore.decryption_keys().is_empty() {
        return Ok(remote);
    }
    let mixed = MixedCustody::new(remote, local(config, keystore)?);
    let keys = mixed.keys();
    Ok((Arc::new(mixed), keys))
}

fn local(config: &Config, keystore: &Keystore) -> anyhow::Result<Custody> {
    let options = RsaPoolOptions { threads: config.rsa_threads, queue: config.rsa_queue };
    let pool = keystore.local_unwrap(options).context("start the decryption threads")?;
    Ok((Arc::new(pool), keystore.decryption_keys()))
}
