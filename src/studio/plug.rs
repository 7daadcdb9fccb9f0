// SPDX-License-Identifier: MIT
//! Cameras and microphones that stay on whatever becomes of them: each on a thread of its own, opened again when it
//! returns. What they tell is for a take or for a preview to understand.

use super::keeper::{Keeper, LostBell};
use super::prepare::{ChosenCamera, ChosenMicrophone};
use crate::media::{Camera, CameraSignal, Microphone, MicrophoneSignal, PictureFormat, SoundTap};
use std::sync::{Arc, Mutex};

/// The format to which every camera is brought, once there is one.
pub type SharedFormat = Arc<Mutex<Option<PictureFormat>>>;

/// Keeps a camera on. `failed` hears of the first failure of each absence.
pub fn camera(
    (device, test): ChosenCamera,
    format: SharedFormat,
    on_signal: impl Fn(CameraSignal) + Send + Sync + 'static,
    failed: impl Fn(String) + Send + 'static,
) -> Keeper {
    let on_signal = Arc::new(on_signal);
    let open = move |bell: LostBell| {
        let device = device.plugged_in().ok_or_else(|| "it is not plugged in".to_owned())?;
        let format = format.lock().expect("nobody panics holding it").clone();
        let on_signal = on_signal.clone();
        let signal = move |signal: CameraSignal| {
            if matches!(signal, CameraSignal::Lost(_)) {
                bell.ring();
            }
            on_signal(signal);
        };
        Camera::open(&device, format.as_ref(), test, signal).map_err(|e| e.to_string())
    };
    Keeper::start("camera", open, failed)
}

/// Keeps a microphone on; `tap` wants its sound as soon as it can be had.
pub fn microphone(
    (device, channel): ChosenMicrophone,
    tap: Option<SoundTap>,
    on_signal: impl Fn(MicrophoneSignal) + Send + Sync + 'static,
    failed: impl Fn(String) + Send + 'static,
) -> Keeper {
    let on_signal = Arc::new(on_signal);
    let open = move |bell: LostBell| {
        let device = device.plugged_in().ok_or_else(|| "it is not plugged in".to_owned())?;
        let on_signal = on_signal.clone();
        let signal = move |signal: MicrophoneSignal| {
            if matches!(signal, MicrophoneSignal::Lost(_)) {
                bell.ring();
            }
            on_signal(signal);
        };
        Microphone::open(&device, channel, tap.clone(), signal).map_err(|e| e.to_string())
    };
    Keeper::start("microphone", open, failed)
}
