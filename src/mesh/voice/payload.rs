// SPDX-License-Identifier: MIT
//! What a voice datagram carries: the newest frame, and older ones by their distance from it.
//!
//! ```text
//!  bit 7     6..4        3..0
//! [two new | frames n | duration][distance][len] * n, newest first [opus bytes * n, in the same order]
//!
//!  one new frame and copies of the second and fourth before it (5 ms):
//!  [0 3 1][0 72][2 71][4 72][72 bytes][71 bytes][72 bytes]
//! ```
//!
//! A frame of no bytes says that its slot was empty. The first entries are the new frames, distance 0 and, if there
//! are two, 1.

/// New frames and copies at most: one new and three copies, or two of each.
pub const FRAMES_MAX: usize = 4;
/// One byte tells how long a frame is; 255 bytes in 5 ms are 408 kbit/s.
pub const FRAME_BYTES_MAX: usize = 255;
/// The longest payload there can be.
pub const PAYLOAD_MAX: usize = 1 + FRAMES_MAX * (2 + FRAME_BYTES_MAX);

const TWO_NEW: u8 = 0x80;

/// How long a frame sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameLength {
    /// 120 samples.
    Ms2_5,
    /// 240 samples: what everybody uses who has no reason for another.
    Ms5,
    /// 480 samples.
    Ms10,
    /// 960 samples.
    Ms20,
}

impl FrameLength {
    const ALL: [FrameLength; 4] = [FrameLength::Ms2_5, FrameLength::Ms5, FrameLength::Ms10, FrameLength::Ms20];

    /// In nanoseconds.
    pub fn ns(self) -> u64 {
        2_500_000 << self.code()
    }

    fn code(self) -> u8 {
        match self {
            FrameLength::Ms2_5 => 0,
            FrameLength::Ms5 => 1,
            FrameLength::Ms10 => 2,
            FrameLength::Ms20 => 3,
        }
    }
}

