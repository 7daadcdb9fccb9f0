// SPDX-License-Identifier: MIT
//! Reading the ruler's sound: where beeps begin, and which samples a stretch of sound is. Both survive a lossy
//! codec, because they ask thousands of samples at once.

use super::sound::{BEEP_HZ, BEEP_MS, Tone};

/// A beep found in a stretch of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beep {
    /// Where it begins, in samples from the start of the stretch.
    pub at: f64,
    /// How loud it is: 0.5 as it was played.
    pub level: f64,
}

/// Quieter than this is no beep, whatever the rest sounds like.
const LEVEL_MIN: f64 = 0.02;

/// Three times what whitened noise has on average.
const LIMIT: f32 = 0.09;

/// A beep that lies whole inside the stretch is at least this loud against the loudest.
const WHOLE_LEVEL: f64 = 0.7;

/// Finds the beeps that lie whole inside `pcm`, to half a cycle at either end.
///
/// The strength of the pitch in a window of a beep's length peaks where the window covers the beep, which tells
/// its start to a fraction of a cycle; the phase there tells the fraction.
pub fn find_beeps(pcm: &[f32], rate_hz: u32) -> Vec<Beep> {
    let window = (rate_hz * BEEP_MS / 1000) as usize;
    let turn = std::f64::consts::TAU * f64::from(BEEP_HZ) / f64::from(rate_hz.max(1));
    let mut sums = Vec::with_capacity(pcm.len() + 1);
    let (mut re, mut im) = (0.0_f64, 0.0_f64);
    sums.push((re, im));
    for (n, &sample) in pcm.iter().enumerate() {
        let (sin, cos) = (n as f64 * turn).sin_cos();
        re += f64::from(sample) * cos;
        im -= f64::from(sample) * sin;
        sums.push((re, im));
    }
    let pitch = |p: usize| (sums[p + window].0 - sums[p].0, sums[p + window].1 - sums[p].1);
    let places = (pcm.len() + 1).saturating_sub(window);
    let levels: Vec<f64> = (0..places).map(|p| pitch(p).0.hypot(pitch(p).1) * 2.0 / window as f64).collect();
    let loudest = levels.iter().copied().fold(0.0, f64::max);
    let threshold = LEVEL_MIN.max(loudest * WHOLE_LEVEL);
    // Where a beep was cut, its window is as loud anywhere over the part that is left, and one of its outermost
    // cycles is silent.
    let cycle = (rate_hz / BEEP_HZ) as usize;
    let swing = |q: usize| (sums[q + cycle].0 - sums[q].0).hypot(sums[q + cycle].1 - sums[q].1) * 2.0 / cycle as f64;
    let is_whole = |start: f64, level: f64| {
        let start = start.round();
        let fits = start >= 0.0 && (start as usize) < places;
        fits && swing(start as usize).min(swing(start as usize + window - cycle)) > level / 2.0
    };
    let mut beeps = Vec::new();
    let mut p = 0;
    while p < places {
        if levels[p] < threshold {
            p += 1;
            continue;
        }
        let hill = p..(p + 2 * window).min(places);
        let end = hill.clone().find(|&q| levels[q] < threshold).unwrap_or(hill.end);
        let top = (p..end).max_by(|&a, &b| levels[a].total_cmp(&levels[b])).unwrap_or(p);
        let at = top as f64 - cycle_offset(pitch(top), top, turn);
        if is_whole(at, levels[top]) {
            beeps.push(Beep { at, level: levels[top] });
        }
        p = end.max(p + 1);
    }
    beeps
}

/// How many samples before `top` the sine crossed zero upwards, within half a cycle either way.
fn cycle_offset((re, im): (f64, f64), top: usize, turn: f64) -> f64 {
    let phase = im.atan2(re) + std::f64::consts::FRAC_PI_2 + top as f64 * turn;
    let wrapped = phase - std::f64::consts::TAU * (phase / std::f64::consts::TAU).round();
    wrapped / turn
}

/// Which samples a stretch of sound is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Absolute index of the stretch's first sample.
    pub index: u64,
    /// The same to a fraction, as lossy or resampled sound may have it: true place = `index + fraction`.
    pub fraction: f64,
    /// How alike they are: 1 for the same samples, near 0 for chance.
    pub likeness: f64,
}

