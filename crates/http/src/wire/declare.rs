//! Wire types that know their TypeScript declaration, so that the two cannot drift apart.
//!
//! [`record!`] and [`words!`] write a Rust type and its declaration from one text. Names become camel case on both sides
//! by the same rule, and a record refuses members it does not know.

use signet_domain::{BrowserId, ClientMessageId, ConversationId, MessageId, SessionId, Timestamp, VisitorId};

/// Longest line of the generated file.
const WIDTH: usize = 120;

/// A type that can be named in TypeScript.
pub(crate) trait TypeScript {
    /// How a member of this type is declared.
    fn reference() -> String;
}

/// A type with a declaration of its own.
pub(crate) trait Declared: TypeScript {
    /// The exported declaration with its comment.
    fn declaration() -> String;
}

macro_rules! plain {
    ($name:literal: $($type:ty),+) => {
        $(impl TypeScript for $type {
            fn reference() -> String {
                $name.to_owned()
            }
        })+
    };
}

plain!("string": String, &'static str, Timestamp, BrowserId, ConversationId, ClientMessageId, MessageId, SessionId, VisitorId);
plain!("number": i64, f64);
plain!("boolean": bool);

impl<T: TypeScript> TypeScript for Option<T> {
    fn reference() -> String {
        format!("{} | null", T::reference())
    }
}

impl<T: TypeScript> TypeScript for Vec<T> {
    fn reference() -> String {
        format!("{}[]", T::reference())
    }
}

/// A JSON object. `in "word"` marks what clients send with `type: "word"` (the enum of all of them reads it), `out
/// "word"` what the server sends so. `as "name"` gives a member a name that Rust
/// cannot. `missing "null"` lets clients leave a member out, which says the same as `null`.
macro_rules! record {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (@optional) => { false };
    (@optional $missing:literal) => { true };
    (
        $(#[doc = $doc:literal])+
        #[derive($($derive:ident),+)]
        $name:ident $(in $in:literal)? $(out $out:literal)? {
            $( $(#[doc = $field_doc:literal])* $field:ident $(as $wire:literal)? $(missing $missing:literal)?: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive($($derive),+)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        $(#[serde(tag = "type", rename = $out)])?
        pub(crate) struct $name {
            $( $(#[doc = $field_doc])* $(#[serde(rename = $wire)])? pub(crate) $field: $type, )*
        }

        impl $crate::wire::declare::TypeScript for $name {
            fn reference() -> String {
                stringify!($name).to_owned()
            }
        }

        impl $crate::wire::declare::Declared for $name {
            fn declaration() -> String {
                let fields: &[$crate::wire::declare::Field] = &[
                    $( $crate::wire::declare::Field {
                        name: $crate::wire::declare::record!(@name $field $($wire)?),
                        optional: $crate::wire::declare::record!(@optional $($missing)?),
                        reference: <$type as $crate::wire::declare::TypeScript>::reference(),
                        doc: &[$($field_doc),*],
                    }, )*
                ];
                let tag: &[&str] = &[$($in,)? $($out,)?];
                $crate::wire::declare::interface(stringify!($name), &[$($doc),+], tag.first().copied(), fields)
            }
        }
    };
}

/// A closed set of words.
macro_rules! words {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $($variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        pub(crate) enum $name {
            $( #[serde(rename = $word)] $variant, )+
        }

        impl $crate::wire::declare::TypeScript for $name {
            fn reference() -> String {
                stringify!($name).to_owned()
            }
        }

        impl $crate::wire::declare::Declared for $name {
            fn declaration() -> String {
                let members = [$(concat!("\"", $word, "\"").to_owned()),+];
                $crate::wire::declare::union(stringify!($name), &[$($doc),+], &members)
            }
        }
    };
}

pub(crate) use {record, words};

/// One member of an interface.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) optional: bool,
    pub(crate) reference: String,
    pub(crate) doc: &'static [&'static str],
}

/// `export interface …`.
pub(crate) fn interface(name: &str, doc: &[&str], tag: Option<&str>, fields: &[Field]) -> String {
    let mut text = format!("{}export interface {name} {{\n", comment(doc, ""));
    if let Some(tag) = tag {
        text.push_str(&["  type: \"", tag, "\";\n"].concat());
    }
    for Field { name, optional, reference, doc } in fields {
        let optional = if *optional { "?" } else { "" };
        text.push_str(&comment(doc, "  "));
        text.push_str(&["  ", &camel_case(name), optional, ": ", reference, ";\n"].concat());
    }
    text + "}\n"
}

/// `export type … = … | …`, on one line if it fits.
pub(crate) fn union(name: &str, doc: &[&str], members: &[String]) -> String {
    let line = format!("export type {name} = {};\n", members.join(" | "));
    let declaration = if line.len() <= WIDTH {
        line
    } else {
        format!("export type {name} =\n  | {};\n", members.join("\n  | "))
    };
    comment(doc, "") + &declaration
}

fn comment(doc: &[&str], indent: &str) -> String {
    match doc.iter().map(|line| line.trim()).collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let body: String = lines.iter().map(|line| [indent, " * ", line, "\n"].concat()).collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

/// The same rule as serde's `camelCase`.
fn camel_case(field: &str) -> String {
    let mut words = field.trim_start_matches("r#").split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        name + &head.to_ascii_uppercase() + tail
    })
}
