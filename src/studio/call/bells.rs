// SPDX-License-Identifier: MIT
//! When the sync tone sounds. Pure: told what happens, it answers with the moment that is to be agreed on.
//!
//! ```text
//!   host:   all who are there record --1.5 s--> tone, said to all     leaving --0.4 s--> tone, said to all --> gone
//!   guest:  records; the host says when. Nobody says? own tone        leaving --0.4 s--> own tone --> gone
//! ```
//!
//! Who hears the host's last tone has the same end as everybody; whoever goes on recording after it has one more of their
//! own when they end.
//!
//! A second and a half is thirty pings: the clocks are known to a fraction of a millisecond by then.

use crate::words::Mono;

/// From the moment that everybody records to the tone.
const SETTLE_NS: i64 = 3 * Mono::SECOND as i64 / 2;
/// The host waits so long for everybody's recording to begin.
const SLOWEST_NS: i64 = 8 * Mono::SECOND as i64;
/// A guest who records and has not heard of a tone by then gets one of their own.
const LATE_NS: i64 = 4 * Mono::SECOND as i64;
/// It comes so long after that.
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
    /// Since when somebody is there.
    met: Option<Mono>,
    /// Since when we record.
    recording: Option<Mono>,
}

impl Bells {
    /// Nothing has rung.
    pub fn new(hosting: bool) -> Bells {
        Bells { hosting, opened: false, met: None, recording: None }
    }

    /// Somebody is there.
    pub fn meet(&mut self, now: Mono) {
        self.met.get_or_insert(now);
    }

    /// Our recording has begun.
    pub fn record(&mut self, now: Mono) {
        self.recording.get_or_insert(now);
    }

    /// The host has said when.
    pub fn told(&mut self) {
        self.opened = true;
    }

    /// When to ask [`Bells::due`] again, if nothing happens before.
    pub fn look_at(&self) -> Option<Mono> {
        let (recording, met) = (self.recording?, self.met?);
        let until = if self.hosting { met.offset(SLOWEST_NS) } else { recording.offset(LATE_NS) };
        (!self.opened).then_some(until)
    }

    /// When the first tone sounds, once that can be said.
    pub fn due(&mut self, everybody_records: bool, now: Mono) -> Option<Mono> {
        let late = self.look_at().map(|until| now >= until)?;
        let (due, ahead_ns) = match self.hosting {
            true => (everybody_records || late, SETTLE_NS),
            false => (late, OWN_NS),
        };
        if !due {
            return None;
        }
        self.opened = true;
        Some(now.offset(ahead_ns))
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
    use super::{Bells, LATE_NS, SETTLE_NS, SLOWEST_NS};
    use crate::words::Mono;

    const T: Mono = Mono(50 * Mono::SECOND);

    #[test]
    fn the_host_waits_until_everybody_records_and_agrees_on_one_tone() {
        let mut bells = Bells::new(true);
        bells.meet(T);
        assert_eq!((bells.due(true, T), bells.look_at()), (None, None), "we do not record yet");
        bells.record(T.offset(5));
        assert_eq!(bells.due(false, T.offset(9)), None);
        assert_eq!(bells.due(true, T.offset(10)), Some(T.offset(10 + SETTLE_NS)));
        assert_eq!(bells.due(true, T.offset(SLOWEST_NS)), None, "once");
        let mut slow = Bells::new(true);
        slow.meet(T);
        slow.record(T);
        assert!(slow.due(false, T.offset(SLOWEST_NS)).is_some(), "nobody is waited for for ever");
    }

    #[test]
    fn a_guest_waits_for_the_host_and_then_rings_alone() {
        let mut told = Bells::new(false);
        told.meet(T);
        told.record(T);
        told.told();
        assert_eq!(told.due(true, T.offset(LATE_NS)), None, "the host has spoken");
        let mut late = Bells::new(false);
        late.meet(T);
        late.record(T);
        assert_eq!(late.due(true, T.offset(LATE_NS - 1)), None);
        assert!(late.due(false, T.offset(LATE_NS)).is_some_and(|at| at > T.offset(LATE_NS)));
        assert_eq!(late.due(false, T.offset(2 * LATE_NS)), None, "once");
    }
}
