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

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
