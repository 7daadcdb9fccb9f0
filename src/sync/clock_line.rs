// SPDX-License-Identifier: MIT
//! How a sound card's clock runs against the machine's: a piecewise line from recording samples to monotonic time.
//!
//! Each block of sound brings one pair (sample, time). A pair can be late, because a thread was, but hardly ever
//! early, so the smallest residual of each second counts and the rest is noise. A line through the minima of the
//! last minute gives offset and rate. The line that others read never jumps: once a second it gets a new slope
//! that leads to where the fit says we should be one second later.
//!
//! ```text
//!  residual ^        .      late blocks          .
//!  (time -  |   .  .    .             . .   .
//!  n/48000) |  .  . . .   . . .  .  . .   . .  . .
//!           |__x______x________x________x________x___  one minimum a second; the fit goes through these
//!           +---------------------------------------> samples
//! ```

use crate::words::{Mono, RATE_HZ};
use std::collections::VecDeque;

/// One minimum a second for about a minute: long enough to average jitter out, short enough to follow a crystal
/// that warms up.
const MINIMA_MAX: usize = 64;

/// Keeps the slope of a few early, noisy points near zero: their noise is weighed against a likely drift of 100 ppm.
const LIKELY_SLOPE: f64 = 100e-6;
/// Noise of a stamp that nothing is known about yet, and the least that is ever believed.
const UNKNOWN_NOISE_NS: f64 = 1e6;
const LEAST_NOISE_NS: f64 = 5e4;

/// Real sound cards stay within 300 ppm; what is beyond is a fault of the measurement.
const RATE_PPM_MAX: f64 = 300.0;

/// The line bends by no more than this to reach the fit, so that pictures never jump: 1 ms in a second.
const BEND_PPM_MAX: f64 = 1000.0;

/// Sections kept for questions about the past; a second each, far more than any picture waits.
const SECTIONS_MAX: usize = 64;

const NS_PER_SAMPLE: f64 = 1e9 / RATE_HZ as f64;

/// One straight piece: from `sample` on, each sample lasts `ns_per_sample`.
#[derive(Clone, Copy, Debug)]
struct Section {
    sample: i64,
    mono_ns: f64,
    ns_per_sample: f64,
}

impl Section {
    fn mono_at(&self, sample: f64) -> f64 {
        self.mono_ns + (sample - self.sample as f64) * self.ns_per_sample
    }
}

/// The mapping. Samples are counted from the moment it is made; earlier ones are negative.
#[derive(Clone, Debug)]
pub struct ClockLine {
    /// Times are kept relative to this, so that floats stay exact to a fraction of a nanosecond.
    origin: Mono,
    sections: VecDeque<Section>,
    minima: VecDeque<(f64, f64)>,
    /// The second that is being measured: its number and its smallest residual so far.
    lowest: Option<(i64, f64, f64)>,
    /// The slope of the device before this one, until this one has one of its own.
    known_slope: f64,
}

impl ClockLine {
    /// Sample 0 lies at `origin`; the rate is nominal until pairs say otherwise.
    pub fn new(origin: Mono) -> ClockLine {
        let first = Section { sample: 0, mono_ns: 0.0, ns_per_sample: NS_PER_SAMPLE };
        ClockLine { origin, sections: VecDeque::from([first]), minima: VecDeque::new(), lowest: None, known_slope: 0.0 }
    }

    /// When `sample` was, is or will be.
    pub fn mono_at(&self, sample: i64) -> Mono {
        let section = self.sections.iter().rev().find(|s| s.sample <= sample).unwrap_or(&self.sections[0]);
        self.origin.offset(section.mono_at(sample as f64).round() as i64)
    }

    /// Which sample begins nearest to `mono`.
    pub fn sample_at(&self, mono: Mono) -> i64 {
        let ns = mono.since(self.origin) as f64;
        let section = self.sections.iter().rev().find(|s| s.mono_ns <= ns).unwrap_or(&self.sections[0]);
        let sample = section.sample as f64 + (ns - section.mono_ns) / section.ns_per_sample;
        sample.round() as i64
    }

