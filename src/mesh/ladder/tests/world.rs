// SPDX-License-Identifier: MIT
//! One sender, its peers, one uplink with a queue, and a road to each peer with a queue of its own. Time runs in
//! milliseconds; a step is half of one.

use super::super::{LEVELS, Ladder, Layers, Plan};
use crate::mesh::fragment::chance::{Bursts, Chance};
use crate::mesh::pace::Pacer;
use crate::mesh::report::{DelaySeen, Receipts, VoiceSeen};
use crate::words::{CopyDistances, Mono, PeerId};
use std::collections::VecDeque;

const STEP_MS: f64 = 0.5;
const FRAME_BYTES: usize = 20;

/// What lies behind the uplink for one peer.
pub struct Road {
    pub kbps: f64,
    pub fifo_ms: f64,
    pub delay_ms: f64,
    pub jitter_ms: f64,
    pub loss: Option<Bursts>,
    busy_until: f64,
}

impl Default for Road {
    fn default() -> Road {
        Road { kbps: 50_000.0, fifo_ms: 500.0, delay_ms: 20.0, jitter_ms: 0.0, loss: None, busy_until: 0.0 }
    }
}

#[derive(Clone, Copy)]
enum What {
    Voice { highest: u64, frames: u32 },
    Piece { sequence: u64, fragments: u8 },
}

struct Flying {
    arrives: f64,
    sent: f64,
    bytes: usize,
    what: What,
}

#[derive(Default)]
struct Seen {
    frames: u32,
    highest: Option<u64>,
    delays: Vec<f64>,
}

struct Peer {
    id: PeerId,
    road: Road,
    flying: Vec<Flying>,
    seen: Seen,
    receipts: Receipts,
    reports: VecDeque<(f64, crate::mesh::report::Report)>,
    report_at: f64,
    pictures: u64,
}

pub struct World {
    uplink_kbps: f64,
    pub fifo_ms: f64,
    now: f64,
    chance: Chance,
    busy_until: f64,
    ladder: Ladder,
    pacer: Pacer,
    plan: Plan,
    peers: Vec<Peer>,
    frame: u64,
    frame_at: f64,
    picture_at: f64,
    pictures: u64,
    last_key_at: f64,
    lost: [u64; 3],
    history: Vec<(f64, usize)>,
    delays: Vec<(f64, f64)>,
}

fn mono(ms: f64) -> Mono {
    Mono(1_000_000_000 + (ms * 1e6) as u64)
}

impl World {
    /// The queue of the uplink holds `fifo_ms` of whatever its rate is.
    pub fn new(peers: usize, uplink_kbps: f64, fifo_ms: f64, copies: CopyDistances, seed: u64) -> World {
        let mut ladder = Ladder::new(FRAME_BYTES, mono(0.0));
        ladder.set_copies(copies);
        let mut chance = Chance(seed);
        let peers: Vec<Peer> = PeerId::all()
            .skip(1)
            .take(peers)
            .map(|id| {
                ladder.join(id, mono(0.0));
                let report_at = chance.below(100) as f64;
                let receipts = Receipts::new(mono(0.0));
                Peer {
                    id,
                    road: Road::default(),
                    flying: Vec::new(),
                    seen: Seen::default(),
                    receipts,
                    reports: VecDeque::new(),
                    report_at,
                    pictures: 0,
                }
            })
            .collect();
        let plan = ladder.plan();
        World {
            uplink_kbps,
            fifo_ms,
            now: 0.0,
            chance,
            busy_until: 0.0,
            ladder,
            pacer: Pacer::new(plan.pace_kbps),
            plan,
            peers,
            frame: 0,
            frame_at: 0.0,
            picture_at: 0.0,
            pictures: 0,
            last_key_at: -1e9,
            lost: [0; 3],
            history: vec![(0.0, 99)],
            delays: Vec::new(),
        }
    }

    pub fn road(&mut self, peer: usize) -> &mut Road {
        &mut self.peers[peer].road
    }

    /// The queue stays what it is in bytes.
    pub fn set_uplink(&mut self, kbps: f64) {
        self.busy_until = self.now + (self.busy_until - self.now).max(0.0) * self.uplink_kbps / kbps;
        self.uplink_kbps = kbps;
    }

