//! Bodies of requests and answers, and the objects they share with frames.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use signet_app::ActivationOption;
use signet_domain::{BrowserId, ClientMessageId, ConversationId, MessageId, SessionId, Timestamp, VisitorId};

use super::declare::{TypeScript, record, words};

words! {
    /// How sure Signet is of who wrote something.
    Assurance {
        Anonymous = "ANONYMOUS",
        Claimed = "CLAIMED",
        Verified = "VERIFIED",
    }
}

record! {
    /// Prove identity with a visitor token issued by the brand.
    #[derive(Deserialize)]
    SecuredAuthentication in "SECURED_AUTHENTICATION" {
        token: String,
    }
}

record! {
    /// Chat without proof of identity.
    #[derive(Deserialize)]
    AnonymousAuthentication in "ANONYMOUS" {}
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum AuthenticationOption {
    #[serde(rename = "SECURED_AUTHENTICATION")]
    Secured(SecuredAuthentication),
    #[serde(rename = "ANONYMOUS")]
    Anonymous(AnonymousAuthentication),
}

/// What the page offers; `None` if it has neither of the two forms, which is a failure with a code of its own.
pub(crate) struct Offer(pub(crate) Option<ActivationOption>);

impl TypeScript for Offer {
    fn reference() -> String {
        "AuthenticationOption".to_owned()
    }
}

impl<'de> Deserialize<'de> for Offer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An `Option`, so that a missing member reads as `null`.
        let raw = <Option<Box<RawValue>>>::deserialize(deserializer)?;
        let option = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        Ok(Self(option.map(|option| match option {
            AuthenticationOption::Secured(SecuredAuthentication { token }) => {
                ActivationOption::Secured { token }
            }
            AuthenticationOption::Anonymous(AnonymousAuthentication {}) => ActivationOption::Anonymous,
        })))
    }
}

record! {
    /// Body of `POST /visitor/v1/activate`.
    #[derive(Deserialize)]
    ActivateRequest {
        project_id: String,
        /// The embedding page's origin as the browser reported it; `null` from clients that are not browsers.
        origin: Option<String>,
        authentication_option: Offer,
        /// The session token held, to be upgraded or renewed (also when it has expired).
        session: Option<String>,
        /// The device credential held.
        device: Option<String>,
        /// Made once and kept with the browser's local storage until sign-out: its pages share one session.
        browser_id missing "null": Option<BrowserId>,
        /// The hand-over code that a link from another domain of the project brought.
        hand_over missing "null": Option<String>,
        /// The page's `idzCustomData.extID`.
        ext_id missing "null": Option<String>,
        /// The public half of the key that the session is for. Whoever uses its token must then prove to hold the private half.
        proof_key missing "null": Option<ProofKey>,
    }
}

/// A public JWK on P-256.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct ProofKey(pub(crate) signet_app::SessionKey);

impl TypeScript for ProofKey {
    fn reference() -> String {
        "{ kty: \"EC\"; crv: \"P-256\"; x: string; y: string }".to_owned()
    }
}

words! {
    /// What became of the conversations when the session opened.
    ContinuityOutcome {
        None = "NONE",
        New = "NEW",
        Adopted = "ADOPTED",
        Resumed = "RESUMED",
        Both = "BOTH",
        Renewed = "RENEWED",
        Switched = "SWITCHED",
        HandedOver = "HANDED_OVER",
    }
}

record! {
    /// The session as the client sees it. `accessToken` must stay in memory.
    #[derive(Serialize)]
    Session {
        access_token: String,
        id as "sessionId": SessionId,
        visitor_id: VisitorId,
        assurance: Assurance,
        expires_at: Timestamp,
        /// 80 % of the session's life.
        renew_from: Timestamp,
        /// 95 % of the session's life.
        renew_until: Timestamp,
        /// First name from a verified token, else `null`.
        display_name: Option<String>,
        /// Can be kept in storage: ends this session at `logout`, and can do nothing else.
        sign_out_handle: String,
        /// What proofs of the session's key may carry as `nonce`; `null` for a session without a key.
        proof_nonce: Option<String>,
    }
}

record! {
    /// The project the visitor talks to.
    #[derive(Serialize)]
    Project {
        id: String,
        name: String,
    }
}

record! {
    /// How this session's conversation relates to earlier ones.
    #[derive(Serialize)]
    Continuity {
        outcome: ContinuityOutcome,
        /// An anonymous conversation that a sign-in closed, as long as its messages are neither added nor declined.
        earlier_conversation_id: Option<ConversationId>,
        earlier_closed_at: Option<Timestamp>,
    }
}

