//! Activation: from what the page offers to a visitor session (PRODUCT sections 4 to 7).
//!
//! The order is fixed: origin, shape and headers, rate limits, then the one expensive step (key unwrap), content, signature,
//! claims, and only then storage. A refused token leaves nothing behind but a counter and a log line without its claims.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::origin::Origin;
use signet_domain::{Assurance, BrowserId, DeviceId, Project, ProjectId, SessionId, Timestamp, VisitorId};
use signet_token::doctor::Unwrapping;
use signet_token::{CheckedToken, ReceivedToken, SignatureFault, TokenError};
use zeroize::Zeroizing;

use crate::attempt::{Attempt, Refusal};
use crate::earlier_messages::EarlierConversation;
use crate::error::FailureCode;
use crate::observation::observes;
use crate::presented::is_claimed_id;
use crate::projects::ActiveProject;
use crate::session_token::{ANONYMOUS_SESSION, DEVICE_CREDENTIAL, Device, OpenedSession, VisitorSession};
use crate::sign_in_write::{Presented, SignIn};
use crate::{App, RequestContext};

/// What the page offers.
#[derive(Clone)]
pub enum ActivationOption {
    /// A visitor token.
    Secured {
        /// JWE compact.
        token: String,
    },
    /// Nobody in particular.
    Anonymous,
}

/// An activation attempt, as it came in.
#[derive(Clone)]
pub struct ActivationRequest {
    /// Site id, unparsed: an unknown one is `PROJECT_NOT_SET_UP`.
    pub project_id: String,
    /// Origin of the embedding page; `None` from clients that are not browsers.
    pub origin: Option<String>,
    /// What the page offers; `None` if it has neither of the two forms.
    pub option: Option<ActivationOption>,
    /// The session token the client holds, live or expired.
    pub session: Option<String>,
    /// The device credential the client holds.
    pub device: Option<String>,
    /// The browser the client says it lives in.
    pub browser: Option<BrowserId>,
    /// A hand-over code that a link from another domain of the project brought.
    pub hand_over: Option<String>,
    /// What the page calls the visitor, without proof.
    pub claimed_id: Option<String>,
    /// The thumbprint of the key that the session to be opened is for.
    pub proof_key: Option<Arc<str>>,
    /// The proof that belongs to `session`.
    pub proof: Option<String>,
}

/// What the activation meant for conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationOutcome {
    /// Anonymous.
    None,
    /// Verified, without an ongoing conversation.
    New,
    /// Case 1.
    Adopted,
    /// Case 2.
    Resumed,
    /// Case 3.
    Both,
    /// The session was extended.
    Renewed,
    /// The session presented belonged to another person.
    Switched,
    /// Anonymous: the conversation of another domain of the project goes on.
    HandedOver,
}

impl ActivationOutcome {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::New => "NEW",
            Self::Adopted => "ADOPTED",
            Self::Resumed => "RESUMED",
            Self::Both => "BOTH",
            Self::Renewed => "RENEWED",
            Self::Switched => "SWITCHED",
            Self::HandedOver => "HANDED_OVER",
        }
    }
}

/// A successful activation.
#[derive(Clone)]
pub struct Activated {
    /// The session.
    pub session: OpenedSession,
    /// Device credential to keep; `None`: forget any.
    pub device: Option<String>,
    /// The project.
    pub project: Project,
    /// What it meant for conversations.
    pub outcome: ActivationOutcome,
    /// Case 3: the anonymous conversation whose messages the visitor may still add.
    pub earlier: Option<EarlierConversation>,
    /// In observe mode, what would have come of the token. The session is anonymous either way.
    pub observed: Option<Result<(), ActivationFailure>>,
}

/// A refused activation. What the browser may know; the cause is in log and metrics under the correlation id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationFailure {
    /// Coarse code.
    pub code: FailureCode,
    /// When to try again, for `RATE_LIMITED`.
    pub retry_after: Option<Duration>,
}

