//! Messages.

use signet_domain::conversation::CloseReason;
use signet_domain::message::CopiedFrom;
use signet_domain::{Assurance, Author, Message, Notice, SessionId};
use signet_store::messages::{self, HistoryCursor, NewMessage};
use signet_store::{Cursor, PageRequest, StoreError, conversations, visitors};
use uuid::Uuid;

use crate::harness::{
    Database, append, at, both_engines, by_agent, client_id, conversation, demo, notice, read, text, visitor,
    write,
};

both_engines!(
    entries_read_back_as_written,
    a_closed_conversation_takes_notices_only,
    a_client_id_names_one_entry,
    entries_are_listed,
    history_crosses_conversations,
    newest_texts_are_found,
);

async fn entries_read_back_as_written(db: Database) {
    db.seed().await;
    let rich = NewMessage {
        assurance: Some(Assurance::Verified),
        verified_at: Some(at(900)),
        session_id: Some(SessionId::from_uuid(Uuid::from_u128(77))),
        client_message_id: Some(client_id(1)),
        copied_from: Some(CopiedFrom { conversation_id: conversation(7), written_at: at(40) }),
        ..text(Author::Visitor(visitor(1)), "tabs\tlines\nquotes '\" 日本語 🙂", 1100)
    };
    let mut written = Vec::new();
    for new in [rich, text(by_agent(1), "good day", 1200), notice(Notice::ContinuedFrom, 1300)] {
        written.push(write!(db, |tx| append(tx, 1, new).await).unwrap().0);
    }
    assert_eq!(written.iter().map(|message| message.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    let stored = read!(db, |tx| messages::after(tx, conversation(1), 0, 10).await).unwrap();
    assert_eq!(stored, written);
    let missing =
        write!(db, |tx| messages::append(tx, conversation(9), notice(Notice::VisitorReturned, 1)).await);
    assert_eq!(missing.unwrap(), None);
}

async fn a_closed_conversation_takes_notices_only(db: Database) {
    db.seed().await;
    write!(db, |tx| conversations::close(tx, conversation(1), CloseReason::Agent, None, at(2000)).await)
        .unwrap();
    for author in [Author::Visitor(visitor(1)), by_agent(1), Author::System] {
        let refused =
            write!(db, |tx| messages::append(tx, conversation(1), text(author, "hello", 2100)).await);
        assert_eq!(refused.unwrap(), None);
    }
    let (message, conversation) =
        write!(db, |tx| append(tx, 1, notice(Notice::ConversationClosed, 2200)).await).unwrap();
    assert_eq!((message.sequence, conversation.last_sequence), (1, 1));
    assert!(!conversation.state.is_ongoing());
}

async fn a_client_id_names_one_entry(db: Database) {
    db.seed_many(2).await;
    let send = async |number, author: Author| {
        let message = NewMessage { client_message_id: Some(client_id(1)), ..text(author, "hello", 1100) };
        write!(db, |tx| append(tx, number, message).await)
    };
    let first = send(1, Author::Visitor(visitor(1))).await.unwrap().0;
    // The same id from other senders is another's.
    let second = send(2, Author::Visitor(visitor(2))).await.unwrap().0;
    let third = send(1, by_agent(1)).await.unwrap().0;
    let again = send(1, Author::Visitor(visitor(1))).await;
    assert!(
        matches!(&again, Err(StoreError::Conflict(name)) if name == "messages_client_message_id"),
        "{again:?}"
    );
    assert_eq!(db.find(1).await.last_sequence, 2, "the refused entry took no place");

    let find = async |author: Author, number| {
        read!(db, |tx| messages::find_by_client_id(tx, &author, client_id(number)).await).unwrap()
    };
    let moved = first.clone();
    assert_eq!(find(Author::Visitor(visitor(1)), 1).await, Some(first));
    assert_eq!(find(Author::Visitor(visitor(2)), 1).await, Some(second));
    assert_eq!(find(by_agent(1), 1).await, Some(third));
    assert_eq!(find(by_agent(1), 2).await, None);
    assert_eq!(find(Author::System, 1).await, None);

    // A visitor who has signed in since finds what was sent before.
    write!(db, |tx| {
        visitors::ensure_anonymous(tx, visitor(5), &demo(), at(1)).await?;
        conversations::adopt(tx, conversation(1), visitor(1), visitor(5)).await
    })
    .unwrap();
    assert_eq!(find(Author::Visitor(visitor(5)), 1).await, Some(moved));
    assert_eq!(find(Author::Visitor(visitor(1)), 1).await, None);
}

fn sequences(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.sequence).collect()
}

async fn entries_are_listed(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        for number in 1..=7 {
            append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100 + number)).await?;
        }
        Ok(())
    })
    .unwrap();
    let after = read!(db, |tx| messages::after(tx, conversation(1), 2, 3).await).unwrap();
    assert_eq!(sequences(&after), [3, 4, 5]);
    let newest = read!(db, |tx| messages::newest(tx, conversation(1), 3).await).unwrap();
    assert_eq!(sequences(&newest), [5, 6, 7]);

    let list = async |limit, after: Option<i64>, before: Option<i64>, from_end| {
        let cursor = |key| Cursor { key, id: String::new() };
        let page = PageRequest { limit, after: after.map(cursor), before: before.map(cursor), from_end };
        let page = read!(db, |tx| messages::list(tx, conversation(1), &page).await).unwrap();
        let keys: Vec<i64> = page.items.iter().map(|(cursor, _)| cursor.key).collect();
        assert_eq!(keys, page.items.iter().map(|(_, message)| message.sequence).collect::<Vec<_>>());
        (keys, page.has_previous, page.has_next)
    };
    assert_eq!(list(3, None, None, false).await, (vec![1, 2, 3], false, true));
    assert_eq!(list(3, Some(4), None, false).await, (vec![5, 6, 7], true, false));
    assert_eq!(list(3, None, None, true).await, (vec![5, 6, 7], true, false));
    assert_eq!(list(3, None, Some(5), true).await, (vec![2, 3, 4], true, true));
    assert_eq!(list(3, None, Some(3), true).await, (vec![1, 2], false, true));
    assert_eq!(list(9, Some(2), Some(6), false).await, (vec![3, 4, 5], true, true));
    assert_eq!(list(0, None, None, false).await, (vec![], false, true));
}

