// SPDX-License-Identifier: MIT
//! The thread that owns a running call. The rule of its loop: hear everything that has come, let the engine say what
//! is due, do it, look after the house, sleep until the next wait ends or somebody wakes us.

use super::bells::Bells;
use super::clocks::Clocks;
use super::event::CallEvent;
use super::faces;
use super::gate::Gate;
use super::order::{Order, Part};
use super::parcels::{Inbox, Parcel, Post, What, post};
use super::places::{Change, Places};
use super::sound::Ears;
use super::stage::{Parts, Stage};
use super::switcher::bluetooth_microphone;
use super::tell::Teller;
use super::{Admission, CallSettings};
use crate::media;
use crate::mesh::event::{Event, Input, Output};
use crate::mesh::inbound::{Arrival, Inbound};
use crate::mesh::invite::InviteKey;
use crate::mesh::random::Random;
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

/// A running call.
pub struct Conductor {
    mesh: Mesh,
    /// Our own devices.
    stage: Stage,
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
    /// The last tone is on its way: when to go.
    parting: Option<Mono>,
    /// The mesh has nothing more to do.
    ended: bool,
    over: bool,
    /// The last look at the second's figures.
    figured: Mono,
    /// The network took nothing, and that was said.
    cut_off: bool,
    /// Said once: this machine is too busy.
    overloaded: bool,
}

/// Who is alone still wants to see the recording grow; a moment longer than a second, to let peers' figures go first.
const ALONE_STATS_NS: i64 = 1_100_000_000;

/// Orders and timers get their turn however much arrives.
const PARCELS_A_TURN: usize = 1_024;

