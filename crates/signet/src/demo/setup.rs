//! What the demo's platform contains before its doors open.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use signet_app::{Actor, App, NewAgent, NewApiClient, NewCustomerKey, RateLimits};
use signet_domain::access::Agent;
use signet_domain::env::ManualClock;
use signet_domain::{Env, Project, ProjectId, Scopes};
use signet_token::{EncryptionKey, SigningKey, TokenProvider};
use zeroize::Zeroizing;

use crate::demo::folder::{DemoFolder, Remembered};
use crate::demo::people::{ADMIN, AGENTS, DeskUser};
use crate::demo::seed::Seeding;
use crate::environment::{self, SystemRandom};
use crate::platform::Platform;

/// The demo's site id.
pub(super) const PROJECT: &str = "demo";
/// The brand.
pub(super) const BRAND: &str = "Lumen & Fils";
/// The `kid` of the shop's key.
const KEY_ID: &str = "lumen-2026";
/// When the brand opened its project: before the first conversation.
const PROJECT_AGE: Duration = Duration::from_hours(24 * 30);

/// The demo's project, ready for use.
pub(super) struct Demo {
    pub(super) project_id: ProjectId,
    pub(super) customer_private_key_pem: Zeroizing<String>,
    pub(super) customer_key_id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// Sets the demo up in a fresh folder, or goes on with what is in a used one.
pub(super) async fn prepare(
    platform: &Platform,
    folder: &DemoFolder,
    platform_url: &str,
    session_lifetime: Duration,
) -> anyhow::Result<Demo> {
    let project_id = ProjectId::parse(PROJECT)?;
    let now = environment::system().now();
    let clock = Arc::new(ManualClock::new(now));
    let env = Env::new(Arc::clone(&clock) as Arc<_>, Arc::new(SystemRandom));
    let app = platform.app(env, platform_url, RateLimits::unlimited()).await?;

    let existing = app.find_project(&project_id).await.context("look for an earlier demo")?;
    let demo = match (folder.recall()?, &existing) {
        (Some(remembered), Some(_)) => recalled(project_id.clone(), remembered),
        (None, None) => create(platform, folder, &app, &clock, project_id.clone()).await?,
        _ => bail!(
            "{} holds an unfinished or another installation; choose an empty directory",
            folder.path().display()
        ),
    };
    clock.set(environment::system().now());
    let mut project = app.all_projects().await.context("read the demo's project")?;
    let project =
        project.iter_mut().find(|project| project.id == project_id).context("find the demo's project")?;
    project.session_lifetime = session_lifetime;
    app.update_project(project.clone(), &Actor::system()).await.context("set the session lifetime")?;
    Ok(demo)
}

fn recalled(project_id: ProjectId, remembered: Remembered) -> Demo {
    Demo {
        project_id,
        customer_private_key_pem: Zeroizing::new(remembered.customer_private_key_pem),
        customer_key_id: remembered.customer_key_id,
        client_id: remembered.client_id,
        client_secret: remembered.client_secret,
    }
}

async fn create(
    platform: &Platform,
    folder: &DemoFolder,
    app: &Arc<App>,
    clock: &Arc<ManualClock>,
    project_id: ProjectId,
) -> anyhow::Result<Demo> {
    let now = clock_now(app);
    clock.set(signet_domain::Timestamp::from_millis(now.as_millis() - PROJECT_AGE.as_millis() as i64));
    let mut project = Project::new(PROJECT, BRAND, app.env().now())?;
    project.allowed_origins.any_loopback = true;
    app.create_project(project, &Actor::system()).await.context("create the demo's project")?;

    let signing_key = SigningKey::generate().context("make the shop's key")?.with_key_id(KEY_ID)?;
    let pem = signing_key.to_pem().context("write the shop's key")?;
    app.register_customer_key(
        NewCustomerKey {
            project_id: project_id.clone(),
            text: signing_key.verification_key().to_pem(),
            key_id: Some(KEY_ID.to_owned()),
            shared: false,
        },
        &Actor::system(),
    )
    .await
    .context("register the shop's key")?;

    let agents = create_desk_users(app, &project_id).await?;
    let (client, secret) = app
        .create_api_client(
            NewApiClient {
                name: "Demo integration".to_owned(),
                project_id: project_id.clone(),
                scopes: Scopes::INTEGRATION,
            },
            &Actor::system(),
        )
        .await
        .context("create the demo's API client")?;

    let encryption_key =
        EncryptionKey::from_pem(&platform.platform_key_pem()?).context("read the platform's public key")?;
    let provider = TokenProvider::new(signing_key, encryption_key);
    Seeding::new(app, clock, &provider, &agents, &project_id, now)
        .run()
        .await
        .context("play the demo's stories")?;

    let remembered = Remembered {
        customer_private_key_pem: pem.to_string(),
        customer_key_id: KEY_ID.to_owned(),
        client_id: client.id,
        client_secret: secret,
    };
    folder.remember(&remembered)?;
    Ok(recalled(project_id, remembered))
}

fn clock_now(app: &App) -> signet_domain::Timestamp {
    app.env().now()
}

/// The administrator and the agents; answers the agents in their order.
async fn create_desk_users(app: &Arc<App>, project_id: &ProjectId) -> anyhow::Result<Vec<Agent>> {
    let new = |user: &DeskUser| NewAgent {
        email: user.email.to_owned(),
        name: user.name.to_owned(),
        password: user.password.to_owned(),
        roles: vec![(project_id.clone(), user.role)],
    };
    app.create_agent(new(&ADMIN), &Actor::system()).await.context("create the administrator")?;
    let mut agents = Vec::with_capacity(AGENTS.len());
    for user in &AGENTS {
        agents.push(
            app.create_agent(new(user), &Actor::system())
                .await
                .with_context(|| format!("create the agent {}", user.email))?,
        );
    }
    Ok(agents)
}
