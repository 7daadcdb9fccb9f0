// SPDX-License-Identifier: MIT
//! Notices a device that has gone without a word: some sources only fall silent when theirs is unplugged.
//!
//! Rounds are counted, not time: a machine that slept or starved runs a few rounds late, and while it did so no
//! device had a chance to speak.

use crate::words::Mono;
use gst::prelude::{ClockExt, ClockExtManual, ElementExt, PadExtManual};
use gstreamer as gst;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Between two looks.
const ROUND_NS: u64 = 250_000_000;
/// A device that has spoken before is gone after so many silent rounds: a second.
const ROUNDS_SILENT: u64 = 4;
/// One that has not yet spoken may take longer to wake up.
const ROUNDS_UNTIL_FIRST: u64 = 40;

/// The guard: nobody looks any more when it goes out of scope.
#[derive(Debug)]
pub(super) struct Vigil {
    round: gst::PeriodicClockId,
}

#[derive(Debug, Default)]
struct Pulse {
    has_spoken: AtomicBool,
    silent_rounds: AtomicU64,
    last_round: AtomicU64,
}

impl Vigil {
    /// Listens to what leaves `source`; `on_silence` is called once, from a thread of the clock.
    pub(super) fn keep(source: &gst::Element, on_silence: impl Fn() + Send + Sync + 'static) -> Vigil {
        let pulse = Arc::new(Pulse::default());
        if let Some(pad) = source.static_pad("src") {
            let heard = pulse.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                heard.silent_rounds.store(0, Ordering::Relaxed);
                heard.has_spoken.store(true, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
        }
        let clock = super::clock::clock();
        let round = gst::ClockTime::from_nseconds(ROUND_NS);
        let round = clock.new_periodic_id(clock.time() + round, round);
        let look = move |_: &gst::Clock, _, _: &gst::ClockId| {
            if pulse.has_stopped(super::now()) {
                on_silence();
            }
        };
        if let Err(e) = round.wait_async(look) {
            tracing::warn!("nobody notices a device that falls silent: {e}");
        }
        Vigil { round }
    }
}

impl Pulse {
    /// Counts a round; `true` in the one that decides it.
    fn has_stopped(&self, now: Mono) -> bool {
        let since = now.since(Mono(self.last_round.swap(now.0, Ordering::Relaxed))) as u64;
        if since > 2 * ROUND_NS {
            self.silent_rounds.store(0, Ordering::Relaxed);
        }
        if since < ROUND_NS / 2 {
            return false;
        }
        let silent = self.silent_rounds.fetch_add(1, Ordering::Relaxed) + 1;
        silent == if self.has_spoken.load(Ordering::Relaxed) { ROUNDS_SILENT } else { ROUNDS_UNTIL_FIRST }
    }
}

impl Drop for Vigil {
    fn drop(&mut self) {
        self.round.unschedule();
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, Ordering, Pulse, ROUND_NS};

    #[test]
    fn a_second_of_silence_is_noticed_once() {
        let pulse = Pulse::default();
        pulse.has_spoken.store(true, Ordering::Relaxed);
        let stopped: Vec<u64> = (1..12).filter(|n| pulse.has_stopped(Mono(n * ROUND_NS))).collect();
        assert_eq!(stopped.len(), 1, "{stopped:?}");
    }

    #[test]
    fn a_machine_that_slept_blames_no_device() {
        let pulse = Pulse::default();
        pulse.has_spoken.store(true, Ordering::Relaxed);
        assert!(!pulse.has_stopped(Mono(ROUND_NS)));
        // Waking up, the clock runs every round that it missed at once.
        let wake = 400 * ROUND_NS;
        assert!((0..40).all(|n| !pulse.has_stopped(Mono(wake + n * 1000))));
    }
}
