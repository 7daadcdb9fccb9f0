// SPDX-License-Identifier: MIT
//! Which fragments of a key frame are missing.

/// A set of fragment ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing([u64; 4]);

impl Missing {
    /// Adds one.
    pub fn insert(&mut self, fragment: u8) {
        self.0[usize::from(fragment) / 64] |= 1 << (fragment % 64);
    }

    /// Is it in?
    pub fn contains(&self, fragment: u8) -> bool {
        self.0[usize::from(fragment) / 64] & (1 << (fragment % 64)) != 0
    }

    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|id| self.contains(*id))
    }
}

/// "Of that key frame I still lack these." It is sent twice a few milliseconds apart, so that one burst of loss does
/// not take both; the round tells the sender that they are one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack {
    /// The picture's extended sequence.
    pub sequence: u64,
    /// 1, and if that did not help 2. There is no third.
    pub round: u8,
    /// Which fragments.
    pub missing: Missing,
}

impl Nack {
    /// Bytes on the wire.
    pub const LEN: usize = 41;

    /// As bytes.
    pub fn write(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..8].copy_from_slice(&self.sequence.to_be_bytes());
        out[8] = self.round;
        for (at, word) in out[9..].chunks_exact_mut(8).zip(self.missing.0) {
            at.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    /// From bytes; `None` if they are too few, or of a round that does not exist.
    pub fn read(bytes: &[u8]) -> Option<Nack> {
        let bytes = bytes.get(..Self::LEN)?;
        let word = |at: usize| bytes[at..at + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let missing = Missing([word(9), word(17), word(25), word(33)]);
        (1..=2).contains(&bytes[8]).then_some(Nack { sequence: word(0), round: bytes[8], missing })
    }
}

#[cfg(test)]
mod tests {
    use super::{Missing, Nack};

    #[test]
    fn a_nack_survives_the_wire() {
        let mut missing = Missing::default();
        assert!(missing.is_empty());
        for id in [0, 63, 64, 200, 255] {
            missing.insert(id);
        }
        assert_eq!(missing.iter().collect::<Vec<_>>(), [0, 63, 64, 200, 255]);
        assert_eq!(missing.len(), 5);
        let nack = Nack { sequence: 0x0102_0304_0506_0708, round: 2, missing };
        let mut bytes = nack.write();
        assert_eq!(Nack::read(&bytes), Some(nack));
        assert_eq!(Nack::read(&bytes[..40]), None);
        for round in [0, 3, 255] {
            bytes[8] = round;
            assert_eq!(Nack::read(&bytes), None);
        }
    }
}
