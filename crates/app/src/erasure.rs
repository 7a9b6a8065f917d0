//! Anonymising visitors and conversations (docs/data.md).
//!
//! Invariants: a record names nobody from the commit in which it is anonymised, and its sessions are refused; what remains is erased
//! in pieces before the caller hears of success, and by the sweeper if this process dies meanwhile; the audit log says that it
//! was done, by ids alone.

use signet_domain::access::{Caller, Scope};
use signet_domain::audit::AuditKind;
use signet_domain::conversation::CloseReason;
use signet_domain::{ConversationId, EventKind, ProjectId, Scopes, Timestamp, Visitor, VisitorId};
use signet_store::erasure::{self, Erased};
use signet_store::events::{self, NewEvent};
use signet_store::{Tx, audit_events, conversations, visitors};

use crate::audit::Actor;
use crate::conversations::{ConversationDetail, detail};
use crate::session_token::DEVICE_CREDENTIAL;
use crate::visitor::conversation_updated;
use crate::{App, AppError};

/// Records looked up at once.
const BATCH: usize = 50;
/// Entries of a conversation, and conversations of a visitor, in one transaction: visitors wait for the same writer.
const PIECE: usize = 500;

/// Who exports or erases what is about somebody.
#[derive(Debug, Clone)]
pub enum DataAsker {
    /// A caller, who needs `visitors:erase` in the project.
    Caller(Caller),
    /// The operator at the command line, who holds the database.
    Operator,
}

impl DataAsker {
    /// Refuses whoever may not in this project: it is missing without any part in it, denied with another part.
    pub(crate) fn check(&self, project_id: &ProjectId) -> Result<(), AppError> {
        match self {
            Self::Operator => Ok(()),
            Self::Caller(caller) if caller.in_project(project_id, Scope::VisitorsErase).is_some() => Ok(()),
            Self::Caller(caller) if caller.scopes_in(project_id) != Scopes::NONE => {
                Err(AppError::PermissionDenied)
            }
            Self::Caller(_) => Err(AppError::NotFound),
        }
    }

    /// A stable name for cursors.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Operator => "operator".to_owned(),
            Self::Caller(caller) => caller.key(),
        }
    }
}

