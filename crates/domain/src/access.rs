//! Who calls, and what they may do.
//!
//! A use case that needs a right takes a [`ProjectAccess`], and only [`Caller::in_project`] makes one: forgetting the
//! check does not compile.

use crate::ids::{AgentId, ProjectId};

pub use crate::role::{PERMISSIONS, Role};
pub use crate::scope::{Scope, Scopes};

/// A person who answers visitors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Their id.
    pub id: AgentId,
    /// Sign-in name.
    pub email: String,
    /// The name visitors see.
    pub name: String,
    /// Whether they own the platform: they are an owner in every project, and may create projects.
    pub platform_owner: bool,
    /// Their role in each of their projects.
    pub roles: Vec<(ProjectId, Role)>,
}

impl Agent {
    /// Their role in a project, if they have one.
    pub fn role_in(&self, project_id: &ProjectId) -> Option<Role> {
        self.roles.iter().find(|(id, _)| id == project_id).map(|(_, role)| *role)
    }
}

/// A program of the brand's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiClient {
    /// Its public id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// What its present token allows.
    pub scopes: Scopes,
}

/// Who makes an authenticated call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caller {
    /// A person at the desk.
    Agent(Agent),
    /// A program.
    Client(ApiClient),
}

impl Caller {
    /// The projects in which the caller has the right.
    pub fn projects(&self, scope: Scope) -> Vec<&ProjectId> {
        match self {
            Self::Agent(agent) => agent
                .roles
                .iter()
                .filter(|(_, role)| role.scopes().contains(scope))
                .map(|(id, _)| id)
                .collect(),
            Self::Client(client) if client.scopes.contains(scope) => vec![&client.project_id],
            Self::Client(_) => Vec::new(),
        }
    }

    /// Proof that the caller has the right in that project; `None` without it, or without any part in the project.
    pub fn in_project(&self, project_id: &ProjectId, scope: Scope) -> Option<ProjectAccess> {
        let allowed = self.projects(scope).contains(&project_id);
        allowed.then(|| ProjectAccess { caller: self.clone(), project_id: project_id.clone(), scope })
    }

    /// What the caller may do in a project; nothing without a part in it. An owner of the platform has its right in all of them,
    /// and can give it to a program.
    pub fn scopes_in(&self, project_id: &ProjectId) -> Scopes {
        match self {
            Self::Agent(agent) => {
                let scopes = agent.role_in(project_id).map_or(Scopes::NONE, Role::scopes);
                if agent.platform_owner { scopes.with(Scope::PlatformWrite) } else { scopes }
            }
            Self::Client(client) if client.project_id == *project_id => client.scopes,
            Self::Client(_) => Scopes::NONE,
        }
    }

    /// Every scope the caller has somewhere. It proves nothing about any project.
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Agent(agent) => {
                let own =
                    if agent.platform_owner { Scopes::NONE.with(Scope::PlatformWrite) } else { Scopes::NONE };
                agent.roles.iter().fold(own, |set, (_, role)| set.or(role.scopes()))
            }
            Self::Client(client) => client.scopes,
        }
    }

    /// Proof that the caller may change what all projects share; `None` without that right.
    pub fn on_platform(&self) -> Option<PlatformAccess> {
        let allowed = match self {
            Self::Agent(agent) => agent.platform_owner,
            Self::Client(client) => client.scopes.contains(Scope::PlatformWrite),
        };
        allowed.then(|| PlatformAccess { caller: self.clone() })
    }

    /// Whether it is an owner of the platform who calls.
    pub const fn owns_platform(&self) -> bool {
        matches!(self, Self::Agent(agent) if agent.platform_owner)
    }

    /// A stable name for limits and logs: the kind and id.
    pub fn key(&self) -> String {
        match self {
            Self::Agent(agent) => format!("agent:{}", agent.id),
            Self::Client(client) => format!("client:{}", client.id),
        }
    }
}

/// Proof that a caller has a right in a project. Made by [`Caller::in_project`] alone.
#[derive(Clone, Debug)]
pub struct ProjectAccess {
    caller: Caller,
    project_id: ProjectId,
    scope: Scope,
}

impl ProjectAccess {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where.
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// Which right was proved.
    pub fn scope(&self) -> Scope {
        self.scope
    }
}

/// Proof that a caller may change what all projects share. Made by [`Caller::on_platform`] alone.
#[derive(Clone, Debug)]
pub struct PlatformAccess {
    caller: Caller,
}

impl PlatformAccess {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_in_one_project_is_none_in_another() {
        let (a, b) = (ProjectId::parse("a").unwrap(), ProjectId::parse("b").unwrap());
        let agent = Caller::Agent(Agent {
            id: AgentId::from_uuid(uuid::Uuid::nil()),
            email: "x@example".into(),
            name: "X".into(),
            platform_owner: false,
            roles: vec![(a.clone(), Role::Agent), (b.clone(), Role::Auditor)],
        });
        assert!(agent.in_project(&a, Scope::ConversationsWrite).is_some());
        assert!(agent.in_project(&b, Scope::ConversationsWrite).is_none());
        assert!(agent.in_project(&b, Scope::ConversationsRead).is_some());
        assert!(agent.in_project(&ProjectId::parse("c").unwrap(), Scope::ConversationsRead).is_none());
        assert!(agent.in_project(&a, Scope::VisitorsAuthenticate).is_none());
    }

    #[test]
    fn what_all_projects_share_is_the_platforms_owners_alone() {
        let here = ProjectId::parse("a").unwrap();
        let person = |platform_owner| {
            Caller::Agent(Agent {
                id: AgentId::from_uuid(uuid::Uuid::nil()),
                email: "x@example".into(),
                name: "X".into(),
                platform_owner,
                roles: vec![(here.clone(), Role::Owner)],
            })
        };
        let program = |scopes| {
            let (id, name) = (String::new(), String::new());
            Caller::Client(ApiClient { id, name, project_id: here.clone(), scopes })
        };
        assert!(person(true).on_platform().is_some());
        assert!(person(true).scopes_in(&here).contains(Scope::PlatformWrite));
        assert!(person(false).on_platform().is_none(), "an owner of a project");
        assert!(!person(false).scopes_in(&here).contains(Scope::PlatformWrite), "nor can they give it");
        assert!(!person(false).scopes().contains(Scope::PlatformWrite));
        assert!(program(Scopes::all()).on_platform().is_some());
        assert!(program(Role::Owner.scopes()).on_platform().is_none());
    }
}
