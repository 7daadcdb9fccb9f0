// SPDX-License-Identifier: MIT
//! The lowest delay of the last ten seconds: the road without its queues.

use crate::words::Mono;
use std::collections::VecDeque;

/// Long enough that a queue drains in between, short enough that neither drift nor a new road misleads for long.
const SECONDS: usize = 10;

/// One minimum a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Floor {
    minima: VecDeque<(u64, i64)>,
}

impl Floor {
    /// Learns one delay.
    pub(super) fn learn(&mut self, delay_us: i64, now: Mono) {
        let second = now.0 / Mono::SECOND;
        match self.minima.back_mut() {
            Some((s, lowest)) if *s == second => *lowest = delay_us.min(*lowest),
            _ => self.minima.push_back((second, delay_us)),
        }
        while self.minima.front().is_some_and(|(s, _)| s + SECONDS as u64 <= second) || self.minima.len() > SECONDS {
            self.minima.pop_front();
        }
    }

    /// The lowest, if anything was learnt.
    pub(super) fn lowest(&self) -> Option<i64> {
        self.minima.iter().map(|(_, lowest)| *lowest).min()
    }
}

#[cfg(test)]
mod tests {
    use super::Floor;
    use crate::words::Mono;

    #[test]
    fn the_floor_is_the_lowest_of_ten_seconds() {
        let mut floor = Floor::default();
        assert_eq!(floor.lowest(), None);
        for s in 0..30 {
            floor.learn(if s == 5 { -700 } else { 300 }, Mono(s * Mono::SECOND));
            assert_eq!(floor.lowest(), Some(if (5..15).contains(&s) { -700 } else { 300 }), "{s}");
            assert!(floor.minima.len() <= super::SECONDS);
        }
    }
}