    /// Learns from one block: its first sample, and when that sample was taken.
    pub fn learn(&mut self, sample: i64, at: Mono) {
        let second = sample.div_euclid(RATE_HZ as i64);
        let residual = at.since(self.origin) as f64 - sample as f64 * NS_PER_SAMPLE;
        match &mut self.lowest {
            Some((s, x, lowest)) if *s == second => {
                if residual < *lowest {
                    (*x, *lowest) = (sample as f64, residual);
                }
            }
            _ => {
                if let Some((_, x, lowest)) = self.lowest.replace((second, sample as f64, residual)) {
                    self.minima.push_back((x, lowest));
                    if self.minima.len() > MINIMA_MAX {
                        self.minima.pop_front();
                    }
                    self.bend(sample);
                }
            }
        }
    }

    /// Forgets what was measured, keeps the line: the next device has its own clock, but time goes on.
    pub fn change_device(&mut self) {
        self.known_slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        self.minima.clear();
        self.lowest = None;
    }

    /// Jumps onto what was measured so far. Only for the time before anybody has used the line.
    pub fn snap(&mut self, sample: i64) {
        if let Some((_, x, lowest)) = self.lowest {
            self.minima.push_back((x, lowest));
        }
        if let Some((offset, slope)) = self.fit() {
            let mono_ns = sample as f64 * (NS_PER_SAMPLE + slope) + offset;
            self.sections = VecDeque::from([Section { sample, mono_ns, ns_per_sample: NS_PER_SAMPLE + slope }]);
        }
        self.lowest = None;
    }

    /// The microphone is gone: from `sample` on the last known rate carries on, without the bend that was under way
    /// to correct a place.
    pub fn coast(&mut self, sample: i64) {
        let mono_ns = self.sections[self.sections.len() - 1].mono_at(sample as f64);
        let slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        self.push(Section { sample, mono_ns, ns_per_sample: NS_PER_SAMPLE + slope });
    }

    /// How fast the sound card's clock runs, in parts per million of the machine's: positive is fast.
    pub fn drift_ppm(&self) -> f64 {
        let slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        (NS_PER_SAMPLE / (NS_PER_SAMPLE + slope) - 1.0) * 1e6
    }

    /// Gives the line a new slope from `sample` on, which reaches the fit one second later.
    fn bend(&mut self, sample: i64) {
        let Some((offset, slope)) = self.fit() else { return };
        let target_sample = (sample + RATE_HZ as i64) as f64;
        let target = target_sample * NS_PER_SAMPLE + offset + slope * target_sample;
        let now = self.sections[self.sections.len() - 1].mono_at(sample as f64);
        let limit = NS_PER_SAMPLE * BEND_PPM_MAX * 1e-6;
        let slope_wanted = (target - now) / RATE_HZ as f64 - NS_PER_SAMPLE;
        let ns_per_sample = NS_PER_SAMPLE + slope_wanted.clamp(-limit, limit);
        self.push(Section { sample, mono_ns: now, ns_per_sample });
    }

    fn push(&mut self, section: Section) {
        self.sections.push_back(section);
        if self.sections.len() > SECTIONS_MAX {
            self.sections.pop_front();
        }
    }

    /// How far the minima lie from a line through them.
    fn noise_ns(&self, mean_x: f64, mean_r: f64, slope: f64) -> f64 {
        let free = self.minima.len().saturating_sub(2);
        if free == 0 {
            return UNKNOWN_NOISE_NS;
        }
        let off = |&(x, r): &(f64, f64)| (r - mean_r - slope * (x - mean_x)).powi(2);
        let variance = self.minima.iter().map(off).sum::<f64>() / free as f64;
        variance.sqrt().clamp(LEAST_NOISE_NS, UNKNOWN_NOISE_NS)
    }

