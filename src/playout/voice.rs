// SPDX-License-Identifier: MIT
//! One peer's decoder, and what is heard while there is nothing to decode.
//!
//! ```text
//!  gain 1 |------------------------.                             .-------
//!         |  in time  | concealed   `-.   faded out             /
//!       0 |           | (libopus)      `-.____________________./
//!         +-----------+------------+------+-------------------+--->
//!                     0           60    120 ms                2.5 ms fade in
//! ```

use opus::{Channels, Decoder};

/// Concealment is good for so long; then it begins to buzz.
const FADE_AFTER: u32 = 2880;
/// Losses fade out in 60 ms.
const FADE_OUT: f32 = 1.0 / 2880.0;
/// Whoever comes back or mutes does it within 2.5 ms.
const FADE_QUICK: f32 = 1.0 / 120.0;
/// Below this nobody hears that something is missing.
const QUIET: f32 = 0.002;

/// Decoder and fader of one stream.
pub(super) struct Voice {
    decoder: Decoder,
    gain: f32,
    /// Samples without a frame in a row.
    missing: u32,
    /// The loudest of the last frame.
    peak: f32,
}

impl Voice {
    pub(super) fn new() -> Voice {
        let decoder = Decoder::new(48_000, Channels::Mono).expect("48 kHz mono is known to every decoder");
        Voice { decoder, gain: 0.0, missing: 0, peak: 0.0 }
    }

    /// Another stream follows. The gain stays: what was heard last is faded by whoever asked for this.
    pub(super) fn reset(&mut self) {
        // A decoder that cannot be reset decodes on, and sounds odd for some milliseconds.
        let _ = self.decoder.reset_state();
    }

    /// Is it a moment at which a jump would not be heard?
    pub(super) fn is_quiet(&self) -> bool {
        self.peak * self.gain < QUIET
    }

    /// Decodes a frame that must fill `out`; false if it was none, and is concealed.
    pub(super) fn decode(&mut self, opus: &[u8], out: &mut [f32]) -> bool {
        let fits = matches!(self.decoder.decode_float(opus, out, false), Ok(samples) if samples == out.len());
        if !fits {
            self.conceal(out);
            return false;
        }
        self.missing = 0;
        self.finish(out, 1.0, FADE_QUICK);
        true
    }

    /// A frame is missing.
    pub(super) fn conceal(&mut self, out: &mut [f32]) {
        self.missing = self.missing.saturating_add(out.len() as u32);
        self.invent(out);
        let goal = if self.missing > FADE_AFTER { 0.0 } else { self.gain };
        self.finish(out, goal, FADE_OUT);
    }

    /// The sender has nothing to say.
    pub(super) fn hush(&mut self, out: &mut [f32]) {
        self.missing = 0;
        self.invent(out);
        self.finish(out, 0.0, FADE_QUICK);
    }

    /// What might have come, or nothing once it is inaudible anyway.
    fn invent(&mut self, out: &mut [f32]) {
        let done = self.gain > 0.0 && matches!(self.decoder.decode_float(&[], out, false), Ok(n) if n == out.len());
        if !done {
            out.fill(0.0);
        }
    }

    fn finish(&mut self, out: &mut [f32], goal: f32, step: f32) {
        self.peak = 0.0;
        for sample in out {
            // A decoder that was fed nonsense may say anything.
            let sane = if sample.is_finite() { sample.clamp(-4.0, 4.0) } else { 0.0 };
            if self.gain != goal {
                self.gain += (goal - self.gain).clamp(-step, step);
            }
            *sample = sane * self.gain;
            self.peak = self.peak.max(sane.abs());
        }
    }
}
