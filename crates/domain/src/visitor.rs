//! People on the brand's site, and what is known of them and from where.

use crate::assurance::Assurance;
use crate::conversation::LapseReason;
use crate::custom_data::CustomData;
use crate::ids::{ProjectId, VisitorId};
use crate::time::Timestamp;

/// The eight attributes of `visitorData` (PRODUCT section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum AttributeName {
    FirstName,
    LastName,
    Email,
    PhoneNumber,
    Address,
    ZipCode,
    City,
    Country,
}

impl AttributeName {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 8] = [
        Self::FirstName,
        Self::LastName,
        Self::Email,
        Self::PhoneNumber,
        Self::Address,
        Self::ZipCode,
        Self::City,
        Self::Country,
    ];

    /// The name used in claims, storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Email => "email",
            Self::PhoneNumber => "phoneNumber",
            Self::Address => "address",
            Self::ZipCode => "zipCode",
            Self::City => "city",
            Self::Country => "country",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.as_str() == name)
    }
}

/// Who vouches for an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeSource {
    /// A verified token.
    Token,
    /// The page, without proof.
    Page,
    /// An agent wrote it.
    Agent,
}

impl AttributeSource {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "TOKEN",
            Self::Page => "PAGE",
            Self::Agent => "AGENT",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "TOKEN" => Some(Self::Token),
            "PAGE" => Some(Self::Page),
            "AGENT" => Some(Self::Agent),
            _ => None,
        }
    }
}

/// One thing known of a visitor, and from where.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Which of the eight.
    pub name: AttributeName,
    /// Its value.
    pub value: String,
    /// Who vouches for it.
    pub source: AttributeSource,
    /// Since when it has this value.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attribute({} from {})", self.name.as_str(), self.source.as_str())
    }
}

/// A person on the brand's site.
#[derive(Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Our id. May change at sign-in and sign-out.
    pub id: VisitorId,
    /// The project they visited.
    pub project_id: ProjectId,
    /// The brand's id (`userId` of the token), which never changes. `None` for anonymous visitors.
    pub external_user_id: Option<String>,
    /// `Verified` once a token proved `external_user_id`.
    pub assurance: Assurance,
    /// When the last token that proved it was verified.
    pub verified_at: Option<Timestamp>,
    /// Since when it is no longer proved, and why. `None` while a session lives.
    pub lapsed: Option<(Timestamp, LapseReason)>,
    /// What is known of them.
    pub attributes: Vec<Attribute>,
    /// First seen.
    pub created_at: Timestamp,
    /// Last change of this record.
    pub updated_at: Timestamp,
    /// What the page called them (`extID`), without proof. `None` for verified visitors.
    pub claimed_id: Option<String>,
    /// What the page said of them last, without proof.
    pub custom_data: CustomData,
    /// Since when this record names nobody and nobody can come back to it.
    pub anonymized_at: Option<Timestamp>,
}

impl Visitor {
    /// The value of an attribute, if known. Of a person who has proved who they are nothing that only a page says: it would be
    /// read as part of the proof.
    pub fn attribute(&self, name: AttributeName) -> Option<&str> {
        let counts = |source| self.assurance != Assurance::Verified || source != AttributeSource::Page;
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name && counts(attribute.source))
            .map(|attribute| attribute.value.as_str())
    }
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Visitor({}, {})", self.id, self.assurance)
    }
}
