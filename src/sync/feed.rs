// SPDX-License-Identifier: MIT
//! What a program submits, put in order: irregular pictures and blocks of sound go in, with stamps or without; out
//! come pictures at a constant rate from number 0 and sound from sample 0, without a hole, cut at every pause.
//!
//! ```text
//!   picture(stamp, P) --> Gate --> Steady --> Cadence --+
//!                          |                     ^      +--> Picture { index, picture, repeated }
//!                          |        Tape: ticks, |      |
//!                          |        cuts  -------+      +--> Sound { payload, skip, take } or Silence(samples)
//!   sound(stamp, n, S) -----------> Sounds ------+------+
//!                                   counted      `- learns the sound's clock
//! ```
//!
//! The rule of its loop: after each item, [`Feed::poll`] until it answers nothing. There is no clock. Time moves with
//! what is submitted: a tick is decided when a later picture is known, when a picture lies close enough, or when the
//! other stream is ahead by more than the plan's patience.
//!
//! Without stamps picture `k` lies at `k / fps` and sound is counted; nothing can be late then, so nothing is hurried.
//!
//! The recording begins with the earliest of the first items, and goes on after a pause with the earliest behind it, or
//! up to a slot before that, so that the first picture lies on a tick and not half a slot beside it; the other stream
//! begins with silence or black. Only whoever says when to cut is taken at their word, to the sample. Sound is never resampled or dropped; pictures are placed on its
//! time, as in a master. A pause is a cut in that time, the same for both, so that pauses never add up to an error.

mod beside;
mod cuts;
mod gate;
mod inside;
mod lane;
mod score;
mod sounds;
mod steady;
mod tape;

pub use gate::Stream;
pub use lane::{Lane, LaneOutput, LanePlan};
pub use score::Sync;

use super::Cadence;
use super::clock_line::RATES_HZ;
use crate::words::{Happening, Mono, RATE_HZ, Rate};
use gate::Gate;
use score::Score;
use sounds::Sounds;
use std::collections::VecDeque;
use steady::Steady;
use tape::Tape;

/// The other stream may be behind by so much before something stands in for it.
pub const PATIENCE_NS: i64 = 1_000_000_000;

/// No block of sound is longer than so many seconds.
const BLOCK_SECONDS_MAX: u64 = 3_600;

/// What will be submitted, and what is to become of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Pictures are expected, and come out at this rate, from 1 to 240 a second.
    pub pictures: Option<Rate>,
    /// Sound is expected, at so many samples a second, from 8,000 to 192,000.
    pub sound_hz: Option<u32>,
    /// The stamps are the truth to the last: pictures stay where their stamps say, and somebody behind this resamples
    /// the sound by [`Feed::ratio`].
    pub own_clock: bool,
    /// How far one stamped stream may be behind the other before pictures are held or silence is written for it.
    pub patience_ns: i64,
}

impl Plan {
    /// What is usual: sound is the ruler, and a second of patience.
    pub fn new(pictures: Option<Rate>, sound_hz: Option<u32>) -> Plan {
        Plan { pictures, sound_hz, own_clock: false, patience_ns: PATIENCE_NS }
    }
}

/// Why something was not taken. The feed goes on as if it had not been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing expected.
    #[error("neither pictures nor sound are expected; plan at least one of them")]
    Nothing,
    /// A frame rate out of bounds.
    #[error("{} pictures a second can't be made; use a rate from 1 to 240", .0.as_f64())]
    FrameRate(Rate),
    /// A sample rate out of bounds.
    #[error("{0} samples a second can't be taken; use a rate from 8000 to 192000")]
    SampleRate(u32),
    /// The other stream only.
    #[error("{0} came, but none were expected; plan for them before the start")]
    Unexpected(Stream),
    /// Stamps here and none there.
    #[error("some items carry a stamp and some do not; stamp all of them, or none")]
    Mixed,
    /// A stamp before the one before it.
    #[error("a stamp of {stream} lies {by_ms} ms before the last one; submit in order of time")]
    Backwards {
        /// Whose.
        stream: Stream,
        /// By so many milliseconds, rounded up.
        by_ms: u64,
    },
    /// A stamp that can't be true.
    #[error("a stamp of {stream} lies {by_s} s from the newest one; a gap may last an hour, so check its unit")]
    Far {
        /// Whose.
        stream: Stream,
        /// By so many seconds.
        by_s: u64,
    },
    /// A block without samples, or with an hour of them.
    #[error("a block of {0} samples can't be taken; submit some, and less than an hour")]
    BlockLength(u64),
    /// Two pauses at once.
    #[error("the recording is paused already; resume it first")]
    Paused,
    /// Nothing to resume.
    #[error("the recording is not paused; pause it first")]
    NotPaused,
    /// Too late.
    #[error("the recording has ended; begin another one")]
    Ended,
}

