//! PRODUCT section 7, cases 1 to 7, through the use cases.

use std::time::Duration;

use signet_app::{ActivationOutcome, ActivationRequest};
use signet_domain::conversation::{CloseReason, ConversationState, LapseReason};
use signet_domain::{Assurance, Identity};

use crate::support::{World, context, secured};

#[tokio::test]
async fn case_1_the_devices_conversation_becomes_the_persons() {
    let world = World::new().await;
    let guest = world.guest().await;
    let first = world.say(&guest, "Does the dimmer fit?").await;
    let jane = world.sign_in_from("jane", &guest).await;

    assert_eq!(jane.outcome, ActivationOutcome::Adopted);
    assert_ne!(jane.session.visitor_id, guest.session.visitor_id);
    let second = world.say(&jane, "It is me.").await;
    assert_eq!(second.conversation_id, first.conversation_id);
    assert_eq!(
        world.script(first.conversation_id).await,
        ["ANONYMOUS: Does the dimmer fit?", "VISITOR_SIGNED_IN", "VERIFIED: It is me."]
    );
    let detail = world.conversation(first.conversation_id).await;
    assert_eq!(detail.visitor.external_user_id.as_deref(), Some("jane"));
    assert_eq!(Identity::of(&detail.visitor), Identity::Verified { at: world.now() });
    assert_eq!(world.conversations().await.len(), 1);
}

#[tokio::test]
async fn case_2_the_persons_conversation_is_back_on_another_device() {
    let world = World::new().await;
    let laptop = world.sign_in("jane").await;
    let said = world.say(&laptop, "My order is late.").await;
    let phone = world.sign_in("jane").await;

    assert_eq!(phone.outcome, ActivationOutcome::Resumed);
    assert_eq!(phone.session.visitor_id, laptop.session.visitor_id);
    assert_ne!(phone.session.session_id, laptop.session.session_id);
    let thread = world.app.visitor_thread(&world.session(&phone), None).await.unwrap();
    assert_eq!(thread.conversation.map(|conversation| conversation.id), Some(said.conversation_id));
    assert_eq!(thread.entries.len(), 1);
    // `activate` runs on every page: a thread that said "is back" each time would say nothing.
    assert_eq!(world.script(said.conversation_id).await, ["VERIFIED: My order is late."]);
}

#[tokio::test]
async fn case_3_two_conversations_stay_whole_and_are_linked() {
    let world = World::new().await;
    let at_home = world.sign_in("jane").await;
    let verified = world.say(&at_home, "My order is late.").await.conversation_id;
    let guest = world.guest().await;
    let anonymous = world.say(&guest, "Do you ship to Spain?").await.conversation_id;
    let jane = world.sign_in_from("jane", &guest).await;

    assert_eq!(jane.outcome, ActivationOutcome::Both);
    let offered = jane.earlier.unwrap();
    assert_eq!((offered.id, offered.closed_at), (anonymous, world.now()));
    assert_eq!(world.script(verified).await, ["VERIFIED: My order is late.", "CONTINUED_FROM"]);
    assert_eq!(world.script(anonymous).await, ["ANONYMOUS: Do you ship to Spain?", "CONTINUED_ELSEWHERE"]);
    let closed = world.conversation(anonymous).await.conversation;
    let reason = CloseReason::ContinuedInVerified;
    assert_eq!(closed.state, ConversationState::Closed { at: world.now(), reason });
    assert_eq!(closed.continued_in, Some(verified));
    assert_eq!(closed.visitor_id, guest.session.visitor_id, "an anonymous conversation was given away");
    let linked = world.app.continued_from(&world.agent, verified).await.unwrap();
    assert_eq!(linked.iter().map(|detail| detail.conversation.id).collect::<Vec<_>>(), [anonymous]);
    let thread = world.app.visitor_thread(&world.session(&jane), None).await.unwrap();
    assert_eq!(thread.conversation.map(|conversation| conversation.id), Some(verified));
}

