//! Web origins (RFC 6454) and a project's list of them.
//!
//! An origin is compared as text, byte for byte, after a strict reading: browsers serialise origins in one way
//! (lower case, punycode, no default port, no trailing dot or slash), so anything else is not from a browser.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an origin was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an origin is scheme://host[:port] as browsers write it, such as https://shop.example")]
pub struct InvalidOrigin;

/// A web origin as browsers serialise it: `https://shop.example`, `http://127.0.0.1:8081`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: String,
    loopback: bool,
}

impl Origin {
    /// Reads an origin. Refuses what a browser would not write: `null`, upper case, non-ASCII, a path, user
    /// information, a trailing dot, a default port, a scheme other than http and https.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        if text.len() > 300 {
            return Err(InvalidOrigin);
        }
        let (scheme, rest) = text.split_once("://").ok_or(InvalidOrigin)?;
        let default_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return Err(InvalidOrigin),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']').ok_or(InvalidOrigin)?;
                let address: std::net::Ipv6Addr = host.parse().map_err(|_| InvalidOrigin)?;
                if address.to_string() != host {
                    return Err(InvalidOrigin);
                }
                let port =
                    if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or(InvalidOrigin)?) };
                (host, port)
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if let Some(port) = port {
            let number: u16 = port.parse().map_err(|_| InvalidOrigin)?;
            if number == 0 || number.to_string() != port || port == default_port {
                return Err(InvalidOrigin);
            }
        }
        let named = rest.starts_with('[') || is_host(host);
        if !named {
            return Err(InvalidOrigin);
        }
        Ok(Self { text: text.to_owned(), loopback: is_loopback(host) })
    }

    /// The origin as browsers write it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names this machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
}

/// The origins whose pages may embed a project's widget.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedOrigins {
    /// Exact origins.
    pub origins: Vec<Origin>,
    /// Every loopback origin too, whatever its port. For demos and development.
    #[serde(default)]
    pub any_loopback: bool,
}

impl AllowedOrigins {
    /// Whether a page of `origin` may embed the widget.
    pub fn allow(&self, origin: &Origin) -> bool {
        (self.any_loopback && origin.is_loopback()) || self.origins.contains(origin)
    }

    /// The value of a `frame-ancestors` directive (CSP Level 3 section 2.3.1) that says the same; `'none'` for an empty
    /// list. The directive's grammar has no IPv6 addresses: browsers ignore such a source and complain on every page, so
    /// they are left out, and pages served from an IPv6 address cannot embed the widget.
    pub fn frame_ancestors(&self) -> String {
        let named = self.origins.iter().map(Origin::as_str).filter(|origin| !origin.contains('['));
        let mut sources: Vec<&str> = named.collect();
        if self.any_loopback {
            sources.extend(["http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*"]);
        }
        if sources.is_empty() { "'none'".to_owned() } else { sources.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browsers_spelling_is_an_origin() {
        for good in [
            "https://shop.example",
            "http://127.0.0.1:8081",
            "https://xn--bcher-kva.example",
            "http://[::1]:80800",
        ] {
            assert_eq!(Origin::parse(good).is_ok(), good != "http://[::1]:80800", "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "shop.example",
            "https://",
            "https://Shop.example",
            "https://shop.example/",
            "https://shop.example.",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://shop.example:0443",
            "https://shop.example:0",
            "https://a@shop.example",
            "https://bücher.example",
            "ftp://shop.example",
            "https://shop.example:",
            "https://shop example",
            "https://.shop.example",
            "https://[::1",
            "https://[0:0::1]",
            "https://shop.example https://evil.example",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_compare_whole_origins() {
        let list = AllowedOrigins {
            origins: vec![Origin::parse("https://shop.example").unwrap()],
            any_loopback: false,
        };
        assert!(list.allow(&Origin::parse("https://shop.example").unwrap()));
        for other in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil.tld",
            "https://evil-shop.example",
            "https://www.shop.example",
            "http://127.0.0.1:8081",
        ] {
            assert!(!list.allow(&Origin::parse(other).unwrap()), "{other}");
        }
        assert_eq!(list.frame_ancestors(), "https://shop.example");
        assert_eq!(AllowedOrigins::default().frame_ancestors(), "'none'");
        let loopback =
            AllowedOrigins { origins: vec![Origin::parse("http://[::1]:9000").unwrap()], any_loopback: true };
        assert_eq!(loopback.frame_ancestors(), "http://localhost:* http://*.localhost:* http://127.0.0.1:*");
        for origin in [
            "http://127.0.0.1:8081",
            "http://localhost:3000",
            "http://shop.localhost:3000",
            "http://[::1]:9000",
        ] {
            assert!(loopback.allow(&Origin::parse(origin).unwrap()), "{origin}");
        }
        assert!(!loopback.allow(&Origin::parse("http://127.0.0.1.evil.tld").unwrap()));
    }
}
