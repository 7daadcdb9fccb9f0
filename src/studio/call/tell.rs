// SPDX-License-Identifier: MIT
//! What the engine and the router tell, put into names and sentences for whoever watches the call.

use super::clocks::Clocks;
use super::event::{CallEvent, PeerStats, Person, TapeStats, VoiceStats};
use super::quantiles::Spread;
use crate::mesh::event::{Event, Left, Over, Refused, Stats};
use crate::mesh::invite::{Invite, InviteKey};
use crate::mesh::road::NoRoad;
use crate::net::addresses::{Reach, reach};
use crate::net::mapping::Progress;
use crate::studio::event::Event as Taped;
use crate::studio::watch_clock::{CLOCK_JUMP, jump_sentence};
use crate::words::{Mono, PEOPLE_MAX, PeerId};
use std::net::SocketAddr;
use std::sync::mpsc::Sender;

/// An invite names so many addresses at most: the way in from outside, and what the same network needs.
const INVITE_ADDRESSES: usize = 3;

/// When a machine has slept, its own clock and everybody's against it jump within this time: that is one jump.
const ONE_JUMP_NS: i64 = 30 * Mono::SECOND as i64;

/// The teller.
pub struct Teller {
    events: Sender<CallEvent>,
    began: Mono,
    me: PeerId,
    /// We are in, and told so as soon as the roster says under which name.
    joined: Option<(u64, u64)>,
    /// Whom we heard before that could be told.
    early: Vec<CallEvent>,
    names: [String; PEOPLE_MAX],
    linked: [bool; PEOPLE_MAX],
    people: Vec<PeerId>,
    told: Vec<Person>,
    invite: String,
    /// The figures of this second, until all peers' are there.
    stats: Vec<PeerStats>,
    /// How our recording goes.
    tape: Option<TapeStats>,
    speaker_lost: bool,
    /// When a jump of a clock was told last.
    clock_told: Option<Mono>,
    failed: bool,
}

impl Teller {
    /// To whoever listens there.
    pub fn new(events: Sender<CallEvent>, now: Mono) -> Teller {
        Teller {
            events,
            began: now,
            me: PeerId::HOST,
            joined: None,
            early: Vec::new(),
            names: Default::default(),
            linked: [false; PEOPLE_MAX],
            people: Vec::new(),
            told: Vec::new(),
            invite: String::new(),
            stats: Vec::new(),
            tape: None,
            speaker_lost: false,
            clock_told: None,
            failed: false,
        }
    }

    /// The last word.
    pub fn end(self) {
        if !self.failed {
            self.say(CallEvent::Left);
        }
    }

    /// Something to know.
    pub fn warning(&self, kind: &'static str, message: String) {
        self.say(CallEvent::Warning { kind, message });
    }

    /// A peer's clock was set, or ours; not told again where our recording has just told of ours.
    pub fn clock_stepped(&mut self, peer: PeerId, by_ns: i64, now: Mono) {
        if self.is_news_of_clocks(now) {
            let clock = format!("the clock of {} against ours", self.name(peer));
            self.warning(CLOCK_JUMP, jump_sentence(&clock, by_ns / 1000));
        }
    }

    fn is_news_of_clocks(&mut self, now: Mono) -> bool {
        let news = self.clock_told.is_none_or(|told| now.since(told) >= ONE_JUMP_NS);
        if news {
            self.clock_told = Some(now);
        }
        news
    }

    /// A headset without a wire takes part.
    pub fn bluetooth(&self, name: &str) {
        let message = format!(
            "'{name}' is a Bluetooth headset: its microphone sounds like a telephone, and it adds 100 ms or more in \
             each direction; a headset with a wire serves you better"
        );
        self.warning("bluetooth", message);
    }

    /// The others are heard, or would be if there were a speaker.
    pub fn speaker_on(&mut self, silent: bool) {
        let was_lost = std::mem::replace(&mut self.speaker_lost, false);
        if silent {
            self.warning("speaker", "NO SPEAKER: you hear nobody; plug in headphones, or name a speaker".into());
        } else if was_lost {
            self.warning("speaker-back", "the speaker is back".into());
        }
    }

    /// The speaker is gone; told once for each absence.
    pub fn speaker_lost(&mut self, why: &str) {
        if !std::mem::replace(&mut self.speaker_lost, true) {
            let message = format!("the speaker is gone ({why}): you hear nobody until it is back; the others hear you");
            self.warning("speaker", message);
        }
    }

