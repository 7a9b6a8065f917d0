//! Writing the keystore so that what lies at its path is always one whole version.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use signet_token::base64url;

/// The longest file that is read, in bytes. A keystore with a dozen keys has about 30 KiB.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// Reads the file, `None` if there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if let Ok(metadata) = fs::metadata(path) {
        warn_if_readable_by_others(path, &metadata);
    }
    read_again(path)
}

/// As [`read`], without a word on who else may read it: that is said once.
pub(crate) fn read_again(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LONGEST_FILE => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
        Ok(_) => fs::read(path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a new file at a path where none must be; `false` if another process was faster, whose file is then kept.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let temporary = Temporary::write(path, bytes)?;
    // A hard link fails where a file exists already, a rename would replace it.
    let placed = match fs::hard_link(&temporary.path, path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    drop(temporary);
    sync_directory(path)?;
    Ok(placed)
}

/// Keeps other processes from replacing the file until the guard is dropped.
///
/// The lock is on the directory: the file itself is another one after each write.
#[cfg(unix)]
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let directory = File::open(directory(path))?;
    directory.lock()?;
    Ok(directory)
}

/// Directories cannot be locked there; the check for changes by others has a gap of the time of one write.
#[cfg(not(unix))]
pub(crate) fn lock(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Replaces the file at a path.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = Temporary::write(path, bytes)?;
    fs::rename(&temporary.path, path)?;
    sync_directory(path)
}

/// A flushed file beside its final place; removed on drop if it is still there.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn write(beside: &Path, bytes: &[u8]) -> io::Result<Self> {
        let name = beside.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut unique = [0; 9];
        rand::fill(&mut unique).map_err(|_| io::Error::other("no randomness is available"))?;
        let mut temporary_name = OsString::from(".");
        temporary_name.push(name);
        temporary_name.push(format!(".{}.tmp", base64url::encode(unique)));
        let temporary = Self { path: beside.with_file_name(temporary_name) };
        let mut file = private_options().open(&temporary.path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename it is gone; nothing depends on the removal, the name is never read.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn private_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

#[cfg(unix)]
fn warn_if_readable_by_others(path: &Path, metadata: &fs::Metadata) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{mode:o}"), "keystore is accessible to others");
    }
}

#[cfg(not(unix))]
fn warn_if_readable_by_others(_: &Path, _: &fs::Metadata) {}

/// Makes the directory entry durable: without it a crash may leave the old entry or none.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}

#[cfg(unix)]
fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
