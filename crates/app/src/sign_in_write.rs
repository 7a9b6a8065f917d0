//! What a verified activation writes: one transaction that finds or creates the person, opens or renews the session and
//! moves conversations as [`signet_domain::continuity`] decides.

use signet_domain::audit::{AuditEvent, AuditKind};
use signet_domain::continuity::{self, Before, Outcome, Person};
use signet_domain::conversation::{CloseReason, LapseReason};
use signet_domain::{
    Attribute, AttributeName, AttributeSource, BrowserId, Conversation, ConversationId, Env, EventKind,
    MessageId, Notice, Project, ProjectId, Session, SessionEnd, SessionId, Timestamp, Visitor, VisitorId,
};
use signet_store::events::{self, NewEvent, Trace};
use signet_store::sessions::Proof;
use signet_store::visitors::Verified;
use signet_store::{StoreError, Tx, audit_events, conversations, devices, replays, sessions, visitors};
use signet_token::{CheckedToken, VisitorData};

use crate::activation::ActivationOutcome;
use crate::audit::Actor;
use crate::earlier_messages::EarlierConversation;
use crate::endings::{Ending, Line};
use crate::identity_request::Freshness;
use crate::session_token::{DEVICE_CREDENTIAL, Device};
use crate::single_use::SingleUse;
use crate::{App, AppError, RequestContext};

/// What the client's credentials proved before this sign-in.
#[derive(Debug, Clone)]
pub(crate) enum Presented {
    Nothing,
    Anonymous(Device),
    Verified { session_id: SessionId, visitor_id: VisitorId },
}

/// Everything a sign-in needs. Can be made only from a token that the verifier checked.
#[derive(Clone)]
pub(crate) struct SignIn {
    project_id: ProjectId,
    user_id: String,
    attributes: Vec<Attribute>,
    signing_key: String,
    platform_key: Option<String>,
    presented: Presented,
    browser_id: Option<BrowserId>,
    single_use: Option<SingleUse>,
    freshness: Freshness,
    context: RequestContext,
    now: Timestamp,
    expires_at: Timestamp,
}

impl SignIn {
    pub(crate) fn new(
        project: &Project,
        token: &CheckedToken,
        presented: Presented,
        browser_id: Option<BrowserId>,
        context: &RequestContext,
        now: Timestamp,
    ) -> Self {
        Self {
            project_id: project.id.clone(),
            user_id: token.user_id().to_owned(),
            attributes: attributes_of(token.visitor_data(), now),
            signing_key: token.signing_key().as_str().to_owned(),
            platform_key: token.platform_key().map(str::to_owned),
            presented,
            browser_id,
            single_use: SingleUse::of(token),
            freshness: Freshness::new(token.issued_at(), project.token_leeway),
            context: context.clone(),
            now,
            expires_at: now.after(project.session_lifetime),
        }
    }

    fn proof(&self) -> Proof<'_> {
        Proof {
            verified_at: self.now,
            expires_at: self.expires_at,
            signing_key: &self.signing_key,
            platform_key: self.platform_key.as_deref(),
        }
    }
}

fn attributes_of(data: &VisitorData, now: Timestamp) -> Vec<Attribute> {
    let values = [
        (AttributeName::FirstName, &data.first_name),
        (AttributeName::LastName, &data.last_name),
        (AttributeName::Email, &data.email),
        (AttributeName::PhoneNumber, &data.phone_number),
        (AttributeName::Address, &data.address),
        (AttributeName::ZipCode, &data.zip_code),
        (AttributeName::City, &data.city),
        (AttributeName::Country, &data.country),
    ];
    let attribute = |name, value: &String| Attribute {
        name,
        value: value.clone(),
        source: AttributeSource::Token,
        updated_at: now,
    };
    values
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| attribute(name, value)))
        .collect()
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) visitor_id: VisitorId,
    pub(crate) session_id: SessionId,
    pub(crate) expires_at: Timestamp,
    pub(crate) outcome: ActivationOutcome,
    pub(crate) earlier: Option<EarlierConversation>,
    /// The other person's session that this one took the place of.
    pub(crate) switched_from: Option<Session>,
}

