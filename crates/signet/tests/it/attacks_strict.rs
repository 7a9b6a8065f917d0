//! Attacks on strict projects, and between projects, through the platform's door. As in `attacks.rs`, the verifier's own
//! tests go through every variant; these show that what the command line switches on is what the door holds tokens to.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use signet_testkit::client::{Answer, plain};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::{TokenBuilder, TokenFactory};
use signet_testkit::{GraphqlClient, now_unix_ms};
use signet_token::{EncryptionKey, SignatureAlgorithm, SigningKey, base64url};

use crate::fixture::{BINARY, Served, ServedProject, state};

const CURVES: [&str; 2] = ["ECDH-ES+A256KW/P-256", "ECDH-ES+A256KW/X25519"];

/// A platform with keys of every kind, and two strict projects.
struct Platform {
    served: Served,
    /// Accepts everything there is.
    open: ServedProject,
    /// Accepts what a strict project accepts if nobody says more: `RS256` and `RSA-OAEP-256`.
    closed: ServedProject,
    /// The keys of the open project, one for each algorithm.
    signing_keys: Vec<SigningKey>,
    /// What providers fetch: RSA, X25519, P-256.
    encryption_keys: Vec<Value>,
}

impl Platform {
    async fn start() -> Self {
        let installation = Installation::new(BINARY, None);
        let open = ServedProject::create(&installation, "open").await;
        let closed = ServedProject::create(&installation, "closed").await;
        let mut everything = vec!["--key-management", "RSA-OAEP-256"];
        everything.extend(CURVES.iter().flat_map(|name| ["--key-management", name]));
        everything
            .extend(SignatureAlgorithm::ALL.iter().flat_map(|alg| ["--signature-algorithm", alg.name()]));
        let strict = |id| ["project", "set", id, "--profile", "strict"];
        installation.run(&[&strict("open")[..], &everything].concat()).await;
        installation.run(&strict("closed")).await;
        for curve in CURVES {
            installation.run(&["keys", "platform", "create", curve]).await;
        }
        let mut signing_keys = Vec::new();
        for algorithm in SignatureAlgorithm::ALL {
            let key = SigningKey::generate_for(algorithm).unwrap().with_key_id(algorithm.name()).unwrap();
            let path = installation.folder().join(format!("{}.jwk", algorithm.name()));
            std::fs::write(&path, key.verification_key().to_jwk_json()).unwrap();
            installation.run(&["keys", "add", path.to_str().unwrap(), "--project", "open"]).await;
            signing_keys.push(key);
        }
        let served = Served::start(installation, &[]).await;
        let url = format!("{}/.well-known/jwks.json", served.server.url);
        let set: Value = plain().get(url).send().await.unwrap().json().await.unwrap();
        let encryption_keys = set["keys"].as_array().unwrap().clone();
        Self { served, open, closed, signing_keys, encryption_keys }
    }

    fn recipient(&self, number: usize) -> EncryptionKey {
        EncryptionKey::from_jwk(&self.encryption_keys[number].to_string()).unwrap()
    }

    /// The provider of a project: `RS256`, and a platform key of that number.
    fn provider(&self, project: &ServedProject, recipient: usize) -> TokenFactory {
        let key = SigningKey::from_pem(&project.private_key).unwrap().with_key_id("test-1").unwrap();
        TokenFactory::new(key, self.recipient(recipient))
    }

    async fn try_token(&self, project: &ServedProject, token: &str) -> Answer {
        self.served.visitor(project).try_token(token).await
    }

    /// Tokens are refused with these codes, and nothing is stored or told.
    async fn refuses(&self, project: &ServedProject, tokens: impl IntoIterator<Item = (&str, &str, String)>) {
        let graphql: GraphqlClient = self.served.graphql(project).await;
        let before = state(&graphql, &project.id).await;
        for (name, code, token) in tokens {
            let answer = self.try_token(project, &token).await;
            assert_eq!(answer.code(), code, "{name}: {answer:?}");
            assert!(answer.body["session"].is_null() && answer.body["device"].is_null(), "{name}");
        }
        assert_eq!(state(&graphql, &project.id).await, before);
    }
}

/// A strict token with a `jti` of its own.
fn strict<'a>(tokens: &'a TokenFactory, project: &ServedProject) -> TokenBuilder<'a> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let id = format!("token-{}", MADE.fetch_add(1, Ordering::Relaxed));
    tokens.token("jane", now_unix_ms()).strict(&project.id, &id)
}

