// SPDX-License-Identifier: MIT
//! Known sounds, and how far one recording of them lies behind another.
//!
//! ```text
//!   chirps   __/\/\/\____________/\/\/\_____   20 ms from 400 to 5,000 Hz: heard surely, and each by itself
//!   hum      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~   low noise without a gap: every moment of it has its own place
//! ```

use hyperzoom::words::RATE_HZ;
use std::f64::consts::PI;
use std::path::{Path, PathBuf};

const RATE: usize = RATE_HZ as usize;
const CHIRP: usize = RATE / 50;
/// The level that only a chirp reaches, at the microphone.
const LOUD: f32 = 0.076;
/// A chirp is found again if this much of it is alike.
const ALIKE: f64 = 0.35;
/// So much of a chirp is alike at the microphone, unless the graph itself lost a cycle of it.
const WHOLE: f64 = 0.95;
/// Nothing lies further behind than this.
const BEHIND_MAX: usize = 21_000;

/// So many seconds of chirps, about every 0.57 s and never evenly.
pub fn chirps(seconds: usize) -> Vec<f32> {
    let mut sound = vec![0.0; seconds * RATE];
    let (mut at, mut uneven) = (0.4, 0.0);
    while at < seconds as f64 - 0.5 {
        let first = (at * RATE as f64) as usize;
        sound[first..first + CHIRP].copy_from_slice(&chirp());
        uneven = (uneven + 0.618_034_f64).fract();
        at += 0.5 + 0.137 * uneven;
    }
    sound
}

fn chirp() -> Vec<f32> {
    let sample = |n: usize| {
        let (t, whole) = (n as f64 / RATE as f64, CHIRP as f64 / RATE as f64);
        let sweep = (2.0 * PI * (400.0 * t + 4_600.0 / (2.0 * whole) * t * t)).sin();
        (0.6 * sweep * (PI * n as f64 / CHIRP as f64).sin()) as f32
    };
    (0..CHIRP).map(sample).collect()
}

/// So many seconds of low noise.
pub fn hum(seconds: usize) -> Vec<f32> {
    let mut random = 7_u32;
    let mut low = [0.0_f32; 2];
    let next = |_| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = (random >> 8) as f32 / (1 << 23) as f32 - 1.0;
        // Twice a low pass of about 1 kHz: what Opus keeps the shape of.
        low[0] += 0.12 * (white - low[0]);
        low[1] += 0.12 * (low[0] - low[1]);
        (2.0 * low[1]).clamp(-0.9, 0.9)
    };
    (0..seconds * RATE).map(next).collect()
}

/// Writes samples of one channel as a WAV file.
pub fn write_wav(path: &Path, rate_hz: u32, sound: &[f32]) -> PathBuf {
    let data_bytes = 2 * sound.len() as u32;
    let mut file = Vec::with_capacity(44 + data_bytes as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(2 * rate_hz).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    file.extend(sound.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()));
    std::fs::write(path, file).expect("our own folder");
    path.to_owned()
}

/// How far each chirp at the ear lies behind the mouth.
#[derive(Debug, Clone, Default)]
pub struct Lags {
    /// Those that were found, shortest first.
    pub ms: Vec<f64>,
    /// Where in the tape those lie that were not, in seconds.
    pub missed: Vec<f64>,
    /// How many were broken before anybody's program had them: a machine that is kept waiting loses cycles of the graph.
    pub spoiled: usize,
}

impl Lags {
    /// Looks every chirp of `mouth` up in `ear`; both are tracks of one tape.
    pub fn of(mouth: &[f32], ear: &[f32]) -> Lags {
        let mut lags = Lags::default();
        let (chirp, mut last) = (chirp(), None);
        for at in (0..mouth.len()).filter(|at| mouth[*at].abs() > LOUD) {
            let begins = last.is_none_or(|last| at - last > RATE / 4);
            last = Some(at);
            let Some(first) = at.checked_sub(100).filter(|_| begins) else { continue };
            if ear.len() < first + BEHIND_MAX || mouth.len() < at + CHIRP {
                continue;
            }
            if best_match(&chirp, &mouth[first.saturating_sub(CHIRP / 2)..at + CHIRP]).0 < WHOLE {
                lags.spoiled += 1;
                continue;
            }
            match found(&mouth[first..at + CHIRP], &ear[first..first + BEHIND_MAX]) {
                Some(behind) => lags.ms.push(behind as f64 * 1e3 / RATE as f64),
                None => lags.missed.push(at as f64 / RATE as f64),
            }
        }
        lags.ms.sort_by(f64::total_cmp);
        lags
    }