#[tokio::test]
async fn case_4_a_lapse_is_told_and_the_same_person_unlocks() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let conversation = world.say(&jane, "One question.").await.conversation_id;
    world.pass(Duration::from_hours(1));
    assert_eq!(world.app.expire_sessions().await.unwrap(), 1);
    assert_eq!(world.app.expire_sessions().await.unwrap(), 0, "a session expired twice");

    let detail = world.conversation(conversation).await;
    let Identity::NoLongerVerified { since, reason, .. } = Identity::of(&detail.visitor) else {
        panic!("the padlock stayed closed");
    };
    assert_eq!((since, reason), (world.now(), LapseReason::Expired));
    let refused = world.try_say(&jane, "Still me!").await.unwrap_err();
    assert_eq!(refused.code(), "SESSION_EXPIRED");

    let again = world.sign_in_from("jane", &jane).await;
    assert_eq!(again.outcome, ActivationOutcome::Renewed);
    assert_eq!(again.session.session_id, jane.session.session_id);
    world.say(&again, "Back.").await;
    assert_eq!(
        world.script(conversation).await,
        ["VERIFIED: One question.", "IDENTITY_LAPSED", "IDENTITY_CONFIRMED", "VERIFIED: Back."]
    );
}

#[tokio::test]
async fn a_renewal_in_time_leaves_no_trace_in_the_thread() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let conversation = world.say(&jane, "One question.").await.conversation_id;
    world.pass(Duration::from_mins(50));
    let renewed = world.sign_in_from("jane", &jane).await;
    assert_eq!(renewed.outcome, ActivationOutcome::Renewed);
    world.pass(Duration::from_mins(50));
    assert_eq!(world.app.expire_sessions().await.unwrap(), 0);
    world.say(&renewed, "Another.").await;
    let messages = world.messages(conversation).await;
    assert_eq!(world.script(conversation).await, ["VERIFIED: One question.", "VERIFIED: Another."]);
    assert!(
        messages[1].verified_at > messages[0].verified_at,
        "the proof behind the second message is the newer one"
    );
}

#[tokio::test]
async fn case_5_and_6_signing_out_and_coming_back() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let conversation = world.say(&jane, "One question.").await.conversation_id;
    world.app.logout(&jane.session.access_token, &context()).await.unwrap();
    world.app.logout(&jane.session.access_token, &context()).await.unwrap();

    assert_eq!(world.try_say(&jane, "x").await.unwrap_err().code(), "SESSION_ENDED");
    let detail = world.conversation(conversation).await;
    assert!(detail.conversation.state.is_ongoing());
    assert!(matches!(
        Identity::of(&detail.visitor),
        Identity::NoLongerVerified { reason: LapseReason::SignedOut, .. }
    ));
    let guest = world.guest().await;
    assert_ne!(guest.session.visitor_id, jane.session.visitor_id);
    let thread = world.app.visitor_thread(&world.session(&guest), None).await.unwrap();
    assert!(thread.conversation.is_none() && thread.entries.is_empty());

    let again = world.sign_in_from("jane", &guest).await;
    assert_eq!(again.outcome, ActivationOutcome::Resumed);
    assert_eq!(
        world.script(conversation).await,
        ["VERIFIED: One question.", "VISITOR_SIGNED_OUT", "VISITOR_RETURNED"]
    );
}

#[tokio::test]
async fn case_7_another_person_gets_nothing_of_the_first() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let janes = world.say(&jane, "Jane's secret").await.conversation_id;
    // Jane never signed out: John's token comes in on the page that holds her session.
    let john = world.sign_in_from("john", &jane).await;

    assert_eq!(john.outcome, ActivationOutcome::Switched);
    assert_ne!(john.session.visitor_id, jane.session.visitor_id);
    assert_eq!(world.try_say(&jane, "x").await.unwrap_err().code(), "SESSION_ENDED");
    let thread = world.app.visitor_thread(&world.session(&john), Some((janes, 0))).await.unwrap();
    assert!(thread.conversation.is_none() && thread.entries.is_empty() && thread.reset);
    let history = world.app.visitor_history(&world.session(&john), None, 50).await.unwrap();
    assert!(history.entries.is_empty() && history.conversations.is_empty());
    let johns = world.say(&john, "Hello").await;
    assert_ne!(johns.conversation_id, janes);
    assert_eq!(world.conversation(janes).await.visitor.external_user_id.as_deref(), Some("jane"));
}

