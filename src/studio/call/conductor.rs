// SPDX-License-Identifier: MIT
//! The thread that owns a running call. The rule of its loop: hear everything that has come, let the engine say what
//! is due, do it, look after the house, sleep until the next wait ends or somebody wakes us.

use super::clocks::Clocks;
use super::event::CallEvent;
use super::gate::Gate;
use super::parcels::{Inbox, Parcel, Post, What, post};
use super::places::{Change, Places};
use super::tell::Teller;
use super::{Admission, CallSettings};
use crate::media;
use crate::mesh::event::{Event, Input, Output};
use crate::mesh::inbound::{Arrival, Inbound};
use crate::mesh::invite::{Invite, InviteKey};
use crate::mesh::random::Random;
use crate::mesh::voice::VoiceOut;
use crate::mesh::{Admit, HostSettings, JoinSettings, Mesh};
use crate::net::addresses;
use crate::net::mapping::Progress;
use crate::net::receiver::{Machine, Receiver as Listener};
use crate::net::socket::Socket;
use crate::sync::peer_clock::Exchange;
use crate::words::{Mono, PeerId};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

/// Which side we are.
#[derive(Debug)]
pub enum Part {
    /// We open the call.
    Host {
        /// Who comes in with the bare address.
        admission: Admission,
    },
    /// We come into it.
    Guest {
        /// How.
        invite: Invite,
    },
}

/// What a face or the router's thread says.
#[derive(Debug)]
pub enum Order {
    /// An answer to somebody who knocks.
    Admit(u64, bool),
    /// The end.
    Leave,
    /// The router's thread.
    Router(Progress),
}

/// A running call.
pub struct Conductor {
    mesh: Mesh,
    /// The encoder's thread will own it; until calls have sound it waits here.
    _voice: VoiceOut,
    socket: Arc<Socket>,
    listener: Option<Listener>,
    inbox: Inbox,
    orders: Receiver<Order>,
    clocks: Clocks,
    places: Places,
    gate: Option<Gate>,
    tell: Teller,
    /// The host's: guests who have it come in.
    key: Option<InviteKey>,
    /// When to leave by itself.
    ends: Option<Mono>,
    /// The one address that was asked for; the system's own list is not looked at then.
    bound: Option<IpAddr>,
    leaving: bool,
    over: bool,
    /// The network took nothing, and that was said.
    cut_off: bool,
    /// Said once: this machine is too busy.
    overloaded: bool,
}

/// Orders and timers get their turn however much arrives.
const PARCELS_A_TURN: usize = 1_024;

impl Conductor {
    /// Runs a call on the calling thread until it is over.
    pub fn run(
        settings: CallSettings,
        part: Part,
        socket: Socket,
        seed: [u8; 32],
        (give, orders): (Sender<Order>, Receiver<Order>),
        events: Sender<CallEvent>,
    ) {
        let now = media::now();
        let port = socket.port();
        let mut conductor = Conductor::new(&settings, part, socket, seed, orders, events, now);
        conductor.begin(now);
        if let Some(port) = NonZeroU16::new(port).filter(|_| settings.port_mapping && settings.bind.is_none()) {
            conductor.open_gate(port, give);
        } else {
            conductor.tell_invite();
        }
        loop {
            let until = conductor.turn();
            if conductor.over {
                break;
            }
            let nap = until.since(media::now()).max(0) as u64;
            std::thread::park_timeout(Duration::from_nanos(nap));
        }
        conductor.end();
    }

