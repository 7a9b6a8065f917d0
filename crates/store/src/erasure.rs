//! What anonymising takes out of the tables, in one place: whoever adds a column that can hold something of a person adds it here.
//!
//! A record is anonymised first, in one statement: from then on it names nobody, takes nothing more, and is marked `erasing`. What
//! may be much (messages) or lies elsewhere (sales, sessions, comments) follows in pieces, by this process or, if it dies, by
//! another. Everything here may be done twice.

use signet_domain::{Conversation, ConversationId, ProjectId, Timestamp, VisitorId};
use uuid::Uuid;

use crate::conversations::{self, conversation_columns};
use crate::devices;
use crate::sql::statements;
use crate::{StoreError, Tx};

statements! {
    /// SQLite's file keeps traces until it is written anew: [`crate::Store::compact`].
    TRACES = "PRAGMA user_version = 1", postgres: "SELECT 1";
    ANONYMIZE_VISITOR = "UPDATE visitors SET external_user_id = NULL, claimed_id = NULL, attributes = '[]', custom_data = '[]', \
        lapsed_at = CASE WHEN verified_at IS NULL THEN NULL ELSE COALESCE(lapsed_at, $1) END, \
        lapse_reason = CASE WHEN verified_at IS NULL THEN NULL ELSE COALESCE(lapse_reason, 'REVOKED') END, \
        updated_at = $1, anonymized_at = $1, erasing = TRUE WHERE id = $2 AND anonymized_at IS NULL";
    REVOKE_SESSIONS = "UPDATE sessions SET end_reason = 'REVOKED', ended_at = $1 \
        WHERE visitor_id = $2 AND ended_at IS NULL";
    VISITORS = "SELECT id FROM visitors WHERE erasing AND id > $1 ORDER BY id LIMIT $2";
    CONVERSATIONS_OF_VISITOR = "SELECT id FROM conversations WHERE visitor_id = $1 AND closed_at IS NOT NULL \
        AND anonymized_at IS NULL ORDER BY created_at, id LIMIT $2";
    SALES = "UPDATE transactions SET external_id = 'anonymized-' || lower(hex(id)) WHERE visitor_id = $1",
        postgres: "UPDATE transactions SET external_id = 'anonymized-' || replace(id::text, '-', '') WHERE visitor_id = $1";
    /// The browser's id would lead from here to whoever signs in there next.
    BROWSERS = "UPDATE sessions SET browser_id = NULL WHERE visitor_id = $1 AND browser_id IS NOT NULL";
    /// Not those that were ended before their time: their place in the order of ends must not be given twice.
    SESSIONS = "DELETE FROM sessions WHERE visitor_id = $1 AND expires_at <= $2 AND revocation_position IS NULL";
    VISITOR_ERASED = "UPDATE visitors SET erasing = FALSE WHERE id = $1 AND erasing";

    ANONYMIZE_CONVERSATION = "UPDATE conversations SET anonymized_at = $1, erasing = TRUE, unread_count = 0, \
        last_text_sequence = 0 WHERE id = $2 AND closed_at IS NOT NULL AND anonymized_at IS NULL";
    CONVERSATIONS = "SELECT id FROM conversations WHERE erasing AND id > $1 ORDER BY id LIMIT $2";
    FIRST_MESSAGE = "SELECT sequence FROM messages WHERE conversation_id = $1 ORDER BY sequence LIMIT 1";
    MESSAGES = "DELETE FROM messages WHERE conversation_id = $1 AND sequence < $2";
    /// What a bot has still to say.
    REPLIES = "DELETE FROM bot_conversations WHERE conversation_id = $1";
    COMMENT = "UPDATE satisfaction_answers SET comment = NULL WHERE conversation_id = $1 AND comment IS NOT NULL";
    CONVERSATION_ERASED = concat!("UPDATE conversations SET erasing = FALSE WHERE id = $1 AND erasing RETURNING ",
        conversation_columns!());
}

