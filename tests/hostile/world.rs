// SPDX-License-Identifier: MIT
//! A tiny call: real engines with their fast ends, a wire without delay, simulated time. It counts what hostile
//! input costs: answers, their bytes, memory.
//!
//! ```text
//!  inject(from, to, bytes) --> engine --> answers --> to whom they are for, or to a stranger (counted)
//! ```

use crate::support::counting::heap_growth;
use core::net::SocketAddr;
use hyperzoom::mesh::event::{Event, Input, Output};
use hyperzoom::mesh::inbound::Arrival;
use hyperzoom::mesh::invite::{Invite, InviteKey};
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::{Admit, Fast, HostSettings, JoinSettings, Mesh};
use hyperzoom::words::{Mono, PeerId};
use std::collections::{BTreeMap, VecDeque};

pub const MS: i64 = 1_000_000;
pub const SECOND: i64 = 1_000 * MS;
pub const KEY: [u8; 16] = [7; 16];

const VOICE_NS: i64 = 5 * MS;
const PICTURE_NS: i64 = 40 * MS;

/// A datagram as it passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

/// One of the people.
pub struct Node {
    pub mesh: Mesh,
    fast: Fast,
    pub address: SocketAddr,
    pub events: Vec<Event>,
    /// Voice datagrams that came, by sender.
    pub voice: [u64; 4],
    /// With which of the links in each place something was opened last.
    pub links: [u32; 4],
    /// Bytes that the engine holds on the heap, beyond those it was born with.
    pub heap: i64,
    pub heap_most: i64,
    wants_key: bool,
    wait: Mono,
}

/// What one datagram led to at once.
#[derive(Debug, Default)]
pub struct Answers {
    pub sent: Vec<(SocketAddr, usize)>,
    pub events: usize,
}

/// Everything.
pub struct World {
    pub now: Mono,
    pub nodes: Vec<Node>,
    wire: VecDeque<Parcel>,
    /// Everything that was said since somebody took it.
    pub said: Vec<Parcel>,
    /// What went to addresses where nobody of the call is.
    pub strayed: Vec<Parcel>,
    /// Bytes from each stranger to each node, and back.
    ledger: BTreeMap<(usize, SocketAddr), (u64, u64)>,
    /// Somebody who is in the call and no engine of ours.
    pub insider: Option<SocketAddr>,
    /// Of a thousand sealed datagrams so many are caught before they arrive.
    pub caught_per_mille: u64,
    pub caught: Vec<Parcel>,
    random: Random,
    next_voice: Mono,
    next_picture: Mono,
    pictures: u64,
}

/// Where the people are.
pub fn home(number: usize) -> SocketAddr {
    SocketAddr::new([203, 0, 113, 1 + number as u8].into(), 5000 + number as u16)
}

/// Where strangers are.
pub fn abroad(number: usize) -> SocketAddr {
    SocketAddr::new([198, 51, 100, 1 + number as u8].into(), 4000)
}

/// The usual invite of the host at home.
pub fn invite(key: bool) -> Invite {
    Invite { addresses: vec![home(0)], key: key.then(|| InviteKey::new(KEY)) }
}

impl World {
    /// Nobody yet.
    pub fn empty(random: &mut Random) -> World {
        let now = Mono(1_000 * Mono::SECOND);
        World {
            now,
            nodes: Vec::new(),
            wire: VecDeque::new(),
            said: Vec::new(),
            strayed: Vec::new(),
            ledger: BTreeMap::new(),
            insider: None,
            caught_per_mille: 0,
            caught: Vec::new(),
            random: Random::new(random.bytes()),
            next_voice: now,
            next_picture: now,
            pictures: 0,
        }
    }

    /// A host, and so many guests with the key, all linked.
    pub fn call(guests: usize, random: &mut Random) -> World {
        let mut world = World::empty(random);
        world.host();
        for number in 1..=guests {
            world.guest(number, "guest", true);
            world.run(SECOND);
        }
        assert!((0..=guests).all(|at| world.nodes[at].mesh.me().is_some()), "everybody is in");
        world
    }

    pub fn host(&mut self) -> usize {
        let settings = HostSettings { name: "host".into(), key: Some(InviteKey::new(KEY)), admit: Admit::Ask };
        let made = Mesh::host(settings, self.random.bytes(), self.now);
        self.add(made, home(0))
    }

    /// Somebody sets out to join from that home.
    pub fn guest(&mut self, number: usize, name: &str, key: bool) -> usize {
        let settings = JoinSettings { name: name.into(), invite: invite(key) };
        let made = Mesh::join(settings, self.random.bytes(), self.now);
        self.add(made, home(number))
    }

