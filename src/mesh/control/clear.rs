// SPDX-License-Identifier: MIT
//! What is said before there are keys. Nothing in it is trusted, and no answer is longer than the question.
//!
//! ```text
//! HELLO    [1][0 ask]              [token 8][zeros ... to a datagram of 1200]
//!          [1][1 | 2 | 4 proof]   [token 8][cookie 16][length 2][Noise 1][zeros ... to 1200]
//!          [1][3 pair]             [token 8][to 1][from's incarnation 4][to's incarnation 4]
//!                                                      [length 2][Noise 1][zeros ... to 120]
//! COOKIE   [2][0 cookie | 1 wait | 2 busy] [token 8][cookie 16]
//! WELCOME  [3][token 8][Noise 2]
//! PUNCH    [4][tag 16][zeros ... to 120]
//! CONFIRM  [5][token 8][the first sealed datagram, header and all]
//! ```
//!
//! The token tells attempts apart; who cannot see the road cannot guess it. Everything of a HELLO in front of its
//! Noise message is Noise's prologue, so that a HELLO that was overheard is worth nothing with another cookie,
//! another token or for another pair.
//!
//! PUNCH carries what only the pair's key can make: a router may let nobody in but answers to where it went, so
//! a HELLO follows it back.
//!
//! CONFIRM wraps what could be sent bare. So the receiving thread only ever knows links that are confirmed, and a
//! HELLO said again by somebody else cannot disturb the keys that are in use.

use super::bytes::{Reader, Writer};
use crate::mesh::handshake::cookie::COOKIE_LEN;
use crate::mesh::header::{DATAGRAM_MAX, Header, Kind};
use crate::words::PeerId;

/// A stranger's HELLO is as long as a datagram may be, so that every answer is shorter.
pub const HELLO_LEN: usize = DATAGRAM_MAX;
/// A HELLO within a pair: longer than the WELCOME that answers it.
pub const PAIR_HELLO_LEN: usize = 120;

/// Bytes of what a PUNCH proves itself with.
pub const PUNCH_TAG_LEN: usize = 16;

/// What shows that somebody may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The key of the invite.
    Invite,
    /// Nothing: the host decides.
    Nothing,
    /// The key that the host gave to them when they were in before.
    Return,
}

impl Proof {
    fn of(what: u8) -> Option<Proof> {
        match what {
            1 => Some(Proof::Invite),
            2 => Some(Proof::Nothing),
            4 => Some(Proof::Return),
            _ => None,
        }
    }
}

/// What a HELLO comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hello<'a> {
    /// Nothing yet: it asks for a cookie.
    Ask,
    /// A cookie, and a Noise message made with the key of the invite or without one.
    Join {
        /// What it was made with.
        proof: Proof,
        /// What the host gave out before.
        cookie: [u8; COOKIE_LEN],
        /// Noise's first message.
        noise: &'a [u8],
    },
    /// A Noise message made with the key of a pair.
    Pair {
        /// For whom it is.
        to: PeerId,
        /// Which incarnation says it.
        from_incarnation: u32,
        /// Which incarnation it is said to.
        to_incarnation: u32,
        /// Noise's first message.
        noise: &'a [u8],
    },
}

/// What is said in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clear<'a> {
    /// The first word of who wants to talk.
    Hello {
        /// Of this attempt.
        token: u64,
        /// With what.
        hello: Hello<'a>,
    },
    /// Come again with this.
    Cookie {
        /// Of the attempt it answers.
        token: u64,
        /// A keyed hash over the address.
        cookie: [u8; COOKIE_LEN],
    },
    /// The host has been asked; come again.
    Wait {
        /// Of the attempt it answers.
        token: u64,
    },
    /// The host has no room before its door or has done enough for now; come again.
    Busy {
        /// Of the attempt it answers.
        token: u64,
    },
    /// Noise's second message.
    Welcome {
        /// Of the attempt it answers.
        token: u64,
        /// The message.
        noise: &'a [u8],
    },
    /// Opens a way through our own router, and shows the other side where that way ends.
    Punch {
        /// Made with the pair's key.
        tag: [u8; PUNCH_TAG_LEN],
    },
    /// The keys work: here is something sealed with them.
    Confirm {
        /// Of the attempt it ends.
        token: u64,
        /// A datagram.
        sealed: &'a [u8],
    },
}

