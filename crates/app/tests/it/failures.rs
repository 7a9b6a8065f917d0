//! The feed of refused activations, and the Token Doctor for callers.

use std::time::Duration;

use signet_app::{
    ActivationRequest, AppError, AuthenticationFailure, FailureFilter, NewCustomerKey, ProjectAccess,
    RateLimits, RequestContext,
};
use signet_domain::access::{Caller, Role};
use signet_domain::{ProjectId, Scope};
use signet_token::SigningKey;

use crate::support::{SHOP, World, all, anonymous, context, items, secured};

const CANARY: &str = "canary-7f3a";

async fn administrator(world: &World, project: &str) -> Caller {
    world.new_agent(&format!("ada@{project}.example"), "Ada", project, Role::Administrator).await
}

fn access(caller: &Caller, project: &str) -> ProjectAccess {
    caller.in_project(&ProjectId::parse(project).unwrap(), Scope::VisitorsAuthenticate).unwrap()
}

async fn feed(world: &World, access: &ProjectAccess, filter: FailureFilter) -> Vec<AuthenticationFailure> {
    world.app.flush_authentication_failures().await;
    items(world.app.authentication_failures(access, filter, &all()).await.unwrap())
}

async fn refused(world: &World, correlation_id: &str, token: &str) {
    let context = RequestContext { correlation_id: correlation_id.into(), ..context() };
    assert!(world.app.activate(secured(token.to_owned()), &context).await.is_err());
}

#[tokio::test]
async fn every_refusal_is_kept_with_its_fine_code() {
    let world = World::new().await;
    let access = access(&administrator(&world, "demo").await, "demo");
    let now = world.now().as_millis();
    let token = || world.tokens.token("jane", now).claim("iat", now / 1_000);
    let exp = token().claim("exp", now).inner_header("kid", "brand").build();
    refused(&world, "one", &exp).await;
    world.pass(Duration::from_secs(1));
    refused(&world, "two", &format!("\"{}\"", token().build())).await;
    let used = token().claim("jti", "1").build();
    world.activate(secured(used.clone())).await.unwrap();
    world.pass(Duration::from_secs(1));
    refused(&world, "three", &used).await;

    let found = feed(&world, &access, FailureFilter::default()).await;
    let told: Vec<_> = found
        .iter()
        .map(|failure| (failure.correlation_id.as_str(), failure.code.as_str(), failure.fine_code.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("three", "TOKEN_REPLAYED", "TOKEN_REPLAYED"),
            ("two", "TOKEN_MALFORMED", "TOKEN_QUOTED"),
            ("one", "TOKEN_CLAIMS_INVALID", "EXP_IN_MILLISECONDS"),
        ]
    );
    let [replayed, quoted, milliseconds] = &found[..] else { panic!("{found:?}") };
    assert_eq!(milliseconds.signature_key_id.as_deref(), Some("brand"));
    assert_eq!(milliseconds.issuer.as_deref(), Some("https://shop.example"));
    assert_eq!(milliseconds.origin.as_deref(), Some(SHOP));
    assert_eq!(milliseconds.token_bytes, Some(exp.len() as i64));
    let parts: Vec<i64> = exp.split('.').map(|part| part.len() as i64).collect();
    assert_eq!(milliseconds.part_characters, parts);
    assert_eq!(milliseconds.issued_at.unwrap().as_seconds(), now / 1_000);
    assert_eq!(milliseconds.expires_at, None, "a number that is no time");
    assert_eq!((&quoted.issuer, &quoted.signature_key_id), (&None, &None));
    assert_eq!(replayed.expires_at.unwrap().as_seconds(), now / 1_000 + 60);

    let quoted_by_the_page = FailureFilter { correlation_id: Some("two".into()), ..FailureFilter::default() };
    assert_eq!(feed(&world, &access, quoted_by_the_page).await.len(), 1);
}

