// SPDX-License-Identifier: MIT
//! Placing the masters of a call on one time line: from what the metadata says, checked by what the files sound like.
//!
//! ```text
//!  (sample, session clock) pairs --> fit: SessionFit --> where each sample lies in the session
//!  the tone, where it was put    --> sync_tone::find_tone --> is the file what the metadata says?
//!  two masters' sound            --> compare: is the estimate right?
//! ```
//!
//! The time line is the session clock, which is the host's.

pub mod compare;
pub mod fit;
mod fourier;
pub mod resample;

pub use compare::{Heard, compare};
pub use fit::SessionFit;
pub use resample::Resampler;
