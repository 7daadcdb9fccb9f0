// SPDX-License-Identifier: MIT
//! A plain Fourier transform in place, for lengths that are powers of two: all that correlating needs.

use std::f64::consts::TAU;

/// A number with two parts.
pub(super) type Complex = (f32, f32);

/// Transforms in place; twice gives the beginning back, times the length and backwards.
pub(super) fn transform(values: &mut [Complex]) {
    let n = values.len();
    assert!(n.is_power_of_two(), "the caller pads");
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - n.trailing_zeros()).min(usize::BITS - 1);
        if i < j {
            values.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        let turn = |k: usize| (-TAU * k as f64 / (2 * half) as f64).sin_cos();
        let turns: Vec<Complex> = (0..half).map(turn).map(|(sin, cos)| (cos as f32, sin as f32)).collect();
        for block in values.chunks_exact_mut(2 * half) {
            let (left, right) = block.split_at_mut(half);
            for ((a, b), w) in left.iter_mut().zip(right).zip(&turns) {
                let turned = (b.0 * w.0 - b.1 * w.1, b.0 * w.1 + b.1 * w.0);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::transform;

    #[test]
    fn a_tone_becomes_one_line_and_comes_back() {
        let tone = |n: usize| ((std::f64::consts::TAU * 5.0 * n as f64 / 64.0).cos() as f32, 0.0);
        let mut values: Vec<_> = (0..64).map(tone).collect();
        transform(&mut values);
        for (k, value) in values.iter().enumerate() {
            let expected = if k == 5 || k == 59 { 32.0 } else { 0.0 };
            assert!((value.0 - expected).abs() < 1e-4 && value.1.abs() < 1e-4, "{k}: {value:?}");
        }
        transform(&mut values);
        for n in 0..64 {
            assert!((values[(64 - n) % 64].0 / 64.0 - tone(n).0).abs() < 1e-5);
        }
        let mut one = [(3.0, 4.0)];
        transform(&mut one);
        assert_eq!(one, [(3.0, 4.0)]);
    }
}
