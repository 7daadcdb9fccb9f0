// SPDX-License-Identifier: MIT
//! The host's side of a join: cookies, callers, who is let in.

pub mod places;

use super::control::clear::{Clear, Hello, Proof, prologue};
use super::control::greeting::{Greeting, REVISION, Welcome};
use super::door::{Caller, DOUBT_NS, Door, LOOK_NS, Stage};
use super::event::Event;
use super::figures::Refusal;
use super::handshake::{Cookies, Responder};
use super::invite::InviteKey;
use super::random::Random;
use super::roster::PairKey;
use super::seal::Secret;
use super::timer::Timer;
use super::{Admit, Mesh, Refused, Role};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;
use places::Book;

/// Somebody of whom nothing was heard for so long makes room for who comes under the same name.
const MAKES_ROOM_NS: i64 = 1_000_000_000;

/// What the host alone knows.
pub struct HostSide {
    /// Of the invite.
    pub key: Option<InviteKey>,
    /// From which each guest's own key to come back with is made.
    returns: Secret,
    admit: Admit,
    cookies: Cookies,
    door: Door,
    book: Book,
}

impl HostSide {
    /// Nobody is there yet.
    pub fn new(key: Option<InviteKey>, admit: Admit, random: &mut Random) -> HostSide {
        let (cookies, returns) = (Cookies::new(random), Secret::new(random.bytes()));
        HostSide { key, returns, admit, cookies, door: Door::default(), book: Book::default() }
    }

    /// The keys with which somebody may come who shows this, and whom the key shows to be there. Who was in last in
    /// each place may come back; nobody else can as them.
    fn psks(&self, proof: Proof) -> Vec<(Secret, Option<u64>)> {
        match proof {
            Proof::Invite => self.key.iter().map(|key| (key.psk(), None)).collect(),
            Proof::Nothing => vec![(Secret::NONE, None)],
            Proof::Return => {
                let known = self.book.people();
                known.map(|person| (Secret::new(self.return_key(person).0), Some(person))).collect()
            }
        }
    }

    fn return_key(&self, person: u64) -> PairKey {
        PairKey(*self.returns.derive("return", &person.to_be_bytes()).bytes())
    }
}

impl Mesh {
    fn host_side(&mut self) -> Option<&mut HostSide> {
        match &mut self.role {
            Role::Host(side) => Some(side),
            Role::Guest(_) => None,
        }
    }

    /// Somebody asks whether anybody is there.
    pub(super) fn give_cookie(&mut self, from: SocketAddr, token: u64, now: Mono) {
        let Role::Host(side) = &self.role else { return self.counts.add(Refusal::Stranger) };
        let cookie = side.cookies.make(from, now);
        self.out.send(from, Clear::Cookie { token, cookie }.datagram(PeerId::HOST.number()));
    }

    /// Somebody with a cookie wants to come in.
    pub(super) fn on_caller(&mut self, from: SocketAddr, token: u64, hello: Hello<'_>, now: Mono) {
        let Role::Host(side) = &mut self.role else { return self.counts.add(Refusal::Stranger) };
        let Hello::Join { proof, cookie, noise } = hello else { return };
        let keyed = proof != Proof::Nothing;
        if let Some((caller, _)) = side.door.by_token(token) {
            // Who knows the token and is elsewhere has only overheard it.
            if caller.from == from {
                caller.heard = now;
                self.answer_again(token);
            }
            return;
        }
        if !side.cookies.check(from, &cookie, now) {
            return self.counts.add(Refusal::Cookie);
        }
        if !side.door.limit.take(from.ip(), now) {
            return self.say_busy(from, token);
        }
        if side.door.is_spent(token) {
            return self.counts.add(Refusal::Replayed);
        }
        let before = prologue(token, &hello);
        let opened = side.psks(proof).into_iter().find_map(|(psk, person)| {
            let mut responder = Responder::new(&psk, &before, &mut self.random);
            responder.read(noise).ok().map(|greeting| (responder, greeting, person))
        });
        let Some((responder, greeting, person)) = opened else { return self.counts.add(Refusal::WrongKey) };
        let Some(greeting) = Greeting::read(&greeting) else { return self.counts.add(Refusal::Nonsense) };
        if person.is_some_and(|person| person != greeting.person) {
            return self.counts.add(Refusal::WrongKey);
        }
        let asks = !keyed && side.admit == Admit::Ask;
        let open = side.door.renews(&greeting, from).filter(|_| asks && greeting.revision == REVISION);
        // Nobody is asked about one program run under many names.
        if open.is_some_and(|open| !open.same_name) {
            return self.counts.add(Refusal::Nonsense);
        }
        let earlier = side.door.take_earlier(greeting.person, keyed, from);
        self.forget(earlier, open.map(|open| open.ticket));
        let Some(side) = self.host_side() else { return };
        let ticket = open.map_or_else(|| side.door.ticket(), |open| open.ticket);
        let caller = Caller { ticket, token, from, keyed, greeting, heard: now };
        // A question that is open is not a new one: only the host's word or silence ends it.
        if asks && open.is_none() && side.door.declined.hold(&caller, now) {
            self.say_no(&caller, responder, Refused::Declined);
            return;
        }
        if !side.door.make_room(keyed, from) {
            return self.say_busy(from, token);
        }
        self.timers.set_by(Timer::Door, now.offset(LOOK_NS));
        if caller.greeting.revision != REVISION {
            self.turn_away(caller, responder, Refused::Revision, now);
        } else if !asks || open.is_some_and(|open| open.let_in) {
            self.consider(caller, responder, now);
        } else {
            self.knocks(caller, responder, open.is_some());
        }
    }

