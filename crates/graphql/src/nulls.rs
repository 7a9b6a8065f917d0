//! What an error leaves of the data (GraphQL specification, section 6.4.4): a field that failed is `null`, and where the
//! schema promises that it never is, its parent is, up to the first that may be. async-graphql 7 leaves such fields out,
//! whatever the schema promises, and clients with generated types would stumble over what is missing.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationType, Selection, SelectionSet, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{Name, PathSegment, Value};

/// The type of every field of the schema, by the names of its parent and its own.
static FIELDS: LazyLock<HashMap<(Name, Name), Type>> = LazyLock::new(|| {
    let definitions = parse_schema(crate::sdl()).map(|document| document.definitions).unwrap_or_default();
    let types = definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        _ => None,
    });
    types
        .flat_map(|definition| {
            let parent = definition.name.node;
            let fields = match definition.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => Vec::new(),
            };
            fields.into_iter().map(move |field| ((parent.clone(), field.node.name.node), field.node.ty.node))
        })
        .collect()
});

/// Puts nulls where the errors of these paths happened. `query` and `operation` are those that were executed.
pub(crate) fn place(data: &mut Value, paths: &[Vec<PathSegment>], query: &str, operation: Option<&str>) {
    // It was parsed before; only answers with errors are worth parsing it again.
    let Ok(document) = parse_query(query) else { return };
    for path in paths {
        // What cannot be followed is no promise we could keep: then there is no data.
        let nullable = follow(&document, operation, path).unwrap_or_default();
        match nullable.iter().rposition(|nullable| *nullable) {
            Some(last) => set_null(data, &path[..=last]),
            None => *data = Value::Null,
        }
    }
}

/// Whether the value at each step of the path may be null.
fn follow(document: &ExecutableDocument, operation: Option<&str>, path: &[PathSegment]) -> Option<Vec<bool>> {
    let mut operations = document.operations.iter();
    let (_, operation) = operations
        .find(|(name, _)| operation.is_none() || name.is_some_and(|name| Some(name.as_str()) == operation))?;
    let mut parent = Name::new(match operation.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    });
    let mut sets = vec![&operation.node.selection_set.node];
    let mut steps = Vec::with_capacity(path.len());
    let mut current: Option<&Type> = None;
    for segment in path {
        let ty = match segment {
            PathSegment::Field(key) => {
                let mut found = Vec::new();
                for set in &sets {
                    select(document, &parent, set, key, &mut found);
                }
                let (on, field) = found.first()?;
                let ty = FIELDS.get(&((*on).clone(), field.name.node.clone()))?;
                sets = found.iter().map(|(_, field)| &field.selection_set.node).collect();
                parent = named(ty).clone();
                ty
            }
            PathSegment::Index(_) => match &current?.base {
                BaseType::List(inner) => inner,
                BaseType::Named(_) => return None,
            },
        };
        steps.push(ty.nullable);
        current = Some(ty);
    }
    Some(steps)
}

/// The name inside all the lists.
fn named(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

/// Collects the fields of a selection set that answer under this key, each with the type it was selected on.
fn select<'d>(
    document: &'d ExecutableDocument,
    on: &Name,
    set: &'d SelectionSet,
    key: &str,
    found: &mut Vec<(Name, &'d Field)>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) if field.node.response_key().node == *key => {
                found.push((on.clone(), &field.node));
            }
            Selection::Field(_) => {}
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map_or(on, |condition| &condition.node.on.node);
                select(document, on, &inline.node.selection_set.node, key, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let on = &fragment.node.type_condition.node.on.node;
                    select(document, on, &fragment.node.selection_set.node, key, found);
                }
            }
        }
    }
}

fn set_null(data: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else {
        *data = Value::Null;
        return;
    };
    match (data, segment) {
        (Value::Object(members), PathSegment::Field(key)) => {
            set_null(members.entry(Name::new(key)).or_insert(Value::Null), rest);
        }
        (Value::List(items), PathSegment::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                set_null(item, rest);
            }
        }
        // A parent is null already.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(query: &str, data: &serde_json::Value, path: &serde_json::Value) -> serde_json::Value {
        let mut data = Value::from_json(data.clone()).unwrap();
        place(&mut data, &[serde_json::from_value(path.clone()).unwrap()], query, None);
        data.into_json().unwrap()
    }

    #[test]
    fn the_first_parent_that_may_be_null_is() {
        use serde_json::json;
        let query = "query { one: conversation(id: \"x\") { ...C agent { name } } __typename }
            fragment C on Conversation { id who: visitor { ... on Visitor { visitorId } } }";
        let data = json!({ "one": { "id": "x", "agent": null }, "__typename": "Query" });
        let alone = json!({ "one": null, "__typename": "Query" });
        assert_eq!(placed(query, &data, &json!(["one", "who"])), alone);
        assert_eq!(placed(query, &data, &json!(["one", "who", "visitorId"])), alone);
        assert_eq!(placed(query, &data, &json!(["one", "agent"])), data);

        let query = "{ projects { nodes { name counts { mine } } } viewer { id } }";
        let data = json!({ "projects": { "nodes": [{ "name": "a" }] }, "viewer": { "id": "x" } });
        assert_eq!(placed(query, &data, &json!(["projects", "nodes", 0, "counts"])), json!(null));

        let query = "{ conversation(id: \"x\") { continuedFrom { id closedAt } } }";
        let data = json!({ "conversation": { "continuedFrom": [{ "id": "a" }, { "id": "b" }] } });
        assert_eq!(
            placed(query, &data, &json!(["conversation", "continuedFrom", 1, "closedAt"])),
            json!({ "conversation": { "continuedFrom": [{ "id": "a" }, { "id": "b", "closedAt": null }] } })
        );
        assert_eq!(placed(query, &data, &json!(["conversation", "nobody knows"])), json!(null));
    }
}
