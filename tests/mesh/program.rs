// SPDX-License-Identifier: MIT
//! What runs on the machines: the engine with both its fast ends, driven exactly as the product drives it. Only
//! threads are missing: what two threads would do at once happens here one after the other.

use super::clock::{MS, SECOND, True};
use super::machine::{Engine, Part};
use super::watch::Parcel;
use super::world::{What, World};
use core::net::SocketAddr;
use hyperzoom::mesh::event::{Event, Input, Output};
use hyperzoom::mesh::inbound::Arrival;
use hyperzoom::mesh::invite::{Invite, InviteKey};
use hyperzoom::mesh::{Admit, HostSettings, JoinSettings, Mesh};
use hyperzoom::sync::peer_clock::{Exchange, PINGS_AT_START, PeerClock};
use hyperzoom::words::PeerId;

/// A waiting program is woken up to this much late, as threads are.
const LATE: True = MS / 2;
/// One frame of Opus at 32 kbit/s.
const FRAME_BYTES: usize = 20;
/// Until the engine says what it wants.
const PICTURE_BYTES: usize = 2_600;
/// A key frame is so many times as large as the others, and comes every two seconds.
const KEY_TIMES: usize = 3;

impl World {
    /// The machine's program opens a call; what guests need to come in.
    pub fn host(&mut self, machine: usize, key: bool, admit: Admit) -> Invite {
        let key = key.then(|| InviteKey::new(core::array::from_fn(|_| self.dice.next() as u8)));
        let now = self.machines[machine].clock.at(self.now);
        let name = self.machines[machine].name.clone();
        let (mesh, fast) = Mesh::host(HostSettings { name, key: key.clone(), admit }, self.dice.seed(), now);
        let here = &self.machines[machine];
        let address = here.mapped.unwrap_or(here.address);
        self.start(machine, Engine { mesh, fast, run: 0 });
        Invite { addresses: vec![address, self.machines[machine].address], key }
    }

    /// The machine's program joins a call.
    pub fn join(&mut self, machine: usize, invite: &Invite) {
        let now = self.machines[machine].clock.at(self.now);
        let name = self.machines[machine].name.clone();
        let settings = JoinSettings { name, invite: invite.clone() };
        let (mesh, fast) = Mesh::join(settings, self.dice.seed(), now);
        self.start(machine, Engine { mesh, fast, run: 0 });
    }

    fn start(&mut self, machine: usize, engine: Engine) {
        let here = &mut self.machines[machine];
        here.clean();
        here.runs += 1;
        let run = here.runs;
        here.engine = Some(Engine { run, ..engine });
        self.tell_candidates(machine);
        let (first, now) = (self.dice.below(20 * MS), self.now);
        self.put(now + first, What::Frame { machine, run });
        self.put(now + 2 * first, What::Picture { machine, run });
    }

    /// Tells the program where it can be reached.
    pub fn tell_candidates(&mut self, machine: usize) {
        let here = &self.machines[machine];
        let candidates = [Some(here.address), here.mapped].into_iter().flatten().collect();
        self.input(machine, Input::Candidates(candidates));
    }

    /// The program dies without a word.
    pub fn crash(&mut self, machine: usize) {
        self.machines[machine].engine = None;
        self.machines[machine].clean();
    }

    /// Gives the program something, and does what it says then.
    pub fn input(&mut self, machine: usize, input: Input<'_>) {
        let now = self.machines[machine].show(self.now);
        let Some(engine) = &mut self.machines[machine].engine else { return };
        engine.mesh.handle(input, now);
        let mut outputs = 0;
        let mut samples = Vec::new();
        loop {
            let Some(engine) = &mut self.machines[machine].engine else { return };
            let output = engine.mesh.poll();
            outputs += 1;
            self.watch.outputs(&self.machines[machine], outputs);
            match output {
                Output::Send { to, bytes } => self.send(machine, to, bytes),
                Output::Happened(event) => {
                    self.machines[machine].hear(&event, self.now);
                    self.answer(machine, &event, &mut samples);
                }
                Output::Wait { until, why } => {
                    self.machines[machine].waits_for = why;
                    self.wait(machine, until);
                    break;
                }
            }
        }
        for (peer, ping) in samples {
            self.learn(machine, peer, ping);
        }
    }

    fn wait(&mut self, machine: usize, until: hyperzoom::words::Mono) {
        let late = self.dice.below(LATE);
        let number = self.number();
        let here = &mut self.machines[machine];
        here.wake_number = number;
        if let Some(at) = here.clock.when(until, self.now) {
            let at = at.max(here.asleep_until);
            self.put(at + late, What::Wake { machine, number });
        }
    }

    /// What the people and the conductor would do.
    fn answer(&mut self, machine: usize, event: &Event, samples: &mut Vec<(PeerId, Exchange)>) {
        match event {
            Event::TimeSample { peer, t1, t2, t3, t4 } => {
                samples.push((*peer, Exchange { t1: *t1, t2: *t2, t3: *t3, t4: *t4 }));
            }
            Event::Knocking { ticket, name, .. } => {
                // A second guest of one name is called `guest 2`, and comes back as that.
                let yes = self.machines.iter().any(|other| other.part == Part::Member && name.starts_with(&other.name));
                self.put(self.now + SECOND / 2, What::Admit { machine, ticket: *ticket, yes });
            }
            _ => {}
        }
    }

