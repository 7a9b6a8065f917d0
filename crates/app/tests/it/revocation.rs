//! Ending sessions from outside: sign-out handles, revocation, and that other nodes follow (D28).

use std::time::Duration;

use signet_app::{ActivationOutcome, ActivationRequest, Actor, App, RevokeBy, SessionError, VisitorUpdate};
use signet_domain::conversation::LapseReason;
use signet_domain::{Identity, ProjectId, Role, Scope};

use crate::support::{World, context, secured};

async fn revoke(app: &App, project: &str, by: RevokeBy) -> u64 {
    app.revoke_sessions(&ProjectId::parse(project).unwrap(), by, &Actor::operator("test")).await.unwrap()
}

fn user(name: &str) -> RevokeBy {
    RevokeBy::User(name.into())
}

#[tokio::test]
async fn a_sign_out_handle_ends_its_session_and_does_nothing_else() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let said = world.say(&jane, "Hello").await;
    let handle = &jane.session.sign_out_handle;

    assert_eq!(world.app.visitor_session(handle).unwrap_err(), SessionError::Ended, "a handle is no session");
    for request in [
        ActivationRequest { session: Some(handle.clone()), ..secured(world.token("jane")) },
        ActivationRequest { device: Some(handle.clone()), ..secured(world.token("jane")) },
    ] {
        let opened = world.activate(request).await.unwrap();
        assert_eq!(opened.outcome, ActivationOutcome::Resumed, "a handle renews nothing");
        assert_ne!(opened.session.session_id, jane.session.session_id);
        world.app.logout(&opened.session.access_token, &context()).await.unwrap();
    }
    for forged in [&handle[1..], &format!("{handle}A"), ""] {
        world.app.logout(forged, &context()).await.unwrap();
    }
    world.session(&jane);

    let told = async || {
        let script = world.script(said.conversation_id).await;
        script.iter().filter(|line| *line == "VISITOR_SIGNED_OUT").count()
    };
    // Whoever keeps nothing signs out for all who keep nothing: each sign-out was told.
    assert_eq!(told().await, 2);

    // The session was renewed, its token lost with the page: the handle of before still ends it.
    let renewed = world.sign_in_from("jane", &jane).await;
    assert_eq!(renewed.session.session_id, jane.session.session_id);
    world.app.logout(handle, &context()).await.unwrap();
    assert_eq!(world.app.visitor_session(&renewed.session.access_token).unwrap_err(), SessionError::Ended);
    world.app.logout(handle, &context()).await.unwrap();
    assert_eq!(told().await, 3);

    // What comes after it is not its to end.
    let back = world.sign_in("jane").await;
    world.app.logout(handle, &context()).await.unwrap();
    world.session(&back);
}

#[tokio::test]
async fn a_sign_out_that_comes_after_the_sessions_time_still_counts() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let said = world.say(&jane, "Hello").await;
    world.pass(Duration::from_hours(2));
    world.app.expire_sessions().await.unwrap();
    world.app.logout(&jane.session.sign_out_handle, &context()).await.unwrap();
    assert_eq!(
        world.script(said.conversation_id).await,
        ["VERIFIED: Hello", "IDENTITY_LAPSED", "VISITOR_SIGNED_OUT"]
    );
    let back = world.sign_in_from("jane", &jane).await;
    assert_ne!(back.session.session_id, jane.session.session_id, "signed out is not to be renewed");
}

#[tokio::test]
async fn a_guests_handle_forgets_the_device() {
    let world = World::new().await;
    let guest = world.guest().await;
    world.say(&guest, "On a shared computer").await;
    world.app.logout(&guest.session.sign_out_handle, &context()).await.unwrap();
    assert_eq!(world.app.visitor_session(&guest.session.access_token).unwrap_err(), SessionError::Ended);
    let request = ActivationRequest { device: guest.device.clone(), ..crate::support::anonymous() };
    let next = world.activate(request).await.unwrap();
    assert_ne!(next.session.visitor_id, guest.session.visitor_id);
}

#[tokio::test]
async fn d28_revoking_a_person_ends_every_session_of_theirs_and_no_other() {
    let world = World::new().await;
    world.project("other").await;
    let (laptop, phone) = (world.sign_in("jane").await, world.sign_in("jane").await);
    let said = world.say(&laptop, "Hello").await;
    let john = world.sign_in("john").await;
    let mut feed = world.app.visitor_feed(world.session(&phone), None).await.unwrap();

    assert_eq!(revoke(&world.app, "other", user("jane")).await, 0, "another project's person of that name");
    assert_eq!(revoke(&world.app, "demo", user("nobody")).await, 0);
    world.session(&laptop);
    assert_eq!(revoke(&world.app, "demo", user("jane")).await, 2);
    assert!(matches!(feed.next().await, VisitorUpdate::Ended));
    for ended in [&laptop, &phone] {
        assert_eq!(world.app.visitor_session(&ended.session.access_token).unwrap_err(), SessionError::Ended);
    }
    world.session(&john);
    assert_eq!(revoke(&world.app, "demo", user("jane")).await, 0, "ended once");

    // One person lost proof, so one line, however many sessions it was.
    assert_eq!(world.script(said.conversation_id).await, ["VERIFIED: Hello", "IDENTITY_LAPSED"]);
    let seen = world.conversation(said.conversation_id).await;
    let Identity::NoLongerVerified { since, reason, .. } = Identity::of(&seen.visitor) else {
        panic!("the padlock stayed closed");
    };
    assert_eq!((since, reason), (world.now(), LapseReason::Revoked));

    // Not to be renewed; a new token opens another session.
    let back = world.sign_in_from("jane", &laptop).await;
    assert_ne!(back.session.session_id, laptop.session.session_id);
    assert_eq!(back.outcome, ActivationOutcome::Resumed);
    assert_eq!(world.script(said.conversation_id).await.last().unwrap(), "IDENTITY_CONFIRMED");
}

