//! Child processes: run in a folder, with their output passed through and its closing lines kept.

use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// One command to run.
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// A command by its name, looked up in `PATH`, or by its path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command }
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Runs in this folder.
    pub(crate) fn within(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets a variable of the child's environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs with the terminal's own streams. Fails unless the command succeeds.
    pub(crate) fn go(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| format!("could not start {}", self.describe()))?;
        if !status.success() {
            bail!("{} failed ({status})", self.describe());
        }
        Ok(())
    }

    /// Runs and gives what it wrote to standard output. Fails unless the command succeeds.
    pub(crate) fn read(mut self) -> Result<String> {
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().with_context(|| format!("could not start {}", self.describe()))?;
        if !output.status.success() {
            bail!("{} failed ({})", self.describe(), output.status);
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("{} did not answer in UTF-8", self.describe()))
    }

    /// Whether the command can be started and succeeds; says nothing on the way.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.command.status().is_ok_and(|status| status.success())
    }

    /// Runs, passes the output on as it comes and gives back the lines `keep` wants, without colour codes.
    pub(crate) fn watch(mut self, keep: fn(&str) -> bool) -> Result<Vec<String>> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if std::io::stdout().is_terminal() {
            self.command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
        }
        let mut child =
            self.command.spawn().with_context(|| format!("could not start {}", self.describe()))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let kept = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(|| pass_on(out, std::io::stdout(), keep, &kept));
            scope.spawn(|| pass_on(err, std::io::stderr(), keep, &kept));
        });
        let status = child.wait().with_context(|| format!("lost {}", self.describe()))?;
        if !status.success() {
            bail!("{} failed ({status})", self.describe());
        }
        Ok(kept.into_inner().unwrap_or_default())
    }

    fn describe(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
        format!("`{line}`")
    }
}

/// Copies a child's stream line by line. A closed terminal ends the copying, not the child.
fn pass_on(from: Option<impl Read>, mut to: impl Write, keep: fn(&str) -> bool, kept: &Mutex<Vec<String>>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = to.write_all(&line);
        let plain = without_colour(&String::from_utf8_lossy(&line));
        if keep(plain.trim())
            && let Ok(mut kept) = kept.lock()
        {
            kept.push(plain.trim().to_owned());
        }
        line.clear();
    }
    let _ = to.flush();
}

/// Drops terminal colour sequences (`ESC [ … m`).
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, following)| following);
    }
    plain.push_str(rest);
    plain
}

/// Where a program lies, searching `PATH` and the folders added to it.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// `PATH` with a folder in front, for children that must find a tool installed there.
pub(crate) fn path_with(folder: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("a folder of PATH has a colon in its name")
}

#[cfg(test)]
mod tests {
    use super::without_colour;

    #[test]
    fn colour_codes_are_dropped() {
        assert_eq!(without_colour("\u{1b}[1m\u{1b}[32m Tests \u{1b}[39m 3 passed"), " Tests  3 passed");
        assert_eq!(without_colour("plain"), "plain");
    }
}
