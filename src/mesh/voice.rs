// SPDX-License-Identifier: MIT
//! The voice fast path: frames in, sealed datagrams out, from the encoder's own thread. Nothing here allocates,
//! frees, locks or waits: what changes comes as orders through a wait-free ring and is kept in place.
//!
//! ```text
//!  frames   ... n-5  n-4  n-3  n-2  n-1   n        the last 16 are kept
//!                     |         |         |
//!  datagram           copy      copy      new      sealed for each peer with its own keys
//! ```

mod orders;
mod payload;

use super::header::{DATAGRAM_MAX, Header, Kind};
use super::seal::{Sealer, TAG_LEN};
use crate::words::{Mono, PEOPLE_MAX, PeerId, SessionLine, VoicePlan};
use core::net::SocketAddr;
pub use orders::{Order, Orders, orders};
use payload::FRAMES_MAX;
pub use payload::{FRAME_BYTES_MAX, FrameLength, PAYLOAD_MAX, VoicePayload};

const _: () = assert!(Header::LEN + PAYLOAD_MAX + TAG_LEN <= DATAGRAM_MAX);

/// Frames kept for copies; a copy of anything older would come too late for every playout.
const KEPT: u64 = 16;

/// What changes on the voice path.
#[derive(Debug)]
pub enum VoiceOrder {
    /// Somebody wants to hear us; replaces who was in that place.
    Add {
        /// The place.
        peer: PeerId,
        /// Where to send.
        address: SocketAddr,
        /// The link's voice sealer.
        sealer: Sealer,
    },
    /// Another way to the same peer.
    Road {
        /// The place.
        peer: PeerId,
        /// Where to send from now on.
        address: SocketAddr,
    },
    /// The peer is gone.
    Remove {
        /// The place.
        peer: PeerId,
    },
    /// Another way of packing, from the next datagram on.
    Plan(VoicePlan),
    /// How session time runs.
    Session(SessionLine),
    /// Which place is ours.
    Me(PeerId),
}

impl Order for VoiceOrder {
    fn voids(&self, earlier: &VoiceOrder) -> bool {
        use VoiceOrder::{Add, Me, Plan, Remove, Road, Session};
        match (self, earlier) {
            (
                Add { peer, .. } | Remove { peer },
                Add { peer: other, .. } | Remove { peer: other } | Road { peer: other, .. },
            )
            | (Road { peer, .. }, Road { peer: other, .. }) => peer == other,
            (Plan(_), Plan(_)) | (Session(_), Session(_)) | (Me(_), Me(_)) => true,
            _ => false,
        }
    }
}

/// The engine's end of the voice path.
pub type VoiceOrders = Orders<VoiceOrder>;

/// A frame is longer than a datagram has room for. Its slot was sent empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a voice frame of {bytes} bytes is longer than {FRAME_BYTES_MAX}")]
pub struct FrameTooLong {
    /// How long it is.
    pub bytes: usize,
}

/// Both ends of the voice path.
pub fn voice_path() -> (VoiceOut, VoiceOrders) {
    let (give, take) = orders();
    let out = VoiceOut {
        orders: take,
        me: None,
        session: None,
        plan: VoicePlan::PLAIN,
        length: FrameLength::Ms5,
        kept: [Frame::EMPTY; KEPT as usize],
        count: 0,
        unsent: 0,
        listeners: [const { None }; PEOPLE_MAX],
    };
    (out, give)
}

#[derive(Clone, Copy)]
struct Frame {
    len: u8,
    bytes: [u8; FRAME_BYTES_MAX],
}

impl Frame {
    const EMPTY: Frame = Frame { len: 0, bytes: [0; FRAME_BYTES_MAX] };

    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

struct Listener {
    address: SocketAddr,
    sealer: Sealer,
}

/// The encoder's end of the voice path.
pub struct VoiceOut {
    orders: rtrb::Consumer<VoiceOrder>,
    me: Option<PeerId>,
    session: Option<SessionLine>,
    plan: VoicePlan,
    length: FrameLength,
    kept: [Frame; KEPT as usize],
    /// Frames so far.
    count: u64,
    /// Of them, not sent yet: one waits for a second if two go into a datagram.
    unsent: u8,
    listeners: [Option<Listener>; PEOPLE_MAX],
}

impl VoiceOut {
    /// How long frames are from the next one on, 5 ms if nothing is said. A datagram says it for all its frames, so
    /// those of another length leave no copies behind.
    pub fn set_frame_length(&mut self, length: FrameLength) {
        if length != self.length {
            self.length = length;
            self.kept.iter_mut().for_each(|frame| frame.len = 0);
        }
    }

