// SPDX-License-Identifier: MIT
//! One take: the thread that owns a running recording. Everything arrives in one queue; sound is counted, pictures
//! are laid on its ticks, both go to the master; fragments come back and go to the disk with a note.
//!
//! The rule of the loop: hear everything that has come, let the engines decide what is due, look after the house
//! once a second, sleep until the next deadline.

mod begin;
pub(super) mod call;
pub(super) mod desk;
mod dub;
mod end;
mod news;
mod scout;
mod watch;

use super::awake::Awake;
use super::event::Event;
use super::keeper::{Keeper, leave};
use super::notebook::{Notebook, sample_of_tick};
use super::prepare::{ChosenCamera, ChosenMicrophone, Encoders, PrepareError};
use super::strain::{Gauge, Strain};
use crate::disk::writer::{Ended, WriterSignal};
use crate::disk::{Piece, Place, Writer, WriterError};
use crate::media::{self, CameraSignal, Master, MasterSignal, MicrophoneSignal, Picture, SoundBlock};
use crate::sync::{Cadence, SoundTrack, cadence, sound};
use crate::words::{Happening, Mono, RATE_HZ, SAMPLES_PER_FRAME, Sample, Size, What};
pub(super) use begin::StandBy;
use call::{CallNews, OnCall};
use desk::Desk;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use watch::Watch;

/// Longer than this the take never sleeps: the house is looked after in between.
const NAP_NS: i64 = 100_000_000;

/// What arrives in the queue.
#[derive(Debug)]
pub(super) enum Signal {
    /// From the camera of that number: one that was exchanged may still have pictures under way.
    Camera(u64, CameraSignal),
    Microphone(u64, MicrophoneSignal),
    DeviceFailed {
        kind: &'static str,
        why: String,
    },
    Encoders(scout::Trial, Result<Encoders, PrepareError>),
    Master(MasterSignal),
    Writer(WriterSignal),
    SwitchCamera(Option<ChosenCamera>),
    SwitchMicrophone(Option<ChosenMicrophone>),
    Call(CallNews),
    Stop,
}

/// How far a take has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Without a planned end.
    Open,
    /// It ends at this sample.
    Ending(Sample),
    /// Everything has been given to the master.
    Draining,
    /// The file is being finished.
    Closing,
}

/// A running recording.
pub(super) struct Take {
    inbox: Receiver<Signal>,
    events: Sender<Event>,
    place: Place,
    desk: Desk,
    /// Held for their `Drop`: devices are let go, and the machine may sleep again.
    camera: Option<Keeper>,
    microphone: Option<Keeper>,
    awake: Option<Awake>,
    track: SoundTrack<SoundBlock>,
    cadence: Cadence<Picture>,
    master: Master,
    writer: Writer,
    notebook: Notebook,
    /// What a call adds.
    call: Option<OnCall>,
    has_pictures: bool,
    /// The size of every picture.
    size: Option<Size>,
    /// The camera that the recording began with, until it had to be opened anew.
    camera_in_use: Option<ChosenCamera>,
    /// Samples given to the master.
    given: Sample,
    last_shown: Option<Picture>,
    gauge: Gauge,
    watch: Watch,
    stage: Stage,
    reason: &'static str,
    started_told: bool,
    lost_why: [String; 2],
    /// How the file ended, if the writer has said so before anybody waited for it.
    ended: Option<Result<Ended, WriterError>>,
    has_sound: bool,
    told_dropping: bool,
    devices_failed: [bool; 2],
}

