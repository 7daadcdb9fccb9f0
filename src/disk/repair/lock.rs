// SPDX-License-Identifier: MIT
//! Keeps two programs from working on one recording: the recorder holds this while it records, and recovering
//! needs it too. It ends with the file handle, so nothing that crashed can leave it behind.

use std::fs::File;

/// Somebody else holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is being recorded or recovered right now")]
pub struct Busy;

/// Takes the lock for as long as `file` (and its clones) live. Disks that know no locks lock nothing: better an
/// unguarded recovery than none.
#[cfg(unix)]
pub fn lock(file: &File) -> Result<(), Busy> {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and flock touches no memory.
    let taken = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    match taken {
        0 => Ok(()),
        _ if std::io::Error::last_os_error().kind() == std::io::ErrorKind::WouldBlock => Err(Busy),
        _ => Ok(()),
    }
}

/// Elsewhere the system itself refuses to open for writing what another program writes.
#[cfg(not(unix))]
pub fn lock(_file: &File) -> Result<(), Busy> {
    Ok(())
}
