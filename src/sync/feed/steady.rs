// SPDX-License-Identifier: MIT
//! The true moments of pictures that come steadily and are stamped unsteadily.
//!
//! A program stamps a picture when it gets round to it, and half a slot is soon missed at sixty a second. But most
//! sources tick like a clock. So when half a second of stamps fits a straight line, each picture is moved onto that
//! line, which then follows the source slowly, and the slower the longer the source keeps straight: where a picture
//! slips into the next slot, all that jitter has left in the line is an error on the screen. A stamp far from the line
//! is left alone, and when there are many of these, the line is given up. No picture is ever moved by much more than
//! half a slot, so that a source which really is unsteady loses nothing that constant rate would not take from it.

use crate::words::Mono;
use std::collections::VecDeque;

/// So many pictures must fit a line before it is believed.
const WITNESSES: usize = 32;

/// Where the recording begins, so many are enough for a line, if they come at its rate as far as one can tell.
const WITNESSES_LEAST: usize = 8;

/// As far as one can tell: so many standard deviations.
pub(super) const SURE: f64 = 3.0;

/// A line that looks back over so many pictures, a good quarter of a minute at sixty a second, follows any crystal, and
/// averages eight milliseconds of jitter down to a third of one.
const QUICK_MEMORY: f64 = 1_000.0;

/// The line that is believed may look back over an hour at sixty a second, which leaves a fiftieth of a millisecond ...
const SLOW_MEMORY: f64 = 216_000.0;

/// ... until the quick one is farther from it than chance would have it, in standard deviations. Then the source has
/// not kept straight, and the past is forgotten.
const CHANCE: f64 = 4.0;

/// What rounding to nanoseconds may do.
const ROUNDING_NS: f64 = 10.0;

/// When so many more pictures than not are off the beat, it is another one.
const DOUBT_MAX: u32 = 8;

/// A picture is moved by no more than this share of a slot.
const REACH: f64 = 0.7;

/// A line: where its last picture lies, how far apart they are, and how many it has seen.
#[derive(Clone, Copy, Debug)]
struct Line {
    last_ns: f64,
    period_ns: f64,
    memory: f64,
}

/// What a steady source does: the line that is believed, and the one that watches over it.
#[derive(Clone, Copy, Debug)]
struct Beat {
    slow: Line,
    quick: Line,
    /// How far stamps lie from the quick line, squared, on average.
    variance: f64,
    doubt: u32,
}

/// The engine.
#[derive(Debug)]
pub(super) struct Steady {
    slot_ns: f64,
    reach_ns: f64,
    origin: Mono,
    witnesses: VecDeque<f64>,
    beat: Option<Beat>,
    /// What was answered last; answers only go forward.
    answered: Option<Mono>,
}

impl Steady {
    /// For a recording whose slots are so long.
    pub(super) fn new(slot_ns: f64) -> Steady {
        let reach_ns = slot_ns * REACH;
        Steady { slot_ns, reach_ns, origin: Mono(0), witnesses: VecDeque::new(), beat: None, answered: None }
    }

    /// The true moment of the next picture, which is stamped `at`.
    pub(super) fn place(&mut self, at: Mono) -> Mono {
        if self.answered.is_none() {
            self.origin = at;
        }
        let stamp_ns = at.since(self.origin) as f64;
        let moved_ns = match &mut self.beat {
            Some(beat) => beat.follow(stamp_ns, self.reach_ns).unwrap_or(stamp_ns),
            None => self.witness(stamp_ns),
        };
        if self.beat.is_some_and(|beat| beat.doubt >= DOUBT_MAX) {
            self.beat = None;
            self.witnesses.clear();
        }
        let moved = self.origin.offset(moved_ns.round() as i64);
        let placed = self.answered.map_or(moved, |last| moved.max(last.offset(1)));
        self.answered = Some(placed);
        placed
    }

    /// The recording begins with the first of so many pictures, all that have come: what the later ones know of the
    /// earlier ones is made use of. Answers where the first lies, how far apart they are, and how unsure the first
    /// is, all in nanoseconds.
    pub(super) fn begin(&mut self, pictures: usize) -> Option<(Mono, f64, f64)> {
        if self.beat.is_none() && self.witnesses.len() == pictures && pictures >= WITNESSES_LEAST {
            self.beat = fit(&self.witnesses, self.slot_ns, self.reach_ns);
        }
        let beat = self.beat.filter(|beat| beat.slow.memory == pictures as f64 && beat.doubt == 0)?;
        let Line { last_ns, period_ns, .. } = beat.slow;
        let first_ns = last_ns - (pictures - 1) as f64 * period_ns;
        self.answered = Some(self.origin.offset(last_ns.round() as i64));
        let unsure_ns = SURE * (beat.variance / pictures as f64).sqrt();
        Some((self.origin.offset(first_ns.round() as i64), period_ns, unsure_ns))
    }

