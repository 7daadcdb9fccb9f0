// SPDX-License-Identifier: MIT
//! Before somebody is in: callers, how many of them there may be, and for how long.
//!
//! ```text
//!  HELLO that opens ---> Knocking ----yes----> Doubted -----> Invited ---CONFIRM---> in the roster
//!        |  without a key, host asks  |no        | somebody of that name may still be here
//!        |                            v          |
//!        '-- with the key ---------> Refused     '-- has a place; it is given away after ten seconds
//! ```
//!
//! A caller is remembered by the token of its HELLO: said again it gets what it got before. Nothing here is
//! reached without a cookie, so callers are as many as there are true addresses, and no more than the limits.

mod declined;
mod limit;

use super::control::greeting::Greeting;
use super::handshake::Responder;
use super::roster::PairKey;
use super::seal::LinkKeys;
use crate::words::{Mono, PEOPLE_MAX, PeerId};
use core::net::SocketAddr;
use declined::Refusals;
pub use limit::Limit;
use limit::network;
use std::collections::VecDeque;

/// Joins under way, with the key and without: more than can ever come in.
const CALLERS_MAX: usize = 8;

/// Callers without the key from one network: a household may come as a whole, and no network fills the waiting room.
/// With the key nobody waits: who is not in within moments has been sent away.
const NEIGHBOURS_MAX: usize = PEOPLE_MAX - 1;

/// Attempts that are remembered as past: as many as can be made while a cookie is good for them, so that none can be
/// said again by who overheard it.
const SPENT_MAX: usize = limit::FOR_A_COOKIE;

/// A caller who does not ask again for so long has gone away; an invitation holds as long.
pub const CALLER_NS: i64 = 10_000_000_000;

/// How long somebody of the same name has time to show that they live.
pub const DOUBT_NS: i64 = 600_000_000;

/// Who does not come for a promised place for so long makes room for who asks under the same name.
const PROMISE_NS: i64 = 1_000_000_000;

/// The door looks around this often while somebody is there.
pub const LOOK_NS: i64 = 150_000_000;

/// Somebody before the door.
#[derive(Debug)]
pub struct Caller {
    /// Names them to our own side.
    pub ticket: u64,
    /// Names their attempt.
    pub token: u64,
    /// Where they are; proved by the cookie.
    pub from: SocketAddr,
    /// They have the invite's key.
    pub keyed: bool,
    /// What they said.
    pub greeting: Greeting,
    /// When they said HELLO last.
    pub heard: Mono,
}

/// Somebody comes once more.
#[derive(Clone, Copy, Debug)]
pub struct Renewed {
    /// Of the earlier attempt.
    pub ticket: u64,
    /// Under the same name.
    pub same_name: bool,
    /// The host has said yes, which may not have arrived.
    pub let_in: bool,
}

/// How far a caller is.
pub enum Stage {
    /// The host is asked.
    Knocking(Responder),
    /// Somebody of that name is in the call: do they live?
    Doubted {
        /// Asked since.
        since: Mono,
        /// Waits for the answer.
        responder: Responder,
    },
    /// They have a place and keys, and have to show that the keys work.
    Invited(Box<Invited>),
    /// They were told to stay out.
    Refused {
        /// The WELCOME that says so, whole.
        datagram: Vec<u8>,
        /// When.
        at: Mono,
    },
}

/// What an invited caller will be.
pub struct Invited {
    /// The WELCOME, whole.
    pub datagram: Vec<u8>,
    /// To prove.
    pub keys: LinkKeys,
    /// The place.
    pub place: PeerId,
    /// The incarnation.
    pub incarnation: u32,
    /// The keys they share with whoever sits in each place.
    pub pairs: [PairKey; PEOPLE_MAX],
    /// When.
    pub at: Mono,
}

impl core::fmt::Debug for Stage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Stage::Knocking(_) => "Knocking",
            Stage::Doubted { .. } => "Doubted",
            Stage::Invited(_) => "Invited",
            Stage::Refused { .. } => "Refused",
        })
    }
}

/// Everybody before the door.
#[derive(Debug, Default)]
pub struct Door {
    /// How much work they may cause.
    pub limit: Limit,
    /// Whom the host does not want to be asked about again.
    pub declined: Refusals,
    callers: Vec<(Caller, Stage)>,
    spent: VecDeque<u64>,
    tickets: u64,
}

impl Door {
    /// Who made this attempt.
    pub fn by_token(&mut self, token: u64) -> Option<&mut (Caller, Stage)> {
        self.callers.iter_mut().find(|(caller, _)| caller.token == token)
    }

    /// Takes them away from the door.
    pub fn take(&mut self, token: u64) -> Option<(Caller, Stage)> {
        let at = self.callers.iter().position(|(caller, _)| caller.token == token)?;
        Some(self.callers.remove(at))
    }

    /// Is this an attempt of the past? Who made it is in, has made another, or has gone.
    pub fn is_spent(&self, token: u64) -> bool {
        self.spent.contains(&token)
    }

