//! The people who answer.

use signet_domain::access::Agent;
use signet_domain::{AgentId, Timestamp};

use crate::{StoreError, Tx};

/// Stores a new agent with roles. The e-mail is stored in lower case. [`StoreError::Conflict`] if it is taken.
pub async fn insert(tx: &mut Tx<'_>, agent: &Agent, password_hash: &str, created_at: Timestamp) -> Result<(), StoreError> {
    todo!()
}

/// Finds an agent and the password's hash (PHC string) by e-mail, in any case.
pub async fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<(Agent, String)>, StoreError> {
    todo!()
}

/// Finds an agent.
pub async fn find(tx: &mut Tx<'_>, id: AgentId) -> Result<Option<Agent>, StoreError> {
    todo!()
}
