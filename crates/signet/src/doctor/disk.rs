//! Files: who may read them, and whether the disk takes more.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use signet_http::Certificates;

use super::{Report, checks};
use crate::config::Config;

const GIBIBYTE: u64 = 1 << 30;

pub(super) fn examine(config: &Config, report: &mut Report) {
    let passphrase = config.passphrase_file();
    let tls_key = config.tls.as_ref().map(|files| &files.key);
    let secrets = [
        Some(&config.keystore),
        Some(&passphrase),
        config.database_password_file.as_ref(),
        tls_key,
        config.vault.token_file.as_ref(),
        config.vault.secret_id_file.as_ref(),
        config.pkcs11.pin_file.as_ref(),
    ];
    for file in secrets.into_iter().flatten() {
        if let Some(mode) = open_to_others(file, 0o077) {
            report.add(checks::SECRET_READABLE_BY_OTHERS, format!("{} has mode {mode:03o}", file.display()));
        }
    }
    if let Some(mode) = open_to_others(&config.data_dir, 0o077) {
        report
            .add(checks::FOLDER_OPEN_TO_OTHERS, format!("{} has mode {mode:03o}", config.data_dir.display()));
    }
    if passphrase.exists() && passphrase.parent() == config.keystore.parent() {
        let (passphrase, keystore) = (passphrase.display(), config.keystore.display());
        report.add(checks::PASSPHRASE_BESIDE_KEYSTORE, format!("{passphrase} beside {keystore}"));
    }
    if let Some(Err(error)) = config.tls.clone().map(Certificates::load) {
        report.add(checks::TLS_UNUSABLE, format!("{:#}", anyhow::Error::new(error)));
    }
    if config.metrics_public {
        report.add(checks::METRICS_PUBLIC, "metrics_public is set");
    }
    if config.outbound.private_addresses || config.outbound.plain_http {
        report.add(checks::OUTBOUND_OPEN, format!("{:?}", config.outbound));
    }
    if config.data_dir.is_dir() {
        room(&config.data_dir, report);
    }
}

/// The mode of a file or folder that has one of these bits.
#[cfg(unix)]
fn open_to_others(path: &Path, bits: u32) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & bits != 0).then_some(mode)
}

/// Access lists there are another matter.
#[cfg(not(unix))]
fn open_to_others(_: &Path, _: u32) -> Option<u32> {
    None
}

fn room(folder: &Path, report: &mut Report) {
    if let Err(error) = takes_writes(folder) {
        report.add(checks::DISK_UNWRITABLE, format!("{}: {error}", folder.display()));
        return;
    }
    match free(folder) {
        Ok((free, whole)) if free < GIBIBYTE || free < whole / 20 => {
            let free = free / (1 << 20);
            report.add(checks::DISK_SPACE_LOW, format!("{free} MiB are free for {}", folder.display()));
        }
        Ok((free, _)) => report.add(checks::DISK_SOUND, format!("{} GiB are free", free / GIBIBYTE)),
        Err(error) => report.add(checks::DISK_UNWRITABLE, format!("{}: {error}", folder.display())),
    }
}

fn takes_writes(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(b"signet doctor was here\n")?;
        file.sync_all()
    });
    match fs::remove_file(&path) {
        Err(error) if written.is_ok() => Err(error),
        _ => written,
    }
}

/// Bytes that are free for this user, and all there are.
#[cfg(unix)]
fn free(folder: &Path) -> io::Result<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
}

/// Not known there.
#[cfg(not(unix))]
fn free(_: &Path) -> io::Result<(u64, u64)> {
    Ok((u64::MAX, u64::MAX))
}
