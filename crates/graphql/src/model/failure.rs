//! The feed of refused attempts to sign a visitor in.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use signet_app::{AuthenticationFailure, FailureFilter, FailureSpan, find_diagnosis};

use super::token::TokenFinding;
use crate::call::Call;
use crate::scalars::{DateTime, Uuid};

/// Every member that is given must hold.
#[derive(InputObject)]
pub(crate) struct AuthenticationFailureFilter {
    code: Option<String>,
    fine_code: Option<String>,
    correlation_id: Option<String>,
}

impl From<AuthenticationFailureFilter> for FailureFilter {
    fn from(filter: AuthenticationFailureFilter) -> Self {
        Self { code: filter.code, fine_code: filter.fine_code, correlation_id: filter.correlation_id }
    }
}

pub(crate) struct AuthenticationFailureNode(pub(crate) AuthenticationFailure);

/// A refused attempt to sign a visitor in: what may be kept of it, and nothing of what an unverified token claims.
#[Object(name = "AuthenticationFailure")]
impl AuthenticationFailureNode {
    async fn id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    async fn at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// What the page was told to quote, and what log lines carry.
    async fn correlation_id(&self) -> &str {
        &self.0.correlation_id
    }

    /// The coarse code that the page was told, such as `TOKEN_CLAIMS_INVALID`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What was really wrong, such as `EXP_IN_MILLISECONDS`. `finding` explains it.
    async fn fine_code(&self) -> &str {
        &self.0.fine_code
    }

    /// Cause and fix of `fineCode`; null for refusals that say nothing of a token.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn finding(&self, ctx: &Context<'_>) -> Result<Option<TokenFinding>> {
        let call = Call::of(ctx)?;
        let diagnosis = find_diagnosis(&self.0.fine_code);
        Ok(diagnosis.map(|diagnosis| TokenFinding::new(diagnosis, call.app.public_url())))
    }

    /// The origin of the page, if a browser sent one.
    async fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }

    /// `kid` of the encryption header.
    async fn encryption_key_id(&self) -> Option<&str> {
        self.0.encryption_key_id.as_deref()
    }

    /// `kid` of the signature header; only of tokens that could be decrypted.
    async fn signature_key_id(&self) -> Option<&str> {
        self.0.signature_key_id.as_deref()
    }

    /// Size of the token in bytes; null if there was none.
    async fn token_bytes(&self) -> Option<i64> {
        self.0.token_bytes
    }

    /// Sizes of the parts between the dots, in characters, the first eight.
    async fn part_characters(&self) -> &[i64] {
        &self.0.part_characters
    }

    /// `iss`, only of tokens whose signature verified.
    async fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// `iat`, only of tokens whose signature verified.
    async fn issued_at(&self) -> Option<DateTime> {
        self.0.issued_at.map(DateTime)
    }

    /// `exp`, only of tokens whose signature verified.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }
}

#[derive(SimpleObject)]
pub(crate) struct AuthenticationFailureCodeCount {
    code: String,
    fine_code: String,
    count: i64,
}

/// Refused attempts in a span of time, and beside them the tokens that were accepted.
#[derive(SimpleObject)]
pub(crate) struct AuthenticationFailureCount {
    /// Inclusive.
    from: DateTime,
    /// Exclusive.
    to: DateTime,
    count: i64,
    /// How many tokens were accepted meanwhile; in observe mode, how many would have been.
    successes: i64,
    /// The refused ones by code, most frequent first.
    codes: Vec<AuthenticationFailureCodeCount>,
}

impl From<FailureSpan> for AuthenticationFailureCount {
    fn from(span: FailureSpan) -> Self {
        let count = span.codes.iter().map(|(_, _, count)| count).sum();
        let code = |(code, fine_code, count)| AuthenticationFailureCodeCount { code, fine_code, count };
        Self {
            from: span.from.into(),
            to: span.to.into(),
            count,
            successes: span.successes,
            codes: span.codes.into_iter().map(code).collect(),
        }
    }
}
