//! The manifest: addresses and credentials of a running demo, for people and for tests (PRODUCT section 2).

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use signet_app::{App, RequestContext};

use crate::demo::Urls;
use crate::demo::people::{ADMIN, AGENTS, DeskUser, SHOP_USERS};
use crate::demo::setup::Demo;
use crate::secret_file;

/// Addresses and credentials.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) platform_url: String,
    pub(super) shop_url: String,
    pub(super) desk_url: String,
    pub(super) console_url: String,
    pub(super) graphql_url: String,
    pub(super) project_id: String,
    pub(super) platform_public_key_pem: String,
    pub(super) customer_private_key_pem: String,
    pub(super) customer_key_id: String,
    pub(super) admin: Account,
    pub(super) agents: Vec<Account>,
    pub(super) shop_users: Vec<ShopAccount>,
    pub(super) graphql_token: String,
    pub(super) oauth_client: OauthClient,
}

/// Somebody who signs in at the desk.
#[derive(Serialize)]
pub(super) struct Account {
    pub(super) email: &'static str,
    pub(super) password: &'static str,
}

impl From<&DeskUser> for Account {
    fn from(user: &DeskUser) -> Self {
        Self { email: user.email, password: user.password }
    }
}

/// Somebody who signs in at the shop.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShopAccount {
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) user_id: &'static str,
}

/// A client of `/oauth2/token`.
#[derive(Serialize)]
pub(super) struct OauthClient {
    pub(super) id: String,
    pub(super) secret: String,
}

/// Collects everything; the bearer token is fetched with the client's credentials and has all its scopes.
pub(super) async fn build(demo: &Demo, pem: &str, urls: &Urls, app: &Arc<App>) -> anyhow::Result<Manifest> {
    let context =
        RequestContext { correlation_id: "demo".to_owned(), address: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let token = app
        .client_credentials_grant(&demo.client_id, &demo.client_secret, None, &context)
        .await
        .context("fetch the demo's bearer token")?;
    let base = &urls.platform;
    Ok(Manifest {
        platform_url: base.clone(),
        shop_url: urls.shop.clone(),
        desk_url: format!("{base}/desk"),
        console_url: format!("{base}/admin"),
        graphql_url: format!("{base}/graphql"),
        project_id: demo.project_id.to_string(),
        platform_public_key_pem: pem.to_owned(),
        customer_private_key_pem: demo.customer_private_key_pem.to_string(),
        customer_key_id: demo.customer_key_id.clone(),
        admin: Account::from(&ADMIN),
        agents: AGENTS.iter().map(Account::from).collect(),
        shop_users: SHOP_USERS
            .iter()
            .map(|user| ShopAccount {
                login: user.login,
                password: user.password,
                user_id: user.customer.user_id,
            })
            .collect(),
        graphql_token: token.access_token,
        oauth_client: OauthClient { id: demo.client_id.clone(), secret: demo.client_secret.clone() },
    })
}

impl Manifest {
    /// Writes it in one step: whoever waits for the file finds all of it.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        secret_file::replace(path, &text).with_context(|| format!("write the manifest {}", path.display()))
    }
}
