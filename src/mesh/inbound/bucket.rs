// SPDX-License-Identifier: MIT
//! So many in a burst, so many a second, and no more: from each part of the world, so that no network's flood keeps
//! out who comes from another.

use crate::words::Mono;
use core::net::IpAddr;

/// A household that joins as a whole says less, and what three peers in one network say to all our addresses for the
/// two seconds in which they say the most is said often enough.
const A_SECOND: i64 = 60;
/// What may come at once.
const BURST: i64 = 60;
/// So many parts has the world.
pub(in crate::mesh) const PARTS: usize = 16;

const TOKEN_NS: i64 = Mono::SECOND as i64 / A_SECOND;

/// Tokens, kept as the moment up to which they are used: one number, and no rounding.
#[derive(Default)]
pub(super) struct Bucket {
    used_until: Option<Mono>,
}

impl Bucket {
    /// Takes a token if there is one.
    pub fn take(&mut self, now: Mono) -> bool {
        let unused_ns = self.used_until.map_or(i64::MAX, |until| now.since(until)).min(BURST * TOKEN_NS);
        let free = unused_ns >= TOKEN_NS;
        if free {
            // May lie before the clock's zero, where distances still count right.
            self.used_until = Some(Mono(now.0.wrapping_add_signed(TOKEN_NS - unused_ns)));
        }
        free
    }
}

/// One for each part of the world.
#[derive(Default)]
pub(super) struct Buckets([Bucket; PARTS]);

impl Buckets {
    /// Takes a token of the sender's part if there is one.
    pub fn take(&mut self, from: IpAddr, now: Mono) -> bool {
        self.0[part(from)].take(now)
    }
}

/// In which part of the world a sender is. All of a network are in one; who owns a network cannot make it another.
pub(in crate::mesh) fn part(from: IpAddr) -> usize {
    let network = match from.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits() >> 8),
        // Who has an address of the new kind may have as many networks as this holds.
        IpAddr::V6(ip) => (ip.to_bits() >> 80) as u64 | 1 << 63,
    };
    let mixed = (network ^ network >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::{A_SECOND, BURST, Bucket, Buckets, PARTS, part};
    use crate::words::Mono;
    use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[test]
    fn a_network_has_its_part_and_networks_are_in_all_parts_alike() {
        let v4 = |net: u16, host: u8| IpAddr::from([203, (net >> 8) as u8, net as u8, host]);
        let v6 = |net: u16, sub: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, net, sub, 0, 0, 0, 1));
        let mut counts = [0; PARTS];
        for net in 0..1600 {
            assert!((0..=255).all(|host| part(v4(net, host)) == part(v4(net, 0))));
            assert!((0..50).all(|sub| part(v6(net, sub)) == part(v6(net, 0))));
            counts[part(v4(net, 0))] += 1;
            counts[part(v6(net, 0))] += 1;
        }
        assert!(counts.iter().all(|count| (100..=300).contains(count)), "{counts:?}");
        let mapped = IpAddr::V6(Ipv4Addr::new(203, 0, 113, 7).to_ipv6_mapped());
        assert_eq!(part(mapped), part(v4(113, 7)));
    }

    #[test]
    fn who_floods_from_one_network_uses_up_one_part() {
        let mut buckets = Buckets::default();
        while buckets.take([198, 51, 100, 9].into(), Mono(0)) {}
        let kept_out = (0..=255_u8).filter(|net| !buckets.take([203, 0, *net, 1].into(), Mono(0))).count();
        assert!((4..40).contains(&kept_out), "{kept_out} of 256");
    }

    fn taken(bucket: &mut Bucket, at_ns: u64, tries: i64) -> i64 {
        (0..tries).filter(|_| bucket.take(Mono(at_ns))).count() as i64
    }

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, 0, 1000), BURST);
        let later: i64 = (1..=1000).map(|ms| taken(&mut bucket, ms * 1_000_000, 10)).sum();
        assert_eq!(later, A_SECOND);
    }

    #[test]
    fn what_is_not_used_is_kept_up_to_a_burst() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, 5 * Mono::SECOND, 1), 1);
        assert_eq!(taken(&mut bucket, 500 * Mono::SECOND, 1000), BURST);
        assert_eq!(taken(&mut bucket, 400 * Mono::SECOND, 1000), 0, "time does not run back");
    }
}
