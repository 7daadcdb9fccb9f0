// SPDX-License-Identifier: MIT
//! The master's sound, counted: what the microphone delivers goes in sample by sample, and where it delivers
//! nothing, silence of measured length stands for it. Nothing is ever resampled, dropped or invented.
//!
//! A block that comes late is either *late* (a thread slept; the following blocks catch up) or it tells of a
//! *loss* before us (they don't). So a block that seems late waits a moment for those behind it:
//!
//! ```text
//!   lateness   0   0   0  30  20  10   0   0     late: nothing was lost, the blocks go in as they are
//!              0   0   0  30  30  30  30  30     lost: 30 ms of silence go in before the fourth block
//!              0   0   0  50  30  40  30  30     lost: 30 ms, the rest was lateness
//! ```
//!
//! What all later blocks share was lost. A device that numbers its samples and shows a jump saves us the wait.

use super::ClockLine;
use super::clock_line::Reading;
use crate::words::{Happening, Mono, RATE_HZ, Sample, What};
use std::collections::VecDeque;

/// Less than one in so many parts of a second is the jitter of a stamp, not a loss: half a usual period.
const LOSS_SHARE: u32 = 200;

/// For so long a loss must be seen before it is believed, and a new microphone heard before it is placed.
const WITNESS_NS: i64 = 300_000_000;

/// A microphone that is silent (no blocks at all) for so long is taken for gone.
const STALL_NS: i64 = 2_000_000_000;

/// While the microphone is away, silence follows the clock at this distance.
const AWAY_NS: i64 = 200_000_000;

/// One block as the device delivered it.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<P> {
    /// When its first sample was taken.
    pub at: Mono,
    /// How many samples it holds.
    pub samples: u64,
    /// The device's own number of its first sample, if the device counts.
    pub position: Option<u64>,
    /// The samples themselves.
    pub payload: P,
}

/// What [`SoundTrack::poll`] answers.
#[derive(Debug, PartialEq)]
pub enum Output<P> {
    /// Write `take` samples of this payload, after skipping `skip`.
    Sound {
        /// The samples.
        payload: P,
        /// Not these: they lie before the recording or under silence already written.
        skip: u64,
        /// So many.
        take: u64,
    },
    /// Write so many samples of silence.
    Silence(u64),
    /// Something worth telling.
    Happened(Happening),
    /// Nothing to do before this moment, unless a block comes.
    WaitUntil(Mono),
}

#[derive(Debug, PartialEq)]
enum Microphone {
    Here {
        last_block: Mono,
    },
    /// It has just come, and its first blocks are held until it is clear where they lie.
    Settling {
        since: i64,
        told: bool,
        last_block: Mono,
    },
    Away {
        since: i64,
        told: bool,
    },
}

/// The engine. `P` is a block's handle.
///
/// It counts in *track samples*, which begin when the engine is made; the recording begins at one of them, later,
/// so that the line has learned something by then. Only recording samples are seen outside.
#[derive(Debug)]
pub struct SoundTrack<P> {
    line: ClockLine,
    rate_hz: u32,
    /// A lateness of fewer samples is no loss.
    loss_min: i64,
    /// The track sample where the recording begins, once it has begun.
    base: Option<i64>,
    /// No track sample at or beyond this one is handed out.
    end: i64,
    /// Where the next sample to be handed out goes.
    written: i64,
    /// Where the next block lies by counting, those in `held` included.
    counted: i64,
    next_position: Option<u64>,
    microphone: Microphone,
    held: VecDeque<(i64, Block<P>)>,
    out: VecDeque<Output<P>>,
}

impl<P> SoundTrack<P> {
    /// Counting begins at `now`, at the master's rate; nothing is handed out before [`SoundTrack::begin`].
    pub fn new(now: Mono) -> SoundTrack<P> {
        SoundTrack::with_rate(now, RATE_HZ as u32)
    }

