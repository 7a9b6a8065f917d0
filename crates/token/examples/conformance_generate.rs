//! Makes the conformance suite anew with fresh keys: `cargo run -p signet-token --example conformance_generate [FOLDER]`.
//! Without a folder it replaces the published one, `conformance/`.

#![expect(clippy::expect_used, clippy::panic, reason = "a suite that cannot be made ends the program")]
#![expect(clippy::print_stdout, reason = "says what it wrote")]

#[path = "../tests/conformance/generate/mod.rs"]
mod generate;
#[path = "../../testkit/src/token_factory.rs"]
#[expect(dead_code, unreachable_pub, reason = "tests of other crates use all of it")]
mod token_factory;
#[path = "../tests/conformance/vector.rs"]
#[expect(dead_code, reason = "the runner uses the rest")]
mod vector;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(vector::Suite::folder, PathBuf::from);
    let suite = generate::suite();
    generate::write(&suite, &folder)?;
    println!("{} vectors in {}", suite.all().count(), folder.display());
    Ok(())
}
