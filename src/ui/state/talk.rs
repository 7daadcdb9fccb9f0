// SPDX-License-Identifier: MIT
//! A call as the window knows it, from the order to host or join to its last event.

use crate::studio::{CallEvent, Event, Finished, PeerStats, TapeStats};
use std::collections::VecDeque;

/// So many seconds of figures are drawn.
const TREND_LEN: usize = 60;

/// So long somebody who has gone is still shown as gone.
const GONE_SECONDS: u32 = 4;

/// How far we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The devices, the socket.
    Opening,
    /// A guest: the host is being looked for.
    Looking,
    /// A guest: the host has been asked to let us in.
    Asking,
    /// A host who is alone so far.
    Hosting,
    /// In.
    In,
    /// Everybody is told, the master is finished.
    Leaving,
}

/// What guests need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// With the key.
    pub invite: String,
    /// Without.
    pub address: String,
}

/// Somebody before the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Names the question.
    pub ticket: u64,
    /// What they call themselves.
    pub name: String,
    /// Where they come from.
    pub from: String,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// On the way in.
    Coming,
    /// There.
    Here,
    /// Nothing comes from them just now.
    Frozen,
    /// Left or lost, for so many more seconds on the screen.
    Gone(u32),
}

/// Figures of the last minute.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    /// There and back.
    pub rtt_ms: VecDeque<f64>,
    /// Lost voice.
    pub loss_percent: VecDeque<f64>,
    /// What waits in the jitter buffer.
    pub buffer_ms: VecDeque<f64>,
    /// From their mouth to our ear.
    pub mouth_to_ear_ms: VecDeque<f64>,
}

impl Trend {
    fn note(&mut self, stats: &PeerStats) {
        let voice = stats.voice.as_ref();
        push(&mut self.rtt_ms, stats.rtt_ms);
        push(&mut self.loss_percent, Some(stats.loss_percent));
        push(&mut self.buffer_ms, voice.map(|voice| voice.buffer_ms));
        push(&mut self.mouth_to_ear_ms, voice.and_then(|voice| voice.mouth_to_ear_ms));
    }
}

/// A second without a figure repeats nothing and draws nothing.
fn push(figures: &mut VecDeque<f64>, figure: Option<f64>) {
    figures.extend(figure);
    while figures.len() > TREND_LEN {
        figures.pop_front();
    }
}

/// One of the others.
#[derive(Clone, Debug)]
pub struct Them {
    /// Their place.
    pub participant: u8,
    /// Their name.
    pub name: String,
    /// Whether they are there.
    pub presence: Presence,
    /// They have muted.
    pub muted: bool,
    /// They have switched their camera off.
    pub camera_off: bool,
    /// A picture of theirs has been shown.
    pub seen: bool,
    /// How they are heard.
    pub trend: Trend,
}

/// The call.
#[derive(Debug)]
pub struct Talk {
    /// Whether it is ours.
    pub hosting: bool,
    /// How far we are.
    pub step: Step,
    /// The invite by which we come; for trying again.
    pub invite: String,
    /// What guests need; a host's.
    pub invitation: Option<Invitation>,
    /// What the router says: a state for programs, and words.
    pub mapping: Option<(&'static str, String)>,
    /// The invite is shown although people are there.
    pub invite_shown: bool,
    /// Who waits to be let in.
    pub knocks: Vec<Knock>,
    /// Our place, once we are in.
    pub place: Option<u8>,
    /// Everybody else.
    pub others: Vec<Them>,
    /// Everybody who was ever here.
    pub met: Vec<String>,
    /// We have muted.
    pub muted: bool,
    /// We have switched the camera off.
    pub camera_off: bool,
    /// Our recording.
    pub tape: Option<TapeStats>,
    /// The figures are over the pictures.
    pub statistics: bool,
    /// What the machine had to give up.
    pub shed: Option<String>,
    /// What happened to the recording, for the page after.
    pub happened: Vec<String>,
    /// The master, when it is whole.
    pub finished: Option<Finished>,
    /// Why it ended, if nobody wanted it.
    pub failed: Option<String>,
}

impl Talk {
    /// A call that is about to be opened.
    pub fn host() -> Talk {
        Talk::new(true, String::new())
    }

    /// A call that is about to be entered.
    pub fn join(invite: String) -> Talk {
        Talk::new(false, invite)
    }

    fn new(hosting: bool, invite: String) -> Talk {
        Talk {
            hosting,
            step: Step::Opening,
            invite,
            invitation: None,
            mapping: None,
            invite_shown: false,
            knocks: Vec::new(),
            place: None,
            others: Vec::new(),
            met: Vec::new(),
            muted: false,
            camera_off: false,
            tape: None,
            statistics: false,
            shed: None,
            happened: Vec::new(),
            finished: None,
            failed: None,
        }
    }

