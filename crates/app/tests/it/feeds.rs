//! Live feeds: everything once, in order, whatever the hub lost.

use futures_util::FutureExt;
use signet_app::{ProjectUpdate, VisitorUpdate};
use signet_domain::{EventKind, Scope};

use crate::support::{World, context, line};

#[tokio::test]
async fn a_visitor_hears_what_is_said_and_not_what_is_for_agents() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let mut feed = world.app.visitor_feed(world.session(&jane), None).await.unwrap();
    assert!(feed.take_welcome().unwrap().conversation.is_none());
    let said = world.say(&jane, "Hello").await;
    let VisitorUpdate::Event(started) = feed.next().await else { panic!("expected the start") };
    assert_eq!(started.event.kind, EventKind::ConversationStarted);
    world.reply(said.conversation_id, "Good morning").await;
    let VisitorUpdate::Event(reply) = feed.next().await else { panic!("expected the reply") };
    assert_eq!(line(reply.event.message.as_ref().unwrap()), "agent: Good morning");
}

#[tokio::test]
async fn a_visitor_resumes_from_a_cursor() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let said = world.say(&jane, "Hello").await;
    world.reply(said.conversation_id, "one").await;
    world.reply(said.conversation_id, "two").await;
    let mut feed = world
        .app
        .visitor_feed(world.session(&jane), Some((said.conversation_id, said.sequence)))
        .await
        .unwrap();
    let welcome = feed.take_welcome().unwrap();
    assert!(!welcome.reset);
    assert_eq!(welcome.entries.iter().map(line).collect::<Vec<_>>(), ["agent: one", "agent: two"]);
    for n in 0..101 {
        world.reply(said.conversation_id, &format!("{n}")).await;
    }
    let known = Some((said.conversation_id, said.sequence));
    let far_behind = world.app.visitor_thread(&world.session(&jane), known).await.unwrap();
    assert!(far_behind.reset);
    assert_eq!(far_behind.entries.len(), 50);
    assert_eq!(far_behind.entries.last().map(line).as_deref(), Some("agent: 100"));
}

#[tokio::test]
async fn giving_up_a_wait_loses_nothing() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let said = world.say(&jane, "Hello").await;
    let mut phone = world.app.visitor_feed(world.session(&jane), None).await.unwrap();
    phone.take_welcome();
    world.app.close_conversation(&world.agent, said.conversation_id).await.unwrap();
    assert!(matches!(phone.next().await, VisitorUpdate::Event(_)));
    // Jane's laptop carries an anonymous conversation in while the phone shows another: the phone must read all of it. The wait is
    // given up in the middle of that, and more than once.
    let guest = world.guest().await;
    let other = world.say(&guest, "From the laptop").await;
    world.sign_in_from("jane", &guest).await;
    let mut update = None;
    for _ in 0..3 {
        // On a busy machine the read may be done by the second look; then this is the answer, and there is no other.
        update = update.or_else(|| phone.next().now_or_never());
    }
    let update = match update {
        Some(update) => update,
        None => phone.next().await,
    };
    let VisitorUpdate::CatchUp(thread) = update else { panic!("expected everything since") };
    assert!(!thread.reset, "nothing of the closed one was missed, so it may stay in view");
    assert_eq!(
        thread.entries.iter().map(line).collect::<Vec<_>>(),
        ["ANONYMOUS: From the laptop", "VISITOR_SIGNED_IN"]
    );
    assert_eq!(thread.conversation.map(|conversation| conversation.id), Some(other.conversation_id));
}

#[tokio::test]
async fn a_conversation_closed_while_away_is_told() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let said = world.say(&jane, "Hello").await;
    world.app.close_conversation(&world.agent, said.conversation_id).await.unwrap();
    let known = Some((said.conversation_id, said.sequence));
    let thread = world.app.visitor_thread(&world.session(&jane), known).await.unwrap();
    assert!(!thread.conversation.unwrap().state.is_ongoing());
    assert_eq!(thread.entries.iter().map(line).collect::<Vec<_>>(), ["CONVERSATION_CLOSED"]);
}

#[tokio::test]
async fn an_agent_resumes_from_a_cursor_and_sees_everything_once() {
    let world = World::new().await;
    let access = || world.agent.in_project(&"demo".parse().unwrap(), Scope::ConversationsRead).unwrap();
    let mut live = world.app.project_feed(access(), None).await.unwrap();
    let guest = world.guest().await;
    let said = world.say(&guest, "Hello").await;
    let jane = world.sign_in_from("jane", &guest).await;
    world.reply(said.conversation_id, "Hello Jane").await;
    world.app.logout(&jane.session.access_token, &context()).await.unwrap();

    let expected = [
        EventKind::ConversationStarted,
        EventKind::VisitorAuthenticated,
        EventKind::MessageSent,
        EventKind::VisitorSignedOut,
    ];
    let mut sequences = Vec::new();
    for kind in expected {
        let Some(Ok(ProjectUpdate::Event(published))) = live.next().await else { panic!("the feed ended") };
        assert_eq!(published.event.kind, kind);
        sequences.push(published.event.sequence);
    }
    assert_eq!(sequences, [1, 2, 3, 4]);
    // From the beginning, from the middle, and from a cursor that a restored backup would make.
    for (after, count) in [(0, 4), (2, 2)] {
        let mut resumed = world.app.project_feed(access(), Some(after)).await.unwrap();
        for kind in &expected[expected.len() - count..] {
            let Some(Ok(ProjectUpdate::Event(published))) = resumed.next().await else {
                panic!("the feed ended")
            };
            assert_eq!(published.event.kind, *kind);
        }
    }
    let mut beyond = world.app.project_feed(access(), Some(1_000_000)).await.unwrap();
    world.reply(said.conversation_id, "Anything else?").await;
    assert!(matches!(beyond.next().await, Some(Ok(ProjectUpdate::Event(_)))));
}

#[tokio::test]
async fn a_watcher_too_slow_for_the_hub_misses_nothing() {
    let world = World::new().await;
    let access = world.agent.in_project(&"demo".parse().unwrap(), Scope::ConversationsRead).unwrap();
    let mut slow = world.app.project_feed(access, None).await.unwrap();
    let guest = world.guest().await;
    for n in 0..600 {
        world.say(&guest, &format!("{n}")).await;
    }
    for n in 1..=600 {
        let Some(Ok(ProjectUpdate::Event(published))) = slow.next().await else { panic!("the feed ended") };
        assert_eq!(published.event.sequence, n);
    }
}

#[tokio::test]
async fn d28_signing_out_ends_the_sessions_feeds() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let elsewhere = world.sign_in("jane").await;
    let mut here = world.app.visitor_feed(world.session(&jane), None).await.unwrap();
    let mut there = world.app.visitor_feed(world.session(&elsewhere), None).await.unwrap();
    world.app.logout(&jane.session.access_token, &context()).await.unwrap();
    assert!(matches!(here.next().await, VisitorUpdate::Ended));
    world.say(&elsewhere, "Still here on my other device").await;
    assert!(matches!(there.next().await, VisitorUpdate::Event(_)));
    drop((here, there));
    assert_eq!(world.hub.subscriptions(), 0);
}
