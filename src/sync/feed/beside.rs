// SPDX-License-Identifier: MIT
//! What a feed tells those that are recorded beside it: further tracks, each with a source of its own.
//!
//! ```text
//!   the caller's clock --line--> ruler: nanoseconds of counted sound --cuts--> recording
//!   stamps                       pauses included                              pauses gone
//! ```
//! The ruler is the time in which the feed's own sound has no drift at all. Whoever places things on it is in step with
//! that sound, and loses in every pause what the feed itself loses.

use super::{Feed, Pause, State};
use crate::words::Mono;

/// A stretch of the ruler that is in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// From here on the ruler ...
    pub(super) from_ns: i64,
    /// ... up to here.
    pub(super) until_ns: i64,
    /// Where it begins in the recording.
    pub(super) recorded_ns: i64,
}

impl<P: Clone, S: Clone> Feed<P, S> {
    /// Whether items carry stamps, once the first has come.
    pub fn stamped(&self) -> Option<bool> {
        self.gate.stamped()
    }

    /// How long the recording is, once it has ended, in nanoseconds.
    pub fn length_ns(&self) -> Option<u64> {
        let ticks = self.ticks_total?;
        Some(match self.plan.pictures {
            Some(_) => self.tape.nanoseconds_of_tick(ticks),
            None => self.sample_ns(self.written as i64) as u64,
        })
    }

    /// Where a moment of the caller's clock lies on the ruler.
    pub(super) fn ruler_ns(&self, at: Mono) -> i64 {
        // The line answers in whole samples; what lies between them is no longer than one.
        let line = self.sounds.line();
        let sample = line.sample_at(at);
        self.sample_ns(sample) + at.since(line.mono_at(sample))
    }

    /// Up to here on the ruler it is decided what is recorded; nothing as long as there is no beginning.
    pub(super) fn settled_ns(&self) -> Option<i64> {
        match self.state {
            _ if !self.begun => None,
            State::Opening { .. } | State::Paused => Some(self.sample_ns(self.tape.open_from())),
            State::Running => Some(self.sample_ns(self.decided())),
            State::Ended => Some(i64::MAX),
        }
    }

    /// The end of what has been handed out, which no pause and no end can take back, in samples of the ruler. What has
    /// only come may yet turn out to lie a jitter earlier.
    fn decided(&self) -> i64 {
        let (line, ticks) = (self.sounds.line(), self.cadence.next_tick());
        let last_tick = line.sample_at(self.tape.mono_of_tick(line, ticks.saturating_sub(1)));
        self.tape.tracked(self.written).max(last_tick)
    }

    /// What of that stretch of the ruler is in the recording, in order.
    pub(super) fn kept_ns(&self, from_ns: i64, until_ns: i64) -> Vec<Kept> {
        let first = self.ns_sample(from_ns);
        let last = self.ns_sample(until_ns) + 1;
        let stretches = self.tape.kept(first, last).map(|(begin, end)| {
            let begin_ns = self.sample_ns(begin);
            let from_ns = from_ns.max(begin_ns);
            let recorded_ns = self.sample_ns(self.tape.recorded(begin) as i64) + (from_ns - begin_ns);
            Kept { from_ns, until_ns: until_ns.min(self.sample_ns(end)), recorded_ns }
        });
        stretches.filter(|kept| kept.from_ns < kept.until_ns).collect()
    }

    /// Where that place of the ruler lies in the recording; nothing if it is in none of its pauses.
    pub(super) fn recorded_ns(&self, ruler_ns: i64) -> Option<i64> {
        self.kept_ns(ruler_ns, ruler_ns.saturating_add(1)).first().map(|kept| kept.recorded_ns)
    }

    /// Where in the recording the pause of that number lies.
    pub(super) fn pause_ns(&self, number: usize) -> Option<u64> {
        self.pauses.get(number).map(|pause| self.sample_ns(pause.at_sample as i64) as u64)
    }

    /// Where on the ruler it goes on after a pause.
    pub(super) fn begins_again_ns(&self, pause: &Pause) -> i64 {
        self.sample_ns(self.tape.tracked(pause.at_sample))
    }

    fn rate_hz(&self) -> i128 {
        i128::from(self.plan.sound_hz.unwrap_or(crate::words::RATE_HZ as u32))
    }

    /// Rounded to the nearest.
    fn sample_ns(&self, sample: i64) -> i64 {
        let ns = (i128::from(sample) * i128::from(Mono::SECOND) + self.rate_hz() / 2).div_euclid(self.rate_hz());
        ns.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// The sample in which it lies.
    fn ns_sample(&self, ns: i64) -> i64 {
        (i128::from(ns) * self.rate_hz()).div_euclid(i128::from(Mono::SECOND)) as i64
    }
}
