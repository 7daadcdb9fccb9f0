// SPDX-License-Identifier: MIT
//! A tiny world for the engine's own tests: a few people on a wire that delays, and loses if it is told to.
//!
//! The datagrams pass through the very ends that the threads own. Everything follows from the seeds.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod door;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod join;
#[cfg(test)]
mod roads;
#[cfg(test)]
mod shows;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod waiting;

use super::event::{Event, Input, Output, Person};
use super::inbound::Arrival;
use super::invite::{Invite, InviteKey};
use super::random::Random;
use super::{Admit, Fast, HostSettings, JoinSettings, Mesh};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;
use std::collections::BTreeMap;

pub const MS: i64 = 1_000_000;
pub const SECOND: i64 = 1_000 * MS;

/// The call's key.
pub const KEY: [u8; 16] = [7; 16];

/// One of them.
pub struct Node {
    pub mesh: Mesh,
    pub fast: Fast,
    pub address: SocketAddr,
    /// With the moment at which it was told.
    pub events: Vec<(Mono, Event)>,
    /// Voice that came, by sender.
    pub voice: [u64; 4],
    /// A frame every five milliseconds.
    pub speaks: bool,
    /// A crash: nothing moves any more.
    pub dead: bool,
    /// Every datagram that was sent.
    pub sent: Vec<(SocketAddr, Vec<u8>)>,
    wait: Mono,
}

/// Is this datagram (from, to, bytes) lost?
pub type Loses = dyn Fn(SocketAddr, SocketAddr, &[u8]) -> bool;

/// Everything.
pub struct World {
    pub now: Mono,
    pub nodes: Vec<Node>,
    /// Datagrams under way, in the order in which they arrive.
    wire: BTreeMap<(Mono, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    count: u64,
    pub delay_ns: i64,
    /// Of a thousand datagrams so many are lost.
    pub loss: u64,
    /// What is lost besides.
    pub loses: Box<Loses>,
    /// What a router makes of a sender's address, by who it is sent to; answers to that find back.
    pub seen_from: Box<dyn Fn(SocketAddr, SocketAddr) -> SocketAddr>,
    routed: BTreeMap<SocketAddr, SocketAddr>,
    pub random: Random,
    next_voice: Mono,
}

pub fn address(number: u8) -> SocketAddr {
    SocketAddr::new([203, 0, 113, number].into(), 5000 + u16::from(number))
}

impl World {
    /// A host with a key.
    pub fn new() -> World {
        World::with(HostSettings { name: "host".into(), key: Some(InviteKey::new(KEY)), admit: Admit::Ask })
    }

    pub fn with(settings: HostSettings) -> World {
        let mut world = World {
            now: Mono(1_000 * Mono::SECOND),
            nodes: Vec::new(),
            wire: BTreeMap::new(),
            count: 0,
            delay_ns: MS,
            loss: 0,
            loses: Box::new(|_, _, _| false),
            seen_from: Box::new(|from, _| from),
            routed: BTreeMap::new(),
            random: Random::new([42; 32]),
            next_voice: Mono(1_000 * Mono::SECOND),
        };
        let made = Mesh::host(settings, [200; 32], world.now);
        world.add(made);
        world
    }

    /// What the session's clock shows there now.
    pub fn line(&self, at: usize) -> i64 {
        self.nodes[at].mesh.line.session_ns(self.now)
    }

    fn add(&mut self, (mesh, fast): (Mesh, Fast)) -> usize {
        let at = self.nodes.len();
        let address = address(at as u8 + 1);
        let node = Node {
            mesh,
            fast,
            address,
            events: Vec::new(),
            voice: [0; 4],
            speaks: false,
            dead: false,
            sent: Vec::new(),
            wait: self.now,
        };
        self.nodes.push(node);
        self.input(at, Input::Candidates(vec![address]));
        at
    }

    /// Somebody with the key sets out to join.
    pub fn guest(&mut self, name: &str) -> usize {
        self.guest_with(name, Some(InviteKey::new(KEY)))
    }

    pub fn guest_with(&mut self, name: &str, key: Option<InviteKey>) -> usize {
        self.guest_to(name, Invite { addresses: vec![self.nodes[0].address], key })
    }

    pub fn guest_to(&mut self, name: &str, invite: Invite) -> usize {
        let seed = [self.nodes.len() as u8; 32];
        let made = Mesh::join(JoinSettings { name: name.into(), invite }, seed, self.now);
        self.add(made)
    }

    /// Gives an input and does what follows.
    pub fn input(&mut self, at: usize, input: Input<'_>) {
        self.nodes[at].mesh.handle(input, self.now);
        self.drain(at);
    }

    fn drain(&mut self, at: usize) {
        loop {
            match self.nodes[at].mesh.poll() {
                Output::Send { to, bytes } => self.send(at, to, bytes),
                Output::Happened(event) => self.nodes[at].events.push((self.now, event)),
                Output::Wait { until, .. } => {
                    self.nodes[at].wait = until;
                    return;
                }
            }
        }
    }

