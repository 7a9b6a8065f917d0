//! Refused activations: the right code, and nothing left behind.

use signet_app::{ActivationRequest, FailureCode, ProjectUpdate, RateLimits};

use crate::support::{World, all, anonymous, items, secured};

async fn refused(world: &World, request: ActivationRequest) -> FailureCode {
    let Err(failure) = world.activate(request).await else { panic!("the activation was let in") };
    let access =
        world.agent.in_project(&"demo".parse().unwrap(), signet_domain::Scope::VisitorsRead).unwrap();
    let visitors = world.app.visitors(&access, &signet_app::VisitorFilter::default(), &all()).await.unwrap();
    assert!(items(visitors).is_empty(), "a refused activation left a visitor");
    failure.code
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let world = World::new().await;
    world.project("other").await;
    let now = world.now().as_millis();
    let token = |user: &str| world.tokens.token(user, now);
    let good = world.token("jane");
    let cases = [
        ("no option", ActivationRequest { option: None, ..anonymous() }, FailureCode::OptionInvalid),
        ("empty", secured(String::new()), FailureCode::TokenMalformed),
        ("bare JWS", secured(token("jane").build_inner()), FailureCode::TokenMalformed),
        ("too long", secured("a".repeat(9_000)), FailureCode::TokenMalformed),
        ("flipped bit", secured(flip(&good)), FailureCode::TokenUndecryptable),
        (
            "not nested",
            secured(token("jane").content(token("jane").claims_json()).build()),
            FailureCode::TokenSignatureInvalid,
        ),
        ("no exp", secured(token("jane").without_claim("exp").build()), FailureCode::TokenClaimsInvalid),
        ("expired", secured(token("jane").claim("exp", now / 1000 - 60).build()), FailureCode::TokenExpired),
        ("empty user", secured(world.tokens.token("", now).build()), FailureCode::TokenClaimsInvalid),
        (
            "unknown project",
            ActivationRequest { project_id: "nowhere".into(), ..secured(good.clone()) },
            FailureCode::ProjectNotSetUp,
        ),
        (
            "no site id",
            ActivationRequest { project_id: "a b".into(), ..secured(good.clone()) },
            FailureCode::ProjectNotSetUp,
        ),
        (
            "foreign origin",
            ActivationRequest { origin: Some("https://evil.example".into()), ..secured(good.clone()) },
            FailureCode::OriginNotAllowed,
        ),
        (
            "null origin",
            ActivationRequest { origin: Some("null".into()), ..secured(good.clone()) },
            FailureCode::OriginNotAllowed,
        ),
    ];
    for (name, request, code) in cases {
        assert_eq!(refused(&world, request).await, code, "{name}");
    }
    // Nothing was written to the project's log: the first thing that happens is its first event.
    let access =
        world.agent.in_project(&"demo".parse().unwrap(), signet_domain::Scope::ConversationsRead).unwrap();
    let mut feed = world.app.project_feed(access, Some(0)).await.unwrap();
    let guest = world.guest().await;
    world.say(&guest, "Hello").await;
    let Some(Ok(ProjectUpdate::Event(first))) = feed.next().await else { panic!("the feed ended") };
    assert_eq!(first.event.sequence, 1, "a refused activation left an event");
}

/// Changes one character in the middle of the ciphertext.
fn flip(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let middle = parts[3].len() / 2;
    let other = if parts[3].as_bytes()[middle] == b'A' { "B" } else { "A" };
    parts[3].replace_range(middle..=middle, other);
    parts.join(".")
}

#[tokio::test]
async fn d49_rights_claimed_in_a_visitor_token_are_none() {
    let world = World::new().await;
    world.project("other").await;
    let names =
        ["role", "roles", "admin", "scope", "scopes", "projectId", "permissions", "__proto__", "constructor"];
    let everything = serde_json::json!(["OWNER", "admin", "visitors:authenticate"]);
    let token = names.iter().fold(world.tokens.token("jane", world.now().as_millis()), |token, name| {
        token.claim(name, everything.clone()).product_claim(name, everything.clone())
    });
    let Ok(jane) = world.activate(secured(token.build())).await else {
        panic!("the claims were not ignored")
    };

    let session = world.session(&jane);
    assert_eq!(session.project_id().as_str(), "demo");
    let payload = jane.session.access_token.split('.').nth(1).unwrap();
    let claims = signet_token::base64url::decode(payload.as_bytes()).unwrap();
    let claims: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&claims).unwrap();
    let known = ["iss", "aud", "sub", "sid", "iat", "exp", "assurance", "auth_time", "dev"];
    assert!(claims.keys().all(|name| known.contains(&name.as_str())), "{claims:?}");
    // The session opens a visitor's doors and no others.
    assert!(world.app.bearer(&jane.session.access_token).await.is_err());
    assert!(world.app.desk_cookie(&jane.session.access_token, signet_app::Activity::Active).await.is_err());
    let visitor = world.app.visitor(&world.agent, jane.session.visitor_id).await.unwrap().unwrap();
    assert!(visitor.attributes.is_empty());
    assert_eq!(visitor.external_user_id.as_deref(), Some("jane"));
}

#[tokio::test]
async fn attempts_are_limited_before_any_decryption() {
    let world = World::with(RateLimits { activations_per_address: 3, ..RateLimits::unlimited() }).await;
    for _ in 0..3 {
        world.sign_in("jane").await;
    }
    let refused = world.activate(secured(world.token("jane"))).await.err().unwrap();
    assert_eq!(refused.code, FailureCode::RateLimited);
    assert!(refused.retry_after.is_some());
}

#[tokio::test]
async fn codes_and_reasons_are_pinned() {
    let listed: Vec<_> =
        FailureCode::ALL.iter().map(|code| format!("{}: {}", code.as_str(), code.reason())).collect();
    assert_eq!(
        listed.join("\n"),
        "TOKEN_MALFORMED: Failed to fetch authentication with a server error: the token is not a compact JWE with the expected headers\n\
         TOKEN_UNDECRYPTABLE: Failed to fetch authentication with a server error: the token cannot be decrypted with the platform's keys\n\
         TOKEN_SIGNATURE_INVALID: Failed to fetch authentication with a server error: the signature does not verify with an active key of the project\n\
         TOKEN_CLAIMS_INVALID: Failed to fetch authentication with a server error: a claim is missing or not valid\n\
         TOKEN_EXPIRED: Failed to fetch authentication with a server error: the token has expired\n\
         TOKEN_REPLAYED: Failed to fetch authentication with a server error: the token was used before\n\
         PROJECT_NOT_SET_UP: Failed to authenticate visitor from credentials : the website is not correctly setup (null)\n\
         ORIGIN_NOT_ALLOWED: Failed to fetch authentication with a server error: this page's origin is not allowed for the project\n\
         SESSION_KEY_REQUIRED: Failed to fetch authentication with a server error: the project demands a session key and this client brought none\n\
         OPTION_INVALID: A valid authentication option must be provided\n\
         RATE_LIMITED: Failed to fetch authentication with a server error: too many attempts, try again later\n\
         SERVICE_UNAVAILABLE: Failed to fetch authentication with a server error: the service is unavailable, try again later"
    );
}
