//! Attacks on the visitor token through the platform's door (SECURITY section 4.1). The verifier's own tests go through
//! every variant; these show that its refusals reach the browser as one coarse code and leave nothing behind.

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::{Part, TokenBuilder, TokenFactory, with_part};
use signet_testkit::{TestServer, now_unix_ms, within};
use signet_token::{SigningKey, base64url};

use crate::fixture::{BINARY, Served, ServedProject, state};

struct Door {
    server: TestServer,
    tokens: TokenFactory,
}

impl Door {
    async fn open() -> Self {
        let server = TestServer::demo(BINARY, &[]).await;
        let tokens = server.tokens();
        Self { server, tokens }
    }

    fn good(&self) -> TokenBuilder<'_> {
        self.tokens.token("victim", now_unix_ms())
    }

    /// Every token is refused with this code, nothing is stored or told, and a good token still works.
    async fn refuses(&self, code: &str, status: u16, tokens: impl IntoIterator<Item = (String, String)>) {
        let graphql = self.server.graphql();
        let before = state(&graphql, "demo").await;
        for (name, token) in tokens {
            let answer = self.server.visitor().try_token(&token).await;
            assert_eq!((answer.code(), answer.status), (code, status), "{name}: {answer:?}");
            assert_eq!(answer.body["status"], "authentication-failure", "{name}");
            assert!(answer.body["session"].is_null() && answer.body["device"].is_null(), "{name}");
            let members = answer.body.as_object().unwrap().len();
            assert_eq!(members, 4, "{name}: status, reason, code, correlationId and nothing else");
        }
        assert_eq!(state(&graphql, "demo").await, before, "{code}");
        assert_eq!(self.server.visitor().try_token(&self.good().build()).await.status, 200);
    }
}

fn named<const N: usize>(tokens: [(&str, String); N]) -> Vec<(String, String)> {
    tokens.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()
}

