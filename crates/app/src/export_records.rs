//! The members of an export, as they are written (docs/data.md). Of people at the desk it holds the name that the visitor saw, and no
//! address or id: the document is made to be handed over.

use serde::Serialize;
use serde_json::value::RawValue;
use signet_domain::{
    Attribute, Author, Conversation, ConversationId, ConversationState, CustomDatum, Message, MessageBody,
    MessageId, Project, ProjectId, Session, SessionId, Timestamp, Visitor, VisitorId,
};
use signet_store::audit_events::AuditRow;
use signet_store::authentication_failures::AuthenticationFailure;
use signet_store::satisfaction::Satisfaction;
use signet_store::transactions::Transaction;
use uuid::Uuid;

/// Amounts are stored in millionths.
const MILLIONTHS: f64 = 1_000_000.0;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProjectRecord<'a> {
    id: &'a ProjectId,
    name: &'a str,
}

impl<'a> From<&'a Project> for ProjectRecord<'a> {
    fn from(project: &'a Project) -> Self {
        Self { id: &project.id, name: &project.name }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisitorRecord<'a> {
    id: VisitorId,
    external_user_id: Option<&'a str>,
    claimed_id: Option<&'a str>,
    assurance: &'static str,
    verified_at: Option<Timestamp>,
    lapsed_at: Option<Timestamp>,
    lapse_reason: Option<&'static str>,
    attributes: Vec<AttributeRecord<'a>>,
    custom_data: Vec<CustomDatumRecord<'a>>,
    created_at: Timestamp,
    updated_at: Timestamp,
    anonymized_at: Option<Timestamp>,
}

impl<'a> From<&'a Visitor> for VisitorRecord<'a> {
    fn from(visitor: &'a Visitor) -> Self {
        Self {
            id: visitor.id,
            external_user_id: visitor.external_user_id.as_deref(),
            claimed_id: visitor.claimed_id.as_deref(),
            assurance: visitor.assurance.as_str(),
            verified_at: visitor.verified_at,
            lapsed_at: visitor.lapsed.map(|(at, _)| at),
            lapse_reason: visitor.lapsed.map(|(_, reason)| reason.as_str()),
            attributes: visitor.attributes.iter().map(AttributeRecord::from).collect(),
            custom_data: visitor.custom_data.as_slice().iter().map(CustomDatumRecord::from).collect(),
            created_at: visitor.created_at,
            updated_at: visitor.updated_at,
            anonymized_at: visitor.anonymized_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributeRecord<'a> {
    name: &'static str,
    value: &'a str,
    source: &'static str,
    updated_at: Timestamp,
}

impl<'a> From<&'a Attribute> for AttributeRecord<'a> {
    fn from(attribute: &'a Attribute) -> Self {
        Self {
            name: attribute.name.as_str(),
            value: &attribute.value,
            source: attribute.source.as_str(),
            updated_at: attribute.updated_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomDatumRecord<'a> {
    key: &'a str,
    value: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: Timestamp,
}

impl<'a> From<&'a CustomDatum> for CustomDatumRecord<'a> {
    fn from(datum: &'a CustomDatum) -> Self {
        Self { key: &datum.key, value: &datum.value, kind: datum.kind.as_str(), updated_at: datum.updated_at }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRecord<'a> {
    id: SessionId,
    opened_at: Timestamp,
    verified_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
    end_reason: Option<&'static str>,
    signing_key: &'a str,
}

impl<'a> From<&'a Session> for SessionRecord<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            id: session.id,
            opened_at: session.created_at,
            verified_at: session.verified_at,
            expires_at: session.expires_at,
            ended_at: session.ended.map(|(_, at)| at),
            end_reason: session.ended.map(|(reason, _)| reason.as_str()),
            signing_key: &session.signing_key,
        }
    }
}

/// A conversation without its messages, which follow as its last member.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationRecord<'a> {
    id: ConversationId,
    visitor_id: VisitorId,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
    close_reason: Option<&'static str>,
    continued_in: Option<ConversationId>,
    agent: Option<&'a str>,
    anonymized_at: Option<Timestamp>,
    satisfaction: Option<SatisfactionRecord<'a>>,
    transactions: Vec<TransactionRecord<'a>>,
}

