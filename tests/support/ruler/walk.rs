// SPDX-License-Identifier: MIT
//! Walks along decoded sound beside what the source played and names every place where they part.
//!
//! ```text
//! source  abcdefghijklmnopqrst      abcdefghijkl      abcdefghijkl
//! file    abcdefg     mnopqrst      abcdefg000hijkl   abcd000hijkl
//!                Lost 5                    Extra 3        Foreign 3
//! ```

use super::Sound;
use hyperzoom::sync::ruler::{Tone, locate};
use std::ops::Range;

/// A place at which the sound does not go on as it should; `at` is a sample of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundFault {
    /// The source delivered `count` samples that are missing in front of sample `at`.
    Lost { at: usize, count: usize },
    /// The file has `count` samples too many, beginning at `at`: doubled, or padding.
    Extra { at: usize, count: usize },
    /// From `at` on, `count` samples are not what the source played, though they take the right time.
    Foreign { at: usize, count: usize },
}

/// Goes through channel `channel` and names every place at which samples are missing, extra or foreign. `first`
/// is the absolute index of sample 0 ([`Sound::first_index`]); `reach` the longest jump that is looked for.
///
/// In lossless sound every number is exact. After a lossy codec `Lost` and `Extra` have the exact count, while
/// `at` is good to some milliseconds; `Foreign` is found from about 20 ms on, and the first and the last 100 ms,
/// where codecs fade, are not judged.
pub fn sound_faults(sound: &Sound, channel: usize, tone: &Tone, first: u64, reach: u64) -> Vec<SoundFault> {
    let pcm = &sound.channels[channel];
    let walk = Walk { pcm, tone, first: first as i64, reach, ms: sound.rate_hz as usize / 1000 };
    if walk.is_lossless() { walk.exactly() } else { walk.roughly() }
}

struct Walk<'a> {
    pcm: &'a [f32],
    tone: &'a Tone,
    first: i64,
    reach: u64,
    ms: usize,
}

/// The length of sound whose place is looked for, lossless and lossy.
const PROBE_MS: usize = 12;
const STRETCH_MS: usize = 100;

/// Short windows by which lossy sound is compared in detail.
const WINDOW_MS: usize = 10;

/// Alike enough for a stretch, and not alike enough for a short window, after a lossy codec.
const ALIKE: f64 = 0.5;
const UNLIKE: f64 = 0.3;

/// Half a step of 16-bit sound: nearer than this is the same number.
const SAME: f32 = 0.5 / 32_768.0;

