//! Setting up projects, keys, people and programs.
//!
//! These use cases are for the operator at the command line (and the demo), who holds the database; the console's, with
//! their rights, will stand beside them.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use signet_domain::access::{Agent, ApiClient, Role, Scopes};
use signet_domain::{Project, ProjectId};
use signet_store::customer_keys::CustomerKey;

use crate::{App, AppError};

/// A key to register.
pub struct NewCustomerKey {
    /// The project whose tokens it will verify.
    pub project_id: ProjectId,
    /// PEM (SubjectPublicKeyInfo) or a JWK.
    pub text: String,
    /// The brand's `kid`, unless the JWK has one.
    pub key_id: Option<String>,
}

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
    /// Creates a project. [`AppError::Exists`] if the id is taken.
    pub async fn create_project(&self, project: Project) -> Result<(), AppError> {
        todo!()
    }

    /// Replaces a project's settings.
    pub async fn update_project(&self, project: Project) -> Result<(), AppError> {
        todo!()
    }

    /// Every project.
    pub async fn all_projects(&self) -> Result<Vec<Project>, AppError> {
        todo!()
    }

    /// Registers a customer key, active at once. Refuses weak keys, and private ones with a word on what to do.
    pub async fn register_customer_key(&self, key: NewCustomerKey) -> Result<CustomerKey, AppError> {
        todo!()
    }

    /// A project's customer keys, oldest first.
    pub async fn customer_keys(&self, project_id: &ProjectId) -> Result<Vec<CustomerKey>, AppError> {
        todo!()
    }

    /// Creates an agent.
    pub async fn create_agent(&self, agent: NewAgent) -> Result<Agent, AppError> {
        todo!()
    }

    /// Creates an API client and answers its secret, which cannot be read again.
    pub async fn create_api_client(&self, client: NewApiClient) -> Result<(ApiClient, String), AppError> {
        todo!()
    }
}
