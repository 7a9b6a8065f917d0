//! Mistakes in claims that the project signed.

use super::Context;
use super::refine_text::letters;
use crate::error::{ClaimsFault, TokenError};
use crate::json::{self, Object, Value};

/// Before the year 2001 nobody made tokens: such a number is a length of time.
const FIRST_PLAUSIBLE_SECOND: i64 = 1_000_000_000;
/// From here on a number is a time in milliseconds.
const FIRST_MILLISECOND: i64 = 100_000_000_000;
/// How near to whole half hours a difference must be to look like a time zone, in seconds.
const ZONE_NEARNESS: i64 = 120;
const HALF_HOUR: i64 = 1_800;

/// What is wrong with claims that break a rule.
pub(super) fn refine(payload: &[u8], context: &Context<'_>, error: TokenError) -> Option<&'static str> {
    let TokenError::Claims(fault) = error else {
        let members = json::parse_object(payload).ok()?;
        return integer(&members, "exp")
            .is_some_and(|exp| exp < FIRST_PLAUSIBLE_SECOND)
            .then_some("EXP_IS_A_DURATION");
    };
    if fault == ClaimsFault::NotJson {
        return not_json(payload);
    }
    let members = json::parse_object(payload).ok()?;
    let prefix = &context.policy.claim_prefix;
    match fault {
        ClaimsFault::PrefixMissing => {
            let bare = members.contains_key("userId") || members.contains_key("visitorData");
            (!bare).then_some("CLAIM_PREFIX_WRONG")
        }
        ClaimsFault::UserIdMissing => user_id_missing(&members),
        ClaimsFault::UserIdNotAString => match members.get(&format!("{prefix}userId"))? {
            Value::Integer(_) | Value::Number(_) => Some("USER_ID_IS_A_NUMBER"),
            Value::Null => Some("USER_ID_IS_NULL"),
            _ => None,
        },
        ClaimsFault::IssuerNotAllowed => {
            let plain = |text: &str| text.trim_end_matches('/').to_lowercase();
            let issuer = plain(members.get("iss")?.as_str()?);
            context.policy.issuers.iter().any(|listed| plain(listed) == issuer).then_some("ISSUER_ALMOST")
        }
        ClaimsFault::ExpNotAnInteger => match members.get("exp")? {
            Value::String(text) if text.trim().parse::<f64>().is_ok() => Some("EXP_IS_A_STRING"),
            Value::String(text) if text.contains([':', '-']) => Some("EXP_IS_A_DATE"),
            Value::Number(_) => Some("EXP_HAS_A_FRACTION"),
            _ => None,
        },
        ClaimsFault::IatInvalid => in_milliseconds(&members, "iat").then_some("IAT_IN_MILLISECONDS"),
        ClaimsFault::NbfInvalid => in_milliseconds(&members, "nbf").then_some("NBF_IN_MILLISECONDS"),
        ClaimsFault::IssuedInTheFuture => zone(&members, "iat", context),
        ClaimsFault::NotYetValid => zone(&members, "nbf", context),
        ClaimsFault::VisitorDataNotAnObject => {
            let text = members.get(&format!("{prefix}visitorData"))?.as_str()?;
            json::parse_object(text.as_bytes()).is_ok().then_some("VISITOR_DATA_DOUBLE_ENCODED")
        }
        ClaimsFault::VisitorDataNotAString => match members.get(&format!("{prefix}visitorData"))? {
            Value::Object(data) => {
                data.values().any(|value| matches!(value, Value::Null)).then_some("VISITOR_DATA_MEMBER_NULL")
            }
            _ => None,
        },
        _ => None,
    }
}

fn not_json(payload: &[u8]) -> Option<&'static str> {
    if payload.starts_with(b"\xef\xbb\xbf") {
        return Some("CLAIMS_WITH_BOM");
    }
    let text = json::parse(payload).ok()?;
    json::parse_object(text.as_str()?.as_bytes()).is_ok().then_some("CLAIMS_DOUBLE_ENCODED")
}

fn user_id_missing(members: &Object) -> Option<&'static str> {
    if members.keys().any(|name| letters(name).ends_with("userid")) {
        return Some("USER_ID_MISSPELLED");
    }
    members.contains_key("sub").then_some("USER_ID_IN_SUB")
}

fn integer(members: &Object, name: &str) -> Option<i64> {
    match members.get(name)? {
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}

fn in_milliseconds(members: &Object, name: &str) -> bool {
    integer(members, name).is_some_and(|value| value >= FIRST_MILLISECOND)
}

/// Whether a time is ahead by whole half hours, as time zones are.
fn zone(members: &Object, name: &str, context: &Context<'_>) -> Option<&'static str> {
    let ahead = integer(members, name)?.saturating_sub(context.now_unix_ms.div_euclid(1_000));
    let from_whole = (ahead + HALF_HOUR / 2).rem_euclid(HALF_HOUR) - HALF_HOUR / 2;
    let plausible = (HALF_HOUR - ZONE_NEARNESS..=14 * 3_600 + ZONE_NEARNESS).contains(&ahead);
    (plausible && from_whole.abs() <= ZONE_NEARNESS).then_some("TIME_ZONE_SUSPECTED")
}
