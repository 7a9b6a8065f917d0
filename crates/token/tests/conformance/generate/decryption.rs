//! Tokens that fail inside key unwrap and content decryption: one answer for all of them.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA384_MGF1SHA384, OaepAlgorithm, OaepPublicEncryptingKey,
    Pkcs1PublicEncryptingKey, PublicEncryptingKey,
};
use signet_token::VerificationKey;

use super::{Group, NOW_MS, Setting};
use crate::token_factory::{Part, with_part};

const REFERENCE: &str = "5.2; RFC 7516 11.5; D6";
const FINE: &str = "TOKEN_UNDECRYPTABLE";

pub(crate) fn write(group: &mut Group<'_>) {
    damage(group);
    lengths(group);
    keys(group);
    paddings(group);
}

fn damage(group: &mut Group<'_>) {
    let token = group.good().build();
    let parts = [
        (Part::EncryptedKey, "encrypted key", [0, 128, 255]),
        (Part::Iv, "initialization vector", [0, 5, 11]),
        (Part::Ciphertext, "ciphertext", [0, 100, 300]),
        (Part::Tag, "tag", [0, 8, 15]),
    ];
    for (part, name, places) in parts {
        for place in places {
            let changed = with_part(&token, part, |bytes| bytes[place] ^= 1);
            group.refuse(&format!("one bit of the {name}, byte {place}"), REFERENCE, changed, FINE);
        }
    }
    let header = with_part(&token, Part::Header, |bytes| bytes.push(b' '));
    group.refuse(
        "white space behind the header: it is authenticated as written",
        "5.3; RFC 7516 5.2",
        header,
        FINE,
    );
    let other = group.good().outer_header("x", 1).build();
    let swapped: Vec<&str> = other.split('.').take(1).chain(token.split('.').skip(1)).collect();
    group.refuse("the header of another token", "5.3", swapped.join("."), FINE);
    let cut = with_part(&token, Part::Ciphertext, |bytes| bytes.truncate(bytes.len() / 2));
    group.refuse("half of the ciphertext", "5.3", cut, FINE);
    let none = with_part(&token, Part::Ciphertext, Vec::clear);
    group.refuse("no ciphertext", "5.3", none, FINE);
    let longer = with_part(&token, Part::Ciphertext, |bytes| bytes.extend_from_slice(&[0; 16]));
    group.refuse("more ciphertext", "5.3", longer, FINE);
}

fn lengths(group: &mut Group<'_>) {
    let token = group.good().build();
    for length in [0, 1, 4, 8, 12, 15, 17, 32] {
        let changed = with_part(&token, Part::Tag, |bytes| bytes.resize(length, 0));
        group.refuse(&format!("a tag of {length} bytes"), "5.3; RFC 7518 5.3; D7", changed, FINE);
    }
    for length in [0, 8, 11, 13, 16] {
        let changed = with_part(&token, Part::Iv, |bytes| bytes.resize(length, 0));
        group.refuse(
            &format!("an initialization vector of {length} bytes"),
            "5.3; RFC 7518 5.3; D7",
            changed,
            FINE,
        );
    }
    for length in [0, 1, 32, 255, 257, 512] {
        let changed = with_part(&token, Part::EncryptedKey, |bytes| bytes.resize(length, 0));
        group.refuse(&format!("an encrypted key of {length} bytes"), REFERENCE, changed, FINE);
    }
    for byte in [0x00, 0x01, 0xff] {
        let changed = with_part(&token, Part::EncryptedKey, |bytes| bytes.fill(byte));
        group.refuse(&format!("an encrypted key of bytes {byte:#04x}"), REFERENCE, changed, FINE);
    }
    for length in [0, 1, 16, 24, 31, 33, 48, 64] {
        let token = group.good().content_key(&vec![0x4b; length]).build();
        group.refuse(&format!("a content key of {length} bytes"), REFERENCE, token, FINE);
    }
}

