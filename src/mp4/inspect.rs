// SPDX-License-Identifier: MIT
//! What a person or a program may want to know of a file.

use super::bytes::name;
use super::edits::Edits;
use super::movie::{Movie, State, Track};
use super::timecode;
use crate::words::{Facts, Happening};
use serde::Serialize;

/// More holes than this are counted but not listed.
const GAPS_LISTED: usize = 1000;

/// The whole file.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `finished`, `recording-or-crashed`, or `finishing-interrupted`.
    pub state: &'static str,
    /// Whether `undo` can take it back to what it was before it was finished.
    pub can_undo: bool,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes at its end that belong to no complete box.
    pub torn_bytes: u64,
    /// Samples that are described but not there.
    pub torn_samples: u64,
    /// Pieces of the recording; 0 once it is finished.
    pub fragments: u64,
    /// The longest track, in seconds.
    pub duration_s: f64,
    /// The universal time of the first sample, in microseconds since 1970.
    pub started_utc_us: Option<i64>,
    /// The same as an editor shows it: hours, minutes, seconds, pictures.
    pub timecode: Option<String>,
    /// How fast the microphone's clock ran, in parts per million.
    pub drift_ppm: Option<f64>,
    /// The tracks.
    pub tracks: Vec<TrackReport>,
    /// What the recorder knew at the start.
    pub facts: Option<Facts>,
    /// How many notes there are.
    pub notes: usize,
    /// Up to which sample of the sound they tell.
    pub noted_samples: Option<u64>,
    /// Everything that happened, in order.
    pub happenings: Vec<Happening>,
}

/// One track.
#[derive(Clone, Debug, Serialize)]
pub struct TrackReport {
    /// Its number in the file.
    pub id: u32,
    /// `video`, `audio`, or the handler's four characters.
    pub kind: String,
    /// The codec's four characters.
    pub codec: String,
    /// Those of all its sample entries: more than one where another encoder took over.
    pub sample_entries: Vec<String>,
    /// Units of time in a second.
    pub timescale: u32,
    /// How many pictures or packets.
    pub samples: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// The sum of their durations, in units.
    pub duration_units: u64,
    /// The same in seconds.
    pub duration_s: f64,
    /// What is shown of it, in units.
    pub shown_units: u64,
    /// When the first of it is shown, in seconds.
    pub first_pts_s: f64,
    /// Units at the beginning that are hidden: the priming of a sound encoder.
    pub priming_units: u64,
    /// The edit list as it stands in the file.
    pub edits: Vec<EditReport>,
    /// Whether all samples (except the last) are equally long.
    pub constant_rate: bool,
    /// Samples in a second, on average.
    pub rate: f64,
    /// The shortest sample, in units.
    pub sample_units_min: u32,
    /// The longest.
    pub sample_units_max: u32,
    /// How many key frames.
    pub key_frames: u64,
    /// The shortest distance between two, in samples.
    pub key_interval_min: Option<u64>,
    /// The longest.
    pub key_interval_max: Option<u64>,
    /// How many holes there are.
    pub gap_count: usize,
    /// The first thousand of them.
    pub gaps: Vec<GapReport>,
}

/// An entry of an edit list.
#[derive(Clone, Debug, Serialize)]
pub struct EditReport {
    /// In the movie's units; 0 in a recording stands for all that is to come.
    pub duration: u64,
    /// In the track's units; none shows nothing.
    pub media_time: Option<i64>,
}

/// A sample that stands for more time than its neighbours.
#[derive(Clone, Debug, Serialize)]
pub struct GapReport {
    /// Behind which sample, from 0.
    pub after_sample: u64,
    /// When, in units since the track's first sample.
    pub at_units: u64,
    /// How much is missing, in units.
    pub missing_units: u64,
}

/// Tells everything.
pub fn inspect(movie: &Movie) -> Report {
    let tracks: Vec<TrackReport> = movie.tracks.iter().map(|track| track_report(movie, track)).collect();
    let longest = tracks.iter().map(|t| t.first_pts_s.max(0.0) + t.shown_units as f64 / f64::from(t.timescale));
    let started = movie.facts.as_ref().map(|facts| facts.started_utc_us).filter(|&us| us != 0);
    let counting = timecode::counting(movie);
    let last = movie.notes.last();
    Report {
        state: match movie.state {
            State::Finished => "finished",
            State::Committing => "finishing-interrupted",
            State::Fragmented => "recording-or-crashed",
        },
        can_undo: movie.journal.is_some() && movie.state != State::Fragmented,
        bytes: movie.file_len,
        torn_bytes: movie.torn_bytes(),
        torn_samples: movie.samples_torn,
        fragments: movie.fragments,
        duration_s: longest.fold(0.0, f64::max),
        started_utc_us: started,
        timecode: started.zip(counting).map(|(utc_us, counting)| counting.text(counting.frame_of_day(utc_us))),
        drift_ppm: last.map(|note| note.drift_ppm),
        tracks,
        facts: movie.facts.clone(),
        notes: movie.notes.len(),
        noted_samples: last.map(|note| note.first_sample.saturating_add(note.samples)),
        happenings: movie.notes.iter().flat_map(|note| note.happenings.iter().cloned()).collect(),
    }
}

