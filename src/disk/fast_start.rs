// SPDX-License-Identifier: MIT
//! Puts the index of a finished MP4 or MOV in front of its media. That takes a copy of the file: it is made beside it,
//! compared, and takes its place only then.

use super::repair::{self, RepairError};
use super::replace::put_over;
use crate::mp4::{self, FastStartError, Movie};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Copied at once.
const PIECE_BYTES: usize = 1 << 20;

/// Why the index stays behind. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The index itself.
    #[error(transparent)]
    Index(#[from] FastStartError),
    /// The disk.
    #[error("the index could not be put in front ({0}); the file is as it was")]
    Io(#[from] io::Error),
    /// The file.
    #[error(transparent)]
    File(#[from] RepairError),
    /// What was written is not what was read.
    #[error("the copy with the index in front is not the same; the file is as it was")]
    Changed,
}

/// A box at the top of a file.
struct Top {
    kind: [u8; 4],
    at: u64,
    len: u64,
}

/// Does it, if it is not so already; `progress` is told how much is done, from 0 to 1.
pub fn put_index_in_front(path: &Path, progress: &dyn Fn(f64)) -> Result<(), IndexError> {
    let mut file = File::open(path)?;
    let boxes = tops(&mut file)?;
    let place = |kind: &[u8; 4]| boxes.iter().position(|top| &top.kind == kind);
    let (Some(index), Some(media), Some(first)) = (place(b"moov"), place(b"mdat"), boxes.first()) else {
        return Err(FastStartError::Broken.into());
    };
    if index < media {
        return Ok(());
    }
    let (head, top) = (first.len, &boxes[index]);
    let moov = mp4::moved(&read(&mut file, top)?, top.len)?;
    let beside = path.with_file_name(format!(".{}.front.tmp", path.file_name().unwrap_or_default().to_string_lossy()));
    let made = write(&mut file, &beside, (head, top), &moov, progress).map_err(IndexError::from);
    let made = made.and_then(|()| same(&repair::scan_path(path)?, &repair::scan_path(&beside)?));
    if let Err(why) = made.and_then(|()| Ok(put_over(&beside, path, None)?)) {
        // Half a copy helps nobody.
        let _ = std::fs::remove_file(&beside);
        return Err(why);
    }
    progress(1.0);
    Ok(())
}

fn tops(file: &mut File) -> Result<Vec<Top>, IndexError> {
    let (len, mut at, mut found) = (file.metadata()?.len(), 0, Vec::new());
    while at + 8 <= len {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let had = 16.min((len - at) as usize);
        file.read_exact(&mut head[..had])?;
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let wide = u64::from_be_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]]);
        let box_len = match size {
            0 => len - at,
            1 => wide,
            size => u64::from(size),
        };
        if box_len < 8 || box_len > len - at {
            return Err(FastStartError::Broken.into());
        }
        found.push(Top { kind: [head[4], head[5], head[6], head[7]], at, len: box_len });
        at += box_len;
    }
    Ok(found)
}

fn read(file: &mut File, top: &Top) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(top.len).map_err(io::Error::other)?];
    file.seek(SeekFrom::Start(top.at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(
    file: &mut File,
    beside: &Path,
    (head, top): (u64, &Top),
    moov: &[u8],
    progress: &dyn Fn(f64),
) -> io::Result<()> {
    let len = file.metadata()?.len();
    let mut out = File::create(beside)?;
    copy(file, &mut out, 0, head, &|_| ())?;
    out.write_all(moov)?;
    copy(file, &mut out, head, top.at, &|done| progress(done as f64 / len as f64))?;
    copy(file, &mut out, top.at + top.len, len, &|_| ())?;
    out.sync_all()
}

fn copy(from: &mut File, to: &mut File, begin: u64, end: u64, told: &dyn Fn(u64)) -> io::Result<()> {
    from.seek(SeekFrom::Start(begin))?;
    let (mut left, mut piece) = (end.saturating_sub(begin), vec![0; PIECE_BYTES]);
    while left > 0 {
        let take = left.min(PIECE_BYTES as u64) as usize;
        from.read_exact(&mut piece[..take])?;
        to.write_all(&piece[..take])?;
        left -= take as u64;
        told(end - left);
    }
    Ok(())
}

/// The same samples of the same tracks.
fn same(before: &Movie, after: &Movie) -> Result<(), IndexError> {
    let alike = before.tracks.len() == after.tracks.len()
        && before
            .tracks
            .iter()
            .zip(&after.tracks)
            .all(|(old, new)| old.samples.deltas == new.samples.deltas && old.samples.sizes == new.samples.sizes);
    if alike { Ok(()) } else { Err(IndexError::Changed) }
}
