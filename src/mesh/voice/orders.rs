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
