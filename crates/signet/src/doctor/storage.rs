//! The database, looked at without serving it.

use signet_domain::Env;
use signet_store::maintenance::{self, EngineInspection, Inspection};

use super::{Report, address, checks};
use crate::config::Config;

/// Length of the write-ahead log from which on something keeps it from shrinking: sixteen times what starts a checkpoint.
const LONG_LOG: u64 = 256 << 20;
/// The oldest major version of PostgreSQL that its project still mends.
const POSTGRESQL: i64 = 14;

/// Whether the database can be used as it is.
pub(super) async fn examine(config: &Config, env: &Env, report: &mut Report) -> bool {
    let file = maintenance::sqlite_file(&config.database);
    if let Some(file) = file.filter(|file| !file.exists()) {
        report.add(checks::DATABASE_MISSING, file.display().to_string());
        return false;
    }
    let inspected = match config.database_address() {
        Ok(address) => maintenance::inspect(&address).await.map_err(anyhow::Error::new),
        Err(error) => Err(error),
    };
    match inspected {
        Ok(inspection) => judge(&inspection, env, report),
        Err(error) => {
            report.add(checks::DATABASE_UNREACHABLE, format!("{error:#}"));
            false
        }
    }
}

fn judge(inspection: &Inspection, env: &Env, report: &mut Report) -> bool {
    let before = report.findings().len();
    let known = maintenance::newest_schema();
    let mut usable = true;
    let damaged = matches!(&inspection.engine, EngineInspection::Sqlite { faults, .. } if !faults.is_empty());
    if damaged {
        usable = false;
    } else if let Some(mismatch) = &inspection.mismatch {
        report.add(checks::SCHEMA_UNKNOWN, mismatch.to_string());
        usable = false;
    } else if inspection.schema < known {
        report.add(
            checks::SCHEMA_OLD,
            format!("schema version {}, this program has {known}", inspection.schema),
        );
        usable = false;
    }
    let engine = match &inspection.engine {
        EngineInspection::Sqlite { faults, log_bytes } => {
            if !faults.is_empty() {
                report.add(checks::DATABASE_DAMAGED, faults.join("; "));
            }
            if *log_bytes > LONG_LOG {
                report.add(checks::LOG_LARGE, format!("{} MiB", log_bytes >> 20));
            }
            "SQLite".to_owned()
        }
        EngineInspection::Postgres { version, clock, unsafe_settings } => {
            if *version / 10_000 < POSTGRESQL {
                report.add(checks::POSTGRESQL_OLD, format!("server_version_num is {version}"));
            }
            if !unsafe_settings.is_empty() {
                report.add(checks::POSTGRESQL_UNSAFE, unsafe_settings.join(", "));
            }
            address::compare_clock("the database's", *clock, env.now(), report);
            format!("PostgreSQL {}", version / 10_000)
        }
    };
    if report.findings()[before..].iter().all(|finding| finding.check.severity == super::Severity::Ok) {
        report.add(checks::DATABASE_SOUND, format!("{engine}, schema version {}", inspection.schema));
    }
    usable
}
