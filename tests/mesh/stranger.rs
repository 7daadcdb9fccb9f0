// SPDX-License-Identifier: MIT
//! Somebody who is not in the call and tries what can be tried with a socket, a copy of what passes by, and the
//! habit of lying about where a datagram comes from.

use super::watch::Parcel;
use super::world::World;
use core::net::SocketAddr;

impl World {
    /// One attempt; `kind` tells which sort.
    pub fn bother(&mut self, stranger: usize, kind: u32) {
        let own = self.machines[stranger].address;
        if self.tapped.is_empty() {
            return;
        }
        let taken = self.dice.below(self.tapped.len() as u64) as usize;
        let (from, to, parcel) = self.tapped[taken].clone();
        let (from, to) = (self.seen_from_outside(from, to), to);
        match kind {
            0 => self.shoot(stranger, own, to, None),
            1 => self.emit(stranger, own, to, parcel),
            2 => self.emit(stranger, from, to, parcel),
            3 => self.emit(stranger, own, from, parcel),
            4 => {
                let bytes = self.change(parcel.bytes);
                let liar = if self.dice.chance(0.5) { own } else { from };
                self.shoot(stranger, liar, to, Some(bytes));
            }
            _ => {
                let bytes = self.clear_nonsense();
                self.shoot(stranger, own, to, Some(bytes));
            }
        }
    }

    /// Who sends from inside a home is seen at its router's address; the port is a guess.
    fn seen_from_outside(&self, from: SocketAddr, to: SocketAddr) -> SocketAddr {
        let back = self.tapped.iter().find(|(_, there, _)| there.ip() != to.ip() && there.ip() != from.ip());
        let known = self.machines.iter().any(|machine| machine.router.is_none() && machine.address == from);
        if known { from } else { back.map_or(from, |(_, there, _)| *there) }
    }

    fn shoot(&mut self, stranger: usize, from: SocketAddr, to: SocketAddr, bytes: Option<Vec<u8>>) {
        let len = self.dice.below(1_400) as usize;
        let bytes = bytes.unwrap_or_else(|| self.dice.bytes(len));
        let parcel = Parcel { id: self.number(), origin: stranger, place: None, spoiled: true, bytes };
        self.emit(stranger, from, to, parcel);
    }

    fn change(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.dice.between(1, 4) {
            let at = self.dice.below(bytes.len() as u64) as usize;
            let Some(byte) = bytes.get_mut(at) else { break };
            *byte = byte.wrapping_add(self.dice.between(1, 256) as u8);
        }
        if self.dice.chance(0.3) {
            let len = self.dice.below(40) as usize;
            bytes.extend(self.dice.bytes(len));
        }
        bytes
    }

    /// A header that is right and a message in the clear that is not.
    fn clear_nonsense(&mut self) -> Vec<u8> {
        let len = self.dice.one_of(&[1, 9, 60, 200, 1_187]);
        let mut bytes = vec![0x44, self.dice.one_of(&[0, 1, 2, 3, 255]), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes[8..10].copy_from_slice(&(len as u16 + 1).to_be_bytes());
        bytes.push(self.dice.between(1, 7) as u8);
        bytes.extend(self.dice.bytes(len));
        bytes
    }
}
