//! Bots, and what they know of conversations: who answers, what becomes due and when, claims.

use signet_domain::bot::{Reply, Stage};
use signet_domain::conversation::CloseReason;
use signet_domain::{Author, Bot, BotId, BotInCharge, EventKind, Notice};
use signet_store::bot_conversations::{self, BotConversation};
use signet_store::events::{self, NewEvent};
use signet_store::messages::NewMessage;
use signet_store::{agents, bots, conversations, messages};
use std::time::Duration;
use uuid::Uuid;

use crate::harness::{
    Database, agent, append, at, both_engines, by_agent, conversation, demo, notice, read, text, visitor,
    write,
};

both_engines!(
    bots_are_kept_changed_and_removed,
    while_a_bot_answers_nobody_waits,
    a_bot_is_woken_by_what_concerns_it_and_by_nothing_else,
    a_claim_keeps_others_away_until_it_ends,
    what_a_bot_knows_reads_back,
    an_agent_or_the_end_leaves_a_bot_nothing_to_do,
);

fn bot(number: u128) -> Bot {
    Bot {
        id: BotId::from_uuid(Uuid::from_u128(0x6_0000_0000 + number)),
        project_id: demo(),
        name: format!("Bot {number}"),
        address: format!("https://bot.example/{number}"),
        enabled: true,
        created_at: at(900 + i64::try_from(number).unwrap()),
    }
}

fn by_bot(number: u128) -> Author {
    let Bot { id, name, .. } = bot(number);
    Author::Bot { id, name }
}

/// Project, two visitors with their conversations, and a bot that answers in the first.
async fn scene(db: &Database) {
    db.seed_many(2).await;
    write!(db, |tx| {
        bots::insert(tx, &bot(1), b"sealed").await?;
        bot_conversations::start(tx, conversation(1), bot(1).id, at(1000)).await
    })
    .unwrap();
}

/// Writes an entry and tells of it, as use cases do.
async fn told(db: &Database, number: u128, kind: EventKind, entry: NewMessage) {
    write!(db, |tx| {
        let created_at = entry.created_at;
        let (message, conversation) = append(tx, number, entry).await?;
        let event = NewEvent {
            project_id: demo(),
            kind,
            visitor_id: conversation.visitor_id,
            conversation: Some(conversation),
            message: Some(message),
            created_at,
        };
        events::append(tx, event).await
    })
    .unwrap();
}

async fn due(db: &Database, now: i64) -> usize {
    read!(db, |tx| bot_conversations::due(tx, at(now), 10).await).unwrap().len()
}

async fn state(db: &Database, now: i64) -> Option<BotConversation> {
    read!(db, |tx| bot_conversations::find_due(tx, conversation(1), at(now)).await).unwrap()
}

/// Lets the bot of the first conversation rest until a moment.
async fn rest(db: &Database, until: Option<i64>) {
    let state = state(db, i64::MAX).await.unwrap();
    write!(db, |tx| bot_conversations::save(tx, &state, until.map(at)).await).unwrap();
}

async fn bots_are_kept_changed_and_removed(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        bots::insert(tx, &bot(2), b"two").await?;
        bots::insert(tx, &bot(1), b"one").await
    })
    .unwrap();
    let list = async || read!(db, |tx| bots::list(tx, &demo()).await).unwrap();
    let find = async |number| read!(db, |tx| bots::find(tx, bot(number).id).await).unwrap();
    assert_eq!(list().await, [bot(1), bot(2)], "oldest first");
    assert_eq!(find(1).await, Some((bot(1), b"one".to_vec())));
    assert_eq!(find(3).await, None);
    let changed = Bot { name: "Ada".into(), address: "https://ada.example".into(), enabled: false, ..bot(1) };
    let written = changed.clone();
    write!(db, |tx| {
        bots::update(tx, &written).await?;
        bots::set_secret(tx, written.id, b"other").await
    })
    .unwrap();
    assert_eq!(find(1).await, Some((changed, b"other".to_vec())));
    let remove = async || write!(db, |tx| bots::remove(tx, bot(1).id, at(5000)).await).unwrap();
    assert!(remove().await);
    assert!(!remove().await);
    assert_eq!((find(1).await, list().await), (None, vec![bot(2)]));
}

