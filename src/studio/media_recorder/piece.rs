// SPDX-License-Identifier: MIT
//! What further tracks hand out, on its way to a file: it can be cut where one file ends and the next begins.

use crate::media::{RawPicture, Recording};
use crate::words::Rate;
use std::sync::Arc;

/// How a further track counts.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// So many pictures or samples a second.
    pub rate: Rate,
    pub is_pictures: bool,
}

/// A picture or a stretch of sound of a further track, counted from the beginning of the recording.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Of which track, from 1.
    pub track: usize,
    pub what: What,
}

/// See [`Piece`].
#[derive(Clone, Debug)]
pub enum What {
    /// The picture of that number.
    Picture(u64, RawPicture),
    /// Samples from that one on, of so many bytes each.
    Sound { first: u64, bytes: Arc<Vec<u8>>, skip: u64, take: u64, one: usize },
    /// So many samples of silence.
    Silence { first: u64, samples: u64 },
}

impl Piece {
    /// The part in front of a place, and the one behind it.
    pub fn split(self, at: u64) -> (Option<Piece>, Option<Piece>) {
        let track = self.track;
        let piece = |what| Piece { track, what };
        match self.what {
            What::Picture(index, _) if index < at => (Some(self), None),
            What::Picture(..) => (None, Some(self)),
            What::Sound { first, bytes, skip, take, one } => {
                let before = at.saturating_sub(first).min(take);
                let sound = |first, skip, take| {
                    (take > 0).then(|| piece(What::Sound { first, bytes: bytes.clone(), skip, take, one }))
                };
                (sound(first, skip, before), sound(first + before, skip + before, take - before))
            }
            What::Silence { first, samples } => {
                let before = at.saturating_sub(first).min(samples);
                let silence = |first, samples| (samples > 0).then(|| piece(What::Silence { first, samples }));
                (silence(first, before), silence(first + before, samples - before))
            }
        }
    }

    /// The first place behind it.
    pub fn end(&self) -> u64 {
        match self.what {
            What::Picture(index, _) => index + 1,
            What::Sound { first, take, .. } => first + take,
            What::Silence { first, samples } => first + samples,
        }
    }

    /// What it takes while it waits.
    pub fn bytes(&self) -> u64 {
        match &self.what {
            What::Picture(_, picture) => picture.bytes() as u64,
            What::Sound { take, one, .. } => take * *one as u64,
            What::Silence { .. } => 0,
        }
    }

    /// To the encoder of a file in which the track begins there.
    pub fn give(&self, recording: &Recording, begin: u64) {
        let track = self.track;
        match &self.what {
            What::Picture(index, picture) => recording.further_picture(track, index - begin, picture),
            What::Sound { first, bytes, skip, take, one } => {
                let bytes = bytes[*skip as usize * one..(skip + take) as usize * one].to_vec();
                recording.further_sound(track, first - begin, bytes);
            }
            What::Silence { first, samples } => recording.further_silence(track, first - begin, *samples),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, What};
    use std::sync::Arc;

    #[test]
    fn a_piece_is_cut_to_the_sample() {
        let bytes = Arc::new(vec![0; 10]);
        let sound =
            || Piece { track: 1, what: What::Sound { first: 100, bytes: bytes.clone(), skip: 1, take: 4, one: 2 } };
        let span = |piece: Option<Piece>| match piece.map(|piece| piece.what) {
            Some(What::Sound { first, skip, take, .. }) => Some((first, skip, take)),
            Some(What::Silence { first, samples }) => Some((first, 0, samples)),
            _ => None,
        };
        let (before, behind) = sound().split(103);
        assert_eq!((span(before), span(behind)), (Some((100, 1, 3)), Some((103, 4, 1))));
        let (before, behind) = sound().split(100);
        assert_eq!((span(before), span(behind)), (None, Some((100, 1, 4))));
        assert_eq!(sound().end(), 104);
        let silence = Piece { track: 1, what: What::Silence { first: 5, samples: 10 } };
        let (before, behind) = silence.split(7);
        assert_eq!((span(before), span(behind)), (Some((5, 0, 2)), Some((7, 0, 8))));
    }
}
