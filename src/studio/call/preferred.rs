// SPDX-License-Identifier: MIT
//! What a person has set once, as what a call needs to know. A device that is written in a way that nobody understands is
//! as good as none: the system's own choice stands for it.

use super::{CallSettings, VoiceFrames};
use crate::disk::{PlaceError, Preferences};
use crate::media::{Channel, FrameSamples};
use crate::studio::settings::{CameraChoice, MicrophoneChoice, Settings};

impl Settings {
    /// A recording as a person prefers it.
    pub fn of(preferences: &Preferences) -> Result<Settings, PlaceError> {
        Ok(Settings {
            camera: preferences.camera.parse().unwrap_or(CameraChoice::Auto),
            microphone: preferences.microphone.parse().unwrap_or(MicrophoneChoice::Auto(Channel::Auto)),
            session_name: preferences.session.clone(),
            participant: preferences.name.trim().to_owned(),
            flac: preferences.flac,
            ..Settings::new(preferences.recordings_folder()?)
        })
    }
}

impl CallSettings {
    /// A call as a person prefers it; nobody watches its pictures yet.
    pub fn of(preferences: &Preferences) -> Result<CallSettings, PlaceError> {
        Ok(CallSettings {
            recording: Settings::of(preferences)?,
            name: preferences.name.trim().to_owned(),
            bind: None,
            port: preferences.port,
            port_mapping: preferences.port_mapping,
            seconds: None,
            speaker: preferences.speaker.as_str().into(),
            frames: match preferences.frames.as_str() {
                "5" => VoiceFrames::Always(FrameSamples::Ms5),
                "2.5" => VoiceFrames::Always(FrameSamples::Ms2_5),
                _ => VoiceFrames::Auto,
            },
            record_from_start: preferences.record_from_start,
            keep_muted: preferences.keep_muted,
            pictures: None,
        })
    }
}
