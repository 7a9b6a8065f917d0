//! The audit log.

use async_graphql::{Enum, InputObject, Object, SimpleObject};
use signet_app::{AuditFilter, AuditRow};
use signet_domain::{AuditCategory as Category, AuditKind};

use crate::scalars::{DateTime, Long};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::AuditCategory")]
pub(crate) enum AuditCategory {
    /// Visitors' identities: proved, ended, revoked, exported, erased.
    Identity,
    /// Keys of brands and of the platform.
    Key,
    /// People and programs coming in, and what they prove themselves with.
    Access,
    /// Settings, people, rights.
    Administration,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditActorType {
    /// A person at the desk.
    Agent,
    /// A program.
    Client,
    Visitor,
    /// Whoever runs commands on the server.
    Operator,
    /// Signet itself.
    System,
    /// Somebody who did not prove who they are.
    Nobody,
}

/// Something that the audit log tells of.
#[derive(SimpleObject)]
pub(crate) struct AuditEventKind {
    /// Such as `USER_INVITED`.
    kind: &'static str,
    category: AuditCategory,
    /// What happened, in a sentence.
    description: &'static str,
}

impl AuditEventKind {
    /// The whole table.
    pub(crate) fn all() -> Vec<Self> {
        let row = |kind: &AuditKind| Self {
            kind: kind.as_str(),
            category: kind.category().into(),
            description: kind.description().trim(),
        };
        AuditKind::ALL.iter().map(row).collect()
    }
}

/// Every member that is given must hold.
#[derive(InputObject)]
pub(crate) struct AuditEventFilter {
    category: Option<AuditCategory>,
    /// One of these, such as `USER_INVITED`.
    kinds: Option<Vec<String>>,
    actor_id: Option<String>,
    subject_id: Option<String>,
    correlation_id: Option<String>,
    /// Inclusive.
    from: Option<DateTime>,
    /// Exclusive.
    to: Option<DateTime>,
}

impl From<AuditEventFilter> for AuditFilter {
    fn from(filter: AuditEventFilter) -> Self {
        let of_category = filter.category.map(|category| {
            let category = Category::from(category);
            let kinds = AuditKind::ALL.iter().filter(move |kind| kind.category() == category);
            kinds.map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>()
        });
        let kinds = match (of_category, filter.kinds) {
            (Some(category), Some(kinds)) => {
                Some(kinds.into_iter().filter(|kind| category.contains(kind)).collect())
            }
            (category, kinds) => category.or(kinds),
        };
        Self {
            kinds,
            actor_id: filter.actor_id,
            subject_id: filter.subject_id,
            correlation_id: filter.correlation_id,
            from: filter.from.map(|moment| moment.0),
            to: filter.to.map(|moment| moment.0),
        }
    }
}

/// Who did it.
#[derive(SimpleObject)]
pub(crate) struct AuditActor {
    r#type: AuditActorType,
    id: Option<String>,
    /// What they were called then: an e-mail address, a program's name. Null for visitors.
    name: Option<String>,
}

/// What it was done to.
#[derive(SimpleObject)]
pub(crate) struct AuditSubject {
    /// Such as `USER`, `API_CLIENT`, `CUSTOMER_KEY`.
    r#type: String,
    id: String,
}

#[derive(SimpleObject)]
pub(crate) struct AuditDetail {
    name: String,
    value: String,
}

pub(crate) struct AuditEventNode(pub(crate) AuditRow);

/// Who did what, when, to what and from where. Events are chained by their hashes.
#[Object(name = "AuditEvent")]
impl AuditEventNode {
    /// Place in the project's chain.
    async fn sequence(&self) -> Long {
        Long(self.0.sequence)
    }

    async fn at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Such as `USER_INVITED`; the list is in the documents.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Null for a kind that this version does not know.
    async fn category(&self) -> Option<AuditCategory> {
        AuditKind::parse(&self.0.kind).map(|kind| kind.category().into())
    }

    /// What happened, in a sentence.
    async fn description(&self) -> Option<&str> {
        AuditKind::parse(&self.0.kind).map(|kind| kind.description().trim())
    }

    async fn actor(&self) -> AuditActor {
        let kind = match self.0.actor_type.as_str() {
            "AGENT" => AuditActorType::Agent,
            "CLIENT" => AuditActorType::Client,
            "VISITOR" => AuditActorType::Visitor,
            "OPERATOR" => AuditActorType::Operator,
            "NOBODY" => AuditActorType::Nobody,
            _ => AuditActorType::System,
        };
        AuditActor { r#type: kind, id: self.0.actor_id.clone(), name: self.0.actor_name.clone() }
    }

    async fn subject(&self) -> Option<AuditSubject> {
        let (kind, id) = self.0.subject_type.clone().zip(self.0.subject_id.clone())?;
        Some(AuditSubject { r#type: kind, id })
    }

    /// From where; of a visitor's address the network.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// Under which the platform's log has the request.
    async fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    async fn details(&self) -> Vec<AuditDetail> {
        let details: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&self.0.details).unwrap_or_default();
        details.into_iter().map(|(name, value)| AuditDetail { name, value }).collect()
    }

    /// SHA-256, in hexadecimal.
    async fn hash(&self) -> String {
        signet_app::hexadecimal(&self.0.hash)
    }
}
