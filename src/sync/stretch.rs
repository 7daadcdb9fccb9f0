// SPDX-License-Identifier: MIT
//! Sound laid between two places of a recording, whatever its own clock made of the time between them: each sample of
//! the recording is read where the source's sample for it lies. What needs no stretching passes untouched.
//!
//! ```text
//!  source     . . . .|. . . .|. . . .     pushed block by block, each with the places of its ends
//!                 ^ 32 on either side
//!  recording  .  .  .  .  .  .            handed out as far as the blocks reach
//! ```

use super::kernel::{HALF, Kernel};

/// A place this near to a whole sample is one.
const WHOLE: f64 = 1e-9;

/// The engine, for interleaved sound. Its output has neither holes nor overlaps: it is counted from sample 0.
#[derive(Debug)]
pub struct Stretch {
    channels: usize,
    kernel: Kernel,
    /// What of the source may still be needed, a channel each.
    held: Vec<Vec<f32>>,
    /// The next sample of the recording.
    next: u64,
    /// Where the last block ends in the recording, and how much of it a sample there is of the source.
    ends: f64,
    ratio: f64,
}

impl Stretch {
    /// For so many channels.
    pub fn new(channels: usize) -> Stretch {
        let held = vec![Vec::new(); channels.max(1)];
        Stretch { channels: channels.max(1), kernel: Kernel::new(), held, next: 0, ends: 0.0, ratio: 1.0 }
    }

    /// How many samples of the recording have been handed out.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Lays a block from one place to the other; answers what of the recording is certain by now.
    pub fn sound(&mut self, block: &[f32], from: f64, until: f64) -> Vec<f32> {
        let frames = block.len() / self.channels;
        if frames == 0 || until <= from {
            return Vec::new();
        }
        let mut out = Vec::with_capacity(block.len() + 2 * HALF * self.channels);
        if (from - self.ends).abs() > 0.5 || self.held[0].is_empty() {
            self.give_rest(&mut out);
            self.begin(from.round().max(0.0) as u64, &mut out);
        }
        for frame in block.chunks_exact(self.channels) {
            self.held.iter_mut().zip(frame).for_each(|(held, sample)| held.push(*sample));
        }
        (self.ends, self.ratio) = (until, frames as f64 / (until - from));
        self.give(until.round().max(0.0) as u64, false, &mut out);
        self.forget();
        out
    }

    /// Nothing follows for now: the rest of what was laid.
    pub fn rest(&mut self) -> Vec<f32> {
        let mut out = Vec::new();
        self.give_rest(&mut out);
        self.held.iter_mut().for_each(Vec::clear);
        out
    }

    /// Behind the rest it goes on at that sample; answers how many are left out by that.
    pub fn skip_to(&mut self, sample: u64) -> u64 {
        let skipped = sample.saturating_sub(self.next);
        self.next += skipped;
        skipped
    }

    /// Fills up to there with nothing, and begins with nothing behind it.
    fn begin(&mut self, sample: u64, out: &mut Vec<f32>) {
        let missing = sample.saturating_sub(self.next);
        out.resize(out.len() + missing as usize * self.channels, 0.0);
        self.next += missing;
        self.held.iter_mut().for_each(|held| {
            held.clear();
            held.resize(HALF, 0.0);
        });
    }

    /// What was laid is given out to its end, as if silence followed.
    fn give_rest(&mut self, out: &mut Vec<f32>) {
        if !self.held[0].is_empty() {
            self.give(self.ends.round().max(0.0) as u64, true, out);
        }
    }

