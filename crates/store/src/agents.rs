//! The people who answer.

use signet_domain::access::{Agent, Role};
use signet_domain::{AgentId, ProjectId, Timestamp};

use crate::sql::{Row, Value, statements};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO agents (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)";
    INSERT_ROLE = "INSERT INTO agent_roles (agent_id, project_id, role) VALUES ($1, $2, $3)";
    FIND = "SELECT id, email, name, password_hash FROM agents WHERE id = $1";
    FIND_BY_EMAIL = "SELECT id, email, name, password_hash FROM agents WHERE email = $1";
    ROLES = "SELECT project_id, role FROM agent_roles WHERE agent_id = $1 ORDER BY project_id";
}

/// Stores a new agent with roles. The e-mail is stored in lower case. [`StoreError::Conflict`] if it is taken.
pub async fn insert(
    tx: &mut Tx<'_>,
    agent: &Agent,
    password_hash: &str,
    created_at: Timestamp,
) -> Result<(), StoreError> {
    let email = agent.email.to_lowercase();
    let values =
        [agent.id.into(), (&email).into(), (&agent.name).into(), password_hash.into(), created_at.into()];
    tx.execute(INSERT, &values).await?;
    for (project_id, role) in &agent.roles {
        tx.execute(INSERT_ROLE, &[agent.id.into(), project_id.into(), role.as_str().into()]).await?;
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

/// Finds an agent and the password's hash (PHC string) by e-mail, in any case.
pub async fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<(Agent, String)>, StoreError> {
    let email = email.to_lowercase();
    let found = tx.query_opt(FIND_BY_EMAIL, &[Value::from(&email)], read).await?;
    with_roles(tx, found).await
}

/// Finds an agent.
pub async fn find(tx: &mut Tx<'_>, id: AgentId) -> Result<Option<Agent>, StoreError> {
    let found = tx.query_opt(FIND, &[id.into()], read).await?;
    Ok(with_roles(tx, found).await?.map(|(agent, _)| agent))
}

async fn with_roles(
    tx: &mut Tx<'_>,
    found: Option<(Agent, String)>,
) -> Result<Option<(Agent, String)>, StoreError> {
    let Some((mut agent, password_hash)) = found else { return Ok(None) };
    agent.roles = tx
        .query(ROLES, &[agent.id.into()], |row| {
            Ok((
                row.get::<ProjectId>(0, "agent_roles.project_id")?,
                row.word(1, "agent_roles.role", Role::parse)?,
            ))
        })
        .await?;
    Ok(Some((agent, password_hash)))
}

fn read(row: &Row<'_>) -> Result<(Agent, String), StoreError> {
    let agent = Agent {
        id: row.get(0, "agents.id")?,
        email: row.get(1, "agents.email")?,
        name: row.get(2, "agents.name")?,
        roles: Vec::new(),
    };
    Ok((agent, row.get(3, "agents.password_hash")?))
}
