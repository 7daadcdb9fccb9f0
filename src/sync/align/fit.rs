// SPDX-License-Identifier: MIT
//! Where each sample of a master lies on the session clock: a line through what was estimated once a second, bent at
//! a few places where two crystals that warm up need it.
//!
//! ```text
//!  session ^                       . late estimate: left out
//!  minus   |  . .
//!  nominal |.    ' . ._____.___.___.___
//!          | rougher  knot        knot          one knot in ten minutes, and where a device changed
//!          +------------------------------> samples
//! ```
//!
//! Early pairs of a call count less, since the clocks had not talked for long; a pair that lies far from all others
//! counts nothing. A bend has to be worth more than the noise.

use crate::words::{RATE_HZ, Sample};

/// A crystal hardly changes in less.
const KNOT_SECONDS: f64 = 600.0;
/// More pieces than this no drift needs.
const PIECES_MAX: f64 = 32.0;
/// Two bends nearer than this are one.
const BEND_SECONDS: f64 = 10.0;

/// Until the call is this old its pairs weigh less; never less than the share below.
const SETTLED_SECONDS: f64 = 60.0;
const EARLY_WEIGHT: f64 = 0.05;

/// A crystal's rate against another's, and by how much it changes from one piece to the next.
const LIKELY_RATE: f64 = 100e-6;
const LIKELY_CHANGE: f64 = 0.5e-6;

/// Estimates are never believed to be better than this.
const NOISE_LEAST_S: f64 = 20e-6;
/// Pairs farther off than so many times the usual are left out.
const FAR: f64 = 6.0;
/// Rounds that only weigh down what is far, then rounds that leave it out.
const ROUNDS: [usize; 2] = [12, 8];

/// The mapping, piecewise linear.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFit {
    /// (sample, session clock in seconds), at least two, rising.
    knots: Vec<(f64, f64)>,
    /// How far the pairs that were used lie from the line, typically, in microseconds.
    pub spread_us: f64,
    /// How many pairs were used.
    pub used: usize,
    /// How many were left out, because all others contradict them.
    pub left_out: usize,
}

impl SessionFit {
    /// A master `length` samples long, with what was estimated and where its clock may have changed. Without a pair
    /// its first sample lies at `start_us`, and its clock is taken to be exact.
    pub fn of(pairs: &[(Sample, i64)], bends: &[Sample], length: Sample, start_us: i64) -> SessionFit {
        let end = length.max(RATE_HZ) as f64;
        let Some(&(sample, us)) = pairs.first().filter(|_| pairs.len() < 2) else {
            return match pairs.is_empty() {
                true => SessionFit::nominal(0.0, start_us as f64 / 1e6, end, 0),
                false => Fitting::new(pairs, bends).solved(end),
            };
        };
        SessionFit::nominal(sample as f64, us as f64 / 1e6, end, 1)
    }

    fn nominal(sample: f64, session_s: f64, end: f64, used: usize) -> SessionFit {
        let at = |s: f64| (s, session_s + (s - sample) / RATE_HZ as f64);
        SessionFit { knots: vec![at(0.0), at(end)], spread_us: 0.0, used, left_out: 0 }
    }

    /// The session clock at a sample, in seconds.
    pub fn session_at(&self, sample: f64) -> f64 {
        through(&self.knots, sample)
    }

    /// Which sample lies at a moment of the session clock; before 0 and behind the end the line goes on.
    pub fn sample_at(&self, session_s: f64) -> f64 {
        let turned: Vec<(f64, f64)> = self.knots.iter().map(|&(sample, session)| (session, sample)).collect();
        through(&turned, session_s)
    }

    /// The corners: (sample, session clock in seconds), the first at sample 0, the last at the end.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }

    /// How many parts per million more than 48,000 samples this master has in a second of the session, on the whole.
    pub fn drift_ppm(&self) -> f64 {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        ((last.0 - first.0) / RATE_HZ as f64 / (last.1 - first.1) - 1.0) * 1e6
    }
}

/// A piecewise line through rising corners.
pub fn through(corners: &[(f64, f64)], x: f64) -> f64 {
    let piece = corners[1..corners.len() - 1].iter().take_while(|corner| corner.0 <= x).count();
    let (a, b) = (corners[piece], corners[piece + 1]);
    a.1 + (b.1 - a.1) / (b.0 - a.0) * (x - a.0)
}

/// A fit under way. Values are seconds by which the session is ahead of the sample count.
struct Fitting {
    /// Seconds of the recording, and how far the session is ahead of a straight count there, less `level`.
    points: Vec<(f64, f64)>,
    weights: Vec<f64>,
    knots: Vec<f64>,
    /// Those of the knots where another device may have taken over.
    bends: Vec<f64>,
    level: f64,
}

