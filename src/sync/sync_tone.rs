// SPDX-License-Identifier: MIT
//! The sync tone: a short sound that everybody in a call records at the same moment of the session, and the ear that
//! finds it again. Its chirp has an edge that a correlation finds to a fraction of a sample, even below speech of the
//! same level; the chime behind it is there so that people take it for a signal and not for a fault.
//!
//! ```text
//!  0.25 |/\/\/\/\                                       peak: -12 dBFS
//!       |  chirp  \__ chime: a fifth, dying away ___
//!       +---------+------------------------------------+
//!       0        20 ms                               200 ms
//! ```
//!
//! Nothing in it is near the 1 kHz of the test source's beep, so neither is taken for the other.

use crate::words::RATE_HZ;
use std::f64::consts::{PI, TAU};

/// How many samples the tone lasts: 200 ms.
pub const TONE_SAMPLES: usize = RATE_HZ as usize / 5;

/// The chirp in front: 20 ms, from the lower pitch to the upper.
const CHIRP_SAMPLES: usize = RATE_HZ as usize / 50;
const CHIRP_HZ: (f64, f64) = (1_700.0, 6_500.0);

/// The chime: a fifth whose partials lie whole turns of a beep's window away from 1 kHz.
const CHIME_HZ: [f64; 2] = [880.0, 1_320.0];

/// -12 dBFS.
const PEAK: f64 = 0.25;

/// What is found less loud than this against the tone as it was put is chance.
const LOUDNESS_MIN: f64 = 0.2;

/// The best place has to be so much better than any other.
const LEAD_MIN: f64 = 1.5;

/// Nearer than this to the best place it is the same find: the chirp is alike with itself over a few cycles.
const SAME_SAMPLES: usize = RATE_HZ as usize / 200;

/// A tone that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundTone {
    /// Its first sample, to a fraction, in the samples that were searched.
    pub position: f64,
    /// How much better this place is than any other: 0 not at all, 1 there is no other.
    pub sureness: f64,
}

/// The tone at 48 kHz, to be added to what the microphone gives.
pub fn sync_tone() -> impl Iterator<Item = f32> {
    (0..TONE_SAMPLES).map(|n| {
        let wave = if n < CHIRP_SAMPLES { chirp(n) } else { chime(n - CHIRP_SAMPLES) };
        (PEAK * wave) as f32
    })
}

/// Starts at full level: the edge is what is found.
fn chirp(n: usize) -> f64 {
    let (low, high) = CHIRP_HZ;
    let t = n as f64 / RATE_HZ as f64;
    let length = CHIRP_SAMPLES as f64 / RATE_HZ as f64;
    let end = (CHIRP_SAMPLES - n) as f64 / (CHIRP_SAMPLES as f64 / 8.0);
    (TAU * (low * t + (high - low) * t * t / (2.0 * length))).sin() * (end.min(1.0) * PI / 2.0).sin()
}

fn chime(n: usize) -> f64 {
    let length = TONE_SAMPLES - CHIRP_SAMPLES;
    let t = n as f64 / RATE_HZ as f64;
    let rise = (n as f64 / (RATE_HZ as f64 / 200.0)).min(1.0);
    let fall = (PI / 2.0 * n as f64 / length as f64).cos().powi(2);
    let [low, high] = CHIME_HZ;
    rise * fall * (0.5 * (TAU * low * t).sin() + 0.3 * (TAU * high * t).sin())
}

/// Looks for a tone that begins within `reach` samples of `expected`; `None` if there is nothing like it.
pub fn find_tone(samples: &[f32], expected: usize, reach: usize) -> Option<FoundTone> {
    let from = expected.saturating_sub(reach);
    let to = (expected + reach + 1).min(samples.len().saturating_sub(CHIRP_SAMPLES));
    let template = sharpened(&sync_tone().take(CHIRP_SAMPLES + 1).collect::<Vec<f32>>());
    let heard = sharpened(samples.get(from..to + CHIRP_SAMPLES)?);
    let energy: f64 = template.iter().map(|&t| f64::from(t) * f64::from(t)).sum();
    // The template is one sample shorter than the chirp, and so is what it is held against.
    let likeness: Vec<f64> = heard.windows(template.len()).map(|w| dot(w, &template) / energy).collect();
    let best = (0..likeness.len()).max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]))?;
    let elsewhere = (0..likeness.len()).filter(|place| place.abs_diff(best) > SAME_SAMPLES);
    let second = elsewhere.map(|place| likeness[place].abs()).fold(0.0, f64::max);
    let top = likeness[best];
    if top < LOUDNESS_MIN || top < LEAD_MIN * second {
        return None;
    }
    let neighbours = best.checked_sub(1).and_then(|b| Some((likeness[b], *likeness.get(best + 1)?)));
    let fraction = neighbours.map_or(0.0, |(before, after)| {
        // The top of the parabola through the best place and its neighbours.
        (before - after) / (2.0 * (before - 2.0 * top + after)).min(-1e-12)
    });
    Some(FoundTone { position: (from + best) as f64 + fraction, sureness: 1.0 - second / top })
}

