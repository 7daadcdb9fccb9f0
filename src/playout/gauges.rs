// SPDX-License-Identifier: MIT
//! What can be read off while it plays. The sound card's thread writes plain numbers, whoever watches reads them; a
//! reader in the middle of a writing sees some numbers of this block and some of the one before, which is harmless.

use crate::words::{PEOPLE_MAX, PeerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// How one peer is heard. Counts begin with the stream and only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Frames played in time, silent ones too.
    pub frames: u64,
    /// Frames that were missing when they were needed.
    pub concealed: u64,
    /// Of those played, how many had come as a copy.
    pub recovered: u64,
    /// Frames that came when it was too late for them.
    pub late: u64,
    /// Times that the voice was moved at once: delay that had become too much, or a road that had become longer.
    pub jumps: u64,
    /// The delay that the road asks for, beyond the lowest that it can do.
    pub target_us: u32,
    /// How long frames wait on average, from their arrival until their first sample is handed to the card.
    pub delay_us: u32,
    /// How much faster than nominal the voice is played right now.
    pub rate_ppm: i32,
}

/// One peer's numbers.
#[derive(Default)]
struct Dial {
    lit: AtomicBool,
    /// The loudest sample since somebody looked: the bits of a float that is never negative, and so grows with them.
    peak: AtomicU32,
    counts: [AtomicU64; 5],
    now: [AtomicU32; 3],
}

/// What the three ends share.
#[derive(Default)]
pub(super) struct Shared {
    dials: [Dial; PEOPLE_MAX],
    block: AtomicU32,
    dropped: AtomicU64,
}

impl Shared {
    pub(super) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_block(&self, samples: usize) {
        self.block.store(samples as u32, Ordering::Relaxed);
    }

    /// `None` if there is nothing to be heard of this peer.
    pub(super) fn show(&self, peer: usize, heard: Option<&Heard>) {
        let dial = &self.dials[peer];
        if let Some(heard) = heard {
            let counts = [heard.frames, heard.concealed, heard.recovered, heard.late, heard.jumps];
            dial.counts.iter().zip(counts).for_each(|(cell, count)| cell.store(count, Ordering::Relaxed));
            let now = [heard.target_us, heard.delay_us, heard.rate_ppm as u32];
            dial.now.iter().zip(now).for_each(|(cell, value)| cell.store(value, Ordering::Relaxed));
        }
        dial.lit.store(heard.is_some(), Ordering::Release);
    }

    /// This peer's loudest sample in the block that is played now.
    pub(super) fn show_peak(&self, peer: usize, peak: f32) {
        self.dials[peer].peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
    }
}

/// Whoever watches.
#[derive(Clone)]
pub struct Gauges {
    pub(super) shared: Arc<Shared>,
}

impl Gauges {
    /// How this peer is heard; `None` if nothing ever came, or nothing in the last five seconds.
    pub fn read(&self, peer: PeerId) -> Option<Heard> {
        let dial = &self.shared.dials[peer.index()];
        let [frames, concealed, recovered, late, jumps] =
            core::array::from_fn(|index| dial.counts[index].load(Ordering::Relaxed));
        let [target_us, delay_us, rate] = core::array::from_fn(|index| dial.now[index].load(Ordering::Relaxed));
        let heard = Heard { frames, concealed, recovered, late, jumps, target_us, delay_us, rate_ppm: rate as i32 };
        dial.lit.load(Ordering::Acquire).then_some(heard)
    }

    /// The loudest sample of this peer's voice since the last question.
    pub fn take_peak(&self, peer: PeerId) -> f32 {
        f32::from_bits(self.shared.dials[peer.index()].peak.swap(0, Ordering::Relaxed))
    }

    /// How many samples the card asks for at a time; 0 before it did.
    pub fn block_samples(&self) -> u32 {
        self.shared.block.load(Ordering::Relaxed)
    }

    /// Frames that were dropped at the door: no room, or nonsense.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl core::fmt::Debug for Gauges {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Gauges({} samples a block)", self.block_samples())
    }
}