words! {
    /// Marks an `ActivateSuccess`.
    SuccessStatus {
        Success = "authentication-success",
    }
}

record! {
    /// Answer 200 of `POST /visitor/v1/activate`.
    #[derive(Serialize)]
    ActivateSuccess {
        status: SuccessStatus,
        correlation_id: String,
        session: Session,
        /// A credential to keep, or `null`: forget what you hold.
        device: Option<String>,
        project: Project,
        continuity: Continuity,
        /// In observe mode, what would have come of the token; the session is anonymous either way.
        observed: Option<ObservedActivation>,
    }
}

words! {
    /// Why an activation failed, coarse enough to tell an attacker nothing.
    FailureCode {
        TokenMalformed = "TOKEN_MALFORMED",
        TokenUndecryptable = "TOKEN_UNDECRYPTABLE",
        TokenSignatureInvalid = "TOKEN_SIGNATURE_INVALID",
        TokenClaimsInvalid = "TOKEN_CLAIMS_INVALID",
        TokenExpired = "TOKEN_EXPIRED",
        TokenReplayed = "TOKEN_REPLAYED",
        ProjectNotSetUp = "PROJECT_NOT_SET_UP",
        OriginNotAllowed = "ORIGIN_NOT_ALLOWED",
        SessionKeyRequired = "SESSION_KEY_REQUIRED",
        OptionInvalid = "OPTION_INVALID",
        RateLimited = "RATE_LIMITED",
        ServiceUnavailable = "SERVICE_UNAVAILABLE",
    }
}

words! {
    /// Marks an `ActivateFailure`.
    FailureStatus {
        Failure = "authentication-failure",
    }
}

words! {
    /// What would have come of a token.
    ObservedStatus {
        Success = "authentication-success",
        Failure = "authentication-failure",
    }
}

record! {
    /// What would have come of a token if the project's authenticated mode were on.
    #[derive(Serialize)]
    ObservedActivation {
        status: ObservedStatus,
        /// `null` for a token that would have been accepted.
        reason: Option<String>,
        code: Option<FailureCode>,
    }
}

record! {
    /// Any other answer of `POST /visitor/v1/activate` to a request of the documented form.
    #[derive(Serialize)]
    ActivateFailure {
        status: FailureStatus,
        reason: String,
        code: FailureCode,
        correlation_id: String,
    }
}

record! {
    /// Body of every other refusal.
    #[derive(Serialize)]
    ErrorBody {
        code: &'static str,
        message: String,
        correlation_id: String,
    }
}

record! {
    /// Body of `POST /visitor/v1/messages`. The same `clientMessageId` is stored once, however often it is sent.
    #[derive(Deserialize)]
    SendRequest {
        client_message_id: String,
        text: String,
        /// In whose session it was written; another's is refused.
        visitor_id missing "null": Option<VisitorId>,
    }
}

record! {
    /// Answer 201 of `POST /visitor/v1/messages`: the message is durable.
    #[derive(Serialize)]
    Acknowledgement {
        client_message_id: ClientMessageId,
        conversation_id: ConversationId,
        sequence: i64,
        created_at: Timestamp,
        /// It had been stored before: this was a retry.
        duplicate: bool,
    }
}

words! {
    /// Something the system says in a thread, in the reader's own language.
    NoticeCode {
        VisitorSignedIn = "VISITOR_SIGNED_IN",
        IdentityLapsed = "IDENTITY_LAPSED",
        IdentityConfirmed = "IDENTITY_CONFIRMED",
        ConversationClosed = "CONVERSATION_CLOSED",
        ContinuedElsewhere = "CONTINUED_ELSEWHERE",
        IdentityRequested = "IDENTITY_REQUESTED",
        IdentityNotConfirmed = "IDENTITY_NOT_CONFIRMED",
        IdentityRequestUnanswered = "IDENTITY_REQUEST_UNANSWERED",
        EarlierMessagesAdded = "EARLIER_MESSAGES_ADDED",
        BotAnswers = "BOT_ANSWERS",
        BotTransferred = "BOT_TRANSFERRED",
        BotResumed = "BOT_RESUMED",
        BotFailed = "BOT_FAILED",
    }
}

words! {
    /// Who can write an entry. `BOT` is a program, and is to be shown as one.
    AuthorType {
        Visitor = "VISITOR",
        Agent = "AGENT",
        Bot = "BOT",
        System = "SYSTEM",
    }
}

record! {
    /// Who wrote an entry. `self` is true for the reading visitor's own.
    #[derive(Serialize)]
    Author {
        r#type: AuthorType,
        name: Option<String>,
        own as "self": bool,
    }
}