/// Differences from sample to sample: speech and rumble lose, the chirp does not.
fn sharpened(samples: &[f32]) -> Vec<f32> {
    samples.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums side by side, which a compiler makes quick.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let whole = a.len().min(b.len()) / 8 * 8;
    let rest: f32 = a[whole..].iter().zip(&b[whole..]).map(|(a, b)| a * b).sum();
    f64::from(sums.iter().sum::<f32>() + rest)
}

#[cfg(test)]
mod tests {
    use super::{TONE_SAMPLES, find_tone, sync_tone};
    use crate::sync::ruler::{Tone, find_beeps, noise};

    /// Something like speech at the tone's own level: pitch pulses through a throat, coming and going.
    fn speech(count: usize) -> Vec<f32> {
        let mut throat = [0.0_f64; 3];
        let spoken = (0..count).map(|n| {
            let t = n as f64 / 48_000.0;
            let pulse = if (n % 400) < 4 { 1.0 } else { f64::from(noise(n as u64)) / 30_000.0 };
            let (a, b) = (1.9 * (0.07_f64 + 0.03 * (3.0 * t).sin()).cos(), -0.93);
            throat = [pulse + a * throat[0] + b * throat[1], throat[0], throat[1]];
            throat[0] * (0.6 + 0.4 * (9.0 * t).sin())
        });
        let spoken: Vec<f64> = spoken.collect();
        let peak = spoken.iter().fold(0.0_f64, |peak, s| peak.max(s.abs()));
        spoken.iter().map(|s| (0.25 * s / peak) as f32).collect()
    }

    fn with_tone(mut sound: Vec<f32>, at: usize, level: f32) -> Vec<f32> {
        sound[at..].iter_mut().zip(sync_tone()).for_each(|(s, tone)| *s += level * tone);
        sound
    }

    #[test]
    fn the_tone_is_as_loud_and_as_long_as_it_says() {
        let tone: Vec<f32> = sync_tone().collect();
        assert_eq!(tone.len(), TONE_SAMPLES);
        let peak = tone.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
        assert!((0.24..=0.25).contains(&peak), "{peak}");
        assert!(tone.last().is_some_and(|s| s.abs() < 1e-3), "it does not end in a click");
        let steps = tone[960..].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steps < 0.05, "the chime has no click: {steps}");
    }

    #[test]
    fn it_is_found_below_speech_of_the_same_level_and_only_where_it_is() {
        for at in [20_000, 48_123, 70_001] {
            for level in [1.0, 0.5] {
                let found = find_tone(&with_tone(speech(96_000), at, level), 48_000, 30_000).expect("it is there");
                assert!((found.position - at as f64).abs() < 0.3, "{found:?} {at}");
                assert!(found.sureness > 0.4, "{found:?}");
            }
        }
        assert_eq!(find_tone(&speech(96_000), 48_000, 30_000), None);
        assert_eq!(find_tone(&[0.0; 96_000], 48_000, 30_000), None);
        assert_eq!(find_tone(&[], 48_000, 100), None);
    }

    #[test]
    fn it_is_found_between_two_samples() {
        let tone: Vec<f64> = sync_tone().map(f64::from).collect();
        // A third of a sample late, by a long interpolation.
        let late = |n: usize| -> f32 {
            let taps = (0..tone.len()).filter(|k| k.abs_diff(n) < 60);
            let sum: f64 = taps
                .map(|k| {
                    let x = std::f64::consts::PI * (n as f64 - 1.0 / 3.0 - k as f64);
                    tone[k] * x.sin() / x
                })
                .sum();
            sum as f32
        };
        let mut sound = vec![0.0; 24_000];
        (0..TONE_SAMPLES).for_each(|n| sound[5_000 + n] = late(n));
        let found = find_tone(&sound, 5_000, 480).expect("it is there");
        assert!((found.position - 5_000.333).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn the_test_sources_beep_is_not_taken_for_it_nor_it_for_a_beep() {
        let mut ruler = vec![0_i16; 144_000];
        Tone::new(48_000, 0.0).fill(48_000 * 99 - 20_000, &mut ruler);
        let ruler: Vec<f32> = ruler.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        assert_eq!(find_tone(&ruler, 48_000, 40_000), None);
        let both = with_tone(ruler.clone(), 40_000, 1.0);
        let found = find_tone(&both, 48_000, 40_000).expect("it is there");
        assert!((found.position - 40_000.0).abs() < 0.1, "{found:?}");
        let beeps = |sound: &[f32]| find_beeps(sound, 48_000).iter().map(|b| b.at.round()).collect::<Vec<_>>();
        assert_eq!(beeps(&both), beeps(&ruler));
    }
}
