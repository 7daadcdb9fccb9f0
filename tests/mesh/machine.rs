// SPDX-License-Identifier: MIT
//! One machine of the world: its clock, its address, what runs on it, and what that has told so far.

use super::clock::{Clock, MS, True};
use super::wire::Uplink;
use core::net::SocketAddr;
use hyperzoom::mesh::event::{Event, Left, Person, Stats};
use hyperzoom::mesh::ladder::PictureOrder;
use hyperzoom::mesh::timer::Timer;
use hyperzoom::mesh::{Fast, Mesh};
use hyperzoom::sync::peer_clock::PeerClock;
use hyperzoom::words::{Mono, PEOPLE_MAX, PeerId};
use std::collections::BTreeSet;

/// What a machine is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// May be in the call.
    Member,
    /// Runs the program, but must never get in: another key, or the host says no.
    Outsider,
    /// Runs nothing of ours.
    Stranger,
}

/// A running program.
pub struct Engine {
    pub mesh: Mesh,
    pub fast: Fast,
    /// Counts the starts of this machine's program.
    pub run: u32,
}

/// What is known of a peer here, as a face would show it.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    pub linked: bool,
    pub silent: bool,
    /// When its last voice came in.
    pub voice_at: Option<True>,
    /// The numbers of its frames that came.
    pub frames: BTreeSet<u32>,
    /// Pictures that came whole: when, and their numbers.
    pub pictures: Vec<(True, u64)>,
    pub clock: Option<PeerClock>,
    pub stats: Option<Stats>,
}

pub struct Machine {
    pub part: Part,
    pub name: String,
    pub clock: Clock,
    /// As the machine itself sees it.
    pub address: SocketAddr,
    pub router: Option<usize>,
    /// A port that the router forwards here, if one was asked for.
    pub mapped: Option<SocketAddr>,
    pub uplink: Option<Uplink>,
    /// The cable is out.
    pub unplugged: bool,
    pub asleep_until: True,
    pub engine: Option<Engine>,
    pub runs: u32,
    /// How often there is a voice frame, and pictures a second; 0 is never.
    pub voice_every: True,
    pub fps: u64,
    pub frame_number: u32,
    pub pictures_sent: u64,
    pub wants_key: bool,
    pub order: Option<PictureOrder>,
    /// What this run's program told: everything but figures and samples of clocks.
    pub events: Vec<(True, Event)>,
    pub people: Vec<Person>,
    pub peers: [Peer; PEOPLE_MAX],
    /// When the session began by the host's clock.
    pub began: Option<Mono>,
    /// Exchanges of clocks with the host.
    pub samples: u32,
    pub over: bool,
    /// It gave a join up half way, and its place may be kept for it for a while.
    pub hasty: bool,
    /// Which wake-up counts; the earlier ones are void.
    pub wake_number: u64,
    pub wakes: (True, u32),
    pub waits_for: Timer,
    shown: Mono,
}

impl Machine {
    pub fn new(part: Part, name: &str, clock: Clock, address: SocketAddr, router: Option<usize>) -> Machine {
        Machine {
            part,
            name: name.into(),
            clock,
            address,
            router,
            mapped: None,
            uplink: None,
            unplugged: false,
            asleep_until: 0,
            engine: None,
            runs: 0,
            voice_every: 200 * MS,
            fps: 0,
            frame_number: 0,
            pictures_sent: 0,
            wants_key: true,
            order: None,
            events: Vec::new(),
            people: Vec::new(),
            peers: Default::default(),
            began: None,
            samples: 0,
            over: false,
            hasty: false,
            wake_number: 0,
            wakes: (0, 0),
            waits_for: Timer::Nothing,
            shown: Mono(0),
        }
    }

    /// Forgets what the last run told.
    pub fn clean(&mut self) {
        let (events, people, peers) = Default::default();
        (self.events, self.people, self.peers) = (events, people, peers);
        (self.began, self.samples, self.over, self.wants_key, self.order) = (None, 0, false, true, None);
    }

    /// What its clock shows; it never runs backwards.
    pub fn show(&mut self, now: True) -> Mono {
        self.shown = self.shown.max(self.clock.at(now));
        self.shown
    }

    pub fn me(&self) -> Option<PeerId> {
        self.engine.as_ref().and_then(|engine| engine.mesh.me())
    }

    /// Is the program running and still in, or on its way in?
    pub fn is_running(&self) -> bool {
        self.engine.is_some() && !self.over
    }

    /// Is it in the call?
    pub fn is_in(&self) -> bool {
        self.is_running() && self.me().is_some()
    }

    pub fn peer(&self, peer: PeerId) -> &Peer {
        &self.peers[peer.index()]
    }

    /// When an event of this kind was told first since `since`.
    pub fn told(&self, since: True, is: impl Fn(&Event) -> bool) -> Option<True> {
        self.events.iter().find(|(at, event)| *at >= since && is(event)).map(|(at, _)| *at)
    }

    /// How often this peer was said to be gone or silent.
    pub fn flaps(&self, since: True) -> usize {
        let flap = |event: &Event| match event {
            Event::PeerLeft { why, .. } => *why != Left::Bye,
            event => matches!(event, Event::PeerSilent { .. }),
        };
        self.events.iter().filter(|(at, event)| *at >= since && flap(event)).count()
    }

    /// Keeps what a face would show.
    pub fn hear(&mut self, event: &Event, now: True) {
        match event {
            Event::Joined { began, .. } => self.began = Some(*began),
            Event::RosterChanged { people, .. } => {
                for person in people {
                    let known = self.people.iter().find(|known| known.peer == person.peer);
                    if known.is_none_or(|known| known.incarnation != person.incarnation) {
                        self.peers[person.peer.index()].clock = None;
                    }
                }
                self.people = people.clone();
            }
            Event::PeerJoined { peer, .. } => {
                let peer = &mut self.peers[peer.index()];
                (peer.linked, peer.silent) = (true, false);
            }
            Event::PeerSilent { peer } => self.peers[peer.index()].silent = true,
            Event::PeerBack { peer, .. } => self.peers[peer.index()].silent = false,
            Event::PeerLeft { peer, .. } => self.peers[peer.index()].linked = false,
            Event::Picture { peer, sequence, .. } => self.peers[peer.index()].pictures.push((now, *sequence)),
            Event::Stats(stats) => self.peers[stats.peer.index()].stats = Some(*stats),
            Event::KeyFrameWanted => self.wants_key = true,
            Event::PictureOrder(order) => self.order = *order,
            Event::Over(_) => self.over = true,
            _ => {}
        }
        if !matches!(event, Event::Stats(_) | Event::TimeSample { .. } | Event::Picture { .. }) {
            self.events.push((now, event.clone()));
        }
    }
}