    /// This attempt is over.
    pub fn spend(&mut self, token: u64) {
        if self.spent.len() == SPENT_MAX {
            self.spent.pop_front();
        }
        self.spent.push_back(token);
    }

    /// Takes away whom this question is about, if it is still open.
    pub fn take_knocking(&mut self, ticket: u64) -> Option<(Caller, Responder)> {
        let asked = |(caller, stage): &(Caller, Stage)| caller.ticket == ticket && matches!(stage, Stage::Knocking(_));
        let at = self.callers.iter().position(asked)?;
        match self.callers.remove(at) {
            (caller, Stage::Knocking(responder)) => Some((caller, responder)),
            other => {
                self.callers.push(other);
                None
            }
        }
    }

    /// The attempt about which the host is or was asked already, if this is the same person once more and was not sent
    /// away. Who comes from elsewhere may only have overheard who asks, and about who has shown a key nobody was asked.
    pub fn renews(&self, greeting: &Greeting, from: SocketAddr) -> Option<Renewed> {
        let same = |caller: &Caller| {
            !caller.keyed
                && caller.greeting.person == greeting.person
                && network(caller.from.ip()) == network(from.ip())
        };
        let open = |(caller, stage): &&(Caller, Stage)| !matches!(stage, Stage::Refused { .. }) && same(caller);
        let (caller, stage) = self.callers.iter().find(open)?;
        let (ticket, same_name) = (caller.ticket, caller.greeting.name == greeting.name);
        Some(Renewed { ticket, same_name, let_in: !matches!(stage, Stage::Knocking(_)) })
    }

    /// Takes away the earlier attempts of the same person. Without a key that is only who is in the same network: what
    /// is said without one can be overheard, and nobody elsewhere ends an attempt with it.
    pub fn take_earlier(&mut self, person: u64, keyed: bool, from: SocketAddr) -> Vec<(Caller, Stage)> {
        let near = |caller: &Caller| keyed || network(caller.from.ip()) == network(from.ip());
        let same = |(caller, _): &mut (Caller, Stage)| caller.greeting.person == person && near(caller);
        self.callers.extract_if(.., same).collect()
    }

    /// Is there room for one more of this kind? Who has been sent away only waits to hear it, and makes room.
    pub fn make_room(&mut self, keyed: bool, from: SocketAddr) -> bool {
        let alike = || self.callers.iter().filter(|(caller, _)| caller.keyed == keyed);
        let waits = |(_, stage): &&(Caller, Stage)| !matches!(stage, Stage::Refused { .. });
        let near = |(caller, _): &&(Caller, Stage)| network(caller.from.ip()) == network(from.ip());
        if !keyed && alike().filter(waits).filter(near).count() >= NEIGHBOURS_MAX {
            return false;
        }
        if alike().count() < CALLERS_MAX {
            return true;
        }
        let oldest = alike().find(|caller| !waits(caller)).map(|(caller, _)| caller.token);
        oldest.inspect(|token| self.spend(*token)).and_then(|token| self.take(token)).is_some()
    }

    /// A number for the next caller.
    pub fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Somebody new, or in a new stage; there has to be room.
    pub fn put(&mut self, caller: Caller, stage: Stage) {
        assert!(self.callers.len() < 2 * CALLERS_MAX, "room was made");
        self.callers.push((caller, stage));
    }

    /// Who was promised a place under this name and does not come for it is most likely gone, and this is the same
    /// person anew: the place is free again.
    pub fn let_go(&mut self, name: &str, now: Mono) {
        let waits = |(caller, stage): &(Caller, Stage)| {
            let promised = matches!(stage, Stage::Invited(_)) && caller.greeting.name == name;
            !promised || now.since(caller.heard) < PROMISE_NS
        };
        self.callers.retain(waits);
    }

    /// Is this place promised to somebody?
    pub fn is_reserved(&self, place: PeerId) -> bool {
        self.callers.iter().any(|(_, stage)| matches!(stage, Stage::Invited(invited) if invited.place == place))
    }

    /// Everybody whose time has passed, taken away.
    pub fn expired(&mut self, now: Mono) -> Vec<(Caller, Stage)> {
        let is_over = |(caller, stage): &mut (Caller, Stage)| {
            let since = match stage {
                Stage::Knocking(_) | Stage::Doubted { .. } => caller.heard,
                Stage::Invited(invited) => invited.at,
                Stage::Refused { at, .. } => *at,
            };
            now.since(since) >= CALLER_NS
        };
        self.callers.extract_if(.., is_over).collect()
    }

    /// Everybody about whom there is a doubt: their attempt, their name, since when.
    pub fn doubted(&self) -> Vec<(u64, String, Mono)> {
        let doubt = |(caller, stage): &(Caller, Stage)| match stage {
            Stage::Doubted { since, .. } => Some((caller.token, caller.greeting.name.clone(), *since)),
            _ => None,
        };
        self.callers.iter().filter_map(doubt).collect()
    }

    /// Everybody, taken away.
    pub fn clear(&mut self) -> Vec<(Caller, Stage)> {
        core::mem::take(&mut self.callers)
    }

    /// Nobody is there.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }
}
