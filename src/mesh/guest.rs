// SPDX-License-Identifier: MIT
//! The guest's side of a join: ask at every address of the invite, bring the cookie back, come in.
//!
//! ```text
//!  Ask to all addresses --COOKIE--> HELLO to the first that answered --WELCOME--> CONFIRM --first sealed word--> in
//!        ^                             |  3 s without WELCOME
//!        '-----------------------------'  (or wait notices: the host is being asked)
//! ```
//!
//! The same happens again by itself when the host was lost without a BYE.

use super::control::clear::{Clear, Hello, Proof, prologue};
use super::control::greeting::{Greeting, REVISION, Welcome};
use super::event::{Event, Left, Over};
use super::figures::Refusal;
use super::handshake::Initiator;
use super::handshake::cookie::COOKIE_LEN;
use super::header::NOBODY;
use super::invite::Invite;
use super::link::Link;
use super::roster::PairKey;
use super::seal::Secret;
use super::timer::Timer;
use super::voice::VoiceOrder;
use super::{Mesh, Refused, Role, Stage};
use crate::words::{Mono, PeerId, SessionLine};
use core::net::SocketAddr;

/// How often HELLO is said: at first, then, and when nobody may be there at all.
const QUICK_NS: i64 = 200_000_000;
const STEADY_NS: i64 = 500_000_000;
const PATIENT_NS: i64 = 2_000_000_000;
/// While the host is being asked.
const WAITING_NS: i64 = 1_000_000_000;

/// When what is said to people.
const FIRST_WORD_NS: i64 = 3_000_000_000;
const LAST_WORD_NS: i64 = 10_000_000_000;

/// An attempt that led nowhere for so long is made anew, perhaps at another address.
const ATTEMPT_NS: i64 = 3_000_000_000;
const OTHER_ADDRESS_NS: i64 = 1_000_000_000;
/// Without a wait notice for so long nobody is being asked any more.
const WAIT_NOTICE_NS: i64 = 5_000_000_000;

/// A lost host may come back on the old keys: that way is tried first.
const REJOIN_AFTER_NS: i64 = 500_000_000;
const REJOIN_DELAY_NS: i64 = 300_000_000;
/// No call lasts a year, whatever a host says: beyond some centuries there are no numbers.
const AGE_NS_MAX: i64 = 365 * 86_400 * 1_000_000_000;

/// The call was full when we came back.
const FULL_NS: i64 = 10_000_000_000;

/// What a guest knows of the way in.
pub struct GuestSide {
    invite: Invite,
    /// Under way.
    join: Option<Join>,
    /// To be told once the host has shown that we are in.
    entering: Option<Event>,
    /// With this the host takes us in again without asking.
    return_key: Option<PairKey>,
    /// The host said BYE: nobody new can come, and there is no way back.
    pub host_left: bool,
}

struct Join {
    since: Mono,
    /// We were in before.
    again: bool,
    /// What was asked of each address of the invite.
    asks: Vec<(SocketAddr, u64)>,
    /// Addresses that answered, not tried yet.
    spare: Vec<(SocketAddr, [u8; COOKIE_LEN])>,
    attempt: Option<Attempt>,
    attempts: u32,
    /// A host answered first.
    answered: Option<Mono>,
    told_silent: bool,
    told_unreachable: bool,
    told_wrong_key: bool,
    told_waiting: bool,
}

struct Attempt {
    address: SocketAddr,
    token: u64,
    datagram: Vec<u8>,
    initiator: Initiator,
    since: Mono,
    /// The last wait notice.
    waiting: Option<Mono>,
}

impl GuestSide {
    /// Before the first word.
    pub fn new(invite: Invite) -> GuestSide {
        GuestSide { invite, join: None, entering: None, return_key: None, host_left: false }
    }

    /// What to come in with: as the invite has it, or as somebody who was in before. A host that was started anew
    /// knows nobody who was.
    fn proof(&self, again: bool) -> (Proof, Secret) {
        match (&self.return_key, &self.invite.key) {
            (Some(key), _) if again => (Proof::Return, Secret::new(key.0)),
            (_, Some(key)) => (Proof::Invite, key.psk()),
            (_, None) => (Proof::Nothing, Secret::NONE),
        }
    }
}

impl Join {
    fn new(again: bool, now: Mono) -> Join {
        Join {
            since: now,
            again,
            asks: Vec::new(),
            spare: Vec::new(),
            attempt: None,
            attempts: 0,
            answered: None,
            told_silent: false,
            told_unreachable: false,
            told_wrong_key: false,
            told_waiting: false,
        }
    }

