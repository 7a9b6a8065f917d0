//! Serving built files: revalidation, compression, freshness.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use signet_assets::Asset;

/// Names never change with the content, so a copy may be kept but is asked about each time.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A file in the encoding the caller prefers, or 304 if they hold it already (RFC 9110 section 13.1.2).
pub(crate) fn asset(asset: &'static Asset, request: &HeaderMap) -> Response {
    let gzip = asset.gzip.as_ref().filter(|_| accepts_gzip(request));
    let encoded = gzip.unwrap_or(&asset.identity);
    let mut response = if holds(request, &encoded.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = encoded.bytes.clone().into_response();
        set(&mut response, header::CONTENT_TYPE, &asset.mime);
        if gzip.is_some() {
            set(&mut response, header::CONTENT_ENCODING, "gzip");
        }
        response
    };
    set(&mut response, header::ETAG, &encoded.etag);
    response.headers_mut().insert(header::CACHE_CONTROL, REVALIDATE);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Sets a header to a text that is known to be a header value; one that isn't is left out.
pub(crate) fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn holds(request: &HeaderMap, etag: &str) -> bool {
    request.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|held| held == "*" || held.trim_start_matches("W/") == etag)
    })
}

/// Whether `accept-encoding` names gzip (or everything) without `q=0`.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let quality = |coding: &str| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| {
            part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q == 0.0)
        });
        (name, !refused)
    };
    let codings: Vec<(String, bool)> = request
        .get_all(header::ACCEPT_ENCODING)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(quality)
        .collect();
    let of = |name: &str| codings.iter().find(|(coding, _)| coding == name).map(|(_, accepted)| *accepted);
    of("gzip").or_else(|| of("*")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn gzip_only_for_those_who_take_it() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("*;q=0", false),
            ("identity", false),
        ] {
            assert_eq!(accepts_gzip(&with(header::ACCEPT_ENCODING, value)), expected, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_copy_that_is_still_good_is_not_sent_again() {
        for (value, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
        ] {
            assert_eq!(holds(&with(header::IF_NONE_MATCH, value), "\"a\""), expected, "{value}");
        }
    }

    #[test]
    fn encodings_of_one_file_have_different_validators() {
        let loader = signet_assets::find("loader.js").unwrap();
        let plain = asset(loader, &HeaderMap::new());
        let gzip = asset(loader, &with(header::ACCEPT_ENCODING, "gzip"));
        assert_eq!(gzip.headers()[header::CONTENT_ENCODING], "gzip");
        assert_ne!(plain.headers()[header::ETAG], gzip.headers()[header::ETAG]);
        let again =
            asset(loader, &with(header::IF_NONE_MATCH, plain.headers()[header::ETAG].to_str().unwrap()));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::CACHE_CONTROL], "no-cache");
    }
}
