//! Writes of people about their own account. Programs have none.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, OwnAccount, SecondFactorSetup};
use signet_domain::Caller;

use crate::call::Call;
use crate::model::Viewer;
use crate::mutation::WRITE_COST;
use crate::people_mutation::{About, refused};
use crate::scalars::Uuid;
use crate::user_error::UserError;

/// A QR code to draw, with a margin of four modules around it.
#[derive(SimpleObject)]
pub(crate) struct QrCodeDrawing {
    /// Modules on each side.
    size: i64,
    /// The dark modules as an SVG path in a view box of `size` by `size`.
    path: String,
}

/// What an authenticator app needs.
#[derive(SimpleObject)]
pub(crate) struct SecondFactorSetupNode {
    /// For typing.
    secret: String,
    /// `otpauth://…`
    uri: String,
    qr_code: QrCodeDrawing,
}

impl From<SecondFactorSetup> for SecondFactorSetupNode {
    fn from(setup: SecondFactorSetup) -> Self {
        let mut path = String::new();
        for (y, row) in setup.modules.iter().enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, dark)| **dark) {
                path.push_str(&["M", &x.to_string(), " ", &y.to_string(), "h1v1h-1z"].concat());
            }
        }
        let size = i64::try_from(setup.modules.len()).unwrap_or(0);
        Self { secret: setup.secret, uri: setup.uri, qr_code: QrCodeDrawing { size, path } }
    }
}

macro_rules! payloads {
    ($($name:ident $({ $(#[$doc:meta])* $field:ident: $type:ty })?)*) => {$(
        #[derive(SimpleObject)]
        pub(crate) struct $name {
            $($(#[$doc])* $field: Option<$type>,)?
            user_errors: Vec<UserError>,
        }
    )*};
}

payloads! {
    ViewerUpdatePayload { viewer: Viewer }
    ViewerPasswordChangePayload
    SecondFactorBeginPayload { setup: SecondFactorSetupNode }
    SecondFactorConfirmPayload {
        /// Each stands in for a code once, for a lost phone. Shown once.
        recovery_codes: Vec<String>
    }
    SecondFactorDisablePayload
    RecoveryCodesRenewPayload {
        /// Shown once.
        recovery_codes: Vec<String>
    }
    ViewerSessionRevokePayload
    ViewerOtherSessionsRevokePayload {
        /// How many ended.
        ended: u64
    }
}

#[derive(InputObject)]
pub(crate) struct ViewerUpdateInput {
    /// Visitors see it.
    name: String,
}

#[derive(InputObject)]
pub(crate) struct ViewerPasswordChangeInput {
    /// The present one.
    password: String,
    /// At least 12 characters, and nothing that is guessed first.
    new_password: String,
}

#[derive(InputObject)]
pub(crate) struct SecondFactorBeginInput {
    password: String,
}

#[derive(InputObject)]
pub(crate) struct SecondFactorConfirmInput {
    /// Six digits from the authenticator app.
    code: String,
}

#[derive(InputObject)]
pub(crate) struct SecondFactorDisableInput {
    password: String,
}

#[derive(InputObject)]
pub(crate) struct RecoveryCodesRenewInput {
    password: String,
}

#[derive(InputObject)]
pub(crate) struct ViewerSessionRevokeInput {
    session_id: Uuid,
}

/// A hash of a password each: as dear as decrypting a token.
const PASSWORD_COST: usize = 400;

const SETUP: About = ("code", "second factor");

#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Gives the caller another name.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn viewer_update(
        &self,
        ctx: &Context<'_>,
        input: ViewerUpdateInput,
    ) -> Result<ViewerUpdatePayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.rename_oneself(&own, &input.name).await;
        let (agent, user_errors) = split(call, done, ("name", "viewer"))?;
        Ok(ViewerUpdatePayload { viewer: agent.map(|agent| Viewer(Caller::Agent(agent))), user_errors })
    }

    /// Changes the password and ends all other sessions.
    #[graphql(complexity = "PASSWORD_COST + child_complexity")]
    async fn viewer_password_change(
        &self,
        ctx: &Context<'_>,
        input: ViewerPasswordChangeInput,
    ) -> Result<ViewerPasswordChangePayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.change_password(&own, &input.password, &input.new_password).await;
        let (_, user_errors) = split(call, done, ("newPassword", "password"))?;
        Ok(ViewerPasswordChangePayload { user_errors })
    }

    /// Begins to set a second factor up; it is asked for once a code of it was confirmed.
    #[graphql(complexity = "PASSWORD_COST + child_complexity")]
    async fn second_factor_begin(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorBeginInput,
    ) -> Result<SecondFactorBeginPayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.begin_second_factor(&own, &input.password).await;
        let (setup, user_errors) = split(call, done, SETUP)?;
        Ok(SecondFactorBeginPayload { setup: setup.map(Into::into), user_errors })
    }

    /// Asks for the second factor from now on, and ends all other sessions.
    #[graphql(complexity = "PASSWORD_COST + child_complexity")]
    async fn second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorConfirmInput,
    ) -> Result<SecondFactorConfirmPayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.confirm_second_factor(&own, &input.code).await;
        let (recovery_codes, user_errors) = split(call, done, SETUP)?;
        Ok(SecondFactorConfirmPayload { recovery_codes, user_errors })
    }

    /// Signs in without a second factor from now on.
    #[graphql(complexity = "PASSWORD_COST + child_complexity")]
    async fn second_factor_disable(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorDisableInput,
    ) -> Result<SecondFactorDisablePayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.disable_second_factor(&own, &input.password).await;
        let (_, user_errors) = split(call, done, SETUP)?;
        Ok(SecondFactorDisablePayload { user_errors })
    }

    /// Makes new recovery codes; the old ones are no longer good.
    #[graphql(complexity = "PASSWORD_COST + child_complexity")]
    async fn recovery_codes_renew(
        &self,
        ctx: &Context<'_>,
        input: RecoveryCodesRenewInput,
    ) -> Result<RecoveryCodesRenewPayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.renew_recovery_codes(&own, &input.password).await;
        let (recovery_codes, user_errors) = split(call, done, ("password", "second factor"))?;
        Ok(RecoveryCodesRenewPayload { recovery_codes, user_errors })
    }

    /// Ends one of the viewer's sessions.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn viewer_session_revoke(
        &self,
        ctx: &Context<'_>,
        input: ViewerSessionRevokeInput,
    ) -> Result<ViewerSessionRevokePayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.revoke_own_session(&own, input.session_id.0).await;
        let (_, user_errors) = split(call, done, ("sessionId", "session"))?;
        Ok(ViewerSessionRevokePayload { user_errors })
    }

    /// Ends all of the viewer's sessions but this one.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn viewer_other_sessions_revoke(
        &self,
        ctx: &Context<'_>,
    ) -> Result<ViewerOtherSessionsRevokePayload> {
        let (call, own) = own(ctx)?;
        let done = call.app.revoke_other_sessions(&own).await;
        let (ended, user_errors) = split(call, done, ("sessionId", "session"))?;
        Ok(ViewerOtherSessionsRevokePayload { ended, user_errors })
    }
}

fn own<'c>(ctx: &Context<'c>) -> Result<(&'c Call, OwnAccount)> {
    let call = Call::of(ctx)?;
    let own = call.own_account().ok_or_else(|| call.error(&AppError::PermissionDenied))?;
    Ok((call, own))
}

fn split<T>(call: &Call, done: Result<T, AppError>, about: About) -> Result<(Option<T>, Vec<UserError>)> {
    match done {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(error) => Ok((None, vec![refused(call, &error, about)?])),
    }
}