    /// That part of them is not longer; no number without any.
    pub fn at_part(&self, part: f64) -> f64 {
        let at = ((self.ms.len() as f64 * part) as usize).min(self.ms.len().saturating_sub(1));
        self.ms.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The middle.
    pub fn median(&self) -> f64 {
        self.at_part(0.5)
    }
}

impl std::fmt::Display for Lags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [half, most, least, longest] = [0.5, 0.95, 0.0, 1.0].map(|part| self.at_part(part));
        let (heard, all) = (self.ms.len(), self.ms.len() + self.missed.len());
        write!(f, "{half:.1} ms (p95 {most:.1}, {least:.1} to {longest:.1}; heard {heard} of {all}")?;
        if self.spoiled > 0 {
            write!(f, ", {} more spoiled in the graph itself", self.spoiled)?;
        }
        if !self.missed.is_empty() {
            write!(f, ", missed at {:.1?} s", self.missed)?;
        }
        write!(f, ")")
    }
}

/// How far into `ear` the sound of `mouth` begins, if it does.
pub fn found(mouth: &[f32], ear: &[f32]) -> Option<usize> {
    let (alike, at) = best_match(mouth, ear);
    (alike > ALIKE).then_some(at)
}

/// How much of `mouth` is alike where `ear` is most like it, and where that is.
fn best_match(mouth: &[f32], ear: &[f32]) -> (f64, usize) {
    let energy = |samples: &[f32]| samples.iter().map(|s| f64::from(s * s)).sum::<f64>();
    let size = energy(mouth).sqrt();
    let mut best = (0.0, 0);
    let Some(begin) = ear.get(..mouth.len()) else { return best };
    let mut within = energy(begin);
    for at in 0..=ear.len() - mouth.len() {
        let product: f32 = mouth.iter().zip(&ear[at..]).map(|(a, b)| a * b).sum();
        let alike = f64::from(product.abs()) / (size * within.max(0.0).sqrt() + 1e-6);
        if alike > best.0 {
            best = (alike, at);
        }
        if let (Some(next), gone) = (ear.get(at + mouth.len()), ear[at]) {
            within += f64::from(next * next) - f64::from(gone * gone);
        }
    }
    best
}

/// How far `ear` lies behind `mouth`, by the 100 ms of `mouth` from a sample on; nothing where it is not heard.
pub fn behind_ms(mouth: &[f32], ear: &[f32], from: usize) -> Option<f64> {
    let heard = ear.get(from..from + RATE / 4)?;
    found(mouth.get(from..from + RATE / 10)?, heard).map(|behind| behind as f64 * 1e3 / RATE as f64)
}

/// How loud that much is, as the root of its mean square.
pub fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[test]
fn a_chirp_that_comes_later_is_found_to_the_sample_and_one_that_does_not_come_is_missed() {
    let mouth = chirps(4);
    let mut ear = vec![0.0; 640];
    ear.extend(mouth.iter().map(|s| s * 0.2));
    let lags = Lags::of(&mouth, &ear);
    assert!(lags.ms.len() >= 4 && lags.missed.is_empty(), "{lags}");
    assert!(lags.ms.iter().all(|ms| (ms - 640.0 / 48.0).abs() < 0.03), "{lags}");
    let mut broken = mouth.clone();
    let second = RATE * 2 / 5 + CHIRP / 2;
    broken[second - 128..second + 128].fill(0.0);
    assert_eq!(Lags::of(&broken, &ear).spoiled, 1, "a cycle is missing in the first one");
    let deaf = Lags::of(&mouth, &hum(4));
    assert_eq!((deaf.ms.len(), deaf.missed.len()), (0, lags.ms.len()), "noise is no chirp");
}

#[test]
fn every_moment_of_the_hum_has_its_place() {
    let mouth = hum(2);
    let ear = [vec![0.0; 480], mouth.clone()].concat();
    for from in [0, 10_000, 50_000] {
        let behind = behind_ms(&mouth, &ear, from).expect("it is there");
        assert!((behind - 10.0).abs() < 0.03, "{behind}");
    }
    assert!((0.02..0.3).contains(&level(&mouth)), "{}", level(&mouth));
}
