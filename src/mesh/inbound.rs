// SPDX-License-Identifier: MIT
//! The receiving fast path: datagrams in, opened voice out, the rest handed on. One thread owns it; it never
//! allocates, locks or waits, and a datagram that does not prove itself costs at most one hash.
//!
//! ```text
//!  datagram -> header -> clear control? -> known kind, right size, not too many from there -> Clear
//!                        sealed?        -> sender's opener -> voice             -> Voice (and tallied)
//!                                                          -> anything else     -> Opened
//!                        anything else  -> Dropped, counted by reason
//! ```

pub(super) mod bucket;

use super::control::clear::PAIR_HELLO_LEN;
use super::header::{DATAGRAM_MAX, Header, Kind};
use super::seal::{Openers, Refusal, TAG_LEN};
use super::tally::{TallyReader, TallyWriter, tally};
use super::voice::{Order, Orders, VoicePayload, orders};
use crate::words::{Mono, PEOPLE_MAX, PeerId};
use bucket::Buckets;
use core::net::{IpAddr, SocketAddr};
use core::ops::RangeInclusive;

/// How often at most the engine is told that a peer sends from elsewhere.
const MOVED_EVERY_NS: i64 = 50_000_000;

/// Who sends from elsewhere is asked there, with as many bytes; a shorter datagram is no reason to ask, because who
/// sends on somebody else's datagrams must never get more for one than it weighs.
const QUESTION_LEN: usize = Header::LEN + 1 + 9 + TAG_LEN;

/// What is said in the clear: its first payload byte, for HELLO the second too, and how long the rest of it may be.
/// WELCOME and CONFIRM hold at least an ephemeral key and a tag, or a sealed datagram.
const CLEAR: [(u8, &[u8], RangeInclusive<usize>); 7] = [
    (1, &[0], BODY_MAX..=BODY_MAX),       // HELLO that asks for a cookie
    (1, &[1, 2, 4], BODY_MAX..=BODY_MAX), // HELLO that brings one
    (1, &[3], PAIR_LEN..=PAIR_LEN),       // HELLO within a pair
    (2, &[], 1..=64),                     // COOKIE, or a notice to wait
    (3, &[], 48..=BODY_MAX),              // WELCOME
    (4, &[], PAIR_LEN..=PAIR_LEN),        // PUNCH
    (5, &[], 28..=BODY_MAX),              // CONFIRM
];
const PAIR_LEN: usize = PAIR_HELLO_LEN - Header::LEN - 1;
const BODY_MAX: usize = DATAGRAM_MAX - Header::LEN - 1;

/// What changes for the receiving thread.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "openers lie inline so that the receiving thread frees nothing")]
pub enum InboundOrder {
    /// A link begins; replaces what was in that place.
    Add {
        /// The place.
        peer: PeerId,
        /// Tells this link from those that were in the place before.
        link: u32,
        /// Where it sends from.
        address: SocketAddr,
        /// The link's receiving ends.
        openers: Openers,
    },
    /// The peer sends from elsewhere now.
    Road {
        /// The place.
        peer: PeerId,
        /// Where it sends from now on.
        address: SocketAddr,
    },
    /// The link is over.
    Remove {
        /// The place.
        peer: PeerId,
    },
}

impl Order for InboundOrder {
    fn voids(&self, earlier: &InboundOrder) -> bool {
        let (peer, is_road) = self.what();
        let (other, was_road) = earlier.what();
        peer == other && (!is_road || was_road)
    }
}

impl InboundOrder {
    fn what(&self) -> (PeerId, bool) {
        match self {
            InboundOrder::Add { peer, .. } | InboundOrder::Remove { peer } => (*peer, false),
            InboundOrder::Road { peer, .. } => (*peer, true),
        }
    }
}

/// The engine's end of the receiving path.
pub type InboundOrders = Orders<InboundOrder>;

/// Both ends of the receiving path, and what it counts.
pub fn inbound_path() -> (Inbound, InboundOrders, TallyReader) {
    let (give, take) = orders();
    let (writer, reader) = tally();
    let inbound =
        Inbound { orders: take, places: [const { None }; PEOPLE_MAX], tally: writer, clear: Default::default() };
    (inbound, give, reader)
}

/// What became of a datagram.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// Voice of somebody in the call: for the playout.
    Voice {
        /// Who speaks.
        peer: PeerId,
        /// Over which link: the frames of each are numbered anew.
        link: u32,
        /// The newest frame's number.
        sequence: u64,
        /// Session time of the newest frame.
        timestamp_ms: u32,
        /// The frames.
        payload: VoicePayload<'a>,
    },
    /// Anything else of somebody with whom we share keys: for the engine.
    Opened {
        /// Who sends.
        peer: PeerId,
        /// With the keys of which link; the engine may know a newer one already.
        link: u32,
        /// As it came.
        header: Header,
        /// Its whole sequence.
        sequence: u64,
        /// Plain bytes.
        payload: &'a [u8],
    },
    /// Said in the clear by anybody: for the engine.
    Clear {
        /// As it came.
        header: Header,
        /// What it says, its kind first.
        body: &'a [u8],
    },
    /// Nothing for anybody.
    Dropped(Refusal),
}

