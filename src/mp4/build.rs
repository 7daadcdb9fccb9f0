// SPDX-License-Identifier: MIT
//! Writes the complete `moov`: the old one, copied box for box, except for what fragments made wrong.
//!
//! ```text
//! moov > mvhd*, trak > tkhd*, edts*, tref+, mdia > mdhd*, hdlr, minf > vmhd, dinf, stbl > stsd, stts* ...
//!                                                                  * written anew   + extended   others copied
//! ```

use super::bytes::{Child, boxed, children, full, put_wide, put32};
use super::edits::{Edits, movie_scale};
use super::journal::put_footer;
use super::movie::{Movie, Track};
use super::scan_error::ScanError;
use super::seam::is_aac;
use super::tables;
use super::timecode::{self, Timecode};
use crate::words::RATE_HZ;
use crate::words::timecode::Counting;

/// Seconds between 1904, when these files' time begins, and 1970.
pub(crate) const EPOCH_1904_S: i64 = 2_082_844_800;

/// Boxes that count samples: they are written anew, or left out where we can't say what they would say.
const COUNTING: [&[u8; 4]; 15] = [
    b"stts", b"ctts", b"cslg", b"stss", b"stsz", b"stz2", b"stsc", b"stco", b"co64", b"sdtp", b"sbgp", b"sgpd",
    b"subs", b"stsh", b"stps",
];

/// What the new `moov` is made from.
pub(crate) struct Recipe<'a> {
    pub(crate) movie: &'a Movie,
    /// The exact length of the sound, at [`RATE_HZ`].
    pub(crate) sound_samples: Option<u64>,
    /// Where the four bytes of the timecode lie, if there is to be one, and how it counts.
    pub(crate) timecode_at: Option<(u64, Counting)>,
    pub(crate) journal_at: u64,
}

/// A kept track with its edits.
struct Kept<'a> {
    track: &'a Track,
    edits: Edits,
}

/// The whole box.
pub(crate) fn moov(recipe: &Recipe<'_>) -> Result<Vec<u8>, ScanError> {
    let movie = recipe.movie;
    let facts = movie.facts.as_ref();
    let mut kept = Vec::new();
    for track in movie.tracks.iter().filter(|track| track.samples.count() > 0) {
        let is_sound = &track.handler == b"soun";
        let priming = facts.map_or(0, |facts| facts.audio_priming);
        let sound = recipe.sound_samples.filter(|_| is_sound);
        let sound = sound.map(|n| (u128::from(n) * u128::from(track.timescale) / u128::from(RATE_HZ)) as u64);
        let edits = Edits::of(track, movie.timescale, if is_sound { priming } else { 0 }, sound)?;
        kept.push(Kept { track, edits });
    }
    let tmcd_scale = recipe.timecode_at.map(|(_, counting)| timecode::scale(counting));
    let scale = movie_scale(kept.iter().map(|kept| kept.track.timescale).chain(tmcd_scale));
    let lengths = kept.iter().map(|kept| {
        let (lead, shown) = kept.edits.scaled(kept.track.timescale, scale);
        lead + shown
    });
    let duration = lengths.max().unwrap_or(0);
    let utc_us = facts.map(|facts| facts.started_utc_us).filter(|&us| us != 0);
    let created = utc_us.map(|us| (us.div_euclid(1_000_000) + EPOCH_1904_S).max(0) as u64);
    let frame = Frame { recipe, scale, duration, created };
    let mut out = Vec::new();
    let old = children(&movie.moov).ok_or(ScanError::Broken("moov"))?;
    let parts = children(old[0].body).ok_or(ScanError::Broken("moov"))?;
    let mut failed = None;
    boxed(&mut out, b"moov", |out| {
        failed = frame.write(out, &parts, &kept).err();
        let moov_len = (out.len() as u64) + super::journal::FOOTER_LEN;
        put_footer(out, recipe.journal_at, moov_len);
    });
    failed.map_or(Ok(out), Err)
}

/// What all parts of the new `moov` share.
struct Frame<'a> {
    recipe: &'a Recipe<'a>,
    scale: u32,
    duration: u64,
    created: Option<u64>,
}