/// Lays out a payload; answers its length. `frames` are (distance, bytes), the `new` ones first.
pub(super) fn write<'a>(
    length: FrameLength,
    new: usize,
    frames: impl Iterator<Item = (u8, &'a [u8])> + Clone,
    out: &mut [u8; PAYLOAD_MAX],
) -> usize {
    let count = frames.clone().count();
    out[0] = if new == 2 { TWO_NEW } else { 0 } | (count as u8) << 4 | length.code();
    let mut at = 1 + 2 * count;
    for (index, (distance, bytes)) in frames.enumerate() {
        out[1 + 2 * index] = distance;
        out[2 + 2 * index] = bytes.len() as u8;
        out[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    }
    at
}

/// A payload that was found to be sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoicePayload<'a> {
    length: FrameLength,
    new: u8,
    table: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> VoicePayload<'a> {
    /// `None` if these bytes are no payload: its lengths must add up exactly, its distances grow from 0.
    pub fn parse(payload: &'a [u8]) -> Option<VoicePayload<'a>> {
        let (first, rest) = payload.split_first()?;
        let length = *FrameLength::ALL.get(usize::from(first & 0x0f))?;
        let (new, count) = (1 + (first >> 7), usize::from(first >> 4 & 7));
        if count > FRAMES_MAX {
            return None;
        }
        let (table, bytes) = rest.split_at_checked(2 * count)?;
        let distances = || table.iter().step_by(2);
        let grow = distances().zip(distances().skip(1)).all(|(a, b)| a < b);
        let new_lead = (0..new).eq(distances().copied().take(usize::from(new)));
        let total: usize = table.iter().skip(1).step_by(2).map(|len| usize::from(*len)).sum();
        (grow && new_lead && total == bytes.len()).then_some(VoicePayload { length, new, table, bytes })
    }

    /// How long each frame sounds.
    pub fn frame_length(&self) -> FrameLength {
        self.length
    }

    /// How many of the frames are new, not copies: 1 or 2.
    pub fn new_frames(&self) -> u8 {
        self.new
    }

    /// The frames, newest first: distance from the newest, Opus bytes.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        let mut bytes = self.bytes;
        self.table.chunks_exact(2).map(move |entry| {
            let (frame, rest) = bytes.split_at(usize::from(entry[1]));
            bytes = rest;
            (entry[0], frame)
        })
    }

    /// The same by frame number, in a datagram whose sequence is `newest`. Copies of what was before the first frame
    /// of the link are left out.
    pub fn frames(&self, newest: u64) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
        self.iter().filter_map(move |(distance, bytes)| Some((newest.checked_sub(u64::from(distance))?, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::{FRAME_BYTES_MAX, FrameLength, PAYLOAD_MAX, VoicePayload, write};
    use crate::mesh::random::Random;

    fn written(new: usize, frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut out = [0; PAYLOAD_MAX];
        let frames = frames.iter().map(|(distance, bytes)| (*distance, bytes.as_slice()));
        let len = write(FrameLength::Ms5, new, frames, &mut out);
        out[..len].to_vec()
    }

    #[test]
    fn the_bytes_are_those_of_the_drawing() {
        let payload = written(1, &[(0, vec![7; 3]), (2, vec![8; 2]), (4, vec![])]);
        assert_eq!(payload, [0x31, 0, 3, 2, 2, 4, 0, 7, 7, 7, 8, 8]);
        let parsed = VoicePayload::parse(&payload).expect("a payload");
        assert_eq!((parsed.new_frames(), parsed.frame_length()), (1, FrameLength::Ms5));
        assert_eq!(parsed.iter().collect::<Vec<_>>(), [(0, &[7, 7, 7][..]), (2, &[8, 8]), (4, &[])]);
        assert_eq!(parsed.frames(3).map(|(frame, _)| frame).collect::<Vec<_>>(), [3, 1], "none before the first");
    }

    #[test]
    fn what_is_laid_out_is_read_again_and_no_part_of_it_is() {
        let mut random = Random::new([1; 32]);
        for _ in 0..2000 {
            let new = 1 + random.below(2) as usize;
            let mut frames = Vec::new();
            let mut distance = 0;
            for index in 0..new + random.below(3) as usize {
                let len = [0, 1, 70, FRAME_BYTES_MAX][random.below(4) as usize];
                frames.push((distance, (0..len).map(|_| random.u64() as u8).collect()));
                distance += if index + 1 < new { 1 } else { 1 + random.below(5) as u8 };
            }
            let payload = written(new, &frames);
            let parsed = VoicePayload::parse(&payload).expect("a payload");
            assert_eq!(usize::from(parsed.new_frames()), new);
            assert_eq!(parsed.iter().map(|(d, b)| (d, b.to_vec())).collect::<Vec<_>>(), frames);
            let len = random.below(payload.len() as u64) as usize;
            assert_eq!(VoicePayload::parse(&payload[..len]), None);
            assert_eq!(VoicePayload::parse(&[&payload[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            &[][..],
            &[0x01],                               // no frame at all
            &[0x14, 0, 0],                         // no such duration
            &[0x11, 1, 0],                         // the newest is missing
            &[0x21, 0, 0, 0, 0],                   // the newest twice
            &[0x31, 0, 0, 3, 0, 2, 0],             // in disorder
            &[0xa1, 0, 0, 2, 0],                   // the second new one is missing
            &[0x91, 0, 0],                         // of two new ones one
            &[0x51, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0], // five
        ] {
            assert_eq!(VoicePayload::parse(bad), None, "{bad:02x?}");
        }
    }

    #[test]
    fn random_bytes_never_panic() {
        let mut random = Random::new([2; 32]);
        let mut sound = 0;
        for _ in 0..50_000 {
            let mut bytes = vec![0; random.below(12) as usize];
            random.fill(&mut bytes);
            // Small numbers, so that some are sound.
            bytes.iter_mut().skip(1).for_each(|byte| *byte &= 3);
            bytes.iter_mut().take(1).for_each(|byte| *byte &= 0xb3);
            if let Some(payload) = VoicePayload::parse(&bytes) {
                assert!(payload.frames(random.below(3)).count() <= 4);
                sound += 1;
            }
        }
        assert!(sound > 50, "{sound}");
    }

    #[test]
    fn frames_are_as_long_as_they_say() {
        assert_eq!(FrameLength::ALL.map(FrameLength::ns), [2_500_000, 5_000_000, 10_000_000, 20_000_000]);
    }
}