impl App {
    /// The visitor who signed in to a project with this `userId`, for the operator at the command line.
    pub async fn visitor_of_user(
        &self,
        project_id: &ProjectId,
        user_id: &str,
    ) -> Result<Option<VisitorId>, AppError> {
        let (project_id, user_id) = (project_id.clone(), user_id.to_owned());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let found = visitors::find_by_external_user_id(tx, &project_id, &user_id).await?;
                    Ok(found.map(|visitor| visitor.id))
                })
            })
            .await
    }

    /// Deletes a closed conversation's entries and what its visitor wrote in the survey. The conversation itself, its times, scores and sales
    /// stay. Doing it again changes nothing. `Conflict { code: "CONVERSATION_ONGOING" }` before it is closed.
    pub async fn anonymize_conversation(
        &self,
        asker: &DataAsker,
        id: ConversationId,
        actor: &Actor,
    ) -> Result<ConversationDetail, AppError> {
        let (asker, actor, now) = (asker.clone(), actor.clone(), self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = conversations::find(tx, id).await?.ok_or(AppError::NotFound)?;
                    asker.check(&found.project_id)?;
                    if found.state.is_ongoing() {
                        return Err(AppError::Conflict {
                            code: "CONVERSATION_ONGOING",
                            message: "only a closed conversation can be anonymised".to_owned(),
                        });
                    }
                    if erasure::anonymize_conversation(tx, id, now).await? {
                        let event = actor.did(AuditKind::ConversationAnonymized, now);
                        audit_events::record(tx, event.in_project(&found.project_id).to("CONVERSATION", &id));
                    }
                    Ok(())
                })
            })
            .await?;
        self.finish_erasures().await?;
        self.store.read(move |tx| Box::pin(async move { detail(tx, id).await })).await
    }

    /// Takes everything that names a visitor out of every table, whatever its source; ends their sessions and closes and anonymises their
    /// conversations. The guests whose conversations went along when this person signed in are anonymised with them. Whoever signs in
    /// with the same `userId` afterwards is a new visitor. Doing it again changes nothing.
    pub async fn anonymize_visitor(
        &self,
        asker: &DataAsker,
        id: VisitorId,
        actor: &Actor,
    ) -> Result<Visitor, AppError> {
        let (asker, actor, now) = (asker.clone(), actor.clone(), self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = visitors::find(tx, id).await?.ok_or(AppError::NotFound)?;
                    asker.check(&found.project_id)?;
                    anonymize(tx, &found, &actor, now).await
                })
            })
            .await?;
        // Their sockets here; other nodes follow within two seconds.
        self.take_in_revocations().await?;
        self.finish_erasures().await?;
        let found = self.store.read(move |tx| Box::pin(async move { Ok(visitors::find(tx, id).await?) }));
        found.await.and_then(|found: Option<Visitor>| found.ok_or(AppError::NotFound))
    }

    /// Erases what remains of everything that was anonymised. What [`crate::Sweeper`] does each second.
    pub async fn finish_erasures(&self) -> Result<(), AppError> {
        let mut erased = false;
        loop {
            let (visitors, conversations) = self
                .store
                .read(|tx| {
                    Box::pin(async move {
                        let visitors = erasure::visitors(tx, BATCH).await?;
                        Ok::<_, AppError>((visitors, erasure::conversations(tx, BATCH).await?))
                    })
                })
                .await?;
            if visitors.is_empty() && conversations.is_empty() {
                if erased {
                    self.store.forget_log().await?;
                }
                return Ok(());
            }
            erased = true;
            for id in visitors {
                while !self.erase_visitor(id).await? {}
            }
            for id in conversations {
                while !self.erase_conversation(id).await? {}
            }
        }
    }

    async fn erase_visitor(&self, id: VisitorId) -> Result<bool, AppError> {
        let now = self.env.now();
        self.store
            .write(move |tx| Box::pin(async move { Ok(erasure::erase_visitor(tx, id, PIECE, now).await?) }))
            .await
    }

    async fn erase_conversation(&self, id: ConversationId) -> Result<bool, AppError> {
        let now = self.env.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    match erasure::erase_conversation(tx, id, PIECE).await? {
                        Erased::Piece => Ok(false),
                        Erased::Whole(None) => Ok(true),
                        // Desks that show it learn that nothing is left.
                        Erased::Whole(Some(conversation)) => {
                            conversation_updated(tx, *conversation, now).await.map(|()| true)
                        }
                    }
                })
            })
            .await
    }
}

/// Anonymises a visitor's record, and those of the guests they were, and closes what is ongoing. The rest is left to
/// [`App::finish_erasures`].
pub(crate) async fn anonymize(
    tx: &mut Tx<'_>,
    visitor: &Visitor,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), AppError> {
    let project_id = &visitor.project_id;
    let until = now.after(DEVICE_CREDENTIAL);
    let mut known_as = vec![visitor.id];
    known_as.extend(visitors::guests_of(tx, visitor.id).await?.into_iter().map(|guest| guest.id));
    let mut anonymized = Vec::new();
    for id in known_as {
        if erasure::anonymize_visitor(tx, id, project_id, now, until).await? {
            anonymized.push(id);
        }
    }
    // Every record is locked before the first conversation.
    let mut closed = Vec::new();
    for id in &anonymized {
        if let Some(ongoing) = conversations::find_ongoing(tx, *id).await? {
            conversations::close(tx, ongoing.id, CloseReason::Policy, None, now).await?;
            closed.extend(conversations::find(tx, ongoing.id).await?);
        }
    }
    for conversation in closed {
        let event = NewEvent::of_conversation(EventKind::ConversationClosed, conversation, now);
        events::append(tx, event).await?;
    }
    for id in anonymized {
        let event = actor.did(AuditKind::VisitorAnonymized, now).in_project(project_id);
        audit_events::record(tx, event.to("VISITOR", &id));
    }
    Ok(())
}
