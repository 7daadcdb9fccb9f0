// SPDX-License-Identifier: MIT
//! What is made of datagrams that were overheard: said again, changed, cut, put together anew, sent from and to
//! wherever it might hurt.

use super::world::{Parcel, World, abroad};
use super::{below, noise, one_of};
use core::net::SocketAddr;
use hyperzoom::mesh::header::Header;
use hyperzoom::mesh::random::Random;
use std::collections::BTreeMap;

/// Of each sort so many are kept; later ones replace earlier ones here and there, so that old ones remain.
const SHELF: usize = 200;

/// Strangers there are.
pub const STRANGERS: usize = 3;

/// Overheard datagrams by sort, so that rare ones are used as often as voice.
#[derive(Clone, Default)]
pub struct Library {
    shelves: BTreeMap<(u8, u8, bool), Vec<Parcel>>,
    seen: usize,
}

impl Library {
    /// Takes in what was said.
    pub fn learn(&mut self, world: &mut World, random: &mut Random) {
        for parcel in world.said.drain(..) {
            self.seen += 1;
            let (kind, what) = (parcel.bytes[0] & 0x1f, parcel.bytes[Header::LEN]);
            // HELLOs come in sorts of their own.
            let sort = (kind, if kind == 4 { what } else { 0 }, what == 1 && parcel.bytes[Header::LEN + 1] > 0);
            let shelf = self.shelves.entry(sort).or_default();
            if shelf.len() < SHELF {
                shelf.push(parcel);
            } else if random.below(4) == 0 {
                let at = below(random, SHELF);
                shelf[at] = parcel;
            }
        }
    }

    /// How many sorts there are.
    pub fn sorts(&self) -> usize {
        self.shelves.len()
    }

    /// One of them.
    pub fn any(&self, random: &mut Random) -> &Parcel {
        let shelf = self.shelves.values().nth(below(random, self.shelves.len())).expect("something was said");
        &shelf[below(random, shelf.len())]
    }
}

fn set_length(bytes: &mut [u8]) {
    let len = bytes.len().saturating_sub(Header::LEN) as u16;
    if let Some(field) = bytes.get_mut(8..10) {
        field.copy_from_slice(&len.to_be_bytes());
    }
}

fn forge_header(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..1 + random.below(3) {
        match random.below(7) {
            0 => bytes[0] = 0x40 | random.below(7) as u8,
            1 => bytes[1] = one_of(random, &[0, 1, 2, 3, 4, 255]),
            2 => bytes[3] = bytes[3].wrapping_add(random.below(9) as u8),
            3 => random.fill(&mut bytes[2..4]),
            4 => random.fill(&mut bytes[4..8]),
            5 => random.fill(&mut bytes[10..12]),
            _ => bytes[0] = random.u64() as u8,
        }
    }
}

/// Something with a header, which claims to be in the clear and is nonsense.
fn clear_nonsense(random: &mut Random) -> Vec<u8> {
    let (kind, len) = one_of(
        random,
        &[(1, 1187), (1, 107), (2, 25), (2, 10), (3, 88), (3, 900), (4, 107), (5, 60), (5, 600), (6, 40)],
    );
    let mut bytes = vec![0; Header::LEN];
    bytes[0] = 0x44;
    bytes[1] = one_of(random, &[0, 1, 2, 3, 255]);
    bytes.extend([kind, random.below(6) as u8]);
    bytes.extend(noise(random, len - 1));
    set_length(&mut bytes);
    bytes
}

/// Bytes that nobody honest sends now.
pub fn forged(parcel: &Parcel, library: &Library, random: &mut Random) -> Vec<u8> {
    let mut bytes = parcel.bytes.clone();
    match random.below(10) {
        0 => {}
        1 | 2 => {
            for _ in 0..1 + random.below(3) {
                let at = below(random, bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        3 => {
            bytes.truncate(below(random, bytes.len()));
            if random.below(2) == 0 {
                set_length(&mut bytes);
            }
        }
        4 => {
            let len = one_of(random, &[1, 2, 16, 100, 1200]);
            bytes.extend(noise(random, len));
            if random.below(2) == 0 {
                bytes.truncate(1200);
                set_length(&mut bytes);
            }
        }
        5 => {
            let other = &library.any(random).bytes;
            bytes.truncate(Header::LEN);
            bytes.extend_from_slice(&other[Header::LEN..]);
            set_length(&mut bytes);
        }
        6 => {
            let other = &library.any(random).bytes;
            let cut = below(random, bytes.len().min(other.len()));
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[cut..]);
            set_length(&mut bytes);
        }
        7 => forge_header(&mut bytes, random),
        8 => bytes = clear_nonsense(random),
        _ => {
            let len = one_of(random, &[0, 1, 11, 12, 13, 28, 60, 1200, 1400]);
            bytes = noise(random, len);
        }
    }
    bytes
}

/// From where to where: as it was, back to its sender, from or to somebody else, from a stranger.
pub fn addressed(parcel: &Parcel, world: &World, random: &mut Random) -> (SocketAddr, SocketAddr) {
    let Parcel { from, to, .. } = *parcel;
    let anybody = |random: &mut Random| world.nodes[below(random, world.nodes.len())].address;
    let stranger = abroad(below(random, STRANGERS));
    match random.below(8) {
        0 => (from, to),
        1 => (to, from),
        2 => (anybody(random), to),
        3 => (from, anybody(random)),
        4 => (to, to),
        5 => (stranger, from),
        _ => (stranger, anybody(random)),
    }
}
