//! Long lists, page by page in both directions, against the same list cut by hand.

use signet_domain::conversation::CloseReason;
use signet_domain::{Assurance, Conversation, ConversationState, ProjectId, Visitor};
use signet_store::conversations::{self, ConversationFilter};
use signet_store::visitors::{self, VisitorFilter};
use signet_store::{Cursor, Page, PageRequest, StoreError, agents, projects};

use crate::harness::{
    Database, agent, append, at, both_engines, conversation, demo, project, read, text, visitor, write,
};

both_engines!(
    conversations_are_listed_by_every_filter,
    visitors_are_listed_last_changed_first,
    foreign_cursors_are_refused
);

const COUNT: u128 = 40;

/// Conversations of two projects with every mix of agent, wait and state; several share a moment.
async fn seed(db: &Database) {
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        projects::insert(tx, &project("other")).await?;
        agents::insert(tx, &agent(1), "", at(0)).await?;
        agents::insert(tx, &agent(2), "", at(0)).await?;
        for number in 1..=COUNT {
            let home = if number % 4 == 0 { "other" } else { "demo" };
            let id = ProjectId::parse(home).unwrap();
            let moment = 1000 + i64::try_from(number * 7 % 11).unwrap();
            // Visitor 1 has every eighth conversation, all closed but the last.
            let owner = if number % 8 == 1 { 1 } else { number };
            visitors::ensure_anonymous(tx, visitor(owner), &id, at(moment)).await?;
            conversations::insert(tx, conversation(number), &id, visitor(owner), at(moment)).await?;
            if number % 3 == 0 {
                append(tx, number, text(signet_domain::Author::Visitor(visitor(owner)), "hello", moment))
                    .await?;
            }
            if number % 5 < 2 {
                conversations::take(tx, conversation(number), &agent(number % 5 + 1)).await?;
            }
            if number % 2 == 1 && number != 33 {
                let closed_at = at(2000 + i64::try_from(number * 3 % 13).unwrap());
                conversations::close(tx, conversation(number), CloseReason::Agent, None, closed_at).await?;
            }
        }
        Ok(())
    })
    .unwrap();
}

fn filters() -> Vec<ConversationFilter> {
    let mut filters = Vec::new();
    for ongoing in [None, Some(true), Some(false)] {
        for waiting in [false, true] {
            for agent_id in [None, Some(agent(1).id)] {
                for visitor_id in [None, Some(visitor(1))] {
                    for closed_between in [None, Some((at(2003), at(2009)))] {
                        filters.push(ConversationFilter {
                            ongoing,
                            waiting,
                            agent_id,
                            visitor_id,
                            closed_between,
                        });
                    }
                }
            }
        }
    }
    filters
}

/// What the filter means, said in another way.
fn matches(filter: &ConversationFilter, conversation: &Conversation) -> bool {
    let closed_at = match conversation.state {
        ConversationState::Ongoing => None,
        ConversationState::Closed { at, .. } => Some(at),
    };
    filter.ongoing.is_none_or(|ongoing| ongoing == closed_at.is_none())
        && (!filter.waiting || conversation.waiting_since.is_some())
        && filter.agent_id.is_none_or(|id| conversation.agent.as_ref().is_some_and(|agent| agent.id == id))
        && filter.visitor_id.is_none_or(|id| conversation.visitor_id == id)
        && filter.closed_between.is_none_or(|(from, to)| closed_at.is_some_and(|at| at >= from && at < to))
}

/// Walks a list page by page, forwards and backwards, and checks what each page says of its neighbours.
async fn walk<T, F>(expected: &[String], load: F)
where
    F: AsyncFn(PageRequest) -> Page<T>,
{
    for limit in [1, 3, 100] {
        for from_end in [false, true] {
            let mut seen: Vec<String> = Vec::new();
            let mut edge: Option<Cursor> = None;
            loop {
                let (after, before) = if from_end { (None, edge.clone()) } else { (edge.clone(), None) };
                let page = load(PageRequest { limit, after, before, from_end }).await;
                let ids: Vec<String> = page.items.iter().map(|(cursor, _)| cursor.id.clone()).collect();
                let (more, beyond) = if from_end {
                    (page.has_previous, page.has_next)
                } else {
                    (page.has_next, page.has_previous)
                };
                assert_eq!(beyond, edge.is_some());
                edge = if from_end { page.items.first() } else { page.items.last() }
                    .map(|(cursor, _)| cursor.clone());
                let at = if from_end { 0 } else { seen.len() };
                seen.splice(at..at, ids);
                assert_eq!(more, seen.len() < expected.len());
                if !more {
                    break;
                }
            }
            assert_eq!(seen, expected, "limit {limit}, from end {from_end}");
        }
    }
}

