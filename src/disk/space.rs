// SPDX-License-Identifier: MIT
//! Free space: how much there is, and a reserve that is kept from the first moment, so that a recording which
//! fills the disk can still be finished.

use fs4::FileExt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Below this a person is warned before the start.
pub const WARN_BELOW_BYTES: u64 = 20_000_000_000;

/// What finishing needs at most at the start: the index, the journal, the metadata.
const RESERVE_BYTES: u64 = 8 << 20;

/// What the index grows by in an hour, with as much again to be safe.
const RESERVE_BYTES_PER_HOUR: u64 = 4 << 20;

/// Free bytes for ordinary people on the disk that holds `path`.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    fs4::available_space(path)
}

/// The guard: a file of allocated, unused space, given back when it goes out of scope.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    file: File,
    bytes: u64,
    hours: u64,
}

/// Where the reserve of a master lies: two recordings in one folder have two.
fn reserve_path(master: &Path) -> PathBuf {
    let name = master.file_name().unwrap_or_default().to_string_lossy();
    master.with_file_name(format!(".{name}.reserve"))
}

/// Gives back the reserve that a crash has left beside a master. Only whoever holds the master's lock may.
pub fn give_back(master: &Path) {
    match std::fs::remove_file(reserve_path(master)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => tracing::warn!("the reserve beside the recording stays: {e}"),
        _ => {}
    }
}

impl Reserve {
    /// Takes the space for the first hour.
    pub fn take(master: &Path) -> io::Result<Reserve> {
        let path = reserve_path(master);
        let file = File::create(&path)?;
        let mut reserve = Reserve { path, file, bytes: 0, hours: 0 };
        reserve.grow(1)?;
        Ok(reserve)
    }

    /// Takes what a recording of so many hours needs to be finished.
    pub fn grow(&mut self, hours: u64) -> io::Result<()> {
        if hours > self.hours {
            let bytes = RESERVE_BYTES + hours * RESERVE_BYTES_PER_HOUR;
            match self.file.allocate(bytes) {
                Err(e) if e.kind() == io::ErrorKind::Unsupported => self.fill(bytes)?,
                allocated => allocated?,
            }
            (self.bytes, self.hours) = (bytes, hours);
        }
        Ok(())
    }

    /// Gives up to `bytes` of it back to the disk, for a last fragment; `false` if there is nothing left to give.
    pub fn give(&mut self, bytes: u64) -> bool {
        let kept = self.bytes.saturating_sub(bytes);
        // Synced, since journalling disks count space as free only when that is written down.
        let given = kept < self.bytes && self.file.set_len(kept).is_ok() && self.file.sync_all().is_ok();
        if given {
            self.bytes = kept;
        }
        given
    }

    /// Disks that cannot allocate (FAT, some of the network's) have to be written.
    fn fill(&mut self, bytes: u64) -> io::Result<()> {
        let zeros = vec![0; (bytes - self.bytes) as usize];
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(&zeros)?;
        self.file.sync_data()
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("the reserve {} stays behind: {e}", self.path.display());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reserve, reserve_path};

    #[test]
    fn a_reserve_gives_piece_by_piece_and_goes_with_its_guard() {
        let folder = tempfile::tempdir().expect("a folder");
        let master = folder.path().join("evening.mp4");
        let mut reserve = Reserve::take(&master).expect("there is room");
        let len = || std::fs::metadata(reserve_path(&master)).expect("there").len();
        let whole = len();
        assert!(reserve.give(1 << 20));
        assert_eq!(len(), whole - (1 << 20));
        assert!(reserve.give(u64::MAX), "what is left");
        assert!(!reserve.give(1), "nothing is left");
        drop(reserve);
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
    }

    #[test]
    fn a_disk_that_cannot_allocate_is_written_instead() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut reserve = Reserve::take(&folder.path().join("a.mp4")).expect("there is room");
        assert!(reserve.give(u64::MAX));
        reserve.fill(12_345).expect("there is room");
        assert_eq!(reserve.file.metadata().expect("there").len(), 12_345);
    }
}
