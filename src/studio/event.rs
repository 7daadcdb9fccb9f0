// SPDX-License-Identifier: MIT
//! What a recording tells whoever watches it. In JSON: one object a line, `{"event": "...", ...}`.

use serde::Serialize;
use std::path::PathBuf;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first frame is in.
    RecordingStarted {
        /// The master.
        file: PathBuf,
        /// Its folder.
        folder: PathBuf,
        /// For example "1920x1080"; empty without pictures.
        video: String,
        /// The picture encoder and whether it is hardware.
        video_encoder: String,
        /// The sound encoder.
        audio_encoder: String,
        /// What is recorded from.
        camera: String,
        /// What is recorded from.
        microphone: String,
        /// Universal time of the first sample.
        started_at_utc: String,
        /// The timecode of the first picture.
        start_timecode: String,
    },
    /// Once a second while recording.
    Stats {
        /// How long the recording is.
        seconds: f64,
        /// Pictures so far.
        frames: u64,
        /// Samples so far.
        samples: u64,
        /// Bytes that are safe on the disk.
        bytes: u64,
        /// Bytes that wait for the encoders.
        waiting_bytes: u64,
        /// Free bytes on the disk.
        free_bytes: u64,
        /// How fast the microphone's clock runs.
        drift_ppm: f64,
    },
    /// Something to know or to act on; the recording goes on.
    Warning {
        /// For programs: `camera-gone`, `camera-back`, `microphone-gone`, `disk-low`, `overload`, ...
        kind: String,
        /// For people.
        message: String,
        /// Where in the recording, if it has begun.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_seconds: Option<f64>,
    },
    /// Another device took over, or none.
    DeviceChanged {
        /// "camera" or "microphone".
        device: String,
        /// Its name, or "none".
        name: String,
    },
    /// The recording can't go on; what exists is saved.
    Error {
        /// For people.
        message: String,
    },
    /// It is over and on the disk.
    RecordingFinished(Finished),
}

impl Event {
    /// A warning with a kind for programs and a sentence for people.
    pub fn warning(kind: &str, message: impl Into<String>, at_seconds: Option<f64>) -> Event {
        Event::Warning { kind: kind.to_owned(), message: message.into(), at_seconds }
    }
}

/// The end of a recording.
#[derive(Clone, Debug, Serialize)]
pub struct Finished {
    /// The master.
    pub file: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// Its length.
    pub seconds: f64,
    /// Its pictures.
    pub frames: u64,
    /// Its samples.
    pub samples: u64,
    /// Pictures lost because the machine could not keep up.
    pub frames_dropped: u64,
    /// Pictures repeated because constant rate required it.
    pub frames_repeated: u64,
    /// Pictures left out because constant rate required it.
    pub frames_omitted: u64,
    /// Pictures held, or black, while the camera was away.
    pub frames_held: u64,
    /// Samples of silence in place of lost ones.
    pub samples_silenced: u64,
    /// Its size.
    pub bytes: u64,
    /// Whether it is an ordinary MP4 now; otherwise `hyperzoom recover` makes it one.
    pub finalised: bool,
    /// How long finishing took.
    pub finalise_ms: u64,
    /// Why it ended: `asked`, `time`, `disk-full`, `failed`.
    pub reason: String,
}
