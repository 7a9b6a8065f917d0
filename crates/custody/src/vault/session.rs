//! Signed in to Vault: the token of the moment, its renewal, and signing in again when it is no longer good.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{Answer, Client, checked_name};
use super::error::VaultError;
use crate::secret::{SecretSource, SecretText};

/// How the platform signs in to Vault.
#[derive(Debug, Clone)]
pub enum VaultLogin {
    /// With a token, such as the one that Vault Agent keeps in a file.
    Token(SecretSource),
    /// With the `AppRole` method.
    AppRole {
        /// Where the method is mounted, usually `approle`.
        mount: String,
        /// The role's id.
        role_id: String,
        /// The secret id.
        secret_id: SecretSource,
    },
    /// With the service account of a Kubernetes pod.
    Kubernetes {
        /// Where the method is mounted, usually `kubernetes`.
        mount: String,
        /// The role in Vault.
        role: String,
        /// The service account's token, read at each sign-in because Kubernetes replaces it.
        service_account_token: PathBuf,
    },
}

/// Renewals that fail are tried again after this time, as long as the token lives.
const NEXT_ATTEMPT: Duration = Duration::from_secs(5);
/// Tokens are not renewed more often than this, however short they live.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);

/// A token and how long it is good.
pub(super) struct Lease {
    token: SecretText,
    renewable: bool,
    /// How long it was granted for at sign-in. Renewals are cut shorter as its last day comes near.
    granted: Option<Duration>,
    /// When renewing is due; `None` for tokens without an end.
    due: Option<Instant>,
}

impl Lease {
    fn new(token: SecretText, seconds: u64, renewable: bool) -> Self {
        let granted = (seconds > 0).then(|| Duration::from_secs(seconds));
        Self { token, renewable, granted, due: granted.map(due_after) }
    }
}

/// Two thirds of the time, so that there is room for a second attempt.
fn due_after(granted: Duration) -> Instant {
    Instant::now() + (granted * 2 / 3).max(SHORTEST_WAIT)
}

#[derive(Deserialize)]
struct Granted {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: SecretText,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

#[derive(Deserialize)]
struct LookedUp {
    data: TokenData,
}

#[derive(Deserialize)]
struct TokenData {
    #[serde(default)]
    ttl: u64,
    #[serde(default)]
    renewable: bool,
}

pub(super) struct Session {
    client: Client,
    login: VaultLogin,
    /// Locked while one caller signs in; the others wait for what comes of it.
    lease: Mutex<Option<Arc<Lease>>>,
}

impl Session {
    pub(super) fn new(client: Client, login: VaultLogin) -> Result<Self, VaultError> {
        let login = match login {
            VaultLogin::AppRole { mount, role_id, secret_id } => {
                VaultLogin::AppRole { mount: checked_name(&mount)?, role_id, secret_id }
            }
            VaultLogin::Kubernetes { mount, role, service_account_token } => {
                VaultLogin::Kubernetes { mount: checked_name(&mount)?, role, service_account_token }
            }
            token @ VaultLogin::Token(_) => token,
        };
        Ok(Self { client, login, lease: Mutex::new(None) })
    }

    /// Sends a request as whoever is signed in. A token that is refused may have ended or been revoked: it is replaced, and the
    /// request is sent once more.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, VaultError> {
        let lease = self.lease().await?;
        let answer = self.client.send(method.clone(), path, Some(&lease.token), body).await?;
        if answer.status != 403 {
            return Ok(answer);
        }
        let lease = self.replace(&lease).await?;
        self.client.send(method, path, Some(&lease.token), body).await
    }

    async fn lease(&self) -> Result<Arc<Lease>, VaultError> {
        let mut current = self.lease.lock().await;
        if let Some(lease) = &*current {
            return Ok(Arc::clone(lease));
        }
        let lease = Arc::new(self.sign_in().await?);
        *current = Some(Arc::clone(&lease));
        Ok(lease)
    }

