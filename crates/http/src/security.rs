//! Headers that bind each surface to what it needs, and the rules on where a request may come from.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

use crate::Server;
use crate::error::ApiError;

/// For everything that is no page: nothing may load, nobody may frame it.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// One year, as the HSTS preload list asks for; sub-domains are the operator's own business.
const TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What depends on the platform's public address.
#[derive(Debug)]
pub(crate) struct Surfaces {
    origin: String,
    secure: bool,
    desk_policy: String,
    widget_policy: String,
}

impl Surfaces {
    pub(crate) fn new(public_url: &str) -> Self {
        let origin = origin_of(public_url).to_owned();
        let secure = origin.starts_with("https://");
        // Browsers before CSP level 3 do not take `'self'` for WebSockets.
        let sockets = origin.replacen("http", "ws", 1);
        // No script of ours turns text into markup or code, so none may: there is not one policy that could make it trusted.
        let page = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             media-src 'self'; connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
        Self { desk_policy: format!("{page}; frame-ancestors 'none'"), widget_policy: page, origin, secure }
    }

    /// Whether people reach the platform over TLS.
    pub(crate) fn secure(&self) -> bool {
        self.secure
    }

    /// The desk's Content-Security-Policy.
    pub(crate) fn desk_policy(&self) -> &str {
        &self.desk_policy
    }

    /// The widget's, for a project whose pages may frame it.
    pub(crate) fn widget_policy(&self, frame_ancestors: &str) -> String {
        format!("{}; frame-ancestors {frame_ancestors}", self.widget_policy)
    }

    /// Whether a request comes from Signet's own pages, or from no page at all. `null`, two `Origin` headers and
    /// look-alikes are refused: the comparison is byte for byte.
    pub(crate) fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).into_iter();
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => origin.as_bytes() == self.origin.as_bytes(),
            (Some(_), Some(_)) => false,
        }
    }

    /// Adds what every response carries, unless its handler said otherwise.
    pub(crate) fn protect(&self, response: &mut Response) {
        let headers = response.headers_mut();
        let framed_by_others = headers.get(header::CONTENT_SECURITY_POLICY).is_some_and(may_be_framed);
        let mut default = |name, value| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        default(header::CONTENT_SECURITY_POLICY, NOTHING);
        default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        default(header::REFERRER_POLICY, "no-referrer");
        default(header::CACHE_CONTROL, "no-store");
        default(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        default(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        default(
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        );
        if !framed_by_others {
            // For browsers that know no `frame-ancestors`.
            default(header::X_FRAME_OPTIONS, "DENY");
        }
        if self.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, TRANSPORT_SECURITY);
        }
    }
}

fn may_be_framed(policy: &HeaderValue) -> bool {
    !policy.to_str().is_ok_and(|policy| policy.contains("frame-ancestors 'none'"))
}

/// `https://chat.example/base` → `https://chat.example`.
fn origin_of(public_url: &str) -> &str {
    let host = public_url.find("://").map_or(0, |at| at + 3);
    public_url[host..].find('/').map_or(public_url, |slash| &public_url[..host + slash])
}

/// Refuses what another origin's page sends to the visitor API. In addition to the token, not instead of it.
pub(crate) async fn own_origin_only(State(server): State<Server>, request: Request, next: Next) -> Response {
    if server.surfaces.is_own_origin(request.headers()) {
        next.run(request).await
    } else {
        ApiError::ORIGIN_NOT_ALLOWED.into_response()
    }
}

/// Refuses requests without `x-signet-desk: 1`, a header that another origin's page cannot send without being asked for
/// permission first, which it never gets.
pub(crate) async fn desk_header_required(request: Request, next: Next) -> Response {
    if request.headers().get("x-signet-desk").is_some_and(|value| value == "1") {
        next.run(request).await
    } else {
        ApiError::DESK_HEADER_MISSING.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (header::ORIGIN, value.parse().unwrap())).collect()
    }

    #[test]
    fn d35_only_the_own_origin_byte_for_byte() {
        let surfaces = Surfaces::new("https://chat.example");
        assert!(surfaces.is_own_origin(&origins(&[])));
        assert!(surfaces.is_own_origin(&origins(&["https://chat.example"])));
        for other in [
            "null",
            "",
            "http://chat.example",
            "https://chat.example.",
            "https://chat.example:443",
            "https://chat.example:8443",
            "https://chat.example.evil.tld",
            "https://evil-chat.example",
            "https://CHAT.example",
            "https://chat.example/",
            "https://xn--cht-6la.example",
        ] {
            assert!(!surfaces.is_own_origin(&origins(&[other])), "{other}");
        }
        assert!(!surfaces.is_own_origin(&origins(&["https://chat.example", "https://chat.example"])));
    }

    #[test]
    fn the_public_address_gives_origin_and_socket_sources() {
        assert_eq!(origin_of("https://chat.example/base"), "https://chat.example");
        assert_eq!(origin_of("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert!(
            Surfaces::new("https://chat.example")
                .desk_policy()
                .contains("connect-src 'self' wss://chat.example;")
        );
        assert!(Surfaces::new("http://[::1]:80").desk_policy().contains("connect-src 'self' ws://[::1]:80;"));
    }

    #[test]
    fn d33_pages_of_ours_run_their_own_files_alone_and_make_no_markup_of_text() {
        let surfaces = Surfaces::new("https://chat.example");
        for policy in [surfaces.desk_policy().to_owned(), surfaces.widget_policy("https://shop.example")] {
            for directive in [
                "default-src 'none'",
                "script-src 'self'",
                "base-uri 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            ] {
                assert!(policy.split("; ").any(|one| one == directive), "{directive} in {policy}");
            }
        }
    }

    #[test]
    fn d37_everything_but_the_widget_refuses_to_be_framed() {
        let surfaces = Surfaces::new("https://chat.example");
        let mut plain = ().into_response();
        surfaces.protect(&mut plain);
        assert_eq!(plain.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert!(!may_be_framed(&plain.headers()[header::CONTENT_SECURITY_POLICY]));
        assert!(plain.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));

        let mut widget = ().into_response();
        let policy = surfaces.widget_policy("https://shop.example");
        crate::answer::set(&mut widget, header::CONTENT_SECURITY_POLICY, &policy);
        surfaces.protect(&mut widget);
        assert_eq!(widget.headers()[header::CONTENT_SECURITY_POLICY], policy);
        assert!(!widget.headers().contains_key(header::X_FRAME_OPTIONS));
    }
}
