// SPDX-License-Identifier: MIT
//! One further track, recorded beside a feed from a source of its own: placed on the feed's ruler, cut where the feed
//! is cut, and as long as the feed in the end.
//!
//! ```text
//!   picture(stamp, P) --\                        /--> Seen:  constant rate  --> Picture { index, picture }
//!                        +--> held until the ---+
//!   sound(stamp, n, S) -/     feed is as far     \--> Heard: its own clock  --> Sound { payload, from, until }
//!                                                                              SilenceTo(sample)
//! ```
//!
//! The rule of its loop: after each item of its own, and after whatever happens to the feed, [`Lane::poll`] until it
//! answers nothing. Nothing is handed out that lies beyond what the feed has decided: so no pause and no end ever comes
//! too late for it.
//!
//! A source that begins late, stops, or stays away is silence and the last picture (black before the first) where it is
//! missing; with stamps that is seen when the feed is ahead by more than its patience, and without them at the end, or
//! when [`Lane::hurry`] says that nobody can wait.

mod heard;
mod seen;

use super::gate::Gate;
use super::{BLOCK_SECONDS_MAX, Feed, FeedError, Stream, Sync};
use crate::sync::clock_line::RATES_HZ;
use crate::words::{Mono, Rate};
use heard::{Heard, JUMP_NS};
use seen::Seen;
use std::collections::VecDeque;

/// The ruler's zero, so that what lies before it has a moment, too.
const ZERO: Mono = Mono(1 << 60);

/// So much of a source is kept while it is unknown where the recording goes on: it goes on less than a slot before the
/// first item of the feed.
const KEPT_NS: i64 = 2_000_000_000;

/// What the track holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LanePlan {
    /// Pictures at this rate, from 1 to 240 a second.
    Pictures(Rate),
    /// Sound at so many samples a second, from 8,000 to 192,000.
    Sound(u32),
}

/// What [`Lane::poll`] answers.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneOutput<P, S> {
    /// The next picture.
    Picture {
        /// Its number; one follows the other.
        index: u64,
        /// The picture; none is black.
        picture: Option<P>,
    },
    /// A stretch of sound, to be laid between two places of the recording, in samples of the track's own rate: it lasts
    /// by the feed's clock a little more or less than by its own.
    Sound {
        /// The block.
        payload: S,
        /// Not these of its samples ...
        skip: u64,
        /// ... but these.
        take: u64,
        /// Where its first sample lies.
        from: f64,
        /// Where the one behind its last would.
        until: f64,
    },
    /// Silence from where it is up to that sample.
    SilenceTo(u64),
}

/// Something submitted, waiting for the feed.
#[derive(Debug)]
struct Held<T> {
    at: At,
    /// How long it lasts by its name.
    length_ns: i64,
    samples: i64,
    item: T,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// On the caller's clock.
    Stamp(Mono),
    /// On the ruler, counted.
    Ruler(i64),
}

#[derive(Debug)]
enum Item<P, S> {
    Picture(P),
    Sound(S),
}

#[derive(Debug)]
enum Kind<P, S> {
    Pictures(Seen<P>),
    Sound(Heard<S>),
}

/// The engine. `P` and `S` are handles, as in [`Feed`].
#[derive(Debug)]
pub struct Lane<P, S> {
    plan: LanePlan,
    kind: Kind<P, S>,
    gate: Gate,
    held: VecDeque<Held<Item<P, S>>>,
    /// Where the next item without a stamp lies: so many slots or samples behind this place of the ruler.
    implied: (i64, u64),
    /// How many pauses of the feed are over, as far as this lane knows.
    pauses: usize,
    /// Something has come in this pause.
    went_on: bool,
    refused: u64,
    out: VecDeque<LaneOutput<P, S>>,
}

impl<P: Clone, S: Clone> Lane<P, S> {
    /// For this plan.
    pub fn new(plan: LanePlan) -> Result<Lane<P, S>, FeedError> {
        let kind = match plan {
            LanePlan::Pictures(rate) => {
                let most = u64::from(rate.den) * 240;
                if rate.den == 0 || rate.num < rate.den || u64::from(rate.num) > most {
                    return Err(FeedError::FrameRate(rate));
                }
                Kind::Pictures(Seen::new(rate))
            }
            LanePlan::Sound(rate_hz) if RATES_HZ.contains(&rate_hz) => Kind::Sound(Heard::new(rate_hz)),
            LanePlan::Sound(rate_hz) => return Err(FeedError::SampleRate(rate_hz)),
        };
        Ok(Lane {
            plan,
            kind,
            gate: Gate::default(),
            held: VecDeque::new(),
            implied: (0, 0),
            pauses: 0,
            went_on: false,
            refused: 0,
            out: VecDeque::new(),
        })
    }

