//! An attempt to activate, on its way: why it is refused, and what becomes known of it for the brand.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::ProjectId;
use signet_token::doctor::Unwrapped;
use signet_token::{PublicCode, TokenError};
use zeroize::Zeroizing;

use crate::activation::ActivationFailure;
use crate::error::FailureCode;
use crate::failures::Refused;
use crate::projects::ActiveProject;
use crate::{App, AppError, RequestContext};

/// Why an attempt failed: the code for the browser, and the finer one for log and metrics.
pub(crate) struct Refusal {
    pub(crate) code: FailureCode,
    pub(crate) fine_code: &'static str,
    pub(crate) retry_after: Option<Duration>,
}

/// What becomes known of an attempt on its way, for the feed of those that are refused.
#[derive(Default)]
pub(crate) struct Attempt {
    pub(crate) active: Option<Arc<ActiveProject>>,
    pub(crate) origin: Option<String>,
    pub(crate) token: Option<Zeroizing<String>>,
    pub(crate) unwrapped: Option<Unwrapped>,
}

impl Refusal {
    pub(crate) fn plain(code: FailureCode) -> Self {
        Self { code, fine_code: code.as_str(), retry_after: None }
    }

    pub(crate) fn limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::plain(FailureCode::RateLimited) }
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        if let AppError::RateLimited { retry_after } = error {
            return Self::limited(retry_after);
        }
        tracing::error!(error = &error as &dyn std::error::Error, "activation could not use storage");
        Self::plain(FailureCode::ServiceUnavailable)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let code = match error.code() {
            PublicCode::TokenMalformed => FailureCode::TokenMalformed,
            PublicCode::TokenUndecryptable => FailureCode::TokenUndecryptable,
            PublicCode::TokenSignatureInvalid => FailureCode::TokenSignatureInvalid,
            PublicCode::TokenClaimsInvalid => FailureCode::TokenClaimsInvalid,
            PublicCode::TokenExpired => FailureCode::TokenExpired,
            PublicCode::TokenReplayed => FailureCode::TokenReplayed,
            PublicCode::RateLimited => FailureCode::RateLimited,
            PublicCode::ServiceUnavailable => FailureCode::ServiceUnavailable,
        };
        let retry_after = (code == FailureCode::RateLimited).then_some(Duration::from_secs(1));
        Self { code, fine_code: error.fine_code(), retry_after }
    }
}

impl App {
    /// Hands a refused token over to the project's feed. Attempts over the limit are not kept there: they come without bound.
    pub(crate) fn keep_refusal(&self, refusal: Option<&Refusal>, attempt: Attempt, context: &RequestContext) {
        let Attempt { active: Some(active), token: Some(token), origin, unwrapped } = attempt else { return };
        let Some(refusal) = refusal else { return };
        if refusal.code == FailureCode::RateLimited {
            return;
        }
        let traced = self.limits.traced_failure(&active.project.id);
        self.failures.record(Refused {
            id: self.env.uuid_v7(),
            at: self.env.now(),
            active,
            code: refusal.code,
            fine_code: refusal.fine_code,
            correlation_id: context.correlation_id.clone(),
            origin,
            token,
            unwrapped,
            traced,
        });
    }

    /// Counts an attempt and logs it without anything the token said.
    pub(crate) fn account_for<T>(
        result: Result<T, Refusal>,
        kind: &'static str,
        project_id: &str,
        context: &RequestContext,
    ) -> Result<T, ActivationFailure> {
        let code = result.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "SUCCESS");
        metrics::counter!("signet_activations_total", "kind" => kind, "code" => code).increment(1);
        result.map_err(|refusal| {
            // A site id that is not one could be anything, a token too.
            let project = ProjectId::parse(project_id).map_or("unreadable", |_| project_id);
            tracing::info!(
                kind,
                project,
                code = refusal.code.as_str(),
                fine_code = refusal.fine_code,
                correlation_id = %context.correlation_id,
                "activation refused"
            );
            ActivationFailure { code: refusal.code, retry_after: refusal.retry_after }
        })
    }
}
