//! What an application stands on: database, hub and keys, opened from the settings.

use std::sync::Arc;

use anyhow::Context as _;
use signet_app::{App, Parts, RateLimits};
use signet_custody::{Custody, DecryptionKeyInfo, KeyState, Keystore, Passphrase};
use signet_domain::Env;
use signet_outbound::Fetcher;
use signet_realtime::Hub;
use signet_store::{Store, StoreOptions};
use signet_token::{EncryptionKey, KeyAgreement, KeyUnwrap, SessionSigner, UnwrapError, UnwrapFuture};

use crate::config::{Config, CustodyKind};
use crate::custody::{self, IfAway};
use crate::secret_file;
use crate::telemetry;

/// The name of that key in the keystore.
const SECOND_FACTORS: &str = "second-factors";

/// Database, hub and keys.
pub struct Platform {
    /// The database.
    pub store: Store,
    /// Where watchers are told.
    pub hub: Arc<Hub>,
    keys: Keys,
    outbound: Fetcher,
}

/// The platform's keys, as the application takes them.
struct Keys {
    custody: Arc<dyn Custody>,
    signer: Arc<SessionSigner>,
    /// Encrypts the secrets of second factors and of bots.
    sealing_key: [u8; 32],
}

impl Platform {
    /// Opens database and keystore, and makes both on first start.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        // What custody counts from its first moment on has to be collected.
        telemetry::metrics()?;
        let keys = Keys::open(config, IfAway::GoOn).await?;
        let (store, hub) = open_store(config).await?;
        let outbound = Fetcher::new(config.outbound).context("prepare requests to brands")?;
        Ok(Self { store, hub, keys, outbound })
    }

    /// An application over these parts. `public_url` has no slash at its end.
    pub async fn app(&self, env: Env, public_url: &str, limits: RateLimits) -> anyhow::Result<Arc<App>> {
        start((&self.store, &self.hub), &self.keys, &self.outbound, env, public_url, limits).await
    }

    /// The newest platform key as PEM.
    pub fn platform_key_pem(&self) -> anyhow::Result<String> {
        let keys = self.keys.custody.keys();
        let newest = keys.iter().find(|info| info.state == KeyState::Active).context("find an active key")?;
        EncryptionKey::jwk_to_pem(&newest.public_jwk).context("read the platform's public key")
    }
}

/// The database, for commands that set things up: most need no key of the platform's, and have none.
pub struct Operator {
    store: Store,
    app: Arc<App>,
}

impl Operator {
    /// Opens the database, and makes it if there is none.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        Self::with(config, &Keys::none()?).await
    }

    /// Opens the platform's keys too, for commands that change them or encrypt something, and makes them if there are none.
    pub async fn open_with_keys(config: &Config) -> anyhow::Result<Self> {
        Self::with(config, &Keys::open(config, IfAway::Fail).await?).await
    }

    async fn with(config: &Config, keys: &Keys) -> anyhow::Result<Self> {
        let (store, hub) = open_store(config).await?;
        let outbound = Fetcher::new(config.outbound).context("prepare requests to brands")?;
        let env = crate::environment::system();
        let app = start((&store, &hub), keys, &outbound, env, "", config.rate_limits.clone()).await?;
        Ok(Self { store, app })
    }

    /// The use cases.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Writes everything down and lets go of the database.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Opens the keystore, and makes it with its keys if there is none.
pub(crate) async fn open_keystore(config: &Config) -> anyhow::Result<Keystore> {
    let passphrase = Passphrase::new(config.keystore_passphrase()?.as_str());
    if let Some(folder) = config.keystore.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        secret_file::create_directory(folder)
            .with_context(|| format!("make the keystore's directory {}", folder.display()))?;
    }
    let path = config.keystore.clone();
    let open = match config.custody {
        CustodyKind::Local => Keystore::open_or_create,
        CustodyKind::Vault | CustodyKind::Pkcs11 => Keystore::open_or_create_without_decryption_keys,
    };
    // Argon2id and key generation take tenths of a second: not on a thread that serves others.
    tokio::task::spawn_blocking(move || open(&path, &passphrase))
        .await
        .context("open the keystore")?
        .with_context(|| format!("open the keystore {}", config.keystore.display()))
}