#[tokio::test]
async fn d28_revoking_one_session_leaves_the_persons_others() {
    let world = World::new().await;
    world.project("other").await;
    let (laptop, phone) = (world.sign_in("jane").await, world.sign_in("jane").await);
    let said = world.say(&laptop, "Hello").await;
    let one = || RevokeBy::Session(laptop.session.session_id);
    assert_eq!(revoke(&world.app, "other", one()).await, 0);
    assert_eq!(revoke(&world.app, "demo", one()).await, 1);
    assert_eq!(world.app.visitor_session(&laptop.session.access_token).unwrap_err(), SessionError::Ended);
    world.session(&phone);
    assert_eq!(world.script(said.conversation_id).await, ["VERIFIED: Hello"], "the phone proves who she is");
}

#[tokio::test]
async fn d28_revoking_a_key_ends_what_it_opened() {
    let world = World::new().await;
    let keys = world.app.customer_keys(&ProjectId::parse("demo").unwrap()).await.unwrap();
    let key = RevokeBy::SigningKey(keys[0].fingerprint.clone());
    let people = [world.sign_in("jane").await, world.sign_in("john").await];
    let said = world.say(&people[0], "Hello").await;
    let guest = world.guest().await;
    assert_eq!(revoke(&world.app, "demo", RevokeBy::SigningKey("another".into())).await, 0);
    assert_eq!(revoke(&world.app, "demo", key).await, 2);
    for person in &people {
        assert_eq!(world.app.visitor_session(&person.session.access_token).unwrap_err(), SessionError::Ended);
    }
    world.session(&guest);
    assert_eq!(world.script(said.conversation_id).await, ["VERIFIED: Hello", "IDENTITY_LAPSED"]);
}

/// What one node ends, another refuses as soon as it has looked, and its sockets close.
async fn other_nodes_follow(address: &str) {
    let world = World::at(address).await;
    let other = world.node(address, 43).await;
    let (jane, john, guest) = (world.sign_in("jane").await, world.sign_in("john").await, world.guest().await);
    let there = |app: &App, who: &signet_app::Activated| app.visitor_session(&who.session.access_token);
    let mut feeds = Vec::new();
    for who in [&jane, &john, &guest] {
        feeds.push(other.visitor_feed(there(&other, who).unwrap(), None).await.unwrap());
    }
    other.take_in_revocations().await.unwrap();
    assert!(there(&other, &jane).is_ok() && there(&other, &guest).is_ok());

    revoke(&world.app, "demo", user("jane")).await;
    world.app.logout(&john.session.access_token, &context()).await.unwrap();
    world.sign_in_from("joan", &guest).await;
    let watch = tokio::spawn(signet_app::RevocationWatch::new(other.clone()).run());
    for mut feed in feeds {
        let ended = tokio::time::timeout(Duration::from_secs(5), feed.next()).await.expect("in five seconds");
        assert!(matches!(ended, VisitorUpdate::Ended), "{ended:?}");
    }
    for who in [&jane, &john, &guest] {
        assert_eq!(there(&other, who).unwrap_err(), SessionError::Ended);
    }
    watch.abort();
    let fresh = world.node(address, 44).await;
    for who in [&jane, &john, &guest] {
        assert_eq!(there(&fresh, who).unwrap_err(), SessionError::Ended, "known from the start");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d28_other_nodes_follow_on_postgresql() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(server) = signet_testkit::postgres::shared() else { return };
    other_nodes_follow(&server.database().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d28_another_process_on_the_same_file_follows() {
    let folder = tempfile::tempdir().unwrap();
    other_nodes_follow(&format!("sqlite:{}", folder.path().join("test.db").display())).await;
}

#[tokio::test]
async fn d28_a_node_that_still_trusts_a_revoked_key_does_so_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("test.db").display());
    let world = World::at(&address).await;
    let other = world.node(&address, 43).await;
    // The clock stands still, and with it what the other node remembers of the project.
    other.activate(secured(world.token("jane")), &context()).await.unwrap();
    let owner = world.new_agent("owner@desk.example", "Owner", "demo", Role::Owner).await;
    let project = ProjectId::parse("demo").unwrap();
    let access = owner.in_project(&project, Scope::KeysWrite).unwrap();
    let keys = world.app.customer_keys(&project).await.unwrap();
    world.app.revoke_key(&access, keys[0].id, &Actor::caller(&owner, &context())).await.unwrap();
    let late = other.activate(secured(world.token("john")), &context()).await.unwrap();
    world.app.finish_key_revocations().await.unwrap();
    other.take_in_revocations().await.unwrap();
    assert_eq!(other.visitor_session(&late.session.access_token).unwrap_err(), SessionError::Ended);
    world.pass(Duration::from_secs(1));
    assert!(other.activate(secured(world.token("john")), &context()).await.is_err());
}
