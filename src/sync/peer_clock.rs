// SPDX-License-Identifier: MIT
//! How a peer's clock runs against ours, from the four time stamps of each ping: offset, rate, and how sure.
//!
//! ```text
//!            t2 --- t3            theirs
//!           /         \
//!         t1 --------- t4         ours        offset = theirs - ours, between t3 - t4 and t2 - t1
//! ```
//!
//! Bounds of the last minutes make a [`corridor`]; its middle is the offset as long as the fastest way there and the
//! fastest way back take the same time, which no exchange of packets can tell. A straight corridor that no longer
//! fits means that a clock was set (a machine slept, the peer's was started anew) or changed its rate: then what
//! lies before is forgotten. The [`line`] that others read bends towards the fit and jumps only with a clock.

mod corridor;
mod line;
#[cfg(test)]
mod tests;

use crate::words::{Mono, SessionLine};
use corridor::{Corridor, Fit};
use line::{Line, Piece};

/// The pings of the beginning: until so many have come back the line jumps to each fit, afterwards it bends.
pub const PINGS_AT_START: u32 = 8;

/// A round trip longer than this says less than it confuses.
const ROUND_TRIP_NS_MAX: i64 = 5 * Mono::SECOND as i64;
/// No two machines of one call have been running for lengths of time that differ by nine years.
const OFFSET_NS_MAX: i64 = 1 << 58;
/// How much two honest clocks may differ while the peer holds the ping, in parts per thousand.
const CLOCKS_DIFFER_PER_MILLE: i64 = 1;
/// Further off than this the line jumps: bending there would take longer than being wrong is worth.
const JUMP_NS: i64 = 10_000_000;
/// After a clock was set, so much is jumped rather than bent.
const JUMP_AFTER_STEP_NS: i64 = 1_000_000;
/// A crystal's rate wanders; so much is added to what is unknown for each second without a ping, in ns a second.
const WANDER: f64 = 500.0;
/// Uncertainties are told as this many standard deviations: about 95 in 100.
const SIGMAS: f64 = 2.0;

/// A ping that came back. `t1` and `t4` are ours, `t2` and `t3` theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When we sent it.
    pub t1: Mono,
    /// When they received it.
    pub t2: Mono,
    /// When they answered.
    pub t3: Mono,
    /// When the answer came.
    pub t4: Mono,
}

/// What became of a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// One of the first: the line jumps with each.
    Beginning,
    /// The line bends a little.
    Followed,
    /// It contradicts all before; another one like it, and a clock was set.
    Doubted,
    /// A clock was set, ours or theirs: the line jumped by so much and is learned anew.
    Stepped {
        /// How much the peer's clock gained on ours.
        by_ns: i64,
    },
    /// No honest ping looks like this.
    Refused,
}

/// What is known at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Their clock minus ours.
    pub offset_ns: i64,
    /// How much faster their clock runs than ours.
    pub rate_ppm: f64,
    /// The offset is this good in about 95 of 100 cases, when both ways are equally long at their fastest.
    pub uncertainty_ns: i64,
    /// The same for the rate.
    pub rate_uncertainty_ppm: f64,
    /// Whatever the network does, the offset is no worse than half of the shortest round trip.
    pub bound_ns: i64,
}

/// A peer's clock.
#[derive(Clone, Debug, Default)]
pub struct PeerClock {
    /// Times and offsets are kept relative to these, so that floats stay exact.
    origin: Mono,
    base_ns: i64,
    pings: u32,
    corridor: Corridor,
    doubted: Option<Bound>,
    fit: Option<Fit>,
    line: Line,
}

/// What one ping says.
#[derive(Clone, Copy, Debug)]
struct Bound {
    at: Mono,
    below_ns: i64,
    above_ns: i64,
}

impl PeerClock {
    /// Nothing is known yet.
    pub fn new() -> PeerClock {
        PeerClock::default()
    }

    /// Learns from a ping that came back.
    pub fn learn(&mut self, ping: Exchange) -> Learned {
        let Some(bound) = Bound::of(ping) else { return Learned::Refused };
        if self.fit.is_none() {
            (self.origin, self.base_ns) = (bound.at, bound.above_ns);
        }
        let (at_s, below, above) = self.place(bound);
        let step = if self.corridor.admits(at_s, below, above) {
            self.doubted = None;
            self.corridor.add(at_s, below, above);
            self.corridor.straighten()
        } else {
            let Some(first) = self.doubted.replace(bound) else { return Learned::Doubted };
            self.begin_again(first, bound)
        };
        self.pings = self.pings.saturating_add(1);
        self.follow(ping.t4, step)
    }

