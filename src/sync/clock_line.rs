// SPDX-License-Identifier: MIT
//! How a sound card's clock runs against the machine's: a piecewise line from recording samples to monotonic time.
//!
//! Each block of sound brings one pair (sample, time). A pair can be late, because a thread was, but hardly ever
//! early, so the smallest residual of each second counts and the rest is noise. A line through the minima of the
//! last minute gives offset and rate; through the middles of up to an hour where stamps are a program's and err both
//! ways, as long as they lie on one line. The line that others read never jumps: once a second it gets a new slope
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

/// The sample rates that a line can be made for: from a telephone to the finest of studios.
pub const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// One minimum a second for about a minute: long enough to average jitter out, short enough to follow a crystal
/// that warms up.
const MINIMA_MAX: usize = 64;

/// Stamps of a program are many times as unsteady as those of a device. For them the line goes through an hour ...
const MIDDLES_MAX: usize = 3_600;
/// ... as long as the last half minute lies on it but for chance, in standard deviations; if not, the older half is
/// forgotten, and so on down to the minute that is looked at for devices.
const RECENT: usize = 32;
const CHANCE: f64 = 4.0;

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

/// So many pairs of a second are looked at for its middle; more of them would not make it truer.
const PAIRS_MAX: usize = 1024;

/// Stamps that are equally likely within bounds reach as far from their median as their quarters are apart.
const HONEST_REACH: f64 = 1.25;

/// What the pairs of a second are worth, which depends on who stamps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Stamps of a device: late now and then, hardly ever early, so the earliest is the true one.
    Earliest,
    /// Stamps of a program: too early as often as too late, so the truth lies in the middle.
    Middle,
}

/// The second that is being measured.
#[derive(Clone, Debug)]
struct Second {
    number: i64,
    /// Its smallest residual so far, and where.
    lowest: (f64, f64),
    /// All of them, where the middle is asked for.
    all: Vec<(f64, f64)>,
}

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
    rate_hz: u32,
    /// How long a sample lasts by its name.
    nominal_ns: f64,
    reading: Reading,
    sections: VecDeque<Section>,
    minima: VecDeque<(f64, f64)>,
    second: Option<Second>,
    /// The slope of the device before this one, until this one has one of its own.
    known_slope: f64,
}

impl Second {
    /// The one point that the line is fitted to.
    fn point(&self) -> (f64, f64) {
        if self.all.is_empty() {
            return self.lowest;
        }
        let mean_x = self.all.iter().map(|p| p.0).sum::<f64>() / self.all.len() as f64;
        (mean_x, middle(self.all.iter().map(|p| p.1).collect()))
    }
}

/// The mean of what lies about the middle. What is farther from the median than the quarters of unsteady but honest
/// stamps are apart, and a little, is a thread that slept, which on one side only would draw the middle of the rest to
/// itself. 0 for nothing.
pub(super) fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let at = |quarters: usize| values[last * quarters / 4];
    let (median, reach) = (at(2), (at(3) - at(1)) * HONEST_REACH);
    let honest = || values.iter().filter(|v| (**v - median).abs() <= reach);
    honest().sum::<f64>() / honest().count() as f64
}

impl ClockLine {
    /// Sample 0 of a device at the master's rate lies at `origin`; the rate is nominal until pairs say otherwise.
    pub fn new(origin: Mono) -> ClockLine {
        ClockLine::with(origin, RATE_HZ as u32, Reading::Earliest)
    }

    /// The same at any of [`RATES_HZ`], with stamps of any origin.
    pub fn with(origin: Mono, rate_hz: u32, reading: Reading) -> ClockLine {
        let nominal_ns = 1e9 / f64::from(rate_hz);
        let first = Section { sample: 0, mono_ns: 0.0, ns_per_sample: nominal_ns };
        ClockLine {
            origin,
            rate_hz,
            nominal_ns,
            reading,
            sections: VecDeque::from([first]),
            minima: VecDeque::new(),
            second: None,
            known_slope: 0.0,
        }
    }

    /// The time of sample 0 at the beginning; later it is only a mark.
    pub fn origin(&self) -> Mono {
        self.origin
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
        let number = sample.div_euclid(i64::from(self.rate_hz));
        let pair = (sample as f64, at.since(self.origin) as f64 - sample as f64 * self.nominal_ns);
        let middle = self.reading == Reading::Middle;
        match &mut self.second {
            Some(second) if second.number == number => {
                if pair.1 < second.lowest.1 {
                    second.lowest = pair;
                }
                if middle && second.all.len() < PAIRS_MAX {
                    second.all.push(pair);
                }
            }
            _ => {
                let all = if middle { vec![pair] } else { Vec::new() };
                if let Some(full) = self.second.replace(Second { number, lowest: pair, all }) {
                    self.minima.push_back(full.point());
                    let most = if middle { MIDDLES_MAX } else { MINIMA_MAX };
                    if self.minima.len() > most {
                        self.minima.pop_front();
                    }
                    self.forget();
                    self.bend(sample);
                }
            }
        }
    }

