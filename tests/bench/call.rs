// SPDX-License-Identifier: MIT
//! What the call reaches, measured from outside: real programs, a real audio graph, and rows of one table.
//!
//! ```text
//!   chirps -> microphone ==> host ~~~ (relay: loss, jitter, a stall) ~~~ guest ==> speaker
//!                 |                                                                  |
//!                 +------------------ one recorder, the same cycle ------------------+
//! ```

mod beginning;
mod jamulus;
mod line;
mod mouth_to_ear;
mod price;
mod speech;
pub mod table;
