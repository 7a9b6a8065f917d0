//! The audit log: who did what, when, to what and from where.
//!
//! Invariants:
//! - what is written here outlives erasure, because a chain of hashes forbids changing it: nothing in an event names a
//!   visitor but the random visitor id, and of a visitor's address only the network is kept;
//! - kinds are never renamed: their words are part of what is hashed.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::access::Caller;
use crate::{ProjectId, Timestamp, VisitorId};

/// What an event is about, for filters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditCategory {
    /// Visitors' identities: proved, ended, revoked, exported, erased.
    Identity,
    /// Keys of brands and of the platform.
    Key,
    /// People and programs coming in, and what they prove themselves with.
    Access,
    /// Settings, people, rights.
    Administration,
}

impl AuditCategory {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Key, Self::Access, Self::Administration];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "IDENTITY",
            Self::Key => "KEY",
            Self::Access => "ACCESS",
            Self::Administration => "ADMINISTRATION",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal in $category:ident;)*) => {
        /// What happened.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum AuditKind {
            $($(#[doc = $doc])* $name,)*
        }

        impl AuditKind {
            /// Every kind, by category.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in storage, on the wire and in what is hashed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Reads that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// What it is about.
            pub const fn category(self) -> AuditCategory {
                match self { $(Self::$name => AuditCategory::$category,)* }
            }

            /// What happened, in a sentence for documents.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*),)* }
            }
        }
    };
}

