// SPDX-License-Identifier: MIT
//! Links between any two who are in: both try all roads at once until one works.
//!
//! Who came later begins: HELLO to every address, made with the pair's key; the other sends PUNCH to every
//! address, so that both routers are open, and answers each HELLO where it came from.

use super::control::Message;
use super::control::clear::{Clear, Hello, PUNCH_TAG_LEN, prologue};
use super::event::Event;
use super::figures::Refusal;
use super::handshake::{Initiator, Responder};
use super::header::{Header, Kind};
use super::link::{Answer, Asking, CONFIRM_EVERY_NS, CONFIRM_NS, Confirming, Reaching, Stage};
use super::road::{KNOCK_LEAST_NS, NO_ROAD_NS, PATIENT_AFTER_NS, next_attempt};
use super::roster::PairKey;
use super::say::sealed;
use super::seal::{LinkKeys, Openers, Secret};
use super::timer::Timer;
use super::{Mesh, Role};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

/// Without the host nobody tells us that somebody is gone for good.
const GIVE_UP_NS: i64 = 60_000_000_000;

/// What Noise binds a pair's handshake to.
fn pair_prologue(from: PeerId, token: u64, hello: &Hello<'_>) -> Vec<u8> {
    let mut bytes = vec![from.number()];
    bytes.extend(prologue(token, hello));
    bytes
}

/// What shows that a PUNCH is of somebody who has the pair's key.
fn punch_tag(pair: &PairKey, from: (PeerId, u32), to: (PeerId, u32)) -> [u8; PUNCH_TAG_LEN] {
    let mut context = Vec::new();
    for (id, incarnation) in [from, to] {
        context.push(id.number());
        context.extend(incarnation.to_be_bytes());
    }
    let whole = Secret::new(pair.0).derive("punch", &context);
    core::array::from_fn(|index| whole.bytes()[index])
}

impl Mesh {
    /// The next attempt to make a link.
    pub(super) fn knock(&mut self, peer: PeerId, now: Mono) {
        match self.links[peer.index()].as_ref().map(|link| &link.stage) {
            Some(Stage::Reaching(_)) => self.reach(peer, now),
            Some(Stage::Confirming(confirming)) if now.since(confirming.since) < CONFIRM_NS => {
                self.out.send(confirming.live.road, confirming.datagram.clone());
                self.timers.set(Timer::Knock(peer), now.offset(CONFIRM_EVERY_NS));
            }
            Some(Stage::Confirming(_)) => self.unconfirmed(peer, now),
            Some(Stage::Live(_) | Stage::Left) | None => {}
        }
    }

    fn reach(&mut self, peer: PeerId, now: Mono) {
        let Some(me) = self.me.id else { return };
        // Whatever is said about who sits there now, all addresses of a place are tried no more often.
        let knocked = &mut self.knocked[peer.index()];
        if let Some(due) = knocked.map(|at| at.offset(KNOCK_LEAST_NS)).filter(|due| *due > now) {
            return self.timers.set(Timer::Knock(peer), due);
        }
        *knocked = Some(now);
        self.begin_asking(peer, me);
        let (pair, mine) = (self.pair_key(peer), self.me.incarnation);
        let alone = matches!(&self.role, Role::Guest(side) if side.host_left);
        let Some(link) = &mut self.links[peer.index()] else { return };
        let Stage::Reaching(reaching) = &mut link.stage else { return };
        let tried = link.roads.all();
        let punch;
        let datagram = match &reaching.asking {
            Some(asking) => &asking.datagram,
            None => {
                let Some(pair) = pair else { return };
                let tag = punch_tag(&pair, (me, mine), (peer, link.incarnation));
                punch = Clear::Punch { tag }.datagram(me.number());
                &punch
            }
        };
        for address in &tried {
            self.out.send(*address, datagram.clone());
        }
        let tried_ns = now.since(reaching.since);
        if tried_ns >= NO_ROAD_NS && !reaching.told {
            reaching.told = true;
            self.out.happened(Event::NoRoad { peer, why: link.roads.why_none(), tried });
        }
        self.timers.set(Timer::Knock(peer), next_attempt(reaching.since, now));
        if alone && tried_ns >= GIVE_UP_NS {
            link.stage = Stage::Left;
            self.timers.stop(Timer::Knock(peer));
            self.end_if_alone();
        }
    }

