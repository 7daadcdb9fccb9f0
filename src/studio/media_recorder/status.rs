// SPDX-License-Identifier: MIT
//! How a recording goes, and what it takes of the machine meanwhile.

use super::event::RecordingEvent;
use super::loudness::LoudnessReport;
use super::report::SyncReport;
use super::tracks::TrackReport;
use crate::media::{Effort, resident_bytes};
use serde::Serialize;
use std::time::Duration;

/// Of a shorter time processor use says little: the system counts it in steps.
const LOOK_AFTER: Duration = Duration::from_millis(200);

/// A shorter recording has no rate yet.
const RATE_AFTER_SECONDS: f64 = 1.0;

/// How it goes.
#[derive(Clone, Debug, Serialize)]
pub struct RecordingStatus {
    /// How long it is, pauses not counted.
    pub seconds: f64,
    /// Pictures in the recording.
    pub frames: u64,
    /// Pictures that were submitted.
    pub frames_in: u64,
    /// Pictures that the encoder has made.
    pub frames_encoded: u64,
    /// Pictures that wait for the encoder or are in it; it looks some of them ahead.
    pub waiting_frames: u64,
    /// Samples of each channel, at the rate they were submitted with.
    pub samples: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Bytes that wait for the encoders and the disk.
    pub waiting_bytes: u64,
    /// The mean bit rate so far, in kbit/s.
    pub kbps: f64,
    /// Whether it pauses.
    pub paused: bool,
    /// How well sound and pictures go together.
    pub sync: SyncReport,
    /// What it takes of the machine.
    pub machine: MachineReport,
    /// How loud it is, as it is encoded.
    pub loudness: Option<LoudnessReport>,
    /// Which encoder makes the pictures.
    pub video_encoder: String,
    /// Which encoder makes the sound.
    pub audio_encoder: String,
    /// What has gone wrong, if anything has.
    pub failed: Option<String>,
    /// The limit that has ended it, for example "limits.max_seconds".
    pub limit: Option<&'static str>,
    /// The tracks beside the main pair.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackReport>,
    /// What has happened so far.
    pub events: Vec<RecordingEvent>,
}

/// What a recording takes of the machine. What the system does not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MachineReport {
    /// What one processor alone would be busy with this whole program, in percent, since it was last asked, or since
    /// the start; four that are busy are 400. Unknown on Windows.
    pub cpu_percent: Option<f64>,
    /// The memory that this whole program has in use. Known on Linux only.
    pub memory_bytes: Option<u64>,
    /// What is free on the disk of the recording, as of the last second; unknown where it goes elsewhere.
    pub free_bytes: Option<u64>,
    /// How long that lasts at the mean rate so far, with what `limits.min_free_bytes` keeps free left over.
    pub seconds_left: Option<f64>,
}

/// Measures it from one look to the next.
#[derive(Debug)]
pub struct Machine {
    effort: Effort,
    percent: Option<f64>,
}

impl Machine {
    /// From now on.
    pub fn begin() -> Machine {
        Machine { effort: Effort::begin(), percent: None }
    }

    /// Processor use since the look before, and memory now.
    pub fn look(&mut self) -> MachineReport {
        if self.percent.is_none() || self.effort.elapsed() >= LOOK_AFTER {
            self.percent = self.effort.percent();
            self.effort = Effort::begin();
        }
        MachineReport { cpu_percent: self.percent, memory_bytes: resident_bytes(), ..MachineReport::default() }
    }
}

impl MachineReport {
    /// With the disk: so much is free, of which so much has to stay, after so many bytes in so many seconds.
    pub(super) fn with_disk(self, free_bytes: Option<u64>, least_bytes: u64, bytes: u64, seconds: f64) -> Self {
        let rate = bytes as f64 / seconds;
        let left = |free: u64| free.saturating_sub(least_bytes) as f64 / rate;
        let seconds_left = free_bytes.filter(|_| bytes > 0 && seconds >= RATE_AFTER_SECONDS).map(left);
        MachineReport { free_bytes, seconds_left, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::MachineReport;

    #[test]
    fn what_is_left_is_what_may_be_written() {
        let after = |free, bytes, seconds| MachineReport::default().with_disk(free, 1_000, bytes, seconds).seconds_left;
        assert_eq!(after(Some(11_000), 2_000, 10.0), Some(50.0));
        assert_eq!(after(Some(500), 2_000, 10.0), Some(0.0), "less than has to stay");
        assert_eq!(after(Some(11_000), 2_000, 0.5), None, "too soon");
        assert_eq!(after(Some(11_000), 0, 10.0), None, "nothing is written yet");
        assert_eq!(after(None, 2_000, 10.0), None, "nobody knows");
    }
}
