//! Writes. What the caller can put right is in `userErrors`; everything else is an error of the field.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result, SimpleObject};
use signet_app::{ActivationFailure, Actor, AppError, RevokeBy, SendAsAgent};
use signet_domain::{ClientMessageId, ConversationId, MessageText, Scope, SessionId};

use crate::account_mutation::AccountMutation;
use crate::audit_mutation::AuditMutation;
use crate::bot_mutation::BotMutation;
use crate::call::Call;
use crate::erasure_mutation::ErasureMutation;
use crate::key_mutation::KeyMutation;
use crate::key_set_mutation::KeySetMutation;
use crate::model::{ConversationNode, MessageNode, TokenInspectInput, TokenInspectPayload, TokenInspection};
use crate::people_mutation::PeopleMutation;
use crate::platform_key_mutation::PlatformKeyMutation;
use crate::project_mutation::ProjectMutation;
use crate::scalars::{DateTime, Uuid};
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct VisitorAuthenticateFromCredentialsInput {
    project_id: ID,
    /// The visitor token: a JWS inside a JWE, compact.
    credentials: String,
}

#[derive(SimpleObject)]
pub(crate) struct VisitorSessionToken {
    access_token: String,
    expires_at: DateTime,
}

#[derive(SimpleObject)]
pub(crate) struct VisitorAuthenticateFromCredentialsPayload {
    visitor_session_token: Option<VisitorSessionToken>,
    user_errors: Vec<UserError>,
}

impl VisitorAuthenticateFromCredentialsPayload {
    fn of(result: Result<VisitorSessionToken, UserError>) -> Self {
        match result {
            Ok(token) => Self { visitor_session_token: Some(token), user_errors: Vec::new() },
            Err(error) => Self { visitor_session_token: None, user_errors: vec![error] },
        }
    }
}

#[derive(InputObject)]
pub(crate) struct VisitorSessionsRevokeInput {
    project_id: ID,
    /// Every session of this person.
    user_id: Option<String>,
    /// One session.
    session_id: Option<Uuid>,
    /// Every session that was opened or last renewed by a token of this customer key: its fingerprint.
    signing_key: Option<String>,
}

#[derive(SimpleObject)]
pub(crate) struct VisitorSessionsRevokePayload {
    /// How many sessions lived and were ended.
    revoked_count: i64,
    user_errors: Vec<UserError>,
}

impl VisitorSessionsRevokePayload {
    fn refused(error: UserError) -> Self {
        Self { revoked_count: 0, user_errors: vec![error] }
    }
}

#[derive(InputObject)]
pub(crate) struct MessageSendInput {
    conversation_id: Uuid,
    /// 1 to 10,000 characters.
    text: String,
    /// The same one again stores nothing and answers the first.
    client_message_id: Option<Uuid>,
}

