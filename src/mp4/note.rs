// SPDX-License-Identifier: MIT
//! Our own boxes in a recording: what is true of the whole, and what is true of each fragment.
//!
//! ```text
//! | size: 4 | "uuid" | usertype: 16 | crc32 of the JSON: 4 | JSON |
//! ```
//! Every reader passes over a `uuid` that it does not know. The checksum tells a note that was written from one
//! that merely looks so.

use super::bytes::{Header, boxed, crc32, put32};
use crate::words::{Facts, FragmentNote};

/// In front of the first fragment.
pub(crate) const FACTS: [u8; 16] = *b"HyperZoom facts\x01";
/// Behind every fragment.
pub(crate) const FRAGMENT: [u8; 16] = *b"HyperZoom note\x00\x01";

/// The largest note that is written or read: a fragment's happenings take hundreds of bytes, and a note must
/// never weigh on the recording.
const JSON_MAX: usize = 1 << 20;

/// The largest box that can be a note.
pub(crate) const BOX_MAX: u64 = JSON_MAX as u64 + 64;

/// One of our boxes.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// What is true of the whole recording.
    Facts(Box<Facts>),
    /// What is true of the fragment before it.
    Fragment(FragmentNote),
}

/// The bytes of a note, a whole box. A note whose happenings are too many to write loses them, not its times.
pub fn encode(note: &Note) -> Vec<u8> {
    let (usertype, json) = match note {
        Note::Facts(facts) => (FACTS, serde_json::to_vec(facts)),
        Note::Fragment(note) => (FRAGMENT, serde_json::to_vec(note)),
    };
    let json = json.expect("plain structures of numbers and strings become JSON");
    match note {
        Note::Fragment(note) if json.len() > JSON_MAX => {
            let bare = FragmentNote { happenings: Vec::new(), ..note.clone() };
            encode(&Note::Fragment(bare))
        }
        _ => {
            let mut out = Vec::with_capacity(json.len() + 28);
            boxed(&mut out, b"uuid", |out| {
                out.extend_from_slice(&usertype);
                put32(out, crc32(&json));
                out.extend_from_slice(&json);
            });
            out
        }
    }
}

/// Reads a whole box; `None` if it is not one of ours, or damaged.
pub fn decode(whole: &[u8]) -> Option<Note> {
    let header = Header::parse(whole)?;
    let body = whole.get(header.len as usize..)?;
    let (usertype, body) = body.split_first_chunk::<16>()?;
    let (crc, json) = body.split_first_chunk::<4>()?;
    if &header.kind != b"uuid" || json.len() > JSON_MAX || u32::from_be_bytes(*crc) != crc32(json) {
        return None;
    }
    match *usertype {
        FACTS => serde_json::from_slice(json).ok().map(|facts| Note::Facts(Box::new(facts))),
        FRAGMENT => serde_json::from_slice(json).ok().map(Note::Fragment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, decode, encode};
    use crate::words::{FragmentNote, Happening, What};

    #[test]
    fn a_note_reads_back_and_a_flipped_bit_is_noticed() {
        let happening = Happening { at_sample: 7, what: What::SoundLost { samples: 480 } };
        let note = FragmentNote { first_sample: 48_000, happenings: vec![happening], ..FragmentNote::default() };
        let note = Note::Fragment(note);
        let mut bytes = encode(&note);
        assert_eq!(decode(&bytes), Some(note));
        let last = bytes.len() - 4;
        bytes[last] ^= 1;
        assert_eq!(decode(&bytes), None);
    }
}
