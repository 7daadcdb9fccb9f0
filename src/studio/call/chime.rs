// SPDX-License-Identifier: MIT
//! The sync tone in our own ears: told when, mixed into what the speaker plays.

use crate::sync::sync_tone::sync_tone;
use crate::words::{Mono, RATE_HZ};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Shared by the conductor, who tells when, and the sound card's thread.
#[derive(Clone, Debug)]
pub struct Chime(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The moment it begins; 0 is never.
    at: AtomicU64,
    /// So many of its samples have sounded. Once it has begun it goes on from block to block, however unevenly these
    /// are asked for.
    played: AtomicUsize,
    tone: Vec<f32>,
}

impl Default for Chime {
    fn default() -> Chime {
        Chime(Arc::new(Inner { at: AtomicU64::new(0), played: AtomicUsize::new(0), tone: sync_tone().collect() }))
    }
}

impl Chime {
    /// It shall begin then.
    pub fn ring_at(&self, at: Mono) {
        self.0.played.store(0, Ordering::Relaxed);
        self.0.at.store(at.0, Ordering::Relaxed);
    }

    /// Adds what sounds of it in the block that the sound card has asked for at `now`.
    pub fn mix(&self, samples: &mut [f32], now: Mono) {
        let at = self.0.at.load(Ordering::Relaxed);
        if at == 0 {
            return;
        }
        let mut played = self.0.played.load(Ordering::Relaxed);
        let mut begins = 0;
        if played == 0 {
            let ahead = Mono(at).since(now) * RATE_HZ as i64 / Mono::SECOND as i64;
            begins = ahead.max(0) as usize;
            played = (-ahead).max(0) as usize;
        }
        if begins >= samples.len() {
            return;
        }
        let tone = self.0.tone.get(played..).unwrap_or_default();
        for (sample, tone) in samples[begins..].iter_mut().zip(tone) {
            *sample = (*sample + tone).clamp(-1.0, 1.0);
        }
        played += samples.len() - begins;
        self.0.played.store(played, Ordering::Relaxed);
        if played >= self.0.tone.len() {
            self.0.at.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chime;
    use crate::sync::sync_tone::sync_tone;
    use crate::words::Mono;

    #[test]
    fn the_tone_is_whole_though_blocks_are_asked_for_unevenly() {
        let chime = Chime::default();
        let start = Mono(7_000_000_000);
        chime.ring_at(start.offset(10_000_000));
        let mut heard = Vec::new();
        for block in 0..200_i64 {
            let mut samples = [0.0; 128];
            let late_ns = block * 7_919 % 400_000;
            chime.mix(&mut samples, start.offset(block * 128 * 1_000_000 / 48 + late_ns));
            heard.extend(samples);
        }
        let begins = heard.iter().position(|sample| *sample != 0.0).expect("it sounds");
        let tone: Vec<f32> = sync_tone().collect();
        let leads = tone.iter().position(|sample| *sample != 0.0).expect("it is no silence");
        assert!((begins - leads).abs_diff(480) < 30, "{begins}");
        assert_eq!(heard[begins - leads..][..tone.len()], tone[..]);
        let mut after = [0.0; 128];
        chime.mix(&mut after, start.offset(10_000_000));
        assert_eq!(after, [0.0; 128], "once");
    }
}
