//! Opaque secrets, and passwords.

use std::sync::LazyLock;

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signet_domain::Env;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::AppError;

/// A new opaque secret of 256 bits with a prefix that scanners of leaked secrets can recognise, and its hash.
pub(crate) fn generate(prefix: &str, env: &Env) -> (String, [u8; 32]) {
    let bytes = Zeroizing::new(env.random_bytes::<32>());
    let secret = format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(&bytes));
    let hash = hash(&secret);
    (secret, hash)
}

/// How opaque secrets are stored: they have 256 bits of entropy, so a fast hash is enough.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Compares hashes in constant time.
pub(crate) fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Password hashing takes 19 MiB and a core each time; two at once are enough, the rest wait.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// OWASP's first recommendation for Argon2id: 19 MiB, two passes, one lane.
fn argon2() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(unavailable)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password (PHC string).
pub(crate) async fn hash_password(password: String, env: &Env) -> Result<String, AppError> {
    let salt: [u8; 16] = env.random_bytes();
    on_a_thread(move || {
        let password = Zeroizing::new(password);
        let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(unavailable)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password is the one behind the hash. Without a hash it does the same work and says no, so that nobody can
/// tell by the time whether an account exists.
pub(crate) async fn verify_password(password: String, hash: Option<String>) -> Result<bool, AppError> {
    on_a_thread(move || {
        let password = Zeroizing::new(password);
        let argon2 = argon2()?;
        match hash {
            Some(hash) => Ok(argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok()),
            None => {
                let _ = argon2.hash_password_with_salt(password.as_bytes(), &[0; 16]);
                Ok(false)
            }
        }
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let _permit = HASHING.acquire().await.map_err(unavailable)?;
    tokio::task::spawn_blocking(work).await.map_err(unavailable)?
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> AppError {
    AppError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_and_no_other() {
        let env = crate::test_env();
        let hash = hash_password("correct horse battery".into(), &env).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!verify_password("correct horse batterY".into(), Some(hash)).await.unwrap());
        assert!(!verify_password("anything".into(), None).await.unwrap());
    }

    #[test]
    fn secrets_differ_and_are_stored_hashed() {
        let env = crate::test_env();
        let ((one, one_hash), (other, _)) = (generate("sgt", &env), generate("sgt", &env));
        assert_ne!(one, other);
        assert_eq!(one.len(), "sgt_".len() + 43);
        assert!(equal(&one_hash, &hash(&one)) && !equal(&one_hash, &hash(&other)));
    }
}
