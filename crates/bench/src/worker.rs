//! Measurements that run in a process of their own, so that they can be pinned: they print operations per second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use clap::ValueEnum;
use futures_util::FutureExt;
use signet_app::{ActivationOption, ActivationRequest, App, Parts, RateLimits, RequestContext};
use signet_custody::{Keystore, LocalCustody, RsaPoolOptions};
use signet_domain::env::{SeededRandom, SystemClock};
use signet_domain::{Env, Project};
use signet_realtime::Hub;
use signet_store::{Store, StoreOptions};
use signet_testkit::token_factory::TokenFactory;
use signet_token::{
    DecryptionKey, Policy, ReceivedToken, SessionClaims, SessionSigner, SessionTokenKind, VerificationKey,
};

use crate::process;

/// What a worker repeats.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Work {
    /// One RSA-2048 private operation of aws-lc, the unit of the other figures.
    Raw,
    /// A token opened, verified and checked, and a session token minted.
    Activation,
    /// A junk token refused: right shape and size, another algorithm in its header.
    Junk,
    /// A session token verified for the first time.
    SessionToken,
    /// A session token that the application has seen before.
    Recognised,
}

/// Repeats `work` on every thread for the time, and prints operations per CPU second, times the threads: what they would do
/// in a second of cores that nobody else uses.
pub(crate) fn run(work: Work, milliseconds: u64, threads: usize) -> Result<()> {
    let operation = prepare(work)?;
    let length = Duration::from_millis(milliseconds);
    operation();
    let used = process::cpu_seconds(std::process::id())?;
    let handles: Vec<_> = (0..threads)
        .map(|_| {
            let operation = Arc::clone(&operation);
            std::thread::spawn(move || {
                let start = Instant::now();
                let mut count = 0_u32;
                while start.elapsed() < length {
                    operation();
                    count += 1;
                }
                f64::from(count)
            })
        })
        .collect();
    let mut sum = 0.0;
    for handle in handles {
        sum += handle.join().ok().context("a worker's thread panicked")?;
    }
    let used = process::cpu_seconds(std::process::id())? - used;
    println!("{}", sum / used * threads as f64);
    Ok(())
}

type Operation = Arc<dyn Fn() + Send + Sync>;

fn prepare(work: Work) -> Result<Operation> {
    match work {
        Work::Raw => raw(),
        Work::Activation => activation(),
        Work::Junk => Ok(junk()),
        Work::SessionToken => session_token(),
        Work::Recognised => recognised(),
    }
}

fn raw() -> Result<Operation> {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048)?;
    let public = OaepPublicEncryptingKey::new(private.public_key())?;
    debug_assert!(!AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&private)?.as_ref().is_empty());
    let private = OaepPrivateDecryptingKey::new(private)?;
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(&OAEP_SHA256_MGF1SHA256, &[7; 32], &mut wrapped, None)?;
    Ok(Arc::new(move || {
        let mut plain = [0; 512];
        let opened = private.decrypt(&OAEP_SHA256_MGF1SHA256, &wrapped, &mut plain, None);
        assert!(std::hint::black_box(opened).is_ok(), "the raw operation failed");
    }))
}

struct Brand {
    tokens: TokenFactory,
    platform: DecryptionKey,
    key: VerificationKey,
}

const NOW: i64 = 1_795_176_271_000;

fn brand() -> Brand {
    let (tokens, platform) = TokenFactory::generate();
    let key = tokens.signing_key.verification_key().clone();
    Brand { tokens, platform, key }
}

fn activation() -> Result<Operation> {
    let Brand { tokens, platform, key } = brand();
    let token = tokens.token("jane", NOW).build();
    let signer = SessionSigner::generate()?;
    let policy = Policy::default();
    let keys = [key];
    Ok(Arc::new(move || {
        let opened = ReceivedToken::parse(&token, &policy)
            .ok()
            .and_then(|received| received.decrypt(&platform).now_or_never()?.ok())
            .and_then(|decrypted| decrypted.verify(&keys).ok())
            .and_then(|verified| verified.check(&policy, "demo", NOW).ok())
            .and_then(|checked| signer.sign(SessionTokenKind::Session, &claims(checked.user_id())).ok());
        assert!(std::hint::black_box(opened).is_some(), "the token was refused");
    }))
}

