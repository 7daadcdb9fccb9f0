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
