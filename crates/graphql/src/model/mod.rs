//! The types of the schema: thin views of domain records.

mod audit;
mod bot;
mod conversation;
mod customer_key;
mod event;
mod failure;
mod message;
mod platform_key;
mod project;
mod report;
mod retention;
mod token;
mod user;
mod viewer;
mod visitor;

pub(crate) use audit::{AuditEventFilter, AuditEventKind, AuditEventNode};
pub(crate) use bot::BotNode;
pub(crate) use conversation::{ConversationFilterInput, ConversationNode, IntervalInput};
pub(crate) use customer_key::{
    CustomerKeyNode, CustomerKeyPayload, CustomerKeySetNode, CustomerKeySetPayload, CustomerKeyTryPayload,
};
pub(crate) use event::{ConversationEvent, ConversationEventKind};
pub(crate) use failure::{
    AuthenticationFailureCount, AuthenticationFailureFilter, AuthenticationFailureNode,
};
pub(crate) use message::MessageNode;
pub(crate) use platform_key::{PlatformKeyNode, PlatformKeyPayload, PlatformKeyRevokePayload};
pub(crate) use project::{AuthenticatedMode, ProjectNode, TokenProfile};
pub(crate) use retention::{Retention, RetentionInput};
pub(crate) use token::{TokenInspectInput, TokenInspectPayload, TokenInspection};
pub(crate) use user::{ApiClientNode, GroupNode, Permission, Role, UserNode};
pub(crate) use viewer::Viewer;
pub(crate) use visitor::{VisitorFilterInput, VisitorNode};
