// SPDX-License-Identifier: MIT
//! What a participant does with their own devices: speaks, listens, is recorded. The conductor tells it what happens in
//! the call; it answers with what the call should be told.

use super::bells::Bells;
use super::clocks::Clocks;
use super::event::VoiceStats;
use super::faces::Faces;
use super::frames::{Frames, Road, VoiceFrames};
use super::governor::ShedChange;
use super::order::Order;
use super::quantiles::Spread;
use super::sound::{Ears, Sound, SpeakerTarget, frame_length};
use super::switcher::{Change, Switcher};
use super::tape::Tape;
use crate::media;
use crate::mesh::event::{Event as MeshEvent, Input, Left, Stats, Status};
use crate::mesh::voice::VoiceOut;
use crate::net::socket::Socket;
use crate::studio::event::Event;
use crate::studio::meters::Meters;
use crate::studio::pictures::Watched;
use crate::studio::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::studio::take::StandBy;
use crate::studio::take::call::{CallNews, PersonNews, Slate, Taps};
use crate::words::{Mono, PEOPLE_MAX, PeerId, RATE_HZ, SessionLine, What};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::Thread;

/// Opus looks ahead so far in the mode we use.
const LOOK_AHEAD_MS: f64 = 2.5;

/// A card plays a block while it asks for the next one, and a frame begins in the middle of a block on average.
const CARD_BLOCKS: f64 = 1.5;

/// How a participant takes part.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Camera, microphone, and where recordings go; nothing is recorded when both are off.
    pub recording: Option<Settings>,
    /// Where the others are heard.
    pub speaker: SpeakerTarget,
    /// A headset without a wire that takes part, by its name.
    pub bluetooth: Option<String>,
    /// How long the frames of our voice are.
    pub frames: VoiceFrames,
    /// A host's: begins to record before anybody is there.
    pub record_from_start: bool,
    /// Records what is muted, too.
    pub keep_muted: bool,
    /// Whoever draws the pictures.
    pub watched: Watched,
    /// Where our level and theirs are shown.
    pub meters: Meters,
}

/// Of what is lost on the road, so much is lost to the ear: copies bring the rest. Opus is told of that only, because
/// it pays with quality for what it expects (at 5 % PESQ falls by 0.3, at 1 % by nothing).
const LEFT_BY_COPIES: f64 = 0.16;

/// What a 720p picture weighs before it is encoded, in a second: how many seconds a queue of them is need not be exact.
const MASTER_BYTES_PER_SECOND: f64 = 1280.0 * 720.0 * 1.5 * 30.0;

/// The stage.
pub struct Stage {
    sound: Sound,
    faces: Faces,
    tape: Option<Tape>,
    switcher: Switcher,
    bells: Bells,
    frames: Frames,
    /// Our uplink is too narrow for everything.
    narrow: bool,
    /// The roads of this second.
    roads: Vec<Road>,
    from_start: bool,
    status: Status,
    me: PeerId,
    names: [String; PEOPLE_MAX],
    session: u64,
    line: Option<SessionLine>,
    /// We are in.
    joined: bool,
    /// Frames that the playout had no room for so far: its thread came too late.
    dropped: u64,
    /// Who is there, and whether they record.
    present: [Option<bool>; PEOPLE_MAX],
    /// Camera and microphone were switched to none.
    without: [bool; 2],
    /// Pulls and concealments counted so far, by place.
    counted: [(u64, u64); PEOPLE_MAX],
}

