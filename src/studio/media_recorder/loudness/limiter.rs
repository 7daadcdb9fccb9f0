// SPDX-License-Identifier: MIT
//! A look-ahead limiter of true peaks: where a sample, or the curve between two of them, would be above the ceiling,
//! everything around it is turned down, smoothly and in time.
//!
//! ```text
//!   needed      ----------.      .-------------    1, or ceiling / peak
//!                         |______|
//!   held        ----.            .                 the least of the next 5 ms
//!                   |____________|
//!   released    ----.             __---------      rises again slowly
//!                   |____________/
//!   smoothed    ----.             __---------      the mean of the last 5 ms; where the peak is, it is down
//!                    \___________/
//! ```

use std::collections::VecDeque;

/// How far it looks ahead, and how long it takes to go down.
const AHEAD_MS: u32 = 5;

/// How long it takes to come up again, by two thirds.
const RELEASE_MS: u32 = 80;

/// Between two samples the curve is looked at in so many places.
const BETWEEN: usize = 3;

/// Samples to each side from which a place between two is made.
const HALF: usize = 8;

/// What the curve may reach between those places.
const MARGIN: f64 = 0.989;

/// Takes samples and gives them out again, [`Limiter::finish`] the last of them.
#[derive(Debug)]
pub struct Limiter {
    channels: usize,
    ceiling: f64,
    ahead: usize,
    release: f64,
    kernel: [[f64; 2 * HALF]; BETWEEN],
    /// Samples that have not been given out, and a few before them.
    line: VecDeque<f32>,
    /// Samples taken so far.
    taken: u64,
    /// The peak behind the sample before.
    behind: f64,
    /// Candidates for the least of what is ahead, rising, each with its place.
    needed: VecDeque<(u64, f64)>,
    released: f64,
    recent: VecDeque<f64>,
    sum: f64,
    /// The least that anything was multiplied by.
    least: f64,
}

impl Limiter {
    /// Nothing comes out above `ceiling`, a factor of full scale.
    pub fn new(rate_hz: u32, channels: u32, ceiling: f64) -> Limiter {
        let ahead = (rate_hz * AHEAD_MS / 1000).max(1) as usize;
        let channels = channels.max(1) as usize;
        Limiter {
            channels,
            ceiling: ceiling * MARGIN,
            ahead,
            release: 1.0 - (-1000.0 / (f64::from(RELEASE_MS) * f64::from(rate_hz))).exp(),
            kernel: kernel(),
            line: VecDeque::from(vec![0.0; (HALF - 1) * channels]),
            taken: 0,
            behind: 0.0,
            needed: VecDeque::new(),
            released: 1.0,
            recent: VecDeque::new(),
            sum: 0.0,
            least: 1.0,
        }
    }

    /// Takes interleaved samples; what is ready comes out.
    pub fn add(&mut self, values: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(values.len());
        for sample in values.chunks_exact(self.channels) {
            self.step(sample, &mut out);
        }
        out
    }

    /// The last of it, and the least that anything was multiplied by.
    pub fn finish(mut self) -> (Vec<f32>, f64) {
        let silence = vec![0.0; (HALF + self.ahead) * self.channels];
        let out = self.add(&silence);
        (out, self.least)
    }

    fn step(&mut self, sample: &[f32], out: &mut Vec<f32>) {
        self.line.extend(sample);
        self.taken += 1;
        // The newest sample that has HALF others behind it.
        let Some(place) = self.taken.checked_sub(HALF as u64 + 1) else { return };
        let peak = self.peak();
        let need = if peak > self.ceiling { self.ceiling / peak } else { 1.0 };
        while self.needed.back().is_some_and(|(_, other)| *other >= need) {
            self.needed.pop_back();
        }
        self.needed.push_back((place, need));
        let Some(place) = place.checked_sub(self.ahead as u64) else { return };
        while self.needed.front().is_some_and(|(at, _)| *at < place) {
            self.needed.pop_front();
        }
        let held = self.needed.front().map_or(1.0, |(_, need)| *need);
        self.released = held.min(self.released + (1.0 - self.released) * self.release);
        self.recent.push_back(self.released);
        self.sum += self.released;
        if self.recent.len() > self.ahead + 1 {
            self.sum -= self.recent.pop_front().unwrap_or_default();
        }
        let gain = (self.sum / self.recent.len() as f64).min(1.0);
        self.least = self.least.min(gain);
        let first = (HALF - 1) * self.channels;
        out.extend(self.line.range(first..first + self.channels).map(|value| (f64::from(*value) * gain) as f32));
        self.line.drain(..self.channels);
    }

    /// The highest that the curve is at a sample and half way to its neighbours.
    fn peak(&mut self) -> f64 {
        let samples = self.line.len() / self.channels;
        let begin = samples - 2 * HALF;
        let (mut at, mut between) = (0f64, 0f64);
        for channel in 0..self.channels {
            let value = |k: usize| f64::from(self.line[(begin + k) * self.channels + channel]);
            at = at.max(value(HALF - 1).abs());
            for taps in &self.kernel {
                let curve: f64 = taps.iter().enumerate().map(|(k, tap)| tap * value(k)).sum();
                between = between.max(curve.abs());
            }
        }
        let peak = at.max(between).max(self.behind);
        self.behind = between;
        peak
    }
}

/// A sinc under a window, for each of the places between sample `HALF - 1` and the next.
fn kernel() -> [[f64; 2 * HALF]; BETWEEN] {
    use std::f64::consts::PI;
    std::array::from_fn(|place| {
        let shift = (place + 1) as f64 / (BETWEEN + 1) as f64;
        std::array::from_fn(|k| {
            let x = k as f64 - (HALF - 1) as f64 - shift;
            (PI * x).sin() / (PI * x) * (PI * x / (2 * HALF) as f64).cos()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::meter::{Meter, decibels};
    use super::Limiter;
    use crate::words::AudioCodec;

    fn limited(values: &[f32], ceiling: f64) -> (Vec<f32>, f64) {
        let mut limiter = Limiter::new(48_000, 1, ceiling);
        let mut out: Vec<f32> = values.chunks(100).flat_map(|block| limiter.add(block)).collect();
        let (rest, least) = limiter.finish();
        out.extend(rest);
        (out, least)
    }

    #[test]
    fn what_is_quiet_comes_out_as_it_went_in() {
        let values: Vec<f32> = (0..10_000).map(|n| 0.3 * (n as f32 * 0.1).sin()).collect();
        assert_eq!(limited(&values, 0.9), (values, 1.0));
        assert_eq!(limited(&[], 0.9).0, [0f32; 0]);
    }

    #[test]
    fn no_curve_comes_out_above_the_ceiling() {
        // A quarter of the rate, sampled beside its peaks: the curve is 3 dB above the samples. It begins at once.
        let quarter = |n: usize| (n as f64 * std::f64::consts::FRAC_PI_2 + std::f64::consts::FRAC_PI_4).sin();
        let voice = |n: usize| (n as f64 * 0.02).sin() * (n as f64 * 0.0005).sin();
        let values: Vec<f32> =
            (0..96_000).map(|n| if n % 30_000 < 2_000 { 1.4 * quarter(n) } else { 1.1 * voice(n) } as f32).collect();
        let (out, least) = limited(&values, 0.5);
        assert_eq!(out.len(), values.len());
        let mut meter = Meter::new(48_000, 1, AudioCodec::Flac).expect("mono");
        meter.add(&out);
        let peak = meter.report().true_peak_dbtp.expect("it sounds");
        assert!(peak < decibels(0.5) + 0.1, "{peak}");
        assert!((0.3..0.4).contains(&least), "{least}");
    }
}
