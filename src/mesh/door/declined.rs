// SPDX-License-Identifier: MIT
//! Who was told no by the host and should not ask again at once.
//!
//! A program run is known by its number and a person by name, both only in the network from which the no was earned:
//! elsewhere somebody may have overheard them. Whoever draws both anew is still in the same network, and a network that
//! was told no three times asks nobody for a while. One no keeps no neighbour out.

use super::{Caller, NEIGHBOURS_MAX};
use crate::mesh::door::limit::network;
use crate::words::Mono;
use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

/// A no holds so long.
const DECLINED_NS: i64 = 60_000_000_000;

/// So many are remembered, the oldest makes room: more than any host says no to in a minute.
const DECLINED_MAX: usize = 64;

#[derive(Debug)]
struct Declined {
    person: u64,
    name: String,
    from: SocketAddr,
    network: IpAddr,
    at: Mono,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Refusals(VecDeque<Declined>);

impl Refusals {
    /// The host has said no.
    pub fn note(&mut self, caller: &Caller, now: Mono) {
        if self.0.len() == DECLINED_MAX {
            self.0.pop_front();
        }
        let (person, name) = (caller.greeting.person, caller.greeting.name.clone());
        self.0.push_back(Declined { person, name, from: caller.from, network: network(caller.from.ip()), at: now });
    }

    /// Is this one of them, or from where too many of them are?
    pub fn hold(&self, caller: &Caller, now: Mono) -> bool {
        let home = network(caller.from.ip());
        let fresh = || self.0.iter().filter(|no| now.since(no.at) < DECLINED_NS);
        let near = || fresh().filter(|no| no.network == home);
        let same = |no: &Declined| {
            let greeting = &caller.greeting;
            no.person == greeting.person || no.name == greeting.name || no.from == caller.from
        };
        near().any(same) || near().count() >= NEIGHBOURS_MAX
    }
}
