//! The project's own commands: `cargo xtask <command>`.
//!
//! Everything a person or continuous integration runs besides `cargo run` is here, so that both run the same thing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks on its standard streams"
)]

mod attacks;
mod bench;
mod e2e;
mod generated;
mod hsm;
mod install;
mod layers;
mod process;
mod steps;
mod suite;
mod web;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  test             install what the tests need, then run every check and every test
  layers           compare the crates' dependencies with the table in docs/architecture.md
  gen [--check]    write the generated files; with --check, only say whether they are current
  web              build the web packages into crates/assets/dist
  e2e [filter]     run the browser tests; a filter picks files by name, or else tests by name
  hsm              build a PKCS#11 module and run the tests of custody in one
  screenshots      walk shop, widget and desk in Chromium and keep pictures of them
  bench [name]     run a benchmark; without a name, list them
";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let workspace = Workspace::find()?;
    match arguments.as_slice() {
        ["test"] => suite::run(&workspace),
        ["layers"] => layers::check(&workspace),
        ["gen"] => generated::write(&workspace),
        ["gen", "--check"] => generated::check(&workspace),
        ["web"] => web::build(&workspace),
        ["e2e"] => e2e::run(&workspace, None),
        ["e2e", filter] => e2e::run(&workspace, Some(filter)),
        ["hsm"] => hsm::tests(&workspace)?.go(),
        ["screenshots"] => e2e::screenshots(&workspace),
        ["bench"] => {
            bench::list();
            Ok(())
        }
        ["bench", name, rest @ ..] => bench::run(&workspace, name, rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("`{}` is not a command\n\n{HELP}", arguments.join(" ")),
    }
}
