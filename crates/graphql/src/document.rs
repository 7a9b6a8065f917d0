//! What a document may ask for, checked before anything walks it.
//!
//! Parsers and validators recurse, and fragments multiply: thirty lines that each spread the next one twice are 2^30
//! fields. Invariants: a text that nests deeper than [`MAX_NESTING`] never reaches the parser, and a document that means
//! more than [`MAX_SELECTIONS`] fields never reaches the validator. What those fields cost is the schema's matter
//! (complexity, depth).

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Pos};

/// Brackets open at once. The introspection query of graphql-js has 15.
const MAX_NESTING: usize = 40;
/// Selection sets and fragments inside each other. That query has 18.
const MAX_LEVELS: usize = 32;
/// Selections after every fragment was put in its place. That query has about 250.
const MAX_SELECTIONS: usize = 2_000;
/// What introspection may cost when each list in it counts tenfold. That query costs about 20,000.
const MAX_INTROSPECTION: usize = 100_000;
/// Lists of types inside each other (`fields { type { fields`). That query has one.
const MAX_INTROSPECTION_LISTS: usize = 2;

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DocumentError {
    /// Not GraphQL.
    #[error("the query is not GraphQL: {message}")]
    Syntax {
        /// What is wrong, without the text around it.
        message: String,
        /// Where.
        places: Vec<Pos>,
    },
    /// Brackets, selection sets or fragments nest too deep, or fragments spread each other in a circle.
    #[error("the query is nested too deep")]
    TooDeep,
    /// Too many selections.
    #[error("the query is too complex")]
    TooComplex,
}

/// Reads a document within the limits.
pub(crate) fn parse(text: &str) -> Result<ExecutableDocument, DocumentError> {
    if nesting(text) > MAX_NESTING {
        return Err(DocumentError::TooDeep);
    }
    let document = parse_query(text).map_err(|error| syntax(&error))?;
    let mut measure = Measure { document: &document, fragments: HashMap::new() };
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        total.add(measure.selection_set(&operation.node.selection_set.node, false, 0)?);
    }
    // Unused fragments are walked by the validator too.
    for name in document.fragments.keys() {
        if !measure.fragments.contains_key(name.as_str()) {
            total.add(measure.fragment(name, 0)?);
        }
    }
    if total.selections > MAX_SELECTIONS
        || total.introspection > MAX_INTROSPECTION
        || total.lists > MAX_INTROSPECTION_LISTS
    {
        return Err(DocumentError::TooComplex);
    }
    Ok(document)
}

/// The parser's message quotes the line it stumbled over, which may be all of the text; only its last line, what it
/// expected, is passed on.
fn syntax(error: &async_graphql::parser::Error) -> DocumentError {
    let message = error.to_string();
    let last = message.lines().last().unwrap_or_default().trim_start_matches([' ', '=']);
    DocumentError::Syntax { message: last.to_owned(), places: error.positions().collect() }
}

/// The kind of the operation that would run; `None` if the name picks none.
pub(crate) fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let mut operations = document.operations.iter();
    let chosen = match name {
        Some(name) => operations.find(|(found, _)| found.is_some_and(|found| found.as_str() == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    chosen.map(|(_, operation)| operation.node.ty)
}

/// The most brackets that are open at once, before the first thing that no GraphQL text can hold.
fn nesting(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut open, mut most) = (0, 0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            b'#' => at += rest_of_line(&bytes[at..]),
            b'"' => match string(&bytes[at..]) {
                Some(length) => {
                    at += length;
                    continue;
                }
                // The parser stops at a string that does not end, too.
                None => return most,
            },
            _ => {}
        }
        at += 1;
    }
    most
}

fn rest_of_line(bytes: &[u8]) -> usize {
    bytes.iter().skip(1).take_while(|byte| !matches!(byte, b'\n' | b'\r')).count()
}

