//! People on the brands' sites.

use signet_domain::conversation::LapseReason;
use signet_domain::{Assurance, Attribute, ProjectId, Timestamp, Visitor, VisitorId};

use crate::{Page, PageRequest, StoreError, Tx};

/// Makes sure an anonymous visitor has a record.
pub async fn ensure_anonymous(tx: &mut Tx<'_>, id: VisitorId, project_id: &ProjectId, now: Timestamp) -> Result<(), StoreError> {
    todo!()
}

/// Finds or creates the person behind a verified `userId`, marks them verified at `now` (clearing a lapse) and replaces
/// the attributes that come from the token. Locks the record until the commit, so that concurrent sign-ins of one person
/// follow each other. Answers the record *before* the change too, `None` if it is new.
pub async fn verify(
    tx: &mut Tx<'_>,
    new_id: VisitorId,
    project_id: &ProjectId,
    external_user_id: &str,
    attributes: &[Attribute],
    now: Timestamp,
) -> Result<(Visitor, Option<Visitor>), StoreError> {
    todo!()
}

/// Marks a person's identity as no longer proved. False if it was so already.
pub async fn lapse(tx: &mut Tx<'_>, id: VisitorId, reason: LapseReason, now: Timestamp) -> Result<bool, StoreError> {
    todo!()
}

/// Finds a visitor.
pub async fn find(tx: &mut Tx<'_>, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
    todo!()
}

/// Finds several visitors, in no order.
pub async fn find_many(tx: &mut Tx<'_>, ids: &[VisitorId]) -> Result<Vec<Visitor>, StoreError> {
    todo!()
}

/// Finds the person with that `userId`.
pub async fn find_by_external_user_id(tx: &mut Tx<'_>, project_id: &ProjectId, external_user_id: &str) -> Result<Option<Visitor>, StoreError> {
    todo!()
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct VisitorFilter {
    /// Only this `userId`.
    pub external_user_id: Option<String>,
    /// Only these.
    pub assurance: Option<Assurance>,
}

/// Lists a project's visitors, last changed first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId, filter: &VisitorFilter, page: &PageRequest) -> Result<Page<Visitor>, StoreError> {
    todo!()
}
