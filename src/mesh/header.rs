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
        let can_be = usize::from(participant) < PEOPLE_MAX || (participant == NOBODY && kind == Kind::Control);
        if !can_be {
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

#[cfg(test)]
mod tests {
    use super::{DATAGRAM_MAX, Header, Kind, Malformed, NOBODY};
    use crate::mesh::random::Random;

    const SAMPLE: Header = Header {
        kind: Kind::KeyPicture,
        participant: 2,
        sequence: 0x1234,
        timestamp_ms: 0x0102_0304,
        payload_len: 3,
        fragment: 4,
        fragments: 15,
    };

    fn datagram(header: Header) -> Vec<u8> {
        let mut bytes = vec![0; Header::LEN + usize::from(header.payload_len)];
        header.write(&mut bytes);
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_drawing() {
        assert_eq!(datagram(SAMPLE), [0x42, 2, 0x12, 0x34, 1, 2, 3, 4, 0, 3, 4, 15, 0, 0, 0]);
        assert_eq!(Header::read(&datagram(SAMPLE)), Ok(SAMPLE));
    }

    #[test]
    fn a_picture_in_one_datagram_is_not_fragmented() {
        let whole = Header { fragment: 0, fragments: 1, ..SAMPLE };
        assert_eq!(datagram(whole)[10..12], [0, 0]);
        assert_eq!(Header::read(&datagram(whole)), Ok(whole));
    }

    #[test]
    fn each_fault_has_its_reason() {
        let with = |index: usize, value: u8| {
            let mut bytes = datagram(SAMPLE);
            bytes[index] = value;
            Header::read(&bytes)
        };
        assert_eq!(Header::read(&datagram(SAMPLE)[..11]), Err(Malformed::Short));
        assert_eq!(Header::read(&[0; DATAGRAM_MAX + 1]), Err(Malformed::Long));
        assert_eq!(with(0, 0x82), Err(Malformed::Version));
        assert_eq!(with(0, 0x62), Err(Malformed::Padding));
        assert_eq!(with(0, 0x40), Err(Malformed::Type));
        assert_eq!(with(0, 0x46), Err(Malformed::Type));
        assert_eq!(with(1, 4), Err(Malformed::Participant));
        assert_eq!(with(1, NOBODY), Err(Malformed::Participant));
        assert_eq!(with(9, 2), Err(Malformed::Length));
        assert_eq!(with(8, 1), Err(Malformed::Length));
        assert_eq!(with(10, 15), Err(Malformed::Fragment));
        assert_eq!(with(11, 0), Err(Malformed::Fragment));
        assert_eq!(with(0, 0x41), Err(Malformed::Fragment), "voice in pieces");
        let one_of_one = [0x42, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(Header::read(&one_of_one), Err(Malformed::Fragment), "there is one way to write it");
    }

    #[test]
    fn only_clear_control_comes_from_nobody() {
        let control = Header { kind: Kind::Control, participant: NOBODY, fragment: 0, fragments: 0, ..SAMPLE };
        assert_eq!(Header::read(&datagram(control)), Ok(control));
        assert_eq!(control.sender(), None);
    }

    #[test]
    fn whatever_is_read_is_written_again_the_same() {
        let mut random = Random::new([1; 32]);
        let mut read = 0;
        for _ in 0..50_000 {
            let mut bytes: [u8; 20] = random.bytes();
            // Likely enough to be a header that some are.
            bytes[0] = 0x40 | bytes[0] & 7;
            bytes[1] &= 7;
            bytes[8..10].copy_from_slice(&[0, 8]);
            if random.below(2) == 0 {
                bytes[10..12].fill(0);
            }
            if let Ok(header) = Header::read(&bytes) {
                let mut again = bytes;
                header.write(&mut again);
                assert_eq!(again, bytes);
                read += 1;
            }
        }
        assert!(read > 5_000, "{read}");
    }
}
