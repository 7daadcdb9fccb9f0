// SPDX-License-Identifier: MIT
//! A world from a seed: machines with clocks of their own, routers, ways between them, and one queue of what happens
//! next. What is due at the same moment happens in the order in which it was put there, so that a seed tells all.
//!
//! ```text
//!   Mesh::poll --Send--> router --> uplink --> way --> router --> Inbound::take --> Mesh::handle
//!   VoiceOut::frame ----'                                                 `-> voice, counted
//! ```

use super::clock::{Clock, MS, True};
use super::dice::Dice;
use super::machine::{Machine, Part};
use super::router::Router;
use super::watch::{Parcel, Watch};
use super::wire::{Habits, Way};
use crate::support::machine::step_back;
use core::cmp::Ordering;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use hyperzoom::mesh::header::{Header, Kind};
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// Datagrams that somebody on the way can have kept.
const TAPPED_MAX: usize = 64;
/// Everybody's port on the inside.
pub const PORT: u16 = 4_000;

/// What happens at a moment.
#[derive(Debug)]
pub enum What {
    /// A datagram is there, at a router or a machine of this address.
    Arrive {
        from: SocketAddr,
        to: SocketAddr,
        parcel: Parcel,
    },
    /// A datagram has come to a machine of a home.
    Deliver {
        machine: usize,
        from: SocketAddr,
        parcel: Parcel,
    },
    /// The time has come that a program waits for.
    Wake {
        machine: usize,
        number: u64,
    },
    /// The host's person has decided.
    Admit {
        machine: usize,
        ticket: u64,
        yes: bool,
    },
    /// The encoders have something.
    Frame {
        machine: usize,
        run: u32,
    },
    Picture {
        machine: usize,
        run: u32,
    },
}

#[derive(Debug)]
struct Due {
    at: True,
    number: u64,
    what: What,
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Due {}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.number == other.number
    }
}

/// A site as the ways see it: the address by which it is known outside.
type Site = IpAddr;

pub struct World {
    pub now: True,
    seed: u64,
    pub dice: Dice,
    pub machines: Vec<Machine>,
    pub routers: Vec<Router>,
    /// Of ways that nothing else was said of.
    pub habits: Habits,
    pub watch: Watch,
    /// The latest sealed datagrams, for whoever listens on the way: sender's address, receiver's, datagram.
    pub tapped: VecDeque<(SocketAddr, SocketAddr, Parcel)>,
    ways: BTreeMap<(Site, Site), Way>,
    due: BinaryHeap<Due>,
    numbers: u64,
    pub steps: u64,
    /// Of so many exchanges of clocks one is learned from: where clocks do not matter, time is better spent.
    pub learn_every: u32,
    /// What was sent, and when, while a test wants to know.
    pub sent: Option<Vec<(True, usize, Header)>>,
    /// Datagrams in the clear, by what they say.
    pub clear: BTreeMap<u8, u64>,
}

impl World {
    pub fn new(seed: u64) -> World {
        // Simulated time does not hurry, and recordings beside us keep real time.
        step_back();
        World {
            now: 0,
            seed,
            dice: Dice::new(seed),
            machines: Vec::new(),
            routers: Vec::new(),
            habits: Habits::LAN,
            watch: Watch::default(),
            tapped: VecDeque::new(),
            ways: BTreeMap::new(),
            due: BinaryHeap::new(),
            numbers: 0,
            steps: 0,
            learn_every: 10,
            sent: None,
            clear: BTreeMap::new(),
        }
    }

    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub fn put(&mut self, at: True, what: What) {
        let number = self.number();
        self.due.push(Due { at: at.max(self.now), number, what });
    }

    /// A machine with an outside address of its own.
    pub fn machine(&mut self, part: Part, name: &str) -> usize {
        let address = SocketAddr::new(outside(self.machines.len() as u8), PORT);
        self.add(part, name, address, None)
    }

