//! Proof that whoever uses a session token holds the key it was issued for: a DPoP proof (RFC 9449 section 4.2).
//!
//! Only ES256 is taken, and only a public key on P-256: it is what a browser makes without letting anybody export it. The key in the header
//! proves nothing by itself; it counts if its thumbprint is the one in the session token (RFC 7800 section 3, `cnf.jkt`).

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::algorithm::SignatureAlgorithm;
use crate::base64url;
use crate::jwk::{KeyError, KeyFingerprint};
use crate::verification_key::VerificationKey;

/// The longest proof that is looked at, in bytes. One of a browser's has about 500.
pub const MAX_PROOF_BYTES: usize = 2 * 1024;
/// How far the time of a proof may be from ours, either way.
pub const PROOF_LEEWAY_SECONDS: i64 = 60;
/// The longest `jti`, in bytes.
const MAX_ID_BYTES: usize = 64;

/// The public half of a session's key, as a JWK of just these members (RFC 7517, RFC 7518 section 6.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionKey {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// 32 bytes as base64url.
    pub x: String,
    /// 32 bytes as base64url.
    pub y: String,
}

impl SessionKey {
    fn read(&self) -> Result<VerificationKey, KeyError> {
        let text = serde_json::to_string(self).map_err(|_| KeyError::Unreadable)?;
        let key = VerificationKey::from_jwk(&text)?;
        if key.algorithm() == SignatureAlgorithm::Es256 { Ok(key) } else { Err(KeyError::TypeNotAccepted) }
    }

    /// Its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// [`KeyError`] if it is no point on P-256.
    pub fn thumbprint(&self) -> Result<KeyFingerprint, KeyError> {
        Ok(self.read()?.fingerprint().clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    jwk: SessionKey,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: String,
    nonce: Option<String>,
}

/// What identifies a good proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// `jti`: to be taken once as long as the proof is of now, [`PROOF_LEEWAY_SECONDS`] before and after `iat`.
    pub id: String,
    /// `nonce`: whom it was made for (RFC 9449 section 8).
    pub nonce: Option<String>,
}

/// What a proof must be for. Without `Debug`: it holds a token.
#[derive(Clone, Copy)]
pub struct ProofFor<'a> {
    /// The thumbprint in the session token.
    pub thumbprint: &'a str,
    /// The session token it accompanies.
    pub token: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The request's address without query and fragment.
    pub address: &'a str,
    /// Milliseconds since 1970.
    pub now_unix_ms: i64,
}

/// Why a proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProofFault {
    /// Not a proof of the form described here.
    #[error("the proof is malformed")]
    Malformed,
    /// By another key than the session's.
    #[error("the proof is by another key")]
    OtherKey,
    /// The signature does not verify.
    #[error("the proof's signature does not verify")]
    SignatureInvalid,
    /// Made for another method or address.
    #[error("the proof is for another request")]
    OtherRequest,
    /// Made for another token.
    #[error("the proof is for another token")]
    OtherToken,
    /// Made too long ago, or in the future.
    #[error("the proof is not of now")]
    Stale,
}

