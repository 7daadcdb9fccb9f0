// SPDX-License-Identifier: MIT
//! Reads a `moov`: the tracks, their edit lists, what fragments may leave out, and whatever samples it already
//! describes itself.
//!
//! ```text
//! moov > mvhd, trak*, mvex > trex*
//! trak > tkhd, edts > elst, mdia > mdhd, hdlr, minf > stbl > stsd, stts ...
//! ```

use super::bytes::{Cursor, FourCc, child, children};
use super::movie::{Defaults, Edit, Track};
use super::scan_error::ScanError;
use super::stbl;

/// A parsed `moov`.
pub(crate) struct Moov {
    pub(crate) timescale: u32,
    pub(crate) created: u64,
    pub(crate) tracks: Vec<Track>,
    /// Whether fragments may follow.
    pub(crate) extends: bool,
}

/// More tracks than this are refused: nobody records as many, and each costs memory.
const TRACKS_MAX: usize = 256;

/// `moov` is the whole box.
pub(crate) fn parse(moov: &[u8]) -> Result<Moov, ScanError> {
    let body = children(moov).filter(|all| all.len() == 1).ok_or(ScanError::Broken("moov"))?[0].body;
    let boxes = children(body).ok_or(ScanError::Broken("moov"))?;
    let mvhd = boxes.iter().find(|b| &b.kind == b"mvhd").ok_or(ScanError::Missing("mvhd"))?;
    let (created, timescale) = times(mvhd.body).ok_or(ScanError::Broken("mvhd"))?;
    let mut parsed = Moov { timescale, created, tracks: Vec::new(), extends: false };
    for trak in boxes.iter().filter(|b| &b.kind == b"trak") {
        if parsed.tracks.len() == TRACKS_MAX {
            return Err(ScanError::TooMany("tracks"));
        }
        let start = trak.whole.as_ptr() as usize - moov.as_ptr() as usize;
        let mut track = track(trak.body)?;
        track.trak = start..start + trak.whole.len();
        if parsed.tracks.iter().any(|other| other.id == track.id) {
            return Err(ScanError::Broken("tkhd (two tracks share a number)"));
        }
        parsed.tracks.push(track);
    }
    for mvex in boxes.iter().filter(|b| &b.kind == b"mvex") {
        parsed.extends = true;
        for trex in children(mvex.body).ok_or(ScanError::Broken("mvex"))? {
            if &trex.kind == b"trex" {
                let (id, defaults) = trex_fields(trex.body).ok_or(ScanError::Broken("trex"))?;
                if let Some(track) = parsed.tracks.iter_mut().find(|track| track.id == id) {
                    track.defaults = defaults;
                }
            }
        }
    }
    Ok(parsed)
}

/// Creation time and time scale of `mvhd` and `mdhd`.
fn times(body: &[u8]) -> Option<(u64, u32)> {
    let mut fields = Cursor::new(body);
    let (version, _) = fields.version_and_flags()?;
    let created = fields.wide(version)?;
    fields.wide(version)?;
    let timescale = fields.u32()?;
    (timescale > 0).then_some((created, timescale))
}

fn trex_fields(body: &[u8]) -> Option<(u32, Defaults)> {
    let mut fields = Cursor::new(body);
    fields.version_and_flags()?;
    let id = fields.u32()?;
    let (description, duration, size, flags) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    Some((id, Defaults { description, duration, size, flags }))
}