    /// Does the attempt lead nowhere?
    fn is_stuck(&self, now: Mono) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| match attempt.waiting {
            Some(notice) => now.since(notice) >= WAIT_NOTICE_NS,
            None if self.spare.is_empty() => now.since(attempt.since) >= ATTEMPT_NS,
            None => now.since(attempt.since) >= OTHER_ADDRESS_NS,
        })
    }

    fn is_waiting(&self) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| attempt.waiting.is_some())
    }

    fn pause_ns(&self, now: Mono) -> i64 {
        let tried_ns = now.since(self.since);
        match () {
            () if self.is_waiting() => WAITING_NS,
            () if self.again || tried_ns >= LAST_WORD_NS => PATIENT_NS,
            () if tried_ns < FIRST_WORD_NS => QUICK_NS,
            () => STEADY_NS,
        }
    }
}

impl Mesh {
    fn joining(&mut self) -> Option<&mut Join> {
        match &mut self.role {
            Role::Guest(side) => side.join.as_mut(),
            Role::Host(_) => None,
        }
    }

    /// From the beginning; what was said to people before stays said.
    pub(super) fn begin_join(&mut self, now: Mono) {
        for peer in PeerId::all() {
            self.drop_link(peer, Left::Replaced);
        }
        self.stage = Stage::Joining;
        self.me.id = None;
        let Role::Guest(side) = &mut self.role else { return };
        side.entering = None;
        side.join = Some(Join::new(false, now));
        self.timers.set(Timer::Hello, now);
    }

    /// The host was lost without a word.
    pub(super) fn begin_rejoin(&mut self, now: Mono) {
        let Role::Guest(side) = &mut self.role else { return };
        if !side.host_left {
            side.join = Some(Join::new(true, now));
            self.timers.set(Timer::Hello, now.offset(REJOIN_AFTER_NS));
        }
    }

    /// HELLO, once more.
    pub(super) fn say_hello(&mut self, now: Mono) {
        let Role::Guest(side) = &mut self.role else { return };
        let Some(join) = &mut side.join else { return };
        if join.is_stuck(now) {
            join.attempt = None;
            join.asks.clear();
        }
        if let Some(attempt) = &join.attempt {
            self.out.send(attempt.address, attempt.datagram.clone());
        } else if let Some((address, cookie)) = join.spare.pop() {
            self.attempt(address, cookie, now);
        } else {
            if join.asks.is_empty() {
                join.asks = side.invite.addresses.iter().map(|address| (*address, self.random.u64())).collect();
            }
            for (address, token) in &join.asks {
                self.out.send(*address, Clear::Hello { token: *token, hello: Hello::Ask }.datagram(NOBODY));
            }
        }
        self.tell_how_it_goes(now);
        let Some(join) = self.joining() else { return };
        let pause_ns = join.pause_ns(now);
        self.timers.set(Timer::Hello, now.offset(pause_ns));
    }

    fn tell_how_it_goes(&mut self, now: Mono) {
        let Role::Guest(side) = &mut self.role else { return };
        let Some(join) = side.join.as_mut().filter(|join| !join.again && !join.is_waiting()) else { return };
        let tried_ns = now.since(join.since);
        let after_ms = (tried_ns / 1_000_000) as u64;
        let tried = || side.invite.addresses.clone();
        if let (Some(answered), true) = (join.answered, side.invite.key.is_some()) {
            if now.since(answered) >= FIRST_WORD_NS && !join.told_wrong_key {
                join.told_wrong_key = true;
                let address = join.attempt.as_ref().map_or(side.invite.addresses[0], |attempt| attempt.address);
                self.out.happened(Event::WrongKey { address });
            }
        } else if tried_ns >= LAST_WORD_NS && !join.told_unreachable {
            join.told_unreachable = true;
            self.out.happened(Event::Unreachable { after_ms, tried: tried() });
        } else if tried_ns >= FIRST_WORD_NS && !join.told_silent {
            join.told_silent = true;
            self.out.happened(Event::HostSilent { after_ms, tried: tried() });
        }
    }

    /// A host answers there.
    pub(super) fn on_cookie(&mut self, token: u64, cookie: [u8; COOKIE_LEN], now: Mono) {
        let Some(join) = self.joining() else { return self.counts.add(Refusal::Stranger) };
        let Some(at) = join.asks.iter().position(|(_, asked)| *asked == token) else {
            return self.counts.add(Refusal::Stranger);
        };
        // Where we asked, not where the answer seems to come from: that anybody on the way could write.
        let (address, _) = join.asks.swap_remove(at);
        join.answered.get_or_insert(now);
        if join.attempt.is_some() || join.again {
            join.spare.push((address, cookie));
            if join.again {
                self.timers.set_by(Timer::Hello, now.offset(REJOIN_DELAY_NS));
            }
            return;
        }
        self.attempt(address, cookie, now);
        self.timers.set(Timer::Hello, now.offset(QUICK_NS));
    }

