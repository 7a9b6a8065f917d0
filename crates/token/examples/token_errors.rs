//! Prints the page of token errors, for `cargo xtask gen`.
#![expect(clippy::print_stdout, reason = "its output is the page")]

fn main() {
    print!("{}", signet_token::doctor::diagnoses::markdown());
}