#[tokio::test]
async fn every_pair_of_algorithms_opens_a_session_where_it_is_switched_on() {
    let platform = Platform::start().await;
    assert_eq!(platform.encryption_keys.len(), 3);
    for signing_key in &platform.signing_keys {
        for recipient in 0..3 {
            // A private key is never copied, only read again.
            let der = signing_key.to_pkcs8_der().unwrap();
            let algorithm = signing_key.verification_key().algorithm();
            let key = SigningKey::from_pkcs8_der(&der).unwrap().with_algorithm(algorithm).unwrap();
            let tokens =
                TokenFactory::new(key.with_key_id(algorithm.name()).unwrap(), platform.recipient(recipient));
            let answer = platform.try_token(&platform.open, &strict(&tokens, &platform.open).build()).await;
            let pair = format!("{} to {}", algorithm.name(), platform.encryption_keys[recipient]);
            assert_eq!(answer.body["session"]["assurance"], "VERIFIED", "{pair}: {answer:?}");
        }
    }
    let closed = &platform.closed;
    let [rsa, x25519, p256] = [0, 1, 2].map(|number| platform.provider(closed, number));
    let other = SigningKey::from_pem(&closed.private_key).unwrap().with_key_id("test-1").unwrap();
    let other =
        TokenFactory::new(other.with_algorithm(SignatureAlgorithm::Ps256).unwrap(), platform.recipient(0));
    platform
        .refuses(
            closed,
            [
                ("X25519", "TOKEN_MALFORMED", strict(&x25519, closed).build()),
                ("P-256", "TOKEN_MALFORMED", strict(&p256, closed).build()),
                ("PS256 with a key for RS256", "TOKEN_SIGNATURE_INVALID", strict(&other, closed).build()),
            ],
        )
        .await;
    let good = platform.try_token(closed, &strict(&rsa, closed).build()).await;
    assert_eq!(good.body["session"]["assurance"], "VERIFIED", "{good:?}");
}

#[tokio::test]
async fn d10_ephemeral_keys_that_are_none() {
    let platform = Platform::start().await;
    let open = &platform.open;
    let [rsa, x25519, p256] = [0, 1, 2].map(|number| platform.provider(open, number));
    let point = &platform.encryption_keys[2];
    let off_curve = json!({ "kty": "EC", "crv": "P-256", "x": point["x"], "y": point["x"] });
    let zeros = base64url::encode([0; 32]);
    let infinity = json!({ "kty": "EC", "crv": "P-256", "x": zeros, "y": zeros });
    let small = json!({ "kty": "OKP", "crv": "X25519", "x": zeros });
    let wrong_curve = json!({ "kty": "OKP", "crv": "X25519", "x": platform.encryption_keys[1]["x"] });
    let epk = |tokens: &TokenFactory, key: Value| strict(tokens, open).outer_header("epk", key).build();
    platform
        .refuses(
            open,
            [
                ("off the curve", "TOKEN_MALFORMED", epk(&p256, off_curve)),
                ("infinity", "TOKEN_MALFORMED", epk(&p256, infinity)),
                ("a point of another curve", "TOKEN_UNDECRYPTABLE", epk(&p256, wrong_curve)),
                ("of small order", "TOKEN_UNDECRYPTABLE", epk(&x25519, small)),
                ("none", "TOKEN_MALFORMED", strict(&rsa, open).outer_header("alg", "ECDH-ES+A256KW").build()),
            ],
        )
        .await;
}

#[tokio::test]
async fn d05_d09_d13_parameters_that_nobody_asked_for() {
    let platform = Platform::start().await;
    let open = &platform.open;
    let tokens = platform.provider(open, 0);
    let outer = |name: &str, value: Value| strict(&tokens, open).outer_header(name, value).build();
    let inner = |name: &str, value: Value| strict(&tokens, open).inner_header(name, value).build();
    platform
        .refuses(
            open,
            [
                ("RSA1_5", "TOKEN_MALFORMED", outer("alg", json!("RSA1_5"))),
                ("PBES2", "TOKEN_MALFORMED", outer("alg", json!("PBES2-HS256+A128KW"))),
                ("p2c", "TOKEN_MALFORMED", outer("p2c", json!(2_147_483_647))),
                ("outer crit", "TOKEN_MALFORMED", outer("crit", json!(["exp"]))),
                ("outer crit of nothing", "TOKEN_MALFORMED", outer("crit", json!([]))),
                ("inner crit", "TOKEN_SIGNATURE_INVALID", inner("crit", json!(["x"]))),
                ("b64", "TOKEN_SIGNATURE_INVALID", inner("b64", json!(false))),
            ],
        )
        .await;
}

