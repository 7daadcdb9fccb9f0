// SPDX-License-Identifier: MIT
//! What the two Noise messages of a join carry, sealed by Noise itself.
//!
//! ```text
//! in HELLO     [revision 2][person 8][name][addresses]
//! in WELCOME   [0][session 8][place][incarnation 4][began 8][host's now 8][your address][return key 32][roster]
//!              [1][why]
//! ```

use super::bytes::{Reader, Writer};
use crate::mesh::roster::{CANDIDATES_MAX, NAME_MAX, PairKey, Roster, clean_name};
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
        /// Who was in once comes back with this, asked by nobody.
        return_key: PairKey,
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
            Welcome::In { session, me, incarnation, began, now, seen_as, return_key, roster } => {
                out.u8(0).u64(*session).u8(me.number()).u32(*incarnation).u64(began.0).u64(now.0).address(*seen_as);
                out.bytes(&return_key.0);
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
                return_key: PairKey(reader.key()?),
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

#[cfg(test)]
mod tests {
    use super::{Greeting, REVISION, Refusal, Welcome};
    use crate::mesh::handshake::{ANSWER_EXTRA, MESSAGE_EXTRA};
    use crate::mesh::header::{DATAGRAM_MAX, Header};
    use crate::mesh::roster::{CANDIDATES_MAX, Member, NAME_MAX, PairKey, Roster};
    use crate::words::{Mono, PeerId};

    #[test]
    fn the_longest_welcome_is_shorter_than_every_hello_and_the_longest_greeting_fits_into_one() {
        let address = "[2001:db8::1]:50000".parse().expect("an address");
        let (candidates, name) = (vec![address; CANDIDATES_MAX], "n".repeat(NAME_MAX));
        let mut roster = Box::<Roster>::default();
        for id in PeerId::all() {
            let (name, candidates) = (name.clone(), candidates.clone());
            roster.put(Member { id, incarnation: 3, name, candidates, pair: PairKey([1; 32]) });
        }
        let (now, began, return_key) = (Mono(7), Mono(5), PairKey([2; 32]));
        let me = PeerId::HOST;
        let welcome = Welcome::In { session: 1, me, incarnation: 4, began, now, seen_as: address, return_key, roster };
        let bytes = welcome.bytes();
        assert!(Header::LEN + 9 + ANSWER_EXTRA + bytes.len() < DATAGRAM_MAX, "{}", bytes.len());
        assert_eq!(Welcome::read(&bytes).expect("our own").bytes(), bytes);
        let greeting = Greeting { revision: REVISION, person: 8, name, candidates };
        let bytes = greeting.bytes();
        assert!(Header::LEN + 28 + MESSAGE_EXTRA + bytes.len() < DATAGRAM_MAX);
        assert_eq!(Greeting::read(&bytes), Some(greeting));
    }

    #[test]
    fn refusals_say_why() {
        for why in [Refusal::Full, Refusal::Declined, Refusal::Revision, Refusal::Over] {
            let read = Welcome::read(&Welcome::Refused(why).bytes());
            assert!(matches!(read, Some(Welcome::Refused(said)) if said == why));
        }
    }
}
