//! What is not in the sources: D3 (no MAC), D11 and D12 (no file, no connection), D48 (no `==` on secrets).

use std::fs;
use std::path::Path;

/// Every source file of the crate, without comments.
fn sources() -> String {
    let mut text = String::new();
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    text
}

fn read_folder(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, text);
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
            text.push_str(line);
            text.push('\n');
        }
    }
}

#[test]
fn d03_d11_d12_the_verifier_has_no_mac_no_file_and_no_connection() {
    let sources = sources();
    assert!(sources.contains("RSA_PKCS1_2048_8192_SHA256"), "these are not the sources");
    for absent in [
        "hmac",
        "std::net",
        "std::fs",
        "File::",
        "TcpStream",
        "reqwest",
        "Command::",
        "SystemTime",
        "unsafe ",
    ] {
        assert!(!sources.contains(absent), "{absent} in the sources");
    }
}

#[test]
fn d48_secret_types_cannot_be_compared_or_printed() {
    let sources = sources();
    for secret in [
        "ContentKey",
        "UnwrappedKey",
        "DecryptionKey",
        "SigningKey",
        "SessionSigner",
        "PrivateJwk",
        "AgreementKey",
    ] {
        let declaration = format!("struct {secret}");
        let before = sources.split(&declaration).next().unwrap();
        assert_ne!(before.len(), sources.len(), "{secret} is declared");
        let attributes = before.rsplit("\n\n").next().unwrap();
        assert!(!attributes.contains("derive"), "{secret} derives something: {attributes}");
        assert!(!sources.contains(&format!("PartialEq for {secret}")), "{secret} can be compared");
    }
}
