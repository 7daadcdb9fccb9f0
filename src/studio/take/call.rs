// SPDX-License-Identifier: MIT
//! A take that belongs to a call: it stands by with its devices on until the call begins, hears of the session's
//! clock and people, mutes, and receives the sync tone. Nothing of the network ever makes it wait or end.

use super::dub::Dub;
use super::{Take, sample_of_tick};
use crate::media::{Picture, SoundBlock, SoundTap};
use crate::studio::event::Event;
use crate::studio::meters::Meters;
use crate::sync::sync_tone::sync_tone;
use crate::words::{Happening, Mono, RATE_HZ, Sample, SessionLine, What};
use std::collections::VecDeque;
use std::sync::Arc;

/// The tone's place is decided so long before it sounds: the session's clock may still be learned until then.
const TONE_DECIDED_SAMPLES: u64 = RATE_HZ / 5;

/// What takes the camera's pictures, on the camera's own thread.
pub(in crate::studio) type PictureTap = Arc<dyn Fn(&Picture) + Send + Sync>;

/// Who else wants what the devices deliver, from the devices' own threads: neither may wait.
#[derive(Clone, Default)]
pub(in crate::studio) struct Taps {
    /// The microphone's blocks.
    pub sound: Option<SoundTap>,
    /// The camera's pictures.
    pub picture: Option<PictureTap>,
    /// How loud the microphone is.
    pub meters: Meters,
}

impl std::fmt::Debug for Taps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Taps(sound {}, picture {})", self.sound.is_some(), self.picture.is_some())
    }
}

/// What is known when a take begins to record.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Slate {
    /// Eight hexadecimal digits.
    pub session_id: String,
    /// Our place.
    pub participant_id: u8,
    /// Our name.
    pub participant: String,
    /// How session time runs.
    pub line: SessionLine,
}

/// One of the people, as the metadata tells of them.
#[derive(Clone, Debug)]
pub(in crate::studio) struct PersonNews {
    /// Their place.
    pub id: u8,
    /// Their name.
    pub name: String,
    /// Their clock against the session's, in milliseconds and parts per million; nothing before it is known.
    pub clock: Option<(f64, f64)>,
}

/// What a call tells its take.
#[derive(Clone, Debug)]
pub(in crate::studio) enum CallNews {
    /// Begin.
    Roll(Box<Slate>),
    /// How session time runs, as it is known now.
    Session(SessionLine),
    /// Muted, or no longer, since then.
    Muted(bool, Mono),
    /// The camera is off, or no longer, since then.
    CameraOff(bool, Mono),
    /// The sync tone begins at this moment of the session, in nanoseconds.
    Tone(i64),
    /// The people and their clocks.
    People(Vec<PersonNews>),
    /// Somebody came or went.
    Happened(What),
}

/// What a take of a call keeps of it.
#[derive(Debug)]
pub(super) struct OnCall {
    pub(super) line: SessionLine,
    dub: Dub,
    tone: Vec<f32>,
    tones: VecDeque<i64>,
    /// Mutes and camera-offs are noted but not carried out.
    keep_muted: bool,
    /// Switches of the camera that lie ahead, and the tick since which it is off.
    camera_switches: VecDeque<(Mono, bool)>,
    camera_off: Option<u64>,
}

impl OnCall {
    pub(super) fn new(line: SessionLine, keep_muted: bool) -> OnCall {
        OnCall {
            line,
            dub: Dub::default(),
            tone: sync_tone().collect(),
            tones: VecDeque::new(),
            keep_muted,
            camera_switches: VecDeque::new(),
            camera_off: None,
        }
    }
}

impl Take {
    pub(super) fn hear_call(&mut self, news: CallNews) {
        let given = self.given;
        let Some(call) = &mut self.call else { return };
        match news {
            // It rolls already.
            CallNews::Roll(_) => {}
            CallNews::Session(line) => call.line = line,
            CallNews::Muted(muted, _) if call.keep_muted => {
                let text = if muted { "muted for the others" } else { "unmuted for the others" };
                self.note_kept(text);
            }
            CallNews::CameraOff(off, _) if call.keep_muted => {
                let text = if off { "camera off for the others" } else { "camera on for the others" };
                self.note_kept(text);
            }
            CallNews::Muted(muted, at) => call.dub.mute(self.track.sample_at(at).max(given), muted),
            CallNews::CameraOff(off, at) => call.camera_switches.push_back((at, off)),
            CallNews::Tone(session_ns) => call.tones.push_back(session_ns),
            CallNews::People(people) => self.note_people(people),
            CallNews::Happened(what) => self.happened(Happening { at_sample: given, what }),
        }
    }