    /// Before there is a line: looks whether the last stamps make one.
    fn witness(&mut self, stamp_ns: f64) -> f64 {
        self.witnesses.push_back(stamp_ns);
        if self.witnesses.len() > WITNESSES {
            self.witnesses.pop_front();
        }
        if self.witnesses.len() == WITNESSES {
            self.beat = fit(&self.witnesses, self.slot_ns, self.reach_ns);
        }
        self.beat.map_or(stamp_ns, |beat| beat.slow.last_ns)
    }
}

impl Beat {
    /// Moves on to the picture that is stamped so; none if it does not belong to the beat.
    fn follow(&mut self, stamp_ns: f64, reach_ns: f64) -> Option<f64> {
        let Line { last_ns, period_ns, .. } = self.slow;
        let since_ns = stamp_ns - last_ns;
        // A source may leave pictures out without losing its beat, but a stamp that may be the next one is.
        let is_next = (since_ns - period_ns).abs() <= reach_ns;
        let steps = if is_next { 1.0 } else { (since_ns / period_ns).round().max(1.0) };
        self.doubt = if is_next { self.doubt.saturating_sub(1) } else { self.doubt + 1 };
        if (stamp_ns - last_ns - steps * period_ns).abs() > reach_ns {
            return None;
        }
        self.slow.step(stamp_ns, steps, SLOW_MEMORY);
        let off_ns = self.quick.step(stamp_ns, steps, QUICK_MEMORY);
        self.variance += (off_ns * off_ns - self.variance) / self.quick.memory;
        // The end of a line through k points is as uncertain as half its points' scatter by the root of k.
        let likely_ns = 2.0 * (self.variance / self.quick.memory).sqrt() + ROUNDING_NS;
        if (self.slow.last_ns - self.quick.last_ns).abs() > CHANCE * likely_ns {
            self.slow = self.quick;
        }
        Some(self.slow.last_ns)
    }
}

impl Line {
    /// Moves on by so many pictures to one that is stamped so; answers how far the stamp lay from where it should.
    fn step(&mut self, stamp_ns: f64, steps: f64, memory_max: f64) -> f64 {
        let expected_ns = self.last_ns + steps * self.period_ns;
        let off_ns = stamp_ns - expected_ns;
        self.memory = (self.memory + 1.0).min(memory_max);
        let k = self.memory;
        // What a straight line through the last k points would make of one more.
        self.last_ns = expected_ns + off_ns * 2.0 * (2.0 * k - 1.0) / (k * (k + 1.0));
        self.period_ns += off_ns / steps * 6.0 / (k * (k + 1.0));
        off_ns
    }
}

/// The line through these stamps, if all of them lie near one. Where they may well come once a slot, they do: a few
/// stamps know less of their clock than its maker.
fn fit(stamps: &VecDeque<f64>, slot_ns: f64, reach_ns: f64) -> Option<Beat> {
    let n = stamps.len() as f64;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, stamps.iter().sum::<f64>() / n);
    let points = || stamps.iter().enumerate().map(|(x, y)| (x as f64 - mean_x, y - mean_y));
    let off = |period_ns: f64| points().map(move |(x, y)| y - x * period_ns);
    let variance = |period_ns: f64| off(period_ns).map(|off_ns| off_ns * off_ns).sum::<f64>() / n;
    let sxx = points().map(|(x, _)| x * x).sum::<f64>();
    let measured_ns = points().map(|(x, y)| x * y).sum::<f64>() / sxx;
    let as_planned = (measured_ns - slot_ns).abs() <= SURE * (variance(measured_ns) / sxx).sqrt();
    let period_ns = if as_planned { slot_ns } else { measured_ns };
    let near = off(period_ns).all(|off_ns| off_ns.abs() <= reach_ns);
    let line = Line { last_ns: mean_y + (n - 1.0 - mean_x) * period_ns, period_ns, memory: n };
    let beat = Beat { slow: line, quick: line, variance: variance(period_ns), doubt: 0 };
    (near && period_ns >= 1.0).then_some(beat)
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
