// SPDX-License-Identifier: MIT
//! Where this machine can be reached, and who its router is.
//!
//! What kind of address it is decides everything: a private one serves the same house, a shared one serves nobody
//! but the provider, a global one serves the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// As many as are worth telling the others: a roster carries eight a person, and the mapped and the observed
/// address want a place as well.
pub const ADDRESSES_MAX: usize = 6;

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// This machine alone.
    Loopback,
    /// One cable or radio cell (169.254/16, fe80::/10).
    LinkLocal,
    /// One house or company (RFC 1918, unique local IPv6).
    Private,
    /// The inside of a provider's network, shared by many customers (100.64/10).
    Shared,
    /// Examples in books; no real network has them.
    Documentation,
    /// Nobody can be reached there: multicast, benchmarks, reserved, unspecified.
    Special,
    /// The whole internet.
    Global,
}

/// How far an address reaches.
pub fn reach(address: IpAddr) -> Reach {
    match address.to_canonical() {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127, ..] => Reach::Loopback,
        [169, 254, ..] => Reach::LinkLocal,
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Reach::Private,
        [100, 64..=127, ..] => Reach::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Documentation,
        // This network, protocol assignments, 6to4 relays, benchmarks, multicast and reserved.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [224..=255, ..] => Reach::Special,
        _ => Reach::Global,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Loopback,
        [0xfe80..=0xfebf, ..] => Reach::LinkLocal,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Documentation,
        // Teredo and 6to4 wrap an IPv4 address that has to be reached first, which is no better than saying so.
        [0x2001, 0, ..] | [0x2002, ..] => Reach::Special,
        [0x2000..=0x3fff, ..] => Reach::Global,
        _ => Reach::Special,
    }
}

/// An IPv4 address that came in through an IPv6 socket, as what it is.
pub fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The way out of this network, as far as ports are concerned: IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Router {
    /// Its address inside.
    pub address: Ipv4Addr,
    /// Ours on the interface that leads there.
    pub ours: Ipv4Addr,
}

/// The router of the interface that leads to the internet; of any other, if that one has none (a VPN's tunnel).
pub fn router() -> Option<Router> {
    let interfaces = netdev::get_interfaces();
    let ours = ours_towards(Ipv4Addr::new(192, 0, 2, 1).into());
    let leads = |i: &&netdev::Interface| i.ipv4.iter().any(|net| Some(IpAddr::V4(net.addr())) == ours);
    let found = interfaces.iter().find(leads).and_then(router_of);
    found.or_else(|| interfaces.iter().filter(|i| i.is_up() && !i.is_loopback()).find_map(router_of))
}

fn router_of(interface: &netdev::Interface) -> Option<Router> {
    let address = *interface.gateway.as_ref()?.ipv4.first()?;
    let near = interface.ipv4.iter().find(|net| net.contains(&address)).or(interface.ipv4.first())?;
    Some(Router { address, ours: near.addr() })
}

