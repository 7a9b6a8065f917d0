//! What the Token Doctor found.

use async_graphql::ID;
use async_graphql::{Enum, InputObject, SimpleObject};
use signet_app::{Diagnosis, TokenReport, TokenStep, TokenStepStatus, TokenWarning as Warning};

use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct TokenInspectInput {
    pub(crate) project_id: ID,
    /// What was meant to be a visitor token, as it was sent: spaces and quotes are part of the diagnosis.
    pub(crate) token: String,
}

#[derive(SimpleObject)]
pub(crate) struct TokenInspectPayload {
    pub(crate) inspection: Option<TokenInspection>,
    pub(crate) user_errors: Vec<UserError>,
}

/// What is wrong with a token, in words for whoever builds the token provider.
#[derive(SimpleObject)]
pub(crate) struct TokenFinding {
    /// The fine code, such as `EXP_IN_MILLISECONDS`.
    code: &'static str,
    /// The coarse code that pages are told, such as `TOKEN_CLAIMS_INVALID`.
    public_code: &'static str,
    title: &'static str,
    cause: &'static str,
    fix: &'static str,
    documentation_url: String,
}

impl TokenFinding {
    /// The entry of the table, with its address on this platform.
    pub(crate) fn new(diagnosis: &Diagnosis, public_url: &str) -> Self {
        Self {
            code: diagnosis.code,
            public_code: diagnosis.public_code,
            title: diagnosis.title,
            cause: diagnosis.cause,
            fix: diagnosis.fix,
            documentation_url: format!("{public_url}/docs/token-errors#{}", diagnosis.anchor()),
        }
    }
}

/// Something that a step may show: a header's member, a key id, a size, never a claim of an unverified token.
#[derive(SimpleObject)]
pub(crate) struct TokenFact {
    name: &'static str,
    value: String,
}

/// A claim of a token whose signature verified.
#[derive(SimpleObject)]
pub(crate) struct TokenClaim {
    name: String,
    /// JSON text.
    value: String,
}

/// Something to know of a token that is accepted.
#[derive(SimpleObject)]
pub(crate) struct TokenWarning {
    /// Such as `LIFETIME_OVER_ONE_MINUTE`.
    code: &'static str,
    message: &'static str,
}

impl From<Warning> for TokenWarning {
    fn from(warning: Warning) -> Self {
        Self { code: warning.code(), message: warning.message() }
    }
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenInspectionStepName {
    /// The text: size, parts, alphabet.
    Shape,
    /// The encryption header.
    EncryptionHeader,
    /// Key unwrap and content decryption.
    Decryption,
    /// The signature header of the token inside.
    SignatureHeader,
    /// The signature, with the project's active keys.
    Signature,
    /// Who, from whom, when, for whom.
    Claims,
    /// Whether a token with this `jti` was used before.
    SingleUse,
}

impl From<TokenStep> for TokenInspectionStepName {
    fn from(step: TokenStep) -> Self {
        match step {
            TokenStep::Shape => Self::Shape,
            TokenStep::EncryptionHeader => Self::EncryptionHeader,
            TokenStep::Decryption => Self::Decryption,
            TokenStep::SignatureHeader => Self::SignatureHeader,
            TokenStep::Signature => Self::Signature,
            TokenStep::Claims => Self::Claims,
            TokenStep::SingleUse => Self::SingleUse,
        }
    }
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenInspectionStepStatus {
    Ok,
    Failed,
    Skipped,
}

impl From<TokenStepStatus> for TokenInspectionStepStatus {
    fn from(status: TokenStepStatus) -> Self {
        match status {
            TokenStepStatus::Ok => Self::Ok,
            TokenStepStatus::Failed => Self::Failed,
            TokenStepStatus::Skipped => Self::Skipped,
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct TokenInspectionStep {
    name: TokenInspectionStepName,
    status: TokenInspectionStepStatus,
    facts: Vec<TokenFact>,
}

#[derive(SimpleObject)]
pub(crate) struct TokenInspection {
    /// Whether the project would let this token in now.
    accepted: bool,
    /// In the order of verification; after one that failed all are skipped.
    steps: Vec<TokenInspectionStep>,
    /// What is wrong; null if the token is accepted.
    finding: Option<TokenFinding>,
    /// The claims by name; null unless the signature verified with an active key of the project.
    claims: Option<Vec<TokenClaim>>,
    /// What a token that is otherwise right could do better.
    warnings: Vec<TokenWarning>,
}

impl TokenInspection {
    /// A report, with the addresses of this platform.
    pub(crate) fn new(report: TokenReport, public_url: &str) -> Self {
        let steps = report.steps.iter().map(|step| TokenInspectionStep {
            name: step.name.into(),
            status: step.status.into(),
            facts: step.facts.iter().map(|(name, value)| TokenFact { name, value: value.clone() }).collect(),
        });
        Self {
            accepted: report.accepted(),
            steps: steps.collect(),
            finding: report.finding.map(|diagnosis| TokenFinding::new(diagnosis, public_url)),
            warnings: report.warnings.iter().map(|warning| (*warning).into()).collect(),
            claims: report
                .claims
                .map(|claims| claims.into_iter().map(|(name, value)| TokenClaim { name, value }).collect()),
        }
    }
}