#[tokio::test]
async fn case_11_a_closed_anonymous_conversation_stays_with_the_device() {
    let world = World::new().await;
    let guest = world.guest().await;
    let conversation = world.say(&guest, "Hello").await.conversation_id;
    world.app.close_conversation(&world.agent, conversation).await.unwrap();
    let jane = world.sign_in_from("jane", &guest).await;
    assert_eq!(jane.outcome, ActivationOutcome::New);
    assert_eq!(world.conversation(conversation).await.visitor.assurance, Assurance::Anonymous);
    let history = world.app.visitor_history(&world.session(&jane), None, 50).await.unwrap();
    assert!(history.entries.is_empty());
}

#[tokio::test]
async fn the_device_credential_alone_carries_a_conversation_over() {
    let world = World::new().await;
    let guest = world.guest().await;
    let conversation = world.say(&guest, "Hello").await.conversation_id;
    // The next page holds the credential only.
    let request = ActivationRequest { device: guest.device.clone(), ..secured(world.token("jane")) };
    let jane = world.activate(request.clone()).await.unwrap();
    assert_eq!(jane.outcome, ActivationOutcome::Adopted);
    assert_eq!(jane.device, None);
    // Doing it again changes nothing.
    let request = ActivationRequest { device: guest.device, ..secured(world.token("jane")) };
    assert_eq!(world.activate(request).await.unwrap().outcome, ActivationOutcome::Resumed);
    assert_eq!(world.script(conversation).await, ["ANONYMOUS: Hello", "VISITOR_SIGNED_IN"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_sign_ins_of_one_person_give_one_person_and_one_conversation() {
    let world = std::sync::Arc::new(World::new().await);
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let world = world.clone();
            tokio::spawn(async move {
                let guest = world.guest().await;
                world.say(&guest, &format!("guest {n}")).await;
                let jane = world.sign_in_from("jane", &guest).await;
                world.say(&jane, &format!("jane {n}")).await;
                jane.session.visitor_id
            })
        })
        .collect();
    let mut visitors = std::collections::HashSet::new();
    for task in tasks {
        visitors.insert(task.await.unwrap());
    }
    assert_eq!(visitors.len(), 1, "one person has several records");

    let mut said = Vec::new();
    let mut ongoing = 0;
    for detail in world.conversations().await {
        let verified = detail.visitor.external_user_id.as_deref() == Some("jane");
        ongoing += usize::from(verified && detail.conversation.state.is_ongoing());
        let script = page_through(&world, detail.conversation.id).await;
        said.extend(script.into_iter().filter(|line| line.contains(": ")));
    }
    assert_eq!(ongoing, 1, "one person has several ongoing conversations");
    said.sort_unstable();
    let mut expected: Vec<_> =
        (0..100).flat_map(|n| [format!("ANONYMOUS: guest {n}"), format!("VERIFIED: jane {n}")]).collect();
    expected.sort_unstable();
    assert_eq!(said, expected, "a message was lost, duplicated or re-attributed");
}

async fn page_through(world: &World, id: signet_domain::ConversationId) -> Vec<String> {
    let mut lines = Vec::new();
    let mut after = None;
    loop {
        let request = signet_app::PageRequest { after: after.clone(), ..crate::support::all() };
        let page = world.app.messages(&world.agent, id, &request).await.unwrap();
        after = page.items.last().map(|(cursor, _)| cursor.clone());
        let more = page.has_next;
        lines.extend(page.items.iter().map(|(_, message)| crate::support::line(message)));
        if !more {
            return lines;
        }
    }
}