    /// Forgets what was measured, keeps the line: the next device has its own clock, but time goes on.
    pub fn change_device(&mut self) {
        self.known_slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        self.minima.clear();
        self.second = None;
    }

    /// Jumps onto what was measured so far. Only for the time before anybody has used the line.
    pub fn snap(&mut self, sample: i64) {
        if let Some(second) = &self.second {
            self.minima.push_back(second.point());
        }
        if let Some((offset, slope)) = self.fit() {
            let mono_ns = sample as f64 * (self.nominal_ns + slope) + offset;
            self.sections = VecDeque::from([Section { sample, mono_ns, ns_per_sample: self.nominal_ns + slope }]);
        }
        self.second = None;
    }

    /// The microphone is gone: from `sample` on the last known rate carries on, without the bend that was under way
    /// to correct a place.
    pub fn coast(&mut self, sample: i64) {
        let mono_ns = self.sections[self.sections.len() - 1].mono_at(sample as f64);
        let slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        self.push(Section { sample, mono_ns, ns_per_sample: self.nominal_ns + slope });
    }

    /// How fast the sound card's clock runs, in parts per million of the machine's: positive is fast.
    pub fn drift_ppm(&self) -> f64 {
        let slope = self.fit().map_or(self.known_slope, |(_, slope)| slope);
        (self.nominal_ns / (self.nominal_ns + slope) - 1.0) * 1e6
    }

    /// Gives the line a new slope from `sample` on, which reaches the fit one second later.
    fn bend(&mut self, sample: i64) {
        let Some((offset, slope)) = self.fit() else { return };
        let target_sample = (sample + i64::from(self.rate_hz)) as f64;
        let target = target_sample * self.nominal_ns + offset + slope * target_sample;
        let now = self.sections[self.sections.len() - 1].mono_at(sample as f64);
        let limit = self.nominal_ns * BEND_PPM_MAX * 1e-6;
        let slope_wanted = (target - now) / f64::from(self.rate_hz) - self.nominal_ns;
        let ns_per_sample = self.nominal_ns + slope_wanted.clamp(-limit, limit);
        self.push(Section { sample, mono_ns: now, ns_per_sample });
    }

    fn push(&mut self, section: Section) {
        self.sections.push_back(section);
        if self.sections.len() > SECTIONS_MAX {
            self.sections.pop_front();
        }
    }

    /// Lets go of a past that the present does not lie on a straight line with.
    fn forget(&mut self) {
        while self.minima.len() > MINIMA_MAX {
            let Some((offset, slope)) = self.fit() else { return };
            let off = |&(x, r): &(f64, f64)| r - offset - slope * x;
            let all = self.minima.iter().map(|m| off(m).powi(2)).sum::<f64>() / self.minima.len() as f64;
            let noise_ns = all.sqrt().max(LEAST_NOISE_NS);
            let recent_ns = self.minima.iter().rev().take(RECENT).map(off).sum::<f64>() / RECENT as f64;
            if recent_ns.abs() <= CHANCE * noise_ns / (RECENT as f64).sqrt() {
                return;
            }
            let half = (self.minima.len() / 2).max(MINIMA_MAX);
            self.minima.drain(..self.minima.len() - half);
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
        let ridge = (noise_ns / LIKELY_SLOPE / self.nominal_ns).powi(2);
        let limit = self.nominal_ns * RATE_PPM_MAX * 1e-6;
        let slope = (sxr / (sxx + ridge)).clamp(-limit, limit);
        Some((mean_r - slope * mean_x, slope))
    }
}

#[cfg(test)]
mod tests {
    use super::{ClockLine, Reading};
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

    #[test]
    fn stamps_that_err_both_ways_are_read_in_their_middle_at_any_rate() {
        for (rate_hz, ppm) in [(8_000, 100.0), (44_100, -100.0), (192_000, 50.0)] {
            let origin = Mono(1_000_000_000);
            let mut line = ClockLine::with(origin, rate_hz, Reading::Middle);
            let true_ns = |sample: i64| sample as f64 * 1e9 / (f64::from(rate_hz) * (1.0 + ppm * 1e-6));
            let (step, mut noise) = (i64::from(rate_hz / 100), 1u64);
            for block in 0..12_000 {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let late = match block % 50 {
                    0 => 40e6,
                    _ => ((noise >> 33) % 10_000_000) as f64 - 5e6,
                };
                line.learn(block * step, Mono(origin.0.saturating_add_signed((true_ns(block * step) + late) as i64)));
            }
            assert!((line.drift_ppm() - ppm).abs() < 10.0, "{rate_hz}: {}", line.drift_ppm());
            let error = line.mono_at(12_000 * step).since(origin) as f64 - true_ns(12_000 * step);
            assert!(error.abs() < 5e5, "{rate_hz}: {error} ns");
        }
    }
}
