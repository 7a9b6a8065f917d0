//! Writes about the addresses at which brands publish their keys.

use async_graphql::{Context, ID, InputObject, Object, Result};
use signet_app::{AppError, CustomerKeySet, ProjectAccess};
use signet_domain::Scope;

use crate::call::Call;
use crate::model::{CustomerKeySetNode, CustomerKeySetPayload};
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct CustomerKeySetUseInput {
    project_id: ID,
    /// Of a JWK set (RFC 7517): `https`, in the public internet, not a redirect.
    address: String,
}

#[derive(InputObject)]
pub(crate) struct CustomerKeySetProveInput {
    project_id: ID,
    /// The signature of the challenge by any key of the set, base64.
    signature: String,
}

#[derive(InputObject)]
pub(crate) struct CustomerKeySetInput {
    project_id: ID,
}

#[derive(Default)]
pub(crate) struct KeySetMutation;

/// A request to another server each.
const FETCH_COST: usize = 400;
/// A durable commit each.
const WRITE_COST: usize = 100;

#[Object]
impl KeySetMutation {
    /// Names the address at which the brand publishes its signing keys. It is fetched at once and comes with a challenge: sign it with a key of the set (`customerKeySetProve`); until then nothing is used of it.
    #[graphql(complexity = "FETCH_COST + child_complexity")]
    async fn customer_key_set_use(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeySetUseInput,
    ) -> Result<CustomerKeySetPayload> {
        let call = Call::of(ctx)?;
        answer(call, &input.project_id, async |access| {
            call.app.use_key_set(access, &input.address, &call.actor()).await.map(Some)
        })
        .await
    }

    /// Proves that a key set is yours. Its keys verify tokens from then on, and those that come later do so without asking anybody.
    #[graphql(complexity = "FETCH_COST + child_complexity")]
    async fn customer_key_set_prove(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeySetProveInput,
    ) -> Result<CustomerKeySetPayload> {
        let call = Call::of(ctx)?;
        answer(call, &input.project_id, async |access| {
            call.app.prove_key_set(access, &input.signature, &call.actor()).await.map(Some)
        })
        .await
    }

    /// Fetches a proved set now. `failure` says how it went.
    #[graphql(complexity = "FETCH_COST + child_complexity")]
    async fn customer_key_set_refresh(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeySetInput,
    ) -> Result<CustomerKeySetPayload> {
        let call = Call::of(ctx)?;
        answer(call, &input.project_id, async |access| {
            call.app.refresh_key_set(access, &call.actor()).await.map(Some)
        })
        .await
    }

    /// Forgets the address and the keys that came from it, except revoked ones.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn customer_key_set_remove(
        &self,
        ctx: &Context<'_>,
        input: CustomerKeySetInput,
    ) -> Result<CustomerKeySetPayload> {
        let call = Call::of(ctx)?;
        answer(call, &input.project_id, async |access| {
            call.app.remove_key_set(access, &call.actor()).await.map(|_| None)
        })
        .await
    }
}

/// Proves the right, does it, and sorts out what the caller can put right.
async fn answer(
    call: &Call,
    project_id: &str,
    act: impl AsyncFnOnce(&ProjectAccess) -> Result<Option<CustomerKeySet>, AppError>,
) -> Result<CustomerKeySetPayload> {
    let failed = |error| CustomerKeySetPayload { customer_key_set: None, user_errors: vec![error] };
    let access = match call.access(project_id, Scope::KeysWrite) {
        Ok(access) => access,
        Err(AppError::NotFound) => return Ok(failed(UserError::not_found("projectId", "project"))),
        Err(error) => return Err(call.error(&error)),
    };
    match act(&access).await {
        Ok(set) => Ok(CustomerKeySetPayload {
            customer_key_set: set.map(CustomerKeySetNode),
            user_errors: Vec::new(),
        }),
        Err(AppError::NotFound) => Ok(failed(UserError::not_found("projectId", "key set"))),
        Err(error) => {
            let field = match error.code() {
                "SIGNATURE_INVALID" | "CHALLENGE_EXPIRED" => "signature",
                "KEY_SET_NOT_PROVED" => "projectId",
                _ => "address",
            };
            Ok(failed(UserError::about_field(&error, Some(field), &call.context)?))
        }
    }
}
