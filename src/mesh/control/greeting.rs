// SPDX-License-Identifier: MIT
//! What the two Noise messages of a join carry, sealed by Noise itself.
//!
//! ```text
//! in HELLO     [revision 2][person 8][name][addresses]
//! in WELCOME   [0][session 8][place][incarnation 4][began 8][host's now 8][your address][roster]
//!              [1][why]
//! ```

use super::bytes::{Reader, Writer};
use crate::mesh::roster::{CANDIDATES_MAX, NAME_MAX, Roster, clean_name};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

/// Which codecs, stream parameters and messages we speak. A host takes only its own.
pub const REVISION: u16 = 1;

/// Who wants to come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// What their program speaks.
    pub revision: u16,
    /// Drawn once a program run: the host knows by it who comes back after a long outage.
    pub person: u64,
    /// What they want to be called.
    pub name: String,
    /// Where they may be reached, as far as they know.
    pub candidates: Vec<SocketAddr>,
}

impl Greeting {
    /// As bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u16(self.revision).u64(self.person).text(&self.name).addresses(&self.candidates, CANDIDATES_MAX);
        out.0
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Greeting> {
        let mut reader = Reader(bytes);
        Some(Greeting {
            revision: reader.u16()?,
            person: reader.u64()?,
            name: clean_name(reader.text(NAME_MAX)?),
            candidates: reader.addresses(CANDIDATES_MAX)?,
        })
    }
}

/// Why somebody may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Four are in the call.
    Full,
    /// The host said no.
    Declined,
    /// The programs do not speak the same revision.
    Revision,
    /// The call is over.
    Over,
}

/// The host's answer.
#[derive(Clone, Debug)]
pub enum Welcome {
    /// Come in.
    In {
        /// Which call this is.
        session: u64,
        /// The newcomer's place.
        me: PeerId,
        /// The newcomer's incarnation.
        incarnation: u32,
        /// When the session began, on the host's clock.
        began: Mono,
        /// When this was written, on the host's clock.
        now: Mono,
        /// Where the host sees the newcomer.
        seen_as: SocketAddr,
        /// Who is there; the newcomer is not in it yet.
        roster: Box<Roster>,
    },
    /// Stay out.
    Refused(Refusal),
}

impl Welcome {
    /// As bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        match self {
            Welcome::In { session, me, incarnation, began, now, seen_as, roster } => {
                out.u8(0).u64(*session).u8(me.number()).u32(*incarnation).u64(began.0).u64(now.0).address(*seen_as);
                roster.write(&mut out);
            }
            Welcome::Refused(why) => {
                let why = match why {
                    Refusal::Full => 0,
                    Refusal::Declined => 1,
                    Refusal::Revision => 2,
                    Refusal::Over => 3,
                };
                out.u8(1).u8(why);
            }
        }
        out.0
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Welcome> {
        let mut reader = Reader(bytes);
        match reader.u8()? {
            0 => Some(Welcome::In {
                session: reader.u64()?,
                me: PeerId::new(reader.u8()?)?,
                incarnation: reader.u32()?,
                began: Mono(reader.u64()?),
                now: Mono(reader.u64()?),
                seen_as: reader.address()?,
                roster: Box::new(Roster::read(&mut reader)?),
            }),
            1 => Some(Welcome::Refused(match reader.u8()? {
                0 => Refusal::Full,
                1 => Refusal::Declined,
                2 => Refusal::Revision,
                _ => Refusal::Over,
            })),
            _ => None,
        }
    }
}
