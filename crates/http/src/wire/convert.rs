//! From the domain to the wire. What is for agents alone has no form here: [`Entry::for_visitor`] gives none.

use signet_app::{Acknowledgement as Stored, Activated, ActivationFailure, ActivationOutcome, History};
use signet_domain::{self as domain, MessageBody, Notice, Timestamp, Visibility};

use super::frames::{AckFrame, RefusedCode};
use super::messages::{
    Acknowledgement, ActivateFailure, ActivateSuccess, Assurance, Author, AuthorType, Continuity,
    ContinuityOutcome, Conversation, ConversationAgent, ConversationState, CopiedFrom, Entry, EntryKind,
    FailureCode, FailureStatus, HistoryPage, IdentityRequest, NoticeCode, ObservedActivation, ObservedStatus,
    Project, Session, SuccessStatus,
};
use super::requests::{
    EarlierAnswer, EarlierMessages, HandOver, NotConfirmed, RecordedTransaction, SatisfactionRequest,
};
use crate::history_cursor;

impl From<domain::Assurance> for Assurance {
    fn from(assurance: domain::Assurance) -> Self {
        match assurance {
            domain::Assurance::Anonymous => Self::Anonymous,
            domain::Assurance::Claimed => Self::Claimed,
            domain::Assurance::Verified => Self::Verified,
        }
    }
}

impl From<ActivationOutcome> for ContinuityOutcome {
    fn from(outcome: ActivationOutcome) -> Self {
        match outcome {
            ActivationOutcome::None => Self::None,
            ActivationOutcome::New => Self::New,
            ActivationOutcome::Adopted => Self::Adopted,
            ActivationOutcome::Resumed => Self::Resumed,
            ActivationOutcome::Both => Self::Both,
            ActivationOutcome::Renewed => Self::Renewed,
            ActivationOutcome::Switched => Self::Switched,
            ActivationOutcome::HandedOver => Self::HandedOver,
        }
    }
}

impl From<signet_app::FailureCode> for FailureCode {
    fn from(code: signet_app::FailureCode) -> Self {
        match code {
            signet_app::FailureCode::TokenMalformed => Self::TokenMalformed,
            signet_app::FailureCode::TokenUndecryptable => Self::TokenUndecryptable,
            signet_app::FailureCode::TokenSignatureInvalid => Self::TokenSignatureInvalid,
            signet_app::FailureCode::TokenClaimsInvalid => Self::TokenClaimsInvalid,
            signet_app::FailureCode::TokenExpired => Self::TokenExpired,
            signet_app::FailureCode::TokenReplayed => Self::TokenReplayed,
            signet_app::FailureCode::ProjectNotSetUp => Self::ProjectNotSetUp,
            signet_app::FailureCode::OriginNotAllowed => Self::OriginNotAllowed,
            signet_app::FailureCode::SessionKeyRequired => Self::SessionKeyRequired,
            signet_app::FailureCode::OptionInvalid => Self::OptionInvalid,
            signet_app::FailureCode::RateLimited => Self::RateLimited,
            signet_app::FailureCode::ServiceUnavailable => Self::ServiceUnavailable,
        }
    }
}

impl ActivateSuccess {
    /// The answer to an activation that succeeded at `now`.
    pub(crate) fn new(activated: Activated, now: Timestamp, correlation_id: String) -> Self {
        let Activated { session, device, project, outcome, earlier, observed } = activated;
        Self {
            status: SuccessStatus::Success,
            correlation_id,
            session: Session {
                renew_from: session.renew_from(now),
                renew_until: session.renew_until(now),
                access_token: session.access_token,
                id: session.session_id,
                visitor_id: session.visitor_id,
                assurance: session.assurance.into(),
                expires_at: session.expires_at,
                display_name: session.display_name,
                sign_out_handle: session.sign_out_handle,
                proof_nonce: session.proof_nonce,
            },
            device,
            project: Project { id: project.id.to_string(), name: project.name },
            continuity: Continuity {
                outcome: outcome.into(),
                earlier_conversation_id: earlier.map(|earlier| earlier.id),
                earlier_closed_at: earlier.map(|earlier| earlier.closed_at),
            },
            observed: observed.map(Into::into),
        }
    }
}

impl From<Result<(), ActivationFailure>> for ObservedActivation {
    fn from(observed: Result<(), ActivationFailure>) -> Self {
        match observed {
            Ok(()) => Self { status: ObservedStatus::Success, reason: None, code: None },
            Err(failure) => Self {
                status: ObservedStatus::Failure,
                reason: Some(failure.code.reason()),
                code: Some(failure.code.into()),
            },
        }
    }
}

impl ActivateFailure {
    /// The answer to one that failed.
    pub(crate) fn new(failure: &ActivationFailure, correlation_id: String) -> Self {
        Self {
            status: FailureStatus::Failure,
            reason: failure.code.reason(),
            code: failure.code.into(),
            correlation_id,
        }
    }
}

