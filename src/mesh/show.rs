// SPDX-License-Identifier: MIT
//! Pictures: ours cut, sealed and paced to everybody; theirs put together.
//!
//! ```text
//!  Input::Picture -> layers allowed? -> split -> seal for each -> pacer -> Send     (key frames kept for resends)
//!  Opened pieces  -> assembler -> Event::Picture, Nack, KeyFrameWanted
//! ```

use super::Mesh;
use super::assemble::{Assembler, Assembly, Fragment};
use super::control::Message;
use super::copies::Copies;
use super::event::Event;
use super::figures::Figures;
use super::fragment::split;
use super::header::{DATAGRAM_MAX, Header, Kind};
use super::ladder::{Ladder, Layers, Plan};
use super::pace::Pacer;
use super::report::{Nack, Receipts};
use super::resend::{KeptKeyFrames, repeat_tail};
use super::seal::Sealer;
use super::timer::Timer;
use super::voice::{FrameLength, VoiceOrder};
use crate::words::{Mono, PEOPLE_MAX, PeerId};

/// 64 kbit/s in frames of 5 ms.
const VOICE_FRAME_BYTES: usize = 40;

/// The encoder is asked for key frames no more often.
const KEY_EVERY_NS: i64 = 250_000_000;

/// Where the answer was no key frame, as when there were no pictures at that moment, it is asked for again.
const KEY_AGAIN_NS: i64 = 1_000_000_000;

/// A timer never runs out at once, or one that is never satisfied would stop everything else.
const BREATH_NS: i64 = 500_000;

/// The sending side, for all peers together.
pub struct Show {
    pacer: Pacer,
    ladder: Ladder,
    copies: Copies,
    plan: Option<Plan>,
    /// Who cannot do anything with a delta.
    needs_key: [bool; PEOPLE_MAX],
    /// Somebody wants a key frame, and it has not been asked for yet.
    wanted: bool,
    asked_at: Option<Mono>,
}

/// One peer's side.
pub struct Shown {
    assembler: Assembler,
    kept: KeptKeyFrames,
    /// What came of theirs.
    pub receipts: Receipts,
    /// For the figures of each second.
    pub figures: Figures,
}

impl Show {
    /// Nobody looks yet.
    pub fn new(now: Mono) -> Show {
        let ladder = Ladder::new(VOICE_FRAME_BYTES, now);
        let pacer = Pacer::new(ladder.plan().pace_kbps);
        Show {
            pacer,
            ladder,
            copies: Copies::default(),
            plan: None,
            needs_key: [true; PEOPLE_MAX],
            wanted: false,
            asked_at: None,
        }
    }
}

impl Shown {
    /// Nothing came yet.
    pub fn new(now: Mono) -> Shown {
        Shown {
            assembler: Assembler::new(),
            kept: KeptKeyFrames::new(),
            receipts: Receipts::new(now),
            figures: Figures::default(),
        }
    }

    /// How long a question and its answer take.
    pub fn set_rtt(&mut self, rtt_ns: i64) {
        self.assembler.set_rtt(rtt_ns);
    }
}

impl Mesh {
    /// Somebody new looks.
    pub(super) fn begin_pictures(&mut self, peer: PeerId, now: Mono) {
        // What waits was sealed with keys of the past.
        self.show.pacer.forget(peer);
        self.show.ladder.join(peer, now);
        self.follow_plan(now);
        self.resume_pictures(peer, now);
    }

    /// They are back, or new: they need a key frame.
    pub(super) fn resume_pictures(&mut self, peer: PeerId, now: Mono) {
        self.show.needs_key[peer.index()] = true;
        self.want_key_frame(now);
    }

    /// Nobody is known to look there.
    pub(super) fn pause_pictures(&mut self, peer: PeerId) {
        self.show.pacer.forget(peer);
        self.show.needs_key[peer.index()] = true;
    }

    /// They are gone.
    pub(super) fn forget_pictures(&mut self, peer: PeerId, now: Mono) {
        self.pause_pictures(peer);
        self.show.copies.forget(peer);
        self.show.ladder.set_copies(self.show.copies.chosen());
        self.show.ladder.leave(peer, now);
        self.follow_plan(now);
    }

