// SPDX-License-Identifier: MIT
//! A WAV file with its place in time: 48 kHz, 24 bit, one channel, and the `bext` chunk of a broadcast wave, whose time
//! reference counts samples since midnight. Written as it comes; beyond 4 GB it becomes an RF64.
//!
//! ```text
//! | RIFF size WAVE | JUNK (room for ds64) | bext | fmt | data size ...
//! ```

use crate::words::RATE_HZ;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// A `bext` chunk without a history.
const BEXT_BYTES: u32 = 602;
/// Where the room for `ds64` begins, and its size.
const ROOM_AT: u64 = 12;
const ROOM_BYTES: u32 = 28;
/// Everything in front of the samples.
const HEAD_BYTES: u64 = 12 + (8 + ROOM_BYTES as u64) + (8 + BEXT_BYTES as u64) + (8 + 16) + 8;
const BYTES_PER_SAMPLE: u64 = 3;
const US_PER_DAY: i64 = 86_400_000_000;

/// A file that is being written.
#[derive(Debug)]
pub struct WavWriter {
    file: BufWriter<File>,
    samples: u64,
}

impl WavWriter {
    /// Begins a file whose first sample lies at that universal time.
    pub fn create(path: &Path, name: &str, start_utc_us: i64) -> io::Result<WavWriter> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut head = Vec::with_capacity(HEAD_BYTES as usize);
        head.extend_from_slice(b"RIFF\0\0\0\0WAVE");
        chunk(&mut head, b"JUNK", &[0; ROOM_BYTES as usize]);
        chunk(&mut head, b"bext", &bext(name, start_utc_us));
        chunk(&mut head, b"fmt ", &format());
        head.extend_from_slice(b"data\0\0\0\0");
        file.write_all(&head)?;
        Ok(WavWriter { file, samples: 0 })
    }

    /// Appends samples.
    pub fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        for sample in samples {
            let value = (f64::from(*sample) * 8_388_608.0).round().clamp(-8_388_608.0, 8_388_607.0) as i32;
            self.file.write_all(&value.to_le_bytes()[..3])?;
        }
        self.samples += samples.len() as u64;
        Ok(())
    }

    /// Writes the sizes, and brings all to the disk.
    pub fn finish(mut self) -> io::Result<()> {
        let data = self.samples * BYTES_PER_SAMPLE;
        if data % 2 == 1 {
            self.file.write_all(&[0])?;
        }
        let riff = HEAD_BYTES - 8 + data + data % 2;
        match (u32::try_from(riff), u32::try_from(data)) {
            (Ok(riff), Ok(data)) => self.patch(&[(4, &riff.to_le_bytes()), (HEAD_BYTES - 4, &data.to_le_bytes())])?,
            _ => {
                let mut sizes = b"ds64".to_vec();
                sizes.extend_from_slice(&ROOM_BYTES.to_le_bytes());
                [riff, data, self.samples].iter().for_each(|n| sizes.extend_from_slice(&n.to_le_bytes()));
                sizes.extend_from_slice(&[0; 4]);
                let unknown = u32::MAX.to_le_bytes();
                self.patch(&[(0, b"RF64"), (4, &unknown), (ROOM_AT, &sizes), (HEAD_BYTES - 4, &unknown)])?;
            }
        }
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    fn patch(&mut self, places: &[(u64, &[u8])]) -> io::Result<()> {
        for (at, bytes) in places {
            self.file.seek(SeekFrom::Start(*at))?;
            self.file.write_all(bytes)?;
        }
        self.file.seek(SeekFrom::End(0)).map(drop)
    }
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
    out.extend_from_slice(kind);
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
}

fn format() -> Vec<u8> {
    let rate = RATE_HZ as u32;
    let mut out = vec![1, 0, 1, 0];
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * BYTES_PER_SAMPLE as u32).to_le_bytes());
    out.extend_from_slice(&[BYTES_PER_SAMPLE as u8, 0, 24, 0]);
    out
}

fn bext(name: &str, start_utc_us: i64) -> Vec<u8> {
    let mut out = vec![0; BEXT_BYTES as usize];
    let mut put = |at: usize, room: usize, text: &str| {
        let ascii = text.bytes().filter(|b| (b' '..=b'~').contains(b)).take(room);
        ascii.enumerate().for_each(|(n, byte)| out[at + n] = byte);
    };
    put(0, 256, name);
    put(256, 32, "HyperZoom");
    let when = super::metadata::utc_text(start_utc_us);
    put(320, 10, when.get(..10).unwrap_or_default());
    put(330, 8, when.get(11..19).unwrap_or_default());
    let since_midnight = i128::from(start_utc_us.rem_euclid(US_PER_DAY)) * i128::from(RATE_HZ) / 1_000_000;
    out[338..346].copy_from_slice(&(since_midnight as u64).to_le_bytes());
    out[346] = 1;
    out
}

#[cfg(test)]
mod tests {
    use super::{HEAD_BYTES, WavWriter};

    #[test]
    fn the_file_says_when_it_begins_and_how_long_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.wav");
        let mut wav = WavWriter::create(&path, "guest", 72_900_500_000).expect("made");
        wav.write(&[0.0, 0.5, -2.0]).expect("written");
        wav.finish().expect("finished");
        let bytes = std::fs::read(&path).expect("there");
        let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
        assert_eq!(bytes.len() as u64, HEAD_BYTES + 9 + 1);
        assert_eq!((long(4), long(HEAD_BYTES as usize - 4)), (bytes.len() as u32 - 8, 9));
        assert_eq!(bytes[HEAD_BYTES as usize..][..9], [0, 0, 0, 0, 0, 0x40, 0, 0, 0x80]);
        let reference = u64::from_le_bytes(bytes[48 + 8 + 338..][..8].try_into().expect("eight"));
        assert_eq!(reference, 72_900_500 * 48);
        assert_eq!(&bytes[48 + 8 + 320..][..18], b"1970-01-0120:15:00");
    }
}
