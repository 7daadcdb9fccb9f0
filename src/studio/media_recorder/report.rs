// SPDX-License-Identifier: MIT
//! How a recording went.

use super::event::RecordingEvent;
use super::finishing::{Finishing, FinishingStep};
use super::loudness::{LoudnessReport, Normalised};
use super::tracks::TrackReport;
use crate::disk::fast_start::put_index_in_front;
use crate::sync::feed::{Pause, Sync};
use crate::words::Container;
use serde::Serialize;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct RecordingReport {
    /// The file, unless it went elsewhere; the first of them, where there are more.
    pub file: Option<PathBuf>,
    /// What it is wrapped in.
    pub container: Container,
    /// How long it is.
    pub seconds: f64,
    /// Its pictures.
    pub frames: u64,
    /// Its samples, at the rate they were submitted with.
    pub samples: u64,
    /// Its size; of all files together.
    pub bytes: u64,
    /// Everything that was taken is in it, and it can be read where it was written.
    pub whole: bool,
    /// Files that can't be read where they were written: moved, or gone with their disk.
    pub missing: Vec<PathBuf>,
    /// Had the machine crashed, what was written until then could have been read.
    pub crash_safe: bool,
    /// How long finishing took, in milliseconds.
    pub finish_ms: u64,
    /// How well sound and pictures went together.
    pub sync: SyncReport,
    /// The pauses.
    pub pauses: Vec<PauseReport>,
    /// How loud it is now.
    pub loudness: Option<LoudnessReport>,
    /// What the second pass did to its sound.
    pub normalised: Option<Normalised>,
    /// Why its index is behind its media, although it should be in front.
    pub fast_start_failed: Option<String>,
    /// Why it is as loud as it was, although it should have been made louder or quieter.
    pub loudness_failed: Option<String>,
    /// Which encoder made the pictures, at first.
    pub video_encoder: String,
    /// Which encoder made the sound.
    pub audio_encoder: String,
    /// What went wrong, if anything did.
    pub failed: Option<String>,
    /// The limit that has ended it, for example "limits.max_seconds".
    pub limit: Option<&'static str>,
    /// All files, in order: each goes on at the very picture and sample at which the one before ends.
    pub files: Vec<FileReport>,
    /// The tracks beside the main pair.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackReport>,
    /// What happened on the way.
    pub events: Vec<RecordingEvent>,
}

/// One file of a recording.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// The file, unless it went elsewhere.
    pub file: Option<PathBuf>,
    /// Its first picture, counted from the beginning of the recording.
    pub first_frame: u64,
    /// Its pictures.
    pub frames: u64,
    /// Its first sample, counted from the beginning of the recording.
    pub first_sample: u64,
    /// Its samples, at the rate they were submitted with.
    pub samples: u64,
    /// Its size.
    pub bytes: u64,
    /// Everything that was taken for it is in it, and it can be read where it was written.
    pub whole: bool,
    /// How long finishing took, in milliseconds.
    pub finish_ms: u64,
    /// Which encoder made its pictures ...
    pub video_encoder: String,
    /// ... until it broke, and these went on in the same file, one after the other.
    pub went_on_with: Vec<String>,
    /// What went wrong with it, if anything did.
    pub failed: Option<String>,
}

impl RecordingReport {
    /// Puts the index of each file in front of its media.
    pub(super) fn put_indexes_in_front(&mut self, tell: &dyn Fn(Finishing)) {
        let progress = |done| tell(Finishing { step: FinishingStep::FastStart, done });
        let files: Vec<PathBuf> = self.files.iter().filter_map(|file| file.file.clone()).collect();
        for (number, file) in files.iter().enumerate() {
            let all = files.len() as f64;
            if let Err(why) = put_index_in_front(file, &|done| progress((number as f64 + done) / all)) {
                self.fast_start_failed.get_or_insert(why.to_string());
            }
        }
    }

    /// Looks for each file where it was written: one that was taken away may be whole wherever it is now, but nobody here
    /// can say so.
    pub(super) fn look_for_files(&mut self) {
        for part in &mut self.files {
            let Some(file) = &part.file else { continue };
            if let Err(why) = read_both_ends(file) {
                tracing::warn!("{} can't be read where it was written: {why}", file.display());
                (part.whole, self.whole) = (false, false);
                self.missing.push(file.clone());
            }
        }
    }

    /// For whoever reads the log.
    pub(super) fn tell(&self) {
        let RecordingReport { seconds, frames, samples, bytes, .. } = self;
        tracing::info!("the recording has ended: {seconds:.3} s, {frames} pictures, {samples} samples, {bytes} bytes");
        let whys = [&self.failed, &self.loudness_failed, &self.fast_start_failed];
        whys.into_iter().flatten().for_each(|why| tracing::info!("{why}"));
    }

    /// Puts it beside the file, as `talk.recording.json` beside `talk.mkv`: its pauses are nowhere else.
    pub(super) fn save(&self) {
        let Some(file) = &self.file else { return };
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        if let Err(why) = text.and_then(|text| std::fs::write(file.with_extension("recording.json"), text)) {
            tracing::warn!("what is known of {} is not written beside it: {why}", file.display());
        }
    }
}

/// Whether there is such a file, on a disk that still answers.
fn read_both_ends(path: &Path) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)
}

/// How well sound and pictures go together.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct SyncReport {
    /// How much later the newest picture is shown than it was taken, in milliseconds.
    pub offset_ms: f64,
    /// How fast the sound's clock runs against that of the stamps.
    pub drift_ppm: f64,
    /// From 0 to 100.
    pub score: u32,
    /// What came too late for its place.
    pub late: u64,
    /// Pictures shown once more, to keep the rate; the last one under a rest of sound is none of them.
    pub doubled: u64,
    /// Pictures left out, to keep the rate.
    pub omitted: u64,
    /// How often sound or pictures were missing.
    pub gaps: u64,
    /// Items refused for their stamps.
    pub refused: u64,
}

/// One pause.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PauseReport {
    /// Where in the recording, in seconds.
    pub at_seconds: f64,
    /// The first picture behind it.
    pub at_frame: u64,
    /// The first sample behind it.
    pub at_sample: u64,
    /// How long it was.
    pub seconds: f64,
}

impl From<Sync> for SyncReport {
    fn from(sync: Sync) -> SyncReport {
        let Sync { offset_ms, drift_ppm, score, late, repeated, omitted, gaps, refused } = sync;
        SyncReport { offset_ms, drift_ppm, score, late, doubled: repeated, omitted, gaps, refused }
    }
}

impl PauseReport {
    /// In a recording whose sound has that rate.
    pub(super) fn of(pause: &Pause, rate_hz: u32) -> PauseReport {
        let seconds = |samples: u64| samples as f64 / f64::from(rate_hz);
        PauseReport {
            at_seconds: seconds(pause.at_sample),
            at_frame: pause.at_picture,
            at_sample: pause.at_sample,
            seconds: seconds(pause.samples),
        }
    }
}
