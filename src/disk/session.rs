// SPDX-License-Identifier: MIT
//! Reading session folders: which file in it is the master, and what its metadata says. The folder may have any name.

use super::{Metadata, Place};
use std::path::{Path, PathBuf};

/// A folder's master.
#[derive(Debug)]
pub struct FoundMaster {
    /// The folder, as it was named.
    pub folder: PathBuf,
    /// The file.
    pub master: PathBuf,
    /// What is written beside it, if that can be read.
    pub metadata: Option<Metadata>,
}

/// Why there is no master.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nothing of that name.
    #[error("there is no folder {0}; check the name")]
    Missing(PathBuf),
    /// It cannot be looked into.
    #[error("the folder {folder} cannot be read ({cause}); check its permissions")]
    Unreadable {
        /// Which.
        folder: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is empty, or full of other things.
    #[error("{0} holds no recording; name the folder that holds local_recording.mp4")]
    NoMaster(PathBuf),
    /// Which of them?
    #[error("{folder} holds {count} recordings and no metadata that names one; name the file itself")]
    Several {
        /// Which folder.
        folder: PathBuf,
        /// How many.
        count: usize,
    },
}

/// The master in a session folder (or the file itself): the one that the metadata names, or the only one.
pub fn find(path: &Path) -> Result<FoundMaster, FindError> {
    if path.is_file() {
        let place = Place::of_master(path);
        return Ok(FoundMaster { metadata: read(&place.metadata), folder: place.folder, master: place.master });
    }
    if !path.is_dir() {
        return Err(FindError::Missing(path.to_owned()));
    }
    let usual = Place::in_folder(path);
    let metadata = read(&usual.metadata);
    let named = metadata.as_ref().map(|m| path.join(Path::new(&m.recording.file).file_name().unwrap_or_default()));
    let known = named.into_iter().chain([usual.master]).find(|file| file.is_file());
    let master = match known {
        Some(master) => master,
        None => the_only_one(path)?,
    };
    let metadata = metadata.or_else(|| read(&Place::of_master(&master).metadata));
    Ok(FoundMaster { folder: path.to_owned(), master, metadata })
}

fn the_only_one(folder: &Path) -> Result<PathBuf, FindError> {
    let entries = std::fs::read_dir(folder).map_err(|cause| FindError::Unreadable { folder: folder.into(), cause })?;
    let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_movie = |path: &PathBuf| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mp4")) && path.is_file();
    let mut movies: Vec<PathBuf> = files.filter(is_movie).collect();
    match movies.len() {
        1 => Ok(movies.remove(0)),
        0 => Err(FindError::NoMaster(folder.to_owned())),
        count => Err(FindError::Several { folder: folder.to_owned(), count }),
    }
}

fn read(path: &Path) -> Option<Metadata> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{FindError, find};
    use crate::disk::Metadata;
    use crate::words::Facts;

    #[test]
    fn the_master_is_the_one_that_is_named_or_the_only_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        assert!(matches!(find(folder.path()), Err(FindError::NoMaster(_))));
        assert!(matches!(find(&path("nowhere")), Err(FindError::Missing(_))));
        std::fs::write(path("a.mp4"), b"").expect("written");
        assert_eq!(find(folder.path()).expect("the only one").master, path("a.mp4"));
        std::fs::write(path("b.mp4"), b"").expect("written");
        assert!(matches!(find(folder.path()), Err(FindError::Several { count: 2, .. })));
        assert_eq!(find(&path("a.mp4")).expect("named").master, path("a.mp4"));
        let metadata = Metadata::begin(&Facts::default(), "b.mp4");
        metadata.save(&path("session_metadata.json"), &path("t.txt")).expect("saved");
        let found = find(folder.path()).expect("the metadata names it");
        assert_eq!((found.master, found.metadata), (path("b.mp4"), Some(metadata)));
    }
}