    /// An editor may want to know that nobody else heard or saw this.
    fn note_kept(&mut self, text: &str) {
        let what = What::Warning { text: format!("{text}; recorded all the same, as asked for") };
        self.happened(Happening { at_sample: self.given, what });
    }

    /// Gives `samples` to the master: of `block` after `skip`, or silence.
    pub(super) fn give_sound(&mut self, block: Option<&SoundBlock>, skip: u64, samples: u64) {
        let end = self.given + samples;
        while self.given < end {
            self.place_tone();
            let (at, left) = (self.given, end - self.given);
            let Some(call) = &mut self.call else {
                self.give_plain(block, skip, left);
                return;
            };
            let piece = call.dub.next(at, left);
            let skip = skip + samples - left;
            let block = block.filter(|_| !piece.muted);
            match piece.tone {
                None => self.give_plain(block, skip, piece.samples),
                Some(from) => {
                    let tone = &call.tone[from as usize..(from + piece.samples) as usize];
                    let mixed = mixed(block, skip, tone);
                    self.master.samples(at, &mixed);
                    self.given += piece.samples;
                }
            }
            if let Some(what) = piece.begins {
                self.happened(Happening { at_sample: at, what });
            }
        }
    }

    fn give_plain(&mut self, block: Option<&SoundBlock>, skip: u64, samples: u64) {
        match block {
            Some(block) => self.master.sound(self.given, block, skip, samples),
            None => self.master.silence(self.given, samples),
        }
        self.given += samples;
    }

    /// Decides where the next tone lies once it is near: the clocks are known best then.
    fn place_tone(&mut self) {
        let Some(call) = &mut self.call else { return };
        let Some(&session_ns) = call.tones.front() else { return };
        let at = self.track.sample_at(call.line.mono_at(session_ns));
        if at > self.given + TONE_DECIDED_SAMPLES {
            return;
        }
        call.tones.pop_front();
        if at < self.given {
            let message = "the sync tone came too late for this recording; its timecode still lines it up";
            self.tell(Event::warning("tone-missed", message, Some(self.given as f64 / RATE_HZ as f64)));
            return;
        }
        call.dub.tone(at, call.tone.len() as u64);
        let session_us = call.line.session_ns(self.track.mono_at(at)) / 1000;
        self.happened(Happening { at_sample: at, what: What::Tone { session_us } });
    }

    /// Whether the picture of `tick` is black because the person wants it.
    pub(super) fn is_black(&mut self, tick: u64) -> bool {
        let Some(call) = &mut self.call else { return false };
        let moment = self.track.mono_at(sample_of_tick(tick));
        let Some((_, off)) = call.camera_switches.front().copied().filter(|(at, _)| *at <= moment) else {
            return call.camera_off.is_some();
        };
        call.camera_switches.pop_front();
        let what = match (off, call.camera_off) {
            (true, None) => {
                call.camera_off = Some(tick);
                Some(What::CameraOff)
            }
            (false, Some(since)) => {
                call.camera_off = None;
                Some(What::CameraOn { black_frames: tick - since })
            }
            _ => None,
        };
        let black = call.camera_off.is_some();
        if let Some(what) = what {
            self.at_tick(tick, what);
        }
        black
    }

    /// Where `sample` lies on the session clock, in microseconds.
    pub(super) fn session_us(&self, sample: Sample) -> i64 {
        let at = self.track.mono_at(sample);
        match &self.call {
            Some(call) => call.line.session_ns(at) / 1000,
            None => self.notebook.facts.started_session_us + at.since(self.notebook.facts.started_monotonic) / 1000,
        }
    }

    fn note_people(&mut self, people: Vec<PersonNews>) {
        for PersonNews { id, name, clock } in people {
            let person = self.notebook.metadata.participant_mut(id, &name);
            if let Some((offset_ms, rate_ppm)) = clock {
                (person.clock_offset_ms, person.clock_rate_ppm) = (offset_ms, rate_ppm);
            }
        }
        self.notebook.metadata.participants.sort_by_key(|person| person.id);
    }
}

/// The tone on top of the microphone, or of silence.
fn mixed(block: Option<&SoundBlock>, skip: u64, tone: &[f32]) -> Vec<f32> {
    let mut samples = tone.to_vec();
    if let Some(block) = block {
        block.with_samples(|sound| {
            for (sample, sound) in samples.iter_mut().zip(&sound[skip as usize..]) {
                *sample = (*sample + sound).clamp(-1.0, 1.0);
            }
        });
    }
    samples
}
