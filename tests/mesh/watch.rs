// SPDX-License-Identifier: MIT
//! What must hold at every step of every world, whatever happens in it.

use super::clock::{SECOND, True};
use super::machine::{Machine, Part};
use core::net::SocketAddr;
use hyperzoom::words::{PEOPLE_MAX, PeerId};
use std::collections::{BTreeMap, BTreeSet};

/// Outputs that one input may cause.
const OUTPUTS_MAX: usize = 2_000;
/// Wake-ups of one program in one second.
const WAKES_PER_S_MAX: u32 = 1_500;
/// Sealed datagrams remembered a receiver, to see one opened twice.
const OPENED_KEPT: usize = 4_096;

/// A datagram under way, and what the world knows about it.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub id: u64,
    /// Who sealed it.
    pub origin: usize,
    /// As whom.
    pub place: Option<PeerId>,
    /// Not as it was sent.
    pub spoiled: bool,
    pub bytes: Vec<u8>,
}

/// Everything that is counted to judge by.
#[derive(Default)]
pub struct Watch {
    /// Each receiver's latest opened datagrams.
    opened: BTreeMap<(usize, u32), BTreeSet<u64>>,
    /// Bytes that came from and went to somebody who is not in the call, by program and address.
    balance: BTreeMap<(usize, SocketAddr), (u64, u64)>,
    pub opened_count: u64,
    pub dropped: BTreeMap<String, u64>,
}

impl Watch {
    /// Something sealed was opened.
    pub fn opened(&mut self, machines: &[Machine], receiver: usize, peer: PeerId, parcel: &Parcel) {
        let here = &machines[receiver];
        assert!(!parcel.spoiled, "{} opened a datagram that was changed on the way: {parcel:?}", here.name);
        let sender = &machines[parcel.origin];
        assert_eq!(sender.part, Part::Member, "{} opened what {} sealed", here.name, sender.name);
        assert_ne!(parcel.origin, receiver, "{} opened its own datagram", here.name);
        assert_eq!(parcel.place, Some(peer), "{} takes {} for another", here.name, sender.name);
        let run = here.engine.as_ref().expect("it opened something").run;
        let opened = self.opened.entry((receiver, run)).or_default();
        assert!(opened.insert(parcel.id), "{} opened a datagram twice: {parcel:?}", here.name);
        if opened.len() > OPENED_KEPT {
            opened.pop_first();
        }
        self.opened_count += 1;
    }

    /// Voice is only taken from people who are shown, or of whom it was said that they are there. Who comes in hears
    /// the host before anything is said.
    pub fn voice(&self, here: &Machine, peer: PeerId) {
        let entering = here.people.is_empty() && peer == PeerId::HOST;
        let shown = here.people.iter().any(|person| person.peer == peer) || here.peer(peer).linked;
        assert!(entering || shown, "{} plays the voice of {peer:?}, who is not among {:?}", here.name, here.people);
    }

    /// Nobody who is not in the call gets more than they sent.
    pub fn came(&mut self, receiver: usize, from: SocketAddr, bytes: usize) {
        self.balance.entry((receiver, from)).or_default().0 += bytes as u64;
    }

    /// See [`Watch::came`].
    pub fn went(&mut self, here: &Machine, sender: usize, to: SocketAddr, bytes: usize) {
        let (came, went) = self.balance.entry((sender, to)).or_default();
        *went += bytes as u64;
        assert!(*went <= *came, "{} sent {went} bytes to {to}, which sent only {came}", here.name);
    }

    pub fn outputs(&self, here: &Machine, count: usize) {
        assert!(count < OUTPUTS_MAX, "{} does not stop: {count} outputs after one input", here.name);
    }

    pub fn wake(&self, here: &mut Machine, now: True) {
        let second = now / SECOND;
        if here.wakes.0 != second {
            here.wakes = (second, 0);
        }
        here.wakes.1 += 1;
        assert!(here.wakes.1 < WAKES_PER_S_MAX, "{} wakes all the time for {:?}", here.name, here.waits_for);
    }

    /// Whom this one shows can be in the call: known, each once, at most four, and the host in the host's place.
    pub fn roster(&self, here: &Machine, members: &[String]) {
        let people = &here.people;
        assert!(people.len() <= PEOPLE_MAX, "{} shows {people:?}", here.name);
        let places: BTreeSet<PeerId> = people.iter().map(|person| person.peer).collect();
        let names: BTreeSet<&str> = people.iter().map(|person| person.name.as_str()).collect();
        let each_once = places.len() == people.len() && names.len() == people.len();
        assert!(each_once, "{} shows somebody twice: {people:?}", here.name);
        for person in people {
            let known = |name: &String| {
                let rest = person.name.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.trim_start().parse::<u8>().is_ok())
            };
            assert!(members.iter().any(known), "{} shows {person:?}, who may not be there", here.name);
        }
    }
}
