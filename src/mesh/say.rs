// SPDX-License-Identifier: MIT
//! What we say to those with whom we share keys: sealing and sending, heartbeats, the farewell.

use super::control::Message;
use super::event::Over;
use super::header::{DATAGRAM_MAX, Kind};
use super::inbound::InboundOrder;
use super::roster::CANDIDATES_MAX;
use super::seal::Sealer;
use super::timer::Timer;
use super::voice::VoiceOrder;
use super::{Mesh, Role, Stage};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

/// A sign of life, and what we know, so often.
pub const HEARTBEAT_NS: i64 = 1_000_000_000;

/// BYE is said so often, so far apart.
const BYES: u8 = 3;
const BYE_NS: i64 = 50_000_000;

/// One sealed datagram.
pub fn sealed(sealer: &mut Sealer, kind: Kind, me: PeerId, timestamp_ms: u32, plain: &[u8]) -> Vec<u8> {
    let mut datagram = [0; DATAGRAM_MAX];
    let length = sealer.seal(kind, me.number(), timestamp_ms, plain, &mut datagram);
    datagram[..length].to_vec()
}

impl Mesh {
    /// Session time, as headers carry it.
    pub(super) fn stamp_ms(&self, now: Mono) -> u32 {
        self.line.stamp_ms(now)
    }

    /// Tells a peer something, if we have keys with them.
    pub(super) fn tell(&mut self, peer: PeerId, message: &Message, now: Mono) {
        if let Some(road) = self.links[peer.index()].as_mut().and_then(|link| link.keyed_mut()).map(|live| live.road) {
            self.tell_at(peer, road, message, now);
        }
    }

    /// The same, at another address than usual.
    pub(super) fn tell_at(&mut self, peer: PeerId, to: SocketAddr, message: &Message, now: Mono) {
        self.say(peer, to, Kind::Control, &message.bytes(), now);
    }

    fn say(&mut self, peer: PeerId, to: SocketAddr, kind: Kind, plain: &[u8], now: Mono) {
        let (Some(me), stamp_ms) = (self.me.id, self.stamp_ms(now)) else { return };
        let Some(live) = self.links[peer.index()].as_mut().and_then(|link| link.keyed_mut()) else { return };
        let datagram = sealed(&mut live.control, kind, me, stamp_ms, plain);
        self.out.send(to, datagram);
    }

    /// Everybody with whom we are linked.
    pub(super) fn linked(&self) -> Vec<PeerId> {
        PeerId::all()
            .filter(|peer| self.links[peer.index()].as_ref().is_some_and(|link| link.live().is_some()))
            .collect()
    }

    /// We live, and this is what we know.
    pub(super) fn heartbeat(&mut self, now: Mono) {
        let linked = self.linked();
        let hears = linked.iter().fold(0, |mask, peer| mask | 1 << peer.number());
        let (roster, status) = (self.roster.version, self.me.status);
        for peer in linked {
            let Some(seen_as) = self.live(peer).map(|live| live.road) else { continue };
            self.tell(peer, &Message::Heartbeat { roster, hears, status, seen_as }, now);
        }
        if !self.is_listed() {
            self.tell_candidates(now);
        }
        self.timers.set(Timer::Heartbeat, now.offset(HEARTBEAT_NS));
    }

    /// Does the host's roster tell where we are? As many as fit beside where the host sees us and its home's address.
    fn is_listed(&self) -> bool {
        let listed = self.me.id.and_then(|me| self.roster.member(me)).map_or(&[][..], |own| &own.candidates);
        self.own_candidates().iter().take(CANDIDATES_MAX - 2).all(|own| listed.contains(own))
    }

    /// Our addresses, to everybody: the host hands them on, the others need not wait for that.
    pub(super) fn tell_candidates(&mut self, now: Mono) {
        self.me.told = Some(now);
        if let Role::Host(_) = self.role {
            self.list_own_candidates(now);
            return;
        }
        let addresses = Message::Addresses(self.own_candidates());
        for peer in self.linked() {
            self.tell(peer, &addresses, now);
        }
    }

    /// We go, politely.
    pub(super) fn leave(&mut self, why: Over, now: Mono) {
        self.timers.stop_all();
        self.close_the_door();
        for peer in PeerId::all() {
            self.paths.voice.give(VoiceOrder::Remove { peer });
            self.paths.inbound.give(InboundOrder::Remove { peer });
        }
        if self.links.iter_mut().flatten().all(|link| link.keyed_mut().is_none()) {
            self.end(why);
            return;
        }
        self.stage = Stage::Leaving(BYES);
        self.timers.set(Timer::Bye, now);
    }

    /// BYE, once more.
    pub(super) fn say_bye(&mut self, now: Mono) {
        let Stage::Leaving(left) = self.stage else { return };
        for peer in PeerId::all() {
            let road = self.links[peer.index()].as_mut().and_then(|link| link.keyed_mut()).map(|live| live.road);
            if let Some(road) = road {
                self.say(peer, road, Kind::Bye, &[], now);
            }
        }
        if left > 1 {
            self.stage = Stage::Leaving(left - 1);
            self.timers.set(Timer::Bye, now.offset(BYE_NS));
        } else {
            self.end(Over::Left);
        }
    }
}
