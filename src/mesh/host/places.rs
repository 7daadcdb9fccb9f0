// SPDX-License-Identifier: MIT
//! Who has which place: promised, taken, given up. The host alone writes the roster.

use crate::mesh::control::Message;
use crate::mesh::control::clear::{Clear, HELLO_LEN};
use crate::mesh::control::greeting::{Greeting, Refusal as Refused, Welcome};
use crate::mesh::door::{Caller, Invited, Stage};
use crate::mesh::event::{Event, Left};
use crate::mesh::figures::Refusal;
use crate::mesh::handshake::Responder;
use crate::mesh::link::Link;
use crate::mesh::pair::opens;
use crate::mesh::road::is_private;
use crate::mesh::roster::{CANDIDATES_MAX, Member, PairKey, Roster, distinct_name};
use crate::mesh::timer::Timer;
use crate::mesh::voice::VoiceOrder;
use crate::mesh::{Mesh, Role};
use crate::words::{Mono, PEOPLE_MAX, PeerId, SessionLine};
use core::net::{IpAddr, SocketAddr};

/// A roster that was not acknowledged is said again.
const ROSTER_NS: i64 = 200_000_000;
/// A roster that has changed waits so long if one went out just now: no member's messages, however many, make us say
/// it more often.
const ROSTER_LEAST_NS: i64 = 50_000_000;
/// So often it is looked whether somebody is heard by nobody, while there is a doubt.
const LOOK_NS: i64 = 250_000_000;

/// What the host remembers of who has a place.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// The program run behind it.
    person: u64,
    /// The name they asked for.
    name: String,
    /// Where the host sees them.
    seen: Option<SocketAddr>,
    /// Where they say they are.
    told: Vec<SocketAddr>,
    /// When they went away, if somebody was here and is not any more.
    left: Option<Mono>,
}

/// The host's book.
#[derive(Debug)]
pub struct Book {
    entries: [Entry; PEOPLE_MAX],
    /// Between each two; both ways the same.
    pairs: [[PairKey; PEOPLE_MAX]; PEOPLE_MAX],
    /// Given to who comes next.
    incarnation: u32,
    /// When the roster was said last.
    told: Option<Mono>,
}

impl Default for Book {
    fn default() -> Book {
        let none = || PairKey([0; 32]);
        let pairs = core::array::from_fn(|_| core::array::from_fn(|_| none()));
        Book { entries: Default::default(), pairs, incarnation: 1, told: None }
    }
}

impl Book {
    /// The address of the host's home in the wide world, of the family in which homes share one.
    fn home(&self) -> Option<IpAddr> {
        let told = &self.entries[PeerId::HOST.index()].told;
        told.iter().find(|address| address.is_ipv4() && !is_private(**address)).map(SocketAddr::ip)
    }

    /// Whoever had each place last, if anybody had it.
    pub fn people(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(|entry| entry.seen.is_some()).map(|entry| entry.person)
    }

    fn next_incarnation(&mut self) -> u32 {
        self.incarnation += 1;
        self.incarnation
    }
}

impl Entry {
    /// Where the host sees them comes first: of that address it is known that it works. Who shares the host's home and
    /// came in from inside is known to nobody by an outside address; it is the home's, and the port may be the same.
    /// Whoever sends there lets in what comes from that address, with some routers from any port.
    fn candidates(&self, home: Option<IpAddr>) -> Vec<SocketAddr> {
        let mut all: Vec<SocketAddr> = self.seen.into_iter().collect();
        all.extend(self.told.iter().filter(|told| Some(**told) != self.seen));
        let within = self.seen.filter(|seen| seen.is_ipv4() && all.iter().all(|address| is_private(*address)));
        if let (Some(home), Some(seen)) = (home, within) {
            all.insert(1, SocketAddr::new(home, seen.port()));
        }
        all.truncate(CANDIDATES_MAX);
        all
    }
}

impl Mesh {
    /// The call is open.
    pub(in crate::mesh) fn open(&mut self, now: Mono) {
        let me = PeerId::HOST;
        (self.me.id, self.me.incarnation, self.session) = (Some(me), 1, self.random.u64());
        self.stage = crate::mesh::Stage::In;
        let name = self.me.name.clone();
        self.roster.put(Member { id: me, incarnation: 1, name, candidates: Vec::new(), pair: PairKey([0; 32]) });
        let line = SessionLine::beginning(now);
        self.paths.voice.give(VoiceOrder::Me(me));
        self.set_line(line);
        self.out.happened(Event::Joined { me, session: self.session, began: now, line, seen_as: None });
        self.roster_changed(now);
        self.begin_figures(now);
    }

    fn book(&mut self) -> Option<&mut Book> {
        self.host_side().map(|side| &mut side.book)
    }

    /// Who of those who are in is this very person?
    pub(super) fn same_person(&mut self, person: u64) -> Option<PeerId> {
        let Role::Host(side) = &self.role else { return None };
        let taken = |peer: &PeerId| *peer != PeerId::HOST && self.roster.member(*peer).is_some();
        PeerId::all().filter(taken).find(|peer| side.book.entries[peer.index()].person == person)
    }

