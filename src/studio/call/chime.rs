// SPDX-License-Identifier: MIT
//! The sync tone in our own ears: told when, mixed into what the speaker plays.

use crate::sync::sync_tone::sync_tone;
use crate::words::{Mono, RATE_HZ};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shared by the conductor, who tells when, and the sound card's thread.
#[derive(Clone, Debug)]
pub struct Chime(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The moment it begins; 0 is never.
    at: AtomicU64,
    tone: Vec<f32>,
}

impl Default for Chime {
    fn default() -> Chime {
        Chime(Arc::new(Inner { at: AtomicU64::new(0), tone: sync_tone().collect() }))
    }
}

impl Chime {
    /// It shall begin then.
    pub fn ring_at(&self, at: Mono) {
        self.0.at.store(at.0, Ordering::Relaxed);
    }

    /// Adds what sounds of it in the block that the sound card has asked for at `now`.
    pub fn mix(&self, samples: &mut [f32], now: Mono) {
        let at = self.0.at.load(Ordering::Relaxed);
        if at == 0 {
            return;
        }
        let begins = Mono(at).since(now) * RATE_HZ as i64 / Mono::SECOND as i64;
        for (index, sample) in samples.iter_mut().enumerate() {
            let within = usize::try_from(index as i64 - begins).ok();
            if let Some(tone) = within.and_then(|i| self.0.tone.get(i)) {
                *sample = (*sample + tone).clamp(-1.0, 1.0);
            }
        }
    }
}
