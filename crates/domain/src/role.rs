//! Roles of people in a project, and the table of what each may do.

use crate::scope::{Scope, Scopes};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