    /// Who of those who are in asked for this name, and has not made room for somebody else already?
    pub(super) fn namesakes(&mut self, name: &str) -> Vec<PeerId> {
        let Role::Host(side) = &self.role else { return Vec::new() };
        let taken = |peer: &PeerId| *peer != PeerId::HOST && self.roster.member(*peer).is_some();
        let alike = |peer: &PeerId| side.book.entries[peer.index()].name == name && !side.door.is_reserved(*peer);
        PeerId::all().filter(taken).filter(alike).collect()
    }

    /// Who was in may come back while nobody has taken their place: their own comes first, then one that nobody had,
    /// then the one that was left longest ago.
    fn free_place(&mut self, person: u64) -> Option<PeerId> {
        let Role::Host(side) = &self.role else { return None };
        let is_free = |peer: &PeerId| self.roster.member(*peer).is_none() && !side.door.is_reserved(*peer);
        let last = |peer: &PeerId| &side.book.entries[peer.index()];
        PeerId::all().filter(is_free).min_by_key(|peer| (last(peer).person != person, last(peer).left))
    }

    /// Promises a place: of who makes room, or a free one.
    pub(super) fn invite_caller(
        &mut self,
        caller: Caller,
        responder: Responder,
        makes_room: Option<PeerId>,
        now: Mono,
    ) {
        if let Some(side) = self.host_side() {
            side.door.let_go(&caller.greeting.name, now);
        }
        let Role::Host(side) = &self.role else { return };
        let makes_room = makes_room.filter(|place| !side.door.is_reserved(*place));
        let Some(place) = makes_room.or_else(|| self.free_place(caller.greeting.person)) else {
            return self.turn_away(caller, responder, Refused::Full, now);
        };
        let pairs: [PairKey; PEOPLE_MAX] = core::array::from_fn(|_| PairKey(self.random.bytes()));
        let mut roster = self.roster.clone();
        for peer in PeerId::all() {
            if let Some(member) = roster.member_mut(peer) {
                member.pair = pairs[peer.index()].clone();
            }
        }
        let began = self.line.at;
        let (session, seen_as) = (self.session, caller.from);
        let Some(side) = self.host_side() else { return };
        let (incarnation, return_key) = (side.book.next_incarnation(), side.return_key(caller.greeting.person));
        let roster = Box::new(roster);
        let welcome = Welcome::In { session, me: place, incarnation, began, now, seen_as, return_key, roster };
        let (noise, keys) = responder.answer(&welcome.bytes());
        let datagram = Clear::Welcome { token: caller.token, noise: &noise }.datagram(PeerId::HOST.number());
        assert!(datagram.len() < HELLO_LEN, "no answer is longer than the question");
        self.out.send(caller.from, datagram.clone());
        let invited = Invited { datagram, keys, place, incarnation, pairs, at: now };
        if let Some(side) = self.host_side() {
            side.door.put(caller, Stage::Invited(Box::new(invited)));
        }
    }

    /// An invited caller shows that the keys work, and is in.
    pub(in crate::mesh) fn on_caller_confirm(&mut self, token: u64, sealed: &[u8], now: Mono) -> bool {
        let Some((_, stage)) = self.host_side().and_then(|side| side.door.by_token(token)) else { return false };
        let Stage::Invited(invited) = stage else { return false };
        if opens(&mut invited.keys.openers, invited.place, token, sealed).is_none() {
            self.counts.add(Refusal::WrongKey);
            return true;
        }
        let taken = self.host_side().and_then(|side| side.door.take(token));
        if let Some((caller, Stage::Invited(invited))) = taken {
            self.seat(caller, *invited, now);
        }
        true
    }

    fn seat(&mut self, caller: Caller, invited: Invited, now: Mono) {
        let Invited { keys, place, incarnation, pairs, .. } = invited;
        if let Some(side) = self.host_side() {
            side.door.spend(caller.token);
        }
        self.drop_link(place, Left::Replaced);
        // The address that the cookie proved, not the one the last datagram claims.
        let from = caller.from;
        let asked = caller.greeting.name.clone();
        let others = |name: &str| self.roster.members().any(|member| member.id != place && member.name == name);
        let name = distinct_name(&asked, others);
        let Greeting { person, candidates: told, .. } = caller.greeting;
        let entry = Entry { person, name: asked, seen: Some(from), told, left: None };
        let Some(book) = self.book() else { return };
        let candidates = entry.candidates(book.home());
        book.entries[place.index()] = entry;
        for (other, pair) in pairs.into_iter().enumerate() {
            book.pairs[place.index()][other] = pair.clone();
            book.pairs[other][place.index()] = pair;
        }
        self.links[place.index()] = Some(Link::new(incarnation, &candidates, now));
        self.roster.put(Member { id: place, incarnation, name, candidates, pair: PairKey([0; 32]) });
        let (live, voice) = self.listen(place, from, keys, now);
        self.roster_changed(now);
        self.go_live(place, live, voice, now);
    }

