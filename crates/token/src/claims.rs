//! The claims of a visitor token: types, lengths, times, issuer and audience, and what becomes of them.
//!
//! The rules are those of the product's section 3. Every claim has one accepted type; a claim of another type is an
//! error and never treated as absent. `exp`, `nbf` and `iat` are whole seconds: RFC 7519 would allow fractions, but no
//! provider needs them and the difference between languages that round and languages that do not is one less thing to
//! reason about.

use std::fmt;

use crate::error::{ClaimsFault, TokenError};
use crate::json::{self, JsonError, Object, Value};
use crate::jwk::KeyFingerprint;
use crate::policy::{Policy, Profile};

/// Longest `userId` and `jti`, in characters (Unicode scalar values).
const LONGEST_ID: usize = 255;
/// Longest issuer and longest member of `visitorData`, in characters.
const LONGEST_TEXT: usize = 1_024;
/// Times from here on are not seconds: 100,000,000,000 s is the year 5138, as milliseconds it is 1973.
const FIRST_IMPLAUSIBLE_SECOND: i64 = 100_000_000_000;
/// A token for longer than this earns a warning, in seconds: the documented recommendation is one minute.
const RECOMMENDED_LIFETIME_SECONDS: i64 = 60;
/// `iat` or `nbf` ahead by no more than this, in seconds, is put down to a fast clock.
const PLAUSIBLE_CLOCK_SKEW_SECONDS: i64 = 15 * 60;
/// How many names of ignored members are kept for the report, and how many characters of each.
const REPORTED_NAMES: usize = 20;
const REPORTED_NAME_LENGTH: usize = 64;

/// What the brand says of its visitor, every field optional and at most 1,024 characters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VisitorData {
    /// Postal address.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Email address, not checked for form.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Phone number, not checked for form.
    pub phone_number: Option<String>,
    /// Zip or postal code.
    pub zip_code: Option<String>,
}

impl VisitorData {
    /// Where a member of the claim goes, `None` if it is not a documented one.
    fn slot(&mut self, member: &str) -> Option<&mut Option<String>> {
        Some(match member {
            "address" => &mut self.address,
            "city" => &mut self.city,
            "country" => &mut self.country,
            "email" => &mut self.email,
            "firstName" => &mut self.first_name,
            "lastName" => &mut self.last_name,
            "phoneNumber" => &mut self.phone_number,
            "zipCode" => &mut self.zip_code,
            _ => return None,
        })
    }
}

impl fmt::Debug for VisitorData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitorData(..)")
    }
}

/// Something the brand should know of a token that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The token lives longer than the recommended minute.
    LifetimeOverOneMinute,
    /// `visitorData` has members that are not documented; they were ignored.
    VisitorDataMembersIgnored,
    /// The token has claims that mean nothing here, such as `role` or `scope`; they were ignored.
    ClaimsIgnored,
}

impl Warning {
    /// The stable code of this warning.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LifetimeOverOneMinute => "LIFETIME_OVER_ONE_MINUTE",
            Self::VisitorDataMembersIgnored => "VISITOR_DATA_MEMBERS_IGNORED",
            Self::ClaimsIgnored => "CLAIMS_IGNORED",
        }
    }
}

/// A token that is believed: decrypted, signed by the project, with acceptable claims.
pub struct CheckedToken {
    user_id: String,
    visitor_data: VisitorData,
    issuer: String,
    expires_at: i64,
    issued_at: Option<i64>,
    not_before: Option<i64>,
    token_id: Option<String>,
    signing_key: KeyFingerprint,
    platform_key: Option<String>,
    unknown_visitor_data: Vec<String>,
    unknown_claims: Vec<String>,
    warnings: Vec<Warning>,
}

