//! Projects and their settings.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signet_domain::{AuthenticatedMode, Project, ProjectId, TokenProfile};

use crate::sql::{Row, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

macro_rules! columns {
    () => {
        "id, name, authenticated_mode, token_profile, claim_prefix, issuers, session_lifetime_ms, \
         token_max_lifetime_ms, allowed_origins, created_at, signature_algorithms, key_management, \
         token_leeway_ms, retention, requires_session_key"
    };
}

statements! {
    INSERT = concat!("INSERT INTO projects (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    INSERT_COUNTER = "INSERT INTO project_counters (project_id, event_sequence) VALUES ($1, 0)";
    UPDATE = "UPDATE projects SET name = $1, authenticated_mode = $2, token_profile = $3, claim_prefix = $4, \
        issuers = $5, session_lifetime_ms = $6, token_max_lifetime_ms = $7, allowed_origins = $8, signature_algorithms = $9, \
        key_management = $10, token_leeway_ms = $11, retention = $12, requires_session_key = $13 WHERE id = $14";
    FIND = concat!("SELECT ", columns!(), " FROM projects WHERE id = $1");
    LIST = concat!(
        "SELECT ", columns!(), " FROM projects WHERE id IN (SELECT value FROM json_each($1)) \
         ORDER BY id LIMIT $2"),
        postgres: concat!("SELECT ", columns!(), " FROM projects WHERE id = ANY($1) ORDER BY id LIMIT $2");
    LIST_BACKWARDS = concat!(
        "SELECT ", columns!(), " FROM projects WHERE id IN (SELECT value FROM json_each($1)) \
         ORDER BY id DESC LIMIT $2"),
        postgres: concat!("SELECT ", columns!(), " FROM projects WHERE id = ANY($1) ORDER BY id DESC LIMIT $2");
    ALL = concat!("SELECT ", columns!(), " FROM projects ORDER BY id");
    DEMANDING_KEYS = "SELECT id FROM projects WHERE requires_session_key";
}

/// Stores a new project (and its event counter). [`StoreError::Conflict`] if the id is taken.
pub async fn insert(tx: &mut Tx<'_>, project: &Project) -> Result<(), StoreError> {
    let (issuers, origins) = (json(&project.issuers)?, json(&project.allowed_origins)?);
    let (signatures, key_management) = (json(&project.signature_algorithms)?, json(&project.key_management)?);
    let retention = json(&project.retention)?;
    let values = [
        (&project.id).into(),
        (&project.name).into(),
        project.authenticated_mode.as_str().into(),
        project.token_profile.as_str().into(),
        (&project.claim_prefix).into(),
        (&issuers).into(),
        millis(project.session_lifetime).into(),
        millis(project.token_max_lifetime).into(),
        (&origins).into(),
        project.created_at.into(),
        (&signatures).into(),
        (&key_management).into(),
        millis(project.token_leeway).into(),
        (&retention).into(),
        project.requires_session_key.into(),
    ];
    tx.execute(INSERT, &values).await?;
    tx.execute(INSERT_COUNTER, &[(&project.id).into()]).await.map(drop)
}

/// Replaces a project's settings. False if there is no such project. `created_at` stays.
pub async fn update(tx: &mut Tx<'_>, project: &Project) -> Result<bool, StoreError> {
    let (issuers, origins) = (json(&project.issuers)?, json(&project.allowed_origins)?);
    let (signatures, key_management) = (json(&project.signature_algorithms)?, json(&project.key_management)?);
    let retention = json(&project.retention)?;
    let values = [
        (&project.name).into(),
        project.authenticated_mode.as_str().into(),
        project.token_profile.as_str().into(),
        (&project.claim_prefix).into(),
        (&issuers).into(),
        millis(project.session_lifetime).into(),
        millis(project.token_max_lifetime).into(),
        (&origins).into(),
        (&signatures).into(),
        (&key_management).into(),
        millis(project.token_leeway).into(),
        (&retention).into(),
        project.requires_session_key.into(),
        (&project.id).into(),
    ];
    tx.changes(UPDATE, &values).await
}

/// Finds a project.
pub async fn find(tx: &mut Tx<'_>, id: &ProjectId) -> Result<Option<Project>, StoreError> {
    tx.query_opt(FIND, &[id.into()], read).await
}

/// Lists projects by id, only those named in `among`.
pub async fn list(
    tx: &mut Tx<'_>,
    among: &[ProjectId],
    page: &PageRequest,
) -> Result<Page<Project>, StoreError> {
    let inside = |id: &ProjectId| {
        page.after.as_ref().is_none_or(|after| id.as_str() > after.id.as_str())
            && page.before.as_ref().is_none_or(|before| id.as_str() < before.id.as_str())
    };
    let ids: Vec<&str> = among.iter().filter(|id| inside(id)).map(ProjectId::as_str).collect();
    let sql = if page.from_end { LIST_BACKWARDS } else { LIST };
    let found = tx.query(sql, &[Value::Texts(&ids), page.read().into()], read).await?;
    let place = |project: Project| (Cursor { key: 0, id: project.id.as_str().to_owned() }, project);
    Ok(Page::new(page, found.into_iter().map(place).collect()))
}

/// Lists every project, by id. For the command line.
pub async fn all(tx: &mut Tx<'_>) -> Result<Vec<Project>, StoreError> {
    tx.query(ALL, &[], read).await
}

/// The projects whose sessions must be for a key.
pub async fn demanding_keys(tx: &mut Tx<'_>) -> Result<Vec<ProjectId>, StoreError> {
    tx.query(DEMANDING_KEYS, &[], |row| row.get(0, "projects.id")).await
}

fn read(row: &Row<'_>) -> Result<Project, StoreError> {
    Ok(Project {
        id: row.get(0, "projects.id")?,
        name: row.get(1, "projects.name")?,
        authenticated_mode: row.word(2, "projects.authenticated_mode", AuthenticatedMode::parse)?,
        token_profile: row.word(3, "projects.token_profile", TokenProfile::parse)?,
        claim_prefix: row.get(4, "projects.claim_prefix")?,
        issuers: row.word(5, "projects.issuers", from_json)?,
        session_lifetime: duration(row, 6, "projects.session_lifetime_ms")?,
        token_max_lifetime: duration(row, 7, "projects.token_max_lifetime_ms")?,
        allowed_origins: row.word(8, "projects.allowed_origins", from_json)?,
        created_at: row.get(9, "projects.created_at")?,
        signature_algorithms: row.word(10, "projects.signature_algorithms", from_json)?,
        key_management: row.word(11, "projects.key_management", from_json)?,
        token_leeway: duration(row, 12, "projects.token_leeway_ms")?,
        retention: row.word(13, "projects.retention", from_json)?,
        requires_session_key: row.get(14, "projects.requires_session_key")?,
    })
}

fn duration(row: &Row<'_>, index: usize, name: &'static str) -> Result<Duration, StoreError> {
    let millis: i64 = row.get(index, name)?;
    u64::try_from(millis).map(Duration::from_millis).map_err(|_| StoreError::Corrupt(name))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Statement(Box::new(error)))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
