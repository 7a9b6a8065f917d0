//! What holds for the tokens of every kit: any person and any details come out as they went in, and a token in which any
//! bit is another one is no token any more.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use signet_testkit::now_unix_ms;
use signet_testkit::token_factory::TokenFactory;
use signet_token::{
    CheckedToken, DecryptionKey, EncryptionKey, Policy, ReceivedToken, SigningKey, TokenError,
    VerificationKey,
};

use crate::openssl::OpensslKeys;
use crate::providers::{Case, available, run};

/// How many tokens each kit makes of its own.
const CASES: usize = 12;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MEMBERS: [&str; 8] =
    ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];

/// A strict project, and the platform.
struct Verifier {
    platform: DecryptionKey,
    keys: Vec<VerificationKey>,
    now_unix_ms: i64,
}

impl Verifier {
    fn new(keys: &OpensslKeys) -> Self {
        let brand = VerificationKey::from_pem(&keys.customer_public).unwrap().with_key_id("brand-1").unwrap();
        let platform = DecryptionKey::from_pem(&keys.platform_private).unwrap();
        Self { platform, keys: vec![brand], now_unix_ms: now_unix_ms() }
    }

    async fn open(&self, token: &str) -> Result<CheckedToken, TokenError> {
        let policy = Policy::strict();
        let received = ReceivedToken::parse(token, &policy)?;
        received.decrypt(&self.platform).await?.verify(&self.keys)?.check(&policy, "shop", self.now_unix_ms)
    }

    /// What the kit is given: a strict token for this person.
    fn case(&self, user_id: &str, visitor_data: &Value) -> Case {
        let platform = self.platform.fingerprint().as_str();
        let options = json!({ "issuer": "https://shop.example", "audience": "shop", "keyId": "brand-1", "platformKeyId": platform });
        Case(json!({ "userId": user_id, "visitorData": visitor_data, "options": options }))
    }
}

/// Any person, whose details are any text there is, escapes, controls and surrogate pairs included. Not the empty one: it
/// is the same as none in Go, where a member of a struct cannot be absent.
fn person() -> impl Strategy<Value = (String, Value)> {
    let text = || proptest::collection::vec(any::<char>(), 1..=20).prop_map(String::from_iter);
    let member = proptest::option::of(text());
    let members = proptest::collection::vec(member, MEMBERS.len()).prop_map(|values| {
        let present = MEMBERS.into_iter().zip(values);
        present.filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))).collect()
    });
    ("[^\\p{Cc}]{1,60}", members)
}

/// The visitorData that was accepted, without what is absent.
fn visitor_data(checked: &CheckedToken) -> Value {
    let data = checked.visitor_data();
    let texts = [
        &data.address,
        &data.city,
        &data.country,
        &data.email,
        &data.first_name,
        &data.last_name,
        &data.phone_number,
        &data.zip_code,
    ];
    let present = MEMBERS.into_iter().zip(texts);
    present.filter_map(|(name, text)| Some((name.to_owned(), Value::String(text.clone()?)))).collect()
}

#[tokio::test]
async fn whatever_a_kit_is_given_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let keys = OpensslKeys::make(folder.path());
    let verifier = Verifier::new(&keys);
    let mut runner = TestRunner::default();
    for (kit, mut command) in available(folder.path()) {
        let people: Vec<_> = (0..CASES).map(|_| person().new_tree(&mut runner).unwrap().current()).collect();
        let lines: Vec<String> = people
            .iter()
            .map(|(user_id, data)| {
                verifier.case(user_id, data).lines(&keys.customer, Some(verifier.now_unix_ms / 1_000))
            })
            .collect();
        let mut token_ids = std::collections::HashSet::new();
        for ((user_id, data), token) in people.iter().zip(run(kit, &mut command, &lines)) {
            let checked = verifier.open(&token).await;
            let checked = checked.unwrap_or_else(|error| panic!("{kit}: {error}: {user_id:?} {data}"));
            assert_eq!(checked.user_id(), user_id, "{kit}");
            assert_eq!(visitor_data(&checked), *data, "{kit}");
            assert!(token_ids.insert(checked.token_id().unwrap().to_owned()), "{kit}: a jti came twice");
        }
    }
}

/// The texts that differ from a token in one bit: of each character another bit in turn, so that every part is visited and
/// every place within a character.
fn flipped(token: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    token.bytes().enumerate().filter_map(move |(at, original)| {
        let value = ALPHABET.iter().position(|candidate| *candidate == original)?;
        let mut changed = token.to_owned().into_bytes();
        changed[at] = ALPHABET[value ^ (1 << (at % 6))];
        Some((at, String::from_utf8(changed).unwrap()))
    })
}

#[tokio::test]
async fn any_bit_flipped_in_a_token_of_any_kit_makes_it_unacceptable() {
    let folder = tempfile::tempdir().unwrap();
    let keys = OpensslKeys::make(folder.path());
    let verifier = Verifier::new(&keys);
    let platform = EncryptionKey::from_jwk(&verifier.platform.to_public_jwk_json()).unwrap();
    let again = TokenFactory::new(SigningKey::from_pem(&keys.customer.private).unwrap(), platform);
    let case = verifier.case("user-1", &json!({ "firstName": "Zoë" }));
    let line = case.lines(&keys.customer, Some(verifier.now_unix_ms / 1_000));
    for (kit, mut command) in available(folder.path()) {
        let token = run(kit, &mut command, std::slice::from_ref(&line)).remove(0);
        assert!(verifier.open(&token).await.is_ok(), "{kit}");
        for (at, changed) in flipped(&token) {
            assert!(verifier.open(&changed).await.is_err(), "{kit}: character {at}");
        }
        // The outer tag does not cover what somebody encrypts anew: the signature has to hold by itself.
        let inner = keys.decrypt(&token);
        let encrypted = |inner: String| again.token("user-1", verifier.now_unix_ms).content(inner).build();
        assert!(verifier.open(&encrypted(inner.clone())).await.is_ok(), "{kit}");
        for (at, changed) in flipped(&inner) {
            assert!(verifier.open(&encrypted(changed)).await.is_err(), "{kit}: character {at} inside");
        }
    }
}
