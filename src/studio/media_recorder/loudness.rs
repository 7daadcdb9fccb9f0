// SPDX-License-Identifier: MIT
//! How loud a recording is, live, and its being made as loud as it should be when it ends.
//!
//! ```text
//!   what the encoder is given --> Meter: R128, true peak --> status, report
//!                            \--> Spool: the raw sound, put aside
//!   at the end:  Spool --> one gain --> (Limiter) --> the same encoder --\
//!                original file --> its coded pictures, untouched ---------+--> a file beside it --> over the original
//! ```
//!
//! The sound of the second pass is not decoded from the file but is what was recorded, so it is encoded once, not twice.
//! Gain is the rule; the limiter is for what would be above the true peak that is allowed. A lossy encoder may put
//! peaks above that again, by some tenths of a decibel.

mod limiter;
mod meter;
mod numbers;
mod pass;

pub use pass::{Original, Pass, PassEnd, beside};

use crate::disk::{Spool, SpoolReader};
use crate::media::{RawSound, RecordingSpec};
use meter::Meter;
pub use numbers::{Mix, floats};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// Loudness after EBU R128. What can't be said yet, or of silence never, is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LoudnessReport {
    /// Of the last 400 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentary_lufs: Option<f64>,
    /// Of the last 3 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_term_lufs: Option<f64>,
    /// Of all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrated_lufs: Option<f64>,
    /// From the quiet to the loud passages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_lu: Option<f64>,
    /// The highest that the curve through the samples of any channel was, against full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_peak_dbtp: Option<f64>,
}

/// What was done to the sound at the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Normalised {
    /// By so much all of it was made louder.
    pub gain_db: f64,
    /// By so much the highest peak was turned down.
    pub limited_db: f64,
    /// How loud it had been.
    pub before: LoudnessReport,
    /// Where the recording as it was has been kept.
    pub original: Option<PathBuf>,
    /// How long it took, in milliseconds.
    pub pass_ms: u64,
}

/// Hears what goes into a recording.
#[derive(Debug)]
pub struct Ear {
    raw: RawSound,
    mix: Mix,
    meter: Meter,
    spool: Option<io::Result<Spool>>,
}

/// What was heard, and is there to be heard again.
#[derive(Debug)]
pub struct Heard {
    raw: RawSound,
    mix: Mix,
    /// How loud it is.
    pub report: LoudnessReport,
    sound: SpoolReader,
}

impl Ear {
    /// For such a recording; none without sound, or where R128 has nothing to say. With `aside` all that is heard is
    /// put aside there.
    pub fn new(spec: &RecordingSpec<'_>, aside: Option<&Path>) -> Option<Ear> {
        let track = spec.sound?;
        let mix = Mix::of(track.raw.channels, track.recipe.channels)?;
        let meter = Meter::new(track.raw.rate_hz, track.recipe.channels, track.recipe.codec)?;
        Some(Ear { raw: track.raw, mix, meter, spool: aside.map(Spool::create) })
    }

    /// Samples that go to the encoder.
    pub fn sound(&mut self, bytes: &[u8]) {
        self.meter.add(&floats(self.raw, self.mix, bytes));
        if let Some(Ok(spool)) = &self.spool {
            spool.write(bytes.to_vec());
        }
    }

    /// So much silence goes to the encoder.
    pub fn silence(&mut self, samples: u64) {
        let second = u64::from(self.raw.rate_hz.max(1));
        for begin in (0..samples).step_by(second as usize) {
            let bytes = second.min(samples - begin) as usize * self.raw.sample_bytes();
            self.sound(&vec![self.raw.format.silence(); bytes]);
        }
    }

    /// How loud it is by now.
    pub fn report(&self) -> LoudnessReport {
        self.meter.report()
    }

    /// Bytes that wait to be put aside.
    pub fn waiting_bytes(&self) -> u64 {
        self.spool.as_ref().and_then(|spool| spool.as_ref().ok()).map_or(0, Spool::waiting_bytes)
    }

    /// What was put aside; none if nothing should be.
    pub fn finish(self) -> Option<io::Result<Heard>> {
        let (raw, mix, report) = (self.raw, self.mix, self.meter.report());
        let sound = self.spool?.and_then(Spool::finish);
        Some(sound.map(|sound| Heard { raw, mix, report, sound }))
    }
}
