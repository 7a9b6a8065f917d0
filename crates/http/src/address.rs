//! The caller's address, through as many proxies as the operator says to trust.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The caller's address. With `trusted_proxies` = n it is the n-th entry of `x-forwarded-for` from the right, which
/// the outermost trusted proxy wrote: what stands left of it came from the caller and proves nothing. Without enough
/// readable entries the request did not pass those proxies, and the peer speaks for itself.
pub(crate) fn caller(peer: IpAddr, headers: &HeaderMap, trusted_proxies: usize) -> IpAddr {
    let forwarded = trusted_proxies.checked_sub(1).and_then(|hop| {
        headers
            .get_all(FORWARDED_FOR)
            .into_iter()
            .rev()
            .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
            .nth(hop)
            .and_then(|entry| parse(entry.trim()))
    });
    forwarded.unwrap_or(peer).to_canonical()
}

/// Whether some proxy handed the request on, trusted or not.
pub(crate) fn was_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR) || headers.contains_key(http::header::FORWARDED)
}

/// Some proxies add the port.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (http::HeaderName::from_static(FORWARDED_FOR), value.parse().unwrap()))
            .collect()
    }

    fn from(values: &[&str], trusted_proxies: usize) -> String {
        caller("10.0.0.9".parse().unwrap(), &headers(values), trusted_proxies).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_wrote_counts() {
        assert_eq!(from(&["1.1.1.1"], 0), "10.0.0.9");
        assert_eq!(from(&["6.6.6.6, 1.1.1.1"], 1), "1.1.1.1");
        assert_eq!(from(&["6.6.6.6, 1.1.1.1, 10.0.0.1"], 2), "1.1.1.1");
        assert_eq!(from(&["6.6.6.6", "1.1.1.1, 10.0.0.1"], 2), "1.1.1.1");
        assert_eq!(from(&["1.1.1.1"], 2), "10.0.0.9");
        assert_eq!(from(&[], 1), "10.0.0.9");
        assert_eq!(from(&["unknown"], 1), "10.0.0.9");
    }

    #[test]
    fn spellings_of_an_address() {
        assert_eq!(from(&["1.1.1.1:4711"], 1), "1.1.1.1");
        assert_eq!(from(&["[2001:db8::1]:4711"], 1), "2001:db8::1");
        assert_eq!(from(&["[2001:db8::1]"], 1), "2001:db8::1");
        assert_eq!(from(&["::ffff:1.1.1.1"], 1), "1.1.1.1");
    }
}
