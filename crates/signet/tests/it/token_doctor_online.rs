//! `signet token inspect --server`: over TLS, and what it says when a platform cannot be asked.

use std::process::{Command, Output};

use signet_testkit::server::Installation;
use signet_testkit::{now_unix_ms, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::fixture::{BINARY, Served, ServedProject};
use crate::tls::TlsProxy;

/// A platform behind TLS, a good token of its project, and who may have it inspected.
struct Online {
    served: Served,
    proxy: TlsProxy,
    folder: tempfile::TempDir,
    bearer: String,
    token: String,
}

impl Online {
    async fn start() -> Self {
        let installation = Installation::new(BINARY, None);
        let project = ServedProject::create(&installation, "shop-1").await;
        let served = Served::start(installation, &[]).await;
        let folder = tempfile::tempdir().unwrap();
        let proxy = TlsProxy::start(folder.path(), &served.server.url).await;
        let token = served.tokens(&project).await.token("jane", now_unix_ms()).build();
        let bearer = served.bearer(&project).await;
        Self { served, proxy, folder, bearer, token }
    }

    /// Runs the command without blocking the proxy.
    async fn inspect(&self, server: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let file = self.folder.path().join("token.txt");
        std::fs::write(&file, &self.token).unwrap();
        let mut command = Command::new(BINARY);
        command
            .args(["token", "inspect", "--project", "shop-1", "--server", server])
            .args(arguments)
            .arg(file);
        command.env("SIGNET_TOKEN", &self.bearer).env("NO_PROXY", "*").envs(environment.iter().copied());
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        within("the command to end", run).await.unwrap()
    }

    /// What it says when it has to fail.
    async fn refusal(&self, server: &str, arguments: &[&str]) -> String {
        let output = self.inspect(server, arguments, &[]).await;
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains(&self.bearer) && !said.contains(&self.token), "{said}");
        said
    }
}

fn assert_accepted(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("The token is accepted."), "{said}");
}

#[tokio::test]
async fn a_platform_is_asked_over_tls_if_its_certificate_is_good() {
    let online = Online::start().await;
    let (url, authority) = (&online.proxy.url, online.proxy.authority.to_str().unwrap());
    assert_accepted(&online.inspect(url, &["--server-ca", authority], &[]).await);
    // What the machine trusts is as good.
    assert_accepted(&online.inspect(url, &[], &[("SSL_CERT_FILE", authority)]).await);

    let unknown = online.refusal(url, &[]).await;
    assert!(unknown.contains("UnknownIssuer") && unknown.contains("--server-ca"), "{unknown}");
    let elsewhere = online.refusal(&online.proxy.url_by_name(), &["--server-ca", authority]).await;
    assert!(elsewhere.contains("not valid for name \"localhost\""), "{elsewhere}");
    let no_certificate = online.folder.path().join("server.key");
    let refused = online.refusal(url, &["--server-ca", no_certificate.to_str().unwrap()]).await;
    assert!(refused.contains("has no certificate in PEM"), "{refused}");
}

#[tokio::test]
async fn what_is_no_platform_is_told_in_words() {
    let mut online = Online::start().await;
    let plain = online.served.server.url.clone();
    assert_accepted(&online.inspect(&plain, &[], &[]).await);
    let plain_as_tls = online.refusal(&plain.replace("http:", "https:"), &[]).await;
    assert!(plain_as_tls.contains("this is not TLS"), "{plain_as_tls}");
    let page = online.refusal(&format!("{plain}/keys"), &[]).await;
    assert!(page.contains("404 Not Found, and not as a Signet platform does"), "{page}");
    let scheme = online.refusal("ftp://127.0.0.1", &[]).await;
    assert!(scheme.contains("https or http, not ftp"), "{scheme}");

    // A port that was just free: nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = online.refusal(&format!("http://{free}"), &[]).await;
    assert!(nobody.contains("cannot be asked") && nobody.contains("refused"), "{nobody}");

    let secret = std::mem::replace(&mut online.bearer, "wrong".to_owned());
    let stranger = online.refusal(&plain, &[]).await;
    assert!(stranger.contains("/oauth2/token"), "{stranger}");
    online.bearer = secret;
}

#[tokio::test]
async fn the_bearer_token_is_not_sent_on_to_where_an_answer_points() {
    let online = Online::start().await;
    let (here, elsewhere) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (from, to) = (here.local_addr().unwrap(), elsewhere.local_addr().unwrap());
    let sends_on = tokio::spawn(async move {
        let (mut client, _) = here.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(client.read(&mut request).await.unwrap() > 0);
        let answer = format!(
            "HTTP/1.1 308 Permanent Redirect\r\nlocation: http://{to}/graphql\r\ncontent-length: 0\r\n\r\n"
        );
        client.write_all(answer.as_bytes()).await.unwrap();
    });
    let refused = online.refusal(&format!("http://{from}"), &[]).await;
    assert!(refused.contains(&format!("sends on to http://{to}/graphql")), "{refused}");
    sends_on.await.unwrap();
    // The command has ended: a connection of its would be waiting.
    let waiting = futures_util::FutureExt::now_or_never(elsewhere.accept());
    assert!(waiting.is_none(), "{waiting:?}");
}