impl From<Stored> for Acknowledgement {
    fn from(stored: Stored) -> Self {
        let Stored { conversation_id, sequence, client_message_id, created_at, duplicate } = stored;
        Self { client_message_id, conversation_id, sequence, created_at, duplicate }
    }
}

impl From<Stored> for AckFrame {
    fn from(stored: Stored) -> Self {
        let Stored { conversation_id, sequence, client_message_id, created_at, duplicate } = stored;
        Self { client_message_id, conversation_id, sequence, created_at, duplicate }
    }
}

impl NoticeCode {
    /// The code of a notice that visitors see.
    fn for_visitor(notice: Notice) -> Option<Self> {
        match notice {
            Notice::VisitorSignedIn => Some(Self::VisitorSignedIn),
            Notice::IdentityLapsed => Some(Self::IdentityLapsed),
            Notice::IdentityConfirmed => Some(Self::IdentityConfirmed),
            Notice::ConversationClosed => Some(Self::ConversationClosed),
            Notice::ContinuedElsewhere => Some(Self::ContinuedElsewhere),
            Notice::IdentityRequested => Some(Self::IdentityRequested),
            Notice::IdentityNotConfirmed => Some(Self::IdentityNotConfirmed),
            Notice::IdentityRequestUnanswered => Some(Self::IdentityRequestUnanswered),
            Notice::EarlierMessagesAdded => Some(Self::EarlierMessagesAdded),
            Notice::BotAnswers => Some(Self::BotAnswers),
            Notice::BotTransferred => Some(Self::BotTransferred),
            Notice::BotResumed => Some(Self::BotResumed),
            Notice::BotFailed => Some(Self::BotFailed),
            Notice::VisitorReturned | Notice::VisitorSignedOut | Notice::ContinuedFrom => None,
        }
    }
}

