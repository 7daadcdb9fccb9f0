// SPDX-License-Identifier: MIT
//! What the receiving thread hands on: everything but voice, through a ring of fixed places, so that the thread
//! neither allocates nor waits, whatever the conductor is doing.

use crate::mesh::header::{DATAGRAM_MAX, Header};
use crate::words::{Mono, PeerId};
use rtrb::{Consumer, Producer, RingBuffer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Thread;

/// Half a second of three peers' pictures at the top of the ladder, several times over.
const PARCELS_MAX: usize = 1024;

/// What it is.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// In the clear: somebody before they are in.
    Clear(Header),
    /// Sealed by a peer on the link of this number, opened.
    Opened(PeerId, u32, Header, u64),
    /// A peer's voice comes from another address.
    Moved(PeerId, u32),
}

/// One datagram on its way to the conductor.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    /// What it is.
    pub what: What,
    /// Where it came from.
    pub from: SocketAddr,
    /// When it came.
    pub at: Mono,
    length: u16,
    bytes: [u8; DATAGRAM_MAX],
}

impl Parcel {
    /// What it carries.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The receiving thread's end.
#[derive(Debug)]
pub struct Post {
    ring: Producer<Parcel>,
    conductor: Thread,
    refused: Arc<AtomicU64>,
}

impl Post {
    /// Hands it on and wakes the conductor; drops it if the conductor is far behind. Takes no lock.
    pub fn hand(&mut self, what: What, from: SocketAddr, at: Mono, payload: &[u8]) {
        let mut bytes = [0; DATAGRAM_MAX];
        let length = payload.len().min(DATAGRAM_MAX);
        bytes[..length].copy_from_slice(&payload[..length]);
        if self.ring.push(Parcel { what, from, at, length: length as u16, bytes }).is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        self.conductor.unpark();
    }
}

/// The conductor's end.
#[derive(Debug)]
pub struct Inbox {
    ring: Consumer<Parcel>,
    refused: Arc<AtomicU64>,
}

impl Inbox {
    /// The oldest that waits.
    pub fn next(&mut self) -> Option<Parcel> {
        self.ring.pop().ok()
    }

    /// How many found no place since the last question.
    pub fn refused(&self) -> u64 {
        self.refused.swap(0, Ordering::Relaxed)
    }
}

/// Both ends; the conductor is the thread that calls this.
pub fn post() -> (Post, Inbox) {
    let (give, take) = RingBuffer::new(PARCELS_MAX);
    let refused = Arc::new(AtomicU64::new(0));
    (Post { ring: give, conductor: std::thread::current(), refused: refused.clone() }, Inbox { ring: take, refused })
}
