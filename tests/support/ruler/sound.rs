// SPDX-License-Identifier: MIT
//! Decoded sound, and what the ruler in it tells: where the beeps are and which samples it begins with.

use hyperzoom::sync::ruler::{Tone, find_beeps, locate};

/// A decoded track of sound.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    /// 0 when there is no sound.
    pub rate_hz: u32,
    /// When a player plays the first sample.
    pub start_ns: i64,
    /// One list of samples a channel.
    pub channels: Vec<Vec<f32>>,
    /// Where the file's times do not agree with counted samples to half a millisecond: (sample, by nanoseconds).
    pub breaks: Vec<(usize, i64)>,
}

/// Sound is looked for in stretches of this length.
const STRETCH_MS: usize = 100;

/// At least this alike to be taken for what the source played.
const ALIKE: f64 = 0.5;

impl Sound {
    pub fn new(rate_hz: u32, channels: usize) -> Sound {
        Sound { rate_hz, start_ns: 0, channels: vec![Vec::new(); channels], breaks: Vec::new() }
    }

    /// Appends interleaved samples that begin at `pts_ns`.
    pub fn push(&mut self, pts_ns: i64, interleaved: &[f32]) {
        let at = self.len();
        if at == 0 {
            self.start_ns = pts_ns;
        }
        let counted = self.start_ns + (at as i128 * 1_000_000_000 / i128::from(self.rate_hz)) as i64;
        let known: i64 = self.breaks.iter().map(|(_, by)| by).sum();
        if (pts_ns - counted - known).abs() > 500_000 {
            self.breaks.push((at, pts_ns - counted - known));
        }
        let count = self.channels.len();
        for (channel, samples) in self.channels.iter_mut().enumerate() {
            samples.extend(interleaved.iter().skip(channel).step_by(count));
        }
    }

    /// Samples in each channel.
    pub fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// The times at which a player plays the beginning of each whole beep of the first channel.
    pub fn beeps_ns(&self) -> Vec<f64> {
        let Some(pcm) = self.channels.first() else { return Vec::new() };
        let beeps = find_beeps(pcm, self.rate_hz);
        beeps.iter().map(|beep| self.start_ns as f64 + beep.at * 1e9 / f64::from(self.rate_hz)).collect()
    }

    /// Looks for the absolute index of sample 0 of a channel, near `expected`, ignoring the decoder's fade-in.
    pub fn first_index(&self, channel: usize, tone: &Tone, expected: u64, reach: u64) -> Option<u64> {
        let skip = self.rate_hz as usize / 10;
        let pcm = self.channels.get(channel)?.get(skip..skip + self.stretch())?;
        let found = locate(pcm, tone, expected + skip as u64, reach)?;
        (found.likeness > ALIKE).then(|| found.index.saturating_sub(skip as u64))
    }

    fn stretch(&self) -> usize {
        self.rate_hz as usize * STRETCH_MS / 1000
    }
}
