// SPDX-License-Identifier: MIT
//! Proof that a stranger receives where it says it sends from. Costs the host one hash and no memory: the cookie is
//! a keyed hash over the stranger's address and the half minute, and only who got it can bring it back.

use crate::mesh::random::Random;
use crate::mesh::seal::Secret;
use crate::words::Mono;
use blake2::Blake2sMac256;
use blake2::digest::{KeyInit, Mac};
use core::net::{IpAddr, SocketAddr};

/// How long a cookie is.
pub const COOKIE_LEN: usize = 16;

/// A cookie is good in the half minute in which it was made and the next.
const BUCKET_NS: u64 = 30 * Mono::SECOND;
/// A cookie is good for no longer than this.
pub const GOOD_NS: u64 = 2 * BUCKET_NS;

/// Makes and checks cookies with a key that nobody else ever learns.
pub struct Cookies {
    key: Secret,
}

impl Cookies {
    /// With a new key.
    pub fn new(random: &mut Random) -> Cookies {
        Cookies { key: random.secret() }
    }

    /// The cookie for who sends from there.
    pub fn make(&self, from: SocketAddr, now: Mono) -> [u8; COOKIE_LEN] {
        let whole = self.mac(from, bucket(now)).finalize().into_bytes();
        core::array::from_fn(|index| whole[index])
    }

    /// Was this cookie made here, for there, not long ago?
    pub fn check(&self, from: SocketAddr, cookie: &[u8], now: Mono) -> bool {
        let Ok(cookie) = <&[u8; COOKIE_LEN]>::try_from(cookie) else { return false };
        let this = bucket(now);
        let made_in = |bucket| self.mac(from, bucket).verify_truncated_left(cookie).is_ok();
        made_in(this) || this.checked_sub(1).is_some_and(made_in)
    }

    fn mac(&self, from: SocketAddr, bucket: u64) -> Blake2sMac256 {
        let mut mac = <Blake2sMac256 as KeyInit>::new_from_slice(self.key.bytes()).expect("32 bytes are a key");
        match from.ip().to_canonical() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&from.port().to_be_bytes());
        mac.update(&bucket.to_be_bytes());
        mac
    }
}

fn bucket(now: Mono) -> u64 {
    now.0 / BUCKET_NS
}

impl core::fmt::Debug for Cookies {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Cookies(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKET_NS, COOKIE_LEN, Cookies};
    use crate::mesh::random::Random;
    use crate::words::Mono;
    use core::net::SocketAddr;

    fn cookies(seed: u8) -> Cookies {
        Cookies::new(&mut Random::new([seed; 32]))
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_cookie_is_good_for_its_address_for_half_a_minute_to_a_minute() {
        let (cookies, here) = (cookies(1), address("203.0.113.7:4821"));
        for made in [0, 1, BUCKET_NS - 1, 7 * BUCKET_NS + 5] {
            let cookie = cookies.make(here, Mono(made));
            assert!(cookies.check(here, &cookie, Mono(made)));
            assert!(cookies.check(here, &cookie, Mono(made + BUCKET_NS)));
            assert!(!cookies.check(here, &cookie, Mono(made + 2 * BUCKET_NS)));
            assert!(made < BUCKET_NS || !cookies.check(here, &cookie, Mono(made - BUCKET_NS)), "from the future");
        }
    }

    #[test]
    fn nobody_else_can_use_it_or_make_it() {
        let (ours, here, now) = (cookies(1), address("203.0.113.7:4821"), Mono(5));
        let cookie = ours.make(here, now);
        for elsewhere in ["203.0.113.7:4822", "203.0.113.8:4821", "[2001:db8::7]:4821"] {
            assert!(!ours.check(address(elsewhere), &cookie, now), "{elsewhere}");
        }
        assert!(!cookies(2).check(here, &cookie, now));
        for bit in 0..COOKIE_LEN * 8 {
            let mut forged = cookie;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(!ours.check(here, &forged, now));
        }
        assert!((0..COOKIE_LEN).all(|len| !ours.check(here, &cookie[..len], now)));
        assert!(!ours.check(here, &[&cookie[..], &[0]].concat(), now));
    }

    #[test]
    fn an_ipv4_address_is_the_same_on_a_socket_for_both() {
        let cookies = cookies(1);
        let cookie = cookies.make(address("203.0.113.7:4821"), Mono(5));
        assert!(cookies.check(address("[::ffff:203.0.113.7]:4821"), &cookie, Mono(5)));
    }
}
