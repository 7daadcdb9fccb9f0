// SPDX-License-Identifier: MIT
//! Which of a camera's pictures are sent, so that 24 of 30 leave evenly and nothing is worked on that will not be seen.
//!
//! ```text
//!  camera, 30   |    |    |    |    |    |    |    |    |    |
//!  due, 24      |     |     |     |     |     |     |     |
//!  taken        x    x    x    x         x    x    x    x        one in five is left out
//! ```
//!
//! A picture is taken when one is due; a little early counts as due, or a camera whose pictures come a moment
//! before their time would halve the rate.

use crate::words::Mono;

/// How much of a period a picture may come early, in percent: less than half, or two would fit into one period.
const EARLY_PERCENT: u64 = 30;

/// Nobody asks for more.
const FPS_MAX: u32 = 60;

/// When the next picture is due.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    due: Option<Mono>,
}

impl Rhythm {
    /// Is this picture, taken at `at`, one of `fps` a second? Then its place on their even grid.
    pub(super) fn take(&mut self, at: Mono, fps: u32) -> Option<Mono> {
        let period_ns = Mono::SECOND / u64::from(fps.clamp(1, FPS_MAX));
        // After a pause, a jump of the camera's stamps or another rate the grid begins anew with this picture.
        let due = self.due.filter(|due| at.since(*due).unsigned_abs() < 2 * period_ns).unwrap_or(at);
        if at.since(due) < -((period_ns * EARLY_PERCENT / 100) as i64) {
            return None;
        }
        let late_ns = at.since(due).max(0) as u64;
        let slot = due.offset((late_ns / period_ns * period_ns) as i64);
        self.due = Some(slot.offset(period_ns as i64));
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, Rhythm};

    /// Pictures of a camera of 30 a second whose stamps wander by a few milliseconds.
    fn camera(seconds: u64) -> impl Iterator<Item = Mono> {
        (0..30 * seconds).map(|k| Mono(7_000_000_000 + k * Mono::SECOND / 30 + k * k * 7_919 % 5 * 1_000_000))
    }

    fn taken(fps: u32) -> Vec<(Mono, Mono)> {
        let mut rhythm = Rhythm::default();
        camera(10).filter_map(|at| Some((at, rhythm.take(at, fps)?))).collect()
    }

    #[test]
    fn every_rate_leaves_evenly_out_of_thirty() {
        for fps in [24_u32, 15, 12, 10] {
            let taken = taken(fps);
            let expected = 10 * fps as usize;
            assert!(taken.len().abs_diff(expected) <= 1, "{fps}: {}", taken.len());
            let longest = taken.windows(2).map(|w| w[1].0.since(w[0].0)).max().expect("many");
            let period_ns = (Mono::SECOND / u64::from(fps)) as i64;
            assert!(longest <= period_ns + 34_000_000 + 4_000_000, "{fps}: {longest}");
            assert!(taken.windows(2).all(|w| w[1].1.since(w[0].1) == period_ns), "the grid is even");
            assert!(taken.iter().all(|(at, slot)| at.since(*slot).abs() < period_ns));
        }
    }

    #[test]
    fn a_rate_beyond_the_cameras_takes_every_picture() {
        assert_eq!(taken(30).len(), 300);
        assert_eq!(taken(60).len(), 300);
    }

    #[test]
    fn after_a_pause_or_a_jump_the_next_picture_is_taken() {
        let mut rhythm = Rhythm::default();
        assert!(rhythm.take(Mono(0), 24).is_some());
        assert!(rhythm.take(Mono(10_000_000), 24).is_none());
        for at in [Mono(5 * Mono::SECOND), Mono(Mono::SECOND)] {
            assert_eq!(rhythm.take(at, 24), Some(at));
        }
    }
}