    /// How guests come in, if that has changed.
    pub fn invite(&mut self, places: &[SocketAddr], key: &InviteKey) {
        let addresses: Vec<SocketAddr> = places.iter().copied().take(INVITE_ADDRESSES).collect();
        let Some(first) = addresses.first() else { return };
        let address = first.to_string();
        let invite = Invite { addresses, key: Some(key.clone()) }.to_string();
        if invite != self.invite {
            self.invite.clone_from(&invite);
            self.say(CallEvent::Invite { invite, address });
        }
    }

    /// What the router's thread says.
    pub fn router(&self, progress: &Progress) {
        let (state, external, message) = match progress {
            Progress::Searching => ("searching", None, "asking the router for a way in".to_owned()),
            Progress::Mapped { external, how, enclosed: None, .. } => {
                ("mapped", Some(*external), format!("the router lets guests in at {external} ({how})"))
            }
            Progress::Mapped { external, enclosed: Some(trouble), .. } => {
                ("enclosed", Some(*external), format!("{}. {}", trouble.why, trouble.advice))
            }
            Progress::Renewed { external, .. } => {
                ("renewed", Some(*external), format!("the router goes on letting guests in at {external}"))
            }
            Progress::Lost { why } => ("lost", None, format!("the way in through the router is lost: {why}")),
            Progress::Failed(trouble) => {
                ("failed", None, format!("no way in through the router: {}. {}", trouble.why, trouble.advice))
            }
        };
        self.say(CallEvent::PortMapping { state, external, message });
    }

    /// What the engine says.
    pub fn happened(&mut self, event: &Event, now: Mono) {
        match event {
            Event::Joined { me, session, .. } => {
                self.me = *me;
                // Whoever had that place before had another name: ours comes with the next roster.
                self.names[me.index()].clear();
                self.joined = Some((*session, now.since(self.began).max(0) as u64 / 1_000_000));
                self.joined();
            }
            Event::RosterChanged { people, .. } => {
                self.people = people.iter().map(|person| person.peer).collect();
                for person in people {
                    self.names[person.peer.index()].clone_from(&person.name);
                }
                self.joined();
                self.roster();
                if self.joined.is_none() {
                    std::mem::take(&mut self.early).into_iter().for_each(|event| self.say(event));
                }
            }
            Event::PeerJoined { peer, name, address } => {
                self.names[peer.index()].clone_from(name);
                self.linked[peer.index()] = true;
                let (participant, name, address) = (peer.number(), name.clone(), *address);
                let here = CallEvent::PeerJoined { participant, name, address };
                match self.joined {
                    // That we are in comes first.
                    Some(_) => self.early.push(here),
                    None => self.say(here),
                }
                self.roster();
            }
            Event::PeerSilent { peer } => {
                self.say(CallEvent::PeerSilent { participant: peer.number(), name: self.name(*peer) });
            }
            Event::PeerBack { peer, silent_ms } => {
                let (participant, name, silent_ms) = (peer.number(), self.name(*peer), *silent_ms);
                self.say(CallEvent::PeerBack { participant, name, silent_ms });
            }
            Event::PeerLeft { peer, why } => {
                self.linked[peer.index()] = false;
                let reason = reason(*why);
                self.say(CallEvent::PeerLeft { participant: peer.number(), name: self.name(*peer), reason });
                self.roster();
            }
            Event::PeerStatus { peer, status } => self.say(CallEvent::PeerStatus {
                participant: peer.number(),
                name: self.name(*peer),
                muted: status.muted,
                camera_off: status.camera_off,
                recording: status.recording,
            }),
            Event::NoRoad { peer, why, tried } => self.no_road(*peer, *why, tried),
            Event::Stats(_) => {}
            Event::Over(over) => self.over(*over),
            event => self.at_the_door(event),
        }
    }