    pub fn layers(&self, peer: usize) -> Layers {
        self.plan.layers[self.peers[peer].id.index()]
    }

    /// 0 to 6 by the encoder's order, then 7 to 9.
    pub fn level(&self) -> usize {
        let by_order = |order| LEVELS.iter().position(|level| *level == order).expect("an order is a level");
        let voice = self.plan.voice;
        self.plan
            .picture
            .map_or(if voice.frames_per_packet == 2 { 9 } else { 7 + usize::from(voice.copies == [0; 3]) }, by_order)
    }

    /// The ladder says that there is no room for everything.
    pub fn is_narrow(&self) -> bool {
        self.plan.narrow
    }

    /// Since the books were cleared: (when, level).
    pub fn history(&self) -> &[(f64, usize)] {
        &self.history
    }

    /// How often the level fell.
    pub fn falls(&self) -> usize {
        self.history.windows(2).filter(|pair| pair[1].1 > pair[0].1).count()
    }

    pub fn worst_level(&self) -> usize {
        self.history.iter().map(|(_, level)| *level).max().unwrap_or(0)
    }

    /// Begins new books.
    pub fn clear(&mut self) {
        self.lost = [0; 3];
        self.history = vec![(self.now, self.level())];
        self.delays.clear();
    }

    /// Frames of voice that a full queue threw away, for all peers.
    pub fn voice_lost(&self) -> u64 {
        self.lost.iter().sum()
    }

    /// How long it took after the longest queue until voice waited less than 10 ms again.
    pub fn drained_at(&self) -> f64 {
        let longest = self.delays.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        let drained = self.delays.iter().find(|(at, queue)| *at > longest.0 && *queue < 10.0);
        drained.map_or(f64::MAX, |(at, _)| *at)
    }

    /// The longest that a packet to the first peer waited in queues.
    pub fn queue_max_ms(&self) -> f64 {
        self.delays.iter().fold(0.0, |max, (_, delay)| delay.max(max))
    }

    pub fn run_to(&mut self, until: f64) {
        while self.now < until {
            self.voice();
            self.camera();
            while let Some(piece) = self.pacer.next(mono(self.now)) {
                let peer = self.peers.iter().position(|peer| peer.id == piece.peer).expect("only peers are offered to");
                let fragments = piece.bytes[0];
                self.send(peer, piece.bytes.len() + 28, What::Piece { sequence: piece.sequence, fragments });
            }
            self.arrivals();
            self.reports();
            self.now += STEP_MS;
        }
    }

    fn voice(&mut self) {
        if self.now < self.frame_at {
            return;
        }
        self.frame_at += 5.0;
        self.frame += 1;
        let plan = self.plan.voice;
        let frames = u64::from(plan.frames_per_packet);
        if !self.frame.is_multiple_of(frames) {
            return;
        }
        let copies = plan.copies.iter().filter(|copy| **copy > 0).count();
        let bytes = 57 + (frames as usize + copies) * (2 + FRAME_BYTES);
        for nth in 0..self.peers.len() {
            let peer = (nth + self.frame as usize / 2) % self.peers.len();
            self.send(peer, bytes, What::Voice { highest: self.frame, frames: frames as u32 });
        }
    }

    fn camera(&mut self) {
        let Some(order) = self.plan.picture.filter(|_| self.now >= self.picture_at) else { return };
        self.picture_at = self.now.max(self.picture_at + 1000.0 / f64::from(order.fps));
        let wanted = (0..self.peers.len()).any(|peer| self.pacer.take_dropped(self.peers[peer].id));
        let key = self.now - self.last_key_at >= 2000.0 || (wanted && self.now - self.last_key_at > 500.0);
        let mean = f64::from(order.bitrate_kbps) * 125.0 / f64::from(order.fps);
        let per_gop = 2.0 * f64::from(order.fps);
        let bytes = if key { 3.0 * mean } else { mean * (per_gop - 3.0) / (per_gop - 1.0) } as usize;
        self.pictures += 1;
        if key {
            self.last_key_at = self.now;
        }
        for at in 0..self.peers.len() {
            let rank = if key || self.pictures.is_multiple_of(4) {
                1
            } else if self.pictures.is_multiple_of(2) {
                2
            } else {
                3
            };
            let layers = self.layers(at);
            if Layers::EACH.iter().position(|l| *l == layers).is_some_and(|have| have < rank) {
                continue;
            }
            let total = bytes.div_ceil(self.plan.piece).max(1);
            let size = bytes.div_ceil(total) + 28;
            let datagrams = (0..total).map(|id| (id as u8, vec![total as u8; size])).collect();
            self.peers[at].pictures += 1;
            self.pacer.offer(self.peers[at].id, self.peers[at].pictures, key, datagrams, mono(self.now));
        }
    }

