// SPDX-License-Identifier: MIT
//! Constant frame rate by a tick, not by arriving pictures: at every tick of the recording, which is 1,600 samples
//! in a master, the nearest picture is taken, and what that repeats or leaves out is told.
//!
//! ```text
//!   pictures   a     b     c      d     e     f     (stamped on the machine's clock)
//!   ticks      0     1     2     3     4     5      (counted in samples, laid on the same clock)
//!   master     a     b     c     d     e     f
//! ```
//!
//! Tick 0 is laid on the first picture, so that a camera on our clock stays in the middle of its slot for ever.
//! A camera that drifts slips into the next slot once in a while; after a slip one way, a slip back must be well
//! worth it, so that jitter at the edge of a slot makes no pairs of repeats and omissions.

use crate::words::{MASTER_FPS, Mono, Rate};
use std::collections::VecDeque;

/// Closer than this to its tick, a picture is taken at once: no later one can be nearer at any usual rate. What a
/// slip back must gain is as much: twice the jitter of an ordinary camera's stamps.
const SURE_NS_MAX: i64 = 4_000_000;

/// It is no more than this share of a slot, so that at high rates a tick still knows its neighbours: 3 in 25, which
/// is the same 4 ms at thirty a second.
const SURE_SHARE: (u64, u64) = (3, 25);

/// A camera that is there may deliver this late and its picture still counts: the master is in no hurry.
const PATIENCE_NS: i64 = 1_000_000_000;

/// When the camera is known to be away, ticks follow the clock this closely.
const AWAY_NS: i64 = 100_000_000;

/// Whether pictures can be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Camera {
    Here,
    Away {
        since_tick: u64,
        told: bool,
    },
    /// Pictures wait, but none of them has been shown yet.
    Returning {
        since_tick: u64,
    },
}

/// What [`Cadence::poll`] answers.
#[derive(Debug, PartialEq)]
pub enum Output<P> {
    /// The picture of the next tick; `None` is black.
    Show(Option<P>),
    /// Constant rate took the last picture once more at this tick.
    Repeated {
        /// The tick.
        tick: u64,
    },
    /// Constant rate had no place for so many pictures before this tick.
    Omitted {
        /// The tick.
        tick: u64,
        /// How many.
        frames: u64,
    },
    /// No picture comes any more; the last one is held.
    Gone {
        /// The tick.
        tick: u64,
    },
    /// Pictures come again.
    Back {
        /// The tick.
        tick: u64,
        /// How many were held or black.
        held_frames: u64,
    },
    /// Nothing to do before this moment, unless a picture comes.
    WaitUntil(Mono),
}

/// The engine. `P` is a picture's handle: cheap to clone.
#[derive(Debug)]
pub struct Cadence<P> {
    /// Farther from its tick a picture is not looked for.
    half_slot_ns: i64,
    sure_ns: i64,
    hysteresis_ns: i64,
    /// How long a tick waits for its picture: from a camera that is there, and from one that is away.
    patience_ns: [i64; 2],
    next_tick: u64,
    shown: Option<(Mono, P)>,
    waiting: VecDeque<(Mono, P)>,
    camera: Camera,
    /// Which way the last slip went: true for an omission, false for a repeat.
    slipped_by_omission: Option<bool>,
    /// Behind a cut the next new picture is no slip, wherever in its slot it lies.
    behind_cut: bool,
    told: VecDeque<Output<P>>,
}

impl<P: Clone> Default for Cadence<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Clone> Cadence<P> {
    /// Tick 0 of a master is next, and black until there is a picture.
    pub fn new() -> Cadence<P> {
        let away = Camera::Away { since_tick: 0, told: false };
        Cadence::with(Rate::whole(MASTER_FPS as u32), away, [PATIENCE_NS, AWAY_NS])
    }

    /// The same with a camera that has shown itself already: its pictures may come late and still count.
    pub fn expecting() -> Cadence<P> {
        Cadence::with(Rate::whole(MASTER_FPS as u32), Camera::Here, [PATIENCE_NS, AWAY_NS])
    }

    /// Ticks of any rate from 1 to 240 a second, each of which waits so long for its picture, whatever came before.
    pub fn patient(rate: Rate, patience_ns: i64) -> Cadence<P> {
        Cadence::with(rate, Camera::Here, [patience_ns; 2])
    }

    fn with(rate: Rate, camera: Camera, patience_ns: [i64; 2]) -> Cadence<P> {
        let second = Mono::SECOND * u64::from(rate.den.max(1));
        let (fps, share) = (u64::from(rate.num.max(1)), SURE_SHARE);
        let sure_ns = ((second * share.0 / (fps * share.1)) as i64).min(SURE_NS_MAX);
        Cadence {
            half_slot_ns: (second / fps / 2) as i64,
            sure_ns,
            hysteresis_ns: sure_ns,
            patience_ns,
            next_tick: 0,
            shown: None,
            waiting: VecDeque::new(),
            camera,
            slipped_by_omission: None,
            behind_cut: false,
            told: VecDeque::new(),
        }
    }

    /// The tick that is shown next; as many have been handed out.
    pub fn next_tick(&self) -> u64 {
        let decided_only = self.told.iter().any(|t| matches!(t, Output::Show(_)));
        self.next_tick - u64::from(decided_only)
    }

