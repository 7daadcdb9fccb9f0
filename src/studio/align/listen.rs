// SPDX-License-Identifier: MIT
//! What the sound says: each master is decoded once, and of it only the places that are wanted are kept.
//!
//! ```text
//!  master   |--T-----------vvvv--------vvvv-------vvvv------|
//!              tone        places where it is held against another master
//! ```

use super::AllPlaced;
use super::masters::{Master, Placed};
use crate::media::{ReadSoundError, SoundFile};
use crate::sync::align::compare::{self, Heard, STRETCH_SAMPLES};
use crate::sync::ruler::find_beeps;
use crate::sync::sync_tone::{FoundTone, TONE_SAMPLES, find_tone};
use crate::words::{RATE_HZ, Sample, What};
use std::ops::Range;

/// A tone is looked for so far around its place: a file that is off by more is off by anything.
const TONE_REACH: usize = RATE_HZ as usize / 2;
/// More tones say nothing more.
const TONES_MAX: usize = 16;
/// A pair is compared at so many places, each at least so long.
const PLACES: usize = 6;
const STRETCH_MIN: usize = RATE_HZ as usize * 3 / 2;
/// Clocks of one machine agree at least so well; those of two agree only by chance.
const ONE_MACHINE_S: f64 = 0.05;

/// All that was heard.
pub(super) struct AllHeard {
    /// For each master its tones, and why it could not be heard at all.
    pub(super) masters: Vec<(Vec<HeardTone>, Option<String>)>,
    /// For each pair.
    pub(super) pairs: Vec<HeardPair>,
}

/// One tone: where it was put, the session clock as told there, and where it is.
pub(super) struct HeardTone {
    pub(super) at_sample: Sample,
    pub(super) session_us: i64,
    pub(super) found: Option<FoundTone>,
}

/// One pair, by their numbers.
pub(super) struct HeardPair {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) common: Common,
}

/// What two masters have in common.
pub(super) enum Common {
    /// Test sounds of one machine: (second of the time line, by how many seconds the second one's beep is late).
    Beeps(Vec<(f64, f64)>),
    /// Voices, or nothing.
    Voices(Heard),
}

/// Listens to every master.
pub(super) fn listen(all: &AllPlaced, tell: &mut dyn FnMut(String)) -> AllHeard {
    let masters = &all.masters;
    let numbers = 0..masters.len();
    let pairs: Vec<(usize, usize)> = numbers.flat_map(|a| (a + 1..masters.len()).map(move |b| (a, b))).collect();
    let places: Vec<Vec<(f64, usize)>> = pairs.iter().map(|&(a, b)| common_places(&masters[a], &masters[b])).collect();
    let mut kept: Vec<Kept> = Vec::new();
    let mut heard = Vec::new();
    for (n, placed) in masters.iter().enumerate() {
        tell(format!("listening to {}", placed.clip.name));
        let mut wanted: Vec<Range<usize>> = tones(&placed.master).map(|(at, _)| around(at)).collect();
        let own = pairs.iter().zip(&places).filter(|((a, b), _)| n == *a || n == *b).flat_map(|(_, places)| places);
        wanted.extend(own.map(|place| range_of(placed, *place)));
        let (kept_here, trouble) = match placed.clip.has_sound {
            true => keep(placed, wanted),
            false => (Kept::default(), Some("it has no sound".to_owned())),
        };
        heard.push((tones(&placed.master).map(|tone| heard_tone(&kept_here, tone)).collect(), trouble));
        kept.push(kept_here);
    }
    let of_pair = |((first, second), places): (&(usize, usize), &Vec<(f64, usize)>)| {
        let sides = [(&masters[*first], &kept[*first]), (&masters[*second], &kept[*second])];
        HeardPair { first: *first, second: *second, common: common(sides, places) }
    };
    AllHeard { masters: heard, pairs: pairs.iter().zip(&places).map(of_pair).collect() }
}

fn tones(master: &Master) -> impl Iterator<Item = (Sample, i64)> + '_ {
    let told = master.metadata.happenings.iter().filter_map(|h| match h.what {
        What::Tone { session_us } => Some((h.at_sample, session_us)),
        _ => None,
    });
    told.take(TONES_MAX)
}

fn around(at: Sample) -> Range<usize> {
    (at as usize).saturating_sub(TONE_REACH)..at as usize + TONE_REACH + 2 * TONE_SAMPLES
}

fn heard_tone(kept: &Kept, (at_sample, session_us): (Sample, i64)) -> HeardTone {
    let found = kept.get(&around(at_sample)).and_then(|(first, sound)| {
        let found = find_tone(sound, at_sample as usize - first, TONE_REACH)?;
        Some(FoundTone { position: found.position + first as f64, ..found })
    });
    HeardTone { at_sample, session_us, found }
}

/// Where both are, as (second of the time line, samples): evenly from the beginning to the end of what they share.
fn common_places(a: &Placed, b: &Placed) -> Vec<(f64, usize)> {
    let from = a.clip.start_s().max(b.clip.start_s());
    let until = a.clip.end_s().min(b.clip.end_s());
    let shared = ((until - from) * RATE_HZ as f64).max(0.0) as usize;
    let stretch = STRETCH_SAMPLES.min(shared / 3);
    if stretch < STRETCH_MIN || !a.clip.has_sound || !b.clip.has_sound {
        return Vec::new();
    }
    let count = PLACES.min(shared / stretch);
    let room = (shared - stretch) as f64 / RATE_HZ as f64;
    (0..count).map(|n| (from + room * n as f64 / (count - 1) as f64, stretch)).collect()
}