/// How often a sign-in is tried again when another one of the same person got in between.
const ATTEMPTS: usize = 5;

impl App {
    /// `None` if the token was used before: then nothing was written.
    pub(crate) async fn write_sign_in(&self, sign_in: SignIn) -> Result<Option<SignedIn>, AppError> {
        let mut attempt = 1;
        loop {
            let (sign_in, env) = (sign_in.clone(), self.env.clone());
            let result =
                self.store.write(move |tx| Box::pin(async move { write(tx, &sign_in, &env).await })).await;
            match result {
                // The person's first message on another device came between: look again.
                Err(AppError::Exists(_)) if attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }
}

async fn write(tx: &mut Tx<'_>, sign_in: &SignIn, env: &Env) -> Result<Option<SignedIn>, AppError> {
    let SignIn { project_id, now, .. } = sign_in;
    let now = *now;
    // Before anything else, so that of two sign-ins with one token the second has written nothing when it gives up, and
    // in this transaction, so that no session is ever opened by a token whose use was not recorded.
    if let Some(token) = &sign_in.single_use
        && !replays::use_once(tx, project_id, &token.digest, token.keep_until).await?
    {
        return Ok(None);
    }
    let Verified { visitor, new, lapsed } = visitors::verify(
        tx,
        || VisitorId::generate(env),
        project_id,
        &sign_in.user_id,
        &sign_in.attributes,
        now,
    )
    .await?;

    let (before, presented_session) = look_at(tx, &sign_in.presented).await?;
    let ongoing = conversations::find_ongoing(tx, visitor.id).await?;
    let person = Person {
        visitor_id: (!new).then_some(visitor.id),
        ongoing: ongoing.as_ref().map(|conversation| conversation.id),
    };
    let decided = continuity::sign_in(before, person);
    if let (Before::Anonymous { visitor_id, .. }, Outcome::Adopted { .. } | Outcome::Both { .. }) =
        (&before, &decided)
    {
        visitors::set_signed_in_as(tx, *visitor_id, visitor.id).await?;
    }

    let mut switched_from = None;
    let fresh = SessionId::generate(env);
    let session_id = match (decided, presented_session) {
        (Outcome::Renewed, Some(session)) => {
            sessions::renew(tx, session.id, session.visitor_id, sign_in.proof()).await?;
            session.id
        }
        (_, presented) => {
            if let Some(session) = presented {
                let correlation_id = Some(sign_in.context.correlation_id.as_str());
                let reason = SessionEnd::Switched;
                let ending = Ending { reason, notice_id: MessageId::generate(env), correlation_id, now };
                ending.end(tx, &session).await?;
                switched_from = Some(session);
            }
            open(tx, sign_in, visitor.id, fresh).await?
        }
    };
    if let Presented::Anonymous(device) = &sign_in.presented {
        let until = now.after(DEVICE_CREDENTIAL);
        devices::revoke(tx, device.id, project_id, device.visitor_id, now, until).await?;
    }

    let lapsed = lapsed.map(|(_, reason)| reason);
    let opened = session_id == fresh;
    // A page view says nothing new, and without a browser's id a new session may be one.
    let news = new || lapsed.is_some() || (opened && sign_in.browser_id.is_some());
    let trace =
        Trace { correlation_id: Some(&sign_in.context.correlation_id), subject: Some(session_id.as_uuid()) };
    let freshness = sign_in.freshness;
    let scene = Scene { project_id, visitor: &visitor, lapsed, ongoing, news, freshness, trace, now, env };
    if news {
        audit_events::record(tx, authenticated(sign_in, visitor.id, session_id));
    }
    let outcome = scene.play(tx, before, decided).await?;
    let earlier = EarlierConversation::offered(tx, scene.ongoing.as_ref()).await?;
    Ok(Some(SignedIn {
        visitor_id: visitor.id,
        session_id,
        expires_at: sign_in.expires_at,
        outcome,
        earlier,
        switched_from,
    }))
}

fn authenticated(sign_in: &SignIn, visitor_id: VisitorId, session_id: SessionId) -> AuditEvent {
    Actor::visitor(visitor_id, &sign_in.context)
        .did(AuditKind::VisitorAuthenticated, sign_in.now)
        .in_project(&sign_in.project_id)
        .to("VISITOR_SESSION", &session_id)
        .with("signingKey", &sign_in.signing_key)
}

/// A person has one session in a browser: every page activates, and all of them share it. Without a browser's id each
/// activation opens one of its own.
async fn open(
    tx: &mut Tx<'_>,
    sign_in: &SignIn,
    visitor_id: VisitorId,
    id: SessionId,
) -> Result<SessionId, StoreError> {
    if let Some(browser_id) = sign_in.browser_id
        && let Some(id) = sessions::renew_of_browser(tx, visitor_id, browser_id, sign_in.proof()).await?
    {
        return Ok(id);
    }
    let session = Session {
        id,
        project_id: sign_in.project_id.clone(),
        visitor_id,
        browser_id: sign_in.browser_id,
        verified_at: sign_in.now,
        expires_at: sign_in.expires_at,
        signing_key: sign_in.signing_key.clone(),
        platform_key: sign_in.platform_key.clone(),
        created_at: sign_in.now,
        ended: None,
    };
    sessions::insert(tx, &session).await?;
    Ok(id)
}

/// What was presented, as the continuity rules want it. A session that ended other than by time proves nothing.
async fn look_at(tx: &mut Tx<'_>, presented: &Presented) -> Result<(Before, Option<Session>), StoreError> {
    match presented {
        Presented::Nothing => Ok((Before::Nothing, None)),
        Presented::Anonymous(device) => {
            if devices::is_revoked(tx, device.id, device.visitor_id).await? {
                return Ok((Before::Nothing, None));
            }
            let ongoing = conversations::find_ongoing(tx, device.visitor_id).await?;
            let ongoing = ongoing.map(|conversation| conversation.id);
            Ok((Before::Anonymous { visitor_id: device.visitor_id, ongoing }, None))
        }
        Presented::Verified { session_id, visitor_id } => {
            let session = sessions::find(tx, *session_id).await?;
            let session = session.filter(|session| {
                session.visitor_id == *visitor_id
                    && matches!(session.ended, None | Some((SessionEnd::Expired, _)))
            });
            Ok(match session {
                Some(session) => (Before::Verified { visitor_id: *visitor_id }, Some(session)),
                None => (Before::Nothing, None),
            })
        }
    }
}

/// The records a sign-in moves.
struct Scene<'a> {
    project_id: &'a ProjectId,
    visitor: &'a Visitor,
    /// What the proof put an end to.
    lapsed: Option<LapseReason>,
    /// The person's own ongoing conversation, as it was before.
    ongoing: Option<Conversation>,
    /// Somebody becomes known, comes back, or signs in on another browser: more than a page view.
    news: bool,
    freshness: Freshness,
    trace: Trace<'a>,
    now: Timestamp,
    env: &'a Env,
}

impl Scene<'_> {
    /// Moves conversations, writes the lines people will read, and tells agents. Events come last in the body.
    async fn play(
        &self,
        tx: &mut Tx<'_>,
        before: Before,
        decided: Outcome,
    ) -> Result<ActivationOutcome, AppError> {
        match decided {
            Outcome::Adopted { conversation } => {
                let Before::Anonymous { visitor_id, .. } = before else {
                    return Ok(ActivationOutcome::New);
                };
                if conversations::adopt(tx, conversation, visitor_id, self.visitor.id).await? {
                    let kind = EventKind::VisitorAuthenticated;
                    let adopted = self.notice(tx, conversation, Notice::VisitorSignedIn, kind).await?;
                    self.confirm(tx, adopted.as_ref()).await?;
                    return Ok(ActivationOutcome::Adopted);
                }
                // Closed by an agent at this very moment: it stays with the device (case 11).
                self.back(tx).await?;
                Ok(ActivationOutcome::New)
            }
            Outcome::Both { ongoing, earlier } => {
                conversations::lock(tx, earlier).await?;
                conversations::lock(tx, ongoing).await?;
                self.notice(tx, earlier, Notice::ContinuedElsewhere, EventKind::ConversationUpdated).await?;
                let reason = CloseReason::ContinuedInVerified;
                if conversations::close(tx, earlier, reason, Some(ongoing), self.now).await?
                    && let Some(conversation) = conversations::find(tx, earlier).await?
                {
                    let event =
                        NewEvent::of_conversation(EventKind::ConversationClosed, conversation, self.now);
                    events::append_traced(tx, event, self.trace).await?;
                }
                self.notice(tx, ongoing, Notice::ContinuedFrom, EventKind::VisitorAuthenticated).await?;
                self.confirm(tx, self.ongoing.as_ref()).await?;
                Ok(ActivationOutcome::Both)
            }
            Outcome::Resumed { .. } => {
                self.back(tx).await?;
                Ok(ActivationOutcome::Resumed)
            }
            Outcome::New => {
                self.back(tx).await?;
                Ok(ActivationOutcome::New)
            }
            Outcome::Renewed => {
                self.back(tx).await?;
                Ok(ActivationOutcome::Renewed)
            }
            Outcome::Switched => {
                self.back(tx).await?;
                Ok(ActivationOutcome::Switched)
            }
        }
    }

