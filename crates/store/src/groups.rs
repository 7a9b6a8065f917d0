//! Groups of people in a project.

use signet_domain::{AgentId, ProjectId, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, Value, statements};
use crate::{StoreError, Tx};

/// A group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub project_id: ProjectId,
    /// What people call it, once in a project.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Who is in it, by id.
    pub members: Vec<AgentId>,
}

statements! {
    INSERT = "INSERT INTO agent_groups (id, project_id, name, created_at) VALUES ($1, $2, $3, $4)";
    RENAME = "UPDATE agent_groups SET name = $1 WHERE id = $2";
    DELETE = "DELETE FROM agent_groups WHERE id = $1";
    FIND = "SELECT id, project_id, name, created_at FROM agent_groups WHERE id = $1";
    LIST = "SELECT id, project_id, name, created_at FROM agent_groups WHERE project_id = $1 ORDER BY name";
    MEMBERS = "SELECT agent_id FROM agent_group_members WHERE group_id = $1 ORDER BY agent_id";
    INSERT_MEMBER = "INSERT INTO agent_group_members (group_id, agent_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    DELETE_MEMBERS = "DELETE FROM agent_group_members WHERE group_id = $1";
    LEAVE = "DELETE FROM agent_group_members WHERE group_id IN (SELECT id FROM agent_groups WHERE project_id = $1) \
        AND agent_id = $2";
}

/// Stores a group with its members. [`StoreError::Conflict`] if the project has one of that name.
pub async fn insert(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    let values = [group.id.into(), (&group.project_id).into(), (&group.name).into(), group.created_at.into()];
    tx.execute(INSERT, &values).await?;
    insert_members(tx, group).await
}

/// Writes a group's name and members.
pub async fn update(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    tx.execute(RENAME, &[(&group.name).into(), group.id.into()]).await?;
    tx.execute(DELETE_MEMBERS, &[Value::from(group.id)]).await?;
    insert_members(tx, group).await
}

async fn insert_members(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    for member in &group.members {
        tx.execute(INSERT_MEMBER, &[group.id.into(), (*member).into()]).await?;
    }
    Ok(())
}

/// Removes a group.
pub async fn delete(tx: &mut Tx<'_>, id: Uuid) -> Result<(), StoreError> {
    tx.execute(DELETE_MEMBERS, &[Value::from(id)]).await?;
    tx.execute(DELETE, &[Value::from(id)]).await.map(drop)
}

/// Takes somebody out of all groups of a project.
pub async fn leave(tx: &mut Tx<'_>, project_id: &ProjectId, agent_id: AgentId) -> Result<(), StoreError> {
    tx.execute(LEAVE, &[project_id.into(), agent_id.into()]).await.map(drop)
}

/// Finds a group.
pub async fn find(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Group>, StoreError> {
    let Some(mut group) = tx.query_opt(FIND, &[id.into()], read).await? else { return Ok(None) };
    group.members = members(tx, id).await?;
    Ok(Some(group))
}

/// A project's groups by name.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<Group>, StoreError> {
    let mut groups = tx.query(LIST, &[project_id.into()], read).await?;
    for group in &mut groups {
        group.members = members(tx, group.id).await?;
    }
    Ok(groups)
}

async fn members(tx: &mut Tx<'_>, id: Uuid) -> Result<Vec<AgentId>, StoreError> {
    tx.query(MEMBERS, &[id.into()], |row| row.get(0, "agent_group_members.agent_id")).await
}

fn read(row: &Row<'_>) -> Result<Group, StoreError> {
    Ok(Group {
        id: row.get(0, "agent_groups.id")?,
        project_id: row.get(1, "agent_groups.project_id")?,
        name: row.get(2, "agent_groups.name")?,
        created_at: row.get(3, "agent_groups.created_at")?,
        members: Vec::new(),
    })
}
