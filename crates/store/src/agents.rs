//! The people who answer, with their roles.

use signet_domain::access::{Agent, Role};
use signet_domain::{AgentId, ProjectId, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

/// A person with what administration needs to know of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Who.
    pub agent: Agent,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// Whether they sign in with a second factor.
    pub has_second_factor: bool,
    /// When they were last there, to the minute; `None` for somebody who never was.
    pub last_seen_at: Option<Timestamp>,
}

macro_rules! account {
    ($rest:literal) => {
        concat!(
            "SELECT agents.id, agents.email, agents.name, agents.platform_owner, agents.created_at, \
             agents.disabled_at, agents.password_hash, second_factors.confirmed_at, agents.last_seen_at FROM agents \
             LEFT JOIN second_factors ON second_factors.agent_id = agents.id ",
            $rest
        )
    };
}

macro_rules! members {
    ($order:literal) => {
        concat!(
            "SELECT agent_id FROM agent_roles WHERE project_id = $1 AND agent_id > $2 AND agent_id < $3 \
             ORDER BY agent_id ",
            $order,
            " LIMIT $4"
        )
    };
}

statements! {
    INSERT = "INSERT INTO agents (id, email, name, password_hash, platform_owner, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_ROLE = "INSERT INTO agent_roles (agent_id, project_id, role) VALUES ($1, $2, $3)";
    PUT_ROLE = "INSERT INTO agent_roles (agent_id, project_id, role) VALUES ($1, $2, $3) \
        ON CONFLICT (agent_id, project_id) DO UPDATE SET role = excluded.role";
    DELETE_ROLE = "DELETE FROM agent_roles WHERE agent_id = $1 AND project_id = $2";
    FIND = account!("WHERE agents.id = $1");
    FIND_BY_EMAIL = account!("WHERE agents.email = $1");
    ROLES = "SELECT project_id, role FROM agent_roles WHERE agent_id = $1 ORDER BY project_id";
    PROJECTS = "SELECT id FROM projects WHERE id >= '' ORDER BY id";
    MEMBERS = members!("ASC");
    MEMBERS_BACKWARDS = members!("DESC");
    ANY = "SELECT id FROM agents WHERE email >= '' ORDER BY email LIMIT 1";
    OWNERS = account!("WHERE agents.disabled_at IS NULL AND (agents.platform_owner OR agents.id IN \
        (SELECT agent_id FROM agent_roles WHERE role = 'OWNER')) ORDER BY agents.email");
    SET_PASSWORD = "UPDATE agents SET password_hash = $1 WHERE id = $2";
    SET_NAME = "UPDATE agents SET name = $1 WHERE id = $2";
    SET_DISABLED = "UPDATE agents SET disabled_at = $1 WHERE id = $2";
    SEEN = "UPDATE agents SET last_seen_at = $1 WHERE id = $2";
}

/// Stores a new agent with roles. The e-mail is stored in lower case. [`StoreError::Conflict`] if it is taken.
pub async fn insert(
    tx: &mut Tx<'_>,
    agent: &Agent,
    password_hash: &str,
    created_at: Timestamp,
) -> Result<(), StoreError> {
    let email = agent.email.to_lowercase();
    let values = [
        agent.id.into(),
        (&email).into(),
        (&agent.name).into(),
        password_hash.into(),
        agent.platform_owner.into(),
        created_at.into(),
    ];
    tx.execute(INSERT, &values).await?;
    if agent.platform_owner {
        // Their roles are every project's, and are not written down.
        return Ok(());
    }
    for (project_id, role) in &agent.roles {
        grant(tx, agent.id, project_id, *role).await?;
    }
    Ok(())
}

/// Gives an agent a role in a project. [`StoreError::Conflict`] if they have one there.
pub async fn grant(
    tx: &mut Tx<'_>,
    agent_id: AgentId,
    project_id: &ProjectId,
    role: Role,
) -> Result<(), StoreError> {
    tx.execute(INSERT_ROLE, &[agent_id.into(), project_id.into(), role.as_str().into()]).await.map(drop)
}

/// Gives an agent a role in a project in place of the one they have, or takes it.
pub async fn set_role(
    tx: &mut Tx<'_>,
    agent_id: AgentId,
    project_id: &ProjectId,
    role: Option<Role>,
) -> Result<(), StoreError> {
    match role {
        Some(role) => tx.execute(PUT_ROLE, &[agent_id.into(), project_id.into(), role.as_str().into()]).await,
        None => tx.execute(DELETE_ROLE, &[agent_id.into(), project_id.into()]).await,
    }
    .map(drop)
}

