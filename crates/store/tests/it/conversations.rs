//! Conversations: one ongoing for each visitor, counters, marks.

use signet_domain::conversation::{AgentInCharge, CloseReason, ConversationState};
use signet_domain::{Author, Notice};
use signet_store::conversations::{self, ConversationCounts};
use signet_store::{StoreError, agents};

use crate::harness::{
    Database, agent, append, at, both_engines, by_agent, conversation, demo, notice, read, text, visitor,
    write,
};

both_engines!(
    one_is_ongoing_at_a_time,
    adoption_moves_what_is_the_devices_own,
    closing_links_and_ends_the_wait,
    what_was_set_aside_is_offered_until_it_is_answered,
    the_first_agent_takes_it,
    counters_follow_the_texts,
    marks_only_move_forward,
    conversations_are_counted,
);

async fn one_is_ongoing_at_a_time(db: Database) {
    db.seed().await;
    let started = db.find(1).await;
    assert_eq!((started.visitor_id, started.state), (visitor(1), ConversationState::Ongoing));
    assert_eq!(
        (started.created_at, started.last_activity_at, started.last_sequence),
        (at(1000), at(1000), 0)
    );
    let ongoing = async || read!(db, |tx| conversations::find_ongoing(tx, visitor(1)).await).unwrap();
    assert_eq!(ongoing().await, Some(started));
    assert_eq!(read!(db, |tx| conversations::find(tx, conversation(2)).await).unwrap(), None);

    let start = async |number, now| {
        write!(db, |tx| conversations::insert(tx, conversation(number), &demo(), visitor(1), at(now)).await)
    };
    assert!(
        matches!(start(2, 2000).await, Err(StoreError::Conflict(name)) if name == "conversations_one_ongoing")
    );
    assert!(matches!(start(1, 2000).await, Err(StoreError::Conflict(_))));
    let closed = write!(db, |tx| {
        conversations::close(tx, conversation(1), CloseReason::Agent, None, at(3000)).await
    });
    assert!(closed.unwrap());
    assert_eq!(ongoing().await, None);
    let second = start(2, 4000).await.unwrap();
    assert_eq!(ongoing().await, Some(second));
}

async fn adoption_moves_what_is_the_devices_own(db: Database) {
    db.seed_many(3).await;
    write!(db, |tx| conversations::close(tx, conversation(3), CloseReason::Agent, None, at(2000)).await)
        .unwrap();
    let adopt = async |number, from, to| {
        write!(db, |tx| conversations::adopt(tx, conversation(number), visitor(from), visitor(to)).await)
    };
    assert!(!adopt(1, 2, 3).await.unwrap(), "not its visitor");
    assert!(!adopt(3, 3, 1).await.unwrap(), "closed");
    assert!(!adopt(9, 1, 3).await.unwrap(), "unknown");
    assert!(
        matches!(adopt(1, 1, 2).await, Err(StoreError::Conflict(name)) if name == "conversations_one_ongoing")
    );
    assert!(adopt(1, 1, 3).await.unwrap());
    assert_eq!(db.find(1).await.visitor_id, visitor(3));
    assert!(!adopt(1, 1, 3).await.unwrap(), "once");
}

async fn closing_links_and_ends_the_wait(db: Database) {
    db.seed_many(2).await;
    write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100)).await).unwrap();
    let close = async |now| {
        write!(db, |tx| {
            let reason = CloseReason::ContinuedInVerified;
            conversations::close(tx, conversation(1), reason, Some(conversation(2)), at(now)).await
        })
        .unwrap()
    };
    assert!(close(2000).await);
    assert!(!close(3000).await);
    let closed = db.find(1).await;
    let reason = CloseReason::ContinuedInVerified;
    assert_eq!(closed.state, ConversationState::Closed { at: at(2000), reason });
    assert_eq!((closed.continued_in, closed.waiting_since), (Some(conversation(2)), None));
    assert_eq!(read!(db, |tx| conversations::continued_from(tx, conversation(2)).await).unwrap(), [closed]);
    assert_eq!(read!(db, |tx| conversations::continued_from(tx, conversation(1)).await).unwrap(), []);
}

async fn what_was_set_aside_is_offered_until_it_is_answered(db: Database) {
    db.seed_many(4).await;
    let close = async |number, reason, now| {
        let into = Some(conversation(4));
        write!(db, |tx| conversations::close(tx, conversation(number), reason, into, at(now)).await).unwrap()
    };
    let offered =
        async || read!(db, |tx| conversations::find_messages_offered(tx, conversation(4)).await).unwrap();
    let decline = async |number| {
        write!(db, |tx| conversations::set_messages_declined(tx, conversation(number), at(5000)).await)
            .unwrap()
    };
    let add = async |number| {
        write!(db, |tx| conversations::set_messages_added(tx, conversation(number), 1).await).unwrap()
    };
    assert_eq!(offered().await, None);
    assert!(close(1, CloseReason::ContinuedInVerified, 3000).await);
    assert!(close(2, CloseReason::ContinuedInVerified, 2000).await);
    assert!(close(3, CloseReason::Agent, 4000).await);
    assert_eq!(offered().await, Some((conversation(1), at(3000))), "the last one");
    assert!(decline(1).await);
    assert!(!decline(1).await, "once");
    assert_eq!(offered().await, Some((conversation(2), at(2000))));
    assert!(add(2).await);
    assert!(!decline(2).await, "they were added");
    assert!(add(1).await, "a changed mind");
    assert_eq!(offered().await, None);
}

