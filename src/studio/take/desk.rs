// SPDX-License-Identifier: MIT
//! Where devices are plugged into a take: each on a thread of its own, reopened when it returns, and exchanged for
//! another while the recording goes on.

use super::super::event::Event;
use super::super::keeper::{Keeper, leave};
use super::super::plug::{self, SharedFormat};
use super::super::prepare::{ChosenCamera, ChosenMicrophone, Devices, PrepareError};
use super::super::settings::{CameraChoice, MicrophoneChoice, Settings};
use super::call::Taps;
use super::{Signal, Stage, Take};
use crate::media::{CameraSignal, Channel, Device, MicrophoneSignal, PictureFormat};
use crate::words::{Happening, Rate, Size, What};
use std::sync::mpsc::Sender;

/// What devices need to deliver into a take.
pub(super) struct Desk {
    send: Sender<Signal>,
    taps: Taps,
    /// The format of the running master, to which every further camera is brought.
    format: SharedFormat,
    cameras: u64,
    microphones: u64,
}

impl Desk {
    /// Devices plugged in here are heard at the other end of `send`, and by the taps.
    pub(super) fn new(send: Sender<Signal>, taps: Taps) -> Desk {
        Desk { send, taps, format: SharedFormat::default(), cameras: 0, microphones: 0 }
    }

    /// From now on every camera delivers this format.
    pub(super) fn keep_format(&self, format: Option<PictureFormat>) {
        *self.format.lock().expect("nobody panics holding it") = format;
    }

    /// Whether it comes from a device that was exchanged, and is still under way.
    pub(super) fn is_stale(&self, signal: &Signal) -> bool {
        match signal {
            Signal::Camera(number, _) => *number != self.cameras,
            Signal::Microphone(number, _) => *number != self.microphones,
            _ => false,
        }
    }

    /// From now on no camera counts.
    pub(super) fn unplug_camera(&mut self) {
        self.cameras += 1;
    }

    /// From now on no microphone counts.
    pub(super) fn unplug_microphone(&mut self) {
        self.microphones += 1;
    }

    /// Puts a thread on a camera.
    pub(super) fn camera(&mut self, device: Device, test: (Size, Rate)) -> Keeper {
        self.cameras += 1;
        let (number, tap) = (self.cameras, self.taps.picture.clone());
        let (send, to_take) = (self.send.clone(), self.send.clone());
        let signal = move |signal: CameraSignal| {
            if let (CameraSignal::Picture(picture), Some(tap)) = (&signal, &tap) {
                tap(picture);
            }
            // A take that is over needs no pictures.
            let _ = send.send(Signal::Camera(number, signal));
        };
        let failed = move |why| drop(to_take.send(Signal::DeviceFailed { kind: "camera", why }));
        plug::camera((device, test), self.format.clone(), signal, failed)
    }

    /// Puts a thread on a microphone.
    pub(super) fn microphone(&mut self, device: Device, channel: Channel) -> Keeper {
        self.microphones += 1;
        let (number, meters) = (self.microphones, self.taps.meters.clone());
        let (send, to_take) = (self.send.clone(), self.send.clone());
        let signal = move |signal: MicrophoneSignal| {
            if let MicrophoneSignal::Sound(block) = &signal {
                meters.hear(block);
            }
            // A take that is over needs no sound.
            let _ = send.send(Signal::Microphone(number, signal));
        };
        let failed = move |why| drop(to_take.send(Signal::DeviceFailed { kind: "microphone", why }));
        plug::microphone((device, channel), self.taps.sound.clone(), signal, failed)
    }
}

impl Take {
    /// Exchanges the camera: black until the new one shows a picture, the size stays. A recording that began without
    /// pictures goes on without; the others of a call see them all the same.
    pub(super) fn switch_camera(&mut self, camera: Option<ChosenCamera>) {
        if !self.may_switch("camera", self.has_pictures) {
            return;
        }
        self.cadence.camera_switched();
        self.tell_switched("camera", camera.as_ref().map(|(device, _)| device));
        self.desk.unplug_camera();
        self.camera_in_use = None;
        let next = camera.map(|(device, test)| self.desk.camera(device, test));
        leave(std::mem::replace(&mut self.camera, next));
    }

    /// Exchanges the microphone: measured silence until the new one delivers.
    pub(super) fn switch_microphone(&mut self, microphone: Option<ChosenMicrophone>) {
        if !self.may_switch("microphone", self.has_sound) {
            return;
        }
        self.track.microphone_gone();
        self.tell_switched("microphone", microphone.as_ref().map(|(device, _)| device));
        self.desk.unplug_microphone();
        let next = microphone.map(|(device, channel)| self.desk.microphone(device, channel));
        leave(std::mem::replace(&mut self.microphone, next));
    }

    fn may_switch(&self, device: &str, has_track: bool) -> bool {
        if !matches!(self.stage, Stage::Open | Stage::Ending(_)) {
            return false;
        }
        if !has_track {
            let others = if self.call.is_some() { "; the others have it from now on" } else { "" };
            let message = format!("this recording began without a {device} and goes on without one{others}");
            self.tell(Event::warning(&format!("no-{device}-track"), message, None));
        }
        has_track || self.call.is_some()
    }

    fn tell_switched(&mut self, device: &str, to: Option<&Device>) {
        let name = to.map_or("none", |to| &to.name).to_owned();
        if to.is_some_and(Device::is_test) {
            self.tell(test_source(device, &name));
        }
        self.tell(switched(device, to));
        let what = What::DeviceChanged { device: device.to_owned(), name };
        self.happened(Happening { at_sample: self.given, what });
    }
}

/// What whoever watches is told of an exchange.
pub(super) fn switched(device: &str, to: Option<&Device>) -> Event {
    Event::DeviceChanged { device: device.to_owned(), name: to.map_or("none", |to| &to.name).to_owned() }
}

/// Says so, loudly, where a ruler stands in for a device.
pub(super) fn test_source(kind: &str, name: &str) -> Event {
    Event::warning("test-source", format!("NO REAL {}: {name} is recorded", kind.to_uppercase()), None)
}

/// Finds a camera for a recording that runs; nothing if there shall be none.
pub(in crate::studio) fn find_camera(choice: CameraChoice) -> Result<Option<ChosenCamera>, PrepareError> {
    if choice == CameraChoice::Off {
        return Ok(None);
    }
    let settings = Settings { camera: choice, microphone: MicrophoneChoice::Off, ..Settings::new(Default::default()) };
    Ok(Devices::find(&settings)?.camera)
}

/// Finds a microphone for a recording that runs; nothing if there shall be none.
pub(in crate::studio) fn find_microphone(choice: MicrophoneChoice) -> Result<Option<ChosenMicrophone>, PrepareError> {
    if choice == MicrophoneChoice::Off {
        return Ok(None);
    }
    let settings = Settings { camera: CameraChoice::Off, microphone: choice, ..Settings::new(Default::default()) };
    Ok(Devices::find(&settings)?.microphone)
}
