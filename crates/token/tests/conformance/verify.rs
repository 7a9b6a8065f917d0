//! The verifier of this crate behind the HTTP contract: a request in JSON, an answer in JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use signet_token::{
    AgreementKey, CheckedToken, DecryptionKey, KeyAgreement, KeyManagement, KeyUnwrap, Policy, ReceivedToken,
    SignatureAlgorithm, TokenError, UnwrapFuture, UnwrappedKey, VerificationKey, VisitorData,
};

use crate::vector::Answer;

/// The platform's keys of one request.
#[derive(Default)]
struct Ring {
    rsa: Vec<DecryptionKey>,
    agreement: Vec<AgreementKey>,
}

impl Ring {
    fn read(keys: &Value) -> Option<Self> {
        let mut ring = Self::default();
        for key in keys.as_array()? {
            let text = key.to_string();
            if key["kty"] == "RSA" {
                ring.rsa.push(DecryptionKey::from_jwk(&text).ok()?);
            } else {
                ring.agreement.push(AgreementKey::from_jwk(&text).ok()?);
            }
        }
        Some(ring)
    }
}

/// The first key, of those that the key id leaves, that unwraps.
fn first<K>(
    keys: &[K],
    named: impl Fn(&K) -> bool,
    unwrap: impl Fn(&K) -> UnwrappedKey,
) -> UnwrapFuture<'static> {
    let result =
        keys.iter().filter(|key| named(key)).map(unwrap).fold(UnwrappedKey::none(), UnwrappedKey::or);
    Box::pin(std::future::ready(Ok(result)))
}

impl KeyUnwrap for Ring {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        first(
            &self.rsa,
            |key| key_id.is_none_or(|id| key.fingerprint().as_str() == id),
            |key| key.unwrap_content_key(encrypted_key),
        )
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        first(
            &self.agreement,
            |key| key_id.is_none_or(|id| key.fingerprint().as_str() == id),
            |key| key.unwrap_content_key(agreement),
        )
    }
}

/// Answers a request of the contract; `None` if it is not one.
pub(crate) fn answer(request: &Value) -> Option<Answer> {
    let policy = read_policy(&request["policy"])?;
    let ring = Ring::read(&request["platformKeys"])?;
    let keys: Vec<VerificationKey> = request["projectKeys"]
        .as_array()?
        .iter()
        .map(|key| VerificationKey::from_jwk(&key.to_string()).ok())
        .collect::<Option<_>>()?;
    let (site_id, now) = (request["siteId"].as_str()?, request["now"].as_i64()?);
    let token = request["token"].as_str()?;
    Some(match verify(token, &policy, &ring, &keys, site_id, now) {
        Ok(checked) => Answer::Accepted { claims: claims(&checked) },
        Err(error) => Answer::Refused {
            code: error.code().as_str().to_owned(),
            fine_code: error.fine_code().to_owned(),
        },
    })
}

fn verify(
    token: &str,
    policy: &Policy,
    ring: &Ring,
    keys: &[VerificationKey],
    site_id: &str,
    now: i64,
) -> Result<CheckedToken, TokenError> {
    let received = ReceivedToken::parse(token, policy)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().build().map_err(|_| TokenError::Unavailable)?;
    runtime.block_on(received.decrypt(ring))?.verify(keys)?.check(policy, site_id, now)
}

/// Reads a policy: absent members have the profile's default.
fn read_policy(value: &Value) -> Option<Policy> {
    let mut policy = match value.get("profile").map_or("compatible", |profile| profile.as_str().unwrap_or(""))
    {
        "compatible" => Policy::default(),
        "strict" => Policy::strict(),
        _ => return None,
    };
    for (name, value) in value.as_object()? {
        match name.as_str() {
            "profile" => {}
            "claimPrefix" => value.as_str()?.clone_into(&mut policy.claim_prefix),
            "issuers" => policy.issuers = names(value, |name| Some(name.to_owned()))?,
            "leewaySeconds" => policy.leeway_seconds = value.as_i64()?,
            "maxLifetimeSeconds" => policy.max_lifetime_seconds = value.as_i64()?,
            "signatureAlgorithms" => policy.signature_algorithms = names(value, SignatureAlgorithm::parse)?,
            "keyManagement" => policy.key_management = names(value, KeyManagement::parse)?,
            _ => return None,
        }
    }
    Some(policy)
}

fn names<T>(value: &Value, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(|name| parse(name.as_str()?)).collect()
}

fn claims(checked: &CheckedToken) -> BTreeMap<String, Value> {
    let warnings: Vec<&str> = checked.warnings().iter().map(|warning| warning.code()).collect();
    let members = [
        ("userId", json!(checked.user_id())),
        ("issuer", json!(checked.issuer())),
        ("expiresAt", json!(checked.expires_at_unix())),
        ("issuedAt", json!(checked.issued_at())),
        ("notBefore", json!(checked.not_before())),
        ("tokenId", json!(checked.token_id())),
        ("visitorData", visitor_data(checked.visitor_data())),
        ("signingKey", json!(checked.signing_key().as_str())),
        ("warnings", json!(warnings)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The members that are there.
fn visitor_data(data: &VisitorData) -> Value {
    let members = [
        ("address", &data.address),
        ("city", &data.city),
        ("country", &data.country),
        ("email", &data.email),
        ("firstName", &data.first_name),
        ("lastName", &data.last_name),
        ("phoneNumber", &data.phone_number),
        ("zipCode", &data.zip_code),
    ];
    let present =
        members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    Value::Object(present.collect())
}
