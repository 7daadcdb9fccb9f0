// SPDX-License-Identifier: MIT
//! Notices a device that has gone without a word: some sources only fall silent when theirs is unplugged.

use super::rounds::{Round, Rounds};
use gst::prelude::{ElementExt, PadExtManual};
use gstreamer as gst;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A device that has spoken before is gone after so many silent rounds: a second.
const ROUNDS_SILENT: u32 = 4;
/// One that has not yet spoken may take longer to wake up.
const ROUNDS_UNTIL_FIRST: u32 = 40;

/// The guard: nobody looks any more when it goes out of scope.
#[derive(Debug)]
pub(super) struct Vigil {
    _rounds: Rounds,
}

#[derive(Debug, Default)]
struct Pulse {
    has_spoken: AtomicBool,
    silent_rounds: AtomicU32,
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
        let look = move |round| {
            if pulse.has_stopped(round) {
                on_silence();
            }
        };
        Vigil { _rounds: Rounds::begin("a device that falls silent", look) }
    }
}

impl Pulse {
    /// Counts a round; `true` in the one that decides it.
    fn has_stopped(&self, round: Round) -> bool {
        if round == Round::AfterPause {
            self.silent_rounds.store(0, Ordering::Relaxed);
        }
        let silent = self.silent_rounds.fetch_add(1, Ordering::Relaxed) + 1;
        silent == if self.has_spoken.load(Ordering::Relaxed) { ROUNDS_SILENT } else { ROUNDS_UNTIL_FIRST }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ordering, Pulse, Round};

    #[test]
    fn a_second_of_silence_is_noticed_once_and_a_pause_is_none() {
        let pulse = Pulse::default();
        pulse.has_spoken.store(true, Ordering::Relaxed);
        let rounds = [[Round::Next; 3].as_slice(), &[Round::AfterPause], &[Round::Next; 11]].concat();
        let stopped: Vec<usize> = (0..rounds.len()).filter(|n| pulse.has_stopped(rounds[*n])).collect();
        assert_eq!(stopped, [6], "in the fourth round since the pause");
    }
}
