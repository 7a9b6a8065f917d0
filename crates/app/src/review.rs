//! What an operator's review looks at: every project with its keys, and whoever owns anything.

use std::collections::BTreeSet;

use signet_domain::Project;
use signet_store::agents::{self, Account};
use signet_store::platform_keys::{self, PlatformKeyRecord};
use signet_store::{customer_key_sets, key_uses, projects};

use crate::customer_keys::{CustomerKeyDetail, details};
use crate::{App, AppError};

/// Everything that is set up, at one moment.
#[derive(Debug)]
pub struct Review {
    /// Every project.
    pub projects: Vec<ProjectReview>,
    /// What the database knows of the platform's keys, newest first.
    pub platform_keys: Vec<PlatformKeyRecord>,
    /// Everybody who owns the platform or a project and may sign in. Their roles are not among it.
    pub owners: Vec<Account>,
}

/// A project and its keys.
#[derive(Debug)]
pub struct ProjectReview {
    /// The project.
    pub project: Project,
    /// Its keys with their use, oldest first.
    pub keys: Vec<CustomerKeyDetail>,
    /// Whether the brand publishes further keys at an address.
    pub has_key_set: bool,
    /// Ids of the platform keys that its tokens were encrypted to within seven days.
    pub platform_keys_in_use: Vec<String>,
}

impl App {
    /// Reads everything that is set up. For the operator, who has the database: there is no access to check.
    pub async fn review(&self) -> Result<Review, AppError> {
        let since = self.seven_days_ago();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let mut reviewed = Vec::new();
                    for project in projects::all(tx).await? {
                        let keys = details(tx, &project.id, since).await?;
                        let set = customer_key_sets::find(tx, &project.id).await?;
                        let has_key_set = set.is_some_and(|set| set.proved_at.is_some());
                        let uses = key_uses::sum(tx, &project.id, since).await?;
                        let recent =
                            uses.into_iter().filter(|entry| entry.uses > 0 && !entry.platform_key.is_empty());
                        let platform_keys_in_use: BTreeSet<_> =
                            recent.map(|entry| entry.platform_key).collect();
                        let platform_keys_in_use = platform_keys_in_use.into_iter().collect();
                        reviewed.push(ProjectReview { project, keys, has_key_set, platform_keys_in_use });
                    }
                    Ok(Review {
                        projects: reviewed,
                        platform_keys: platform_keys::list(tx).await?,
                        owners: agents::owners(tx).await?,
                    })
                })
            })
            .await
    }
}