/// What [`Feed::poll`] answers.
#[derive(Debug, PartialEq)]
pub enum Output<P, S> {
    /// The next picture.
    Picture {
        /// Its number; one follows the other.
        index: u64,
        /// The picture; none is black.
        picture: Option<P>,
        /// It has been handed out before.
        repeated: bool,
    },
    /// So many samples of this block, after skipping so many.
    Sound {
        /// The block.
        payload: S,
        /// Not these.
        skip: u64,
        /// But these.
        take: u64,
    },
    /// So many samples of silence.
    Silence(u64),
    /// Something worth telling.
    Happened(Happening),
}

/// One pause, for the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The first sample behind it.
    pub at_sample: u64,
    /// The first picture behind it.
    pub at_picture: u64,
    /// How long it was, in samples (of 48,000 a second where there is no sound).
    pub samples: u64,
}

/// Where in its life a feed is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Items are held until it is clear where the recording goes on: at the earliest of them, or where it was told.
    Opening {
        told: Option<Mono>,
    },
    Running,
    /// What lies at this moment or behind it is dropped.
    Paused,
    Ended,
}

/// A picture on its way through the cadence.
#[derive(Clone, Debug)]
struct Frame<P> {
    number: u64,
    placed: Mono,
    picture: P,
}

/// The engine. `P` and `S` are handles of pictures and blocks of sound: cheap to clone.
#[derive(Debug)]
pub struct Feed<P, S> {
    plan: Plan,
    gate: Gate,
    state: State,
    /// The recording has a first moment.
    begun: bool,
    tape: Tape,
    sounds: Sounds<S>,
    steady: Steady,
    cadence: Cadence<Frame<P>>,
    /// Pictures held while the recording opens.
    waiting: VecDeque<(Mono, P)>,
    /// Where the next picture without a stamp lies: so many slots behind this moment.
    implied: (Mono, u64),
    /// The newest stamp of pictures, and how far sound has come.
    reached: [Option<Mono>; 2],
    /// Which streams have come in this pause.
    went_on: [bool; 2],
    pauses: Vec<Pause>,
    /// How many of them the pictures are past.
    pauses_passed: usize,
    /// Samples handed out.
    written: u64,
    /// Silence stands for sound that does not come, since this sample.
    away_since: Option<u64>,
    submitted_pictures: u64,
    /// The number of the picture shown last.
    shown: Option<u64>,
    /// One more than the tick of the newest picture.
    ticks_needed: u64,
    ticks_total: Option<u64>,
    sync: Sync,
    score: Score,
    out: VecDeque<Output<P, S>>,
}

impl<P: Clone, S: Clone> Feed<P, S> {
    /// A feed for this plan.
    pub fn new(plan: Plan) -> Result<Feed<P, S>, FeedError> {
        let rate = plan.pictures.unwrap_or(Rate::whole(1));
        let rate_hz = plan.sound_hz.unwrap_or(RATE_HZ as u32);
        if plan.pictures.is_none() && plan.sound_hz.is_none() {
            return Err(FeedError::Nothing);
        }
        let most = u64::from(rate.den) * 240;
        if rate.den == 0 || rate.num < rate.den || u64::from(rate.num) > most {
            return Err(FeedError::FrameRate(rate));
        }
        if !RATES_HZ.contains(&rate_hz) {
            return Err(FeedError::SampleRate(rate_hz));
        }
        Ok(Feed {
            plan,
            gate: Gate::default(),
            state: State::Opening { told: None },
            begun: false,
            tape: Tape::new(rate, rate_hz, plan.own_clock && plan.sound_hz.is_some()),
            sounds: Sounds::new(rate_hz),
            steady: Steady::new(1e9 / rate.as_f64()),
            cadence: Cadence::patient(rate, plan.patience_ns),
            waiting: VecDeque::new(),
            implied: (Mono(0), 0),
            reached: [None; 2],
            went_on: [false; 2],
            pauses: Vec::new(),
            pauses_passed: 0,
            written: 0,
            away_since: None,
            submitted_pictures: 0,
            shown: None,
            ticks_needed: 0,
            ticks_total: None,
            sync: Sync::default(),
            score: Score::new(rate.as_f64()),
            out: VecDeque::new(),
        })
    }

    /// A picture, taken at `stamp`.
    pub fn picture(&mut self, stamp: Option<Mono>, picture: P) -> Result<(), FeedError> {
        self.admit(Stream::Pictures, self.plan.pictures.is_some(), stamp)?;
        let at = stamp.unwrap_or_else(|| self.next_implied());
        self.implied.1 += u64::from(stamp.is_none());
        self.reach(Stream::Pictures, at);
        let as_stamped = self.plan.own_clock || stamp.is_none();
        let placed = if as_stamped { at } else { self.steady.place(at) };
        match self.state {
            // What lies before the pause that has just ended is only late.
            State::Opening { .. } if stamp.is_some() && self.tape.is_cut(self.sounds.line(), placed) => {
                self.waiting.push_back((placed, picture));
                self.open_up(false);
            }
            _ => self.take_picture(placed, picture),
        }
        self.stand_in();
        Ok(())
    }

