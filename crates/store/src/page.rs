//! Keyset pages: a cursor names the last item seen, so that depth costs nothing.
//!
//! A list reads one item more than it shows, to know whether there is something beyond. Its range lies between two
//! places, both exclusive; where a request names none, the ends of all that can be stand in, so that one statement in
//! each direction serves every request.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use signet_domain::limits;
use uuid::Uuid;

use crate::StoreError;

/// Names a place in a list: the sort key of an item. Opaque outside; base64url of JSON on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// First sort key: a time in milliseconds or a sequence.
    pub key: i64,
    /// Breaks ties. Empty where the key alone is unique.
    pub id: String,
}

/// Which page of a list: `limit` items after, or before, a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most [`signet_domain::limits::PAGE`]; more is cut down to that.
    pub limit: usize,
    /// Items that follow this place in the list's order.
    pub after: Option<Cursor>,
    /// Items that precede this place.
    pub before: Option<Cursor>,
    /// Take the last `limit` items of the range instead of the first (Relay's `last`).
    pub from_end: bool,
}

/// A page, in the list's order.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items with their places.
    pub items: Vec<(Cursor, T)>,
    /// Whether there is something before the first item.
    pub has_previous: bool,
    /// Whether there is something after the last item.
    pub has_next: bool,
}

impl PageRequest {
    /// How many items to show.
    pub(crate) fn shown(&self) -> usize {
        self.limit.min(limits::PAGE)
    }

    /// How many items to read: one more than is shown.
    pub(crate) fn read(&self) -> i64 {
        self.shown() as i64 + 1
    }

    /// The place after which the range begins, as key and id, for lists that break ties by a UUID.
    pub(crate) fn after_uuid(&self, start: (i64, Uuid)) -> Result<(i64, Uuid), StoreError> {
        self.after.as_ref().map_or(Ok(start), place)
    }

    /// The place before which the range ends.
    pub(crate) fn before_uuid(&self, end: (i64, Uuid)) -> Result<(i64, Uuid), StoreError> {
        self.before.as_ref().map_or(Ok(end), place)
    }
}

fn place(cursor: &Cursor) -> Result<(i64, Uuid), StoreError> {
    let id = Uuid::from_str(&cursor.id).map_err(|_| StoreError::InvalidCursor)?;
    Ok((cursor.key, id))
}

impl<T> Page<T> {
    /// Makes a page of what was read in the order of reading: the list's order, or, from the end, the reverse.
    pub(crate) fn new(request: &PageRequest, mut items: Vec<(Cursor, T)>) -> Self {
        let more = items.len() > request.shown();
        items.truncate(request.shown());
        if request.from_end {
            items.reverse();
            Self { items, has_previous: more || request.after.is_some(), has_next: request.before.is_some() }
        } else {
            Self { items, has_previous: request.after.is_some(), has_next: more || request.before.is_some() }
        }
    }

    /// Makes a page of what several statements read, each at least as many items as the page needs: sorts by place, which
    /// ascends in the list's order or, in a newest-first list, descends.
    pub(crate) fn merged(request: &PageRequest, mut items: Vec<(Cursor, T)>, newest_first: bool) -> Self {
        items.sort_by(|(one, _), (other, _)| (one.key, &one.id).cmp(&(other.key, &other.id)));
        if newest_first != request.from_end {
            items.reverse();
        }
        Self::new(request, items)
    }
}
