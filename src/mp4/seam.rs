// SPDX-License-Identifier: MIT
//! Where another encoder takes over in the middle of a recording, and the same file goes on.
//!
//! ```text
//! ftyp | free | moov | facts | styp moof mdat note ... | seam: moov of the next muxer | styp moof mdat note ...
//!
//! | size: 4 | "uuid" | usertype: 16 | crc32 of the rest: 4 | { time: 8 | scale: 4 | skip: 8 } * 2 | moov |
//! ```
//! The fragments behind a seam are those of a muxer that began anew: its clock at zero, its tracks numbered as it likes.
//! The seam says where they belong. Finished, a track has the sample entries of both; until then no other reader can
//! make sense of what lies behind a seam, but recovering can.
//!
//! ```text
//! pictures  0 1 2 3 4 5 6 | 7 8 9 ...       go on behind the last one
//! sound     [ ][ ][ ][ ] x  x               x: not used. The next encoder begins some packets earlier, on the same grid,
//!                 x  x [ ][ ][ ] ...        so that it is warm where it takes over, and every sample is heard once
//! ```

use super::bytes::{Cursor, FourCc, Header, boxed, child, children, crc32, full, put32, put64};
use super::moov;
use super::movie::{Defaults, Track};
use super::opening::{OpeningError, header_moov};
use super::samples::Alike;
use super::scan_error::ScanError;

/// Of the box.
pub(crate) const USERTYPE: [u8; 16] = *b"HyperZoom seam\x00\x01";

/// Where the stream of the next encoder belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begin {
    /// When its first picture or packet is due, behind the first of the track.
    pub time: u64,
    /// In so many parts of a second.
    pub scale: u32,
    /// So much of it is not used: the encoder warms up.
    pub skip: u64,
}

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seam {
    /// Of the tracks with pictures.
    pub pictures: Begin,
    /// Of the tracks with sound.
    pub sound: Begin,
}

/// How the fragments behind a seam are to be understood, for one track.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    pub(crate) id: u32,
    pub(crate) defaults: Defaults,
    /// Which description each of the next muxer's is, from 1.
    descriptions: Vec<u32>,
    /// When its first sample is shown.
    begin: i64,
    /// What is shown before is not used.
    from: i64,
    /// From its clock to the track's; known with its first sample.
    shift: Option<i64>,
}

/// The box, from the next muxer's `ftyp` and `moov`.
pub fn encode(header: &[u8], seam: &Seam) -> Result<Vec<u8>, OpeningError> {
    let moov = header_moov(header)?;
    let mut rest = Vec::with_capacity(moov.len() + 40);
    for begin in [seam.pictures, seam.sound] {
        put64(&mut rest, begin.time);
        put32(&mut rest, begin.scale);
        put64(&mut rest, begin.skip);
    }
    rest.extend_from_slice(moov);
    let mut out = Vec::with_capacity(rest.len() + 28);
    boxed(&mut out, b"uuid", |out| {
        out.extend_from_slice(&USERTYPE);
        put32(out, crc32(&rest));
        out.extend_from_slice(&rest);
    });
    Ok(out)
}

/// Whether a whole box is one, damaged or not.
pub(crate) fn is_one(whole: &[u8]) -> bool {
    Header::parse(whole)
        .is_some_and(|h| &h.kind == b"uuid" && whole.get(h.len as usize..).is_some_and(|b| b.starts_with(&USERTYPE)))
}

fn decode(whole: &[u8]) -> Option<(Seam, &[u8])> {
    let header = Header::parse(whole)?;
    let mut fields = Cursor::new(whole.get(header.len as usize..)?.strip_prefix(&USERTYPE)?);
    let crc = fields.u32()?;
    if crc != crc32(fields.rest()) {
        return None;
    }
    let mut begin = || Some(Begin { time: fields.u64()?, scale: fields.u32()?, skip: fields.u64()? });
    let seam = Seam { pictures: begin()?, sound: begin()? };
    Some((seam, fields.rest()))
}

