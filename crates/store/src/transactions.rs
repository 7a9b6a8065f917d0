//! Sales that pages reported, each counted once in its project.

use signet_domain::{ConversationId, ProjectId, Timestamp, VisitorId};
use uuid::Uuid;

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "id, project_id, external_id, visitor_id, conversation_id, amount, created_at"
    };
}

statements! {
    INSERT = concat!("INSERT INTO transactions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (project_id, external_id) DO NOTHING");
    OF_VISITOR = concat!("SELECT ", columns!(), " FROM transactions WHERE visitor_id = $1 \
        ORDER BY created_at DESC, id DESC LIMIT $2");
    UNATTRIBUTED = concat!("SELECT ", columns!(), " FROM transactions WHERE visitor_id = $1 AND conversation_id IS NULL \
        AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4");
    OF_CONVERSATION = concat!("SELECT ", columns!(), " FROM transactions WHERE conversation_id = $1 \
        ORDER BY created_at DESC, id DESC LIMIT $2");
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Our id.
    pub id: Uuid,
    /// Where.
    pub project_id: ProjectId,
    /// The brand's id for it.
    pub external_id: String,
    /// Who bought.
    pub visitor_id: VisitorId,
    /// The conversation it is attributed to.
    pub conversation_id: Option<ConversationId>,
    /// In millionths of whatever the brand counts in.
    pub amount_millionths: i64,
    /// When it was reported.
    pub created_at: Timestamp,
}

/// Stores a sale. False if one with that id was reported before in the project, by whomever: nothing is written then.
pub async fn insert(tx: &mut Tx<'_>, transaction: &Transaction) -> Result<bool, StoreError> {
    let values = [
        transaction.id.into(),
        (&transaction.project_id).into(),
        (&transaction.external_id).into(),
        transaction.visitor_id.into(),
        transaction.conversation_id.into(),
        transaction.amount_millionths.into(),
        transaction.created_at.into(),
    ];
    tx.changes(INSERT, &values).await
}

/// A visitor's newest sales, newest first.
pub async fn of_visitor(
    tx: &mut Tx<'_>,
    id: VisitorId,
    limit: usize,
) -> Result<Vec<Transaction>, StoreError> {
    tx.query(OF_VISITOR, &[id.into(), (limit as i64).into()], read).await
}

/// A visitor's sales that no conversation got the credit for, after a place, oldest first.
pub async fn unattributed(
    tx: &mut Tx<'_>,
    id: VisitorId,
    (created_at, after): (Timestamp, Uuid),
    limit: usize,
) -> Result<Vec<Transaction>, StoreError> {
    let values = [id.into(), created_at.into(), after.into(), (limit as i64).into()];
    tx.query(UNATTRIBUTED, &values, read).await
}

/// The newest sales attributed to a conversation, newest first.
pub async fn of_conversation(
    tx: &mut Tx<'_>,
    id: ConversationId,
    limit: usize,
) -> Result<Vec<Transaction>, StoreError> {
    tx.query(OF_CONVERSATION, &[id.into(), (limit as i64).into()], read).await
}

fn read(row: &Row<'_>) -> Result<Transaction, StoreError> {
    Ok(Transaction {
        id: row.get(0, "transactions.id")?,
        project_id: row.get(1, "transactions.project_id")?,
        external_id: row.get(2, "transactions.external_id")?,
        visitor_id: row.get(3, "transactions.visitor_id")?,
        conversation_id: row.get(4, "transactions.conversation_id")?,
        amount_millionths: row.get(5, "transactions.amount")?,
        created_at: row.get(6, "transactions.created_at")?,
    })
}
