//! Relay connections: arguments, opaque cursors, edges. At most 100 a page.

use async_graphql::{Object, OutputType, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signet_app::{AppError, Cursor, Page, PageRequest};
use signet_domain::limits;

use crate::model::{
    AuditEventNode, AuthenticationFailureNode, ConversationNode, MessageNode, ProjectNode, UserNode,
    VisitorNode,
};

const DEFAULT_SIZE: usize = 50;
/// Longest cursor, in characters. Ours have less than 120.
const CURSOR_CHARACTERS: usize = 512;

/// The four arguments of a connection (Relay Cursor Connections, section 4), as they came in.
#[derive(Debug, Default)]
pub(crate) struct PageArguments {
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) first: Option<i32>,
    pub(crate) last: Option<i32>,
}

impl PageArguments {
    /// Reads them. `first` alone goes forward, `last` back; `before` alone means the page that precedes it.
    pub(crate) fn request(self) -> Result<PageRequest, AppError> {
        let (limit, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(invalid("PAGE_INVALID", "give either `first` or `last`, not both"));
            }
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (DEFAULT_SIZE, given(self.before.as_ref()) && !given(self.after.as_ref())),
        };
        Ok(PageRequest {
            limit,
            after: place("after", self.after)?,
            before: place("before", self.before)?,
            from_end,
        })
    }
}

/// The empty text is no cursor: the vendor's clients send it for the first page.
fn given(cursor: Option<&String>) -> bool {
    cursor.is_some_and(|text| !text.is_empty())
}

fn size(name: &str, value: i32) -> Result<usize, AppError> {
    usize::try_from(value)
        .ok()
        .filter(|size| (1..=limits::PAGE).contains(size))
        .ok_or_else(|| invalid("PAGE_INVALID", &format!("`{name}` must be between 1 and {}", limits::PAGE)))
}

fn place(name: &str, text: Option<String>) -> Result<Option<Cursor>, AppError> {
    match text {
        Some(text) if !text.is_empty() => decode_cursor(&text)
            .map(Some)
            .ok_or_else(|| invalid("CURSOR_INVALID", &format!("`{name}` is not a cursor of this list"))),
        _ => Ok(None),
    }
}

fn invalid(code: &'static str, message: &str) -> AppError {
    AppError::Invalid { code, message: message.to_owned() }
}

/// What a connection costs: asking for it, and each row's fields once for each row that may come.
pub(crate) fn page_cost(first: Option<i32>, last: Option<i32>, fields: usize) -> usize {
    const ASKING: usize = 20;
    let rows = first
        .or(last)
        .and_then(|size| usize::try_from(size).ok())
        .map_or(DEFAULT_SIZE, |size| size.clamp(1, limits::PAGE));
    ASKING.saturating_add(rows.saturating_mul(fields))
}