    /// A known person proves their identity again. That is a line in the thread only if it had lapsed: `activate` runs on
    /// every page, and a thread that says so each time would say nothing.
    async fn back(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let notice = match self.lapsed {
            _ if self.settles(tx, self.ongoing.as_ref()).await? => Some(Notice::IdentityConfirmed),
            Some(LapseReason::Expired | LapseReason::Revoked) => Some(Notice::IdentityConfirmed),
            Some(LapseReason::SignedOut) => Some(Notice::VisitorReturned),
            None => None,
        };
        match (&self.ongoing, notice) {
            (Some(conversation), Some(notice)) => {
                self.notice(tx, conversation.id, notice, EventKind::VisitorAuthenticated).await.map(drop)
            }
            (Some(conversation), None) => self.authenticated(tx, Some(conversation.clone())).await,
            // Nothing for agents to look at; the event is for integrations, and only when something became known.
            (None, _) if self.news => self.authenticated(tx, None).await,
            (None, _) => Ok(()),
        }
    }

    async fn authenticated(
        &self,
        tx: &mut Tx<'_>,
        conversation: Option<Conversation>,
    ) -> Result<(), AppError> {
        let kind = EventKind::VisitorAuthenticated;
        let event = NewEvent::of_visitor(kind, self.project_id, self.visitor.id, self.now);
        Ok(events::append_traced(tx, NewEvent { conversation, ..event }, self.trace).await?)
    }