    fn new(
        settings: &CallSettings,
        part: Part,
        socket: Socket,
        seed: [u8; 32],
        orders: Receiver<Order>,
        events: Sender<CallEvent>,
        now: Mono,
    ) -> Conductor {
        let name = settings.name.clone();
        let mut random = Random::new(seed);
        let seed = random.bytes();
        let hosting = matches!(part, Part::Host { .. });
        let key = hosting.then(|| InviteKey::random(&mut random));
        let (mesh, fast) = match part {
            Part::Host { admission } => {
                let admit = match admission {
                    Admission::Ask => Admit::Ask,
                    Admission::All => Admit::All,
                };
                Mesh::host(HostSettings { name, key: key.clone(), admit }, seed, now)
            }
            Part::Guest { invite } => Mesh::join(JoinSettings { name, invite }, seed, now),
        };
        let (post, inbox) = post();
        let socket = Arc::new(socket);
        let mut tell = Teller::new(events, now);
        let machine = Machine { now: media::now, raise: media::try_real_time };
        let slow = |why| tracing::info!("voice is received without real-time priority: {why}");
        let listener = Listener::start(socket.clone(), machine, hand_on(fast.inbound, post), slow);
        if let Err(why) = &listener {
            tell.fail(format!("the system has no thread left to receive with: {why}"));
        }
        let port = socket.port();
        Conductor {
            mesh,
            _voice: fast.voice,
            socket,
            over: listener.is_err(),
            listener: listener.ok(),
            inbox,
            orders,
            clocks: if hosting { Clocks::of_host(now) } else { Clocks::of_guest() },
            places: Places::new(port, own_addresses(settings.bind), now),
            gate: None,
            tell,
            key,
            ends: settings.seconds.map(|s| now.offset((s * 1e9) as i64)),
            bound: settings.bind,
            leaving: false,
            cut_off: false,
            overloaded: false,
        }
    }

    /// Everything the engine wants to know at once.
    fn begin(&mut self, now: Mono) {
        self.mesh.handle(Input::Candidates(self.places.all()), now);
    }

    fn open_gate(&mut self, port: NonZeroU16, orders: Sender<Order>) {
        let conductor = std::thread::current();
        let tell = move |progress| {
            // A call that is over wants to know nothing of its router.
            let _ = orders.send(Order::Router(progress));
            conductor.unpark();
        };
        match Gate::open(port, tell) {
            Ok(gate) => self.gate = Some(gate),
            Err(why) => {
                self.tell.warning("port-mapping", format!("the router can't be asked to open a port: {why}"));
                self.tell_invite();
            }
        }
    }