    /// Signs in anew, unless somebody has since `former` was given out.
    async fn replace(&self, former: &Arc<Lease>) -> Result<Arc<Lease>, VaultError> {
        let mut current = self.lease.lock().await;
        if let Some(lease) = current.as_ref().filter(|lease| !Arc::ptr_eq(lease, former)) {
            return Ok(Arc::clone(lease));
        }
        let lease = Arc::new(self.sign_in().await?);
        *current = Some(Arc::clone(&lease));
        Ok(lease)
    }

    async fn sign_in(&self) -> Result<Lease, VaultError> {
        let (mount, credentials) = match &self.login {
            VaultLogin::Token(source) => return self.look_up(source.read()?).await,
            VaultLogin::AppRole { mount, role_id, secret_id } => {
                (mount, json!({ "role_id": role_id, "secret_id": secret_id.read()?.expose() }))
            }
            VaultLogin::Kubernetes { mount, role, service_account_token } => {
                let jwt = SecretSource::File(service_account_token.clone()).read()?;
                (mount, json!({ "role": role, "jwt": jwt.expose() }))
            }
        };
        let path = format!("auth/{mount}/login");
        let answer = self.client.send(Method::POST, &path, None, Some(&credentials)).await?;
        if matches!(answer.status, 400 | 401 | 403) {
            return Err(VaultError::LoginRefused);
        }
        let granted: Granted = answer.ok()?.read().ok_or(VaultError::Answer)?;
        let Auth { client_token, lease_duration, renewable } = granted.auth;
        tracing::debug!(lease_seconds = lease_duration, renewable, "signed in to Vault");
        Ok(Lease::new(client_token, lease_duration, renewable))
    }

    /// How long a given token is good. One that may not even ask is used as it is.
    async fn look_up(&self, token: SecretText) -> Result<Lease, VaultError> {
        let answer = self.client.send(Method::GET, "auth/token/lookup-self", Some(&token), None).await?;
        if answer.status == 403 {
            return Ok(Lease::new(token, 0, false));
        }
        let found: LookedUp = answer.ok()?.read().ok_or(VaultError::Answer)?;
        Ok(Lease::new(token, found.data.ttl, found.data.renewable))
    }

    /// When [`Self::keep`] wants to be called. `None`: not before the token is replaced.
    pub(super) async fn due(&self) -> Option<Instant> {
        self.lease.lock().await.as_ref()?.due
    }

    /// Renews the token, or signs in anew if it cannot be renewed for long.
    pub(super) async fn keep(&self) {
        let Some(former) = self.lease.lock().await.clone() else { return };
        let kept = match self.renewed(&former).await {
            Some(lease) => Ok(lease),
            None => self.sign_in().await,
        };
        let lease = kept.unwrap_or_else(|error| {
            // Whoever needs the token notices when it ends, and says so.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the token for Vault could not be renewed"
            );
            Lease {
                token: former.token.clone(),
                renewable: former.renewable,
                granted: former.granted,
                due: Some(Instant::now() + NEXT_ATTEMPT),
            }
        });
        let mut current = self.lease.lock().await;
        if current.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &former)) {
            *current = Some(Arc::new(lease));
        }
    }

    async fn renewed(&self, former: &Lease) -> Option<Lease> {
        if !former.renewable {
            return None;
        }
        let path = "auth/token/renew-self";
        let answer = self.client.send(Method::POST, path, Some(&former.token), Some(&json!({}))).await;
        let renewed: Granted = answer.ok()?.ok().ok()?.read()?;
        let seconds = renewed.auth.lease_duration;
        let lasts = Duration::from_secs(seconds);
        // Near its longest life Vault gives ever shorter renewals.
        if former.granted.is_some_and(|granted| lasts < granted / 2) {
            return None;
        }
        tracing::debug!(lease_seconds = seconds, "renewed the token for Vault");
        Some(Lease { granted: former.granted, ..Lease::new(former.token.clone(), seconds, former.renewable) })
    }
}
