// SPDX-License-Identifier: MIT
//! Random numbers from a seed that is handed in: good enough for keys, and the same again from the same seed, so
//! that a simulated call can be had again.
//!
//! ChaCha20's key stream, a block at a time. The first half of each block becomes the next key and the second is
//! given out, so what was given out cannot be learned later from what is left.

use super::seal::Secret;
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Nonce};
use zeroize::Zeroize;

const BLOCK_LEN: usize = 64;
const KEY_LEN: usize = 32;

/// The generator.
pub struct Random {
    key: Secret,
    /// Given out from `used` on.
    block: [u8; BLOCK_LEN],
    used: usize,
}

impl Random {
    /// Every number follows from the seed, which must come from the system in earnest.
    pub fn new(seed: [u8; 32]) -> Random {
        Random { key: Secret::new(seed), block: [0; BLOCK_LEN], used: BLOCK_LEN }
    }

    /// Fills with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.used == BLOCK_LEN {
                self.refill();
            }
            *byte = core::mem::take(&mut self.block[self.used]);
            self.used += 1;
        }
    }

    /// So many random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A new secret.
    pub fn secret(&mut self) -> Secret {
        Secret::new(self.bytes())
    }

    /// Any number.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// A number below `n`, all alike. `n` is at least 1.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below zero");
        // Numbers beyond the last whole multiple of n would make small ones likelier; fewer than every other is.
        let beyond = u64::MAX - (u64::MAX % n + 1) % n;
        loop {
            let number = self.u64();
            if number <= beyond {
                return number % n;
            }
        }
    }

    fn refill(&mut self) {
        self.block.fill(0);
        let cipher = ChaCha20Poly1305::new(self.key.bytes().into());
        cipher
            .encrypt_in_place_detached(&Nonce::default(), &[], &mut self.block)
            .expect("a block is shorter than the cipher's limit");
        let mut key = [0; KEY_LEN];
        key.copy_from_slice(&self.block[..KEY_LEN]);
        self.key = Secret::new(key);
        key.zeroize();
        self.block[..KEY_LEN].zeroize();
        self.used = KEY_LEN;
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        self.block.zeroize();
    }
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_tells_everything_and_another_seed_something_else() {
        let draw = |seed: u8| Random::new([seed; 32]).bytes::<200>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let mut random = Random::new([1; 32]);
        let mut pieces = Vec::new();
        for len in [1, 2, 30, 31, 64, 72] {
            let mut piece = vec![0; len];
            random.fill(&mut piece);
            pieces.extend(piece);
        }
        assert_eq!(pieces, draw(1), "in whatever pieces it is drawn");
    }

    #[test]
    fn numbers_below_a_limit_are_all_alike() {
        let mut random = Random::new([3; 32]);
        let mut counts = [0; 7];
        for _ in 0..70_000 {
            counts[random.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(random.below(1), 0);
        assert!((0..100).all(|_| random.below(1 << 63) < 1 << 63));
        let high = (0..100).filter(|_| random.below(u64::MAX) > u64::MAX / 2).count();
        assert!((20..80).contains(&high), "{high}");
    }

    #[test]
    fn what_was_given_out_is_not_kept() {
        let mut random = Random::new([4; 32]);
        let drawn: [u8; 32] = random.bytes();
        assert_eq!(random.block, [0; 64]);
        assert_ne!(random.key.bytes(), &drawn);
    }
}
