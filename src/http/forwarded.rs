//! From where a request comes that a proxy handed on: what `X-Forwarded-For` says, as far as it is to be believed.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::settings::Network;

/// The field to which each proxy appends whom it had at the other end.
const FIELD: &str = "x-forwarded-for";

/// Who is at the other end of a connection, or of the one before, where the other end is a trusted proxy: the last address
/// that no trusted proxy has. Whatever stands before it the sender may have written there.
pub(super) fn sender(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer.ip()) {
        return peer;
    }
    let mut all: Vec<&str> = Vec::new();
    for value in headers.get_all(FIELD) {
        // What can't be read hides whatever stands before it.
        let Ok(value) = value.to_str() else {
            all.push("");
            continue;
        };
        all.extend(value.split(','));
    }
    let mut sender = peer;
    for entry in all.iter().rev() {
        let Some(address) = read(entry.trim()) else { break };
        sender = SocketAddr::new(address, 0);
        if !is_trusted(address) {
            break;
        }
    }
    sender
}

/// An address, with or without a port.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().or_else(|_| entry.parse().map(|address: SocketAddr| address.ip())).ok();
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, fields: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(FIELD, field.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        sender(SocketAddr::new(peer.parse().unwrap(), 1), &headers, &trusted).ip().to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_from_where_somebody_comes() {
        assert_eq!(of("192.0.2.1", &["203.0.113.9"], &[]), "192.0.2.1");
        assert_eq!(of("192.0.2.1", &["203.0.113.9"], &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(of("10.0.0.1", &["203.0.113.9"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(of("::ffff:10.0.0.1", &["203.0.113.9"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn what_the_sender_wrote_itself_counts_for_nothing() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(of("10.0.0.1", &["198.51.100.1, 203.0.113.9"], trusted), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["198.51.100.1", "203.0.113.9, 10.0.0.2"], trusted), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["10.9.9.9, 203.0.113.9"], trusted), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["10.0.0.3, 10.0.0.2"], trusted), "10.0.0.3");
    }

    #[test]
    fn what_can_not_be_read_ends_the_way_back() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(of("10.0.0.1", &["198.51.100.1, unknown"], trusted), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["198.51.100.1, , 10.0.0.2"], trusted), "10.0.0.2");
        assert_eq!(of("10.0.0.1", &["203.0.113.9:4711"], trusted), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["[2001:db8::1]:4711"], trusted), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &["[2001:db8::1]"], trusted), "2001:db8::1");
    }
}
