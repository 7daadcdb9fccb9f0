// SPDX-License-Identifier: MIT
//! The journal: how a finalised file remembers what it was.
//!
//! ```text
//! | size | "uuid" | usertype: 16 | version: 4 | original length: 8 |
//! | commit at: 8 | commit form: 4 | moov length: 8 | moov crc32: 4 | timecode sample: 4 | patches: 4 |
//! { at: 8 | length: 4 | bytes } *           the original bytes, in the order in which they were overwritten
//! | crc32 of everything from the version: 4 | length of this box: 4 | "HZjournl" |
//! ```
//!
//! It lies directly before the new `moov`, inside the final `mdat`, so nobody else ever meets it. The last box of
//! the new `moov` is a footer, so that both are found from the end of the file, even when the first bytes of the
//! file are in between two states:
//!
//! ```text
//! ... | journal | moov: ... | 48 | "uuid" | usertype: 16 | journal at: 8 | moov length: 8 | "HZfooter" |
//! ```

use super::bytes::{Cursor, Header, boxed, crc32, put32, put64};

/// Of the journal box.
pub(crate) const USERTYPE: [u8; 16] = *b"HyperZoom undo\x00\x01";
const FOOTER_USERTYPE: [u8; 16] = *b"HyperZoom end\x00\x00\x01";
const TRAILER: [u8; 8] = *b"HZjournl";
const FOOTER_MAGIC: [u8; 8] = *b"HZfooter";
const VERSION: u32 = 1;

/// Where in the journal the timecode sample lies: behind header, usertype and the fields before it.
pub(crate) const TIMECODE_AT: u64 = 8 + 16 + 4 + 8 + 8 + 4 + 8 + 4;

/// Bytes of the footer.
pub(crate) const FOOTER_LEN: u64 = 48;

/// The largest journal that is read: it holds a handful of patches of at most 16 bytes.
pub(crate) const JOURNAL_MAX: u64 = 64 * 1024;

/// How the first bytes turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A 16-byte `free` becomes an `mdat` with a 64-bit size, in three whole steps.
    Free,
    /// One write of 8 bytes.
    Short,
    /// One write of 16 bytes.
    Long,
}

/// Original bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where they were.
    pub at: u64,
    /// What they were.
    pub bytes: Vec<u8>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Where this journal begins.
    pub at: u64,
    /// How long the file was.
    pub original_len: u64,
    /// Where the header of the final `mdat` goes.
    pub commit_at: u64,
    /// How it goes there.
    pub form: Form,
    /// How long the new `moov` is.
    pub moov_len: u64,
    /// Its checksum.
    pub moov_crc: u32,
    /// The sample of the timecode track.
    pub timecode: u32,
    /// What was overwritten.
    pub patches: Vec<Patch>,
}

impl Journal {
    /// How many bytes it takes.
    pub(crate) fn len(&self) -> u64 {
        let patches: usize = self.patches.iter().map(|patch| 12 + patch.bytes.len()).sum();
        TIMECODE_AT + 4 + 4 + patches as u64 + 16
    }

    /// Where the new `moov` begins.
    pub fn moov_at(&self) -> u64 {
        self.at + self.len()
    }

    /// The header of the final `mdat`.
    pub(crate) fn header(&self) -> Vec<u8> {
        let size = self.moov_at() - self.commit_at;
        let mut header = Vec::new();
        match self.form {
            Form::Short => {
                put32(&mut header, u32::try_from(size).expect("the short form is chosen only for 32-bit sizes"));
                header.extend_from_slice(b"mdat");
            }
            Form::Free | Form::Long => {
                put32(&mut header, 1);
                header.extend_from_slice(b"mdat");
                put64(&mut header, size);
            }
        }
        header
    }

    /// The bytes that the header replaced.
    pub(crate) fn original_header(&self) -> Option<&[u8]> {
        let patch = self.patches.iter().rfind(|patch| patch.at == self.commit_at)?;
        Some(&patch.bytes)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        boxed(&mut out, b"uuid", |out| {
            out.extend_from_slice(&USERTYPE);
            let start = out.len();
            put32(out, VERSION);
            put64(out, self.original_len);
            put64(out, self.commit_at);
            put32(out, self.form as u32);
            put64(out, self.moov_len);
            put32(out, self.moov_crc);
            put32(out, self.timecode);
            put32(out, self.patches.len() as u32);
            for patch in &self.patches {
                put64(out, patch.at);
                put32(out, patch.bytes.len() as u32);
                out.extend_from_slice(&patch.bytes);
            }
            let crc = crc32(&out[start..]);
            put32(out, crc);
            put32(out, self.len() as u32);
            out.extend_from_slice(&TRAILER);
        });
        debug_assert_eq!(out.len() as u64, self.len());
        out
    }