impl CheckedToken {
    /// The brand's id of the person, 1 to 255 characters.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// What the brand says of the person.
    pub fn visitor_data(&self) -> &VisitorData {
        &self.visitor_data
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `exp`, in seconds since 1970.
    pub fn expires_at_unix(&self) -> i64 {
        self.expires_at
    }

    /// `iat`, in seconds since 1970.
    pub fn issued_at(&self) -> Option<i64> {
        self.issued_at
    }

    /// `nbf`, in seconds since 1970.
    pub fn not_before(&self) -> Option<i64> {
        self.not_before
    }

    /// `jti`. A replay store keys on project, issuer and this.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// The customer key that signed the token.
    pub fn signing_key(&self) -> &KeyFingerprint {
        &self.signing_key
    }

    /// The platform key that the token was encrypted to: by custody's word, else by its own.
    pub fn platform_key(&self) -> Option<&str> {
        self.platform_key.as_deref()
    }

    /// Names of undocumented members of `visitorData`, at most 20, cut at 64 characters.
    pub fn unknown_visitor_data(&self) -> &[String] {
        &self.unknown_visitor_data
    }

    /// Names of claims that mean nothing here, at most 20, cut at 64 characters.
    pub fn unknown_claims(&self) -> &[String] {
        &self.unknown_claims
    }

    /// What the brand should know.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl fmt::Debug for CheckedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedToken")
            .field("issuer", &self.issuer)
            .field("expires_at", &self.expires_at)
            .field("signing_key", &self.signing_key)
            .field("platform_key", &self.platform_key)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Issuer and times of a token whose signature verified, read without judging them. For the failure feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenOutline {
    /// `iss`, cut at 255 characters.
    pub issuer: Option<String>,
    /// `iat`, if it is an integer.
    pub issued_at: Option<i64>,
    /// `exp`, if it is an integer.
    pub expires_at: Option<i64>,
}

impl TokenOutline {
    pub(crate) fn read(payload: &[u8]) -> Self {
        let claims = json::parse_object(payload).unwrap_or_default();
        let integer = |name| match claims.get(name) {
            Some(Value::Integer(value)) => Some(*value),
            _ => None,
        };
        Self {
            issuer: claims
                .get("iss")
                .and_then(Value::as_str)
                .map(|text| text.chars().take(LONGEST_ID).collect()),
            issued_at: integer("iat"),
            expires_at: integer("exp"),
        }
    }
}

/// What the claims are held against.
pub(crate) struct Context<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) profile: Profile,
    pub(crate) audience: &'a str,
    pub(crate) now_unix_ms: i64,
    pub(crate) signing_key: KeyFingerprint,
    pub(crate) platform_key: Option<String>,
}

/// Reads the claims and holds them against the policy.
pub(crate) fn check(payload: &[u8], context: Context<'_>) -> Result<CheckedToken, TokenError> {
    let claims = json::parse_object(payload).map_err(|error| match error {
        JsonError::DuplicateMember => ClaimsFault::DuplicateMember,
        JsonError::TooDeep => ClaimsFault::TooDeep,
        _ => ClaimsFault::NotJson,
    })?;
    let policy = context.policy;
    let strict = context.profile == Profile::Strict;
    let user_id = read_user_id(&claims, policy)?;
    let issuer = read_issuer(&claims, policy)?;
    let times = Times::read(&claims)?;
    times.check(policy, strict, context.now_unix_ms)?;
    check_audience(&claims, context.audience, strict)?;
    let token_id = read_token_id(&claims, strict)?;
    let (visitor_data, unknown_visitor_data) = read_visitor_data(&claims, policy)?;
    let unknown_claims = unknown_claims(&claims, policy);
    let mut warnings = Vec::new();
    if times.remaining_seconds(context.now_unix_ms)
        > RECOMMENDED_LIFETIME_SECONDS.saturating_add(policy.leeway_seconds)
    {
        warnings.push(Warning::LifetimeOverOneMinute);
    }
    if !unknown_visitor_data.is_empty() {
        warnings.push(Warning::VisitorDataMembersIgnored);
    }
    if !unknown_claims.is_empty() {
        warnings.push(Warning::ClaimsIgnored);
    }
    Ok(CheckedToken {
        user_id,
        visitor_data,
        issuer,
        expires_at: times.expires_at,
        issued_at: times.issued_at,
        not_before: times.not_before,
        token_id,
        signing_key: context.signing_key,
        platform_key: context.platform_key,
        unknown_visitor_data,
        unknown_claims,
        warnings,
    })
}