    fn add(&mut self, (mesh, fast): (Mesh, Fast), address: SocketAddr) -> usize {
        let (voice, links, wait) = ([0; 4], [0; 4], self.now);
        let node = Node {
            mesh,
            fast,
            address,
            events: Vec::new(),
            voice,
            links,
            heap: 0,
            heap_most: 0,
            wants_key: true,
            wait,
        };
        self.nodes.push(node);
        let at = self.nodes.len() - 1;
        self.input(at, Input::Candidates(vec![address]));
        self.pass();
        at
    }

    /// Gives an input, and puts what it leads to on the wire.
    pub fn input(&mut self, at: usize, input: Input<'_>) -> Answers {
        let (node, now) = (&mut self.nodes[at], self.now);
        node.heap += heap_growth(|| node.mesh.handle(input, now)).1;
        self.drain(at)
    }

    fn drain(&mut self, at: usize) -> Answers {
        let mut answers = Answers::default();
        loop {
            let node = &mut self.nodes[at];
            let (output, grown) = heap_growth(|| node.mesh.poll());
            node.heap_most = node.heap_most.max(node.heap);
            // What the engine gave away is no longer its own.
            let kept = output.clone();
            node.heap += grown + heap_growth(|| drop(output)).1;
            match kept {
                Output::Send { to, bytes } => {
                    answers.sent.push((to, bytes.len()));
                    self.put(at, to, bytes);
                }
                Output::Happened(event) => {
                    answers.events += 1;
                    node.wants_key |= matches!(event, Event::KeyFrameWanted);
                    node.events.push(event);
                }
                Output::Wait { until, .. } => {
                    node.wait = until;
                    return answers;
                }
            }
        }
    }

    fn put(&mut self, at: usize, to: SocketAddr, bytes: Vec<u8>) {
        let parcel = Parcel { from: self.nodes[at].address, to, bytes };
        if self.nodes.iter().all(|node| node.address != to) {
            if let Some((_, back)) = self.ledger.get_mut(&(at, to)) {
                *back += parcel.bytes.len() as u64;
            }
            self.strayed.push(parcel);
            return;
        }
        let sealed = parcel.bytes[0] & 0x1f != 4 || parcel.bytes[12] == 0;
        if sealed && self.random.below(1000) < self.caught_per_mille {
            self.caught.push(parcel);
            return;
        }
        self.said.push(parcel.clone());
        self.wire.push_back(parcel);
    }

    /// Lets everything on the wire arrive.
    fn pass(&mut self) {
        for _ in 0..10_000 {
            let Some(parcel) = self.wire.pop_front() else { return };
            self.arrive(parcel.from, parcel.to, &parcel.bytes);
        }
        panic!("they never stop talking");
    }

    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Answers {
        let mut answers = Answers::default();
        let Some(at) = self.nodes.iter().position(|node| node.address == to) else { return answers };
        let (now, mut bytes) = (self.now, bytes.to_vec());
        let node = &mut self.nodes[at];
        let ((arrival, moved), grown) = heap_growth(|| node.fast.inbound.take(&mut bytes, from, now));
        assert_eq!(grown, 0, "the receiving end allocates nothing");
        let mesh = &mut node.mesh;
        node.heap += match arrival {
            Arrival::Voice { peer, .. } => {
                node.voice[peer.index()] += 1;
                0
            }
            Arrival::Opened { peer, link, header, sequence, payload } => {
                node.links[peer.index()] = link;
                let input = Input::Opened { peer, link, from, header, sequence, payload, at: now };
                heap_growth(|| mesh.handle(input, now)).1
            }
            Arrival::Clear { header, body } => heap_growth(|| mesh.handle(Input::Clear { from, header, body }, now)).1,
            Arrival::Dropped(_) => 0,
        };
        if let Some((peer, link)) = moved {
            node.heap += heap_growth(|| node.mesh.handle(Input::Moved { peer, link, from }, now)).1;
        }
        let more = self.drain(at);
        answers.sent.extend(more.sent);
        answers.events += more.events;
        answers
    }