    fn at_the_door(&mut self, event: &Event) {
        match event {
            Event::Knocking { ticket, name, from } => {
                self.say(CallEvent::Knocking { ticket: *ticket, name: name.clone(), from: *from });
            }
            Event::KnockingStopped { ticket } => self.say(CallEvent::KnockingStopped { ticket: *ticket }),
            Event::Waiting { .. } => self.say(CallEvent::Waiting),
            Event::HostSilent { tried, .. } => {
                self.warning("host-silent", format!("no answer yet from {}; trying on", list(tried)));
            }
            Event::Unreachable { tried, after_ms } => self.fail(unreachable(tried, *after_ms)),
            Event::WrongKey { address } => self.fail(format!(
                "a host answers at {address}, but it does not take this invite: it is old or mistyped. Ask the host \
                 for a new one"
            )),
            Event::Crowded { address } => self.warning(
                "crowded",
                format!("the host at {address} has no room or no time for one more just now; trying on"),
            ),
            Event::PeerMoved { peer, address } => {
                tracing::info!("{} is reached at {address} now", self.name(*peer));
            }
            _ => {}
        }
    }

    /// A guest who can't come in is told why, once; the face ends.
    pub fn fail(&mut self, message: String) {
        if !self.failed {
            self.failed = true;
            self.say(CallEvent::Error { message });
        }
    }

    /// Whether the call has failed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Told once the roster says under which name.
    fn joined(&mut self) {
        if self.names[self.me.index()].is_empty() {
            return;
        }
        if let Some((session, took_ms)) = self.joined.take() {
            let (participant, name, session_id) = (self.me.number(), self.name(self.me), format!("{session:016x}"));
            self.say(CallEvent::Joined { participant, name, session_id, took_ms });
        }
    }

    fn roster(&mut self) {
        if self.joined.is_some() {
            return;
        }
        let person = |peer: &PeerId| Person {
            participant: peer.number(),
            name: self.names[peer.index()].clone(),
            me: *peer == self.me,
            linked: *peer == self.me || self.linked[peer.index()],
        };
        let people: Vec<Person> = self.people.iter().map(person).collect();
        if people != self.told {
            self.told.clone_from(&people);
            self.say(CallEvent::Roster { people });
        }
    }

    fn no_road(&self, peer: PeerId, why: NoRoad, tried: &[SocketAddr]) {
        let name = self.name(peer);
        let message = match why {
            NoRoad::NoAddress => format!("there is no direct way to {name}: nobody knows an address of theirs"),
            NoRoad::PrivateOnly => format!(
                "there is no direct way to {name}: only addresses of another private network are known ({}). A port \
                 opened in their router or in ours would help",
                list(tried)
            ),
            NoRoad::NoAnswer => format!(
                "there is no direct way to {name}: nothing answers at {}. Both routers seem to be strict; a port \
                 opened in one of them would help",
                list(tried)
            ),
        };
        self.say(CallEvent::NoRoad { participant: peer.number(), name, tried: tried.to_vec(), message });
    }

    /// What is known of one peer in this second.
    pub fn figures(
        &mut self,
        stats: &Stats,
        (voice, picture_ms): (Option<VoiceStats>, Option<Spread>),
        clocks: &Clocks,
        now: Mono,
    ) {
        let clock = clocks.estimate(stats.peer, now);
        let peer = stats.peer;
        let figures = PeerStats {
            participant: peer.number(),
            name: self.name(peer),
            address: stats.address,
            rtt_ms: stats.rtt_ms.map(to_thousandths),
            loss_percent: to_thousandths(stats.loss_percent),
            loss_there_percent: to_thousandths(stats.loss_there_percent),
            jitter_ms: to_thousandths(stats.jitter_ms),
            delay_ms: stats.delay_ms.map(to_thousandths),
            voice: voice.map(rounded),
            picture_ms,
            silent: stats.silent,
            clock_offset_ms: clock.map(|c| to_thousandths(c.offset_ns as f64 / 1e6)),
            clock_rate_ppm: clock.map(|c| to_thousandths(c.rate_ppm)),
            clock_uncertainty_ms: clock.map(|c| to_thousandths(c.uncertainty_ns as f64 / 1e6)),
        };
        self.stats.push(figures);
    }

    /// The first picture of somebody is there.
    pub fn seen(&self, peer: PeerId) {
        self.say(CallEvent::PeerSeen { participant: peer.number(), name: self.name(peer) });
    }

    /// How much of our recording waits for its encoders.
    pub fn waiting_bytes(&self) -> u64 {
        self.tape.as_ref().map_or(0, |tape| tape.waiting_bytes)
    }

    /// Whose figures of this second are known.
    pub fn figured(&self) -> Vec<PeerId> {
        self.stats.iter().filter_map(|peer| PeerId::new(peer.participant)).collect()
    }

