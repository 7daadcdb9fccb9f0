// SPDX-License-Identifier: MIT
//! Carries out a plan on a disk. Before the steps that count, what was appended is read back and compared; if
//! anything before them fails, the file is put back as it was.

use crate::mp4::{Plan, Step};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// A file, or what stands for one in a test.
pub trait Disk {
    /// How long it is.
    fn len(&mut self) -> io::Result<u64>;
    /// Whether it holds nothing.
    fn is_empty(&mut self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
    /// Reads as much as there is, up to the length of the buffer.
    fn read_at(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes everything, or fails.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Returns when the disk has everything.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts (or lengthens) the file.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

impl Disk for File {
    fn len(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        let mut had = 0;
        while had < buffer.len() {
            match self.read(&mut buffer[had..]) {
                Ok(0) => break,
                Ok(more) => had += more,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
        Ok(had)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// Why a plan was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CarryOutError {
    /// The system said so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The system said so while the last moves were made: the file opens, and the next attempt completes it.
    #[error("the last step failed: {0}")]
    Unfinished(io::Error),
    /// What was written did not read back.
    #[error("what was written did not read back the same")]
    Faulty,
}

/// Does every step. On an error before the steps that count, the file is as it was (if the disk lets us).
pub fn carry_out(disk: &mut impl Disk, plan: &Plan) -> Result<(), CarryOutError> {
    let (prepare, count) = plan.steps.split_at(plan.commit_from.min(plan.steps.len()));
    let prepared = prepare.iter().try_for_each(|step| do_step(disk, step)).map_err(CarryOutError::Io);
    if let Err(why) = prepared.and_then(|()| read_back(disk, prepare)) {
        for step in &plan.rollback {
            // If even this fails, the file still opens, and the first reason is the one to tell.
            let _ = do_step(disk, step);
        }
        return Err(why);
    }
    count.iter().try_for_each(|step| do_step(disk, step)).map_err(CarryOutError::Unfinished)?;
    read_back(disk, count)
}

fn do_step(disk: &mut impl Disk, step: &Step) -> io::Result<()> {
    match step {
        Step::Write { at, bytes } => disk.write_at(*at, bytes),
        Step::Sync => disk.sync(),
        Step::Truncate { len } => disk.truncate(*len),
    }
}

/// Compares what was written last in each place. Bytes that a later step changed again are that step's matter.
fn read_back(disk: &mut impl Disk, steps: &[Step]) -> Result<(), CarryOutError> {
    let end = disk.len()?;
    for (index, step) in steps.iter().enumerate() {
        let Step::Write { at, bytes } = step else { continue };
        let changed_again = steps[index + 1..].iter().any(|later| match later {
            Step::Write { at: other, bytes: others } => {
                *other < at + bytes.len() as u64 && *at < other + others.len() as u64
            }
            _ => false,
        });
        if changed_again || at + bytes.len() as u64 > end {
            continue;
        }
        let mut there = vec![0; bytes.len()];
        let had = disk.read_at(*at, &mut there)?;
        if had != there.len() || there != *bytes {
            return Err(CarryOutError::Faulty);
        }
    }
    Ok(())
}