    /// They are knocking from there, and perhaps only there can they be reached.
    pub(super) fn on_punch(&mut self, from: SocketAddr, sender: Option<PeerId>, tag: [u8; PUNCH_TAG_LEN]) {
        let (Some(me), Some(peer)) = (self.me.id, sender) else { return self.counts.add(Refusal::Nonsense) };
        let (pair, mine) = (self.pair_key(peer), self.me.incarnation);
        let (Some(pair), Some(link)) = (pair, &self.links[peer.index()]) else {
            return self.counts.add(Refusal::Stranger);
        };
        let Stage::Reaching(Reaching { asking: Some(asking), .. }) = &link.stage else { return };
        if tag != punch_tag(&pair, (peer, link.incarnation), (me, mine)) {
            return self.counts.add(Refusal::WrongKey);
        }
        if !link.roads.all().contains(&from) {
            self.out.send(from, asking.datagram.clone());
        }
    }

    /// If it is for us to begin and we have not: a handshake.
    fn begin_asking(&mut self, peer: PeerId, me: PeerId) {
        let (mine, Some(pair)) = (self.me.incarnation, self.pair_key(peer)) else { return };
        let Some(link) = &mut self.links[peer.index()] else { return };
        let Stage::Reaching(reaching @ Reaching { asking: None, .. }) = &mut link.stage else { return };
        if mine < link.incarnation {
            return;
        }
        let token = self.random.u64();
        let hello = Hello::Pair { to: peer, from_incarnation: mine, to_incarnation: link.incarnation, noise: &[] };
        let psk = Secret::new(pair.0);
        let mut initiator = Initiator::new(&psk, &pair_prologue(me, token, &hello), &mut self.random);
        let noise = initiator.first(&[]);
        let hello = Hello::Pair { to: peer, from_incarnation: mine, to_incarnation: link.incarnation, noise: &noise };
        let datagram = Clear::Hello { token, hello }.datagram(me.number());
        reaching.asking = Some(Box::new(Asking { token, datagram, initiator }));
    }

    /// Somebody of the call wants a link.
    pub(super) fn on_pair_hello(
        &mut self,
        from: SocketAddr,
        sender: Option<PeerId>,
        token: u64,
        hello: Hello<'_>,
        now: Mono,
    ) {
        let Hello::Pair { to, from_incarnation, to_incarnation, noise } = hello else { return };
        let (Some(me), Some(peer)) = (self.me.id, sender) else { return self.counts.add(Refusal::Nonsense) };
        let for_us = to == me && to_incarnation == self.me.incarnation && from_incarnation > to_incarnation;
        let (pair, Some(link)) = (self.pair_key(peer), &mut self.links[peer.index()]) else {
            return self.counts.add(Refusal::Stranger);
        };
        let Some(pair) = pair.filter(|_| for_us && link.incarnation == from_incarnation) else {
            return self.counts.add(Refusal::Stranger);
        };
        if matches!(link.stage, Stage::Left) {
            return self.counts.add(Refusal::Stranger);
        }
        if let Some(answer) = link.answers.find(token) {
            answer.goes_to(from);
            self.out.send(from, answer.datagram.clone());
            return;
        }
        if link.answers.is_spent(token) {
            return self.counts.add(Refusal::Replayed);
        }
        let psk = Secret::new(pair.0);
        let mut responder = Responder::new(&psk, &pair_prologue(peer, token, &hello), &mut self.random);
        if responder.read(noise).is_err() {
            return self.counts.add(Refusal::WrongKey);
        }
        let (noise, keys) = responder.answer(&[]);
        let datagram = Clear::Welcome { token, noise: &noise }.datagram(me.number());
        self.out.send(from, datagram.clone());
        link.answers.keep(Answer::new(token, datagram, keys, from));
        // They are knocking right now: our side of the road should be open too.
        self.timers.set_by(Timer::Knock(peer), now);
    }

