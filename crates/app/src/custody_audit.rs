//! What the operator did to custody itself, for the audit log. The doing is not the application's: it happens to files and machines that
//! it does not know.

use signet_domain::audit::AuditKind;

use crate::{Actor, App, AppError};

/// What a move of platform keys to other custody has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKeysMoved {
    /// From where, such as `local`.
    pub from: &'static str,
    /// To where, such as `vault`.
    pub to: &'static str,
    /// Ids of the keys concerned.
    pub key_ids: Vec<String>,
    /// Whether the former copies were destroyed; otherwise the keys were taken in.
    pub former_destroyed: bool,
}

impl App {
    /// Writes down that the keystore has another passphrase.
    pub async fn keystore_passphrase_changed(&self, actor: &Actor) -> Result<(), AppError> {
        self.record(actor.did(AuditKind::KeystorePassphraseChanged, self.env.now())).await
    }

    /// Writes down that session tokens are signed with another key, and whether those of the former ones are good no more.
    pub async fn session_key_rotated(
        &self,
        key_id: &str,
        sessions_end: bool,
        actor: &Actor,
    ) -> Result<(), AppError> {
        let event = actor.did(AuditKind::SessionKeyRotated, self.env.now()).to("SESSION_KEY", &key_id);
        self.record(event.with("sessionsEnd", &sessions_end)).await
    }

    /// Writes down that platform keys were moved.
    pub async fn platform_keys_moved(
        &self,
        moved: &PlatformKeysMoved,
        actor: &Actor,
    ) -> Result<(), AppError> {
        let step = if moved.former_destroyed { "FORMER_DESTROYED" } else { "TAKEN_IN" };
        let event = actor
            .did(AuditKind::PlatformKeysMigrated, self.env.now())
            .with("from", &moved.from)
            .with("to", &moved.to)
            .with("step", &step)
            .with("keys", &moved.key_ids.join(" "));
        self.record(event).await
    }
}
