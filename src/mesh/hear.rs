// SPDX-License-Identifier: MIT
//! What we hear: each message finds whom it concerns.

use super::control::Message;
use super::control::clear::{Clear, Hello};
use super::event::Event;
use super::figures::Refusal;
use super::header::{Header, Kind};
use super::inbound::InboundOrder;
use super::link::Stage;
use super::say::HEARTBEAT_NS;
use super::timer::Timer;
use super::voice::VoiceOrder;
use super::{Mesh, Role};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

impl Mesh {
    /// Something in the clear, of anybody.
    pub(super) fn on_clear(&mut self, from: SocketAddr, header: Header, body: &[u8], now: Mono) {
        let Some(clear) = Clear::read(body) else { return self.counts.add(Refusal::Nonsense) };
        match clear {
            Clear::Hello { token, hello: Hello::Ask } => self.give_cookie(from, token, now),
            Clear::Hello { token, hello: hello @ Hello::Join { .. } } => self.on_caller(from, token, hello, now),
            Clear::Hello { token, hello: hello @ Hello::Pair { .. } } => {
                self.on_pair_hello(from, header.sender(), token, hello, now);
            }
            Clear::Cookie { token, cookie } => self.on_cookie(token, cookie, now),
            Clear::Wait { token } => self.on_wait(token, now),
            Clear::Busy { token } => self.on_busy(token),
            Clear::Welcome { token, noise } => self.on_welcome(from, token, noise, now),
            Clear::Punch { tag } => self.on_punch(from, header.sender(), tag),
            Clear::Confirm { token, sealed } => self.on_confirm(from, token, sealed, now),
        }
    }

    /// Something sealed, of somebody we know.
    #[expect(clippy::too_many_arguments, reason = "these are the fields of one input")]
    pub(super) fn on_opened(
        &mut self,
        peer: PeerId,
        from: SocketAddr,
        header: Header,
        sequence: u64,
        payload: &[u8],
        at: Mono,
        now: Mono,
    ) {
        match self.links[peer.index()].as_ref().map(|link| &link.stage) {
            Some(Stage::Confirming(_)) => self.confirmed(peer, now),
            Some(Stage::Live(_)) => {}
            // The receiving thread opened it before it got the order to forget that link.
            Some(Stage::Reaching(_) | Stage::Left) | None => return,
        }
        self.heard(peer, at, now);
        if let (Kind::Control, Some(live)) = (header.kind, self.live(peer)) {
            live.shown.figures.messages.came(sequence);
        }
        match header.kind {
            Kind::Bye => self.on_bye(peer, now),
            Kind::Control => match Message::read(payload) {
                Some(message) => self.on_message(peer, from, message, at, now),
                None => self.counts.add(Refusal::Nonsense),
            },
            Kind::KeyPicture | Kind::DeltaPicture => self.on_piece(peer, header, sequence, payload, now),
            Kind::Voice => {}
        }
    }

    fn on_message(&mut self, peer: PeerId, from: SocketAddr, message: Message, at: Mono, now: Mono) {
        match message {
            Message::Here { roster, .. } => self.on_roster_known(peer, roster, now),
            Message::Roster(roster) if peer == PeerId::HOST => self.adopt_roster(*roster, now),
            Message::Roster(_) => self.counts.add(Refusal::Nonsense),
            Message::Heartbeat { roster, hears, status, seen_as } => {
                let Some(live) = self.live(peer) else { return };
                live.hears = hears;
                if core::mem::replace(&mut live.status, status) != status {
                    self.out.happened(Event::PeerStatus { peer, status });
                }
                self.on_roster_known(peer, roster, now);
                self.on_seen(peer, seen_as, now);
            }
            Message::Ping { t1 } => {
                let narrow = self.is_narrow();
                if self.live(peer).is_some_and(|live| live.pings.may_answer(now, narrow)) {
                    self.tell(peer, &Message::Pong { t1, t2: at, t3: now }, now);
                }
            }
            Message::Pong { t1, t2, t3 } => self.on_pong(peer, t1, t2, t3, at),
            Message::Addresses(addresses) => self.on_addresses(peer, &addresses, now),
            Message::Probe { token } => {
                if let Some(link) = &mut self.links[peer.index()] {
                    link.roads.reply(from, now);
                }
                self.tell_at(peer, from, &Message::ProbeReply { token }, now);
            }
            Message::ProbeReply { token } => self.on_probe_reply(peer, from, token, now),
            Message::Report(report) => self.on_report(peer, &report, now),
            Message::Nack(nack) => self.on_nack(peer, &nack, now),
            Message::KeyFrameWanted => self.want_key_frame(now),
            Message::Tone { session_ns } => self.hear_tone(peer, session_ns, now),
        }
    }

