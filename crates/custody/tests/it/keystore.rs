//! The keystore file: made once, opened again, and never believed when it is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use signet_custody::{
    Custody, CustodyError, KdfCost, KeyState, Keystore, KeystoreError, LocalCustody, Passphrase,
    RsaPoolOptions,
};
use signet_token::{
    Curve, EncryptionKey, KeyManagement, KeyUnwrap, SessionClaims, SessionTokenError, SessionTokenKind,
    VerificationKey,
};
use tempfile::TempDir;

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple")
}

pub(crate) fn open(path: &Path) -> Result<Keystore, KeystoreError> {
    Keystore::open_or_create_with(path, &passphrase(), KdfCost::LOWEST)
}

/// A folder with a keystore in it.
pub(crate) fn folder_with_keystore() -> (TempDir, PathBuf, Keystore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signet.keystore");
    let keystore = open(&path).unwrap();
    (folder, path, keystore)
}

pub(crate) fn claims() -> SessionClaims {
    SessionClaims {
        iss: "https://signet.example".to_owned(),
        aud: "shop".to_owned(),
        sub: "visitor".to_owned(),
        sid: "session".to_owned(),
        iat: 1,
        exp: 2,
        assurance: "VERIFIED".to_owned(),
        auth_time: None,
        dev: None,
        ext: None,
        cnf: None,
    }
}

/// The names of the files in a folder.
pub(crate) fn files(folder: &TempDir) -> Vec<String> {
    fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn it_is_made_on_first_start_and_is_the_same_ever_after() {
    let (folder, path, first) = folder_with_keystore();
    assert_eq!(files(&folder), ["signet.keystore"], "nothing is left beside it");
    let second = open(&path).unwrap();
    assert_eq!(first.jwks_json(), second.jwks_json());
    assert_eq!(first.platform_public_key_pem().unwrap(), second.platform_public_key_pem().unwrap());
    let token = first.session_signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    assert_eq!(second.session_signer().verify(&token, SessionTokenKind::Session).unwrap(), claims());
}

#[test]
fn the_default_cost_is_in_the_file_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    let first = Keystore::open_or_create(&path, &passphrase()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let kdf = r#""kdf":{"name":"argon2id","memoryKib":65536,"iterations":3,"parallelism":1,"#;
    assert!(text.starts_with(r#"{"format":"signet-keystore","version":1,"#) && text.contains(kdf), "{text}");
    // The cost given is for a new file: an existing one is opened with its own.
    assert_eq!(open(&path).unwrap().jwks_json(), first.jwks_json());
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path, mut keystore) = folder_with_keystore();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    keystore.rotate_session_key().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "also after a change");
}

#[test]
fn what_is_published_is_public_and_in_the_standard_form() {
    let keystore = Keystore::in_memory_generated().unwrap();
    let jwks: serde_json::Value = serde_json::from_str(&keystore.jwks_json()).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!((&keys[0]["use"], &keys[0]["alg"]), (&"enc".into(), &"RSA-OAEP-256".into()));
    let from_pem = VerificationKey::from_pem(&keystore.platform_public_key_pem().unwrap()).unwrap();
    assert_eq!(keys[0]["kid"], from_pem.fingerprint().as_str(), "the key id is the thumbprint");
    assert_eq!(from_pem.bits(), 2048);
}

#[test]
fn a_wrong_passphrase_is_said_to_be_one() {
    let (_folder, path, _) = folder_with_keystore();
    let before = fs::read(&path).unwrap();
    for wrong in
        ["correct horse battery stapl", "Correct horse battery staple", " correct horse battery staple"]
    {
        let refused = Keystore::open_or_create(&path, &Passphrase::new(wrong)).unwrap_err();
        assert!(matches!(refused, KeystoreError::WrongPassphrase), "{refused}");
    }
    let refused = Keystore::open_or_create(&path, &Passphrase::new("")).unwrap_err();
    assert!(matches!(refused, KeystoreError::PassphraseEmpty), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), before, "and nothing is overwritten");
}

#[test]
fn a_change_of_any_byte_is_noticed() {
    let (_folder, path, _) = folder_with_keystore();
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(&path, &damaged).unwrap();
            let refused = open(&path).expect_err("a damaged keystore was opened");
            assert!(
                matches!(
                    refused,
                    KeystoreError::Damaged
                        | KeystoreError::NotAKeystore
                        | KeystoreError::UnsupportedVersion { .. }
                ),
                "byte {at}: {refused}"
            );
        }
    }
    fs::write(&path, &bytes).unwrap();
    assert!(open(&path).is_ok());
}