impl Stage {
    /// Turns everything on.
    pub fn set(
        parts: Parts,
        hosting: bool,
        voice: VoiceOut,
        socket: Arc<Socket>,
        orders: Sender<Order>,
        conductor: Thread,
    ) -> (Stage, Ears) {
        let Parts { recording, speaker, bluetooth: _, frames, record_from_start, keep_muted, watched, meters } = parts;
        let (sound, ears) = Sound::start(voice, socket, speaker, orders.clone());
        meters.watch(sound.gauges());
        // Who comes in without a camera may take one up later.
        let camera = recording.is_some();
        let faces = Faces::start(camera, watched, orders.clone(), conductor.clone(), media::now());
        let taps = Taps { sound: Some(sound.tap()), picture: Some(faces.tap()), meters };
        let (told, woken) = (orders.clone(), conductor.clone());
        let load = |settings| Tape::load(settings, StandBy { taps, keep_muted }, told, woken);
        let tape = recording.map(load);
        let switcher = Switcher::start(tape.as_ref().map(Tape::recorder), orders, conductor);
        let stage = Stage {
            sound,
            faces,
            tape,
            switcher,
            bells: Bells::new(hosting),
            frames: Frames::new(frames),
            narrow: false,
            roads: Vec::new(),
            from_start: hosting && record_from_start,
            status: Status::default(),
            me: PeerId::HOST,
            names: Default::default(),
            session: 0,
            line: None,
            joined: false,
            dropped: 0,
            present: [None; PEOPLE_MAX],
            without: [false; 2],
            counted: [(0, 0); PEOPLE_MAX],
        };
        (stage, ears)
    }

    /// Something happened in the call.
    pub fn happened(&mut self, event: &MeshEvent, clocks: &Clocks, now: Mono) {
        match event {
            MeshEvent::Joined { me, session, line, .. } => {
                (self.me, self.session, self.joined) = (*me, *session, true);
                self.line = clocks.line(now).or(Some(*line));
            }
            MeshEvent::RosterChanged { people, .. } => {
                for person in people {
                    self.names[person.peer.index()].clone_from(&person.name);
                }
                // A guest who is in is in a call; a host may be waiting for one.
                if self.me != PeerId::HOST || self.from_start {
                    self.begin(now);
                }
            }
            MeshEvent::PeerJoined { peer, name, .. } => {
                self.names[peer.index()].clone_from(name);
                self.present[peer.index()] = Some(false);
                self.begin(now);
                self.bells.meet(now);
                let came = What::PeerJoined { participant: peer.number(), name: name.clone() };
                self.news(CallNews::Happened(came));
            }
            MeshEvent::PeerStatus { peer, status } => {
                if status.camera_off {
                    self.faces.darken(*peer);
                }
                let records = &mut self.present[peer.index()];
                *records = records.map(|_| status.recording);
            }
            MeshEvent::PeerLeft { peer, why } => {
                self.present[peer.index()] = None;
                self.faces.forget(*peer);
                let reason = match why {
                    Left::Bye => "",
                    Left::Silent => "nothing was heard of them for five seconds",
                    Left::Removed => "the host found that they are gone",
                    Left::Replaced => "they come in anew",
                };
                let (participant, name) = (peer.number(), self.names[peer.index()].clone());
                self.news(CallNews::Happened(What::PeerLeft { participant, name, reason: reason.to_owned() }));
            }
            MeshEvent::Tone { session_ns } => {
                self.bells.told();
                self.ring(*session_ns);
            }
            MeshEvent::PictureOrder(order) => self.faces.order(*order),
            MeshEvent::Narrow(narrow) => self.narrow = *narrow,
            MeshEvent::KeyFrameWanted => self.faces.want_key(),
            _ => {}
        }
    }