    /// Two in a row contradict all before: what they say is the beginning of what is known now.
    fn begin_again(&mut self, first: Bound, second: Bound) -> bool {
        self.corridor.forget(self.fit.map_or(0.0, |fit| fit.slope));
        let (at_s, below, above) = self.place(second);
        self.corridor.add(at_s, below, above);
        let (at_s, below, above) = self.place(first);
        if self.corridor.admits(at_s, below, above) {
            self.corridor.add(at_s, below, above);
        }
        self.doubted = None;
        true
    }

    /// Takes the line to what the corridor says now.
    fn follow(&mut self, now: Mono, step: bool) -> Learned {
        let now_s = now.since(self.origin) as f64 * 1e-9;
        self.fit = self.corridor.fit(now_s);
        let Some(fit) = self.fit else { return Learned::Refused };
        let target = Piece { at: now, offset_ns: self.base_ns + fit.offset_ns.round() as i64, rate: fit.slope * 1e-9 };
        let off = self.line.piece_at(now).map_or(0, |piece| target.offset_ns - piece.offset_ns(now));
        if off.abs() > JUMP_NS || (step && off.abs() > JUMP_AFTER_STEP_NS) {
            self.line.jump(target);
            if self.pings > PINGS_AT_START { Learned::Stepped { by_ns: off } } else { Learned::Beginning }
        } else if self.pings <= PINGS_AT_START {
            self.line.jump(target);
            Learned::Beginning
        } else {
            self.line.bend(target);
            Learned::Followed
        }
    }

    /// A bound as the corridor takes it.
    fn place(&self, bound: Bound) -> (f64, f64, f64) {
        let at_s = bound.at.since(self.origin) as f64 * 1e-9;
        (at_s, (bound.below_ns - self.base_ns) as f64, (bound.above_ns - self.base_ns) as f64)
    }

    /// Their clock at a moment of ours, past or future; `None` before the first ping.
    pub fn theirs_at(&self, ours: Mono) -> Option<Mono> {
        Some(ours.offset(self.line.piece_at(ours)?.offset_ns(ours)))
    }

    /// Our clock at a moment of theirs.
    pub fn ours_at(&self, theirs: Mono) -> Option<Mono> {
        self.line.ours_at(theirs)
    }

    /// What is known at a moment of ours.
    pub fn estimate(&self, ours: Mono) -> Option<Estimate> {
        let fit = self.fit?;
        let offset_ns = self.line.piece_at(ours)?.offset_ns(ours);
        let age_s = ours.since(self.origin) as f64 * 1e-9 - fit.at_s;
        let fitted = self.base_ns as f64 + fit.offset_ns + fit.slope * age_s;
        let grown = fit.offset_sigma_ns.hypot(fit.slope_sigma * age_s) + WANDER * age_s.abs();
        Some(Estimate {
            offset_ns,
            rate_ppm: fit.slope * 1e-3,
            uncertainty_ns: (SIGMAS * grown + (offset_ns as f64 - fitted).abs()).ceil() as i64,
            rate_uncertainty_ppm: SIGMAS * fit.slope_sigma * 1e-3,
            bound_ns: (fit.width_ns / 2.0 + grown).ceil() as i64,
        })
    }

    /// Session time as our clock tells it, when this is the host's clock and the session began at `began` of it.
    pub fn session_line(&self, began: Mono, now: Mono) -> Option<SessionLine> {
        let piece = self.line.piece_at(now)?;
        let session_ns = now.offset(piece.offset_ns(now)).since(began);
        Some(SessionLine { at: now, session_ns, rate_ppm: piece.rate * 1e6 })
    }
}

impl Bound {
    /// `None` if no honest exchange has these times.
    fn of(ping: Exchange) -> Option<Bound> {
        let (away_ns, held_ns) = (ping.t4.since(ping.t1), ping.t3.since(ping.t2));
        let (below_ns, above_ns) = (ping.t3.since(ping.t4), ping.t2.since(ping.t1));
        let possible = |ns: &i64| (0..=ROUND_TRIP_NS_MAX).contains(ns);
        let within = |ns: i64| (-OFFSET_NS_MAX..=OFFSET_NS_MAX).contains(&ns);
        if !(possible(&away_ns) && possible(&held_ns) && within(below_ns) && within(above_ns)) {
            return None;
        }
        // What the peer held it cannot be longer than it was away, as far as two clocks agree.
        if away_ns - held_ns < -held_ns / 1000 * CLOCKS_DIFFER_PER_MILLE {
            return None;
        }
        // Told for the middle, a drift between the ends cancels.
        let at = ping.t1.offset(away_ns / 2);
        Some(Bound { at, below_ns, above_ns })
    }
}