#[test]
fn a_torn_write_is_noticed_and_not_taken_for_a_missing_file() {
    let (_folder, path, _) = folder_with_keystore();
    let bytes = fs::read(&path).unwrap();
    for length in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..length]).unwrap();
        let refused = open(&path).expect_err("part of a keystore was opened");
        assert!(matches!(refused, KeystoreError::NotAKeystore), "{length} bytes: {refused}");
        assert_eq!(fs::read(&path).unwrap().len(), length, "the remains are kept");
    }
    let mut doubled = bytes.clone();
    doubled.extend_from_slice(&bytes);
    fs::write(&path, doubled).unwrap();
    assert!(matches!(open(&path).unwrap_err(), KeystoreError::NotAKeystore));
}

#[test]
fn the_remains_of_an_interrupted_write_do_no_harm() {
    let (folder, path, first) = folder_with_keystore();
    fs::write(folder.path().join(".signet.keystore.AAAAAAAAAAAA.tmp"), b"half of a file").unwrap();
    let mut again = open(&path).unwrap();
    assert_eq!(again.jwks_json(), first.jwks_json());
    again.rotate_decryption_key().unwrap();
    assert_eq!(open(&path).unwrap().jwks_json(), again.jwks_json());
}

#[test]
fn someone_who_repairs_the_checksum_does_not_get_further() {
    // The checksum is no protection: with it made right again, the authenticated encryption must refuse.
    let (_folder, path, _) = folder_with_keystore();
    let text = fs::read_to_string(&path).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let nonce = file["cipher"]["nonce"].as_str().unwrap().to_owned();
    let other = if nonce.starts_with('A') { "B" } else { "A" };
    file["cipher"]["nonce"] = format!("{other}{}", &nonce[1..]).into();
    let covered = format!(
        "signet-keystore\n1\nargon2id\n8\n1\n1\n{}\nA256GCM\n{}\n{}",
        file["kdf"]["salt"].as_str().unwrap(),
        file["cipher"]["nonce"].as_str().unwrap(),
        file["sealed"].as_str().unwrap(),
    );
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, covered.as_bytes());
    file["digest"] = signet_token::base64url::encode(digest).into();
    fs::write(&path, file.to_string()).unwrap();
    assert!(matches!(open(&path).unwrap_err(), KeystoreError::WrongPassphrase));
}

#[test]
fn other_versions_costs_and_files_are_named() {
    let (_folder, path, _) = folder_with_keystore();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(r#""version":1"#, r#""version":4,"novelty":true"#)).unwrap();
    let newer = open(&path).unwrap_err();
    assert!(matches!(newer, KeystoreError::UnsupportedVersion { found: 4, known: 3 }), "{newer}");
    for other in ["", "{}", "null", "-----BEGIN PRIVATE KEY-----", r#"{"format":"other","version":1}"#] {
        fs::write(&path, other).unwrap();
        assert!(matches!(open(&path).unwrap_err(), KeystoreError::NotAKeystore), "{other}");
    }
    let extravagant = KdfCost { memory_kib: 64 * 1024 * 1024, ..KdfCost::LOWEST };
    let elsewhere = path.with_file_name("other");
    let refused = Keystore::open_or_create_with(&elsewhere, &passphrase(), extravagant).unwrap_err();
    assert!(matches!(refused, KeystoreError::CostOutOfRange), "{refused}");
    assert!(!elsewhere.exists());
    let nowhere = path.with_file_name("missing-folder").join("keystore");
    assert!(matches!(open(&nowhere).unwrap_err(), KeystoreError::Write { .. }));
}

/// The version that a file says it has.
fn version(path: &Path) -> u64 {
    let file: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    file["version"].as_u64().unwrap()
}

#[test]
fn a_file_has_the_version_that_its_keys_need() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    keystore.rotate_decryption_key().unwrap();
    assert_eq!(version(&path), 1);
    let key_id = keystore.rotate_decryption_key_for(KeyManagement::EcdhEsX25519).unwrap();
    assert_eq!(version(&path), 2, "a program that knows no keys on curves has to say so");
    assert_eq!(open(&path).unwrap().jwks_json(), keystore.jwks_json());
    // Back to what it understands, and to a file that it opens.
    keystore.retire_agreement_keys(Curve::X25519).unwrap();
    keystore.destroy_decryption_key(&key_id).unwrap();
    assert_eq!(version(&path), 1);
    assert_eq!(open(&path).unwrap().jwks_json(), keystore.jwks_json());
}

