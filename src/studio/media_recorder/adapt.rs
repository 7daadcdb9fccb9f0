// SPDX-License-Identifier: MIT
//! When encoding can't keep up: what gives way, and when it comes back. An engine without a clock.
//!
//! ```text
//!   load: half of the memory that may wait, or a second of it --> one step down, then a while to see whether it helps
//!   ten seconds without any load worth naming                 --> one step up; if that was too early, twice as long
//! ```

use crate::studio::config::Adaptive;
use std::time::Duration;

/// More than this waits: it does not keep up.
const BEHIND: Duration = Duration::from_secs(1);
/// Less than this waits: it keeps up.
const CALM: Duration = Duration::from_millis(300);
/// What is in the queues already is encoded as before; a step shows only behind it.
const SETTLING: Duration = Duration::from_secs(2);
/// It has been calm for so long before anything comes back.
const PATIENCE: Duration = Duration::from_secs(10);
/// However often that was too early.
const PATIENCE_MAX: Duration = Duration::from_secs(320);

/// What waits for the encoders.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// In memory.
    pub bytes: u64,
    /// As much as may.
    pub limit_bytes: u64,
    /// In recording time.
    pub time: Duration,
}

/// What is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This gives way.
    Down(Adaptive),
    /// This comes back.
    Up(Adaptive),
}

/// The engine. Its rule: [`Adapt::look`] at every picture, and carry out what it answers.
#[derive(Debug)]
pub struct Adapt {
    steps: Vec<Adaptive>,
    /// So many of them are down.
    down: usize,
    changed: Option<Duration>,
    /// The last change was a step up.
    rose: bool,
    calm_since: Option<Duration>,
    patience: Duration,
}

impl Adapt {
    /// With these steps, the first to be taken first.
    pub fn new(steps: Vec<Adaptive>) -> Adapt {
        Adapt { steps, down: 0, changed: None, rose: false, calm_since: None, patience: PATIENCE }
    }

    /// What the load at this time means. Time only has to go forwards.
    pub fn look(&mut self, now: Duration, load: Load) -> Option<Change> {
        if self.steps.is_empty() {
            return None;
        }
        let since_change = self.changed.map(|at| now.saturating_sub(at));
        let behind = load.bytes > load.limit_bytes / 2 || load.time > BEHIND;
        let calm = load.bytes < load.limit_bytes / 8 && load.time < CALM;
        if !calm {
            self.calm_since = None;
        }
        if behind && since_change.is_none_or(|since| since >= SETTLING) {
            let step = *self.steps.get(self.down)?;
            if self.rose && since_change.is_some_and(|since| since < self.patience) {
                self.patience = (2 * self.patience).min(PATIENCE_MAX);
            }
            self.down += 1;
            (self.changed, self.rose) = (Some(now), false);
            return Some(Change::Down(step));
        }
        if calm && self.down > 0 {
            let since = *self.calm_since.get_or_insert(now);
            if now.saturating_sub(since) >= self.patience {
                self.down -= 1;
                (self.changed, self.rose, self.calm_since) = (Some(now), true, None);
                return Some(Change::Up(self.steps[self.down]));
            }
        }
        None
    }

    /// What has given way.
    pub fn given(&self) -> &[Adaptive] {
        &self.steps[..self.down]
    }
}

#[cfg(test)]
mod tests {
    use super::{Adapt, Change, Load};
    use crate::studio::config::Adaptive;
    use std::time::Duration;

    const ALL: [Adaptive; 3] = [Adaptive::Rate, Adaptive::Size, Adaptive::Quality];

    fn waits(ms: u64) -> Load {
        Load { bytes: 0, limit_bytes: 1_000, time: Duration::from_millis(ms) }
    }

    fn weighs(bytes: u64) -> Load {
        Load { bytes, limit_bytes: 1_000, time: Duration::ZERO }
    }

    /// Looks thirty times a second, with that load, and answers what changed when, in tenths of a second.
    fn run(adapt: &mut Adapt, seconds: std::ops::Range<u64>, load: Load) -> Vec<(u64, Change)> {
        let looks = seconds.start * 30..seconds.end * 30;
        let look = |n: u64| Some((n / 3, adapt.look(Duration::from_millis(n * 1000 / 30), load)?));
        looks.filter_map(look).collect()
    }

    #[test]
    fn nothing_happens_while_it_keeps_up() {
        let mut adapt = Adapt::new(ALL.to_vec());
        assert_eq!(run(&mut adapt, 0..60, waits(900)), []);
        assert_eq!(run(&mut adapt, 60..120, weighs(500)), []);
    }

    #[test]
    fn one_step_after_the_other_gives_way_with_time_to_see_whether_it_helps() {
        let mut adapt = Adapt::new(ALL.to_vec());
        let down = run(&mut adapt, 0..10, waits(1_001));
        assert_eq!(down, [(0, ALL[0]), (20, ALL[1]), (40, ALL[2])].map(|(at, step)| (at, Change::Down(step))));
        assert_eq!(adapt.given(), ALL);
        let mut adapt = Adapt::new(vec![Adaptive::Quality]);
        assert_eq!(run(&mut adapt, 0..10, weighs(501)), [(0, Change::Down(Adaptive::Quality))]);
    }

    #[test]
    fn after_ten_calm_seconds_the_last_step_comes_back_first() {
        let mut adapt = Adapt::new(ALL[..2].to_vec());
        run(&mut adapt, 0..5, waits(2_000));
        assert_eq!(run(&mut adapt, 5..12, waits(100)), []);
        assert_eq!(run(&mut adapt, 12..13, waits(400)), [], "no load, but no calm");
        let up = run(&mut adapt, 13..60, waits(100));
        assert_eq!(up, [(230, Change::Up(Adaptive::Size)), (330, Change::Up(Adaptive::Rate))]);
        assert_eq!(adapt.given(), []);
    }

    #[test]
    fn what_came_back_too_early_waits_twice_as_long() {
        let mut adapt = Adapt::new(vec![Adaptive::Rate]);
        run(&mut adapt, 0..1, waits(2_000));
        assert_eq!(run(&mut adapt, 1..12, waits(0)), [(110, Change::Up(Adaptive::Rate))]);
        assert_eq!(run(&mut adapt, 13..14, waits(2_000)), [(130, Change::Down(Adaptive::Rate))]);
        assert_eq!(run(&mut adapt, 14..50, waits(0)), [(340, Change::Up(Adaptive::Rate))]);
    }

    #[test]
    fn without_steps_nothing_ever_gives_way() {
        assert_eq!(run(&mut Adapt::new(Vec::new()), 0..10, waits(9_000)), []);
    }
}
