// SPDX-License-Identifier: MIT
//! Reads sound between its samples, by a windowed sinc that is flat to 20 kHz.

use std::f64::consts::PI;

/// Neighbours on either side.
pub(super) const HALF: usize = 32;
/// Places between two samples that the table knows; between those, a straight line.
const PHASES: usize = 512;

/// The table of weights.
#[derive(Clone, Debug)]
pub(super) struct Kernel(Vec<[f32; 2 * HALF]>);

impl Kernel {
    pub(super) fn new() -> Kernel {
        Kernel((0..=PHASES).map(|phase| weights(phase as f64 / PHASES as f64)).collect())
    }

    /// The value `fraction` behind the last sample of the first half of these neighbours.
    pub(super) fn at(&self, around: &[f32], fraction: f64) -> f32 {
        let fine = fraction * PHASES as f64;
        let (phase, rest) = (fine.floor() as usize, (fine - fine.floor()) as f32);
        let (low, high) = (&self.0[phase], &self.0[(phase + 1).min(PHASES)]);
        let mut sums = [0.0_f32; 2];
        for (k, sample) in around.iter().enumerate().take(2 * HALF) {
            sums[0] += sample * low[k];
            sums[1] += sample * high[k];
        }
        sums[0] + (sums[1] - sums[0]) * rest
    }
}

/// The weights of the neighbours of a place `fraction` behind a sample.
fn weights(fraction: f64) -> [f32; 2 * HALF] {
    std::array::from_fn(|k| {
        let x = k as f64 - (HALF as f64 - 1.0) - fraction;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
        let turn = PI * x / HALF as f64;
        // Blackman's window: what leaks is 74 dB down.
        let window = if x.abs() > HALF as f64 { 0.0 } else { 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos() };
        (sinc * window) as f32
    })
}
