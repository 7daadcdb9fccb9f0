// SPDX-License-Identifier: MIT
//! The first bytes of a master, made from the muxer's.
//!
//! ```text
//! isofmp4mux:  ftyp (iso6) | moov
//! ours:        ftyp (isom, iso6, iso2, avc1, mp41) | free 16 | moov, mended | facts
//! ```
//! The `free` is what the finaliser turns into the `mdat` of everything. The edit lists are mended here already
//! (the muxer leaves them out, or writes them where qtdemux does not look), so that even a recording that was
//! never recovered plays in sync: ffmpeg and qtdemux both honour a list of duration 0 in a fragmented file.

use super::bytes::{Child, FourCc, boxed, child, children, full, put32};
use super::moov;
use super::movie::Track;
use super::note::{self, Note};
use super::scan_error::ScanError;
use crate::words::{Facts, RATE_HZ, TrackFacts};

/// The largest header that is taken for one: a muxer's needs a thousand bytes.
const HEADER_MAX: usize = 1 << 20;

/// Why the muxer's header is no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// It is not `ftyp` and `moov`.
    #[error("the muxer began with something that is no MP4 header; this is a fault in HyperZoom's pipeline")]
    NotAHeader,
    /// Its `moov` can't be used.
    #[error("the muxer's header can't be used: {0}")]
    Scan(#[from] ScanError),
}

/// The first bytes of a master, from the muxer's `ftyp` and `moov` and what is known.
pub fn opening(header: &[u8], facts: &Facts) -> Result<Vec<u8>, OpeningError> {
    let moov = header_moov(header)?;
    let parsed = moov::parse(moov)?;
    let mut out = Vec::with_capacity(header.len() + 1024);
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"isom\0\0\x02\0isomiso6iso2avc1mp41");
    });
    boxed(&mut out, b"free", |out| out.extend_from_slice(&[0; 8]));
    let inside = child(moov, b"moov").and_then(|moov| children(moov.body)).ok_or(ScanError::Broken("moov"))?;
    boxed(&mut out, b"moov", |out| {
        let mut tracks = parsed.tracks.iter();
        // Where there are many, each has its own; muxers put pictures first.
        let of_kind = |pictures: bool| facts.tracks.iter().filter(move |track| track.pictures == pictures);
        let mut known = [of_kind(false), of_kind(true)];
        for part in inside {
            match (&part.kind, if &part.kind == b"trak" { tracks.next() } else { None }) {
                (b"trak", Some(track)) => {
                    let usual = TrackFacts { priming: facts.audio_priming, ..TrackFacts::default() };
                    let known = &mut known[usize::from(&track.handler == b"vide")];
                    trak(out, &part, track, known.next().unwrap_or(&usual));
                }
                _ => out.extend_from_slice(part.whole),
            }
        }
    });
    out.extend_from_slice(&note::encode(&Note::Facts(Box::new(facts.clone()))));
    Ok(out)
}

/// The whole `moov` of a muxer's header, if fragments may follow it.
pub(crate) fn header_moov(header: &[u8]) -> Result<&[u8], OpeningError> {
    let parts = Some(header).filter(|header| header.len() <= HEADER_MAX).and_then(children);
    let parts = parts.ok_or(OpeningError::NotAHeader)?;
    let has = |kind: &FourCc| parts.iter().any(|part| &part.kind == kind);
    let moov = parts.iter().find(|part| &part.kind == b"moov").filter(|_| has(b"ftyp"));
    let moov = moov.ok_or(OpeningError::NotAHeader)?.whole;
    if moov::parse(moov)?.extends { Ok(moov) } else { Err(OpeningError::NotAHeader) }
}

fn trak(out: &mut Vec<u8>, trak: &Child<'_>, track: &Track, TrackFacts { name, priming, .. }: &TrackFacts) {
    let said = track.edits.iter().find_map(|edit| edit.media_time).unwrap_or(0);
    let media_time = match &track.handler {
        b"soun" if *priming > 0 => i64::from(*priming) * i64::from(track.timescale) / RATE_HZ as i64,
        b"soun" => said,
        _ => 0,
    };
    boxed(out, b"trak", |out| {
        for part in children(trak.body).unwrap_or_default() {
            match &part.kind {
                b"edts" | b"elst" => {}
                b"tkhd" => {
                    out.extend_from_slice(part.whole);
                    edit_list(out, media_time);
                }
                b"mdia" if !name.is_empty() => boxed(out, b"mdia", |out| named(out, part.body, name)),
                _ => out.extend_from_slice(part.whole),
            }
        }
        if !name.is_empty() {
            // QuickTime's own place for it.
            boxed(out, b"udta", |out| boxed(out, b"name", |out| out.extend_from_slice(name.as_bytes())));
        }
    });
}

/// The same media, with the name that editors show in its handler.
fn named(out: &mut Vec<u8>, mdia: &[u8], name: &str) {
    for part in children(mdia).unwrap_or_default() {
        match (&part.kind, part.body.get(..24)) {
            (b"hdlr", Some(kind)) => boxed(out, b"hdlr", |out| {
                out.extend_from_slice(kind);
                out.extend_from_slice(name.as_bytes());
                out.push(0);
            }),
            _ => out.extend_from_slice(part.whole),
        }
    }
}

fn edit_list(out: &mut Vec<u8>, media_time: i64) {
    boxed(out, b"edts", |out| {
        full(out, b"elst", 0, 0, |out| {
            // One entry; its duration 0 stands for "all that is to come".
            put32(out, 1);
            put32(out, 0);
            put32(out, media_time as u32);
            put32(out, 0x0001_0000);
        });
    });
}