impl Entry {
    /// An entry as its visitor sees it; `None` for one that is meant for agents alone.
    pub(crate) fn for_visitor(message: &domain::Message) -> Option<Self> {
        if message.visibility() != Visibility::Everyone {
            return None;
        }
        let (kind, notice, text) = match &message.body {
            MessageBody::Text(text) => (EntryKind::Text, None, Some(text.as_str().to_owned())),
            MessageBody::Notice(notice) => (EntryKind::Notice, Some(NoticeCode::for_visitor(*notice)?), None),
        };
        let (r#type, name) = match &message.author {
            domain::Author::Visitor(_) => (AuthorType::Visitor, None),
            domain::Author::Agent { name, .. } => (AuthorType::Agent, Some(name.clone())),
            domain::Author::Bot { name, .. } => (AuthorType::Bot, Some(name.clone())),
            domain::Author::System => (AuthorType::System, None),
        };
        // A conversation has one visitor, whatever ids they wrote under: all their entries are the reader's own.
        let own = r#type == AuthorType::Visitor;
        Some(Self {
            conversation_id: message.conversation_id,
            sequence: message.sequence,
            id: message.id,
            kind,
            notice,
            text,
            author: Author { r#type, name, own },
            assurance: message.assurance.map(Into::into),
            verified_at: message.verified_at,
            created_at: message.created_at,
            // An agent's client ids are no business of the visitor's.
            client_message_id: message.client_message_id.filter(|_| own),
            copied_from: message.copied_from.map(|copied| CopiedFrom {
                conversation_id: copied.conversation_id,
                written_at: copied.written_at,
            }),
        })
    }

    /// Those of several that are for the visitor's eyes.
    pub(crate) fn all_for_visitor(messages: &[domain::Message]) -> Vec<Self> {
        messages.iter().filter_map(Self::for_visitor).collect()
    }
}

impl From<&domain::Conversation> for Conversation {
    fn from(conversation: &domain::Conversation) -> Self {
        let (state, closed_at) = match conversation.state {
            domain::ConversationState::Ongoing => (ConversationState::Ongoing, None),
            domain::ConversationState::Closed { at, .. } => (ConversationState::Closed, Some(at)),
        };
        Self {
            id: conversation.id,
            state,
            created_at: conversation.created_at,
            closed_at,
            last_sequence: conversation.last_sequence,
            read_by_visitor: conversation.read_by_visitor,
            read_by_agent: conversation.read_by_agent,
            agent: conversation.agent.as_ref().map(|agent| ConversationAgent { name: agent.name.clone() }),
            continued_in_id: conversation.continued_in,
            identity_request: conversation.identity_request.as_ref().map(|asked| IdentityRequest {
                agent: ConversationAgent { name: asked.by.name.clone() },
                requested_at: asked.at,
                expires_at: asked.at.after(domain::limits::IDENTITY_REQUEST),
            }),
        }
    }
}

impl From<signet_app::EarlierMessages> for EarlierMessages {
    fn from(added: signet_app::EarlierMessages) -> Self {
        let signet_app::EarlierMessages { conversation_id, copied, duplicate } = added;
        Self { conversation_id, copied, duplicate }
    }
}

impl From<EarlierAnswer> for signet_app::EarlierAnswer {
    fn from(answer: EarlierAnswer) -> Self {
        match answer {
            EarlierAnswer::Add => Self::Add,
            EarlierAnswer::Decline => Self::Decline,
        }
    }
}

impl From<NotConfirmed> for signet_app::NotConfirmed {
    fn from(outcome: NotConfirmed) -> Self {
        match outcome {
            NotConfirmed::Declined => Self::Declined,
            NotConfirmed::Failed => Self::Failed,
        }
    }
}

impl From<signet_app::HandOverCode> for HandOver {
    fn from(made: signet_app::HandOverCode) -> Self {
        Self { code: made.code, expires_at: made.expires_at }
    }
}

impl From<signet_app::RecordedTransaction> for RecordedTransaction {
    fn from(recorded: signet_app::RecordedTransaction) -> Self {
        let signet_app::RecordedTransaction { stored, duplicate, conversation_id } = recorded;
        Self { stored, duplicate, conversation_id }
    }
}

impl From<SatisfactionRequest> for signet_app::Satisfaction {
    fn from(request: SatisfactionRequest) -> Self {
        Self {
            customer_satisfaction: request.customer_satisfaction,
            net_promoter_score: request.net_promoter_score,
            comment: request.comment,
        }
    }
}

impl From<History> for HistoryPage {
    fn from(history: History) -> Self {
        Self {
            entries: Entry::all_for_visitor(&history.entries),
            conversations: history.conversations.iter().map(Into::into).collect(),
            before: history.before.map(history_cursor::encode),
        }
    }
}

impl From<domain::text::InvalidText> for RefusedCode {
    fn from(error: domain::text::InvalidText) -> Self {
        match error {
            domain::text::InvalidText::Empty => Self::MessageEmpty,
            domain::text::InvalidText::TooLong => Self::MessageTooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use signet_domain::{AgentId, BotId, ClientMessageId, ConversationId, MessageId, MessageText, VisitorId};
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn message(author: domain::Author, body: MessageBody) -> domain::Message {
        domain::Message {
            id: MessageId::from_uuid(id(1)),
            conversation_id: ConversationId::from_uuid(id(2)),
            sequence: 3,
            author,
            body,
            assurance: None,
            verified_at: None,
            session_id: None,
            client_message_id: Some(ClientMessageId::from_uuid(id(4))),
            created_at: Timestamp::from_millis(0),
            copied_from: None,
        }
    }

    #[test]
    fn what_is_for_agents_alone_has_no_form_for_visitors() {
        for (notice, shown) in [
            (Notice::VisitorSignedIn, true),
            (Notice::VisitorReturned, false),
            (Notice::VisitorSignedOut, false),
            (Notice::IdentityLapsed, true),
            (Notice::IdentityConfirmed, true),
            (Notice::ConversationClosed, true),
            (Notice::ContinuedElsewhere, true),
            (Notice::ContinuedFrom, false),
            (Notice::IdentityRequested, true),
            (Notice::IdentityNotConfirmed, true),
            (Notice::IdentityRequestUnanswered, true),
            (Notice::EarlierMessagesAdded, true),
            (Notice::BotAnswers, true),
            (Notice::BotTransferred, true),
            (Notice::BotResumed, true),
            (Notice::BotFailed, true),
        ] {
            let entry = Entry::for_visitor(&message(domain::Author::System, MessageBody::Notice(notice)));
            assert_eq!(entry.is_some(), shown, "{}", notice.as_str());
        }
    }

    #[test]
    fn an_entry_as_json() {
        let text = || MessageBody::Text(MessageText::parse("hi").unwrap());
        let own = message(domain::Author::Visitor(VisitorId::from_uuid(id(5))), text());
        assert_eq!(
            serde_json::to_value(Entry::for_visitor(&own).unwrap()).unwrap(),
            serde_json::json!({
                "conversationId": "00000000-0000-0000-0000-000000000002",
                "sequence": 3,
                "id": "00000000-0000-0000-0000-000000000001",
                "kind": "TEXT",
                "notice": null,
                "text": "hi",
                "author": {"type": "VISITOR", "name": null, "self": true},
                "assurance": null,
                "verifiedAt": null,
                "createdAt": "1970-01-01T00:00:00.000Z",
                "clientMessageId": "00000000-0000-0000-0000-000000000004",
                "copiedFrom": null,
            })
        );
        let agent = domain::Author::Agent { id: AgentId::from_uuid(id(6)), name: "Lou".to_owned() };
        let theirs = serde_json::to_value(Entry::for_visitor(&message(agent, text())).unwrap()).unwrap();
        assert_eq!(theirs["author"], serde_json::json!({"type": "AGENT", "name": "Lou", "self": false}));
        assert_eq!(theirs["clientMessageId"], serde_json::Value::Null);
        let bot = domain::Author::Bot { id: BotId::from_uuid(id(7)), name: "Robo".to_owned() };
        let said = serde_json::to_value(Entry::for_visitor(&message(bot, text())).unwrap()).unwrap();
        assert_eq!(said["author"], serde_json::json!({"type": "BOT", "name": "Robo", "self": false}));
    }
}
