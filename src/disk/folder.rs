// SPDX-License-Identifier: MIT
//! Where a recording lives: a session folder with three files, or one file somewhere with its two companions.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The names inside a session folder.
const MASTER: &str = "local_recording.mp4";
const METADATA: &str = "session_metadata.json";
const TIMECODES: &str = "sync_timecodes.txt";

/// Recordings that begin in one folder at the same moment must not take each other's proof away.
static PROBES: AtomicU64 = AtomicU64::new(0);

/// The paths of one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder that holds everything.
    pub folder: PathBuf,
    /// The master.
    pub master: PathBuf,
    /// What is known about it.
    pub metadata: PathBuf,
    /// The same for people.
    pub timecodes: PathBuf,
}

/// Why there is no place for a recording.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The folder cannot be made.
    #[error("the folder {folder} cannot be made ({cause}); choose another with --recordings")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The folder cannot be written to.
    #[error("nothing can be written in {folder} ({cause}); choose another folder with --recordings")]
    Unwritable {
        /// Which.
        folder: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// There is something already.
    #[error("{0} exists already and is not overwritten; choose another name")]
    Exists(PathBuf),
    /// Nobody's home.
    #[error("no home folder is known for recordings; say where with --recordings DIR")]
    NoHome,
}

/// `~/HyperZoom/recordings`, or a profile's own.
pub fn default_recordings(profile: Option<&str>) -> Result<PathBuf, PlaceError> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let home = std::env::var_os(variable).filter(|h| !h.is_empty()).ok_or(PlaceError::NoHome)?;
    let house = profile.map_or("HyperZoom".to_owned(), |p| format!("HyperZoom-{}", safe_name(p)));
    Ok(PathBuf::from(home).join(house).join("recordings"))
}

impl Place {
    /// Makes a new session folder under `recordings`, named after its local start time and its session.
    pub fn session(recordings: &Path, local_time: &str, session_name: &str) -> Result<Place, PlaceError> {
        make_folder(recordings)?;
        let name = match safe_name(session_name) {
            empty if empty.is_empty() => local_time.to_owned(),
            name => format!("{local_time}_{name}"),
        };
        Place::in_folder(&new_folder(recordings, &name)?).checked()
    }

    /// The usual names in a session folder.
    pub fn in_folder(folder: &Path) -> Place {
        Place {
            master: folder.join(MASTER),
            metadata: folder.join(METADATA),
            timecodes: folder.join(TIMECODES),
            folder: folder.to_owned(),
        }
    }

    /// A single file that the person named, with its companions beside it.
    pub fn file(master: &Path) -> Result<Place, PlaceError> {
        if master.exists() {
            return Err(PlaceError::Exists(master.to_owned()));
        }
        let place = Place::of_master(master);
        make_folder(&place.folder)?;
        place.checked()
    }

    /// The place that a master on the disk belongs to.
    pub fn of_master(master: &Path) -> Place {
        let parent = master.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stem = master.file_stem().unwrap_or_default().to_string_lossy();
        let companion = |name: &str| match master.file_name() {
            Some(file) if file == MASTER => parent.join(name),
            _ => parent.join(format!("{stem}.{name}")),
        };
        Place {
            folder: parent.to_owned(),
            master: master.to_owned(),
            metadata: companion(METADATA),
            timecodes: companion(TIMECODES),
        }
    }

    /// Clears away what stands around a master that there won't be: its companions, and the session folder if
    /// nothing else is in it.
    pub fn forget(&self) {
        if self.master.exists() {
            return;
        }
        // What isn't there needs no removing, and what can't be removed does no harm.
        let _ = std::fs::remove_file(&self.metadata);
        let _ = std::fs::remove_file(&self.timecodes);
        if self.master.ends_with(MASTER) {
            let _ = std::fs::remove_dir(&self.folder);
        }
    }

    /// Proves that the folder takes files, before anything relies on it.
    fn checked(self) -> Result<Place, PlaceError> {
        let (process, number) = (std::process::id(), PROBES.fetch_add(1, Relaxed));
        let probe = self.folder.join(format!(".hyperzoom-probe-{process}-{number}"));
        let unwritable = |cause| PlaceError::Unwritable { folder: self.folder.clone(), cause };
        std::fs::write(&probe, b"").map_err(unwritable)?;
        std::fs::remove_file(&probe).map_err(unwritable)?;
        Ok(self)
    }
}

/// Makes a folder that was not there; of two programs that want the same name at once, one gets the next.
fn new_folder(parent: &Path, name: &str) -> Result<PathBuf, PlaceError> {
    for n in 1..1000 {
        let folder = parent.join(if n == 1 { name.to_owned() } else { format!("{name}-{n}") });
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(PlaceError::Folder { folder, cause }),
        }
    }
    Err(PlaceError::Exists(parent.join(name)))
}

fn make_folder(folder: &Path) -> Result<(), PlaceError> {
    std::fs::create_dir_all(folder).map_err(|cause| PlaceError::Folder { folder: folder.to_owned(), cause })
}

/// A name that every file system takes: letters, digits, dots, dashes; no more than sixty of them.
pub fn safe_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let safe: String = name.trim().chars().take(60).map(plain).collect();
    safe.trim_matches(['.', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Place, safe_name};

    #[test]
    fn session_names_become_names_that_every_file_system_takes() {
        assert_eq!(safe_name("Weekly: No. 7 / über"), "Weekly__No._7___über");
        assert_eq!(safe_name("../../etc"), "etc");
        assert_eq!(safe_name("  "), "");
    }

    #[test]
    fn a_second_session_of_the_same_second_gets_a_folder_of_its_own() {
        let home = tempfile::tempdir().expect("a folder");
        let first = Place::session(home.path(), "2026-02-27_20-15-00", "Talk").expect("first");
        let second = Place::session(home.path(), "2026-02-27_20-15-00", "Talk").expect("second");
        assert!(first.folder.ends_with("2026-02-27_20-15-00_Talk"));
        assert!(second.folder.ends_with("2026-02-27_20-15-00_Talk-2"));
        assert!(Place::of_master(&first.master) == first);
    }

    #[test]
    fn an_existing_file_is_not_overwritten() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("evening.mp4");
        let place = Place::file(&file).expect("free");
        assert!(place.metadata.ends_with("evening.session_metadata.json"));
        std::fs::write(&file, b"x").expect("written");
        assert!(Place::file(&file).is_err());
    }
}