#[tokio::test]
async fn d01_encrypted_but_unsigned() {
    let door = Door::open().await;
    let claims = door.good().claims_json();
    let unsigned = |header: &str| format!("{}.{}", base64url::encode(header), base64url::encode(&claims));
    let none = unsigned(r#"{"alg":"none"}"#);
    let empty = unsigned(r#"{"alg":"RS256","typ":"JWT"}"#);
    let content = |text: String| door.good().content(text).build();
    door.refuses(
        "TOKEN_SIGNATURE_INVALID",
        401,
        named([
            ("raw claims", content(claims.clone())),
            ("alg none", content(format!("{none}."))),
            ("alg none without a dot", content(none)),
            ("empty signature", content(format!("{empty}."))),
            ("JWE in a JWE", content(door.good().build())),
            ("JWS over a JWS", door.good().payload(door.good().build_inner()).build()),
        ]),
    )
    .await;
}

#[tokio::test]
async fn d02_not_encrypted() {
    let door = Door::open().await;
    door.refuses("TOKEN_MALFORMED", 400, named([("the signed token alone", door.good().build_inner())]))
        .await;
}

#[tokio::test]
async fn d03_signature_algorithm_confusion() {
    let door = Door::open().await;
    let algorithms =
        ["HS256", "HS384", "HS512", "RS384", "PS256", "ES256", "none", "None", "nOnE", "RS256 ", ""];
    let mut tokens: Vec<(String, String)> = algorithms
        .iter()
        .map(|algorithm| ((*algorithm).to_owned(), door.good().inner_header("alg", *algorithm).build()))
        .collect();
    tokens.push(("list".to_owned(), door.good().inner_header("alg", json!(["RS256"])).build()));
    tokens.push(("missing".to_owned(), door.good().without_inner_header("alg").build()));
    let pem = door.tokens.signing_key.verification_key().to_pem();
    for (name, key) in [
        ("PEM", pem.clone()),
        ("PEM with CRLF", pem.replace('\n', "\r\n")),
        ("PEM after a space", format!(" {pem}")),
    ] {
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        let signed =
            format!("{}.{}", base64url::encode(header), base64url::encode(door.good().claims_json()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        let inner = format!("{signed}.{}", base64url::encode(tag));
        tokens.push((format!("HS256 with the {name}"), door.good().content(inner).build()));
    }
    let other =
        SigningKey::generate().unwrap().with_key_id(door.server.manifest.text("customerKeyId")).unwrap();
    tokens.push(("another key under our id".to_owned(), door.good().signed_by(&other).build()));
    door.refuses("TOKEN_SIGNATURE_INVALID", 401, tokens).await;
}

#[tokio::test]
async fn d04_key_management_confusion() {
    let door = Door::open().await;
    let algorithms = [
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
        "dir",
        "A128KW",
        "A192KW",
        "A256KW",
        "A256GCMKW",
        "ECDH-ES",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "PBES2-HS512+A256KW",
        "none",
    ];
    let contents = ["A128GCM", "A192GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "none"];
    let tokens =
        algorithms.iter().map(|alg| ((*alg).to_owned(), door.good().outer_header("alg", *alg).build()));
    let others =
        contents.iter().map(|enc| ((*enc).to_owned(), door.good().outer_header("enc", *enc).build()));
    door.refuses("TOKEN_MALFORMED", 400, tokens.chain(others).collect::<Vec<_>>()).await;
}

/// D6 and D7: whatever is wrong with key, vector, content or tag, the answer is the same but for its correlation id.
#[tokio::test]
async fn d07_damage_has_one_answer() {
    let door = Door::open().await;
    let good = door.good().build();
    let flip = |part| with_part(&good, part, |bytes| bytes[3] ^= 1);
    let tokens = named([
        ("encrypted key", flip(Part::EncryptedKey)),
        ("vector", flip(Part::Iv)),
        ("content", flip(Part::Ciphertext)),
        ("tag", flip(Part::Tag)),
        ("short content key", door.good().content_key(&[7; 16]).build()),
        ("long content key", door.good().content_key(&[7; 33]).build()),
        (
            "header",
            door.good()
                .build()
                .replacen('.', "", 0)
                .split_once('.')
                .map(|(_, rest)| {
                    let header = r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#;
                    format!("{}.{rest}", base64url::encode(header))
                })
                .unwrap(),
        ),
    ]);
    let mut answers: Vec<Value> = Vec::new();
    for (_, token) in &tokens {
        let mut body = door.server.visitor().try_token(token).await.body;
        body["correlationId"].take();
        answers.push(body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    door.refuses("TOKEN_UNDECRYPTABLE", 401, tokens).await;

    let lengths = |part, lengths: &[usize]| -> Vec<(String, String)> {
        let cut = |length: &usize| with_part(&good, part, |bytes| bytes.resize(*length, 0));
        lengths.iter().map(|length| (format!("{part:?} of {length}"), cut(length))).collect()
    };
    for (name, token) in
        lengths(Part::Tag, &[0, 4, 8, 12, 15, 17]).into_iter().chain(lengths(Part::Iv, &[0, 8, 16]))
    {
        let answer = door.server.visitor().try_token(&token).await;
        assert!(["TOKEN_MALFORMED", "TOKEN_UNDECRYPTABLE"].contains(&answer.code()), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn d08_compression_and_size() {
    let door = Door::open().await;
    let long = "x".repeat(9_000);
    door.refuses(
        "TOKEN_MALFORMED",
        400,
        named([
            ("zip", door.good().outer_header("zip", "DEF").build()),
            ("over 8 KiB", door.good().claim("filling", long.as_str()).build()),
            ("40 KiB of anything", "A".repeat(40_000)),
            ("empty", String::new()),
        ]),
    )
    .await;
    let answer = door.server.visitor().try_token(&"A".repeat(2_000_000)).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn d11_key_id_injection() {
    let door = Door::open().await;
    let ids = ["../../etc/passwd", "' OR 1=1 --", "\u{0}", "кид", "demo:1", "%00", "http://127.0.0.1:9/key"];
    let inner = ids.iter().map(|id| (format!("inner {id:?}"), door.good().inner_header("kid", *id).build()));
    door.refuses("TOKEN_SIGNATURE_INVALID", 401, inner.collect::<Vec<_>>()).await;
    for id in ids {
        let answer = door.server.visitor().try_token(&door.good().outer_header("kid", id).build()).await;
        assert!(
            ["TOKEN_UNDECRYPTABLE", "TOKEN_MALFORMED"].contains(&answer.code()),
            "outer {id:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn d12_keys_in_headers() {
    let door = Door::open().await;
    let attacker = SigningKey::generate().unwrap();
    let jwk: Value = serde_json::from_str(&attacker.verification_key().to_jwk_json()).unwrap();
    // Nobody listens there: a server that followed the address would say so by waiting or failing otherwise.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let members = [("jwk", jwk), ("jku", json!(url)), ("x5u", json!(url)), ("x5c", json!(["AAAA"]))];
    let inner = members.iter().map(|(name, value)| {
        let token = door.good().inner_header(name, value.clone()).signed_by(&attacker).build();
        (format!("inner {name}"), token)
    });
    door.refuses("TOKEN_SIGNATURE_INVALID", 401, inner.collect::<Vec<_>>()).await;
    let outer = members.iter().map(|(name, value)| {
        (format!("outer {name}"), door.good().outer_header(name, value.clone()).build())
    });
    door.refuses("TOKEN_MALFORMED", 400, outer.collect::<Vec<_>>()).await;
    let called = futures_util::FutureExt::now_or_never(listener.accept());
    assert!(called.is_none(), "the server followed an address in a header");
}

#[tokio::test]
async fn d14_json_oddities() {
    let door = Door::open().await;
    let claims = door.good().claims_json();
    let body = claims.strip_prefix('{').unwrap();
    let user = r#""https://iadvize.com/userId":"other","#;
    let payload = |text: String| door.good().payload(text).build();
    door.refuses(
        "TOKEN_CLAIMS_INVALID",
        401,
        named([
            ("duplicate exp", payload(format!(r#"{{"exp":99999999999,{body}"#))),
            ("duplicate user id", payload(format!("{{{user}{body}"))),
            ("escaped duplicate", payload(format!(r#"{{"\u0065xp":1,{body}"#))),
            ("byte order mark", payload(format!("\u{feff}{claims}"))),
            ("trailing comma", payload(claims.replace('}', ",}"))),
            (
                "deep nesting",
                payload(format!(r#"{{"deep":{}{},{body}"#, "[".repeat(1_000), "]".repeat(1_000))),
            ),
            ("lone surrogate", payload(format!(r#"{{"odd":"\ud800",{body}"#))),
            ("infinite number", payload(format!(r#"{{"odd":1e999,{body}"#))),
            ("not an object", payload("[]".to_owned())),
        ]),
    )
    .await;
}

#[tokio::test]
async fn d15_claim_type_confusion() {
    let door = Door::open().await;
    let now = now_unix_ms() / 1_000;
    let mut tokens: Vec<(String, String)> =
        [json!("never"), Value::Null, json!([now + 30]), json!(1e300), json!(true)]
            .into_iter()
            .map(|exp| (format!("exp {exp}"), door.good().claim("exp", exp).build()))
            .collect();
    let users = [json!(42), json!({}), json!(""), json!("x".repeat(256)), Value::Null, json!(["victim"])];
    tokens.extend(
        users
            .into_iter()
            .map(|user| (format!("userId {user}"), door.good().product_claim("userId", user).build())),
    );
    for name in ["exp", "iss", "https://iadvize.com/userId"] {
        tokens.push((format!("without {name}"), door.good().without_claim(name).build()));
    }
    tokens.push(("nbf as text".to_owned(), door.good().claim("nbf", "9999999999").build()));
    tokens.push(("nbf ahead".to_owned(), door.good().claim("nbf", now + 600).build()));
    tokens.push(("iat ahead".to_owned(), door.good().claim("iat", now + 600).build()));
    tokens.push(("another audience".to_owned(), door.good().claim("aud", "another").build()));
    tokens.push(("audience object".to_owned(), door.good().claim("aud", json!({})).build()));
    tokens.push((
        "a list of names".to_owned(),
        door.good().visitor_data(json!({ "firstName": ["Ada"] })).build(),
    ));
    door.refuses("TOKEN_CLAIMS_INVALID", 401, tokens).await;
    let late = door.good().claim("exp", now - 60).build();
    door.refuses("TOKEN_EXPIRED", 401, named([("expired", late)])).await;
}

#[tokio::test]
async fn d16_base64url_malleability() {
    let door = Door::open().await;
    let good = door.good().build();
    let parts: Vec<&str> = good.split('.').collect();
    let [.., tag] = parts[..] else { panic!("five parts") };
    // 16 bytes end in a character of which four bits must be zero.
    let last = tag.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let prefix = &good[..good.len() - 1];
    door.refuses(
        "TOKEN_MALFORMED",
        400,
        named([
            ("trailing bits", format!("{prefix}{next}")),
            ("padding", format!("{good}=")),
            ("white space", format!("{good} ")),
            ("line break", good.replacen('.', "\n.", 1)),
            ("standard alphabet", format!("{}+/{}", &good[..40], &good[42..])),
            ("a sixth part", format!("{good}.AAAA")),
        ]),
    )
    .await;
}

/// D23: a flood of junk is refused at the bounded queue, quickly, while another project's conversations go on.
#[tokio::test]
async fn d23_rsa_flood() {
    let installation = Installation::new(BINARY, None);
    let flooded = ServedProject::create(&installation, "flooded").await;
    let quiet = ServedProject::create(&installation, "quiet").await;
    let limits = ["--activations-per-address", "1000000", "--rsa-threads", "1", "--rsa-queue", "4"];
    let served = Served::start(installation, &limits).await;
    let mut visitor = served.visitor(&quiet);
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;

    let junk = with_part(&served.token(&flooded, "nobody").await, Part::Ciphertext, |bytes| bytes[0] ^= 1);
    let attacker = served.visitor(&flooded);
    let flood: Vec<_> = (0..64)
        .map(|_| {
            let (attacker, junk) = (attacker.clone(), junk.clone());
            tokio::spawn(async move {
                let mut codes = Vec::new();
                for _ in 0..10 {
                    let answer = attacker.try_token(&junk).await;
                    assert!(answer.code() != "RATE_LIMITED" || answer.retry_after.is_some(), "{answer:?}");
                    codes.push((answer.status, answer.code().to_owned()));
                }
                codes
            })
        })
        .collect();
    for number in 0..20 {
        socket.send(&format!("message {number}")).await;
        socket.expect("ack").await;
    }
    let mut codes: Vec<(u16, String)> = Vec::new();
    for task in flood {
        codes.extend(within("the flood to end", task).await.unwrap());
    }
    let count =
        |status: u16, code: &str| codes.iter().filter(|(s, c)| (*s, c.as_str()) == (status, code)).count();
    let (limited, refused) = (count(429, "RATE_LIMITED"), count(401, "TOKEN_UNDECRYPTABLE"));
    assert_eq!(limited + refused, codes.len(), "{codes:?}");
    assert!(limited > 0 && refused > 0, "{limited} limited, {refused} refused");
    let graphql = served.graphql(&flooded).await;
    let after = state(&graphql, "flooded").await;
    assert_eq!((&after["conversations"]["nodes"], &after["visitors"]["nodes"]), (&json!([]), &json!([])));
}

/// One address is held back before any RSA work, whatever project it tries.
#[tokio::test]
async fn d23_one_address_is_held_back() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    let served = Served::start(installation, &["--activations-per-address", "5"]).await;
    let good = served.token(&project, "person").await;
    let visitor = served.visitor(&project);
    for _ in 0..5 {
        assert_eq!(visitor.try_token(&good).await.status, 200);
    }
    let answer = visitor.try_token(&good).await;
    assert_eq!((answer.status, answer.code()), (429, "RATE_LIMITED"));
    assert!(answer.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
}
