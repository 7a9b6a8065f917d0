//! Writes about the platform's own keys: for its owners, and programs they gave the right to.

use async_graphql::{Context, InputObject, Object, Result};
use signet_app::{AppError, KeyManagement, PlatformKeyChange, PlatformKeyChanged};

use crate::call::Call;
use crate::model::{PlatformKeyNode, PlatformKeyPayload, PlatformKeyRevokePayload};
use crate::mutation::WRITE_COST;
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct PlatformKeyCreateInput {
    /// `RSA-OAEP-256`, `ECDH-ES+A256KW/P-256` or `ECDH-ES+A256KW/X25519`.
    #[graphql(default = "RSA-OAEP-256")]
    algorithm: String,
}

#[derive(InputObject)]
pub(crate) struct PlatformKeyInput {
    /// The key's `kid`.
    key_id: String,
}

#[derive(Default)]
pub(crate) struct PlatformKeyMutation;

#[Object]
impl PlatformKeyMutation {
    /// Makes a new platform key and publishes it; those before it for the same algorithm are retired, and go on opening tokens.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn platform_key_create(
        &self,
        ctx: &Context<'_>,
        input: PlatformKeyCreateInput,
    ) -> Result<PlatformKeyPayload> {
        let call = Call::of(ctx)?;
        let change = KeyManagement::parse(&input.algorithm).map(PlatformKeyChange::Create).ok_or_else(|| {
            let message =
                format!("the algorithm is one of {}", KeyManagement::ALL.map(KeyManagement::name).join(", "));
            AppError::Invalid { code: "KEY_MANAGEMENT_INVALID", message }
        });
        Ok(made(changed(call, change).await?))
    }

    /// Publishes a platform key no longer. It goes on opening tokens until it is revoked: watch its `projects` become none.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn platform_key_retire(
        &self,
        ctx: &Context<'_>,
        input: PlatformKeyInput,
    ) -> Result<PlatformKeyPayload> {
        Ok(made(changed(Call::of(ctx)?, Ok(PlatformKeyChange::Retire(input.key_id))).await?))
    }

    /// Revokes a platform key for good: it opens nothing any more, and the sessions that tokens encrypted to it opened end within seconds, on every node and in every project. One that is in use is replaced first.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn platform_key_revoke(
        &self,
        ctx: &Context<'_>,
        input: PlatformKeyInput,
    ) -> Result<PlatformKeyRevokePayload> {
        Ok(match changed(Call::of(ctx)?, Ok(PlatformKeyChange::Revoke(input.key_id))).await? {
            Ok(changed) => PlatformKeyRevokePayload {
                platform_key: Some(PlatformKeyNode(changed.key)),
                successor: changed.successor.map(PlatformKeyNode),
                user_errors: Vec::new(),
            },
            Err(error) => {
                PlatformKeyRevokePayload { platform_key: None, successor: None, user_errors: vec![error] }
            }
        })
    }
}

/// Proves the right, does it, and sorts out what the caller can put right.
async fn changed(
    call: &Call,
    change: Result<PlatformKeyChange, AppError>,
) -> Result<Result<PlatformKeyChanged, UserError>> {
    let access = call.on_platform()?;
    let done = match change {
        Ok(change) => call.app.change_platform_keys(&access, change, &call.actor()).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(changed) => Ok(Ok(changed)),
        Err(AppError::NotFound) => Ok(Err(UserError::not_found("keyId", "platform key"))),
        Err(error) => {
            let field = match error.code() {
                "KEY_MANAGEMENT_INVALID" => Some("algorithm"),
                "PLATFORM_KEY_LAST_ACTIVE" => Some("keyId"),
                _ => None,
            };
            Ok(Err(UserError::about_field(&error, field, &call.context)?))
        }
    }
}

fn made(result: Result<PlatformKeyChanged, UserError>) -> PlatformKeyPayload {
    match result {
        Ok(changed) => {
            PlatformKeyPayload { platform_key: Some(PlatformKeyNode(changed.key)), user_errors: Vec::new() }
        }
        Err(error) => PlatformKeyPayload { platform_key: None, user_errors: vec![error] },
    }
}