/// Sets the password's hash (PHC string).
pub async fn set_password(tx: &mut Tx<'_>, id: AgentId, password_hash: &str) -> Result<(), StoreError> {
    tx.execute(SET_PASSWORD, &[password_hash.into(), id.into()]).await.map(drop)
}

/// Sets the name.
pub async fn set_name(tx: &mut Tx<'_>, id: AgentId, name: &str) -> Result<(), StoreError> {
    tx.execute(SET_NAME, &[name.into(), id.into()]).await.map(drop)
}

/// Forbids an agent to sign in, or with `None` allows it again.
pub async fn set_disabled(
    tx: &mut Tx<'_>,
    id: AgentId,
    disabled_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(SET_DISABLED, &[disabled_at.into(), id.into()]).await.map(drop)
}

/// Notes that an agent is there.
pub async fn seen(tx: &mut Tx<'_>, id: AgentId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(SEEN, &[now.into(), id.into()]).await.map(drop)
}

/// Whether there is any agent at all.
pub async fn any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.query_opt(ANY, &[], |_| Ok(())).await?.is_some())
}

/// Finds an agent and the password's hash (PHC string, empty if there is none) by e-mail, in any case.
pub async fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<(Account, String)>, StoreError> {
    let email = email.to_lowercase();
    let found = tx.query_opt(FIND_BY_EMAIL, &[Value::from(&email)], read).await?;
    with_roles(tx, found).await
}

/// Finds an agent, also one who may not sign in.
pub async fn find(tx: &mut Tx<'_>, id: AgentId) -> Result<Option<Agent>, StoreError> {
    Ok(find_account(tx, id).await?.map(|(account, _)| account.agent))
}

/// Finds an agent with what administration needs to know, and the password's hash.
pub async fn find_account(tx: &mut Tx<'_>, id: AgentId) -> Result<Option<(Account, String)>, StoreError> {
    let found = tx.query_opt(FIND, &[id.into()], read).await?;
    with_roles(tx, found).await
}

/// Lists the people with a role in a project, first come first.
pub async fn list(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    page: &PageRequest,
) -> Result<Page<Account>, StoreError> {
    let (_, after) = page.after_uuid((0, Uuid::nil()))?;
    let (_, before) = page.before_uuid((0, Uuid::max()))?;
    let values = [project_id.into(), after.into(), before.into(), page.read().into()];
    let sql = if page.from_end { MEMBERS_BACKWARDS } else { MEMBERS };
    let ids: Vec<AgentId> = tx.query(sql, &values, |row| row.get(0, "agent_roles.agent_id")).await?;
    let mut accounts = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some((account, _)) = find_account(tx, id).await? {
            accounts.push((Cursor { key: 0, id: id.to_string() }, account));
        }
    }
    Ok(Page::new(page, accounts))
}

/// Everybody who owns the platform or a project and may sign in, by address. For the operator's review.
pub async fn owners(tx: &mut Tx<'_>) -> Result<Vec<Account>, StoreError> {
    Ok(tx.query(OWNERS, &[], read).await?.into_iter().map(|(account, _)| account).collect())
}

async fn with_roles(
    tx: &mut Tx<'_>,
    found: Option<(Account, String)>,
) -> Result<Option<(Account, String)>, StoreError> {
    let Some((mut account, password_hash)) = found else { return Ok(None) };
    account.agent.roles = if account.agent.platform_owner {
        tx.query(PROJECTS, &[], |row| Ok((row.get::<ProjectId>(0, "projects.id")?, Role::Owner))).await?
    } else {
        tx.query(ROLES, &[account.agent.id.into()], |row| {
            Ok((
                row.get::<ProjectId>(0, "agent_roles.project_id")?,
                row.word(1, "agent_roles.role", Role::parse)?,
            ))
        })
        .await?
    };
    Ok(Some((account, password_hash)))
}

fn read(row: &Row<'_>) -> Result<(Account, String), StoreError> {
    let agent = Agent {
        id: row.get(0, "agents.id")?,
        email: row.get(1, "agents.email")?,
        name: row.get(2, "agents.name")?,
        platform_owner: row.get(3, "agents.platform_owner")?,
        roles: Vec::new(),
    };
    let password_hash: String = row.get(6, "agents.password_hash")?;
    let account = Account {
        agent,
        created_at: row.get(4, "agents.created_at")?,
        disabled_at: row.get(5, "agents.disabled_at")?,
        has_password: !password_hash.is_empty(),
        has_second_factor: row.get::<Option<Timestamp>>(7, "second_factors.confirmed_at")?.is_some(),
        last_seen_at: row.get(8, "agents.last_seen_at")?,
    };
    Ok((account, password_hash))
}
