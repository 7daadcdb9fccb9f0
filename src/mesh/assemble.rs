// SPDX-License-Identifier: MIT
//! Datagrams put together to pictures again, for one sender.
//!
//! ```text
//!  decided | 41 delta    | 42 key             | 43 delta    | 44 delta
//!  <-------| done, goes  | 1 1 . 1 1 1 . .    | done, waits | 1 .
//!        next            | asks for 2, 6, 7   | for 42      |
//! ```
//!
//! Pictures leave in order. A key frame with holes is waited for, because everything after it needs it; a delta is
//! not, beyond what reordering takes; a sequence that never showed up is not either, because the sender drops pictures
//! that are late. A complete key frame makes everything before it pointless. While a key frame is waited for, a delta
//! that nothing can be made of decides nothing: the key frame before it may only have been overtaken.

mod holes;

use super::report::Nack;
use crate::words::Mono;
use holes::Holes;
use std::collections::BTreeMap;

/// Pictures in progress: more than half a second at 24 a second, longer than a key frame is waited for.
const PICTURES_MAX: usize = 32;

/// All their bytes: three of the largest pictures that can travel.
const BYTES_MAX: usize = 900_000;

/// No picture is waited for longer, whatever happens.
const AGE_NS: i64 = 2_000_000_000;

/// How much later than its successors a datagram may come: Wi-Fi reorders by less.
const REORDER_NS: i64 = 20_000_000;

/// A delta of which nothing comes any more, although nothing newer does either.
const DELTA_QUIET_NS: i64 = 200_000_000;

/// One opened fragment, as the header tells it.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// The picture's extended sequence.
    pub sequence: u64,
    /// Of a key frame.
    pub key: bool,
    /// Its id.
    pub fragment: u8,
    /// How many there are; 0 is "not fragmented".
    pub fragments: u8,
    /// When the picture was taken, in session time.
    pub timestamp_ms: u32,
    /// The piece.
    pub payload: &'a [u8],
}

/// A picture, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Its extended sequence.
    pub sequence: u64,
    /// A key frame.
    pub key: bool,
    /// When it was taken, in session time.
    pub timestamp_ms: u32,
    /// Something between the last one and this is missing.
    pub after_gap: bool,
    /// What was split.
    pub bytes: Vec<u8>,
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assembly {
    /// Show this.
    Picture(Assembled),
    /// Send this to the sender.
    Ask(Nack),
    /// Given up, with all that needed it. After a key frame nothing comes until the next one: ask for it.
    Lost {
        /// The picture's extended sequence.
        sequence: u64,
        /// A key frame.
        key: bool,
    },
}

#[derive(Clone, Debug)]
struct Picture {
    key: bool,
    timestamp_ms: u32,
    pieces: Vec<Option<Vec<u8>>>,
    absent: usize,
    bytes: usize,
    first_at: Mono,
    last_at: Mono,
    /// Kept for key frames only.
    holes: Option<Holes>,
}

/// Pictures of one sender.
#[derive(Clone, Debug)]
pub struct Assembler {
    rtt_ns: i64,
    /// Usual distance of a key frame's datagrams.
    spacing_ns: i64,
    /// Everything before is decided.
    next: u64,
    pictures: BTreeMap<u64, Picture>,
    bytes: usize,
    /// A key frame was lost; deltas are of no use until the next.
    blind: bool,
    /// Pushed out by newer ones.
    evicted: Option<(u64, bool)>,
}

impl Default for Assembler {
    fn default() -> Assembler {
        Assembler::new()
    }
}

impl Assembler {
    /// Waits for the first key frame: without it no delta is of use.
    pub fn new() -> Assembler {
        Assembler {
            rtt_ns: 100_000_000,
            spacing_ns: 8_000_000,
            next: 0,
            pictures: BTreeMap::new(),
            bytes: 0,
            blind: true,
            evicted: None,
        }
    }

    /// How long an answer takes.
    pub fn set_rtt(&mut self, rtt_ns: i64) {
        self.rtt_ns = rtt_ns.clamp(1_000_000, 1_000_000_000);
    }

    /// Takes a fragment. Nonsense is ignored.
    pub fn handle(&mut self, fragment: &Fragment<'_>, now: Mono) {
        let total = usize::from(fragment.fragments.max(1));
        let at = usize::from(fragment.fragment);
        let fits = at < total && !fragment.payload.is_empty() && fragment.payload.len() <= super::fragment::PIECE_MAX;
        if !fits || fragment.sequence < self.next || fragment.sequence == u64::MAX {
            return;
        }
        let picture =
            self.pictures.entry(fragment.sequence).or_insert_with(|| Picture::new(fragment, total, self.rtt_ns, now));
        if picture.pieces.len() != total || picture.key != fragment.key || picture.pieces[at].is_some() {
            return;
        }
        if let Some(holes) = &mut picture.holes {
            holes.filled(at, self.rtt_ns, self.spacing_ns, now);
            if at > 0 && picture.pieces[at - 1].is_some() {
                let distance = now.since(picture.last_at).clamp(1_000_000, 40_000_000);
                self.spacing_ns += (distance - self.spacing_ns) / 8;
            }
        }
        picture.pieces[at] = Some(fragment.payload.to_vec());
        picture.absent -= 1;
        picture.bytes += fragment.payload.len();
        picture.last_at = now;
        self.bytes += fragment.payload.len();
        self.make_room();
    }