    /// They went away, or gave earlier attempts up; the question that stays open is asked on.
    fn forget(&mut self, gone: Vec<(Caller, Stage)>, open: Option<u64>) {
        for (caller, stage) in gone {
            if let Some(side) = self.host_side() {
                side.door.spend(caller.token);
            }
            if matches!(stage, Stage::Knocking(_)) && open != Some(caller.ticket) {
                self.out.happened(Event::KnockingStopped { ticket: caller.ticket });
            }
        }
    }

    /// Not now. Who has a key would take silence for a wrong one.
    fn say_busy(&mut self, from: SocketAddr, token: u64) {
        self.counts.add(Refusal::Flood);
        self.out.send(from, Clear::Busy { token }.datagram(PeerId::HOST.number()));
    }

    fn knocks(&mut self, caller: Caller, responder: Responder, is_known: bool) {
        let (token, ticket, name, from) = (caller.token, caller.ticket, caller.greeting.name.clone(), caller.from);
        let Some(side) = self.host_side() else { return };
        side.door.put(caller, Stage::Knocking(responder));
        if !is_known {
            self.out.happened(Event::Knocking { ticket, name, from });
        }
        self.answer_again(token);
    }

    /// The same HELLO gets the same answer.
    fn answer_again(&mut self, token: u64) {
        let Some((caller, stage)) = self.host_side().and_then(|side| side.door.by_token(token)) else { return };
        let from = caller.from;
        let datagram = match stage {
            Stage::Knocking(_) => Clear::Wait { token }.datagram(PeerId::HOST.number()),
            Stage::Doubted { .. } => return,
            Stage::Invited(invited) => invited.datagram.clone(),
            Stage::Refused { datagram, .. } => datagram.clone(),
        };
        self.out.send(from, datagram);
    }

    /// The host's word.
    pub(super) fn on_admit(&mut self, ticket: u64, yes: bool, now: Mono) {
        let asked = self.host_side().and_then(|side| side.door.take_knocking(ticket));
        match asked {
            Some((caller, responder)) if yes => self.consider(caller, responder, now),
            Some((caller, responder)) => {
                if let Some(side) = self.host_side() {
                    side.door.declined.note(&caller, now);
                }
                self.turn_away(caller, responder, Refused::Declined, now);
            }
            None => {}
        }
    }

    /// May come in: is somebody of that name still here?
    fn consider(&mut self, caller: Caller, responder: Responder, now: Mono) {
        let same = self.same_person(caller.greeting.person);
        let namesakes = self.namesakes(&caller.greeting.name);
        let is_quiet = |peer: &PeerId| self.last_heard(*peer).is_none_or(|heard| now.since(heard) > MAKES_ROOM_NS);
        let makes_room = same.or_else(|| namesakes.iter().copied().find(is_quiet));
        if makes_room.is_some() || namesakes.is_empty() {
            self.invite_caller(caller, responder, makes_room, now);
            return;
        }
        let Some(side) = self.host_side() else { return };
        side.door.put(caller, Stage::Doubted { since: now, responder });
        for peer in namesakes {
            self.ping(peer, now);
        }
    }

    /// Who has gone, who has shown that they live?
    pub(super) fn look_at_the_door(&mut self, now: Mono) {
        let Some(side) = self.host_side() else { return };
        let (expired, doubted) = (side.door.expired(now), side.door.doubted());
        self.forget(expired, None);
        for (token, name, since) in doubted {
            self.judge_doubt(token, &name, since, now);
        }
        if self.host_side().is_some_and(|side| !side.door.is_empty()) {
            self.timers.set(Timer::Door, now.offset(LOOK_NS));
        }
    }

    fn judge_doubt(&mut self, token: u64, name: &str, since: Mono, now: Mono) {
        let namesakes = self.namesakes(name);
        let lives = |peer: &PeerId| {
            let link = self.links[peer.index()].as_ref();
            link.and_then(|link| link.live()).is_some_and(|live| live.pings.answered_since(since))
        };
        let mute = namesakes.iter().copied().find(|peer| !lives(peer));
        if mute.is_some() && now.since(since) < DOUBT_NS {
            for peer in namesakes {
                self.ping(peer, now);
            }
            return;
        }
        let doubted = self.host_side().and_then(|side| side.door.take(token));
        if let Some((caller, Stage::Doubted { responder, .. })) = doubted {
            self.invite_caller(caller, responder, mute, now);
        }
    }

    /// No, and why.
    fn turn_away(&mut self, caller: Caller, responder: Responder, why: Refused, now: Mono) {
        let datagram = self.say_no(&caller, responder, why);
        if let Some(side) = self.host_side() {
            side.door.put(caller, Stage::Refused { datagram, at: now });
        }
    }

    /// No, and nothing is kept of it: who asks again costs a handshake of their small share.
    fn say_no(&mut self, caller: &Caller, responder: Responder, why: Refused) -> Vec<u8> {
        let (noise, _) = responder.answer(&Welcome::Refused(why).bytes());
        let datagram = Clear::Welcome { token: caller.token, noise: &noise }.datagram(PeerId::HOST.number());
        self.out.send(caller.from, datagram.clone());
        datagram
    }

    /// The call ends: whoever waits is told.
    pub(super) fn close_the_door(&mut self) {
        let now = self.now;
        let callers = self.host_side().map(|side| side.door.clear()).unwrap_or_default();
        for (caller, stage) in callers {
            if let Stage::Knocking(responder) | Stage::Doubted { responder, .. } = stage {
                self.turn_away(caller, responder, Refused::Over, now);
            }
        }
    }
}
