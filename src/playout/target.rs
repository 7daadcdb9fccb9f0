// SPDX-License-Identifier: MIT
//! How much delay is worth having. Each frame tells which delay would just have been enough for it; a histogram that
//! forgets says how many would be missed with less. A millisecond is worth as much as one frame in 1,000.
//!
//! ```text
//!  weight |#
//!         |##
//!         |###.                     .            cost = delay_ms + 10 * percent to the right of it
//!         +---+---------------------+----> ms
//!             ^ the least cost is here: the straggler is concealed
//! ```

/// Candidates for the delay lie a quarter of a millisecond apart, from none to the ceiling.
const STEP_NS: i64 = 250_000;
const STEPS: usize = 121;

/// Evidence halves in three and a half seconds: a road that was bad for a while is forgiven in less than half a minute.
const FORGET_SAMPLES: f32 = 240_000.0;

/// What must be won to be worth moving.
const HYSTERESIS_MS: f32 = 0.4;

/// Milliseconds that one missed frame of all is worth: 10 for each percent.
const MISSED_MS: f32 = 1000.0;

/// The delay of one stream.
#[derive(Clone, Debug)]
pub(super) struct Target {
    weight: [f32; STEPS],
    step: usize,
}

impl Target {
    /// One frame of delay, and one imagined frame that needed it: what follows weighs more.
    pub(super) fn new(length: u16) -> Target {
        let step = (usize::from(length) * STEPS / 1440).min(STEPS - 1);
        let mut weight = [0.0; STEPS];
        weight[step] = 1.0;
        Target { weight, step }
    }

    /// The delay in nanoseconds.
    pub(super) fn ns(&self) -> i64 {
        self.step as i64 * STEP_NS
    }

    /// A frame of this length would have been in time with this delay. More than the ceiling nobody could have helped.
    pub(super) fn learn(&mut self, needed_ns: i64, length: u16) {
        let needed = (needed_ns.max(0) as u64).div_ceil(STEP_NS as u64) as usize;
        if needed >= STEPS {
            return;
        }
        let keep = 1.0 - f32::from(length) / FORGET_SAMPLES;
        self.weight.iter_mut().for_each(|weight| *weight *= keep);
        self.weight[needed] += 1.0;
        self.choose();
    }

    /// The road has become longer by this much, so everybody's lateness was less than it seemed.
    pub(super) fn shift(&mut self, longer_ns: i64) {
        let steps = usize::try_from(longer_ns / STEP_NS).unwrap_or(0).min(STEPS - 1);
        let less: f32 = self.weight[..steps].iter().sum();
        self.weight.copy_within(steps.., 0);
        self.weight[STEPS - steps..].fill(0.0);
        self.weight[0] += less;
        self.step = self.step.saturating_sub(steps);
    }

    fn choose(&mut self) {
        let total: f32 = self.weight.iter().sum();
        let mut above = 0.0;
        let (mut best, mut best_cost, mut own_cost) = (self.step, f32::MAX, f32::MAX);
        for step in (0..STEPS).rev() {
            let cost = step as f32 * (STEP_NS as f32 / 1e6) + MISSED_MS * above / total;
            if cost < best_cost {
                (best, best_cost) = (step, cost);
            }
            if step == self.step {
                own_cost = cost;
            }
            above += self.weight[step];
        }
        if best_cost + HYSTERESIS_MS < own_cost {
            self.step = best;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn ms(target: &Target) -> f64 {
        target.ns() as f64 / 1e6
    }

    /// So many frames of 5 ms, each late by what `late` says of its index.
    fn learn(target: &mut Target, frames: usize, late_ms: impl Fn(usize) -> f64) {
        (0..frames).for_each(|index| target.learn((late_ms(index) * 1e6) as i64, 240));
    }

    #[test]
    fn it_begins_with_a_frame_and_falls_to_what_is_needed() {
        let mut target = Target::new(240);
        assert_eq!(ms(&target), 5.0);
        learn(&mut target, 4000, |index| (index % 16) as f64 / 6.0);
        assert_eq!(ms(&target), 2.5);
    }

    #[test]
    fn a_rare_straggler_is_not_waited_for_and_a_common_one_is() {
        let mut target = Target::new(240);
        learn(&mut target, 8000, |index| if index % 1000 == 0 { 20.0 } else { 1.0 });
        assert_eq!(ms(&target), 1.0);
        learn(&mut target, 8000, |index| if index % 50 == 0 { 20.0 } else { 1.0 });
        assert_eq!(ms(&target), 20.0);
    }

    #[test]
    fn a_young_history_weighs_each_late_frame_heavily() {
        let mut target = Target::new(240);
        learn(&mut target, 20, |index| if index == 19 { 12.0 } else { 0.0 });
        assert_eq!(ms(&target), 12.0);
    }

    #[test]
    fn what_no_delay_could_have_saved_moves_nothing() {
        let mut target = Target::new(240);
        learn(&mut target, 4000, |_| 1.0);
        learn(&mut target, 4000, |_| 31.0);
        assert_eq!(ms(&target), 1.0);
    }

    #[test]
    fn a_longer_road_takes_the_lateness_along() {
        let mut target = Target::new(240);
        learn(&mut target, 4000, |_| 12.0);
        target.shift(10_000_000);
        assert_eq!(ms(&target), 2.0);
        learn(&mut target, 100, |_| 2.0);
        assert_eq!(ms(&target), 2.0);
    }
}