impl<'a> Clear<'a> {
    /// Reads the payload of a clear control datagram.
    pub fn read(body: &'a [u8]) -> Option<Clear<'a>> {
        let mut reader = Reader(body);
        let clear = match reader.u8()? {
            1 => read_hello(&mut reader, body.len() + Header::LEN)?,
            2 => {
                let what = reader.u8()?;
                let token = reader.u64()?;
                let cookie = reader.bytes(COOKIE_LEN)?.try_into().ok()?;
                match what {
                    0 => Clear::Cookie { token, cookie },
                    1 => Clear::Wait { token },
                    2 => Clear::Busy { token },
                    _ => return None,
                }
            }
            3 => Clear::Welcome { token: reader.u64()?, noise: reader.0 },
            4 => Clear::Punch { tag: reader.bytes(PUNCH_TAG_LEN)?.try_into().ok()? },
            5 => Clear::Confirm { token: reader.u64()?, sealed: reader.0 },
            _ => return None,
        };
        Some(clear)
    }

    /// The whole datagram, said by `participant`.
    pub fn datagram(&self, participant: u8) -> Vec<u8> {
        let mut out = Writer::new();
        out.bytes(&[0; Header::LEN]);
        let mut padded_to = 0;
        match *self {
            Clear::Hello { token, hello } => {
                out.bytes(&prologue(token, &hello));
                let (noise, length) = match hello {
                    Hello::Ask => (None, HELLO_LEN),
                    Hello::Join { noise, .. } => (Some(noise), HELLO_LEN),
                    Hello::Pair { noise, .. } => (Some(noise), PAIR_HELLO_LEN),
                };
                if let Some(noise) = noise {
                    out.u16(noise.len() as u16).bytes(noise);
                }
                padded_to = length;
            }
            Clear::Cookie { token, cookie } => {
                out.u8(2).u8(0).u64(token).bytes(&cookie);
            }
            Clear::Wait { token } => {
                out.u8(2).u8(1).u64(token).bytes(&[0; COOKIE_LEN]);
            }
            Clear::Busy { token } => {
                out.u8(2).u8(2).u64(token).bytes(&[0; COOKIE_LEN]);
            }
            Clear::Welcome { token, noise } => {
                out.u8(3).u64(token).bytes(noise);
            }
            Clear::Punch { tag } => {
                out.u8(4).bytes(&tag);
                // A HELLO answers it, and no answer is longer.
                padded_to = PAIR_HELLO_LEN;
            }
            Clear::Confirm { token, sealed } => {
                out.u8(5).u64(token).bytes(sealed);
            }
        }
        let mut datagram = out.0;
        datagram.resize(datagram.len().max(padded_to), 0);
        assert!(datagram.len() <= DATAGRAM_MAX, "every clear message is made to fit");
        let header = Header {
            kind: Kind::Control,
            participant,
            sequence: 0,
            timestamp_ms: 0,
            payload_len: (datagram.len() - Header::LEN) as u16,
            fragment: 0,
            fragments: 0,
        };
        header.write(&mut datagram);
        datagram
    }
}

fn read_hello<'a>(reader: &mut Reader<'a>, datagram_len: usize) -> Option<Clear<'a>> {
    let what = reader.u8()?;
    let token = reader.u64()?;
    let hello = match what {
        0 => Hello::Ask,
        1 | 2 | 4 => {
            let cookie = reader.bytes(COOKIE_LEN)?.try_into().ok()?;
            let length = reader.u16()?;
            Hello::Join { proof: Proof::of(what)?, cookie, noise: reader.bytes(length.into())? }
        }
        3 => {
            let to = PeerId::new(reader.u8()?)?;
            let (from_incarnation, to_incarnation) = (reader.u32()?, reader.u32()?);
            let length = reader.u16()?;
            Hello::Pair { to, from_incarnation, to_incarnation, noise: reader.bytes(length.into())? }
        }
        _ => return None,
    };
    let length = if matches!(hello, Hello::Pair { .. }) { PAIR_HELLO_LEN } else { HELLO_LEN };
    (datagram_len == length).then_some(Clear::Hello { token, hello })
}

/// The clear bytes of a HELLO in front of its Noise message.
pub fn prologue(token: u64, hello: &Hello<'_>) -> Vec<u8> {
    let mut out = Writer::new();
    let what = match hello {
        Hello::Ask => 0,
        Hello::Join { proof: Proof::Invite, .. } => 1,
        Hello::Join { proof: Proof::Nothing, .. } => 2,
        Hello::Join { proof: Proof::Return, .. } => 4,
        Hello::Pair { .. } => 3,
    };
    out.u8(1).u8(what).u64(token);
    match hello {
        Hello::Ask => {}
        Hello::Join { cookie, .. } => {
            out.bytes(cookie);
        }
        Hello::Pair { to, from_incarnation, to_incarnation, .. } => {
            out.u8(to.number()).u32(*from_incarnation).u32(*to_incarnation);
        }
    }
    out.0
}
