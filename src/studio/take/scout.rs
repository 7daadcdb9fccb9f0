// SPDX-License-Identifier: MIT
//! What is learned before the first sample: devices are on, the first picture is seen, the microphone's clock is listened
//! to, encoders are tried meanwhile. A take that stands by for a call may take up other devices until it begins, and then
//! is what it would have been had it begun with these.

use super::super::event::Event;
use super::super::keeper::{Keeper, leave};
use super::super::prepare::{ChosenCamera, ChosenMicrophone, Devices, Encoders, PrepareError};
use super::super::recorder::StartError;
use super::super::settings::Settings;
use super::Signal;
use super::call::{CallNews, Slate, Taps};
use super::desk::{Desk, switched};
use crate::media::{self, CameraSignal, Codec, MicrophoneSignal, Picture, PictureFormat, SoundBlock};
use crate::sync::{SoundTrack, sound};
use crate::words::{Mono, Size};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// A camera that shows nothing for so long comes late; the recording begins in black.
const FIRST_PICTURE_NS: i64 = 3_000_000_000;
/// A microphone is listened to for so long before its clock is believed.
const SETTLE_NS: i64 = 300_000_000;
/// A microphone that says nothing for so long comes late.
const FIRST_SOUND_NS: i64 = 2_000_000_000;

/// Devices that are on.
pub(super) struct OnSet {
    pub(super) devices: Devices,
    pub(super) desk: Desk,
    pub(super) send: Sender<Signal>,
    pub(super) camera: Option<Keeper>,
    pub(super) microphone: Option<Keeper>,
}

impl OnSet {
    /// Turns them on.
    pub(super) fn arrive(devices: Devices, send: Sender<Signal>, taps: Taps) -> OnSet {
        let mut desk = Desk::new(send.clone(), taps);
        let camera = devices.camera.clone().map(|(device, test)| desk.camera(device, test));
        let microphone = devices.microphone.clone().map(|(device, channel)| desk.microphone(device, channel));
        OnSet { devices, desk, send, camera, microphone }
    }

    fn switch_camera(&mut self, to: Option<ChosenCamera>) {
        self.desk.unplug_camera();
        let next = to.clone().map(|(device, test)| self.desk.camera(device, test));
        leave(std::mem::replace(&mut self.camera, next));
        self.devices.camera = to;
    }

    fn switch_microphone(&mut self, to: Option<ChosenMicrophone>) {
        self.desk.unplug_microphone();
        let next = to.clone().map(|(device, channel)| self.desk.microphone(device, channel));
        leave(std::mem::replace(&mut self.microphone, next));
        self.devices.microphone = to;
    }
}

/// What encoders were tried for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::studio) struct Trial {
    format: Option<PictureFormat>,
    sound: Option<Codec>,
}

impl Trial {
    /// On a thread of its own: it takes seconds.
    fn run(self, send: Sender<Signal>) {
        std::thread::spawn(move || {
            let found = Encoders::choose(self.format.as_ref(), self.sound);
            // Nobody may want to know any more.
            let _ = send.send(Signal::Encoders(self, found));
        });
    }
}

/// What is known so far.
pub(super) struct Scouting {
    pub(super) track: SoundTrack<SoundBlock>,
    first_sound: Option<Mono>,
    pub(super) last_picture: Option<Picture>,
    pub(super) format: Option<PictureFormat>,
    pub(super) encoders: Option<Encoders>,
    /// The trial that counts.
    trial: Option<Trial>,
    /// Since when the camera and the microphone are waited for.
    camera_since: Mono,
    microphone_since: Mono,
    /// Where a take that stands by tells what ails its devices; one that was asked to begin now says why it can't.
    waits: Option<Sender<Event>>,
    /// What the call says for the beginning.
    pub(super) slate: Option<Slate>,
    /// A device that is away is told of once.
    told_away: [bool; 2],
}

impl Scouting {
    /// Knows nothing. With `waits` the take stands by for a call.
    pub(super) fn new(waits: Option<Sender<Event>>) -> Scouting {
        let now = media::now();
        Scouting {
            track: SoundTrack::new(now),
            first_sound: None,
            last_picture: None,
            format: None,
            encoders: None,
            trial: None,
            camera_since: now,
            microphone_since: now,
            waits,
            slate: None,
            told_away: [false; 2],
        }
    }

    /// Listens and looks until everything is known that a recording needs to begin.
    pub(super) fn run(
        mut self,
        settings: &Settings,
        on_set: &mut OnSet,
        inbox: &Receiver<Signal>,
    ) -> Result<Scouting, StartError> {
        while self.encoders.is_none() || !self.settled(&on_set.devices) || self.waits_for_the_call() {
            match inbox.recv_timeout(Duration::from_millis(20)) {
                Ok(signal) => self.hear(signal, on_set)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(StartError::Stopped),
            }
            self.stop_waiting_for_a_picture(&on_set.devices);
            if self.trial.is_none() && (on_set.devices.camera.is_none() || self.format.is_some()) {
                let codec = if settings.flac { Codec::Flac } else { Codec::Aac };
                let sound = on_set.devices.microphone.as_ref().map(|_| codec);
                let trial = Trial { format: self.format.clone(), sound };
                self.trial = Some(trial.clone());
                trial.run(on_set.send.clone());
            }
        }
        if on_set.devices.camera.is_none() && on_set.devices.microphone.is_none() {
            return Err(PrepareError::Nothing.into());
        }
        Ok(self)
    }