    /// Asks our encoder for a key frame, now or as soon as it was not asked a moment ago.
    pub(super) fn want_key_frame(&mut self, now: Mono) {
        self.show.wanted = true;
        let since_ns = self.show.asked_at.map_or(i64::MAX, |asked| now.since(asked));
        if since_ns < KEY_EVERY_NS {
            self.timers.set_by(Timer::Ladder, now.offset(KEY_EVERY_NS - since_ns));
            return;
        }
        self.show.wanted = false;
        self.show.asked_at = Some(now);
        self.out.happened(Event::KeyFrameWanted);
    }

    /// The ladder looks around.
    pub(super) fn tick_ladder(&mut self, now: Mono) {
        if self.show.wanted {
            self.want_key_frame(now);
        }
        self.show.ladder.tick(now);
        self.follow_plan(now);
    }

    /// Our encoder makes frames of this length from now on.
    pub(super) fn set_frame_length(&mut self, length: FrameLength, now: Mono) {
        self.show.copies.set_frame_length(length);
        self.show.ladder.set_copies(self.show.copies.chosen());
        self.show.ladder.set_frame_length(length);
        self.follow_plan(now);
    }

    /// How the road to this peer is, in its own words.
    pub(super) fn climb(&mut self, peer: PeerId, report: &super::report::Report, now: Mono) {
        self.show.copies.learn(peer, report);
        self.show.ladder.set_copies(self.show.copies.chosen());
        self.show.ladder.handle(peer, report, now);
        self.follow_plan(now);
    }

    /// Is the uplink so narrow that there are no pictures? Then everything but voice has to be brief.
    pub(super) fn is_narrow(&self) -> bool {
        self.show.plan.is_some_and(|plan| plan.picture.is_none())
    }

    fn follow_plan(&mut self, now: Mono) {
        let plan = self.show.ladder.plan();
        let before = self.show.plan.replace(plan);
        if before.is_none_or(|before| before.voice != plan.voice) {
            self.paths.voice.give(VoiceOrder::Plan(plan.voice));
        }
        if before.is_none_or(|before| before.picture != plan.picture) {
            self.out.happened(Event::PictureOrder(plan.picture));
        }
        if before.is_some_and(|before| before.narrow) != plan.narrow {
            self.out.happened(Event::Narrow(plan.narrow));
        }
        if before.is_none_or(|before| before.pace_kbps != plan.pace_kbps) {
            self.show.pacer.set_rate(plan.pace_kbps);
            self.timers.set(Timer::Pace, now);
        }
        for peer in PeerId::all() {
            let none = |plan: Plan| plan.layers[peer.index()] == Layers::None;
            if before.is_some_and(none) && !none(plan) {
                self.resume_pictures(peer, now);
            }
        }
        if let Some(at) = self.show.ladder.wait_until() {
            self.timers.set_by(Timer::Ladder, at.max(now.offset(BREATH_NS)));
        }
    }

    /// One picture of ours, to whoever gets it.
    pub(super) fn on_picture(&mut self, (key, layer): (bool, u8), picture: &[u8], taken: Mono, now: Mono) {
        let (Some(me), stamp_ms, Some(plan)) = (self.me.id, self.stamp_ms(taken), self.show.plan) else { return };
        if plan.picture.is_none() {
            return;
        }
        let mut waits_for_key = false;
        for peer in self.linked() {
            let Some(live) = self.links[peer.index()].as_mut().and_then(|link| link.live_mut()) else { continue };
            let (needs_key, layers) = (&mut self.show.needs_key[peer.index()], plan.layers[peer.index()]);
            if live.silent.is_some() || !allows(layers, key, layer) {
                continue;
            }
            if *needs_key && !key {
                waits_for_key = true;
                continue;
            }
            let Some((sequence, mut pieces)) = seal_picture(&mut live.picture, key, me, stamp_ms, picture, plan.piece)
            else {
                // Larger than anything can travel: the encoder has to make a smaller one.
                self.want_key_frame(now);
                return;
            };
            *needs_key = false;
            if key && live.shown.figures.is_lossy() {
                repeat_tail(&mut pieces);
            }
            self.show.pacer.offer(peer, sequence, key, pieces, now);
        }
        let since_ns = self.show.asked_at.map_or(i64::MAX, |asked| now.since(asked));
        if waits_for_key && since_ns >= KEY_AGAIN_NS {
            self.want_key_frame(now);
        }
        self.pace(now);
    }

