// SPDX-License-Identifier: MIT
//! What several commands share: options, and how things are printed.

use crate::disk::folder;
use crate::media::{self, Channel};
use crate::studio::{CameraChoice, MicrophoneChoice, Preferences, Settings};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Arguments that clap cannot refuse by itself: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The options that every recording or calling command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Shared {
    /// Where pictures come from: auto, off, test[:WIDTHxHEIGHT[@FPS]], or an ID that `hyperzoom devices` prints
    /// [default: auto]
    #[arg(long, value_name = "CAMERA")]
    pub camera: Option<CameraChoice>,
    /// Where sound comes from: auto, off, test, or an ID; append :N for input N of an interface [default: auto]
    #[arg(long, value_name = "MICROPHONE")]
    pub mic: Option<MicrophoneChoice>,
    /// Where the others are heard: auto, off, or an ID that `hyperzoom devices` prints [default: auto]
    #[arg(long, value_name = "SPEAKER")]
    pub speaker: Option<String>,
    /// The folder for session folders [default: ~/HyperZoom/recordings]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// Your name, as it stands in the metadata
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// End by itself after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub seconds: Option<f64>,
    /// An instance with its own settings and folder; what is said here besides goes before its settings
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub profile: Option<String>,
    /// One JSON object a line on standard output
    #[arg(long)]
    pub json: bool,
}

impl Shared {
    /// The folder for session folders.
    pub fn recordings(&self) -> anyhow::Result<PathBuf> {
        Ok(self.preferences().recordings_folder()?)
    }

    /// The camera, where no profile has a say.
    pub fn camera(&self) -> CameraChoice {
        self.camera.clone().unwrap_or(CameraChoice::Auto)
    }

    /// The microphone, where no profile has a say.
    pub fn microphone(&self) -> MicrophoneChoice {
        self.mic.clone().unwrap_or(MicrophoneChoice::Auto(Channel::Auto))
    }

    /// Puts the devices that were named in the place of those that a profile has set.
    pub fn name_devices(&self, recording: &mut Settings) {
        recording.camera = self.camera.clone().unwrap_or_else(|| recording.camera.clone());
        recording.microphone = self.mic.clone().unwrap_or_else(|| recording.microphone.clone());
    }

    /// What the profile has set, if one was named, with what was said on the command line in its place.
    pub fn preferences(&self) -> Preferences {
        let mut preferences = Preferences::default();
        if let Some(profile) = &self.profile {
            let (theirs, doubts) = Preferences::load(Some(profile));
            doubts.iter().for_each(|doubt| eprintln!("hyperzoom: {doubt}"));
            preferences = theirs;
        }
        preferences.recordings = self.recordings.clone().or(preferences.recordings);
        preferences.name = self.name.clone().unwrap_or(preferences.name);
        preferences.speaker = self.speaker.clone().unwrap_or(preferences.speaker);
        preferences
    }

    /// The length asked for, if it makes sense.
    pub fn seconds(&self) -> Result<Option<f64>, Usage> {
        match self.seconds {
            Some(s) if !(s.is_finite() && s > 0.0) => Err(Usage("--for takes a number of seconds above 0".into())),
            seconds => Ok(seconds),
        }
    }
}

/// A name that makes a folder.
fn profile(name: &str) -> Result<String, &'static str> {
    match folder::safe_name(name).is_empty() {
        true => Err("a profile needs a name with letters or digits"),
        false => Ok(name.to_owned()),
    }
}

/// Brings up the media framework, with its sentence if that fails.
pub fn start_media() -> anyhow::Result<()> {
    Ok(media::start()?)
}

/// One line on standard output; a reader that has gone away ends nothing.
pub fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// One JSON object on one line.
pub fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string(value)?);
    Ok(())
}
