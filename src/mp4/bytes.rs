// SPDX-License-Identifier: MIT
//! Big-endian bytes in and boxes out: the alphabet of ISO media files.
//!
//! Reading never trusts a length: every step of a [`Cursor`] may answer "not there". Writing is by closures,
//! and the size of a box is patched when the closure that fills it returns.
//!
//! ```text
//! | size: 4 | kind: 4 | [size: 8, when the first is 1] | [usertype: 16, when the kind is uuid] | body |
//! ```

/// Four characters that name a box, a codec or a handler.
pub type FourCc = [u8; 4];

/// The name in characters that a terminal can show.
pub fn name(kind: FourCc) -> String {
    kind.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { char::from(b) } else { '?' }).collect()
}

/// Reads big-endian fields one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N).map(|bytes| bytes.try_into().expect("take gives as many bytes as asked"))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A field that is 64 bits wide in version 1 of a box and 32 bits in version 0.
    pub(crate) fn wide(&mut self, version: u8) -> Option<u64> {
        if version == 1 { self.u64() } else { self.u32().map(u64::from) }
    }

    /// Version and flags, with which every "full" box begins.
    pub(crate) fn version_and_flags(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0x00ff_ffff))
    }
}

/// What the first bytes of a box say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: FourCc,
    /// Header and body together; `None` means up to the end of the file.
    pub(crate) size: Option<u64>,
    /// 8, or 16 with a 64-bit size. The usertype of a `uuid` counts as body.
    pub(crate) len: u64,
}

impl Header {
    /// `None` when the bytes are too few or the size is less than the header itself.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Header> {
        let mut cursor = Cursor::new(bytes);
        let (size, kind) = (cursor.u32()?, cursor.array()?);
        match size {
            0 => Some(Header { kind, size: None, len: 8 }),
            1 => cursor.u64().filter(|&size| size >= 16).map(|size| Header { kind, size: Some(size), len: 16 }),
            2..8 => None,
            _ => Some(Header { kind, size: Some(u64::from(size)), len: 8 }),
        }
    }
}

/// A box inside another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<'a> {
    pub(crate) kind: FourCc,
    pub(crate) whole: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// The boxes inside `bytes`, in order. `None` if one of them does not fit. Fewer than eight bytes at the end are
/// what QuickTime ends some lists with, and are passed over.
pub(crate) fn children(bytes: &[u8]) -> Option<Vec<Child<'_>>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while rest.len() >= 8 {
        let header = Header::parse(rest)?;
        let size = usize::try_from(header.size?).ok()?;
        let (whole, after) = rest.split_at_checked(size)?;
        let body = whole.get(header.len as usize..)?;
        found.push(Child { kind: header.kind, whole, body });
        rest = after;
    }
    Some(found)
}

/// The first child of that kind.
pub(crate) fn child<'a>(bytes: &'a [u8], kind: &FourCc) -> Option<Child<'a>> {
    children(bytes)?.into_iter().find(|child| &child.kind == kind)
}

/// Writes a box around what `fill` writes.
pub(crate) fn boxed(out: &mut Vec<u8>, kind: &FourCc, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(kind);
    fill(out);
    let size = u32::try_from(out.len() - start).expect("limits on tables keep every written box below 4 GiB");
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// Writes a box with version and flags.
pub(crate) fn full(out: &mut Vec<u8>, kind: &FourCc, version: u8, flags: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        put32(out, u32::from(version) << 24 | flags);
        fill(out);
    });
}

pub(crate) fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// A time field: 64 bits in version 1, 32 bits in version 0, where the caller has made sure that it fits.
pub(crate) fn put_wide(out: &mut Vec<u8>, version: u8, value: u64) {
    if version == 1 {
        put64(out, value);
    } else {
        put32(out, u32::try_from(value).expect("version 0 is chosen only for values of 32 bits"));
    }
}

/// The CRC-32 of zip and Ethernet.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc_table();
    !bytes.iter().fold(!0, |crc, &byte| TABLE[((crc ^ u32::from(byte)) & 0xff) as usize] ^ (crc >> 8))
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{Header, boxed, children, crc32};

    #[test]
    fn the_checksum_is_the_one_everybody_uses() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_written_box_reads_back_and_a_lying_one_does_not() {
        let mut out = Vec::new();
        boxed(&mut out, b"free", |out| out.extend_from_slice(b"abc"));
        assert_eq!(children(&out).map(|c| (c.len(), c[0].body.to_vec())), Some((1, b"abc".to_vec())));
        out[3] += 1;
        assert!(children(&out).is_none());
        assert!(Header::parse(&[0, 0, 0, 7, b'f', b'r', b'e', b'e']).is_none());
    }
}
