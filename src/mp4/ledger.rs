// SPDX-License-Identifier: MIT
//! The books of a recording: box after box goes in, the [`Movie`] comes out.
//!
//! The scanner keeps one while it walks through a file that somebody left behind. The recorder keeps one too,
//! and shows it every stretch of bytes that it appends; so the end of an eight-hour recording needs no second
//! look at the file.

use super::bytes::{FourCc, Header};
use super::moof::{self, Extents};
use super::moov;
use super::movie::{Movie, State, Tail, Track};
use super::note::{self, Note};
use super::scan_error::ScanError;
use super::seam;
use crate::words::{Facts, FragmentNote, RATE_HZ};

/// A `moof` waits for its `mdat` before its samples count. So many may wait: some muxers write one for each
/// track before the media of all.
const PENDING_MAX: usize = 256;

/// More notes than this are passed over: they are twelve days of one a second.
const NOTES_MAX: usize = 1 << 20;

/// Samples in a packet of AAC.
const AAC_SAMPLES: u32 = 1024;

/// See the module.
#[derive(Debug, Default)]
pub struct Ledger {
    moov: Vec<u8>,
    timescale: u32,
    created: u64,
    tracks: Vec<Track>,
    extends: bool,
    fragments: u64,
    extents: Extents,
    pending: Vec<(u64, Vec<u8>)>,
    media_since_pending: bool,
    facts: Option<Facts>,
    notes: Vec<FragmentNote>,
    ftyp_end: Option<u64>,
    first: Option<(u64, [u8; 16])>,
}

impl Ledger {
    /// Nothing booked yet.
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// Books bytes that the recorder appends to its file at `at`: whole boxes, one after another.
    pub fn append(&mut self, at: u64, bytes: &[u8]) -> Result<(), ScanError> {
        let (mut at, mut rest) = (at, bytes);
        while !rest.is_empty() {
            let header = Header::parse(rest).ok_or(ScanError::Garbage(at))?;
            let size = header.size.ok_or(ScanError::Garbage(at))?;
            let cut = usize::try_from(size).ok().and_then(|size| rest.split_at_checked(size));
            let (whole, after) = cut.ok_or(ScanError::Garbage(at))?;
            self.see_first(at, bytes.len() - rest.len(), bytes);
            match &header.kind {
                b"ftyp" => self.ftyp(at, size),
                b"mdat" => self.media(at + header.len, at + size),
                _ => self.take(at, header.kind, whole)?,
            }
            (at, rest) = (at + size, after);
        }
        Ok(())
    }

    fn see_first(&mut self, at: u64, index: usize, bytes: &[u8]) {
        if let Some(head) = bytes.get(index..index + 16) {
            self.head(at, head);
        }
    }

    /// Tells the first bytes of a box, in case it is the one behind `ftyp`.
    pub(crate) fn head(&mut self, at: u64, head: &[u8]) {
        if self.first.is_none() && self.ftyp_end == Some(at) {
            self.first = head.first_chunk::<16>().map(|head| (at, *head));
        }
    }

    /// Books an `mdat` by the place of its body.
    pub(crate) fn media(&mut self, start: u64, end: u64) {
        self.extents.push(start, end);
        self.media_since_pending = true;
    }

    /// Books a `ftyp`; only the one at the very beginning counts.
    pub(crate) fn ftyp(&mut self, at: u64, size: u64) {
        if at == 0 {
            self.ftyp_end = Some(size);
        }
    }

    /// Books any other box.
    pub(crate) fn take(&mut self, at: u64, kind: FourCc, whole: &[u8]) -> Result<(), ScanError> {
        match &kind {
            b"moov" if self.moov.is_empty() => self.open(whole)?,
            b"moof" => {
                if !self.extends {
                    return Err(match self.moov.is_empty() {
                        true => ScanError::NoMoov,
                        false => ScanError::NotUnderstood("fragments that its `moov` does not announce".into()),
                    });
                }
                if self.media_since_pending && self.settle()? > 0 {
                    return Err(ScanError::Stray(at));
                }
                if self.pending.len() == PENDING_MAX {
                    return Err(ScanError::TooMany("fragments without media"));
                }
                self.pending.push((at, whole.to_vec()));
                self.media_since_pending = false;
                self.fragments += 1;
            }
            b"uuid" if seam::is_one(whole) => {
                if self.settle()? > 0 {
                    return Err(ScanError::Stray(at));
                }
                self.media_since_pending = false;
                seam::join(whole, &self.moov, &mut self.tracks)?;
            }
            b"uuid" => match note::decode(whole) {
                Some(Note::Facts(facts)) if self.facts.is_none() => self.facts = Some(*facts),
                Some(Note::Fragment(note)) if self.notes.len() < NOTES_MAX => self.notes.push(note),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, whole: &[u8]) -> Result<(), ScanError> {
        let parsed = moov::parse(whole)?;
        self.timescale = parsed.timescale;
        self.created = parsed.created;
        self.tracks = parsed.tracks;
        self.extends = parsed.extends;
        self.moov = whole.to_vec();
        Ok(())
    }

    /// Counts the samples of the fragments whose media has been seen; returns how many samples lack bytes.
    fn settle(&mut self) -> Result<u64, ScanError> {
        let mut torn = 0;
        for (at, moof) in std::mem::take(&mut self.pending) {
            torn += moof::take(at, &moof, &mut self.tracks, &self.extents)?;
        }
        Ok(torn)
    }

    /// Closes the books on a file of that length with that end.
    pub(crate) fn close(mut self, file_len: u64, tail: Option<Tail>) -> Result<Movie, ScanError> {
        if self.moov.is_empty() {
            return Err(ScanError::NoMoov);
        }
        let described = self.tracks.iter().flat_map(|track| &track.samples.chunks);
        let missing: u64 = described.filter(|chunk| chunk.end > file_len).map(|chunk| u64::from(chunk.samples)).sum();
        if self.extends && missing > 0 {
            return Err(ScanError::Missing("samples (they lie behind its end)"));
        }
        let samples_torn: u64 = missing + self.settle()?;
        if self.facts.is_some() {
            // Our sound is never interrupted: what the muxer's nanoseconds made of its packets is put right.
            let is_aac = |track: &&mut Track| seam::is_aac(&track.codecs) && u64::from(track.timescale) == RATE_HZ;
            for track in self.tracks.iter_mut().filter(is_aac) {
                track.samples.steady(AAC_SAMPLES);
            }
        }
        Ok(Movie {
            file_len,
            media_end: file_len,
            state: if self.extends { State::Fragmented } else { State::Finished },
            timescale: self.timescale,
            created: self.created,
            tracks: self.tracks,
            fragments: self.fragments,
            samples_torn,
            tail,
            facts: self.facts,
            notes: self.notes,
            journal: None,
            moov: self.moov,
            first: self.first,
        })
    }

    /// Only what the recorder wrote.
    pub(crate) fn into_notes(self) -> (Option<Facts>, Vec<FragmentNote>) {
        (self.facts, self.notes)
    }

    /// The movie, when every box that was booked is whole and the file ends behind the last of them.
    pub fn finish(self, file_len: u64) -> Result<Movie, ScanError> {
        self.close(file_len, None)
    }
}
