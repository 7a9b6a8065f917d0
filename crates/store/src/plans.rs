//! Checks on an empty SQLite database that no statement reads a whole table, and none sorts what an index could give.

use rusqlite::Connection;

use crate::migrations::MIGRATIONS;

/// Statements that may do otherwise, with the reason.
fn excused(sql: &str, step: &str) -> bool {
    // The command line's list of all projects is all of them.
    (sql.ends_with("FROM projects ORDER BY id") && step == "SCAN projects")
        // All that are in it: the index holds those that demand a key and no others.
        || step.starts_with("SCAN projects USING INDEX projects_demanding_keys")
        // One row a project, read by each process every few seconds, on PostgreSQL alone.
        || step == "SCAN project_counters"
        // The platform's keys are a handful, and what the list of them says of their use counts every use.
        || step == "SCAN platform_keys"
        || (sql.contains("FROM platform_keys") && step.starts_with("USE TEMP B-TREE"))
        || (sql.contains("platform_key <> ''") && (step.starts_with("SCAN key_uses") || step.starts_with("USE TEMP B-TREE")))
        // The doctor looks at every owner once.
        || (sql.contains("agents.platform_owner OR") && (step.starts_with("SCAN ") || step.starts_with("USE TEMP")))
        // The ids a caller passes in.
        || step.starts_with("SCAN json_each")
        // Few rows by nature: a visitor's, an agent's ongoing conversations, a project's keys, a successor's origins,
        // the minutes of an interval.
        || (step.starts_with("USE TEMP B-TREE")
            && ["FROM sessions WHERE visitor_id = $1", "visitor_id = $10", "agent_id = $8 AND closed_at IS NULL", "FROM customer_keys", "continued_in = $1", "GROUP BY bucket"]
                .iter()
                .any(|few| sql.contains(few)))
}

#[test]
fn no_statement_scans_or_sorts() {
    let connection = Connection::open_in_memory().unwrap();
    for migration in MIGRATIONS {
        connection.execute_batch(migration.sqlite).unwrap();
    }
    let mut bad = Vec::new();
    for sql in crate::statements() {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.sqlite)).unwrap();
        let count = statement.parameter_count();
        let nulls = std::iter::repeat_n(rusqlite::types::Null, count);
        let steps =
            statement.query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3)).unwrap();
        for step in steps.map(Result::unwrap) {
            let whole = step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW";
            if (whole || step.starts_with("USE TEMP B-TREE")) && !excused(sql.sqlite, &step) {
                bad.push(format!("{step}\n    {}", sql.sqlite));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