/// Looks for `pcm` among the samples of `tone`, at most `reach` away from `expected`. The caller judges by
/// [`Found::likeness`] whether what was found is it; `None` if `pcm` is silent or too short (under 10 ms).
pub fn locate(pcm: &[f32], tone: &Tone, expected: u64, reach: u64) -> Option<Found> {
    let lags = [tone.rate_hz() as usize / BEEP_HZ as usize, tone.rate_hz() as usize / 4000];
    if pcm.len() < tone.rate_hz() as usize / 100 {
        return None;
    }
    let first = expected.saturating_sub(reach);
    let mut known = vec![0_i16; pcm.len() + (expected - first + reach) as usize];
    tone.fill(first, &mut known);
    let known: Vec<f32> = known.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    let (heard, known) = (whitened(pcm, lags), whitened(&known, lags));
    let energy = dot(&heard, &heard);
    if energy <= f32::EPSILON * heard.len() as f32 * 1e-3 {
        return None;
    }
    let likeness = |place: usize| {
        let stretch = &known[place..place + heard.len()];
        f64::from(dot(&heard, stretch)) / (f64::from(energy) * f64::from(dot(stretch, stretch))).sqrt().max(1e-12)
    };
    let scores: Vec<f64> = (0..=known.len() - heard.len()).map(likeness).collect();
    let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
    let fraction = if best == 0 || best + 1 == scores.len() {
        0.0
    } else {
        // The top of the parabola through the best place and its neighbours.
        let (before, at, after) = (scores[best - 1], scores[best], scores[best + 1]);
        (before - after) / (2.0 * (before - 2.0 * at + after)).min(-1e-9)
    };
    Some(Found { index: first + best as u64, fraction, likeness: scores[best] })
}

/// Takes out the beep (it repeats after a cycle) and the rumble, both of which look alike everywhere; what is left
/// of the beep, its two ends, is cut down to the size of the noise.
fn whitened(pcm: &[f32], [cycle, short]: [usize; 2]) -> Vec<f32> {
    let history = cycle + short;
    (history..pcm.len())
        .map(|n| ((pcm[n] - pcm[n - cycle]) - (pcm[n - short] - pcm[n - history])).clamp(-LIMIT, LIMIT))
        .collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums side by side: exact enough, and quick where the compiler does not reorder additions.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let whole = a.len() / 8 * 8;
    sums.iter().sum::<f32>() + a[whole..].iter().zip(&b[whole..]).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::{find_beeps, locate};
    use crate::sync::ruler::Tone;

    fn heard(tone: &Tone, first: u64, count: usize) -> Vec<f32> {
        let mut samples = vec![0; count];
        tone.fill(first, &mut samples);
        samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect()
    }

    #[test]
    fn beeps_are_found_to_a_fraction_of_a_sample() {
        let tone = Tone::new(48_000, 0.0);
        let beeps = find_beeps(&heard(&tone, 48_000 * 777 - 12_345, 150_000), 48_000);
        let at: Vec<f64> = beeps.iter().map(|beep| beep.at).collect();
        assert_eq!(at.len(), 3);
        for (at, expected) in at.iter().zip([12_345.0, 60_345.0, 108_345.0]) {
            assert!((at - expected).abs() < 0.2, "{at} {expected}");
        }
    }

    #[test]
    fn beeps_that_were_cut_are_not_counted() {
        let tone = Tone::new(48_000, 0.0);
        let beeps = find_beeps(&heard(&tone, 48_000 * 777 + 1_000, 48_000 + 400), 48_000);
        assert_eq!(beeps, []);
        assert_eq!(find_beeps(&heard(&tone, 48_000 * 777, 48_000), 48_000).len(), 1);
        assert_eq!(find_beeps(&heard(&tone, 48_000 * 777 - 9_600, 12_000), 48_000).len(), 1);
        assert_eq!(find_beeps(&[], 48_000), []);
    }

    #[test]
    fn a_beep_that_lost_only_a_little_is_in_its_place_or_not_counted() {
        let tone = Tone::new(48_000, 0.0);
        let whole = heard(&tone, 48_000 * 777 - 9_600, 21_600);
        for lost in 0..200 {
            let cut_off = find_beeps(&whole[9_600 + lost..], 48_000);
            let mut silenced = whole.clone();
            silenced[..9_600 + lost].fill(0.0);
            let mut ended = whole.clone();
            ended[12_000 - lost..].fill(0.0);
            let places = [(&cut_off, -(lost as f64)), (&find_beeps(&silenced, 48_000), 9_600.0)];
            for (beeps, place) in places.into_iter().chain([(&find_beeps(&ended, 48_000), 9_600.0)]) {
                assert!(lost < 36 || beeps.is_empty(), "{lost} lost: {beeps:?}");
                assert!(lost > 12 || beeps.len() == 1 || place < 0.0, "{lost} lost: {beeps:?}");
                assert!(beeps.iter().all(|beep| (beep.at - place).abs() < 0.5), "{lost} lost: {beeps:?}");
            }
        }
    }

    #[test]
    fn any_stretch_is_located_to_the_sample() {
        let tone = Tone::new(48_000, -37.0);
        for first in [5, 48_000 * 9_999 - 100, 48_000 * 123_456] {
            let found = locate(&heard(&tone, first, 1_500), &tone, first + 900, 1_000).expect("not silent");
            assert_eq!(found.index, first);
            assert!(found.likeness > 0.9999 && found.fraction.abs() < 0.05, "{found:?}");
        }
        let elsewhere = locate(&heard(&tone, 480_000_000, 1_500), &tone, 500_000_000, 1_000).expect("not silent");
        assert!(elsewhere.likeness < 0.3, "{elsewhere:?}");
        assert_eq!(locate(&[0.0; 1_500], &tone, 480_000, 100), None);
    }
}
