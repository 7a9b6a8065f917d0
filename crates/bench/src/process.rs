//! Processes under measurement: pinned to a core, and what they use.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};
use tokio::process::Command;

/// The core that servers under measurement run on.
pub(crate) const SERVER_CORE: &str = "0";
/// The core the load comes from.
pub(crate) const LOAD_CORE: &str = "1";

/// A command pinned to cores, such as `0` or `0,1`. It is killed with this process's handle.
pub(crate) fn pinned(cores: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(cores).arg(program).kill_on_drop(true);
    command
}

/// User and system time of a process and its living descendants, in seconds. What ended children used counts with the
/// parent that waited for them.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    // 100 ticks a second on every Linux: proc(5), USER_HZ.
    Ok(tree(pid)?.iter().filter_map(|pid| ticks(*pid)).sum::<u64>() as f64 / 100.0)
}

/// What a process has had written to storage so far, in bytes (`write_bytes` of proc(5)); 0 on file systems in memory.
pub(crate) fn stored_bytes(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("no write_bytes")?;
    Ok(line.trim().parse()?)
}

/// Resident memory of one process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.split_ascii_whitespace().nth(1).context("no figure")?.parse()?;
    Ok(kib * 1024)
}

/// A process and its living descendants.
pub(crate) fn tree(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if let Some(parent) = stat(pid).and_then(|fields| fields.get(1)?.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(found)
}

/// The fields of `/proc/PID/stat` after the command's name: state, parent, …
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_ascii_whitespace().map(str::to_owned).collect())
}

fn ticks(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), counted after the name.
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(number(11)? + number(12)? + number(13)? + number(14)?)
}