fn keys(group: &mut Group<'_>) {
    let factory = group.keys.factory("customer-1", "platform-rsa-2");
    let token = factory.token("user-1", NOW_MS).build();
    group.refuse("encrypted to a key that is not ours, and says so", "5.2", token, FINE);
    let token = factory.token("user-1", NOW_MS).without_outer_header("kid").build();
    group.refuse("encrypted to a key that is not ours", "5.2", token, FINE);
    let kid = group.keys.rsa("platform-rsa").fingerprint().to_string();
    let token = factory.token("user-1", NOW_MS).outer_header("kid", kid.as_str()).build();
    group.refuse("encrypted to a key that is not ours under the name of ours", "5.2", token, FINE);
    let both = Setting::default().platform(&["platform-rsa", "platform-rsa-2"]);
    let token = factory.token("user-1", NOW_MS).outer_header("kid", kid).build();
    group.refuse_in(both, "kid names one key of ours, encrypted to the other", "5.2", token, FINE);
    for kid in ["customer-1", "../../etc/passwd", "' OR 1=1 --", "$(id)", "http://127.0.0.1/key", "*", "ключ"]
    {
        let token = group.good().outer_header("kid", kid).build();
        group.refuse(&format!("unknown kid {kid:?}"), "5.2; RFC 8725 3.10; D11", token, FINE);
    }
    let token = group.good().build();
    group.refuse_in(
        Setting::default().platform(&["platform-p256"]),
        "no RSA key in custody",
        "5.2",
        token,
        FINE,
    );
}

/// The right header over a content key that was wrapped in another way.
fn paddings(group: &mut Group<'_>) {
    let jwk = super::without(&super::without(&group.keys.platform_jwk("platform-rsa"), "use"), "alg");
    let der = VerificationKey::from_jwk(&jwk.to_string()).expect("platform key").to_spki_der();
    let key = || PublicEncryptingKey::from_der(&der).expect("platform key");
    let algorithms: [(&str, &'static OaepAlgorithm); 2] =
        [("RSA-OAEP with SHA-1", &OAEP_SHA1_MGF1SHA1), ("RSA-OAEP with SHA-384", &OAEP_SHA384_MGF1SHA384)];
    for (title, algorithm) in algorithms {
        let oaep = OaepPublicEncryptingKey::new(key()).expect("platform key");
        let mut wrapped = vec![0; oaep.ciphertext_size()];
        oaep.encrypt(algorithm, &[0x4b; 32], &mut wrapped, None).expect("encryption");
        let token = with_part(&group.good().build(), Part::EncryptedKey, |bytes| *bytes = wrapped);
        group.refuse(&format!("{title} under the header of RSA-OAEP-256"), "5.2; D4", token, FINE);
    }
    let oaep = OaepPublicEncryptingKey::new(key()).expect("platform key");
    let mut wrapped = vec![0; oaep.ciphertext_size()];
    oaep.encrypt(&aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256, &[0x4b; 32], &mut wrapped, Some(b"label"))
        .expect("encryption");
    let token = with_part(&group.good().build(), Part::EncryptedKey, |bytes| *bytes = wrapped);
    group.refuse("RSA-OAEP-256 with a label", "5.2; RFC 7518 4.3", token, FINE);
    let pkcs1 = Pkcs1PublicEncryptingKey::new(key()).expect("platform key");
    let mut wrapped = vec![0; pkcs1.ciphertext_size()];
    pkcs1.encrypt(&[0x4b; 32], &mut wrapped).expect("encryption");
    let token = with_part(&group.good().build(), Part::EncryptedKey, |bytes| *bytes = wrapped);
    group.refuse(
        "PKCS #1 v1.5 padding under the header of RSA-OAEP-256",
        "5.2; RFC 8725 3.2; D5",
        token,
        FINE,
    );
    let token = with_part(&group.good().build(), Part::EncryptedKey, |bytes| {
        bytes.fill(0);
        bytes[224..].fill(0x4b);
    });
    group.refuse("a content key without padding", "5.2", token, FINE);
}
