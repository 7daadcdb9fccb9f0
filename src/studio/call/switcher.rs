// SPDX-License-Identifier: MIT
//! Another device in the middle of a call. Finding one may take a moment, and the conductor waits for nothing: a thread
//! of its own looks for what was asked for, in the order in which it was asked for.

use super::order::Order;
use super::sound::{SpeakerChoice, SpeakerTarget};
use crate::media::Device;
use crate::studio::prepare::{self, PrepareError};
use crate::studio::recorder::Stopper;
use crate::studio::settings::{CameraChoice, MicrophoneChoice};
use std::sync::mpsc::{Sender, channel};
use std::thread::Thread;

/// What is to be exchanged, and for what.
#[derive(Clone, Debug)]
pub enum Change {
    /// The camera.
    Camera(CameraChoice),
    /// The microphone.
    Microphone(MicrophoneChoice),
    /// The speaker.
    Speaker(SpeakerChoice),
}

/// The guard: what was not found when it goes out of scope will not be.
#[derive(Debug)]
pub struct Switcher(Sender<Change>);

impl Switcher {
    /// `recorder` has the camera and the microphone; without one there is nothing to exchange but the speaker.
    pub fn start(recorder: Option<Stopper>, orders: Sender<Order>, conductor: Thread) -> Switcher {
        let (changes, inbox) = channel();
        let run = move || {
            for change in inbox {
                let order = find(change, recorder.as_ref()).unwrap_or_else(Order::NoSuchDevice);
                // A call that is over needs no device.
                let _ = orders.send(order);
                conductor.unpark();
            }
        };
        std::thread::Builder::new().name("switcher".into()).spawn(run).expect("the system has a thread left");
        Switcher(changes)
    }

    /// Asks for an exchange; how it went comes as an order to the conductor.
    pub fn change(&self, change: Change) {
        // It listens as long as we are there.
        let _ = self.0.send(change);
    }
}

fn find(change: Change, recorder: Option<&Stopper>) -> Result<Order, String> {
    let device = match change {
        Change::Speaker(choice) => {
            let target = SpeakerTarget::find(&choice).map_err(|why| why.to_string())?;
            return Ok(Order::Speaker { bluetooth: target.bluetooth(), target });
        }
        Change::Camera(choice) => with(recorder)?.switch_camera(choice),
        Change::Microphone(choice) => with(recorder)?.switch_microphone(choice),
    };
    device.map(Order::Switched).map_err(|why| why.to_string())
}

fn with(recorder: Option<&Stopper>) -> Result<&Stopper, String> {
    recorder.ok_or_else(|| {
        "you came into this call without camera and microphone; to use one of them, leave and come in again".to_owned()
    })
}

impl SpeakerTarget {
    /// What was chosen, or why it is not there.
    pub fn find(choice: &SpeakerChoice) -> Result<SpeakerTarget, PrepareError> {
        Ok(match choice {
            SpeakerChoice::Auto => SpeakerTarget::Default,
            SpeakerChoice::Off => SpeakerTarget::Silent,
            SpeakerChoice::Id(id) => SpeakerTarget::Device(prepare::speaker(id)?),
        })
    }

    /// The headset without a wire that this is, by its name. What the system's choice is has to be asked for.
    pub fn bluetooth(&self) -> Option<String> {
        let device = match self {
            SpeakerTarget::Default => Device::default_speaker(),
            SpeakerTarget::Silent => None,
            SpeakerTarget::Device(device) => Some(device.clone()),
        };
        device.filter(Device::is_bluetooth).map(|device| device.name)
    }
}

/// The same of a microphone.
pub fn bluetooth_microphone(device: &Device) -> Option<&str> {
    (device.kind == crate::media::DeviceKind::Microphone && device.is_bluetooth()).then_some(device.name.as_str())
}
