// SPDX-License-Identifier: MIT
//! What a datagram meets between two sites: the sender's uplink with its queue, then the way itself.
//!
//! ```text
//!  machine -> [uplink: rate, queue, tail drop] -> [loss bursts | delay, jitter | twins | overtaking | bit errors] ->
//! ```

use super::clock::{MS, SECOND, True};
use super::dice::Dice;

/// How much longer than at best a datagram is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Anything up to this, all equally likely.
    Uniform(True),
    /// Rarer the longer, this on average.
    Exponential(True),
    /// As one half of a bell that is so wide.
    HalfBell(True),
}

impl Jitter {
    pub fn draw(self, dice: &mut Dice) -> True {
        match self {
            Jitter::Uniform(most) => (dice.part() * most as f64) as True,
            Jitter::HalfBell(width) => {
                let bell = (-2.0 * (1.0 - dice.part()).ln()).sqrt() * (std::f64::consts::TAU * dice.part()).cos();
                (bell.abs() * width as f64) as True
            }
            Jitter::Exponential(mean) => (-(1.0 - dice.part()).ln() * mean as f64) as True,
        }
    }
}

/// Gilbert and Elliott's road: good, or bad for a while; in the bad state everything is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Of all datagrams.
    pub part: f64,
    /// Lost in a row, on average.
    pub burst: f64,
}

impl Loss {
    pub const NONE: Loss = Loss { part: 0.0, burst: 1.0 };
}

/// How a way behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    pub delay: True,
    pub jitter: Jitter,
    pub loss: Loss,
    /// Of all datagrams: those that come twice, those that others overtake, those that arrive changed.
    pub twins: f64,
    pub overtaken: f64,
    pub spoiled: f64,
}

impl Habits {
    /// One cable.
    pub const LAN: Habits = Habits {
        delay: MS / 5,
        jitter: Jitter::Uniform(MS / 10),
        loss: Loss::NONE,
        twins: 0.0,
        overtaken: 0.0,
        spoiled: 0.0,
    };

    /// As it is between homes that lie `delay` apart.
    pub const fn internet(delay: True, jitter: Jitter) -> Habits {
        Habits { delay, jitter, ..Habits::LAN }
    }
}

/// One direction between two sites.
#[derive(Clone, Debug)]
pub struct Way {
    pub habits: Habits,
    /// Nothing gets through.
    pub cut: bool,
    /// A narrow place on the way.
    pub narrow: Option<Uplink>,
    bad: bool,
    last_arrival: True,
    dice: Dice,
}

/// What becomes of a datagram on a way: when it arrives, and whether changed.
pub type Fates = [Option<(True, bool)>; 2];

impl Way {
    pub fn new(habits: Habits, dice: Dice) -> Way {
        Way { habits, cut: false, narrow: None, bad: false, last_arrival: 0, dice }
    }

    pub fn carry(&mut self, bytes: usize, now: True) -> Fates {
        let Loss { part, burst } = self.habits.loss;
        let (into_bad, out_of_bad) = (part / (1.0 - part) / burst, 1.0 / burst);
        self.bad = self.dice.chance(if self.bad { 1.0 - out_of_bad } else { into_bad });
        if self.cut || self.bad {
            return [None, None];
        }
        let Some(through) = self.narrow.as_mut().map_or(Some(now), |narrow| narrow.send(bytes, now)) else {
            return [None, None];
        };
        let mut arrival = through + self.habits.delay + self.habits.jitter.draw(&mut self.dice);
        if self.dice.chance(self.habits.overtaken) {
            arrival += self.dice.below(30 * MS);
        } else {
            // What waits in a queue does not overtake.
            arrival = arrival.max(self.last_arrival + 1);
            self.last_arrival = arrival;
        }
        let spoiled = self.dice.chance(self.habits.spoiled);
        let twin = self.dice.chance(self.habits.twins).then(|| (arrival + self.dice.below(500 * MS), false));
        [Some((arrival, spoiled)), twin]
    }
}

/// The narrow end of a home's connection.
#[derive(Clone, Copy, Debug)]
pub struct Uplink {
    pub bits_per_s: u64,
    /// What waits longer than this is dropped at the tail.
    pub queue: True,
    free_at: True,
    /// Datagrams dropped.
    pub dropped: u64,
}

impl Uplink {
    pub fn new(bits_per_s: u64) -> Uplink {
        Uplink { bits_per_s, queue: SECOND / 4, free_at: 0, dropped: 0 }
    }

    /// When the last bit of a datagram has left, if there is room.
    pub fn send(&mut self, bytes: usize, now: True) -> Option<True> {
        const IP_AND_UDP: u64 = 28;
        let begin = self.free_at.max(now);
        if begin - now > self.queue {
            self.dropped += 1;
            return None;
        }
        self.free_at = begin + (bytes as u64 + IP_AND_UDP) * 8 * SECOND / self.bits_per_s;
        Some(self.free_at)
    }
}