    fn attempt(&mut self, address: SocketAddr, cookie: [u8; COOKIE_LEN], now: Mono) {
        let own = self.own_candidates();
        let Role::Guest(side) = &mut self.role else { return };
        let returns = side.join.as_ref().is_some_and(|join| join.again && join.attempts.is_multiple_of(2));
        let (proof, psk) = side.proof(returns);
        let Some(join) = &mut side.join else { return };
        let token = self.random.u64();
        let before = prologue(token, &Hello::Join { proof, cookie, noise: &[] });
        let mut initiator = Initiator::new(&psk, &before, &mut self.random);
        let greeting =
            Greeting { revision: REVISION, person: self.me.person, name: self.me.name.clone(), candidates: own };
        let noise = initiator.first(&greeting.bytes());
        let hello = Hello::Join { proof, cookie, noise: &noise };
        let datagram = Clear::Hello { token, hello }.datagram(NOBODY);
        self.out.send(address, datagram.clone());
        join.attempts += 1;
        join.attempt = Some(Attempt { address, token, datagram, initiator, since: now, waiting: None });
    }

    /// The host is being asked.
    pub(super) fn on_wait(&mut self, token: u64, now: Mono) {
        let Some(join) = self.joining() else { return self.counts.add(Refusal::Stranger) };
        let Some(attempt) = join.attempt.as_mut().filter(|attempt| attempt.token == token) else {
            return self.counts.add(Refusal::Stranger);
        };
        attempt.waiting = Some(now);
        let address = attempt.address;
        if !core::mem::replace(&mut join.told_waiting, true) && !join.again {
            self.out.happened(Event::Waiting { address });
        }
    }

    /// The host's answer, if this is one.
    pub(super) fn on_host_welcome(&mut self, token: u64, noise: &[u8], now: Mono) -> bool {
        let Some(join) = self.joining() else { return false };
        let Some(attempt) = join.attempt.as_mut().filter(|attempt| attempt.token == token) else { return false };
        let road = attempt.address;
        let opened = attempt.initiator.finish(noise).ok();
        let welcome = opened.and_then(|(keys, payload)| Some((keys, Welcome::read(&payload)?)));
        match welcome {
            None => self.counts.add(Refusal::WrongKey),
            Some((_, Welcome::Refused(why))) => self.on_refused(why, now),
            Some((keys, welcome)) => {
                if self.enter(welcome, now) {
                    self.confirm(PeerId::HOST, road, token, keys, now);
                }
            }
        }
        true
    }

    fn on_refused(&mut self, why: Refused, now: Mono) {
        let Some(join) = self.joining() else { return };
        let again = join.again;
        self.refuse(why);
        if !again {
            self.end(Over::Refused(why));
            return;
        }
        let Role::Guest(side) = &mut self.role else { return };
        if why == Refused::Full {
            side.join = Some(Join::new(true, now));
            self.timers.set(Timer::Hello, now.offset(FULL_NS));
        } else {
            side.join = None;
            side.host_left = true;
            self.timers.stop(Timer::Hello);
            self.end_if_alone();
        }
    }

    /// We have a place. What we knew of an earlier one is void.
    fn enter(&mut self, welcome: Welcome, now: Mono) -> bool {
        let Welcome::In { session, me, incarnation, began, now: host_now, seen_as, return_key, roster } = welcome
        else {
            return false;
        };
        let sane = me != PeerId::HOST && roster.member(me).is_none_or(|member| member.incarnation != incarnation);
        let Some(host) = roster.member(PeerId::HOST).filter(|_| sane) else {
            self.counts.add(Refusal::Nonsense);
            return false;
        };
        for peer in PeerId::all() {
            self.drop_link(peer, Left::Replaced);
        }
        let is_same = self.session == session;
        (self.me.id, self.me.incarnation, self.session) = (Some(me), incarnation, session);
        // Who comes back knows the host's clock better than one message tells it.
        let age_ns = host_now.since(began).clamp(0, AGE_NS_MAX);
        let guess = SessionLine { at: now, session_ns: age_ns, rate_ppm: 0.0 };
        let line = if is_same { self.line } else { guess };
        self.paths.voice.give(VoiceOrder::Me(me));
        self.set_line(line);
        self.links[PeerId::HOST.index()] = Some(Link::new(host.incarnation, &host.candidates, now));
        for member in roster.members().filter(|member| member.id != PeerId::HOST && member.id != me) {
            self.links[member.id.index()] = Some(Link::new(member.incarnation, &member.candidates, now));
            self.timers.set(Timer::Knock(member.id), now);
        }
        self.roster = *roster;
        self.stage = Stage::In;
        self.timers.stop(Timer::Hello);
        let Role::Guest(side) = &mut self.role else { return false };
        side.join = None;
        side.return_key = Some(return_key);
        side.entering = Some(Event::Joined { me, session, began, line, seen_as: Some(seen_as) });
        true
    }

    /// We wait for the host's first sealed word.
    pub(super) fn is_entering(&self) -> bool {
        matches!(&self.role, Role::Guest(side) if side.entering.is_some())
    }

    /// The link with the host is there, for the first time or again.
    pub(super) fn entered(&mut self, now: Mono) {
        let Role::Guest(side) = &mut self.role else { return };
        side.join = None;
        self.timers.stop(Timer::Hello);
        if let Some(joined) = side.entering.take() {
            self.out.happened(joined);
            self.begin_figures(now);
        }
    }
}
