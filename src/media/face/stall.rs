// SPDX-License-Identifier: MIT
//! Notices a graph that hangs: a picture has gone in, and none comes out.
//!
//! ```text
//!   in     |  |  |  |  |
//!   out     x  x  x
//!                   '---- waits for 5 s ----' hangs, told once
//! ```
//!
//! An encoder that hangs is soon given nothing any more, because the machine seems to be too slow for it; so what
//! counts is that something waits, not that more comes.

use super::super::rounds::{ROUND_NS, Round, Rounds};
use crate::words::Mono;
use gst::prelude::{ElementExt, PadExtManual};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Five seconds: longer than any picture takes on a machine that is merely busy.
const ROUNDS_MAX: u32 = (5 * Mono::SECOND / ROUND_NS) as u32;

/// The guard: nobody looks any more when it goes out of scope.
#[derive(Debug)]
pub(super) struct Stall {
    _rounds: Rounds,
}

#[derive(Debug, Default)]
struct Pulse {
    waits: AtomicBool,
    rounds: AtomicU32,
}

impl Stall {
    /// Listens at both ends of a graph; `on_hang` is called once, from a thread of the clock.
    pub(super) fn watch(
        entrance: &gst_app::AppSrc,
        exit: &gst_app::AppSink,
        on_hang: impl Fn() + Send + Sync + 'static,
    ) -> Stall {
        let pulse = Arc::new(Pulse::default());
        for (pad, waits) in [(entrance.static_pad("src"), true), (exit.static_pad("sink"), false)] {
            let told = pulse.clone();
            let passes = move |_: &gst::Pad, _: &mut gst::PadProbeInfo<'_>| {
                told.passes(waits);
                gst::PadProbeReturn::Ok
            };
            pad.map(|pad| pad.add_probe(gst::PadProbeType::BUFFER, passes));
        }
        let look = move |round| {
            if pulse.hangs(round) {
                on_hang();
            }
        };
        Stall { _rounds: Rounds::begin("an encoder or decoder that hangs", look) }
    }
}

impl Pulse {
    /// A picture goes in and waits, or comes out.
    fn passes(&self, waits: bool) {
        if self.waits.swap(waits, Ordering::Relaxed) != waits {
            self.rounds.store(0, Ordering::Relaxed);
        }
    }

    /// Counts a round; `true` in the one that decides it.
    fn hangs(&self, round: Round) -> bool {
        if round == Round::AfterPause {
            self.rounds.store(0, Ordering::Relaxed);
        }
        self.waits.load(Ordering::Relaxed) && self.rounds.fetch_add(1, Ordering::Relaxed) + 1 == ROUNDS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::{Pulse, ROUNDS_MAX, Round};

    /// How often the next so many rounds say that it hangs.
    fn told(pulse: &Pulse, rounds: u32) -> usize {
        (0..rounds).filter(|_| pulse.hangs(Round::Next)).count()
    }

    #[test]
    fn what_has_gone_in_and_does_not_come_out_in_time_is_told_once() {
        let pulse = Pulse::default();
        pulse.passes(true);
        assert_eq!(told(&pulse, ROUNDS_MAX - 1), 0);
        // More may go in meanwhile, where there are queues.
        pulse.passes(true);
        assert!(pulse.hangs(Round::Next));
        assert_eq!(told(&pulse, 3 * ROUNDS_MAX), 0);
    }

    #[test]
    fn a_slow_graph_an_idle_one_and_a_machine_that_slept_do_not_hang() {
        let pulse = Pulse::default();
        assert_eq!(told(&pulse, 3 * ROUNDS_MAX), 0, "nothing was given to it");
        for _ in 0..5 {
            pulse.passes(true);
            assert_eq!(told(&pulse, ROUNDS_MAX - 1), 0);
            pulse.passes(false);
        }
        assert_eq!(told(&pulse, 3 * ROUNDS_MAX), 0, "everything has come out");
        pulse.passes(true);
        assert_eq!(told(&pulse, ROUNDS_MAX - 1), 0);
        assert!(!pulse.hangs(Round::AfterPause));
        assert_eq!(told(&pulse, ROUNDS_MAX - 2), 0);
    }
}