    /// The second's figures, if there are any.
    pub fn stats(&mut self, capture_to_send_ms: Option<Spread>, clocks: &Clocks, now: Mono) {
        let age_ns = clocks.line(now).map_or(0, |line| line.session_ns(now));
        let (seconds, peers) = (age_ns.max(0) as f64 / 1e9, std::mem::take(&mut self.stats));
        let recording = self.tape.clone();
        self.say(CallEvent::Stats { seconds, capture_to_send_ms, recording, peers });
    }

    /// What the recording tells; its figures go into ours.
    pub fn taped(&mut self, event: Taped, now: Mono) {
        match event {
            Taped::Warning { ref kind, .. } if kind == CLOCK_JUMP && !self.is_news_of_clocks(now) => {}
            Taped::Stats { seconds, bytes, waiting_bytes, free_bytes, .. } => {
                self.tape = Some(TapeStats { seconds, bytes, waiting_bytes, free_bytes });
            }
            event => self.say(CallEvent::Recording(event)),
        }
    }

    fn over(&mut self, over: Over) {
        match over {
            Over::Left => {}
            Over::Refused(why) => self.fail(refused(why)),
            Over::Alone => self.warning("alone", "the host has left, and nobody else is there".into()),
        }
    }

    fn name(&self, peer: PeerId) -> String {
        match self.names[peer.index()].as_str() {
            "" => format!("participant {}", peer.number()),
            name => name.to_owned(),
        }
    }

    fn say(&self, event: CallEvent) {
        // A face that has gone away ends nothing.
        let _ = self.events.send(event);
    }
}

/// More would be noise to whoever reads it.
fn to_thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn rounded(voice: VoiceStats) -> VoiceStats {
    VoiceStats {
        mouth_to_ear_ms: voice.mouth_to_ear_ms.map(to_thousandths),
        buffer_ms: to_thousandths(voice.buffer_ms),
        target_ms: to_thousandths(voice.target_ms),
        concealed_percent: to_thousandths(voice.concealed_percent),
        ..voice
    }
}

fn reason(why: Left) -> &'static str {
    match why {
        Left::Bye => "bye",
        Left::Silent => "silent",
        Left::Removed => "removed",
        Left::Replaced => "replaced",
    }
}

fn refused(why: Refused) -> String {
    match why {
        Refused::Full => "the call is full: four people are in it",
        Refused::Declined => "the host has not let you in",
        Refused::Revision => "the host uses a version of HyperZoom that this one can't talk to; update the older one",
        Refused::Over => "that call is over; ask the host for a new invite",
    }
    .to_owned()
}

fn unreachable(tried: &[SocketAddr], after_ms: u64) -> String {
    let private = |a: &&SocketAddr| matches!(reach(a.ip()), Reach::Private | Reach::Shared);
    let advice = match tried.iter().all(|a| private(&a)) {
        true => "that is an address of a private network: it works only for people in the same one",
        false => "is the host's call still open, and its router's port with it?",
    };
    format!("no host answers at {} after {} s; {advice}", list(tried), after_ms / 1000)
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{CLOCK_JUMP, CallEvent, Mono, ONE_JUMP_NS, PeerId, Taped, Teller};
    use std::sync::mpsc::channel;

    #[test]
    fn a_machine_that_slept_is_told_of_once_and_the_next_sleep_again() {
        let (events, told) = channel();
        let awake = Mono(Mono::SECOND);
        let mut teller = Teller::new(events, awake);
        let peer = PeerId::new(1).expect("a guest");
        let ours =
            || Taped::Warning { kind: CLOCK_JUMP.into(), message: "the clock has jumped".into(), at_seconds: None };
        let mut told_at = |after_ns: i64| {
            let now = awake.offset(after_ns);
            teller.clock_stepped(peer, 60_000_000_000, now);
            teller.taped(ours(), now);
            told.try_iter().count()
        };
        assert_eq!([0, 1_000_000_000, ONE_JUMP_NS - 1, ONE_JUMP_NS].map(&mut told_at), [1, 0, 0, 1]);
        teller.taped(Taped::Warning { kind: "other".into(), message: String::new(), at_seconds: None }, awake);
        assert!(matches!(told.try_recv(), Ok(CallEvent::Recording(_))), "other words are not held back");
    }
}