fn track(trak: &[u8]) -> Result<Track, ScanError> {
    let boxes = children(trak).ok_or(ScanError::Broken("trak"))?;
    let tkhd = child(trak, b"tkhd").ok_or(ScanError::Missing("tkhd"))?;
    let id = track_id(tkhd.body).ok_or(ScanError::Broken("tkhd"))?;
    let mdia = child(trak, b"mdia").ok_or(ScanError::Missing("mdia"))?.body;
    let mdhd = child(mdia, b"mdhd").ok_or(ScanError::Missing("mdhd"))?;
    let (_, timescale) = times(mdhd.body).ok_or(ScanError::Broken("mdhd"))?;
    let hdlr = child(mdia, b"hdlr").ok_or(ScanError::Missing("hdlr"))?;
    let handler: FourCc = hdlr.body.get(8..12).and_then(|b| b.try_into().ok()).ok_or(ScanError::Broken("hdlr"))?;
    let minf = child(mdia, b"minf").ok_or(ScanError::Missing("minf"))?.body;
    let stbl = child(minf, b"stbl").ok_or(ScanError::Missing("stbl"))?.body;
    let codecs = codecs(stbl)?;
    let mut edits = Vec::new();
    for part in &boxes {
        // One widespread muxer writes the list straight into the track; readers that matter honour it there.
        let elst = match &part.kind {
            b"elst" => Some(*part),
            b"edts" => child(part.body, b"elst"),
            _ => None,
        };
        if let (Some(elst), true) = (elst, edits.is_empty()) {
            edits = edit_list(elst.body)?;
        }
    }
    let samples = stbl::parse(stbl, &handler)?;
    let (added, joined) = (Vec::new(), None);
    Ok(Track {
        id,
        handler,
        codecs,
        timescale,
        edits,
        samples,
        defaults: Defaults::default(),
        trak: 0..0,
        added,
        joined,
    })
}

fn track_id(tkhd: &[u8]) -> Option<u32> {
    let mut fields = Cursor::new(tkhd);
    let (version, _) = fields.version_and_flags()?;
    fields.wide(version)?;
    fields.wide(version)?;
    fields.u32().filter(|&id| id != 0)
}

fn codecs(stbl: &[u8]) -> Result<Vec<FourCc>, ScanError> {
    let stsd = child(stbl, b"stsd").ok_or(ScanError::Missing("stsd"))?;
    let entries = stsd.body.get(8..).and_then(children).ok_or(ScanError::Broken("stsd"))?;
    let codecs: Vec<FourCc> = entries.iter().map(|entry| entry.kind).collect();
    match codecs.iter().find(|codec| matches!(*codec, b"encv" | b"enca" | b"enct" | b"encs" | b"encm")) {
        Some(_) => Err(ScanError::Encrypted),
        None if codecs.is_empty() => Err(ScanError::Broken("stsd")),
        None => Ok(codecs),
    }
}

fn edit_list(body: &[u8]) -> Result<Vec<Edit>, ScanError> {
    let broken = || ScanError::Broken("elst");
    let mut fields = Cursor::new(body);
    let (version, _) = fields.version_and_flags().ok_or_else(broken)?;
    let count = fields.u32().ok_or_else(broken)? as usize;
    if count > fields.rest().len() / if version == 1 { 20 } else { 12 } {
        return Err(broken());
    }
    let mut edits = Vec::with_capacity(count);
    for _ in 0..count {
        let duration = fields.wide(version).ok_or_else(broken)?;
        let media_time = match version {
            1 => fields.u64().map(|time| time as i64),
            _ => fields.i32().map(i64::from),
        };
        let media_time = media_time.ok_or_else(broken)?;
        let rate = fields.u32().ok_or_else(broken)?;
        if rate != 0x0001_0000 && media_time != -1 {
            return Err(ScanError::NotUnderstood(format!("an edit list that plays at another speed ({rate:#x})")));
        }
        if !(-1..1 << 60).contains(&media_time) || duration > 1 << 60 {
            return Err(broken());
        }
        edits.push(Edit { duration, media_time: (media_time >= 0).then_some(media_time) });
    }
    Ok(edits)
}

/// Grouping kinds that mean encryption are refused, wherever they stand.
pub(crate) fn refuse_encryption(kind: FourCc, body: &[u8]) -> Result<(), ScanError> {
    let piff = [0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14, 0xa2, 0x44, 0x6c, 0x42, 0x7c, 0x64, 0x8d, 0xf4];
    match &kind {
        b"senc" | b"saiz" | b"saio" => Err(ScanError::Encrypted),
        b"sgpd" | b"sbgp" if body.get(4..8) == Some(b"seig") => Err(ScanError::Encrypted),
        b"uuid" if body.starts_with(&piff) => Err(ScanError::Encrypted),
        _ => Ok(()),
    }
}
