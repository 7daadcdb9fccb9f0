// SPDX-License-Identifier: MIT
//! Voice in: what arrives from everybody, when it arrives, becomes one sound for the card, as early as the road allows.
//! Pure arithmetic: time comes in with what happens, and nothing here waits, locks or allocates while it plays.
//!
//! ```text
//!  receiving thread          sound card's thread                                        whoever watches
//!
//!  Inbox::frame ==ring==> Playout::pull                                                   Gauges::read
//!                           | card      when the card asks, by its own clock                   ^
//!                           | stream    a peer: arrive -> shelf -> voice -> line -> resample   |
//!                           |           (delay: lowest, target; numbers: timeline)  -----------'
//!                           | limiter   the sum of them stays below full scale
//!                           v
//!                         block of mono samples at 48 kHz
//! ```
//!
//! # When a frame is heard
//!
//! ```text
//!  media time of frame n   n * L                           where the sender's own count has it
//!  way                     arrival - media time            the two clocks' offset included
//!  base                    lowest way of two seconds       so that offset and drift cancel
//!  needed delay            way - base                      wherever the card's blocks happen to lie
//!  D, the target           least of (ms + 10 * % missed)   from a histogram that forgets
//!  end of a block          card's time - base - D          the cursor is led there by resampling
//! ```
//!
//! The grid needs no rule of its own: frames that become ready at the ends of the sender's blocks are late by up to a
//! block, and the histogram sees it. `stream.rs` says what happens when a frame is not there.

mod card;
mod gauges;
mod inbox;
mod limiter;
mod line;
mod lowest;
mod resample;
mod shelf;
mod stream;
mod target;
mod timeline;
mod voice;

use crate::words::{Mono, PEOPLE_MAX};
use card::{Asked, Card};
use gauges::Shared;
pub use gauges::{Gauges, Heard};
use inbox::{Entry, RING};
pub use inbox::{Inbox, Incoming, OPUS_BYTES_MAX};
use limiter::Limiter;
use resample::Kernel;
use std::sync::Arc;
use stream::Stream;

/// The three ends. All memory there will ever be is taken here.
pub fn playout() -> (Inbox, Playout, Gauges) {
    let (give, take) = rtrb::RingBuffer::new(RING);
    let shared = Arc::new(Shared::default());
    let playout = Playout {
        ring: take,
        card: Card::new(),
        asked: Asked::default(),
        streams: core::array::from_fn(|_| Stream::new()),
        kernel: Kernel::new(),
        limiter: Limiter::new(),
        shared: shared.clone(),
    };
    (Inbox { ring: give, shared: shared.clone() }, playout, Gauges { shared })
}

/// The sound card's end.
pub struct Playout {
    ring: rtrb::Consumer<Entry>,
    card: Card,
    /// The last asking.
    asked: Asked,
    streams: [Stream; PEOPLE_MAX],
    kernel: Kernel,
    limiter: Limiter,
    shared: Arc<Shared>,
}

impl Playout {
    /// Fills a block of mono sound at 48 kHz that the card asks for at `now`. Blocks may have any length.
    pub fn pull(&mut self, out: &mut [f32], now: Mono) {
        // What comes in while this runs is for the next block: no sender can keep us here.
        for _ in 0..RING {
            let Ok(entry) = self.ring.pop() else { break };
            self.streams[entry.peer.index()].take(&entry, &self.asked, now);
        }
        self.asked = self.card.asks(out.len(), now);
        out.fill(0.0);
        for (peer, stream) in self.streams.iter_mut().enumerate() {
            let peak = stream.play(out, &self.asked, &self.kernel);
            self.shared.show_peak(peer, peak);
            self.shared.show(peer, stream.heard(now).as_ref());
        }
        self.limiter.apply(out);
        self.shared.set_block(self.asked.block);
    }
}

impl core::fmt::Debug for Playout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Playout({:?})", self.asked)
    }
}

#[cfg(test)]
mod tests;
