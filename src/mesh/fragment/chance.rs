// SPDX-License-Identifier: MIT
//! Chance that repeats, for tests: a small generator, and a road that loses packets in bursts.

/// SplitMix64: any seed will do.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Gilbert-Elliott: each packet moves the road between good and bad; what meets a bad one is lost.
pub struct Bursts {
    bad: bool,
    begin: f64,
    end: f64,
}

impl Bursts {
    pub fn new(loss: f64, mean_burst: f64) -> Bursts {
        let end = 1.0 / mean_burst;
        Bursts { bad: false, begin: end * loss / (1.0 - loss), end }
    }

    pub fn loses(&mut self, chance: &mut Chance) -> bool {
        self.bad = if self.bad { chance.share() >= self.end } else { chance.share() < self.begin };
        self.bad
    }
}