async fn the_first_agent_takes_it(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        agents::insert(tx, &agent(2), "", at(0)).await
    })
    .unwrap();
    let take = async |number| {
        write!(db, |tx| conversations::take(tx, conversation(1), &agent(number)).await).unwrap()
    };
    assert!(take(1).await);
    assert!(!take(2).await);
    assert_eq!(db.find(1).await.agent, Some(AgentInCharge { id: agent(1).id, name: "Agent 1".into() }));
}

async fn counters_follow_the_texts(db: Database) {
    db.seed().await;
    let send = async |message| write!(db, |tx| append(tx, 1, message).await).unwrap().1;
    let by_visitor = |now| text(Author::Visitor(visitor(1)), "hello", now);
    send(by_visitor(1100)).await;
    let waiting = send(by_visitor(1200)).await;
    assert_eq!((waiting.last_sequence, waiting.last_text_sequence, waiting.unread_count), (2, 2, 2));
    assert_eq!((waiting.waiting_since, waiting.last_activity_at), (Some(at(1100)), at(1200)));
    assert_eq!((waiting.read_by_visitor, waiting.read_by_agent), (2, 0));

    let noticed = send(notice(Notice::VisitorSignedIn, 1300)).await;
    assert_eq!((noticed.last_sequence, noticed.last_text_sequence, noticed.unread_count), (3, 2, 2));
    assert_eq!((noticed.last_activity_at, noticed.waiting_since), (at(1200), Some(at(1100))));

    let answered = send(text(by_agent(1), "good day", 1400)).await;
    assert_eq!((answered.last_sequence, answered.last_text_sequence, answered.unread_count), (4, 4, 0));
    assert_eq!((answered.waiting_since, answered.last_activity_at), (None, at(1400)));
    assert_eq!((answered.read_by_visitor, answered.read_by_agent), (2, 4));

    let automatic = send(text(Author::System, "we are closed", 1500)).await;
    assert_eq!((automatic.last_text_sequence, automatic.last_activity_at), (5, at(1500)));
    assert_eq!((automatic.waiting_since, automatic.unread_count), (None, 0));
    assert_eq!(db.find(1).await, automatic);
}

async fn marks_only_move_forward(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        for number in 0..4 {
            append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100 + number)).await?;
        }
        append(tx, 1, notice(Notice::VisitorReturned, 1200)).await
    })
    .unwrap();
    let by_agent = async |sequence| {
        write!(db, |tx| conversations::mark_read_by_agent(tx, conversation(1), sequence).await).unwrap()
    };
    assert!(by_agent(1).await);
    assert_eq!((db.find(1).await.read_by_agent, db.find(1).await.unread_count), (1, 3));
    assert!(!by_agent(1).await);
    assert!(!by_agent(0).await);
    assert!(by_agent(3).await);
    assert_eq!((db.find(1).await.read_by_agent, db.find(1).await.unread_count), (3, 1));
    assert!(by_agent(1_000_000).await);
    assert_eq!(
        (db.find(1).await.read_by_agent, db.find(1).await.unread_count),
        (5, 0),
        "no further than there is"
    );
    assert!(!by_agent(1_000_001).await);

    let by_visitor = async |sequence| {
        write!(db, |tx| conversations::mark_read_by_visitor(tx, conversation(1), sequence).await).unwrap()
    };
    assert!(!by_visitor(4).await, "one's own texts are read");
    assert!(by_visitor(1_000_000).await);
    assert_eq!(db.find(1).await.read_by_visitor, 5);
    assert!(!by_visitor(5).await);
}

async fn conversations_are_counted(db: Database) {
    db.seed_many(5).await;
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100)).await?;
        append(tx, 2, text(Author::Visitor(visitor(2)), "hello", 1100)).await?;
        for number in [1, 3, 5] {
            conversations::take(tx, conversation(number), &agent(1)).await?;
        }
        conversations::close(tx, conversation(5), CloseReason::Agent, None, at(2000)).await
    })
    .unwrap();
    let counts = async |agent_id| read!(db, |tx| conversations::counts(tx, &demo(), agent_id).await).unwrap();
    let expected = ConversationCounts { waiting: 2, mine: 2, ongoing: 4, closed: 1 };
    assert_eq!(counts(Some(agent(1).id)).await, expected);
    assert_eq!(counts(None).await, ConversationCounts { mine: 0, ..expected });
}
