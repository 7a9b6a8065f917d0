//! The page of token errors, served by the platform itself: `documentationUrl` of a finding leads here.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use signet_token::doctor::diagnoses;

static TOKEN_ERRORS: LazyLock<String> = LazyLock::new(page);

pub(crate) fn router() -> Router {
    Router::new().route("/docs/token-errors", get(token_errors))
}

/// Public: it holds nothing of any project. No script, no style, so that the strictest policy fits.
async fn token_errors() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ];
    (headers, TOKEN_ERRORS.as_str()).into_response()
}

fn page() -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Token errors</title><main><h1>Token errors</h1>",
    );
    for diagnosis in diagnoses::all() {
        // Writing to a text cannot fail.
        let _ = writeln!(
            page,
            "<section id=\"{}\"><h2>{}</h2><p><strong>{}.</strong> Pages are told <code>{}</code>.</p>\
             <p>Cause: {}</p><p>Fix: {}</p></section>",
            diagnosis.anchor(),
            diagnosis.code,
            escape(diagnosis.title),
            diagnosis.public_code,
            escape(diagnosis.cause),
            escape(diagnosis.fix)
        );
    }
    page.push_str("</main></html>\n");
    page
}

/// HTML of a text in which backticks stand around code.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '`' => {
                html.push_str(if in_code { "</code>" } else { "<code>" });
                in_code = !in_code;
            }
            other => html.push(other),
        }
    }
    html
}
