//! Which keys are in use and how many tokens were accepted, gathered in memory and written about once a second: an activation must not pay for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use signet_domain::{ProjectId, Timestamp};
use signet_store::authentication_successes;
use signet_store::key_uses::{self, KeyUse};

use crate::{App, AppError};

/// A project's pair of customer key and platform key.
type Pair = (ProjectId, String, String);

/// Uses that are not written yet. What a process that is killed has gathered in its last second is lost: it is a statistic.
#[derive(Default)]
pub(crate) struct KeyUses {
    pairs: Mutex<HashMap<Pair, KeyUse>>,
    /// Accepted tokens by project and minute.
    accepted: Mutex<HashMap<(ProjectId, i64), i64>>,
}

impl KeyUses {
    /// Counts a token that was accepted: it opened or renewed a session, or would have.
    pub(crate) fn count(
        &self,
        project_id: &ProjectId,
        customer_key: &str,
        platform_key: Option<&str>,
        now: Timestamp,
    ) {
        let platform_key = platform_key.unwrap_or_default();
        let once = KeyUse {
            project_id: project_id.clone(),
            customer_key: customer_key.to_owned(),
            platform_key: platform_key.to_owned(),
            uses: 1,
            first_at: now,
            last_at: now,
        };
        self.put(once);
        self.accept(project_id.clone(), authentication_successes::minute_of(now), 1);
    }

    fn accept(&self, project_id: ProjectId, minute: i64, count: i64) {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        *accepted.entry((project_id, minute)).or_default() += count;
    }

    fn put(&self, entry: KeyUse) {
        let mut gathered = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (entry.project_id.clone(), entry.customer_key.clone(), entry.platform_key.clone());
        gathered
            .entry(pair)
            .and_modify(|known| {
                known.uses += entry.uses;
                known.first_at = known.first_at.min(entry.first_at);
                known.last_at = known.last_at.max(entry.last_at);
            })
            .or_insert(entry);
    }

    fn take(&self) -> Vec<KeyUse> {
        let gathered = std::mem::take(&mut *self.pairs.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses: Vec<KeyUse> = gathered.into_values().collect();
        // In one order, so that two nodes never wait for each other's rows.
        uses.sort_by(|a, b| {
            (&a.project_id, &a.customer_key, &a.platform_key).cmp(&(
                &b.project_id,
                &b.customer_key,
                &b.platform_key,
            ))
        });
        uses
    }

    fn take_accepted(&self) -> Vec<(ProjectId, i64, i64)> {
        let accepted = std::mem::take(&mut *self.accepted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut counts: Vec<_> =
            accepted.into_iter().map(|((project_id, minute), count)| (project_id, minute, count)).collect();
        counts.sort();
        counts
    }
}

impl App {
    /// Writes down which keys were used since the last time, and how many tokens were accepted. Once a second, before the lists that show it, and before the
    /// database is closed.
    pub async fn write_key_uses(&self) -> Result<(), AppError> {
        let (uses, accepted) = (self.key_uses.take(), self.key_uses.take_accepted());
        if uses.is_empty() {
            return Ok(());
        }
        let (written, counted) = (uses.clone(), accepted.clone());
        let result: Result<(), AppError> = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    key_uses::add_all(tx, &written).await?;
                    Ok(authentication_successes::add_all(tx, &counted).await?)
                })
            })
            .await;
        if result.is_err() {
            for entry in uses {
                self.key_uses.put(entry);
            }
            for (project_id, minute, count) in accepted {
                self.key_uses.accept(project_id, minute, count);
            }
        }
        result
    }
}