/// A token that passed the test mutation.
#[derive(Clone)]
pub struct TestedToken {
    /// A session token marked `test`, good for nothing but introspection.
    pub access_token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl App {
    /// Opens a visitor session, or renews the one presented.
    pub async fn activate(
        &self,
        request: ActivationRequest,
        context: &RequestContext,
    ) -> Result<Activated, ActivationFailure> {
        let project_id = request.project_id.clone();
        let mut attempt = Attempt { origin: request.origin.clone(), ..Attempt::default() };
        if let Some(ActivationOption::Secured { token }) = &request.option {
            attempt.token = Some(Zeroizing::new(token.clone()));
        }
        let kind = if attempt.token.is_some() { "secured" } else { "anonymous" };
        let result = self.try_activate(request, context, &mut attempt).await;
        self.keep_refusal(result.as_ref().err(), attempt, context);
        Self::account_for(result, kind, &project_id, context)
    }

    /// Verifies a token without consuming it, opening a session or storing anything.
    pub async fn test_credentials(
        &self,
        access: &ProjectAccess,
        credentials: &str,
        context: &RequestContext,
    ) -> Result<TestedToken, ActivationFailure> {
        let result = self.try_test(access, credentials).await;
        Self::account_for(result, "test", access.project_id().as_str(), context)
    }

    /// Opens a session for a server-side integration. As [`App::activate`] with a token, without an origin.
    pub async fn authenticate_credentials(
        &self,
        access: &ProjectAccess,
        credentials: &str,
        context: &RequestContext,
    ) -> Result<Activated, ActivationFailure> {
        let token = Some(Zeroizing::new(credentials.to_owned()));
        let mut attempt = Attempt { token, ..Attempt::default() };
        let result = self.try_authenticate(access, credentials, &mut attempt, context).await;
        self.keep_refusal(result.as_ref().err(), attempt, context);
        Self::account_for(result, "backend", access.project_id().as_str(), context)
    }

    async fn try_activate(
        &self,
        request: ActivationRequest,
        context: &RequestContext,
        attempt: &mut Attempt,
    ) -> Result<Activated, Refusal> {
        let option = request.option.clone().ok_or_else(|| Refusal::plain(FailureCode::OptionInvalid))?;
        let active = self.project_for(&request.project_id).await?;
        attempt.active = Some(Arc::clone(&active));
        if let Some(origin) = &request.origin {
            let allowed =
                Origin::parse(origin).is_ok_and(|origin| active.project.allowed_origins.allow(&origin));
            if !allowed {
                return Err(Refusal::plain(FailureCode::OriginNotAllowed));
            }
        }
        if active.project.requires_session_key && request.proof_key.is_none() {
            return Err(Refusal::plain(FailureCode::SessionKeyRequired));
        }
        let presented = self.presented(&active.project.id, &request, context).await?;
        self.limits.activation_of(&presented)?;
        let claimed_id = request.claimed_id.filter(|id| is_claimed_id(id));
        let hand_over = (request.hand_over.as_deref(), request.origin.as_deref());
        match option {
            ActivationOption::Anonymous => {
                self.limits.activation(context.address)?;
                let handed_over = self.handed_over(&active, hand_over).await?;
                self.open_anonymous(&active, &presented, handed_over, (claimed_id, request.proof_key))
            }
            ActivationOption::Secured { .. } if observes(&active, &presented) => {
                self.limits.activation(context.address)?;
                let observed = self.observe(&active, std::mem::take(attempt), context).await;
                let handed_over = self.handed_over(&active, hand_over).await?;
                let open = (claimed_id, request.proof_key);
                let activated = self.open_anonymous(&active, &presented, handed_over, open)?;
                Ok(Activated { observed: Some(observed), ..activated })
            }
            ActivationOption::Secured { token } => {
                let received = receive(&active, &token)?;
                self.limits.activation(context.address)?;
                let checked = self.verify(&active, received, &token, attempt).await?;
                if claimed_id.is_some() {
                    self.note_ignored_claim(&active, request.origin.as_deref(), context);
                }
                let presented = match (presented, self.handed_over(&active, hand_over).await?) {
                    (Presented::Nothing | Presented::Anonymous(_), Some(device)) => {
                        Presented::Anonymous(device)
                    }
                    (presented, _) => presented,
                };
                let client = (request.browser, request.proof_key);
                self.open_secured(&active, &checked, presented, client, context).await
            }
        }
    }

    async fn try_test(&self, access: &ProjectAccess, credentials: &str) -> Result<TestedToken, Refusal> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        self.limits.test(&access.caller().key())?;
        let active = self.project_for(access.project_id().as_str()).await?;
        let received = receive(&active, credentials)?;
        self.verify(&active, received, credentials, &mut Attempt::default()).await?;
        let (access_token, expires_at) =
            self.sessions.mint_test(access.project_id(), self.env.uuid_v7(), self.env.now())?;
        Ok(TestedToken { access_token, expires_at })
    }

