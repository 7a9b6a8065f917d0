//! Numbered, forward-only changes of the schema, side by side for both engines.
//!
//! `schema_migrations` remembers what was applied and with which contents. A migration is never edited once released:
//! a database where it differs is refused, and so is one that a newer version of the program has changed.

use crate::StoreError;
use crate::error::SchemaMismatch;

/// One step of the schema.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// All of them, in order, without holes.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_initial"),
    migration!(2, "0002_token_verification"),
    migration!(3, "0003_token_leeway"),
    migration!(4, "0004_audit"),
    migration!(5, "0005_revocation"),
    migration!(6, "0006_audit_checkpoints"),
    migration!(7, "0007_keys"),
    migration!(8, "0008_identity"),
    migration!(9, "0009_key_sets"),
    migration!(10, "0010_people"),
    migration!(11, "0011_last_seen"),
    migration!(12, "0012_earlier_messages"),
    migration!(13, "0013_bots"),
    migration!(14, "0014_platform_keys"),
    migration!(15, "0015_observe"),
    migration!(16, "0016_personal_data"),
    migration!(17, "0017_session_keys"),
    migration!(18, "0018_custom_data"),
];

/// A checksum of a migration's text (FNV-1a, 64 bits, hexadecimal). It guards against accidents, not against an attacker,
/// who would change the checksum too.
pub(crate) fn checksum(text: &str) -> String {
    let sum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016x}")
}

/// Which migrations are to be applied to a database that has `applied` (version and checksum, ascending).
/// `text` picks the engine's text.
pub(crate) fn missing(
    applied: &[(i64, String)],
    text: fn(&Migration) -> &'static str,
) -> Result<&'static [Migration], StoreError> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if let Some((found, _)) = applied.last().filter(|(version, _)| *version > known) {
        return Err(StoreError::Schema(SchemaMismatch::Newer { found: *found, known }));
    }
    for (migration, (version, sum)) in MIGRATIONS.iter().zip(applied) {
        if migration.version != *version || checksum(text(migration)) != *sum {
            return Err(StoreError::Schema(SchemaMismatch::Changed { version: *version }));
        }
    }
    Ok(MIGRATIONS.get(applied.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_count_from_one_without_holes() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(index).unwrap() + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
    }
}