    /// The same at any of [`super::clock_line::RATES_HZ`].
    pub fn with_rate(now: Mono, rate_hz: u32) -> SoundTrack<P> {
        SoundTrack {
            line: ClockLine::with(now, rate_hz, Reading::Earliest),
            rate_hz,
            loss_min: i64::from(rate_hz / LOSS_SHARE),
            base: None,
            end: i64::MAX,
            written: 0,
            counted: 0,
            next_position: None,
            microphone: Microphone::Away { since: 0, told: true },
            held: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// The recording's sample 0 is the one taken at `start`, which must not lie in the past; answers its exact time.
    pub fn begin(&mut self, start: Mono) -> Mono {
        self.line.snap(self.counted);
        let base = self.line.sample_at(start);
        self.base = Some(base);
        self.written = base;
        if let Microphone::Away { since, told } = &mut self.microphone {
            (*since, *told) = (base, false);
        }
        self.line.mono_at(base)
    }

    /// The recording ends before sample `end`.
    pub fn end_at(&mut self, end: Sample) {
        self.end = self.base.unwrap_or(0) + end as i64;
    }

    /// When a sample of the recording was, is or will be.
    pub fn mono_at(&self, sample: Sample) -> Mono {
        self.line.mono_at(self.base.unwrap_or(0) + sample as i64)
    }

    /// Which sample of the recording lies at `mono`; 0 for any time before it.
    pub fn sample_at(&self, mono: Mono) -> Sample {
        self.outside(self.line.sample_at(mono))
    }

    /// How fast the microphone's clock runs, in parts per million of the machine's.
    pub fn drift_ppm(&self) -> f64 {
        self.line.drift_ppm()
    }

    /// How many samples of the recording have been handed out.
    pub fn written(&self) -> Sample {
        self.outside(self.written)
    }

    /// A block came.
    pub fn block(&mut self, now: Mono, block: Block<P>) {
        let last_block = now.max(block.at);
        self.microphone = match self.microphone {
            Microphone::Away { since, told } => self.arrive(block.at, since, told, last_block),
            Microphone::Settling { since, told, .. } => Microphone::Settling { since, told, last_block },
            Microphone::Here { .. } => Microphone::Here { last_block },
        };
        self.heed_position(&block);
        let at = self.counted;
        self.counted += block.samples as i64;
        let lateness = ns_to_samples(block.at.since(self.line.mono_at(at)), self.rate_hz);
        let settling = matches!(self.microphone, Microphone::Settling { .. });
        if settling || lateness >= self.loss_min || !self.held.is_empty() {
            self.held.push_back((lateness, block));
            self.judge_held(false);
        } else {
            self.line.learn(at, block.at);
            self.place(at, block);
        }
    }

    /// The microphone was pulled out, or another one takes over.
    pub fn microphone_gone(&mut self) {
        if !matches!(self.microphone, Microphone::Away { .. }) {
            self.judge_held(true);
            self.line.coast(self.counted);
            self.microphone = Microphone::Away { since: self.written, told: false };
        }
    }

    /// Answers what is to be written; time alone makes silence when the microphone is away.
    pub fn poll(&mut self, now: Mono) -> Output<P> {
        if let Some(out) = self.out.pop_front() {
            return out;
        }
        if let Microphone::Here { last_block } | Microphone::Settling { last_block, .. } = self.microphone {
            let stalled = last_block.offset(STALL_NS);
            if now < stalled {
                return Output::WaitUntil(stalled);
            }
            self.microphone_gone();
        }
        if let Microphone::Away { since, told } = self.microphone
            && !told
        {
            self.microphone = Microphone::Away { since, told: true };
            self.tell(since, What::SoundGone);
        }
        if self.base.is_some() {
            self.silence_until(self.line.sample_at(now.offset(-AWAY_NS)));
        }
        self.out.pop_front().unwrap_or(Output::WaitUntil(now.offset(AWAY_NS / 2)))
    }

    /// The first block of a microphone: counting goes on about where the clock says it lies. In a recording the
    /// first blocks are heard out before they are placed, because a device often begins late.
    fn arrive(&mut self, at: Mono, since: i64, told: bool, last_block: Mono) -> Microphone {
        self.line.change_device();
        self.counted = self.line.sample_at(at);
        self.next_position = None;
        match self.base {
            None => Microphone::Here { last_block },
            Some(_) => Microphone::Settling { since, told, last_block },
        }
    }

    /// A jump in the device's own count proves a loss and measures it. The absence of one proves nothing: some
    /// devices only count what they have handed over.
    fn heed_position(&mut self, block: &Block<P>) {
        if let (Some(expected), Some(position)) = (self.next_position, block.position)
            && position > expected
        {
            self.judge_held(true);
            self.lose(self.counted, position - expected);
            self.counted += (position - expected) as i64;
        }
        self.next_position = block.position.map(|p| p + block.samples);
    }

    /// Lets held blocks go: when they have caught up, when a loss has been seen for long enough, or because it
    /// must be now; then nothing is taken for lost that was not seen for long enough.
    fn judge_held(&mut self, now: bool) {
        let (Some((_, oldest)), Some((newest_lateness, newest))) = (self.held.front(), self.held.back()) else {
            return;
        };
        // By time, not by sound: after a stall much sound comes at once, and has yet to catch up.
        let sure = newest.at.since(oldest.at) >= WITNESS_NS;
        let settling = matches!(self.microphone, Microphone::Settling { .. });
        let caught_up = !settling && *newest_lateness < self.loss_min;
        if !caught_up && !sure && !now {
            return;
        }
        self.settle();
        let held_samples: u64 = self.held.iter().map(|(_, b)| b.samples).sum();
        let mut at = self.counted - held_samples as i64;
        let mut lost = 0;
        for shared in suffix_minima(self.held.iter().map(|h| h.0)) {
            let (_, block) = self.held.pop_front().expect("one verdict for each held block");
            if sure && shared - lost >= self.loss_min {
                self.lose(at + lost, (shared - lost) as u64);
                lost = shared;
            }
            let samples = block.samples as i64;
            self.line.learn(at + lost, block.at);
            self.place(at + lost, block);
            at += samples;
        }
        self.counted = at + lost;
    }

    /// Places a microphone that has just come by the promptest of its first blocks.
    fn settle(&mut self) {
        let Microphone::Settling { since, told, last_block } = self.microphone else { return };
        self.microphone = Microphone::Here { last_block };
        let promptest = self.held.iter().map(|h| h.0).min().unwrap_or(0);
        self.held.iter_mut().for_each(|h| h.0 -= promptest);
        self.counted += promptest;
        let held_samples: u64 = self.held.iter().map(|(_, b)| b.samples).sum();
        let begins = self.counted - held_samples as i64;
        let silence_samples = (begins.max(self.written) - since).max(0) as u64;
        if !told && silence_samples < self.loss_min as u64 {
            return;
        }
        if !told {
            self.tell(since, What::SoundGone);
        }
        self.silence_until(begins);
        self.tell(begins, What::SoundBack { silence_samples });
    }

    /// Hands a block out at its place: silence before it if that is ahead, without its head if that is behind.
    fn place(&mut self, at: i64, block: Block<P>) {
        let end = (at + block.samples as i64).min(self.end);
        if self.base.is_none() || end <= self.written {
            return;
        }
        self.silence_until(at);
        if end <= self.written {
            return; // the silence before it reached the end of the recording
        }
        let skip = (self.written - at) as u64;
        let take = (end - self.written) as u64;
        self.written = end;
        self.out.push_back(Output::Sound { payload: block.payload, skip, take });
    }

    fn silence_until(&mut self, at: i64) {
        let silence = at.min(self.end) - self.written;
        if silence > 0 {
            self.written += silence;
            self.out.push_back(Output::Silence(silence as u64));
        }
    }

    fn lose(&mut self, at: i64, samples: u64) {
        // A source that stumbles while it starts has taken nothing from a recording that begins later.
        if self.base.is_some_and(|base| at + samples as i64 <= base) {
            return;
        }
        self.tell(at, What::SoundLost { samples });
    }

    fn tell(&mut self, at: i64, what: What) {
        if self.base.is_some_and(|base| at + i64::from(self.rate_hz) > base) && at <= self.end {
            self.out.push_back(Output::Happened(Happening { at_sample: self.outside(at), what }));
        }
    }

    /// Track sample to recording sample.
    fn outside(&self, track_sample: i64) -> Sample {
        (track_sample - self.base.unwrap_or(0)).max(0) as Sample
    }
}

/// For each value the smallest of it and all behind it: the lateness that never went away again.
pub(super) fn suffix_minima(values: impl DoubleEndedIterator<Item = i64>) -> Vec<i64> {
    let mut smallest = i64::MAX;
    let mut minima: Vec<i64> = values
        .rev()
        .map(|v| {
            smallest = smallest.min(v);
            smallest
        })
        .collect();
    minima.reverse();
    minima
}

/// A span of time in samples, to the nearest.
pub(super) fn ns_to_samples(ns: i64, rate_hz: u32) -> i64 {
    (ns as f64 * f64::from(rate_hz) / 1e9).round() as i64
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
