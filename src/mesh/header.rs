// SPDX-License-Identifier: MIT
//! The twelve bytes that every datagram begins with, big endian. Whatever is not exactly so is refused here,
//! before anything else looks at it.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |V=1|0|  Type   |  Participant  |       Sequence Number         |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                         Timestamp (ms)                        |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |         Payload Length        |  Fragment ID  |  Fragment Tot |   0/0: not fragmented
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::words::{PEOPLE_MAX, PeerId};

/// The largest datagram: passes every road of today in one piece, tunnels included.
pub const DATAGRAM_MAX: usize = 1200;

/// The participant of somebody who has no place in the call yet.
pub const NOBODY: u8 = 255;

const VERSION: u8 = 1;

/// What a datagram carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opus frames.
    Voice,
    /// A piece of a picture that can be decoded alone.
    KeyPicture,
    /// A piece of a picture that needs the ones before it.
    DeltaPicture,
    /// Everything that is said about the call.
    Control,
    /// The sender leaves.
    Bye,
}

impl Kind {
    fn number(self) -> u8 {
        match self {
            Kind::Voice => 1,
            Kind::KeyPicture => 2,
            Kind::DeltaPicture => 3,
            Kind::Control => 4,
            Kind::Bye => 5,
        }
    }

    fn of(number: u8) -> Option<Kind> {
        Some(match number {
            1 => Kind::Voice,
            2 => Kind::KeyPicture,
            3 => Kind::DeltaPicture,
            4 => Kind::Control,
            5 => Kind::Bye,
            _ => return None,
        })
    }

    /// Only pictures are cut into pieces.
    pub fn is_picture(self) -> bool {
        matches!(self, Kind::KeyPicture | Kind::DeltaPicture)
    }
}

/// What the twelve bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What is carried.
    pub kind: Kind,
    /// Who sends: 0 to 3, or [`NOBODY`] in clear control.
    pub participant: u8,
    /// The low 16 bits of the stream's sequence.
    pub sequence: u16,
    /// Session time, wrapping.
    pub timestamp_ms: u32,
    /// Bytes behind the header.
    pub payload_len: u16,
    /// Which piece of a picture, from 0.
    pub fragment: u8,
    /// How many pieces: at least 1 for pictures (1 is written as 0/0, not fragmented), 0 for everything else.
    pub fragments: u8,
}

/// Why twelve bytes are no header of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than a header.
    #[error("a datagram is too short")]
    Short,
    /// Longer than anybody of ours sends.
    #[error("a datagram is too long")]
    Long,
    /// Another version of the protocol, or something else altogether.
    #[error("a datagram speaks another version")]
    Version,
    /// The padding flag, which nobody uses, is set.
    #[error("a datagram claims padding")]
    Padding,
    /// No such type.
    #[error("a datagram is of an unknown type")]
    Type,
    /// No such place in a call.
    #[error("a datagram names a participant who cannot be")]
    Participant,
    /// The payload is not as long as the header says.
    #[error("a datagram is not as long as it says")]
    Length,
    /// Pieces that cannot be.
    #[error("a datagram is an impossible piece")]
    Fragment,
}

impl Header {
    /// Bytes of a header.
    pub const LEN: usize = 12;

    /// Writes the twelve bytes to the beginning of `out`.
    pub fn write(&self, out: &mut [u8]) {
        out[0] = VERSION << 6 | self.kind.number();
        out[1] = self.participant;
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp_ms.to_be_bytes());
        out[8..10].copy_from_slice(&self.payload_len.to_be_bytes());
        out[10] = self.fragment;
        out[11] = if self.fragments == 1 { 0 } else { self.fragments };
    }

    /// Reads the header of a whole datagram. There is exactly one way to write each header, so that what was read
    /// and written again is the same bytes.
    pub fn read(datagram: &[u8]) -> Result<Header, Malformed> {
        if datagram.len() > DATAGRAM_MAX {
            return Err(Malformed::Long);
        }
        let (head, payload) = datagram.split_first_chunk::<{ Header::LEN }>().ok_or(Malformed::Short)?;
        let [first, participant, s0, s1, t0, t1, t2, t3, l0, l1, fragment, total] = *head;
        if first >> 6 != VERSION {
            return Err(Malformed::Version);
        }
        if first & 0x20 != 0 {
            return Err(Malformed::Padding);
        }
        let kind = Kind::of(first & 0x1f).ok_or(Malformed::Type)?;
        let has_place = usize::from(participant) < PEOPLE_MAX;
        if !has_place && !(participant == NOBODY && kind == Kind::Control) {
            return Err(Malformed::Participant);
        }
        let payload_len = u16::from_be_bytes([l0, l1]);
        if usize::from(payload_len) != payload.len() {
            return Err(Malformed::Length);
        }
        let fragments = match (kind.is_picture(), fragment, total) {
            (false, 0, 0) => 0,
            (true, 0, 0) => 1,
            (true, id, total) if total > 1 && id < total => total,
            _ => return Err(Malformed::Fragment),
        };
        let (sequence, timestamp_ms) = (u16::from_be_bytes([s0, s1]), u32::from_be_bytes([t0, t1, t2, t3]));
        Ok(Header { kind, participant, sequence, timestamp_ms, payload_len, fragment, fragments })
    }

    /// The sender, if it has a place.
    pub fn sender(&self) -> Option<PeerId> {
        PeerId::new(self.participant)
    }
}
