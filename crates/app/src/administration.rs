//! Setting up projects, keys, people and programs.
//!
//! These use cases are for the operator at the command line (and the demo), who holds the database; the console's, with
//! their rights, will stand beside them.

use signet_domain::access::{Agent, ApiClient, Role, Scopes};
use signet_domain::audit::AuditKind;
use signet_domain::{AgentId, CustomerKeyId, Project, ProjectId, limits};
use signet_store::customer_keys::{self, CustomerKey, KeyState};
use signet_store::{agents, api_clients, audit_events, projects};
use signet_token::{KeyError, KeyManagement, SignatureAlgorithm, VerificationKey};

use crate::{Actor, App, AppError, secrets};

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

/// Shortest password of an agent, in characters. Length is what counts; no rule asks for classes of characters.
const PASSWORD_CHARACTERS: usize = 12;

impl App {
    /// Creates a project. [`AppError::Exists`] if the id is taken.
    pub async fn create_project(&self, project: Project) -> Result<(), AppError> {
        check_settings(&project)?;
        self.store.write(move |tx| Box::pin(async move { Ok(projects::insert(tx, &project).await?) })).await
    }

    /// Replaces a project's settings. Takes effect on this node at once, on others within a second.
    pub async fn update_project(&self, project: Project) -> Result<(), AppError> {
        check_settings(&project)?;
        let id = project.id.clone();
        let found = self
            .store
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(projects::update(tx, &project).await?) })
            })
            .await?;
        self.projects.forget(&id);
        if found { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// Every project.
    pub async fn all_projects(&self) -> Result<Vec<Project>, AppError> {
        self.store.read(|tx| Box::pin(async move { Ok(projects::all(tx).await?) })).await
    }

    /// Registers a customer key, active at once. Refuses weak keys, and private ones with a word on what to do.
    pub async fn register_customer_key(&self, key: NewCustomerKey) -> Result<CustomerKey, AppError> {
        let parsed = VerificationKey::from_text(&key.text).and_then(|parsed| match &key.key_id {
            Some(key_id) => parsed.with_key_id(key_id),
            None => Ok(parsed),
        });
        let parsed = parsed.map_err(key_refused)?;
        let record = CustomerKey {
            id: CustomerKeyId::generate(&self.env),
            project_id: key.project_id,
            fingerprint: parsed.fingerprint().as_str().to_owned(),
            key_id: parsed.key_id().map(str::to_owned),
            public_key: parsed.to_spki_der(),
            algorithm: Some(parsed.algorithm().name().to_owned()),
            state: KeyState::Active,
            created_at: self.env.now(),
        };
        let stored = record.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    projects::find(tx, &stored.project_id).await?.ok_or(AppError::NotFound)?;
                    Ok::<_, AppError>(customer_keys::insert(tx, &stored).await?)
                })
            })
            .await?;
        self.projects.forget(&record.project_id);
        Ok(record)
    }

    /// A project's customer keys, oldest first.
    pub async fn customer_keys(&self, project_id: &ProjectId) -> Result<Vec<CustomerKey>, AppError> {
        let project_id = project_id.clone();
        self.store
            .read(move |tx| Box::pin(async move { Ok(customer_keys::list(tx, &project_id).await?) }))
            .await
    }

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

fn check_settings(project: &Project) -> Result<(), AppError> {
    check_name(&project.name)?;
    let leeway = project.token_leeway;
    if leeway > limits::TOKEN_LEEWAY_MAX || leeway.subsec_nanos() != 0 {
        let message = format!("the leeway is 0 to {} whole seconds", limits::TOKEN_LEEWAY_MAX.as_secs());
        return Err(AppError::Invalid { code: "LEEWAY_INVALID", message });
    }
    let signatures = &project.signature_algorithms;
    let key_management = &project.key_management;
    let known = !signatures.is_empty()
        && !key_management.is_empty()
        && signatures.iter().all(|name| SignatureAlgorithm::parse(name).is_some())
        && key_management.iter().all(|name| KeyManagement::parse(name).is_some());
    if known {
        return Ok(());
    }
    let message = format!(
        "a project accepts at least one of {} and one of {}",
        SignatureAlgorithm::ALL.map(SignatureAlgorithm::name).join(", "),
        KeyManagement::ALL.map(KeyManagement::name).join(", ")
    );
    Err(AppError::Invalid { code: "ALGORITHM_INVALID", message })
}

fn check_name(name: &str) -> Result<(), AppError> {
    let fits = (1..=limits::NAME_CHARACTERS).contains(&name.trim().chars().count())
        && !name.contains(char::is_control);
    if fits {
        return Ok(());
    }
    let message = format!("a name has 1 to {} characters", limits::NAME_CHARACTERS);
    Err(AppError::Invalid { code: "NAME_INVALID", message })
}

fn key_refused(error: KeyError) -> AppError {
    let advice = match error {
        KeyError::PrivateKey => {
            ". This is a private key: it must never leave your servers. Consider it burnt, make a new pair, and register \
             the public half (`openssl rsa -in rsaPrivateKey.pem -pubout -out rsaPublicKey.pem`)"
        }
        _ => "",
    };
    AppError::Invalid { code: error.code(), message: format!("{error}{advice}") }
}