impl Walk<'_> {
    /// What the source played at these places of the file, if the file is `shift` samples behind.
    fn played(&self, places: Range<usize>, shift: i64) -> Vec<f32> {
        let mut samples = vec![0_i16; places.len()];
        self.tone.fill((self.first + shift + places.start as i64).max(0) as u64, &mut samples);
        samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect()
    }

    /// Whether most of the file is to the bit what was played, somewhere at least.
    fn is_lossless(&self) -> bool {
        let probe = PROBE_MS * self.ms;
        let mut places = (0..self.pcm.len().saturating_sub(probe)).step_by(10 * probe);
        places.any(|at| self.same_until(at, at + probe, 0) == at + probe)
    }

    /// How far the file is the same as what was played.
    fn same_until(&self, at: usize, end: usize, shift: i64) -> usize {
        let played = self.played(at..end, shift);
        let differs = |(heard, played): (&f32, &f32)| (heard - played).abs() > SAME;
        at + self.pcm[at..end].iter().zip(&played).position(differs).unwrap_or(end - at)
    }

    fn jump(&self, at: usize, length: usize, shift: i64) -> Option<(i64, f64)> {
        let expected = self.first + shift + at as i64;
        let found = locate(self.pcm.get(at..at + length)?, self.tone, expected.max(0) as u64, self.reach)?;
        Some((found.index as i64 - expected, found.likeness))
    }

    fn exactly(&self) -> Vec<SoundFault> {
        let (probe, end) = (PROBE_MS * self.ms, self.pcm.len());
        let (mut faults, mut shift, mut at) = (Vec::new(), 0, 0);
        loop {
            let bad = self.same_until(at, end, shift);
            if bad == end {
                return faults;
            }
            // The first place from which on the file is to the bit what was played, however far off.
            let resumed = (bad..end).step_by(self.ms).find_map(|place| {
                let (moved, _) = self.jump(place, probe, shift)?;
                (self.same_until(place, place + probe, shift + moved) == place + probe).then_some((place, moved))
            });
            let Some((mut place, moved)) = resumed else {
                faults.push(SoundFault::Foreign { at: bad, count: end - bad });
                return faults;
            };
            while place > bad && self.same_until(place - 1, place, shift + moved) == place {
                place -= 1;
            }
            let extra = (-moved).max(0) as usize;
            if extra > 0 {
                faults.push(SoundFault::Extra { at: bad, count: extra });
            }
            if place > bad + extra {
                faults.push(SoundFault::Foreign { at: bad + extra, count: place - bad - extra });
            }
            if moved > 0 {
                faults.push(SoundFault::Lost { at: place, count: moved as usize });
            }
            (shift, at) = (shift + moved, place);
        }
    }

    fn roughly(&self) -> Vec<SoundFault> {
        let (stretch, hop) = (STRETCH_MS * self.ms, STRETCH_MS * self.ms / 2);
        let (mut faults, mut shift, mut at) = (Vec::new(), 0, stretch);
        // Up to where the sound has been judged in detail.
        let mut judged = stretch;
        while at + 2 * stretch <= self.pcm.len() {
            match self.jump(at, stretch, shift) {
                Some((0, likeness)) if likeness > ALIKE => {
                    self.unlike(judged..at + hop, shift, &mut faults);
                    judged = at + hop;
                }
                Some((moved, likeness)) if likeness > ALIKE => {
                    let place = self.parting(judged.saturating_sub(stretch)..at + stretch, shift, shift + moved);
                    faults.push(match moved {
                        1.. => SoundFault::Lost { at: place, count: moved as usize },
                        _ => SoundFault::Extra { at: place, count: -moved as usize },
                    });
                    shift += moved;
                    judged = at + stretch;
                }
                _ => {}
            }
            at += hop;
        }
        self.unlike(judged..(at + hop).min(self.pcm.len()).max(judged), shift, &mut faults);
        faults
    }

    fn likeness(&self, places: Range<usize>, shift: i64) -> f64 {
        let expected = (self.first + shift + places.start as i64).max(0) as u64;
        locate(&self.pcm[places], self.tone, expected, 0).map_or(0.0, |found| found.likeness)
    }

    /// Names the short windows that are not what was played, joined where they touch.
    fn unlike(&self, places: Range<usize>, shift: i64, faults: &mut Vec<SoundFault>) {
        let window = WINDOW_MS * self.ms;
        for at in places.clone().step_by(window).filter(|at| at + window <= places.end) {
            if self.likeness(at..at + window, shift) >= UNLIKE {
                continue;
            }
            match faults.last_mut() {
                Some(SoundFault::Foreign { at: since, count }) if *since + *count == at => *count += window,
                _ => faults.push(SoundFault::Foreign { at, count: window }),
            }
        }
    }

    /// The place at which the sound parts best into one half with the old and one with the new shift.
    fn parting(&self, places: Range<usize>, old: i64, new: i64) -> usize {
        let window = WINDOW_MS * self.ms;
        let gains: Vec<(usize, f64)> = places
            .clone()
            .step_by(window / 4)
            .filter(|at| at + window <= places.end)
            .map(|at| (at, self.likeness(at..at + window, old) - self.likeness(at..at + window, new)))
            .collect();
        let (mut sum, mut best) = (0.0, (0.0, places.start));
        for (at, gain) in gains {
            sum += gain;
            if sum > best.0 {
                best = (sum, at + window / 2);
            }
        }
        best.1
    }
}
