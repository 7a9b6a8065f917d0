//! Bots.

use async_graphql::{ID, Object};
use signet_domain::Bot;

use crate::scalars::{DateTime, Uuid};

pub(crate) struct BotNode(pub(crate) Bot);

/// A program of the brand's that answers visitors. Threads name it as what it is.
#[Object(name = "Bot")]
impl BotNode {
    /// `idOperator` in calls to it.
    async fn id(&self) -> Uuid {
        Uuid(self.0.id.as_uuid())
    }

    async fn project_id(&self) -> ID {
        ID(self.0.project_id.to_string())
    }

    /// The name visitors see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is called, without a slash at the end.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// Whether it is called at all. Of a project's enabled bots the oldest answers new conversations.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}
