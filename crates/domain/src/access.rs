//! Who calls, and what they may do.
//!
//! A use case that needs a right takes a [`ProjectAccess`], and only [`Caller::in_project`] makes one: forgetting the
//! check does not compile.

use crate::ids::{AgentId, ProjectId};

/// What a person may do in a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Everything in the project, and hands out roles.
    Owner,
    /// Settings, keys, people.
    Administrator,
    /// All conversations.
    Supervisor,
    /// Answers visitors.
    Agent,
    /// Reads, changes nothing.
    Auditor,
}

impl Role {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Administrator => "ADMINISTRATOR",
            Self::Supervisor => "SUPERVISOR",
            Self::Agent => "AGENT",
            Self::Auditor => "AUDITOR",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "OWNER" => Some(Self::Owner),
            "ADMINISTRATOR" => Some(Self::Administrator),
            "SUPERVISOR" => Some(Self::Supervisor),
            "AGENT" => Some(Self::Agent),
            "AUDITOR" => Some(Self::Auditor),
            _ => None,
        }
    }

    /// Every role, the mightiest first.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Administrator, Self::Supervisor, Self::Agent, Self::Auditor];

    /// The scopes a person of this role has: the columns of [`PERMISSIONS`].
    pub fn scopes(self) -> Scopes {
        PERMISSIONS
            .iter()
            .filter(|(_, roles)| roles.contains(&self))
            .fold(Scopes::NONE, |set, (scope, _)| set.with(*scope))
    }

    /// Whether a person of this role who may write users may give or take the other role. Only owners make owners, or
    /// an administrator could take a project over.
    pub fn may_assign(self, other: Self) -> bool {
        self.scopes().contains(Scope::UsersWrite) && (self == Self::Owner || other != Self::Owner)
    }
}

/// Who may do what: the one place where it is said. Everything else asks for a scope.
pub const PERMISSIONS: [(Scope, &[Role]); Scope::ALL.len()] = {
    use Role::{Administrator, Agent, Auditor, Owner, Supervisor};
    [
        (Scope::ProjectsRead, &[Owner, Administrator, Supervisor, Agent, Auditor]),
        (Scope::ProjectsWrite, &[Owner, Administrator]),
        (Scope::KeysWrite, &[Owner, Administrator]),
        (Scope::ConversationsRead, &[Owner, Administrator, Supervisor, Agent, Auditor]),
        (Scope::ConversationsWrite, &[Owner, Administrator, Supervisor, Agent]),
        (Scope::VisitorsRead, &[Owner, Administrator, Supervisor, Agent, Auditor]),
        (Scope::VisitorsAuthenticate, &[Owner, Administrator]),
        (Scope::VisitorsErase, &[Owner, Administrator]),
        (Scope::UsersRead, &[Owner, Administrator, Supervisor, Auditor]),
        (Scope::UsersWrite, &[Owner, Administrator]),
        (Scope::GroupsWrite, &[Owner, Administrator, Supervisor]),
        (Scope::ClientsWrite, &[Owner, Administrator]),
        (Scope::AuditRead, &[Owner, Administrator, Auditor]),
        // No role in a project says anything about what all of them share: it is for the platform's owners.
        (Scope::PlatformWrite, &[]),
    ]
};