    /// A picture of a peer has come whole. Answers with what they should be asked for.
    pub fn picture(
        &mut self,
        peer: PeerId,
        picture: &[u8],
        key: bool,
        stamp_ms: u32,
        now: Mono,
    ) -> Option<Input<'static>> {
        let line = self.line?;
        // Session time in a header wraps; the picture is younger than that by far.
        let age_ms = line.stamp_ms(now).wrapping_sub(stamp_ms) as i32;
        let captured = now.offset(-i64::from(age_ms.max(0)) * 1_000_000);
        self.faces.picture(peer, picture, key, captured, now).then_some(Input::KeyFrameWanted { peer })
    }

    /// How the machine feels, once a second; told when pictures are given up or given back.
    pub fn govern(&mut self, waiting_bytes: u64, now: Mono) -> Option<ShedChange> {
        let waiting_seconds = waiting_bytes as f64 / MASTER_BYTES_PER_SECOND;
        let dropped = self.sound.dropped();
        let late = dropped.saturating_sub(std::mem::replace(&mut self.dropped, dropped)) as u32;
        self.faces.look(waiting_seconds, late, now)
    }

    /// Whether a speaker asks for what the others say, when that changes.
    pub fn is_heard(&mut self, now: Mono) -> Option<bool> {
        self.sound.is_heard(now)
    }

    /// The recording begins, if it has not.
    fn begin(&mut self, now: Mono) {
        let name = &self.names[self.me.index()];
        if let Some(tape) = self.tape.as_mut().filter(|_| self.joined && !name.is_empty()) {
            tape.roll(Slate {
                session_id: format!("{:08x}", self.session as u32),
                participant_id: self.me.number(),
                participant: name.clone(),
                line: self.line.unwrap_or(SessionLine::beginning(now)),
            });
        }
    }

    /// The session's clock, as it is known now.
    pub fn set_line(&mut self, line: SessionLine) {
        self.line = Some(line);
        self.news(CallNews::Session(line));
    }

    /// The person mutes, or no longer. Answers with what the others should be told.
    pub fn mute(&mut self, muted: bool, now: Mono) -> Input<'static> {
        self.sound.mouth().mute(muted);
        self.news(CallNews::Muted(muted, now));
        self.status.muted = muted;
        Input::Status(self.status)
    }

    /// The person switches the camera off, or on again.
    pub fn camera_off(&mut self, off: bool, now: Mono) -> Input<'static> {
        self.news(CallNews::CameraOff(off, now));
        self.faces.camera_off(off);
        self.status.camera_off = off;
        Input::Status(self.status)
    }

    /// The person wants another device; who wants none is not to be seen as standing still, or to be waited for. Answers
    /// with what the others should be told.
    pub fn change(&mut self, change: Change, now: Mono) -> Option<Input<'static>> {
        let status = self.status;
        match &change {
            Change::Camera(choice) => {
                let none = *choice == CameraChoice::Off;
                if std::mem::replace(&mut self.without[0], none) != none {
                    self.camera_off(none, now);
                }
            }
            Change::Microphone(choice) => {
                let none = *choice == MicrophoneChoice::Off;
                if std::mem::replace(&mut self.without[1], none) != none {
                    self.mute(none, now);
                }
            }
            Change::Speaker(_) => {}
        }
        self.switcher.change(change);
        (self.status != status).then_some(Input::Status(self.status))
    }

    /// The others are heard elsewhere.
    pub fn switch_speaker(&mut self, target: SpeakerTarget) {
        self.sound.switch_speaker(target);
    }

    /// The recorder says something. Answers with what the others should be told.
    pub fn taped(&mut self, event: Option<&Event>, now: Mono) -> Option<Input<'static>> {
        self.tape.as_mut()?.heard(event);
        let recording = match event {
            Some(Event::RecordingStarted { .. }) => true,
            Some(Event::RecordingFinished(_)) | None => false,
            Some(_) => return None,
        };
        self.status.recording = recording;
        if recording {
            self.bells.record(now);
        }
        Some(Input::Status(self.status))
    }

    /// When to look again.
    pub fn look_at(&self) -> Option<Mono> {
        self.bells.look_at()
    }

    /// Does what is due. Answers with what the call should hear.
    pub fn look(&mut self, now: Mono) -> Option<Input<'static>> {
        let everybody_records = self.present.iter().flatten().all(|records| *records);
        let session_ns = self.line?.session_ns(self.bells.due(everybody_records, now)?);
        self.ring(session_ns);
        Some(Input::Tone { session_ns })
    }

    /// We are about to leave: what to tell the call, and when to go. At once, where nothing is recorded.
    pub fn part(&mut self, now: Mono) -> Option<(Input<'static>, Mono)> {
        let line = self.line?;
        self.tape.as_ref().filter(|tape| tape.rolls())?;
        let (tone, gone) = self.bells.part(now);
        let session_ns = line.session_ns(tone);
        self.ring(session_ns);
        Some((Input::Tone { session_ns }, gone))
    }

    /// Ends the recording.
    pub fn stop(&self) {
        if let Some(tape) = &self.tape {
            tape.stop();
        }
    }

    /// Whether the recording goes on.
    pub fn rolls(&self) -> bool {
        self.tape.as_ref().is_some_and(Tape::rolls)
    }

    /// Whether nothing of ours has to be waited for.
    pub fn is_over(&self) -> bool {
        self.tape.as_ref().is_none_or(Tape::is_over)
    }

    /// From a frame's first sample to its datagram.
    pub fn capture_to_send(&self) -> Option<Spread> {
        self.sound.capture_to_send()
    }

    /// How the road to somebody is, once a second for each.
    pub fn road(&mut self, stats: &Stats) {
        let loss_percent = stats.loss_percent.max(stats.loss_there_percent);
        self.roads.push(Road { rtt_ms: stats.rtt_ms, loss_percent, jitter_ms: stats.jitter_ms });
    }

    /// All roads of this second are told: the voice is fitted to them. What rides along has to be, too.
    pub fn fit_voice(&mut self, now: Mono) -> Input<'static> {
        let worst = self.roads.iter().fold(0.0, |worst: f64, road| worst.max(road.loss_percent));
        let mouth = self.sound.mouth();
        mouth.expect_loss((worst * LEFT_BY_COPIES).round().min(100.0) as u8);
        self.frames.look(&self.roads, !self.narrow, now);
        mouth.set_frames(self.frames.now());
        self.roads.clear();
        Input::VoiceFrames(frame_length(self.frames.now()))
    }

    /// From their camera to our screen.
    pub fn picture_ms(&self, peer: PeerId) -> Option<Spread> {
        self.faces.age(peer)
    }

    /// How somebody was heard in the last second.
    pub fn voice(&mut self, peer: PeerId, delay_ms: Option<f64>) -> Option<VoiceStats> {
        let heard = self.sound.heard(peer)?;
        let (frames, concealed) = std::mem::replace(&mut self.counted[peer.index()], (heard.frames, heard.concealed));
        let card_ms = f64::from(self.sound.block_samples()) * 1e3 / RATE_HZ as f64;
        let played = heard.frames.saturating_sub(frames);
        let missed = heard.concealed.saturating_sub(concealed);
        let buffer_ms = f64::from(heard.delay_us) / 1e3;
        Some(VoiceStats {
            mouth_to_ear_ms: delay_ms.map(|delay_ms| delay_ms + LOOK_AHEAD_MS + buffer_ms + CARD_BLOCKS * card_ms),
            buffer_ms,
            target_ms: f64::from(heard.target_us) / 1e3,
            concealed_percent: 100.0 * missed as f64 / (played + missed).max(1) as f64,
            concealed: heard.concealed,
            frames: heard.frames,
            recovered: heard.recovered,
            late: heard.late,
            jumps: heard.jumps,
            rate_ppm: heard.rate_ppm,
        })
    }

    /// Tells the recording who is there, and how their clocks run against the session's.
    pub fn note_people(&self, clocks: &Clocks, present: &[PeerId], now: Mono) {
        if !self.rolls() {
            return;
        }
        let person = |peer: PeerId| PersonNews {
            id: peer.number(),
            name: self.names[peer.index()].clone(),
            clock: clocks.against_session(peer, self.me, now),
        };
        let people = present.iter().copied().chain([self.me]).map(person).filter(|p| !p.name.is_empty());
        self.news(CallNews::People(people.collect()));
    }

    fn ring(&self, session_ns: i64) {
        self.news(CallNews::Tone(session_ns));
        if let Some(line) = self.line {
            self.sound.chime().ring_at(line.mono_at(session_ns));
        }
    }

    fn news(&self, news: CallNews) {
        if let Some(tape) = self.tape.as_ref().filter(|tape| tape.rolls()) {
            tape.news(news);
        }
    }
}
