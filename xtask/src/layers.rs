//! The layers check: which crate may depend on which, as the table in `docs/architecture.md` says.
//!
//! The document is the rule, so the two cannot drift. Test dependencies are free: the test kit may know anyone.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = "docs/architecture.md";

/// Crates that must be nowhere in the lock file, and why.
const BANNED: [(&str, &str); 4] = [
    ("rsa", "RUSTSEC-2023-0071: its private operations leak through timing"),
    ("jsonwebtoken", "tokens are handled by crates/token alone"),
    ("josekit", "accepts what the token profile forbids"),
    ("openssl-sys", "one cryptographic library: aws-lc"),
];

/// What one row of the table allows.
#[derive(Debug, PartialEq)]
struct Rule {
    may_use: BTreeSet<String>,
    must_not_use: BTreeSet<String>,
}

type Rules = BTreeMap<String, Rule>;

/// Fails with every dependency the table does not allow.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let document = std::fs::read_to_string(workspace.path(DOCUMENT))
        .with_context(|| format!("could not read {DOCUMENT}"))?;
    let rules = parse(&document)?;
    let metadata = workspace.metadata()?;
    let lock = std::fs::read_to_string(workspace.path("Cargo.lock")).context("could not read Cargo.lock")?;
    let faults = [violations(&rules, &metadata), banned(&lock)].concat();
    if !faults.is_empty() {
        bail!("the layers of {DOCUMENT} are broken\n  {}", faults.join("\n  "));
    }
    println!("layers: {} crates keep to the table in {DOCUMENT}", rules.len());
    Ok(())
}

/// Reads the table whose first column is headed `crate`: name, crates it may use, outside crates it must not use.
fn parse(document: &str) -> Result<Rules> {
    let rows: Vec<Vec<&str>> = document
        .lines()
        .skip_while(|line| !line.starts_with("| crate |"))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut rules = Rules::new();
    for row in rows {
        let [name, may_use, must_not_use, ..] = row.as_slice() else {
            bail!("{DOCUMENT}: a row of the layers table has fewer than three columns");
        };
        rules.insert(plain(name), Rule { may_use: names(may_use), must_not_use: names(must_not_use) });
    }
    if rules.is_empty() {
        bail!("{DOCUMENT} has no table headed `| crate |`");
    }
    Ok(rules)
}

fn plain(cell: &str) -> String {
    cell.trim().trim_matches('`').to_owned()
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(plain).filter(|name| !name.is_empty() && name != "–").collect()
}

/// Every normal dependency of our crates that a row does not allow, and every crate without a row.
fn violations(rules: &Rules, metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in ours(metadata) {
        let name = short(text(package, "name"));
        let Some(rule) = rules.get(name) else {
            faults.push(format!("{name}: has no row"));
            continue;
        };
        for dependency in list(package, "dependencies").filter(|dependency| dependency["kind"].is_null()) {
            let target = text(dependency, "name");
            let is_ours = dependency["path"].is_string();
            if is_ours && !rule.may_use.contains(short(target)) {
                faults.push(format!("{name}: may not use {}", short(target)));
            }
            if !is_ours && rule.must_not_use.contains(target) {
                faults.push(format!("{name}: must do without {target}"));
            }
        }
    }
    faults
}

/// Crates in the lock file that must not be there.
fn banned(lock: &str) -> Vec<String> {
    BANNED
        .iter()
        .filter(|(name, _)| lock.lines().any(|line| line == format!("name = \"{name}\"")))
        .map(|(name, reason)| format!("{name} is in Cargo.lock: {reason}"))
        .collect()
}

/// Members of the workspace, but for this tool.
fn ours(metadata: &Value) -> impl Iterator<Item = &Value> {
    let members: BTreeSet<&str> = list(metadata, "workspace_members").filter_map(Value::as_str).collect();
    list(metadata, "packages")
        .filter(move |package| members.contains(text(package, "id")) && text(package, "name") != "xtask")
}

fn short(name: &str) -> &str {
    name.strip_prefix("signet-").unwrap_or(name)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value[member].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::{banned, parse, violations};
    use serde_json::json;

    const TABLE: &str = "\
# Title
| crate | may use | must do without | why |
| --- | --- | --- | --- |
| `domain` | – | `tokio`, `axum` | pure |
| `app` | `domain` | `axum` | use cases |

| other | table |
";

    #[test]
    fn reads_the_table_and_nothing_after_it() {
        let rules = parse(TABLE).unwrap();
        assert_eq!(rules.keys().collect::<Vec<_>>(), ["app", "domain"]);
        assert!(rules["domain"].may_use.is_empty());
        assert!(rules["domain"].must_not_use.contains("axum"));
        assert!(rules["app"].may_use.contains("domain"));
        assert!(parse("no table").is_err());
    }

    #[test]
    fn names_every_dependency_against_the_table() {
        let dependency = |name: &str, kind: Option<&str>| json!({"name": name, "kind": kind, "path": "/x"});
        let outside = json!({"name": "tokio", "kind": null, "path": null});
        let package = |name: &str, dependencies: serde_json::Value| json!({"id": name, "name": name, "dependencies": dependencies});
        let metadata = json!({
            "workspace_members": ["signet-domain", "signet-app", "signet-new"],
            "packages": [
                package("signet-domain", json!([dependency("signet-app", None), outside])),
                package("signet-app", json!([dependency("signet-domain", None), dependency("signet-testkit", Some("dev"))])),
                package("signet-new", json!([])),
                package("tokio", json!([])),
            ],
        });
        assert_eq!(
            violations(&parse(TABLE).unwrap(), &metadata),
            ["domain: may not use app", "domain: must do without tokio", "new: has no row"]
        );
    }

    #[test]
    fn finds_banned_crates_by_their_whole_name() {
        assert!(banned("[[package]]\nname = \"rsa-like\"\n").is_empty());
        assert_eq!(banned("[[package]]\nname = \"rsa\"\nversion = \"0.9.10\"\n").len(), 1);
    }
}