/// The samples of a master at a place of the time line, and a few more on either side.
fn range_of(placed: &Placed, (second, samples): (f64, usize)) -> Range<usize> {
    let from = placed.clip.sample_at(second);
    let to = placed.clip.sample_at(second + samples as f64 / RATE_HZ as f64);
    (from.max(2.0) as usize - 2)..(to.max(0.0) as usize + 3)
}

fn common(sides: [(&Placed, &Kept); 2], places: &[(f64, usize)]) -> Common {
    let [a, b] = sides.map(|(placed, _)| &placed.master);
    let one_machine = (a.ahead_of_machine_s() - b.ahead_of_machine_s()).abs() < ONE_MACHINE_S;
    if a.is_test() && b.is_test() {
        // The rulers of two machines have nothing in common; those of one beep at the same moments.
        return if one_machine { Common::Beeps(beeps(sides, places)) } else { Common::Voices(Heard::Nothing) };
    }
    let lags = places.iter().map(|place| {
        let [first, second] = sides.map(|(placed, kept)| on_timeline(placed, kept, *place));
        compare::lags(&first, &second)
    });
    Common::Voices(compare::compare(&lags.collect::<Vec<_>>()))
}

/// A stretch on the time line's own clock. Straight lines between samples do: only its phase is asked for.
fn on_timeline(placed: &Placed, kept: &Kept, place: (f64, usize)) -> Vec<f32> {
    let Some((first, sound)) = kept.get(&range_of(placed, place)) else { return Vec::new() };
    let (begin, end) =
        (placed.clip.sample_at(place.0), placed.clip.sample_at(place.0 + place.1 as f64 / RATE_HZ as f64));
    let speed = (end - begin) / place.1 as f64;
    let at = |n: usize| {
        let x = (begin + n as f64 * speed - first as f64).max(0.0);
        let (whole, rest) = (x as usize, (x - x.floor()) as f32);
        let sample = |k: usize| sound.get(k).copied().unwrap_or(0.0);
        sample(whole) + (sample(whole + 1) - sample(whole)) * rest
    };
    (0..place.1).map(at).collect()
}

fn beeps(sides: [(&Placed, &Kept); 2], places: &[(f64, usize)]) -> Vec<(f64, f64)> {
    let seconds = |(placed, kept): (&Placed, &Kept), place: (f64, usize)| -> Vec<f64> {
        let Some((first, sound)) = kept.get(&range_of(placed, place)) else { return Vec::new() };
        let found = find_beeps(sound, RATE_HZ as u32);
        let corners = &placed.clip.corners;
        found.iter().map(|beep| crate::sync::align::fit::through(corners, first as f64 + beep.at)).collect()
    };
    let at_place = |place: &(f64, usize)| {
        let [first, second] = sides.map(|side| seconds(side, *place));
        let nearest = move |s: f64| {
            let late = second.iter().map(|other| other - s).min_by(|a, b| a.abs().total_cmp(&b.abs()));
            late.filter(|late| late.abs() < 0.5).map(|late| (s, late))
        };
        first.into_iter().filter_map(nearest).collect::<Vec<_>>()
    };
    places.iter().flat_map(at_place).collect()
}

/// What was kept of one master: stretches, each with the sample it begins at.
#[derive(Default)]
struct Kept {
    stretches: Vec<(usize, Vec<f32>)>,
}

impl Kept {
    /// A stretch as it was asked for; shorter where the master ends.
    fn get(&self, range: &Range<usize>) -> Option<(usize, &[f32])> {
        let inside = |(first, sound): &&(usize, Vec<f32>)| *first <= range.start && first + sound.len() > range.start;
        let (first, sound) = self.stretches.iter().find(inside)?;
        let end = (range.end - first).min(sound.len());
        Some((range.start, &sound[range.start - first..end]))
    }
}

/// Decodes a master and keeps what is wanted; on trouble, what came before it.
fn keep(placed: &Placed, mut wanted: Vec<Range<usize>>) -> (Kept, Option<String>) {
    wanted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in wanted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    let mut kept = Kept { stretches: merged.iter().map(|range| (range.start, Vec::new())).collect() };
    let Some(end) = merged.last().map(|range| range.end) else { return (kept, None) };
    let take = |at: usize, block: &[f32]| {
        for (range, (_, sound)) in merged.iter().zip(&mut kept.stretches) {
            let (from, to) = (range.start.max(at), range.end.min(at + block.len()));
            if from < to {
                sound.extend_from_slice(&block[from - at..to - at]);
            }
        }
        at + block.len() < end
    };
    let trouble = each_block(placed, take).err().map(|e| e.to_string());
    (kept, trouble)
}

/// Gives a master's sound from sample 0 on, without holes, until it ends or `take` has enough.
pub(super) fn each_block(placed: &Placed, mut take: impl FnMut(usize, &[f32]) -> bool) -> Result<(), ReadSoundError> {
    /// Times are rounded to a sample either way; only what is farther off is a hole.
    const HOLE: i64 = 48;
    let mut file = SoundFile::open(&placed.master.file)?;
    let mut next: i64 = 0;
    while let Some(mut block) = file.next_block()? {
        let ahead = block.at - next;
        if next == 0 && ahead < 0 {
            // What a player hides in front.
            block.samples.drain(..block.samples.len().min(-ahead as usize));
        } else if ahead > HOLE || (next == 0 && ahead > 0) {
            block.samples.splice(0..0, std::iter::repeat_n(0.0, ahead as usize));
        }
        if !take(next as usize, &block.samples) {
            return Ok(());
        }
        next += block.samples.len() as i64;
    }
    Ok(())
}
