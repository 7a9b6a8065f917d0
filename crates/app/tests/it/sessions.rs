//! Session tokens, revocation, retries, and what is (not) stored.

use std::time::Duration;

use signet_app::{ActivationRequest, SessionError};
use signet_domain::{Assurance, BrowserId, ClientMessageId, Identity, MessageText};

use crate::support::{World, all, anonymous, context, items, secured};

#[tokio::test]
async fn an_anonymous_activation_stores_nothing() {
    let world = World::new().await;
    let guest = world.guest().await;
    let visitors = |world: &World| {
        let access = world.agent.in_project(&guest.project.id, signet_domain::Scope::VisitorsRead).unwrap();
        let app = world.app.clone();
        async move { items(app.visitors(&access, &signet_app::VisitorFilter::default(), &all()).await.unwrap()) }
    };
    assert!(visitors(&world).await.is_empty());
    world.say(&guest, "Hello").await;
    assert_eq!(visitors(&world).await.len(), 1);
}

#[tokio::test]
async fn a_device_credential_brings_the_anonymous_visitor_back() {
    let world = World::new().await;
    let guest = world.guest().await;
    let conversation = world.say(&guest, "Hello").await.conversation_id;
    let again =
        world.activate(ActivationRequest { device: guest.device.clone(), ..anonymous() }).await.unwrap();
    assert_eq!(again.session.visitor_id, guest.session.visitor_id);
    assert_eq!(world.say(&again, "Me again").await.conversation_id, conversation);
}

#[tokio::test]
async fn d24_the_anonymous_credentials_lose_all_access_at_the_seam() {
    let world = World::new().await;
    let guest = world.guest().await;
    let conversation = world.say(&guest, "Hello").await.conversation_id;
    let mut attacker = world.app.visitor_feed(world.session(&guest), None).await.unwrap();
    attacker.take_welcome();
    world.sign_in_from("jane", &guest).await;
    world.reply(conversation, "Your balance is 12 €").await;

    assert!(matches!(attacker.next().await, signet_app::VisitorUpdate::Ended));
    assert_eq!(world.try_say(&guest, "x").await.unwrap_err().code(), "SESSION_ENDED");
    let kept = ActivationRequest {
        session: Some(guest.session.access_token.clone()),
        device: guest.device.clone(),
        ..anonymous()
    };
    let other = world.activate(kept).await.unwrap();
    assert_ne!(
        other.session.visitor_id, guest.session.visitor_id,
        "the old credential still opens the old visitor"
    );
    let thread = world.app.visitor_thread(&world.session(&other), Some((conversation, 0))).await.unwrap();
    assert!(thread.entries.is_empty());
}

#[tokio::test]
async fn revocation_survives_a_restart() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let john = world.sign_in("john").await;
    let guest = world.guest().await;
    world.app.logout(&jane.session.access_token, &context()).await.unwrap();
    world.app.logout(&guest.session.access_token, &context()).await.unwrap();

    let restarted = world.another_process().await;
    assert_eq!(restarted.visitor_session(&jane.session.access_token), Err(SessionError::Ended));
    assert_eq!(restarted.visitor_session(&guest.session.access_token), Err(SessionError::Ended));
    assert!(restarted.visitor_session(&john.session.access_token).is_ok());
}

#[tokio::test]
async fn a_retried_message_is_stored_once_across_the_seam_too() {
    let world = World::new().await;
    let guest = world.guest().await;
    let id = ClientMessageId::generate(world.app.env());
    let text = MessageText::parse("Only once").unwrap();
    let first = world.app.visitor_send(&world.session(&guest), id, text.clone(), &context()).await.unwrap();
    let again = world.app.visitor_send(&world.session(&guest), id, text.clone(), &context()).await.unwrap();
    assert!(!first.duplicate && again.duplicate);
    assert_eq!((again.conversation_id, again.sequence), (first.conversation_id, first.sequence));
    // The acknowledgement was lost, the visitor signed in, the client sends what it has not heard of again.
    let jane = world.sign_in_from("jane", &guest).await;
    let after = world.app.visitor_send(&world.session(&jane), id, text.clone(), &context()).await.unwrap();
    assert!(after.duplicate);
    assert_eq!(world.script(first.conversation_id).await, ["ANONYMOUS: Only once", "VISITOR_SIGNED_IN"]);
    // Another visitor who picks the same id stores a message of their own.
    let john = world.sign_in("john").await;
    let other = world.app.visitor_send(&world.session(&john), id, text, &context()).await.unwrap();
    assert!(!other.duplicate);
    assert_ne!(other.conversation_id, first.conversation_id);
}