/// Checks a proof. Whether it was used before, and for whom it is, is the caller's to see.
///
/// # Errors
/// [`ProofFault`].
pub fn check(proof: &str, wanted: &ProofFor<'_>) -> Result<Proved, ProofFault> {
    if proof.len() > MAX_PROOF_BYTES {
        return Err(ProofFault::Malformed);
    }
    let mut parts = proof.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ProofFault::Malformed);
    };
    let signed = &proof[..header.len() + 1 + claims.len()];
    let decode = |part: &str| base64url::decode(part.as_bytes()).map_err(|_| ProofFault::Malformed);
    let signature = decode(signature)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| ProofFault::Malformed)?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| ProofFault::Malformed)?;
    if header.typ != "dpop+jwt" || header.alg != "ES256" || !(1..=MAX_ID_BYTES).contains(&claims.jti.len()) {
        return Err(ProofFault::Malformed);
    }
    let key = header.jwk.read().map_err(|_| ProofFault::Malformed)?;
    if key.fingerprint().as_str() != wanted.thumbprint {
        return Err(ProofFault::OtherKey);
    }
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(ProofFault::SignatureInvalid);
    }
    if claims.htm != wanted.method || claims.htu != wanted.address {
        return Err(ProofFault::OtherRequest);
    }
    if claims.ath != base64url::encode(digest(&SHA256, wanted.token.as_bytes()).as_ref()) {
        return Err(ProofFault::OtherToken);
    }
    if claims.iat.abs_diff(wanted.now_unix_ms.div_euclid(1_000)) > PROOF_LEEWAY_SECONDS.unsigned_abs() {
        return Err(ProofFault::Stale);
    }
    Ok(Proved { id: claims.jti, nonce: claims.nonce })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing_key::SigningKey;

    const NOW: i64 = 1_795_176_271_250;

    fn wanted(thumbprint: &str) -> ProofFor<'_> {
        ProofFor {
            thumbprint,
            token: "token",
            method: "GET",
            address: "https://chat.example/visitor/v1/history",
            now_unix_ms: NOW,
        }
    }

    fn header_of(key: &SigningKey) -> serde_json::Value {
        let jwk: serde_json::Value = serde_json::from_str(&key.verification_key().to_jwk_json()).unwrap();
        let jwk: serde_json::Map<_, _> =
            ["kty", "crv", "x", "y"].map(|name| (name.to_owned(), jwk[name].clone())).into_iter().collect();
        serde_json::json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk })
    }

    fn claims() -> serde_json::Value {
        serde_json::json!({ "jti": "1", "htm": "GET", "htu": "https://chat.example/visitor/v1/history",
            "iat": NOW / 1_000, "ath": "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A" })
    }

    fn proof(key: &SigningKey, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        key.sign_compact(&header.to_string(), claims.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_proof_is_for_one_key_token_request_and_moment() {
        let key = SigningKey::generate_for(SignatureAlgorithm::Es256).unwrap();
        let thumbprint = key.verification_key().fingerprint().as_str().to_owned();
        let check_claims = |name: &str, value: serde_json::Value| {
            let mut claims = claims();
            claims[name] = value;
            check(&proof(&key, &header_of(&key), &claims), &wanted(&thumbprint))
        };
        let proved =
            |id: &str, nonce: Option<&str>| Ok(Proved { id: id.to_owned(), nonce: nonce.map(str::to_owned) });
        assert_eq!(check_claims("jti", "one".into()), proved("one", None));
        assert_eq!(check_claims("nonce", "here".into()), proved("1", Some("here")));
        for seconds in [-60, 60] {
            assert!(check_claims("iat", (NOW / 1_000 + seconds).into()).is_ok());
        }
        for (name, value, fault) in [
            ("iat", (NOW / 1_000 - 61).into(), ProofFault::Stale),
            ("iat", (NOW / 1_000 + 61).into(), ProofFault::Stale),
            ("iat", i64::MIN.into(), ProofFault::Stale),
            ("iat", "1".into(), ProofFault::Malformed),
            ("htm", "POST".into(), ProofFault::OtherRequest),
            ("htu", "https://chat.example/visitor/v1/messages".into(), ProofFault::OtherRequest),
            ("ath", "x".into(), ProofFault::OtherToken),
            ("nonce", 1.into(), ProofFault::Malformed),
            ("jti", "".into(), ProofFault::Malformed),
            ("jti", "x".repeat(65).into(), ProofFault::Malformed),
        ] {
            assert_eq!(check_claims(name, value), Err(fault), "{name}");
        }
    }

    #[test]
    fn another_key_and_another_form_are_refused() {
        let key = SigningKey::generate_for(SignatureAlgorithm::Es256).unwrap();
        let other = SigningKey::generate_for(SignatureAlgorithm::Es256).unwrap();
        let thumbprint = key.verification_key().fingerprint().as_str().to_owned();
        let by = |signer: &SigningKey, header: &serde_json::Value| {
            check(&proof(signer, header, &claims()), &wanted(&thumbprint))
        };
        assert!(by(&key, &header_of(&key)).is_ok());
        assert_eq!(by(&other, &header_of(&other)), Err(ProofFault::OtherKey));
        assert_eq!(by(&other, &header_of(&key)), Err(ProofFault::SignatureInvalid));
        for (name, value) in [
            ("typ", "jwt"),
            ("alg", "none"),
            ("alg", "HS256"),
            ("alg", "RS256"),
            ("jku", "https://x"),
            ("kid", "x"),
        ] {
            let mut header = header_of(&key);
            header[name] = value.into();
            assert_eq!(by(&key, &header), Err(ProofFault::Malformed), "{name} {value}");
        }
        let mut private = header_of(&key);
        private["jwk"]["d"] = "x".into();
        assert_eq!(by(&key, &private), Err(ProofFault::Malformed));
        let whole = proof(&key, &header_of(&key), &claims());
        for bad in
            ["", ".", "..", "a.b.c", &whole[..whole.len() - 1], &format!("{whole}.x"), &"x".repeat(3_000)]
        {
            assert!(check(bad, &wanted(&thumbprint)).is_err(), "{bad}");
        }
    }
}
