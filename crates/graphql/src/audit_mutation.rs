//! Taking the audit log elsewhere. A mutation, for the log says that it was done.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, AuditChainAccess, ExportPart};
use signet_domain::Scope;

use crate::call::Call;
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct AuditExportInput {
    /// Whose log; without it the platform's own, for those who may change what all projects share.
    project_id: Option<ID>,
    /// `next` of the part before; without it the export begins.
    after: Option<String>,
}

/// A piece of the log: the texts of all parts, in order, are the lines of `signet audit export`.
#[derive(SimpleObject)]
pub(crate) struct AuditExportPart {
    /// Canonical JSON (RFC 8785), an event a line.
    text: String,
    /// Names the part after it, for an hour. Null: this was the last.
    next: Option<String>,
}

impl From<ExportPart> for AuditExportPart {
    fn from(part: ExportPart) -> Self {
        Self { text: part.text, next: part.next }
    }
}

#[derive(SimpleObject)]
pub(crate) struct AuditExportPayload {
    part: Option<AuditExportPart>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct AuditMutation;

/// Many reads: fifty fill a request.
const EXPORT_COST: usize = 400;

#[Object]
impl AuditMutation {
    /// The audit log as JSON Lines, oldest event first, in parts: ask on with `next` until it is null and put the texts behind each other. It
    /// ends with the event that says that it was exported. Needs `audit:read`.
    #[graphql(complexity = "EXPORT_COST + child_complexity")]
    async fn audit_export(&self, ctx: &Context<'_>, input: AuditExportInput) -> Result<AuditExportPayload> {
        let call = Call::of(ctx)?;
        let access = match &input.project_id {
            None => Ok(AuditChainAccess::Platform(call.on_platform()?)),
            Some(id) => call.access(id, Scope::AuditRead).map(AuditChainAccess::Project),
        };
        let part = match access {
            Ok(access) => call.app.export_audit_part(&access, input.after.as_deref(), &call.actor()).await,
            Err(error) => Err(error),
        };
        let error = match part {
            Ok(part) => return Ok(AuditExportPayload { part: Some(part.into()), user_errors: Vec::new() }),
            Err(AppError::NotFound) => UserError::not_found("projectId", "project"),
            Err(error) => UserError::about_field(&error, Some("after"), &call.context)?,
        };
        Ok(AuditExportPayload { part: None, user_errors: vec![error] })
    }
}
