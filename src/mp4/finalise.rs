// SPDX-License-Identifier: MIT
//! Turns a recording into a movie in place, and back. Nothing of the media is copied.
//!
//! ```text
//! recording:  ftyp | free 16 | moov | facts | styp moof mdat note | styp moof mdat note | (torn)
//! 1 mended:   ftyp | free 16 | moov | facts | styp moof mdat note | styp moof mdat note | free
//! 2 appended: ftyp | free 16 | moov | facts | styp moof mdat note | styp moof mdat note | free | journal | moov
//! 3 committed ftyp | mdat ------------------------------------------------------------------ | moov
//! ```
//! Step 3 turns the `free` in moves that are each whole: its payload becomes the 64-bit size; its size byte 16
//! becomes 1, which means "64 bits follow"; its kind becomes `mdat`. Between any two, readers see either the
//! recording or the movie. Where there is no such `free`, one write over the header of the first box behind
//! `ftyp`, inside one sector of the disk, does the same.

use super::build::{self, Recipe};
use super::bytes::crc32;
use super::journal::{Form, Journal, Patch, TIMECODE_AT};
use super::mend::mend;
use super::movie::{Movie, State, Torn};
use super::plan::{Plan, Step};
use super::scan_error::ScanError;
use super::timecode;
use crate::words::RATE_HZ;

/// Sound behind the last noted sample that is taken for the padding of the encoder: three AAC packets.
const PADDING_SAMPLES_MAX: u64 = 3 * 1024;

/// Choices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The exact length of the sound, at [`RATE_HZ`], when the recorder knows it. Else the notes tell.
    pub sound_samples: Option<u64>,
}

/// Why a file is not finalised, or not taken back. It is untouched then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinaliseError {
    /// Something in it.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// There is not one sample.
    #[error("nothing was recorded into this file yet: it has tracks but no sample; it can be deleted")]
    NothingRecorded,
    /// There is no journal.
    #[error("this file holds no journal of HyperZoom, so there is nothing to undo; it was left as it is")]
    NothingToUndo,
}

/// The way from here to a finished file; `None` if it is one already.
pub fn finalise(movie: &Movie, options: &Options) -> Result<Option<Plan>, FinaliseError> {
    match (movie.state, &movie.journal) {
        (State::Finished, _) => Ok(None),
        (State::Committing, Some(journal)) => {
            let mut plan = Plan { file_len: movie.file_len, ..Plan::default() };
            plan.synced(Step::Sync);
            commit(journal, &mut plan);
            Ok(Some(plan))
        }
        _ => append_and_commit(movie, options).map(Some),
    }
}

fn append_and_commit(movie: &Movie, options: &Options) -> Result<Plan, FinaliseError> {
    if movie.tracks.iter().all(|track| track.samples.count() == 0) {
        return Err(FinaliseError::NothingRecorded);
    }
    let no_ftyp = || ScanError::NotUnderstood("no `ftyp` box at its beginning".into());
    let (commit_at, head) = movie.first.ok_or_else(no_ftyp)?;
    let mut plan = Plan::default();
    let mut original_len = movie.media_end;
    let mut patches: Vec<Patch> = Vec::new();
    let mut end = movie.media_end;
    if let Some(leftover) = &movie.journal {
        patches = leftover.patches.iter().filter(|patch| patch.at != commit_at).cloned().collect();
        original_len = leftover.original_len;
        plan.synced(Step::Truncate { len: movie.media_end });
    }
    if let Some(tail) = &movie.tail {
        end = mend(tail, end, &mut plan, &mut patches)?;
        if tail.torn == Torn::Journal {
            original_len = tail.at;
        }
    }
    let facts = movie.facts.as_ref().filter(|facts| facts.started_utc_us != 0);
    let counting = timecode::counting(movie);
    let first_frame = facts.zip(counting).map(|(facts, counting)| counting.frame_of_day(facts.started_utc_us));
    let timecode_at = first_frame.and(counting).map(|counting| (end + TIMECODE_AT, counting));
    let sound_samples = options.sound_samples.or_else(|| noted_sound(movie));
    let moov = build::moov(&Recipe { movie, sound_samples, timecode_at, journal_at: end })?;
    let mut journal = Journal {
        at: end,
        original_len,
        commit_at,
        form: Form::Long,
        moov_len: moov.len() as u64,
        moov_crc: crc32(&moov),
        timecode: first_frame.unwrap_or(0),
        patches,
    };
    journal.form = match () {
        () if head[..8] == *b"\0\0\0\x10free" => Form::Free,
        // 64 bytes stand for the patch that is yet to be added to the journal.
        () if u32::try_from(journal.moov_at() + 64 - commit_at).is_ok() => Form::Short,
        () => Form::Long,
    };
    let covered = if journal.form == Form::Short { 8 } else { 16 };
    let original = movie.journal.as_ref().filter(|leftover| leftover.commit_at == commit_at);
    let original = original.and_then(|leftover| leftover.original_header().map(<[u8]>::to_vec));
    let original = original.filter(|bytes| bytes.len() == covered).unwrap_or_else(|| head[..covered].to_vec());
    journal.patches.push(Patch { at: commit_at, bytes: original });
    plan.rollback = take_back(&plan, movie, &journal);
    plan.file_len = journal.moov_at() + moov.len() as u64;
    plan.steps.push(Step::write(journal.at, journal.encode()));
    plan.synced(Step::write(journal.moov_at(), moov));
    plan.commit_from = plan.steps.len();
    commit(&journal, &mut plan);
    Ok(plan)
}

