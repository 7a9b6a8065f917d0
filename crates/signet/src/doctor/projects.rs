//! Projects, their brands' keys, and whoever may administrate them.

use std::time::Duration;

use signet_app::{CustomerKeyDetail, ProjectReview, Review};
use signet_domain::{AuthenticatedMode, Env, KeyState, Timestamp};
use signet_token::SignatureAlgorithm;

use super::custody::Keys;
use super::{Report, checks};
use crate::config::Config;
use crate::platform::Operator;

const DAY: Duration = Duration::from_hours(24);

pub(super) async fn examine(config: &Config, keys: Option<&Keys>, env: &Env, report: &mut Report) {
    let reviewed = async {
        let operator = Operator::open(config).await?;
        let review = operator.app().review().await;
        operator.close().await;
        Ok::<_, anyhow::Error>(review?)
    }
    .await;
    match reviewed {
        Ok(review) => {
            judge(&review, keys, env.now(), report);
            if let Some(keys) = keys {
                keys.judge(&review.platform_keys, env.now(), report);
            }
        }
        Err(error) => report.add(checks::DATABASE_UNREACHABLE, format!("{error:#}")),
    }
}

fn judge(review: &Review, keys: Option<&Keys>, now: Timestamp, report: &mut Report) {
    for reviewed in &review.projects {
        project(reviewed, report);
        for key in &reviewed.keys {
            customer_key(reviewed.project.id.as_str(), key, now, report);
        }
        let is_retired = |key: &&String| keys.is_some_and(|keys| keys.is_retired(key));
        for key in reviewed.platform_keys_in_use.iter().filter(is_retired) {
            report.add(checks::RETIRED_KEY_IN_USE, format!("project {}, key {key}", reviewed.project.id));
        }
    }
    if review.owners.is_empty() {
        report.add(checks::NOBODY_OWNS, "no owner of the platform or of a project");
    }
    for owner in review.owners.iter().filter(|owner| owner.has_password && !owner.has_second_factor) {
        // The operator has to know whom to ask, and an id finds them without a name in a terminal's history.
        report.add(checks::OWNER_WITHOUT_SECOND_FACTOR, format!("user {}", owner.agent.id));
    }
}

fn project(reviewed: &ProjectReview, report: &mut Report) {
    let ProjectReview { project, keys, has_key_set, .. } = reviewed;
    let id = &project.id;
    let verifies = |key: &CustomerKeyDetail| matches!(key.key.state, KeyState::Active | KeyState::Retiring);
    if project.authenticated_mode == AuthenticatedMode::On && !has_key_set && !keys.iter().any(verifies) {
        report.add(checks::PROJECT_WITHOUT_KEY, format!("project {id}"));
    }
    let allowed = &project.allowed_origins;
    if allowed.any_loopback {
        report.add(checks::PROJECT_ANY_LOOPBACK, format!("project {id}"));
    } else if allowed.origins.is_empty() {
        report.add(checks::PROJECT_WITHOUT_ORIGINS, format!("project {id}"));
    }
    for origin in &allowed.origins {
        if !origin.is_loopback() && origin.to_string().starts_with("http://") {
            report.add(checks::PROJECT_ORIGIN_NOT_SECURE, format!("project {id}, {origin}"));
        }
    }
    if project.session_lifetime > DAY {
        let hours = project.session_lifetime.as_secs() / 3600;
        report.add(checks::SESSION_LONG, format!("project {id}, {hours} hours"));
    }
}

fn customer_key(project: &str, detail: &CustomerKeyDetail, now: Timestamp, report: &mut Report) {
    let key = &detail.key;
    if !matches!(key.state, KeyState::Active | KeyState::Retiring) {
        return;
    }
    let age = now.since(key.created_at);
    let subject = format!("project {project}, key {}", key.key_id.as_deref().unwrap_or(&key.fingerprint));
    let days = age.as_secs() / DAY.as_secs();
    if age > DAY * 365 {
        report.add(checks::CUSTOMER_KEY_OLD, format!("{subject}, {days} days"));
    }
    let rsa = matches!(detail.algorithm(), Some(SignatureAlgorithm::Rs256 | SignatureAlgorithm::Ps256));
    if let Some(bits) = detail.bits().filter(|bits| rsa && *bits < 2048) {
        report.add(checks::CUSTOMER_KEY_WEAK, format!("{subject}, {bits} bits"));
    }
    if key.state == KeyState::Active && age > DAY * 30 && detail.last_used_at.is_none() {
        report.add(checks::CUSTOMER_KEY_UNUSED, format!("{subject}, {days} days"));
    }
    if key.state == KeyState::Retiring && detail.uses > 0 {
        report.add(
            checks::RETIRING_KEY_IN_USE,
            format!("{subject}, {} sessions within seven days", detail.uses),
        );
    }
}
