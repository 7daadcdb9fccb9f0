// SPDX-License-Identifier: MIT
//! The sound card's clock. It asks for blocks, and each asking brings a pair: samples pulled so far, and when it asked.
//! A thread that was woken late only ever adds, so the lowest of `now - samples / 48000` over two seconds is the card's
//! own line, and one late pull shakes nothing.
//!
//! ```text
//!  now - samples   .            :          ....    the card stood still: as soon as that has lasted,
//!                 ...  . ......... .  .....         the line begins anew up there
//!           ______________________________|
//!            what counts
//! ```

use super::lowest::Lowest;
use super::timeline::ns_of;
use crate::words::Mono;

/// Woken later than this again and again, for so long, is no lateness: the card stood still.
const STOOD_NS: i64 = 8_000_000;
const STOOD_FOR_NS: i64 = 100_000_000;

/// One asking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// When, as it was.
    pub(super) now: Mono,
    /// When, by the card's own line.
    pub(super) at_ns: i64,
    /// The longest block of late: that much must lie ready when the card asks.
    pub(super) block: usize,
    /// Whatever this block needs had to be there when media of this moment was sent, apart from the delay and the road.
    pub(super) reach_ns: i64,
}

/// What is known of the card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pulled: u64,
    lowest: Lowest,
    /// Block lengths below zero: the lowest is the longest.
    blocks: Lowest,
    /// Since when every pull has been far too late, and the least so of them.
    late: Option<(i64, i64)>,
}

impl Card {
    pub(super) fn new() -> Card {
        Card { pulled: 0, lowest: Lowest::new(), blocks: Lowest::new(), late: None }
    }

    /// The card asks for so many samples.
    pub(super) fn asks(&mut self, samples: usize, now: Mono) -> Asked {
        let now_ns = now.0 as i64;
        let pulled_ns = ns_of(self.pulled as i64);
        let residual = now_ns.wrapping_sub(pulled_ns);
        self.lowest.learn(residual, now_ns);
        self.blocks.learn(-(samples as i64), now_ns);
        let lowest = self.lowest.get().unwrap_or(residual);
        if residual.wrapping_sub(lowest) > STOOD_NS {
            let (since, least) = self.late.unwrap_or((now_ns, residual));
            let least = least.min(residual);
            self.late = Some((since, least));
            if now_ns.wrapping_sub(since) > STOOD_FOR_NS {
                self.lowest.restart(least, now_ns);
                self.late = None;
            }
        } else {
            self.late = None;
        }
        self.pulled += samples as u64;
        let at_ns = self.lowest.get().unwrap_or(residual).wrapping_add(pulled_ns);
        let block = self.blocks.get().map_or(samples, |longest| -longest as usize);
        let shorter = samples as i64 - block as i64;
        Asked { now, at_ns, block, reach_ns: at_ns.wrapping_add(ns_of(shorter)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Card, ns_of};
    use crate::words::Mono;

    fn at(samples: i64, late_ns: i64) -> Mono {
        Mono(1_000_000_000).offset(ns_of(samples) + late_ns)
    }

    #[test]
    fn a_pull_that_is_woken_late_moves_nothing() {
        let mut card = Card::new();
        for block in 0..1000 {
            let late = if block % 7 == 3 { 5_000_000 } else { 0 };
            let asked = card.asks(128, at(block * 128, late));
            assert_eq!(asked.at_ns, at(block * 128, 0).0 as i64, "block {block}");
        }
    }

    #[test]
    fn blocks_of_another_length_lie_on_the_same_line() {
        let mut card = Card::new();
        let mut pulled = 0;
        for (index, samples) in [64, 1024, 128, 441, 8192, 1].into_iter().enumerate() {
            let asked = card.asks(samples, at(pulled, 0));
            assert_eq!(asked.at_ns, at(pulled, 0).0 as i64);
            assert!(asked.block >= samples, "{index}");
            pulled += samples as i64;
        }
    }

    #[test]
    fn a_card_that_stood_still_is_believed_after_a_tenth_of_a_second() {
        let mut card = Card::new();
        for block in 0..1000 {
            card.asks(48, at(block * 48, 0));
        }
        let stood = 300_000_000;
        for block in 1000..1200 {
            let asked = card.asks(48, at(block * 48, stood));
            let line = at(block * 48, stood).0 as i64;
            assert_eq!(asked.at_ns == line, block > 1100, "block {block}");
        }
    }
}
