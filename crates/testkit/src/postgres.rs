//! A real PostgreSQL for tests: a fresh cluster in a temporary folder, reached by a Unix socket, gone with the process.
//!
//! Nothing has to be installed but the server's binaries, found on `PATH` or where Debian puts them. PostgreSQL refuses
//! to run as root, so there it runs as `nobody`. A small shell stands between us and the server: it holds the reading
//! end of a pipe that closes with this process, however it dies, and then stops the server and removes the folder.
//!
//! Starting takes about a second, so a process starts one server ([`shared`]) and every test asks it for a database of
//! its own. Run such tests with `cargo test`: all tests of a crate in one process. A runner that gives every test a process
//! (nextest) starts a server in each, unless `SIGNET_TEST_POSTGRES` names one that is there already
//! (`postgres://user@host`, a role that may create databases).

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the shell does, for the browser tests too: `$1` the folder of the binaries, `$2` `fsync`'s value. Says where the socket is once connections
/// are taken.
const SUPERVISOR: &str = include_str!("postgres.sh");

/// Whether the server waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// As in production: a commit is on disk.
    Full,
    /// A commit survives every crash but the machine's. What tests want.
    Fast,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// `postgres://user@host`, without a database.
    address: String,
    databases: AtomicU64,
    /// Stops the server when its input ends. `None` for a server that was there before.
    supervisor: Option<Child>,
}

impl Server {
    /// Starts a server. `None`, loudly, if the machine has no binaries.
    ///
    /// # Panics
    /// If the binaries are missing although `CI` is `true`, or if the server does not start.
    pub fn start(durability: Durability) -> Option<Self> {
        let Some(binaries) = binaries() else {
            let complaint =
                "PostgreSQL's initdb and postgres were not found on PATH nor in /usr/lib/postgresql";
            assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "{complaint}");
            eprintln!("SKIPPED: {complaint}; nothing was tested on PostgreSQL");
            return None;
        };
        let mut supervisor = supervisor(&binaries, durability).spawn().expect("a shell starts");
        let output = supervisor.stdout.take().expect("the shell's output is a pipe");
        let mut folder = String::new();
        BufReader::new(output).read_line(&mut folder).expect("the shell's output is text");
        let folder = folder.trim_end();
        assert!(!folder.is_empty(), "PostgreSQL did not start; its log is above");
        let host = percent_encoded(folder);
        let address = format!("postgres://signet@{host}");
        Some(Self { address, databases: AtomicU64::new(0), supervisor: Some(supervisor) })
    }

    /// The process under which the server runs; `None` for one that was there before.
    pub fn process_id(&self) -> Option<u32> {
        self.supervisor.as_ref().map(Child::id)
    }

    /// Makes an empty database and answers its address.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        // The process's id keeps processes apart that share a server.
        let name = format!("test_{}_{number}", std::process::id());
        let (client, connection) =
            tokio_postgres::connect(&format!("{}/postgres", self.address), tokio_postgres::NoTls)
                .await
                .expect("the server takes connections");
        let connection = tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        drop(client);
        connection.await.expect("the connection ends").expect("the connection ends well");
        format!("{}/{name}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(supervisor) = &mut self.supervisor {
            drop(supervisor.stdin.take());
            // It has nothing left to say; if it cannot be waited for, it is gone.
            let _ = supervisor.wait();
        }
    }
}

/// The server that all tests of this process share: the one `SIGNET_TEST_POSTGRES` names, or one started now. `None` if
/// the machine has no PostgreSQL.
///
/// # Panics
/// As [`Server::start`].
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED
        .get_or_init(|| match std::env::var("SIGNET_TEST_POSTGRES") {
            Ok(address) => Some(Server {
                address: address.trim_end_matches('/').to_owned(),
                databases: AtomicU64::new(0),
                supervisor: None,
            }),
            Err(_) => Server::start(Durability::Fast),
        })
        .as_ref()
}

/// The folder that holds the server's binaries: the first on `PATH`, or Debian's newest.
fn binaries() -> Option<PathBuf> {
    let complete =
        |folder: &Path| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| complete(folder)) {
        return Some(folder);
    }
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}

fn supervisor(binaries: &Path, durability: Durability) -> Command {
    // The owner of our own entry in /proc is the user we run as.
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "nobody", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let fsync = match durability {
        Durability::Full => "on",
        Durability::Fast => "off",
    };
    command
        .args(["-c", SUPERVISOR, "sh"])
        .arg(binaries)
        .arg(fsync)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    // Out of the terminal's process group: Ctrl-C ends us, the pipe then ends the server in good order.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// A folder as the host of an address.
fn percent_encoded(folder: &str) -> String {
    folder.bytes().fold(String::new(), |mut host, byte| {
        if byte.is_ascii_alphanumeric() {
            host.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(host, "%{byte:02X}");
        }
        host
    })
}