#[tokio::test]
async fn d21_tokens_of_one_kind_are_not_taken_for_another() {
    let world = World::new().await;
    let guest = world.guest().await;
    let device = guest.device.clone().unwrap();
    assert!(world.app.visitor_session(&device).is_err(), "a device credential was taken for a session");
    let as_device = ActivationRequest { device: Some(guest.session.access_token.clone()), ..anonymous() };
    let other = world.activate(as_device).await.unwrap();
    assert_ne!(
        other.session.visitor_id, guest.session.visitor_id,
        "a session token was taken for a device credential"
    );
    let as_token = world.activate(secured(guest.session.access_token.clone())).await.err().unwrap();
    assert_eq!(as_token.code.as_str(), "TOKEN_MALFORMED");
    assert!(world.app.bearer(&guest.session.access_token).await.is_err());
    assert!(world.app.visitor_session(&world.token("jane")).is_err());
}

#[tokio::test]
async fn a_session_of_one_project_proves_nothing_in_another() {
    let world = World::new().await;
    world.project("other").await;
    let guest = world.guest().await;
    world.say(&guest, "Hello").await;
    let request = ActivationRequest {
        project_id: "other".into(),
        session: Some(guest.session.access_token.clone()),
        device: guest.device.clone(),
        ..anonymous()
    };
    let elsewhere = world.activate(request).await.unwrap();
    assert_ne!(elsewhere.session.visitor_id, guest.session.visitor_id);
}

#[tokio::test]
async fn the_pages_of_one_browser_share_a_session_and_leave_it_together() {
    let world = World::new().await;
    let browser = Some(BrowserId::generate(world.app.env()));
    let page = |browser| ActivationRequest { browser, ..secured(world.token("jane")) };
    let first = world.activate(page(browser)).await.unwrap();
    let conversation = world.say(&first, "Hello").await.conversation_id;
    world.pass(Duration::from_mins(1));
    let second = world.activate(page(browser)).await.unwrap();
    let elsewhere = world.activate(page(Some(BrowserId::generate(world.app.env())))).await.unwrap();
    assert_eq!(second.session.session_id, first.session.session_id);
    assert_ne!(elsewhere.session.session_id, first.session.session_id);

    world.app.logout(&second.session.access_token, &context()).await.unwrap();
    assert_eq!(world.app.visitor_session(&first.session.access_token), Err(SessionError::Ended));
    assert!(world.app.visitor_session(&elsewhere.session.access_token).is_ok());
    let verified = |detail: signet_app::ConversationDetail| {
        matches!(Identity::of(&detail.visitor), Identity::Verified { .. })
    };
    assert!(verified(world.conversation(conversation).await), "she is still signed in elsewhere");
    world.app.logout(&elsewhere.session.access_token, &context()).await.unwrap();
    assert!(!verified(world.conversation(conversation).await));
    // A browser's id proves nothing: signing in anew opens a new session, never the one that was ended.
    let again = world.activate(page(browser)).await.unwrap();
    assert_ne!(again.session.session_id, first.session.session_id);
}

#[tokio::test]
async fn the_session_ends_to_the_millisecond() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    assert_eq!(jane.session.assurance, Assurance::Verified);
    world.pass(Duration::from_millis(60 * 60 * 1000 - 1));
    assert!(world.app.visitor_session(&jane.session.access_token).is_ok());
    world.pass(Duration::from_millis(1));
    let refused = world.app.visitor_session(&jane.session.access_token).unwrap_err();
    assert_eq!(refused, SessionError::Expired);
}