    fn send(&mut self, peer: usize, bytes: usize, what: What) {
        let bits = bytes as f64 * 8.0;
        let queue_ms = (self.busy_until - self.now).max(0.0);
        let road = &mut self.peers[peer].road;
        let lose = |lost: &mut [u64; 3]| {
            if let What::Voice { frames, .. } = what {
                lost[peer] += u64::from(frames);
            }
        };
        if queue_ms > self.fifo_ms {
            return lose(&mut self.lost);
        }
        self.busy_until = self.busy_until.max(self.now) + bits / self.uplink_kbps;
        let out = self.busy_until;
        if road.loss.as_mut().is_some_and(|loss| loss.loses(&mut self.chance)) {
            return;
        }
        if road.busy_until - out > road.fifo_ms {
            return lose(&mut self.lost);
        }
        road.busy_until = road.busy_until.max(out) + bits / road.kbps;
        let arrives = road.busy_until + road.delay_ms + self.chance.share() * road.jitter_ms;
        if matches!(what, What::Voice { .. }) && peer == 0 {
            self.delays.push((self.now, road.busy_until - self.now));
        }
        self.peers[peer].flying.push(Flying { arrives, sent: self.now, bytes, what });
    }

    fn arrivals(&mut self) {
        for peer in &mut self.peers {
            for arrival in peer.flying.extract_if(.., |flying| flying.arrives <= self.now) {
                match arrival.what {
                    What::Voice { highest, frames } => {
                        peer.seen.frames += frames;
                        peer.seen.highest = peer.seen.highest.max(Some(highest));
                        peer.seen.delays.push(arrival.arrives - arrival.sent.floor());
                    }
                    What::Piece { sequence, fragments } => {
                        peer.receipts.piece(sequence, fragments, arrival.bytes - 56);
                    }
                }
            }
        }
    }

    fn reports(&mut self) {
        let mut heard = Vec::new();
        for peer in &mut self.peers {
            if self.now >= peer.report_at {
                peer.report_at += 100.0;
                let seen = std::mem::take(&mut peer.seen);
                let us = |ms: f64| (ms * 1000.0) as i64;
                let count = seen.delays.len().max(1) as f64;
                let voice = VoiceSeen {
                    frames: seen.frames,
                    highest: seen.highest,
                    delay: Some(DelaySeen {
                        min_us: us(seen.delays.iter().copied().fold(f64::MAX, f64::min).min(1e9)),
                        mean_us: us(seen.delays.iter().sum::<f64>() / count),
                        max_us: us(seen.delays.iter().copied().fold(0.0, f64::max)),
                    })
                    .filter(|_| !seen.delays.is_empty()),
                    jitter_us: 0,
                };
                let report = peer.receipts.report(&voice, mono(self.now));
                peer.reports.push_back((self.now + peer.road.delay_ms, report));
            }
            if peer.reports.front().is_some_and(|(at, _)| *at <= self.now) {
                heard.extend(peer.reports.pop_front().map(|(_, report)| (peer.id, report)));
            }
        }
        for (id, report) in heard {
            self.ladder.handle(id, &report, mono(self.now));
        }
        if self.ladder.wait_until().is_some_and(|at| at <= mono(self.now)) {
            self.ladder.tick(mono(self.now));
        }
        self.plan = self.ladder.plan();
        self.pacer.set_rate(self.plan.pace_kbps);
        if self.history.last().is_some_and(|(_, level)| *level != self.level()) {
            self.history.push((self.now, self.level()));
        }
    }
}