    /// Least squares through the minima, with a ridge on the slope: (residual at sample 0, residual per sample).
    fn fit(&self) -> Option<(f64, f64)> {
        let n = self.minima.len() as f64;
        if n == 0.0 {
            return None;
        }
        let mean_x = self.minima.iter().map(|m| m.0).sum::<f64>() / n;
        let mean_r = self.minima.iter().map(|m| m.1).sum::<f64>() / n;
        let sxx = self.minima.iter().map(|m| (m.0 - mean_x).powi(2)).sum::<f64>();
        let sxr = self.minima.iter().map(|m| (m.0 - mean_x) * (m.1 - mean_r)).sum::<f64>();
        let noise_ns = self.noise_ns(mean_x, mean_r, sxr / sxx.max(1.0));
        let ridge = (noise_ns / LIKELY_SLOPE / NS_PER_SAMPLE).powi(2);
        let limit = NS_PER_SAMPLE * RATE_PPM_MAX * 1e-6;
        let slope = (sxr / (sxx + ridge)).clamp(-limit, limit);
        Some((mean_r - slope * mean_x, slope))
    }
}

#[cfg(test)]
mod tests {
    use super::ClockLine;
    use crate::words::{Mono, RATE_HZ};

    /// Blocks of 480 samples from a card that runs `ppm` fast, each up to `late_ns` late in a repeatable way.
    fn run(line: &mut ClockLine, seconds: u64, ppm: f64, late_ns: u64) {
        let mut noise = 1u64;
        for block in 0..seconds as i64 * 100 {
            let sample = block * 480;
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let late = if late_ns == 0 { 0 } else { (noise >> 33) % late_ns };
            let true_ns = sample as f64 * 1e9 / (RATE_HZ as f64 * (1.0 + ppm * 1e-6));
            line.learn(sample, Mono(1_000_000_000 + true_ns as u64 + late));
        }
    }

    #[test]
    fn a_fast_card_is_learned_to_a_fraction_of_a_millisecond() {
        for ppm in [-300.0, -100.0, 0.0, 20.0, 300.0] {
            let mut line = ClockLine::new(Mono(1_000_000_000));
            run(&mut line, 120, ppm, 0);
            assert!((line.drift_ppm() - ppm).abs() < 2.0, "{ppm}: {}", line.drift_ppm());
            let sample = 119 * RATE_HZ as i64;
            let true_ns = 1e9 + sample as f64 * 1e9 / (RATE_HZ as f64 * (1.0 + ppm * 1e-6));
            let error_us = (line.mono_at(sample).0 as f64 - true_ns).abs() / 1e3;
            assert!(error_us < 200.0, "{ppm} ppm: {error_us} us");
            assert!(line.sample_at(line.mono_at(sample)).abs_diff(sample) <= 1);
        }
    }

    #[test]
    fn blocks_that_come_up_to_twenty_milliseconds_late_hardly_move_the_line() {
        let mut line = ClockLine::new(Mono(1_000_000_000));
        run(&mut line, 120, 50.0, 20_000_000);
        assert!((line.drift_ppm() - 50.0).abs() < 15.0, "{}", line.drift_ppm());
        let sample = 119 * RATE_HZ as i64;
        let true_ns = 1e9 + sample as f64 * 1e9 / (RATE_HZ as f64 * (1.0 + 50e-6));
        assert!((line.mono_at(sample).0 as f64 - true_ns).abs() < 1.5e6);
    }

    #[test]
    fn the_line_never_jumps() {
        let mut line = ClockLine::new(Mono(1_000_000_000));
        run(&mut line, 30, 200.0, 5_000_000);
        let mut last = line.mono_at(0);
        for sample in (480..28 * RATE_HZ as i64).step_by(480) {
            let here = line.mono_at(sample);
            let step = here.since(last);
            assert!((9_980_000..10_020_000).contains(&step), "at {sample}: {step}");
            last = here;
        }
    }
}
