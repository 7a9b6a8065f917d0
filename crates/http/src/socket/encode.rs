//! Frames as text. An event is encoded once and shared by all sockets that tell it.

use bytes::Bytes;
use serde::Serialize;
use signet_app::{Acknowledgement, Thread, VisitorSession};
use signet_domain::{Author, Event, EventKind, Timestamp};

use crate::wire::{
    AckFrame, Conversation, ConversationFrame, Entry, EntryFrame, ExpiredFrame, PongFrame, RefusedCode,
    RefusedFrame, RenewedFrame, TypingNoticeFrame, WelcomeFrame,
};

/// The frames that tell a visitor of an event, in the order they are sent.
///
/// A conversation is announced before its first entry, and otherwise follows the entry that changed it. A visitor's own
/// text changes nothing of it that the entry does not say, so it goes alone: it is the most frequent event of all.
pub(super) fn event(event: &Event) -> Vec<Bytes> {
    let entry =
        event.message.as_ref().and_then(Entry::for_visitor).map(|entry| text(&EntryFrame { entry }).into());
    let own_text = event.kind == EventKind::MessageSent
        && event.message.as_ref().is_some_and(|message| matches!(message.author, Author::Visitor(_)));
    let conversation = event
        .conversation
        .as_ref()
        .filter(|_| !own_text)
        .map(|conversation| self::conversation(conversation.into()).into());
    let frames = match event.kind {
        EventKind::ConversationStarted => [conversation, entry],
        _ => [entry, conversation],
    };
    frames.into_iter().flatten().collect()
}

/// `welcome`.
pub(super) fn welcome(session: &VisitorSession, thread: &Thread) -> String {
    text(&WelcomeFrame {
        session_id: session.session_id(),
        visitor_id: session.visitor_id(),
        assurance: session.assurance().into(),
        expires_at: session.expires_at(),
        conversation: thread.conversation.as_ref().map(Into::into),
        entries: Entry::all_for_visitor(&thread.entries),
        reset: thread.reset,
    })
}

/// The frames that bring a client up to date that needs not forget anything.
pub(super) fn catch_up(thread: &Thread) -> Vec<String> {
    let conversation =
        thread.conversation.as_ref().map(|conversation| self::conversation(conversation.into()));
    let entries =
        Entry::all_for_visitor(&thread.entries).into_iter().map(|entry| text(&EntryFrame { entry }));
    conversation.into_iter().chain(entries).collect()
}

fn conversation(conversation: Conversation) -> String {
    text(&ConversationFrame { conversation })
}

/// `ack`.
pub(super) fn ack(stored: Acknowledgement) -> String {
    text(&AckFrame::from(stored))
}

/// `refused`.
pub(super) fn refused(client_message_id: Option<String>, code: RefusedCode, message: String) -> String {
    text(&RefusedFrame { client_message_id, code, message })
}

/// `typing`.
pub(super) fn typing(name: &str) -> String {
    text(&TypingNoticeFrame { name: name.to_owned() })
}

/// `renewed`.
pub(super) fn renewed(expires_at: Timestamp) -> String {
    text(&RenewedFrame { expires_at })
}

/// `expired`.
pub(super) fn expired() -> String {
    text(&ExpiredFrame {})
}

/// `pong`.
pub(super) fn pong() -> String {
    text(&PongFrame {})
}

#[expect(clippy::expect_used, reason = "frames have text keys, and no value of theirs refuses to be written")]
fn text(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).expect("a frame is JSON")
}

#[cfg(test)]
mod tests {
    use signet_domain::{
        Conversation, ConversationId, ConversationState, Message, MessageBody, MessageId, MessageText,
        Notice, ProjectId, VisitorId,
    };
    use uuid::Uuid;

    use super::*;

    fn an_event(kind: EventKind, author: Author, body: MessageBody) -> Event {
        let (visitor_id, project_id) =
            (VisitorId::from_uuid(Uuid::from_u128(1)), ProjectId::parse("demo").unwrap());
        let conversation_id = ConversationId::from_uuid(Uuid::from_u128(2));
        let created_at = Timestamp::from_millis(0);
        Event {
            project_id: project_id.clone(),
            sequence: 1,
            kind,
            visitor_id: Some(visitor_id),
            conversation: Some(Conversation {
                id: conversation_id,
                project_id,
                visitor_id,
                state: ConversationState::Ongoing,
                created_at,
                continued_in: None,
                agent: None,
                last_sequence: 1,
                last_text_sequence: 1,
                last_activity_at: created_at,
                waiting_since: None,
                unread_count: 0,
                read_by_agent: 0,
                read_by_visitor: 0,
                identity_request: None,
                messages_added: None,
                bot: None,
                anonymized_at: None,
            }),
            message: Some(Message {
                id: MessageId::from_uuid(Uuid::from_u128(3)),
                conversation_id,
                sequence: 1,
                author,
                body,
                assurance: None,
                verified_at: None,
                session_id: None,
                client_message_id: None,
                created_at,
                copied_from: None,
            }),
            created_at,
            correlation_id: None,
            subject: None,
        }
    }

    fn types(event: &Event) -> Vec<String> {
        super::event(event)
            .iter()
            .map(|frame| {
                serde_json::from_slice::<serde_json::Value>(frame).unwrap()["type"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn what_a_visitor_is_told_of_an_event() {
        let visitor = || Author::Visitor(VisitorId::from_uuid(Uuid::from_u128(1)));
        let text = || MessageBody::Text(MessageText::parse("hi").unwrap());
        let of = |kind, author, body| types(&an_event(kind, author, body));
        assert_eq!(of(EventKind::ConversationStarted, visitor(), text()), ["conversation", "entry"]);
        assert_eq!(of(EventKind::MessageSent, visitor(), text()), ["entry"]);
        assert_eq!(of(EventKind::MessageSent, Author::System, text()), ["entry", "conversation"]);
        let closed = MessageBody::Notice(Notice::ConversationClosed);
        assert_eq!(of(EventKind::ConversationClosed, Author::System, closed), ["entry", "conversation"]);
        let signed_out = MessageBody::Notice(Notice::VisitorSignedOut);
        assert_eq!(of(EventKind::VisitorSignedOut, Author::System, signed_out), ["conversation"]);
    }
}
