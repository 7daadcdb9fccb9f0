// SPDX-License-Identifier: MIT
//! Whether any speaker asks for what the others say. Who follows the system's choice is told of no loss when there is
//! nothing left to choose: it is just not asked any more.

use crate::words::Mono;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Between two looks.
const LOOK_NS: i64 = 500_000_000;
/// Looks are counted, not time: while this program did not get to run, no speaker had a chance to ask.
const LOOKS_MAX: u32 = 4;

/// What the speaker's thread counts, and the conductor looks at.
#[derive(Debug, Default)]
pub struct Asked {
    count: Arc<AtomicU64>,
    seen: u64,
    looked: Option<Mono>,
    looks_in_vain: u32,
}

impl Asked {
    /// For the speaker's thread: one more each time that it asks.
    pub fn count(&self) -> Arc<AtomicU64> {
        self.count.clone()
    }

    /// A change: `false` when nobody has asked for two seconds, `true` when somebody does again.
    pub fn look(&mut self, now: Mono) -> Option<bool> {
        if self.looked.is_some_and(|looked| now.since(looked) < LOOK_NS) {
            return None;
        }
        self.looked = Some(now);
        let count = self.count.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.seen, count) != count {
            return (std::mem::take(&mut self.looks_in_vain) >= LOOKS_MAX).then_some(true);
        }
        self.looks_in_vain = self.looks_in_vain.saturating_add(1);
        (self.looks_in_vain == LOOKS_MAX).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, LOOK_NS, Mono, Ordering};

    #[test]
    fn two_seconds_in_which_nobody_asks_are_told_once_and_their_end_too() {
        let mut asked = Asked::default();
        let count = asked.count();
        let mut told = Vec::new();
        for look in 0..40_i64 {
            if !(10..20).contains(&look) {
                count.fetch_add(188, Ordering::Relaxed);
            }
            let now = Mono(0).offset(look * LOOK_NS);
            told.extend(asked.look(now).map(|asks| (look, asks)));
            assert_eq!(asked.look(now.offset(1)), None, "too soon to say anything");
        }
        assert_eq!(told, [(13, false), (20, true)]);
    }

    #[test]
    fn a_machine_that_slept_blames_no_speaker() {
        let mut asked = Asked::default();
        assert!((0..3).all(|night| asked.look(Mono(night * 30_000 * Mono::SECOND)).is_none()));
    }
}