/// The length of the string literal at the beginning, in bytes.
fn string(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\"\"\"") {
        let mut at = 3;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"\\\"\"\"") {
                at += 4;
            } else if bytes[at..].starts_with(b"\"\"\"") {
                return Some(at + 3);
            } else {
                at += 1;
            }
        }
        // To the parser, a block that does not end is an empty string with something after it.
        return Some(2);
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Selections in all.
    selections: usize,
    /// Selections inside `__schema` and `__type`, lists counted tenfold.
    introspection: usize,
    /// Lists of types inside each other.
    lists: usize,
    /// Selection sets and fragments inside each other.
    levels: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.introspection = self.introspection.saturating_add(other.introspection);
        self.lists = self.lists.max(other.lists);
        self.levels = self.levels.max(other.levels);
    }
}

/// Measures a document in one walk over its text: each fragment once, however often it is spread.
struct Measure<'d> {
    document: &'d ExecutableDocument,
    fragments: HashMap<&'d str, Size>,
}

impl<'d> Measure<'d> {
    fn selection_set(
        &mut self,
        set: &'d SelectionSet,
        inside: bool,
        level: usize,
    ) -> Result<Size, DocumentError> {
        let mut size = Size::default();
        for selection in &set.items {
            size.add(self.selection(&selection.node, inside, level)?);
        }
        size.levels += 1;
        // A chain of known fragments is measured without walking it, so what it adds up to counts as well.
        if level + size.levels > MAX_LEVELS { Err(DocumentError::TooDeep) } else { Ok(size) }
    }

    fn selection(
        &mut self,
        selection: &'d Selection,
        inside: bool,
        level: usize,
    ) -> Result<Size, DocumentError> {
        // Fragments in a circle end here, and chains of them before they fill the stack.
        if level > MAX_LEVELS {
            return Err(DocumentError::TooDeep);
        }
        let mut size = match selection {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                let inside = inside || matches!(name, "__schema" | "__type");
                let mut size = self.selection_set(&field.node.selection_set.node, inside, level + 1)?;
                if inside {
                    size.introspection = size.introspection.saturating_add(1);
                    if is_list(name) {
                        size.introspection = size.introspection.saturating_mul(10);
                    }
                    size.lists += usize::from(is_list_of_types(name));
                }
                size
            }
            Selection::InlineFragment(fragment) => {
                self.selection_set(&fragment.node.selection_set.node, inside, level + 1)?
            }
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level)?,
        };
        size.selections = size.selections.saturating_add(1);
        Ok(size)
    }

    fn fragment(&mut self, name: &'d Name, level: usize) -> Result<Size, DocumentError> {
        if let Some(size) = self.fragments.get(name.as_str()) {
            return Ok(*size);
        }
        // The validator says what is wrong with a fragment that does not exist.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        let inside = fragment.node.type_condition.node.on.node.starts_with("__");
        let size = self.selection_set(&fragment.node.selection_set.node, inside, level + 1)?;
        self.fragments.insert(name, size);
        Ok(size)
    }
}

fn is_list(name: &str) -> bool {
    is_list_of_types(name) || matches!(name, "types" | "args" | "enumValues" | "directives")
}

