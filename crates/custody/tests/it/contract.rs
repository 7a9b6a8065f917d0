//! What every custody does alike: one suite, run against the local pool, Vault's transit engine and PKCS#11 modules.

use futures_util::future::join_all;
use signet_custody::DecryptionKeyInfo;
use signet_token::{EncryptionKey, KeyUnwrap, UnwrapError};

/// A custody with at least two RSA keys, newest first.
pub(crate) struct Subject<'a> {
    pub(crate) custody: &'a dyn KeyUnwrap,
    pub(crate) keys: Vec<DecryptionKeyInfo>,
}

/// Wraps a value for a key.
pub(crate) fn wrap(info: &DecryptionKeyInfo, value: &[u8]) -> Vec<u8> {
    EncryptionKey::from_jwk(&info.public_jwk).unwrap().wrap(value).unwrap()
}

impl Subject<'_> {
    /// What comes of an unwrap, without the key.
    async fn outcome(&self, key_id: Option<&str>, encrypted_key: &[u8]) -> Result<bool, UnwrapError> {
        self.custody.unwrap(key_id, encrypted_key).await.map(|key| key.is_key())
    }

    /// The whole suite.
    pub(crate) async fn obeys_the_contract(&self) {
        assert!(self.keys.len() >= 2, "the suite needs two keys");
        self.every_key_unwraps_by_name_and_without().await;
        self.a_wrong_key_and_an_unknown_one_are_bad().await;
        self.only_a_content_key_is_one().await;
        self.junk_of_every_length_is_bad().await;
        self.two_hundred_at_once_each_get_their_own().await;
    }

    async fn every_key_unwraps_by_name_and_without(&self) {
        for info in &self.keys {
            let wrapped = wrap(info, &[7; 32]);
            assert_eq!(
                self.outcome(Some(info.key_id.as_str()), &wrapped).await,
                Ok(true),
                "{:?}",
                info.key_id
            );
            assert_eq!(self.outcome(None, &wrapped).await, Ok(true), "{:?} without its id", info.key_id);
        }
    }

    async fn a_wrong_key_and_an_unknown_one_are_bad(&self) {
        let (newest, older) = (&self.keys[0], &self.keys[1]);
        let wrapped = wrap(newest, &[7; 32]);
        let thumbprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for other in [older.key_id.as_str(), thumbprint, "", "v1", "../keys/other", "\u{1f511}"] {
            assert_eq!(self.outcome(Some(other), &wrapped).await, Ok(false), "{other:?}");
        }
        let stranger = signet_token::DecryptionKey::generate().unwrap();
        let foreign =
            EncryptionKey::from_jwk(&stranger.to_public_jwk_json()).unwrap().wrap(&[7; 32]).unwrap();
        for key_id in [None, Some(newest.key_id.as_str()), Some(stranger.fingerprint().as_str())] {
            assert_eq!(self.outcome(key_id, &foreign).await, Ok(false), "{key_id:?}");
        }
    }

    /// A content key has 32 bytes; whatever else was encrypted well is as bad as what was not.
    async fn only_a_content_key_is_one(&self) {
        let newest = &self.keys[0];
        for length in [0, 1, 16, 31, 33, 48, 64, 190] {
            let wrapped = wrap(newest, &vec![7; length]);
            for key_id in [Some(newest.key_id.as_str()), None] {
                assert_eq!(self.outcome(key_id, &wrapped).await, Ok(false), "{length} bytes");
            }
        }
    }

    async fn junk_of_every_length_is_bad(&self) {
        let key_id = Some(self.keys[0].key_id.as_str());
        let modulus = wrap(&self.keys[0], &[7; 32]).len();
        let lengths: Vec<usize> = (0..=modulus + 8).chain([2 * modulus, 4_096]).collect();
        for some in lengths.chunks(32) {
            let junk = some.iter().flat_map(|length| {
                [0x00, 0x01, 0x80, 0xff].map(|byte| async move {
                    let outcome = self.outcome(key_id, &vec![byte; *length]).await;
                    assert_eq!(outcome, Ok(false), "{length} times {byte:#x}");
                })
            });
            join_all(junk).await;
        }
        // One bit of a good one.
        let wrapped = wrap(&self.keys[0], &[7; 32]);
        for at in [0, 1, modulus / 2, modulus - 1] {
            let mut damaged = wrapped.clone();
            damaged[at] ^= 1;
            assert_eq!(self.outcome(key_id, &damaged).await, Ok(false), "byte {at}");
        }
        assert_eq!(self.outcome(key_id, &wrapped).await, Ok(true), "and none of it does harm");
    }

    /// Good ones, bad ones and those without a key's name come mixed, and nobody is given what is another's.
    async fn two_hundred_at_once_each_get_their_own(&self) {
        let asked = (0..200).map(|number| async move {
            let info = &self.keys[number % 2];
            let (key_id, wrapped, wanted) = match number % 4 {
                0 | 1 => (Some(info.key_id.as_str()), wrap(info, &[7; 32]), Ok(true)),
                2 => (None, wrap(info, &[7; 32]), Ok(true)),
                _ => (Some(info.key_id.as_str()), vec![number as u8; 256], Ok(false)),
            };
            assert_eq!(self.outcome(key_id, &wrapped).await, wanted, "number {number}");
        });
        join_all(asked).await;
    }
}