#[test]
fn a_keystore_without_decryption_keys_is_for_later_programs_and_can_be_given_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    let made = Keystore::open_or_create_without_decryption_keys(&path, &passphrase()).unwrap();
    assert!(made.decryption_keys().is_empty());
    assert!(made.platform_public_key_pem().is_err());
    assert_eq!(version(&path), 3, "a program that wants an active key has to say so");
    let mut again = open(&path).unwrap();
    again.rotate_decryption_key().unwrap();
    assert_eq!((version(&path), again.decryption_keys().len()), (1, 1));
    let kept = Keystore::open_or_create_without_decryption_keys(&path, &passphrase()).unwrap();
    assert_eq!(kept.jwks_json(), again.jwks_json(), "what is there stays");
}

/// A file with test keys, written by a program that knew version 1 alone.
#[test]
fn a_file_of_an_earlier_program_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    fs::write(&path, include_bytes!("version-1.keystore.json")).unwrap();
    let mut keystore = open(&path).unwrap();
    let keys = keystore.decryption_keys();
    let listed: Vec<_> = keys.iter().map(|info| (info.key_id.as_str(), info.state)).collect();
    assert_eq!(
        listed,
        [
            ("Me-lc5WINN2clBXI4laLktj4qz_6QRAP19suu-PHL00", KeyState::Active),
            ("tVQkF1VT0VuegiPT5xxKaIUmrSQ8ftxX32sVZnZPTMM", KeyState::Retired)
        ]
    );
    keystore.rotate_decryption_key_for(KeyManagement::EcdhEsP256).unwrap();
    assert_eq!(open(&path).unwrap().decryption_keys().len(), 3);
}

#[test]
fn what_another_process_wrote_is_not_lost() {
    let (_folder, path, mut server) = folder_with_keystore();
    let mut operator = open(&path).unwrap();
    let theirs = operator.rotate_decryption_key_for(KeyManagement::EcdhEsP256).unwrap();
    let before = server.jwks_json();
    let refused = server.rotate_decryption_key().unwrap_err();
    assert!(matches!(refused, KeystoreError::ChangedMeanwhile { .. }), "{refused}");
    assert_eq!(server.jwks_json(), before, "nor is anything changed in memory");
    let mut server = open(&path).unwrap();
    let ours = server.rotate_decryption_key().unwrap();
    server.rotate_decryption_key().unwrap();
    let kept: Vec<_> = open(&path).unwrap().decryption_keys().into_iter().map(|info| info.key_id).collect();
    assert!(kept.contains(&theirs) && kept.contains(&ours));
    fs::remove_file(&path).unwrap();
    assert!(matches!(server.rotate_decryption_key().unwrap_err(), KeystoreError::ChangedMeanwhile { .. }));
    assert!(!path.exists(), "a keystore that was taken away does not come back");
}

#[test]
fn of_processes_that_change_it_together_each_is_told() {
    let (_folder, path, _) = folder_with_keystore();
    let openers: Vec<_> = (0..4).map(|_| open(&path).unwrap()).collect();
    let made: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = openers
            .into_iter()
            .map(|mut keystore| {
                scope.spawn(move || keystore.rotate_decryption_key_for(KeyManagement::EcdhEsX25519))
            })
            .collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    let kept: Vec<_> = open(&path).unwrap().decryption_keys().into_iter().map(|info| info.key_id).collect();
    let told: Vec<_> = made.iter().filter_map(|made| made.as_ref().ok()).collect();
    assert_eq!(told.len(), 1, "{made:?}");
    assert!(kept.contains(told[0]));
}

#[test]
fn processes_that_start_together_end_up_with_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    let published: Vec<String> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&path).unwrap().jwks_json())).collect();
        starters.into_iter().map(|starter| starter.join().unwrap()).collect()
    });
    assert!(published.iter().all(|jwks| *jwks == published[0]));
    assert_eq!(files(&folder), ["keystore"]);
}

