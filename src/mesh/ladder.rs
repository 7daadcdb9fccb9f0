// SPDX-License-Identifier: MIT
//! What to give up, and when to take it back, when a road is narrow.
//!
//! ```text
//!  level 0 .. 2   500, 400, 300 kbit/s          one encoder for all,
//!        3, 4     15, 10 pictures a second      so one level for all
//!        5, 6     360p
//!        7        no picture
//!        8, 9     voice without copies, then two frames a packet: fewer headers, the same sound
//! ```
//!
//! Every peer reports how long its packets took. If the delays of *all* grow, it is our own uplink: pictures stop until
//! the queue in the router has drained, and go on at the level that fits what was delivered meanwhile; at once, not
//! step by step. If only *some* grow, it is their road: they get fewer of the encoder's temporal layers, or no picture,
//! and nobody else notices. Loss without delay is a bad radio, and mostly left alone.
//!
//! The way up is slow: a level at a time, after seconds of calm, and longer after a try that failed. Only at the very
//! beginning, when nothing is known but a guess, it goes faster.

mod climb;
mod need;
mod road;

use super::fragment::{PIECE, PIECE_MAX};
use super::report::Report;
use super::voice::FrameLength;
use crate::words::{CopyDistances, Mono, PEOPLE_MAX, PeerId, VoicePlan};
use climb::Climb;
use need::{BOTTOM, Need};
pub use need::{LEVELS, Layers, PictureOrder};
use road::{Road, Trouble};

/// A peer that was not heard for three reports says nothing about the uplink.
const FRESH_NS: i64 = 350_000_000;

/// By then everybody else has spoken too: who is still alone in trouble has it on its own road.
const ALONE_NS: i64 = 150_000_000;

/// What an uplink is trusted with before anything is known about it.
const GUESS_KBPS: u32 = 920;

/// Of what was delivered through a full queue this much is used again, in percent.
const USE_PERCENT: u32 = 90;

/// How much faster than on average pictures leave, in percent: a key frame has to catch up.
const PACE_PERCENT: u32 = 120;

/// Slower than this they would pile up.
const PACE_LEAST_PERCENT: u32 = 103;

/// A queue that does not shrink any more is no queue: the road has become longer.
const STUCK_NS: i64 = 2_000_000_000;

/// Loss alone moves the ladder no faster than this, so that the effect is seen before the next step.
const LOSS_STEP_NS: i64 = 2_000_000_000;

/// By then the mean says what the loss is.
const LOSS_LASTING_NS: i64 = 600_000_000;

/// More than this is no radio but a limit.
const LOSS_EXTREME: f32 = 0.4;

/// A datagram takes no longer than this on the uplink that the level needs.
const PIECE_US: u32 = 4_600;

/// How often time alone is looked at.
const TICK_NS: i64 = 100_000_000;

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
    /// The uplink has shown its end, and there is not room for everything again yet.
    pub narrow: bool,
    /// Which pictures each peer gets. Who comes back from `None` needs a key frame first.
    pub layers: [Layers; PEOPLE_MAX],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uplink {
    Calm,
    /// Pictures wait until the queue is gone. `best` is the shortest delay so far, reached at `progress_at`.
    Draining {
        best: i32,
        progress_at: Mono,
    },
}

/// The sender's side of congestion.
#[derive(Clone, Debug)]
pub struct Ladder {
    need: Need,
    copies: CopyDistances,
    roads: [Option<Road>; PEOPLE_MAX],
    uplink: Uplink,
    /// Somebody has a queue, and whose it is will be known as soon as the others have spoken: pictures hold on.
    suspected: bool,
    level: usize,
    narrow: bool,
    /// What came through when it was too much: no burst shall go beyond, until a level has lasted that needs more.
    limit_kbps: Option<u32>,
    climb: Climb,
    loss_step_at: Mono,
    ticked_at: Mono,
}

impl Ladder {
    /// Nobody is there yet. `frame_bytes` is what the voice encoder makes of each 5 ms.
    pub fn new(frame_bytes: usize, now: Mono) -> Ladder {
        Ladder {
            need: Need::new(frame_bytes),
            copies: [0; 3],
            roads: Default::default(),
            uplink: Uplink::Calm,
            suspected: false,
            level: 0,
            narrow: false,
            limit_kbps: None,
            climb: Climb::eager(now),
            loss_step_at: Mono(0),
            ticked_at: now,
        }
    }

