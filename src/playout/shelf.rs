// SPDX-License-Identifier: MIT
//! The frames that came and wait to be decoded, each in the slot of its number. What was played is remembered until
//! its slot is needed, so that a copy of it is known for one.
//!
//! ```text
//!  slot    0    1    2    3  ...  127
//!        [128][129][ 2 ][ - ]    [127]      number % 128
//!               ^ newest ^ played long ago
//! ```

use super::inbox::Entry;
use crate::words::Mono;

/// 320 ms of the shortest frames: what a sound card that stands still leaves lying.
const SLOTS: usize = 128;

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    known: bool,
    number: u64,
    /// When it came.
    pub(super) at: Mono,
    /// It came as a copy.
    pub(super) copy: bool,
    /// How long it lasts, in samples.
    pub(super) samples: u16,
    len: u8,
    bytes: [u8; 255],
}

impl Slot {
    const EMPTY: Slot = Slot { known: false, number: 0, at: Mono(0), copy: false, samples: 0, len: 0, bytes: [0; 255] };

    /// What the decoder wants; nothing if the sender's slot was empty.
    pub(super) fn opus(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// All slots of one stream.
pub(super) struct Shelf {
    slots: Box<[Slot; SLOTS]>,
}

impl Shelf {
    pub(super) fn new() -> Shelf {
        Shelf { slots: Box::new([Slot::EMPTY; SLOTS]) }
    }

    pub(super) fn clear(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.known = false);
    }

    /// Keeps a frame; false if it is known or older than what lies there.
    pub(super) fn put(&mut self, entry: &Entry, at: Mono) -> bool {
        let slot = &mut self.slots[entry.number as usize % SLOTS];
        if slot.known && slot.number.wrapping_sub(entry.number) as i64 >= 0 {
            return false;
        }
        let opus = entry.opus();
        slot.known = true;
        (slot.number, slot.at, slot.copy) = (entry.number, at, entry.copy != 0);
        (slot.samples, slot.len) = (entry.samples, opus.len() as u8);
        slot.bytes[..opus.len()].copy_from_slice(opus);
        true
    }

    /// The frame of this number, if it came.
    pub(super) fn get(&self, number: u64) -> Option<&Slot> {
        Some(&self.slots[number as usize % SLOTS]).filter(|slot| slot.known && slot.number == number)
    }
}
