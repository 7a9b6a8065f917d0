//! Races (D31): whatever arrives at once ends in one conversation of one person, with every message in it once.

use std::sync::Arc;

use futures_util::future::join_all;
use signet_app::{ActivationRequest, App};
use signet_domain::{ClientMessageId, MessageText};

use crate::support::{World, context, secured};

/// Fifty devices with conversations of their own and fifty without, all of one person, sign in at once and write.
async fn a_hundred_at_once(world: World, other: Arc<App>) {
    let nodes = [Arc::clone(&world.app), other];
    let mut requests = Vec::new();
    for number in 0..100 {
        let session = if number % 2 == 0 {
            let guest = world.guest().await;
            world.say(&guest, &format!("before {number}")).await;
            Some(guest.session.access_token)
        } else {
            None
        };
        requests.push(ActivationRequest { session, ..secured(world.token("jane")) });
    }
    let tasks = requests.into_iter().enumerate().map(|(number, request)| {
        let app = Arc::clone(&nodes[number % 2]);
        tokio::spawn(async move { sign_in_and_write(&app, request, number).await })
    });
    let mut conversations: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    conversations.sort_unstable();
    conversations.dedup();
    assert_eq!(conversations.len(), 1, "one person, one conversation");

    let all = world.conversations().await;
    let ongoing: Vec<_> = all.iter().filter(|detail| detail.conversation.state.is_ongoing()).collect();
    assert_eq!(ongoing.len(), 1);
    assert_eq!(ongoing[0].visitor.external_user_id.as_deref(), Some("jane"));
    let mut texts = Vec::new();
    let mut adopted = false;
    for detail in &all {
        let id = detail.conversation.id;
        assert!(id == conversations[0] || detail.conversation.continued_in == Some(conversations[0]));
        let mut page = crate::support::all();
        loop {
            let found = world.app.messages(&world.agent, id, &page).await.unwrap();
            let lines = found.items.iter().map(|(_, message)| crate::support::line(message));
            let from = texts.len();
            texts.extend(lines);
            adopted |= id == conversations[0]
                && texts[from..].iter().any(|line| line.starts_with("ANONYMOUS: before"));
            if !found.has_next {
                break;
            }
            page.after = found.items.last().map(|(cursor, _)| cursor.clone());
        }
    }
    // If a device without a conversation was the first to write, none of the others' is adopted.
    let expected = if adopted { 50 } else { 51 };
    assert_eq!(all.len(), expected, "what the devices had is adopted once, or closed and linked");
    texts.retain(|line| line.contains(':'));
    texts.sort_unstable();
    let mut expected: Vec<_> = (0..100).map(|number| format!("VERIFIED: after {number}")).collect();
    expected.extend((0..50).map(|number| format!("ANONYMOUS: before {}", number * 2)));
    expected.sort_unstable();
    assert_eq!(texts, expected, "no message lost, duplicated or re-attributed");
}

async fn sign_in_and_write(
    app: &App,
    request: ActivationRequest,
    number: usize,
) -> signet_domain::ConversationId {
    let opened = app.activate(request, &context()).await.expect("activation");
    let session = app.visitor_session(&opened.session.access_token).expect("live session");
    let text = MessageText::parse(&format!("after {number}")).expect("text");
    let id = ClientMessageId::generate(app.env());
    app.visitor_send(&session, id, text, &context()).await.expect("message").conversation_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d31_a_hundred_activations_of_one_person_give_one_conversation() {
    let world = World::new().await;
    let same = Arc::clone(&world.app);
    a_hundred_at_once(world, same).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d31_a_hundred_activations_on_two_nodes_give_one_conversation() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(server) = signet_testkit::postgres::shared() else { return };
    let address = server.database().await;
    let world = World::at(&address).await;
    let other = world.node(&address, 43).await;
    a_hundred_at_once(world, other).await;
}