async fn while_a_bot_answers_nobody_waits(db: Database) {
    scene(&db).await;
    write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1500)).await).unwrap();
    write!(db, |tx| append(tx, 1, text(by_bot(1), "yes?", 1600)).await).unwrap();
    let answered = db.find(1).await;
    assert_eq!(answered.bot, Some(BotInCharge { id: bot(1).id, name: "Bot 1".into() }));
    assert_eq!((answered.waiting_since, answered.unread_count), (None, 1));
    assert_eq!((answered.last_text_sequence, answered.last_activity_at), (2, at(1600)));
    let newest = read!(db, |tx| messages::newest(tx, conversation(1), 1).await).unwrap();
    assert_eq!(newest[0].author, by_bot(1));

    let hand_over = async |since| {
        write!(db, |tx| bot_conversations::hand_over(tx, conversation(1), at(since)).await).unwrap()
    };
    assert!(hand_over(1500).await);
    let waiting = db.find(1).await;
    assert_eq!((waiting.bot, waiting.waiting_since), (None, Some(at(1500))));
    hand_over(1700).await;
    assert_eq!(db.find(1).await.waiting_since, Some(at(1500)), "since they first waited");
    let back = async || {
        write!(db, |tx| bot_conversations::put_in_charge(tx, conversation(1), bot(1).id).await).unwrap()
    };
    assert!(back().await);
    assert_eq!(db.find(1).await.waiting_since, None);
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "hash", at(1)).await?;
        conversations::take(tx, conversation(1), &agent(1)).await
    })
    .unwrap();
    assert!(!back().await && !hand_over(1800).await, "it is an agent's");
    assert_eq!(db.find(1).await.bot, None);
}

async fn a_bot_is_woken_by_what_concerns_it_and_by_nothing_else(db: Database) {
    scene(&db).await;
    assert_eq!((due(&db, 999).await, due(&db, 1000).await), (0, 1), "from the start");
    let written = || text(Author::Visitor(visitor(1)), "hello", 2000);
    for (kind, entry, wakes) in [
        (EventKind::MessageSent, written(), true),
        (EventKind::VisitorAuthenticated, notice(Notice::VisitorSignedIn, 2000), true),
        (EventKind::VisitorIdentityLapsed, notice(Notice::IdentityLapsed, 2000), true),
        (EventKind::VisitorSignedOut, notice(Notice::VisitorSignedOut, 2000), true),
        (EventKind::MessageSent, text(by_bot(1), "yes?", 2000), false),
        (EventKind::ConversationUpdated, notice(Notice::BotAnswers, 2000), false),
    ] {
        rest(&db, Some(9000)).await;
        told(&db, 1, kind, entry).await;
        assert_eq!(due(&db, 2000).await == 1, wakes, "{kind:?}");
    }
    // A bot that has been due for longer stays so.
    rest(&db, Some(1500)).await;
    told(&db, 1, EventKind::MessageSent, written()).await;
    assert_eq!(due(&db, 1500).await, 1);
    rest(&db, None).await;
    told(&db, 2, EventKind::MessageSent, text(Author::Visitor(visitor(2)), "to people", 2000)).await;
    assert_eq!(due(&db, i64::MAX).await, 0, "of another conversation it hears nothing");
}

