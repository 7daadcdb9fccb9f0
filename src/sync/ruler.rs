// SPDX-License-Identifier: MIT
//! The ruler: pictures and sound that carry their own position, so that every lost, doubled or padded frame or
//! sample can be found in a recorded file by looking at the file alone. Both its definition and its reading.
//!
//! Time is cut into the ticks of a [`Grid`]: frame `k` begins at `k / fps`, sample `n` at `n / 48000` seconds of
//! the machine's monotonic clock. A skewed source has a clock of its own: it *counts* on that clock, but what it
//! counts is *stamped* in monotonic time, and the marks stay on whole monotonic seconds, so that the two sources
//! can be held against each other however far their clocks run apart.
//!
//! ```text
//!  seconds          0                        1                        2
//!  pictures         #-----------------------#-----------------------#---   # one white frame
//!  sound            ^^~~~~~~~~~~~~~~~~~~~~~~^^~~~~~~~~~~~~~~~~~~~~~~^^~~   ^ beep, ~ numbered noise
//! ```
//!
//! A mark lies on the first tick at or after its second. On skewed or fractional grids that is up to one tick
//! late; [`Grid::begin`] of the frame number tells how late.

mod bar;
mod digits;
mod listen;
mod picture;
mod sound;
mod texture;

pub use bar::{bar_rows, is_flash, patch_rows, read_number};
pub use listen::{Beep, Found, find_beeps, locate};
pub use picture::{Format, Painter, Plane};
pub use sound::{BEEP_HZ, BEEP_MS, Tone, noise};

use crate::words::{Mono, Rate};

/// The skew is kept in parts per thousand million, so that all arithmetic is exact.
const WHOLE: i64 = 1_000_000_000;

/// Nobody's clock is half or twice as fast as it says; beyond that the arithmetic would lose its meaning.
const SKEW_PPM_MAX: f64 = 500_000.0;

/// Ticks at a constant rate of a clock that runs at, or slightly off, the speed of the monotonic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Ticks ...
    up: u128,
    /// ... in so many monotonic seconds.
    down: u128,
}

impl Grid {
    /// A grid of `rate`, on a clock that runs `1 + ppm / 1e6` times as fast as the monotonic one.
    pub fn new(rate: Rate, ppm: f64) -> Grid {
        let ppm = if ppm.is_finite() { ppm.clamp(-SKEW_PPM_MAX, SKEW_PPM_MAX) } else { 0.0 };
        let speed = (WHOLE + (ppm * 1000.0).round() as i64) as u128;
        Grid { up: u128::from(rate.num.max(1)) * speed, down: u128::from(rate.den.max(1)) * WHOLE as u128 }
    }

    /// When a tick begins, in monotonic time, rounded down to a nanosecond.
    pub fn begin(self, tick: u64) -> Mono {
        Mono((u128::from(tick) * self.down * u128::from(Mono::SECOND) / self.up) as u64)
    }

    /// The first tick that begins at or after `time`.
    pub fn first_from(self, time: Mono) -> u64 {
        (u128::from(time.0) * self.up).div_ceil(self.down * u128::from(Mono::SECOND)) as u64
    }

    /// The whole second of the monotonic clock in which a tick begins.
    pub fn second(self, tick: u64) -> u64 {
        (u128::from(tick) * self.down / self.up) as u64
    }

    /// Whether a tick is the first one of a whole monotonic second: the place of a mark.
    pub fn starts_second(self, tick: u64) -> bool {
        tick == 0 || self.second(tick) != self.second(tick - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use crate::words::{Mono, Rate};

    #[test]
    fn marks_lie_on_whole_seconds() {
        let grid = Grid::new(Rate::whole(30), 0.0);
        assert!((0..300).all(|k| grid.starts_second(k) == (k % 30 == 0)));
        assert_eq!(grid.begin(90_000_030), Mono(3_000_001 * Mono::SECOND));
        assert_eq!(grid.first_from(Mono(3_000_001 * Mono::SECOND)), 90_000_030);
        assert_eq!(grid.first_from(Mono(3_000_001 * Mono::SECOND + 1)), 90_000_031);
    }

    #[test]
    fn a_fast_clock_counts_more_samples_in_a_second() {
        let grid = Grid::new(Rate::whole(48_000), 100.0);
        assert_eq!(grid.first_from(Mono(10 * Mono::SECOND)), 480_048);
        assert_eq!(grid.first_from(Mono(Mono::SECOND)), 48_005, "the first at or after 48004.8");
        assert!(grid.starts_second(48_005) && !grid.starts_second(48_004) && !grid.starts_second(48_006));
        assert_eq!(grid.begin(480_048), Mono(10 * Mono::SECOND));
    }

    #[test]
    fn every_second_is_marked_once_on_any_grid() {
        let ntsc = Rate { num: 30_000, den: 1001 };
        for (rate, ppm) in [(ntsc, 0.0), (Rate::whole(25), -250.0), (Rate::whole(60), 300.0)] {
            let grid = Grid::new(rate, ppm);
            let first = grid.first_from(Mono(70_000 * Mono::SECOND));
            let last = grid.first_from(Mono(70_100 * Mono::SECOND));
            assert_eq!((first..last).filter(|&k| grid.starts_second(k)).count(), 100, "{rate:?} {ppm}");
            assert!((first..last).all(|k| grid.first_from(grid.begin(k)) == k));
        }
    }
}
