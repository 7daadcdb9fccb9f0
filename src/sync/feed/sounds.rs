// SPDX-License-Identifier: MIT
//! Where submitted blocks of sound lie on the track: counted one behind the other, and against their stamps only
//! where the count does not know: at the beginning, after a pause, and where something is missing.
//!
//! As [`super::super::SoundTrack`] does for a device, a block that seems late waits for those behind it, for what all
//! of them share is missing. But there is no clock here, and the stamps of a program err both ways, so a beginning is
//! placed by the middle of its first blocks, not by the promptest.

use super::super::clock_line::{ClockLine, Reading, middle};
use super::super::sound::{ns_to_samples, suffix_minima};
use crate::words::Mono;
use std::collections::VecDeque;

/// So much sound is heard before a beginning is placed or a gap believed.
const WITNESS_NS: i64 = 300_000_000;

/// Less than one in so many parts of a second is the jitter of a stamp.
const LOSS_SHARE: u32 = 200;

/// What has found its place on the track.
#[derive(Debug)]
pub(super) enum Placed<S> {
    Sound { at: i64, samples: i64, payload: S },
    Lost { at: i64, samples: i64 },
}

#[derive(Debug)]
struct Held<S> {
    at: Mono,
    samples: i64,
    /// Behind the count, in samples.
    lateness: i64,
    payload: S,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Anchor {
    Fast,
    /// Blocks are held until their place is known. They may go on from the count, if sound came all the while.
    Loose {
        counts: bool,
    },
}

/// The engine.
#[derive(Debug)]
pub(super) struct Sounds<S> {
    line: ClockLine,
    rate_hz: u32,
    loss_min: i64,
    /// Where the next block lies by counting, held ones included.
    counted: i64,
    anchor: Anchor,
    held: VecDeque<Held<S>>,
    placed: VecDeque<Placed<S>>,
}

impl<S> Sounds<S> {
    pub(super) fn new(rate_hz: u32) -> Sounds<S> {
        Sounds {
            line: ClockLine::with(Mono(0), rate_hz, Reading::Middle),
            rate_hz,
            loss_min: i64::from(rate_hz / LOSS_SHARE),
            counted: 0,
            anchor: Anchor::Loose { counts: false },
            held: VecDeque::new(),
            placed: VecDeque::new(),
        }
    }

    /// The track begins here. Only before anything is placed.
    pub(super) fn begin(&mut self, origin: Mono) {
        self.line = ClockLine::with(origin, self.rate_hz, Reading::Middle);
    }

    pub(super) fn line(&self) -> &ClockLine {
        &self.line
    }

    /// The next block counted lies here.
    pub(super) fn counted(&self) -> i64 {
        self.counted
    }

    pub(super) fn skip_to(&mut self, track: i64) {
        self.counted = self.counted.max(track);
    }

    /// What has found its place since the last question.
    pub(super) fn placed(&mut self) -> Option<Placed<S>> {
        self.placed.pop_front()
    }

    pub(super) fn is_loose(&self) -> bool {
        self.anchor != Anchor::Fast
    }

    /// The oldest and the newest stamp of what is held.
    pub(super) fn held(&self) -> Option<(Mono, Mono)> {
        Some((self.held.front()?.at, self.held.back()?.at))
    }

    /// A block without a stamp.
    pub(super) fn count(&mut self, samples: i64, payload: S) {
        let at = self.counted;
        self.counted += samples;
        self.placed.push_back(Placed::Sound { at, samples, payload });
    }

    /// A block with a stamp.
    pub(super) fn block(&mut self, at: Mono, samples: i64, payload: S) {
        if self.is_loose() {
            self.held.push_back(Held { at, samples, lateness: 0, payload });
            return;
        }
        let place = self.counted;
        self.counted += samples;
        let lateness = ns_to_samples(at.since(self.line.mono_at(place)), self.rate_hz);
        if lateness >= self.loss_min || !self.held.is_empty() {
            self.held.push_back(Held { at, samples, lateness, payload });
            self.judge(false);
        } else {
            self.line.learn(place, at);
            self.placed.push_back(Placed::Sound { at: place, samples, payload });
        }
    }

