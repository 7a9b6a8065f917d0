//! What pages report of visitors beside messages: sales, and answers to the survey.

use async_graphql::{Object, SimpleObject};
use signet_app::{Satisfaction, Transaction};
use signet_domain::Timestamp;

use crate::scalars::{DateTime, Uuid};

pub(crate) struct TransactionNode(pub(crate) Transaction);

/// A sale that a page reported with `recordTransaction`.
#[Object(name = "Transaction")]
impl TransactionNode {
    async fn id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// The brand's id for it.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// To six decimals, in whatever the brand counts in.
    async fn amount(&self) -> f64 {
        self.0.amount_millionths as f64 / 1_000_000.0
    }

    async fn visitor_id(&self) -> Uuid {
        Uuid(self.0.visitor_id.as_uuid())
    }

    /// The conversation that gets the credit: ongoing then, or closed at most 48 h before.
    async fn conversation_id(&self) -> Option<Uuid> {
        self.0.conversation_id.map(|id| Uuid(id.as_uuid()))
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// What a visitor answered to the survey. Each answer is null until it is given.
#[derive(SimpleObject)]
#[graphql(name = "Satisfaction")]
pub(crate) struct SatisfactionNode {
    /// 1 to 5.
    customer_satisfaction: Option<i64>,
    /// 0 to 10.
    net_promoter_score: Option<i64>,
    comment: Option<String>,
    /// The last answer.
    answered_at: DateTime,
}

impl From<(Satisfaction, Timestamp)> for SatisfactionNode {
    fn from((answers, at): (Satisfaction, Timestamp)) -> Self {
        Self {
            customer_satisfaction: answers.customer_satisfaction,
            net_promoter_score: answers.net_promoter_score,
            comment: answers.comment,
            answered_at: at.into(),
        }
    }
}
