// SPDX-License-Identifier: MIT
//! Chance that can be had again: every number comes from a seed, which is printed first and can be given.

use std::hash::{BuildHasher, RandomState};

/// A small generator (splitmix64).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// A new seed, or that of `HYPERZOOM_SEED`; printed, so that a failure can be had again.
    pub fn seeded(what: &str) -> Chance {
        let given = std::env::var("HYPERZOOM_SEED").ok().map(|s| s.parse().expect("HYPERZOOM_SEED is a number"));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(what) >> 16);
        println!("{what}: HYPERZOOM_SEED={seed}");
        Chance(seed)
    }

    /// The next number in `from..to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from + (z ^ (z >> 31)) % (to - from)
    }
}