#[derive(SimpleObject)]
pub(crate) struct MessageSendPayload {
    message: Option<MessageNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct ConversationCloseInput {
    conversation_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct ConversationClosePayload {
    conversation: Option<ConversationNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct IdentityConfirmationRequestInput {
    conversation_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct IdentityConfirmationRequestPayload {
    conversation: Option<ConversationNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct ConversationMarkReadInput {
    conversation_id: Uuid,
    sequence: i64,
}

#[derive(SimpleObject)]
pub(crate) struct ConversationMarkReadPayload {
    conversation: Option<ConversationNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct ConversationTypingInput {
    conversation_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct ConversationTypingPayload {
    user_errors: Vec<UserError>,
}

#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    VisitorMutation,
    ErasureMutation,
    AuditMutation,
    ProjectMutation,
    KeyMutation,
    KeySetMutation,
    PlatformKeyMutation,
    PeopleMutation,
    BotMutation,
    AccountMutation,
);

#[derive(Default)]
pub(crate) struct VisitorMutation;

/// A decryption each: fifty fill a request.
const AUTHENTICATION_COST: usize = 400;
/// A durable commit each.
pub(crate) const WRITE_COST: usize = 100;

#[Object]
impl VisitorMutation {
    /// Verifies a visitor token without opening a conversation or consuming the token.
    #[graphql(complexity = "AUTHENTICATION_COST + child_complexity")]
    async fn test_visitor_authenticate_from_credentials(
        &self,
        ctx: &Context<'_>,
        input: VisitorAuthenticateFromCredentialsInput,
    ) -> Result<VisitorAuthenticateFromCredentialsPayload> {
        let call = Call::of(ctx)?;
        let Ok(access) = call.access(&input.project_id, Scope::VisitorsAuthenticate) else {
            return Ok(project_not_found());
        };
        let tested = call.app.test_credentials(&access, &input.credentials, &call.context).await;
        let token = tested.map(|tested| VisitorSessionToken {
            access_token: tested.access_token,
            expires_at: tested.expires_at.into(),
        });
        Ok(VisitorAuthenticateFromCredentialsPayload::of(token.map_err(refused(call))))
    }

    /// Opens a visitor session for a server-side integration.
    #[graphql(complexity = "AUTHENTICATION_COST + child_complexity")]
    async fn visitor_authenticate_from_credentials(
        &self,
        ctx: &Context<'_>,
        input: VisitorAuthenticateFromCredentialsInput,
    ) -> Result<VisitorAuthenticateFromCredentialsPayload> {
        let call = Call::of(ctx)?;
        let Ok(access) = call.access(&input.project_id, Scope::VisitorsAuthenticate) else {
            return Ok(project_not_found());
        };
        let opened = call.app.authenticate_credentials(&access, &input.credentials, &call.context).await;
        let token = opened.map(|opened| VisitorSessionToken {
            access_token: opened.session.access_token,
            expires_at: opened.session.expires_at.into(),
        });
        Ok(VisitorAuthenticateFromCredentialsPayload::of(token.map_err(refused(call))))
    }

    /// Walks a visitor token step by step and says what is wrong with it, why, and what to do. Opens no session and consumes nothing.
    #[graphql(complexity = "AUTHENTICATION_COST + child_complexity")]
    async fn token_inspect(
        &self,
        ctx: &Context<'_>,
        input: TokenInspectInput,
    ) -> Result<TokenInspectPayload> {
        let call = Call::of(ctx)?;
        let not_found = || TokenInspectPayload {
            inspection: None,
            user_errors: vec![UserError::not_found("projectId", "project")],
        };
        let Ok(access) = call.access(&input.project_id, Scope::VisitorsAuthenticate) else {
            return Ok(not_found());
        };
        match call.app.inspect_token(&access, &input.token).await {
            Ok(report) => {
                let inspection = Some(TokenInspection::new(report, call.app.public_url()));
                Ok(TokenInspectPayload { inspection, user_errors: Vec::new() })
            }
            Err(AppError::NotFound) => Ok(not_found()),
            Err(error) => Err(call.error(&error)),
        }
    }

    /// Ends visitor sessions at once: sockets close, and nothing but a new token opens another. Name exactly one of user, session and key.
    /// Nobody signed in is no error: `revokedCount` is 0. Needs `visitors:authenticate`.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn visitor_sessions_revoke(
        &self,
        ctx: &Context<'_>,
        input: VisitorSessionsRevokeInput,
    ) -> Result<VisitorSessionsRevokePayload> {
        let call = Call::of(ctx)?;
        let Ok(access) = call.access(&input.project_id, Scope::VisitorsAuthenticate) else {
            return Ok(VisitorSessionsRevokePayload::refused(UserError::not_found("projectId", "project")));
        };
        let by = match (input.user_id, input.session_id, input.signing_key) {
            (Some(user_id), None, None) => RevokeBy::User(user_id),
            (None, Some(id), None) => RevokeBy::Session(SessionId::from_uuid(id.0)),
            (None, None, Some(key)) => RevokeBy::SigningKey(key),
            _ => {
                let message = "name exactly one of userId, sessionId and signingKey";
                return Ok(VisitorSessionsRevokePayload::refused(UserError::invalid(
                    "userId",
                    "INPUT_INVALID",
                    message,
                )));
            }
        };
        let actor = Actor::caller(&call.caller, &call.context);
        let revoked = call.app.revoke_visitor_sessions(&access, by, &actor).await;
        let revoked = revoked.map_err(|error| call.error(&error))?;
        let revoked_count = i64::try_from(revoked).unwrap_or(i64::MAX);
        Ok(VisitorSessionsRevokePayload { revoked_count, user_errors: Vec::new() })
    }

    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn message_send(&self, ctx: &Context<'_>, input: MessageSendInput) -> Result<MessageSendPayload> {
        let call = Call::of(ctx)?;
        let text = match MessageText::parse(&input.text) {
            Ok(text) => text,
            Err(error) => {
                let error = UserError::invalid("text", "MESSAGE_INVALID", &error.to_string());
                return Ok(MessageSendPayload { message: None, user_errors: vec![error] });
            }
        };
        let message = SendAsAgent {
            conversation_id: ConversationId::from_uuid(input.conversation_id.0),
            text,
            client_message_id: input.client_message_id.map(|id| ClientMessageId::from_uuid(id.0)),
        };
        let sent = call.app.send_as_agent(&call.caller, message, &call.context).await;
        let (message, user_errors) = split(call, sent)?;
        Ok(MessageSendPayload { message: message.map(MessageNode), user_errors })
    }

    /// Closing a closed conversation answers it as it is.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn conversation_close(
        &self,
        ctx: &Context<'_>,
        input: ConversationCloseInput,
    ) -> Result<ConversationClosePayload> {
        let call = Call::of(ctx)?;
        let id = ConversationId::from_uuid(input.conversation_id.0);
        let closed = call.app.close_conversation(&call.caller, id).await;
        let (conversation, user_errors) = split(call, closed)?;
        Ok(ConversationClosePayload { conversation: conversation.map(Into::into), user_errors })
    }

    /// Asks the visitor, in the calling agent's name, to confirm who they are. The request ends with an answer or after 5 minutes; the
    /// thread says how. Asked already: nothing more is written.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn identity_confirmation_request(
        &self,
        ctx: &Context<'_>,
        input: IdentityConfirmationRequestInput,
    ) -> Result<IdentityConfirmationRequestPayload> {
        let call = Call::of(ctx)?;
        let id = ConversationId::from_uuid(input.conversation_id.0);
        let asked = call.app.request_identity_confirmation(&call.caller, id, &call.context).await;
        let (conversation, user_errors) = split(call, asked)?;
        Ok(IdentityConfirmationRequestPayload { conversation: conversation.map(Into::into), user_errors })
    }

    /// Everything up to `sequence` was seen by the agents.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn conversation_mark_read(
        &self,
        ctx: &Context<'_>,
        input: ConversationMarkReadInput,
    ) -> Result<ConversationMarkReadPayload> {
        let call = Call::of(ctx)?;
        let id = ConversationId::from_uuid(input.conversation_id.0);
        let read = call.app.agent_read(&call.caller, id, input.sequence).await;
        let (conversation, user_errors) = split(call, read)?;
        Ok(ConversationMarkReadPayload { conversation: conversation.map(Into::into), user_errors })
    }

    /// Tells the visitor that the agent is typing. At most one every 3 s is passed on.
    #[graphql(complexity = "10 + child_complexity")]
    async fn conversation_typing(
        &self,
        ctx: &Context<'_>,
        input: ConversationTypingInput,
    ) -> Result<ConversationTypingPayload> {
        let call = Call::of(ctx)?;
        let id = ConversationId::from_uuid(input.conversation_id.0);
        let told = call.app.agent_typing(&call.caller, id).await;
        let (_, user_errors) = split(call, told)?;
        Ok(ConversationTypingPayload { user_errors })
    }
}

/// The same answer for a project that does not exist, one of somebody else, and one without the right: site ids are
/// public, and who may authenticate where is not.
fn project_not_found() -> VisitorAuthenticateFromCredentialsPayload {
    VisitorAuthenticateFromCredentialsPayload::of(Err(UserError::not_found("projectId", "project")))
}

fn refused(call: &Call) -> impl Fn(ActivationFailure) -> UserError {
    |failure| UserError::authentication(&failure, &call.context)
}

/// The two halves of a payload.
fn split<T>(call: &Call, result: Result<T, AppError>) -> Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(error) => Ok((None, vec![UserError::about_conversation(&error, &call.context)?])),
    }
}
