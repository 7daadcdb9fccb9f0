// SPDX-License-Identifier: MIT
//! Handshakes that a peer began with us and has not confirmed yet.
//!
//! A HELLO can be overheard and said again by anybody. So an answer is kept until it is confirmed, the same HELLO
//! gets the same answer, and one whose time has passed gets none: saying it again costs us nothing and changes
//! nothing.

use crate::mesh::roster::CANDIDATES_MAX;
use crate::mesh::seal::LinkKeys;
use core::net::SocketAddr;
use std::collections::VecDeque;

/// Attempts of one peer that may be under way. It makes a new one only when the one before led nowhere.
const OPEN_MAX: usize = 3;

/// Roads on which one attempt may come: all that are known, and one more.
const ROADS_MAX: usize = CANDIDATES_MAX + 1;

/// Attempts that are remembered as past.
const SPENT_MAX: usize = 32;

/// One answer.
pub struct Answer {
    /// Names the attempt.
    pub token: u64,
    /// The WELCOME, whole.
    pub datagram: Vec<u8>,
    /// What it would lead to.
    pub keys: LinkKeys,
    /// Where it went, the latest last.
    to: Vec<SocketAddr>,
}

impl Answer {
    /// The first time it is said.
    pub fn new(token: u64, datagram: Vec<u8>, keys: LinkKeys, to: SocketAddr) -> Answer {
        Answer { token, datagram, keys, to: vec![to] }
    }

    /// It is said there too.
    pub fn goes_to(&mut self, to: SocketAddr) {
        self.to.retain(|known| *known != to);
        if self.to.len() == ROADS_MAX {
            self.to.remove(0);
        }
        self.to.push(to);
    }

    /// Where the link leads that somebody confirms from there. Who never got the answer there cannot have read it
    /// there: that datagram is a copy, or its sender has just moved.
    pub fn road(&self, from: SocketAddr) -> SocketAddr {
        let latest = self.to.last().copied().unwrap_or(from);
        if self.to.contains(&from) { from } else { latest }
    }
}

/// All of one peer.
#[derive(Default)]
pub struct Answers {
    open: VecDeque<Answer>,
    spent: VecDeque<u64>,
}

impl Answers {
    /// What was answered to this attempt.
    pub fn find(&mut self, token: u64) -> Option<&mut Answer> {
        self.open.iter_mut().find(|answer| answer.token == token)
    }

    /// Is this an attempt of the past?
    pub fn is_spent(&self, token: u64) -> bool {
        self.spent.contains(&token)
    }

    /// Keeps one.
    pub fn keep(&mut self, answer: Answer) {
        if self.open.len() == OPEN_MAX {
            let oldest = self.open[0].token;
            self.take(oldest);
        }
        self.open.push_back(answer);
    }

    /// Takes one out: it was confirmed, or nobody will.
    pub fn take(&mut self, token: u64) -> Option<Answer> {
        let at = self.open.iter().position(|answer| answer.token == token)?;
        if self.spent.len() == SPENT_MAX {
            self.spent.pop_front();
        }
        self.spent.push_back(token);
        self.open.remove(at)
    }
}

impl core::fmt::Debug for Answers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Answers({} open)", self.open.len())
    }
}
