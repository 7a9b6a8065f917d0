//! Prints the schema: `cargo run -p signet-graphql --example sdl > crates/graphql/schema.graphql`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(signet_graphql::sdl().as_bytes())
}
