//! How long a project keeps what is about people.

use async_graphql::{InputObject, SimpleObject};
use signet_domain::Retention as Kept;

/// After how many days something goes. Null: it stays until somebody erases it.
#[derive(SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the unit stands in every name of the API")]
pub(crate) struct Retention {
    /// Closed conversations lose their messages, so long after they were closed.
    conversations_anonymized_after_days: Option<u32>,
    /// Closed conversations go altogether, so long after they were closed.
    conversations_deleted_after_days: Option<u32>,
    /// Visitors are anonymised when they have not been seen for so long and have no ongoing conversation.
    visitors_anonymized_after_days: Option<u32>,
    transactions_deleted_after_days: Option<u32>,
    failures_deleted_after_days: Option<u32>,
    /// What desks resume from and integrations are told.
    events_deleted_after_days: Option<u32>,
}

impl From<Kept> for Retention {
    fn from(kept: Kept) -> Self {
        Self {
            conversations_anonymized_after_days: kept.conversations_anonymized,
            conversations_deleted_after_days: kept.conversations_deleted,
            visitors_anonymized_after_days: kept.visitors_anonymized,
            transactions_deleted_after_days: kept.transactions_deleted,
            failures_deleted_after_days: kept.failures_deleted,
            events_deleted_after_days: kept.events_deleted,
        }
    }
}

/// After how many days something goes, 1 to 36500. What is left out stays until somebody erases it.
#[derive(InputObject)]
#[expect(clippy::struct_field_names, reason = "the unit stands in every name of the API")]
pub(crate) struct RetentionInput {
    conversations_anonymized_after_days: Option<u32>,
    conversations_deleted_after_days: Option<u32>,
    visitors_anonymized_after_days: Option<u32>,
    transactions_deleted_after_days: Option<u32>,
    failures_deleted_after_days: Option<u32>,
    /// 7 at least.
    events_deleted_after_days: Option<u32>,
}

impl From<RetentionInput> for Kept {
    fn from(input: RetentionInput) -> Self {
        Self {
            conversations_anonymized: input.conversations_anonymized_after_days,
            conversations_deleted: input.conversations_deleted_after_days,
            visitors_anonymized: input.visitors_anonymized_after_days,
            transactions_deleted: input.transactions_deleted_after_days,
            failures_deleted: input.failures_deleted_after_days,
            events_deleted: input.events_deleted_after_days,
        }
    }
}