    /// From here on stamps say where sound lies, until that is clear.
    pub(super) fn loosen(&mut self, counts: bool) {
        self.finish();
        self.anchor = Anchor::Loose { counts };
    }

    /// When the first held sample was taken, as soon as that is clear, or as well as it can be said.
    pub(super) fn first(&self, now: bool) -> Option<Mono> {
        let Anchor::Loose { counts } = self.anchor else { return None };
        let (first, last) = (self.held.front()?, self.held.back()?);
        let heard_ns = last.at.since(first.at) + self.samples_ns(last.samples);
        if heard_ns < WITNESS_NS && !now {
            return None;
        }
        let by_stamps = first.at.offset(middle(self.lateness()).round() as i64);
        let by_count = self.line.mono_at(self.counted);
        let goes_on = counts && ns_to_samples(by_stamps.since(by_count).abs(), self.rate_hz) < self.loss_min;
        Some(if goes_on { by_count } else { by_stamps })
    }

    /// How far held blocks are stamped behind the first, beyond what their samples last.
    fn lateness(&self) -> Vec<f64> {
        let mut samples = 0;
        let first = self.held.front().map_or(Mono(0), |first| first.at);
        let late = |block: &Held<S>| {
            let late = block.at.since(first.offset(self.samples_ns(samples)));
            samples += block.samples;
            late as f64
        };
        self.held.iter().map(late).collect()
    }

    /// How unsure [`Sounds::first`] is: so many times what is left of the stamps' scatter in the middle of them.
    pub(super) fn unsure_ns(&self, times: f64) -> f64 {
        let lateness = self.lateness();
        let (middle, n) = (middle(lateness.clone()), lateness.len().max(1) as f64);
        // Half of honest stamps lie nearer to their middle than this; of those equally likely, half as far as any.
        let mut off: Vec<_> = lateness.iter().map(|late| (late - middle).abs()).collect();
        off.sort_by(f64::total_cmp);
        times * off.get(off.len() / 2).copied().unwrap_or(0.0) * 1.2 / n.sqrt()
    }

    /// Places what is held where [`Sounds::first`] says, and counts from there.
    pub(super) fn anchor(&mut self) {
        let Some(first) = self.first(true) else { return };
        let place = self.line.sample_at(first);
        if place != self.counted {
            // Another beginning errs in another way; the line is not to find a mean between them.
            self.line.change_device();
        }
        self.counted = place;
        self.anchor = Anchor::Fast;
        for block in std::mem::take(&mut self.held) {
            self.block(block.at, block.samples, block.payload);
        }
    }

    /// Nothing more comes for now: what is held goes where it lies as far as one can tell.
    pub(super) fn finish(&mut self) {
        match self.anchor {
            Anchor::Fast => self.judge(true),
            Anchor::Loose { .. } => self.anchor(),
        }
    }

    /// Lets held blocks go: when they have caught up, when a gap has been seen for long enough, or because it must be
    /// now; then only a gap is believed that no thread would sleep through.
    fn judge(&mut self, now: bool) {
        let (Some(oldest), Some(newest)) = (self.held.front(), self.held.back()) else { return };
        let sure = newest.at.since(oldest.at) >= WITNESS_NS;
        if newest.lateness >= self.loss_min && !sure && !now {
            return;
        }
        let believed = if sure { self.loss_min } else { ns_to_samples(WITNESS_NS, self.rate_hz) };
        let mut at = self.counted - self.held.iter().map(|block| block.samples).sum::<i64>();
        let mut lost = 0;
        for shared in suffix_minima(self.held.iter().map(|block| block.lateness)) {
            let block = self.held.pop_front().expect("one verdict for each held block");
            if shared - lost >= believed {
                self.placed.push_back(Placed::Lost { at: at + lost, samples: shared - lost });
                lost = shared;
            }
            self.line.learn(at + lost, block.at);
            self.placed.push_back(Placed::Sound { at: at + lost, samples: block.samples, payload: block.payload });
            at += block.samples;
        }
        self.counted = at + lost;
    }

    fn samples_ns(&self, samples: i64) -> i64 {
        (samples as f64 * 1e9 / f64::from(self.rate_hz)).round() as i64
    }
}
