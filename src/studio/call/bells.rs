// SPDX-License-Identifier: MIT
//! When the sync tone sounds. Pure: told what happens, it answers with the moment that is to be agreed on.
//!
//! ```text
//!   host:   first guest is in --2 s--> tone, said to all              leaving --0.4 s--> tone, said to all --> gone
//!   guest:  in, recording: the host says when; nobody says? own tone  leaving --0.4 s--> own tone --> gone
//! ```
//!
//! Two seconds are forty pings: the clocks are known to a fraction of a millisecond by then.

use crate::words::Mono;

/// From the first meeting to the tone.
const SETTLE_NS: i64 = 2 * Mono::SECOND as i64;
/// A guest who has not heard of a tone by then gets one of their own.
const LATE_NS: i64 = 5 * Mono::SECOND as i64 / 2;
/// A guest's own tone comes so long after that.
const OWN_NS: i64 = Mono::SECOND as i64 / 2;
/// From the wish to leave to the last tone: long enough to tell everybody.
const PARTING_NS: i64 = 400_000_000;
/// From the last tone to leaving: it is in every master, whole.
const RINGING_NS: i64 = 450_000_000;

/// The bells of one participant.
#[derive(Debug)]
pub struct Bells {
    hosting: bool,
    /// The first tone is agreed.
    opened: bool,
    /// When a guest stops waiting for the host's word.
    patience: Option<Mono>,
}

impl Bells {
    /// Nothing has rung.
    pub fn new(hosting: bool) -> Bells {
        Bells { hosting, opened: false, patience: None }
    }

    /// Somebody is there, and the recording begins: when the host wants the tone.
    pub fn meet(&mut self, now: Mono) -> Option<Mono> {
        if self.opened || self.patience.is_some() {
            return None;
        }
        if !self.hosting {
            self.patience = Some(now.offset(LATE_NS));
            return None;
        }
        self.opened = true;
        Some(now.offset(SETTLE_NS))
    }

    /// The host has said when.
    pub fn told(&mut self) {
        (self.opened, self.patience) = (true, None);
    }

    /// When to ask [`Bells::due`] again.
    pub fn look_at(&self) -> Option<Mono> {
        self.patience
    }

    /// A guest's own tone, if nobody said when.
    pub fn due(&mut self, now: Mono) -> Option<Mono> {
        if self.patience.is_none_or(|until| now < until) {
            return None;
        }
        self.told();
        Some(now.offset(OWN_NS))
    }

    /// We leave: when the last tone sounds, and when to go.
    pub fn part(&self, now: Mono) -> (Mono, Mono) {
        (now.offset(PARTING_NS), now.offset(PARTING_NS + RINGING_NS))
    }

    /// How long before the end parting has to begin.
    pub fn parting_ns() -> i64 {
        PARTING_NS + RINGING_NS
    }
}

#[cfg(test)]
mod tests {
    use super::{Bells, LATE_NS, SETTLE_NS};
    use crate::words::Mono;

    const T: Mono = Mono(50 * Mono::SECOND);

    #[test]
    fn the_host_agrees_on_one_tone_however_many_come() {
        let mut bells = Bells::new(true);
        assert_eq!(bells.meet(T), Some(T.offset(SETTLE_NS)));
        assert_eq!(bells.meet(T.offset(5)), None);
        assert_eq!(bells.due(T.offset(100 * SETTLE_NS)), None);
    }

    #[test]
    fn a_guest_waits_for_the_host_and_then_rings_alone() {
        let mut told = Bells::new(false);
        assert_eq!(told.meet(T), None);
        told.told();
        assert_eq!(told.due(T.offset(LATE_NS)), None, "the host has spoken");
        let mut late = Bells::new(false);
        assert_eq!(late.meet(T), None);
        assert_eq!(late.due(T.offset(LATE_NS - 1)), None);
        assert!(late.due(T.offset(LATE_NS)).is_some_and(|at| at > T.offset(LATE_NS)));
        assert_eq!(late.due(T.offset(2 * LATE_NS)), None, "once");
    }
}
