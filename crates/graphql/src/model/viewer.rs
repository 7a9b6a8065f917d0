//! Who calls.

use async_graphql::{Enum, ID, SimpleObject};
use signet_domain::Caller;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerKind {
    /// A person at the desk.
    Agent,
    /// A program of the brand's.
    ApiClient,
}

#[derive(SimpleObject)]
pub(crate) struct Viewer {
    kind: ViewerKind,
    id: ID,
    name: String,
    /// Null for programs.
    email: Option<String>,
    /// Every scope the caller has in at least one project.
    scopes: Vec<String>,
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        let scopes = caller.scopes().iter().map(|scope| scope.as_str().to_owned()).collect();
        match caller {
            Caller::Agent(agent) => Self {
                kind: ViewerKind::Agent,
                id: ID(agent.id.to_string()),
                name: agent.name.clone(),
                email: Some(agent.email.clone()),
                scopes,
            },
            Caller::Client(client) => Self {
                kind: ViewerKind::ApiClient,
                id: ID(client.id.clone()),
                name: client.name.clone(),
                email: None,
                scopes,
            },
        }
    }
}
