//! The real binary, started for one test and ended by its own process id.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::client::within;
use crate::token_factory::TokenFactory;
use crate::visitor::VisitorClient;
use crate::{GraphqlClient, client};

/// A running `signet`. Killed when dropped; its output is shown if the test failed.
#[derive(Debug)]
pub struct TestServer {
    child: Child,
    /// Where it keeps what is temporary, so that nothing stays behind when it is killed.
    _temporary: tempfile::TempDir,
    output: watch::Receiver<String>,
    errors: watch::Receiver<String>,
    /// Where the platform listens, without a slash at the end.
    pub url: String,
    /// What the demo wrote; `null` for `serve`.
    pub manifest: Manifest,
}

/// Addresses and credentials of a demo.
#[derive(Debug, Clone, Default)]
pub struct Manifest(pub Value);

impl Manifest {
    /// A member that is a text.
    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("the manifest has no text {name:?}"))
    }
}

impl TestServer {
    /// Starts `signet demo` on free ports and waits until it says that it runs. `arguments` come after the ports.
    pub async fn demo(binary: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("manifest.json");
        let mut command = signet(binary, &["demo", "--port", "0", "--shop-port", "0", "--manifest"]);
        command.arg(&file).args(arguments);
        let mut server = Self::start(command);
        server.said("Stop with Ctrl-C").await;
        let text = std::fs::read(&file).expect("the manifest is there once the demo runs");
        server.manifest = Manifest(serde_json::from_slice(&text).expect("the manifest is JSON"));
        server.manifest.text("platformUrl").clone_into(&mut server.url);
        server
    }

    /// Starts `signet serve` on a free port and waits until it listens.
    pub async fn serve(binary: &str, installation: &Installation, arguments: &[&str]) -> Self {
        Self::serve_in(binary, installation, arguments, &[]).await
    }

    /// The same with variables in its environment.
    pub async fn serve_in(
        binary: &str,
        installation: &Installation,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = signet(binary, &["serve", "--listen", "127.0.0.1:0"]);
        command.args(installation.arguments()).args(arguments).envs(environment.iter().copied());
        let mut server = Self::start(command);
        let line = server.logged("\"public_url\"").await;
        let event: Value = serde_json::from_str(&line).expect("a log line is JSON");
        server.url = format!("http://{}", event["address"].as_str().expect("the address listened on"));
        server
    }

    fn start(mut command: Command) -> Self {
        let temporary = tempfile::tempdir().expect("temporary folder");
        let mut child = command.env("TMPDIR", temporary.path()).spawn().expect("start signet");
        let output = collect(child.stdout.take().expect("standard output"));
        let errors = collect(child.stderr.take().expect("standard error"));
        Self {
            child,
            _temporary: temporary,
            output,
            errors,
            url: String::new(),
            manifest: Manifest::default(),
        }
    }

    /// Waits for a line that contains the text, and gives it.
    async fn wait_for(&self, stream: &watch::Receiver<String>, text: &str) -> String {
        let mut stream = stream.clone();
        let found =
            within(&format!("signet to say {text:?}"), stream.wait_for(|so_far| so_far.contains(text))).await;
        match found {
            Ok(so_far) => so_far.lines().find(|line| line.contains(text)).unwrap_or_default().to_owned(),
            Err(closed) => panic!("signet ended before it said {text:?} ({closed}):\n{}", self.logs()),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("signet still runs")
    }

    /// What it logged so far.
    pub fn logs(&self) -> String {
        self.errors.borrow().clone()
    }

    /// Waits for a line of its output that contains a text, and gives it.
    pub async fn said(&self, text: &str) -> String {
        self.wait_for(&self.output, text).await
    }

    /// Waits until it has logged a text, and gives the line.
    pub async fn logged(&self, text: &str) -> String {
        self.wait_for(&self.errors, text).await
    }

    /// Ends it as a power cut would (SIGKILL).
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("kill signet");
    }

    /// Asks it to stop (SIGTERM), if it was not asked before and gone since, and waits for the end.
    pub async fn stop(&mut self) -> ExitStatus {
        if self.child.try_wait().expect("look after signet").is_none() {
            self.terminate();
        }
        within("signet to stop", self.child.wait()).await.expect("wait for signet")
    }

