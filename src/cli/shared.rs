// SPDX-License-Identifier: MIT
//! What several commands share: options, and how things are printed.

use crate::disk::folder;
use crate::media;
use crate::studio::{CameraChoice, MicrophoneChoice};
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
    #[arg(long, default_value = "auto", value_name = "CAMERA")]
    pub camera: CameraChoice,
    /// Where sound comes from: auto, off, test, or an ID; append :N for input N of an interface
    #[arg(long, default_value = "auto", value_name = "MICROPHONE")]
    pub mic: MicrophoneChoice,
    /// Where the others are heard: auto, off, or an ID that `hyperzoom devices` prints
    #[arg(long, default_value = "auto", value_name = "SPEAKER")]
    pub speaker: String,
    /// The folder for session folders [default: ~/HyperZoom/recordings]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// Your name, as it stands in the metadata
    #[arg(long, default_value = "", value_name = "NAME")]
    pub name: String,
    /// End by itself after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub seconds: Option<f64>,
    /// An instance with its own settings and folder
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// One JSON object a line on standard output
    #[arg(long)]
    pub json: bool,
}

impl Shared {
    /// The folder for session folders.
    pub fn recordings(&self) -> anyhow::Result<PathBuf> {
        match &self.recordings {
            Some(folder) => Ok(folder.clone()),
            None => Ok(folder::default_recordings(self.profile.as_deref())?),
        }
    }

    /// The length asked for, if it makes sense.
    pub fn seconds(&self) -> Result<Option<f64>, Usage> {
        match self.seconds {
            Some(s) if !(s.is_finite() && s > 0.0) => Err(Usage("--for takes a number of seconds above 0".into())),
            seconds => Ok(seconds),
        }
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
