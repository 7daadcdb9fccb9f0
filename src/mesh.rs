// SPDX-License-Identifier: MIT
//! Ring 1, engine: the wire protocol. Who is in the call, and every datagram between them.
//!
//! ```text
//! +---------------------------------------------------------------------------------------------+
//! | The rule of the loop: after each `handle`, `poll` until it answers `Wait`. Do what it says. |
//! | Then handle what comes in first: an input, or `Timeout` when the time it named has come.    |
//! +---------------------------------------------------------------------------------------------+
//! ```
//!
//! It knows no socket, no clock and no thread. Two ends of it live on threads of their own and are handed out at
//! the beginning ([`Fast`]): the encoder's, which seals and sends voice, and the receiver's, which opens every
//! datagram, gives voice to the playout and everything else to [`Mesh::handle`]. What changes for them goes there
//! through wait-free rings.
//!
//! ```text
//!              Fast::voice   <--- orders ---+         +--- orders --->   Fast::inbound
//!   frames --> seal, send                   |  Mesh   |                  open --> voice to the playout
//!                                           |         | <-- Input::Opened, Clear --'
//!                    handle(input, now) --> |         | --> poll() -> Send, Happened, Wait
//! ```
//!
//! The host's side of a join is `door` and `host`, the guest's is `guest`; `pair` makes links between any two who
//! are in; `people` knows who lives; `show` carries pictures.

pub mod assemble;
pub mod control;
pub mod copies;
pub mod door;
pub mod event;
pub mod figures;
pub mod fragment;
mod guest;
pub mod handshake;
pub mod header;
mod hear;
mod host;
pub mod inbound;
pub mod invite;
pub mod ladder;
pub mod link;
mod outbox;
pub mod pace;
mod pair;
mod people;
pub mod random;
pub mod report;
pub mod resend;
pub mod road;
pub mod roster;
mod say;
pub mod seal;
mod show;
pub mod tally;
pub mod timer;
mod tone;
pub mod voice;

use crate::words::{Mono, PEOPLE_MAX, PeerId, SessionLine};
use control::Message;
use control::greeting::Refusal as Refused;
use core::net::SocketAddr;
use event::{Event, Input, Output, Over, Status};
use figures::Counts;
use guest::GuestSide;
use host::HostSide;
use inbound::{Inbound, InboundOrders, inbound_path};
use invite::{Invite, InviteKey};
use link::Link;
use outbox::Outbox;
use random::Random;
use road::is_private;
use roster::{CANDIDATES_MAX, Roster, clean_name};
use show::Show;
use tally::TallyReader;
use timer::{Timer, Timers};
use tone::Agreed;
use voice::{VoiceOrder, VoiceOrders, VoiceOut, voice_path};

/// Timers that may run out at once: each name once, and then some that were set to now.
const TIMERS_AT_ONCE: usize = 64;

/// Whom the host lets in without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// Whoever finds the way.
    All,
    /// Whoever has the invite's key; the host is asked about everybody else.
    Ask,
}

/// How a call is opened.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// What the others call us.
    pub name: String,
    /// The key of the invite; without one everybody knocks.
    pub key: Option<InviteKey>,
    /// Who comes in unasked.
    pub admit: Admit,
}

/// How a call is joined.
#[derive(Clone, Debug)]
pub struct JoinSettings {
    /// What the others call us.
    pub name: String,
    /// Where the host is, and the key.
    pub invite: Invite,
}

/// The two ends that live on threads of their own.
#[derive(Debug)]
pub struct Fast {
    /// For the encoder's thread.
    pub voice: VoiceOut,
    /// For the receiving thread.
    pub inbound: Inbound,
}

/// How far we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not in yet.
    Joining,
    /// In.
    In,
    /// BYE has to be said so often still.
    Leaving(u8),
    /// Over.
    Ended,
}

enum Role {
    Host(Box<HostSide>),
    Guest(Box<GuestSide>),
}

/// Ourselves.
struct Me {
    /// Our place, once we have one.
    id: Option<PeerId>,
    incarnation: u32,
    name: String,
    /// Drawn once, so that the host knows us again.
    person: u64,
    candidates: Vec<SocketAddr>,
    /// Where each of the others sees us.
    seen_by: [Option<SocketAddr>; PEOPLE_MAX],
    /// When the others were told last where we are.
    told: Option<Mono>,
    status: Status,
}