impl Fitting {
    fn new(pairs: &[(Sample, i64)], bends: &[Sample]) -> Fitting {
        let seconds = |sample: Sample| sample as f64 / RATE_HZ as f64;
        let raw = pairs.iter().map(|&(sample, us)| (seconds(sample), us as f64 / 1e6 - seconds(sample)));
        let mut points: Vec<(f64, f64)> = raw.collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let level = median(points.iter().map(|p| p.1));
        points.iter_mut().for_each(|p| p.1 -= level);
        let (first, last) = (points[0].0, points[points.len() - 1].0.max(points[0].0 + 1.0));
        let weights = points.iter().map(|p| ((p.0 - first) / SETTLED_SECONDS).clamp(EARLY_WEIGHT, 1.0)).collect();
        let pieces = ((last - first) / KNOT_SECONDS).round().clamp(1.0, PIECES_MAX);
        let mut knots: Vec<f64> = (0..=pieces as usize).map(|k| first + (last - first) * k as f64 / pieces).collect();
        let mut kept: Vec<f64> = Vec::new();
        for bend in bends.iter().map(|&sample| seconds(sample)) {
            let apart = |other: &f64| (other - bend).abs() >= BEND_SECONDS;
            if kept.iter().all(apart) && apart(&first) && apart(&last) && bend > first && bend < last {
                knots.retain(apart);
                knots.push(bend);
                kept.push(bend);
            }
        }
        knots.sort_by(f64::total_cmp);
        Fitting { points, weights, knots, bends: kept, level }
    }

    fn solved(&self, end: f64) -> SessionFit {
        let mut weights = self.weights.clone();
        let mut noise = NOISE_LEAST_S;
        let mut heights = self.heights(&weights, 1e-3);
        for round in 0..ROUNDS[0] + ROUNDS[1] {
            let off = self.off(&heights);
            noise = (1.4826 * median(off.iter().map(|r| r.abs()))).max(NOISE_LEAST_S);
            let kept = |r: f64| match round < ROUNDS[0] {
                true => (noise / r.abs()).min(1.0),
                false => (1.0 - (r / (FAR * noise)).powi(2)).max(0.0).powi(2),
            };
            weights = self.weights.iter().zip(&off).map(|(w, r)| w * kept(*r)).collect();
            heights = self.heights(&weights, noise);
        }
        let off = self.off(&heights);
        let left_out = off.iter().filter(|r| r.abs() >= FAR * noise).count();
        let used = off.iter().filter(|r| r.abs() < FAR * noise).map(|r| r.abs());
        SessionFit {
            spread_us: median(used) * 1e6,
            used: off.len() - left_out,
            left_out,
            knots: self.corners(&heights, end),
        }
    }

    /// The corners in samples and session seconds, from sample 0 to the end.
    fn corners(&self, heights: &[f64], end: f64) -> Vec<(f64, f64)> {
        let line: Vec<(f64, f64)> = self.knots.iter().copied().zip(heights.iter().copied()).collect();
        let end = end / RATE_HZ as f64;
        let inner = self.knots[1..self.knots.len() - 1].iter().copied().filter(|k| *k > 0.0 && *k < end);
        let seconds = std::iter::once(0.0).chain(inner).chain(std::iter::once(end));
        seconds.map(|t| (t * RATE_HZ as f64, t + through(&line, t) + self.level)).collect()
    }

    fn off(&self, heights: &[f64]) -> Vec<f64> {
        let line: Vec<(f64, f64)> = self.knots.iter().copied().zip(heights.iter().copied()).collect();
        self.points.iter().map(|p| p.1 - through(&line, p.0)).collect()
    }

    /// The heights of the knots with the least squares: of the points in units of their noise, of the rate and its
    /// changes in units of what is likely.
    fn heights(&self, weights: &[f64], noise: f64) -> Vec<f64> {
        let n = self.knots.len();
        let mut normal = vec![vec![0.0; n + 1]; n];
        let mut add = |terms: &[(usize, f64)], right: f64, weight: f64| {
            for &(row, a) in terms {
                for &(column, b) in terms {
                    normal[row][column] += weight * a * b;
                }
                normal[row][n] += weight * a * right;
            }
        };
        for (point, weight) in self.points.iter().zip(weights) {
            let k = self.knots[1..n - 1].iter().take_while(|knot| **knot <= point.0).count();
            let share = (point.0 - self.knots[k]) / (self.knots[k + 1] - self.knots[k]);
            add(&[(k, 1.0 - share), (k + 1, share)], point.1, weight / (noise * noise));
        }
        let width = |k: usize| self.knots[k + 1] - self.knots[k];
        let whole = self.knots[n - 1] - self.knots[0];
        add(&[(0, -1.0 / whole), (n - 1, 1.0 / whole)], 0.0, LIKELY_RATE.powi(-2));
        for k in 1..n - 1 {
            let (before, after) = (1.0 / width(k - 1), 1.0 / width(k));
            let likely = if self.bends.contains(&self.knots[k]) { LIKELY_RATE } else { LIKELY_CHANGE };
            add(&[(k - 1, before), (k, -before - after), (k + 1, after)], 0.0, likely.powi(-2));
        }
        // The level of all is free; a touch of gravity keeps the equations sound where every weight is nothing.
        (0..n).for_each(|k| add(&[(k, 1.0)], 0.0, 1e-3));
        solve(normal)
    }
}