async fn conversations_are_listed_by_every_filter(db: Database) {
    seed(&db).await;
    let mut all = Vec::new();
    for number in 1..=COUNT {
        all.push(db.find(number).await);
    }
    let other = ProjectId::parse("other").unwrap();
    for among in [vec![demo()], vec![demo(), other], vec![]] {
        for filter in filters() {
            let mut expected: Vec<&Conversation> =
                all.iter().filter(|c| among.contains(&c.project_id) && matches(&filter, c)).collect();
            expected.sort_by_key(|conversation| {
                let key = match conversation.state {
                    ConversationState::Closed { at, .. } if filter.closed_between.is_some() => at,
                    _ => conversation.last_activity_at,
                };
                std::cmp::Reverse((key, conversation.id))
            });
            let expected: Vec<String> =
                expected.iter().map(|conversation| conversation.id.to_string()).collect();
            walk(&expected, async |page| {
                let (among, filter) = (among.clone(), filter.clone());
                read!(db, |tx| conversations::list(tx, &among, &filter, &page).await).unwrap()
            })
            .await;
        }
    }
}

async fn visitors_are_listed_last_changed_first(db: Database) {
    write!(db, |tx| {
        for number in 1..=20 {
            let moment = at(1000 + i64::try_from(number * 7 % 5).unwrap());
            if number % 3 == 0 {
                visitors::verify(tx, || visitor(number), &demo(), &format!("user {number}"), &[], moment)
                    .await?;
            } else {
                visitors::ensure_anonymous(tx, visitor(number), &demo(), moment).await?;
            }
        }
        visitors::ensure_anonymous(tx, visitor(99), &ProjectId::parse("other").unwrap(), at(1)).await
    })
    .unwrap();
    let ids: Vec<_> = (1..=20).map(visitor).collect();
    let mut all: Vec<Visitor> = read!(db, |tx| visitors::find_many(tx, &ids).await).unwrap();
    all.sort_by_key(|visitor| std::cmp::Reverse((visitor.updated_at, visitor.id)));
    for external_user_id in [None, Some("user 6".to_owned()), Some("nobody".to_owned())] {
        for assurance in [None, Some(Assurance::Anonymous), Some(Assurance::Verified)] {
            let filter = VisitorFilter { external_user_id: external_user_id.clone(), assurance };
            let expected: Vec<String> = all
                .iter()
                .filter(|visitor| external_user_id.is_none() || visitor.external_user_id == external_user_id)
                .filter(|visitor| assurance.is_none_or(|assurance| visitor.assurance == assurance))
                .map(|visitor| visitor.id.to_string())
                .collect();
            walk(&expected, async |page| {
                let filter = filter.clone();
                read!(db, |tx| visitors::list(tx, &demo(), &filter, &page).await).unwrap()
            })
            .await;
        }
    }
}

async fn foreign_cursors_are_refused(db: Database) {
    let page = PageRequest {
        limit: 1,
        after: Some(Cursor { key: 1, id: "not an id".into() }),
        before: None,
        from_end: false,
    };
    let request = page.clone();
    let visitors = read!(db, |tx| visitors::list(tx, &demo(), &VisitorFilter::default(), &request).await);
    assert!(matches!(visitors, Err(StoreError::InvalidCursor)));
    let filter = ConversationFilter::default();
    let conversations = read!(db, |tx| conversations::list(tx, &[demo()], &filter, &page).await);
    assert!(matches!(conversations, Err(StoreError::InvalidCursor)));
}
