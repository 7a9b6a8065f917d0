//! Observe mode (PRODUCT section 9): tokens are verified and reported as if they were enforced, and nobody notices.
//!
//! Invariants:
//! - a token is judged as it would be with the mode on: rate limits, keys, claims, single use; it is counted, and a refused one is in
//!   the failure feed;
//! - whatever it says, the visitor goes on anonymously: no verified session is opened, nothing of the token is stored, and agents see
//!   no padlock that the brand has not decided to trust yet;
//! - who was signed in already when the mode was changed stays under the rules they came by.

use signet_domain::AuthenticatedMode;
use signet_store::replays;

use crate::activation::{ActivationFailure, receive};
use crate::attempt::{Attempt, Refusal};
use crate::error::FailureCode;
use crate::projects::ActiveProject;
use crate::sign_in_write::Presented;
use crate::single_use::SingleUse;
use crate::{App, AppError, RequestContext};

/// Whether a token that comes with these credentials is only looked at.
pub(crate) fn observes(active: &ActiveProject, presented: &Presented) -> bool {
    active.project.authenticated_mode == AuthenticatedMode::Observe
        && !matches!(presented, Presented::Verified { .. })
}

impl App {
    /// Judges a token and reports it. What would have come of it.
    pub(crate) async fn observe(
        &self,
        active: &ActiveProject,
        mut attempt: Attempt,
        context: &RequestContext,
    ) -> Result<(), ActivationFailure> {
        let result = self.judge(active, &mut attempt, context).await;
        self.keep_refusal(result.as_ref().err(), attempt, context);
        Self::account_for(result, "observed", active.project.id.as_str(), context)
    }

    async fn judge(
        &self,
        active: &ActiveProject,
        attempt: &mut Attempt,
        context: &RequestContext,
    ) -> Result<(), Refusal> {
        let token = attempt.token.clone().ok_or_else(|| Refusal::plain(FailureCode::OptionInvalid))?;
        let checked = self.verify(active, receive(active, &token)?, &token, attempt).await?;
        if let Some(token) = SingleUse::of(&checked) {
            let project_id = active.project.id.clone();
            let first = self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        Ok::<_, AppError>(
                            replays::use_once(tx, &project_id, &token.digest, token.keep_until).await?,
                        )
                    })
                })
                .await?;
            if !first {
                return Err(Refusal::plain(FailureCode::TokenReplayed));
            }
        }
        let (signed_by, encrypted_to) = (checked.signing_key().as_str(), checked.platform_key());
        self.key_uses.count(&active.project.id, signed_by, encrypted_to, self.env.now());
        self.note_retiring_key(active, encrypted_to, context);
        Ok(())
    }
}
