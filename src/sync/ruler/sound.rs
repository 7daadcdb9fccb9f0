// SPDX-License-Identifier: MIT
//! The ruler's sound: quiet pink noise in which every sample follows from its index alone, and on it a beep at
//! each whole second. All of it is whole 16-bit numbers, so a lossless copy in any format can be compared exactly.

use super::Grid;
use crate::words::{Mono, Rate};

/// The beep's pitch.
pub const BEEP_HZ: u32 = 1000;

/// The beep's length.
pub const BEEP_MS: u32 = 50;

const BEEP_PEAK: f64 = 16_384.0;

/// Octaves of noise; the slowest changes 23 times a second at 48 kHz.
const OCTAVES: u32 = 12;

/// Spreads an index over all bits, so that neighbours have nothing in common (the finaliser of SplitMix64).
pub(super) fn scramble(index: u64) -> u64 {
    let mut z = index.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// Pink noise at any index: a sum of held random values, each octave changing half as often as the one above.
/// About 512 root mean square (-36 dB), never more than 3060.
pub fn noise(index: u64) -> i16 {
    (0..OCTAVES)
        .map(|octave| {
            let held = scramble(index >> octave ^ u64::from(octave) << 58);
            2 * (held & 0xFF) as i16 - 255
        })
        .sum()
}

/// The sound of a ruler source: which sample sounds how.
#[derive(Clone, Debug)]
pub struct Tone {
    grid: Grid,
    rate_hz: u32,
    beep: Vec<i16>,
}

impl Tone {
    /// Sound at `rate_hz` of a clock that runs `1 + ppm / 1e6` times as fast as the monotonic one.
    pub fn new(rate_hz: u32, ppm: f64) -> Tone {
        let turn = std::f64::consts::TAU * f64::from(BEEP_HZ) / f64::from(rate_hz.max(1));
        let beep = (0..rate_hz * BEEP_MS / 1000).map(|i| (BEEP_PEAK * (f64::from(i) * turn).sin()).round() as i16);
        Tone { grid: Grid::new(Rate::whole(rate_hz), ppm), rate_hz, beep: beep.collect() }
    }

    /// When each sample begins.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Samples in a second of the source's own clock.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Writes the samples from index `first` on.
    pub fn fill(&self, first: u64, out: &mut [i16]) {
        for (index, sample) in (first..).zip(out.iter_mut()) {
            *sample = noise(index);
        }
        let end = first + out.len() as u64;
        let mut second = self.grid.second(first);
        loop {
            let onset = self.grid.first_from(Mono(second * Mono::SECOND));
            if onset >= end {
                return;
            }
            let sounding = onset.max(first)..(onset + self.beep.len() as u64).min(end);
            for index in sounding {
                out[(index - first) as usize] += self.beep[(index - onset) as usize];
            }
            second += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tone, noise};

    #[test]
    fn a_stretch_is_the_same_however_it_is_cut() {
        let tone = Tone::new(48_000, 100.0);
        let first = 48_000 * 86_400 - 5_000;
        let mut whole = vec![0; 60_000];
        tone.fill(first, &mut whole);
        let mut parts = vec![0; 60_000];
        let mut at = 0;
        for part in parts.chunks_mut(479) {
            tone.fill(first + at, part);
            at += part.len() as u64;
        }
        assert_eq!(whole, parts);
    }

    #[test]
    fn a_beep_starts_from_silence_at_the_first_sample_of_a_second() {
        let tone = Tone::new(48_000, 100.0);
        let mut sound = vec![0; 100_000];
        tone.fill(0, &mut sound);
        let beep = |n: usize| sound[n] - noise(n as u64);
        assert_eq!(sound.iter().enumerate().skip(2_400).position(|(n, &s)| s != noise(n as u64)), Some(48_006 - 2_400));
        assert_eq!((beep(48_005), beep(48_005 + 12), beep(48_005 + 36)), (0, 16_384, -16_384));
        assert!((48_005 + 2_400..96_010).all(|n| beep(n) == 0));
    }

    #[test]
    fn the_noise_is_quiet_and_even() {
        let (mut sum, mut squares) = (0_i64, 0_i64);
        for index in 1_000_000..2_000_000_u64 {
            let sample = i64::from(noise(index));
            sum += sample;
            squares += sample * sample;
        }
        assert!(sum.abs() < 20_000_000, "mean {}", sum as f64 / 1e6);
        let rms = (squares as f64 / 1e6).sqrt();
        assert!((450.0..600.0).contains(&rms), "{rms}");
    }
}
