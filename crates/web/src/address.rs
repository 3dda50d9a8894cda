//! The classes of addresses that are not public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The class of an address that is not public, after the IANA registries of special addresses (RFC 6890).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddressClass {
    /// 0.0.0.0/8 and `::`, which mean this host.
    #[error("unspecified")]
    Unspecified,
    /// 127.0.0.0/8 and `::1`.
    #[error("loopback")]
    Loopback,
    /// 10/8, 172.16/12 and 192.168/16.
    #[error("private")]
    Private,
    /// 100.64.0.0/10, which connects a provider with its customers (RFC 6598).
    #[error("shared")]
    Shared,
    /// 169.254/16 and `fe80::/10`.
    #[error("link-local")]
    LinkLocal,
    /// `fc00::/7` (RFC 4193), and its predecessor `fec0::/10`.
    #[error("unique-local")]
    UniqueLocal,
    /// The addresses of cloud metadata services, such as 169.254.169.254. They return credentials.
    #[error("metadata")]
    Metadata,
    /// 224.0.0.0/4 and `ff00::/8`.
    #[error("multicast")]
    Multicast,
    /// 255.255.255.255.
    #[error("broadcast")]
    Broadcast,
    /// Addresses for examples in documents and for measurements.
    #[error("documentation")]
    Documentation,
    /// An IPv6 address that contains an IPv4 address: mapped, compatible, NAT64, 6to4 or Teredo. It would be a second way to write
    /// every other class.
    #[error("embedded IPv4")]
    Embedded,
    /// Every other address outside the blocks for public use.
    #[error("reserved")]
    Reserved,
}

/// Returns the class of `address`, or `None` for a public address.
pub const fn classify(address: IpAddr) -> Option<AddressClass> {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

#[allow(clippy::match_same_arms, reason = "in the order of the registries")]
const fn v4(address: Ipv4Addr) -> Option<AddressClass> {
    Some(match address.octets() {
        // Cloud metadata: link-local addresses, Alibaba's, Oracle's, and Azure's, which is in a public block.
        [169, 254, 169, 123 | 249..=254] | [169, 254, 170, 2 | 23] => AddressClass::Metadata,
        [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => AddressClass::Metadata,
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::Shared,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => AddressClass::Documentation,
        [192, 0, 0, _] => AddressClass::Reserved,
        // The anycast relays of 6to4 (RFC 7526).
        [192, 88, 99, _] => AddressClass::Embedded,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => return None,
    })
}

#[allow(clippy::match_same_arms, reason = "in the order of the registries")]
const fn v6(address: Ipv6Addr) -> Option<AddressClass> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // Compatible (::/96), mapped (::ffff:0:0/96), translated (::ffff:0:0:0/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48),
        // 6to4 (2002::/16), Teredo (2001::/32).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => AddressClass::Embedded,
        [0x64, 0xff9b, ..] | [0x2002, ..] | [0x2001, 0, ..] => AddressClass::Embedded,
        // The metadata service of Amazon.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, _] => AddressClass::Metadata,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => AddressClass::UniqueLocal,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] | [0x2001, 2, 0, ..] => AddressClass::Documentation,
        // The rest of 2001::/23, which is reserved for protocols.
        [0x2001, 0..=0x1ff, ..] => AddressClass::Reserved,
        // Only 2000::/3 is assigned.
        [0x2000..=0x3fff, ..] => return None,
        _ => AddressClass::Reserved,
    })
}