fn is_list_of_types(name: &str) -> bool {
    matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn refusal(text: &str) -> DocumentError {
        parse(text).unwrap_err()
    }

    #[test]
    fn nesting_ends_before_the_parser_does() {
        for (open, close) in [("{a", "}"), ("{a(b:[", "])}"), ("{... on A{", "}}")] {
            let text = format!("{}b{}", open.repeat(100_000), close.repeat(100_000));
            assert_eq!(refusal(&text), DocumentError::TooDeep);
        }
        let lists = format!("{{a(b:{}{})}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&lists), DocumentError::TooDeep);
        let types = format!("query A($a:{}Int{}){{a}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&types), DocumentError::TooDeep);
    }

    #[test]
    fn brackets_in_texts_and_comments_do_not_nest() {
        let many = "{[(".repeat(100);
        assert_eq!(nesting(&format!(r#"{{ a(b: "{many} \" {many}") }}"#)), 2);
        assert_eq!(nesting(&format!(r#"{{ a(b: """{many} \""" " {many}""") }}"#)), 2);
        assert_eq!(nesting(&format!("# {many}\n{{ a }}")), 1);
        assert_eq!(nesting(&format!("# {many}\r{{ a }}")), 1);
        // What looks like a text and is none must be counted.
        assert!(nesting(&format!(r#"{{ a(b: [""" " {many}"#)) > MAX_NESTING);
        assert!(nesting(&format!("{{ # \n {many}")) > MAX_NESTING);
    }

    #[test]
    fn fragments_count_as_often_as_they_are_spread() {
        let mut text = String::from("{ ...F0 }");
        for n in 0..28 {
            write!(text, " fragment F{n} on Query {{ ...F{0} ...F{0} }}", n + 1).unwrap();
        }
        text.push_str(" fragment F28 on Query { a }");
        assert_eq!(refusal(&text), DocumentError::TooComplex);
    }

    #[test]
    fn fragments_in_a_circle_or_a_long_chain_are_refused() {
        assert_eq!(refusal("{ ...A } fragment A on Query { ...A }"), DocumentError::TooDeep);
        assert_eq!(
            refusal("{ a } fragment A on Q { ...B } fragment B on Q { ...A }"),
            DocumentError::TooDeep
        );
        let mut chain = String::from("{ ...F0 } fragment F5000 on Q { a }");
        for n in 0..5000 {
            write!(chain, " fragment F{n} on Q {{ ...F{} }}", n + 1).unwrap();
        }
        assert_eq!(refusal(&chain), DocumentError::TooDeep);
    }

    #[test]
    fn aliases_are_counted() {
        let aliases: Vec<String> = (0..10_000).map(|n| format!("a{n}: viewer {{ id }}")).collect();
        let aliases = aliases.join(" ");
        assert_eq!(refusal(&format!("{{ {aliases} }}")), DocumentError::TooComplex);
    }

    #[test]
    fn introspection_may_not_walk_from_type_to_type() {
        let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
        assert_eq!(refusal(deep), DocumentError::TooComplex);
        let fragments = "{ __schema { types { ...T } } } \
            fragment T on __Type { fields { type { fields { type { inputFields { name } } } } } }";
        assert_eq!(refusal(fragments), DocumentError::TooComplex);
        let wide: Vec<String> = (0..900).map(|n| format!("a{n}: fields {{ args {{ name }} }}")).collect();
        let wide = wide.join(" ");
        assert_eq!(refusal(&format!("{{ __schema {{ types {{ {wide} }} }} }}")), DocumentError::TooComplex);
        // Fields of ours may have such names.
        assert!(parse("{ fields { fields { fields { fields { name } } } } }").is_ok());
    }

    #[test]
    fn syntax_is_reported_with_its_place() {
        let DocumentError::Syntax { message, places } = refusal("{ secretive(") else {
            panic!("not a syntax error")
        };
        assert_eq!((places[0].line, places[0].column), (1, 13));
        assert!(message.starts_with("expected") && !message.contains("secretive"), "{message}");
        assert!(matches!(refusal(""), DocumentError::Syntax { .. }));
    }

    #[test]
    fn the_operation_that_runs() {
        let two = parse("query A { a } subscription B { b }").unwrap();
        assert_eq!(operation_type(&two, Some("B")), Some(OperationType::Subscription));
        assert_eq!(operation_type(&two, Some("A")), Some(OperationType::Query));
        assert_eq!(operation_type(&two, Some("C")), None);
        assert_eq!(operation_type(&two, None), None);
        let one = parse("mutation { a }").unwrap();
        assert_eq!(operation_type(&one, None), Some(OperationType::Mutation));
    }
}