async fn open_store(config: &Config) -> anyhow::Result<(Store, Arc<Hub>)> {
    if config.database.starts_with("sqlite:") {
        secret_file::create_directory(&config.data_dir)
            .with_context(|| format!("make the data directory {}", config.data_dir.display()))?;
    }
    let hub = Arc::new(Hub::default());
    let options = StoreOptions { readers: config.database_readers, ..StoreOptions::default() };
    // The address may hold a password, so it is not repeated in the message.
    let store = Store::open(&config.database_address()?, options, App::observer(Arc::clone(&hub)))
        .await
        .context("open the database")?;
    Ok((store, hub))
}

async fn start(
    (store, hub): (&Store, &Arc<Hub>),
    keys: &Keys,
    outbound: &Fetcher,
    env: Env,
    public_url: &str,
    limits: RateLimits,
) -> anyhow::Result<Arc<App>> {
    App::start(Parts {
        env,
        store: store.clone(),
        hub: Arc::clone(hub),
        custody: Arc::clone(&keys.custody),
        signer: Arc::clone(&keys.signer),
        public_url: public_url.to_owned(),
        outbound: outbound.clone(),
        sealing_key: keys.sealing_key,
        limits,
    })
    .await
    .context("start the application")
}

/// Whether keys have lived elsewhere until now, and are to live in the keystore, which has none yet.
fn returns_to_keystore(config: &Config, keystore: &Keystore) -> bool {
    config.custody == CustodyKind::Local
        && config.former_custody.is_some()
        && !keystore.decryption_keys().iter().any(custody::is_given_to_providers)
}

impl Keys {
    async fn open(config: &Config, if_away: IfAway) -> anyhow::Result<Self> {
        let mut keystore = open_keystore(config).await?;
        let sealing_key =
            keystore.secret_or_create(SECOND_FACTORS, 32).context("read the key of second factors")?;
        let sealing_key =
            <[u8; 32]>::try_from(sealing_key.as_slice()).context("read the key of second factors")?;
        let signer = keystore.session_signer();
        if returns_to_keystore(config, &keystore) {
            keystore.rotate_decryption_key().context("make a key in the keystore")?;
        }
        let custody = custody::open(config, keystore, if_away).await?;
        Ok(Self { custody, signer, sealing_key })
    }

    fn none() -> anyhow::Result<Self> {
        let signer = SessionSigner::generate().context("make a session key")?;
        Ok(Self {
            custody: Arc::new(NoCustody),
            signer: Arc::new(signer),
            // Nobody signs in through a command.
            sealing_key: crate::environment::system().random_bytes(),
        })
    }
}

/// Stands where keys would be in commands that open no token.
struct NoCustody;

impl Custody for NoCustody {
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        Arc::from([])
    }
}

impl KeyUnwrap for NoCustody {
    fn unwrap<'a>(&'a self, _key_id: Option<&'a str>, _encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        Box::pin(async { Err(UnwrapError::Unavailable) })
    }

    fn agree_and_unwrap<'a>(&'a self, _key_id: Option<&'a str>, _: &'a KeyAgreement) -> UnwrapFuture<'a> {
        Box::pin(async { Err(UnwrapError::Unavailable) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_token::{Curve, Exact};

    /// A command without keys says that it has none, not that a token is bad.
    #[tokio::test]
    async fn without_custody_no_token_is_judged() {
        let mut keystore = Keystore::in_memory_generated().unwrap();
        keystore.rotate_decryption_key_for(signet_token::KeyManagement::EcdhEsX25519).unwrap();
        let [_, x25519] = &keystore.decryption_keys()[..] else { panic!("two keys") };
        let key = EncryptionKey::from_jwk(&x25519.public_jwk).unwrap();
        let wrapped = key.encrypt_key(&[9; 32], b"", b"").unwrap();
        let ephemeral_key = wrapped.ephemeral_key.unwrap();
        assert_eq!(ephemeral_key.curve(), Curve::X25519);
        let agreement = KeyAgreement {
            ephemeral_key,
            party_u: Vec::new(),
            party_v: Vec::new(),
            encrypted_key: Exact::read(&wrapped.encrypted_key),
        };
        let refusals =
            [NoCustody.unwrap(None, &[]).await, NoCustody.agree_and_unwrap(None, &agreement).await];
        assert!(refusals.iter().all(|refusal| matches!(refusal, Err(UnwrapError::Unavailable))));
    }
}
