//! What bots know of the conversations that they answer, and what is still to be done in them: the outbox of calls to bots.
//!
//! A row is written with the conversation and becomes due in the transaction of whatever its bot is to be told ([`crate::events`] sees to
//! that). Whoever works on a row claims it for a while; nobody else does meanwhile, on any node, and what came of it is written only
//! under that claim. A row goes when the bot has no more to do: an agent took over, the conversation was closed, the bot gave up.

use signet_domain::bot::{Reply, Stage};
use signet_domain::{BotId, ConversationId, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, Value, statements};
use crate::{StoreError, Tx};

/// What a bot knows of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotConversation {
    /// Which.
    pub conversation_id: ConversationId,
    /// Whose.
    pub bot_id: BotId,
    /// How far it has come.
    pub stage: Stage,
    /// It was told of the visitor's messages up to this sequence.
    pub told_sequence: i64,
    /// What it was told of who the visitor is: [`signet_domain::bot::Standing::word`].
    pub told_standing: String,
    /// Its replies that are still to be run.
    pub replies: Vec<Reply>,
    /// When the pause or the search for an agent that is under way ends.
    pub wait_until: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "conversation_id, bot_id, stage, told_sequence, told_standing, replies, wait_until"
    };
}

statements! {
    INSERT = concat!("INSERT INTO bot_conversations (", columns!(), ", due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    PUT_IN_CHARGE = "UPDATE conversations SET bot_id = $1, waiting_since = NULL WHERE id = $2 AND closed_at IS NULL \
        AND agent_id IS NULL";
    HAND_OVER = "UPDATE conversations SET bot_id = NULL, waiting_since = COALESCE(waiting_since, $1) WHERE id = $2 \
        AND closed_at IS NULL AND agent_id IS NULL";
    WAKE = "UPDATE bot_conversations SET due_at = $1 WHERE conversation_id = $2 AND (due_at IS NULL OR due_at > $1)";
    DUE = "SELECT conversation_id FROM bot_conversations WHERE due_at <= $1 AND COALESCE(claimed_until, 0) <= $1 \
        ORDER BY due_at LIMIT $2";
    FIND_DUE = concat!("SELECT ", columns!(), " FROM bot_conversations WHERE conversation_id = $1 AND due_at <= $2 \
        AND COALESCE(claimed_until, 0) <= $2");
    FIND_CLAIMED = concat!("SELECT ", columns!(), " FROM bot_conversations WHERE conversation_id = $1 AND claim = $2");
    CLAIM = "UPDATE bot_conversations SET claim = $1, claimed_until = $2 WHERE conversation_id = $3";
    RELEASE = "UPDATE bot_conversations SET claim = NULL, claimed_until = NULL WHERE conversation_id = $1 AND claim = $2";
    SAVE = "UPDATE bot_conversations SET stage = $1, told_sequence = $2, told_standing = $3, replies = $4, \
        wait_until = $5, due_at = $6, claim = NULL, claimed_until = NULL WHERE conversation_id = $7";
    END = "DELETE FROM bot_conversations WHERE conversation_id = $1";
}

/// Puts a bot in charge of a conversation that it was not told of yet, and makes it due.
pub async fn start(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    bot_id: BotId,
    now: Timestamp,
) -> Result<(), StoreError> {
    put_in_charge(tx, conversation_id, bot_id).await?;
    let values = [
        conversation_id.into(),
        bot_id.into(),
        Stage::New.as_str().into(),
        0.into(),
        "".into(),
        "[]".into(),
        Value::Null,
        now.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Makes a bot the one that answers: the visitor waits for no agent. False if the conversation is closed or an agent's.
pub async fn put_in_charge(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    bot_id: BotId,
) -> Result<bool, StoreError> {
    tx.changes(PUT_IN_CHARGE, &[bot_id.into(), conversation_id.into()]).await
}

/// Lets the visitor wait for an agent, since a moment. False if the conversation is closed or an agent's.
pub async fn hand_over(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    since: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(HAND_OVER, &[since.into(), conversation_id.into()]).await
}

/// There is something to tell the conversation's bot. Locks the row behind its conversation's.
pub(crate) async fn wake(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(WAKE, &[now.into(), conversation_id.into()]).await.map(drop)
}

/// Conversations in which something is to be done and nobody is at it, longest overdue first.
pub async fn due(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
    let values = [now.into(), (limit as i64).into()];
    tx.query(DUE, &values, |row| row.get(0, "bot_conversations.conversation_id")).await
}

/// What a bot knows of a conversation, if something is to be done in it and nobody is at it. Lock the conversation first: whoever
/// writes here has.
pub async fn find_due(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    now: Timestamp,
) -> Result<Option<BotConversation>, StoreError> {
    tx.query_opt(FIND_DUE, &[conversation_id.into(), now.into()], read).await
}

/// Keeps others away until a moment.
pub async fn claim(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    claim: Uuid,
    until: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(CLAIM, &[claim.into(), until.into(), conversation_id.into()]).await.map(drop)
}

/// What a bot knows of a conversation, if the claim still holds.
pub async fn find_claimed(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    claim: Uuid,
) -> Result<Option<BotConversation>, StoreError> {
    tx.query_opt(FIND_CLAIMED, &[conversation_id.into(), claim.into()], read).await
}

/// Gives a claim up: somebody else may try at once.
pub async fn release(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    claim: Uuid,
) -> Result<(), StoreError> {
    tx.execute(RELEASE, &[conversation_id.into(), claim.into()]).await.map(drop)
}

/// Writes how far a bot has come, and when there is something to be done next; any claim ends.
pub async fn save(
    tx: &mut Tx<'_>,
    state: &BotConversation,
    due_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let replies =
        serde_json::to_string(&state.replies).map_err(|error| StoreError::Statement(Box::new(error)))?;
    let values = [
        state.stage.as_str().into(),
        state.told_sequence.into(),
        (&state.told_standing).into(),
        (&replies).into(),
        state.wait_until.into(),
        due_at.into(),
        state.conversation_id.into(),
    ];
    tx.execute(SAVE, &values).await.map(drop)
}

/// The bot has no more to do in a conversation.
pub async fn end(tx: &mut Tx<'_>, conversation_id: ConversationId) -> Result<(), StoreError> {
    tx.execute(END, &[Value::from(conversation_id)]).await.map(drop)
}

fn read(row: &Row<'_>) -> Result<BotConversation, StoreError> {
    Ok(BotConversation {
        conversation_id: row.get(0, "bot_conversations.conversation_id")?,
        bot_id: row.get(1, "bot_conversations.bot_id")?,
        stage: row.word(2, "bot_conversations.stage", Stage::parse)?,
        told_sequence: row.get(3, "bot_conversations.told_sequence")?,
        told_standing: row.get(4, "bot_conversations.told_standing")?,
        replies: row.word(5, "bot_conversations.replies", |text| serde_json::from_str(text).ok())?,
        wait_until: row.get(6, "bot_conversations.wait_until")?,
    })
}