    /// A picture, taken at `stamp` on the clock of the feed's stamps.
    pub fn picture(&mut self, main: &Feed<P, S>, stamp: Option<Mono>, picture: P) -> Result<(), FeedError> {
        let LanePlan::Pictures(rate) = self.plan else { return self.unexpected(Stream::Pictures) };
        self.admit(main, Stream::Pictures, stamp)?;
        let at = stamp.map_or_else(|| At::Ruler(self.count(1)), At::Stamp);
        let length_ns = (i128::from(Mono::SECOND) * i128::from(rate.den) / i128::from(rate.num)) as i64;
        self.hold(main, Held { at, length_ns, samples: 1, item: Item::Picture(picture) });
        Ok(())
    }

    /// A block of sound, whose first sample was taken at `stamp` on the clock of the feed's stamps.
    pub fn sound(&mut self, main: &Feed<P, S>, stamp: Option<Mono>, samples: u64, payload: S) -> Result<(), FeedError> {
        let LanePlan::Sound(rate_hz) = self.plan else { return self.unexpected(Stream::Sound) };
        if samples == 0 || samples > u64::from(rate_hz) * BLOCK_SECONDS_MAX {
            self.refused += 1;
            return Err(FeedError::BlockLength(samples));
        }
        self.admit(main, Stream::Sound, stamp)?;
        let at = stamp.map_or_else(|| At::Ruler(self.count(samples)), At::Stamp);
        let length_ns = (samples * Mono::SECOND / u64::from(rate_hz)) as i64;
        self.hold(main, Held { at, length_ns, samples: samples as i64, item: Item::Sound(payload) });
        Ok(())
    }

    /// What is to be done next; nothing before something comes, here or there.
    pub fn poll(&mut self, main: &Feed<P, S>) -> Option<LaneOutput<P, S>> {
        if self.out.is_empty() {
            self.follow(main, false);
        }
        self.out.pop_front()
    }

    /// Nobody can wait for this source any longer: what it has missed so far is filled.
    pub fn hurry(&mut self, main: &Feed<P, S>) {
        self.follow(main, true);
    }

    /// Whether items carry stamps, once the first has come.
    pub fn stamped(&self) -> Option<bool> {
        self.gate.stamped()
    }

    /// How well it goes.
    pub fn sync(&self) -> Sync {
        let sync = match &self.kind {
            Kind::Pictures(seen) => seen.sync(),
            Kind::Sound(heard) => heard.sync(),
        };
        Sync { refused: self.refused, ..sync }
    }

    /// How many pictures or samples the recording has of it by now.
    pub fn out(&self) -> u64 {
        match &self.kind {
            Kind::Pictures(seen) => seen.next_tick(),
            Kind::Sound(heard) => heard.written(),
        }
    }

    /// Whether silence or the last picture stands in for a source that does not come.
    pub fn is_away(&self) -> bool {
        match &self.kind {
            Kind::Pictures(seen) => seen.is_away(),
            Kind::Sound(heard) => heard.is_away(),
        }
    }

    /// How many pictures or samples wait for the feed.
    pub fn waiting(&self) -> u64 {
        self.held.iter().map(|held| held.samples as u64).sum()
    }

    fn unexpected(&mut self, stream: Stream) -> Result<(), FeedError> {
        self.refused += 1;
        Err(FeedError::Unexpected(stream))
    }

    fn admit(&mut self, main: &Feed<P, S>, stream: Stream, stamp: Option<Mono>) -> Result<(), FeedError> {
        self.notice(main);
        let mixed = main.stamped().is_some_and(|stamped| stamped != stamp.is_some());
        let verdict = match main.length_ns() {
            Some(_) => Err(FeedError::Ended),
            None if mixed => Err(FeedError::Mixed),
            None => self.gate.admit(stream, stamp),
        };
        self.refused += u64::from(verdict.is_err());
        self.went_on |= verdict.is_ok() && main.is_paused();
        verdict
    }

