//! A chain of the audit log as JSON Lines, in parts of bounded size: a caller asks with the cursor of the last part until there is none, and puts
//! the texts behind each other. The lines are those of `signet audit export`.
//!
//! Invariants: a cursor is ours, of this chain, this caller and this hour, so that no part is read without the log saying that an export was
//! begun; the export ends with the line that says so, whatever is added meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use signet_domain::access::{PlatformAccess, ProjectAccess, Scope};
use signet_domain::audit::AuditKind;
use signet_domain::{Caller, Timestamp};
use signet_store::StoreError;
use signet_store::audit_events::{self, AuditRow, PLATFORM};

use crate::audit::Actor;
use crate::export::ExportPart;
use crate::{App, AppError, sealing};

/// Rows of a part: about 100 KB.
const ROWS: usize = 200;
/// How long an export may take.
const CURSOR: Duration = Duration::from_hours(1);

/// The right to read a chain.
#[derive(Debug, Clone)]
pub enum AuditChainAccess {
    /// A project's.
    Project(ProjectAccess),
    /// The platform's.
    Platform(PlatformAccess),
}

impl AuditChainAccess {
    fn chain(&self) -> &str {
        match self {
            Self::Project(access) => access.project_id().as_str(),
            Self::Platform(_) => PLATFORM,
        }
    }

    fn caller(&self) -> &Caller {
        match self {
            Self::Project(access) => access.caller(),
            Self::Platform(access) => access.caller(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    after: i64,
    /// The line with which the export ends.
    through: i64,
    /// Whose export this is.
    caller: String,
    good_until: Timestamp,
}

impl App {
    /// The first part of a chain, or the one that `after` names. The first is recorded in the chain itself. `Invalid { code: "CURSOR_INVALID" }`
    /// if `after` is of another chain, caller or hour.
    pub async fn export_audit_part(
        &self,
        access: &AuditChainAccess,
        after: Option<&str>,
        actor: &Actor,
    ) -> Result<ExportPart, AppError> {
        if let AuditChainAccess::Project(access) = access {
            debug_assert_eq!(access.scope(), Scope::AuditRead);
        }
        let (now, owner) = (self.env.now(), ["audit export", access.chain()].join(" "));
        let mut cursor = match after {
            None => self.begin_audit_export(access, actor).await?,
            Some(text) => sealing::open_cursor(&self.sealing_key, owner.as_bytes(), text)?,
        };
        if cursor.caller != access.caller().key() || now >= cursor.good_until {
            return Err(sealing::cursor_invalid());
        }
        let (chain, from) = (access.chain().to_owned(), cursor.after);
        let rows = self
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(audit_events::after(tx, &chain, from, ROWS).await?) })
            })
            .await?;
        let mut text = String::new();
        for row in rows {
            // One that cannot be read would be missing in silence.
            let row: AuditRow = row.map_err(|_| StoreError::Corrupt("audit_events"))?;
            if row.sequence > cursor.through {
                break;
            }
            text.push_str(&row.line()?);
            text.push('\n');
            cursor.after = row.sequence;
        }
        let more = !text.is_empty() && cursor.after < cursor.through;
        let next = more.then(|| sealing::seal_cursor(&self.sealing_key, owner.as_bytes(), &cursor));
        Ok(ExportPart { text, next: next.transpose()? })
    }

    /// Records that the chain is exported; the export ends there.
    async fn begin_audit_export(&self, access: &AuditChainAccess, actor: &Actor) -> Result<Cursor, AppError> {
        let now = self.env.now();
        let mut event = actor.did(AuditKind::AuditExported, now);
        if let AuditChainAccess::Project(access) = access {
            event.project_id = Some(access.project_id().clone());
        }
        self.record(event).await?;
        let chain = access.chain().to_owned();
        let chains = self
            .store
            .read(|tx| Box::pin(async move { Ok::<_, AppError>(audit_events::chains(tx).await?) }))
            .await?;
        let end = chains.into_iter().find(|end| end.chain == chain);
        let through = end.ok_or(StoreError::Corrupt("audit_chains.chain"))?.sequence;
        Ok(Cursor { after: 0, through, caller: access.caller().key(), good_until: now.after(CURSOR) })
    }
}
