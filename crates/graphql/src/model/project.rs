//! Projects and what is to be done in them.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use signet_app::ConversationCounts as Counts;
use signet_domain::{Project, Scope};

use super::{CustomerKeyNode, CustomerKeySetNode, Retention};
use crate::call::Call;
use crate::scalars::{DateTime, Long};

/// Whether visitors must prove who they are.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::AuthenticatedMode")]
pub(crate) enum AuthenticatedMode {
    /// The tag starts anonymously by itself; secured activation is still possible.
    Off,
    /// As off for visitors and agents. Every token is verified and reported as if the mode were on, and opens no verified session.
    Observe,
    /// The tag waits for `activate`.
    On,
}

/// Which rules a project's tokens are held to.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::TokenProfile")]
pub(crate) enum TokenProfile {
    Compatible,
    Strict,
}

#[derive(SimpleObject)]
pub(crate) struct ConversationCounts {
    /// Ongoing, the visitor waits for an answer.
    waiting: i64,
    /// Ongoing, of the calling agent.
    mine: i64,
    ongoing: i64,
    closed: i64,
}

impl From<Counts> for ConversationCounts {
    fn from(counts: Counts) -> Self {
        Self { waiting: counts.waiting, mine: counts.mine, ongoing: counts.ongoing, closed: counts.closed }
    }
}

pub(crate) struct ProjectNode(pub(crate) Project);

#[Object(name = "Project")]
impl ProjectNode {
    /// The site id of the snippet.
    async fn project_id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn authenticated_mode(&self) -> AuthenticatedMode {
        self.0.authenticated_mode.into()
    }

    async fn token_profile(&self) -> TokenProfile {
        self.0.token_profile.into()
    }

    /// What precedes `userId` and `visitorData` in the claims.
    async fn claim_prefix(&self) -> &str {
        &self.0.claim_prefix
    }

    async fn session_lifetime_seconds(&self) -> u64 {
        self.0.session_lifetime.as_secs()
    }

    /// How far ahead `exp` of a token may lie; in the strict profile also the longest time from `iat` to `exp`.
    async fn token_max_lifetime_seconds(&self) -> u64 {
        self.0.token_max_lifetime.as_secs()
    }

    /// How far the clocks of token provider and platform may differ: 0 to 60, 5 by default.
    async fn token_leeway_seconds(&self) -> u64 {
        self.0.token_leeway.as_secs()
    }

    /// Accepted `iss` values; empty accepts any.
    async fn issuers(&self) -> &[String] {
        &self.0.issuers
    }

    /// Signature algorithms that the strict profile accepts, such as `RS256`.
    async fn signature_algorithms(&self) -> &[String] {
        &self.0.signature_algorithms
    }

    /// Key management algorithms that the strict profile accepts, such as `RSA-OAEP-256` or `ECDH-ES+A256KW/P-256`.
    async fn key_management(&self) -> &[String] {
        &self.0.key_management
    }

    /// Pages of these origins may embed the widget.
    async fn allowed_origins(&self) -> Vec<&str> {
        self.0.allowed_origins.origins.iter().map(signet_domain::origin::Origin::as_str).collect()
    }

    /// Whether pages of the developer's own machine may embed the widget too.
    async fn allows_loopback(&self) -> bool {
        self.0.allowed_origins.any_loopback
    }

    /// Whether a visitor session must be for a key of the client, of which every use brings a proof. Activations without one are refused.
    async fn requires_session_key(&self) -> bool {
        self.0.requires_session_key
    }

    /// What every page of the site contains, to copy.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn snippet(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.0.snippet(Call::of(ctx)?.app.public_url()))
    }

    /// The keys that its tokens are verified with, oldest first, revoked ones too.
    #[graphql(complexity = "20 + 20 * child_complexity")]
    async fn customer_keys(&self, ctx: &Context<'_>) -> Result<Vec<CustomerKeyNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.id.as_str(), Scope::ProjectsRead)?;
        let keys = call.app.keys_of_project(&access).await.map_err(|error| call.error(&error))?;
        Ok(keys.into_iter().map(CustomerKeyNode).collect())
    }

    /// Where the brand publishes its keys, if it does.
    #[graphql(complexity = "10 + child_complexity")]
    async fn customer_key_set(&self, ctx: &Context<'_>) -> Result<Option<CustomerKeySetNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.id.as_str(), Scope::ProjectsRead)?;
        let set = call.app.key_set(&access).await.map_err(|error| call.error(&error))?;
        Ok(set.map(CustomerKeySetNode))
    }

    /// How long what is about people is kept.
    async fn retention(&self) -> Retention {
        self.0.retention.into()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    #[graphql(complexity = "10 + child_complexity")]
    async fn counts(&self, ctx: &Context<'_>) -> Result<ConversationCounts> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.id.as_str(), Scope::ConversationsRead)?;
        let counts = call.app.conversation_counts(&access).await.map_err(|error| call.error(&error))?;
        Ok(counts.into())
    }

    /// Cursor of the project's newest kept event, 0 before the first. Read it, then what to show, then subscribe with it as `after`: nothing falls between.
    #[graphql(complexity = 10)]
    async fn event_cursor(&self, ctx: &Context<'_>) -> Result<Long> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.id.as_str(), Scope::ConversationsRead)?;
        call.app.event_cursor(&access).await.map(Long).map_err(|error| call.error(&error))
    }
}
