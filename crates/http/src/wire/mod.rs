//! The visitor API's contract, `docs/visitor-api.md`, as types. `web/protocol/src/visitor.ts` is generated from them.

mod convert;
mod declare;
mod frames;
mod messages;
mod requests;

use self::declare::Declared;

pub(crate) use frames::{
    AckFrame, ClientFrame, ConversationFrame, EntryFrame, ExpiredFrame, HelloFrame, PongFrame, RefusedCode,
    RefusedFrame, RenewedFrame, SendFrame, TypingNoticeFrame, WelcomeFrame, parse_client_frame,
};
pub(crate) use messages::{
    Acknowledgement, ActivateFailure, ActivateRequest, ActivateSuccess, Conversation, Entry, ErrorBody,
    HistoryPage, SendRequest,
};
pub(crate) use requests::{
    CustomDataRequest, EarlierMessages, EarlierMessagesRequest, HandOver, HandOverRequest,
    IdentityConfirmationRequest, RecordedTransaction, SatisfactionRequest, StoredCustomData,
    TransactionRequest,
};

/// Begins the generated file.
const HEAD: &str = "\
/**
 * The visitor API's contract: `docs/visitor-api.md` as types.
 *
 * Generated from `crates/http/src/wire` by `cargo xtask gen`; changes belong there. Times are RFC 3339 in UTC with
 * milliseconds; ids are UUIDs but for `projectId`.
 */
";

/// The contract of the visitor API as a TypeScript module, for `cargo xtask gen`.
pub fn typescript() -> String {
    use self::declare::union;
    use self::{frames as f, messages as m, requests as r};

    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let declarations = [
        m::Assurance::declaration(),
        m::SecuredAuthentication::declaration(),
        m::AnonymousAuthentication::declaration(),
        union(
            "AuthenticationOption",
            &["What a provider chooses for this visitor."],
            &names(&["SecuredAuthentication", "AnonymousAuthentication"]),
        ),
        m::ActivateRequest::declaration(),
        m::ContinuityOutcome::declaration(),
        m::Session::declaration(),
        m::Project::declaration(),
        m::Continuity::declaration(),
        m::SuccessStatus::declaration(),
        m::FailureCode::declaration(),
        m::ObservedStatus::declaration(),
        m::ObservedActivation::declaration(),
        m::ActivateSuccess::declaration(),
        m::FailureStatus::declaration(),
        m::ActivateFailure::declaration(),
        union(
            "ActivateResponse",
            &["Either answer of `POST /visitor/v1/activate`."],
            &names(&["ActivateSuccess", "ActivateFailure"]),
        ),
        m::ErrorBody::declaration(),
        m::SendRequest::declaration(),
        m::Acknowledgement::declaration(),
        m::NoticeCode::declaration(),
        m::AuthorType::declaration(),
        m::Author::declaration(),
        m::EntryKind::declaration(),
        m::CopiedFrom::declaration(),
        m::Entry::declaration(),
        m::ConversationState::declaration(),
        m::ConversationAgent::declaration(),
        m::IdentityRequest::declaration(),
        m::Conversation::declaration(),
        m::HistoryPage::declaration(),
        r::EarlierMessagesRequest::declaration(),
        r::EarlierMessages::declaration(),
        r::IdentityConfirmationRequest::declaration(),
        r::HandOverRequest::declaration(),
        r::HandOver::declaration(),
        r::TransactionRequest::declaration(),
        r::RecordedTransaction::declaration(),
        r::CustomDataRequest::declaration(),
        r::StoredCustomData::declaration(),
        r::SatisfactionRequest::declaration(),
        f::HelloFrame::declaration(),
        f::SendFrame::declaration(),
        f::ReadFrame::declaration(),
        f::TypingFrame::declaration(),
        f::RenewFrame::declaration(),
        f::PingFrame::declaration(),
        union("ClientFrame", &["What a client may say on the socket."], &f::client_frames()),
        f::WelcomeFrame::declaration(),
        f::EntryFrame::declaration(),
        f::ConversationFrame::declaration(),
        f::AckFrame::declaration(),
        f::RefusedCode::declaration(),
        f::RefusedFrame::declaration(),
        f::TypingNoticeFrame::declaration(),
        f::RenewedFrame::declaration(),
        f::ExpiredFrame::declaration(),
        f::PongFrame::declaration(),
        union("ServerFrame", &["What the server may say on the socket."], &f::server_frames()),
        union(
            "SocketProtocol",
            &["The socket's subprotocol."],
            &[format!("\"{}\"", crate::socket::PROTOCOL)],
        ),
    ];
    format!("{HEAD}\n{}", declarations.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_the_contract_uses_is_declared_once() {
        let text = typescript();
        let declared: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("export "))
            .filter_map(|line| line.split(' ').nth(1))
            .collect();
        let mut unique = declared.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), declared.len());

        let without_comments: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['/', '*']))
            .collect::<Vec<_>>()
            .join("\n");
        let used = without_comments.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '"'));
        for name in used.filter(|word| word.starts_with(char::is_uppercase)) {
            assert!(declared.contains(&name), "{name} is used and not declared");
        }
    }

    #[test]
    fn declarations_say_what_serde_does() {
        let text = typescript();
        assert!(text.contains("  clientMessageId: string | null;\n"), "{text}");
        assert!(text.contains("  entries: Entry[];\n"));
        assert!(text.contains("export interface PongFrame {\n  type: \"pong\";\n}\n"));
        assert!(text.contains("export type Assurance = \"ANONYMOUS\" | \"CLAIMED\" | \"VERIFIED\";\n"));
        assert!(text.contains("export type SocketProtocol = \"signet.v1\";\n"));
        assert_eq!(serde_json::to_string(&PongFrame {}).unwrap(), r#"{"type":"pong"}"#);
    }
}
