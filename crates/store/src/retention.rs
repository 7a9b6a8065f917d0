//! What a project keeps no longer: found by age and removed in pieces, the oldest first.

use signet_domain::{Assurance, ConversationId, ProjectId, Timestamp, VisitorId};
use uuid::Uuid;

use crate::sql::{Sql, statements};
use crate::{StoreError, Tx, erasure};

statements! {
    TO_ANONYMIZE = "SELECT id FROM conversations WHERE project_id = $1 AND closed_at < $2 AND closed_at IS NOT NULL \
        AND anonymized_at IS NULL ORDER BY closed_at, id LIMIT $3";
    TO_DELETE = "SELECT id FROM conversations WHERE project_id = $1 AND closed_at < $2 AND closed_at IS NOT NULL \
        ORDER BY closed_at, id LIMIT $3";
    /// Each of the visitors whose record has not changed since, and whether nothing else of theirs has happened either.
    VISITORS = "SELECT updated_at, id, anonymized_at IS NULL AND COALESCE(verified_at, 0) < $1 AND NOT EXISTS \
        (SELECT 1 FROM conversations WHERE conversations.visitor_id = visitors.id \
        AND (conversations.closed_at IS NULL OR conversations.last_activity_at >= $1)) \
        FROM visitors WHERE project_id = $2 AND assurance = $3 AND updated_at < $1 AND (updated_at, id) > ($4, $5) \
        ORDER BY updated_at, id LIMIT $6";
    DELETE_SALES = "DELETE FROM transactions WHERE id IN (SELECT id FROM transactions WHERE project_id = $1 \
        AND created_at < $2 ORDER BY created_at, id LIMIT $3)";
    DELETE_FAILURES = "DELETE FROM authentication_failures WHERE project_id = $1 AND created_at < $2";
    OLDEST_EVENTS = "SELECT sequence, created_at FROM events WHERE project_id = $1 AND sequence > $2 \
        ORDER BY sequence LIMIT $3";
    DELETE_EVENTS = "DELETE FROM events WHERE project_id = $1 AND sequence <= $2";
    DELETE_ANSWERS = "DELETE FROM satisfaction_answers WHERE conversation_id = $1";
    RELEASE_SALES = "UPDATE transactions SET conversation_id = NULL WHERE conversation_id = $1";
    RELEASE_EARLIER = "UPDATE conversations SET continued_in = NULL WHERE continued_in = $1";
    DELETE_CONVERSATION = "DELETE FROM conversations WHERE id = $1 AND anonymized_at IS NOT NULL AND NOT erasing";
}

/// Conversations of a project that were closed before a moment and still have their messages, the oldest first.
pub async fn conversations_to_anonymize(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    closed_before(tx, TO_ANONYMIZE, (project_id, before, limit)).await
}

/// Conversations of a project that were closed before a moment, the oldest first.
pub async fn conversations_to_delete(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    closed_before(tx, TO_DELETE, (project_id, before, limit)).await
}

async fn closed_before(
    tx: &mut Tx<'_>,
    sql: Sql,
    (project_id, before, limit): (&ProjectId, Timestamp, usize),
) -> Result<Vec<ConversationId>, StoreError> {
    let values = [project_id.into(), before.into(), (limit as i64).into()];
    tx.query(sql, &values, |row| row.get(0, "conversations.id")).await
}

/// Removes a conversation that was anonymised and erased to the end, with the answers to its survey; its sales stay with their
/// visitor. False if something of it is left.
pub async fn delete_conversation(tx: &mut Tx<'_>, id: ConversationId) -> Result<bool, StoreError> {
    erasure::note_traces(tx).await?;
    for sql in [DELETE_ANSWERS, RELEASE_SALES, RELEASE_EARLIER] {
        tx.execute(sql, &[id.into()]).await?;
    }
    tx.changes(DELETE_CONVERSATION, &[id.into()]).await
}

/// A visitor whose record has not changed for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldVisitor {
    /// Last change of the record: with the id its place in the list.
    pub updated_at: Timestamp,
    /// Who.
    pub id: VisitorId,
    /// Nothing else of theirs is newer, and nothing is ongoing.
    pub inactive: bool,
}

/// A project's visitors of one assurance whose record has not changed since `before`, after a place in the order of change.
pub async fn old_visitors(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    assurance: Assurance,
    before: Timestamp,
    (updated_at, id): (Timestamp, Uuid),
    limit: usize,
) -> Result<Vec<OldVisitor>, StoreError> {
    let values = [
        before.into(),
        project_id.into(),
        assurance.as_str().into(),
        updated_at.into(),
        id.into(),
        (limit as i64).into(),
    ];
    tx.query(VISITORS, &values, |row| {
        Ok(OldVisitor {
            updated_at: row.get(0, "visitors.updated_at")?,
            id: row.get(1, "visitors.id")?,
            inactive: row.get(2, "visitors.anonymized_at")?,
        })
    })
    .await
}

/// Removes a project's oldest sales, at most `limit`, and tells how many.
pub async fn delete_sales(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let deleted =
        tx.execute(DELETE_SALES, &[project_id.into(), before.into(), (limit as i64).into()]).await?;
    if deleted > 0 {
        erasure::note_traces(tx).await?;
    }
    Ok(deleted)
}

/// Removes a project's refused sign-ins from before a moment. There are a few hundred at most.
pub async fn delete_failures(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    before: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(DELETE_FAILURES, &[project_id.into(), before.into()]).await
}

/// Removes a project's oldest events, at most `limit`, and tells how many. The numbers of those that stay do not change.
pub async fn delete_events(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let values = [project_id.into(), 0.into(), (limit as i64).into()];
    let oldest: Vec<(i64, Timestamp)> = tx
        .query(OLDEST_EVENTS, &values, |row| {
            Ok((row.get(0, "events.sequence")?, row.get(1, "events.created_at")?))
        })
        .await?;
    match oldest.into_iter().take_while(|(_, at)| *at < before).last() {
        Some((sequence, _)) => tx.execute(DELETE_EVENTS, &[project_id.into(), sequence.into()]).await,
        None => Ok(0),
    }
}