impl<'a> ConversationRecord<'a> {
    pub(crate) fn new(
        conversation: &'a Conversation,
        satisfaction: Option<&'a (Satisfaction, Timestamp)>,
        transactions: &'a [Transaction],
    ) -> Self {
        let closed = match conversation.state {
            ConversationState::Ongoing => None,
            ConversationState::Closed { at, reason } => Some((at, reason)),
        };
        Self {
            id: conversation.id,
            visitor_id: conversation.visitor_id,
            created_at: conversation.created_at,
            closed_at: closed.map(|(at, _)| at),
            close_reason: closed.map(|(_, reason)| reason.as_str()),
            continued_in: conversation.continued_in,
            agent: conversation.agent.as_ref().map(|agent| agent.name.as_str()),
            anonymized_at: conversation.anonymized_at,
            satisfaction: satisfaction.map(|(answers, answered_at)| SatisfactionRecord {
                customer_satisfaction: answers.customer_satisfaction,
                net_promoter_score: answers.net_promoter_score,
                comment: answers.comment.as_deref(),
                answered_at: *answered_at,
            }),
            transactions: transactions.iter().map(TransactionRecord::from).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SatisfactionRecord<'a> {
    customer_satisfaction: Option<i64>,
    net_promoter_score: Option<i64>,
    comment: Option<&'a str>,
    answered_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionRecord<'a> {
    id: Uuid,
    external_id: &'a str,
    amount: f64,
    created_at: Timestamp,
}

impl<'a> From<&'a Transaction> for TransactionRecord<'a> {
    fn from(transaction: &'a Transaction) -> Self {
        Self {
            id: transaction.id,
            external_id: &transaction.external_id,
            amount: transaction.amount_millionths as f64 / MILLIONTHS,
            created_at: transaction.created_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageRecord<'a> {
    id: MessageId,
    sequence: i64,
    author: &'static str,
    author_name: Option<&'a str>,
    text: Option<&'a str>,
    notice: Option<&'static str>,
    assurance: Option<&'static str>,
    verified_at: Option<Timestamp>,
    session_id: Option<SessionId>,
    created_at: Timestamp,
    copied_from: Option<ConversationId>,
    written_at: Option<Timestamp>,
}

impl<'a> From<&'a Message> for MessageRecord<'a> {
    fn from(message: &'a Message) -> Self {
        let (author, author_name) = match &message.author {
            Author::Visitor(_) => ("VISITOR", None),
            Author::Agent { name, .. } => ("AGENT", Some(name.as_str())),
            Author::Bot { name, .. } => ("BOT", Some(name.as_str())),
            Author::System => ("SYSTEM", None),
        };
        let (text, notice) = match &message.body {
            MessageBody::Text(text) => (Some(text.as_str()), None),
            MessageBody::Notice(notice) => (None, Some(notice.as_str())),
        };
        Self {
            id: message.id,
            sequence: message.sequence,
            author,
            author_name,
            text,
            notice,
            assurance: message.assurance.map(signet_domain::Assurance::as_str),
            verified_at: message.verified_at,
            session_id: message.session_id,
            created_at: message.created_at,
            copied_from: message.copied_from.map(|copied| copied.conversation_id),
            written_at: message.copied_from.map(|copied| copied.written_at),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditRecord<'a> {
    sequence: i64,
    at: Timestamp,
    kind: &'a str,
    actor: &'a str,
    subject_type: Option<&'a str>,
    subject_id: Option<&'a str>,
    /// Of a visitor alone, and then the network.
    address: Option<&'a str>,
    correlation_id: Option<&'a str>,
    details: Option<&'a RawValue>,
    hash: String,
    failure: Option<FailureRecord<'a>>,
}

impl<'a> AuditRecord<'a> {
    pub(crate) fn new(row: &'a AuditRow, failure: Option<&'a AuthenticationFailure>) -> Self {
        Self {
            sequence: row.sequence,
            at: row.created_at,
            kind: &row.kind,
            actor: &row.actor_type,
            subject_type: row.subject_type.as_deref(),
            subject_id: row.subject_id.as_deref(),
            address: row.address.as_deref().filter(|_| row.actor_type == "VISITOR"),
            correlation_id: row.correlation_id.as_deref(),
            details: serde_json::from_str(&row.details).ok(),
            hash: signet_store::audit_events::hexadecimal(&row.hash),
            failure: failure.map(|failure| FailureRecord {
                id: failure.id,
                at: failure.created_at,
                code: &failure.code,
                fine_code: &failure.fine_code,
                origin: failure.origin.as_deref(),
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureRecord<'a> {
    id: Uuid,
    at: Timestamp,
    code: &'a str,
    fine_code: &'a str,
    origin: Option<&'a str>,
}
