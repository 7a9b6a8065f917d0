//! What is said on the socket.

use serde::{Deserialize, Serialize};
use signet_domain::{ClientMessageId, ConversationId, SessionId, Timestamp, VisitorId};

use super::declare::{TypeScript, record, words};
use super::messages::{Assurance, Conversation, Entry};

record! {
    /// First frame of a client: the session token and the last entry held.
    #[derive(Deserialize)]
    HelloFrame in "hello" {
        token: String,
        conversation_id: Option<ConversationId>,
        sequence: i64,
        /// The proof of the session's key, for sessions that are for one.
        proof missing "null": Option<String>,
    }
}

record! {
    /// A message. The same `clientMessageId` is stored once, however often it is sent.
    #[derive(Deserialize)]
    SendFrame in "send" {
        client_message_id: String,
        text: String,
        /// In whose session it was written; another's is refused.
        visitor_id missing "null": Option<VisitorId>,
    }
}

record! {
    /// Everything of the conversation up to `sequence` was seen.
    #[derive(Deserialize)]
    ReadFrame in "read" {
        conversation_id: ConversationId,
        sequence: i64,
    }
}

record! {
    /// The visitor is writing. At most one every 3 s; more are ignored.
    #[derive(Deserialize)]
    TypingFrame in "typing" {}
}

record! {
    /// A session token from a renewal of the same session.
    #[derive(Deserialize)]
    RenewFrame in "renew" {
        token: String,
    }
}

record! {
    /// Answered by `pong`.
    #[derive(Deserialize)]
    PingFrame in "ping" {}
}

/// What a client may say on the socket.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum ClientFrame {
    Hello(HelloFrame),
    Send(SendFrame),
    Read(ReadFrame),
    Typing(TypingFrame),
    Renew(RenewFrame),
    Ping(PingFrame),
}

/// Reads a text frame; `None` unless it is exactly one of the documented ones.
pub(crate) fn parse_client_frame(text: &str) -> Option<ClientFrame> {
    serde_json::from_str(text).ok()
}

/// Names of the client's frames.
pub(super) fn client_frames() -> Vec<String> {
    vec![
        HelloFrame::reference(),
        SendFrame::reference(),
        ReadFrame::reference(),
        TypingFrame::reference(),
        RenewFrame::reference(),
        PingFrame::reference(),
    ]
}

record! {
    /// Answer to `hello`: the entries after the client's cursor. May come again later, with `reset`, when the server had
    /// to skip something.
    #[derive(Serialize)]
    WelcomeFrame out "welcome" {
        session_id: SessionId,
        visitor_id: VisitorId,
        assurance: Assurance,
        expires_at: Timestamp,
        conversation: Option<Conversation>,
        entries: Vec<Entry>,
        /// Forget what was held of this visitor; `entries` are the newest 50.
        reset: bool,
    }
}

record! {
    /// A new entry, in sequence order.
    #[derive(Serialize)]
    EntryFrame out "entry" {
        entry: Entry,
    }
}

record! {
    /// A conversation started or closed, or its read marks or agent changed.
    #[derive(Serialize)]
    ConversationFrame out "conversation" {
        conversation: Conversation,
    }
}

record! {
    /// Sent after the durable commit, never before.
    #[derive(Serialize)]
    AckFrame out "ack" {
        client_message_id: ClientMessageId,
        conversation_id: ConversationId,
        sequence: i64,
        created_at: Timestamp,
        /// It had been stored before: this was a retry.
        duplicate: bool,
    }
}

words! {
    /// Why a frame was refused.
    RefusedCode {
        MessageEmpty = "MESSAGE_EMPTY",
        MessageTooLong = "MESSAGE_TOO_LONG",
        ClientMessageIdInvalid = "CLIENT_MESSAGE_ID_INVALID",
        VisitorChanged = "VISITOR_CHANGED",
        RateLimited = "RATE_LIMITED",
        FrameInvalid = "FRAME_INVALID",
        ServiceUnavailable = "SERVICE_UNAVAILABLE",
    }
}

record! {
    /// A frame was refused; `clientMessageId` names the message when it was a `send`.
    #[derive(Serialize)]
    RefusedFrame out "refused" {
        client_message_id: Option<String>,
        code: RefusedCode,
        message: String,
    }
}

record! {
    /// An agent is typing.
    #[derive(Serialize)]
    TypingNoticeFrame out "typing" {
        name: String,
    }
}

record! {
    /// The session goes on.
    #[derive(Serialize)]
    RenewedFrame out "renewed" {
        expires_at: Timestamp,
    }
}

record! {
    /// The session's time has passed; the socket closes with 4403.
    #[derive(Serialize)]
    ExpiredFrame out "expired" {}
}

record! {
    /// Answer to `ping`.
    #[derive(Serialize)]
    PongFrame out "pong" {}
}

/// Names of the server's frames.
pub(super) fn server_frames() -> Vec<String> {
    vec![
        WelcomeFrame::reference(),
        EntryFrame::reference(),
        ConversationFrame::reference(),
        AckFrame::reference(),
        RefusedFrame::reference(),
        TypingNoticeFrame::reference(),
        RenewedFrame::reference(),
        ExpiredFrame::reference(),
        PongFrame::reference(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_exactly_the_documented_ones() {
        let id = "0193a5b0-0000-7000-8000-000000000001";
        for good in [
            r#"{"type":"hello","token":"t","conversationId":null,"sequence":0}"#.to_owned(),
            format!(r#"{{"type":"hello","token":"t","conversationId":"{id}","sequence":7}}"#),
            format!(r#"{{"sequence":7,"type":"read","conversationId":"{id}"}}"#),
            r#"{"type":"send","clientMessageId":"any","text":"hi"}"#.to_owned(),
            r#"{"type":"typing"}"#.to_owned(),
            r#"{"type":"renew","token":"t"}"#.to_owned(),
            r#"{"type":"ping"}"#.to_owned(),
        ] {
            assert!(parse_client_frame(&good).is_some(), "{good}");
        }
        for bad in [
            "",
            "null",
            "[]",
            r#"{"type":"hello"}"#,
            r#"{"type":"pong"}"#,
            r#"{"type":"ping","extra":1}"#,
            r#"{"type":"ping","type":"typing"}"#,
            r#"{"type":"send","clientMessageId":"a","text":"b","text":"c"}"#,
            r#"{"type":"send","clientMessageId":"a","text":"b","assurance":"VERIFIED"}"#,
            r#"{"type":"send","clientMessageId":null,"text":"b"}"#,
            r#"{"type":"read","conversationId":"x","sequence":1}"#,
            r#"{"type":"ping"} {"type":"ping"}"#,
        ] {
            assert!(parse_client_frame(bad).is_none(), "{bad}");
        }
    }
}
