// SPDX-License-Identifier: MIT
//! The pictures of a further track: constant rate on the feed's ruler.

use super::super::score::Score;
use super::super::steady::Steady;
use super::super::{Feed, Sync};
use super::{LaneOutput, ZERO};
use crate::sync::cadence::{self, Cadence};
use crate::words::{Mono, Rate};
use std::collections::VecDeque;

/// An end that lies so little behind a tick asks for no picture more: it was rounded.
const ROUNDING_NS: i64 = 1_000;

/// When everything is over, every tick is due.
const EVER: Mono = Mono(u64::MAX);

/// A picture on its way through the cadence.
#[derive(Clone, Debug)]
struct Frame<P> {
    number: u64,
    placed: Mono,
    picture: P,
}

/// The engine.
#[derive(Debug)]
pub(super) struct Seen<P> {
    rate: Rate,
    steady: Steady,
    cadence: Cadence<Frame<P>>,
    submitted: u64,
    shown: Option<u64>,
    /// Up to here its own pictures last, in the recording.
    lasts: Mono,
    pauses_passed: usize,
    away: bool,
    sync: Sync,
    score: Score,
}

impl<P: Clone> Seen<P> {
    pub(super) fn new(rate: Rate) -> Seen<P> {
        Seen {
            rate,
            steady: Steady::new(1e9 / rate.as_f64()),
            cadence: Cadence::patient(rate, super::super::PATIENCE_NS),
            submitted: 0,
            shown: None,
            lasts: Mono(0),
            pauses_passed: 0,
            away: false,
            sync: Sync::default(),
            score: Score::new(rate.as_f64()),
        }
    }

    pub(super) fn sync(&self) -> Sync {
        Sync { score: self.score.score(), ..self.sync }
    }

    pub(super) fn next_tick(&self) -> u64 {
        self.cadence.next_tick()
    }

    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    /// How many ticks begin before that place.
    fn ticks_to(&self, ns: u64) -> u64 {
        let (num, den) = (u128::from(self.rate.num), u128::from(self.rate.den));
        (u128::from(ns) * num).div_ceil(den * u128::from(Mono::SECOND)) as u64
    }

    pub(super) fn picture<S: Clone>(&mut self, main: &Feed<P, S>, at_ns: i64, stamped: bool, picture: P) {
        let placed_ns = if stamped { self.steady.place(ZERO.offset(at_ns)).since(ZERO) } else { at_ns };
        let Some(recorded_ns) = main.recorded_ns(placed_ns) else { return };
        let placed = Mono(recorded_ns.max(0) as u64);
        let slot = tick_ns(self.rate, 1);
        if placed < Mono(tick_ns(self.rate, self.cadence.next_tick()).saturating_sub(slot / 2)) {
            self.sync.late += 1;
        }
        self.lasts = self.lasts.max(placed.offset(slot as i64 / 2));
        let number = self.submitted;
        self.submitted += 1;
        self.cadence.picture(placed, Frame { number, placed, picture });
    }

    /// Decides all ticks that can be decided.
    pub(super) fn follow<S: Clone>(
        &mut self,
        main: &Feed<P, S>,
        settled_ns: i64,
        waits: bool,
        out: &mut VecDeque<LaneOutput<P, S>>,
    ) {
        let end = main.length_ns().map(|ns| self.ticks_to(ns.saturating_sub(ROUNDING_NS as u64)));
        let settled = match end {
            Some(_) => EVER,
            None => match main.recorded_ns(settled_ns.saturating_sub(1)) {
                Some(recorded_ns) => Mono(recorded_ns.max(0) as u64),
                None => return,
            },
        };
        loop {
            let tick = self.cadence.next_tick();
            let over = end.map_or_else(|| Mono(tick_ns(self.rate, tick)) >= settled, |end| tick >= end);
            if over {
                return;
            }
            let passed = |at_ns: u64| at_ns <= tick_ns(self.rate, tick);
            if main.pause_ns(self.pauses_passed).is_some_and(passed) {
                self.pauses_passed += 1;
                self.cadence.cut();
                continue;
            }
            // A picture that is only counted lasts through its slot.
            let now = if waits && end.is_none() { self.lasts } else { settled };
            let rate = self.rate;
            match self.cadence.poll(now, |tick| Mono(tick_ns(rate, tick))) {
                cadence::Output::WaitUntil(_) => return,
                cadence::Output::Show(frame) => self.show(frame, out),
                cadence::Output::Repeated { .. } => {}
                cadence::Output::Omitted { frames, .. } => {
                    self.sync.omitted += frames;
                    self.score.tick(frames);
                }
                cadence::Output::Gone { .. } if end.is_some() => {}
                cadence::Output::Gone { .. } => {
                    self.sync.gaps += 1;
                    self.away = true;
                }
                cadence::Output::Back { .. } => self.away = false,
            }
        }
    }

    fn show<S>(&mut self, frame: Option<Frame<P>>, out: &mut VecDeque<LaneOutput<P, S>>) {
        let index = self.cadence.next_tick() - 1;
        let number = frame.as_ref().map(|frame| frame.number);
        let repeated = number.is_some() && number == self.shown;
        self.shown = number;
        self.sync.repeated += u64::from(repeated);
        self.score.tick(u64::from(repeated));
        if let Some(frame) = frame.as_ref().filter(|_| !repeated) {
            self.sync.offset_ms = Mono(tick_ns(self.rate, index)).since(frame.placed) as f64 / 1e6;
            self.score.offset(self.sync.offset_ms);
        }
        out.push_back(LaneOutput::Picture { index, picture: frame.map(|frame| frame.picture) });
    }
}

/// Where a tick lies, rounded by itself, so that nothing adds up.
fn tick_ns(rate: Rate, tick: u64) -> u64 {
    let (num, den) = (u128::from(rate.num), u128::from(rate.den));
    ((u128::from(tick) * den * u128::from(Mono::SECOND) + num / 2) / num) as u64
}
