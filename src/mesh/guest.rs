// SPDX-License-Identifier: MIT
//! The guest's side of a join: ask at every address of the invite, bring the cookie back, come in.
//!
//! ```text
//!  Ask to all addresses --COOKIE--> HELLO to the first that answered --WELCOME--> CONFIRM --first sealed word--> in
//!        ^                             |  no WELCOME
//!        '-----------------------------'  (or notices: the host is being asked, or has no room or time for us)
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

/// When what is said to people; the last word within ten seconds, whenever it was looked last.
const FIRST_WORD_NS: i64 = 3_000_000_000;
const LAST_WORD_NS: i64 = 9_500_000_000;

/// When the pace of asking changes.
const STEADY_AFTER_NS: i64 = 3_000_000_000;
const PATIENT_AFTER_NS: i64 = 10_000_000_000;

/// An attempt that led nowhere for so long is made anew, perhaps at another address. The first is given up sooner: the
/// next tells whether the way was lost or the key is wrong.
const FIRST_ATTEMPT_NS: i64 = 1_500_000_000;
const ATTEMPT_NS: i64 = 3_000_000_000;
const OTHER_ADDRESS_NS: i64 = 1_000_000_000;
/// Without a wait notice for so long nobody is being asked any more.
const WAIT_NOTICE_NS: i64 = 5_000_000_000;

/// A lost host may come back on the old keys: that way is tried first.
const REJOIN_AFTER_NS: i64 = 500_000_000;
const REJOIN_DELAY_NS: i64 = 300_000_000;
/// No call lasts a year, whatever a host says: beyond some centuries there are no numbers.
const AGE_NS_MAX: i64 = 365 * 86_400 * 1_000_000_000;

/// The call was full when we came back: somebody may leave.
const FULL_NS: i64 = 10_000_000_000;
/// The host said no when we came back: it should not have to say it all the time.
const DECLINED_NS: i64 = 60_000_000_000;

/// What a guest knows of the way in.
pub struct GuestSide {
    invite: Invite,
    /// Under way.
    join: Option<Join>,
    /// To be told once the host has shown that we are in.
    entering: Option<Event>,
    /// With this the host takes us in again without asking.
    return_key: Option<PairKey>,
    /// We were in once: from then on every way in is a way back.
    was_in: bool,
    /// The host said BYE: nobody new can come, and there is no way back.
    pub host_left: bool,
}

struct Join {
    since: Mono,
    /// We ask whether anybody is there, since.
    asking: Mono,
    /// Somebody answered last.
    answered: Mono,
    /// We were in before.
    again: bool,
    /// What was asked of each address of the invite.
    asks: Vec<(SocketAddr, u64)>,
    /// Addresses that answered, not tried yet.
    spare: Vec<(SocketAddr, [u8; COOKIE_LEN])>,
    attempt: Option<Attempt>,
    attempts: u32,
    /// Addresses whose host gave a cookie and then no WELCOME. Once that may be the way; twice it is the host.
    fruitless: Vec<SocketAddr>,
    told_silent: bool,
    told_unreachable: bool,
    told_wrong_key: bool,
    told_crowded: bool,
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
    /// The host has said that it has no room or no time for it.
    busy: bool,
}