    /// A machine behind a router. All homes use the same inside addresses, as homes do.
    pub fn machine_behind(&mut self, router: usize, part: Part, name: &str) -> usize {
        let inside = 2 + self.machines.iter().filter(|machine| machine.router == Some(router)).count();
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, inside as u8)), PORT);
        self.add(part, name, address, Some(router))
    }

    fn add(&mut self, part: Part, name: &str, address: SocketAddr, router: Option<usize>) -> usize {
        let clock = Clock::new(self.dice.below(1 << 50), self.dice.part() * 200.0 - 100.0);
        self.machines.push(Machine::new(part, name, clock, address, router));
        self.machines.len() - 1
    }

    pub fn site(&self, machine: usize) -> Site {
        let machine = &self.machines[machine];
        machine.router.map_or(machine.address.ip(), |router| self.routers[router].outside)
    }

    /// The way from one machine to another, to be changed.
    pub fn way(&mut self, from: usize, to: usize) -> &mut Way {
        let sites = (self.site(from), self.site(to));
        self.way_between(sites.0, sites.1)
    }

    fn way_between(&mut self, from: Site, to: Site) -> &mut Way {
        let habits = if from == to { Habits::LAN } else { self.habits };
        // Ways do not depend on the order in which they are first used.
        let dice = Dice::new(self.seed ^ hash(from) ^ hash(to).rotate_left(17));
        self.ways.entry((from, to)).or_insert_with(|| Way::new(habits, dice))
    }

    /// Both directions of all ways behave like this from now on.
    pub fn set_habits(&mut self, habits: Habits) {
        self.habits = habits;
        self.ways.iter_mut().filter(|((from, to), _)| from != to).for_each(|(_, way)| way.habits = habits);
    }

    pub fn heal(&mut self) {
        self.ways.values_mut().for_each(|way| way.cut = false);
        self.machines.iter_mut().for_each(|machine| machine.unplugged = false);
    }

    pub fn cut(&mut self, one: usize, other: usize, cut: bool) {
        self.way(one, other).cut = cut;
        self.way(other, one).cut = cut;
    }

    /// What the program of a machine sends.
    pub fn send(&mut self, machine: usize, to: SocketAddr, bytes: Vec<u8>) {
        let here = &self.machines[machine];
        let place = here.me();
        if self.is_foreign(to) {
            self.watch.went(here, machine, to, bytes.len());
        }
        let from = here.address;
        if let Ok(header) = Header::read(&bytes) {
            if header.kind == Kind::Control && bytes[Header::LEN] != 0 {
                *self.clear.entry(bytes[Header::LEN]).or_default() += 1;
            }
            self.sent.iter_mut().for_each(|sent| sent.push((self.now, machine, header)));
        }
        let parcel = Parcel { id: self.number(), origin: machine, place, spoiled: false, bytes };
        if self.tapped.len() == TAPPED_MAX {
            self.tapped.pop_front();
        }
        self.tapped.push_back((from, to, parcel.clone()));
        self.emit(machine, from, to, parcel);
    }

    /// Does this address belong to somebody who must not be in the call?
    fn is_foreign(&self, address: SocketAddr) -> bool {
        self.machines.iter().any(|machine| machine.part != Part::Member && machine.address == address)
    }

    /// A datagram leaves a machine; `from` may be a lie where nobody checks.
    pub fn emit(&mut self, machine: usize, from: SocketAddr, to: SocketAddr, parcel: Parcel) {
        let now = self.now;
        if self.machines[machine].unplugged {
            return;
        }
        let mut from = from;
        if let Some(router) = self.machines[machine].router {
            if let Some(neighbour) = self.neighbour(router, to) {
                return self.within(neighbour, from, parcel);
            }
            from = self.routers[router].out(from, to, now);
            if to.ip() == self.routers[router].outside {
                let may = self.routers[router].hairpin;
                let inside = self.routers[router].enter(from, to.port(), now).filter(|_| may);
                let neighbour = inside.and_then(|inside| self.neighbour(router, inside));
                return neighbour.map_or((), |neighbour| self.within(neighbour, from, parcel));
            }
        }
        let bytes = parcel.bytes.len();
        let Some(left) = self.machines[machine].uplink.as_mut().map_or(Some(now), |uplink| uplink.send(bytes, now))
        else {
            return;
        };
        let here = self.site(machine);
        let fates = self.way_between(here, to.ip()).carry(bytes, left);
        for (at, spoil) in fates.into_iter().flatten() {
            let parcel = if spoil { self.spoil(&parcel) } else { parcel.clone() };
            self.put(at, What::Arrive { from, to, parcel });
        }
    }

    /// From one machine of a home to another.
    fn within(&mut self, machine: usize, from: SocketAddr, parcel: Parcel) {
        let (site, now) = (self.site(machine), self.now);
        let fates = self.way_between(site, site).carry(parcel.bytes.len(), now);
        for (at, _) in fates.into_iter().flatten() {
            self.put(at, What::Deliver { machine, from, parcel: parcel.clone() });
        }
    }

    fn neighbour(&self, router: usize, address: SocketAddr) -> Option<usize> {
        let lives_there = |machine: &Machine| machine.router == Some(router) && machine.address == address;
        self.machines.iter().position(lives_there)
    }

    fn spoil(&mut self, parcel: &Parcel) -> Parcel {
        let mut spoiled = Parcel { spoiled: true, ..parcel.clone() };
        let bytes = &mut spoiled.bytes;
        if self.dice.chance(0.3) {
            bytes.truncate(self.dice.below(bytes.len() as u64) as usize);
        } else {
            let at = self.dice.below(bytes.len() as u64) as usize;
            let bit = 1 << self.dice.below(8);
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
        }
        spoiled
    }

    /// Everything until `end` happens.
    pub fn run_until(&mut self, end: True) {
        while self.due.peek().is_some_and(|due| due.at <= end) {
            let due = self.due.pop().expect("it was there");
            self.now = due.at;
            self.steps += 1;
            self.happen(due.what);
        }
        self.now = end.max(self.now);
    }

    /// Everything until something is so, or `end`; true if it is so.
    pub fn run_until_that(&mut self, end: True, is: impl Fn(&World) -> bool) -> bool {
        while self.now < end && !is(self) {
            self.run_until(self.now + MS);
        }
        is(self)
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Arrive { from, to, parcel } => self.arrive(from, to, parcel),
            What::Deliver { machine, from, parcel } => self.deliver(machine, from, parcel),
            What::Wake { machine, number } => self.wake(machine, number),
            What::Admit { machine, ticket, yes } => self.admit(machine, ticket, yes),
            What::Frame { machine, run } => self.frame(machine, run),
            What::Picture { machine, run } => self.picture(machine, run),
        }
    }

    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, parcel: Parcel) {
        let now = self.now;
        let public = self.machines.iter().position(|machine| machine.router.is_none() && machine.address == to);
        let machine = public.or_else(|| {
            let router = self.routers.iter().position(|router| router.outside == to.ip())?;
            let inside = self.routers[router].enter(from, to.port(), now)?;
            self.neighbour(router, inside)
        });
        if let Some(machine) = machine {
            self.deliver(machine, from, parcel);
        }
    }

    fn deliver(&mut self, machine: usize, from: SocketAddr, parcel: Parcel) {
        let here = &self.machines[machine];
        if here.unplugged || here.asleep_until > self.now || here.engine.is_none() {
            return;
        }
        if self.is_foreign(from) {
            self.watch.came(machine, from, parcel.bytes.len());
        }
        self.receive(machine, from, parcel);
    }
}

/// An outside address.
pub fn outside(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(44, 1, number, 7))
}

fn hash(site: Site) -> u64 {
    let IpAddr::V4(site) = site else { return 0 };
    Dice::new(u32::from(site).into()).next()
}