impl Frame<'_> {
    fn write(&self, out: &mut Vec<u8>, parts: &[Child<'_>], kept: &[Kept<'_>]) -> Result<(), ScanError> {
        let movie = self.recipe.movie;
        let new_id = movie.tracks.iter().map(|track| track.id).max().unwrap_or(0).checked_add(1);
        let timecode = self.recipe.timecode_at.zip(new_id);
        for part in parts {
            match &part.kind {
                b"mvhd" => self.movie_header(out, part.body).ok_or(ScanError::Broken("mvhd"))?,
                b"trak" => {
                    let start = part.whole.as_ptr() as usize - movie.moov.as_ptr() as usize;
                    if let Some(kept) = kept.iter().find(|kept| kept.track.trak.start == start) {
                        self.track(out, part, kept, timecode.map(|(_, id)| id))?;
                    }
                }
                b"mvex" => {}
                _ => out.extend_from_slice(part.whole),
            }
        }
        if let Some(((at, counting), track_id)) = timecode {
            let scale = u128::from(timecode::scale(counting));
            let in_its_units = u128::from(self.duration) * scale / u128::from(self.scale);
            let created = self.created.unwrap_or(0);
            let (duration, movie_duration) = (in_its_units as u64, self.duration);
            timecode::write(out, &Timecode { track_id, at, counting, duration, created, movie_duration });
        }
        Ok(())
    }

    fn movie_header(&self, out: &mut Vec<u8>, old: &[u8]) -> Option<()> {
        let times = Times::split(old, false)?;
        let (rest, next_id) = times.rest.split_last_chunk::<4>()?;
        let (next_id, add) = (u32::from_be_bytes(*next_id), u32::from(self.recipe.timecode_at.is_some()));
        let created = self.created.unwrap_or(times.created);
        let version = version_for(&[created, times.modified, self.duration]);
        full(out, b"mvhd", version, times.flags, |out| {
            put_wide(out, version, created);
            put_wide(out, version, self.created.unwrap_or(times.modified));
            put32(out, self.scale);
            put_wide(out, version, self.duration);
            out.extend_from_slice(rest);
            put32(out, next_id.saturating_add(add));
        });
        Some(())
    }

    fn track(
        &self,
        out: &mut Vec<u8>,
        trak: &Child<'_>,
        kept: &Kept<'_>,
        timecode_id: Option<u32>,
    ) -> Result<(), ScanError> {
        let parts = children(trak.body).ok_or(ScanError::Broken("trak"))?;
        let timecode_id = timecode_id.filter(|_| &kept.track.handler == b"vide");
        let mut failed = None;
        boxed(out, b"trak", |out| {
            for part in &parts {
                match &part.kind {
                    b"tkhd" => {
                        let written = self.track_header(out, part.body, kept);
                        failed = written.is_none().then_some(ScanError::Broken("tkhd"));
                        kept.edits.write(out, kept.track.timescale, self.scale);
                        if let Some(id) = timecode_id {
                            boxed(out, b"tref", |out| boxed(out, b"tmcd", |out| put32(out, id)));
                        }
                    }
                    b"mdia" => boxed(out, b"mdia", |out| {
                        failed = failed.take().or(self.media(out, part.body, kept).err());
                    }),
                    b"edts" | b"elst" => {}
                    _ => out.extend_from_slice(part.whole),
                }
            }
        });
        failed.map_or(Ok(()), Err)
    }

    fn track_header(&self, out: &mut Vec<u8>, old: &[u8], kept: &Kept<'_>) -> Option<()> {
        let times = Times::split(old, true)?;
        let (lead, shown) = kept.edits.scaled(kept.track.timescale, self.scale);
        let created = self.created.unwrap_or(times.created);
        let version = version_for(&[created, times.modified, lead + shown]);
        full(out, b"tkhd", version, times.flags, |out| {
            put_wide(out, version, created);
            put_wide(out, version, self.created.unwrap_or(times.modified));
            put32(out, kept.track.id);
            put32(out, 0);
            put_wide(out, version, lead + shown);
            out.extend_from_slice(times.rest);
        });
        Some(())
    }

    fn media(&self, out: &mut Vec<u8>, mdia: &[u8], kept: &Kept<'_>) -> Result<(), ScanError> {
        for part in children(mdia).ok_or(ScanError::Broken("mdia"))? {
            match &part.kind {
                b"mdhd" => {
                    let times = Times::split(part.body, false).ok_or(ScanError::Broken("mdhd"))?;
                    let duration = kept.track.samples.duration();
                    let created = self.created.unwrap_or(times.created);
                    let version = version_for(&[created, times.modified, duration]);
                    full(out, b"mdhd", version, times.flags, |out| {
                        put_wide(out, version, created);
                        put_wide(out, version, self.created.unwrap_or(times.modified));
                        put32(out, kept.track.timescale);
                        put_wide(out, version, duration);
                        out.extend_from_slice(times.rest);
                    });
                }
                b"minf" => {
                    let parts = children(part.body).ok_or(ScanError::Broken("minf"))?;
                    boxed(out, b"minf", |out| {
                        for part in parts {
                            match &part.kind {
                                b"stbl" => sample_tables(out, part.body, kept.track),
                                _ => out.extend_from_slice(part.whole),
                            }
                        }
                    });
                }
                _ => out.extend_from_slice(part.whole),
            }
        }
        Ok(())
    }
}

fn sample_tables(out: &mut Vec<u8>, old: &[u8], track: &Track) {
    boxed(out, b"stbl", |out| {
        for part in children(old).unwrap_or_default() {
            if &part.kind == b"stsd" && !track.added.is_empty() {
                track.put_descriptions(out, part.body);
            } else if !COUNTING.contains(&&part.kind) {
                out.extend_from_slice(part.whole);
            }
        }
        tables::write(out, &track.samples, is_aac(&track.codecs));
    });
}

/// Version 1 when any of the times needs it; all ones in 32 bits mean "unknown" and count as too large.
fn version_for(times: &[u64]) -> u8 {
    u8::from(times.iter().any(|&time| time >= u64::from(u32::MAX)))
}

/// The front of `mvhd`, `tkhd` and `mdhd`, which differ only in the middle.
struct Times<'a> {
    flags: u32,
    created: u64,
    modified: u64,
    /// Behind the duration.
    rest: &'a [u8],
}

impl<'a> Times<'a> {
    fn split(body: &'a [u8], is_track: bool) -> Option<Times<'a>> {
        let mut fields = super::bytes::Cursor::new(body);
        let (version, flags) = fields.version_and_flags()?;
        let (created, modified) = (fields.wide(version)?, fields.wide(version)?);
        fields.take(if is_track { 8 } else { 4 })?;
        fields.wide(version)?;
        Some(Times { flags, created, modified, rest: fields.rest() })
    }
}
