//! Writes about personal data: export and anonymisation.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, DataAsker, ExportPart};
use signet_domain::{ConversationId, VisitorId};

use crate::call::Call;
use crate::model::{ConversationNode, VisitorNode};
use crate::scalars::Uuid;
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct ClosedConversationAnonymizeInput {
    conversation_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct ClosedConversationAnonymizePayload {
    conversation: Option<ConversationNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct VisitorAnonymizeInput {
    visitor_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct VisitorAnonymizePayload {
    visitor: Option<VisitorNode>,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct VisitorExportInput {
    visitor_id: Uuid,
    /// `next` of the part before; without it the export begins.
    after: Option<String>,
}

/// A piece of the document: the texts of all parts, in order, are one JSON object.
#[derive(SimpleObject)]
pub(crate) struct VisitorExportPart {
    text: String,
    /// Names the part after it, for an hour. Null: this was the last.
    next: Option<String>,
}

impl From<ExportPart> for VisitorExportPart {
    fn from(part: ExportPart) -> Self {
        Self { text: part.text, next: part.next }
    }
}

#[derive(SimpleObject)]
pub(crate) struct VisitorExportPayload {
    part: Option<VisitorExportPart>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ErasureMutation;

/// Many commits, or many reads: fifty fill a request.
const PERSONAL_DATA_COST: usize = 400;

#[Object]
impl ErasureMutation {
    /// Deletes all messages of a closed conversation, system ones too, and what its visitor wrote in the survey. The conversation,
    /// its times, scores and sales stay. Again: nothing more happens. Needs `visitors:erase`.
    #[graphql(complexity = "PERSONAL_DATA_COST + child_complexity")]
    async fn closed_conversation_anonymize(
        &self,
        ctx: &Context<'_>,
        input: ClosedConversationAnonymizeInput,
    ) -> Result<ClosedConversationAnonymizePayload> {
        let call = Call::of(ctx)?;
        let id = ConversationId::from_uuid(input.conversation_id.0);
        let done = call.app.anonymize_conversation(&asker(call), id, &call.actor()).await;
        let (conversation, user_errors) = split(call, done, ("conversationId", "conversation"))?;
        Ok(ClosedConversationAnonymizePayload { conversation: conversation.map(Into::into), user_errors })
    }

    /// Takes everything that names a visitor out of the platform, wherever it came from: profile, `userId`, ids of sales, all
    /// messages. Sessions end, the ongoing conversation is closed; the same person's next sign-in is a new visitor. Again: nothing
    /// more happens. Needs `visitors:erase`.
    #[graphql(complexity = "PERSONAL_DATA_COST + child_complexity")]
    async fn visitor_anonymize(
        &self,
        ctx: &Context<'_>,
        input: VisitorAnonymizeInput,
    ) -> Result<VisitorAnonymizePayload> {
        let call = Call::of(ctx)?;
        let id = VisitorId::from_uuid(input.visitor_id.0);
        let done = call.app.anonymize_visitor(&asker(call), id, &call.actor()).await;
        let (visitor, user_errors) = split(call, done, ("visitorId", "visitor"))?;
        Ok(VisitorAnonymizePayload { visitor: visitor.map(VisitorNode), user_errors })
    }

    /// Everything about a person as one JSON document, in parts: ask on with `next` until it is null and put the texts behind each other.
    /// The audit log says that it was exported. Needs `visitors:erase`.
    #[graphql(complexity = "PERSONAL_DATA_COST + child_complexity")]
    async fn visitor_export(
        &self,
        ctx: &Context<'_>,
        input: VisitorExportInput,
    ) -> Result<VisitorExportPayload> {
        let call = Call::of(ctx)?;
        let id = VisitorId::from_uuid(input.visitor_id.0);
        let part = call.app.export_visitor(&asker(call), id, input.after.as_deref(), &call.actor()).await;
        let (part, user_errors) = split(call, part, ("visitorId", "visitor"))?;
        Ok(VisitorExportPayload { part: part.map(Into::into), user_errors })
    }
}

fn asker(call: &Call) -> DataAsker {
    DataAsker::Caller(call.caller.clone())
}

/// The two halves of a payload about a thing that an input field names.
fn split<T>(
    call: &Call,
    result: Result<T, AppError>,
    (field, thing): (&'static str, &str),
) -> Result<(Option<T>, Vec<UserError>)> {
    let error = match result {
        Ok(value) => return Ok((Some(value), Vec::new())),
        Err(AppError::NotFound) => UserError::not_found(field, thing),
        Err(AppError::Conflict { code, message }) => UserError::invalid(field, code, &message),
        Err(error) => UserError::about_field(&error, Some("after"), &call.context)?,
    };
    Ok((None, vec![error]))
}