#[test]
fn rotation_keeps_the_retired_key_for_decryption_until_it_is_destroyed() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let old_id = keystore.decryption_keys()[0].key_id.clone();
    let old_key = EncryptionKey::from_jwk(&keystore.decryption_keys()[0].public_jwk).unwrap();
    let wrapped = old_key.wrap(&[9; 32]).unwrap();
    assert!(matches!(keystore.destroy_decryption_key(&old_id).unwrap_err(), KeystoreError::StillActive));

    let new_id = keystore.rotate_decryption_key().unwrap();
    let reopened = open(&path).unwrap();
    let states: Vec<_> = reopened.decryption_keys().into_iter().map(|key| (key.key_id, key.state)).collect();
    assert_eq!(states, [(new_id.clone(), KeyState::Active), (old_id.clone(), KeyState::Retired)]);
    assert!(
        !reopened.jwks_json().contains(old_id.as_str()) && reopened.jwks_json().contains(new_id.as_str())
    );
    assert!(unwraps(&reopened, Some(old_id.as_str()), &wrapped));
    assert!(unwraps(&reopened, None, &wrapped));

    keystore.destroy_decryption_key(&old_id).unwrap();
    assert!(matches!(keystore.destroy_decryption_key(&old_id).unwrap_err(), KeystoreError::KeyNotFound));
    let reopened = open(&path).unwrap();
    assert!(!unwraps(&reopened, Some(old_id.as_str()), &wrapped));
    assert!(!unwraps(&reopened, None, &wrapped));
}

/// The algorithms and states of the decryption keys, as they are listed.
fn listed(keystore: &Keystore) -> Vec<(KeyManagement, KeyState)> {
    keystore.decryption_keys().iter().map(|info| (info.algorithm, info.state)).collect()
}

#[test]
fn keys_on_curves_are_made_on_demand_published_after_rsa_and_kept() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let rsa = (KeyManagement::RsaOaep256, KeyState::Active);
    assert_eq!(listed(&keystore), [rsa]);
    for algorithm in [KeyManagement::EcdhEsP256, KeyManagement::EcdhEsX25519] {
        let key_id = keystore.rotate_decryption_key_for(algorithm).unwrap();
        assert_eq!(keystore.decryption_keys()[1].key_id, key_id);
        assert_eq!(keystore.decryption_keys()[1].algorithm, algorithm);
    }
    assert_eq!(open(&path).unwrap().jwks_json(), keystore.jwks_json());
    let published: serde_json::Value = serde_json::from_str(&keystore.jwks_json()).unwrap();
    let keys: Vec<_> = published["keys"].as_array().unwrap().iter().collect();
    let shape = |name: &str| keys.iter().map(|key| key[name].as_str().unwrap_or("-")).collect::<Vec<_>>();
    assert_eq!(shape("kty"), ["RSA", "OKP", "EC"]);
    assert_eq!(shape("crv"), ["-", "X25519", "P-256"]);
    assert_eq!(shape("alg"), ["RSA-OAEP-256", "ECDH-ES+A256KW", "ECDH-ES+A256KW"]);
    assert_eq!(shape("use"), ["enc", "enc", "enc"]);
    assert!(keys.iter().all(|key| key["d"].is_null()), "a private key is published");
    for key in keys {
        let read = EncryptionKey::from_jwk(&key.to_string()).unwrap();
        assert_eq!(read.key_id(), Some(read.fingerprint().as_str()));
    }

    // Each algorithm rotates on its own.
    let first = keystore.decryption_keys()[2].key_id.clone();
    keystore.rotate_decryption_key_for(KeyManagement::EcdhEsP256).unwrap();
    let p256 = |state| (KeyManagement::EcdhEsP256, state);
    let x25519 = (KeyManagement::EcdhEsX25519, KeyState::Active);
    assert_eq!(listed(&keystore), [rsa, p256(KeyState::Active), x25519, p256(KeyState::Retired)]);
    keystore.rotate_decryption_key_for(KeyManagement::RsaOaep256).unwrap();
    assert_eq!(listed(&keystore)[2..], [p256(KeyState::Active), x25519, p256(KeyState::Retired)]);
    assert!(keystore.destroy_decryption_key(&keystore.decryption_keys()[2].key_id.clone()).is_err());
    keystore.destroy_decryption_key(&first).unwrap();
    assert_eq!(listed(&keystore).len(), 4);
    keystore.retire_agreement_keys(Curve::X25519).unwrap();
    assert!(!keystore.jwks_json().contains("X25519"), "retired keys are not published");
    assert_eq!(listed(&open(&path).unwrap()), listed(&keystore));
}

