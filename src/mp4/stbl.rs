// SPDX-License-Identifier: MIT
//! Reads the sample tables of a track.
//!
//! ```text
//! stts durations   ctts composition offsets   stss key frames
//! stsz/stz2 sizes  stsc samples a chunk       stco/co64 where chunks begin
//! ```
//! Counts are believed only as far as the bytes behind them reach.

use super::bytes::{Child, Cursor, FourCc, children};
use super::moov::refuse_encryption;
use super::samples::{Chunk, Runs, Samples, Sizes};
use super::scan_error::ScanError;

/// `stbl` is the body of the box.
pub(crate) fn parse(stbl: &[u8], handler: &FourCc) -> Result<Samples, ScanError> {
    let boxes = children(stbl).ok_or(ScanError::Broken("stbl"))?;
    for part in &boxes {
        refuse_encryption(part.kind, part.body)?;
    }
    let find = |kind: &FourCc| boxes.iter().find(|b| &b.kind == kind);
    let sizes = match (find(b"stsz"), find(b"stz2")) {
        (Some(stsz), _) => stsz_sizes(stsz.body).ok_or(ScanError::Broken("stsz"))?,
        (None, Some(stz2)) => stz2_sizes(stz2.body).ok_or(ScanError::Broken("stz2"))?,
        (None, None) => Sizes::Same { size: 0, count: 0 },
    };
    let count = sizes.count();
    if count == 0 {
        return Ok(Samples::default());
    }
    let deltas = runs(find(b"stts"), |value| value).ok_or(ScanError::Broken("stts"))?;
    let compositions = match find(b"ctts") {
        Some(ctts) => runs(Some(ctts), |value| value as i32).ok_or(ScanError::Broken("ctts"))?,
        None => all(0, count),
    };
    let syncs = match find(b"stss") {
        Some(stss) if handler != b"soun" => key_frames(stss.body, count).ok_or(ScanError::Broken("stss"))?,
        _ => all(true, count),
    };
    if deltas.len() != u64::from(count) {
        return Err(ScanError::Broken("stts"));
    }
    if compositions.len() != u64::from(count) {
        return Err(ScanError::Broken("ctts"));
    }
    let offsets = offsets(find(b"stco"), find(b"co64")).ok_or(ScanError::Broken("stco"))?;
    let stsc = find(b"stsc").ok_or(ScanError::Missing("stsc"))?;
    let chunks = chunks(stsc.body, &offsets, &sizes).ok_or(ScanError::Broken("stsc"))?;
    Samples::from_tables(deltas, compositions, syncs, sizes, chunks).ok_or(ScanError::Broken("stts"))
}

fn all<T: Copy + PartialEq + Default>(value: T, count: u32) -> Runs<T> {
    let mut runs = Runs::default();
    runs.push(value, count);
    runs
}

/// The number of entries, if the bytes are there.
fn entries(fields: &mut Cursor<'_>, bytes_each: usize) -> Option<u32> {
    let count = fields.u32()?;
    (count as usize <= fields.rest().len() / bytes_each).then_some(count)
}

fn runs<T: Copy + PartialEq + Default>(part: Option<&Child<'_>>, value: impl Fn(u32) -> T) -> Option<Runs<T>> {
    let mut fields = Cursor::new(part?.body);
    fields.version_and_flags()?;
    let mut runs = Runs::default();
    for _ in 0..entries(&mut fields, 8)? {
        let count = fields.u32()?;
        runs.push(value(fields.u32()?), count);
    }
    Some(runs)
}

fn key_frames(body: &[u8], count: u32) -> Option<Runs<bool>> {
    let mut fields = Cursor::new(body);
    fields.version_and_flags()?;
    let mut runs = Runs::default();
    let mut next = 1;
    for _ in 0..entries(&mut fields, 4)? {
        let number = fields.u32()?;
        if number < next || number > count {
            return None;
        }
        runs.push(false, number - next);
        runs.push(true, 1);
        next = number.checked_add(1)?;
    }
    runs.push(false, count - (next - 1));
    Some(runs)
}

fn stsz_sizes(body: &[u8]) -> Option<Sizes> {
    let mut fields = Cursor::new(body);
    fields.version_and_flags()?;
    let size = fields.u32()?;
    if size != 0 {
        return Some(Sizes::Same { size, count: fields.u32()? });
    }
    let count = entries(&mut fields, 4)?;
    (0..count).map(|_| fields.u32()).collect::<Option<Vec<u32>>>().map(Sizes::Each)
}

fn stz2_sizes(body: &[u8]) -> Option<Sizes> {
    let mut fields = Cursor::new(body);
    fields.version_and_flags()?;
    let bits = fields.u32()? & 0xff;
    let count = fields.u32()?;
    let bytes = fields.rest();
    if !matches!(bits, 4 | 8 | 16) || u64::from(count) * u64::from(bits) > bytes.len() as u64 * 8 {
        return None;
    }
    let size = |index: usize| match bits {
        4 => u32::from(bytes[index / 2] >> if index.is_multiple_of(2) { 4 } else { 0 } & 0xf),
        8 => u32::from(bytes[index]),
        _ => u32::from(u16::from_be_bytes([bytes[index * 2], bytes[index * 2 + 1]])),
    };
    Some(Sizes::Each((0..count as usize).map(size).collect()))
}

fn offsets(stco: Option<&Child<'_>>, co64: Option<&Child<'_>>) -> Option<Vec<u64>> {
    let (body, wide) = match (stco, co64) {
        (_, Some(co64)) => (co64.body, true),
        (Some(stco), None) => (stco.body, false),
        (None, None) => return None,
    };
    let mut fields = Cursor::new(body);
    fields.version_and_flags()?;
    let count = entries(&mut fields, if wide { 8 } else { 4 })?;
    (0..count).map(|_| fields.wide(u8::from(wide))).collect()
}

fn chunks(stsc: &[u8], offsets: &[u64], sizes: &Sizes) -> Option<Vec<Chunk>> {
    let mut fields = Cursor::new(stsc);
    fields.version_and_flags()?;
    let count = entries(&mut fields, 12)?;
    let rows: Vec<[u32; 3]> =
        (0..count).map(|_| Some([fields.u32()?, fields.u32()?, fields.u32()?])).collect::<Option<_>>()?;
    let mut chunks = Vec::with_capacity(offsets.len());
    let (mut row, mut sample) = (0, 0_u32);
    for (index, &at) in offsets.iter().enumerate() {
        let number = index as u32 + 1;
        while rows.get(row + 1).is_some_and(|next| next[0] <= number) {
            row += 1;
        }
        let &[first, samples, description] = rows.get(row)?;
        if first > number || samples == 0 {
            return None;
        }
        let end = at.checked_add(sizes.bytes(sample, samples))?;
        chunks.push(Chunk { at, end, samples, description });
        sample = sample.checked_add(samples)?;
    }
    (sample == sizes.count()).then_some(chunks)
}
