//! The log of events, and what the observer hears.

use signet_domain::{Author, Event, EventKind, ProjectId};
use signet_store::events::{self, NewEvent};
use signet_store::{StoreError, projects};

use crate::harness::{Database, append, at, both_engines, demo, project, read, text, visitor, write};

both_engines!(events_are_numbered_by_project, events_carry_their_records, the_observer_hears_of_commits_only);

fn event(project_id: &ProjectId, millis: i64) -> NewEvent {
    NewEvent {
        project_id: project_id.clone(),
        kind: EventKind::VisitorAuthenticated,
        visitor_id: visitor(1),
        conversation: None,
        message: None,
        created_at: at(millis),
    }
}

async fn events_are_numbered_by_project(db: Database) {
    let other = ProjectId::parse("other").unwrap();
    let second = other.clone();
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        projects::insert(tx, &project("other")).await?;
        for (id, millis) in [(&demo(), 1), (&second, 2), (&demo(), 3), (&demo(), 4)] {
            events::append(tx, event(id, millis)).await?;
        }
        Ok(())
    })
    .unwrap();
    let latest = async |id: ProjectId| read!(db, |tx| events::latest(tx, &id).await).unwrap();
    assert_eq!((latest(demo()).await, latest(other).await), (3, 1));
    assert_eq!(latest(ProjectId::parse("missing").unwrap()).await, 0);
    let after = async |sequence, limit| {
        let found = read!(db, |tx| events::after(tx, &demo(), sequence, limit).await).unwrap();
        found.iter().map(|event| (event.sequence, event.created_at.as_millis())).collect::<Vec<_>>()
    };
    assert_eq!(after(0, 2).await, [(1, 1), (2, 3)]);
    assert_eq!(after(2, 2).await, [(3, 4)]);
    assert_eq!(after(3, 2).await, []);
    let missing = ProjectId::parse("missing").unwrap();
    assert!(write!(db, |tx| events::append(tx, event(&missing, 1)).await).is_err());
}

async fn events_carry_their_records(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        let (message, conversation) = append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100)).await?;
        let sent = NewEvent {
            kind: EventKind::MessageSent,
            conversation: Some(conversation.clone()),
            message: Some(message),
            ..event(&demo(), 1100)
        };
        events::append(tx, sent).await?;
        let updated = NewEvent {
            kind: EventKind::ConversationUpdated,
            conversation: Some(conversation),
            ..event(&demo(), 1200)
        };
        events::append(tx, updated).await?;
        events::append(tx, event(&demo(), 1300)).await
    })
    .unwrap();
    let heard = db.observer.events();
    assert_eq!(heard.len(), 3);
    assert_eq!(heard[0].message.as_ref().map(|message| message.sequence), Some(1));
    assert_eq!(read!(db, |tx| events::after(tx, &demo(), 0, 10).await).unwrap(), heard);

    // Read later, the records are as they are then.
    write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), "again", 1400)).await).unwrap();
    let now = db.find(1).await;
    let expected = Event { conversation: Some(now), ..heard[0].clone() };
    assert_eq!(read!(db, |tx| events::after(tx, &demo(), 0, 1).await).unwrap(), [expected]);
}

async fn the_observer_hears_of_commits_only(db: Database) {
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
    write!(db, |tx| events::append(tx, event(&demo(), 1)).await).unwrap();
    assert_eq!(db.observer.events().len(), 1, "before the caller hears of it");
    let failed: Result<(), _> = write!(db, |tx| {
        events::append(tx, event(&demo(), 2)).await?;
        Err(StoreError::Corrupt("on purpose"))
    });
    assert!(matches!(failed, Err(StoreError::Corrupt("on purpose"))));
    let panicked: Result<(), _> = write!(db, |tx| {
        events::append(tx, event(&demo(), 3)).await?;
        panic!("on purpose")
    });
    assert!(matches!(panicked, Err(StoreError::Statement(_))));
    write!(db, |tx| events::append(tx, event(&demo(), 4)).await).unwrap();
    let heard: Vec<_> =
        db.observer.events().iter().map(|event| (event.sequence, event.created_at.as_millis())).collect();
    assert_eq!(heard, [(1, 1), (2, 4)], "a failed body leaves no hole");
}
