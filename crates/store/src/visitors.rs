//! People on the brands' sites.

use serde::{Deserialize, Serialize};
use signet_domain::conversation::LapseReason;
use signet_domain::{
    Assurance, Attribute, AttributeName, AttributeSource, CustomData, CustomDataType, CustomDatum, ProjectId,
    Timestamp, Visitor, VisitorId,
};
use uuid::Uuid;

use crate::sql::{Row, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

macro_rules! columns {
    () => {
        "visitors.id, visitors.project_id, visitors.external_user_id, visitors.assurance, visitors.verified_at, \
         visitors.lapsed_at, visitors.lapse_reason, visitors.attributes, visitors.created_at, visitors.updated_at, \
         visitors.claimed_id, visitors.anonymized_at, visitors.custom_data"
    };
}

macro_rules! list {
    ($order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM visitors WHERE project_id = $1 AND assurance = $2 \
             AND (updated_at, id) < ($3, $4) AND (updated_at, id) > ($5, $6) ",
            $order,
            " LIMIT $7"
        )
    };
}

statements! {
    ENSURE = "INSERT INTO visitors (id, project_id, assurance, attributes, created_at, updated_at) \
        VALUES ($1, $2, 'ANONYMOUS', '[]', $3, $4) ON CONFLICT (id) DO NOTHING";
    CLAIM = "UPDATE visitors SET claimed_id = $1, assurance = 'CLAIMED' WHERE id = $2 AND assurance <> 'VERIFIED'";
    SET_CUSTOM_DATA = "UPDATE visitors SET custom_data = $1, attributes = $2, updated_at = $3 WHERE id = $4";
    /// What every page view of a signed-in visitor comes to: the proof is newer, the record says the same. Locks the record
    /// until the commit.
    VERIFY_AGAIN = concat!(
        "UPDATE visitors SET verified_at = $1 WHERE project_id = $2 AND external_user_id = $3 RETURNING ", columns!());
    VERIFY_INSERT = "INSERT INTO visitors (id, project_id, external_user_id, assurance, verified_at, attributes, created_at, \
        updated_at) VALUES ($1, $2, $3, 'VERIFIED', $4, $5, $6, $7) ON CONFLICT (project_id, external_user_id) DO NOTHING";
    VERIFY_UPDATE = "UPDATE visitors SET assurance = 'VERIFIED', lapsed_at = NULL, lapse_reason = NULL, attributes = $1, \
        updated_at = $2 WHERE id = $3";
    /// Changes nothing: it locks.
    HOLD = "UPDATE visitors SET updated_at = updated_at WHERE id = $1 AND anonymized_at IS NULL";
    SIGNED_IN_AS = "UPDATE visitors SET signed_in_as = $1 WHERE id = $2";
    GUESTS = concat!("SELECT ", columns!(), " FROM visitors WHERE signed_in_as = $1");
    LAPSE = "UPDATE visitors SET lapsed_at = $1, lapse_reason = $2, updated_at = $3 \
        WHERE id = $4 AND verified_at IS NOT NULL AND lapsed_at IS NULL";
    FIND = concat!("SELECT ", columns!(), " FROM visitors WHERE id = $1");
    FIND_MANY = concat!(
        "SELECT ", columns!(), " FROM visitors WHERE id IN (SELECT unhex(value) FROM json_each($1))"),
        postgres: concat!("SELECT ", columns!(), " FROM visitors WHERE id = ANY($1)");
    FIND_BY_EXTERNAL_USER_ID =
        concat!("SELECT ", columns!(), " FROM visitors WHERE project_id = $1 AND external_user_id = $2");
    LIST = list!("ORDER BY updated_at DESC, id DESC");
    LIST_BACKWARDS = list!("ORDER BY updated_at, id");
}

/// Makes sure an anonymous visitor has a record. One that is there stays as it is.
pub async fn ensure_anonymous(
    tx: &mut Tx<'_>,
    id: VisitorId,
    project_id: &ProjectId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(ENSURE, &[id.into(), project_id.into(), now.into(), now.into()]).await.map(drop)
}

