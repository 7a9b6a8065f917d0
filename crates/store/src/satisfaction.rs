//! What visitors answer to the survey after a conversation.

use signet_domain::{ConversationId, ProjectId, Timestamp};

use crate::sql::statements;
use crate::{StoreError, Tx};

statements! {
    /// What is answered later replaces that answer; what is not answered stays.
    ANSWER = "INSERT INTO satisfaction_answers (conversation_id, project_id, customer_satisfaction, net_promoter_score, \
        comment, answered_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (conversation_id) DO UPDATE SET \
        customer_satisfaction = COALESCE(excluded.customer_satisfaction, satisfaction_answers.customer_satisfaction), \
        net_promoter_score = COALESCE(excluded.net_promoter_score, satisfaction_answers.net_promoter_score), \
        comment = COALESCE(excluded.comment, satisfaction_answers.comment), answered_at = excluded.answered_at";
    FIND = "SELECT customer_satisfaction, net_promoter_score, comment, answered_at FROM satisfaction_answers \
        WHERE conversation_id = $1";
}

/// Answers to the survey, each of which may be missing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Satisfaction {
    /// 1 to 5.
    pub customer_satisfaction: Option<i64>,
    /// 0 to 10.
    pub net_promoter_score: Option<i64>,
    /// In the visitor's words.
    pub comment: Option<String>,
}

impl std::fmt::Debug for Satisfaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Satisfaction({:?}, {:?})", self.customer_satisfaction, self.net_promoter_score)
    }
}

/// Stores what was answered now, beside what was answered before.
pub async fn answer(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    project_id: &ProjectId,
    answers: &Satisfaction,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = [
        conversation_id.into(),
        project_id.into(),
        answers.customer_satisfaction.into(),
        answers.net_promoter_score.into(),
        answers.comment.as_ref().into(),
        now.into(),
    ];
    tx.execute(ANSWER, &values).await.map(drop)
}

/// Everything answered of a conversation, and when last.
pub async fn find(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
) -> Result<Option<(Satisfaction, Timestamp)>, StoreError> {
    tx.query_opt(FIND, &[conversation_id.into()], |row| {
        let answers = Satisfaction {
            customer_satisfaction: row.get(0, "satisfaction_answers.customer_satisfaction")?,
            net_promoter_score: row.get(1, "satisfaction_answers.net_promoter_score")?,
            comment: row.get(2, "satisfaction_answers.comment")?,
        };
        Ok((answers, row.get(3, "satisfaction_answers.answered_at")?))
    })
    .await
}
