// SPDX-License-Identifier: MIT
//! The true moments of pictures that come steadily and are stamped unsteadily.
//!
//! A program stamps a picture when it gets round to it, and half a slot is soon missed at sixty a second. But most
//! sources tick like a clock. So when half a second of stamps fits a straight line, each picture is moved onto that
//! line, which then follows the source slowly; a stamp far from it is left alone, and when there are many of these,
//! the line is given up. No picture is ever moved by much more than half a slot, so that a source which really is
//! unsteady loses nothing that constant rate would not take from it.

use crate::words::Mono;
use std::collections::VecDeque;

/// So many pictures must fit a line before it is believed.
const WITNESSES: usize = 32;

/// The line looks back over so many pictures, a good quarter of a minute at sixty a second: long enough to average
/// eight milliseconds of jitter down to a third of one, short enough to follow a crystal.
const MEMORY_MAX: f64 = 1_000.0;

/// When so many more pictures than not are off the beat, it is another one.
const DOUBT_MAX: u32 = 8;

/// A picture is moved by no more than this share of a slot.
const REACH: f64 = 0.7;

/// The line: where its last picture lies, and how far apart they are.
#[derive(Clone, Copy, Debug)]
struct Line {
    last_ns: f64,
    period_ns: f64,
    memory: f64,
    doubt: u32,
}

/// The engine.
#[derive(Debug)]
pub(super) struct Steady {
    reach_ns: f64,
    origin: Mono,
    witnesses: VecDeque<f64>,
    line: Option<Line>,
    /// What was answered last; answers only go forward.
    answered: Option<Mono>,
}

impl Steady {
    /// For a recording whose slots are so long.
    pub(super) fn new(slot_ns: f64) -> Steady {
        Steady { reach_ns: slot_ns * REACH, origin: Mono(0), witnesses: VecDeque::new(), line: None, answered: None }
    }

    /// The true moment of the next picture, which is stamped `at`.
    pub(super) fn place(&mut self, at: Mono) -> Mono {
        if self.answered.is_none() {
            self.origin = at;
        }
        let stamp_ns = at.since(self.origin) as f64;
        let moved_ns = match &mut self.line {
            Some(line) => line.follow(stamp_ns, self.reach_ns).unwrap_or(stamp_ns),
            None => self.witness(stamp_ns),
        };
        if self.line.is_some_and(|line| line.doubt >= DOUBT_MAX) {
            self.line = None;
            self.witnesses.clear();
        }
        let moved = self.origin.offset(moved_ns.round() as i64);
        let placed = self.answered.map_or(moved, |last| moved.max(last.offset(1)));
        self.answered = Some(placed);
        placed
    }

    /// Before there is a line: looks whether the last stamps make one.
    fn witness(&mut self, stamp_ns: f64) -> f64 {
        self.witnesses.push_back(stamp_ns);
        if self.witnesses.len() > WITNESSES {
            self.witnesses.pop_front();
        }
        if self.witnesses.len() == WITNESSES {
            self.line = fit(&self.witnesses, self.reach_ns);
        }
        self.line.map_or(stamp_ns, |line| line.last_ns)
    }
}

impl Line {
    /// Moves on to the picture that is stamped so; none if it does not belong to the line.
    fn follow(&mut self, stamp_ns: f64, reach_ns: f64) -> Option<f64> {
        let since_ns = stamp_ns - self.last_ns;
        // A source may leave pictures out without losing its beat, but a stamp that may be the next one is.
        let is_next = (since_ns - self.period_ns).abs() <= reach_ns;
        let steps = if is_next { 1.0 } else { (since_ns / self.period_ns).round().max(1.0) };
        self.doubt = if is_next { self.doubt.saturating_sub(1) } else { self.doubt + 1 };
        let expected_ns = self.last_ns + steps * self.period_ns;
        let off_ns = stamp_ns - expected_ns;
        if off_ns.abs() > reach_ns {
            return None;
        }
        self.memory = (self.memory + 1.0).min(MEMORY_MAX);
        let k = self.memory;
        // What a straight line through the last k points would make of one more.
        self.last_ns = expected_ns + off_ns * 2.0 * (2.0 * k - 1.0) / (k * (k + 1.0));
        self.period_ns += off_ns / steps * 6.0 / (k * (k + 1.0));
        Some(self.last_ns)
    }
}

/// The line through these stamps, if all of them lie near one.
fn fit(stamps: &VecDeque<f64>, reach_ns: f64) -> Option<Line> {
    let n = stamps.len() as f64;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, stamps.iter().sum::<f64>() / n);
    let points = || stamps.iter().enumerate().map(|(x, y)| (x as f64 - mean_x, y - mean_y));
    let period_ns = points().map(|(x, y)| x * y).sum::<f64>() / points().map(|(x, _)| x * x).sum::<f64>();
    let near = points().all(|(x, y)| (y - x * period_ns).abs() <= reach_ns);
    let last_ns = mean_y + (n - 1.0 - mean_x) * period_ns;
    (near && period_ns >= 1.0).then_some(Line { last_ns, period_ns, memory: n, doubt: 0 })
}

#[cfg(test)]
mod tests {
    use super::{Mono, Steady};

    const SLOT_NS: f64 = 1e9 / 60.0;

    fn noise(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 33) as f64 / f64::from(1u32 << 31)
    }

    #[test]
    fn jitter_of_half_a_slot_leaves_a_millisecond() {
        for fps in [23.976, 30.0, 59.94, 60.0, 120.0] {
            let (mut steady, mut seed) = (Steady::new(SLOT_NS), 3);
            let mut worst = 0.0f64;
            for n in 0..6_000 {
                let true_ns = 1e9 + f64::from(n) * 1e9 / fps;
                let at = Mono((true_ns + (noise(&mut seed) - 0.5) * 1e9 / fps.max(60.0) * 0.95) as u64);
                let placed = steady.place(at).0 as f64;
                if n >= 300 {
                    worst = worst.max((placed - true_ns).abs() / 1e6);
                }
            }
            assert!(worst < 1.5, "{fps}: {worst} ms");
        }
    }

    #[test]
    fn an_unsteady_source_is_hardly_moved_and_never_backwards() {
        let (mut steady, mut seed) = (Steady::new(SLOT_NS), 5);
        let (mut at, mut last) = (1e9, Mono(0));
        for _ in 0..5_000 {
            at += 5e6 + noise(&mut seed) * 60e6;
            let placed = steady.place(Mono(at as u64));
            assert!((placed.0 as f64 - at).abs() < SLOT_NS * 0.71 && placed > last);
            last = placed;
        }
    }

    #[test]
    fn a_source_that_changes_its_beat_is_followed() {
        let mut steady = Steady::new(SLOT_NS);
        let mut at = 0u64;
        for n in 0..400 {
            at += if n < 200 { 16_666_667 } else { 41_000_000 };
            let placed = steady.place(Mono(at));
            assert!(placed.since(Mono(at)).abs() < 12_000_000);
            if n == 399 {
                assert!(placed.since(Mono(at)).abs() < 10_000);
            }
        }
    }
}
