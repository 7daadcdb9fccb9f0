// SPDX-License-Identifier: MIT
//! When to try the next level up.

use crate::words::Mono;

/// Calm before the first step, and after every failure at least.
const FIRST_NS: i64 = 5_000_000_000;

/// Where one step after the other succeeds, the rest follow faster.
const SHORTEST_NS: i64 = 3_000_000_000;
const SHORTER_NS: i64 = 1_000_000_000;

/// Failed tries double the wait up to this: an uplink that has recovered is found out soon enough.
const LONGEST_NS: i64 = 16_000_000_000;

/// At the beginning, until the first failure.
const EAGER_NS: i64 = 1_000_000_000;

/// Trouble within this time is the try's fault.
const TRY_NS: i64 = 5_000_000_000;

/// The patience of one ladder.
#[derive(Clone, Debug)]
pub(super) struct Climb {
    eager: bool,
    wait_ns: i64,
    failures: u32,
    calm_since: Mono,
    tried_at: Option<Mono>,
}

impl Climb {
    /// At the beginning of a call: nothing is known yet.
    pub(super) fn eager(now: Mono) -> Climb {
        Climb { eager: true, wait_ns: EAGER_NS, failures: 0, calm_since: now, tried_at: None }
    }

    /// After something went wrong.
    pub(super) fn careful(now: Mono) -> Climb {
        Climb { eager: false, wait_ns: FIRST_NS, failures: 0, calm_since: now, tried_at: None }
    }

    pub(super) fn is_eager(&self) -> bool {
        self.eager
    }

    /// Was the last step so recent that trouble would be its fault?
    pub(super) fn is_trying(&self, now: Mono) -> bool {
        self.tried_at.is_some_and(|at| now.since(at) < TRY_NS)
    }

    /// Has the last step lasted?
    pub(super) fn has_succeeded(&self, now: Mono) -> bool {
        self.tried_at.is_some() && self.is_due(now)
    }

    pub(super) fn is_due(&self, now: Mono) -> bool {
        now.since(self.calm_since) >= self.wait_ns
    }

    /// Calm begins only now.
    pub(super) fn rest(&mut self, now: Mono) {
        self.calm_since = now;
    }

    /// A step up. If there was one before and no failure since, that one has succeeded.
    pub(super) fn tries(&mut self, now: Mono) {
        if !self.eager {
            let shorter_ns = (self.wait_ns - SHORTER_NS).clamp(SHORTEST_NS, FIRST_NS);
            self.wait_ns = if self.tried_at.is_some() { shorter_ns } else { FIRST_NS };
            self.failures = if self.tried_at.is_some() { 0 } else { self.failures };
        }
        self.tried_at = Some(now);
        self.calm_since = now;
    }

    /// A step down.
    pub(super) fn fail(&mut self, now: Mono) {
        self.failures += u32::from(self.is_trying(now) && !self.eager);
        self.wait_ns = (FIRST_NS << self.failures.min(4)).min(LONGEST_NS);
        self.eager = false;
        self.tried_at = None;
        self.calm_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::Climb;
    use crate::words::Mono;

    fn second(s: u64) -> Mono {
        Mono(s * Mono::SECOND)
    }

    /// How long it waits from here on, in whole seconds.
    fn waits(climb: &Climb, from: u64) -> u64 {
        (0..).find(|s| climb.is_due(second(from + s))).expect("it does not wait for ever")
    }

    #[test]
    fn failed_tries_make_it_wait_longer_and_successes_shorter() {
        let mut climb = Climb::eager(second(0));
        climb.tries(second(1));
        assert_eq!(waits(&climb, 1), 1);
        climb.fail(second(2));
        let mut now = 2;
        for wait in [5, 10, 16, 16] {
            assert_eq!(waits(&climb, now), wait);
            now += wait;
            climb.tries(second(now));
            climb.fail(second(now + 1));
            now += 1;
        }
        now += waits(&climb, now);
        for wait in [5, 4, 3, 3] {
            climb.tries(second(now));
            assert_eq!(waits(&climb, now), wait);
            now += wait;
        }
        climb.fail(second(now + 30));
        assert_eq!(waits(&climb, now + 30), 5);
    }
}
