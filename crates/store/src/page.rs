//! Keyset pages: a cursor names the last item seen, so that depth costs nothing.

use serde::{Deserialize, Serialize};

/// Names a place in a list: the sort key of an item. Opaque outside; base64url of JSON on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// First sort key: a time in milliseconds or a sequence.
    pub key: i64,
    /// Breaks ties.
    pub id: String,
}

/// Which page of a list: `limit` items after, or before, a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most [`signet_domain::limits::PAGE`].
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