/// Takes everything that names a visitor out of their record, ends every session and device of theirs, and marks the rest for
/// [`erase_visitor`]. False if there is no such record, or it was anonymised before. `until` is when their last credential
/// expires by itself.
///
/// The same person's next sign-in finds no record, and makes a new one.
pub async fn anonymize_visitor(
    tx: &mut Tx<'_>,
    id: VisitorId,
    project_id: &ProjectId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    if !tx.changes(ANONYMIZE_VISITOR, &[now.into(), id.into()]).await? {
        return Ok(false);
    }
    tx.execute(REVOKE_SESSIONS, &[now.into(), id.into()]).await?;
    devices::revoke(tx, devices::every_device_of(id), project_id, id, now, until).await?;
    Ok(true)
}

/// Visitors of whom something is still to be erased, at most `limit`.
pub async fn visitors(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<VisitorId>, StoreError> {
    tx.query(VISITORS, &[Uuid::nil().into(), (limit as i64).into()], |row| row.get(0, "visitors.id")).await
}

/// A piece of what remains of an anonymised visitor: at most `limit` conversations are anonymised, which must be closed; with the
/// last of them go the brand's ids of sales, and sessions. True if nothing remains.
pub async fn erase_visitor(
    tx: &mut Tx<'_>,
    id: VisitorId,
    limit: usize,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let values = [id.into(), (limit as i64).into()];
    let found: Vec<ConversationId> =
        tx.query(CONVERSATIONS_OF_VISITOR, &values, |row| row.get(0, "conversations.id")).await?;
    for conversation in &found {
        anonymize_conversation(tx, *conversation, now).await?;
    }
    if found.len() == limit {
        return Ok(false);
    }
    tx.execute(SALES, &[id.into()]).await?;
    tx.execute(BROWSERS, &[id.into()]).await?;
    tx.execute(SESSIONS, &[id.into(), now.into()]).await?;
    tx.execute(VISITOR_ERASED, &[id.into()]).await?;
    note_traces(tx).await?;
    Ok(true)
}

/// Marks a closed conversation's entries and words for [`erase_conversation`]. False if it is not closed, or was anonymised before.
pub async fn anonymize_conversation(
    tx: &mut Tx<'_>,
    id: ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(ANONYMIZE_CONVERSATION, &[now.into(), id.into()]).await
}

/// Conversations of which something is still to be erased, at most `limit`.
pub async fn conversations(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
    let values = [Uuid::nil().into(), (limit as i64).into()];
    tx.query(CONVERSATIONS, &values, |row| row.get(0, "conversations.id")).await
}

/// What is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// There are more entries.
    Piece,
    /// Nothing remains: the conversation as it is now. `None` if another process was quicker.
    Whole(Option<Box<Conversation>>),
}

/// Deletes the oldest entries of an anonymised conversation, at most `limit`; with the last of them goes what its visitor wrote
/// in the survey.
pub async fn erase_conversation(
    tx: &mut Tx<'_>,
    id: ConversationId,
    limit: usize,
) -> Result<Erased, StoreError> {
    if let Some(first) = first_message(tx, id).await? {
        tx.execute(MESSAGES, &[id.into(), first.saturating_add(limit as i64).into()]).await?;
        if first_message(tx, id).await?.is_some() {
            return Ok(Erased::Piece);
        }
    }
    tx.execute(REPLIES, &[id.into()]).await?;
    tx.execute(COMMENT, &[id.into()]).await?;
    note_traces(tx).await?;
    let done = tx.query_opt(CONVERSATION_ERASED, &[id.into()], |row| conversations::read(row, 0)).await?;
    Ok(Erased::Whole(done.map(Box::new)))
}

async fn first_message(tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<i64>, StoreError> {
    tx.query_opt(FIRST_MESSAGE, &[id.into()], |row| row.get(0, "messages.sequence")).await
}

/// Leaves a note that the file should be written anew.
pub(crate) async fn note_traces(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(TRACES, &[]).await.map(drop)
}
