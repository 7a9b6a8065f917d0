//! Rebuilds when a file is added to or removed from `dist`; the embedding macro only watches the files it knew.

fn main() {
    println!("cargo:rerun-if-changed=dist");
}