impl Conductor {
    /// Runs a call on the calling thread until it is over.
    pub fn run(
        settings: CallSettings,
        (part, parts): (Part, Parts),
        socket: Socket,
        seed: [u8; 32],
        (give, orders): (Sender<Order>, Receiver<Order>),
        events: Sender<CallEvent>,
    ) {
        let now = media::now();
        let port = socket.port();
        let mut conductor = Conductor::new(&settings, (part, parts), socket, seed, (give.clone(), orders), events, now);
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
        (part, parts): (Part, Parts),
        socket: Socket,
        seed: [u8; 32],
        (give, orders): (Sender<Order>, Receiver<Order>),
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
        if let Some(name) = &parts.bluetooth {
            tell.bluetooth(name);
        }
        let us = std::thread::current();
        let (stage, ears) = Stage::set(parts, hosting, fast.voice, socket.clone(), give, us);
        let listener = Listener::start(socket.clone(), machine, hand_on(fast.inbound, ears, post), slow);
        if let Err(why) = &listener {
            tell.fail(format!("the system has no thread left to receive with: {why}"));
        }
        let port = socket.port();
        Conductor {
            mesh,
            stage,
            socket,
            ended: listener.is_err(),
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
            parting: None,
            figured: now,
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
        if self.ends().is_some_and(|ends| ends <= now) || self.parting.is_some_and(|at| at <= now) {
            self.leave(now);
            self.act(now);
        }
        if let Some(change) = self.stage.govern(self.tell.waiting_bytes(), now) {
            self.tell.warning(change.kind(), change.sentence().to_owned());
        }
        match self.stage.is_heard(now) {
            Some(true) => self.tell.speaker_on(false),
            Some(false) => self.tell.speaker_lost("no speaker asks for sound"),
            None => {}
        }
        if let Some(tone) = self.stage.look(now) {
            self.mesh.handle(tone, now);
        }
        self.look_around(now);
        // Asking for the addresses takes its time.
        let now = media::now();
        self.mesh.handle(Input::Timeout, now);
        let until = self.act(now).min(self.places.look_at());
        self.over |= self.ended && self.stage.is_over();
        [self.ends(), self.parting, self.stage.look_at()].into_iter().flatten().fold(until, Mono::min)
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
                    self.figure(now);
                    if self.tell.failed() && !self.leaving && !self.ended {
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
        if let Event::Joined { began, .. } = event {
            self.clocks.begin(began);
        }
        self.stage.happened(&event, &self.clocks, now);
        match event {
            Event::Picture { peer, key, timestamp_ms, bytes, .. } => {
                if let Some(ask) = self.stage.picture(peer, &bytes, key, timestamp_ms, now) {
                    self.mesh.handle(ask, now);
                }
            }
            Event::TimeSample { peer, t1, t2, t3, t4 } => self.learn(peer, Exchange { t1, t2, t3, t4 }, now),
            Event::Stats(stats) => {
                self.stage.road(&stats);
                let voice = self.stage.voice(stats.peer, stats.delay_ms);
                let picture_ms = self.stage.picture_ms(stats.peer);
                self.tell.figures(&stats, (voice, picture_ms), &self.clocks, now);
            }
            Event::Over(_) => {
                self.tell.happened(&event, now);
                self.end_of_mesh();
            }
            Event::PeerLeft { peer, .. } => {
                self.tell.happened(&event, now);
                self.clocks.forget(peer);
            }
            event => self.tell.happened(&event, now),
        }
    }

    fn learn(&mut self, peer: PeerId, exchange: Exchange, now: Mono) {
        let (line, stepped) = self.clocks.learn(peer, exchange);
        if let Some(line) = line {
            self.mesh.handle(Input::Session(line), now);
            self.stage.set_line(line);
        }
        if let Some(by_ns) = stepped {
            self.tell.clock_stepped(peer, by_ns, now);
        }
    }

    fn obey(&mut self, order: Order, now: Mono) {
        match order {
            Order::Admit(ticket, yes) => self.mesh.handle(Input::Admit { ticket, yes }, now),
            Order::Mute(muted) => {
                let input = self.stage.mute(muted, now);
                self.mesh.handle(input, now);
            }
            Order::CameraOff(off) => {
                let input = self.stage.camera_off(off, now);
                self.mesh.handle(input, now);
            }
            Order::Face(face) => self.mesh.handle(faces::input(&face), now),
            Order::Seen(peer) => self.tell.seen(peer),
            Order::Taped(event) => self.taped(event, now),
            Order::SpeakerOn { silent } => self.tell.speaker_on(silent),
            Order::SpeakerLost(why) => self.tell.speaker_lost(&why),
            Order::Change(change) => {
                if let Some(input) = self.stage.change(change, now) {
                    self.mesh.handle(input, now);
                }
            }
            Order::Switched(device) => {
                device.iter().filter_map(bluetooth_microphone).for_each(|name| self.tell.bluetooth(name));
            }
            Order::Speaker { target, bluetooth } => {
                bluetooth.iter().for_each(|name| self.tell.bluetooth(name));
                self.stage.switch_speaker(target);
            }
            Order::NoSuchDevice(message) => self.tell.warning("no-device", message),
            Order::Leave => self.leave(now),
            Order::Router(progress) => self.router(&progress, now),
        }
    }

    /// When to begin to leave by itself: a recording needs a moment more, for the last tone.
    fn ends(&self) -> Option<Mono> {
        let parting_ns = if self.stage.rolls() { Bells::parting_ns() } else { 0 };
        self.ends.map(|ends| ends.offset(-parting_ns))
    }

    /// Leaves: with a last tone in everybody's recording, or at once if it is asked for again. A recording that has gone
    /// on alone after the call gets one too, its own: what was recorded since then can be checked by nothing else.
    fn leave(&mut self, now: Mono) {
        self.ends = None;
        if self.parting.is_none()
            && !self.tell.failed()
            && let Some((tone, gone)) = self.stage.part(now)
        {
            self.parting = Some(gone);
            self.mesh.handle(tone, now);
            return;
        }
        self.parting = None;
        self.stage.stop();
        if std::mem::replace(&mut self.leaving, true) {
            return;
        }
        if let Some(gate) = &mut self.gate {
            gate.begin_to_close();
        }
        self.mesh.handle(Input::Leave, now);
    }

    /// The mesh is over: because we left, or because nobody is there any more. What is being recorded goes on until the
    /// person ends it.
    fn end_of_mesh(&mut self) {
        self.ended = true;
        if self.parting.is_some() {
            // We are about to go by ourselves, with our last tone.
            return;
        }
        if self.leaving || !self.stage.rolls() {
            self.stage.stop();
        } else {
            self.tell
                .warning("recording-on", "the call is over, your recording goes on: end it when you are done".into());
        }
    }

    fn taped(&mut self, event: Option<crate::studio::event::Event>, now: Mono) {
        if let Some(input) = self.stage.taped(event.as_ref(), now) {
            self.mesh.handle(input, now);
        }
        let goes_on = !self.leaving && !self.ended && self.parting.is_none();
        match event {
            Some(event) => self.tell.taped(event, now),
            None if goes_on => self
                .tell
                .warning("recording-over", "the call goes on, but nothing of it is recorded here any more".into()),
            None => {}
        }
    }

    /// The figures of a second, once all peers' are there; without peers, our own.
    fn figure(&mut self, now: Mono) {
        let present = self.tell.figured();
        let alone = present.is_empty() && now.since(self.figured) >= ALONE_STATS_NS && self.stage.rolls();
        if present.is_empty() && !alone {
            return;
        }
        self.figured = now;
        let frames = self.stage.fit_voice(now);
        self.mesh.handle(frames, now);
        self.stage.note_people(&self.clocks, &present, now);
        self.tell.stats(self.stage.capture_to_send(), &self.clocks, now);
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
            Change::Back => self.tell.warning("network-back", "this machine is back on a network".into()),
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
        drop(self.stage);
        self.tell.end();
    }
}

/// What the receiving thread does with each datagram.
fn hand_on(
    mut inbound: Inbound,
    mut ears: Ears,
    mut post: Post,
) -> impl FnMut(&mut [u8], SocketAddr, Mono) + Send + 'static {
    move |datagram, from, at| {
        let (arrival, moved) = inbound.take(datagram, from, at);
        match arrival {
            Arrival::Voice { .. } => ears.hear(&arrival, at),
            Arrival::Dropped(_) => {}
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