    fn on_roster_known(&mut self, peer: PeerId, version: u32, now: Mono) {
        let ours = self.roster.version;
        let Some(live) = self.live(peer) else { return };
        live.roster = version;
        if version != ours {
            self.is_behind(now);
        }
    }

    /// Behind a router only others know where we are in the wide world.
    fn on_seen(&mut self, peer: PeerId, seen_as: SocketAddr, now: Mono) {
        let before = self.own_candidates();
        self.me.seen_by[peer.index()] = Some(seen_as);
        // Once at once; who is seen elsewhere all the time tells it with the next sign of life.
        if self.own_candidates() != before && self.me.told.is_none_or(|told| now.since(told) >= HEARTBEAT_NS) {
            self.tell_candidates(now);
        }
    }

    fn on_pong(&mut self, peer: PeerId, t1: Mono, t2: Mono, t3: Mono, t4: Mono) {
        let Some(live) = self.live(peer) else { return };
        if live.pings.answer(t1, t2, t3, t4) {
            if let Some(rtt_ns) = live.pings.rtt_ns() {
                live.shown.set_rtt(rtt_ns);
            }
            self.out.happened(Event::TimeSample { peer, t1, t2, t3, t4 });
        }
    }

    fn on_addresses(&mut self, peer: PeerId, addresses: &[SocketAddr], now: Mono) {
        if let Role::Host(_) = self.role {
            self.list_candidates(peer, addresses, now);
        } else if let Some(link) = &mut self.links[peer.index()] {
            link.roads.set_candidates(addresses);
        }
    }

    /// An authentic datagram came from elsewhere: is that where they are now?
    pub(super) fn on_moved(&mut self, peer: PeerId, from: SocketAddr, now: Mono) {
        let Some(link) = &mut self.links[peer.index()] else { return };
        if link.live().is_none_or(|live| live.road == from) {
            return;
        }
        if let Some(token) = link.roads.probe(from, &mut self.random, now) {
            self.tell_at(peer, from, &Message::Probe { token }, now);
        }
    }

    fn on_probe_reply(&mut self, peer: PeerId, from: SocketAddr, token: u64, now: Mono) {
        let Some(link) = &mut self.links[peer.index()] else { return };
        if !link.roads.answered(from, token, now) {
            return;
        }
        let Some(live) = link.live_mut() else { return };
        if core::mem::replace(&mut live.road, from) == from {
            return;
        }
        self.paths.voice.give(VoiceOrder::Road { peer, address: from });
        self.paths.inbound.give(InboundOrder::Road { peer, address: from });
        self.out.happened(Event::PeerMoved { peer, address: from });
        self.list_seen(peer, from, now);
    }

    /// The next question about the time there.
    pub(super) fn ping(&mut self, peer: PeerId, now: Mono) {
        let narrow = self.is_narrow();
        let Some(live) = self.live(peer) else { return };
        let next = live.pings.ask(now, narrow);
        self.tell(peer, &Message::Ping { t1: now }, now);
        self.timers.set(Timer::Ping(peer), next);
    }
}
