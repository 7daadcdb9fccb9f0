// SPDX-License-Identifier: MIT
//! Small files that are replaced as a whole, so that whoever reads one, and whatever crashes, finds a complete version.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes beside, syncs, renames over, syncs the folder: at every moment one whole version is there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)?;
    sync_folder(path)
}

/// Puts a finished, synced file in the place of another, which stays under the name `kept` if that is wanted. At every
/// moment one of them has the name, and a failure leaves things as they were.
pub fn put_over(new: &Path, old: &Path, kept: Option<&Path>) -> io::Result<()> {
    if let Some(kept) = kept {
        if kept.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is there already", kept.display())));
        }
        if std::fs::hard_link(old, kept).is_err() {
            // Simple disks give a file one name only.
            std::fs::rename(old, kept)?;
        }
    }
    if let Err(why) = std::fs::rename(new, old) {
        if let Some(kept) = kept {
            // One name again, the old one.
            std::fs::rename(kept, old)
                .and_then(|()| if kept.exists() { std::fs::remove_file(kept) } else { Ok(()) })?;
        }
        return Err(why);
    }
    sync_folder(old)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