    /// Somebody to send to: the same uplink for one more.
    pub fn join(&mut self, peer: PeerId, now: Mono) {
        let room = self.room();
        self.roads[peer.index()] = Some(Road::new(now));
        self.level = self.level.max(self.need.fit(room, self.peers(), self.copies));
        self.climb.rest(now);
    }

    /// Somebody less: what it got is free for the others.
    pub fn leave(&mut self, peer: PeerId, now: Mono) {
        let room = self.room();
        self.roads[peer.index()] = None;
        if self.peers() > 0 && self.uplink == Uplink::Calm {
            self.level = self.level.min(self.need.fit(room, self.peers(), self.copies));
        }
        self.climb.rest(now);
    }

    /// The copies that loss asks for; they ride along where there is room.
    pub fn set_copies(&mut self, copies: CopyDistances) {
        self.copies = copies;
    }

    /// How long the voice's frames are: shorter ones have more headers.
    pub fn set_frame_length(&mut self, length: FrameLength) {
        self.need.set_frame_length(length);
    }

    /// A peer reports.
    pub fn handle(&mut self, peer: PeerId, report: &Report, now: Mono) {
        let voice = self.voice();
        let eager = self.climb.is_trying(now);
        let Some(road) = &mut self.roads[peer.index()] else { return };
        let delivered_kbps = self.need.delivered_kbps(report, voice);
        road.hear(report, delivered_kbps, eager || road.climb.is_trying(now), now);
        self.judge(now);
    }

    /// Time passes; to be called at [`wait_until`](Self::wait_until) at the latest.
    pub fn tick(&mut self, now: Mono) {
        self.ticked_at = now;
        self.judge(now);
    }

    /// When [`tick`](Self::tick) has something to do.
    pub fn wait_until(&self) -> Option<Mono> {
        (self.peers() > 0).then(|| self.ticked_at.offset(TICK_NS))
    }

    /// What holds now. Compare with the one before, and tell whom it concerns.
    pub fn plan(&self) -> Plan {
        let peers = self.peers().max(1);
        let voice_kbps = self.need.voice_kbps(self.voice());
        let pictures_kbps = peers * need::picture_kbps(self.level);
        let held = self.suspected || self.uplink != Uplink::Calm;
        let spare_kbps = self.limit_kbps.map_or(u32::MAX, |kbps| kbps.saturating_sub(peers * voice_kbps));
        let least_kbps = pictures_kbps * PACE_LEAST_PERCENT / 100;
        let pace_kbps = (pictures_kbps * PACE_PERCENT / 100).min(spare_kbps).max(least_kbps);
        let total_kbps = self.need.kbps(self.level, peers, self.copies);
        let piece = (total_kbps * PIECE_US / 8_000) as usize;
        Plan {
            voice: self.voice(),
            picture: LEVELS.get(self.level).copied(),
            pace_kbps: if held { 0 } else { pace_kbps },
            narrow: self.narrow,
            piece: piece.saturating_sub(need::OVERHEAD).clamp(PIECE, PIECE_MAX),
            layers: std::array::from_fn(|at| self.roads[at].as_ref().map_or(Layers::All, Road::layers)),
        }
    }

    fn voice(&self) -> VoicePlan {
        need::voice_plan(self.level, self.copies)
    }

    fn peers(&self) -> u32 {
        self.roads.iter().flatten().count() as u32
    }

    /// What the uplink is trusted with, at least.
    fn room(&self) -> u32 {
        let proven = self.need.kbps(self.level, self.peers().max(1), self.copies);
        if self.climb.is_eager() { proven.max(GUESS_KBPS) } else { proven }
    }

    fn judge(&mut self, now: Mono) {
        let fresh = || self.roads.iter().flatten().filter(|road| now.since(road.heard_at) < FRESH_NS);
        let all = |trouble: fn(Trouble) -> bool| fresh().count() > 0 && fresh().all(|road| trouble(road.trouble));
        let (queue, loss) = (all(|t| matches!(t, Trouble::Queue { .. })), all(|t| t != Trouble::None));
        match self.uplink {
            Uplink::Calm if queue => self.congested(now),
            Uplink::Calm if loss => self.lossy(now),
            Uplink::Calm => self.calm(now),
            Uplink::Draining { best, progress_at } => self.drain(best, progress_at, now),
        }
        self.suspected = self.roads.iter().flatten().any(|road| road.is_suspicious(ALONE_NS, now));
    }

