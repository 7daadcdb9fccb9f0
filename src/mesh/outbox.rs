// SPDX-License-Identifier: MIT
//! What waits to be polled.

use super::event::{Event, Output};
use core::net::SocketAddr;
use std::collections::VecDeque;

/// One input causes some dozens of datagrams at most. Whoever handles inputs and never polls loses datagrams, as a
/// network may; events are as few as what happens.
const SENDS_MAX: usize = 4096;

/// First in, first out.
#[derive(Debug, Default)]
pub struct Outbox {
    outputs: VecDeque<Output>,
}

impl Outbox {
    /// A datagram is to be sent.
    pub fn send(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        if self.outputs.len() < SENDS_MAX {
            self.outputs.push_back(Output::Send { to, bytes });
        }
    }

    /// Something happened.
    pub fn happened(&mut self, event: Event) {
        self.outputs.push_back(Output::Happened(event));
    }

    /// The next.
    pub fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}