    /// Reads a whole box that begins at `at`; `None` if it is none of ours, or incomplete.
    pub(crate) fn decode(at: u64, whole: &[u8]) -> Option<Journal> {
        let header = Header::parse(whole)?;
        if &header.kind != b"uuid" || header.len != 8 || header.size != Some(whole.len() as u64) {
            return None;
        }
        let body = whole.get(8..)?.strip_prefix(&USERTYPE)?;
        let (content, trailer) = body.split_at_checked(body.len().checked_sub(16)?)?;
        let mut end = Cursor::new(trailer);
        let crc_ok = end.u32()? == crc32(content);
        if !crc_ok || u64::from(end.u32()?) != whole.len() as u64 || end.rest() != TRAILER {
            return None;
        }
        let mut fields = Cursor::new(content);
        if fields.u32()? != VERSION {
            return None;
        }
        let (original_len, commit_at) = (fields.u64()?, fields.u64()?);
        let form = match fields.u32()? {
            0 => Form::Free,
            1 => Form::Short,
            2 => Form::Long,
            _ => return None,
        };
        let (moov_len, moov_crc, timecode) = (fields.u64()?, fields.u32()?, fields.u32()?);
        let mut patches = Vec::new();
        for _ in 0..fields.u32()? {
            let (at, len) = (fields.u64()?, fields.u32()?);
            patches.push(Patch { at, bytes: fields.take(len as usize)?.to_vec() });
        }
        let journal = Journal { at, original_len, commit_at, form, moov_len, moov_crc, timecode, patches };
        journal.is_sane().then_some(journal)
    }

    /// Whether it can have been written by us: everything it wants restored lies in front of it.
    fn is_sane(&self) -> bool {
        let header_len = if self.form == Form::Short { 8 } else { 16 };
        let size = self.moov_at().checked_sub(self.commit_at);
        self.patches.iter().all(|p| p.at.checked_add(p.bytes.len() as u64).is_some_and(|end| end <= self.at))
            && self.original_header().is_some_and(|bytes| bytes.len() == header_len)
            && size.is_some_and(|size| self.form != Form::Short || u32::try_from(size).is_ok())
            && self.original_len.abs_diff(self.at) < 8
    }
}

/// The last box of the new `moov`.
pub(crate) fn put_footer(out: &mut Vec<u8>, journal_at: u64, moov_len: u64) {
    boxed(out, b"uuid", |out| {
        out.extend_from_slice(&FOOTER_USERTYPE);
        put64(out, journal_at);
        put64(out, moov_len);
        out.extend_from_slice(&FOOTER_MAGIC);
    });
}

/// Reads the last bytes of a file: where the journal begins and where the `moov`.
pub(crate) fn read_footer(bytes: &[u8], file_len: u64) -> Option<(u64, u64)> {
    let mut fields = Cursor::new(bytes);
    let is_ours =
        fields.u32()? == FOOTER_LEN as u32 && fields.take(4)? == b"uuid" && fields.take(16)? == FOOTER_USERTYPE;
    let (journal_at, moov_len) = (fields.u64()?, fields.u64()?);
    let moov_at = file_len.checked_sub(moov_len)?;
    let distance = moov_at.checked_sub(journal_at)?;
    (is_ours && fields.rest() == FOOTER_MAGIC && distance <= JOURNAL_MAX && distance > TIMECODE_AT)
        .then_some((journal_at, moov_at))
}

#[cfg(test)]
mod tests {
    use super::{Form, Journal, Patch};

    #[test]
    fn a_journal_reads_back_whole_and_never_in_part() {
        let patches = vec![
            Patch { at: 900, bytes: vec![1, 2, 3, 4] },
            Patch { at: 24, bytes: b"\0\0\0\x10free\0\0\0\0\0\0\0\0".to_vec() },
        ];
        let (form, moov_crc) = (Form::Free, 0x0102_0304);
        let journal =
            Journal { at: 1000, original_len: 998, commit_at: 24, form, moov_len: 77, moov_crc, timecode: 9, patches };
        let bytes = journal.encode();
        assert_eq!(Journal::decode(1000, &bytes), Some(journal));
        for len in 0..bytes.len() {
            assert_eq!(Journal::decode(1000, &bytes[..len]), None);
        }
    }
}
