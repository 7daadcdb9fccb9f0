// SPDX-License-Identifier: MIT
//! Reads a fragment's `moof` and appends its samples to the tracks.
//!
//! ```text
//! moof > mfhd, traf* > tfhd, tfdt, trun*
//! ```
//! What a sample is, is said by the `trun`, else the `tfhd`, else the `trex`. Where it lies: an absolute base, or
//! the start of the `moof`, or (neither being said) the end of the preceding track's data. Samples count only if
//! all their bytes lie inside an `mdat` of the file, so a file that was cut, and one whose cut was mended since,
//! give the same samples.

use super::bytes::{Cursor, children};
use super::moov::refuse_encryption;
use super::movie::{Defaults, Track};
use super::samples::{Alike, Misfit};
use super::scan_error::ScanError;

/// Where the `mdat` bodies lie, in rising order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extents(Vec<(u64, u64)>);

impl Extents {
    pub(crate) fn push(&mut self, start: u64, end: u64) {
        self.0.push((start, end));
    }

    /// How many bytes of media there are from `at` on; `None` if `at` is no place for media.
    fn room(&self, at: u64) -> Option<u64> {
        let next = self.0.partition_point(|&(start, _)| start <= at);
        let (_, end) = self.0.get(next.checked_sub(1)?)?;
        end.checked_sub(at)
    }
}

const SAMPLE_IS_NOT_SYNC: u32 = 0x0001_0000;
const SAMPLE_DEPENDS_ON_OTHERS: u32 = 0x0100_0000;

/// What is known while one `moof` is read.
struct Fragment<'a> {
    at: u64,
    extents: &'a Extents,
    /// Behind the data of the run before.
    implicit: u64,
    /// Where the runs say that they begin, in rising order.
    starts: Vec<u64>,
    torn: u64,
}

/// Appends the samples of the `moof` (a whole box, which begins at `at`) and returns how many of them lack bytes.
pub(crate) fn take(at: u64, moof: &[u8], tracks: &mut [Track], extents: &Extents) -> Result<u64, ScanError> {
    let broken = || ScanError::Broken("moof");
    let body = children(moof).and_then(|all| all.first().map(|b| b.body)).ok_or_else(broken)?;
    let starts = run_starts(at, body);
    let mut fragment = Fragment { at, extents, implicit: at, starts, torn: 0 };
    for part in children(body).ok_or_else(broken)? {
        if &part.kind == b"traf" {
            fragment.track(part.body, tracks)?;
        }
        refuse_encryption(part.kind, part.body)?;
    }
    Ok(fragment.torn)
}

/// Where the runs of all tracks begin, as far as they say so against a base that is said.
fn run_starts(moof_at: u64, body: &[u8]) -> Vec<u64> {
    let mut starts = Vec::new();
    for traf in children(body).unwrap_or_default().iter().filter(|part| &part.kind == b"traf") {
        let parts = children(traf.body).unwrap_or_default();
        let mut base = moof_at;
        for part in parts {
            let mut fields = Cursor::new(part.body);
            let (Some((_, flags)), Some(_)) = (fields.version_and_flags(), fields.u32()) else { continue };
            match &part.kind {
                b"tfhd" if flags & 0x01 != 0 => base = fields.u64().unwrap_or(base),
                b"trun" if flags & 0x01 != 0 => {
                    starts.extend(fields.i32().and_then(|offset| base.checked_add_signed(i64::from(offset))));
                }
                _ => {}
            }
        }
    }
    starts.sort_unstable();
    starts
}

