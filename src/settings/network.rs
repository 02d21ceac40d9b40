//! A network: an address and how many of its bits count, as `10.0.0.0/8`.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// A network, of IPv4 or IPv6. An address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: u128,
    /// The bits that do not count.
    mask: u128,
}

/// Not a network.
#[derive(Debug, thiserror::Error)]
#[error("must be networks such as 10.0.0.0/8 or fd00::/8, or addresses")]
pub struct NoNetwork;

/// Of IPv4, as it is mapped into IPv6: so that both are compared in one way.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => Ipv6Addr::to_bits(address),
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| NoNetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let free = longest - length.unwrap_or(longest).min(longest);
        if length.is_some_and(|length| length > longest) {
            return Err(NoNetwork);
        }
        let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |bit| bit - 1);
        let address = bits(address);
        // Bits beyond the length are a slip of the pen, and somebody's whole network trusted by it.
        if address & mask == 0 || free == 0 { Ok(Self { address, mask }) } else { Err(NoNetwork) }
    }
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

impl Network {
    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        bits(address) & !self.mask == self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.7/32", "::ffff:192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::/0", "fe80::1", ""),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network}: {inside}");
            assert!(outside.is_empty() || !parsed.contains(outside.parse().unwrap()), "{network}: {outside}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/x", "proxy.example", "2001:db8::/129", "/8"]
        {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
