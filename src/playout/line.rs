// SPDX-License-Identifier: MIT
//! Decoded sound that waits to be heard, and the place up to which it has been.
//!
//! ```text
//!  samples: | 8 heard, for the kernel |  unread ...........  |  free |
//!                                     ^ read + fraction      ^ end
//! ```

use super::resample::{AHEAD, Kernel, PAST};

/// The longest block that is mixed at once.
pub(super) const CHUNK: usize = 256;
/// The longest frame.
pub(super) const FRAME_MAX: usize = 960;
/// Two frames are laid down at once at most, on top of what a chunk wants.
const SAMPLES: usize = 8 * FRAME_MAX;

/// The line of one stream.
pub(super) struct Line {
    samples: Box<[f32; SAMPLES]>,
    read: usize,
    end: usize,
    fraction: f64,
}

impl Line {
    pub(super) fn new() -> Line {
        Line { samples: Box::new([0.0; SAMPLES]), read: PAST, end: PAST, fraction: 0.0 }
    }

    /// Samples not heard yet.
    pub(super) fn unread(&self) -> usize {
        self.end - self.read
    }

    /// The same as a place: how much of the line lies before its end.
    pub(super) fn left(&self) -> f64 {
        self.unread() as f64 - self.fraction
    }

    /// How many must lie unread to mix so many at this rate.
    pub(super) fn needed(&self, samples: usize, rate: f64) -> usize {
        (self.fraction + samples as f64 * rate) as usize + AHEAD + 1
    }

    /// Room for one more frame at the end.
    pub(super) fn push(&mut self, samples: usize) -> &mut [f32] {
        if self.end + samples > SAMPLES {
            let from = self.read - PAST;
            self.samples.copy_within(from..self.end, 0);
            (self.read, self.end) = (PAST, self.end - from);
        }
        let from = self.end.min(SAMPLES - samples);
        self.end = from + samples;
        &mut self.samples[from..self.end]
    }

    /// What is unread, to be changed.
    pub(super) fn unread_mut(&mut self) -> &mut [f32] {
        &mut self.samples[self.read..self.end]
    }

    /// Takes the next few out of the line, as if they had never been; what was heard stays.
    pub(super) fn cut(&mut self, samples: usize) {
        let samples = samples.min(self.unread());
        self.samples.copy_within(self.read + samples..self.end, self.read);
        self.end -= samples;
    }

    /// Adds the next samples to `out`, `rate` of ours to one of its; answers with the loudest. As many as
    /// [`needed`](Self::needed) must be there.
    pub(super) fn mix(&mut self, out: &mut [f32], rate: f64, kernel: &Kernel) -> f32 {
        let mut peak = 0.0_f32;
        let mut add = |out: &mut f32, sample: f32| {
            *out += sample;
            peak = peak.max(sample.abs());
        };
        if rate == 1.0 && self.fraction == 0.0 {
            let sound = &self.samples[self.read..self.end];
            out.iter_mut().zip(sound).for_each(|(out, sample)| add(out, *sample));
            self.read = (self.read + out.len()).min(self.end);
            return peak;
        }
        for out in out {
            let from = self.read + 1 - PAST;
            let Some(around) = self.samples.get(from..from + PAST + AHEAD) else { break };
            add(out, kernel.at(around, self.fraction));
            self.fraction += rate;
            let whole = self.fraction as usize;
            self.fraction -= whole as f64;
            self.read = (self.read + whole).min(self.end);
        }
        peak
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Line};
    use crate::playout::resample::Kernel;

    /// A tone through the line at a rate, and what differs from the tone at that rate, in decibels below it.
    fn purity_db(rate: f64, hz: f64) -> f64 {
        let (mut line, kernel) = (Line::new(), Kernel::new());
        let tone = |at: f64| (at * hz / 48_000.0 * core::f64::consts::TAU).sin();
        let (mut pushed, mut worst, mut pulled) = (0, 0.0_f64, 0);
        while pulled < 48_000 {
            while line.unread() < line.needed(CHUNK, rate) {
                line.push(240).iter_mut().for_each(|sample| {
                    *sample = tone(pushed as f64) as f32;
                    pushed += 1;
                });
            }
            let mut out = [0.0; CHUNK];
            line.mix(&mut out, rate, &kernel);
            for sample in out {
                if pulled > 100 {
                    worst = worst.max((f64::from(sample) - tone(pulled as f64 * rate)).abs());
                }
                pulled += 1;
            }
        }
        20.0 * worst.log10()
    }

    #[test]
    fn at_its_own_rate_sound_passes_bit_by_bit() {
        let (mut line, kernel) = (Line::new(), Kernel::new());
        let sound: Vec<f32> = (0..24_000).map(|n| (n as f32 * 0.37).sin()).collect();
        let mut out = Vec::new();
        for frame in sound.chunks(240) {
            line.push(240).copy_from_slice(frame);
            while line.unread() >= line.needed(CHUNK, 1.0) {
                let mut chunk = [0.0; CHUNK];
                line.mix(&mut chunk, 1.0, &kernel);
                out.extend(chunk);
            }
        }
        assert!(out.len() > 23_000);
        assert_eq!(out, sound[..out.len()]);
    }

    #[test]
    fn a_tone_stays_a_tone_at_every_rate() {
        for rate in [1.0001, 0.9999, 1.005, 0.995] {
            for hz in [100.0, 1000.0, 4000.0, 10_000.0] {
                let db = purity_db(rate, hz);
                assert!(db < -60.0, "{hz} Hz at {rate}: {db} dB");
            }
        }
    }
}