    /// Where the next item without a stamp lies, and one more such.
    fn count(&mut self, more: u64) -> i64 {
        let at = self.implied.0 + self.counted_ns(self.implied.1);
        self.implied.1 += more;
        at
    }

    fn counted_ns(&self, count: u64) -> i64 {
        let (num, den) = match self.plan {
            LanePlan::Pictures(rate) => (u128::from(rate.num), u128::from(rate.den)),
            LanePlan::Sound(rate_hz) => (u128::from(rate_hz), 1),
        };
        ((u128::from(count) * den * u128::from(Mono::SECOND) + num / 2) / num) as i64
    }

    /// The feed may have gone on after a pause. Without stamps that was as long as what went on in it: in the feed, and
    /// here; who stopped goes on where the feed does.
    fn notice(&mut self, main: &Feed<P, S>) {
        let Some(pause) = main.pauses().get(self.pauses..).and_then(|new| new.last()) else { return };
        self.pauses = main.pauses().len();
        self.gate.may_jump();
        if main.stamped() == Some(false) && (pause.samples == 0 || !self.went_on) {
            self.implied = (main.begins_again_ns(pause), 0);
            // What came while nothing was recorded is no part of what follows.
            self.held.clear();
        }
        self.went_on = false;
    }

    fn hold(&mut self, main: &Feed<P, S>, held: Held<Item<P, S>>) {
        self.held.push_back(held);
        let is_unknown = main.settled_ns().is_none() || main.is_paused();
        let is_counted = main.stamped() != Some(true) && !main.is_paused();
        if !is_unknown || is_counted {
            return;
        }
        let place = |held: &Held<Item<P, S>>| match held.at {
            At::Stamp(at) => at.0 as i64,
            At::Ruler(at) => at,
        };
        let newest = self.held.back().map_or(0, &place);
        // What begins before the cut belongs to the recording.
        let before =
            |at: usize| at < self.held.len() && main.settled_ns().is_some_and(|cut| self.begins_ns(main, at) < cut);
        let kept = (0..self.held.len()).take_while(|at| before(*at)).count();
        while let Some(oldest) = self.held.get(kept).filter(|_| self.held.len() > kept + 1) {
            if newest.saturating_sub(place(oldest).saturating_add(oldest.length_ns)) <= KEPT_NS {
                break;
            }
            self.held.remove(kept);
        }
    }

    fn begins_ns(&self, main: &Feed<P, S>, index: usize) -> i64 {
        match self.held[index].at {
            At::Stamp(at) => main.ruler_ns(at),
            At::Ruler(at) => at,
        }
    }

    /// By so much the stamp of the next item may lie before its place.
    fn early_ns(&self, hurried: bool) -> i64 {
        let is_counted = self.held.front().is_some_and(|held| matches!(held.at, At::Ruler(_)));
        match self.plan {
            LanePlan::Sound(_) if !is_counted && !hurried => JUMP_NS,
            // The places of pictures are decided by themselves.
            _ => 0,
        }
    }

    /// Takes what the feed has come to, and fills what does not come.
    fn follow(&mut self, main: &Feed<P, S>, hurried: bool) {
        self.notice(main);
        let Some(settled) = main.settled_ns() else { return };
        while !self.held.is_empty() {
            let at_ns = self.begins_ns(main, 0);
            if at_ns.saturating_add(self.held[0].length_ns).saturating_add(self.early_ns(hurried)) > settled {
                break;
            }
            let Some(held) = self.held.pop_front() else { break };
            let stamped = matches!(held.at, At::Stamp(_));
            match (&mut self.kind, held.item) {
                (Kind::Pictures(seen), Item::Picture(picture)) => seen.picture(main, at_ns, stamped, picture),
                (Kind::Sound(heard), Item::Sound(payload)) => {
                    heard.block(main, at_ns, stamped, held.samples, payload, &mut self.out);
                }
                // The plan says which of the two may come.
                _ => {}
            }
        }
        let waits = main.stamped() != Some(true) && !hurried;
        match &mut self.kind {
            Kind::Pictures(seen) => seen.follow(main, settled, waits, &mut self.out),
            Kind::Sound(heard) => heard.follow(main, settled, waits, hurried, &mut self.out),
        }
    }
}

#[cfg(test)]
mod tests;
