//! Setting up people and programs.
//!
//! These use cases are for the operator at the command line (and the demo), who holds the database; the console's, with
//! their rights, will stand beside them.

use signet_domain::access::{Agent, ApiClient, Role, Scopes};
use signet_domain::audit::AuditKind;
use signet_domain::{AgentId, ProjectId, limits};
use signet_store::{agents, api_clients, audit_events, projects};

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

/// Shortest password of an agent, in characters. Length is what counts; no rule asks for classes of characters.
const PASSWORD_CHARACTERS: usize = 12;

impl App {
    /// Creates an agent.
    pub async fn create_agent(&self, agent: NewAgent, actor: &Actor) -> Result<Agent, AppError> {
        check_name(&agent.name)?;
        let looks_like_an_address = agent.email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !agent.email.contains(char::is_whitespace)
        });
        if !looks_like_an_address || agent.email.chars().count() > limits::NAME_CHARACTERS {
            return Err(AppError::Invalid {
                code: "EMAIL_INVALID",
                message: "the e-mail address is not valid".into(),
            });
        }
        if agent.password.chars().count() < PASSWORD_CHARACTERS {
            let message = format!("the password has fewer than {PASSWORD_CHARACTERS} characters");
            return Err(AppError::Invalid { code: "PASSWORD_TOO_SHORT", message });
        }
        let hash = secrets::hash_password(agent.password, &self.env).await?;
        let record = Agent {
            id: AgentId::generate(&self.env),
            email: agent.email.to_lowercase(),
            name: agent.name,
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

    /// Creates an API client and answers its secret, which cannot be read again.
    pub async fn create_api_client(
        &self,
        client: NewApiClient,
        actor: &Actor,
    ) -> Result<(ApiClient, String), AppError> {
        check_name(&client.name)?;
        let (secret, hash) = secrets::generate("sgs", &self.env);
        let record = ApiClient {
            id: self.env.uuid_v7().to_string(),
            name: client.name,
            project_id: client.project_id,
            scopes: client.scopes,
        };
        let (stored, now) = (record.clone(), self.env.now());
        let created = actor
            .did(AuditKind::ClientCreated, now)
            .in_project(&record.project_id)
            .to("API_CLIENT", &record.id)
            .with("name", &record.name)
            .with("scopes", &record.scopes);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    projects::find(tx, &stored.project_id).await?.ok_or(AppError::NotFound)?;
                    audit_events::record(tx, created);
                    Ok::<_, AppError>(api_clients::insert(tx, &stored, &hash, now).await?)
                })
            })
            .await?;
        Ok((record, secret))
    }
}
