// SPDX-License-Identifier: MIT
//! Where every sample of a track lies and when it is shown, kept small: about 4 bytes a sample (its size) and
//! 24 bytes a chunk; times, composition offsets and key frames are run lengths. An hour of 30 pictures and 47
//! sound packets a second is 1.2 MB.

use std::fmt::Debug;

/// More samples of different sizes than this are refused: 64 Mi are two days of the smallest Opus packets, and
/// their sizes take 256 MB. Samples of one size (PCM) cost nothing and are not limited by this.
const SAMPLES_MAX: u64 = 1 << 26;

/// No time may lie behind this, so that sums and differences of times can't overflow: three thousand years at
/// the finest time scale there is.
const TIME_MAX: u64 = 1 << 60;

/// Time units by which rounding may displace a sample: a muxer that counts in nanoseconds is off by one, and
/// again where a fragment begins.
const ROUNDING_MAX: i64 = 2;

/// Values that mostly repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs<T>(Vec<(u32, T)>);

impl<T: Copy + PartialEq> Runs<T> {
    pub(crate) fn push(&mut self, value: T, count: u32) {
        if count == 0 {
            return;
        }
        if let Some((length, last)) = self.0.last_mut()
            && *last == value
            && let Some(sum) = length.checked_add(count)
        {
            *length = sum;
            return;
        }
        self.0.push((count, value));
    }

    /// Gives the last value another one.
    pub(crate) fn replace_last(&mut self, value: T) {
        if !self.0.is_empty() {
            self.pop();
            self.push(value, 1);
        }
    }

    /// Takes the last value away.
    pub(crate) fn pop(&mut self) {
        if let Some((length, _)) = self.0.last_mut() {
            *length -= 1;
            if *length == 0 {
                self.0.pop();
            }
        }
    }

    /// The runs: how often, what.
    pub fn runs(&self) -> &[(u32, T)] {
        &self.0
    }

    /// Every value.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().flat_map(|&(length, value)| std::iter::repeat_n(value, length as usize))
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|&(length, _)| u64::from(length)).sum()
    }
}

/// The sizes of all samples in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// All alike.
    Same {
        /// Of each.
        size: u32,
        /// How many samples.
        count: u32,
    },
    /// One by one.
    Each(Vec<u32>),
}

impl Sizes {
    /// How many samples there are.
    pub fn count(&self) -> u32 {
        match self {
            Sizes::Same { count, .. } => *count,
            Sizes::Each(sizes) => sizes.len() as u32,
        }
    }

    fn push(&mut self, more: u32, times: u32) -> Result<(), TooMany> {
        let sum = self.count().checked_add(times).ok_or(TooMany)?;
        if more == 0 && u64::from(sum) > SAMPLES_MAX {
            // Samples without bytes cost the file nothing, but the table of a finished one four bytes each.
            return Err(TooMany);
        }
        match self {
            Sizes::Same { size, count } if *size == more || *count == 0 => {
                *self = Sizes::Same { size: more, count: sum };
            }
            _ if u64::from(sum) > SAMPLES_MAX => return Err(TooMany),
            Sizes::Same { size, count } => {
                let mut each = vec![*size; *count as usize];
                each.resize(sum as usize, more);
                *self = Sizes::Each(each);
            }
            Sizes::Each(each) => each.resize(sum as usize, more),
        }
        Ok(())
    }

    /// Takes the last one away; answers its size.
    fn pop(&mut self) -> u32 {
        match self {
            Sizes::Same { size, count } => {
                *count = count.saturating_sub(1);
                *size
            }
            Sizes::Each(sizes) => sizes.pop().unwrap_or(0),
        }
    }

    /// Bytes of `count` samples from number `first` on.
    pub(crate) fn bytes(&self, first: u32, count: u32) -> u64 {
        match self {
            Sizes::Same { size, .. } => u64::from(*size) * u64::from(count),
            Sizes::Each(sizes) => {
                let end = (first as usize).saturating_add(count as usize).min(sizes.len());
                sizes.get(first as usize..end).unwrap_or(&[]).iter().map(|&size| u64::from(size)).sum()
            }
        }
    }
}

/// Samples that lie one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where the first of them begins in the file.
    pub at: u64,
    /// Behind the last of them.
    pub end: u64,
    /// How many.
    pub samples: u32,
    /// Which sample description they need, from 1.
    pub description: u32,
}

/// One sample, or several that are alike, as a fragment describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alike {
    pub(crate) count: u32,
    pub(crate) dts: u64,
    pub(crate) duration: u32,
    pub(crate) size: u32,
    pub(crate) composition: i32,
    pub(crate) sync: bool,
    pub(crate) at: u64,
    pub(crate) description: u32,
}

/// There are more samples than any recording can have.
#[derive(Debug)]
pub(crate) struct TooMany;