    /// Asks it to stop (SIGTERM) and goes on.
    pub fn terminate(&self) {
        let id = i32::try_from(self.id()).expect("process id");
        let id = rustix::process::Pid::from_raw(id).expect("process id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("signal signet");
    }

    /// A browser that has never been here, in the demo's project.
    pub fn visitor(&self) -> VisitorClient {
        VisitorClient::new(&self.url, self.manifest.text("projectId"))
    }

    /// The demo's token provider, with the means to misbehave.
    pub fn tokens(&self) -> TokenFactory {
        TokenFactory::from_pem(
            self.manifest.text("customerPrivateKeyPem"),
            Some(self.manifest.text("customerKeyId")),
            self.manifest.text("platformPublicKeyPem"),
        )
    }

    /// A token of the demo's provider for this person, good now.
    pub fn token(&self, user_id: &str) -> String {
        self.tokens().token(user_id, client::now_unix_ms()).build()
    }

    /// GraphQL with the manifest's bearer token.
    pub fn graphql(&self) -> GraphqlClient {
        GraphqlClient::new(self.manifest.text("graphqlUrl"), self.manifest.text("graphqlToken"))
    }

    /// GraphQL as the first of the demo's agents.
    pub async fn agent(&self) -> GraphqlClient {
        let agent = &self.manifest.0["agents"][0];
        let field = |name: &str| agent[name].as_str().expect("agent in the manifest").to_owned();
        GraphqlClient::sign_in(&self.url, &field("email"), &field("password")).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // It must be gone before its folders are, or it leaves something behind in them. A killed process is gone at once.
        let killed = self.child.start_kill();
        while killed.is_ok() && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::yield_now();
        }
        if std::thread::panicking() {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "signet logged:\n{}", self.logs());
        }
    }
}

/// An installation set up with the command line, to be served.
#[derive(Debug)]
pub struct Installation {
    binary: String,
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Installation {
    /// An empty one; without a database address, with the embedded one.
    pub fn new(binary: &str, database: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        Self { binary: binary.to_owned(), folder, database: database.map(str::to_owned) }
    }

    /// Its directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--data-dir".to_owned(), self.folder.path().display().to_string()];
        if let Some(database) = &self.database {
            arguments.extend(["--database".to_owned(), database.clone()]);
        }
        arguments
    }

    /// Runs a command that sets things up, and gives what it printed as JSON.
    pub async fn run(&self, arguments: &[&str]) -> Value {
        self.run_in(arguments, &[]).await
    }

    /// The same with variables in its environment.
    pub async fn run_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
        let output = self.output(arguments, environment).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "signet {arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("JSON from signet --json")
    }

    /// Runs a command that must fail, and gives why.
    pub async fn refused(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.output(arguments, environment).await;
        assert!(!output.status.success(), "signet {arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    async fn output(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        let mut command = signet(&self.binary, arguments);
        command.args(self.arguments()).arg("--json").envs(environment.iter().copied());
        within("a command to end", command.output()).await.expect("run signet")
    }

    /// Makes a key pair and gives the paths of its private and public half.
    pub async fn generate_key(&self, name: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.path().join(name);
        let mut command = signet(&self.binary, &["keys", "generate", "--out"]);
        let output = within("a key", command.arg(&folder).output()).await.expect("run signet");
        assert!(output.status.success(), "signet keys generate: {}", String::from_utf8_lossy(&output.stderr));
        (folder.join("rsaPrivateKey.pem"), folder.join("rsaPublicKey.pem"))
    }
}

/// The binary, with nothing of this process's settings.
fn signet(binary: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .env_clear()
        .env("SIGNET_LOG", "debug")
        .env("SIGNET_LOG_FORMAT", "json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Collects what a stream says, line by line.
fn collect(stream: impl AsyncRead + Unpin + Send + 'static) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            sender.send_modify(|so_far| {
                so_far.push_str(&line);
                so_far.push('\n');
            });
        }
    });
    receiver
}