/// Whether a text has between 1 and `longest` characters.
fn has_length(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.chars().nth(longest).is_none()
}

fn read_user_id(claims: &Object, policy: &Policy) -> Result<String, ClaimsFault> {
    let name = format!("{}userId", policy.claim_prefix);
    match claims.get(&name) {
        Some(Value::String(text)) if text.is_empty() => Err(ClaimsFault::UserIdEmpty),
        Some(Value::String(text)) if !has_length(text, LONGEST_ID) => Err(ClaimsFault::UserIdTooLong),
        Some(Value::String(text)) if text.chars().any(char::is_control) => {
            Err(ClaimsFault::UserIdNotPrintable)
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ClaimsFault::UserIdNotAString),
        None if claims.keys().any(|name| name.ends_with("userId")) => Err(ClaimsFault::PrefixMissing),
        None => Err(ClaimsFault::UserIdMissing),
    }
}

fn read_issuer(claims: &Object, policy: &Policy) -> Result<String, ClaimsFault> {
    let issuer = match claims.get("iss") {
        Some(Value::String(text)) if has_length(text, LONGEST_TEXT) => text,
        Some(_) => return Err(ClaimsFault::IssuerNotAString),
        None => return Err(ClaimsFault::IssuerMissing),
    };
    if policy.issuers.is_empty() || policy.issuers.contains(issuer) {
        Ok(issuer.clone())
    } else {
        Err(ClaimsFault::IssuerNotAllowed)
    }
}

fn check_audience(claims: &Object, audience: &str, strict: bool) -> Result<(), ClaimsFault> {
    let contains = match claims.get("aud") {
        None if strict => return Err(ClaimsFault::AudienceMissing),
        None => return Ok(()),
        Some(Value::String(text)) => text == audience,
        Some(Value::Array(items)) if items.iter().all(|item| item.as_str().is_some()) => {
            items.iter().any(|item| item.as_str() == Some(audience))
        }
        Some(_) => return Err(ClaimsFault::AudienceInvalid),
    };
    if contains { Ok(()) } else { Err(ClaimsFault::AudienceMismatch) }
}

fn read_token_id(claims: &Object, strict: bool) -> Result<Option<String>, ClaimsFault> {
    match claims.get("jti") {
        None if strict => Err(ClaimsFault::TokenIdMissing),
        None => Ok(None),
        Some(Value::String(text)) if has_length(text, LONGEST_ID) => Ok(Some(text.clone())),
        Some(_) => Err(ClaimsFault::TokenIdInvalid),
    }
}

fn read_visitor_data(claims: &Object, policy: &Policy) -> Result<(VisitorData, Vec<String>), ClaimsFault> {
    let mut data = VisitorData::default();
    let mut unknown = Vec::new();
    let members = match claims.get(&format!("{}visitorData", policy.claim_prefix)) {
        Some(Value::Object(members)) => members,
        Some(_) => return Err(ClaimsFault::VisitorDataNotAnObject),
        None if claims.contains_key("visitorData") => return Err(ClaimsFault::PrefixMissing),
        None => return Ok((data, unknown)),
    };
    for (name, value) in members {
        match (data.slot(name), value) {
            (Some(slot), Value::String(text)) if text.chars().nth(LONGEST_TEXT).is_none() => {
                *slot = Some(text.clone());
            }
            (Some(_), Value::String(_)) => return Err(ClaimsFault::VisitorDataTooLong),
            (Some(_), _) => return Err(ClaimsFault::VisitorDataNotAString),
            (None, _) => report_name(&mut unknown, name),
        }
    }
    Ok((data, unknown))
}

