// SPDX-License-Identifier: MIT
//! Ring 1, engine: time. Where a sample lies on the machine's clock, which picture belongs to which tick, what
//! was lost and how much silence stands for it.
//!
//! ```text
//!   microphone blocks --> SoundTrack --> sound and silence, counted, none dropped
//!        (time, count)        |
//!                             v
//!                         ClockLine: recording sample <-> monotonic time, piecewise
//!                             |
//!                             v
//!   camera pictures ----> Cadence ----> exactly one picture every 1,600 samples
//! ```
//!
//! The recording's own time is the microphone's: sample `n` lies `n / 48000` seconds into the file, whatever the
//! sound card's crystal does. Pictures are placed on that time. No clock is read here: time comes in as an
//! argument, so that two hours of drift are simulated in a second.
//!
//! That is a machine's own master. What programs submit, at any rate and with pauses, goes through [`Feed`], which has
//! no clock at all. Further tracks of the same recording, each from a source of its own, are a [`feed::Lane`] beside it;
//! [`Stretch`] brings their sound to the feed's clock.
//!
//! The run loop of the first two: tell it what came (`block`, `picture`, `..._gone`), then `poll` until it answers
//! *wait until*, and come back then or when something comes.

pub mod align;
pub mod cadence;
pub mod clock_line;
pub mod feed;
mod kernel;
pub mod peer_clock;
pub mod ruler;
pub mod sound;
pub mod stretch;
pub mod sync_tone;
pub mod timeline;

pub use cadence::Cadence;
pub use clock_line::ClockLine;
pub use feed::Feed;
pub use sound::SoundTrack;
pub use stretch::Stretch;