    /// A block of sound, whose first sample was taken at `stamp`.
    pub fn sound(&mut self, stamp: Option<Mono>, samples: u64, payload: S) -> Result<(), FeedError> {
        let rate_hz = u64::from(self.plan.sound_hz.unwrap_or(RATE_HZ as u32));
        if samples == 0 || samples > rate_hz * BLOCK_SECONDS_MAX {
            self.sync.refused += 1;
            return Err(FeedError::BlockLength(samples));
        }
        self.admit(Stream::Sound, self.plan.sound_hz.is_some(), stamp)?;
        match stamp {
            Some(at) => {
                self.reach(Stream::Sound, at.offset((samples * Mono::SECOND / rate_hz) as i64));
                self.sounds.block(at, samples as i64, payload);
                self.open_up(false);
                let settled = self.state == State::Running && self.sounds.first(false).is_some();
                if settled || self.state == State::Paused {
                    self.sounds.anchor();
                }
            }
            None => {
                self.sounds.count(samples as i64, payload);
                self.reach(Stream::Sound, self.sounds.line().mono_at(self.sounds.counted()));
            }
        }
        self.lay_sound();
        self.stand_in();
        Ok(())
    }

    /// Nothing from `at` on is recorded, or nothing behind the newest of what has come. What lies before that may
    /// still come.
    pub fn pause(&mut self, at: Option<Mono>) -> Result<(), FeedError> {
        match self.state {
            State::Ended => return Err(FeedError::Ended),
            State::Paused => return Err(FeedError::Paused),
            State::Opening { .. } | State::Running => {}
        }
        self.allow_stamp(at)?;
        self.open_up(true);
        if self.state == State::Running {
            let newest = self.end_of_all();
            let ticks = self.cadence.next_tick();
            self.tape.open(self.sounds.line(), at.unwrap_or(newest), self.written, ticks);
        }
        self.went_on = [false; 2];
        self.state = State::Paused;
        Ok(())
    }

    /// The recording goes on at `at`, or with the first item that comes.
    pub fn resume(&mut self, at: Option<Mono>) -> Result<(), FeedError> {
        match self.state {
            State::Ended => return Err(FeedError::Ended),
            State::Opening { .. } | State::Running => return Err(FeedError::NotPaused),
            State::Paused => {}
        }
        self.allow_stamp(at)?;
        if self.gate.stamped() == Some(false) {
            self.resume_by_count();
        } else {
            self.state = State::Opening { told: at };
            self.gate.may_jump();
            if self.plan.sound_hz.is_some() {
                self.sounds.loosen(self.went_on[Stream::Sound as usize]);
                self.lay_sound();
            }
        }
        Ok(())
    }

    /// Nothing more comes: what is left is decided, and sound and pictures end at the same moment.
    pub fn end(&mut self) {
        if self.state == State::Ended {
            return;
        }
        self.open_up(true);
        self.state = State::Ended;
        self.sounds.finish();
        self.lay_sound();
        let mut ticks = 0;
        if self.begun && self.plan.pictures.is_some() {
            let for_sound = self.tape.ticks_for(self.sounds.line(), self.written);
            ticks = self.ticks_needed.max(for_sound).max(self.cadence.next_tick());
            let samples = self.tape.samples_for(self.sounds.line(), ticks);
            if self.plan.sound_hz.is_some() {
                self.silence_to(samples);
            }
        }
        self.ticks_total = Some(ticks);
    }

    /// What is to be done next; nothing before the next item comes.
    pub fn poll(&mut self) -> Option<Output<P, S>> {
        while self.out.is_empty() && self.decide_picture() {}
        self.out.pop_front()
    }

    /// How well it goes.
    pub fn sync(&self) -> Sync {
        Sync { drift_ppm: self.sounds.line().drift_ppm(), score: self.score.score(), ..self.sync }
    }

    /// How many samples are to become of one, where the stamps are the truth.
    pub fn ratio(&self) -> f64 {
        1.0 / (1.0 + self.sounds.line().drift_ppm() * 1e-6)
    }

    /// The pauses that are over, in order.
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.state == State::Paused
    }

    /// How many pictures have been handed out.
    pub fn pictures_out(&self) -> u64 {
        self.cadence.next_tick()
    }

    /// How many samples have been handed out, silence included.
    pub fn samples_out(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests;