/// The last moves, of which each is whole.
fn commit(journal: &Journal, plan: &mut Plan) {
    let header = journal.header();
    match journal.form {
        Form::Free => {
            plan.synced(Step::write(journal.commit_at + 8, &header[8..]));
            plan.synced(Step::write(journal.commit_at + 3, [1]));
            plan.synced(Step::write(journal.commit_at + 4, *b"mdat"));
        }
        Form::Short | Form::Long => plan.synced(Step::write(journal.commit_at, header)),
    }
}

/// What undoes the steps so far: the old bytes of a mended end, and the old length.
fn take_back(plan: &Plan, movie: &Movie, journal: &Journal) -> Vec<Step> {
    let mended = movie.tail.is_some();
    let mut steps = Vec::new();
    for patch in journal.patches.iter().rev().filter(|patch| mended && patch.at != journal.commit_at) {
        steps.push(Step::write(patch.at, patch.bytes.clone()));
    }
    let cut = plan.steps.iter().any(|step| matches!(step, Step::Truncate { .. }));
    steps.push(Step::Truncate { len: if cut { journal.at } else { movie.file_len } });
    steps.push(Step::Sync);
    steps
}

/// The sound's exact length from the notes, when they reach to the end: the encoder's padding behind it is not
/// to be heard. A recording that was cut off keeps everything.
fn noted_sound(movie: &Movie) -> Option<u64> {
    let last = movie.notes.last().filter(|_| movie.tail.is_none())?;
    let noted = last.first_sample.checked_add(last.samples)?;
    let priming = u64::from(movie.facts.as_ref()?.audio_priming);
    let sound = movie.tracks.iter().find(|track| &track.handler == b"soun")?;
    let there = u128::from(sound.samples.duration()) * u128::from(RATE_HZ) / u128::from(sound.timescale);
    let there = u64::try_from(there).ok()?.checked_sub(priming)?;
    let padding = there.checked_sub(noted)?;
    (padding <= PADDING_SAMPLES_MAX).then_some(noted)
}

/// The way back to the file as it was, byte for byte.
pub fn undo(movie: &Movie) -> Result<Plan, FinaliseError> {
    let journal = movie.journal.as_ref().ok_or(FinaliseError::NothingToUndo)?;
    let original = journal.original_header().ok_or(FinaliseError::NothingToUndo)?;
    let mut plan = Plan { file_len: journal.original_len, ..Plan::default() };
    let at = journal.commit_at;
    match journal.form {
        Form::Free => {
            plan.synced(Step::write(at + 4, &original[4..8]));
            plan.synced(Step::write(at + 3, &original[3..4]));
            plan.synced(Step::write(at + 8, &original[8..]));
        }
        Form::Short | Form::Long => plan.synced(Step::write(at, original)),
    }
    for patch in journal.patches.iter().rev().filter(|patch| patch.at != at) {
        plan.synced(Step::write(patch.at, patch.bytes.clone()));
    }
    plan.synced(Step::Truncate { len: journal.original_len });
    Ok(plan)
}