    /// What there is to do now; call until `None`.
    pub fn poll(&mut self, now: Mono) -> Option<Assembly> {
        if let Some((sequence, key)) = self.evicted.take() {
            return Some(self.lose(sequence, key));
        }
        self.skip_to_newest_key();
        loop {
            let (&sequence, picture) = self.pictures.first_key_value()?;
            let newer = self.pictures.len() > 1;
            if picture.due_at(sequence == self.next, newer) > now {
                return self.ask(now);
            }
            let picture = self.remove(sequence)?;
            if picture.absent > 0 {
                return Some(self.lose(sequence, picture.key));
            }
            self.blind &= !picture.key;
            if !self.blind {
                let after_gap = sequence != self.next;
                self.next = sequence + 1;
                return Some(Assembly::Picture(picture.whole(sequence, after_gap)));
            }
        }
    }

    /// When [`poll`](Self::poll) has something to do without another fragment.
    pub fn wait_until(&self) -> Option<Mono> {
        let (&sequence, picture) = self.pictures.first_key_value()?;
        let due = picture.due_at(sequence == self.next, self.pictures.len() > 1);
        let asks = self.pictures.values().filter_map(|p| p.holes.as_ref()?.wait_until());
        asks.chain([due]).min()
    }

    fn ask(&mut self, now: Mono) -> Option<Assembly> {
        let (rtt_ns, spacing_ns) = (self.rtt_ns, self.spacing_ns);
        self.pictures.iter_mut().find_map(|(&sequence, picture)| {
            let (round, missing) = picture.holes.as_mut()?.ask(rtt_ns, spacing_ns, now)?;
            Some(Assembly::Ask(Nack { sequence, round, missing }))
        })
    }

    /// A complete key frame needs nothing that came before it.
    fn skip_to_newest_key(&mut self) {
        let whole = self.pictures.iter().rev().find(|(_, picture)| picture.key && picture.absent == 0);
        let Some((&key, _)) = whole else { return };
        while let Some((&sequence, _)) = self.pictures.first_key_value().filter(|(sequence, _)| **sequence < key) {
            self.remove(sequence);
        }
    }

    fn lose(&mut self, sequence: u64, key: bool) -> Assembly {
        if key || !self.blind {
            self.next = self.next.max(sequence + 1);
        }
        self.blind |= key;
        Assembly::Lost { sequence, key }
    }

    fn remove(&mut self, sequence: u64) -> Option<Picture> {
        let picture = self.pictures.remove(&sequence)?;
        self.bytes -= picture.bytes;
        Some(picture)
    }

    fn make_room(&mut self) {
        while self.pictures.len() > PICTURES_MAX || self.bytes > BYTES_MAX {
            let Some((&oldest, _)) = self.pictures.first_key_value() else { return };
            let key = self.remove(oldest).is_some_and(|picture| picture.key);
            let before = self.evicted.is_some_and(|(_, key)| key);
            self.evicted = Some((oldest, key || before));
            self.next = self.next.max(oldest + 1);
        }
    }
}

impl Picture {
    fn new(fragment: &Fragment<'_>, total: usize, rtt_ns: i64, now: Mono) -> Picture {
        Picture {
            key: fragment.key,
            timestamp_ms: fragment.timestamp_ms,
            pieces: vec![None; total],
            absent: total,
            bytes: 0,
            first_at: now,
            last_at: now,
            holes: fragment.key.then(|| Holes::new(total, rtt_ns, now)),
        }
    }

    /// When it leaves: whole, or given up.
    fn due_at(&self, is_next: bool, newer: bool) -> Mono {
        let due = match (&self.holes, self.absent) {
            (Some(_), 0) => self.first_at,
            (None, 0) if is_next => self.first_at,
            (None, 0) => self.last_at.offset(REORDER_NS),
            (Some(holes), _) => holes.hopeless_at(),
            (None, _) if newer => self.last_at.offset(2 * REORDER_NS),
            (None, _) => self.last_at.offset(DELTA_QUIET_NS),
        };
        due.min(self.first_at.offset(AGE_NS))
    }

    fn whole(self, sequence: u64, after_gap: bool) -> Assembled {
        let mut bytes = Vec::with_capacity(self.bytes);
        self.pieces.iter().flatten().for_each(|piece| bytes.extend_from_slice(piece));
        Assembled { sequence, key: self.key, timestamp_ms: self.timestamp_ms, after_gap, bytes }
    }
}

#[cfg(test)]
mod tests;
