//! Rights, one by one and in sets.

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
    /// Change what all projects share: the platform's keys, and which projects there are.
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
            Self::PlatformWrite => {
                "Change what all projects share: the platform's keys, and which projects there are."
            }
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

    /// The scopes that are in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_as_written() {
        for scopes in [Scopes::NONE, Scopes::all(), Scopes::NONE.with(Scope::VisitorsRead)] {
            assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        }
        assert_eq!(Scopes::parse("visitors:read everything"), None);
    }
}
