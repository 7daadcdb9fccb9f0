// SPDX-License-Identifier: MIT
//! Looks again and again whether something still lives, on the clock's own thread.
//!
//! Rounds are counted, not time: a machine that slept or starved runs a few rounds late, and while it did so nothing
//! had a chance to show that it lives.

use crate::words::Mono;
use gst::prelude::{ClockExt, ClockExtManual};
use gstreamer as gst;
use std::sync::atomic::{AtomicU64, Ordering};

/// Between two looks.
pub(super) const ROUND_NS: u64 = 250_000_000;

/// The guard: nobody looks any more when it goes out of scope.
#[derive(Debug)]
pub(super) struct Rounds(gst::PeriodicClockId);

/// What a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// The next one.
    Next,
    /// The first after a time in which nobody looked: whatever was counted counts no more.
    AfterPause,
}

#[derive(Debug, Default)]
struct Pace {
    last: AtomicU64,
}

impl Rounds {
    /// `look` must not wait: everybody's rounds are on one thread. `what` is for the log.
    pub(super) fn begin(what: &str, look: impl Fn(Round) + Send + Sync + 'static) -> Rounds {
        let clock = super::clock::clock();
        let round = gst::ClockTime::from_nseconds(ROUND_NS);
        let rounds = clock.new_periodic_id(clock.time() + round, round);
        let pace = Pace::default();
        let begun = rounds.wait_async(move |_, _, _| {
            if let Some(round) = pace.round(super::now()) {
                look(round);
            }
        });
        if let Err(e) = begun {
            tracing::warn!("nobody notices {what}: {e}");
        }
        Rounds(rounds)
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.0.unschedule();
    }
}

impl Pace {
    /// What round it is; none while a clock that wakes up runs all those at once that it missed.
    fn round(&self, now: Mono) -> Option<Round> {
        let since_ns = now.since(Mono(self.last.swap(now.0, Ordering::Relaxed))) as u64;
        match since_ns {
            _ if since_ns > 2 * ROUND_NS => Some(Round::AfterPause),
            _ if since_ns < ROUND_NS / 2 => None,
            _ => Some(Round::Next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, Pace, ROUND_NS, Round};

    #[test]
    fn a_machine_that_slept_has_one_round_when_it_wakes() {
        let pace = Pace::default();
        assert_eq!(pace.round(Mono(400 * ROUND_NS)), Some(Round::AfterPause));
        assert_eq!(pace.round(Mono(401 * ROUND_NS)), Some(Round::Next));
        // Waking up, the clock runs every round that it missed at once.
        let wake = 800 * ROUND_NS;
        assert_eq!(pace.round(Mono(wake)), Some(Round::AfterPause));
        assert!((1..40).all(|n| pace.round(Mono(wake + n * 1000)).is_none()));
    }
}
