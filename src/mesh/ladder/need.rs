// SPDX-License-Identifier: MIT
//! The levels, and what each asks of the uplink, with every header counted.

use crate::mesh::fragment::PIECE;
use crate::mesh::report::Report;
use crate::mesh::voice::FrameLength;
use crate::words::{CopyDistances, VoicePlan};

/// What the one encoder has to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureOrder {
    /// Kilobits a second.
    pub bitrate_kbps: u32,
    /// Pictures a second.
    pub fps: u32,
    /// 480 is 854x480, 360 is 640x360.
    pub height: u32,
}

const fn order(bitrate_kbps: u32, fps: u32, height: u32) -> PictureOrder {
    PictureOrder { bitrate_kbps, fps, height }
}

/// In the order in which things are given up: bitrate, frame rate, resolution. Below the last there is no picture.
pub const LEVELS: [PictureOrder; 7] = [
    order(500, 24, 480),
    order(400, 24, 480),
    order(300, 24, 480),
    order(240, 15, 480),
    order(180, 10, 480),
    order(120, 10, 360),
    order(80, 10, 360),
];

/// From here on voice goes without copies.
pub(super) const NO_COPIES: usize = LEVELS.len() + 1;

/// The last level: two frames a packet.
pub(super) const BOTTOM: usize = LEVELS.len() + 2;

/// Headers of IP and UDP, ours, and the tag.
pub(super) const OVERHEAD: usize = 28 + 12 + 16;

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

impl Layers {
    /// From the fewest to the most.
    pub const EACH: [Layers; 4] = [Layers::None, Layers::Quarter, Layers::Half, Layers::All];

    /// The share of the bitrate: lower layers predict over longer distances, so they cost more than their count.
    pub(super) fn percent(self) -> u32 {
        match self {
            Layers::None => 0,
            Layers::Quarter => 40,
            Layers::Half => 60,
            Layers::All => 100,
        }
    }

    /// One more.
    pub(super) fn above(self) -> Layers {
        *Layers::EACH.iter().find(|layers| **layers > self).unwrap_or(&Layers::All)
    }

    /// One less.
    pub(super) fn below(self) -> Layers {
        *Layers::EACH.iter().rev().find(|layers| **layers < self).unwrap_or(&Layers::None)
    }
}

/// How voice is packed on a level.
pub(super) fn voice_plan(level: usize, copies: CopyDistances) -> VoicePlan {
    VoicePlan {
        frames_per_packet: if level >= BOTTOM { 2 } else { 1 },
        copies: if level >= NO_COPIES { [0; 3] } else { copies },
    }
}

/// What one peer's pictures take on a level.
pub(super) fn picture_kbps(level: usize) -> u32 {
    let kbps = LEVELS.get(level).map_or(0, |order| order.bitrate_kbps);
    kbps * (PIECE + OVERHEAD) as u32 / PIECE as u32
}

/// The arithmetic, for a voice of so many bytes a second in so many frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    bytes_per_second: usize,
    frames_per_second: usize,
}

impl Need {
    /// Frames of 5 ms with so many bytes each.
    pub(super) fn new(frame_bytes: usize) -> Need {
        Need { bytes_per_second: frame_bytes * 200, frames_per_second: 200 }
    }

    /// As many bytes, and other headers.
    pub(super) fn set_frame_length(&mut self, length: FrameLength) {
        self.frames_per_second = (1_000_000_000 / length.ns()) as usize;
    }

    /// What one peer's voice takes.
    pub(super) fn voice_kbps(self, plan: VoicePlan) -> u32 {
        let packets_per_second = self.frames_per_second / usize::from(plan.frames_per_packet.max(1));
        (packets_per_second * self.packet_bytes(plan) * 8 / 1000) as u32
    }

    /// What a level takes for all peers.
    pub(super) fn kbps(self, level: usize, peers: u32, copies: CopyDistances) -> u32 {
        peers * (self.voice_kbps(voice_plan(level, copies)) + picture_kbps(level))
    }

    /// The best level that needs no more than this; the last one if none does.
    pub(super) fn fit(self, kbps: u32, peers: u32, copies: CopyDistances) -> usize {
        (0..=BOTTOM).find(|level| self.kbps(*level, peers, copies) <= kbps).unwrap_or(BOTTOM)
    }

    /// What came through to a peer, seen from its report.
    pub(super) fn delivered_kbps(self, report: &Report, plan: VoicePlan) -> u32 {
        let packets = usize::from(report.voice_received) / usize::from(plan.frames_per_packet.max(1));
        let pictures = report.picture_bytes as usize + usize::from(report.pieces_received) * OVERHEAD;
        let bits = 8 * (packets * self.packet_bytes(plan) + pictures);
        (bits / usize::from(report.interval_ms.max(1))).min(1_000_000) as u32
    }

    /// A voice datagram: headers, one byte of layout, two and the sound a frame.
    fn packet_bytes(self, plan: VoicePlan) -> usize {
        let copies = plan.copies.iter().filter(|distance| **distance > 0).count();
        OVERHEAD
            + 1
            + (usize::from(plan.frames_per_packet) + copies) * (2 + self.bytes_per_second / self.frames_per_second)
    }
}