/// Orders to the fast ends, and what they count.
struct Paths {
    voice: VoiceOrders,
    inbound: InboundOrders,
    tally: TallyReader,
}

/// One participant of a call.
pub struct Mesh {
    stage: Stage,
    role: Role,
    me: Me,
    session: u64,
    line: SessionLine,
    roster: Roster,
    links: [Option<Link>; PEOPLE_MAX],
    /// Links that had keys so far; the number of each.
    links_made: u32,
    /// When all addresses of each place were tried last.
    knocked: [Option<Mono>; PEOPLE_MAX],
    show: Show,
    tone: Agreed,
    paths: Paths,
    timers: Timers,
    out: Outbox,
    random: Random,
    counts: Counts,
    /// Time never runs backwards in here.
    now: Mono,
}

impl Mesh {
    /// Opens a call. The seed must come from the system: all keys follow from it.
    pub fn host(settings: HostSettings, seed: [u8; 32], now: Mono) -> (Mesh, Fast) {
        let mut random = Random::new(seed);
        let side = HostSide::new(settings.key, settings.admit, &mut random);
        let (mut mesh, fast) = Mesh::new(Role::Host(Box::new(side)), &settings.name, random, now);
        mesh.open(now);
        (mesh, fast)
    }

    /// Joins one.
    pub fn join(settings: JoinSettings, seed: [u8; 32], now: Mono) -> (Mesh, Fast) {
        let side = GuestSide::new(settings.invite);
        let (mut mesh, fast) = Mesh::new(Role::Guest(Box::new(side)), &settings.name, Random::new(seed), now);
        mesh.begin_join(now);
        (mesh, fast)
    }

    fn new(role: Role, name: &str, mut random: Random, now: Mono) -> (Mesh, Fast) {
        let (voice, voice_orders) = voice_path();
        let (inbound, inbound_orders, tally) = inbound_path();
        let me = Me {
            id: None,
            incarnation: 0,
            name: clean_name(name),
            person: random.u64(),
            candidates: Vec::new(),
            seen_by: [None; PEOPLE_MAX],
            told: None,
            status: Status::default(),
        };
        let mesh = Mesh {
            stage: Stage::Joining,
            role,
            me,
            session: 0,
            line: SessionLine::beginning(now),
            roster: Roster::default(),
            links: Default::default(),
            links_made: 0,
            knocked: [None; PEOPLE_MAX],
            show: Show::new(now),
            tone: Agreed::default(),
            paths: Paths { voice: voice_orders, inbound: inbound_orders, tally },
            timers: Timers::default(),
            out: Outbox::default(),
            random,
            counts: Counts::default(),
            now,
        };
        (mesh, Fast { voice, inbound })
    }

    /// Something came in, or the time has come that was waited for.
    pub fn handle(&mut self, input: Input<'_>, now: Mono) {
        let now = now.max(self.now);
        self.now = now;
        match self.stage {
            Stage::Ended => return,
            Stage::Leaving(_) => {}
            Stage::Joining | Stage::In => self.take(input, now),
        }
        for _ in 0..TIMERS_AT_ONCE {
            let Some(timer) = self.timers.expired(now) else { break };
            self.on_timer(timer, now);
        }
        self.paths.voice.flush();
        self.paths.inbound.flush();
    }

    /// What to do now. After `Wait` there is nothing more until something comes in.
    pub fn poll(&mut self) -> Output {
        self.out.pop().unwrap_or_else(|| {
            let (until, why) = self.timers.next().unwrap_or((Mono(u64::MAX), Timer::Nothing));
            Output::Wait { until, why }
        })
    }

    /// Nothing more will be sent.
    pub fn ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Our place, once we have one.
    pub fn me(&self) -> Option<PeerId> {
        self.me.id
    }

    /// The text that brings guests here, if we are the host and these are our addresses.
    pub fn invite(&self, addresses: &[SocketAddr]) -> Option<String> {
        let Role::Host(side) = &self.role else { return None };
        let addresses: Vec<SocketAddr> = addresses.iter().copied().take(invite::ADDRESSES_MAX).collect();
        (!addresses.is_empty()).then(|| Invite { addresses, key: side.key.clone() }.to_string())
    }