kinds! {
    /// A token proved who a visitor is, and a session was opened.
    VisitorAuthenticated = "VISITOR_AUTHENTICATED" in Identity;
    /// A visitor's token was refused. Of a flood of them the first.
    VisitorAuthenticationRefused = "VISITOR_AUTHENTICATION_REFUSED" in Identity;
    /// A visitor's session ran out without a fresh proof.
    VisitorSessionExpired = "VISITOR_SESSION_EXPIRED" in Identity;
    /// A visitor's session token was used without the proof of its key: stolen, most likely. Of many times the first.
    VisitorSessionMisused = "VISITOR_SESSION_MISUSED" in Identity;
    /// A visitor signed out.
    VisitorSignedOut = "VISITOR_SIGNED_OUT" in Identity;
    /// Somebody other than the visitor ended a visitor's sessions.
    VisitorSessionsRevoked = "VISITOR_SESSIONS_REVOKED" in Identity;
    /// Everything about a visitor was exported.
    VisitorExported = "VISITOR_EXPORTED" in Identity;
    /// Everything that names a visitor was erased.
    VisitorAnonymized = "VISITOR_ANONYMIZED" in Identity;
    /// A closed conversation was anonymised.
    ConversationAnonymized = "CONVERSATION_ANONYMIZED" in Identity;

    /// A brand's key was registered.
    CustomerKeyRegistered = "CUSTOMER_KEY_REGISTERED" in Key;
    /// A brand proved that it holds the private half of a key.
    CustomerKeyProved = "CUSTOMER_KEY_PROVED" in Key;
    /// A brand's key now verifies tokens.
    CustomerKeyActivated = "CUSTOMER_KEY_ACTIVATED" in Key;
    /// A brand's key is on its way out and still verifies tokens.
    CustomerKeyRetired = "CUSTOMER_KEY_RETIRED" in Key;
    /// A brand's key verifies nothing any more, and the sessions it opened have ended.
    CustomerKeyRevoked = "CUSTOMER_KEY_REVOKED" in Key;
    /// The address of a brand's key set was set, changed or removed.
    CustomerKeySetChanged = "CUSTOMER_KEY_SET_CHANGED" in Key;
    /// A brand's key set was fetched and differs from the last.
    CustomerKeySetFetched = "CUSTOMER_KEY_SET_FETCHED" in Key;
    /// The platform has a new key.
    PlatformKeyCreated = "PLATFORM_KEY_CREATED" in Key;
    /// A platform key is no longer published; tokens encrypted to it are still opened.
    PlatformKeyRetired = "PLATFORM_KEY_RETIRED" in Key;
    /// A platform key opens nothing any more.
    PlatformKeyRevoked = "PLATFORM_KEY_REVOKED" in Key;
    /// The platform's keys were moved to other custody.
    PlatformKeysMigrated = "PLATFORM_KEYS_MIGRATED" in Key;
    /// The platform signs its own tokens with another key.
    SessionKeyRotated = "SESSION_KEY_ROTATED" in Key;
    /// The keystore has another passphrase.
    KeystorePassphraseChanged = "KEYSTORE_PASSPHRASE_CHANGED" in Key;

    /// Somebody signed in at the desk.
    DeskSignedIn = "DESK_SIGNED_IN" in Access;
    /// An attempt to sign in as this person was refused.
    DeskSignInRefused = "DESK_SIGN_IN_REFUSED" in Access;
    /// So many attempts were refused that further ones have to wait.
    DeskSignInHeldBack = "DESK_SIGN_IN_HELD_BACK" in Access;
    /// Somebody signed out of the desk.
    DeskSignedOut = "DESK_SIGNED_OUT" in Access;
    /// Desk sessions were ended from another place.
    DeskSessionsRevoked = "DESK_SESSIONS_REVOKED" in Access;
    /// A person got a bearer token for their password.
    AccessTokenIssued = "ACCESS_TOKEN_ISSUED" in Access;
    /// A program got a bearer token for its secret.
    ClientTokenIssued = "CLIENT_TOKEN_ISSUED" in Access;
    /// A program's secret was refused.
    ClientTokenRefused = "CLIENT_TOKEN_REFUSED" in Access;
    /// A one-time link was used to set a password.
    InvitationAccepted = "INVITATION_ACCEPTED" in Access;
    /// Somebody changed their password.
    PasswordChanged = "PASSWORD_CHANGED" in Access;
    /// Somebody signs in with a second factor from now on.
    SecondFactorEnabled = "SECOND_FACTOR_ENABLED" in Access;
    /// A second factor was taken away.
    SecondFactorDisabled = "SECOND_FACTOR_DISABLED" in Access;
    /// A recovery code stood in for the second factor.
    RecoveryCodeUsed = "RECOVERY_CODE_USED" in Access;
    /// New recovery codes replaced the old ones.
    RecoveryCodesRenewed = "RECOVERY_CODES_RENEWED" in Access;

    /// A project was created.
    ProjectCreated = "PROJECT_CREATED" in Administration;
    /// A project's settings were changed.
    ProjectChanged = "PROJECT_CHANGED" in Administration;
    /// A person was created with a password.
    UserCreated = "USER_CREATED" in Administration;
    /// A person was invited with a one-time link.
    UserInvited = "USER_INVITED" in Administration;
    /// A person may no longer sign in.
    UserDisabled = "USER_DISABLED" in Administration;
    /// A person may sign in again.
    UserEnabled = "USER_ENABLED" in Administration;
    /// A person has other roles.
    UserRolesChanged = "USER_ROLES_CHANGED" in Administration;
    /// A person has another name.
    UserChanged = "USER_CHANGED" in Administration;
    /// A group was created.
    GroupCreated = "GROUP_CREATED" in Administration;
    /// A group has another name or other members.
    GroupChanged = "GROUP_CHANGED" in Administration;
    /// A group was removed.
    GroupRemoved = "GROUP_REMOVED" in Administration;
    /// A program was registered.
    ClientCreated = "CLIENT_CREATED" in Administration;
    /// A program has a new secret.
    ClientSecretRotated = "CLIENT_SECRET_ROTATED" in Administration;
    /// A program may do other things.
    ClientChanged = "CLIENT_CHANGED" in Administration;
    /// A program may do nothing any more.
    ClientRevoked = "CLIENT_REVOKED" in Administration;
    /// A bot was registered.
    BotCreated = "BOT_CREATED" in Administration;
    /// A bot has another name or address, or was switched on or off.
    BotChanged = "BOT_CHANGED" in Administration;
    /// The calls to a bot are signed with a new secret.
    BotSecretRotated = "BOT_SECRET_ROTATED" in Administration;
    /// A bot is not called any more.
    BotRemoved = "BOT_REMOVED" in Administration;
    /// A webhook was created, changed or removed.
    WebhookChanged = "WEBHOOK_CHANGED" in Administration;
    /// What a project keeps, and for how long, was changed.
    RetentionChanged = "RETENTION_CHANGED" in Administration;
    /// The audit log was exported.
    AuditExported = "AUDIT_EXPORTED" in Administration;
    /// Old events of this log were removed; what follows them is chained to the last of them.
    AuditEventsRemoved = "AUDIT_EVENTS_REMOVED" in Administration;
}

