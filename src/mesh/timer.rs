// SPDX-License-Identifier: MIT
//! Every wait has a name.
//!
//! One deadline a name: to set a timer again is to move it. So the table is as small as the list of names, and
//! "why did it wake up?" has an answer.

use crate::words::{Mono, PeerId};
use std::collections::BTreeMap;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A guest says HELLO to the host again.
    Hello,
    /// The host looks after those before the door: who asks again, who gave up.
    Door,
    /// Everybody hears that we live, and whom we hear.
    Heartbeat,
    /// The host looks whether somebody is heard by nobody.
    Places,
    /// The figures of the last second.
    Stats,
    /// BYE once more.
    Bye,
    /// The next picture datagram may go.
    Pace,
    /// The roster goes to those who have an older one.
    Roster,
    /// The host says once more when the sync tone sounds.
    Tone,
    /// The ladder looks whether things got better.
    Ladder,
    /// The next attempt to reach this peer.
    Knock(PeerId),
    /// This peer may have fallen silent.
    Silence(PeerId),
    /// The next time-sync ping to this peer.
    Ping(PeerId),
    /// The next report to this peer on how it is received.
    Report(PeerId),
    /// A picture of this peer is waited for no longer, or asked for again.
    Picture(PeerId),
    /// Nothing at all: only an input can change anything.
    Nothing,
}

/// The deadlines.
#[derive(Debug, Default)]
pub struct Timers {
    deadlines: BTreeMap<Timer, Mono>,
}

impl Timers {
    /// Moves this timer to `at`.
    pub fn set(&mut self, timer: Timer, at: Mono) {
        self.deadlines.insert(timer, at);
    }

    /// Moves this timer to `at` unless it runs out before.
    pub fn set_by(&mut self, timer: Timer, at: Mono) {
        let deadline = self.deadlines.entry(timer).or_insert(at);
        *deadline = at.min(*deadline);
    }

    /// Nobody waits for this any more.
    pub fn stop(&mut self, timer: Timer) {
        self.deadlines.remove(&timer);
    }

    /// Nobody waits for anything that has to do with this peer.
    pub fn stop_peer(&mut self, peer: PeerId) {
        for timer in [Timer::Knock, Timer::Silence, Timer::Ping, Timer::Report, Timer::Picture] {
            self.stop(timer(peer));
        }
    }

    /// Nobody waits for anything.
    pub fn stop_all(&mut self) {
        self.deadlines.clear();
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<(Mono, Timer)> {
        self.deadlines.iter().map(|(timer, at)| (*at, *timer)).min()
    }

    /// Takes out one that has run out.
    pub fn expired(&mut self, now: Mono) -> Option<Timer> {
        let (at, timer) = self.next()?;
        (at <= now).then(|| {
            self.stop(timer);
            timer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Timer, Timers};
    use crate::words::{Mono, PeerId};

    #[test]
    fn the_earliest_comes_first_and_only_once() {
        let mut timers = Timers::default();
        timers.set(Timer::Heartbeat, Mono(20));
        timers.set(Timer::Ping(PeerId::HOST), Mono(10));
        assert_eq!(timers.next(), Some((Mono(10), Timer::Ping(PeerId::HOST))));
        assert_eq!(timers.expired(Mono(9)), None);
        assert_eq!(timers.expired(Mono(30)), Some(Timer::Ping(PeerId::HOST)));
        assert_eq!(timers.expired(Mono(30)), Some(Timer::Heartbeat));
        assert_eq!(timers.expired(Mono(30)), None);
    }

    #[test]
    fn a_timer_moves_and_stops() {
        let mut timers = Timers::default();
        timers.set(Timer::Hello, Mono(5));
        timers.set(Timer::Hello, Mono(50));
        timers.set_by(Timer::Hello, Mono(70));
        assert_eq!(timers.next(), Some((Mono(50), Timer::Hello)));
        timers.set_by(Timer::Hello, Mono(7));
        assert_eq!(timers.next(), Some((Mono(7), Timer::Hello)));
        timers.set(Timer::Knock(PeerId::HOST), Mono(1));
        timers.stop_peer(PeerId::HOST);
        timers.stop(Timer::Hello);
        assert_eq!(timers.next(), None);
    }
}
