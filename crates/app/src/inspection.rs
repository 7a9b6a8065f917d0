//! The Token Doctor for callers with the project's right.

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::{KeyState, ProjectId, Timestamp};
use signet_store::{customer_keys, replays};
use signet_token::doctor::{self, Context, OtherKey, PlatformKey, Report, Standing};

use crate::projects::{ActiveProject, parse_key};
use crate::single_use::SingleUse;
use crate::{App, AppError};

impl ActiveProject {
    /// What the doctor holds a token of this project against.
    pub(crate) fn doctor_context<'a>(
        &'a self,
        now: Timestamp,
        other_keys: &'a [OtherKey],
        platform_keys: &'a [PlatformKey],
    ) -> Context<'a> {
        Context {
            policy: &self.policy,
            audience: self.project.id.as_str(),
            now_unix_ms: now.as_millis(),
            keys: &self.keys,
            other_keys,
            platform_keys,
        }
    }
}

impl App {
    /// Walks a token step by step. Counts against the caller's limit like a test of credentials, uses no token up, opens no
    /// session and keeps nothing.
    pub async fn inspect_token(&self, access: &ProjectAccess, token: &str) -> Result<Report, AppError> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        self.limits.test(&access.caller().key())?;
        let active = self.active_project(access.project_id()).await?.ok_or(AppError::NotFound)?;
        self.limits.decryption(&active.project.id)?;
        let elsewhere = access.caller().projects(access.scope()).into_iter().cloned().collect();
        self.inspect_in(&active, token, elsewhere).await
    }

    /// As [`App::inspect_token`], for the operator at the command line, who holds database and keys.
    pub async fn inspect_token_as_operator(
        &self,
        project_id: &ProjectId,
        token: &str,
    ) -> Result<Report, AppError> {
        let active = self.active_project(project_id).await?.ok_or(AppError::NotFound)?;
        let elsewhere = self.all_projects().await?.into_iter().map(|project| project.id).collect();
        self.inspect_in(&active, token, elsewhere).await
    }

    /// `elsewhere`: the projects whose keys are recognised.
    async fn inspect_in(
        &self,
        active: &ActiveProject,
        token: &str,
        elsewhere: Vec<ProjectId>,
    ) -> Result<Report, AppError> {
        let mut other_keys = active.other_keys.clone();
        other_keys.extend(self.keys_elsewhere(&active.project.id, elsewhere).await?);
        let published = self.platform_keys.now();
        let context = active.doctor_context(self.env.now(), &other_keys, &published.known);
        let mut report = doctor::inspect(token, &context, &self.opener()).await;
        if let Some(token) = report.checked().and_then(SingleUse::of) {
            let project_id = active.project.id.clone();
            let used = self
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        Ok::<_, AppError>(replays::is_used(tx, &project_id, &token.digest).await?)
                    })
                })
                .await?;
            report.judge_single_use(used);
        }
        let code = report.finding.map_or("SUCCESS", |finding| finding.public_code);
        metrics::counter!("signet_token_inspections_total", "code" => code).increment(1);
        Ok(report)
    }

    /// Keys of the other projects in which the caller has the same right: nobody learns of keys of anybody else's.
    async fn keys_elsewhere(
        &self,
        here: &ProjectId,
        mut elsewhere: Vec<ProjectId>,
    ) -> Result<Vec<OtherKey>, AppError> {
        elsewhere.retain(|id| id != here);
        if elsewhere.is_empty() {
            return Ok(Vec::new());
        }
        let records = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let mut records = Vec::new();
                    for id in &elsewhere {
                        records.extend(customer_keys::list(tx, id).await?);
                    }
                    Ok::<_, AppError>(records)
                })
            })
            .await?;
        let usable = records.iter().filter(|record| record.state != KeyState::Revoked);
        let other = |key| OtherKey { key, standing: Standing::OtherProject };
        Ok(usable.filter_map(parse_key).map(other).collect())
    }
}