    async fn try_authenticate(
        &self,
        access: &ProjectAccess,
        credentials: &str,
        attempt: &mut Attempt,
        context: &RequestContext,
    ) -> Result<Activated, Refusal> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        let active = self.project_for(access.project_id().as_str()).await?;
        attempt.active = Some(Arc::clone(&active));
        // A program has nowhere to bring a key, and hands the token on.
        if active.project.requires_session_key {
            return Err(Refusal::plain(FailureCode::SessionKeyRequired));
        }
        let received = receive(&active, credentials)?;
        let checked = self.verify(&active, received, credentials, attempt).await?;
        if observes(&active, &Presented::Nothing) {
            return Err(Refusal::plain(FailureCode::ProjectNotSetUp));
        }
        self.open_secured(&active, &checked, Presented::Nothing, (None, None), context).await
    }

    async fn project_for(&self, id: &str) -> Result<Arc<ActiveProject>, Refusal> {
        let not_set_up = || Refusal::plain(FailureCode::ProjectNotSetUp);
        let id = ProjectId::parse(id).map_err(|_| not_set_up())?;
        self.active_project(&id).await?.ok_or_else(not_set_up)
    }

    pub(crate) async fn verify(
        &self,
        active: &ActiveProject,
        received: ReceivedToken,
        token: &str,
        attempt: &mut Attempt,
    ) -> Result<CheckedToken, Refusal> {
        if active.keys.is_empty() {
            return Err(Refusal::plain(FailureCode::ProjectNotSetUp));
        }
        self.limits.decryption(&active.project.id)?;
        let opener = self.opener();
        let unwrapping = Unwrapping::new(&opener);
        let decrypted = received.decrypt(&unwrapping).await;
        attempt.unwrapped = Some(unwrapping.into_outcome());
        let decrypted = decrypted?;
        let trace = decrypted.signature_trace();
        let verdict = decrypted.verify(&active.keys);
        self.keep_signature(&active.project.id, trace, &verdict);
        let verified = match verdict {
            Err(TokenError::Signature(SignatureFault::KeyUnknown | SignatureFault::SignatureInvalid))
                if active.has_key_set && self.look_for_new_keys(&active.project.id).await =>
            {
                let renewed = self.project_for(active.project.id.as_str()).await?;
                let again = attempt.unwrapped.get_or_insert_default();
                receive(&renewed, token)?.decrypt(&*again).await?.verify(&renewed.keys)?
            }
            verified => verified?,
        };
        let checked = verified.check(&active.policy, active.project.id.as_str(), self.env.now().as_millis());
        match checked {
            Ok(checked) => {
                // Names alone, and quietly: a site that sends them sends them with every page.
                let ignored = checked.unknown_claims();
                if !ignored.is_empty() {
                    tracing::debug!(project = %active.project.id, ?ignored, "token has claims that mean nothing here");
                }
                Ok(checked)
            }
            Err(error) => {
                let outline = verified.outline();
                tracing::info!(project = %active.project.id, ?outline, "token signed by the project has bad claims");
                Err(error.into())
            }
        }
    }

    fn open_anonymous(
        &self,
        active: &ActiveProject,
        presented: &Presented,
        handed_over: Option<Device>,
        (claimed_id, proof_key): (Option<String>, Option<Arc<str>>),
    ) -> Result<Activated, Refusal> {
        let now = self.env.now();
        let outcome =
            if handed_over.is_some() { ActivationOutcome::HandedOver } else { ActivationOutcome::None };
        let device = match (handed_over, presented) {
            (Some(device), _) => device,
            (None, Presented::Anonymous(device)) => device.clone(),
            (None, Presented::Nothing | Presented::Verified { .. }) => {
                Device { id: DeviceId::generate(&self.env), visitor_id: VisitorId::generate(&self.env) }
            }
        };
        let session = VisitorSession {
            session_id: SessionId::generate(&self.env),
            project_id: active.project.id.clone(),
            visitor_id: device.visitor_id,
            assurance: if claimed_id.is_some() { Assurance::Claimed } else { Assurance::Anonymous },
            verified_at: None,
            expires_at: now.after(ANONYMOUS_SESSION),
            device_id: Some(device.id),
            claimed_id,
            proof_key,
        };
        let credential = self.sessions.mint_device(&active.project.id, &device, now)?;
        Ok(Activated {
            session: self.open(&session, None, now)?,
            device: Some(credential),
            project: active.project.clone(),
            outcome,
            earlier: None,
            observed: None,
        })
    }

    async fn open_secured(
        &self,
        active: &ActiveProject,
        token: &CheckedToken,
        presented: Presented,
        (browser, proof_key): (Option<BrowserId>, Option<Arc<str>>),
        context: &RequestContext,
    ) -> Result<Activated, Refusal> {
        let now = self.env.now();
        let sign_in = SignIn::new(&active.project, token, presented.clone(), browser, context, now);
        let written =
            self.write_sign_in(sign_in).await?.ok_or_else(|| Refusal::plain(FailureCode::TokenReplayed))?;

        let (signed_by, encrypted_to) = (token.signing_key().as_str(), token.platform_key());
        self.key_uses.count(&active.project.id, signed_by, encrypted_to, now);
        self.note_retiring_key(active, encrypted_to, context);

        // From the seam on the anonymous credentials prove nothing: in memory before the answer leaves.
        if let Presented::Anonymous(device) = &presented {
            self.sessions.end_device(device.id, now.after(DEVICE_CREDENTIAL));
            self.end_visitor_sockets(device.visitor_id);
        }
        if let Some(ended) = &written.switched_from {
            self.sessions.end_session(ended.id, ended.expires_at);
            self.end_session_sockets(ended);
        }
        let session = VisitorSession {
            session_id: written.session_id,
            project_id: active.project.id.clone(),
            visitor_id: written.visitor_id,
            assurance: Assurance::Verified,
            verified_at: Some(now),
            expires_at: written.expires_at,
            device_id: None,
            claimed_id: None,
            proof_key,
        };
        Ok(Activated {
            session: self.open(&session, token.visitor_data().first_name.clone(), now)?,
            device: None,
            project: active.project.clone(),
            outcome: written.outcome,
            earlier: written.earlier,
            observed: None,
        })
    }

    fn open(
        &self,
        session: &VisitorSession,
        display_name: Option<String>,
        now: Timestamp,
    ) -> Result<OpenedSession, Refusal> {
        Ok(OpenedSession {
            access_token: self.sessions.mint(session, now)?,
            session_id: session.session_id,
            visitor_id: session.visitor_id,
            assurance: session.assurance,
            expires_at: session.expires_at,
            display_name,
            sign_out_handle: self.sessions.sign_out_handle(session, now)?,
            proof_nonce: session.proof_key.is_some().then(|| self.proofs.nonce().to_owned()),
        })
    }
}

pub(crate) fn receive(active: &ActiveProject, token: &str) -> Result<ReceivedToken, Refusal> {
    Ok(ReceivedToken::parse(token, &active.policy)?)
}
