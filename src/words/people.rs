// SPDX-License-Identifier: MIT
//! The people of a call, and the time they share.

use super::Mono;

/// The most people in one call.
pub const PEOPLE_MAX: usize = 4;

/// One of the people of a call, as every datagram names them: 0 to 3, the host is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(u8);

impl PeerId {
    /// Who opened the call.
    pub const HOST: PeerId = PeerId(0);

    /// `None` if there is no such place.
    pub fn new(id: u8) -> Option<PeerId> {
        (usize::from(id) < PEOPLE_MAX).then_some(PeerId(id))
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The same, to index a table of [`PEOPLE_MAX`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Every place.
    pub fn all() -> impl Iterator<Item = PeerId> {
        (0..PEOPLE_MAX as u8).map(PeerId)
    }
}

/// How this machine's clock tells session time: at `at` the session was `session_ns` old, and from there on it ages
/// `1 + rate_ppm / 1,000,000` as fast as this machine's clock. Session time is the host's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionLine {
    /// A moment of this machine.
    pub at: Mono,
    /// How old the session was then; negative before it began.
    pub session_ns: i64,
    /// How much faster the host's clock runs than ours.
    pub rate_ppm: f64,
}

impl SessionLine {
    /// The session begins at this moment of our own clock.
    pub fn beginning(at: Mono) -> SessionLine {
        SessionLine { at, session_ns: 0, rate_ppm: 0.0 }
    }

    /// How old the session is at a moment of this machine.
    pub fn session_ns(&self, now: Mono) -> i64 {
        let ns = now.since(self.at);
        // When the session began is the host's word, and a host may say anything.
        let drift_ns = (ns as f64 * self.rate_ppm * 1e-6).round() as i64;
        self.session_ns.saturating_add(ns).saturating_add(drift_ns)
    }

    /// When the session is so old.
    pub fn mono_at(&self, session_ns: i64) -> Mono {
        let ns = session_ns.saturating_sub(self.session_ns);
        self.at.offset((ns as f64 / (1.0 + self.rate_ppm * 1e-6)).round() as i64)
    }

    /// The same as the header of a datagram carries it: milliseconds, wrapping after 49.7 days, 0 before it began.
    pub fn stamp_ms(&self, now: Mono) -> u32 {
        (self.session_ns(now).max(0) / 1_000_000) as u32
    }
}

/// How voice is packed into datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoicePlan {
    /// New frames in each datagram: 1, or 2 where the uplink is too narrow for so many headers.
    pub frames_per_packet: u8,
    /// Copies of earlier frames that ride along.
    pub copies: CopyDistances,
}

/// How many frames back each copy of a datagram is; 0 is none.
pub type CopyDistances = [u8; 3];

impl VoicePlan {
    /// One frame a datagram and nothing else.
    pub const PLAIN: VoicePlan = VoicePlan { frames_per_packet: 1, copies: [0; 3] };
}

#[cfg(test)]
mod tests {
    use super::{PeerId, SessionLine};
    use crate::words::Mono;

    #[test]
    fn there_are_four_places() {
        assert_eq!(PeerId::new(4), None);
        assert_eq!(PeerId::all().count(), 4);
        assert_eq!(PeerId::all().next(), Some(PeerId::HOST));
    }

    #[test]
    fn session_time_follows_the_hosts_clock_and_wraps() {
        let line = SessionLine { at: Mono(5_000_000_000), session_ns: 2_000_000_000, rate_ppm: 100.0 };
        assert_eq!(line.session_ns(Mono(15_000_000_000)), 12_001_000_000);
        assert_eq!(line.mono_at(12_001_000_000), Mono(15_000_000_000));
        assert_eq!(line.stamp_ms(Mono(15_000_000_000)), 12_001);
        assert_eq!(line.stamp_ms(Mono(0)), 0);
        let old = SessionLine { at: Mono(0), session_ns: (1_i64 << 32) * 1_000_000, rate_ppm: 0.0 };
        assert_eq!(old.stamp_ms(Mono(7_000_000)), 7);
    }
}