/// Why a sample can't follow the one before it.
#[derive(Debug)]
pub(crate) enum Misfit {
    TooMany,
    /// Its decoding time lies before that of its predecessor.
    Backwards,
    /// Its decoding time lies further ahead than a table can say.
    TooFar,
}

/// The duration that most samples have, if most have the same, found in one pass: each sample votes for its own, and
/// against the one that leads.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    leads: u32,
    votes: u64,
}

impl Usual {
    fn vote(&mut self, duration: u32, samples: u32) {
        let samples = u64::from(samples);
        (self.leads, self.votes) = match self.votes.checked_sub(samples) {
            _ if duration == self.leads => (duration, self.votes + samples),
            Some(left) => (self.leads, left),
            None => (duration, samples - self.votes),
        };
    }
}

/// Every sample of a track.
#[derive(Clone, Debug)]
pub struct Samples {
    /// The decoding time of the first sample, as the fragments count.
    pub first_dts: u64,
    /// Where the decoding time of the next sample is expected.
    pub next_dts: u64,
    last_dts: u64,
    usual: Usual,
    /// Durations.
    pub deltas: Runs<u32>,
    /// Composition offsets.
    pub compositions: Runs<i32>,
    /// Which samples are key frames.
    pub syncs: Runs<bool>,
    /// Sizes in bytes.
    pub sizes: Sizes,
    /// Places in the file.
    pub chunks: Vec<Chunk>,
}

impl Default for Samples {
    fn default() -> Samples {
        Samples {
            first_dts: 0,
            next_dts: 0,
            last_dts: 0,
            usual: Usual::default(),
            deltas: Runs::default(),
            compositions: Runs::default(),
            syncs: Runs::default(),
            sizes: Sizes::Same { size: 0, count: 0 },
            chunks: Vec::new(),
        }
    }
}

impl Samples {
    /// How many samples.
    pub fn count(&self) -> u32 {
        self.sizes.count()
    }

    /// The sum of all durations.
    pub fn duration(&self) -> u64 {
        self.next_dts - self.first_dts
    }

    /// Bytes of all samples.
    pub fn bytes(&self) -> u64 {
        self.sizes.bytes(0, self.count())
    }

    /// How long a sample is about which nothing is said: as most are. The one before it may have been a long one.
    pub(crate) fn usual_duration(&self) -> u32 {
        self.usual.leads
    }

    pub(crate) fn push(&mut self, new: Alike) -> Result<(), Misfit> {
        if new.count == 0 {
            return Ok(());
        }
        let length = u64::from(new.duration).checked_mul(u64::from(new.count)).ok_or(Misfit::TooFar)?;
        let end = new.dts.checked_add(length).filter(|&end| end <= TIME_MAX).ok_or(Misfit::TooFar)?;
        self.sizes.push(new.size, new.count).map_err(|TooMany| Misfit::TooMany)?;
        if self.syncs.0.is_empty() {
            self.first_dts = new.dts;
        } else if new.dts != self.next_dts {
            let delta = new.dts.checked_sub(self.last_dts).ok_or(Misfit::Backwards)?;
            self.deltas.replace_last(u32::try_from(delta).map_err(|_| Misfit::TooFar)?);
        }
        self.usual.vote(new.duration, new.count);
        self.deltas.push(new.duration, new.count);
        self.compositions.push(new.composition, new.count);
        self.syncs.push(new.sync, new.count);
        self.last_dts = end - u64::from(new.duration);
        self.next_dts = end;
        self.place(new);
        Ok(())
    }

    /// The decoding time of the last one.
    pub(crate) fn last_dts(&self) -> u64 {
        self.last_dts
    }

    /// Takes away the last ones that are shown at that time (on the clock of the fragments) or later.
    pub(crate) fn cut_back(&mut self, from: i64) {
        while let Some(&(_, composition)) = self.compositions.0.last()
            && self.last_dts as i64 + i64::from(composition) >= from
        {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let size = self.sizes.pop();
        if self.count() == 0 {
            *self = Samples::default();
            return;
        }
        self.deltas.pop();
        self.compositions.pop();
        self.syncs.pop();
        self.next_dts = self.last_dts;
        let before = self.deltas.0.last().map_or(0, |&(_, delta)| u64::from(delta));
        self.last_dts = self.next_dts - before;
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.samples -= 1;
            chunk.end -= u64::from(size);
            if chunk.samples == 0 {
                self.chunks.pop();
            }
        }
    }

    fn place(&mut self, new: Alike) {
        let end = new.at + u64::from(new.size) * u64::from(new.count);
        match self.chunks.last_mut() {
            Some(chunk) if chunk.end == new.at && chunk.description == new.description => {
                chunk.samples += new.count;
                chunk.end = end;
            }
            _ => {
                self.chunks.push(Chunk { at: new.at, end, samples: new.count, description: new.description });
            }
        }
    }