fn unknown_claims(claims: &Object, policy: &Policy) -> Vec<String> {
    let mut unknown = Vec::new();
    for name in claims.keys() {
        let registered = matches!(name.as_str(), "iss" | "exp" | "iat" | "nbf" | "aud" | "jti" | "sub");
        let product = name
            .strip_prefix(policy.claim_prefix.as_str())
            .is_some_and(|rest| matches!(rest, "userId" | "visitorData"));
        if !registered && !product {
            report_name(&mut unknown, name);
        }
    }
    unknown
}

fn report_name(names: &mut Vec<String>, name: &str) {
    if names.len() < REPORTED_NAMES {
        names.push(
            name.chars().filter(|character| !character.is_control()).take(REPORTED_NAME_LENGTH).collect(),
        );
    }
}

/// The three times of a token, in seconds since 1970.
struct Times {
    expires_at: i64,
    issued_at: Option<i64>,
    not_before: Option<i64>,
}

impl Times {
    fn read(claims: &Object) -> Result<Self, ClaimsFault> {
        let expires_at = match claims.get("exp") {
            Some(Value::Integer(value)) if *value >= FIRST_IMPLAUSIBLE_SECOND => {
                return Err(ClaimsFault::ExpInMilliseconds);
            }
            Some(Value::Integer(value)) if *value >= 0 => *value,
            Some(Value::Integer(_)) => return Err(ClaimsFault::ExpOutOfRange),
            Some(_) => return Err(ClaimsFault::ExpNotAnInteger),
            None => return Err(ClaimsFault::ExpMissing),
        };
        let optional = |name, fault| match claims.get(name) {
            None => Ok(None),
            Some(Value::Integer(value)) if (0..FIRST_IMPLAUSIBLE_SECOND).contains(value) => Ok(Some(*value)),
            Some(_) => Err(fault),
        };
        Ok(Self {
            expires_at,
            issued_at: optional("iat", ClaimsFault::IatInvalid)?,
            not_before: optional("nbf", ClaimsFault::NbfInvalid)?,
        })
    }

    fn check(&self, policy: &Policy, strict: bool, now_unix_ms: i64) -> Result<(), TokenError> {
        let leeway = policy.leeway_seconds;
        if is_past(self.expires_at.saturating_add(leeway), now_unix_ms) {
            return Err(TokenError::Expired);
        }
        let longest = policy.max_lifetime_seconds.saturating_add(leeway);
        if self.remaining_seconds(now_unix_ms) > longest {
            return Err(ClaimsFault::LifetimeTooLong.into());
        }
        if let Some(not_before) = self.not_before {
            check_not_ahead(not_before, policy, now_unix_ms, ClaimsFault::NotYetValid)?;
        }
        match self.issued_at {
            None if strict => return Err(ClaimsFault::IatMissing.into()),
            None => {}
            Some(issued_at) => {
                check_not_ahead(issued_at, policy, now_unix_ms, ClaimsFault::IssuedInTheFuture)?;
                let lifetime = self.expires_at.saturating_sub(issued_at);
                if lifetime <= 0 {
                    return Err(ClaimsFault::ExpBeforeIat.into());
                }
                if strict && lifetime > policy.max_lifetime_seconds {
                    return Err(ClaimsFault::LifetimeTooLong.into());
                }
            }
        }
        Ok(())
    }

    /// From now to `exp`, rounded up.
    fn remaining_seconds(&self, now_unix_ms: i64) -> i64 {
        self.expires_at.saturating_sub(now_unix_ms.div_euclid(1_000))
    }
}

/// Whether the second `at` has been reached.
fn is_past(at: i64, now_unix_ms: i64) -> bool {
    at.saturating_mul(1_000) <= now_unix_ms
}

fn check_not_ahead(
    at: i64,
    policy: &Policy,
    now_unix_ms: i64,
    fault: ClaimsFault,
) -> Result<(), ClaimsFault> {
    let allowed_from = at.saturating_sub(policy.leeway_seconds);
    if is_past(allowed_from, now_unix_ms) {
        Ok(())
    } else if is_past(at.saturating_sub(PLAUSIBLE_CLOCK_SKEW_SECONDS), now_unix_ms) {
        Err(ClaimsFault::ClockSkewSuspected)
    } else {
        Err(fault)
    }
}
