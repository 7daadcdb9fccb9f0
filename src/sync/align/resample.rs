// SPDX-License-Identifier: MIT
//! A master's sound on the time line's own clock: each output sample is interpolated where the master's clock says it
//! was, by a windowed sinc, so that drift is gone and nothing else is changed.
//!
//! ```text
//!  master   . . . .|. . . .|. . . .        pushed block by block
//!                ^ 64 around the place
//!  output   .  .  .  .  .  .               polled as far as the blocks reach
//! ```

use super::fit::through;
use crate::sync::kernel::{HALF, Kernel};
use crate::words::RATE_HZ;

/// The conversion under way.
#[derive(Debug)]
pub struct Resampler {
    /// (second of the time line, sample of the master).
    corners: Vec<(f64, f64)>,
    kernel: Kernel,
    /// What of the master is still needed, and the index of its first sample; zeros stand in front of sample 0.
    held: Vec<f32>,
    held_from: i64,
    /// The next sample of the output, counted from the beginning of the time line.
    next: u64,
    /// Behind the last.
    end: u64,
}

impl Resampler {
    /// For a clip with these corners: (sample, second of the time line).
    pub fn new(corners: &[(f64, f64)]) -> Resampler {
        let end = corners[corners.len() - 1].1 * RATE_HZ as f64;
        Resampler {
            corners: corners.iter().map(|&(sample, second)| (second, sample)).collect(),
            kernel: Kernel::new(),
            held: vec![0.0; 2 * HALF],
            held_from: -(2 * HALF as i64),
            next: 0,
            end: end.round().max(0.0) as u64,
        }
    }

    /// Takes the master's next samples, and gives what of the output is certain by now.
    pub fn push(&mut self, block: &[f32]) -> Vec<f32> {
        self.held.extend_from_slice(block);
        let reach = self.held_from + self.held.len() as i64;
        let mut out = Vec::with_capacity(block.len() + HALF);
        while self.next < self.end {
            let place = through(&self.corners, self.next as f64 / RATE_HZ as f64);
            if place + HALF as f64 + 1.0 >= reach as f64 {
                break;
            }
            out.push(self.at(place));
            self.next += 1;
        }
        let place = through(&self.corners, self.next as f64 / RATE_HZ as f64).floor() as i64;
        let done = (place - HALF as i64 - self.held_from).clamp(0, self.held.len() as i64 - 1);
        self.held.drain(..done as usize);
        self.held_from += done;
        out
    }

    /// Whether all of the output was given; what the master lacks at its end is silence that has to be pushed.
    pub fn is_done(&self) -> bool {
        self.next >= self.end
    }

    fn at(&self, place: f64) -> f32 {
        let whole = place.floor();
        let first = whole as i64 - HALF as i64 + 1 - self.held_from;
        let Some(around) = usize::try_from(first).ok().and_then(|first| self.held.get(first..first + 2 * HALF)) else {
            // In front of the master's first sample there is silence.
            return 0.0;
        };
        self.kernel.at(around, place - whole)
    }
}

#[cfg(test)]
mod tests {
    use super::Resampler;
    use crate::sync::ruler::{Tone, find_beeps};

    #[test]
    fn a_drifting_masters_beeps_come_back_to_whole_seconds() {
        // A clock 200 ppm fast whose first sample lies 0.25 s before second 101: the time line begins with second 100.
        let tone = Tone::new(48_000, 200.0);
        let rate = 48_000.0 * (1.0 + 200e-6);
        let first = (100.75 * rate) as u64;
        let mut master = vec![0_i16; 480_000];
        tone.fill(first, &mut master);
        let at = |sample: f64| (first as f64 + sample) / rate - 100.0;
        let mut resampler = Resampler::new(&[(0.0, at(0.0)), (480_000.0, at(480_000.0))]);
        let mut out = Vec::new();
        for block in master.chunks(1_000) {
            let block: Vec<f32> = block.iter().map(|&s| f32::from(s) / 32_768.0).collect();
            out.extend(resampler.push(&block));
        }
        while !resampler.is_done() {
            out.extend(resampler.push(&[0.0; 100]));
        }
        assert_eq!(out.len(), (at(480_000.0) * 48_000.0).round() as usize);
        assert!(out[..35_900].iter().all(|s| *s == 0.0), "silence until the master begins");
        let beeps = find_beeps(&out, 48_000);
        assert_eq!(beeps.len(), 10);
        for (n, beep) in beeps.iter().enumerate() {
            // A mark lies on the first sample at or after its second: up to one late.
            let off = beep.at - (n + 1) as f64 * 48_000.0;
            assert!((-0.3..1.3).contains(&off), "{n}: {off}");
            assert!((beep.level - 0.5).abs() < 0.01, "{beep:?}");
        }
    }

    #[test]
    fn a_clock_without_drift_gets_every_sample_as_it_was() {
        let sound: Vec<f32> = (0..5_000).map(|n| (n as f32 * 0.1).sin()).collect();
        let mut resampler = Resampler::new(&[(0.0, 0.0), (5_000.0, 5_000.0 / 48_000.0)]);
        let mut out = resampler.push(&sound);
        out.extend(resampler.push(&[0.0; 100]));
        assert_eq!(out.len(), 5_000);
        let worst = out.iter().zip(&sound).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst}");
    }
}