    /// Whether there are faces to show.
    pub fn is_in(&self) -> bool {
        self.step == Step::In
    }

    /// Whether it is on its way down.
    pub fn is_leaving(&self) -> bool {
        self.step == Step::Leaving
    }

    /// Something happened.
    pub fn hear(&mut self, event: CallEvent) {
        match event {
            CallEvent::Invite { invite, address } => {
                self.invitation = Some(Invitation { invite, address });
                self.advance(Step::Hosting);
            }
            CallEvent::PortMapping { state, message, .. } => self.mapping = Some((state, message)),
            CallEvent::Knocking { ticket, name, from } => {
                self.knocks.push(Knock { ticket, name, from: from.to_string() });
            }
            CallEvent::KnockingStopped { ticket } => self.answered(ticket),
            CallEvent::Waiting => self.advance(Step::Asking),
            CallEvent::Joined { participant, .. } => {
                self.place = Some(participant);
                self.advance(if self.hosting { Step::Hosting } else { Step::In });
            }
            CallEvent::PeerJoined { participant, name, .. } => {
                self.advance(Step::In);
                self.invite_shown = false;
                self.them(participant, &name).presence = Presence::Here;
                if !self.met.contains(&name) {
                    self.met.push(name);
                }
            }
            CallEvent::PeerSilent { participant, name } => self.them(participant, &name).presence = Presence::Frozen,
            CallEvent::PeerBack { participant, name, .. } => self.them(participant, &name).presence = Presence::Here,
            CallEvent::PeerLeft { participant, name, .. } => {
                self.them(participant, &name).presence = Presence::Gone(GONE_SECONDS);
            }
            CallEvent::PeerStatus { participant, name, muted, camera_off, .. } => {
                let them = self.them(participant, &name);
                (them.muted, them.camera_off) = (muted, camera_off);
            }
            CallEvent::PeerSeen { participant, name } => self.them(participant, &name).seen = true,
            CallEvent::Stats { recording, peers, .. } => self.measure(recording, &peers),
            CallEvent::Warning { kind: "busy", message } => self.shed = Some(message),
            CallEvent::Warning { kind: "busy-over", .. } => self.shed = None,
            CallEvent::Recording(event) => self.hear_tape(event),
            CallEvent::Error { message } => self.failed = Some(message),
            CallEvent::Roster { .. } | CallEvent::NoRoad { .. } | CallEvent::Warning { .. } | CallEvent::Left => {}
        }
    }

    /// Somebody was answered, or went away.
    pub fn answered(&mut self, ticket: u64) {
        self.knocks.retain(|knock| knock.ticket != ticket);
    }

    /// A second has passed: those who have gone leave the screen.
    pub fn second(&mut self) {
        for them in &mut self.others {
            if let Presence::Gone(seconds) = &mut them.presence {
                *seconds = seconds.saturating_sub(1);
            }
        }
        self.others.retain(|them| them.presence != Presence::Gone(0));
        if self.hosting && self.is_in() && self.others.is_empty() {
            self.step = Step::Hosting;
        }
    }

    /// Steps are only taken forward, and nothing leads out of leaving.
    fn advance(&mut self, to: Step) {
        if self.step != Step::Leaving && (self.step as u8) < (to as u8) {
            self.step = to;
        }
    }

    fn them(&mut self, participant: u8, name: &str) -> &mut Them {
        let at = match self.others.iter().position(|them| them.participant == participant) {
            Some(at) => at,
            None => {
                self.others.push(Them {
                    participant,
                    name: String::new(),
                    presence: Presence::Coming,
                    muted: false,
                    camera_off: false,
                    seen: false,
                    trend: Trend::default(),
                });
                self.others.sort_by_key(|them| them.participant);
                self.others.iter().position(|them| them.participant == participant).unwrap_or(0)
            }
        };
        let them = &mut self.others[at];
        them.name = name.to_owned();
        them
    }

    fn measure(&mut self, recording: Option<TapeStats>, peers: &[PeerStats]) {
        self.tape = recording.or(self.tape.take());
        for stats in peers {
            if let Some(them) = self.others.iter_mut().find(|them| them.participant == stats.participant) {
                them.trend.note(stats);
            }
        }
    }

    fn hear_tape(&mut self, event: Event) {
        match event {
            // Test sources are labelled where they are seen; nothing has happened to them.
            Event::Warning { kind, .. } if kind == "test-source" => {}
            Event::Warning { message, .. } | Event::Error { message } => self.happened.push(message),
            Event::RecordingFinished(finished) => self.finished = Some(finished),
            Event::RecordingStarted { .. } | Event::Stats { .. } | Event::DeviceChanged { .. } => {}
        }
    }
}