    fn send(&mut self, at: usize, to: SocketAddr, bytes: Vec<u8>) {
        let node = &mut self.nodes[at];
        node.sent.push((to, bytes.clone()));
        let from = node.address;
        self.put(from, to, bytes);
    }

    /// Puts a datagram onto the wire.
    pub fn put(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if (self.loses)(from, to, &bytes) || self.random.below(1000) < self.loss {
            return;
        }
        let seen = (self.seen_from)(from, to);
        if seen != from {
            self.routed.insert(seen, from);
        }
        let (from, to) = (seen, self.routed.get(&to).copied().unwrap_or(to));
        self.count += 1;
        self.wire.insert((self.now.offset(self.delay_ns), self.count), (from, to, bytes));
    }

    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, mut bytes: Vec<u8>) {
        let Some(at) = self.nodes.iter().position(|node| node.address == to && !node.dead) else { return };
        let now = self.now;
        let node = &mut self.nodes[at];
        let (arrival, moved) = node.fast.inbound.take(&mut bytes, from, now);
        match arrival {
            Arrival::Voice { peer, .. } => node.voice[peer.index()] += 1,
            Arrival::Opened { peer, link, header, sequence, payload } => {
                node.mesh.handle(Input::Opened { peer, link, from, header, sequence, payload, at: now }, now);
            }
            Arrival::Clear { header, body } => node.mesh.handle(Input::Clear { from, header, body }, now),
            Arrival::Dropped(_) => {}
        }
        if let Some((peer, link)) = moved {
            node.mesh.handle(Input::Moved { peer, link, from }, now);
        }
        self.drain(at);
    }

    fn speak(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if node.speaks && !node.dead {
                let mut said = Vec::new();
                let mut send = |to: SocketAddr, bytes: &[u8]| said.push((to, bytes.to_vec()));
                node.fast.voice.frame(&[1; 40], self.now, &mut send).expect("a short frame");
                let from = node.address;
                said.into_iter().for_each(|(to, bytes)| self.put(from, to, bytes));
            }
        }
        self.next_voice = self.next_voice.offset(5 * MS);
    }

    /// Lets so much time pass.
    pub fn run(&mut self, ns: i64) {
        let end = self.now.offset(ns);
        loop {
            let wire = self.wire.first_key_value().map(|((at, _), _)| *at);
            let waits = self.nodes.iter().filter(|node| !node.dead).map(|node| node.wait).min();
            let next = [wire, waits, Some(self.next_voice)].into_iter().flatten().min().expect("voice always comes");
            if next > end {
                self.now = end;
                return;
            }
            self.now = next.max(self.now);
            if wire == Some(next) {
                let (_, (from, to, bytes)) = self.wire.pop_first().expect("it was there");
                self.arrive(from, to, bytes);
            } else if waits == Some(next) {
                let due = |node: &Node| !node.dead && node.wait == next;
                let at = self.nodes.iter().position(due).expect("it was there");
                self.input(at, Input::Timeout);
                assert!(self.nodes[at].wait > self.now, "{:?} does not let time pass", self.nodes[at].mesh);
            } else {
                self.speak();
            }
        }
    }

    /// Lets time pass until it is so; how long it took.
    pub fn until(&mut self, ns: i64, what: impl Fn(&World) -> bool) -> i64 {
        let begin = self.now;
        while !what(self) {
            assert!(self.now.since(begin) < ns, "it did not happen within {ns} ns");
            self.run(MS);
        }
        self.now.since(begin)
    }

    /// Everything this one told, without figures and time samples.
    pub fn told(&self, at: usize) -> Vec<&Event> {
        self.nodes[at].events.iter().map(|(_, event)| event).collect()
    }

    pub fn count(&self, at: usize, what: impl Fn(&Event) -> bool) -> usize {
        self.nodes[at].events.iter().filter(|(_, event)| what(event)).count()
    }

    pub fn forget_events(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.events.clear());
    }

    /// Whom this one is linked with, by the events it told.
    pub fn linked(&self, at: usize) -> Vec<u8> {
        let mut linked = [false; 4];
        for event in self.told(at) {
            match event {
                Event::Joined { .. } => linked = [false; 4],
                Event::PeerJoined { peer, .. } => linked[peer.index()] = true,
                Event::PeerLeft { peer, .. } => linked[peer.index()] = false,
                _ => {}
            }
        }
        (0..4).filter(|place| linked[usize::from(*place)]).collect()
    }

    /// The newest roster this one told, as names by place.
    pub fn people(&self, at: usize) -> Vec<(u8, String)> {
        let newest = self.told(at).into_iter().rev().find_map(|event| match event {
            Event::RosterChanged { people, .. } => Some(people.clone()),
            _ => None,
        });
        let person = |person: Person| (person.peer.number(), person.name);
        newest.unwrap_or_default().into_iter().map(person).collect()
    }

    pub fn me(&self, at: usize) -> Option<u8> {
        self.nodes[at].mesh.me().map(PeerId::number)
    }
}
