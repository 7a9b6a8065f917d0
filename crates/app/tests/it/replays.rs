//! D17: a token with a `jti` opens one session, whoever sends it again, where and when.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use signet_app::{App, FailureCode};
use signet_domain::{Project, Scope, TokenProfile};

use crate::support::{World, context, items, secured};

/// A token with a `jti`, good for ten minutes.
fn token(world: &World, token_id: &str) -> String {
    let now = world.now().as_millis();
    world.tokens.token("jane", now).claim("jti", token_id).claim("exp", now / 1_000 + 600).build()
}

/// What became of an attempt at a node.
async fn attempt(app: &App, token: &str) -> Result<(), FailureCode> {
    app.activate(secured(token.to_owned()), &context()).await.map(drop).map_err(|failure| failure.code)
}

const REPLAYED: Result<(), FailureCode> = Err(FailureCode::TokenReplayed);

#[tokio::test]
async fn d17_one_after_the_other() {
    let world = World::new().await;
    let token = token(&world, "1");
    assert_eq!(attempt(&world.app, &token).await, Ok(()));
    assert_eq!(attempt(&world.app, &token).await, REPLAYED);
    let other_text = self::token(&world, "1");
    assert_ne!(token, other_text, "encrypted anew");
    assert_eq!(attempt(&world.app, &other_text).await, REPLAYED, "it is the jti that counts, not the text");
    assert_eq!(attempt(&world.app, &self::token(&world, "2")).await, Ok(()));
    let now = world.now().as_millis();
    let of_another_issuer = world.tokens.token("jane", now).claim("jti", "1").claim("iss", "other").build();
    assert_eq!(attempt(&world.app, &of_another_issuer).await, Ok(()), "an issuer's ids are its own");
    let without = world.token("jane");
    assert_eq!(attempt(&world.app, &without).await, Ok(()));
    assert_eq!(
        attempt(&world.app, &without).await,
        Ok(()),
        "compatible tokens without jti are not single use"
    );
}

#[tokio::test]
async fn d17_in_the_strict_profile() {
    let world = World::new().await;
    let mut project = Project::new("strict", "Strict", world.now()).unwrap();
    project.token_profile = TokenProfile::Strict;
    project.token_max_lifetime = Duration::from_mins(1);
    project.allowed_origins.any_loopback = true;
    let key = signet_app::NewCustomerKey {
        project_id: project.id.clone(),
        text: world.tokens.signing_key.verification_key().to_pem(),
        key_id: None,
        shared: true,
    };
    world.app.create_project(project, &signet_app::Actor::system()).await.unwrap();
    world.app.register_customer_key(key, &signet_app::Actor::system()).await.unwrap();
    let strict = world.tokens.token("jane", world.now().as_millis()).strict("strict", "1");
    let attempt = async |token: String| {
        let request = signet_app::ActivationRequest {
            project_id: "strict".into(),
            origin: Some("http://localhost:3000".into()),
            ..secured(token)
        };
        world.app.activate(request, &context()).await.map(drop).map_err(|failure| failure.code)
    };
    assert_eq!(
        attempt(strict.clone().without_claim("jti").build()).await,
        Err(FailureCode::TokenClaimsInvalid)
    );
    assert_eq!(attempt(strict.clone().build()).await, Ok(()));
    assert_eq!(attempt(strict.build()).await, REPLAYED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d17_fifty_at_once() {
    let world = World::new().await;
    let token = token(&world, "1");
    let attempts = join_all((0..50).map(|_| {
        let (app, token) = (Arc::clone(&world.app), token.clone());
        tokio::spawn(async move { attempt(&app, &token).await })
    }));
    let outcomes: Vec<_> = attempts.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == REPLAYED).count(), 49, "{outcomes:?}");
}

