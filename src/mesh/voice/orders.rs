// SPDX-License-Identifier: MIT
//! Orders to a thread that nobody may hold up. They cross a wait-free ring, and what they replace is overwritten in
//! place: no lock, no allocation and no freeing on the far side.
//!
//! The far thread may not run at all (no microphone, nothing arriving). Then the ring fills, and what no longer fits
//! waits on this side; an order makes earlier ones about the same thing void, so no more can wait than there are
//! things to give orders about.

use std::collections::VecDeque;

/// Orders of which a later one can make an earlier one void.
pub trait Order {
    /// Does this order leave nothing of the earlier one?
    fn voids(&self, earlier: &Self) -> bool;
}

/// Enough for a whole call's changes between two datagrams.
const RING: usize = 16;

/// The giving side.
#[derive(Debug)]
pub struct Orders<T> {
    ring: rtrb::Producer<T>,
    waiting: VecDeque<T>,
}

/// Both sides.
pub fn orders<T: Order>() -> (Orders<T>, rtrb::Consumer<T>) {
    let (ring, far) = rtrb::RingBuffer::new(RING);
    (Orders { ring, waiting: VecDeque::new() }, far)
}

impl<T: Order> Orders<T> {
    /// Gives an order. Never waits and never fails.
    pub fn give(&mut self, order: T) {
        self.flush();
        self.waiting.retain(|earlier| !order.voids(earlier));
        self.waiting.push_back(order);
        self.flush();
    }

    /// Passes on what had to wait. Call it now and then.
    pub fn flush(&mut self) {
        while let Some(order) = self.waiting.pop_front() {
            if let Err(rtrb::PushError::Full(order)) = self.ring.push(order) {
                self.waiting.push_front(order);
                return;
            }
        }
    }

    /// How many orders wait on this side.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Order, RING, orders};

    /// About one of three things, a value.
    struct Set(usize, u32);

    impl Order for Set {
        fn voids(&self, earlier: &Set) -> bool {
            self.0 == earlier.0
        }
    }

    #[test]
    fn orders_arrive_in_the_order_given() {
        let (mut give, mut take) = orders();
        (0..5).for_each(|value| give.give(Set(0, value)));
        let values: Vec<_> = std::iter::from_fn(|| take.pop().ok()).map(|order| order.1).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn who_does_not_listen_for_long_gets_the_last_word_on_everything_and_nothing_piles_up() {
        let (mut give, mut take) = orders();
        for value in 0..10_000 {
            give.give(Set(value as usize % 3, value));
            assert!(give.waiting() <= 3);
        }
        let mut state = [0; 3];
        while let Ok(order) = take.pop() {
            state[order.0] = order.1;
        }
        assert!(state.iter().all(|value| *value < RING as u32));
        give.flush();
        assert_eq!(give.waiting(), 0);
        while let Ok(order) = take.pop() {
            state[order.0] = order.1;
        }
        assert_eq!(state, [9999, 9997, 9998]);
    }

    #[test]
    fn orders_to_nobody_are_no_trouble() {
        let (mut give, take) = orders();
        drop(take);
        (0..100).for_each(|value| give.give(Set(0, value)));
        assert!(give.waiting() <= 1);
    }
}
