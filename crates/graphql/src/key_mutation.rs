//! Writes about the brands' signing keys.

use async_graphql::{Context, ID, InputObject, Object, Result};
use signet_app::{AppError, CustomerKeyDetail, KeyRegistration, ProjectAccess};
use signet_domain::{CustomerKeyId, Scope};

use crate::call::Call;
use crate::model::{CustomerKeyNode, CustomerKeyPayload, CustomerKeyTryPayload};
use crate::scalars::Uuid;
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct CustomerKeyRegisterInput {
    project_id: ID,
    /// The public key: PEM, the base64 of its DER, or a JWK.
    key: String,
    /// The `kid` that the token provider writes into its headers, unless the JWK has one.
    key_id: Option<String>,
    /// `PS256` for an RSA key that is not for `RS256`. Every other key has but one.
    algorithm: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct CustomerKeyInput {
    project_id: ID,
    customer_key_id: Uuid,
}

#[derive(InputObject)]
pub(crate) struct CustomerKeyProveInput {
    project_id: ID,
    customer_key_id: Uuid,
    /// The signature of the challenge, base64.
    signature: String,
}

#[derive(Default)]
pub(crate) struct KeyMutation;

/// A durable commit each.
const WRITE_COST: usize = 100;

#[Object]
impl KeyMutation {
    /// Registers a public key with which the project's visitor tokens will be verified. It is pending, and comes with a challenge: sign it (`customerKeyProve`), then activate the key.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_register(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyRegisterInput,
    ) -> Result<CustomerKeyPayload> {
        let call = Call::of(ctx)?;
        let registration =
            KeyRegistration { text: input.key, key_id: input.key_id, algorithm: input.algorithm };
        answer(call, &input.project_id, async |access| {
            call.app.register_key(access, registration, &call.actor()).await
        })
        .await
    }

    /// A new challenge for a pending key; the one before is worth nothing any more.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_challenge(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyInput,
    ) -> Result<CustomerKeyPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        answer(call, &input.project_id, async |access| call.app.renew_key_challenge(access, id).await).await
    }

    /// Proves that the private half of a pending key is yours, by a signature of its challenge.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_prove(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyProveInput,
    ) -> Result<CustomerKeyPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        let signature = input.signature;
        answer(call, &input.project_id, async |access| {
            call.app.prove_key(access, id, &signature, &call.actor()).await
        })
        .await
    }

    /// Lets a proved key verify tokens, within a second on every node. Takes back a retirement.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_activate(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyInput,
    ) -> Result<CustomerKeyPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        answer(call, &input.project_id, async |access| call.app.activate_key(access, id, &call.actor()).await)
            .await
    }

    /// Marks an active key as on its way out. It goes on verifying tokens until it is revoked: watch its share of traffic fall.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_retire(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyInput,
    ) -> Result<CustomerKeyPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        answer(call, &input.project_id, async |access| call.app.retire_key(access, id, &call.actor()).await)
            .await
    }

    /// Tries a key, active or not, on the last tokens that reached the project, good ones and those that no key verified: at most 100, from the last quarter of an hour, of the server that answers. Nothing of the tokens is kept but signatures and digests, in memory.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_try(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyInput,
    ) -> Result<CustomerKeyTryPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        let tried = match call.access(&input.project_id, Scope::KeysWrite) {
            Ok(access) => {
                call.app.try_key(&access, id).await.map_err(|error| ("customerKeyId", "customer key", error))
            }
            Err(error) => Err(("projectId", "project", error)),
        };
        match tried {
            Ok(trial) => Ok(CustomerKeyTryPayload::of(&trial)),
            Err((field, thing, AppError::NotFound)) => {
                Ok(CustomerKeyTryPayload::refused(UserError::not_found(field, thing)))
            }
            Err((_, _, error)) => Err(call.error(&error)),
        }
    }

    /// Revokes a key for good: it verifies nothing any more, and the sessions it opened end within seconds.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_revoke(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeyInput,
    ) -> Result<CustomerKeyPayload> {
        let (call, id) = (Call::of(ctx)?, CustomerKeyId::from_uuid(input.customer_key_id.0));
        answer(call, &input.project_id, async |access| call.app.revoke_key(access, id, &call.actor()).await)
            .await
    }
}

/// Proves the right, does it, and sorts out what the caller can put right.
async fn answer(
    call: &Call,
    project_id: &str,
    act: impl AsyncFnOnce(&ProjectAccess) -> Result<CustomerKeyDetail, AppError>,
) -> Result<CustomerKeyPayload> {
    let failed = |error| CustomerKeyPayload { customer_key: None, user_errors: vec![error] };
    let access = match call.access(project_id, Scope::KeysWrite) {
        Ok(access) => access,
        Err(AppError::NotFound) => return Ok(failed(UserError::not_found("projectId", "project"))),
        Err(error) => return Err(call.error(&error)),
    };
    match act(&access).await {
        Ok(key) => {
            Ok(CustomerKeyPayload { customer_key: Some(CustomerKeyNode(key)), user_errors: Vec::new() })
        }
        Err(AppError::NotFound) => Ok(failed(UserError::not_found("customerKeyId", "customer key"))),
        Err(error) => Ok(failed(UserError::about_field(&error, field_of(error.code()), &call.context)?)),
    }
}

/// The input field that a code is about.
fn field_of(code: &str) -> Option<&'static str> {
    match code {
        "KEY_ID_INVALID" => Some("keyId"),
        "KEY_WRONG_ALGORITHM" => Some("algorithm"),
        "KEYS_TOO_MANY" => None,
        "SIGNATURE_INVALID" | "CHALLENGE_EXPIRED" => Some("signature"),
        "KEY_NOT_PROVED" | "KEY_STATE_INVALID" | "KEY_NOT_CHALLENGED" => Some("customerKeyId"),
        _ => Some("key"),
    }
}