async fn a_claim_keeps_others_away_until_it_ends(db: Database) {
    scene(&db).await;
    let (mine, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let claim = async |claim, until| {
        write!(db, |tx| bot_conversations::claim(tx, conversation(1), claim, at(until)).await).unwrap();
    };
    let holds = async |claim| {
        read!(db, |tx| bot_conversations::find_claimed(tx, conversation(1), claim).await).unwrap().is_some()
    };
    claim(mine, 3000).await;
    assert_eq!((due(&db, 2999).await, state(&db, 2999).await), (0, None));
    assert!(holds(mine).await && !holds(theirs).await);
    // Whoever held it longer than agreed finds it gone.
    assert_eq!(due(&db, 3000).await, 1);
    claim(theirs, 6000).await;
    assert!(!holds(mine).await && holds(theirs).await);
    write!(db, |tx| bot_conversations::release(tx, conversation(1), mine).await).unwrap();
    assert!(holds(theirs).await, "nobody gives up another's claim");
    write!(db, |tx| bot_conversations::release(tx, conversation(1), theirs).await).unwrap();
    assert_eq!((due(&db, 3000).await, holds(theirs).await), (1, false));
    claim(mine, 9000).await;
    let held = read!(db, |tx| bot_conversations::find_claimed(tx, conversation(1), mine).await).unwrap();
    write!(db, |tx| bot_conversations::save(tx, &held.unwrap(), Some(at(4000))).await).unwrap();
    assert_eq!((due(&db, 3999).await, due(&db, 4000).await), (0, 1), "what is written ends the claim");
}

async fn what_a_bot_knows_reads_back(db: Database) {
    scene(&db).await;
    let fresh = BotConversation {
        conversation_id: conversation(1),
        bot_id: bot(1).id,
        stage: Stage::New,
        told_sequence: 0,
        told_standing: String::new(),
        replies: Vec::new(),
        wait_until: None,
    };
    assert_eq!(state(&db, 1000).await, Some(fresh.clone()));
    let known = BotConversation {
        stage: Stage::Transferring,
        told_sequence: 7,
        told_standing: "VERIFIED".to_owned(),
        replies: vec![
            Reply::Say { text: "Which one?".to_owned(), choices: vec!["A".to_owned()] },
            Reply::Await(Duration::from_millis(1500)),
            Reply::Transfer(Duration::from_mins(1)),
            Reply::Close,
        ],
        wait_until: Some(at(8000)),
        ..fresh
    };
    let written = known.clone();
    write!(db, |tx| bot_conversations::save(tx, &written, Some(at(8000))).await).unwrap();
    assert_eq!((state(&db, 7999).await, state(&db, 8000).await), (None, Some(known)));

    for (words, millis) in [("one", 2000), ("two", 2001), ("three", 2002)] {
        write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), words, millis)).await).unwrap();
        write!(db, |tx| append(tx, 1, text(by_bot(1), "yes", millis + 100)).await).unwrap();
    }
    let next = async |sequence, limit| {
        let found =
            read!(db, |tx| messages::next_of_visitor(tx, conversation(1), sequence, limit).await).unwrap();
        found.iter().map(|message| message.sequence).collect::<Vec<_>>()
    };
    assert_eq!((next(0, 10).await, next(1, 1).await, next(5, 10).await), (vec![1, 3, 5], vec![3], vec![]));
}

async fn an_agent_or_the_end_leaves_a_bot_nothing_to_do(db: Database) {
    scene(&db).await;
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "hash", at(1)).await?;
        conversations::take(tx, conversation(1), &agent(1)).await
    })
    .unwrap();
    assert_eq!((due(&db, i64::MAX).await, db.find(1).await.bot), (0, None));
    told(&db, 1, EventKind::MessageSent, text(by_agent(1), "I am Sam", 2000)).await;
    told(&db, 1, EventKind::MessageSent, text(Author::Visitor(visitor(1)), "thanks", 2001)).await;
    assert_eq!(due(&db, i64::MAX).await, 0);

    write!(db, |tx| bot_conversations::start(tx, conversation(2), bot(1).id, at(1000)).await).unwrap();
    assert_eq!(due(&db, i64::MAX).await, 1);
    write!(db, |tx| conversations::close(tx, conversation(2), CloseReason::Bot, None, at(3000)).await)
        .unwrap();
    assert_eq!((due(&db, i64::MAX).await, db.find(2).await.bot), (0, None));
}