/// From here on the fragments are those of the muxer whose `moov` the box holds; `old` is the file's own.
pub(crate) fn join(whole: &[u8], old: &[u8], tracks: &mut [Track]) -> Result<(), ScanError> {
    let broken = ScanError::Broken("uuid (where another encoder takes over)");
    let (seam, moov) = decode(whole).ok_or_else(|| broken.clone())?;
    let next = moov::parse(moov)?;
    for track in tracks.iter_mut() {
        track.joined = None;
    }
    for new in &next.tracks {
        let free = |track: &&mut Track| track.joined.is_none() && track.handler == new.handler;
        let other = || ScanError::NotUnderstood("a stream that goes on as one of another kind".into());
        let track = tracks.iter_mut().find(free).ok_or_else(other)?;
        if track.timescale != new.timescale {
            return Err(other());
        }
        let begin = if &new.handler == b"vide" { seam.pictures } else { seam.sound };
        let entries = entries(&moov[new.trak.clone()]).ok_or_else(|| broken.clone())?;
        let descriptions = entries.into_iter().map(|entry| track.description(old, entry)).collect::<Option<_>>();
        let units = |time: u64| {
            let scaled = u128::from(time) * u128::from(track.timescale) / u128::from(begin.scale.max(1));
            i64::try_from(scaled).ok().filter(|&units| units < 1 << 60)
        };
        let (time, skip) = units(begin.time).zip(units(begin.skip)).ok_or_else(|| broken.clone())?;
        let (first, _) = track.samples.shown();
        let begin = (track.samples.first_dts as i64).saturating_add(first).saturating_add(time);
        track.samples.cut_back(begin + skip - i64::from(track.samples.usual_duration() / 2));
        track.joined = Some(Joined {
            id: new.id,
            defaults: new.defaults,
            descriptions: descriptions.ok_or_else(|| broken.clone())?,
            begin,
            from: begin + skip,
            shift: None,
        });
    }
    Ok(())
}

/// The sample entries of a whole `trak`.
fn entries(trak: &[u8]) -> Option<Vec<&[u8]>> {
    let mut body = child(trak, b"trak")?.body;
    for kind in [b"mdia", b"minf", b"stbl", b"stsd"] {
        body = child(body, kind)?.body;
    }
    Some(children(body.get(8..)?)?.into_iter().map(|entry| entry.whole).collect())
}

impl Track {
    /// Its number in the fragments that come now, and what these need not say.
    pub(crate) fn now(&self) -> (u32, Defaults) {
        self.joined.as_ref().map_or((self.id, self.defaults), |joined| (joined.id, joined.defaults))
    }

    /// Where the next sample is expected, on the clock of the fragments that come now.
    pub(crate) fn next_time(&self) -> u64 {
        let shift = self.joined.as_ref().map_or(0, |joined| joined.shift.unwrap_or(0));
        self.samples.next_dts.saturating_add_signed(shift.saturating_neg())
    }

    /// The number of a sample entry, from 1; one that it does not have yet is added.
    fn description(&mut self, moov: &[u8], entry: &[u8]) -> Option<u32> {
        let own = entries(moov.get(self.trak.clone())?)?;
        let mut all = own.into_iter().chain(self.added.iter().map(Vec::as_slice));
        let known = all.position(|known| known == entry);
        let number = known.unwrap_or(self.codecs.len());
        if known.is_none() {
            self.codecs.push(entry.get(4..8)?.try_into().ok()?);
            self.added.push(entry.to_vec());
        }
        u32::try_from(number + 1).ok()
    }

    /// A sample as a fragment describes it, on the track's own clock; none that is not used.
    pub(crate) fn joined(&mut self, mut new: Alike) -> Option<Alike> {
        // What claims to lie thousands of years ahead is refused where it is booked.
        let Some(joined) = self.joined.as_mut().filter(|_| new.dts < 1 << 60) else { return Some(new) };
        let composition = i64::from(new.composition);
        let shift = *joined.shift.get_or_insert(joined.begin - (new.dts as i64 + composition));
        let (dts, duration) = (new.dts as i64 + shift, i64::from(new.duration));
        // Half a sample early is rounding.
        let early = (joined.from - composition - dts - duration / 2).max(0);
        let skipped = if early == 0 { 0 } else { (early + duration.max(1) - 1) / duration.max(1) };
        let skipped = skipped.min(i64::from(new.count));
        new.count -= skipped as u32;
        new.at += skipped as u64 * u64::from(new.size);
        let dts = dts + skipped * duration;
        // Encoders that look further ahead decode earlier; but not before what is there already.
        let least = if self.samples.count() == 0 { 0 } else { self.samples.last_dts() as i64 + 1 };
        new.composition = new.composition.saturating_add(i32::try_from((dts - least).min(0)).unwrap_or(0));
        new.dts = dts.max(least) as u64;
        let description = joined.descriptions.get(new.description as usize - 1);
        new.description = description.copied().unwrap_or(new.description);
        (new.count > 0).then_some(new)
    }

    /// Its `stsd` with all sample entries, if others have been added to those in the file's `moov`.
    pub(crate) fn put_descriptions(&self, out: &mut Vec<u8>, stsd: &[u8]) {
        let count = self.codecs.len() as u32;
        full(out, b"stsd", 0, 0, |out| {
            put32(out, count);
            out.extend_from_slice(stsd.get(8..).unwrap_or_default());
            self.added.iter().for_each(|entry| out.extend_from_slice(entry));
        });
    }
}

/// Whether a sample entry of these is AAC, and nothing else is.
pub(crate) fn is_aac(codecs: &[FourCc]) -> bool {
    !codecs.is_empty() && codecs.iter().all(|codec| codec == b"mp4a")
}