    /// A picture came, taken at `at`.
    pub fn picture(&mut self, at: Mono, picture: P) {
        if let Camera::Away { since_tick, .. } = self.camera {
            self.camera = Camera::Returning { since_tick };
        }
        let newest = self.waiting.back().or(self.shown.as_ref()).map(|p| p.0);
        if newest.is_some_and(|newest| at <= newest) {
            // A stamp that runs backwards has no place any more; the one before it holds.
            self.told.push_back(Output::Omitted { tick: self.next_tick, frames: 1 });
            return;
        }
        self.waiting.push_back((at, picture));
    }

    /// Time has been cut before the next tick: pictures lie elsewhere in their slots from here on.
    pub fn cut(&mut self) {
        (self.slipped_by_omission, self.behind_cut) = (None, true);
    }

    /// The camera has gone: hold the last picture and wait for nothing.
    pub fn camera_gone(&mut self) {
        match self.camera {
            Camera::Here => self.camera = Camera::Away { since_tick: self.next_tick, told: false },
            Camera::Returning { since_tick } => self.camera = Camera::Away { since_tick, told: true },
            Camera::Away { .. } => {}
        }
    }

    /// Another camera takes over: black until its first picture.
    pub fn camera_switched(&mut self) {
        self.shown = None;
        self.waiting.clear();
        self.camera = Camera::Away { since_tick: self.next_tick, told: true };
    }

    /// Decides the next tick if it can be decided at `now`; `mono_at_tick` says where a tick lies.
    pub fn poll(&mut self, now: Mono, mono_at_tick: impl Fn(u64) -> Mono) -> Output<P> {
        if let Some(told) = self.told.pop_front() {
            return told;
        }
        let due = mono_at_tick(self.next_tick);
        if now < due {
            // However many pictures of the future wait: a tick is not decided before its time.
            return Output::WaitUntil(due);
        }
        let nearest = self.nearest(due);
        let surely_nearest = match nearest {
            Some(i) => i + 1 < self.waiting.len() || self.waiting[i].0.since(due).abs() < self.sure_ns,
            None => !self.waiting.is_empty(),
        };
        let patience_ns = match self.camera {
            Camera::Here | Camera::Returning { .. } => self.patience_ns[0],
            Camera::Away { .. } => self.patience_ns[1],
        };
        let deadline = due.offset(patience_ns);
        if !surely_nearest && now < deadline {
            return Output::WaitUntil(deadline);
        }
        if nearest.is_none() && self.waiting.is_empty() {
            self.camera_gone();
        }
        self.decide(nearest);
        self.told.pop_front().expect("a decision shows something")
    }

    /// The waiting picture that lies nearest to `due`, if it is nearer than the one shown last.
    fn nearest(&self, due: Mono) -> Option<usize> {
        let error = |at: Mono| at.since(due).abs();
        let (i, best) = self.waiting.iter().enumerate().map(|(i, p)| (i, error(p.0))).min_by_key(|&(_, e)| e)?;
        let repeat = self.shown.as_ref().map_or(i64::MAX, |s| error(s.0));
        let bias = |reverse_of_omission: bool| {
            if self.slipped_by_omission == Some(reverse_of_omission) { self.hysteresis_ns } else { 0 }
        };
        if repeat.saturating_add(bias(true)) < best {
            return None;
        }
        let needless_skip = i > 0 && error(self.waiting[i - 1].0) <= best.saturating_add(bias(false));
        let chosen = if needless_skip { i - 1 } else { i };
        let too_early = self.waiting[chosen].0.since(due) > self.half_slot_ns + bias(true);
        (!too_early).then_some(chosen)
    }

    fn decide(&mut self, nearest: Option<usize>) {
        let tick = self.next_tick;
        self.next_tick += 1;
        match nearest {
            Some(i) => {
                let left_out = self.waiting.drain(..i).count() as u64;
                // What came before the recording began has no place in it, and nobody misses it.
                let omitted = if self.shown.is_some() { left_out } else { 0 };
                self.shown = self.waiting.pop_front();
                self.tell_shown(tick, omitted);
                if std::mem::take(&mut self.behind_cut) {
                    self.slipped_by_omission = None;
                }
            }
            None => self.tell_held(tick),
        }
        self.told.push_back(Output::Show(self.shown.as_ref().map(|s| s.1.clone())));
    }

    /// A tick with a new picture: after an absence, or with others left out before it.
    fn tell_shown(&mut self, tick: u64, omitted: u64) {
        match self.camera {
            Camera::Here if omitted > 0 => {
                self.slipped_by_omission = Some(true);
                self.told.push_back(Output::Omitted { tick, frames: omitted });
            }
            // What was under way when the camera went is no return.
            Camera::Here | Camera::Away { .. } => {}
            Camera::Returning { since_tick } => {
                let held_frames = tick - since_tick;
                if held_frames > 0 {
                    self.told.push_back(Output::Back { tick, held_frames });
                }
                self.slipped_by_omission = None;
            }
        }
        if let Camera::Returning { .. } = self.camera {
            self.camera = Camera::Here;
        }
    }

    /// A tick without a new picture: an absence, or a repeat that constant rate requires.
    fn tell_held(&mut self, tick: u64) {
        match &mut self.camera {
            Camera::Away { told, since_tick } if !*told => {
                (*told, *since_tick) = (true, tick);
                self.told.push_back(Output::Gone { tick });
            }
            Camera::Here if self.shown.is_some() => {
                self.slipped_by_omission = (!self.behind_cut).then_some(false);
                self.told.push_back(Output::Repeated { tick });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "cadence_tests.rs"]
mod tests;
