// SPDX-License-Identifier: MIT
//! Where devices are plugged into a take: each on a thread of its own, reopened when it returns, and exchanged for
//! another while the recording goes on.

use super::super::keeper::{Keeper, LostBell};
use super::super::prepare::{Devices, PrepareError};
use super::super::settings::{CameraChoice, MicrophoneChoice, Settings};
use super::call::Taps;
use super::{Signal, Stage, Take};
use crate::media::{Camera, CameraSignal, Channel, Device, Microphone, MicrophoneSignal, PictureFormat};
use crate::words::{Happening, Rate, Size, What};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// What devices need to deliver into a take.
pub(super) struct Desk {
    send: Sender<Signal>,
    taps: Taps,
    /// The format of the running master, to which every further camera is brought.
    format: Arc<Mutex<Option<PictureFormat>>>,
    cameras: u64,
    microphones: u64,
}

impl Desk {
    /// Devices plugged in here are heard at the other end of `send`, and by the taps.
    pub(super) fn new(send: Sender<Signal>, taps: Taps) -> Desk {
        Desk { send, taps, format: Arc::default(), cameras: 0, microphones: 0 }
    }

    /// From now on every camera delivers this format.
    pub(super) fn keep_format(&self, format: Option<PictureFormat>) {
        *self.format.lock().expect("nobody panics holding it") = format;
    }

    /// The camera whose signals count: the one plugged in last.
    pub(super) fn camera_number(&self) -> u64 {
        self.cameras
    }

    /// The microphone whose signals count.
    pub(super) fn microphone_number(&self) -> u64 {
        self.microphones
    }

    /// Puts a thread on a camera.
    pub(super) fn camera(&mut self, device: Device, test: (Size, Rate)) -> Keeper {
        self.cameras += 1;
        let (number, format, tap) = (self.cameras, self.format.clone(), self.taps.picture.clone());
        let (send, to_take) = (self.send.clone(), self.send.clone());
        let open = move |bell: LostBell| {
            let device = device.plugged_in().ok_or_else(|| "it is not plugged in".to_owned())?;
            let format = format.lock().expect("nobody panics holding it").clone();
            let (send, tap) = (send.clone(), tap.clone());
            let signal = move |signal: CameraSignal| {
                match (&signal, &tap) {
                    (CameraSignal::Lost(_), _) => bell.ring(),
                    (CameraSignal::Picture(picture), Some(tap)) => tap(picture),
                    _ => {}
                }
                // A take that is over needs no pictures.
                let _ = send.send(Signal::Camera(number, signal));
            };
            Camera::open(&device, format.as_ref(), test, signal).map_err(|e| e.to_string())
        };
        let failed = move |why| drop(to_take.send(Signal::DeviceFailed { kind: "camera", why }));
        Keeper::start("camera", open, failed)
    }

    /// Puts a thread on a microphone.
    pub(super) fn microphone(&mut self, device: Device, channel: Channel) -> Keeper {
        self.microphones += 1;
        let (number, tap, meters) = (self.microphones, self.taps.sound.clone(), self.taps.meters.clone());
        let (send, to_take) = (self.send.clone(), self.send.clone());
        let open = move |bell: LostBell| {
            let device = device.plugged_in().ok_or_else(|| "it is not plugged in".to_owned())?;
            let (send, meters) = (send.clone(), meters.clone());
            let signal = move |signal: MicrophoneSignal| {
                match &signal {
                    MicrophoneSignal::Sound(block) => meters.hear(block),
                    MicrophoneSignal::Lost(_) => bell.ring(),
                }
                // A take that is over needs no sound.
                let _ = send.send(Signal::Microphone(number, signal));
            };
            Microphone::open(&device, channel, tap.clone(), signal).map_err(|e| e.to_string())
        };
        let failed = move |why| drop(to_take.send(Signal::DeviceFailed { kind: "microphone", why }));
        Keeper::start("microphone", open, failed)
    }
}

impl Take {
    /// Exchanges the camera: black until the new one shows a picture, the size stays.
    pub(super) fn switch_camera(&mut self, camera: Device, test: (Size, Rate)) {
        if !self.has_pictures || !matches!(self.stage, Stage::Open | Stage::Ending(_)) {
            return;
        }
        self.cadence.camera_switched();
        self.tell_switched("camera", &camera);
        let next = self.desk.camera(camera, test);
        leave(self.camera.replace(next));
    }

    /// Exchanges the microphone: measured silence until the new one delivers.
    pub(super) fn switch_microphone(&mut self, microphone: Device, channel: Channel) {
        if !self.has_sound || !matches!(self.stage, Stage::Open | Stage::Ending(_)) {
            return;
        }
        self.track.microphone_gone();
        self.tell_switched("microphone", &microphone);
        let next = self.desk.microphone(microphone, channel);
        leave(self.microphone.replace(next));
    }

    fn tell_switched(&mut self, device: &str, to: &Device) {
        let what = What::DeviceChanged { device: device.to_owned(), name: to.name.clone() };
        self.happened(Happening { at_sample: self.given, what });
    }
}

/// Lets go of a device on a thread of its own: closing one may take a while, and the take waits for nobody.
pub(super) fn leave(keeper: Option<Keeper>) {
    if let Some(keeper) = keeper {
        std::thread::spawn(move || drop(keeper));
    }
}

/// Finds a camera for a recording that runs.
pub(in crate::studio) fn find_camera(choice: CameraChoice) -> Result<(Device, (Size, Rate)), PrepareError> {
    let mut settings = Settings::new(Default::default());
    (settings.camera, settings.microphone) = (choice, MicrophoneChoice::Off);
    Devices::find(&settings)?.camera.ok_or(PrepareError::Nothing)
}

/// Finds a microphone for a recording that runs.
pub(in crate::studio) fn find_microphone(choice: MicrophoneChoice) -> Result<(Device, Channel), PrepareError> {
    let mut settings = Settings::new(Default::default());
    (settings.camera, settings.microphone) = (CameraChoice::Off, choice);
    Devices::find(&settings)?.microphone.ok_or(PrepareError::Nothing)
}
