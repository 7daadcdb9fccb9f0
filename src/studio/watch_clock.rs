// SPDX-License-Identifier: MIT
//! The wall clock, read in one place only; and what is said when a clock jumps, ours or a peer's.
//!
//! ```text
//!   the machine slept      the wall clock went on, the monotonic one stood still     +60.0 s
//!   the clock was set      the wall clock alone jumped                               -3600.0 s
//!   the clock is led       hardly anything, each second                              told never
//! ```

use crate::media;
use crate::words::Mono;
use std::time::{SystemTime, UNIX_EPOCH};

/// What programs are told is the kind of this warning.
pub const CLOCK_JUMP: &str = "clock-jump";

/// A wall clock that jumps by more than this was set by somebody, or its machine slept.
const JUMP_US: i64 = 1_000_000;

/// Microseconds since 1970; a clock set before that reads as 1970.
pub fn utc_now_us() -> i64 {
    let machine_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
    machine_us + media::clock_ahead_ns() / 1000
}

/// The wall clock against the monotonic one, as last seen.
#[derive(Debug)]
pub struct WallClock {
    utc_minus_mono_us: i64,
}

impl WallClock {
    /// Both show this.
    pub fn seen(utc_us: i64, now: Mono) -> WallClock {
        WallClock { utc_minus_mono_us: utc_us - (now.0 / 1000) as i64 }
    }

    /// By how many microseconds it has jumped since the last look, if it has. A clock that is only led slowly towards
    /// the right time does not jump.
    pub fn jumped(&mut self, utc_us: i64, now: Mono) -> Option<i64> {
        let before_us = std::mem::replace(self, WallClock::seen(utc_us, now)).utc_minus_mono_us;
        let jump_us = self.utc_minus_mono_us - before_us;
        (jump_us.abs() > JUMP_US).then_some(jump_us)
    }
}

/// What a person is told, whichever clock it is: ours, or a peer's against ours.
pub fn jump_sentence(clock: &str, by_us: i64) -> String {
    format!(
        "{clock} has jumped by {:+.1} s: it was set, or a machine slept; what is recorded keeps its own time",
        by_us as f64 / 1e6
    )
}

#[cfg(test)]
mod tests {
    use super::{WallClock, jump_sentence};
    use crate::words::Mono;

    const SECOND_US: i64 = 1_000_000;
    const HOUR_US: i64 = 3_600 * SECOND_US;
    const START: Mono = Mono(100 * Mono::SECOND);

    /// What is told in so many seconds of the monotonic clock, while the wall clock is set and led as given.
    fn told(seconds: i64, ahead_us: impl Fn(i64) -> i64) -> Vec<(i64, i64)> {
        let mut clock = WallClock::seen(1_000 * HOUR_US, START);
        let look = |second: i64| {
            let utc_us = 1_000 * HOUR_US + second * SECOND_US + ahead_us(second);
            Some((second, clock.jumped(utc_us, START.offset(second * Mono::SECOND as i64))?))
        };
        (1..=seconds).filter_map(look).collect()
    }

    #[test]
    fn a_clock_that_is_set_back_an_hour_is_told_once_and_one_that_is_led_is_not() {
        // Led by 500 ppm, which is ten seconds in the end.
        let told = told(20_000, |second| second * 500 + if second >= 7 { -HOUR_US } else { 0 });
        assert_eq!(told, [(7, 500 - HOUR_US)]);
        assert!(jump_sentence("a clock", told[0].1).starts_with("a clock has jumped by -3600.0 s: it was set"));
    }

    #[test]
    fn a_machine_that_slept_for_a_minute_is_told_once_in_the_same_words() {
        let told = told(100, |second| if second >= 30 { 60 * SECOND_US } else { 0 });
        assert_eq!(told, [(30, 60 * SECOND_US)]);
        let [back, slept] = [-HOUR_US, told[0].1].map(|by_us| jump_sentence("a clock", by_us));
        assert_eq!(slept, back.replace("-3600.0", "+60.0"));
    }
}
