//! Prints `web/protocol/src/visitor.ts`, for `cargo xtask gen`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(signet_http::typescript().as_bytes())
}
