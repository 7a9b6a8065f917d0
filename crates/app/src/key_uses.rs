//! Which keys are in use, gathered in memory and written about once a second: an activation must not pay for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use signet_domain::{ProjectId, Timestamp};
use signet_store::key_uses::{self, KeyUse};

use crate::{App, AppError};

/// A project's pair of customer key and platform key.
type Pair = (ProjectId, String, String);

/// Uses that are not written yet. What a process that is killed has gathered in its last second is lost: it is a statistic.
#[derive(Default)]
pub(crate) struct KeyUses(Mutex<HashMap<Pair, KeyUse>>);

impl KeyUses {
    /// Counts a session that was opened or renewed.
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
    }

    fn put(&self, entry: KeyUse) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let gathered = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
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
}

impl App {
    /// Writes down which keys were used since the last time. Once a second, before the lists that show it, and before the
    /// database is closed.
    pub async fn write_key_uses(&self) -> Result<(), AppError> {
        let uses = self.key_uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = uses.clone();
        let result: Result<(), AppError> = self
            .store
            .write(move |tx| Box::pin(async move { Ok(key_uses::add_all(tx, &written).await?) }))
            .await;
        if result.is_err() {
            for entry in uses {
                self.key_uses.put(entry);
            }
        }
        result
    }
}
