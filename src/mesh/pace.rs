// SPDX-License-Identifier: MIT
//! Picture datagrams sent one by one, so that voice never waits behind more than one of them.
//!
//! ```text
//!            resends ------------\
//!  offered   [key 0..14] [delta] -+--> one, then silence while the uplink carries it and the voice of that time
//! ```
//!
//! There is one uplink, so there is one pacer for all peers. Its rate is what the ladder leaves to pictures; it never
//! saves up for a burst. What waits too long is dropped whole, and whoever is behind asks for a key frame.

use crate::words::{Mono, PEOPLE_MAX, PeerId};
use std::collections::VecDeque;

/// A delta that waited this long shows what nobody wants to see any more.
const DELTA_AGE_NS: i64 = 400_000_000;

/// A key frame is worth more, but the next is never further away than this.
const KEY_AGE_NS: i64 = 2_000_000_000;

/// Three peers' pictures of far more than the longest age at 24 a second.
const PICTURES_MAX: usize = 192;

/// A megabyte is 16 s at the top of the ladder: only a fault gets there.
const BYTES_MAX: usize = 1_000_000;

/// Two rounds of the largest key frame's worst loss come to less.
const RESENDS_MAX: usize = 128;

/// IP and UDP headers travel too.
const BELOW_UDP: usize = 28;

/// A timer may be this late without costing rate: little enough that two datagrams never meet in the uplink's queue.
const LATE_NS: i64 = 500_000;

/// One datagram of a picture, sealed, on its way to one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// To whom.
    pub peer: PeerId,
    /// The picture's extended sequence.
    pub sequence: u64,
    /// Of a key frame (to be kept for resends when it goes out for the first time).
    pub key: bool,
    /// Its fragment id.
    pub fragment: u8,
    /// It went out before.
    pub again: bool,
    /// The datagram.
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Waiting {
    peer: PeerId,
    sequence: u64,
    key: bool,
    since: Mono,
    datagrams: VecDeque<(u8, Vec<u8>)>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.datagrams.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    fn stale_at(&self) -> Mono {
        self.since.offset(if self.key { KEY_AGE_NS } else { DELTA_AGE_NS })
    }
}

/// The queue before the uplink.
#[derive(Clone, Debug)]
pub struct Pacer {
    /// 0 holds everything back.
    rate_kbps: u32,
    free_at: Mono,
    resends: VecDeque<Piece>,
    pictures: VecDeque<Waiting>,
    bytes: usize,
    dropped: [bool; PEOPLE_MAX],
}

impl Pacer {
    /// Empty, with this much of the uplink for pictures.
    pub fn new(rate_kbps: u32) -> Pacer {
        Pacer {
            rate_kbps,
            free_at: Mono(0),
            resends: VecDeque::new(),
            pictures: VecDeque::new(),
            bytes: 0,
            dropped: [false; PEOPLE_MAX],
        }
    }

    /// What the ladder leaves to pictures from now on; 0 holds them back.
    pub fn set_rate(&mut self, rate_kbps: u32) {
        self.rate_kbps = rate_kbps;
    }

    /// A picture for one peer, sealed: its datagrams with their fragment ids, in order. A key frame makes everything
    /// that still waits for that peer pointless.
    pub fn offer(&mut self, peer: PeerId, sequence: u64, key: bool, datagrams: Vec<(u8, Vec<u8>)>, now: Mono) {
        if key {
            self.forget(peer);
        }
        let picture = Waiting { peer, sequence, key, since: now, datagrams: datagrams.into() };
        self.bytes += picture.bytes();
        self.pictures.push_back(picture);
        while self.pictures.len() > PICTURES_MAX || self.bytes > BYTES_MAX {
            self.drop_at(0);
        }
    }

    /// A datagram that was asked for again: it goes before everything else.
    pub fn resend(&mut self, peer: PeerId, sequence: u64, fragment: u8, bytes: Vec<u8>) {
        if self.resends.len() < RESENDS_MAX {
            self.resends.push_back(Piece { peer, sequence, key: true, fragment, again: true, bytes });
        }
    }

    /// Nothing more for that peer: it left, or a key frame follows.
    pub fn forget(&mut self, peer: PeerId) {
        self.resends.retain(|piece| piece.peer != peer);
        self.pictures.retain(|picture| picture.peer != peer);
        self.bytes = self.pictures.iter().map(Waiting::bytes).sum();
        self.dropped[peer.index()] = false;
    }

    /// The next datagram, if one may go now.
    pub fn next(&mut self, now: Mono) -> Option<Piece> {
        self.drop_stale(now);
        if self.rate_kbps == 0 || now < self.free_at {
            return None;
        }
        let piece = self.resends.pop_front().or_else(|| self.take())?;
        let bits = 8 * (piece.bytes.len() + BELOW_UDP) as i64;
        let begin = self.free_at.max(now.offset(-LATE_NS));
        self.free_at = begin.offset(bits * 1_000_000 / i64::from(self.rate_kbps));
        Some(piece)
    }

    /// When [`next`](Self::next) is worth another call; `None` while nothing waits.
    pub fn wait_until(&self) -> Option<Mono> {
        let stale = self.pictures.iter().map(Waiting::stale_at).min();
        if self.rate_kbps == 0 {
            return stale;
        }
        (stale.is_some() || !self.resends.is_empty()).then_some(self.free_at)
    }

    /// Pictures for this peer were dropped since the last key frame for it: the next one has to be a key frame. Told
    /// once.
    pub fn take_dropped(&mut self, peer: PeerId) -> bool {
        std::mem::take(&mut self.dropped[peer.index()])
    }

    /// Bytes that wait.
    pub fn queued_bytes(&self) -> usize {
        self.bytes
    }

    fn take(&mut self) -> Option<Piece> {
        loop {
            let picture = self.pictures.front_mut()?;
            let (peer, sequence, key) = (picture.peer, picture.sequence, picture.key);
            let first = picture.datagrams.pop_front();
            if picture.datagrams.is_empty() {
                self.pictures.pop_front();
            }
            if let Some((fragment, bytes)) = first {
                self.bytes -= bytes.len();
                return Some(Piece { peer, sequence, key, fragment, again: false, bytes });
            }
        }
    }

    fn drop_stale(&mut self, now: Mono) {
        while let Some(at) = self.pictures.iter().position(|picture| now >= picture.stale_at()) {
            self.drop_at(at);
        }
    }

    fn drop_at(&mut self, at: usize) {
        if let Some(picture) = self.pictures.remove(at) {
            self.bytes -= picture.bytes();
            self.dropped[picture.peer.index()] = true;
        }
    }
}

#[cfg(test)]
mod tests;
