//! Who did what: what use cases say to the audit log, and how it is read.

use signet_domain::access::{Agent, ProjectAccess};
use signet_domain::audit::{AuditActor, AuditEvent, AuditKind, network};
use signet_domain::{Caller, ProjectId, Scope, Timestamp, VisitorId};
use signet_store::audit_events::{self, AuditFilter, AuditRow};
use signet_store::{Page, PageRequest, Tx};

use crate::{App, AppError, RequestContext};

/// Who changes something, and from where: the audit log says so beside every change. Use cases that change something take
/// one, make an event of it with [`Actor::did`], and record that in the transaction of the change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    who: AuditActor,
    address: Option<String>,
    correlation_id: Option<String>,
}

impl Actor {
    /// A person at the desk or a program.
    pub fn caller(caller: &Caller, context: &RequestContext) -> Self {
        Self::from_request(AuditActor::from(caller), context)
    }

    /// A visitor. Of the address only the network is kept: nothing can be erased from the log.
    pub fn visitor(id: VisitorId, context: &RequestContext) -> Self {
        Self {
            who: AuditActor::Visitor(id),
            address: Some(network(context.address).to_string()),
            correlation_id: Some(context.correlation_id.clone()),
        }
    }

    /// Somebody who has not proved who they are.
    pub(crate) fn somebody(context: &RequestContext) -> Self {
        Self::from_request(AuditActor::Nobody, context)
    }

    /// Whoever runs commands on the server, by the system's name for them.
    pub fn operator(name: &str) -> Self {
        Self { who: AuditActor::Operator(name.to_owned()), address: None, correlation_id: None }
    }

    /// Signet itself.
    pub fn system() -> Self {
        Self { who: AuditActor::System, address: None, correlation_id: None }
    }

    /// The request it comes from.
    pub(crate) fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    fn from_request(who: AuditActor, context: &RequestContext) -> Self {
        Self {
            who,
            address: Some(context.address.to_canonical().to_string()),
            correlation_id: Some(context.correlation_id.clone()),
        }
    }

    /// What they did, to be recorded with [`audit_events::record`].
    pub fn did(&self, kind: AuditKind, at: Timestamp) -> AuditEvent {
        let mut event = AuditEvent::new(kind, self.who.clone(), at);
        event.address.clone_from(&self.address);
        event.correlation_id.clone_from(&self.correlation_id);
        event
    }
}

impl App {
    /// Records an event that changes nothing else.
    pub(crate) async fn record(&self, event: AuditEvent) -> Result<(), AppError> {
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    Ok(())
                })
            })
            .await
    }

    /// The project's audit log, newest first.
    pub async fn audit_events(
        &self,
        access: &ProjectAccess,
        filter: AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditRow>, AppError> {
        debug_assert_eq!(access.scope(), Scope::AuditRead);
        let (project_id, page) = (access.project_id().clone(), page.clone());
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(audit_events::list(tx, &project_id, &filter, &page).await?) })
            })
            .await
    }
}

/// An event about a person, once for each project in which they have a role; for owners of the platform, once for the
/// platform.
pub(crate) fn about(event: &AuditEvent, agent: &Agent) -> Vec<AuditEvent> {
    let projects: Vec<&ProjectId> =
        if agent.platform_owner { Vec::new() } else { agent.roles.iter().map(|(id, _)| id).collect() };
    if projects.is_empty() {
        return vec![event.clone()];
    }
    projects.into_iter().map(|id| event.clone().in_project(id)).collect()
}

/// Records an event about a person.
pub(crate) fn record_about(tx: &mut Tx<'_>, event: &AuditEvent, agent: &Agent) {
    for event in about(event, agent) {
        audit_events::record(tx, event);
    }
}
