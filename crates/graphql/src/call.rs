//! What every resolver works with: the application, who calls, and the request's id.

use std::sync::Arc;

use async_graphql::{Context, Error, Result};
use signet_app::{
    Actor, App, AppError, Authenticated, OwnAccount, PlatformAccess, ProjectAccess, RequestContext,
};
use signet_domain::{Caller, ProjectId, Scope};

use crate::error;

/// An authenticated request.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    /// The id of the session or token, as its owner's list has it.
    pub(crate) session: uuid::Uuid,
    pub(crate) context: RequestContext,
}

impl Call {
    /// The call that a resolver serves. The transports put it into every request.
    pub(crate) fn of<'c>(ctx: &Context<'c>) -> Result<&'c Self> {
        ctx.data::<Self>()
    }

    /// Who calls and from where, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        Actor::caller(&self.caller, &self.context)
    }

    /// The caller's own account, if they are a person.
    pub(crate) fn own_account(&self) -> Option<OwnAccount> {
        let authenticated = Authenticated { caller: self.caller.clone(), session: self.session };
        OwnAccount::of(&authenticated, &self.context)
    }

    /// An error of a use case as GraphQL shows it.
    pub(crate) fn error(&self, error: &AppError) -> Error {
        error::field_error(error, &self.context)
    }

    /// Proof of a right in a project, whose id came from outside. A project the caller has no part in is not found, as
    /// one that does not exist; in their own project they are told which right they lack.
    pub(crate) fn access(&self, project_id: &str, scope: Scope) -> Result<ProjectAccess, AppError> {
        let id = ProjectId::parse(project_id).map_err(|_| AppError::NotFound)?;
        if let Some(access) = self.caller.in_project(&id, scope) {
            return Ok(access);
        }
        let part = Scope::ALL.into_iter().any(|other| self.caller.in_project(&id, other).is_some());
        Err(if part { AppError::PermissionDenied } else { AppError::NotFound })
    }

    /// Proof of the right to change what all projects share.
    pub(crate) fn on_platform(&self) -> Result<PlatformAccess> {
        self.caller.on_platform().ok_or_else(|| self.error(&AppError::PermissionDenied))
    }

    /// As [`Call::access`], for resolvers.
    pub(crate) fn require(&self, project_id: &str, scope: Scope) -> Result<ProjectAccess> {
        self.access(project_id, scope).map_err(|error| self.error(&error))
    }
}
