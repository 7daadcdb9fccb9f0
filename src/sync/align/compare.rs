// SPDX-License-Identifier: MIT
//! Do two masters hear the same sound, and how far apart? Both are laid on the time line as estimated, and their
//! spectra are compared by phase alone, so that a voice through a loudspeaker and a room counts as much as the voice.
//!
//! ```text
//!  likeness            | the other's voice out of my loudspeaker: later by the way it took
//!          |           |                         |
//!   _______|___________0_________________________|________ lag of the second behind the first
//!          | the same, the other way round
//! ```
//!
//! What is heard at once in both (one room, or the beeps of one machine) lies near 0: its lag is the residual. What
//! crosses the call is late in both directions; where both are heard half of their difference is the residual, taking
//! the ways to be equally long. One direction alone says nothing about the residual, and is not used.

use super::fit::median;
use super::fourier::{Complex, transform};
use crate::words::RATE_HZ;

/// How much of both is compared at one place: five seconds and a half, a power of two.
pub const STRETCH_SAMPLES: usize = 1 << 18;

/// Sound from this far behind or in front is looked for: the longest way of a call that people bear.
const LAG_MAX: usize = RATE_HZ as usize * 6 / 10;

/// Below speech there is hum, above it little but noise.
const BAND_HZ: (f64, f64) = (150.0, 7_000.0);

/// A peak stands out by so many times the usual swing: chance reaches six in a stretch like this.
const OUTSTANDING: f64 = 9.0;

/// Nearer than this is heard at once: no call is so quick, and rooms are no larger.
const AT_ONCE_S: f64 = 0.008;

/// Places that agree lie within this of each other.
const AGREE_S: f64 = 0.004;

/// Fewer agreeing places are chance.
const PLACES_MIN: usize = 2;

/// What two masters have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// Nothing that could be held against each other.
    Nothing,
    /// The same sound at once: the second is late by so many seconds, as heard at so many places.
    AtOnce {
        /// The residual.
        late_s: f64,
        /// How far the places are apart.
        spread_s: f64,
        /// How many agree.
        places: usize,
    },
    /// Each hears the other's voice, later: half of the difference is the residual if both ways are equally long.
    BothWays {
        /// The residual.
        late_s: f64,
        /// How long the way is, on average.
        way_s: f64,
        /// How many agree, both directions together.
        places: usize,
    },
    /// Only one hears the other: a way whose length nobody knows.
    OneWay {
        /// The second is late by this, way included.
        late_s: f64,
        /// How many agree.
        places: usize,
    },
}

/// By how many seconds the second of two stretches, cut at the same moment of the time line, is late; one for each
/// peak that stands out, the best first.
pub fn lags(first: &[f32], second: &[f32]) -> Vec<f64> {
    let n = (first.len().max(second.len()) + LAG_MAX).next_power_of_two();
    // Two real stretches in one transform.
    let mut both: Vec<Complex> = vec![(0.0, 0.0); n];
    first.iter().zip(&mut both).for_each(|(sample, value)| value.0 = *sample);
    second.iter().zip(&mut both).for_each(|(sample, value)| value.1 = *sample);
    transform(&mut both);
    let band = |k: usize| {
        let hz = k.min(n - k) as f64 * RATE_HZ as f64 / n as f64;
        (BAND_HZ.0..BAND_HZ.1).contains(&hz)
    };
    let mut cross: Vec<Complex> = (0..n)
        .map(|k| {
            let (a, b) = (both[k], both[(n - k) % n]);
            let one = ((a.0 + b.0) / 2.0, (a.1 - b.1) / 2.0);
            let two = ((a.1 + b.1) / 2.0, (b.0 - a.0) / 2.0);
            // The first turned back times the second, with the length taken out: phase alone.
            let product = (one.0 * two.0 + one.1 * two.1, one.0 * two.1 - one.1 * two.0);
            let length = product.0.hypot(product.1);
            if band(k) && length > 1e-12 { (product.0 / length, product.1 / length) } else { (0.0, 0.0) }
        })
        .collect();
    // Transforming forward once more turns the lags round: place n - lag.
    transform(&mut cross);
    let likeness = |lag: i64| f64::from(cross[(n as i64 - lag).rem_euclid(n as i64) as usize].0);
    let reach = LAG_MAX as i64;
    let swing = (-reach..=reach).map(|lag| likeness(lag).powi(2)).sum::<f64>() / (2 * reach + 1) as f64;
    let threshold = OUTSTANDING * swing.sqrt().max(1e-9);
    let is_top = |lag: &i64| {
        let here = likeness(*lag);
        here > threshold && (lag - 48..=lag + 48).all(|near| likeness(near) <= here)
    };
    let mut tops: Vec<i64> = (-reach..=reach).filter(is_top).collect();
    tops.sort_by(|a, b| likeness(*b).total_cmp(&likeness(*a)));
    tops.iter().map(|&lag| refined(lag, &likeness) / RATE_HZ as f64).collect()
}