/// One right, as API clients ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Read project settings and keys.
    ProjectsRead,
    /// Change project settings.
    ProjectsWrite,
    /// Register, activate and revoke the brand's keys.
    KeysWrite,
    /// Read conversations and messages.
    ConversationsRead,
    /// Send messages, close conversations.
    ConversationsWrite,
    /// Read visitors.
    VisitorsRead,
    /// Verify tokens, open and revoke visitor sessions, read why tokens were refused.
    VisitorsAuthenticate,
    /// Export and anonymise visitors and conversations.
    VisitorsErase,
    /// Read people, groups and programs.
    UsersRead,
    /// Invite people, disable them, give them roles.
    UsersWrite,
    /// Create groups and choose who is in them.
    GroupsWrite,
    /// Register programs, rotate their secrets, revoke them.
    ClientsWrite,
    /// Read the audit log.
    AuditRead,
    /// Change what all projects share: the platform's keys.
    PlatformWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ProjectsRead,
        Self::ProjectsWrite,
        Self::KeysWrite,
        Self::ConversationsRead,
        Self::ConversationsWrite,
        Self::VisitorsRead,
        Self::VisitorsAuthenticate,
        Self::VisitorsErase,
        Self::UsersRead,
        Self::UsersWrite,
        Self::GroupsWrite,
        Self::ClientsWrite,
        Self::AuditRead,
        Self::PlatformWrite,
    ];

    /// The name in an OAuth `scope` parameter (RFC 6749 section 3.3).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProjectsRead => "projects:read",
            Self::ProjectsWrite => "projects:write",
            Self::KeysWrite => "keys:write",
            Self::ConversationsRead => "conversations:read",
            Self::ConversationsWrite => "conversations:write",
            Self::VisitorsRead => "visitors:read",
            Self::VisitorsAuthenticate => "visitors:authenticate",
            Self::VisitorsErase => "visitors:erase",
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::GroupsWrite => "groups:write",
            Self::ClientsWrite => "clients:write",
            Self::AuditRead => "audit:read",
            Self::PlatformWrite => "platform:write",
        }
    }

    /// What it allows, in a sentence for documents.
    pub const fn description(self) -> &'static str {
        match self {
            Self::ProjectsRead => "Read project settings and keys.",
            Self::ProjectsWrite => "Change project settings.",
            Self::KeysWrite => "Register, activate and revoke the brand's keys.",
            Self::ConversationsRead => "Read conversations and messages.",
            Self::ConversationsWrite => "Send messages, close conversations.",
            Self::VisitorsRead => "Read visitors.",
            Self::VisitorsAuthenticate => {
                "Verify tokens, open and revoke visitor sessions, read why tokens were refused."
            }
            Self::VisitorsErase => "Export and anonymise visitors and conversations.",
            Self::UsersRead => "Read people, groups and programs.",
            Self::UsersWrite => "Invite people, disable them, give them roles.",
            Self::GroupsWrite => "Create groups and choose who is in them.",
            Self::ClientsWrite => "Register programs, rotate their secrets, revoke them.",
            Self::AuditRead => "Read the audit log.",
            Self::PlatformWrite => "Change what all projects share: the platform's keys.",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u32);

impl Scopes {
    /// No right at all.
    pub const NONE: Self = Self(0);

    /// Every right.
    pub fn all() -> Self {
        Scope::ALL.into_iter().fold(Self::NONE, Self::with)
    }

    /// What an integration usually needs: everything about visitors and conversations but erasing them, and nothing that
    /// changes who may do what.
    pub const INTEGRATION: Self = Self::NONE
        .with(Scope::ProjectsRead)
        .with(Scope::ConversationsRead)
        .with(Scope::ConversationsWrite)
        .with(Scope::VisitorsRead)
        .with(Scope::VisitorsAuthenticate);

    /// This set and one more.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether the scope is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every scope of `other` is in this set.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Reads names separated by spaces. `None` if one is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().try_fold(Self::NONE, |set, name| {
            Scope::ALL.into_iter().find(|scope| scope.as_str() == name).map(|scope| set.with(scope))
        })
    }

    /// The scopes in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scopes({self})")
    }
}

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
                    if agent.platform_owner { Scopes(Scope::PlatformWrite.bit()) } else { Scopes::NONE };
                agent.roles.iter().fold(own, |set, (_, role)| Scopes(set.0 | role.scopes().0))
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

    /// The whole table once more, written the other way round: a change of rights is a change of this test.
    #[test]
    fn every_role_has_its_rights_and_no_others() {
        let table = [
            (Role::Owner, Scopes::all().to_string().replace(" platform:write", "")),
            (Role::Administrator, Scopes::all().to_string().replace(" platform:write", "")),
            (
                Role::Supervisor,
                "projects:read conversations:read conversations:write visitors:read users:read groups:write"
                    .into(),
            ),
            (Role::Agent, "projects:read conversations:read conversations:write visitors:read".into()),
            (Role::Auditor, "projects:read conversations:read visitors:read users:read audit:read".into()),
        ];
        assert_eq!(table.each_ref().map(|(role, _)| *role), Role::ALL);
        for (role, scopes) in table {
            assert_eq!(role.scopes().to_string(), scopes, "{role:?}");
        }
        assert_eq!(
            PERMISSIONS.map(|(scope, _)| scope),
            Scope::ALL,
            "every scope stands in the table, in order"
        );
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

    #[test]
    fn only_owners_make_owners() {
        for giver in Role::ALL {
            for given in Role::ALL {
                let may = match giver {
                    Role::Owner => true,
                    Role::Administrator => given != Role::Owner,
                    Role::Supervisor | Role::Agent | Role::Auditor => false,
                };
                assert_eq!(giver.may_assign(given), may, "{giver:?} gives {given:?}");
            }
        }
    }

    #[test]
    fn scopes_read_back_as_written() {
        for scopes in [Scopes::NONE, Scopes::all(), Scopes::NONE.with(Scope::VisitorsRead)] {
            assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        }
        assert_eq!(Scopes::parse("visitors:read everything"), None);
    }
}
