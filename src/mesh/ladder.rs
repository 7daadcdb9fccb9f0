// SPDX-License-Identifier: MIT
//! What to give up, and when to take it back, when a road is narrow.

mod need;

use super::report::Report;
use crate::words::{Mono, PEOPLE_MAX, PeerId, VoicePlan};
pub use need::{LEVELS, PictureOrder};

/// Which of the encoder's temporal layers a peer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layers {
    /// No picture at all.
    None,
    /// Every fourth.
    Quarter,
    /// Every second.
    Half,
    /// Every picture.
    All,
}

/// What everybody has to keep to from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How voice is packed.
    pub voice: VoicePlan,
    /// What the encoder has to make; `None`: no picture.
    pub picture: Option<PictureOrder>,
    /// The pacer's rate for all peers together; 0 holds pictures back.
    pub pace_kbps: u32,
    /// How large the pieces of a picture may be, for [`split`](super::fragment::split).
    pub piece: usize,
    /// Which pictures each peer gets.
    pub layers: [Layers; PEOPLE_MAX],
}

/// The sender's side of congestion.
#[derive(Clone, Debug)]
pub struct Ladder {
    plan: Plan,
}

impl Ladder {
    /// Nobody is there yet. `frame_bytes` is what the voice encoder makes of each 5 ms.
    pub fn new(frame_bytes: usize, _now: Mono) -> Ladder {
        let _ = frame_bytes;
        let plan = Plan {
            voice: VoicePlan::PLAIN,
            picture: Some(LEVELS[0]),
            pace_kbps: 660,
            piece: super::fragment::PIECE,
            layers: [Layers::All; PEOPLE_MAX],
        };
        Ladder { plan }
    }

    /// Somebody to send to.
    pub fn join(&mut self, _peer: PeerId, _now: Mono) {}

    /// Nobody to send to any more.
    pub fn leave(&mut self, _peer: PeerId, _now: Mono) {}

    /// The copies that loss asks for, where there is room for them.
    pub fn set_copies(&mut self, copies: [u8; 2]) {
        self.plan.voice.copies = copies;
    }

    /// A peer reports.
    pub fn handle(&mut self, _peer: PeerId, _report: &Report, _rtt_ns: i64, _now: Mono) {}

    /// Time passes; to be called at [`wait_until`](Self::wait_until) at the latest.
    pub fn tick(&mut self, _now: Mono) {}

    /// When [`tick`](Self::tick) has something to do.
    pub fn wait_until(&self) -> Option<Mono> {
        None
    }

    /// What holds now. Compare with the one before, and tell whom it concerns.
    pub fn plan(&self) -> Plan {
        self.plan
    }
}