    /// Sends what may go now.
    pub(super) fn pace(&mut self, now: Mono) {
        while let Some(piece) = self.show.pacer.next(now) {
            let Some(live) = self.links[piece.peer.index()].as_mut().and_then(|link| link.live_mut()) else { continue };
            if piece.key && !piece.again {
                live.shown.kept.keep(piece.sequence, piece.fragment, &piece.bytes);
            }
            self.out.send(live.road, piece.bytes);
        }
        for peer in PeerId::all() {
            if self.show.pacer.take_dropped(peer) {
                self.resume_pictures(peer, now);
            }
        }
        match self.show.pacer.wait_until() {
            Some(at) => self.timers.set(Timer::Pace, at.max(now.offset(BREATH_NS))),
            None => self.timers.stop(Timer::Pace),
        }
    }

    /// Parts of a key frame did not arrive.
    pub(super) fn on_nack(&mut self, peer: PeerId, nack: &Nack, now: Mono) {
        let Some(live) = self.live(peer) else { return };
        for (fragment, bytes) in live.shown.kept.ask(nack) {
            self.show.pacer.resend(peer, nack.sequence, fragment, bytes);
        }
        self.pace(now);
    }

    /// A piece of a picture of theirs.
    pub(super) fn on_piece(&mut self, peer: PeerId, header: Header, sequence: u64, payload: &[u8], now: Mono) {
        let Some(live) = self.live(peer) else { return };
        live.shown.receipts.piece(sequence, header.fragments, payload.len());
        let fragment = Fragment {
            sequence,
            key: header.kind == Kind::KeyPicture,
            fragment: header.fragment,
            fragments: header.fragments,
            timestamp_ms: header.timestamp_ms,
            payload,
        };
        live.shown.assembler.handle(&fragment, now);
        self.gather(peer, now);
    }

    /// What has become of their pictures.
    pub(super) fn gather(&mut self, peer: PeerId, now: Mono) {
        while let Some(assembly) = self.live(peer).and_then(|live| live.shown.assembler.poll(now)) {
            match assembly {
                Assembly::Picture(picture) => self.out.happened(Event::Picture {
                    peer,
                    sequence: picture.sequence,
                    key: picture.key,
                    after_gap: picture.after_gap,
                    timestamp_ms: picture.timestamp_ms,
                    bytes: picture.bytes,
                }),
                Assembly::Ask(nack) => self.tell(peer, &Message::Nack(nack), now),
                Assembly::Lost { key: true, .. } => self.tell(peer, &Message::KeyFrameWanted, now),
                // The decoder shows the picture before it a little longer.
                Assembly::Lost { key: false, .. } => {}
            }
        }
        match self.live(peer).and_then(|live| live.shown.assembler.wait_until()) {
            Some(at) => self.timers.set(Timer::Picture(peer), at.max(now.offset(BREATH_NS))),
            None => self.timers.stop(Timer::Picture(peer)),
        }
    }
}

/// Key frames are for all who get any picture.
fn allows(layers: Layers, key: bool, layer: u8) -> bool {
    match layers {
        Layers::None => false,
        Layers::Quarter => key || layer == 0,
        Layers::Half => key || layer <= 1,
        Layers::All => true,
    }
}

type Pieces = Vec<(u8, Vec<u8>)>;

/// A picture as datagrams, and its number; `None` if it cannot travel.
fn seal_picture(
    sealer: &mut Sealer,
    key: bool,
    me: PeerId,
    stamp_ms: u32,
    picture: &[u8],
    piece: usize,
) -> Option<(u64, Pieces)> {
    let pieces = split(picture, piece).ok()?;
    let kind = if key { Kind::KeyPicture } else { Kind::DeltaPicture };
    let mut sealer = sealer.begin_picture(kind, me.number(), stamp_ms, u8::try_from(pieces.len()).ok()?);
    let mut datagram = [0; DATAGRAM_MAX];
    let sealed = pieces.map(|(fragment, _, piece)| {
        let length = sealer.seal(piece, &mut datagram);
        (fragment, datagram[..length].to_vec())
    });
    let sealed = sealed.collect();
    Some((sealer.sequence(), sealed))
}
