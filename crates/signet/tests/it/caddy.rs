//! Caddy in front of a platform, with the configuration that `packaging/` ships.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::packaged::{self, place};

/// A running Caddy. Ends when dropped.
pub(crate) struct Caddy {
    folder: PathBuf,
    process: Child,
}

/// Whether it is installed.
pub(crate) fn is_installed() -> bool {
    packaged::is_installed("caddy", "version")
}

impl Caddy {
    /// Starts one on a port, before the platform at `upstream`. Of the shipped configuration only the addresses are altered, and the
    /// certificate is the test's own instead of one that Caddy fetches.
    pub(crate) fn start(folder: &Path, port: u16, upstream: &str) -> Self {
        let text = packaged::shipped("Caddyfile", folder);
        let file = |name: &str| folder.join(name).display().to_string();
        let site = format!(
            "https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {} {}",
            file("server.pem"),
            file("server.key")
        );
        let text = place("\nchat.example {", &format!("\n{site}"), &text);
        let upstream = upstream.strip_prefix("http://").unwrap();
        let text = place("reverse_proxy 127.0.0.1:8080", &format!("reverse_proxy {upstream}"), &text);
        // No administration, no redirecting port 80, no authority of Caddy's own: tests run side by side.
        let alone = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n";
        std::fs::write(folder.join("Caddyfile"), format!("{alone}{text}")).unwrap();
        let log = std::fs::File::create(folder.join("caddy.log")).unwrap();
        let process = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(folder.join("Caddyfile"))
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_CONFIG_HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut caddy = Self { folder: folder.to_owned(), process };
        caddy.wait_until_it_listens(port);
        caddy
    }

    /// The certificate of the authority that issued its own.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    fn wait_until_it_listens(&mut self, port: u16) {
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            let said = || std::fs::read_to_string(self.folder.join("caddy.log")).unwrap();
            assert!(ended.is_none(), "Caddy ended: {}", said());
            std::thread::yield_now();
        }
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        // One that is gone already is what was wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