    fn give(&mut self, end: u64, is_all: bool, out: &mut Vec<f32>) {
        let len = self.held[0].len();
        if is_all {
            self.held.iter_mut().for_each(|held| held.resize(len + HALF + 1, 0.0));
        }
        let reach = self.held[0].len();
        while self.next < end {
            // The index within what is held; its end lies at `ends`.
            let place = len as f64 - (self.ends - self.next as f64) * self.ratio;
            let near = place.round();
            let (whole, fraction) =
                if (place - near).abs() < WHOLE { (near, 0.0) } else { (place.floor(), place - place.floor()) };
            let index = whole.max(HALF as f64 - 1.0) as usize;
            if index + HALF >= reach {
                break;
            }
            for held in &self.held {
                let sample = if fraction == 0.0 {
                    held[index]
                } else {
                    self.kernel.at(&held[index + 1 - HALF..index + 1 + HALF], fraction)
                };
                out.push(sample);
            }
            self.next += 1;
        }
        self.held.iter_mut().for_each(|held| held.truncate(len));
    }

    /// What lies before anything that may be asked for.
    fn forget(&mut self) {
        let len = self.held[0].len();
        let place = len as f64 - (self.ends - self.next as f64) * self.ratio;
        let needless = (place.floor().max(0.0) as usize).min(len).saturating_sub(HALF + 2);
        self.held.iter_mut().for_each(|held| drop(held.drain(..needless)));
    }
}

#[cfg(test)]
mod tests {
    use super::Stretch;

    fn tone(n: f64) -> f32 {
        (n * 0.06).sin() as f32 * 0.5
    }

    /// The rest, and silence up to that sample.
    fn silence_to(stretch: &mut Stretch, sample: u64) -> Vec<f32> {
        let mut out = stretch.rest();
        let skipped = stretch.skip_to(sample) as usize;
        out.resize(out.len() + skipped * stretch.channels, 0.0);
        out
    }

    #[test]
    fn what_needs_no_stretching_passes_untouched() {
        let mut stretch = Stretch::new(2);
        let block = |n: usize| (n * 200..n * 200 + 200).map(|n| n as f32).collect::<Vec<_>>();
        let mut out = silence_to(&mut stretch, 5);
        for n in 0..10 {
            out.extend(stretch.sound(&block(n), 5.0 + 100.0 * n as f64, 105.0 + 100.0 * n as f64));
        }
        out.extend(silence_to(&mut stretch, 1_010));
        assert_eq!((out.len(), stretch.next()), (2_020, 1_010));
        assert_eq!(out[..10], [0.0; 10]);
        assert!(out[10..2_010].iter().enumerate().all(|(n, sample)| *sample == n as f32));
        assert_eq!(out[2_010..], [0.0; 10]);
    }

    #[test]
    fn a_fast_clock_is_slowed_without_a_seam() {
        for ppm in [-300.0, 7.0, 300.0] {
            let (mut stretch, mut out) = (Stretch::new(1), Vec::new());
            let at = |sample: usize| 3.4 + sample as f64 / (1.0 + ppm * 1e-6);
            for n in 0..500 {
                let block: Vec<f32> = (n * 480..n * 480 + 480).map(|n| tone(n as f64)).collect();
                out.extend(stretch.sound(&block, at(n * 480), at(n * 480 + 480)));
            }
            out.extend(silence_to(&mut stretch, at(240_000).round() as u64));
            assert_eq!(out.len(), at(240_000).round() as usize);
            let expected = |place: usize| tone((place as f64 - 3.4) * (1.0 + ppm * 1e-6));
            let worst = (100..239_000).map(|n| (out[n] - expected(n)).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-3, "{ppm}: {worst}");
        }
    }

    #[test]
    fn overlaps_are_left_out_and_gaps_are_silence() {
        let mut stretch = Stretch::new(1);
        let mut out = stretch.sound(&[1.0; 100], 0.0, 100.0);
        out.extend(stretch.sound(&[2.0; 100], 90.0, 190.0));
        out.extend(stretch.sound(&[3.0; 100], 200.0, 300.0));
        out.extend(silence_to(&mut stretch, 300));
        assert_eq!(out.len(), 300);
        assert_eq!([out[99], out[100], out[189], out[190], out[199], out[200]], [1.0, 2.0, 2.0, 0.0, 0.0, 3.0]);
    }
}