impl Take {
    /// Until the file is finished.
    pub(super) fn run(mut self) {
        while self.stage != Stage::Closing {
            let deadline = self.advance(media::now());
            let nap = Duration::from_nanos(deadline.since(media::now()).clamp(0, NAP_NS) as u64);
            match self.inbox.recv_timeout(nap) {
                Ok(signal) => self.hear(signal),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(signal) = self.inbox.try_recv() {
                self.hear(signal);
            }
            self.look_after_the_house();
        }
        self.close();
    }

    fn hear(&mut self, signal: Signal) {
        if self.desk.is_stale(&signal) {
            return;
        }
        match signal {
            Signal::Camera(_, CameraSignal::Picture(picture)) => self.hear_picture(picture),
            Signal::Camera(_, CameraSignal::Lost(why)) => {
                self.lost_why[0] = why;
                self.cadence.camera_gone();
            }
            Signal::Microphone(_, MicrophoneSignal::Sound(block)) => self.hear_sound(block),
            Signal::Microphone(_, MicrophoneSignal::Lost(why)) => {
                self.lost_why[1] = why;
                self.track.microphone_gone();
            }
            Signal::DeviceFailed { kind, why } => self.tell_failed(kind, &why),
            Signal::Master(signal) => self.hear_master(signal),
            Signal::Writer(signal) => self.hear_writer(signal),
            Signal::Stop => self.asked_to_stop(),
            Signal::SwitchCamera(camera) => self.switch_camera(camera),
            Signal::SwitchMicrophone(microphone) => self.switch_microphone(microphone),
            Signal::Call(news) => self.hear_call(news),
            Signal::Encoders(..) => {}
        }
    }

    /// Only pictures of the master's own size can be part of it. A camera that began so late that the master had to
    /// guess its size is opened anew, with the master's.
    fn hear_picture(&mut self, picture: Picture) {
        if !self.has_pictures {
            // Switched on in the middle of a call, for the others.
        } else if picture.format().map(|f| f.size) == self.size {
            self.cadence.picture(picture.at, picture);
        } else if let Some((device, test)) = self.camera_in_use.take() {
            let next = self.desk.camera(device, test);
            leave(self.camera.replace(next));
        }
    }

    fn hear_sound(&mut self, block: SoundBlock) {
        if !self.has_sound {
            return;
        }
        let (at, samples, position) = (block.at, block.samples, block.position);
        self.track.block(media::now(), sound::Block { at, samples, position, payload: block });
    }

    fn hear_master(&mut self, signal: MasterSignal) {
        match signal {
            MasterSignal::Header(header) => {
                let facts = Box::new(self.notebook.facts.clone());
                self.writer.write(Piece::Header(header, facts));
            }
            MasterSignal::Fragment { bytes, first_sample } => self.keep_fragment(bytes, first_sample),
            MasterSignal::End => self.finish_file(),
            MasterSignal::Failed(trouble) => {
                let message = format!("the master's encoding has failed: {trouble}; what was recorded is being saved");
                tracing::error!("{message}: {}", trouble.debug);
                self.tell(Event::Error { message });
                self.reason = "failed";
                self.finish_file();
            }
        }
    }

    /// Lets the engines decide what is due; answers when to look again.
    fn advance(&mut self, now: Mono) -> Mono {
        if matches!(self.stage, Stage::Draining | Stage::Closing) {
            return now.offset(NAP_NS);
        }
        let sound_due = self.advance_sound(now);
        let pictures_due = if self.has_pictures { self.advance_pictures(now) } else { sound_due };
        self.end_if_complete();
        sound_due.min(pictures_due)
    }

    fn advance_sound(&mut self, now: Mono) -> Mono {
        loop {
            match self.track.poll(now) {
                sound::Output::Sound { payload, skip, take } => {
                    self.give_sound(Some(&payload), skip, take);
                    self.tell_started();
                }
                sound::Output::Silence(samples) => {
                    self.give_sound(None, 0, samples);
                    self.tell_started();
                }
                sound::Output::Happened(happening) => self.happened(happening),
                sound::Output::WaitUntil(deadline) => return deadline,
            }
        }
    }

    fn advance_pictures(&mut self, now: Mono) -> Mono {
        loop {
            if let Stage::Ending(end) = self.stage
                && sample_of_tick(self.cadence.next_tick()) >= end
            {
                return now.offset(NAP_NS);
            }
            let track = &self.track;
            match self.cadence.poll(now, |tick| track.mono_at(sample_of_tick(tick))) {
                cadence::Output::Show(picture) => self.show(picture),
                cadence::Output::WaitUntil(deadline) => return deadline,
                cadence::Output::Repeated { tick } => self.at_tick(tick, What::Repeated { frames: 1 }),
                cadence::Output::Omitted { tick, frames } => self.at_tick(tick, What::Omitted { frames }),
                cadence::Output::Gone { tick } => self.at_tick(tick, What::PictureGone),
                cadence::Output::Back { tick, held_frames } => self.at_tick(tick, What::PictureBack { held_frames }),
            }
        }
    }

    /// The picture of the tick that the cadence has just decided.
    fn show(&mut self, picture: Option<Picture>) {
        let tick = self.cadence.next_tick() - 1;
        let full = self.gauge.read(self.master.waiting_bytes()) == Strain::Full;
        if full && self.last_shown.is_some() {
            self.at_tick(tick, What::Dropped { frames: 1 });
            self.tell_dropping();
        } else {
            self.last_shown = picture;
        }
        let black = self.is_black(tick);
        self.master.picture(tick, self.last_shown.as_ref().filter(|_| !black));
        self.tell_started();
    }

    fn keep_fragment(&mut self, bytes: Vec<u8>, first_sample: Sample) {
        let end = match self.stage {
            // It was cut because a whole second was full, sound that is given a moment later included.
            Stage::Open => Sample::MAX,
            Stage::Ending(end) => end,
            Stage::Draining | Stage::Closing => self.given,
        };
        // It is cut at a picture; the sound packet across the cut begins a little before it.
        let first_sample = match self.has_pictures {
            true => first_sample.next_multiple_of(SAMPLES_PER_FRAME),
            false => first_sample,
        };
        let samples = RATE_HZ.min(end.saturating_sub(first_sample));
        let at = self.track.mono_at(first_sample);
        let session_us = self.session_us(first_sample);
        let (note, news) = self.notebook.note(first_sample, samples, at, session_us, self.track.drift_ppm());
        if self.call.is_some() {
            // Of a session that others share; alone, the machine's own clock is the better witness.
            self.notebook.metadata.session_sample(first_sample, session_us);
        }
        self.writer.write(Piece::Fragment(bytes, note));
        self.notebook.measure(first_sample + samples, self.track.mono_at(first_sample + samples));
        if news {
            self.save_metadata();
        }
    }

    fn save_metadata(&self) {
        self.writer.write(Piece::Metadata(Box::new(self.notebook.metadata.clone())));
    }

    fn at_tick(&mut self, tick: u64, what: What) {
        self.happened(Happening { at_sample: sample_of_tick(tick), what });
    }

    fn tell(&self, event: Event) {
        // Nobody may be listening; the recording runs all the same.
        let _ = self.events.send(event);
    }
}