    /// All delays have grown. After a try the level before it is known to fit.
    fn congested(&mut self, now: Mono) {
        let fit = self.fit_delivered(now);
        let fit = if self.climb.is_trying(now) { 0 } else { fit };
        self.level = fit.max(self.level + 1).min(BOTTOM);
        self.narrow = true;
        self.climb.fail(now);
        self.uplink = Uplink::Draining { best: i32::MAX, progress_at: now };
        for road in self.roads.iter_mut().flatten() {
            road.forgive(now);
        }
    }

    fn drain(&mut self, best: i32, progress_at: Mono, now: Mono) {
        let fresh = || self.roads.iter().flatten().filter(|road| now.since(road.heard_at) < FRESH_NS);
        let Some(longest) = fresh().map(|road| road.excess).max() else { return };
        let stuck = now.since(progress_at) >= STUCK_NS;
        if fresh().all(|road| road.is_drained()) || stuck {
            for road in self.roads.iter_mut().flatten() {
                road.settle();
            }
            self.uplink = Uplink::Calm;
            self.climb.rest(now);
            return;
        }
        if fresh().all(Road::is_saturated) {
            self.level = self.level.max(self.fit_delivered(now));
        }
        if longest < best.saturating_sub(road::PROGRESS) {
            self.uplink = Uplink::Draining { best: longest, progress_at: now };
        }
    }

    /// Everybody loses packets, and no delay grows: a limit without a queue, or a bad radio. To what fits, and if that
    /// does not help it is the radio.
    fn lossy(&mut self, now: Mono) {
        if now.since(self.loss_step_at) < LOSS_STEP_NS {
            return;
        }
        let roads = || self.roads.iter().flatten();
        let extreme = roads().all(|road| road.loss > LOSS_EXTREME);
        if !extreme && !roads().all(|road| road.has_lost_for(LOSS_LASTING_NS, now)) {
            return;
        }
        self.loss_step_at = now;
        let mut helps = false;
        for road in self.roads.iter_mut().flatten() {
            helps |= road.loss_helps();
        }
        if helps || extreme {
            self.level = self.fit_delivered(now).max(self.level + 1).min(BOTTOM);
            self.climb.fail(now);
        }
    }

    /// The uplink is well; perhaps not every road.
    fn calm(&mut self, now: Mono) {
        self.narrow &= self.level > 0;
        let (level, need) = (self.level, self.need);
        let voice_kbps = need.voice_kbps(self.voice());
        for road in self.roads.iter_mut().flatten() {
            road.judge_alone(need::picture_kbps(level), voice_kbps, ALONE_NS, now);
        }
        let troubled = |road: &Road| road.trouble != Trouble::None && !road.is_alone();
        if self.roads.iter().flatten().any(troubled) {
            self.climb.rest(now);
        }
        let above = (0..self.level).rev().find(|level| !self.is_same(*level));
        if let Some(above) = above.filter(|_| self.peers() > 0 && self.climb.is_due(now)) {
            let needs = self.need.kbps(self.level, self.peers(), self.copies);
            if self.climb.has_succeeded(now) && self.limit_kbps.is_some_and(|limit| needs > limit) {
                self.limit_kbps = None;
            }
            self.level = above;
            self.climb.tries(now);
        }
    }

    /// Without copies asked for, the level that drops them changes nothing.
    fn is_same(&self, level: usize) -> bool {
        level == need::NO_COPIES && self.copies == [0; 3]
    }

    /// The level for what gets through.
    fn fit_delivered(&mut self, now: Mono) -> usize {
        let fresh = self.roads.iter().flatten().filter(|road| now.since(road.heard_at) < FRESH_NS);
        let kbps: u32 = fresh.map(|road| road.delivered_kbps).sum();
        let kbps = kbps * USE_PERCENT / 100;
        self.limit_kbps = Some(kbps);
        self.need.fit(kbps, self.peers(), self.copies)
    }
}

#[cfg(test)]
mod tests;
