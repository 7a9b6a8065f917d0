//! nginx in front of a platform, with the configuration that `packaging/` ships.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packaged::{self, place};

/// A running nginx. Ends when dropped.
pub(crate) struct Nginx {
    folder: PathBuf,
}

/// A port that is free now; nothing else in a test asks for a particular one.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether it is installed.
pub(crate) fn is_installed() -> bool {
    packaged::is_installed("nginx", "-v")
}

impl Nginx {
    /// Starts one on a port, before the platform at `upstream`. `change` alters the shipped configuration.
    pub(crate) fn start(
        folder: &Path,
        port: u16,
        upstream: &str,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let text = packaged::shipped("nginx.conf", folder);
        let text = place("listen 443", &format!("listen 127.0.0.1:{port}"), &text);
        let text =
            place("127.0.0.1:8080;", &format!("{};", upstream.strip_prefix("http://").unwrap()), &text);
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let live = "/etc/letsencrypt/live/chat.example";
        let text = place(&format!("{live}/fullchain.pem"), &file("server.pem"), &text);
        let text = place(&format!("{live}/privkey.pem"), &file("server.key"), &text);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", file(&format!("{name}-temp"))))
            .join("\n");
        let main = format!(
            "user root;\nmaster_process off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\n{}\n}}\n",
            file("nginx.pid"),
            file("error.log"),
            change(text)
        );
        std::fs::write(folder.join("main.conf"), main).unwrap();
        let nginx = Self { folder: folder.to_owned() };
        // It goes into the background once it listens.
        let started = nginx.run(&[]);
        assert!(started.status.success(), "nginx: {started:?}");
        nginx
    }

    /// The certificate of the authority that issued its own.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        Command::new("nginx")
            .arg("-p")
            .arg(&self.folder)
            .arg("-c")
            .arg(self.folder.join("main.conf"))
            .args(arguments)
            .output()
            .unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Also when its test has failed: it would hold on to what it inherited from it.
        let stopped = self.run(&["-s", "stop"]);
        assert!(stopped.status.success() || std::thread::panicking(), "nginx: {stopped:?}");
    }
}
