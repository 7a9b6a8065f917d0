//! Setting up people and programs.
//!
//! These use cases are for the operator at the command line (and the demo), who holds the database; the console's, with
//! their rights, will stand beside them.

use signet_domain::access::{Agent, Role, Scopes};
use signet_domain::audit::AuditKind;
use signet_domain::{AgentId, ProjectId};
use signet_store::{agents, audit_events, projects};

use crate::people::{check_email, check_password};
use crate::project_settings::check_name;
use crate::{Actor, App, AppError, secrets};

/// An agent to create.
pub struct NewAgent {
    /// Sign-in name.
    pub email: String,
    /// The name visitors see.
    pub name: String,
    /// At least 12 characters.
    pub password: String,
    /// Role in each project.
    pub roles: Vec<(ProjectId, Role)>,
}

/// An API client to create.
pub struct NewApiClient {
    /// What people call it.
    pub name: String,
    /// Its project.
    pub project_id: ProjectId,
    /// The most it may ask for.
    pub scopes: Scopes,
}

impl App {
    /// Creates an agent.
    pub async fn create_agent(&self, agent: NewAgent, actor: &Actor) -> Result<Agent, AppError> {
        check_name(&agent.name)?;
        check_email(&agent.email)?;
        // An operator chooses for somebody else, as the demo does: only what is guessed first anywhere is refused.
        check_password(&agent.password, &[])?;
        let hash = secrets::hash_password(agent.password, &self.env).await?;
        let record = Agent {
            id: AgentId::generate(&self.env),
            email: agent.email.to_lowercase(),
            name: agent.name,
            platform_owner: false,
            roles: agent.roles,
        };
        let (stored, now) = (record.clone(), self.env.now());
        let created = actor.did(AuditKind::UserCreated, now).to("USER", &record.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    for (project_id, role) in &stored.roles {
                        projects::find(tx, project_id).await?.ok_or(AppError::NotFound)?;
                        let created = created.clone().in_project(project_id).with("role", &role.as_str());
                        audit_events::record(tx, created.with("email", &stored.email));
                    }
                    Ok::<_, AppError>(agents::insert(tx, &stored, &hash, now).await?)
                })
            })
            .await?;
        Ok(record)
    }
}
