// SPDX-License-Identifier: MIT
//! So many in a burst, so many a second, and no more.

use crate::words::Mono;

/// Eight candidates of three peers that all punch ten times a second are 240; a join needs a handful.
const A_SECOND: i64 = 250;
/// What may come at once.
const BURST: i64 = 100;

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

#[cfg(test)]
mod tests {
    use super::{A_SECOND, BURST, Bucket};
    use crate::words::Mono;

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