/// Notes what the page calls an anonymous visitor, without proof. A verified one has their own id.
pub async fn claim(tx: &mut Tx<'_>, id: VisitorId, claimed_id: &str) -> Result<bool, StoreError> {
    tx.changes(CLAIM, &[claimed_id.into(), id.into()]).await
}

/// Replaces what the page says of a visitor, and what it claims in their profile ([`CustomData::claims_beside`]). False if `held`
/// says the same already. The caller holds the record ([`hold`]).
pub async fn set_custom_data(
    tx: &mut Tx<'_>,
    held: &Visitor,
    said: CustomData,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let data = said.following(&held.custom_data);
    let attributes = data.claims_beside(&held.attributes);
    if data == held.custom_data && attributes == held.attributes {
        return Ok(false);
    }
    let (data, attributes) = (write_custom_data(&data)?, write_attributes(&attributes)?);
    tx.changes(SET_CUSTOM_DATA, &[(&data).into(), (&attributes).into(), now.into(), held.id.into()]).await
}

/// A person whose identity was just proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The record as it is now.
    pub visitor: Visitor,
    /// Whether this was the first proof: the record is new.
    pub new: bool,
    /// What the proof put an end to.
    pub lapsed: Option<(Timestamp, LapseReason)>,
}

/// Finds or creates the person behind a verified `userId`, marks them verified at `now` (clearing a lapse) and replaces
/// the attributes that come from the token. Locks the record until the commit, so that concurrent sign-ins of one person
/// follow each other.
///
/// A visitor has one value for a name: the token's wins over another source's. What did not change keeps its `updated_at`,
/// the record too.
pub async fn verify(
    tx: &mut Tx<'_>,
    new_id: impl FnOnce() -> VisitorId,
    project_id: &ProjectId,
    external_user_id: &str,
    attributes: &[Attribute],
    now: Timestamp,
) -> Result<Verified, StoreError> {
    let again = [now.into(), project_id.into(), external_user_id.into()];
    if let Some(found) = tx.query_opt(VERIFY_AGAIN, &again, read).await? {
        return refresh(tx, found, attributes, now).await;
    }
    let new_id = new_id();
    let attributes = replace_attributes(&[], attributes);
    let written = write_attributes(&attributes)?;
    let values = [
        new_id.into(),
        project_id.into(),
        external_user_id.into(),
        now.into(),
        (&written).into(),
        now.into(),
        now.into(),
    ];
    if !tx.changes(VERIFY_INSERT, &values).await? {
        // Another sign-in of the same person made the record meanwhile.
        let found = tx.query_opt(VERIFY_AGAIN, &again, read).await?;
        return refresh(tx, found.ok_or(StoreError::Corrupt("visitors"))?, &attributes, now).await;
    }
    let visitor = Visitor {
        id: new_id,
        project_id: project_id.clone(),
        external_user_id: Some(external_user_id.to_owned()),
        assurance: Assurance::Verified,
        verified_at: Some(now),
        lapsed: None,
        attributes,
        created_at: now,
        updated_at: now,
        claimed_id: None,
        custom_data: CustomData::default(),
        anonymized_at: None,
    };
    Ok(Verified { visitor, new: true, lapsed: None })
}

/// Writes what a fresh proof changes in a record beyond its time.
async fn refresh(
    tx: &mut Tx<'_>,
    found: Visitor,
    attributes: &[Attribute],
    now: Timestamp,
) -> Result<Verified, StoreError> {
    let attributes = replace_attributes(&found.attributes, attributes);
    let lapsed = found.lapsed;
    if attributes == found.attributes && lapsed.is_none() {
        return Ok(Verified { visitor: found, new: false, lapsed });
    }
    let written = write_attributes(&attributes)?;
    tx.execute(VERIFY_UPDATE, &[(&written).into(), now.into(), found.id.into()]).await?;
    let visitor =
        Visitor { assurance: Assurance::Verified, lapsed: None, attributes, updated_at: now, ..found };
    Ok(Verified { visitor, new: false, lapsed })
}