    /// Somebody is gone.
    pub(in crate::mesh) fn remove_member(&mut self, peer: PeerId, now: Mono) {
        self.drop_link(peer, Left::Removed);
        if self.roster.remove(peer).is_some() {
            if let Some(book) = self.book() {
                book.entries[peer.index()].left = Some(now);
            }
            self.roster_changed(now);
        }
    }

    /// Who is heard by nobody is gone.
    pub(in crate::mesh) fn look_after_places(&mut self, now: Mono) {
        let linked = self.linked();
        let heard = |mask: u8, peer: &PeerId| {
            let live = self.links[peer.index()].as_ref().and_then(|link| link.live());
            mask | live.map_or(0, |live| live.hears)
        };
        let heard = linked.iter().fold(0, heard);
        let members: Vec<PeerId> = self.roster.members().map(|member| member.id).collect();
        let lost: Vec<PeerId> =
            members.into_iter().filter(|peer| *peer != PeerId::HOST && !linked.contains(peer)).collect();
        for peer in &lost {
            if heard & 1 << peer.number() == 0 {
                self.remove_member(*peer, now);
            }
        }
        if !lost.is_empty() {
            self.timers.set(Timer::Places, now.offset(LOOK_NS));
        }
    }

    fn roster_changed(&mut self, now: Mono) {
        self.roster.version = self.roster.version.wrapping_add(1);
        self.tell_roster();
        self.roster_soon(ROSTER_LEAST_NS, now);
        self.timers.set(Timer::Places, now.offset(LOOK_NS));
    }

    /// Somebody has another version than ours.
    pub(in crate::mesh) fn is_behind(&mut self, now: Mono) {
        self.roster_soon(ROSTER_NS, now);
    }

    /// The roster is said again, if not now then that much after the last time.
    fn roster_soon(&mut self, pause_ns: i64, now: Mono) {
        let Some(book) = self.book() else { return };
        let at = book.told.map_or(now, |told| now.max(told.offset(pause_ns)));
        self.timers.set_by(Timer::Roster, at);
    }

    /// The roster, to whoever has an older one.
    pub(in crate::mesh) fn repeat_roster(&mut self, now: Mono) {
        let version = self.roster.version;
        let is_behind = |peer: &PeerId| {
            let live = self.links[peer.index()].as_ref().and_then(|link| link.live());
            live.is_some_and(|live| live.roster != version)
        };
        let behind: Vec<PeerId> = self.linked().into_iter().filter(is_behind).collect();
        if let Some(book) = self.book().filter(|_| !behind.is_empty()) {
            book.told = Some(now);
        }
        for peer in &behind {
            let roster = self.roster_for(*peer);
            self.tell(*peer, &Message::Roster(Box::new(roster)), now);
        }
        if !behind.is_empty() {
            self.timers.set(Timer::Roster, now.offset(ROSTER_NS));
        }
    }

    /// With the keys that this receiver shares with each of the others.
    fn roster_for(&mut self, receiver: PeerId) -> Roster {
        let mut roster = self.roster.clone();
        let Role::Host(side) = &self.role else { return roster };
        for peer in PeerId::all().filter(|peer| *peer != receiver) {
            if let Some(member) = roster.member_mut(peer) {
                member.pair = side.book.pairs[receiver.index()][peer.index()].clone();
            }
        }
        roster
    }

    /// Our own pair key with somebody is in the book, not in our roster.
    pub(in crate::mesh) fn pair_key(&self, peer: PeerId) -> Option<PairKey> {
        match &self.role {
            Role::Host(side) => Some(side.book.pairs[PeerId::HOST.index()][peer.index()].clone()),
            Role::Guest(_) => self.roster.member(peer).map(|member| member.pair.clone()),
        }
    }

    /// Somebody says where they are.
    pub(in crate::mesh) fn list_candidates(&mut self, peer: PeerId, told: &[SocketAddr], now: Mono) {
        if let Some(book) = self.book() {
            book.entries[peer.index()].told = told.to_vec();
            self.relist(peer, now);
        }
    }

    /// Somebody is seen there.
    pub(in crate::mesh) fn list_seen(&mut self, peer: PeerId, seen: SocketAddr, now: Mono) {
        if let Some(book) = self.book() {
            book.entries[peer.index()].seen = Some(seen);
            self.relist(peer, now);
        }
    }

    /// We say where we are.
    pub(in crate::mesh) fn list_own_candidates(&mut self, now: Mono) {
        let own = self.own_candidates();
        self.list_candidates(PeerId::HOST, &own, now);
        for peer in PeerId::all() {
            self.relist(peer, now);
        }
    }

    fn relist(&mut self, peer: PeerId, now: Mono) {
        let Some(book) = self.book() else { return };
        let candidates = book.entries[peer.index()].candidates(book.home());
        let Some(member) = self.roster.member_mut(peer).filter(|member| member.candidates != candidates) else {
            return;
        };
        member.candidates.clone_from(&candidates);
        if let Some(link) = &mut self.links[peer.index()] {
            link.roads.set_candidates(&candidates);
        }
        self.roster_changed(now);
    }
}
