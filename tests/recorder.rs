// SPDX-License-Identifier: MIT
//! The recorder for programs, through its public interface alone: rulers are submitted, and what comes out is read back
//! with other people's readers.

mod crash;
mod from_file;
mod matrix;
mod orders;
mod outputs;
mod packets;
mod pauses;
pub mod reel;
mod telling;
mod threads;
mod timecodes;
mod tracks;
mod wrong;
