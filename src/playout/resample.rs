// SPDX-License-Identifier: MIT
//! Reads sound between its samples: a windowed sinc of 16 taps at 128 places between two samples, and straight lines
//! between those. At a whole sample it is that sample.
//!
//! ```text
//!   x[-7] .. x[-1] x[0] x[1] .. x[8]        fraction 0 is x[0], fraction 1 would be x[1]
//!                    ^ here
//! ```

/// Samples before and including the one at or before the place.
pub(super) const PAST: usize = 8;
/// Samples after it.
pub(super) const AHEAD: usize = 8;
const TAPS: usize = PAST + AHEAD;
/// As many taps at once, each with a sum of its own: the order of adding is then free for the processor's wide
/// registers. This loop is a quarter of all that hearing somebody costs.
const LANES: usize = 4;
const PLACES: usize = 128;
/// Of the Kaiser window: images lie 80 dB down.
const BETA: f64 = 8.0;

/// The table of taps.
pub(super) struct Kernel {
    rows: Box<[[f32; TAPS]]>,
}

impl Kernel {
    pub(super) fn new() -> Kernel {
        Kernel { rows: (0..=PLACES).map(row).collect() }
    }

    /// The value `fraction` after `around[PAST - 1]`, which is of 16 samples.
    pub(super) fn at(&self, around: &[f32], fraction: f64) -> f32 {
        let place = fraction.clamp(0.0, 1.0) * PLACES as f64;
        let index = (place as usize).min(PLACES - 1);
        let part = (place - index as f64) as f32;
        let (low, high) = (self.rows[index].as_chunks::<LANES>(), self.rows[index + 1].as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for ((samples, low), high) in around.as_chunks::<LANES>().0.iter().zip(low.0).zip(high.0) {
            for lane in 0..LANES {
                sums[lane] += samples[lane] * (low[lane] + part * (high[lane] - low[lane]));
            }
        }
        sums.iter().sum()
    }
}

fn row(place: usize) -> [f32; TAPS] {
    let fraction = place as f64 / PLACES as f64;
    let tap = |index: usize| {
        let away = index as f64 - (PAST - 1) as f64 - fraction;
        sinc(away) * kaiser(away / PAST as f64)
    };
    // At a whole sample the sinc is exactly one sample; rounding must not say otherwise.
    if place.is_multiple_of(PLACES) {
        return core::array::from_fn(|index| f32::from(u8::from(index == PAST - 1 + place / PLACES)));
    }
    let sum: f64 = (0..TAPS).map(tap).sum();
    core::array::from_fn(|index| (tap(index) / sum) as f32)
}

fn sinc(x: f64) -> f64 {
    let x = core::f64::consts::PI * x;
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

fn kaiser(x: f64) -> f64 {
    bessel(BETA * (1.0 - x * x).max(0.0).sqrt()) / bessel(BETA)
}

/// The modified Bessel function of order zero, by its series.
fn bessel(x: f64) -> f64 {
    let terms = (1..40).scan(1.0, |term, k| {
        *term *= (x / 2.0 / f64::from(k)).powi(2);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}
