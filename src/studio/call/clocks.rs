// SPDX-License-Identifier: MIT
//! The clocks of a call: what each of the others' shows, and the session's, which is the host's.

use crate::sync::peer_clock::{Estimate, Exchange, Learned, PeerClock};
use crate::words::{Mono, PEOPLE_MAX, PeerId, SessionLine};

/// Ours against everybody's.
#[derive(Debug)]
pub struct Clocks {
    peers: [Option<PeerClock>; PEOPLE_MAX],
    /// When the session began, on the host's clock.
    began: Option<Mono>,
    hosting: bool,
}

impl Clocks {
    /// The host's: the session begins now.
    pub fn of_host(now: Mono) -> Clocks {
        Clocks { peers: Default::default(), began: Some(now), hosting: true }
    }

    /// A guest's: the host will tell.
    pub fn of_guest() -> Clocks {
        Clocks { peers: Default::default(), began: None, hosting: false }
    }

    /// The host has told when the session began, on its own clock.
    pub fn begin(&mut self, began: Mono) {
        self.began = Some(began);
    }

    /// A ping came back. Answers with the session's line when that was the host's clock, and whether a clock was set.
    pub fn learn(&mut self, peer: PeerId, ping: Exchange) -> (Option<SessionLine>, Option<i64>) {
        let learned = self.peers[peer.index()].get_or_insert_with(PeerClock::new).learn(ping);
        let stepped = match learned {
            Learned::Stepped { by_ns } => Some(by_ns),
            _ => None,
        };
        let line = if peer == PeerId::HOST && !self.hosting { self.line(ping.t4) } else { None };
        (line, stepped)
    }

    /// Somebody else has this place now, or nobody. The host's clock goes on as it is known: it is the session's.
    pub fn forget(&mut self, peer: PeerId) {
        if peer != PeerId::HOST {
            self.peers[peer.index()] = None;
        }
    }

    /// What is known of a peer's clock.
    pub fn estimate(&self, peer: PeerId, now: Mono) -> Option<Estimate> {
        self.peers[peer.index()].as_ref()?.estimate(now)
    }

    /// How a participant's clock stands against the session's, which is the host's: milliseconds it is ahead, and parts
    /// per million it is faster.
    pub fn against_session(&self, peer: PeerId, me: PeerId, now: Mono) -> Option<(f64, f64)> {
        if peer == PeerId::HOST {
            return Some((0.0, 0.0));
        }
        // An estimate is theirs minus ours.
        let against_us = |peer: PeerId| self.estimate(peer, now).map(|e| (e.offset_ns as f64 / 1e6, e.rate_ppm));
        let host = if self.hosting { (0.0, 0.0) } else { against_us(PeerId::HOST)? };
        let theirs = if peer == me { (0.0, 0.0) } else { against_us(peer)? };
        Some((theirs.0 - host.0, theirs.1 - host.1))
    }

    /// Session time as our clock tells it.
    pub fn line(&self, now: Mono) -> Option<SessionLine> {
        let began = self.began?;
        if self.hosting {
            return Some(SessionLine::beginning(began));
        }
        self.peers[PeerId::HOST.index()].as_ref()?.session_line(began, now)
    }
}