/// Whoever sends from elsewhere, and with the keys of which link.
type Moved = Option<(PeerId, u32)>;

struct Place {
    link: u32,
    address: SocketAddr,
    openers: Openers,
    /// When the engine was last told that the peer sends from elsewhere.
    moved_at: Option<Mono>,
}

/// The receiving thread's end.
pub struct Inbound {
    orders: rtrb::Consumer<InboundOrder>,
    places: [Option<Place>; PEOPLE_MAX],
    tally: TallyWriter,
    /// One for each thing that is said in the clear, so that a flood of one does not drown the others.
    clear: [Buckets; CLEAR.len()],
}

impl Inbound {
    /// Takes a datagram as it came, opening it in place. Tells too if its sender is now elsewhere than we thought, and
    /// of which link it is; that is authentic, but still only a hint: who can delay datagrams can send them on from
    /// anywhere.
    pub fn take<'a>(&mut self, datagram: &'a mut [u8], from: SocketAddr, at: Mono) -> (Arrival<'a>, Moved) {
        while let Ok(order) = self.orders.pop() {
            self.obey(order);
        }
        match self.judge(datagram, from, at) {
            Ok(arrival) => arrival,
            Err(why) => {
                self.tally.refused(why);
                (Arrival::Dropped(why), None)
            }
        }
    }

    fn obey(&mut self, order: InboundOrder) {
        match order {
            InboundOrder::Add { peer, link, address, openers } => {
                self.places[peer.index()] = Some(Place { link, address, openers, moved_at: None });
                self.tally.begin(peer);
            }
            InboundOrder::Road { peer, address } => {
                if let Some(place) = &mut self.places[peer.index()] {
                    place.address = address;
                }
            }
            InboundOrder::Remove { peer } => self.places[peer.index()] = None,
        }
    }

    fn judge<'a>(
        &mut self,
        datagram: &'a mut [u8],
        from: SocketAddr,
        at: Mono,
    ) -> Result<(Arrival<'a>, Moved), Refusal> {
        let header = Header::read(datagram)?;
        let what = datagram.get(Header::LEN).copied().unwrap_or(0);
        if header.kind == Kind::Control && what != 0 {
            self.judge_clear(&datagram[Header::LEN..], from.ip(), at)?;
            return Ok((Arrival::Clear { header, body: &datagram[Header::LEN..] }, None));
        }
        let peer = header.sender().ok_or(Refusal::Stranger)?;
        let place = self.places[peer.index()].as_mut().ok_or(Refusal::Stranger)?;
        let bytes = datagram.len();
        let (sequence, plain) = place.openers.open(&header, datagram)?;
        self.tally.heard(peer, bytes, at);
        let moved = (bytes >= QUESTION_LEN && place.moved(from, at)).then_some((peer, place.link));
        let link = place.link;
        let payload = &datagram[plain];
        if header.kind != Kind::Voice {
            return Ok((Arrival::Opened { peer, link, header, sequence, payload }, moved));
        }
        let payload = VoicePayload::parse(payload).ok_or(Refusal::Senseless)?;
        self.tally.voice(peer, sequence, header.timestamp_ms, &payload, at);
        Ok((Arrival::Voice { peer, link, sequence, timestamp_ms: header.timestamp_ms, payload }, moved))
    }

    fn judge_clear(&mut self, body: &[u8], from: IpAddr, at: Mono) -> Result<(), Refusal> {
        let [what, rest @ ..] = body else { return Err(Refusal::Unknown) };
        let is_sort = |sort: &[u8]| sort.is_empty() || rest.first().is_some_and(|second| sort.contains(second));
        let known =
            CLEAR.iter().position(|(kind, sort, sizes)| kind == what && is_sort(sort) && sizes.contains(&rest.len()));
        let buckets = &mut self.clear[known.ok_or(Refusal::Unknown)?];
        if buckets.take(from, at) { Ok(()) } else { Err(Refusal::Flood) }
    }
}

impl Place {
    fn moved(&mut self, from: SocketAddr, at: Mono) -> bool {
        let due = self.moved_at.is_none_or(|told| at.since(told) >= MOVED_EVERY_NS);
        let moved = from != self.address && due;
        if moved {
            self.moved_at = Some(at);
        }
        moved
    }
}

impl core::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Inbound(..)")
    }
}

#[cfg(test)]
mod tests;