/// Marks a person's identity as no longer proved. False if it was so already, or was never proved.
pub async fn lapse(
    tx: &mut Tx<'_>,
    id: VisitorId,
    reason: LapseReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(LAPSE, &[now.into(), reason.as_str().into(), now.into(), id.into()]).await
}

/// Locks a visitor's record until the commit, for a body that adds something of theirs: whoever anonymises them waits, and finds it.
/// False if there is no record, or it names nobody any more.
pub async fn hold(tx: &mut Tx<'_>, id: VisitorId) -> Result<bool, StoreError> {
    tx.changes(HOLD, &[id.into()]).await
}

/// Notes as whom a guest signed in: what is erased of the person is then erased of the guest.
pub async fn set_signed_in_as(
    tx: &mut Tx<'_>,
    guest: VisitorId,
    person: VisitorId,
) -> Result<(), StoreError> {
    tx.execute(SIGNED_IN_AS, &[person.into(), guest.into()]).await.map(drop)
}

/// The guests whose conversation went along when this person signed in, in no order.
pub async fn guests_of(tx: &mut Tx<'_>, person: VisitorId) -> Result<Vec<Visitor>, StoreError> {
    tx.query(GUESTS, &[person.into()], read).await
}

/// Finds a visitor.
pub async fn find(tx: &mut Tx<'_>, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
    tx.query_opt(FIND, &[id.into()], read).await
}

/// Finds several visitors, in no order.
pub async fn find_many(tx: &mut Tx<'_>, ids: &[VisitorId]) -> Result<Vec<Visitor>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    tx.query(FIND_MANY, &[Value::Uuids(&ids)], read).await
}

/// Finds the person with that `userId`.
pub async fn find_by_external_user_id(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    external_user_id: &str,
) -> Result<Option<Visitor>, StoreError> {
    tx.query_opt(FIND_BY_EXTERNAL_USER_ID, &[project_id.into(), external_user_id.into()], read).await
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
pub async fn list(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    filter: &VisitorFilter,
    page: &PageRequest,
) -> Result<Page<Visitor>, StoreError> {
    // The list runs from the newest to the oldest, so what follows a place is smaller.
    let newest = page.after_uuid((i64::MAX, Uuid::max()))?;
    let oldest = page.before_uuid((i64::MIN, Uuid::nil()))?;
    let wanted = |assurance: &Assurance| filter.assurance.is_none_or(|only| only == *assurance);
    let mut found = Vec::new();
    if let Some(external_user_id) = &filter.external_user_id {
        found.extend(find_by_external_user_id(tx, project_id, external_user_id).await?);
        let place = |visitor: &Visitor| (visitor.updated_at.as_millis(), visitor.id.as_uuid());
        found.retain(|visitor| {
            wanted(&visitor.assurance) && place(visitor) < newest && place(visitor) > oldest
        });
    } else {
        let sql = if page.from_end { LIST_BACKWARDS } else { LIST };
        let all = [Assurance::Anonymous, Assurance::Claimed, Assurance::Verified];
        for assurance in all.into_iter().filter(wanted) {
            let values = [
                project_id.into(),
                assurance.as_str().into(),
                newest.0.into(),
                newest.1.into(),
                oldest.0.into(),
                oldest.1.into(),
                page.read().into(),
            ];
            found.extend(tx.query(sql, &values, read).await?);
        }
    }
    let place = |visitor: Visitor| {
        (Cursor { key: visitor.updated_at.as_millis(), id: visitor.id.to_string() }, visitor)
    };
    Ok(Page::merged(page, found.into_iter().map(place).collect(), true))
}

fn read(row: &Row<'_>) -> Result<Visitor, StoreError> {
    let lapsed = match row.get::<Option<Timestamp>>(5, "visitors.lapsed_at")? {
        None => None,
        Some(since) => Some((since, row.word(6, "visitors.lapse_reason", LapseReason::parse)?)),
    };
    Ok(Visitor {
        id: row.get(0, "visitors.id")?,
        project_id: row.get(1, "visitors.project_id")?,
        external_user_id: row.get(2, "visitors.external_user_id")?,
        assurance: row.word(3, "visitors.assurance", Assurance::parse)?,
        verified_at: row.get(4, "visitors.verified_at")?,
        lapsed,
        attributes: row.word(7, "visitors.attributes", read_attributes)?,
        created_at: row.get(8, "visitors.created_at")?,
        updated_at: row.get(9, "visitors.updated_at")?,
        claimed_id: row.get(10, "visitors.claimed_id")?,
        anonymized_at: row.get(11, "visitors.anonymized_at")?,
        custom_data: row.word(12, "visitors.custom_data", read_custom_data)?,
    })
}

/// An attribute as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredAttribute<'a> {
    name: &'a str,
    value: std::borrow::Cow<'a, str>,
    source: &'a str,
    updated_at: i64,
}