fn unwraps(keystore: &Keystore, key_id: Option<&str>, encrypted_key: &[u8]) -> bool {
    let pool = keystore.local_unwrap(RsaPoolOptions { threads: 1, queue: 1 }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(pool.unwrap(key_id, encrypted_key)).unwrap().is_key()
}

#[test]
fn session_tokens_outlive_a_rotation_of_their_key() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let before = keystore.session_signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    keystore.rotate_session_key().unwrap();
    let after = keystore.session_signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    assert_ne!(before, after);
    let verifier = open(&path).unwrap().session_signer();
    for token in [&before, &after] {
        assert!(verifier.verify(token, SessionTokenKind::Session).is_ok());
    }
    let stranger = Keystore::in_memory_generated().unwrap().session_signer();
    assert_eq!(
        stranger.verify(&after, SessionTokenKind::Session).unwrap_err(),
        SessionTokenError::UnknownKey
    );
}

#[test]
fn further_secrets_are_made_once() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let first = keystore.secret_or_create("password-pepper", 32).unwrap();
    assert_eq!(first.len(), 32);
    assert_ne!(first.as_slice(), keystore.secret_or_create("other", 32).unwrap().as_slice());
    assert_eq!(
        open(&path).unwrap().secret_or_create("password-pepper", 32).unwrap().as_slice(),
        first.as_slice()
    );
}

#[test]
fn no_secret_is_in_the_file_or_in_any_debug_output() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let secret = keystore.secret_or_create("canary", 32).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let encoded = signet_token::base64url::encode(&*secret);
    let debug = format!("{keystore:?} {:?}", passphrase());
    for found in [&encoded, "correct horse", "canary", "pkcs8", "decryptionKeys"] {
        assert!(!text.contains(found), "{found} is in the file");
    }
    assert!(!debug.contains(&encoded) && !debug.contains("correct horse"), "{debug}");
}

#[tokio::test]
async fn a_process_that_serves_follows_changes_made_here_and_elsewhere() {
    let (_folder, path, keystore) = folder_with_keystore();
    let options = RsaPoolOptions { threads: 1, queue: 8 };
    let here = LocalCustody::start(keystore, options).unwrap();
    let elsewhere = LocalCustody::start(open(&path).unwrap(), options).unwrap();
    let first = here.keys()[0].clone();
    let encrypted_key = EncryptionKey::from_jwk(&first.public_jwk).unwrap().wrap(&[7; 32]).unwrap();
    let opens = async |custody: &LocalCustody| {
        let opened = custody.unwrap(None, &encrypted_key).await.unwrap();
        opened.is_key().then(|| opened.unwrapped_by().unwrap())
    };
    assert_eq!(opens(&here).await.as_ref(), Some(&first.key_id), "custody says which key it was");

    let made = here.create(KeyManagement::RsaOaep256).await.unwrap();
    assert_eq!((&here.keys()[0].key_id, here.keys()[1].state), (&made, KeyState::Retired));
    assert_eq!(elsewhere.keys().len(), 1);
    elsewhere.refresh().await.unwrap();
    assert_eq!(elsewhere.keys(), here.keys());
    assert_eq!(opens(&elsewhere).await.as_ref(), Some(&first.key_id), "retired and still decrypting");

    // A process that has not looked for a while changes what is there, not what it knew.
    here.create(KeyManagement::EcdhEsX25519).await.unwrap();
    elsewhere.destroy(first.key_id.clone()).await.unwrap();
    assert_eq!(elsewhere.keys().len(), 2);
    assert_eq!(opens(&elsewhere).await, None);
    assert_eq!(opens(&here).await, Some(first.key_id.clone()), "until it looks");
    here.refresh().await.unwrap();
    assert_eq!(opens(&here).await, None);

    let last = here.retire(made).await.unwrap_err();
    assert!(matches!(last, CustodyError::LastActiveKey), "{last}");
    let gone = here.destroy(first.key_id).await.unwrap_err();
    assert!(matches!(gone, CustodyError::KeyNotFound), "{gone}");
}

#[tokio::test]
async fn what_cannot_be_read_changes_no_keys() {
    let (_folder, path, keystore) = folder_with_keystore();
    let custody = LocalCustody::start(keystore, RsaPoolOptions { threads: 1, queue: 8 }).unwrap();
    let keys = custody.keys();
    // Another passphrase, a torn file, none at all.
    let (_other_folder, other, _) = folder_with_keystore();
    fs::copy(&other, &path).unwrap();
    assert!(custody.refresh().await.is_err(), "its salt is another");
    fs::write(&path, b"{").unwrap();
    assert!(custody.refresh().await.is_err());
    fs::remove_file(&path).unwrap();
    assert!(custody.refresh().await.is_err());
    assert!(custody.create(KeyManagement::RsaOaep256).await.is_err());
    assert!(!path.exists(), "and nothing is made in its place");
    assert_eq!(custody.keys(), keys);
}
