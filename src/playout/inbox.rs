// SPDX-License-Identifier: MIT
//! The receiving thread's end: frames go through a wait-free ring to the sound card's thread. Nothing here allocates,
//! locks or waits; what does not fit or makes no sense is dropped and counted.

use super::gauges::Shared;
use crate::words::{Mono, PeerId};
use std::sync::Arc;

/// Entries of the ring: three peers at 5 ms with three copies make 2,400 a second, a stall of the card of 300 ms
/// leaves 720 of them lying, of 2.5 ms frames 1,440.
pub(super) const RING: usize = 2048;

/// The longest frame on the wire.
pub const OPUS_BYTES_MAX: usize = 255;

/// One frame of voice as it came.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Who speaks.
    pub peer: PeerId,
    /// Which link of that peer; another one begins a new stream, in which numbers begin anew.
    pub link: u32,
    /// The frame's number.
    pub number: u64,
    /// How many frames before the newest of its datagram it was; 0 if it is the new one.
    pub copy: u8,
    /// What the encoder made of it; nothing if the sender's slot was empty.
    pub opus: &'a [u8],
    /// How long it lasts: 120, 240, 480 or 960 samples.
    pub samples: u16,
    /// When its datagram came.
    pub at: Mono,
}

/// The same as it lies in the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) peer: PeerId,
    pub(super) link: u32,
    pub(super) number: u64,
    pub(super) copy: u8,
    pub(super) samples: u16,
    pub(super) at: Mono,
    len: u8,
    bytes: [u8; OPUS_BYTES_MAX],
}

impl Entry {
    /// `None` if it is longer than the wire allows, or of a length that is none.
    pub(super) fn new(incoming: &Incoming<'_>) -> Option<Entry> {
        let Incoming { peer, link, number, copy, opus, samples, at } = *incoming;
        if opus.len() > OPUS_BYTES_MAX || !matches!(samples, 120 | 240 | 480 | 960) {
            return None;
        }
        let mut bytes = [0; OPUS_BYTES_MAX];
        bytes[..opus.len()].copy_from_slice(opus);
        Some(Entry { peer, link, number, copy, samples, at, len: opus.len() as u8, bytes })
    }

    pub(super) fn opus(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Where the receiving thread puts what it hears.
pub struct Inbox {
    pub(super) ring: rtrb::Producer<Entry>,
    pub(super) shared: Arc<Shared>,
}

impl Inbox {
    /// Takes a frame, or drops and counts it.
    pub fn frame(&mut self, incoming: Incoming<'_>) {
        let kept = Entry::new(&incoming).is_some_and(|entry| self.ring.push(entry).is_ok());
        if !kept {
            self.shared.count_dropped();
        }
    }
}

impl core::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Inbox({} free)", self.ring.slots())
    }
}