/// Who did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditActor {
    /// A person at the desk, by id and e-mail.
    Agent(String, String),
    /// A program, by id and name.
    Client(String, String),
    /// A visitor, by id alone.
    Visitor(VisitorId),
    /// Whoever runs commands on the server, by the system's name for them.
    Operator(String),
    /// Signet itself.
    System,
    /// Somebody who did not prove who they are.
    Nobody,
}

impl AuditActor {
    /// The words of all kinds.
    pub const KINDS: [&str; 6] = ["AGENT", "CLIENT", "VISITOR", "OPERATOR", "SYSTEM", "NOBODY"];

    /// Which kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Agent(..) => "AGENT",
            Self::Client(..) => "CLIENT",
            Self::Visitor(_) => "VISITOR",
            Self::Operator(_) => "OPERATOR",
            Self::System => "SYSTEM",
            Self::Nobody => "NOBODY",
        }
    }

    /// Their id, where there is one.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Agent(id, _) | Self::Client(id, _) => Some(id.clone()),
            Self::Visitor(id) => Some(id.to_string()),
            Self::Operator(_) | Self::System | Self::Nobody => None,
        }
    }

    /// What they were called then, where that may be kept.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Agent(_, name) | Self::Client(_, name) | Self::Operator(name) => Some(name),
            Self::Visitor(_) | Self::System | Self::Nobody => None,
        }
    }
}

impl From<&Caller> for AuditActor {
    fn from(caller: &Caller) -> Self {
        match caller {
            Caller::Agent(agent) => Self::Agent(agent.id.to_string(), agent.email.clone()),
            Caller::Client(client) => Self::Client(client.id.clone(), client.name.clone()),
        }
    }
}

/// Something that happened and is to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEvent {
    /// The project concerned; `None` for what concerns the platform.
    pub project_id: Option<ProjectId>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AuditKind,
    /// Who.
    pub actor: AuditActor,
    /// To what: a kind of thing, such as `CUSTOMER_KEY`, and its id.
    pub subject: Option<(&'static str, String)>,
    /// From where. Of a visitor's address only the network.
    pub address: Option<String>,
    /// Under which the request is found in the log.
    pub correlation_id: Option<String>,
    /// What else there is to say. No secrets, no text, and nothing that names a visitor.
    pub details: BTreeMap<&'static str, String>,
}

impl AuditEvent {
    /// An event of the platform, about nothing in particular.
    pub const fn new(kind: AuditKind, actor: AuditActor, at: Timestamp) -> Self {
        Self {
            project_id: None,
            at,
            kind,
            actor,
            subject: None,
            address: None,
            correlation_id: None,
            details: BTreeMap::new(),
        }
    }

    /// This event, in a project.
    #[must_use]
    pub fn in_project(mut self, project_id: &ProjectId) -> Self {
        self.project_id = Some(project_id.clone());
        self
    }

    /// This event, done to something: a kind of thing, such as `CUSTOMER_KEY`, and its id.
    #[must_use]
    pub fn to(mut self, kind: &'static str, id: &dyn fmt::Display) -> Self {
        self.subject = Some((kind, id.to_string()));
        self
    }

    /// This event, with one more thing to say. No secrets, no text, and nothing that names a visitor.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &dyn fmt::Display) -> Self {
        self.details.insert(name, value.to_string());
        self
    }
}

/// The network of an address: its first 24 bits (IPv4) or 48 bits (IPv6), the rest zero.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_differ() {
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.as_str()), Some(*kind));
            assert!(kind.description().ends_with('.'), "{kind:?}");
        }
        assert_eq!(AuditKind::parse("visitor_authenticated"), None);
    }

    #[test]
    fn of_a_visitors_address_the_network_is_left() {
        let network = |text: &str| super::network(text.parse().unwrap()).to_string();
        assert_eq!(network("203.0.113.77"), "203.0.113.0");
        assert_eq!(network("::ffff:203.0.113.77"), "203.0.113.0");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }
}
