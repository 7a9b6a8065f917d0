//! The built web files: loader, widget and desk.
//!
//! They are committed under `dist`, so that `cargo run` needs nothing but Rust. Release builds carry them inside the
//! binary; debug builds read the folder once, at the first request. Invariants:
//! - names are fixed and never hashed, so every answer must be revalidated: `etag` changes with the content alone;
//! - a file whose name begins with a dot is not served;
//! - nothing is compressed twice: the gzip form is made once, and only kept where it is smaller.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/dist"]
struct Dist;

/// A file ready to be served.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The content as it was built.
    pub identity: Encoded,
    /// The content in gzip (RFC 1952), where that is smaller.
    pub gzip: Option<Encoded>,
    /// Value of `content-type`.
    pub mime: String,
}

/// One encoding of a file.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The bytes to send.
    pub bytes: Bytes,
    /// Strong validator with its quotes (RFC 9110 section 8.8.3). Differs between encodings of one file.
    pub etag: String,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    Dist::iter()
        .filter(|path| !path.split('/').any(|part| part.starts_with('.')))
        .filter_map(|path| Some((path.to_string(), prepare(&path, Dist::get(&path)?))))
        .collect()
});

/// Finds a file by its path below `dist`, such as `desk/index.html`. Matches whole names only; nothing is opened.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.get(path)
}

fn prepare(path: &str, file: EmbeddedFile) -> Asset {
    let hash = file.metadata.sha256_hash();
    let tag = hash.iter().take(12).fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"));
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let gzip = compress(&bytes).map(|bytes| Encoded { bytes, etag: format!("\"{tag}-gz\"") });
    Asset { identity: Encoded { bytes, etag: format!("\"{tag}\"") }, gzip, mime: mime(path) }
}

fn compress(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::best());
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < bytes.len()).then(|| Bytes::from(compressed))
}

fn mime(path: &str) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let textual = mime.type_() == mime_guess::mime::TEXT || mime == mime_guess::mime::APPLICATION_JSON;
    if textual { format!("{mime}; charset=utf-8") } else { mime.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_loader_is_there_in_both_encodings() {
        let loader = find("loader.js").unwrap();
        assert_eq!(loader.mime, "text/javascript; charset=utf-8");
        assert!(!loader.identity.bytes.is_empty());
        let gzip = loader.gzip.as_ref().unwrap();
        assert_ne!(gzip.etag, loader.identity.etag);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&gzip.bytes[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, loader.identity.bytes);
    }

    #[test]
    fn paths_name_files_and_nothing_else() {
        for path in ["", "/", "loader", "/loader.js", "../Cargo.toml", "desk/../loader.js", ".gitkeep"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_does_not_shrink_is_not_kept() {
        assert!(compress(b"x").is_none());
        assert!(compress(&b"abc".repeat(100)).is_some());
    }
}
