// SPDX-License-Identifier: MIT
//! The index in front of the media, for players that read a file from its beginning over a network.
//!
//! ```text
//! finished    ftyp | mdat ------------------- | moov
//! in front    ftyp | moov, moved | mdat ------------------- |
//! ```
//! Every place in the tables moves by the length of the `moov` that now stands before it; nothing else changes.

use super::bytes::{Child, Cursor, boxed, children, full, put32, put64};

/// Why it stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FastStartError {
    /// Its boxes.
    #[error("its index is not understood; it was left as it is")]
    Broken,
    /// 32 bits are not enough any more.
    #[error(
        "its index has places of 32 bits, which can't reach that far once it stands in front; it was left as it is"
    )]
    Narrow,
}

/// The whole `moov`, for media that lie `by` bytes further on.
pub fn moved(moov: &[u8], by: u64) -> Result<Vec<u8>, FastStartError> {
    let found = children(moov).ok_or(FastStartError::Broken)?;
    let [moov] = found[..] else { return Err(FastStartError::Broken) };
    let mut out = Vec::with_capacity(moov.whole.len());
    copy(&mut out, &moov, by)?;
    if out.len() == moov.whole.len() { Ok(out) } else { Err(FastStartError::Broken) }
}

fn copy(out: &mut Vec<u8>, part: &Child<'_>, by: u64) -> Result<(), FastStartError> {
    match &part.kind {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" => {
            let inside = children(part.body).ok_or(FastStartError::Broken)?;
            // What QuickTime ends some lists with is no box, and stays.
            let known: usize = inside.iter().map(|child| child.whole.len()).sum();
            let mut done = Ok(());
            boxed(out, &part.kind, |out| {
                done = inside.iter().try_for_each(|child| copy(out, child, by));
                out.extend_from_slice(&part.body[known..]);
            });
            done
        }
        b"stco" | b"co64" => places(out, part, by),
        _ => {
            out.extend_from_slice(part.whole);
            Ok(())
        }
    }
}

fn places(out: &mut Vec<u8>, part: &Child<'_>, by: u64) -> Result<(), FastStartError> {
    let is_wide = &part.kind == b"co64";
    let mut cursor = Cursor::new(part.body);
    let (version, flags) = cursor.version_and_flags().ok_or(FastStartError::Broken)?;
    let count = cursor.u32().ok_or(FastStartError::Broken)?;
    let width = if is_wide { 8 } else { 4 };
    if u64::from(count) * width != cursor.rest().len() as u64 {
        return Err(FastStartError::Broken);
    }
    let mut done = Ok(());
    full(out, &part.kind, version, flags, |out| {
        put32(out, count);
        for _ in 0..count {
            let place = if is_wide { cursor.u64() } else { cursor.u32().map(u64::from) };
            let place = place.expect("their number was just checked").saturating_add(by);
            match (is_wide, u32::try_from(place)) {
                (true, _) => put64(out, place),
                (false, Ok(place)) => put32(out, place),
                (false, Err(_)) => return done = Err(FastStartError::Narrow),
            }
        }
    });
    done
}

#[cfg(test)]
mod tests {
    use super::{FastStartError, boxed, full, moved, put32};

    fn moov(place: u32) -> Vec<u8> {
        let mut out = Vec::new();
        boxed(&mut out, b"moov", |out| {
            boxed(out, b"mvhd", |out| put32(out, 7));
            boxed(out, b"trak", |out| {
                boxed(out, b"mdia", |out| {
                    boxed(out, b"minf", |out| {
                        boxed(out, b"stbl", |out| {
                            full(out, b"stco", 0, 0, |out| {
                                put32(out, 2);
                                put32(out, place);
                                put32(out, 1000);
                            });
                        });
                    });
                });
            });
        });
        out
    }

    #[test]
    fn only_places_change_and_nothing_becomes_longer() {
        let (before, after) = (moov(40), moved(&moov(40), 500).expect("it is whole"));
        assert_eq!(after, moov(540).into_iter().rev().skip(4).rev().chain(1500u32.to_be_bytes()).collect::<Vec<u8>>());
        assert_eq!(before.len(), after.len());
    }

    #[test]
    fn what_can_not_be_said_is_refused() {
        assert_eq!(moved(&moov(u32::MAX - 10), 500), Err(FastStartError::Narrow));
        assert_eq!(moved(&moov(40)[..60], 500), Err(FastStartError::Broken));
        assert_eq!(moved(&[], 500), Err(FastStartError::Broken));
    }
}
