//! Opening custody, wherever the keys live that visitor tokens are encrypted to.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use signet_custody::{
    Custody, DecryptionKeyInfo, KeyState, Keystore, LocalCustody, MixedCustody, RsaPoolOptions, VaultUnwrap,
};
use signet_token::KeyManagement;

use crate::config::{Config, CustodyKind};

/// Opens custody beside the keystore, which has the other secrets and perhaps former keys.
pub(crate) async fn open(config: &Config, keystore: Keystore) -> anyhow::Result<Arc<dyn Custody>> {
    let remote: Arc<dyn Custody> = match config.custody {
        CustodyKind::Local => {
            let local = local(config, keystore)?;
            let published = |info: &DecryptionKeyInfo| {
                info.state == KeyState::Active && info.algorithm == KeyManagement::RsaOaep256
            };
            ensure!(
                local.keys().iter().any(published),
                "the keystore {} has no key that tokens are encrypted to: they may live in other custody, which the settings do \
                 not name",
                config.keystore.display()
            );
            return Ok(Arc::new(local));
        }
        CustodyKind::Vault => {
            let options = config.vault.options(config.rsa_queue)?;
            Arc::new(VaultUnwrap::connect(options).await.context("open custody in Vault")?)
        }
        CustodyKind::Pkcs11 => pkcs11(config).await?,
    };
    if keystore.decryption_keys().is_empty() {
        return Ok(remote);
    }
    Ok(Arc::new(MixedCustody::new(remote, Arc::new(local(config, keystore)?))))
}

fn local(config: &Config, keystore: Keystore) -> anyhow::Result<LocalCustody> {
    let options = RsaPoolOptions { threads: config.rsa_threads, queue: config.rsa_queue };
    LocalCustody::start(keystore, options).context("start the decryption threads")
}

#[cfg(feature = "hsm")]
async fn pkcs11(config: &Config) -> anyhow::Result<Arc<dyn Custody>> {
    let options = config.pkcs11.options(config.rsa_threads, config.rsa_queue)?;
    // Loading a module, signing in and trying its keys may take a second.
    let started = tokio::task::spawn_blocking(move || signet_custody::Pkcs11Unwrap::start(options)).await;
    let started = started.context("run the PKCS#11 module")?;
    let module = started.context("open custody in the PKCS#11 module")?;
    Ok(Arc::new(module))
}

#[cfg(not(feature = "hsm"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn pkcs11(_: &Config) -> anyhow::Result<Arc<dyn Custody>> {
    anyhow::bail!(
        "this program was built without PKCS#11: build it with `cargo build --release --features hsm`"
    )
}
