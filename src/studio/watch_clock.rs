// SPDX-License-Identifier: MIT
//! The wall clock, read in one place only.

use crate::media;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970; a clock set before that reads as 1970.
pub fn utc_now_us() -> i64 {
    let machine_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
    machine_us + media::clock_ahead_ns() / 1000
}