fn write_attributes(attributes: &[Attribute]) -> Result<String, StoreError> {
    let stored: Vec<_> = attributes
        .iter()
        .map(|attribute| StoredAttribute {
            name: attribute.name.as_str(),
            value: attribute.value.as_str().into(),
            source: attribute.source.as_str(),
            updated_at: attribute.updated_at.as_millis(),
        })
        .collect();
    serde_json::to_string(&stored).map_err(|error| StoreError::Statement(Box::new(error)))
}

fn read_attributes(text: &str) -> Option<Vec<Attribute>> {
    let stored: Vec<StoredAttribute<'_>> = serde_json::from_str(text).ok()?;
    stored
        .into_iter()
        .map(|attribute| {
            Some(Attribute {
                name: AttributeName::parse(attribute.name)?,
                value: attribute.value.into_owned(),
                source: AttributeSource::parse(attribute.source)?,
                updated_at: Timestamp::from_millis(attribute.updated_at),
            })
        })
        .collect()
}

/// A member of custom data as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredDatum<'a> {
    key: std::borrow::Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'a str,
    value: std::borrow::Cow<'a, str>,
    updated_at: i64,
}

fn write_custom_data(data: &CustomData) -> Result<String, StoreError> {
    let stored: Vec<_> = data
        .as_slice()
        .iter()
        .map(|datum| StoredDatum {
            key: datum.key.as_str().into(),
            kind: datum.kind.as_str(),
            value: datum.value.as_str().into(),
            updated_at: datum.updated_at.as_millis(),
        })
        .collect();
    serde_json::to_string(&stored).map_err(|error| StoreError::Statement(Box::new(error)))
}

fn read_custom_data(text: &str) -> Option<CustomData> {
    let stored: Vec<StoredDatum<'_>> = serde_json::from_str(text).ok()?;
    let data: Option<Vec<_>> = stored
        .into_iter()
        .map(|datum| {
            Some(CustomDatum {
                key: datum.key.into_owned(),
                kind: CustomDataType::parse(datum.kind)?,
                value: datum.value.into_owned(),
                updated_at: Timestamp::from_millis(datum.updated_at),
            })
        })
        .collect();
    data.map(CustomData::from_storage)
}

/// What is known after a token was verified: its attributes, and those of other sources under other names.
fn replace_attributes(known: &[Attribute], fresh: &[Attribute]) -> Vec<Attribute> {
    let unchanged = |new: &Attribute| {
        known.iter().find(|old| old.name == new.name && old.value == new.value && old.source == new.source)
    };
    let kept = known
        .iter()
        .filter(|old| old.source != AttributeSource::Token && fresh.iter().all(|new| new.name != old.name));
    let mut attributes: Vec<Attribute> =
        fresh.iter().map(|new| unchanged(new).unwrap_or(new)).chain(kept).cloned().collect();
    attributes.sort_by_key(|attribute| attribute.name);
    attributes
}
