// SPDX-License-Identifier: MIT
//! Keeps the sum of all voices below full scale: down at once, up again in a tenth of a second. What stays below the
//! ceiling passes bit by bit.

/// A little below full scale, for what converters make between the samples.
const CEILING: f32 = 0.97;
/// Per sample: back to 1/e of the way in 100 ms.
const RELEASE: f32 = 1.0 / 4800.0;
/// So near to unity, a hundredth of a decibel, the rest is done at once.
const NEAR: f32 = 1e-3;

/// The gain that holds now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limiter {
    gain: f32,
}

impl Limiter {
    pub(super) fn new() -> Limiter {
        Limiter { gain: 1.0 }
    }

    pub(super) fn apply(&mut self, sound: &mut [f32]) {
        for sample in sound {
            let level = sample.abs();
            if self.gain == 1.0 && level <= CEILING {
                continue;
            }
            self.gain += (1.0 - self.gain) * RELEASE;
            if 1.0 - self.gain < NEAR {
                self.gain = 1.0;
            }
            if level * self.gain > CEILING {
                self.gain = CEILING / level;
            }
            *sample = (*sample * self.gain).clamp(-CEILING, CEILING);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CEILING, Limiter};

    #[test]
    fn below_the_ceiling_nothing_changes_and_above_it_nothing_passes() {
        let mut limiter = Limiter::new();
        let sound: Vec<f32> = (0..48_000).map(|n| 0.969 * (n as f32 * 0.1).sin()).collect();
        let mut out = sound.clone();
        limiter.apply(&mut out);
        assert_eq!(out, sound);
        let mut loud: Vec<f32> = sound.iter().map(|sample| sample * 4.0).collect();
        limiter.apply(&mut loud);
        let peak = loud.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
        assert!(peak <= CEILING && peak > 0.9 * CEILING, "{peak}");
        let mut out = sound.clone();
        (0..2).for_each(|_| {
            out.copy_from_slice(&sound);
            limiter.apply(&mut out);
        });
        assert_eq!(out, sound, "a second later it is as if nothing had been");
    }
}
