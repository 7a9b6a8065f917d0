//! Errors of the use cases, each with a code that clients can rely on.

use std::time::Duration;

use signet_store::StoreError;

/// Why a use case did not happen. [`AppError::code`] is part of the public contract: codes are never renamed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing for this caller.
    #[error("not found")]
    NotFound,
    /// The caller is known and lacks the right.
    #[error("insufficient permissions to perform the operation")]
    PermissionDenied,
    /// The bearer token or cookie is unknown or has expired.
    #[error("the access token is not valid")]
    Unauthenticated,
    /// E-mail and password, or client id and secret, do not match.
    #[error("the credentials are not valid")]
    CredentialsInvalid,
    /// The password was right, and a code of the second factor is needed as well.
    #[error("a code of the second factor is needed")]
    SecondFactorRequired,
    /// The code of the second factor is wrong, too old or was used before.
    #[error("the code is not valid")]
    SecondFactorInvalid,
    /// A value breaks its rule.
    #[error("{message}")]
    Invalid {
        /// Which rule, such as `MESSAGE_TOO_LONG`.
        code: &'static str,
        /// For a person, in lower case.
        message: String,
    },
    /// The conversation is closed.
    #[error("the conversation is closed")]
    ConversationClosed,
    /// What is asked for does not fit what is there.
    #[error("{message}")]
    Conflict {
        /// Why, such as `VISITOR_CHANGED`.
        code: &'static str,
        /// For a person, in lower case.
        message: String,
    },
    /// The origin is not on the project's list.
    #[error("the origin is not allowed for the project")]
    OriginNotAllowed,
    /// Such a thing exists already.
    #[error("a record with the same {0} exists")]
    Exists(String),
    /// Too much at once.
    #[error("too many requests")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The visitor session has passed its time.
    #[error("the session has expired")]
    SessionExpired,
    /// The visitor session is unknown, revoked or signed out.
    #[error("the session has ended")]
    SessionEnded,
    /// A session token was used without the proof of its key.
    #[error("the session token was used without a good proof of its key")]
    SessionUnproved,
    /// The proof of a session's key was made for another process: to be made again for any.
    #[error("the proof was made for another server, make one without a nonce")]
    SessionProofElsewhere,
    /// Storage or keys cannot be reached.
    #[error("the service is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AppError {
    /// The stable code that clients see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::CredentialsInvalid => "CREDENTIALS_INVALID",
            Self::Invalid { code, .. } | Self::Conflict { code, .. } => code,
            Self::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::SecondFactorInvalid => "SECOND_FACTOR_INVALID",
            Self::ConversationClosed => "CONVERSATION_CLOSED",
            Self::Exists(_) => "ALREADY_EXISTS",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::SessionExpired => "SESSION_EXPIRED",
            Self::SessionEnded => "SESSION_ENDED",
            Self::SessionUnproved => "SESSION_PROOF_INVALID",
            Self::SessionProofElsewhere => "SESSION_PROOF_ELSEWHERE",
            Self::Unavailable(_) => "SERVICE_UNAVAILABLE",
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(what) => Self::Exists(what),
            StoreError::InvalidCursor => Self::Invalid {
                code: "CURSOR_INVALID",
                message: "the cursor names no place in this list".to_owned(),
            },
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

/// The coarse codes of a failed activation (PRODUCT section 4). The tag has more, which never come from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// Not a compact JWE within the size limit, or its headers are not those of the project's profile.
    TokenMalformed,
    /// Not encrypted to one of our keys, or damaged.
    TokenUndecryptable,
    /// The content is not a JWS that verifies with an active key of the project.
    TokenSignatureInvalid,
    /// A claim is missing or breaks its rule.
    TokenClaimsInvalid,
    /// `exp` has passed.
    TokenExpired,
    /// A single-use token was used before.
    TokenReplayed,
    /// Unknown project, no active key, or secured activation is not set up.
    ProjectNotSetUp,
    /// The embedding page's origin is not on the project's list.
    OriginNotAllowed,
    /// The client brought no key, and the project wants every session to be for one.
    SessionKeyRequired,
    /// `authenticationOption` has neither of the two forms.
    OptionInvalid,
    /// Too many attempts, or the decryption queue is full.
    RateLimited,
    /// Keys or storage cannot be reached.
    ServiceUnavailable,
}

impl FailureCode {
    /// Every code, for documents and tests.
    pub const ALL: [Self; 12] = [
        Self::TokenMalformed,
        Self::TokenUndecryptable,
        Self::TokenSignatureInvalid,
        Self::TokenClaimsInvalid,
        Self::TokenExpired,
        Self::TokenReplayed,
        Self::ProjectNotSetUp,
        Self::OriginNotAllowed,
        Self::SessionKeyRequired,
        Self::OptionInvalid,
        Self::RateLimited,
        Self::ServiceUnavailable,
    ];

    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenMalformed => "TOKEN_MALFORMED",
            Self::TokenUndecryptable => "TOKEN_UNDECRYPTABLE",
            Self::TokenSignatureInvalid => "TOKEN_SIGNATURE_INVALID",
            Self::TokenClaimsInvalid => "TOKEN_CLAIMS_INVALID",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenReplayed => "TOKEN_REPLAYED",
            Self::ProjectNotSetUp => "PROJECT_NOT_SET_UP",
            Self::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
            Self::SessionKeyRequired => "SESSION_KEY_REQUIRED",
            Self::OptionInvalid => "OPTION_INVALID",
            Self::RateLimited => "RATE_LIMITED",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }

    /// The `reason` that the page is told: the vendor documents' sentences word for word, followed by what went wrong.
    pub fn reason(self) -> String {
        let detail = match self {
            Self::OptionInvalid => return "A valid authentication option must be provided".to_owned(),
            Self::ProjectNotSetUp => {
                return "Failed to authenticate visitor from credentials : the website is not correctly setup (null)".to_owned();
            }
            Self::TokenMalformed => "the token is not a compact JWE with the expected headers",
            Self::TokenUndecryptable => "the token cannot be decrypted with the platform's keys",
            Self::TokenSignatureInvalid => "the signature does not verify with an active key of the project",
            Self::TokenClaimsInvalid => "a claim is missing or not valid",
            Self::TokenExpired => "the token has expired",
            Self::TokenReplayed => "the token was used before",
            Self::OriginNotAllowed => "this page's origin is not allowed for the project",
            Self::SessionKeyRequired => "the project demands a session key and this client brought none",
            Self::RateLimited => "too many attempts, try again later",
            Self::ServiceUnavailable => "the service is unavailable, try again later",
        };
        format!("Failed to fetch authentication with a server error: {detail}")
    }
}
