// SPDX-License-Identifier: MIT
//! How many of a peer's last messages came: the loss of the road while nobody speaks.

/// The last hundred and twenty-eight messages, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent {
    /// The newest is the lowest bit.
    came: u128,
    highest: u64,
    first: u64,
}

impl Recent {
    /// The message of this number came.
    pub fn came(&mut self, sequence: u64) {
        if self.came == 0 {
            *self = Recent { came: 1, highest: sequence, first: sequence };
            return;
        }
        self.first = self.first.min(sequence);
        match sequence.checked_sub(self.highest) {
            Some(newer) => {
                self.came = u32::try_from(newer).ok().and_then(|n| self.came.checked_shl(n)).unwrap_or(0) | 1;
                self.highest = sequence;
            }
            None => {
                let older = u32::try_from(self.highest - sequence).ok();
                self.came |= older.and_then(|n| 1_u128.checked_shl(n)).unwrap_or(0);
            }
        }
    }

    /// Of a hundred of them, how many did not.
    pub fn loss_percent(&self) -> f64 {
        if self.came == 0 {
            return 0.0;
        }
        let expected = (self.highest - self.first).saturating_add(1).min(128);
        100.0 * (1.0 - f64::from(self.came.count_ones()) / expected as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    fn loss(sequences: impl IntoIterator<Item = u64>) -> f64 {
        let mut recent = Recent::default();
        sequences.into_iter().for_each(|sequence| recent.came(sequence));
        recent.loss_percent()
    }

    #[test]
    fn what_did_not_come_is_lost_and_what_came_late_is_not() {
        assert_eq!(loss([]), 0.0);
        assert_eq!(loss([7]), 0.0);
        assert_eq!(loss((5..500).filter(|n| n % 4 != 0)), 25.0);
        assert_eq!(loss([0, 1, 4, 5]), 100.0 / 3.0);
        assert_eq!(loss([0, 1, 4, 5, 3, 2]), 0.0);
        assert_eq!(loss([3, 2, 1, 0]), 0.0);
    }

    #[test]
    fn only_the_last_hundred_and_twenty_eight_count() {
        let bad_then_good = (0..100).filter(|n| n % 2 == 0).chain(100..300);
        assert_eq!(loss(bad_then_good), 0.0);
        assert!((loss([1, u64::MAX]) - 100.0 * 127.0 / 128.0).abs() < 1e-9);
        assert!((loss([u64::MAX, 1, 0]) - 100.0 * 127.0 / 128.0).abs() < 1e-9);
    }
}