    /// Takes the frame of one slot, encoded by `now`, and sends what is due. Every slot needs its frame: an empty one
    /// says that there is none.
    pub fn frame(
        &mut self,
        opus: &[u8],
        now: Mono,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
    ) -> Result<(), FrameTooLong> {
        while let Ok(order) = self.orders.pop() {
            self.obey(order);
        }
        let fits = opus.len() <= FRAME_BYTES_MAX;
        self.keep(if fits { opus } else { &[] });
        if self.unsent >= self.plan.frames_per_packet.clamp(1, 2) {
            self.send(now, send);
            self.unsent = 0;
        }
        if fits { Ok(()) } else { Err(FrameTooLong { bytes: opus.len() }) }
    }

    fn obey(&mut self, order: VoiceOrder) {
        match order {
            VoiceOrder::Add { peer, address, sealer } => {
                self.listeners[peer.index()] = Some(Listener { address, sealer });
            }
            VoiceOrder::Road { peer, address } => {
                if let Some(listener) = &mut self.listeners[peer.index()] {
                    listener.address = address;
                }
            }
            VoiceOrder::Remove { peer } => self.listeners[peer.index()] = None,
            VoiceOrder::Plan(plan) => self.plan = plan,
            VoiceOrder::Session(session) => self.session = Some(session),
            VoiceOrder::Me(me) => self.me = Some(me),
        }
    }

    fn keep(&mut self, opus: &[u8]) {
        let frame = &mut self.kept[(self.count % KEPT) as usize];
        frame.len = opus.len() as u8;
        frame.bytes[..opus.len()].copy_from_slice(opus);
        self.count += 1;
        self.unsent += 1;
    }

    fn send(&mut self, now: Mono, send: &mut dyn FnMut(SocketAddr, &[u8])) {
        let Some(me) = self.me else { return };
        let timestamp_ms = self.session.map_or(0, |session| session.stamp_ms(now));
        let mut payload = [0; PAYLOAD_MAX];
        let len = self.lay_out(&mut payload);
        let mut datagram = [0; DATAGRAM_MAX];
        for listener in self.listeners.iter_mut().flatten() {
            listener.sealer.skip(self.unsent - 1);
            let sealed = listener.sealer.seal(Kind::Voice, me.number(), timestamp_ms, &payload[..len], &mut datagram);
            send(listener.address, &datagram[..sealed]);
        }
    }

    /// The new frames, and the copies that the plan wants and that are there.
    fn lay_out(&self, payload: &mut [u8; PAYLOAD_MAX]) -> usize {
        let new = self.unsent;
        let mut wanted = self.plan.copies;
        wanted.sort_unstable();
        let copies = (0..wanted.len()).filter(|at| wanted[*at] >= new && !wanted[..*at].contains(&wanted[*at]));
        let copies = copies.map(|at| wanted[at]).take(FRAMES_MAX - usize::from(new));
        let frames = (0..new).map(|distance| (distance, true)).chain(copies.map(|distance| (distance, false)));
        let frames = frames.filter_map(|(distance, new)| {
            let bytes = self.earlier(distance)?;
            (new || !bytes.is_empty()).then_some((distance, bytes))
        });
        payload::write(self.length, usize::from(new), frames, payload)
    }

    /// The frame so many slots before the newest.
    fn earlier(&self, distance: u8) -> Option<&[u8]> {
        let distance = u64::from(distance);
        let number = self.count.checked_sub(1 + distance).filter(|_| distance < KEPT)?;
        Some(self.kept[(number % KEPT) as usize].bytes())
    }
}

impl core::fmt::Debug for VoiceOut {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "VoiceOut(frame {})", self.count)
    }
}

#[cfg(test)]
mod tests;
