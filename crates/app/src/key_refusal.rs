//! How refusals about a brand's keys read: what is wrong, and what to do about it.

use signet_store::{StoreError, customer_keys};
use signet_token::KeyError;

use crate::AppError;

pub(crate) fn challenge_expired() -> AppError {
    AppError::Invalid {
        code: "CHALLENGE_EXPIRED",
        message: "the challenge has expired or was replaced: ask for a new one".to_owned(),
    }
}

pub(crate) fn signature_invalid() -> AppError {
    AppError::Invalid {
        code: "SIGNATURE_INVALID",
        message: "the signature is not one of this challenge by this key: sign the challenge exactly as it stands, without a \
                  line break at its end, with the private half of the key, and give base64"
            .to_owned(),
    }
}

pub(crate) fn key_elsewhere() -> AppError {
    AppError::Invalid {
        code: "KEY_OF_ANOTHER_ORGANISATION",
        message: "another organisation on this platform has proved that this key is its own: make a new pair for this \
                  project, or ask the platform's operator if both projects are yours"
            .to_owned(),
    }
}

pub(crate) fn changed_meanwhile() -> AppError {
    AppError::Invalid {
        code: "KEY_STATE_INVALID",
        message: "somebody else changed the key at this moment".to_owned(),
    }
}

pub(crate) fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict(name) if name == customer_keys::ONE_OWNER => key_elsewhere(),
        StoreError::Conflict(_) => AppError::Invalid {
            code: "KEY_EXISTS",
            message: "the project has this key already; a revoked key cannot be used again".to_owned(),
        },
        other => other.into(),
    }
}

/// A key that must not be registered, with what to do about it.
pub(crate) fn key_refused(error: KeyError) -> AppError {
    let advice = match error {
        KeyError::PrivateKey => {
            ". It must never leave your servers. Consider it burnt, make a new pair, and register the public half \
             (`openssl rsa -in rsaPrivateKey.pem -pubout -out rsaPublicKey.pem`)"
        }
        _ => "",
    };
    AppError::Invalid { code: error.code(), message: format!("{error}{advice}") }
}