impl Fragment<'_> {
    /// The size of a single sample about which nothing says it: up to where the next run begins. GStreamer's
    /// qtmux leaves sizes and durations out when they happen to equal a default that it did not write.
    fn size_left_out(&self, at: u64) -> u32 {
        let end_of_media = self.extents.room(at).map(|room| at + room);
        let next = self.starts.get(self.starts.partition_point(|&start| start <= at)).copied();
        let end = next.into_iter().chain(end_of_media).min();
        end.and_then(|end| u32::try_from(end - at).ok()).unwrap_or(0)
    }

    fn track(&mut self, traf: &[u8], tracks: &mut [Track]) -> Result<(), ScanError> {
        let parts = children(traf).ok_or(ScanError::Broken("traf"))?;
        for part in &parts {
            refuse_encryption(part.kind, part.body)?;
        }
        let tfhd = parts.iter().find(|p| &p.kind == b"tfhd").ok_or(ScanError::Missing("tfhd"))?;
        let mut fields = Cursor::new(tfhd.body);
        let (_, flags) = fields.version_and_flags().ok_or(ScanError::Broken("tfhd"))?;
        let id = fields.u32().ok_or(ScanError::Broken("tfhd"))?;
        let track = tracks.iter_mut().find(|track| track.now().0 == id).ok_or(ScanError::Broken("tfhd"))?;
        let (base, defaults) = self.tfhd(fields, flags, track.now().1).ok_or(ScanError::Broken("tfhd"))?;
        let mut dts = track.next_time();
        if let Some(tfdt) = parts.iter().find(|p| &p.kind == b"tfdt") {
            let mut fields = Cursor::new(tfdt.body);
            let time = fields.version_and_flags().and_then(|(version, _)| fields.wide(version));
            dts = time.ok_or(ScanError::Broken("tfdt"))?;
        }
        self.implicit = base;
        for part in parts.iter().filter(|p| &p.kind == b"trun") {
            dts = self.run(part.body, track, base, defaults, dts)?;
        }
        Ok(())
    }

    /// The base of the offsets, and what the runs need not say.
    fn tfhd(&self, mut fields: Cursor<'_>, flags: u32, trex: Defaults) -> Option<(u64, Defaults)> {
        let mut base = if flags & 0x02_0000 != 0 { self.at } else { self.implicit };
        if flags & 0x01 != 0 {
            base = fields.u64()?;
        }
        let mut field = |flag: u32, otherwise: u32| match flags & flag {
            0 => Some(otherwise),
            _ => fields.u32(),
        };
        let defaults = Defaults {
            description: field(0x02, trex.description)?.max(1),
            duration: field(0x08, trex.duration)?,
            size: field(0x10, trex.size)?,
            flags: field(0x20, trex.flags)?,
        };
        Some((base, defaults))
    }

    /// Appends a run; returns the decoding time behind it.
    fn run(
        &mut self,
        trun: &[u8],
        track: &mut Track,
        base: u64,
        defaults: Defaults,
        mut dts: u64,
    ) -> Result<u64, ScanError> {
        let broken = || ScanError::Broken("trun");
        let mut fields = Cursor::new(trun);
        let (_, flags) = fields.version_and_flags().ok_or_else(broken)?;
        let count = fields.u32().ok_or_else(broken)?;
        let mut at = self.implicit;
        if flags & 0x01 != 0 {
            let offset = fields.i32().ok_or_else(broken)?;
            at = base.checked_add_signed(i64::from(offset)).ok_or(ScanError::Stray(self.at))?;
        }
        let mut first_flags = None;
        if flags & 0x04 != 0 {
            first_flags = Some(fields.u32().ok_or_else(broken)?);
        }
        let bytes_each = (flags & 0xf00).count_ones() as usize * 4;
        if count as usize > fields.rest().len() / bytes_each.max(1) && bytes_each > 0 {
            return Err(broken());
        }
        let mut left = count;
        while left > 0 {
            let first = first_flags.take();
            let mut field = |flag: u32, otherwise: u32| match flags & flag {
                0 => Some(otherwise),
                _ => fields.u32(),
            };
            let mut duration = field(0x100, defaults.duration).ok_or_else(broken)?;
            let mut size = field(0x200, defaults.size).ok_or_else(broken)?;
            if size == 0 && count == 1 && flags & 0x200 == 0 {
                size = self.size_left_out(at);
            }
            if duration == 0 && flags & 0x100 == 0 {
                duration = track.samples.usual_duration();
            }
            let own_flags = field(0x400, defaults.flags).ok_or_else(broken)?;
            let composition = field(0x800, 0).ok_or_else(broken)? as i32;
            let sample_flags = first.unwrap_or(own_flags);
            let sync = &track.handler == b"soun" || sample_flags & (SAMPLE_IS_NOT_SYNC | SAMPLE_DEPENDS_ON_OTHERS) == 0;
            // Samples about which the run says nothing are all alike: they need one step, not four billion.
            let count = if bytes_each == 0 && first.is_none() { left } else { 1 };
            let description = defaults.description;
            let alike = Alike { count, dts, duration, size, composition, sync, at, description };
            (at, dts) = self.append(track, alike)?;
            left -= count;
        }
        self.implicit = at;
        Ok(dts)
    }

    /// Appends those samples whose bytes are there; returns place and decoding time behind all of them.
    fn append(&mut self, track: &mut Track, mut alike: Alike) -> Result<(u64, u64), ScanError> {
        let (count, size) = (u64::from(alike.count), u64::from(alike.size));
        let end = alike.at.checked_add(count * size).ok_or(ScanError::Stray(self.at))?;
        let length = count * u64::from(alike.duration);
        let dts = alike.dts.checked_add(length).ok_or(ScanError::TooFar(self.at))?;
        let fitting = match self.extents.room(alike.at) {
            None => 0,
            Some(room) => room.checked_div(size).map_or(count, |fitting| fitting.min(count)),
        };
        self.torn += count - fitting;
        alike.count = fitting as u32;
        let Some(alike) = track.joined(alike) else { return Ok((end, dts)) };
        track.samples.push(alike).map_err(|misfit| match misfit {
            Misfit::TooMany => ScanError::TooMany("samples"),
            Misfit::Backwards => ScanError::Backwards(self.at),
            Misfit::TooFar => ScanError::TooFar(self.at),
        })?;
        Ok((end, dts))
    }
}