    fn learn(&mut self, machine: usize, peer: PeerId, ping: Exchange) {
        let here = &mut self.machines[machine];
        // Only the host's clock matters in a call; the others cost time that a simulation has better uses for.
        if peer != PeerId::HOST || here.me() == Some(PeerId::HOST) {
            return;
        }
        here.samples += 1;
        let learns = here.samples <= PINGS_AT_START || here.samples.is_multiple_of(self.learn_every);
        if !learns {
            return;
        }
        here.peers[peer.index()].clock.get_or_insert_with(PeerClock::new).learn(ping);
        let Some(began) = here.began else { return };
        let now = here.clock.at(self.now);
        let line = here.peers[peer.index()].clock.as_ref().and_then(|clock| clock.session_line(began, now));
        if let Some(line) = line {
            self.input(machine, Input::Session(line));
        }
    }

    pub(super) fn wake(&mut self, machine: usize, number: u64) {
        let here = &mut self.machines[machine];
        if here.wake_number == number && here.engine.is_some() {
            if here.asleep_until > self.now {
                let at = here.asleep_until;
                return self.put(at, What::Wake { machine, number });
            }
            self.watch.wake(here, self.now);
            self.input(machine, Input::Timeout);
        }
    }

    /// A datagram comes in at the socket.
    pub(super) fn receive(&mut self, machine: usize, from: SocketAddr, parcel: Parcel) {
        let now = self.machines[machine].clock.at(self.now);
        let Some(engine) = &mut self.machines[machine].engine else { return };
        let mut bytes = parcel.bytes.clone();
        let (arrival, moved) = engine.fast.inbound.take(&mut bytes, from, now);
        match arrival {
            Arrival::Voice { peer, payload, sequence, .. } => {
                let frames = payload.frames(sequence).map(|(_, bytes)| bytes.to_vec()).collect();
                self.hear_voice(machine, peer, &parcel, frames);
            }
            Arrival::Opened { peer, link, header, sequence, payload } => {
                self.watch.opened(&self.machines, machine, peer, &parcel);
                let input = Input::Opened { peer, link, from, header, sequence, payload, at: now };
                self.input(machine, input);
            }
            Arrival::Clear { header, body } => self.input(machine, Input::Clear { from, header, body }),
            Arrival::Dropped(why) => *self.watch.dropped.entry(format!("{why:?}")).or_default() += 1,
        }
        if let Some((peer, link)) = moved {
            self.input(machine, Input::Moved { peer, link, from });
        }
    }

    fn hear_voice(&mut self, machine: usize, peer: PeerId, parcel: &Parcel, frames: Vec<Vec<u8>>) {
        self.watch.opened(&self.machines, machine, peer, parcel);
        self.watch.voice(&self.machines[machine], peer);
        let now = self.now;
        let peer = &mut self.machines[machine].peers[peer.index()];
        peer.voice_at = Some(now);
        for frame in frames {
            assert!(frame.len() == FRAME_BYTES && usize::from(frame[0]) == parcel.origin, "whose voice is {frame:?}?");
            peer.frames.insert(u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]));
        }
    }

    pub(super) fn frame(&mut self, machine: usize, run: u32) {
        let here = &mut self.machines[machine];
        let every = if here.voice_every == 0 { 100 * MS } else { here.voice_every };
        let awake = here.asleep_until <= self.now && here.voice_every != 0;
        let now = here.clock.at(self.now);
        let Some(engine) = here.engine.as_mut().filter(|engine| engine.run == run) else { return };
        let mut sent = Vec::new();
        if awake {
            let mut opus = [machine as u8; FRAME_BYTES];
            opus[1..5].copy_from_slice(&here.frame_number.to_be_bytes());
            here.frame_number += 1;
            let result = engine.fast.voice.frame(&opus, now, &mut |to, bytes| sent.push((to, bytes.to_vec())));
            result.expect("a short frame");
        }
        sent.into_iter().for_each(|(to, bytes)| self.send(machine, to, bytes));
        self.put(self.now + every, What::Frame { machine, run });
    }

    pub(super) fn picture(&mut self, machine: usize, run: u32) {
        let here = &mut self.machines[machine];
        if here.engine.as_ref().is_none_or(|engine| engine.run != run) {
            return;
        }
        let fps = here.order.map_or(here.fps, |order| here.fps.min(order.fps.into()));
        let awake = here.asleep_until <= self.now && here.fps != 0;
        if awake && here.order.is_some() {
            let number = here.pictures_sent;
            here.pictures_sent += 1;
            let key = core::mem::take(&mut here.wants_key) || number.is_multiple_of(2 * fps.max(1));
            let plain =
                here.order.map_or(PICTURE_BYTES, |order| (order.bitrate_kbps * 125 / order.fps.max(1)) as usize);
            let bytes = vec![number as u8; if key { plain * KEY_TIMES } else { plain * 9 / 10 }];
            let layer = if key || number.is_multiple_of(4) { 0 } else { [2, 1, 2][(number % 4) as usize - 1] };
            self.input(machine, Input::Picture { key, layer, taken: None, bytes: &bytes });
        }
        let pause = SECOND / fps.clamp(1, 60);
        self.put(self.now + pause, What::Picture { machine, run });
    }

    pub(super) fn admit(&mut self, machine: usize, ticket: u64, yes: bool) {
        self.input(machine, Input::Admit { ticket, yes });
    }
}