fn junk() -> Operation {
    let Brand { tokens, platform, .. } = brand();
    let good = tokens.token("jane", NOW).build();
    let mut parts: Vec<&str> = good.split('.').collect();
    // {"alg":"RSA-OAEP","enc":"A256GCM"}
    parts[0] = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
    let token = parts.join(".");
    let policy = Policy::default();
    Arc::new(move || {
        let refused = match ReceivedToken::parse(&token, &policy) {
            Ok(received) => received.decrypt(&platform).now_or_never().is_some_and(|result| result.is_err()),
            Err(_) => true,
        };
        assert!(std::hint::black_box(refused), "junk was let in");
    })
}

fn session_token() -> Result<Operation> {
    let signer = SessionSigner::generate()?;
    let token = signer.sign(SessionTokenKind::Session, &claims("jane"))?;
    Ok(Arc::new(move || {
        let verified = signer.verify(&token, SessionTokenKind::Session);
        assert!(std::hint::black_box(verified).is_ok(), "the session token was refused");
    }))
}

/// The application's own check of every request: look the token up, compare time and revocation.
fn recognised() -> Result<Operation> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (app, token) = runtime.block_on(async {
        let keys = Keystore::in_memory_generated()?;
        let hub = Arc::new(Hub::default());
        let store =
            Store::open("sqlite::memory:", StoreOptions::default(), App::observer(hub.clone())).await?;
        let env = Env::new(Arc::new(SystemClock), Arc::new(SeededRandom::new(1)));
        let project = Project::new("demo", "Bench", env.now())?;
        let app = App::start(Parts {
            env,
            store,
            hub,
            signer: keys.session_signer(),
            custody: Arc::new(LocalCustody::start(keys, RsaPoolOptions { threads: 1, queue: 1 })?),
            public_url: "https://signet.example".into(),
            outbound: signet_outbound::Fetcher::new(signet_outbound::Reach::default())?,
            sealing_key: [7; 32],
            limits: RateLimits::unlimited(),
        })
        .await?;
        app.create_project(project, &signet_app::Actor::system()).await?;
        let request = ActivationRequest {
            project_id: "demo".into(),
            origin: None,
            option: Some(ActivationOption::Anonymous),
            session: None,
            device: None,
            browser: None,
            hand_over: None,
            claimed_id: None,
            proof_key: None,
            proof: None,
        };
        let context = RequestContext { correlation_id: "bench".into(), address: [127, 0, 0, 1].into() };
        let activated = app.activate(request, &context).await.ok().context("the activation was refused")?;
        anyhow::Ok((app, activated.session.access_token))
    })?;
    Ok(Arc::new(move || {
        let session = app.visitor_session(&token);
        assert!(std::hint::black_box(session).is_ok(), "the session token was refused");
    }))
}

fn claims(user: &str) -> SessionClaims {
    SessionClaims {
        iss: "https://signet.example".into(),
        aud: "demo".into(),
        sub: user.into(),
        sid: "0193a5b0-0000-7000-8000-000000000001".into(),
        iat: NOW / 1000,
        exp: NOW / 1000 + 3600,
        assurance: "VERIFIED".into(),
        auth_time: Some(NOW / 1000),
        dev: None,
        ext: None,
        cnf: None,
    }
}

/// Writes the files that the josekit peer reads: a token, the platform's private key, the customer's public key.
pub(crate) fn write_peer_files(folder: &std::path::Path) -> Result<()> {
    let Brand { tokens, platform, key } = brand();
    let token = tokens.token("jane", NOW).without_outer_header("kid").without_inner_header("kid").build();
    std::fs::write(folder.join("token"), token)?;
    std::fs::write(folder.join("platform.der"), platform.to_pkcs8_der().as_slice())?;
    std::fs::write(folder.join("customer.pem"), key.to_pem())?;
    Ok(())
}
