//! Opening custody, wherever the keys live that visitor tokens are encrypted to.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use signet_custody::{
    Custody, DecryptionKeyInfo, KeyImport, KeyState, Keystore, LocalCustody, MixedCustody, RsaPoolOptions,
    VaultImport, VaultUnwrap,
};
use signet_token::{EncryptionKey, Exact, KeyAgreement, KeyManagement};

use crate::config::{Config, CustodyKind};

/// What to do about custody that cannot be reached now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfAway {
    /// Start without it: it may come, and there are sessions to go on with.
    GoOn,
    /// Say so and do nothing.
    Fail,
}

/// Opens custody beside the keystore, which has the other secrets and perhaps former keys, and former custody beside both.
pub(crate) async fn open(
    config: &Config,
    keystore: Keystore,
    if_away: IfAway,
) -> anyhow::Result<Arc<dyn Custody>> {
    let local = Arc::new(local(config, keystore)?);
    let current: Arc<dyn Custody> = match config.custody {
        CustodyKind::Local => {
            ensure!(
                local.keys().iter().any(is_given_to_providers),
                "the keystore {} has no key that tokens are encrypted to: they may live in other custody, which the settings do \
                 not name",
                config.keystore.display()
            );
            local
        }
        kind => Arc::new(MixedCustody::beside_keystore(remote(config, kind, if_away).await?, local)),
    };
    let Some(kind) = config.former_custody else { return Ok(current) };
    let former = remote(config, kind, if_away).await.context("open former custody")?;
    Ok(Arc::new(MixedCustody::after(current, former)))
}

/// Whether tokens are to be encrypted to an RSA key.
pub(crate) fn is_given_to_providers(info: &DecryptionKeyInfo) -> bool {
    info.state == KeyState::Active && info.algorithm == KeyManagement::RsaOaep256
}

/// Opens custody other than the keystore. A module that is away at the start is an error in any case: which tokens there are, modules find
/// out when they are loaded.
pub(crate) async fn remote(
    config: &Config,
    kind: CustodyKind,
    if_away: IfAway,
) -> anyhow::Result<Arc<dyn Custody>> {
    match kind {
        CustodyKind::Local => bail!("the keystore is no other custody"),
        CustodyKind::Vault => {
            let options = config.vault.options(config.rsa_queue)?;
            let opened = match if_away {
                IfAway::GoOn => VaultUnwrap::start(options).await,
                IfAway::Fail => VaultUnwrap::connect(options).await,
            };
            Ok(Arc::new(opened.context("open custody in Vault")?))
        }
        CustodyKind::Pkcs11 => pkcs11(config).await,
    }
}

/// Custody that takes keys in.
pub(crate) async fn import_into(config: &Config, kind: CustodyKind) -> anyhow::Result<Arc<dyn KeyImport>> {
    match kind {
        CustodyKind::Local => bail!("no key can be brought into the keystore: other custody gives none away"),
        CustodyKind::Vault => {
            let options = config.vault.options(config.rsa_queue)?;
            Ok(Arc::new(VaultImport::new(options).context("prepare to ask Vault")?))
        }
        CustodyKind::Pkcs11 => pkcs11_import(config).await,
    }
}

/// Encrypts something to a key's public half and has custody open it. A wrong result cannot pass for a right one: both ways are
/// authenticated, and custody says which key it used.
pub(crate) async fn self_test(key: &DecryptionKeyInfo, custody: &dyn Custody) -> anyhow::Result<()> {
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

fn local(config: &Config, keystore: Keystore) -> anyhow::Result<LocalCustody> {
    let options = RsaPoolOptions { threads: config.rsa_threads, queue: config.rsa_queue };
    LocalCustody::start(keystore, options).context("start the decryption threads")
}

/// Loading a module, signing in and trying its keys may take a second: not on a thread that serves others.
#[cfg(feature = "hsm")]
async fn with_module<T: Send + 'static>(
    config: &Config,
    start: fn(signet_custody::Pkcs11Options) -> Result<T, signet_custody::Pkcs11Error>,
) -> anyhow::Result<Arc<T>> {
    let options = config.pkcs11.options(config.rsa_threads, config.rsa_queue)?;
    let started = tokio::task::spawn_blocking(move || start(options)).await;
    let started = started.context("run the PKCS#11 module")?;
    Ok(Arc::new(started.context("open custody in the PKCS#11 module")?))
}

#[cfg(feature = "hsm")]
async fn pkcs11(config: &Config) -> anyhow::Result<Arc<dyn Custody>> {
    Ok(with_module(config, signet_custody::Pkcs11Unwrap::start).await?)
}

#[cfg(feature = "hsm")]
async fn pkcs11_import(config: &Config) -> anyhow::Result<Arc<dyn KeyImport>> {
    Ok(with_module(config, signet_custody::Pkcs11Import::start).await?)
}

#[cfg(not(feature = "hsm"))]
const WITHOUT_PKCS11: &str =
    "this program was built without PKCS#11: build it with `cargo build --release --features hsm`";

#[cfg(not(feature = "hsm"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn pkcs11(_: &Config) -> anyhow::Result<Arc<dyn Custody>> {
    bail!(WITHOUT_PKCS11)
}

#[cfg(not(feature = "hsm"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn pkcs11_import(_: &Config) -> anyhow::Result<Arc<dyn KeyImport>> {
    bail!(WITHOUT_PKCS11)
}