#[tokio::test]
async fn d17_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("test.db").display());
    let world = World::at(&address).await;
    let token = token(&world, "1");
    assert_eq!(attempt(&world.app, &token).await, Ok(()));
    world.close().await;
    let restarted = world.node(&address, 43).await;
    assert_eq!(attempt(&restarted, &token).await, REPLAYED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d17_across_nodes() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(server) = signet_testkit::postgres::shared() else { return };
    let address = server.database().await;
    let world = World::at(&address).await;
    let nodes = [Arc::clone(&world.app), world.node(&address, 43).await];
    let token = token(&world, "1");
    let attempts = join_all((0..50).map(|number| {
        let (app, token) = (Arc::clone(&nodes[number % 2]), token.clone());
        tokio::spawn(async move { attempt(&app, &token).await })
    }));
    let outcomes: Vec<_> = attempts.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == REPLAYED).count(), 49, "{outcomes:?}");
    assert_eq!(attempt(&nodes[1], &token).await, REPLAYED);
}

#[tokio::test]
async fn d17_after_the_clock_stepped_back() {
    let world = World::new().await;
    let (start, token) = (world.now(), token(&world, "1"));
    assert_eq!(attempt(&world.app, &token).await, Ok(()));
    world.pass(Duration::from_hours(2));
    world.app.tidy().await.unwrap();
    assert_eq!(attempt(&world.app, &token).await, Err(FailureCode::TokenExpired));
    world.clock.set(start);
    assert_eq!(attempt(&world.app, &token).await, REPLAYED, "good again by the clock, and still used");
    // A day after its end nothing is left of it but that it expired.
    world.pass(Duration::from_hours(25));
    world.app.tidy().await.unwrap();
    assert_eq!(attempt(&world.app, &token).await, Err(FailureCode::TokenExpired));
    world.clock.set(start);
    assert_eq!(attempt(&world.app, &token).await, Ok(()), "the record was there to the end, and is gone");
}

#[tokio::test]
async fn d17_without_storage_nobody_gets_in() {
    let world = World::new().await;
    let token = token(&world, "1");
    attempt(&world.app, &world.token("jane")).await.unwrap();
    world.close().await;
    assert_eq!(attempt(&world.app, &token).await, Err(FailureCode::ServiceUnavailable));
}

#[tokio::test]
async fn a_test_does_not_use_a_token_up_and_an_integration_does() {
    let world = World::new().await;
    let admin = world
        .new_agent("admin@desk.example", "Ada", "demo", signet_domain::access::Role::Administrator)
        .await;
    let access = admin.in_project(&"demo".parse().unwrap(), Scope::VisitorsAuthenticate).unwrap();
    let token = token(&world, "1");
    for _ in 0..2 {
        world.app.test_credentials(&access, &token, &context()).await.unwrap();
    }
    world.app.authenticate_credentials(&access, &token, &context()).await.unwrap();
    let again = world.app.authenticate_credentials(&access, &token, &context()).await;
    assert_eq!(again.err().unwrap().code, FailureCode::TokenReplayed);
    assert_eq!(attempt(&world.app, &token).await, REPLAYED);
}

#[tokio::test]
async fn a_replay_leaves_everything_as_it_was() {
    let world = World::new().await;
    let token = token(&world, "1");
    let signed_in = world.activate(secured(token.clone())).await.unwrap();
    world.say(&signed_in, "Hello").await;
    let conversation = world.conversations().await.remove(0);
    world.pass(Duration::from_secs(5));
    let guest = world.guest().await;
    world.say(&guest, "I am nobody").await;
    let held =
        signet_app::ActivationRequest { session: Some(guest.session.access_token.clone()), ..secured(token) };
    assert_eq!(world.activate(held).await.err().unwrap().code, FailureCode::TokenReplayed);
    let after = world.conversation(conversation.conversation.id).await;
    assert!(after.visitor == conversation.visitor, "a refused token changed the person");
    assert_eq!(world.script(conversation.conversation.id).await, ["VERIFIED: Hello"]);
    assert_eq!(items_of_guest(&world, &guest).await, 1, "the guest goes on as a guest");
}

async fn items_of_guest(world: &World, guest: &signet_app::Activated) -> usize {
    world.say(guest, "Still here").await;
    let access = world.agent.in_project(&"demo".parse().unwrap(), Scope::VisitorsRead).unwrap();
    let anonymous = signet_app::VisitorFilter::default();
    let visitors = world.app.visitors(&access, &anonymous, &crate::support::all()).await.unwrap();
    items(visitors)
        .into_iter()
        .filter(|visitor| visitor.assurance == signet_domain::Assurance::Anonymous)
        .count()
}
