//! Projects and their settings.

use signet_domain::{Project, ProjectId};

use crate::{Page, PageRequest, StoreError, Tx};

/// Stores a new project (and its event counter). [`StoreError::Conflict`] if the id is taken.
pub async fn insert(tx: &mut Tx<'_>, project: &Project) -> Result<(), StoreError> {
    todo!()
}

/// Replaces a project's settings.
pub async fn update(tx: &mut Tx<'_>, project: &Project) -> Result<bool, StoreError> {
    todo!()
}

/// Finds a project.
pub async fn find(tx: &mut Tx<'_>, id: &ProjectId) -> Result<Option<Project>, StoreError> {
    todo!()
}

/// Lists projects by id, only those named in `among`.
pub async fn list(tx: &mut Tx<'_>, among: &[ProjectId], page: &PageRequest) -> Result<Page<Project>, StoreError> {
    todo!()
}

/// Lists every project, by id. For the command line.
pub async fn all(tx: &mut Tx<'_>) -> Result<Vec<Project>, StoreError> {
    todo!()
}
