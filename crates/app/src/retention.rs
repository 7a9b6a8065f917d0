//! Keeps to what each project set for how long what is about people is kept (docs/data.md). Everything goes in pieces: visitors wait for
//! the same writer.

use signet_domain::audit::AuditKind;
use signet_domain::retention::days;
use signet_domain::{Assurance, Project, ProjectId, Retention, Timestamp, VisitorId};
use signet_store::{Tx, audit_events, erasure, projects, retention, visitors};
use uuid::Uuid;

use crate::audit::Actor;
use crate::erasure::anonymize;
use crate::{App, AppError};

/// Records in one transaction.
const PIECE: usize = 200;

/// What goes by its age alone.
#[derive(Debug, Clone, Copy)]
enum Aged {
    Sales,
    Failures,
    Events,
}

impl App {
    /// Anonymises and removes what every project keeps no longer. What [`crate::Sweeper`] does each hour.
    pub async fn apply_retention(&self) -> Result<(), AppError> {
        let read = self.store.read(|tx| Box::pin(async move { Ok::<_, AppError>(projects::all(tx).await?) }));
        for project in read.await? {
            if project.retention != Retention::default() {
                self.apply_retention_of(&project).await?;
            }
        }
        Ok(())
    }

    async fn apply_retention_of(&self, project: &Project) -> Result<(), AppError> {
        let Project { id, retention: kept, .. } = project;
        let now = self.env.now();
        let before = |setting: Option<u32>| setting.map(|number| now.before(days(number)));
        // What is removed loses its messages first, in pieces.
        let words = [before(kept.conversations_anonymized), before(kept.conversations_deleted)];
        if let Some(before) = words.into_iter().flatten().max() {
            while self.anonymize_old_conversations(id, before, now).await? {}
        }
        if let Some(before) = before(kept.visitors_anonymized) {
            self.anonymize_old_visitors(id, before, now).await?;
        }
        self.finish_erasures().await?;
        if let Some(before) = before(kept.conversations_deleted) {
            while self.delete_old_conversations(id, before).await? {}
        }
        for (aged, setting) in [
            (Aged::Sales, kept.transactions_deleted),
            (Aged::Failures, kept.failures_deleted),
            (Aged::Events, kept.events_deleted),
        ] {
            if let Some(before) = before(setting) {
                while self.delete_aged(aged, id, before).await? {}
            }
        }
        Ok(())
    }

    /// A piece; true if there may be more. The audit log has one event for all of it: what went is told by its age.
    async fn anonymize_old_conversations(
        &self,
        id: &ProjectId,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = retention::conversations_to_anonymize(tx, &id, before, PIECE).await?;
                    for conversation in &found {
                        erasure::anonymize_conversation(tx, *conversation, now).await?;
                    }
                    if !found.is_empty() {
                        let event =
                            Actor::system().did(AuditKind::ConversationAnonymized, now).in_project(&id);
                        let event = event.with("conversations", &found.len()).with("closedBefore", &before);
                        audit_events::record(tx, event);
                    }
                    Ok(found.len() == PIECE)
                })
            })
            .await
    }

    /// Walks the visitors whose records are old, whatever their assurance, and anonymises those who were not seen since.
    async fn anonymize_old_visitors(
        &self,
        id: &ProjectId,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<(), AppError> {
        for assurance in [Assurance::Anonymous, Assurance::Claimed, Assurance::Verified] {
            let mut place = Some((Timestamp::from_millis(0), Uuid::nil()));
            while let Some(after) = place {
                let project = id.clone();
                let found = self
                    .store
                    .read(move |tx| {
                        Box::pin(async move {
                            let found =
                                retention::old_visitors(tx, &project, assurance, before, after, PIECE).await;
                            Ok::<_, AppError>(found?)
                        })
                    })
                    .await?;
                let full = found.len() == PIECE;
                place = found.last().filter(|_| full).map(|last| (last.updated_at, last.id.as_uuid()));
                for visitor in found.into_iter().filter(|visitor| visitor.inactive) {
                    self.anonymize_if_still_old(visitor.id, before, now).await?;
                }
            }
        }
        Ok(())
    }

    async fn anonymize_if_still_old(
        &self,
        id: VisitorId,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<(), AppError> {
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // They may have come back just now.
                    let held = visitors::hold(tx, id).await?;
                    match visitors::find(tx, id).await?.filter(|_| held) {
                        Some(found) if found.verified_at.max(Some(found.updated_at)) < Some(before) => {
                            anonymize(tx, &found, &Actor::system(), now).await
                        }
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn delete_old_conversations(&self, id: &ProjectId, before: Timestamp) -> Result<bool, AppError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = retention::conversations_to_delete(tx, &id, before, PIECE).await?;
                    let mut deleted = 0;
                    for conversation in &found {
                        deleted += usize::from(retention::delete_conversation(tx, *conversation).await?);
                    }
                    // Without progress the rest is left to the next hour.
                    Ok(found.len() == PIECE && deleted > 0)
                })
            })
            .await
    }

    async fn delete_aged(&self, aged: Aged, id: &ProjectId, before: Timestamp) -> Result<bool, AppError> {
        let id = id.clone();
        let deleted =
            self.store.write(move |tx| Box::pin(async move { delete(tx, aged, &id, before).await })).await?;
        Ok(deleted == PIECE as u64)
    }
}

async fn delete(tx: &mut Tx<'_>, aged: Aged, id: &ProjectId, before: Timestamp) -> Result<u64, AppError> {
    Ok(match aged {
        Aged::Sales => retention::delete_sales(tx, id, before, PIECE).await?,
        Aged::Events => retention::delete_events(tx, id, before, PIECE).await?,
        Aged::Failures => {
            retention::delete_failures(tx, id, before).await?;
            0
        }
    })
}
