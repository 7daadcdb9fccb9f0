// SPDX-License-Identifier: MIT
//! Where this machine can be reached just now: its own addresses and the one the router lends us. Looked at every
//! other second, because an interface may vanish and return.

use crate::words::Mono;
use std::net::{IpAddr, SocketAddr};

/// Between two looks: a person who moves to another network should not wait.
const LOOK_NS: i64 = 2 * Mono::SECOND as i64;

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// All addresses are gone.
    Gone,
    /// There are some again.
    Back,
    /// Others than before.
    Other,
}

/// The addresses.
#[derive(Debug)]
pub struct Places {
    port: u16,
    own: Vec<IpAddr>,
    mapped: Option<SocketAddr>,
    looked: Mono,
}

impl Places {
    /// With what there is now.
    pub fn new(port: u16, own: Vec<IpAddr>, now: Mono) -> Places {
        Places { port, own, mapped: None, looked: now }
    }

    /// When to look again.
    pub fn look_at(&self) -> Mono {
        self.looked.offset(LOOK_NS)
    }

    /// Takes in what a look found.
    pub fn look(&mut self, own: Vec<IpAddr>, now: Mono) -> Option<Change> {
        self.looked = now;
        if own == self.own {
            return None;
        }
        let change = match (self.own.is_empty(), own.is_empty()) {
            (false, true) => Change::Gone,
            (true, false) => Change::Back,
            _ => Change::Other,
        };
        self.own = own;
        Some(change)
    }

    /// What the router lends us, or no longer.
    pub fn map(&mut self, external: Option<SocketAddr>) -> bool {
        let changed = self.mapped != external;
        self.mapped = external;
        changed
    }

    /// All of them, the one that reaches furthest first: that is the order in which an invite names them.
    pub fn all(&self) -> Vec<SocketAddr> {
        let own = self.own.iter().map(|&ip| SocketAddr::new(ip, self.port));
        let mut all: Vec<SocketAddr> = self.mapped.into_iter().chain(own).collect();
        let mut seen = Vec::new();
        all.retain(|address| {
            !seen.contains(address) && {
                seen.push(*address);
                true
            }
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Places};
    use crate::words::Mono;
    use std::net::IpAddr;

    #[test]
    fn an_interface_that_vanishes_and_returns_is_told_once_each() {
        let lan: IpAddr = [192, 168, 1, 7].into();
        let mut places = Places::new(5000, vec![lan], Mono(0));
        assert_eq!(places.look(vec![lan], Mono(1)), None);
        assert_eq!(places.look(vec![], Mono(2)), Some(Change::Gone));
        assert_eq!(places.look(vec![], Mono(3)), None);
        assert_eq!(places.look(vec![lan], Mono(4)), Some(Change::Back));
        assert_eq!(places.look(vec![[10, 0, 0, 2].into()], Mono(5)), Some(Change::Other));
    }

    #[test]
    fn what_the_router_lends_comes_first_and_nothing_comes_twice() {
        let mut places = Places::new(5000, vec![[192, 168, 1, 7].into(), [203, 0, 113, 5].into()], Mono(0));
        let external = ([203, 0, 113, 5], 5000).into();
        assert!(places.map(Some(external)) && !places.map(Some(external)));
        assert_eq!(places.all(), [external, ([192, 168, 1, 7], 5000).into()]);
    }
}