#[tokio::test]
async fn d18_a_strict_token_lives_a_minute_and_says_since_when() {
    let platform = Platform::start().await;
    let open = &platform.open;
    let tokens = platform.provider(open, 0);
    let now = now_unix_ms() / 1_000;
    let invalid = "TOKEN_CLAIMS_INVALID";
    platform
        .refuses(
            open,
            [
                ("without iat", invalid, strict(&tokens, open).without_claim("iat").build()),
                ("without jti", invalid, strict(&tokens, open).without_claim("jti").build()),
                ("without aud", invalid, strict(&tokens, open).without_claim("aud").build()),
                (
                    "61 seconds",
                    invalid,
                    strict(&tokens, open).claim("iat", now - 11).claim("exp", now + 50).build(),
                ),
                (
                    "far ahead",
                    invalid,
                    strict(&tokens, open).claim("iat", now + 600).claim("exp", now + 660).build(),
                ),
                (
                    "without typ",
                    "TOKEN_SIGNATURE_INVALID",
                    strict(&tokens, open).without_inner_header("typ").build(),
                ),
                (
                    "without kid",
                    "TOKEN_SIGNATURE_INVALID",
                    strict(&tokens, open).without_inner_header("kid").build(),
                ),
                (
                    "without outer kid",
                    "TOKEN_MALFORMED",
                    strict(&tokens, open).without_outer_header("kid").build(),
                ),
            ],
        )
        .await;
    let minute = strict(&tokens, open).claim("iat", now - 10).claim("exp", now + 50).build();
    assert_eq!(platform.try_token(open, &minute).await.status, 200);
}

#[tokio::test]
async fn d19_d20_a_token_for_one_project_opens_no_other() {
    let platform = Platform::start().await;
    let (open, closed) = (&platform.open, &platform.closed);
    let (of_open, of_closed) = (platform.provider(open, 0), platform.provider(closed, 0));
    // Whoever can read the inner token, the platform's operator or a thief of its logs, can encrypt it anew.
    let inner = strict(&of_open, open).build_inner();
    platform
        .refuses(
            closed,
            [
                ("as it is", "TOKEN_SIGNATURE_INVALID", strict(&of_open, open).build()),
                (
                    "encrypted anew",
                    "TOKEN_SIGNATURE_INVALID",
                    strict(&of_closed, closed).content(inner.clone()).build(),
                ),
                ("for this audience", "TOKEN_SIGNATURE_INVALID", strict(&of_open, closed).build()),
                (
                    "of this project's key, for the other",
                    "TOKEN_CLAIMS_INVALID",
                    strict(&of_closed, open).build(),
                ),
            ],
        )
        .await;
    let at_home = strict(&of_open, open).content(inner).build();
    assert_eq!(platform.try_token(open, &at_home).await.status, 200, "it was a good one");
}

#[tokio::test]
async fn d21_no_kind_of_token_is_taken_for_another() {
    let platform = Platform::start().await;
    let open = &platform.open;
    let tokens = platform.provider(open, 0);
    let token = strict(&tokens, open).build();
    let inner = strict(&tokens, open).build_inner();
    let mut visitor = platform.served.visitor(open);
    visitor.activate_anonymously().await;
    let (session, device) = (visitor.session.clone().unwrap(), visitor.device.clone().unwrap());
    let access = platform.served.bearer(open).await;
    for (name, other) in [("session", &session), ("device", &device), ("access", &access)] {
        let inside = strict(&tokens, open).content(other.as_bytes()).build();
        platform
            .refuses(
                open,
                [(name, "TOKEN_MALFORMED", other.clone()), (name, "TOKEN_SIGNATURE_INVALID", inside)],
            )
            .await;
    }
    let url = &platform.served.server.url;
    for not_a_session in [&token, &inner, &device, &access] {
        let request = plain().get(format!("{url}/visitor/v1/history?limit=1")).bearer_auth(not_a_session);
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    for not_an_access_token in [&token, &inner, &session, &device] {
        let request = plain().post(format!("{url}/graphql")).bearer_auth(not_an_access_token);
        let answer = request.json(&json!({ "query": "{ viewer { __typename } }" })).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    // What is no session and no device is as if it were absent: a guest, and another one.
    let mut stranger = platform.served.visitor(open);
    (stranger.session, stranger.device) = (Some(token.clone()), Some(inner));
    let guest = stranger.activate_anonymously().await;
    assert_eq!(guest["session"]["assurance"], "ANONYMOUS");
    assert_eq!(platform.try_token(open, &token).await.status, 200, "it was a good one");
}

#[tokio::test]
async fn d39_who_and_which_keys_exist_is_not_told() {
    let platform = Platform::start().await;
    let closed = &platform.closed;
    let own = platform.provider(closed, 0);
    let known = platform.try_token(closed, &strict(&own, closed).build()).await;
    assert_eq!(known.status, 200);
    let stranger = SigningKey::generate().unwrap();
    let forged = |user: &str, key_id: &str| {
        let token = strict(&own, closed).product_claim("userId", user).inner_header("kid", key_id);
        token.signed_by(&stranger).build()
    };
    let mut answers = Vec::new();
    for token in [
        forged("jane", "test-1"),
        forged("nobody", "test-1"),
        forged("jane", "unknown"),
        // The other project's.
        forged("jane", "ES256"),
    ] {
        let mut answer = platform.try_token(closed, &token).await;
        answer.body["correlationId"].take();
        answers.push((answer.status, answer.body));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let members = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let new = platform.try_token(closed, &strict(&own, closed).product_claim("userId", "new").build()).await;
    assert_eq!(members(&new.body), members(&known.body), "a new person and a known one are answered alike");
}