    fn hear(&mut self, signal: Signal, on_set: &mut OnSet) -> Result<(), StartError> {
        if on_set.desk.is_stale(&signal) {
            return Ok(());
        }
        match signal {
            Signal::Camera(_, CameraSignal::Picture(picture)) => {
                self.format = self.format.take().or_else(|| picture.format());
                self.last_picture = Some(picture);
            }
            Signal::Microphone(_, MicrophoneSignal::Sound(block)) => {
                let (at, samples, position) = (block.at, block.samples, block.position);
                self.first_sound.get_or_insert(at);
                self.track.block(media::now(), sound::Block { at, samples, position, payload: block });
            }
            Signal::Camera(_, CameraSignal::Lost(why)) => self.lose("camera", &on_set.devices, why)?,
            Signal::Microphone(_, MicrophoneSignal::Lost(why)) => self.lose("microphone", &on_set.devices, why)?,
            Signal::DeviceFailed { kind, why } => self.lose(kind, &on_set.devices, why)?,
            Signal::Encoders(trial, encoders) if self.trial.as_ref() == Some(&trial) => self.encoders = Some(encoders?),
            Signal::SwitchCamera(camera) => self.switch_camera(camera, on_set),
            Signal::SwitchMicrophone(microphone) => self.switch_microphone(microphone, on_set),
            Signal::Stop => return Err(StartError::Stopped),
            Signal::Call(CallNews::Roll(slate)) => self.slate = Some(*slate),
            // The last word before the beginning counts.
            Signal::Call(CallNews::Session(line)) => {
                if let Some(slate) = &mut self.slate {
                    slate.line = line;
                }
            }
            // Of a trial that counts no more; and nothing runs yet that could say the others.
            Signal::Encoders(..) | Signal::Call(_) | Signal::Master(_) | Signal::Writer(_) => {}
        }
        Ok(())
    }

    fn switch_camera(&mut self, to: Option<ChosenCamera>, on_set: &mut OnSet) {
        self.tell(switched("camera", to.as_ref().map(|(device, _)| device)));
        on_set.switch_camera(to);
        (self.format, self.last_picture, self.camera_since) = (None, None, media::now());
        (self.trial, self.encoders, self.told_away[0]) = (None, None, false);
    }

    fn switch_microphone(&mut self, to: Option<ChosenMicrophone>, on_set: &mut OnSet) {
        self.tell(switched("microphone", to.as_ref().map(|(device, _)| device)));
        on_set.switch_microphone(to);
        (self.track, self.first_sound, self.microphone_since) = (SoundTrack::new(media::now()), None, media::now());
        (self.trial, self.encoders, self.told_away[1]) = (None, None, false);
    }

    fn tell(&self, event: Event) {
        if let Some(events) = &self.waits {
            // A face that has gone away needs no words.
            let _ = events.send(event);
        }
    }

    fn waits_for_the_call(&self) -> bool {
        self.waits.is_some() && self.slate.is_none()
    }

    /// A device is away before the beginning. A take that stands by waits for it, as a running one would.
    fn lose(&mut self, kind: &'static str, devices: &Devices, why: String) -> Result<(), StartError> {
        if self.waits.is_none() {
            return Err(refused(kind, devices, why));
        }
        let is_camera = kind == "camera";
        if !is_camera {
            (self.track, self.first_sound) = (SoundTrack::new(media::now()), None);
        }
        if !std::mem::replace(&mut self.told_away[usize::from(!is_camera)], true) {
            let why = why.trim_end_matches('.');
            let message = format!("the {kind} is not there ({why}); it is taken up as soon as it is");
            self.tell(Event::warning(&format!("{kind}-missing"), message, None));
        }
        Ok(())
    }

    fn settled(&self, devices: &Devices) -> bool {
        let now = media::now();
        match (&devices.microphone, self.first_sound) {
            (None, _) => true,
            (Some(_), Some(at)) => now.since(at) > SETTLE_NS,
            (Some(_), None) => now.since(self.microphone_since) > FIRST_SOUND_NS,
        }
    }

    fn stop_waiting_for_a_picture(&mut self, devices: &Devices) {
        let Some((device, test)) = &devices.camera else { return };
        if self.format.is_none() && media::now().since(self.camera_since) > FIRST_PICTURE_NS {
            tracing::warn!("the camera '{}' shows nothing yet; the recording begins in black", device.name);
            let size = device.expected_size().unwrap_or(test.0.fitted(Size::FULL_HD));
            self.format = Some(PictureFormat::usual(size));
        }
    }
}

fn refused(kind: &'static str, devices: &Devices, why: String) -> StartError {
    let camera = devices.camera.as_ref().map(|c| &c.0).filter(|_| kind == "camera");
    let device = camera.or(devices.microphone.as_ref().map(|m| &m.0));
    StartError::Device { kind, name: device.map(|d| d.name.clone()).unwrap_or_default(), why }
}
