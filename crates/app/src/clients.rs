//! Administration of programs that call the API: what they may do, and their secrets.

use std::time::Duration;

use signet_domain::access::{ApiClient, ProjectAccess, Scope, Scopes};
use signet_domain::audit::AuditKind;
use signet_store::api_clients::{self, ClientRecord};
use signet_store::{Tx, access_tokens, audit_events, projects};

use crate::project_settings::check_name;
use crate::{Actor, App, AppError, NewApiClient, secrets};

/// The longest time that a replaced secret may stay good.
const LONGEST_OVERLAP: Duration = Duration::from_hours(24 * 30);

/// What to change of a program. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ClientChange {
    /// What people call it.
    pub name: Option<String>,
    /// The most it may ask for. Tokens it has lose what is taken away at once.
    pub scopes: Option<Scopes>,
}

/// A program and its new secret, which cannot be read again. Without `Debug`: it holds that secret.
pub struct NewSecret {
    /// Which.
    pub record: ClientRecord,
    /// The secret.
    pub secret: String,
}

impl App {
    /// The project's programs, oldest first, also those that were revoked.
    pub async fn api_clients(&self, access: &ProjectAccess) -> Result<Vec<ClientRecord>, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersRead);
        let project_id = access.project_id().clone();
        self.store
            .read(move |tx| Box::pin(async move { Ok(api_clients::list(tx, &project_id).await?) }))
            .await
    }

    /// Creates an API client, as the operator.
    pub async fn create_api_client(
        &self,
        client: NewApiClient,
        actor: &Actor,
    ) -> Result<(ApiClient, String), AppError> {
        let made = self.make_client(client, actor).await?;
        Ok((made.record.client, made.secret))
    }

    /// Registers a program. Nobody gives a program what they may not do themselves.
    pub async fn register_client(
        &self,
        access: &ProjectAccess,
        name: String,
        scopes: Scopes,
        actor: &Actor,
    ) -> Result<NewSecret, AppError> {
        debug_assert_eq!(access.scope(), Scope::ClientsWrite);
        may_give(access, scopes)?;
        let project_id = access.project_id().clone();
        self.make_client(NewApiClient { name, project_id, scopes }, actor).await
    }

    async fn make_client(&self, client: NewApiClient, actor: &Actor) -> Result<NewSecret, AppError> {
        check_name(&client.name)?;
        if client.scopes == Scopes::NONE {
            let message = "a program needs at least one scope".to_owned();
            return Err(AppError::Invalid { code: "SCOPE_INVALID", message });
        }
        let (secret, hash) = secrets::generate("sgs", &self.env);
        let client = ApiClient {
            id: self.env.uuid_v7().to_string(),
            name: client.name.trim().to_owned(),
            project_id: client.project_id,
            scopes: client.scopes,
        };
        let now = self.env.now();
        let event = actor
            .did(AuditKind::ClientCreated, now)
            .in_project(&client.project_id)
            .to("API_CLIENT", &client.id)
            .with("name", &client.name)
            .with("scopes", &client.scopes);
        let record = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    projects::find(tx, &client.project_id).await?.ok_or(AppError::NotFound)?;
                    api_clients::insert(tx, &client, &hash, now).await?;
                    audit_events::record(tx, event);
                    found(tx, &client.id).await
                })
            })
            .await?;
        Ok(NewSecret { record, secret })
    }

    /// Changes a program's name or scopes.
    pub async fn update_client(
        &self,
        access: &ProjectAccess,
        id: &str,
        change: ClientChange,
        actor: &Actor,
    ) -> Result<ClientRecord, AppError> {
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        if let Some(scopes) = change.scopes {
            may_give(access, scopes)?;
        }
        let event = actor.did(AuditKind::ClientChanged, self.env.now());
        self.change_client(access, id, move |tx, record| {
            Box::pin(async move {
                let mut client = record.client;
                if let Some(name) = change.name {
                    name.trim().clone_into(&mut client.name);
                }
                client.scopes = change.scopes.unwrap_or(client.scopes);
                api_clients::update(tx, &client).await?;
                let event = event.in_project(&client.project_id).to("API_CLIENT", &client.id);
                audit_events::record(tx, event.with("name", &client.name).with("scopes", &client.scopes));
                Ok(())
            })
        })
        .await
    }

    /// Gives a program a new secret. The old one stays good for `overlap`, at most 30 days; with none at all, the tokens it got
    /// end too.
    pub async fn rotate_client_secret(
        &self,
        access: &ProjectAccess,
        id: &str,
        overlap: Duration,
        actor: &Actor,
    ) -> Result<NewSecret, AppError> {
        if overlap > LONGEST_OVERLAP {
            let message = "an old secret stays good for at most 30 days".to_owned();
            return Err(AppError::Invalid { code: "OVERLAP_INVALID", message });
        }
        let (secret, hash) = secrets::generate("sgs", &self.env);
        let now = self.env.now();
        let event = actor.did(AuditKind::ClientSecretRotated, now);
        let record = self
            .change_client(access, id, move |tx, record| {
                Box::pin(async move {
                    let ApiClient { id, project_id, .. } = &record.client;
                    api_clients::rotate(tx, id, &hash, now.after(overlap)).await?;
                    if overlap.is_zero() {
                        access_tokens::delete_of_client(tx, id).await?;
                    }
                    let event = event.in_project(project_id).to("API_CLIENT", id);
                    audit_events::record(tx, event.with("overlapSeconds", &overlap.as_secs()));
                    Ok(())
                })
            })
            .await?;
        Ok(NewSecret { record, secret })
    }

    /// Ends everything a program may do, for ever. Doing it again changes nothing.
    pub async fn revoke_client(
        &self,
        access: &ProjectAccess,
        id: &str,
        actor: &Actor,
    ) -> Result<ClientRecord, AppError> {
        let now = self.env.now();
        let event = actor.did(AuditKind::ClientRevoked, now);
        self.change_client(access, id, move |tx, record| {
            Box::pin(async move {
                let ApiClient { id, project_id, .. } = &record.client;
                if api_clients::revoke(tx, id, now).await? {
                    access_tokens::delete_of_client(tx, id).await?;
                    audit_events::record(tx, event.in_project(project_id).to("API_CLIENT", id));
                }
                Ok(())
            })
        })
        .await
    }

    async fn change_client<F>(
        &self,
        access: &ProjectAccess,
        id: &str,
        change: F,
    ) -> Result<ClientRecord, AppError>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>, ClientRecord) -> signet_store::Work<'t, Result<(), AppError>>
            + Send
            + 'static,
    {
        debug_assert_eq!(access.scope(), Scope::ClientsWrite);
        let (id, project_id, own) =
            (id.to_owned(), access.project_id().clone(), access.caller().scopes_in(access.project_id()));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let record = found(tx, &id).await?;
                    if record.client.project_id != project_id {
                        return Err(AppError::NotFound);
                    }
                    // Who holds a program's secret can do what it can.
                    if !own.contains_all(record.client.scopes) {
                        return Err(AppError::PermissionDenied);
                    }
                    change(tx, record).await?;
                    found(tx, &id).await
                })
            })
            .await
    }
}

async fn found(tx: &mut Tx<'_>, id: &str) -> Result<ClientRecord, AppError> {
    Ok(api_clients::find(tx, id).await?.ok_or(AppError::NotFound)?.0)
}

fn may_give(access: &ProjectAccess, scopes: Scopes) -> Result<(), AppError> {
    let own = access.caller().scopes_in(access.project_id());
    if own.contains_all(scopes) { Ok(()) } else { Err(AppError::PermissionDenied) }
}
