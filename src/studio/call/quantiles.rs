// SPDX-License-Identifier: MIT
//! How long something took, for whoever asks once a second: written by a real-time thread without a lock.

use serde::Serialize;
use std::sync::atomic::{AtomicU32, Ordering};

/// Fiftieths of a millisecond up to 40 ms; what took longer is in the last one.
const BUCKETS: usize = 2000;
const BUCKET_NS: i64 = 20_000;

/// The counts.
#[derive(Debug)]
pub struct Quantiles {
    buckets: [AtomicU32; BUCKETS],
}

/// What one look found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half were quicker.
    pub p50_ms: f64,
    /// 99 of 100 were quicker.
    pub p99_ms: f64,
}

impl Default for Quantiles {
    fn default() -> Quantiles {
        Quantiles { buckets: [const { AtomicU32::new(0) }; BUCKETS] }
    }
}

impl Quantiles {
    /// One more took so long.
    pub fn count(&self, ns: i64) {
        let bucket = (ns.max(0) / BUCKET_NS).min(BUCKETS as i64 - 1);
        self.buckets[bucket as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Those since the last look; nothing if there were none.
    pub fn take(&self) -> Option<Spread> {
        let counts: Vec<u32> = self.buckets.iter().map(|bucket| bucket.swap(0, Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let below = |share: f64| {
            let mut seen = 0;
            let found = counts.iter().position(|count| {
                seen += u64::from(*count);
                seen as f64 >= share * total as f64
            });
            (found.unwrap_or(BUCKETS - 1) + 1) as f64 * BUCKET_NS as f64 / 1e6
        };
        (total > 0).then(|| Spread { p50_ms: below(0.5), p99_ms: below(0.99) })
    }
}

#[cfg(test)]
mod tests {
    use super::Quantiles;

    #[test]
    fn a_hundredth_that_takes_long_does_not_move_the_middle() {
        let quantiles = Quantiles::default();
        (0..980).for_each(|_| quantiles.count(5_050_000));
        (0..20).for_each(|_| quantiles.count(9_000_000_000));
        let spread = quantiles.take().expect("a thousand");
        assert!((spread.p50_ms - 5.06).abs() < 1e-9 && (spread.p99_ms - 40.0).abs() < 1e-9, "{spread:?}");
        assert_eq!(quantiles.take(), None, "each is looked at once");
    }
}
