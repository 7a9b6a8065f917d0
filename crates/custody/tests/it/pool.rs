//! The pool of threads for private key operations.

use std::sync::LazyLock;
use std::task::{Context, Waker};

use futures_util::future::join_all;
use signet_custody::{Keystore, LocalUnwrap, RsaPoolOptions};
use signet_token::{EncryptionKey, Exact, KeyAgreement, KeyManagement, KeyUnwrap, UnwrapError, UnwrappedKey};

static KEYSTORE: LazyLock<Keystore> = LazyLock::new(|| {
    let mut keystore = Keystore::in_memory_generated().unwrap();
    keystore.rotate_decryption_key().unwrap();
    keystore
});

fn pool(threads: usize, queue: usize) -> LocalUnwrap {
    KEYSTORE.local_unwrap(RsaPoolOptions { threads, queue }).unwrap()
}

/// The key id of one of the two keys, newest first, and a content key wrapped for it.
fn wrapped(index: usize) -> (String, Vec<u8>) {
    let info = KEYSTORE.decryption_keys().remove(index);
    let key = EncryptionKey::from_jwk(&info.public_jwk).unwrap();
    (info.key_id.to_string(), key.wrap(&[9; 32]).unwrap())
}

#[tokio::test]
async fn it_obeys_the_contract() {
    let pool = pool(2, 1_000);
    crate::contract::Subject { custody: &pool, keys: KEYSTORE.decryption_keys() }.obeys_the_contract().await;
}

#[tokio::test]
async fn it_unwraps_with_the_named_key_or_with_any() {
    let pool = pool(2, 8);
    for index in [0, 1] {
        let (key_id, encrypted_key) = wrapped(index);
        assert!(pool.unwrap(Some(&key_id), &encrypted_key).await.unwrap().is_key());
        assert!(pool.unwrap(None, &encrypted_key).await.unwrap().is_key());
    }
}

#[tokio::test]
async fn a_key_it_does_not_have_and_a_value_it_cannot_unwrap_are_the_same_error() {
    let pool = pool(1, 8);
    let (newest_id, for_newest) = wrapped(0);
    let (oldest_id, _) = wrapped(1);
    let key = EncryptionKey::from_jwk(&KEYSTORE.decryption_keys()[0].public_jwk).unwrap();
    let cases = [
        (Some("unknown"), for_newest.clone()),
        (Some(""), for_newest.clone()),
        (Some(oldest_id.as_str()), for_newest.clone()),
        (Some(newest_id.as_str()), vec![0; 256]),
        (Some(newest_id.as_str()), vec![0xff; 256]),
        (Some(newest_id.as_str()), Vec::new()),
        (Some(newest_id.as_str()), key.wrap(&[9; 31]).unwrap()),
        (Some(newest_id.as_str()), key.wrap(&[9; 33]).unwrap()),
        (None, vec![1; 256]),
        (None, vec![1; 5_000]),
    ];
    for (key_id, encrypted_key) in cases {
        assert!(!pool.unwrap(key_id, &encrypted_key).await.unwrap().is_key(), "{key_id:?}");
    }
}

#[tokio::test]
async fn how_much_work_is_done_depends_on_nothing_secret() {
    let pool = pool(1, 8);
    let (newest_id, for_newest) = wrapped(0);
    let (_, for_oldest) = wrapped(1);
    let values = [for_newest, for_oldest, vec![0; 256], vec![0xff; 256], vec![1; 7], Vec::new()];
    for (key_id, wanted) in [(Some(newest_id.as_str()), 1), (Some("unknown"), 1), (None, 2)] {
        for value in &values {
            let before = pool.operations();
            drop(pool.unwrap(key_id, value).await);
            assert_eq!(pool.operations() - before, wanted, "{key_id:?}");
        }
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing_it_took() {
    let pool = pool(1, 4);
    let (key_id, encrypted_key) = wrapped(0);
    // All 200 are put in by this one thread before it waits for the first: an operation takes hundreds of times longer.
    let answers = join_all((0..200).map(|_| pool.unwrap(Some(&key_id), &encrypted_key))).await;
    let done = answers.iter().filter(|answer| answer.as_ref().is_ok_and(UnwrappedKey::is_key)).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(UnwrapError::Overloaded))).count();
    assert_eq!(done + refused, 200);
    assert!(done >= 4, "what was taken is done: {done}");
    assert!(refused >= 100, "the rest is refused: {refused}");
    // And it recovers.
    assert_eq!(pool.waiting(), 0);
    assert!(pool.unwrap(Some(&key_id), &encrypted_key).await.unwrap().is_key());
}

