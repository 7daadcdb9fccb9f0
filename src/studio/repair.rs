// SPDX-License-Identifier: MIT
//! Recovering a recording: the file by the `mp4` engine, or wrapped anew if it is of another kind, and its folder's
//! metadata from the notes in the file, if a crash has left it behind, out of date or nowhere.

mod rewrite;

use crate::disk::repair::{self, Outcome, RepairError};
use crate::disk::{Metadata, Place, space, torn};
use crate::mp4;
use crate::words::{Mono, RATE_HZ, SAMPLES_PER_FRAME};
use std::path::Path;

/// What became of a file, and of the metadata beside it.
#[derive(Debug)]
pub struct RecoveredFile {
    /// The file.
    pub outcome: Outcome,
    /// Whether the metadata was written anew.
    pub metadata_written: bool,
}

/// Of the whole work, the file is so much; the rest is reading it once more, for the metadata.
const FILE_PART: f64 = 0.8;

/// Finalises a file in place, or makes an orderly one of it if it is no MP4, and brings its folder's metadata up to date if it is one of ours.
pub fn recover(path: &Path) -> Result<RecoveredFile, RepairError> {
    recover_watched(path, &|_| {})
}

/// Tells what [`recover`] would do; reads only.
pub fn check(path: &Path) -> Result<Outcome, RepairError> {
    match torn::look(path) {
        Ok(Some((container, is_ended))) => rewrite::check(path, container, is_ended),
        _ => repair::check(path),
    }
}

/// The same; `progress` is told how much is done, from 0 to 1.
pub(super) fn recover_watched(path: &Path, progress: &dyn Fn(f64)) -> Result<RecoveredFile, RepairError> {
    if let Ok(Some((container, is_ended))) = torn::look(path) {
        let outcome = rewrite::recover(path, container, is_ended)?;
        progress(1.0);
        return Ok(RecoveredFile { outcome, metadata_written: false });
    }
    let part = |done: f64| progress(done * FILE_PART);
    let outcome = match repair::recover_watched(path, &part) {
        // This is what the reserve was for, and nobody is recording: the file's lock was ours.
        Err(RepairError::DiskFull { .. }) => {
            space::give_back(path);
            repair::recover_watched(path, &part)?
        }
        tried => tried?,
    };
    space::give_back(path);
    let metadata_written = match rebuilt(path)? {
        Some(metadata) => {
            let place = Place::of_master(path);
            let known = std::fs::read(&place.metadata).ok();
            let known: Option<Metadata> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let stale = known.is_none_or(|k| k.state == "recording" || k.session_id != metadata.session_id);
            if stale && let Err(e) = metadata.save(&place.metadata, &place.timecodes) {
                tracing::warn!("the file is recovered, but its metadata can't be written: {e}");
            }
            stale
        }
        None => false,
    };
    progress(1.0);
    Ok(RecoveredFile { outcome, metadata_written })
}

/// The metadata as the file itself tells it; `None` for files of other programs, and for recordings of no session.
pub(super) fn rebuilt(path: &Path) -> Result<Option<Metadata>, RepairError> {
    let movie = repair::scan_path(path)?;
    // Only masters belong to a session; any other recording of ours is a file and nothing else.
    let Some(facts) = movie.facts.as_ref().filter(|facts| !facts.session_id.is_empty()) else { return Ok(None) };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut metadata = Metadata::begin(facts, &file);
    metadata.state = "recovered".to_owned();
    metadata.recording.container = "MP4".to_owned();
    for note in &movie.notes {
        note.happenings.iter().for_each(|happening| metadata.count(&happening.what));
        metadata.happenings.extend_from_slice(&note.happenings);
        metadata.clock_sample(note.first_sample, note.monotonic, note.drift_ppm);
        metadata.session_sample(note.first_sample, note.session_us);
    }
    let (noted, end) = movie.notes.last().map_or((0, facts.started_monotonic), |note| {
        let lasts_ns = note.samples * Mono::SECOND / RATE_HZ;
        (note.first_sample + note.samples, note.monotonic.offset(lasts_ns as i64))
    });
    // The notes say when things were, the tracks how much there is.
    let report = mp4::inspect(&movie);
    let track = |kind| report.tracks.iter().find(|track| track.kind == kind);
    let samples = track("audio").map_or(0, |t| t.shown_units * RATE_HZ / u64::from(t.timescale.max(1)));
    let frames = track("video").map_or(noted / SAMPLES_PER_FRAME, |track| track.samples);
    metadata.measure(facts, samples, frames, end);
    metadata.count_open_absences(samples.max(frames * SAMPLES_PER_FRAME));
    Ok(Some(metadata))
}
