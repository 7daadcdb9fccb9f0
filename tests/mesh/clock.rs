// SPDX-License-Identifier: MIT
//! The monotonic clock of one machine: it began somewhere, runs at its own rate, and stands still or leaps while
//! the machine sleeps.

use hyperzoom::words::Mono;

/// True time of the world, in nanoseconds.
pub type True = u64;

pub const SECOND: True = 1_000_000_000;
pub const MS: True = 1_000_000;

/// From `since` on the clock shows `shows`, and gains `ppm` on true time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    since: True,
    shows: u64,
    ppm: f64,
}

impl Clock {
    pub fn new(shows: u64, ppm: f64) -> Clock {
        Clock { since: 0, shows, ppm }
    }

    pub fn at(&self, now: True) -> Mono {
        let ns = now as i64 - self.since as i64;
        Mono(self.shows.saturating_add_signed(ns + (ns as f64 * self.ppm * 1e-6) as i64))
    }

    /// The first moment at which the clock shows `mono` or later; never before `now`.
    pub fn when(&self, mono: Mono, now: True) -> Option<True> {
        let ahead = mono.0.saturating_sub(self.at(now).0);
        if ahead > 100 * 3600 * SECOND {
            return None;
        }
        let mut at = now + (ahead as f64 / (1.0 + self.ppm * 1e-6)) as u64;
        while self.at(at) < mono {
            at += 1 + (mono.0 - self.at(at).0) / 2;
        }
        Some(at)
    }

    /// It leaps by so much, or stands for so long if `by_ns` is negative.
    pub fn leap(&mut self, now: True, by_ns: i64) {
        (self.shows, self.since) = (self.at(now).0.saturating_add_signed(by_ns), now);
    }
}