#[tokio::test]
async fn callers_that_went_away_cost_no_operation() {
    let pool = pool(1, 1_000);
    let (key_id, encrypted_key) = wrapped(0);
    for _ in 0..900 {
        let mut abandoned = pool.unwrap(Some(&key_id), &encrypted_key);
        // The first poll puts the job in; unless the pool was quick, the answer is not there yet.
        let _ = abandoned.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    // The queue is first in, first out: once this is answered the abandoned ones are behind us.
    assert!(pool.unwrap(Some(&key_id), &encrypted_key).await.unwrap().is_key());
    assert_eq!(pool.waiting(), 0);
    assert!(pool.operations() < 450, "{} operations were done for nobody", pool.operations());
}

#[tokio::test]
async fn many_tasks_share_it() {
    let pool = std::sync::Arc::new(pool(4, 1_000));
    let (key_id, encrypted_key) = wrapped(0);
    let tasks = (0..100).map(|_| {
        let (pool, key_id, encrypted_key) =
            (std::sync::Arc::clone(&pool), key_id.clone(), encrypted_key.clone());
        tokio::spawn(async move { pool.unwrap(Some(&key_id), &encrypted_key).await.unwrap().is_key() })
    });
    assert!(join_all(tasks).await.into_iter().all(Result::unwrap));
}

#[tokio::test]
async fn a_pool_of_no_size_is_one_of_size_one() {
    let pool = pool(0, 0);
    let (key_id, encrypted_key) = wrapped(0);
    assert!(pool.unwrap(Some(&key_id), &encrypted_key).await.unwrap().is_key());
}

#[tokio::test]
async fn key_agreement_follows_the_same_rules() {
    let mut keystore = Keystore::in_memory_generated().unwrap();
    let without = keystore.local_unwrap(RsaPoolOptions { threads: 1, queue: 8 }).unwrap();
    for algorithm in [KeyManagement::EcdhEsX25519, KeyManagement::EcdhEsP256, KeyManagement::EcdhEsP256] {
        keystore.rotate_decryption_key_for(algorithm).unwrap();
    }
    let pool = keystore.local_unwrap(RsaPoolOptions { threads: 2, queue: 8 }).unwrap();
    let curve_keys: Vec<_> = keystore.decryption_keys().into_iter().skip(1).collect();
    assert_eq!(curve_keys.len(), 3);
    for info in &curve_keys {
        let key = EncryptionKey::from_jwk(&info.public_jwk).unwrap();
        let wrapped = key.encrypt_key(&[9; 32], b"", b"").unwrap();
        let agreement = KeyAgreement {
            ephemeral_key: wrapped.ephemeral_key.unwrap(),
            party_u: Vec::new(),
            party_v: Vec::new(),
            encrypted_key: Exact::read(&wrapped.encrypted_key),
        };
        let key_id = info.key_id.as_str();
        assert!(pool.agree_and_unwrap(Some(key_id), &agreement).await.unwrap().is_key());
        // Without a key id every key is tried, of every curve, and always all of them.
        let before = pool.operations();
        assert!(pool.agree_and_unwrap(None, &agreement).await.unwrap().is_key());
        assert_eq!(pool.operations() - before, 3);
        let before = pool.operations();
        let rsa_key_id = keystore.decryption_keys()[0].key_id.clone();
        for unknown in ["unknown", rsa_key_id.as_str()] {
            let refused = pool.agree_and_unwrap(Some(unknown), &agreement).await;
            assert!(!refused.unwrap().is_key());
        }
        assert_eq!(pool.operations() - before, 2, "an unknown key id costs what a known one does");
        assert!(!pool.unwrap(Some(key_id), &[0; 256]).await.unwrap().is_key());
        let no_such_keys = without.agree_and_unwrap(Some(key_id), &agreement).await;
        assert!(!no_such_keys.unwrap().is_key());
    }
}
