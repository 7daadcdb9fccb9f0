// SPDX-License-Identifier: MIT
//! The sound of a further track: counted on its own clock, laid on the feed's.

use super::super::sounds::{Placed, Sounds};
use super::super::{Feed, Sync};
use super::{LaneOutput, ZERO};
use crate::words::Mono;
use std::collections::VecDeque;

/// A stamp so far from the count is no jitter: its source was away, or nobody listened.
pub(super) const JUMP_NS: i64 = 300_000_000;

/// The mean offset looks back over so many blocks.
const MEAN_BLOCKS: f64 = 200.0;

/// So few samples too early is rounding, not lateness.
const ROUNDED: u64 = 2;

/// The engine.
#[derive(Debug)]
pub(super) struct Heard<S> {
    rate_hz: u32,
    sounds: Sounds<S>,
    begun: bool,
    /// Where its sound has come to on the ruler.
    reached_ns: Option<i64>,
    /// Samples handed out.
    written: u64,
    away: bool,
    ended: bool,
    sync: Sync,
}

impl<S: Clone> Heard<S> {
    pub(super) fn new(rate_hz: u32) -> Heard<S> {
        let sounds = Sounds::new(rate_hz);
        let sync = Sync { score: 100, ..Sync::default() };
        Heard { rate_hz, sounds, begun: false, reached_ns: None, written: 0, away: false, ended: false, sync }
    }

    pub(super) fn sync(&self) -> Sync {
        Sync { drift_ppm: self.sounds.line().drift_ppm(), ..self.sync }
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    pub(super) fn block<P: Clone>(
        &mut self,
        main: &Feed<P, S>,
        at_ns: i64,
        stamped: bool,
        samples: i64,
        payload: S,
        out: &mut VecDeque<LaneOutput<P, S>>,
    ) {
        let length_ns = (i128::from(samples) * i128::from(Mono::SECOND) / i128::from(self.rate_hz)) as i64;
        self.reached_ns = self.reached_ns.max(Some(at_ns + length_ns));
        if !stamped {
            return self.lay(main, (at_ns, at_ns + length_ns), samples, &payload, out);
        }
        let at = ZERO.offset(at_ns);
        if !std::mem::replace(&mut self.begun, true) {
            self.sounds.begin(at);
        }
        if !self.sounds.is_loose() {
            let late_ns = at.since(self.sounds.line().mono_at(self.sounds.counted()));
            if late_ns.abs() > JUMP_NS {
                self.sounds.loosen(false);
            } else {
                self.sync.offset_ms += (late_ns as f64 / 1e6 - self.sync.offset_ms) / MEAN_BLOCKS;
            }
        }
        self.sounds.block(at, samples, payload);
        if self.sounds.first(false).is_some() {
            self.sounds.anchor();
        }
        self.lay_all(main, out);
    }

    /// What does not come is silence, up to where nobody waits for it any more.
    pub(super) fn follow<P: Clone>(
        &mut self,
        main: &Feed<P, S>,
        settled_ns: i64,
        waits: bool,
        hurried: bool,
        out: &mut VecDeque<LaneOutput<P, S>>,
    ) {
        if let Some(length_ns) = main.length_ns() {
            if !std::mem::replace(&mut self.ended, true) {
                self.sounds.finish();
                self.lay_all(main, out);
                // What was laid last may reach no further than that; whoever lays it has to know that it is all.
                self.written = self.end(length_ns);
                out.push_back(LaneOutput::SilenceTo(self.written));
            }
            return;
        }
        let patience_ns = if hurried { 0 } else { main.plan.patience_ns };
        let until_ns = settled_ns.saturating_sub(patience_ns);
        if waits || self.reached_ns.is_some_and(|reached| reached >= until_ns) {
            return;
        }
        self.sounds.finish();
        self.lay_all(main, out);
        let Some(recorded_ns) = main.recorded_ns(until_ns) else { return };
        let until = self.sample(recorded_ns).round().max(0.0) as u64;
        if until > self.written && !std::mem::replace(&mut self.away, true) {
            self.sync.gaps += 1;
        }
        self.silence_to(until, out);
    }

    fn lay_all<P: Clone>(&mut self, main: &Feed<P, S>, out: &mut VecDeque<LaneOutput<P, S>>) {
        while let Some(placed) = self.sounds.placed() {
            match placed {
                Placed::Lost { at, samples } => {
                    let (from_ns, until_ns) = self.span_ns(at, samples);
                    let is_heard = !main.kept_ns(from_ns, until_ns).is_empty();
                    self.sync.gaps += u64::from(is_heard && !self.away);
                }
                Placed::Sound { at, samples, payload } => {
                    let span_ns = self.span_ns(at, samples);
                    self.lay(main, span_ns, samples, &payload, out);
                }
            }
        }
    }

    /// What of a block is in the recording. It lies on the ruler from here to there.
    fn lay<P: Clone>(
        &mut self,
        main: &Feed<P, S>,
        (from_ns, until_ns): (i64, i64),
        samples: i64,
        payload: &S,
        out: &mut VecDeque<LaneOutput<P, S>>,
    ) {
        let per_ns = samples as f64 / (until_ns - from_ns).max(1) as f64;
        let mut overtaken = false;
        for kept in main.kept_ns(from_ns, until_ns) {
            let index = |ns: i64| ((ns - from_ns) as f64 * per_ns).round().clamp(0.0, samples as f64);
            let (first, last) = (index(kept.from_ns), index(kept.until_ns));
            // Whole samples, laid where they belong and not where the cut is.
            let place = |index: f64| {
                let ns = kept.recorded_ns as f64 + (from_ns as f64 + index / per_ns - kept.from_ns as f64);
                near_whole(ns * f64::from(self.rate_hz) / 1e9)
            };
            let (from, mut until) = (place(first), place(last));
            let mut last = last;
            if let Some(end) = main.length_ns().map(|ns| self.end(ns) as f64).filter(|end| *end < until) {
                last = first + ((last - first) * (end - from).max(0.0) / (until - from)).floor();
                until = place(last);
            }
            let (begins, ends) = (from.round().max(0.0) as u64, until.round().max(0.0) as u64);
            overtaken |= begins + ROUNDED < self.written;
            if ends <= self.written || first >= last {
                continue;
            }
            // Two ends at the same place may be rounded apart; that is no hole.
            if begins > self.written + 1 {
                self.silence_to(begins, out);
            }
            self.away = false;
            self.written = ends;
            let (skip, take) = (first as u64, (last - first) as u64);
            out.push_back(LaneOutput::Sound { payload: payload.clone(), skip, take, from, until });
        }
        self.sync.late += u64::from(overtaken);
    }

    fn silence_to<P>(&mut self, sample: u64, out: &mut VecDeque<LaneOutput<P, S>>) {
        if sample > self.written {
            self.written = sample;
            out.push_back(LaneOutput::SilenceTo(sample));
        }
    }

    fn span_ns(&self, at: i64, samples: i64) -> (i64, i64) {
        let place = |sample: i64| self.sounds.line().mono_at(sample).since(ZERO);
        (place(at), place(at + samples))
    }

    /// The first sample behind a recording that is so long.
    fn end(&self, length_ns: u64) -> u64 {
        self.sample(length_ns as i64).round() as u64
    }

    fn sample(&self, ns: i64) -> f64 {
        ns as f64 * f64::from(self.rate_hz) / 1e9
    }
}

/// Nanoseconds are rounded; sound that has no drift is not to be moved by that.
fn near_whole(place: f64) -> f64 {
    if (place - place.round()).abs() < 1e-3 { place.round() } else { place }
}
