// SPDX-License-Identifier: MIT
//! The part of a recording that goes into one file, while it is being taken.

use super::error::RecordError;
use super::item::Item;
use super::opened::{Opened, Ready, from};
use super::piece::{Piece, Unit};
use super::place::{Cut, Measure, Until};
use super::takeover::SOUND_KEPT;
use crate::media::RawSound;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, TryRecvError};

/// What a file takes for each picture and packet beside their bytes: their lines in its tables.
const TABLE_BYTES: u64 = 48;
/// What it takes before anything is in it.
const HEADER_BYTES: u64 = 16 << 10;

/// Where what comes goes.
#[derive(Debug)]
pub enum Lane {
    /// Another thread opens the file; it is kept.
    Opening(Receiver<Result<Ready, RecordError>>),
    /// Into the encoders.
    Open(Arc<Opened>),
}

/// See the module.
#[derive(Debug)]
pub struct Part {
    pub lane: Lane,
    /// Where it begins. While it stands in for a broken one, that is known when it is open.
    pub first: Cut,
    /// Where it ends, if that is known.
    pub until: Option<Until>,
    /// So far it has come.
    pub taken: Cut,
    /// What is not yet known to be encoded.
    pub kept: VecDeque<Item>,
    /// So far its further tracks have come.
    pub further: Vec<u64>,
    /// What waits for their encoders until the file is open.
    pub kept_further: VecDeque<Piece>,
    /// Why it was begun; empty for the first.
    pub why: &'static str,
    /// Who broke before it, and what it said.
    pub instead_of: Option<(Arc<Opened>, String)>,
}

impl Part {
    /// A part that begins there.
    pub fn new(lane: Lane, first: Cut, until: Option<Until>, why: &'static str) -> Part {
        Part {
            lane,
            first,
            until,
            taken: first,
            kept: VecDeque::new(),
            further: Vec::new(),
            kept_further: VecDeque::new(),
            why,
            instead_of: None,
        }
    }

    /// What lies in this part of a further track, which begins there in it.
    pub fn take_further(&mut self, piece: Piece, begin: u64) {
        let index = piece.track - 1;
        if self.further.len() <= index {
            self.further.resize(index + 1, 0);
        }
        self.further[index] = piece.end();
        match &self.lane {
            Lane::Opening(_) => self.kept_further.push_back(piece),
            Lane::Open(opened) => piece.give(&opened.recording, begin),
        }
    }

    /// Whether all that lies in it has come, with further tracks that count so.
    pub fn is_full(&self, measure: Measure, units: &[Unit]) -> bool {
        let Some(Until { cut, .. }) = self.until else { return false };
        let came = |index: usize| self.further.get(index).copied().unwrap_or(0);
        let all = units.iter().enumerate().all(|(index, unit)| came(index) >= measure.in_track(cut, *unit));
        all && measure.has_reached(self.taken, cut)
    }

    /// The open file, if it is open.
    pub fn opened(&self) -> Option<&Arc<Opened>> {
        match &self.lane {
            Lane::Opening(_) => None,
            Lane::Open(opened) => Some(opened),
        }
    }

    /// What lies in this part.
    pub fn take(&mut self, item: Item, measure: Measure) {
        self.taken = item.behind(self.taken);
        let Lane::Open(opened) = &self.lane else { return self.kept.push_back(item) };
        opened.give(&item, self.first);
        // Kept up to date, because an encoder that breaks may end the file without asking anybody.
        opened.shared.sound_samples.store(measure.sound_between(self.first, self.taken), Relaxed);
        if opened.shared.can_be_mended {
            let encoded = self.first.picture + opened.encoded().pictures;
            let safe = measure.within(Cut { picture: encoded, ..self.taken });
            let sample = safe.sample.saturating_sub(u64::from(measure.rate_hz.unwrap_or(0)) * SOUND_KEPT.as_secs());
            self.kept.push_back(item);
            self.kept.retain(|item| !item.is_before(Cut { sample, ..safe }));
        }
    }

    /// Whether the file has been opened by now, or why it can't be. `patiently` waits for that.
    pub fn settle(&mut self, patiently: bool) -> Result<Option<Ready>, RecordError> {
        let Lane::Opening(answer) = &self.lane else { return Ok(None) };
        let ready = if patiently { answer.recv().map_err(|_| TryRecvError::Disconnected) } else { answer.try_recv() };
        match ready {
            Ok(ready) => ready.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(RecordError::Panicked),
        }
    }

    /// The file is open: what was kept goes to its encoders.
    pub fn begin(&mut self, opened: Arc<Opened>, first: Cut, measure: Measure, units: &[Unit]) {
        for piece in std::mem::take(&mut self.kept_further) {
            let begin = units.get(piece.track - 1).map_or(0, |unit| measure.in_track(first, *unit));
            piece.give(&opened.recording, begin);
        }
        self.first = first;
        self.kept = from(std::mem::take(&mut self.kept), opened.begin(first));
        self.kept.iter().for_each(|item| opened.give(item, first));
        if !opened.shared.can_be_mended {
            self.kept.clear();
        }
        self.lane = Lane::Open(opened);
    }

    /// Bytes that wait for the encoders and the disk, if a picture has so many.
    pub fn waiting_bytes(&self, picture_bytes: u64) -> u64 {
        match &self.lane {
            Lane::Open(opened) => opened.waiting_bytes(),
            Lane::Opening(_) => {
                let pictures = self.kept.iter().filter(|item| matches!(item, Item::Picture(..))).count();
                pictures as u64 * picture_bytes + self.kept_further.iter().map(Piece::bytes).sum::<u64>()
            }
        }
    }

    /// What the file will weigh with all that it has taken, judged by what its pictures and sound have cost so far. Of
    /// the first pictures, which cost most, nothing is concluded.
    pub fn weight(&self, key_frames: u64, sound: Option<RawSound>) -> u64 {
        let Lane::Open(opened) = &self.lane else { return 0 };
        let encoded = opened.encoded();
        let (pictures, samples) = (self.taken.picture - self.first.picture, self.taken.sample - self.first.sample);
        let scaled = |bytes: u64, all: u64, some: u64| (u128::from(bytes) * u128::from(all) / u128::from(some)) as u64;
        let picture_bytes = if encoded.pictures < key_frames.max(1) {
            encoded.picture_bytes
        } else {
            scaled(encoded.picture_bytes, pictures.max(encoded.pictures), encoded.pictures)
        };
        let one = sound.map_or(1, |sound| sound.sample_bytes().max(1) as u64);
        let heard = samples.saturating_sub(opened.recording.waiting_bytes()[1] / one);
        let sound_bytes = if heard == 0 { 0 } else { scaled(encoded.sound_bytes, samples, heard) };
        let tables = TABLE_BYTES * (pictures + encoded.sound_packets);
        (picture_bytes + sound_bytes + tables + HEADER_BYTES).max(opened.shared.bytes.load(Relaxed))
    }
}
