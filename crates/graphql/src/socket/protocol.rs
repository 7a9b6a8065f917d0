//! The messages and close codes of `graphql-transport-ws`.

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};

use crate::wire::{Answer, Operation};

/// What clients send.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Introduction>,
    },
    // With braces, so that a payload may stand beside the type.
    Ping {},
    Pong {},
    Subscribe {
        id: String,
        payload: Operation,
    },
    Complete {
        id: String,
    },
}

/// How a program introduces itself.
#[derive(Deserialize)]
pub(super) struct Introduction {
    /// As the header of that name: `Bearer …`.
    #[serde(default, alias = "Authorization")]
    pub(super) authorization: Option<String>,
}

/// What we send.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToClient<'a> {
    ConnectionAck,
    Pong,
    Next { id: &'a str, payload: &'a Answer },
    Error { id: &'a str, payload: &'a [ServerError] },
    Complete { id: &'a str },
}

/// How a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Close {
    pub(super) const GOING_AWAY: Self = Self { code: 1001, reason: "Going away" };
    /// Codes 1012 and 1013 (IANA WebSocket Close Code registry) invite the client to come back.
    pub(super) const RIGHTS_CHANGED: Self = Self { code: 1012, reason: "Rights changed" };
    pub(super) const TRY_AGAIN: Self = Self { code: 1013, reason: "Try again later" };
    pub(super) const BAD_REQUEST: Self = Self { code: 4400, reason: "Invalid message" };
    pub(super) const UNAUTHORIZED: Self = Self { code: 4401, reason: "Unauthorized" };
    pub(super) const FORBIDDEN: Self = Self { code: 4403, reason: "Forbidden" };
    pub(super) const SUBPROTOCOL: Self = Self { code: 4406, reason: "Subprotocol not acceptable" };
    pub(super) const INIT_TIMEOUT: Self = Self { code: 4408, reason: "Connection initialisation timeout" };
    pub(super) const DUPLICATE: Self = Self { code: 4409, reason: "Subscriber already exists" };
    pub(super) const TOO_MANY_INITS: Self = Self { code: 4429, reason: "Too many initialisation requests" };
    pub(super) const INTERNAL: Self = Self { code: 4500, reason: "Internal server error" };
}
