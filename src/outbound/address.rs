//! Which addresses of the internet are the internet's: everything special is refused (RFC 6890 and its registries).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are nobody's on the internet: network, length of the prefix.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),        // this host
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // shared by a carrier's customers
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // the host of a virtual machine at Azure
    ([169, 254, 0, 0], 16),   // link-local, and the metadata of most clouds
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // relays of 6to4
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved
    ([255, 255, 255, 255], 32),
];

/// Networks of IPv6 within `2000::/3` that are special all the same. What lies outside `2000::/3` is no public unicast
/// address: loopback, mapped and compatible IPv4, NAT64, unique local, link-local, multicast, segment routing.
const SPECIAL_V6: [([u16; 2], u32); 4] = [
    ([0x2001, 0x0000], 23), // protocol assignments, with Teredo, ORCHID and benchmarks
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0x0000], 16), // 6to4: an IPv4 address inside
    ([0x3fff, 0x0000], 20), // documentation
];

/// What an address is to the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Somebody's on the internet.
    Public,
    /// This machine itself.
    Loopback,
    /// Anything else: private, shared, link-local, multicast, reserved, or one address dressed as another.
    Special,
}

/// What `address` is.
#[must_use]
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) if address.is_loopback() => Reach::Loopback,
        IpAddr::V6(address) if address == Ipv6Addr::LOCALHOST => Reach::Loopback,
        IpAddr::V4(address) if is_public_v4(address) => Reach::Public,
        IpAddr::V6(address) if is_public_v6(address) => Reach::Public,
        _ => Reach::Special,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !SPECIAL_V4.iter().any(|(network, length)| within(bits, Ipv4Addr::from(*network).to_bits(), *length))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let bits = head(first, second);
    first >> 13 == 1 && !SPECIAL_V6.iter().any(|([a, b], length)| within(bits, head(*a, *b), *length))
}

/// The first 32 bits of an IPv6 address.
fn head(first: u16, second: u16) -> u32 {
    u32::from(first) << 16 | u32::from(second)
}

/// Whether the first `length` bits of two numbers agree.
fn within(bits: u32, network: u32, length: u32) -> bool {
    (bits ^ network).checked_shr(32 - length).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_known_in_every_dress() {
        for special in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "1fff::1",
        ] {
            assert_eq!(reach(special.parse().unwrap()), Reach::Special, "{special}");
        }
    }

    #[test]
    fn this_machine_and_the_internet_are_told_apart() {
        for own in ["127.0.0.1", "127.255.255.254", "::1"] {
            assert_eq!(reach(own.parse().unwrap()), Reach::Loopback, "{own}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "168.63.129.17",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "2003::1",
            "3ffe::1",
            "2001:db9::1",
        ] {
            assert_eq!(reach(public.parse().unwrap()), Reach::Public, "{public}");
        }
    }
}