/// The top of the parabola through a lag and its neighbours.
fn refined(lag: i64, likeness: &impl Fn(i64) -> f64) -> f64 {
    let (before, at, after) = (likeness(lag - 1), likeness(lag), likeness(lag + 1));
    lag as f64 + (before - after) / (2.0 * (before - 2.0 * at + after)).min(-1e-12)
}

/// What all places together say.
pub fn compare(places: &[Vec<f64>]) -> Heard {
    let of =
        |wanted: &dyn Fn(f64) -> bool| agreeing(places.iter().filter_map(|p| p.iter().copied().find(|l| wanted(*l))));
    if let Some((late_s, spread_s, places)) = of(&|lag| lag.abs() <= AT_ONCE_S) {
        return Heard::AtOnce { late_s, spread_s, places };
    }
    match (of(&|lag| lag > AT_ONCE_S), of(&|lag| lag < -AT_ONCE_S)) {
        (Some((there, _, a)), Some((back, _, b))) => {
            Heard::BothWays { late_s: (there + back) / 2.0, way_s: (there - back) / 2.0, places: a + b }
        }
        (Some((late_s, _, places)), None) | (None, Some((late_s, _, places))) => Heard::OneWay { late_s, places },
        (None, None) => Heard::Nothing,
    }
}

/// The middle of those that agree, how far apart they are, and how many: if that is most of them.
fn agreeing(found: impl Iterator<Item = f64>) -> Option<(f64, f64, usize)> {
    let found: Vec<f64> = found.collect();
    let middle = median(found.iter().copied());
    let near: Vec<f64> = found.iter().copied().filter(|lag| (lag - middle).abs() <= AGREE_S).collect();
    let spread = near.iter().copied().fold(f64::MIN, f64::max) - near.iter().copied().fold(f64::MAX, f64::min);
    (near.len() >= PLACES_MIN && 2 * near.len() > found.len())
        .then(|| (median(near.iter().copied()), spread, near.len()))
}

#[cfg(test)]
mod tests {
    use super::{Heard, STRETCH_SAMPLES, compare, lags};
    use crate::sync::ruler::noise;

    /// Somebody's sound, and `level` of somebody else's, later.
    fn heard(own: u64, other: u64, level: f32, late: usize) -> Vec<f32> {
        let voice = |who: u64, n: usize| f32::from(noise(who * 1_000_000_007 + n as u64)) / 3_060.0;
        (0..STRETCH_SAMPLES).map(|n| voice(own, n + 100_000) + level * voice(other, n + 100_000 - late)).collect()
    }

    #[test]
    fn a_faint_voice_from_the_loudspeaker_is_found_to_the_sample() {
        let (alone, hearer) = (heard(1, 9, 0.0, 0), heard(2, 1, 0.1, 2_400));
        let found = lags(&alone, &hearer);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((found[0] - 0.05).abs() < 1e-5, "{found:?}");
        let back = lags(&hearer, &alone);
        assert!((back[0] + 0.05).abs() < 1e-5, "{back:?}");
    }

    #[test]
    fn strangers_have_nothing_in_common_and_neither_has_silence() {
        assert_eq!(lags(&heard(1, 9, 0.0, 0), &heard(2, 9, 0.0, 0)), [0.0; 0]);
        assert_eq!(lags(&[0.0; 4_800], &heard(2, 9, 0.0, 0)), [0.0; 0]);
        assert_eq!(lags(&[], &[]), [0.0; 0]);
    }

    #[test]
    fn ways_that_are_equally_long_cancel_and_one_way_alone_is_said_to_be_one() {
        let (late, way) = (0.001, 0.040);
        let both = [vec![way + late], vec![late - way], vec![late - way, way + late], vec![]];
        let Heard::BothWays { late_s, way_s, places } = compare(&both) else { panic!("{:?}", compare(&both)) };
        assert!((late_s - late).abs() < 1e-9 && (way_s - way).abs() < 1e-9 && places == 4);
        assert!(matches!(compare(&both[..1]), Heard::Nothing), "one place is chance");
        let one = [vec![0.041], vec![0.0411], vec![]];
        assert!(matches!(compare(&one), Heard::OneWay { places: 2, .. }));
        let same_room = [vec![0.002], vec![0.0021], vec![0.0019, -0.2]];
        assert!(matches!(compare(&same_room), Heard::AtOnce { places: 3, .. }));
        assert_eq!(compare(&[vec![0.1], vec![0.3], vec![0.5]]), Heard::Nothing);
        assert_eq!(compare(&[]), Heard::Nothing);
    }
}
