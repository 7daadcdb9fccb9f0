// SPDX-License-Identifier: MIT
//! Ring 0: plain types that everybody speaks. No behaviour beyond conversions, no dependency on any ring.
//!
//! Two time lines meet here. *Monotonic* time ([`Mono`]) is the machine's own clock, on which every capture
//! source stamps what it delivers. *Recording* time is counted in samples of the microphone ([`Sample`]):
//! the master's ruler, of which a picture occupies exactly [`SAMPLES_PER_FRAME`].

mod format;
mod mono;
mod note;
mod people;
mod picture;
mod recipe;
pub mod timecode;

pub use format::{AudioCodec, Container, VideoCodec};
pub use mono::Mono;
pub use note::{Facts, FragmentNote, Happening, TrackFacts, What};
pub use people::{CopyDistances, PEOPLE_MAX, PeerId, SessionLine, VoicePlan};
pub use picture::{Rate, Size};
pub use recipe::{PictureRecipe, Quality, SoundRecipe, Target};

/// An index into the recording's sound, in samples at [`RATE_HZ`] since its first one.
pub type Sample = u64;

/// The one sample rate of every master, voice and ruler.
pub const RATE_HZ: u64 = 48_000;

/// The constant frame rate of every master.
pub const MASTER_FPS: u64 = 30;

/// How many samples one picture of a master lasts.
pub const SAMPLES_PER_FRAME: u64 = RATE_HZ / MASTER_FPS;