    /// Takes over complete tables, which count from zero.
    pub(crate) fn from_tables(
        deltas: Runs<u32>,
        compositions: Runs<i32>,
        syncs: Runs<bool>,
        sizes: Sizes,
        chunks: Vec<Chunk>,
    ) -> Option<Samples> {
        let (mut duration, mut usual) = (0_u64, Usual::default());
        for &(count, delta) in deltas.runs() {
            usual.vote(delta, count);
            let length = u64::from(count) * u64::from(delta);
            duration = duration.checked_add(length).filter(|&sum| sum <= TIME_MAX)?;
        }
        let last = deltas.runs().last().map_or(0, |&(_, delta)| u64::from(delta));
        Some(Samples {
            next_dts: duration,
            last_dts: duration - last,
            usual,
            deltas,
            compositions,
            syncs,
            sizes,
            chunks,
            ..Samples::default()
        })
    }

    /// Gives every sample the same duration, if each has it already but for rounding, and rounding did not add up.
    pub(crate) fn steady(&mut self, step: u32) {
        let (mut drift, mut left) = (0_i64, i64::from(self.count()));
        for &(count, delta) in self.deltas.runs() {
            left -= i64::from(count);
            let off = i64::from(delta) - i64::from(step);
            // The last sample may be short: an encoder's last packet is not full.
            let counted = if left == 0 { i64::from(count) - 1 } else { i64::from(count) };
            drift += off.saturating_mul(counted);
            let rounded = off.abs() <= 1 || counted == 0 && off < 0;
            if !rounded || drift.abs() > ROUNDING_MAX {
                return;
            }
        }
        let count = self.count();
        self.deltas = Runs::default();
        self.deltas.push(step, count);
        self.next_dts = self.first_dts + u64::from(count) * u64::from(step);
        self.last_dts = self.next_dts.saturating_sub(u64::from(step));
    }

    /// The earliest and the latest moment shown, in a time line whose first decoding time is zero.
    pub fn shown(&self) -> (i64, i64) {
        let (mut first, mut last, mut dts) = (i64::MAX, 0_i64, 0_i64);
        let mut compositions = self.compositions.runs().iter().copied();
        let (mut ready, mut offset) = (0_u32, 0_i64);
        for &(count, delta) in self.deltas.runs() {
            let (mut left, delta) = (count, i64::from(delta));
            while left > 0 {
                if ready == 0 {
                    let (length, next) = compositions.next().unwrap_or((left, 0));
                    (ready, offset) = (length, i64::from(next));
                }
                let step = left.min(ready);
                first = first.min(dts + offset);
                dts += i64::from(step) * delta;
                last = last.max(dts + offset);
                (left, ready) = (left - step, ready - step);
            }
        }
        (if first == i64::MAX { 0 } else { first }, last)
    }
}

#[cfg(test)]
mod tests {
    use super::{Alike, Samples};

    fn sample(dts: u64, at: u64) -> Alike {
        Alike { count: 1, dts, duration: 10, size: 5, composition: 0, sync: true, at, description: 1 }
    }

    #[test]
    fn rounded_durations_become_steady_and_real_gaps_stay() {
        let mut samples = Samples::default();
        for (dts, duration) in [(0, 11), (11, 9), (20, 9), (29, 4)] {
            samples.push(Alike { duration, ..sample(dts, 0) }).expect("times rise");
        }
        let mut gap = samples.clone();
        samples.steady(10);
        assert_eq!((samples.deltas.runs(), samples.duration()), (&[(4, 10)][..], 40));
        gap.push(sample(60, 0)).expect("times rise");
        gap.steady(10);
        assert_eq!(gap.deltas.runs().len(), 4);
    }

    #[test]
    fn a_gap_lengthens_the_sample_before_it_and_a_small_overlap_shortens_it() {
        let mut samples = Samples::default();
        for (dts, at) in [(100, 0), (110, 5), (150, 10), (155, 90)] {
            samples.push(sample(dts, at)).expect("times rise");
        }
        assert_eq!(samples.deltas.runs(), &[(1, 10), (1, 40), (1, 5), (1, 10)]);
        assert_eq!((samples.first_dts, samples.duration()), (100, 65));
        assert_eq!(samples.chunks.len(), 2, "three of the samples lie together");
        assert!(samples.push(sample(100, 95)).is_err(), "time does not run backwards");
    }

    #[test]
    fn one_long_sample_does_not_change_what_is_usual() {
        let mut samples = Samples::default();
        for (dts, duration) in [(0, 10), (10, 10), (20, 10), (30, 20)] {
            samples.push(Alike { duration, ..sample(dts, 0) }).expect("times rise");
            assert_eq!(samples.usual_duration(), 10);
        }
    }
}
