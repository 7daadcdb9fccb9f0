// SPDX-License-Identifier: MIT
//! Whether a Matroska, WebM or AVI file was ended: its muxer then wrote into its head how long it is.
//!
//! ```text
//!   1a45dfa3 length .. DocType ..  18538067 length        a segment of unknown length has no end
//!   RIFF length "AVI " ..   [RIFF length "AVIX" ..]       beyond the last there is nothing, if it was ended
//! ```

use crate::words::Container;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];
const UNKNOWN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/// The head of an EBML file is some forty bytes long.
const HEAD_BYTES: u64 = 4096;

/// What kind of file it is, and whether it was ended; `None` for all others.
pub fn look(path: &Path) -> io::Result<Option<(Container, bool)>> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD_BYTES).read_to_end(&mut head)?;
    if head.starts_with(&EBML) {
        let segment = head.windows(4).position(|four| four == SEGMENT);
        let Some((head, length)) = segment.map(|at| (&head[..at], &head[at + 4..])) else { return Ok(None) };
        let is_web = head.windows(4).any(|four| four == b"webm");
        let container = if is_web { Container::WebM } else { Container::Mkv };
        return Ok(Some((container, !length.starts_with(&UNKNOWN) && !length.starts_with(&[0xff]))));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"AVI ") {
        return Ok(Some((Container::Avi, is_ended_riff(&mut file)?)));
    }
    Ok(None)
}

fn is_ended_riff(file: &mut File) -> io::Result<bool> {
    let len = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + 8 <= len {
        let mut head = [0; 8];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        if &head[..4] != b"RIFF" {
            return Ok(false);
        }
        let bytes = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        at += 8 + u64::from(bytes).next_multiple_of(2);
    }
    // A length that points beyond the end is a file that was cut.
    Ok(at <= len + 1)
}

/// How many tracks an AVI has by its own account.
pub fn avi_tracks(path: &Path) -> io::Result<usize> {
    let mut tracks = [0; 4];
    let mut file = File::open(path)?;
    // In the main header, which comes first.
    file.seek(SeekFrom::Start(56))?;
    file.read_exact(&mut tracks)?;
    Ok(u32::from_le_bytes(tracks) as usize)
}

/// What an AVI says of MP3 only when it is ended, and nobody can read that without: places, and what belongs there.
pub fn unsaid_in_avi(path: &Path) -> io::Result<Vec<(u64, [u8; 4])>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    // The stream's header, then its format, of which a rate and the size of a block matter here:
    //   strh 56 | auds 85 flags language initial | scale rate start length buffer quality | sample size, frame
    //   strf .. | 85 channels rate bytes/s | block ..
    let at = head.windows(12).position(|found| found == b"auds\x55\0\0\0\0\0\0\0");
    let Some((at, stream)) = at.and_then(|at| Some((at, head.get(at..at + 80)?))) else { return Ok(Vec::new()) };
    let word = |at: usize| u32::from_le_bytes([stream[at], stream[at + 1], stream[at + 2], stream[at + 3]]);
    let rate_hz = word(68);
    if word(24) != 0 || &stream[56..60] != b"strf" || rate_hz == 0 {
        return Ok(Vec::new());
    }
    // Samples in a packet: half as many at the rates of MPEG-2.
    let packet: u32 = if rate_hz < 32_000 { 576 } else { 1152 };
    let block = packet | word(76) & 0xffff_0000;
    let fields = [(20, packet), (24, rate_hz), (44, 0), (76, block)];
    Ok(fields.map(|(place, value)| ((at + place) as u64, value.to_le_bytes())).to_vec())
}

#[cfg(test)]
mod tests {
    use super::{EBML, SEGMENT, UNKNOWN, look};
    use crate::words::Container;

    fn seen(bytes: &[u8]) -> Option<(Container, bool)> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("talk");
        std::fs::write(&file, bytes).expect("written");
        look(&file).expect("readable")
    }

    #[test]
    fn an_end_is_seen_in_the_head() {
        let ebml = |kind: &[u8], length: &[u8]| [&EBML[..], kind, &SEGMENT, length].concat();
        assert_eq!(seen(&ebml(b"matroska", &UNKNOWN)), Some((Container::Mkv, false)));
        assert_eq!(seen(&ebml(b"webm", &[1, 0, 0, 0, 0, 0, 0, 9])), Some((Container::WebM, true)));
        let riff = |length: u32, rest: &[u8]| [b"RIFF", &length.to_le_bytes()[..], b"AVI ", rest].concat();
        assert_eq!(seen(&riff(8, b"rest")), Some((Container::Avi, true)));
        assert_eq!(seen(&riff(4, b"movi behind its end")), Some((Container::Avi, false)));
        assert_eq!(seen(&riff(4, &riff(8, b"more"))), Some((Container::Avi, true)));
        assert_eq!(seen(&riff(4000, b"cut")), Some((Container::Avi, false)));
        assert_eq!((seen(b"RIFF....WAVE"), seen(b""), seen(&EBML)), (None, None, None));
    }
}
