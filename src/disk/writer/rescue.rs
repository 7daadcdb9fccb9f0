// SPDX-License-Identifier: MIT
//! When somebody takes the file away under the writer's hands: as long as it is open, the system keeps what was
//! written, so it can be written again in its old place.

use super::super::repair;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// So many names are tried; whoever takes all of them does it on purpose.
const NAMES_MAX: u32 = 100;

/// Whether no name leads to the file any more. One that was moved has a name, and is none of our business.
#[cfg(unix)]
pub(super) fn is_deleted(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
}

/// Elsewhere a file that is open can't be deleted.
#[cfg(not(unix))]
pub(super) fn is_deleted(_file: &File) -> bool {
    false
}

/// Writes the first `len` bytes of a deleted file again, with its folder if need be, and locks the new one. Where
/// somebody has put another file in its place, it gets a name beside it.
pub(super) fn write_again(file: &mut File, len: u64, path: &Path) -> io::Result<(File, PathBuf)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let (mut again, path) = new_file(path)?;
    let copied = copy(file, len, &mut again);
    if copied.is_err() {
        // Half a copy helps nobody and takes the room that the next attempt needs; the handle still has the whole.
        let _ = std::fs::remove_file(&path);
    }
    copied.map(|()| (again, path))
}

fn copy(file: &mut File, len: u64, again: &mut File) -> io::Result<()> {
    repair::lock(again).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut file.take(len), again)?;
    again.sync_all()
}

fn new_file(path: &Path) -> io::Result<(File, PathBuf)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or(String::new(), |e| format!(".{}", e.to_string_lossy()));
    let names = (1..NAMES_MAX).map(|n| match n {
        1 => path.to_owned(),
        _ => path.with_file_name(format!("{stem}-{n}{extension}")),
    });
    for name in names {
        match OpenOptions::new().read(true).write(true).create_new(true).open(&name) {
            Ok(file) => return Ok((file, name)),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A limit on the size of files must come as an error of the write, not as the signal that ends a program.
pub(in crate::disk) fn file_limits_are_errors() {
    #[cfg(unix)]
    {
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    }
}
