// SPDX-License-Identifier: MIT
//! Pictures cut into datagrams.
//!
//! ```text
//!  picture  |------------------------------------------|
//!  pieces   |--- 0 ---|--- 1 ---|--- 2 ---|-- 3 --|        each in a datagram of its own: [header 12][piece][tag 16]
//! ```
//!
//! A piece is small while the uplink is slow, so that voice never waits long behind one; it grows only where the
//! uplink is known to be fast, or where a picture would not fit into 255 of them.

#[cfg(test)]
pub(in crate::mesh) mod chance;

use std::slice::Chunks;
use thiserror::Error;

/// The usual piece: with header, tag and the headers of IP and UDP 578 bytes, 4.6 ms of a 1 Mbit/s uplink.
pub const PIECE: usize = 522;

/// The largest: a datagram of 1200 bytes less header and tag.
pub const PIECE_MAX: usize = 1172;

/// As many as the header can count.
pub const PIECES_MAX: usize = 255;

/// The largest picture that can travel.
pub const PICTURE_MAX: usize = PIECE_MAX * PIECES_MAX;

/// Why a picture cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SplitError {
    /// There is nothing in it.
    #[error("the picture is empty")]
    Empty,
    /// It needs more than 255 of the largest pieces.
    #[error("a picture of {bytes} bytes is larger than the {PICTURE_MAX} that can travel")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
}

/// The pieces of one picture, in order, as (fragment id, fragment total, bytes). A picture of a single piece is "not
/// fragmented": 0 of 0.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: Chunks<'a, u8>,
    next: u8,
    total: u8,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (u8, u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.rest.next()?;
        let id = self.next;
        self.next = id.saturating_add(1);
        Some((id, self.total, bytes))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl ExactSizeIterator for Pieces<'_> {}

/// Cuts a picture into pieces of `piece` bytes (kept within [`PIECE`] and [`PIECE_MAX`]), or larger ones where these
/// would be more than 255.
pub fn split(picture: &[u8], piece: usize) -> Result<Pieces<'_>, SplitError> {
    if picture.is_empty() {
        return Err(SplitError::Empty);
    }
    if picture.len() > PICTURE_MAX {
        return Err(SplitError::TooLarge { bytes: picture.len() });
    }
    let piece = piece.clamp(PIECE, PIECE_MAX).max(picture.len().div_ceil(PIECES_MAX));
    let rest = picture.chunks(piece);
    let total = if rest.len() == 1 { 0 } else { rest.len() as u8 };
    Ok(Pieces { rest, next: 0, total })
}

#[cfg(test)]
mod tests {
    use super::{PICTURE_MAX, PIECE, PIECE_MAX, SplitError, split};

    #[test]
    fn pieces_make_up_the_picture_whatever_its_size() {
        let picture: Vec<u8> = (0..PICTURE_MAX).map(|i| (i % 251) as u8).collect();
        for len in [1, 2, PIECE - 1, PIECE, PIECE + 1, 15 * PIECE, 255 * PIECE, 255 * PIECE + 1, PICTURE_MAX] {
            for piece in [0, PIECE, 1000, PIECE_MAX, usize::MAX] {
                let pieces: Vec<_> = split(&picture[..len], piece).expect("it can travel").collect();
                let total = if pieces.len() == 1 { 0 } else { pieces.len() };
                assert!(pieces.len() <= 255 && pieces.iter().all(|p| p.2.len() <= PIECE_MAX && p.1 as usize == total));
                assert!(pieces.iter().enumerate().all(|(i, p)| p.0 as usize == i));
                assert_eq!(pieces.concat_bytes(), &picture[..len]);
            }
        }
        assert_eq!(split(&picture[..15 * PIECE], PIECE).expect("it can travel").len(), 15);
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(split(&[], PIECE).err(), Some(SplitError::Empty));
        let bytes = PICTURE_MAX + 1;
        assert_eq!(split(&vec![0; bytes], PIECE).err(), Some(SplitError::TooLarge { bytes }));
    }

    trait Concat {
        fn concat_bytes(&self) -> Vec<u8>;
    }

    impl Concat for Vec<(u8, u8, &[u8])> {
        fn concat_bytes(&self) -> Vec<u8> {
            self.iter().flat_map(|p| p.2.iter().copied()).collect()
        }
    }
}