    /// Whether this proof is what an agent asked for in the conversation; then the request has ended.
    async fn settles(&self, tx: &mut Tx<'_>, conversation: Option<&Conversation>) -> Result<bool, AppError> {
        match conversation.and_then(|found| found.identity_request.as_ref().map(|asked| (found.id, asked))) {
            Some((id, asked)) if self.freshness.answers(asked) => {
                Ok(conversations::end_identity_request(tx, id).await?)
            }
            _ => Ok(false),
        }
    }

    /// As `settles`, with the line that says so.
    async fn confirm(&self, tx: &mut Tx<'_>, conversation: Option<&Conversation>) -> Result<(), AppError> {
        if let Some(asked) = conversation
            && self.settles(tx, conversation).await?
        {
            let notice = Notice::IdentityConfirmed;
            self.notice(tx, asked.id, notice, EventKind::VisitorAuthenticated).await?;
        }
        Ok(())
    }

    async fn notice(
        &self,
        tx: &mut Tx<'_>,
        conversation: ConversationId,
        notice: Notice,
        kind: EventKind,
    ) -> Result<Option<Conversation>, AppError> {
        let line = Line::plain(MessageId::generate(self.env), notice, kind, self.now);
        Line { trace: self.trace, ..line }.write(tx, conversation).await
    }
}
