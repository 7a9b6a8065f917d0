//! Asking a running platform what it makes of a token.

use std::error::Error;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use reqwest::{Certificate, Client, Response, StatusCode, Url, header, redirect};
use serde_json::{Value, json};
use signet_domain::ProjectId;

use crate::cli::token::read;

/// What the command asks.
const MUTATION: &str = "mutation($input: TokenInspectInput!) { tokenInspect(input: $input) {
    inspection { accepted steps { name status facts { name value } }
        finding { code publicCode title cause fix documentationUrl }
        claims { name value } warnings { code message } }
    userErrors { message } } }";

/// Which platform to ask, and as whom.
#[derive(Args, Debug)]
pub(super) struct ServerArgs {
    /// Address of a running platform, such as https://chat.example.com
    #[arg(long, value_name = "URL", requires = "token", conflicts_with_all = ["platform_key", "customer_keys"])]
    pub(super) server: Option<Url>,
    /// Certificates of authorities of your own that vouch for --server, PEM, besides those this machine trusts
    #[arg(long, value_name = "FILE", requires = "server")]
    server_ca: Option<PathBuf>,
    /// Bearer token with the scope visitors:authenticate, for --server
    #[arg(long, env = "SIGNET_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl ServerArgs {
    /// The platform's report, in the form in which GraphQL answers it.
    pub(super) async fn inspect(
        &self,
        server: &Url,
        project: &ProjectId,
        token: &str,
    ) -> anyhow::Result<Value> {
        let shown = server.as_str().trim_end_matches('/');
        let url = format!("{shown}/graphql");
        let variables = json!({ "input": { "projectId": project.as_str(), "token": token } });
        let answer = self
            .client(server)?
            .post(url)
            .bearer_auth(self.token.as_deref().unwrap_or_default())
            .json(&json!({ "query": MUTATION, "variables": variables }))
            .send()
            .await
            .map_err(|error| unreachable(shown, error))?;
        report(shown, answer).await
    }

    /// A client that checks certificates and follows nobody: an answer from elsewhere is not the platform's, and a token
    /// sent on to elsewhere is lost.
    fn client(&self, server: &Url) -> anyhow::Result<Client> {
        match server.scheme() {
            "https" => {}
            "http" if is_loopback(server) => {}
            "http" => tracing::warn!(
                "plain HTTP: whoever is on the way can read the bearer token and the visitor's; use https if the platform has it"
            ),
            scheme => bail!("--server takes an address with https or http, not {scheme}"),
        }
        let mut builder = Client::builder().redirect(redirect::Policy::none());
        if let Some(path) = &self.server_ca {
            let certificates = Certificate::from_pem_bundle(read(path)?.as_bytes())
                .with_context(|| format!("understand the certificates in {}", path.display()))?;
            ensure!(!certificates.is_empty(), "{} has no certificate in PEM", path.display());
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().context("set up the connection")
    }
}

fn is_loopback(server: &Url) -> bool {
    // A literal IPv6 address stands in brackets.
    let host = server.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why a platform could not be asked, with a word on what to do where there is one.
fn unreachable(server: &str, error: reqwest::Error) -> anyhow::Error {
    // The address would stand there twice.
    let error = error.without_url();
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(next) = cause {
        causes = next.to_string();
        cause = next.source();
    }
    // The cause of a refused certificate is behind two private types; its words are rustls'.
    let advice = if causes.contains("UnknownIssuer") {
        " (this machine does not know who issued the certificate: give the authority with --server-ca)"
    } else if causes.contains("InvalidContentType") {
        " (this is not TLS: does the platform speak plain HTTP at this port?)"
    } else {
        ""
    };
    anyhow::Error::new(error).context(format!("{server} cannot be asked{advice}"))
}

async fn report(server: &str, answer: Response) -> anyhow::Result<Value> {
    let status = answer.status();
    if status.is_redirection() {
        let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
        bail!("{server} sends on to {}: give the platform's own address", place.unwrap_or("nowhere"));
    }
    let body = answer.bytes().await.with_context(|| format!("read the answer of {server}"))?;
    let Ok(mut body) = serde_json::from_slice::<Value>(&body) else {
        bail!("{server} answers {status}, and not as a Signet platform does");
    };
    if let Some(message) = body["errors"][0]["message"].as_str() {
        let advice = match status {
            StatusCode::UNAUTHORIZED => " (get a bearer token from /oauth2/token)",
            _ => "",
        };
        bail!("{server} answers: {message}{advice}");
    }
    let mut payload = body["data"]["tokenInspect"].take();
    if let Some(message) = payload["userErrors"][0]["message"].as_str() {
        bail!("{server} answers: {message}");
    }
    ensure!(
        payload["inspection"].is_object(),
        "{server} answers {status}, and not as a Signet platform does"
    );
    Ok(payload["inspection"].take())
}
