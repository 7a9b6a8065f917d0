//! Prints the page of the doctor's findings, for `cargo xtask gen`.
#![expect(clippy::print_stdout, reason = "its output is the page")]

use signet::doctor::checks;

const INTRODUCTION: &str = "\
# What `signet doctor` finds

Generated from the table in `crates/signet/src/doctor/checks.rs` by `cargo xtask gen`. How to run it is in
[operations.md](operations.md#signet-doctor).
";

fn main() {
    print!("{INTRODUCTION}");
    for check in checks::ALL {
        println!("\n## {}\n\n*{}.* {}", check.code, check.severity.as_str(), check.meaning);
        if !check.fix.is_empty() {
            println!("\nWhat to do: {}", check.fix);
        }
    }
}
