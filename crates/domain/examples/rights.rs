//! Prints the page of roles, scopes and audit events, for `cargo xtask gen`.
#![expect(clippy::print_stdout, reason = "its output is the page")]

use signet_domain::access::PERMISSIONS;
use signet_domain::{AuditCategory, AuditKind, Role};

const INTRODUCTION: &str = "\
# Roles, scopes and audit events

Generated from the tables in `crates/domain` by `cargo xtask gen`.

## Roles

A person has one role in each of their projects; a program has the scopes it was registered with, in one project. Every field
of the API asks for a scope and none asks for a role. An owner of the platform is an owner in every project; what all
projects share (`platform:write`), and creating projects with it, is theirs alone, and they alone can give it to a program. Owners give and
take every role, administrators every role but owner's; nobody changes their own. Nobody gives a program what they may not do
themselves.
";

fn main() {
    println!("{INTRODUCTION}");
    let names = Role::ALL.map(|role| role.as_str().to_lowercase());
    println!("| scope | what it allows | {} |", names.join(" | "));
    println!("| --- | --- |{}", " :---: |".repeat(names.len()));
    for (scope, roles) in PERMISSIONS {
        let marks = Role::ALL.map(|role| if roles.contains(&role) { "✓" } else { "–" });
        println!("| `{}` | {} | {} |", scope.as_str(), scope.description(), marks.join(" | "));
    }
    println!("\n## Audit events\n\nHow they are written and checked is in [audit-log.md](audit-log.md).");
    for category in AuditCategory::ALL {
        println!("\n### `{}`\n\n| kind | what happened |\n| --- | --- |", category.as_str());
        for kind in AuditKind::ALL.iter().filter(|kind| kind.category() == category) {
            println!("| `{}` | {} |", kind.as_str(), kind.description().trim());
        }
    }
}