    fn take(&mut self, input: Input<'_>, now: Mono) {
        match input {
            Input::Clear { from, header, body } => self.on_clear(from, header, body, now),
            // The receiving thread may not have got the order yet that ends the link it opened this with.
            Input::Opened { peer, link, .. } | Input::Moved { peer, link, .. } if !self.is_link(peer, link) => {}
            Input::Opened { peer, from, header, sequence, payload, at, .. } => {
                self.on_opened(peer, from, header, sequence, payload, at.min(now), now);
            }
            Input::Moved { peer, from, .. } => self.on_moved(peer, from, now),
            Input::Candidates(candidates) => self.on_candidates(candidates, now),
            Input::Admit { ticket, yes } => self.on_admit(ticket, yes, now),
            Input::Picture { key, layer, taken, bytes } => {
                self.on_picture((key, layer), bytes, taken.unwrap_or(now), now);
            }
            Input::KeyFrameWanted { peer } => self.tell(peer, &Message::KeyFrameWanted, now),
            Input::VoiceFrames(length) => self.set_frame_length(length, now),
            Input::Session(line) => self.set_line(line),
            Input::Status(status) => self.on_status(status, now),
            Input::Tone { session_ns } => self.agree_on_tone(session_ns, now),
            Input::Leave => self.leave(Over::Left, now),
            Input::Timeout => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, now: Mono) {
        match timer {
            Timer::Hello => self.say_hello(now),
            Timer::Door => self.look_at_the_door(now),
            Timer::Heartbeat => self.heartbeat(now),
            Timer::Places => self.look_after_places(now),
            Timer::Stats => self.tell_figures(now),
            Timer::Bye => self.say_bye(now),
            Timer::Pace => self.pace(now),
            Timer::Tone => self.say_tone(now),
            Timer::Roster => self.repeat_roster(now),
            Timer::Ladder => self.tick_ladder(now),
            Timer::Knock(peer) => self.knock(peer, now),
            Timer::Silence(peer) => self.judge_silence(peer, now),
            Timer::Ping(peer) => self.ping(peer, now),
            Timer::Report(peer) => self.report(peer, now),
            Timer::Picture(peer) => self.gather(peer, now),
            Timer::Nothing => {}
        }
    }

    /// Is this the link in that place, and none of those before it?
    fn is_link(&self, peer: PeerId, number: u32) -> bool {
        self.links[peer.index()].as_ref().and_then(Link::keyed).is_some_and(|live| live.number == number)
    }

    fn set_line(&mut self, line: SessionLine) {
        self.line = line;
        self.paths.voice.give(VoiceOrder::Session(line));
    }

    fn on_candidates(&mut self, candidates: Vec<SocketAddr>, now: Mono) {
        // As the others will read them: without what is only true on this machine.
        let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        let candidates: Vec<SocketAddr> = candidates.into_iter().map(plain).take(CANDIDATES_MAX).collect();
        if candidates != self.me.candidates {
            self.me.candidates = candidates;
            self.tell_candidates(now);
        }
    }

    /// Where we may be reached: what we know ourselves, then what others see of us in the wide world.
    fn own_candidates(&self) -> Vec<SocketAddr> {
        let mut all = self.me.candidates.clone();
        for seen in self.me.seen_by.iter().flatten() {
            if !all.contains(seen) && !is_private(*seen) {
                all.push(*seen);
            }
        }
        all.truncate(CANDIDATES_MAX);
        all
    }

    fn on_status(&mut self, status: Status, now: Mono) {
        if status != self.me.status {
            self.me.status = status;
            self.timers.set(Timer::Heartbeat, now);
        }
    }

    /// The call is over for us.
    fn end(&mut self, why: Over) {
        self.stage = Stage::Ended;
        for peer in PeerId::all() {
            self.cut(peer);
            self.links[peer.index()] = None;
        }
        self.timers.stop_all();
        self.out.happened(Event::Over(why));
    }

    fn refuse(&mut self, why: Refused) {
        self.out.happened(Event::Refused { why });
    }
}

impl core::fmt::Debug for Mesh {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Mesh({:?} {:?}, roster {})", self.me.id, self.stage, self.roster.version)
    }
}

#[cfg(test)]
mod world;
