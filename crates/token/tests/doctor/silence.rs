//! D40: the doctor is no decryption oracle.

use signet_token::Policy;
use signet_token::doctor::{Report, StepName, StepStatus};

use crate::support::{KEYS, NOW, SID, examine, examine_under, good};
use crate::token_factory::{Part, with_part};

const CANARY: &str = "canary-7f3a";

/// Everything that a report gives away.
fn told(report: &Report) -> String {
    let facts: Vec<_> = report.steps.iter().flat_map(|step| &step.facts).collect();
    format!("{facts:?} {:?} {:?} {:?} {report:?}", report.claims, report.outline, report.finding)
}

#[test]
fn d40_claims_of_an_unverified_token_are_never_shown() {
    let claims = |builder: crate::token_factory::TokenBuilder<'static>| {
        builder
            .claim("iss", CANARY)
            .product_claim("userId", CANARY)
            .visitor_data(serde_json::json!({ "email": CANARY }))
    };
    let json = claims(good()).claims_json();
    let hostile = [
        ("signed by nobody we know", claims(good()).signed_by(&KEYS.unknown).build()),
        ("signed by a revoked key", claims(good()).signed_by(&KEYS.revoked).build()),
        ("signed by another project", claims(good()).signed_by(&KEYS.elsewhere).build()),
        ("under another kid", claims(good()).signed_by(&KEYS.second).build()),
        ("plain claims inside", good().content(json.clone()).build()),
        ("unsigned inside", good().content(format!("eyJhbGciOiJub25lIn0.{}.", hex(&json))).build()),
        ("alg none", claims(good()).inner_header("alg", "none").build()),
        ("symmetric", claims(good()).inner_header("alg", "HS256").build()),
        ("a header full of claims", good().signed_by(&KEYS.unknown).inner_header(CANARY, CANARY).build()),
        ("plain claims", json.clone()),
        ("claims in a JSON text", format!("\"{}\"", json.replace('"', "\\\""))),
    ];
    for (name, token) in hostile {
        let report = examine(&token);
        assert!(!report.accepted(), "{name}");
        assert!(report.claims.is_none() && report.checked().is_none(), "{name}");
        assert!(!told(&report).contains(CANARY), "{name}: {}", told(&report));
        assert_eq!(report.outline.claims, signet_token::TokenOutline::default(), "{name}");
    }
    // The same claims, once the project has signed them, are shown, whatever rule they break.
    let expired = examine(&claims(good()).claim("exp", NOW - 100).build());
    assert_eq!(expired.finding.unwrap().code, "TOKEN_EXPIRED");
    let shown = expired.claims.unwrap();
    assert!(
        shown.iter().any(|(name, value)| name == "iss" && value == &format!("\"{CANARY}\"")),
        "{shown:?}"
    );
    assert_eq!(expired.outline.claims.issuer.as_deref(), Some(CANARY));
}

fn hex(text: &str) -> String {
    signet_token::base64url::encode(text)
}

#[test]
fn d40_how_far_decryption_came_is_not_told() {
    let token = good().build();
    let wrong_tag = with_part(&token, Part::Tag, |bytes| bytes[0] ^= 1);
    let wrong_key = with_part(&token, Part::EncryptedKey, |bytes| bytes[100] ^= 1);
    let wrong_content = with_part(&token, Part::Ciphertext, |bytes| bytes[0] ^= 1);
    let short_content_key = good().content_key(&[7; 16]).build();
    let reports: Vec<_> = [wrong_tag, wrong_key, wrong_content, short_content_key]
        .iter()
        .map(|token| {
            let report = examine(token);
            let steps: Vec<_> =
                report.steps.iter().map(|step| (step.name, step.status, step.facts.clone())).collect();
            format!("{steps:?} {:?} {:?}", report.finding, report.outline)
        })
        .collect();
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:#?}");
    assert!(reports[0].contains("TOKEN_UNDECRYPTABLE"));
}

#[test]
fn steps_end_where_the_token_does() {
    let statuses = |report: &Report| -> Vec<_> { report.steps.iter().map(|step| step.status).collect() };
    let report = examine(&good().build());
    assert!(report.accepted() && report.checked().is_some());
    let ok = StepStatus::Ok;
    assert_eq!(statuses(&report), [ok, ok, ok, ok, ok, ok, StepStatus::Skipped]);
    let mut expired = examine(&good().claim("exp", NOW - 100).build());
    assert_eq!(statuses(&expired)[5..], [StepStatus::Failed, StepStatus::Skipped]);
    assert!(expired.steps[6].facts.is_empty());
    expired.judge_single_use(false);
    assert!(!expired.accepted());

    let report = examine("x");
    assert_eq!(statuses(&report), [&[StepStatus::Failed][..], &[StepStatus::Skipped; 6]].concat());
    assert_eq!(report.steps.iter().map(|step| step.name).collect::<Vec<_>>(), StepName::ALL);
}

#[test]
fn a_used_token_is_told_at_the_last_step() {
    let strict = good().strict(SID, "1").build();
    let mut report = examine_under(&strict, &Policy::strict());
    assert!(report.accepted(), "{report:?}");
    assert_eq!(report.checked().unwrap().token_id(), Some("1"));
    report.judge_single_use(true);
    assert_eq!(report.finding.unwrap().code, "TOKEN_REPLAYED");
    assert_eq!(report.steps[6].status, StepStatus::Failed);
}
