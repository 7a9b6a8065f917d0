//! What a client's credentials prove before an activation, and codes that hand an anonymous visitor over to another domain of
//! the project (PRODUCT section 6).
//!
//! A hand-over code is good once, for a minute, on one origin. It hands over the device itself, not a copy: when the visitor signs
//! in on one domain, the anonymous session of the other ends too.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::origin::Origin;
use signet_domain::{Assurance, ProjectId, Timestamp, limits};
use signet_store::hand_overs::{self, HandOver};
use signet_store::{conversations, devices};

use crate::activation::ActivationRequest;
use crate::failures::{Note, Noted};
use crate::projects::ActiveProject;
use crate::session_proof::ShownSession;
use crate::session_token::{Device, VisitorSession};
use crate::sign_in_write::Presented;
use crate::{App, AppError, RequestContext, secrets};

/// How long a hand-over code is good.
const HAND_OVER: Duration = Duration::from_mins(1);

/// Where activations are posted.
const ACTIVATE: &str = "/visitor/v1/activate";

/// A code for another domain of the project.
#[derive(Clone)]
pub struct HandOverCode {
    /// The code, for `idzconvid`.
    pub code: String,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

impl App {
    /// What the client's credentials prove, strongest first. One that proves nothing is no error: it is as if absent.
    pub(crate) async fn presented(
        &self,
        project: &ProjectId,
        request: &ActivationRequest,
        context: &RequestContext,
    ) -> Result<Presented, AppError> {
        match self.presented_session(project, request, context).await? {
            Some(session) if session.assurance == Assurance::Verified => {
                return Ok(Presented::Verified {
                    session_id: session.session_id,
                    visitor_id: session.visitor_id,
                });
            }
            Some(session) => {
                if let Some(id) = session.device_id {
                    return Ok(Presented::Anonymous(Device { id, visitor_id: session.visitor_id }));
                }
            }
            None => {}
        }
        Ok(request
            .device
            .as_deref()
            .and_then(|credential| self.sessions.device(credential, project, self.env.now()))
            .map_or(Presented::Nothing, Presented::Anonymous))
    }

    /// The session that the client presents, whatever its time, if it is used by whoever it was opened for.
    async fn presented_session(
        &self,
        project: &ProjectId,
        request: &ActivationRequest,
        context: &RequestContext,
    ) -> Result<Option<Arc<VisitorSession>>, AppError> {
        let Some(token) = request.session.as_deref() else { return Ok(None) };
        let session = self.sessions.read(token).filter(|session| session.project_id == *project);
        let Some(session) = session.filter(|session| !self.lacks_key(session)) else { return Ok(None) };
        let shown = ShownSession { token, proof: request.proof.as_deref(), method: "POST", path: ACTIVATE };
        match self.check_proof(&session, &shown, context).await {
            Ok(()) => Ok(Some(session)),
            Err(AppError::SessionUnproved | AppError::SessionProofElsewhere) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a code with which a page of `origin` goes on with this anonymous visitor's conversation.
    pub async fn hand_over(
        &self,
        session: &VisitorSession,
        origin: &str,
        context: &RequestContext,
    ) -> Result<HandOverCode, AppError> {
        self.check_live(session)?;
        self.limits.activation(context.address)?;
        let active = self.active_project(&session.project_id).await?.ok_or(AppError::NotFound)?;
        let origin = Origin::parse(origin)
            .ok()
            .filter(|origin| active.project.allowed_origins.allow(origin))
            .ok_or(AppError::OriginNotAllowed)?;
        let device_id = session.device_id.ok_or_else(nothing_to_hand_over)?;
        let (code, digest) = secrets::generate("sgh", &self.env);
        let expires_at = self.env.now().after(HAND_OVER);
        let hand_over = HandOver {
            project_id: session.project_id.clone(),
            device_id,
            visitor_id: session.visitor_id,
            origin: origin.to_string(),
            expires_at,
        };
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let ongoing = conversations::find_ongoing(tx, hand_over.visitor_id).await?;
                    ongoing.ok_or_else(nothing_to_hand_over)?;
                    Ok::<_, AppError>(hand_overs::insert(tx, &digest, &hand_over).await?)
                })
            })
            .await?;
        Ok(HandOverCode { code, expires_at })
    }

    /// The device that a hand-over code brings, if there is one and it is good here and now.
    pub(crate) async fn handed_over(
        &self,
        active: &ActiveProject,
        (code, origin): (Option<&str>, Option<&str>),
    ) -> Result<Option<Device>, AppError> {
        match code {
            Some(code) => self.take_hand_over(active, code, origin).await,
            None => Ok(None),
        }
    }

    /// Tells the brand, once an hour, that its pages name a signed-in visitor without proof as well.
    pub(crate) fn note_ignored_claim(
        &self,
        active: &ActiveProject,
        origin: Option<&str>,
        context: &RequestContext,
    ) {
        if self.limits.ignored_claim(&active.project.id) {
            self.failures.note(Noted {
                what: Note::ClaimIgnored,
                id: self.env.uuid_v7(),
                project_id: active.project.id.clone(),
                at: self.env.now(),
                correlation_id: context.correlation_id.clone(),
                origin: origin.map(str::to_owned),
            });
        }
    }

    /// Tells the brand, once an hour, that its provider still encrypts to a platform key that is on its way out.
    pub(crate) fn note_retiring_key(
        &self,
        active: &ActiveProject,
        platform_key: Option<&str>,
        context: &RequestContext,
    ) {
        let published = self.platform_keys.now();
        let retiring = platform_key.filter(|key_id| published.is_retiring(key_id));
        if let Some(key_id) = retiring
            && self.limits.retiring_key(&active.project.id)
        {
            self.failures.note(Noted {
                what: Note::EncryptedToRetiredKey(key_id.to_owned()),
                id: self.env.uuid_v7(),
                project_id: active.project.id.clone(),
                at: self.env.now(),
                correlation_id: context.correlation_id.clone(),
                origin: None,
            });
        }
    }

    /// Uses a hand-over code up. The device, if the code is good here and now.
    async fn take_hand_over(
        &self,
        active: &ActiveProject,
        code: &str,
        origin: Option<&str>,
    ) -> Result<Option<Device>, AppError> {
        let digest = secrets::hash(code);
        let taken = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(taken) = hand_overs::take(tx, &digest).await? else { return Ok(None) };
                    let revoked = devices::is_revoked(tx, taken.device_id, taken.visitor_id).await?;
                    Ok::<_, AppError>((!revoked).then_some(taken))
                })
            })
            .await?;
        let origin = origin.and_then(|origin| Origin::parse(origin).ok());
        let good = taken.filter(|taken| {
            taken.project_id == active.project.id
                && self.env.now() < taken.expires_at
                && origin.is_some_and(|origin| origin.as_str() == taken.origin)
        });
        Ok(good.map(|taken| Device { id: taken.device_id, visitor_id: taken.visitor_id }))
    }
}

/// What a page may call its visitor: 1 to 50 characters, none of which is a control.
pub(crate) fn is_claimed_id(id: &str) -> bool {
    (1..=limits::CLAIMED_ID_CHARACTERS).contains(&id.chars().count()) && !id.contains(char::is_control)
}

fn nothing_to_hand_over() -> AppError {
    AppError::Conflict {
        code: "NOTHING_TO_HAND_OVER",
        message: "there is no ongoing anonymous conversation to hand over".to_owned(),
    }
}