    /// A datagram that nobody of the call sent, or not now. What it led to at once.
    pub fn inject(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Answers {
        self.run(0);
        if let Some(at) = self.nodes.iter().position(|node| node.address == to) {
            self.ledger.entry((at, from)).or_default().0 += bytes.len() as u64;
        }
        let answers = self.arrive(from, to, bytes);
        let home = self.nodes.iter().any(|node| node.address == from);
        let back: usize = answers.sent.iter().filter(|(to, _)| *to == from).map(|(_, len)| len).sum();
        let is_less = home || Some(from) == self.insider || back <= bytes.len();
        assert!(is_less, "{back} bytes to {from} for {}: {bytes:02x?}", bytes.len());
        self.pass();
        answers
    }

    /// Nobody has ever sent more to a stranger than came from there.
    pub fn assert_no_reflector(&self) {
        for ((at, stranger), (there, back)) in &self.ledger {
            let foreign = self.nodes.iter().all(|node| node.address != *stranger) && Some(*stranger) != self.insider;
            assert!(!foreign || back <= there, "{at} sent {back} bytes to {stranger}, who had sent {there}");
        }
    }

    /// Lets so much time pass.
    pub fn run(&mut self, ns: i64) {
        let end = self.now.offset(ns);
        loop {
            self.pass();
            let waits = self.nodes.iter().map(|node| node.wait).min().unwrap_or(end);
            let next = waits.min(self.next_voice).min(self.next_picture);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next.max(self.now);
            if self.next_voice == next {
                self.speak();
            } else if self.next_picture == next {
                self.show();
            } else {
                let at = self.nodes.iter().position(|node| node.wait == next).expect("it was there");
                self.input(at, Input::Timeout);
                assert!(self.nodes[at].wait > self.now, "{:?} does not let time pass", self.nodes[at].mesh);
            }
        }
    }

    fn speak(&mut self) {
        self.next_voice = self.now.offset(VOICE_NS);
        for at in 0..self.nodes.len() {
            let mut said = Vec::new();
            let mut send = |to: SocketAddr, bytes: &[u8]| said.push((to, bytes.to_vec()));
            self.nodes[at].fast.voice.frame(&[1; 40], self.now, &mut send).expect("a short frame");
            said.into_iter().for_each(|(to, bytes)| self.put(at, to, bytes));
        }
    }

    fn show(&mut self) {
        self.next_picture = self.now.offset(PICTURE_NS);
        self.pictures += 1;
        let sizes = [1, 40, 523, 1_500, 4_000];
        for at in 0..self.nodes.len() {
            // As encoders do: when it is asked for, and each second anyhow.
            let key = core::mem::take(&mut self.nodes[at].wants_key) || self.pictures.is_multiple_of(25);
            let picture = vec![3; sizes[self.random.below(sizes.len() as u64) as usize]];
            self.input(at, Input::Picture { key, layer: 0, taken: None, bytes: &picture });
        }
    }

    pub fn forget(&mut self) {
        for node in &mut self.nodes {
            node.events.clear();
            node.voice = [0; 4];
        }
    }

    /// How often this one told such a thing.
    pub fn count(&self, at: usize, what: impl Fn(&Event) -> bool) -> usize {
        self.nodes[at].events.iter().filter(|event| what(event)).count()
    }

    /// Everybody in `who` hears and answers everybody else in it, as in a call that nobody disturbs.
    pub fn assert_goes_on(&mut self, who: &[usize]) {
        self.forget();
        self.run(3 * SECOND);
        for (at, other) in who.iter().flat_map(|at| who.iter().map(move |other| (*at, *other))) {
            let Some(place) = self.nodes[other].mesh.me().filter(|_| at != other) else { continue };
            let node = &self.nodes[at];
            assert!(node.voice[place.index()] > 500, "{at} hears {other}: {:?}", node.voice);
            let answered = |event: &Event| matches!(event, Event::TimeSample { peer, .. } if *peer == place);
            assert!(self.count(at, answered) >= 2, "{other} answers {at}");
            let shown = |event: &Event| matches!(event, Event::Picture { peer, .. } if *peer == place);
            assert!(self.count(at, shown) > 20, "{at} sees {other}: {}", self.count(at, shown));
        }
    }

    /// Nothing has happened that people would notice.
    pub fn assert_calm(&self, who: &[usize]) {
        for at in who {
            let noticed = self.nodes[*at].events.iter().find(|event| is_noticed(event));
            assert!(noticed.is_none(), "{at} noticed {noticed:?}");
        }
    }

    /// The place of this one, if it has one.
    pub fn place(&self, at: usize) -> Option<PeerId> {
        self.nodes[at].mesh.me()
    }

    /// From here on only who knocked before counts.
    pub fn forget_all_but_knocking(&mut self) {
        for node in &mut self.nodes {
            node.events.retain(|event| matches!(event, Event::Knocking { .. }));
        }
    }
}

/// Would people notice this?
pub fn is_noticed(event: &Event) -> bool {
    !matches!(
        event,
        Event::TimeSample { .. }
            | Event::Picture { .. }
            | Event::KeyFrameWanted
            | Event::PictureOrder(_)
            | Event::Stats(_)
    )
}
