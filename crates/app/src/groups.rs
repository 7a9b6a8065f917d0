//! Groups of people in a project.

use signet_domain::AgentId;
use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::audit::AuditKind;
use signet_store::groups::{self, Group};
use signet_store::{StoreError, Tx, agents, audit_events};
use uuid::Uuid;

use crate::project_settings::check_name;
use crate::{Actor, App, AppError};

/// What to change of a group. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// What people call it.
    pub name: Option<String>,
    /// Who is in it; all of them have a role in the project.
    pub members: Option<Vec<AgentId>>,
}

impl App {
    /// The project's groups, by name.
    pub async fn groups(&self, access: &ProjectAccess) -> Result<Vec<Group>, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersRead);
        let project_id = access.project_id().clone();
        self.store.read(move |tx| Box::pin(async move { Ok(groups::list(tx, &project_id).await?) })).await
    }

    /// Creates a group. [`AppError::Exists`] if the project has one of that name.
    pub async fn create_group(
        &self,
        access: &ProjectAccess,
        name: &str,
        members: Vec<AgentId>,
        actor: &Actor,
    ) -> Result<Group, AppError> {
        debug_assert_eq!(access.scope(), Scope::GroupsWrite);
        check_name(name)?;
        let group = Group {
            id: self.env.uuid_v7(),
            project_id: access.project_id().clone(),
            name: name.trim().to_owned(),
            created_at: self.env.now(),
            members,
        };
        let event = actor.did(AuditKind::GroupCreated, group.created_at).in_project(&group.project_id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    check_members(tx, &group).await?;
                    groups::insert(tx, &group).await.map_err(named_alike)?;
                    audit_events::record(tx, event.to("GROUP", &group.id).with("name", &group.name));
                    Ok(group)
                })
            })
            .await
    }

    /// Changes a group.
    pub async fn update_group(
        &self,
        access: &ProjectAccess,
        id: Uuid,
        change: GroupChange,
        actor: &Actor,
    ) -> Result<Group, AppError> {
        debug_assert_eq!(access.scope(), Scope::GroupsWrite);
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        let project_id = access.project_id().clone();
        let event = actor.did(AuditKind::GroupChanged, self.env.now()).in_project(&project_id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = groups::find(tx, id).await?;
                    let mut group =
                        found.filter(|group| group.project_id == project_id).ok_or(AppError::NotFound)?;
                    if let Some(name) = change.name {
                        name.trim().clone_into(&mut group.name);
                    }
                    if let Some(members) = change.members {
                        group.members = members;
                    }
                    check_members(tx, &group).await?;
                    groups::update(tx, &group).await.map_err(named_alike)?;
                    let event = event.to("GROUP", &group.id).with("name", &group.name);
                    audit_events::record(tx, event.with("members", &group.members.len()));
                    Ok(group)
                })
            })
            .await
    }

    /// Removes a group.
    pub async fn remove_group(
        &self,
        access: &ProjectAccess,
        id: Uuid,
        actor: &Actor,
    ) -> Result<Group, AppError> {
        debug_assert_eq!(access.scope(), Scope::GroupsWrite);
        let project_id = access.project_id().clone();
        let event = actor.did(AuditKind::GroupRemoved, self.env.now()).in_project(&project_id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = groups::find(tx, id).await?;
                    let group =
                        found.filter(|group| group.project_id == project_id).ok_or(AppError::NotFound)?;
                    groups::delete(tx, id).await?;
                    audit_events::record(tx, event.to("GROUP", &id).with("name", &group.name));
                    Ok(group)
                })
            })
            .await
    }
}

fn named_alike(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict(_) => AppError::Exists("name".to_owned()),
        other => other.into(),
    }
}

/// Everybody in a group has a role in its project.
async fn check_members(tx: &mut Tx<'_>, group: &Group) -> Result<(), AppError> {
    for member in &group.members {
        let found = agents::find(tx, *member).await?;
        if found.is_none_or(|agent| agent.role_in(&group.project_id).is_none()) {
            let message = "a member of a group needs a role in its project".to_owned();
            return Err(AppError::Invalid { code: "MEMBER_INVALID", message });
        }
    }
    Ok(())
}