    /// An answer to one of our HELLOs.
    pub(super) fn on_welcome(&mut self, from: SocketAddr, token: u64, noise: &[u8], now: Mono) {
        if self.on_host_welcome(token, noise, now) {
            return;
        }
        for peer in PeerId::all() {
            let Some(link) = &mut self.links[peer.index()] else { continue };
            let Stage::Reaching(Reaching { asking: Some(asking), .. }) = &mut link.stage else { continue };
            if asking.token != token {
                continue;
            }
            match asking.initiator.finish(noise) {
                Ok((keys, _)) => self.confirm(peer, from, token, keys, now),
                Err(_) => self.counts.add(Refusal::WrongKey),
            }
            return;
        }
        self.counts.add(Refusal::Stranger);
    }

    /// We have keys: we listen with them, and show the other side that they work.
    pub(super) fn confirm(&mut self, peer: PeerId, road: SocketAddr, token: u64, keys: LinkKeys, now: Mono) {
        let (Some(me), stamp_ms) = (self.me.id, self.stamp_ms(now)) else { return };
        if self.links[peer.index()].is_none() {
            return;
        }
        let (mut live, voice) = self.listen(peer, road, keys, now);
        let here = Message::Here { token, roster: self.roster.version }.bytes();
        let sealed = sealed(&mut live.control, Kind::Control, me, stamp_ms, &here);
        let datagram = Clear::Confirm { token, sealed: &sealed }.datagram(me.number());
        self.out.send(road, datagram.clone());
        if let Some(link) = &mut self.links[peer.index()] {
            link.stage = Stage::Confirming(Box::new(Confirming { live, voice, since: now, datagram }));
        }
        self.timers.set(Timer::Knock(peer), now.offset(CONFIRM_EVERY_NS));
    }

    /// The first word with the new keys: they have them too.
    pub(super) fn confirmed(&mut self, peer: PeerId, now: Mono) {
        let Some(link) = &mut self.links[peer.index()] else { return };
        let reaching = Stage::Reaching(Reaching { since: now, told: true, asking: None });
        match core::mem::replace(&mut link.stage, reaching) {
            Stage::Confirming(confirming) => {
                let Confirming { live, voice, .. } = *confirming;
                self.go_live(peer, live, voice, now);
            }
            other => link.stage = other,
        }
    }

    /// They do not seem to have the keys: from the beginning.
    fn unconfirmed(&mut self, peer: PeerId, now: Mono) {
        self.cut(peer);
        if peer == PeerId::HOST && self.is_entering() {
            self.begin_join(now);
            return;
        }
        let Some(link) = &mut self.links[peer.index()] else { return };
        link.stage = Stage::Reaching(Reaching { since: now.offset(-PATIENT_AFTER_NS), told: true, asking: None });
        self.timers.set(Timer::Knock(peer), now);
    }

    /// Somebody shows that the keys of an answer of ours work.
    pub(super) fn on_confirm(&mut self, from: SocketAddr, token: u64, sealed: &[u8], now: Mono) {
        if self.on_caller_confirm(token, sealed, now) {
            return;
        }
        for peer in PeerId::all() {
            let Some(link) = &mut self.links[peer.index()] else { continue };
            let Some(answer) = link.answers.find(token) else { continue };
            let Some(roster) = opens(&mut answer.keys.openers, peer, token, sealed) else {
                return self.counts.add(Refusal::WrongKey);
            };
            let Some(answer) = link.answers.take(token) else { return };
            let road = answer.road(from);
            let (mut live, voice) = self.listen(peer, road, answer.keys, now);
            live.roster = roster;
            self.go_live(peer, live, voice, now);
            // If that is where they are now, they will say so.
            self.on_moved(peer, from, now);
            return;
        }
        // Said again after it was heard, most likely.
        self.counts.add(Refusal::Replayed);
    }
}

/// Does this datagram open, and is it the first word of that attempt? Then which roster its sender has.
pub fn opens(openers: &mut Openers, peer: PeerId, token: u64, sealed: &[u8]) -> Option<u32> {
    let header = Header::read(sealed).ok()?;
    if header.kind != Kind::Control || header.sender() != Some(peer) || sealed.get(Header::LEN) != Some(&0) {
        return None;
    }
    let mut datagram = sealed.to_vec();
    let (_, plain) = openers.open(&header, &mut datagram).ok()?;
    match Message::read(&datagram[plain])? {
        Message::Here { token: said, roster } if said == token => Some(roster),
        _ => None,
    }
}
