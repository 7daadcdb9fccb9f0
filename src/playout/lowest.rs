// SPDX-License-Identifier: MIT
//! The lowest of what was measured in the last two seconds. Delays are only ever added to a time, so the lowest is
//! the truth and the rest is somebody's waiting; that it is forgotten lets it follow two clocks that drift apart.
//!
//! ```text
//!        .    .   :            .  .
//!    .  :  . .   . .  :  .  .   .     .        each part keeps its own lowest; the oldest is dropped whole
//!  __x_____|_____x_|____x_|__x____|_x___|
//!   part     part    part    part     now
//! ```

const PARTS: usize = 8;
const PART_NS: i64 = 250_000_000;

/// A sliding minimum.
#[derive(Clone, Debug)]
pub(super) struct Lowest {
    parts: [i64; PARTS],
    /// The number of the newest part.
    part: i64,
}

impl Lowest {
    pub(super) fn new() -> Lowest {
        Lowest { parts: [i64::MAX; PARTS], part: 0 }
    }

    /// Measured at `at_ns`. What came a little before the newest counts as now; a clock that jumped begins anew.
    pub(super) fn learn(&mut self, value: i64, at_ns: i64) {
        let part = at_ns.div_euclid(PART_NS);
        let passed = part.wrapping_sub(self.part);
        if passed >= PARTS as i64 || passed <= -(PARTS as i64) {
            self.parts = [i64::MAX; PARTS];
            self.part = part;
        } else {
            for _ in 0..passed {
                self.part += 1;
                self.parts[self.part.rem_euclid(PARTS as i64) as usize] = i64::MAX;
            }
        }
        let lowest = &mut self.parts[self.part.rem_euclid(PARTS as i64) as usize];
        *lowest = value.min(*lowest);
    }

    /// Forgets everything but this.
    pub(super) fn restart(&mut self, value: i64, at_ns: i64) {
        *self = Lowest::new();
        self.learn(value, at_ns);
    }

    /// The lowest; `None` before anything was measured.
    pub(super) fn get(&self) -> Option<i64> {
        self.parts.iter().copied().min().filter(|lowest| *lowest != i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lowest, PART_NS, PARTS};

    #[test]
    fn the_lowest_is_kept_for_two_seconds_and_then_forgotten() {
        let mut lowest = Lowest::new();
        assert_eq!(lowest.get(), None);
        lowest.learn(3, 0);
        for part in 1..PARTS as i64 {
            lowest.learn(10 + part, part * PART_NS);
            assert_eq!(lowest.get(), Some(3));
        }
        lowest.learn(99, PARTS as i64 * PART_NS);
        assert_eq!(lowest.get(), Some(11));
        lowest.learn(50, i64::MAX);
        assert_eq!(lowest.get(), Some(50), "a leap forward begins anew");
        lowest.learn(60, i64::MIN);
        assert_eq!(lowest.get(), Some(60), "and so does one back");
    }
}