#[tokio::test]
async fn d01_an_unsigned_token_leaves_a_failure_and_nothing_else() {
    let world = World::new().await;
    let ada = administrator(&world, "demo").await;
    let before = everything(&world, &ada).await;
    let now = world.now().as_millis();
    let token = || world.tokens.token(CANARY, now).visitor_data(serde_json::json!({ "email": CANARY }));
    let unknown = SigningKey::generate().unwrap();
    let hostile = [
        token().content(token().claims_json()).build(),
        token().inner_header("alg", "none").build(),
        token().content(token().build_inner().rsplit_once('.').unwrap().0.to_owned() + ".").build(),
        token().content(token().build()).build(),
        token().signed_by(&unknown).claim("iss", CANARY).build(),
        token().payload(token().build_inner()).build(),
        token().claims_json(),
        token().build_inner(),
    ];
    for (number, token) in hostile.iter().enumerate() {
        refused(&world, &format!("attack-{number}"), token).await;
    }
    let found = feed(&world, &access(&ada, "demo"), FailureFilter::default()).await;
    assert_eq!(found.len(), hostile.len());
    assert!(!format!("{found:?}").contains(CANARY), "{found:?}");
    for failure in &found {
        assert_eq!(
            (&failure.issuer, failure.issued_at, failure.expires_at),
            (&None, None, None),
            "{failure:?}"
        );
    }
    assert!(found.iter().any(|failure| failure.fine_code == "INNER_IS_PLAIN_CLAIMS"), "{found:?}");
    // Nothing but the events of the refusals themselves.
    let (visitors, conversations, events) = before;
    let refusals = i64::try_from(hostile.len()).unwrap();
    assert_eq!(everything(&world, &ada).await, (visitors, conversations, events + refusals));
}

/// Visitors, conversations and the place in the project's log.
async fn everything(world: &World, caller: &Caller) -> (usize, usize, i64) {
    let project = ProjectId::parse("demo").unwrap();
    let visitors = caller.in_project(&project, Scope::VisitorsRead).unwrap();
    let log = caller.in_project(&project, Scope::ConversationsRead).unwrap();
    let filter = signet_app::VisitorFilter::default();
    (
        items(world.app.visitors(&visitors, &filter, &all()).await.unwrap()).len(),
        world.conversations().await.len(),
        world.app.event_cursor(&log).await.unwrap(),
    )
}

#[tokio::test]
async fn no_byte_of_an_unverified_token_reaches_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let world = World::at(&format!("sqlite:{}", path.display())).await;
    let unknown = SigningKey::generate().unwrap();
    let now = world.now().as_millis();
    let hostile = world
        .tokens
        .token(CANARY, now)
        .signed_by(&unknown)
        .claim("iss", CANARY)
        .claim("aud", CANARY)
        .claim(CANARY, CANARY)
        .inner_header(CANARY, CANARY)
        .outer_header("x", CANARY)
        .visitor_data(serde_json::json!({ "firstName": CANARY, "email": CANARY }))
        .build();
    refused(&world, "found-by-this", &hostile).await;
    let foreign =
        ActivationRequest { origin: Some(format!("not an origin {CANARY}")), ..secured(hostile.clone()) };
    assert!(world.activate(foreign).await.is_err());
    world.app.flush_authentication_failures().await;
    world.close().await;
    let bytes = std::fs::read(&path).unwrap();
    let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("found-by-this"), "the search finds what is there");
    assert!(!contains(CANARY));
    let ciphertext = hostile.split('.').nth(3).unwrap();
    assert!(!contains(&ciphertext[..40]), "nor the token itself");
}

#[tokio::test]
async fn what_says_nothing_of_a_token_is_not_kept() {
    let limits = RateLimits { activations_per_address: 1, ..RateLimits::unlimited() };
    let world = World::with(limits).await;
    let access = access(&administrator(&world, "demo").await, "demo");
    world.guest().await;
    refused(&world, "limited", &world.token("jane")).await;
    let nowhere = ActivationRequest { project_id: "nowhere".into(), ..secured("x".into()) };
    assert!(world.activate(nowhere).await.is_err());
    let foreign = ActivationRequest { origin: Some("https://evil.example".into()), ..anonymous() };
    assert!(world.activate(foreign.clone()).await.is_err());
    assert!(world.app.test_credentials(&access, "x", &context()).await.is_err());
    let secured = ActivationRequest { origin: foreign.origin, ..secured("x".into()) };
    assert!(world.activate(secured).await.is_err());
    let found = feed(&world, &access, FailureFilter::default()).await;
    let told: Vec<_> =
        found.iter().map(|failure| (failure.fine_code.as_str(), failure.origin.as_deref())).collect();
    assert_eq!(told, [("ORIGIN_NOT_ALLOWED", Some("https://evil.example"))]);
}