/// Which of our addresses packets to `there` would carry. Nothing is sent.
fn ours_towards(there: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if there.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((there, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// This machine's addresses that somebody else might reach, the likeliest first: LAN and global IPv4, global IPv6,
/// unique local IPv6; of each, those that lead to the internet before those of bridges and second cards. Loopback
/// only if there is nothing else, or if asked for.
pub fn usable(with_loopback: bool) -> Vec<IpAddr> {
    let interfaces = netdev::get_interfaces();
    let preferred = [
        ours_towards(Ipv4Addr::new(192, 0, 2, 1).into()),
        ours_towards(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    let mut found = Vec::new();
    for interface in interfaces.iter().filter(|i| i.is_up() && !i.is_loopback()) {
        found.extend(interface.ipv4.iter().map(|net| IpAddr::V4(net.addr())));
        let flags = interface.ipv6_addr_flags.iter().copied().map(Some).chain(std::iter::repeat(None));
        let good = interface.ipv6.iter().zip(flags).filter(|(_, flags)| flags.is_none_or(lasting));
        found.extend(good.map(|(net, _)| IpAddr::V6(net.addr())));
    }
    choose(found, &preferred, with_loopback)
}

/// An address that is there to stay a while.
fn lasting(flags: netdev::interface::ipv6_addr_flags::Ipv6AddrFlags) -> bool {
    !(flags.deprecated || flags.tentative || flags.duplicated)
}

fn choose(mut found: Vec<IpAddr>, preferred: &[Option<IpAddr>], with_loopback: bool) -> Vec<IpAddr> {
    let rank = |address: &IpAddr| match (address, reach(*address)) {
        (IpAddr::V4(_), Reach::Private | Reach::Global | Reach::Shared) => Some(0),
        (IpAddr::V6(_), Reach::Global) => Some(1),
        (IpAddr::V6(_), Reach::Private) => Some(2),
        _ => None,
    };
    found.retain(|address| rank(address).is_some());
    found.sort_by_key(|address| (!preferred.contains(&Some(*address)), rank(address)));
    found.dedup();
    if found.is_empty() || with_loopback {
        found.truncate(ADDRESSES_MAX - 1);
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found.truncate(ADDRESSES_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::{ADDRESSES_MAX, Reach, choose, plain, reach, usable};
    use std::net::{IpAddr, SocketAddr};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn every_address_reaches_as_far_as_it_does() {
        let known = [
            (Reach::Loopback, &["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"][..]),
            (Reach::LinkLocal, &["169.254.0.1", "fe80::1", "febf::1"]),
            (Reach::Private, &["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"]),
            (Reach::Shared, &["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"]),
            (Reach::Documentation, &["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"]),
            (Reach::Special, &["0.0.0.0", "198.18.0.1", "192.0.0.9", "224.0.0.1", "255.255.255.255", "::", "ff02::1"]),
            (Reach::Special, &["2001::1", "2002::1", "fec0::1", "64:ff9b::1"]),
            (Reach::Global, &["25.1.0.2", "9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1"]),
            (Reach::Global, &["100.63.255.255", "100.128.0.0", "198.17.0.1", "198.20.0.1", "223.255.0.1", "2a00::1"]),
        ];
        for (expected, addresses) in known {
            for address in addresses {
                assert_eq!(reach(ip(address)), expected, "{address}");
            }
        }
    }

    #[test]
    fn a_mapped_address_is_told_as_what_it_is() {
        let plainly = |text: &str| plain(text.parse::<SocketAddr>().expect("an address")).to_string();
        assert_eq!(plainly("[::ffff:192.168.1.2]:5004"), "192.168.1.2:5004");
        assert_eq!(plainly("[2a00::1]:5004"), "[2a00::1]:5004");
        assert_eq!(plainly("1.2.3.4:5"), "1.2.3.4:5");
    }

    #[test]
    fn the_likeliest_address_comes_first_and_the_useless_are_left_out() {
        let found: Vec<IpAddr> =
            ["fe80::1", "fd00::5", "172.17.0.1", "2a00::5", "192.168.1.5", "169.254.3.3"].map(ip).into();
        let chosen = choose(found, &[Some(ip("192.168.1.5")), None], false);
        assert_eq!(chosen, ["192.168.1.5", "172.17.0.1", "2a00::5", "fd00::5"].map(ip));
    }

    #[test]
    fn loopback_is_for_those_who_have_nothing_else_or_ask_for_it() {
        assert_eq!(choose(vec![ip("fe80::1")], &[], false), [ip("127.0.0.1")]);
        assert_eq!(choose(vec![ip("10.0.0.2")], &[], true), [ip("10.0.0.2"), ip("127.0.0.1")]);
        let many = (1..20).map(|n| IpAddr::from([10, 0, 0, n])).collect::<Vec<_>>();
        assert_eq!(choose(many.clone(), &[], false).len(), ADDRESSES_MAX);
        assert_eq!(choose(many, &[], true).last(), Some(&ip("127.0.0.1")));
    }

    #[test]
    fn this_machine_has_an_address() {
        let found = usable(false);
        assert!(!found.is_empty() && found.len() <= ADDRESSES_MAX, "{found:?}");
    }
}