fn track_report(movie: &Movie, track: &Track) -> TrackReport {
    let samples = &track.samples;
    let scale = f64::from(track.timescale);
    let (usual, min, max) = durations(track);
    let gaps = gaps(track, usual);
    let key_frames: u64 = samples.syncs.runs().iter().filter(|(_, sync)| *sync).map(|&(n, _)| u64::from(n)).sum();
    let (key_interval_min, key_interval_max) = key_intervals(track);
    // An edit list of several pieces is told as it stands; what is shown is then the whole track.
    let priming = movie.facts.as_ref().map_or(0, |facts| facts.audio_priming);
    let priming = if &track.handler == b"soun" { priming } else { 0 };
    let told = track.edits.iter().filter(|edit| edit.media_time.is_some()).map(|edit| edit.duration).sum::<u64>();
    let limit = u128::from(told) * u128::from(track.timescale) / u128::from(movie.timescale);
    // While recording, the list can't know how long the track will be.
    let finished = movie.state != State::Fragmented;
    let limit = u64::try_from(limit).ok().filter(|&limit| limit > 0 && finished);
    let whole = Edits { lead: 0, media_time: 0, shown: samples.duration() };
    let edits = Edits::of(track, movie.timescale, priming, limit).unwrap_or(whole);
    let (first, _) = samples.shown();
    TrackReport {
        id: track.id,
        kind: match &track.handler {
            b"vide" => "video".into(),
            b"soun" => "audio".into(),
            b"tmcd" => "timecode".into(),
            other => name(*other),
        },
        codec: track.codecs.first().map_or_else(String::new, |&codec| name(codec)),
        sample_entries: track.codecs.iter().map(|&codec| name(codec)).collect(),
        timescale: track.timescale,
        samples: u64::from(samples.count()),
        bytes: samples.bytes(),
        duration_units: samples.duration(),
        duration_s: samples.duration() as f64 / scale,
        shown_units: edits.shown,
        first_pts_s: edits.lead as f64 / scale,
        priming_units: if &track.handler == b"soun" { edits.media_time.saturating_sub(first.max(0) as u64) } else { 0 },
        edits: track.edits.iter().map(|e| EditReport { duration: e.duration, media_time: e.media_time }).collect(),
        constant_rate: min == max,
        rate: match samples.duration() {
            0 => 0.0,
            duration => f64::from(samples.count()) * scale / duration as f64,
        },
        sample_units_min: min,
        sample_units_max: max,
        key_frames,
        key_interval_min,
        key_interval_max,
        gap_count: gaps.len(),
        gaps: gaps.into_iter().take(GAPS_LISTED).collect(),
    }
}

/// The usual, the least and the greatest duration; the last sample's is not counted, since nothing follows it.
fn durations(track: &Track) -> (u32, u32, u32) {
    let mut runs = track.samples.deltas.runs().to_vec();
    if let Some((count, _)) = runs.last_mut() {
        *count -= 1;
    }
    let all_but_last = runs.iter().filter(|(count, _)| *count > 0);
    let runs: Vec<_> = if track.samples.count() > 1 { all_but_last.collect() } else { Vec::new() };
    let mut counted = std::collections::BTreeMap::new();
    for (count, delta) in &runs {
        *counted.entry(*delta).or_insert(0_u64) += u64::from(*count);
    }
    let usual = counted.iter().max_by_key(|(_, count)| **count).map_or(0, |(&delta, _)| delta);
    let (min, max) = (counted.keys().next(), counted.keys().next_back());
    (usual, min.copied().unwrap_or(0), max.copied().unwrap_or(0))
}

/// Samples that last at least half as long again as the usual one.
fn gaps(track: &Track, usual: u32) -> Vec<GapReport> {
    let mut gaps = Vec::new();
    let (mut sample, mut at_units) = (0_u64, 0_u64);
    let last = u64::from(track.samples.count()).saturating_sub(1);
    for &(count, delta) in track.samples.deltas.runs() {
        let missing_units = u64::from(delta.saturating_sub(usual));
        let long = usual > 0 && missing_units >= u64::from(usual).div_ceil(2);
        // A run of long samples is a slower stretch, told once.
        if long && sample < last {
            gaps.push(GapReport { after_sample: sample, at_units, missing_units });
        }
        sample += u64::from(count);
        at_units += u64::from(count) * u64::from(delta);
    }
    gaps
}

fn key_intervals(track: &Track) -> (Option<u64>, Option<u64>) {
    let (mut min, mut max): (Option<u64>, Option<u64>) = (None, None);
    let mut between = None;
    let mut see = |interval: u64| {
        min = Some(min.map_or(interval, |least| least.min(interval)));
        max = Some(max.map_or(interval, |most| most.max(interval)));
    };
    for &(count, sync) in track.samples.syncs.runs() {
        match (sync, between) {
            (true, since) => {
                if let Some(since) = since {
                    see(since + 1);
                }
                if count > 1 {
                    see(1);
                }
                between = Some(0);
            }
            (false, Some(since)) => between = Some(since + u64::from(count)),
            (false, None) => {}
        }
    }
    (min, max)
}