words! {
    /// A person's words, or a line by Signet.
    EntryKind {
        Text = "TEXT",
        Notice = "NOTICE",
    }
}

record! {
    /// Where a text stands that the visitor added from before they signed in.
    #[derive(Serialize)]
    CopiedFrom {
        conversation_id: ConversationId,
        written_at: Timestamp,
    }
}

record! {
    /// One line of a conversation. `sequence` counts from 1 and may skip.
    #[derive(Serialize)]
    Entry {
        conversation_id: ConversationId,
        sequence: i64,
        id: MessageId,
        kind: EntryKind,
        notice: Option<NoticeCode>,
        text: Option<String>,
        author: Author,
        /// `null` unless a visitor wrote the entry.
        assurance: Option<Assurance>,
        verified_at: Option<Timestamp>,
        created_at: Timestamp,
        client_message_id: Option<ClientMessageId>,
        /// `null` unless the visitor added the text from an earlier conversation.
        copied_from: Option<CopiedFrom>,
    }
}

words! {
    /// Whether a conversation goes on.
    ConversationState {
        Ongoing = "ONGOING",
        Closed = "CLOSED",
    }
}

record! {
    /// The agent in charge of a conversation.
    #[derive(Serialize)]
    ConversationAgent {
        name: String,
    }
}

record! {
    /// An agent asks the visitor to confirm who they are.
    #[derive(Serialize)]
    IdentityRequest {
        agent: ConversationAgent,
        requested_at: Timestamp,
        /// When it ends by itself.
        expires_at: Timestamp,
    }
}

record! {
    /// A thread between the visitor and the brand.
    #[derive(Serialize)]
    Conversation {
        id: ConversationId,
        state: ConversationState,
        created_at: Timestamp,
        closed_at: Option<Timestamp>,
        last_sequence: i64,
        read_by_visitor: i64,
        read_by_agent: i64,
        agent: Option<ConversationAgent>,
        continued_in_id: Option<ConversationId>,
        /// `null` unless an agent asks and has no answer yet.
        identity_request: Option<IdentityRequest>,
    }
}

record! {
    /// Answer of `GET /visitor/v1/history`.
    #[derive(Serialize)]
    HistoryPage {
        /// Ascending.
        entries: Vec<Entry>,
        conversations: Vec<Conversation>,
        /// Cursor of the next older page, `null` when there is none.
        before: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(option: &str) -> Option<ActivationOption> {
        let body = format!(r#"{{"projectId":"demo","origin":null,"authenticationOption":{option}}}"#);
        serde_json::from_str::<ActivateRequest>(&body).ok().unwrap().authentication_option.0
    }

    #[test]
    fn an_option_has_one_of_two_forms() {
        assert!(matches!(offer(r#"{"type":"ANONYMOUS"}"#), Some(ActivationOption::Anonymous)));
        let secured = offer(r#"{"type":"SECURED_AUTHENTICATION","token":"x"}"#);
        assert!(matches!(secured, Some(ActivationOption::Secured { token }) if token == "x"));
        for bad in [
            "null",
            "{}",
            "[]",
            r#""ANONYMOUS""#,
            r#"{"type":"anonymous"}"#,
            r#"{"type":"SECURED_AUTHENTICATION"}"#,
            r#"{"type":"SECURED_AUTHENTICATION","token":7}"#,
            r#"{"type":"SECURED_AUTHENTICATION","token":"a","token":"b"}"#,
            r#"{"type":"ANONYMOUS","type":"SECURED_AUTHENTICATION","token":"a"}"#,
            r#"{"type":"ANONYMOUS","token":"a"}"#,
        ] {
            assert!(offer(bad).is_none(), "{bad}");
        }
        let without = serde_json::from_str::<ActivateRequest>(r#"{"projectId":"demo"}"#).ok().unwrap();
        assert!(without.authentication_option.0.is_none());
    }

    #[test]
    fn requests_hold_known_members_once() {
        for bad in [
            r#"{"projectId":"a","projectId":"b","authenticationOption":{"type":"ANONYMOUS"}}"#,
            r#"{"projectId":"a","authenticationOption":{"type":"ANONYMOUS"},"role":"admin"}"#,
            r#"{"authenticationOption":{"type":"ANONYMOUS"}}"#,
            r#"{"projectId":7,"authenticationOption":{"type":"ANONYMOUS"}}"#,
        ] {
            assert!(serde_json::from_str::<ActivateRequest>(bad).is_err(), "{bad}");
        }
    }
}
