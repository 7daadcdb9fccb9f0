// SPDX-License-Identifier: MIT
//! A moment on the machine's monotonic clock.

use serde::{Deserialize, Serialize};

/// Nanoseconds of `CLOCK_MONOTONIC` (or what the system has in its place). Never wall time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mono(pub u64);

impl Mono {
    /// One second, in this unit.
    pub const SECOND: u64 = 1_000_000_000;

    /// Signed distance `self - earlier` in nanoseconds.
    pub fn since(self, earlier: Mono) -> i64 {
        self.0.wrapping_sub(earlier.0) as i64
    }

    /// The moment `ns` later; stays at zero rather than running below it.
    pub fn offset(self, ns: i64) -> Mono {
        Mono(self.0.saturating_add_signed(ns))
    }
}

#[cfg(test)]
mod tests {
    use super::Mono;

    #[test]
    fn distances_are_signed_and_offsets_stop_at_zero() {
        assert_eq!(Mono(5).since(Mono(9)), -4);
        assert_eq!(Mono(9).offset(-4), Mono(5));
        assert_eq!(Mono(9).offset(-40), Mono(0));
    }
}
