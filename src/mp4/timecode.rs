// SPDX-License-Identifier: MIT
//! The `tmcd` track: the timecode of the recording's first sample, which editors use to line up several recordings.
//!
//! It has a single sample of four bytes: the number of the picture since midnight.

use super::bytes::{boxed, full, put_wide, put16, put32};
use super::movie::Movie;
use crate::words::timecode::Counting;
use crate::words::{RATE_HZ, Rate};

/// What a `tmcd` track needs to be told.
pub(crate) struct Timecode {
    pub(crate) track_id: u32,
    /// Where its one sample lies.
    pub(crate) at: u64,
    /// How its pictures are numbered.
    pub(crate) counting: Counting,
    /// How long the movie is, in units of [`scale`].
    pub(crate) duration: u64,
    pub(crate) created: u64,
    /// The same in the movie's units.
    pub(crate) movie_duration: u64,
}

const IDENTITY: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// How the pictures of a movie are numbered; none if it has none, or of no usual rate.
pub(crate) fn counting(movie: &Movie) -> Option<Counting> {
    let track = movie.tracks.iter().find(|track| &track.handler == b"vide" && track.samples.count() > 0)?;
    // What a picture lasts; what is missing between two of them is not.
    let usual = track.samples.deltas.runs().iter().max_by_key(|(pictures, _)| *pictures)?.1;
    Counting::of(Rate { num: track.timescale, den: usual })
}

/// Units in a second: samples of sound, where a picture lasts a whole number of them.
pub(crate) fn scale(counting: Counting) -> u32 {
    let Rate { num, den } = counting.rate();
    if (RATE_HZ * u64::from(den)).is_multiple_of(u64::from(num)) { RATE_HZ as u32 } else { num }
}

/// Writes the whole `trak`.
pub(crate) fn write(out: &mut Vec<u8>, timecode: &Timecode) {
    let movie_duration = timecode.movie_duration;
    boxed(out, b"trak", |out| {
        let version = u8::from(timecode.created.max(movie_duration) >= u64::from(u32::MAX));
        full(out, b"tkhd", version, 3, |out| {
            put_wide(out, version, timecode.created);
            put_wide(out, version, timecode.created);
            put32(out, timecode.track_id);
            put32(out, 0);
            put_wide(out, version, movie_duration);
            out.extend_from_slice(&[0; 16]);
            IDENTITY.iter().for_each(|&word| put32(out, word));
            out.extend_from_slice(&[0; 8]);
        });
        boxed(out, b"edts", |out| {
            let version = u8::from(movie_duration > i32::MAX as u64);
            full(out, b"elst", version, 0, |out| {
                put32(out, 1);
                put_wide(out, version, movie_duration);
                put_wide(out, version, 0);
                put32(out, 0x0001_0000);
            });
        });
        boxed(out, b"mdia", |out| media(out, timecode));
    });
}

fn media(out: &mut Vec<u8>, timecode: &Timecode) {
    // The duration of the single sample has 32 bits: a day at least. A longer recording's timecode ends there.
    let duration = timecode.duration.min(u64::from(u32::MAX - 1));
    let version = u8::from(timecode.created >= u64::from(u32::MAX));
    full(out, b"mdhd", version, 0, |out| {
        put_wide(out, version, timecode.created);
        put_wide(out, version, timecode.created);
        put32(out, scale(timecode.counting));
        put_wide(out, version, duration);
        // Language "und", in three times five bits.
        put32(out, 0x55c4_0000);
    });
    full(out, b"hdlr", 0, 0, |out| {
        out.extend_from_slice(b"\0\0\0\0tmcd");
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(b"TimeCodeHandler\0");
    });
    boxed(out, b"minf", |out| {
        boxed(out, b"gmhd", |out| {
            full(out, b"gmin", 0, 0, |out| {
                // Graphics mode "dither copy" and its colour, as QuickTime writes them.
                [0x40, 0x8000, 0x8000, 0x8000, 0, 0].iter().for_each(|&word| put16(out, word));
            });
            boxed(out, b"tmcd", |out| {
                full(out, b"tcmi", 0, 0, |out| {
                    // Font, face, size 12, colours black on white; no font name.
                    [0, 0, 12, 0, 0, 0, 0, 0xffff, 0xffff, 0xffff].iter().for_each(|&word| put16(out, word));
                    out.push(0);
                });
            });
        });
        boxed(out, b"dinf", |out| {
            full(out, b"dref", 0, 0, |out| {
                put32(out, 1);
                full(out, b"url ", 0, 1, |_| {});
            });
        });
        boxed(out, b"stbl", |out| sample_table(out, timecode, duration as u32));
    });
}

fn sample_table(out: &mut Vec<u8>, &Timecode { at, counting, .. }: &Timecode, duration: u32) {
    let (scale, Rate { num, den }) = (scale(counting), counting.rate());
    full(out, b"stsd", 0, 0, |out| {
        put32(out, 1);
        boxed(out, b"tmcd", |out| {
            out.extend_from_slice(&[0; 6]);
            put16(out, 1);
            put32(out, 0);
            // The first flag says that numbers are left out.
            put32(out, u32::from(counting.drops()));
            put32(out, scale);
            put32(out, (u64::from(scale) * u64::from(den) / u64::from(num)) as u32);
            out.push(counting.fps() as u8);
            out.push(0);
        });
    });
    full(out, b"stts", 0, 0, |out| [1, 1, duration].iter().for_each(|&field| put32(out, field)));
    full(out, b"stsc", 0, 0, |out| [1, 1, 1, 1].iter().for_each(|&field| put32(out, field)));
    full(out, b"stsz", 0, 0, |out| [4, 1].iter().for_each(|&field| put32(out, field)));
    full(out, b"co64", 0, 0, |out| {
        put32(out, 1);
        super::bytes::put64(out, at);
    });
}
