//! Types and rules of Signet that need neither a database nor a network.
//!
//! Invariants kept here:
//! - ids, times and texts are parsed at the edge; a value of these types is valid;
//! - what happens to conversations when somebody signs in is one pure function ([`continuity`]);
//! - time and randomness are arguments ([`env::Env`]), never read from the surroundings.

pub mod access;
pub mod assurance;
pub mod audit;
pub mod bot;
pub mod continuity;
pub mod conversation;
pub mod custom_data;
pub mod customer_key;
pub mod env;
pub mod event;
pub mod ids;
pub mod limits;
pub mod message;
pub mod origin;
pub mod password;
pub mod project;
pub mod retention;
mod role;
mod scope;
pub mod session;
pub mod text;
pub mod time;
pub mod visitor;

pub use access::{Caller, Role, Scope, Scopes};
pub use assurance::Assurance;
pub use audit::{AuditActor, AuditCategory, AuditEvent, AuditKind};
pub use bot::{Bot, BotInCharge};
pub use conversation::{CloseReason, Conversation, ConversationState, Identity, LapseReason};
pub use custom_data::{CustomData, CustomDataType, CustomDatum, InvalidCustomData};
pub use customer_key::{KeyProof, KeyState};
pub use env::Env;
pub use event::{Event, EventKind};
pub use ids::{
    AgentId, BotId, BrowserId, ClientMessageId, ConversationId, CustomerKeyId, DeviceId, MessageId,
    ProjectId, SessionId, VisitorId,
};
pub use message::{Author, Message, MessageBody, Notice, Visibility};
pub use project::{AuthenticatedMode, Project, TokenProfile};
pub use retention::Retention;
pub use session::{Session, SessionEnd};
pub use text::MessageText;
pub use time::Timestamp;
pub use visitor::{Attribute, AttributeName, AttributeSource, Visitor};
