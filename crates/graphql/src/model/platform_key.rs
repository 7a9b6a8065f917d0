//! The platform's own keys, which visitor tokens are encrypted to.

use async_graphql::{Enum, ID, Object, SimpleObject};
use signet_app::PlatformKeyDetail;

use crate::scalars::{DateTime, Long};
use crate::user_error::UserError;

/// Where a platform key stands in its life.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_app::PlatformKeyState")]
pub(crate) enum PlatformKeyState {
    /// Published; opens tokens.
    Active,
    /// Not published any more; still opens tokens of providers that have not fetched its successor.
    Retiring,
    /// Opens nothing, and never will again.
    Revoked,
}

/// How one project uses a platform key.
#[derive(SimpleObject)]
pub(crate) struct PlatformKeyUse {
    project_id: ID,
    /// How many sessions tokens encrypted to the key opened or renewed in the last seven days.
    uses: Long,
    /// The last of all.
    last_used_at: DateTime,
}

pub(crate) struct PlatformKeyNode(pub(crate) PlatformKeyDetail);

/// A key of the platform that token providers encrypt to. Of its use a caller sees that of the projects whose settings they may read.
#[Object(name = "PlatformKey")]
impl PlatformKeyNode {
    /// Its thumbprint (RFC 7638), which is the `kid`.
    async fn key_id(&self) -> &str {
        &self.0.record.key_id
    }

    /// `RSA-OAEP-256`, `ECDH-ES+A256KW/P-256` or `ECDH-ES+A256KW/X25519`.
    async fn algorithm(&self) -> &str {
        &self.0.record.algorithm
    }

    async fn state(&self) -> PlatformKeyState {
        self.0.state.into()
    }

    /// The public half as a JWK.
    async fn public_jwk(&self) -> &str {
        &self.0.record.public_jwk
    }

    /// The public half as PEM.
    async fn pem(&self) -> Option<String> {
        self.0.pem()
    }

    /// When it was made, or first seen by a version that writes it down.
    async fn created_at(&self) -> DateTime {
        self.0.record.created_at.into()
    }

    async fn retiring_at(&self) -> Option<DateTime> {
        self.0.record.retired_at.map(DateTime)
    }

    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.record.revoked_at.map(DateTime)
    }

    /// When a token encrypted to it first opened a session.
    async fn first_used_at(&self) -> Option<DateTime> {
        self.0.first_used_at.map(DateTime)
    }

    /// When one last opened or renewed a session.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// How many sessions tokens encrypted to it opened or renewed in the last seven days.
    async fn uses(&self) -> Long {
        Long(self.0.projects.iter().map(|project| project.uses).sum())
    }

    /// Who still encrypts to it: the projects with a use in the last seven days, busiest first.
    async fn projects(&self) -> Vec<PlatformKeyUse> {
        let used = |project: &signet_app::PlatformKeyUse| PlatformKeyUse {
            project_id: ID(project.project_id.to_string()),
            uses: Long(project.uses),
            last_used_at: project.last_used_at.into(),
        };
        self.0.projects.iter().map(used).collect()
    }
}

/// What came of making or retiring a platform key.
#[derive(SimpleObject)]
pub(crate) struct PlatformKeyPayload {
    pub(crate) platform_key: Option<PlatformKeyNode>,
    pub(crate) user_errors: Vec<UserError>,
}

/// What came of revoking one.
#[derive(SimpleObject)]
pub(crate) struct PlatformKeyRevokePayload {
    pub(crate) platform_key: Option<PlatformKeyNode>,
    /// The key that took its place, if it was the one in use.
    pub(crate) successor: Option<PlatformKeyNode>,
    pub(crate) user_errors: Vec<UserError>,
}