/// A cursor as clients see it: base64url of JSON, which they must not look into.
pub(crate) fn encode_cursor(cursor: &Cursor) -> String {
    // Two plain fields always serialise; an empty text would merely read as "no cursor".
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// Reads a cursor; `None` if it is not one of ours.
fn decode_cursor(text: &str) -> Option<Cursor> {
    if text.len() > CURSOR_CHARACTERS {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Where a page stands in its list.
#[derive(SimpleObject, Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageInfo {
    start_cursor: Option<String>,
    end_cursor: Option<String>,
    has_previous_page: bool,
    has_next_page: bool,
}

#[derive(SimpleObject)]
#[graphql(concrete(name = "ProjectEdge", params(ProjectNode)))]
#[graphql(concrete(name = "ConversationEdge", params(ConversationNode)))]
#[graphql(concrete(name = "MessageEdge", params(MessageNode)))]
#[graphql(concrete(name = "VisitorEdge", params(VisitorNode)))]
#[graphql(concrete(name = "AuthenticationFailureEdge", params(AuthenticationFailureNode)))]
#[graphql(concrete(name = "UserEdge", params(UserNode)))]
#[graphql(concrete(name = "AuditEventEdge", params(AuditEventNode)))]
pub(crate) struct Edge<T: OutputType> {
    cursor: String,
    node: T,
}

/// A page of a list.
pub(crate) struct Connection<T: OutputType> {
    edges: Vec<Edge<T>>,
    page_info: PageInfo,
}

impl<T: OutputType> Connection<T> {
    /// Shows a page of records as nodes.
    pub(crate) fn new<R>(page: Page<R>, node: impl Fn(R) -> T) -> Self {
        let edges: Vec<Edge<T>> = page
            .items
            .into_iter()
            .map(|(cursor, record)| Edge { cursor: encode_cursor(&cursor), node: node(record) })
            .collect();
        let page_info = PageInfo {
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            has_previous_page: page.has_previous,
            has_next_page: page.has_next,
        };
        Self { edges, page_info }
    }
}

#[Object(
    concrete(name = "ProjectConnection", params(ProjectNode)),
    concrete(name = "ConversationConnection", params(ConversationNode)),
    concrete(name = "MessageConnection", params(MessageNode)),
    concrete(name = "VisitorConnection", params(VisitorNode)),
    concrete(name = "AuthenticationFailureConnection", params(AuthenticationFailureNode)),
    concrete(name = "UserConnection", params(UserNode)),
    concrete(name = "AuditEventConnection", params(AuditEventNode))
)]
impl<T: OutputType> Connection<T>
where
    Edge<T>: OutputType,
{
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor { key: -1_795_176_271_250, id: "0193a5b0-0000-7000-8000-000000000001".into() }
    }

    fn code(arguments: PageArguments) -> &'static str {
        arguments.request().unwrap_err().code()
    }

    #[test]
    fn cursors_read_back_as_written_and_nothing_else_reads() {
        let text = encode_cursor(&cursor());
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "{text}");
        assert_eq!(decode_cursor(&text), Some(cursor()));
        let long = encode_cursor(&Cursor { key: 0, id: "x".repeat(CURSOR_CHARACTERS) });
        for bad in ["", "1", "e30", "!!!!", &format!("{text}="), &format!("{text}A"), &text[1..], &long] {
            assert_eq!(decode_cursor(bad), None, "{bad}");
        }
    }

    #[test]
    fn pages_are_bounded() {
        for size in [i32::MIN, -1, 0, 101, i32::MAX] {
            assert_eq!(code(PageArguments { first: Some(size), ..Default::default() }), "PAGE_INVALID");
            assert_eq!(code(PageArguments { last: Some(size), ..Default::default() }), "PAGE_INVALID");
        }
        assert_eq!(
            code(PageArguments { first: Some(1), last: Some(1), ..Default::default() }),
            "PAGE_INVALID"
        );
        assert_eq!(code(PageArguments { after: Some("x".into()), ..Default::default() }), "CURSOR_INVALID");
        assert_eq!(code(PageArguments { before: Some("x".into()), ..Default::default() }), "CURSOR_INVALID");
    }

    #[test]
    fn directions() {
        let place = || Some(encode_cursor(&cursor()));
        let table = [
            // first, last, after, before -> limit, from the end
            (None, None, None, None, 50, false),
            (Some(100), None, None, None, 100, false),
            (None, Some(1), None, None, 1, true),
            (None, None, None, place(), 50, true),
            (None, None, place(), place(), 50, false),
            (Some(3), None, None, place(), 3, false),
            (None, Some(3), None, place(), 3, true),
            (None, None, Some(String::new()), Some(String::new()), 50, false),
        ];
        for (first, last, after, before, limit, from_end) in table {
            let wanted = [&after, &before].map(|text| given(text.as_ref()).then(cursor));
            let request = PageArguments { after, before, first, last }.request().unwrap();
            assert_eq!((request.limit, request.from_end), (limit, from_end));
            assert_eq!([request.after, request.before], wanted);
        }
    }

    #[test]
    fn a_page_costs_what_it_may_hold() {
        assert_eq!(page_cost(None, None, 3), 170);
        assert_eq!(page_cost(Some(100), None, 3), 320);
        assert_eq!(page_cost(None, Some(1), 3), 23);
        assert_eq!(page_cost(Some(i32::MAX), None, 3), 320);
        assert_eq!(page_cost(Some(-1), None, usize::MAX), usize::MAX);
    }
}
