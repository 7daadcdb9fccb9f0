// SPDX-License-Identifier: MIT
//! One pair: its keys, its roads, whether it lives.
//!
//! ```text
//!              HELLO and PUNCH to all addresses            CONFIRM until heard
//!  Reaching  ---------------------------------> Confirming ------------------> Live
//!     ^  \___ who answers waits for CONFIRM and goes straight to ________________^ |
//!     |_______ five seconds of silence, or CONFIRM led nowhere ____________________|
//!
//!  Left: they said BYE; nothing is tried any more
//! ```
//!
//! A link stands as long as the roster names that incarnation of the peer.

mod answers;
mod pings;

use super::control::Status;
use super::handshake::Initiator;
use super::road::Roads;
use super::seal::{Sealer, Sealers};
use super::show::Shown;
use crate::words::Mono;
pub use answers::{Answer, Answers};
use core::net::SocketAddr;
pub use pings::Pings;

/// After so long without a sign pictures pause, and people are told.
pub const SILENT_NS: i64 = 1_500_000_000;
/// After so long the link is over.
pub const DEAD_NS: i64 = 5_000_000_000;

/// CONFIRM is said again this often.
pub const CONFIRM_EVERY_NS: i64 = 100_000_000;
/// CONFIRM is given up after so long.
pub const CONFIRM_NS: i64 = 2_000_000_000;

/// One pair.
pub struct Link {
    /// Who of those who have had the peer's place.
    pub incarnation: u32,
    /// Where they may be.
    pub roads: Roads,
    /// What we answered to their attempts.
    pub answers: Answers,
    /// How far it is.
    pub stage: Stage,
}

/// How far a link is.
pub enum Stage {
    /// There are no keys yet, or no longer.
    Reaching(Reaching),
    /// We have keys, and have not heard yet that they have them.
    Confirming(Box<Confirming>),
    /// We hear each other, or did a moment ago.
    Live(Box<Live>),
    /// They are gone for good.
    Left,
}

/// Attempts to reach them.
pub struct Reaching {
    /// Since when.
    pub since: Mono,
    /// It was said already that there is no road.
    pub told: bool,
    /// Our own attempt, if it is for us to begin.
    pub asking: Option<Box<Asking>>,
}

/// A handshake that we began.
pub struct Asking {
    /// Names it.
    pub token: u64,
    /// The HELLO, whole, the same each time.
    pub datagram: Vec<u8>,
    /// Waits for the answer.
    pub initiator: Initiator,
}

/// Keys that have to prove themselves.
pub struct Confirming {
    /// What it becomes.
    pub live: Live,
    /// For the encoder's thread, once it has.
    pub voice: Sealer,
    /// Since when.
    pub since: Mono,
    /// The CONFIRM, whole, the same each time.
    pub datagram: Vec<u8>,
}

/// A link in use.
pub struct Live {
    /// Tells it from those before it.
    pub number: u32,
    /// Seals control.
    pub control: Sealer,
    /// Seals pictures.
    pub picture: Sealer,
    /// Where everything is sent.
    pub road: SocketAddr,
    /// When something that is not voice was heard last.
    pub heard: Mono,
    /// Since when nothing is heard, if that was told.
    pub silent: Option<Mono>,
    /// Which roster they have.
    pub roster: u32,
    /// Whom they hear, a bit a place.
    pub hears: u8,
    /// What they do.
    pub status: Status,
    /// Their clock.
    pub pings: Pings,
    /// Their pictures, and ours for them.
    pub shown: Shown,
}

impl Link {
    /// Nothing yet but addresses.
    pub fn new(incarnation: u32, candidates: &[SocketAddr], now: Mono) -> Link {
        let stage = Stage::Reaching(Reaching { since: now, told: false, asking: None });
        Link { incarnation, roads: Roads::new(candidates), answers: Answers::default(), stage }
    }

    /// The link in use.
    pub fn live(&self) -> Option<&Live> {
        match &self.stage {
            Stage::Live(live) => Some(live),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn live_mut(&mut self) -> Option<&mut Live> {
        match &mut self.stage {
            Stage::Live(live) => Some(live),
            _ => None,
        }
    }

    /// Whatever has keys, proved or not.
    pub fn keyed(&self) -> Option<&Live> {
        match &self.stage {
            Stage::Live(live) => Some(live),
            Stage::Confirming(confirming) => Some(&confirming.live),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn keyed_mut(&mut self) -> Option<&mut Live> {
        match &mut self.stage {
            Stage::Live(live) => Some(live),
            Stage::Confirming(confirming) => Some(&mut confirming.live),
            _ => None,
        }
    }
}

impl Live {
    /// With the sending ends that stay with the engine.
    pub fn new(number: u32, sealers: Sealers, road: SocketAddr, now: Mono) -> (Live, Sealer) {
        let Sealers { voice, picture, control } = sealers;
        let live = Live {
            number,
            control,
            picture,
            road,
            heard: now,
            silent: None,
            roster: 0,
            hears: 0,
            status: Status::default(),
            pings: Pings::default(),
            shown: Shown::new(now),
        };
        (live, voice)
    }
}