#[tokio::test]
async fn refusals_are_counted_over_time() {
    let world = World::new().await;
    let access = access(&administrator(&world, "demo").await, "demo");
    let start = world.now();
    for (number, token) in ["x", "y", ""].iter().enumerate() {
        refused(&world, &number.to_string(), token).await;
    }
    world.pass(Duration::from_mins(30));
    refused(&world, "later", "z").await;
    world.app.flush_authentication_failures().await;
    let counts =
        async |interval, spans| world.app.authentication_failure_counts(&access, interval, spans).await;
    let hour = (start, start.after(Duration::from_hours(1)));
    let spans = counts(hour, 4).await.unwrap();
    let malformed = |fine: &str, count| ("TOKEN_MALFORMED".to_owned(), fine.to_owned(), count);
    let codes: Vec<_> = spans.iter().map(|span| span.codes.clone()).collect();
    let unknown = "JWE_WRONG_PART_COUNT";
    assert_eq!(
        codes,
        [
            vec![malformed(unknown, 2), malformed("TOKEN_EMPTY", 1)],
            vec![],
            vec![malformed(unknown, 1)],
            vec![]
        ]
    );
    assert_eq!((spans[0].from, spans[3].to), hour);
    assert_eq!(spans[1].from, start.after(Duration::from_mins(15)));
    assert_eq!(counts((start, start.after(Duration::from_secs(1))), 100).await.unwrap().len(), 1);
    for (interval, spans) in [((start, start), 4), (hour, 0), (hour, 101)] {
        let refused = counts(interval, spans).await;
        assert!(matches!(refused, Err(AppError::Invalid { code: "INTERVAL_INVALID", .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn the_doctor_uses_nothing_up_and_knows_what_was_used() {
    let world = World::new().await;
    let access = access(&administrator(&world, "demo").await, "demo");
    let token = world.tokens.token("jane", world.now().as_millis()).claim("jti", "1").build();
    for _ in 0..2 {
        let report = world.app.inspect_token(&access, &token).await.unwrap();
        assert!(report.accepted(), "{report:?}");
        assert!(report.claims.unwrap().iter().any(|(name, _)| name == "jti"));
    }
    world.activate(secured(token.clone())).await.unwrap();
    let report = world.app.inspect_token(&access, &token).await.unwrap();
    assert_eq!(report.finding.unwrap().code, "TOKEN_REPLAYED");
    assert!(
        feed(&world, &access, FailureFilter::default()).await.is_empty(),
        "what is inspected is not kept"
    );
}

#[tokio::test]
async fn the_doctor_names_another_project_only_to_those_who_belong_there() {
    let world = World::new().await;
    world.project("other").await;
    let elsewhere = SigningKey::generate().unwrap();
    let text = elsewhere.verification_key().to_pem();
    let project_id = ProjectId::parse("other").unwrap();
    world
        .app
        .register_customer_key(
            NewCustomerKey { project_id, text, key_id: None, shared: false },
            &signet_app::Actor::system(),
        )
        .await
        .unwrap();
    let token = world.tokens.token("jane", world.now().as_millis()).signed_by(&elsewhere).build();
    let code = async |caller: &Caller| {
        let report = world.app.inspect_token(&access(caller, "demo"), &token).await.unwrap();
        assert!(report.claims.is_none());
        report.finding.unwrap().code
    };
    let stranger = administrator(&world, "demo").await;
    assert_eq!(code(&stranger).await, "JWS_SIGNATURE_INVALID");
    let roles = ["demo", "other"].map(|id| (ProjectId::parse(id).unwrap(), Role::Administrator)).to_vec();
    let Caller::Agent(agent) = stranger else { panic!("an agent") };
    let of_both = Caller::Agent(signet_domain::access::Agent { roles, ..agent });
    assert_eq!(code(&of_both).await, "JWS_KEY_OF_ANOTHER_PROJECT");
}

#[tokio::test]
async fn the_doctor_is_limited_like_a_test() {
    let world = World::with(RateLimits { tests_per_caller: 2, ..RateLimits::unlimited() }).await;
    let access = access(&administrator(&world, "demo").await, "demo");
    world.app.inspect_token(&access, "x").await.unwrap();
    world.app.test_credentials(&access, "x", &context()).await.err().unwrap();
    let limited = world.app.inspect_token(&access, "x").await;
    assert!(matches!(limited, Err(AppError::RateLimited { .. })), "{limited:?}");
}