/// Gauss with the largest pivot; each row ends with its right-hand side.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        rows.swap(column, pivot.expect("there is a row left"));
        let pivot = rows[column].clone();
        for row in rows.iter_mut().skip(column + 1) {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).skip(column).for_each(|(value, p)| *value -= factor * p);
        }
    }
    let mut found = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| rows[row][column] * found[column]).sum();
        found[row] = (rows[row][n] - known) / rows[row][row];
    }
    found
}

/// The middle one; 0 of nothing.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::SessionFit;
    use crate::sync::ruler::noise;

    /// A pair a second of a clock `ppm` fast, with up to `jitter_us` of noise.
    fn pairs(seconds: u64, ppm: f64, jitter_us: f64, truth: impl Fn(f64) -> f64) -> Vec<(u64, i64)> {
        let pair = |n: u64| {
            let t = n as f64;
            let jitter = f64::from(noise(n * 7_919)) / 3_060.0 * 3.0 * jitter_us;
            (n * 48_000, (5e6 + t * 1e6 / (1.0 + ppm * 1e-6) + truth(t) + jitter) as i64)
        };
        (0..seconds).map(pair).collect()
    }

    #[test]
    fn an_hour_at_eighty_ppm_is_known_to_a_tenth_of_a_millisecond_from_start_to_end() {
        let pairs = pairs(3_600, 80.0, 100.0, |_| 0.0);
        let fit = SessionFit::of(&pairs, &[], 3_600 * 48_000, 0);
        assert!((fit.drift_ppm() - 80.0).abs() < 0.05, "{}", fit.drift_ppm());
        for t in [0.0, 1_800.0, 3_600.0] {
            let error = fit.session_at(t * 48_000.0) - (5.0 + t / (1.0 + 80e-6));
            assert!(error.abs() < 1e-4, "{t}: {error}");
            assert!((fit.sample_at(fit.session_at(t * 48_000.0)) - t * 48_000.0).abs() < 1e-6);
        }
        assert!(fit.left_out < 20 && fit.spread_us < 150.0, "{fit:?}");
    }

    #[test]
    fn rough_early_estimates_and_a_wrong_late_one_do_not_bend_the_line() {
        let mut pairs = pairs(300, -80.0, 50.0, |t| if t < 20.0 { 3_000.0 * (1.0 - t / 20.0) } else { 0.0 });
        pairs.iter_mut().skip(285).for_each(|p| p.1 += 20_000);
        let fit = SessionFit::of(&pairs, &[], 300 * 48_000, 0);
        for t in [0.0, 150.0, 300.0] {
            let error = fit.session_at(t * 48_000.0) - (5.0 + t / (1.0 - 80e-6));
            assert!(error.abs() < 1e-4, "{t}: {error} {fit:?}");
        }
        assert!((15..40).contains(&fit.left_out), "{fit:?}");
    }

    #[test]
    fn a_crystal_that_warms_up_is_followed() {
        // From 80 to 77 ppm in an hour: a straight line would be 1.4 ms off in the middle.
        let bent = |t: f64| 3.0 * t * t / 7_200.0;
        let pairs = pairs(3_600, 80.0, 100.0, bent);
        let fit = SessionFit::of(&pairs, &[], 3_600 * 48_000, 0);
        for t in [0.0, 900.0, 1_800.0, 2_700.0, 3_599.0] {
            let error = fit.session_at(t * 48_000.0) - (5.0 + t / (1.0 + 80e-6) + bent(t) / 1e6);
            assert!(error.abs() < 2e-4, "{t}: {error}");
        }
    }

    #[test]
    fn another_microphone_in_the_middle_has_another_rate() {
        let kink = |t: f64| if t > 200.0 { (t - 200.0) * 100.0 } else { 0.0 };
        let pairs = pairs(400, 0.0, 50.0, kink);
        let fit = SessionFit::of(&pairs, &[200 * 48_000], 400 * 48_000, 0);
        for t in [0.0, 195.0, 205.0, 399.0] {
            let error = fit.session_at(t * 48_000.0) - (5.0 + t + kink(t) / 1e6);
            assert!(error.abs() < 7e-4, "{t}: {error}");
        }
    }

    #[test]
    fn few_pairs_or_none_place_a_master_too() {
        let none = SessionFit::of(&[], &[], 480_000, 2_500_000);
        assert_eq!((none.session_at(0.0), none.session_at(480_000.0), none.used), (2.5, 12.5, 0));
        let one = SessionFit::of(&[(48_000, 3_000_000)], &[], 480_000, 0);
        assert_eq!((one.session_at(0.0), one.drift_ppm().round()), (2.0, 0.0));
        let two = SessionFit::of(&[(0, 1_000_000), (48_000, 2_000_000)], &[], 480_000, 0);
        assert!((two.session_at(480_000.0) - 11.0).abs() < 1e-6);
    }
}
