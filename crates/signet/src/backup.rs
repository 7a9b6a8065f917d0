//! Backups: a folder with one consistent state of the embedded database, the encrypted keystore, and what they are.
//!
//! Invariants:
//! - a backup is whole or not there: it is made beside its place and renamed at the end;
//! - the keystore's passphrase is never in it: whoever finds a backup cannot open the keys;
//! - the keystore is copied after the database, so that it has every key the database speaks of;
//! - restoring overwrites nothing, and writes nothing before everything was checked.
//!
//! PostgreSQL has tools of its own for this; with it a backup holds the keystore alone and says so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use signet_custody::{Keystore, Passphrase};
use signet_domain::Env;
use signet_store::maintenance;

use crate::config::Config;
use crate::secret_file;
use crate::secrets::KEYSTORE_PASSPHRASE;

const DATABASE: &str = "signet.db";
const KEYSTORE: &str = "keystore.json";
const MANIFEST: &str = "backup.json";
/// What this program writes and reads.
const FORMAT: u32 = 1;

/// What a backup holds, as `backup.json` says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    format: u32,
    program: String,
    /// When it was begun: RFC 3339, UTC.
    pub created_at: String,
    /// The version of the database's schema; nothing when the database is not in it.
    pub schema: Option<i64>,
    /// SHA-256 of the database, hexadecimal.
    database: Option<String>,
    /// SHA-256 of the keystore, hexadecimal; nothing when there was none.
    pub keystore: Option<String>,
}

/// Makes a backup in a folder that does not exist yet. The platform may run.
pub async fn create(config: &Config, folder: &Path, env: &Env) -> anyhow::Result<Manifest> {
    ensure!(!folder.exists(), "{} exists: a backup goes into a folder of its own", folder.display());
    let name = folder.file_name().context("the folder needs a name")?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    let partial = folder.with_file_name(partial);
    // Left by an attempt that was cut off.
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("remove {}", partial.display()));
        }
        _ => {}
    }
    let made = fill(config, &partial, env).await.and_then(|manifest| {
        fs::rename(&partial, folder).with_context(|| format!("name the backup {}", folder.display()))?;
        Ok(manifest)
    });
    if made.is_err() {
        // What failed is said already; a rest that stays is removed by the next attempt.
        let _ = fs::remove_dir_all(&partial);
    }
    made
}

async fn fill(config: &Config, folder: &Path, env: &Env) -> anyhow::Result<Manifest> {
    secret_file::create_directory(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let created_at = env.now().to_string();
    let schema = match maintenance::sqlite_file(&config.database) {
        Some(file) => {
            ensure!(file.exists(), "there is no database {}", file.display());
            let copied = maintenance::back_up(file.clone(), folder.join(DATABASE)).await;
            Some(copied.with_context(|| format!("back up the database {}", file.display()))?)
        }
        None => None,
    };
    if config.keystore.exists() {
        // It is replaced in one step when it changes, so this is one whole version.
        copy_private(&config.keystore, &folder.join(KEYSTORE))
            .with_context(|| format!("back up the keystore {}", config.keystore.display()))?;
    }
    ensure!(
        schema.is_some() || config.keystore.exists(),
        "there is neither an embedded database nor a keystore"
    );
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at,
        schema,
        database: checksum(&folder.join(DATABASE))?,
        keystore: checksum(&folder.join(KEYSTORE))?,
    };
    let text = serde_json::to_vec_pretty(&manifest).context("write down what the backup holds")?;
    secret_file::create(&folder.join(MANIFEST), &text).context("write down what the backup holds")?;
    Ok(manifest)
}

/// Puts a backup where the settings say. Whether the keystore's passphrase was at hand and opens it.
pub async fn restore(config: &Config, folder: &Path) -> anyhow::Result<(Manifest, bool)> {
    let manifest = read_manifest(folder)?;
    let database = match (&manifest.database, maintenance::sqlite_file(&config.database)) {
        (Some(_), Some(file)) => Some(file),
        (Some(_), None) => bail!("the backup is of an embedded database, and the settings name another kind"),
        (None, _) => None,
    };
    for place in database.iter().flat_map(|file| [file.clone(), beside(file, "-wal"), beside(file, "-shm")]) {
        ensure!(!place.exists(), "{} exists: nothing is overwritten", place.display());
    }
    for (name, expected) in [(DATABASE, &manifest.database), (KEYSTORE, &manifest.keystore)] {
        ensure!(
            checksum(&folder.join(name))? == *expected,
            "{name} is not what was backed up: it was changed or cut short"
        );
    }
    if database.is_some() {
        maintenance::verify_file(folder.join(DATABASE)).await.context("check the database in the backup")?;
    }
    let mut opened = false;
    if manifest.keystore.is_some() {
        let keystore = &config.keystore;
        ensure!(!keystore.exists(), "{} exists: nothing is overwritten", keystore.display());
        opened = opens(config, &folder.join(KEYSTORE)).await?;
        put(&folder.join(KEYSTORE), keystore)?;
    }
    if let Some(file) = &database {
        put(&folder.join(DATABASE), file)?;
    }
    Ok((manifest, opened))
}

fn read_manifest(folder: &Path) -> anyhow::Result<Manifest> {
    let path = folder.join(MANIFEST);
    let text =
        fs::read(&path).with_context(|| format!("read {}: is this a whole backup?", path.display()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).with_context(|| format!("understand {}", path.display()))?;
    let Manifest { format, program, .. } = &manifest;
    ensure!(
        *format <= FORMAT,
        "the backup was made by Signet {program}: restore it with that version or a newer one"
    );
    Ok(manifest)
}

/// Whether the passphrase is at hand. A wrong one is an error.
async fn opens(config: &Config, keystore: &Path) -> anyhow::Result<bool> {
    let passphrase = match KEYSTORE_PASSPHRASE.in_environment()? {
        Some(passphrase) => passphrase,
        None if config.passphrase_file().exists() => {
            KEYSTORE_PASSPHRASE.in_file(&config.passphrase_file())?
        }
        None => return Ok(false),
    };
    let (keystore, passphrase) = (keystore.to_owned(), Passphrase::new(passphrase.as_str()));
    tokio::task::spawn_blocking(move || Keystore::open_or_create(&keystore, &passphrase).map(drop))
        .await
        .context("open the keystore of the backup")?
        .context("open the keystore of the backup")?;
    Ok(true)
}

fn put(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        secret_file::create_directory(folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
    }
    let partial = beside(to, ".partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => copy_private(from, &partial).and_then(|()| fs::rename(&partial, to)),
    }
    .with_context(|| format!("write {}", to.display()))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Copies to a new file that only its owner may read, and waits until it is on the disk.
fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()
}

/// SHA-256 of a file, hexadecimal; nothing if there is none.
fn checksum(path: &Path) -> anyhow::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).with_context(|| format!("read {}", path.display()))? {
            0 => break,
            read => context.update(&buffer[..read]),
        }
    }
    let hash = context.finish().as_ref().try_into().context("read a checksum")?;
    Ok(Some(signet_app::hexadecimal(&hash)))
}