impl GuestSide {
    /// Before the first word.
    pub fn new(invite: Invite) -> GuestSide {
        GuestSide { invite, join: None, entering: None, return_key: None, was_in: false, host_left: false }
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
            asking: now,
            answered: now,
            again,
            asks: Vec::new(),
            spare: Vec::new(),
            attempt: None,
            attempts: 0,
            fruitless: Vec::new(),
            told_silent: false,
            told_unreachable: false,
            told_wrong_key: false,
            told_crowded: false,
            told_waiting: false,
        }
    }

    /// Does the attempt lead nowhere?
    fn is_stuck(&self, now: Mono) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| match attempt.waiting {
            Some(notice) => now.since(notice) >= WAIT_NOTICE_NS,
            None if !self.spare.is_empty() => now.since(attempt.since) >= OTHER_ADDRESS_NS,
            None if self.again || self.attempts > 1 => now.since(attempt.since) >= ATTEMPT_NS,
            None => now.since(attempt.since) >= FIRST_ATTEMPT_NS,
        })
    }

    /// Everybody is asked anew. Answers the address whose host has answered twice and not let us further.
    fn give_up_attempt(&mut self, now: Mono) -> Option<SocketAddr> {
        let attempt = self.attempt.take()?;
        self.asks.clear();
        self.asking = now;
        if attempt.waiting.is_some() {
            // We were as good as there: whatever is said from here on begins here.
            let (attempts, told_waiting) = (self.attempts, self.told_waiting);
            *self = Join { attempts, told_waiting, ..Join::new(self.again, now) };
            return None;
        }
        if attempt.busy {
            // Nobody has looked at what we came with: the same is shown again.
            self.attempts -= 1;
            return None;
        }
        let known = self.fruitless.contains(&attempt.address);
        if !known {
            self.fruitless.push(attempt.address);
        }
        known.then_some(attempt.address)
    }

    fn is_waiting(&self) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| attempt.waiting.is_some())
    }

    fn pause_ns(&self, now: Mono) -> i64 {
        let tried_ns = now.since(self.since);
        match () {
            () if self.is_waiting() => WAITING_NS,
            () if self.again || tried_ns >= PATIENT_AFTER_NS => PATIENT_NS,
            () if self.attempt.as_ref().is_some_and(|attempt| attempt.busy) => WAITING_NS,
            () if tried_ns < STEADY_AFTER_NS => QUICK_NS,
            () => STEADY_NS,
        }
    }

    /// When HELLO is said next: what is to be said to people meanwhile is not said late.
    fn next_hello(&self, now: Mono) -> Mono {
        let next = now.offset(self.pause_ns(now));
        let word = self.answered.offset(LAST_WORD_NS);
        let is_told = self.again || self.told_unreachable || self.attempt.is_some();
        if is_told || word <= now { next } else { next.min(word) }
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
        side.join = Some(Join::new(side.was_in, now));
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
        let fruitless = if join.is_stuck(now) { join.give_up_attempt(now) } else { None };
        if let Some(attempt) = &join.attempt {
            self.out.send(attempt.address, attempt.datagram.clone());
        } else if let Some((address, cookie)) = join.spare.pop() {
            self.attempt(address, cookie, now);
        } else {
            if join.asks.is_empty() {
                for address in &side.invite.addresses {
                    // Two answers of one host at the same moment would say no more than one.
                    if !join.asks.iter().any(|(asked, _)| asked == address) {
                        join.asks.push((*address, self.random.u64()));
                    }
                }
            }
            for (address, token) in &join.asks {
                self.out.send(*address, Clear::Hello { token: *token, hello: Hello::Ask }.datagram(NOBODY));
            }
        }
        if let Some(address) = fruitless {
            self.tell_fruitless(address);
        }
        self.tell_how_it_goes(now);
        if let Some(next) = self.joining().map(|join| join.next_hello(now)) {
            self.timers.set(Timer::Hello, next);
        }
    }

    /// The host there gives cookies and nothing else, not even word that it is busy: to whoever has a key because it is
    /// another.
    fn tell_fruitless(&mut self, address: SocketAddr) {
        let Role::Guest(side) = &mut self.role else { return };
        if side.invite.key.is_none() {
            return self.tell_crowded(address);
        }
        if let Some(join) = side.join.as_mut().filter(|join| !join.again && !join.told_wrong_key) {
            (join.told_wrong_key, join.told_waiting) = (true, false);
            self.out.happened(Event::WrongKey { address });
        }
    }

    fn tell_crowded(&mut self, address: SocketAddr) {
        if let Some(join) = self.joining().filter(|join| !join.again && !join.told_crowded) {
            (join.told_crowded, join.told_waiting) = (true, false);
            self.out.happened(Event::Crowded { address });
        }
    }

    fn tell_how_it_goes(&mut self, now: Mono) {
        let Role::Guest(side) = &mut self.role else { return };
        // An attempt is under way only where somebody has answered.
        let Some(join) = side.join.as_mut().filter(|join| !join.again && join.attempt.is_none()) else { return };
        let (asked_ns, silent_ns) = (now.since(join.asking), now.since(join.answered));
        let after_ms = (silent_ns / 1_000_000) as u64;
        let tried = || side.invite.addresses.clone();
        if silent_ns >= LAST_WORD_NS && !join.told_unreachable {
            join.told_unreachable = true;
            self.out.happened(Event::Unreachable { after_ms, tried: tried() });
        } else if asked_ns >= FIRST_WORD_NS && !join.told_silent {
            (join.told_silent, join.told_waiting) = (true, false);
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
        join.answered = now;
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
        join.attempt = Some(Attempt { address, token, datagram, initiator, since: now, waiting: None, busy: false });
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

    /// The host has no room or no time for us: that says nothing about our key.
    pub(super) fn on_busy(&mut self, token: u64) {
        let Some(join) = self.joining() else { return self.counts.add(Refusal::Stranger) };
        let Some(attempt) = join.attempt.as_mut().filter(|attempt| attempt.token == token) else {
            return self.counts.add(Refusal::Stranger);
        };
        attempt.busy = true;
        let address = attempt.address;
        join.fruitless.clear();
        self.tell_crowded(address);
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
        if !join.again {
            self.refuse(why);
            self.end(Over::Refused(why));
            return;
        }
        // The call goes on for us with whom we still hear; nobody need know that there is no way back yet.
        let Role::Guest(side) = &mut self.role else { return };
        if why == Refused::Over {
            side.join = None;
            side.host_left = true;
            self.timers.stop(Timer::Hello);
            self.end_if_alone();
        } else {
            side.join = Some(Join::new(true, now));
            let pause_ns = if why == Refused::Declined { DECLINED_NS } else { FULL_NS };
            self.timers.set(Timer::Hello, now.offset(pause_ns));
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
        // They do not know of us before the host does: until then nobody need be sent anything.
        for member in roster.members().filter(|member| member.id != PeerId::HOST && member.id != me) {
            self.links[member.id.index()] = Some(Link::new(member.incarnation, &member.candidates, now));
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
        side.was_in = true;
        self.timers.stop(Timer::Hello);
        if let Some(joined) = side.entering.take() {
            self.out.happened(joined);
            self.tell_roster();
            for peer in PeerId::all().filter(|peer| *peer != PeerId::HOST && self.links[peer.index()].is_some()) {
                self.timers.set(Timer::Knock(peer), now);
            }
            self.begin_figures(now);
        }
    }
}