    /// One turn of the loop; answers when the next one is due.
    fn turn(&mut self) -> Mono {
        for _ in 0..PARCELS_A_TURN {
            let Some(parcel) = self.inbox.next() else { break };
            // Read anew: what came during this turn must not seem to have come after it.
            let now = media::now();
            self.hear(&parcel, now);
            self.act(now);
        }
        if self.inbox.refused() > 0 && !self.overloaded {
            self.overloaded = true;
            self.tell.warning("overload", "this machine is too busy for the call: datagrams were passed over".into());
        }
        let now = media::now();
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order, now);
            self.act(now);
        }
        if self.ends.is_some_and(|ends| ends <= now) {
            self.leave(now);
        }
        self.look_around(now);
        // Asking for the addresses takes its time.
        let now = media::now();
        self.mesh.handle(Input::Timeout, now);
        let until = self.act(now).min(self.places.look_at());
        self.ends.map_or(until, |ends| until.min(ends))
    }

    fn hear(&mut self, parcel: &Parcel, now: Mono) {
        let from = parcel.from;
        let input = match parcel.what {
            What::Clear(header) => Input::Clear { from, header, body: parcel.bytes() },
            What::Opened(peer, link, header, sequence) => {
                Input::Opened { peer, link, from, header, sequence, payload: parcel.bytes(), at: parcel.at }
            }
            What::Moved(peer, link) => Input::Moved { peer, link, from },
        };
        self.mesh.handle(input, now);
    }

    /// Does what the engine says, until it wants to wait.
    fn act(&mut self, now: Mono) -> Mono {
        loop {
            match self.mesh.poll() {
                Output::Send { to, bytes } => self.send(to, &bytes),
                Output::Happened(event) => self.happened(event, now),
                Output::Wait { until, .. } => {
                    self.tell.stats(&self.clocks, now);
                    if self.tell.failed() && !self.leaving && !self.over {
                        // Whoever hears us is told, as by anybody who leaves.
                        self.leave(now);
                        continue;
                    }
                    return until;
                }
            }
        }
    }

    fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        match self.socket.send(to, bytes) {
            Ok(()) => self.cut_off = false,
            // Told by the look around, if all addresses are gone; a single road that is closed has others beside it.
            Err(why) => {
                if !self.cut_off {
                    tracing::info!("nothing can be sent to {to}: {why}");
                }
                self.cut_off = true;
            }
        }
    }

    fn happened(&mut self, event: Event, now: Mono) {
        match event {
            Event::TimeSample { peer, t1, t2, t3, t4 } => self.learn(peer, Exchange { t1, t2, t3, t4 }, now),
            Event::Joined { began, .. } => {
                self.clocks.begin(began);
                self.tell.happened(&event, &self.clocks, now);
            }
            Event::Over(_) => {
                self.tell.happened(&event, &self.clocks, now);
                self.over = true;
            }
            Event::PeerLeft { peer, .. } => {
                self.tell.happened(&event, &self.clocks, now);
                self.clocks.forget(peer);
            }
            event => self.tell.happened(&event, &self.clocks, now),
        }
    }

    fn learn(&mut self, peer: PeerId, exchange: Exchange, now: Mono) {
        let (line, stepped) = self.clocks.learn(peer, exchange);
        if let Some(line) = line {
            self.mesh.handle(Input::Session(line), now);
        }
        if let Some(by_ns) = stepped {
            self.tell.clock_stepped(peer, by_ns);
        }
    }

    fn obey(&mut self, order: Order, now: Mono) {
        match order {
            Order::Admit(ticket, yes) => self.mesh.handle(Input::Admit { ticket, yes }, now),
            Order::Leave => self.leave(now),
            Order::Router(progress) => self.router(&progress, now),
        }
    }

    fn leave(&mut self, now: Mono) {
        self.ends = None;
        self.leaving = true;
        if let Some(gate) = &mut self.gate {
            gate.begin_to_close();
        }
        self.mesh.handle(Input::Leave, now);
    }

    fn router(&mut self, progress: &Progress, now: Mono) {
        self.tell.router(progress);
        let changed = match progress {
            Progress::Mapped { external, enclosed: None, .. } => self.places.map(Some(*external)),
            Progress::Mapped { .. } | Progress::Lost { .. } | Progress::Failed(_) => self.places.map(None),
            Progress::Searching | Progress::Renewed { .. } => return,
        };
        if changed {
            self.mesh.handle(Input::Candidates(self.places.all()), now);
        }
        self.tell_invite();
    }

    /// Interfaces vanish and return.
    fn look_around(&mut self, now: Mono) {
        if now < self.places.look_at() {
            return;
        }
        let Some(change) = self.places.look(own_addresses(self.bound), now) else { return };
        match change {
            Change::Gone => self.tell.warning("network", "this machine has lost its network; waiting for it".into()),
            Change::Back => self.tell.warning("network", "this machine is back on a network".into()),
            Change::Other => {}
        }
        self.mesh.handle(Input::Candidates(self.places.all()), now);
        if change != Change::Gone {
            self.tell_invite();
        }
    }

    fn tell_invite(&mut self) {
        if let Some(key) = &self.key {
            self.tell.invite(&self.places.all(), key);
        }
    }

    /// Everybody was told; the router's port is closed and the socket given back before the last word.
    fn end(self) {
        drop(self.gate);
        drop(self.listener);
        self.tell.end();
    }
}

/// What the receiving thread does with each datagram.
fn hand_on(mut inbound: Inbound, mut post: Post) -> impl FnMut(&mut [u8], SocketAddr, Mono) + Send + 'static {
    move |datagram, from, at| {
        let (arrival, moved) = inbound.take(datagram, from, at);
        match arrival {
            // Counted by the inbound path; the playout will take it from here when calls have sound.
            Arrival::Voice { .. } | Arrival::Dropped(_) => {}
            Arrival::Opened { peer, link, header, sequence, payload } => {
                post.hand(What::Opened(peer, link, header, sequence), from, at, payload);
            }
            Arrival::Clear { header, body } => post.hand(What::Clear(header), from, at, body),
        }
        if let Some((peer, link)) = moved {
            post.hand(What::Moved(peer, link), from, at, &[]);
        }
    }
}

fn own_addresses(bound: Option<IpAddr>) -> Vec<IpAddr> {
    bound.map_or_else(|| addresses::usable(false), |address| vec![address])
}