async fn history_crosses_conversations(db: Database) {
    // Conversations 1, 2 and 3 of visitor 1, begun in that order; 2 went on in 3.
    db.seed().await;
    write!(db, |tx| {
        for number in 1..=3 {
            if number > 1 {
                let now = at(1000 * i64::try_from(number).unwrap());
                conversations::insert(tx, conversation(number), &demo(), visitor(1), now).await?;
            }
            for entry in 0..3 {
                append(tx, number, text(Author::Visitor(visitor(1)), "hello", 9000 + entry)).await?;
            }
            append(tx, number, notice(Notice::VisitorReturned, 9004)).await?;
            append(tx, number, notice(Notice::VisitorSignedIn, 9005)).await?;
            if number < 3 {
                conversations::close(tx, conversation(number), CloseReason::Agent, None, at(9006)).await?;
            }
        }
        Ok(())
    })
    .unwrap();
    db.tamper(&if db.is_sqlite() {
        format!(
            "UPDATE conversations SET continued_in = x'{}' WHERE created_at = 2000",
            conversation(3).as_uuid().simple()
        )
    } else {
        format!("UPDATE conversations SET continued_in = '{}' WHERE created_at = 2000", conversation(3))
    })
    .await;

    let history = async |before: Option<(u128, i64)>, limit| {
        let before = before
            .map(|(number, sequence)| HistoryCursor { conversation_id: conversation(number), sequence });
        let found = read!(db, |tx| messages::history(tx, visitor(1), before, limit).await);
        found.map(|found| found.iter().map(|m| (m.conversation_id, m.sequence)).collect::<Vec<_>>())
    };
    // Entry 4 of each is for agents alone.
    let all: Vec<_> = [1, 3].into_iter().flat_map(|n| [1, 2, 3, 5].map(|s| (conversation(n), s))).collect();
    assert_eq!(history(None, 100).await.unwrap(), all);
    assert_eq!(history(None, 4).await.unwrap(), all[4..]);
    assert_eq!(history(None, 6).await.unwrap(), all[2..]);
    assert_eq!(history(Some((3, 2)), 3).await.unwrap(), all[2..5]);
    assert_eq!(history(Some((3, 1)), 2).await.unwrap(), all[2..4]);
    assert_eq!(history(Some((1, 3)), 9).await.unwrap(), all[..2]);
    assert_eq!(history(Some((1, 1)), 9).await.unwrap(), []);
    assert!(matches!(history(Some((9, 1)), 9).await, Err(StoreError::InvalidCursor)));
}

async fn newest_texts_are_found(db: Database) {
    db.seed_many(3).await;
    write!(db, |tx| {
        append(tx, 1, text(Author::Visitor(visitor(1)), "first", 1100)).await?;
        append(tx, 1, text(by_agent(1), "second", 1200)).await?;
        append(tx, 1, notice(Notice::VisitorSignedOut, 1300)).await?;
        append(tx, 2, notice(Notice::VisitorSignedIn, 1300)).await?;
        append(tx, 3, text(Author::Visitor(visitor(3)), "third", 1400)).await
    })
    .unwrap();
    let ids = [conversation(1), conversation(2), conversation(3), conversation(9)];
    let mut found = read!(db, |tx| messages::last_texts(tx, &ids).await).unwrap();
    found.sort_by_key(|message| message.conversation_id);
    let found: Vec<_> = found.iter().map(|message| (message.conversation_id, message.sequence)).collect();
    assert_eq!(found, [(conversation(1), 2), (conversation(3), 1)]);
    assert_eq!(read!(db, |tx| messages::last_texts(tx, &[]).await).unwrap(), []);
}
