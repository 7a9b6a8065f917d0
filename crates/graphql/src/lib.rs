//! The GraphQL API: what the desk and integrations use. `schema.graphql` is its contract.
//!
//! Invariants:
//! - a resolver reads its arguments, calls one use case and converts; rights are proved by the use case's argument;
//! - what a document may cost is known before any of it runs, and every page is bounded;
//! - an error outside has a stable name, a retry policy and a correlation id, and nothing of its cause;
//! - a cookie proves nothing unless a page of ours sent it;
//! - the schema may be read by whoever may ask anything: it is published with the source, and reading it costs as any query does. Without
//!   credentials nothing is answered at all.

mod account_mutation;
mod audit_mutation;
mod auth;
mod bot_mutation;
mod call;
mod document;
mod erasure_mutation;
mod error;
mod http;
mod key_mutation;
mod key_set_mutation;
mod model;
mod mutation;
mod nulls;
mod page;
mod people_mutation;
mod people_query;
mod platform_key_mutation;
mod project_mutation;
mod query;
mod scalars;
mod socket;
mod subscription;
#[cfg(test)]
mod tests;
mod user_error;
mod wire;

use std::sync::Arc;

use async_graphql::{SDLExportOptions, SchemaBuilder};
use axum::Router;
use axum::routing::post;
use signet_app::App;

use crate::mutation::Mutation;
use crate::query::Query;
use crate::subscription::Subscription;

type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Fields inside each other. The introspection query of graphql-js has 15.
const MAX_DEPTH: usize = 16;
/// What an operation may cost, where a field costs 1 and a list costs its row as often as rows may come. The desk's list
/// of fifty conversations costs about 2,000.
const MAX_COMPLEXITY: usize = 20_000;

/// Directives at one place. `@skip` and `@include` are all there are.
const MAX_DIRECTIVES: usize = 4;

/// What answers at `/graphql`.
pub(crate) struct Endpoint {
    app: Arc<App>,
    schema: Schema,
}

/// `POST /graphql`, and `GET /graphql` for WebSockets that speak `graphql-transport-ws`. Every request must carry a
/// [`signet_app::RequestContext`] as an extension, and may carry a `CancellationToken`: when it is cancelled, sockets close.
pub fn router(app: Arc<App>) -> Router {
    let endpoint = Arc::new(Endpoint { app, schema: builder().finish() });
    Router::new().route("/graphql", post(http::post).get(socket::upgrade)).with_state(endpoint)
}

/// The schema in its definition language, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident();
    let text = builder().finish().sdl_with_options(options);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .limit_directives(MAX_DIRECTIVES)
}
