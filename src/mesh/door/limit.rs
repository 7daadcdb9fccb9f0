// SPDX-License-Identifier: MIT
//! How much work strangers may cause. Each handshake costs some hashing, and an answer two multiplications on the curve;
//! one address gets a small share, and each part of the world one that no machine notices, so that no network's flood
//! keeps out who comes from another.

use crate::mesh::handshake::cookie::GOOD_NS;
use crate::mesh::inbound::bucket::{PARTS, part};
use crate::words::Mono;
use core::net::{IpAddr, Ipv6Addr};

/// Tokens, kept as the moment up to which they are used.
#[derive(Clone, Copy, Debug)]
struct Share {
    a_second: i64,
    burst: i64,
    used_until: Option<Mono>,
}

impl Share {
    const fn new(a_second: i64, burst: i64) -> Share {
        Share { a_second, burst, used_until: None }
    }

    fn take(&mut self, now: Mono) -> bool {
        let token_ns = Mono::SECOND as i64 / self.a_second;
        let unused_ns = self.used_until.map_or(i64::MAX, |until| now.since(until)).min(self.burst * token_ns);
        if unused_ns < token_ns {
            return false;
        }
        self.used_until = Some(Mono(now.0.wrapping_add_signed(token_ns - unused_ns)));
        true
    }
}

/// A guest says the same HELLO ten times a second at most, and only the first of them costs anything.
const ONE: Share = Share::new(4, 6);
/// Some milliseconds of work a second, and from the whole world some hundredths of a core at most. Far fewer
/// than the receiving path lets through from a part: else a network that fills the one would fill the other too.
const PART: Share = Share::new(15, 15);
/// As many handshakes as the whole world can cause while one cookie is good.
pub const FOR_A_COOKIE: usize = PARTS * (PART.a_second * (GOOD_NS / Mono::SECOND) as i64 + PART.burst) as usize;

/// Addresses that are remembered; the one that was quiet longest makes room.
const ADDRESSES_MAX: usize = 32;

/// The shares.
#[derive(Debug)]
pub struct Limit {
    parts: [Share; PARTS],
    each: Vec<(IpAddr, Mono, Share)>,
}

impl Default for Limit {
    fn default() -> Limit {
        Limit { parts: [PART; PARTS], each: Vec::new() }
    }
}

impl Limit {
    /// May this address cause a handshake's work now?
    pub fn take(&mut self, ip: IpAddr, now: Mono) -> bool {
        let (part, ip) = (&mut self.parts[part(ip)], network(ip));
        let at = match self.each.iter().position(|(known, ..)| *known == ip) {
            Some(at) => at,
            None => {
                if self.each.len() == ADDRESSES_MAX {
                    let quiet = (0..self.each.len()).min_by_key(|at| self.each[*at].1).expect("there are some");
                    self.each.swap_remove(quiet);
                }
                self.each.push((ip, now, ONE));
                self.each.len() - 1
            }
        };
        let (_, last, share) = &mut self.each[at];
        *last = now;
        share.take(now) && part.take(now)
    }
}

/// Somebody with an address of the new kind has a whole network of them.
pub fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip) >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::{ADDRESSES_MAX, Limit};
    use crate::words::Mono;
    use core::net::{IpAddr, Ipv6Addr};

    #[test]
    fn one_address_cannot_use_up_what_belongs_to_all() {
        let mut limit = Limit::default();
        let loud: IpAddr = [203, 0, 113, 1].into();
        let taken = (0..10_000).filter(|ms| limit.take(loud, Mono(ms * 1_000_000))).count();
        assert!((40..=50).contains(&taken), "{taken}");
        assert!(limit.take([203, 0, 113, 2].into(), Mono(10_000_000_000)));
    }

    #[test]
    fn a_network_full_of_addresses_is_one_and_many_are_not_remembered() {
        let mut limit = Limit::default();
        let in_one = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n));
        assert!((0..100).filter(|n| limit.take(in_one(*n), Mono(0))).count() <= 6);
        let many = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, n, 0, 0, 0, 1));
        assert!((0..1000).filter(|n| limit.take(many(*n), Mono(0))).count() <= 15);
        assert!(limit.each.len() <= ADDRESSES_MAX);
        let others = (0..16).filter(|net| limit.take([198, 51, *net, 1].into(), Mono(0))).count();
        assert!(others >= 12, "{others} of 16 other networks");
    }
}
