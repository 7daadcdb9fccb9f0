// SPDX-License-Identifier: MIT
//! Small things that could be made again, kept so that they need not: in the system's place for such, away from
//! anybody's recordings. Whatever goes wrong here is no trouble; the thing is made again.

use super::replace::replace;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// More are not kept; whoever has more sessions than this waits a moment for the picture of an old one.
const KEPT_MAX: usize = 500;

/// A folder of such things.
#[derive(Clone, Debug)]
pub struct Cache(PathBuf);

impl Cache {
    /// The program's own of that name; nothing where no home is known.
    pub fn named(name: &str) -> Option<Cache> {
        Some(Cache(cache_folder()?.join("hyperzoom").join(name)))
    }

    /// In a folder of that path.
    pub fn at(folder: &Path) -> Cache {
        Cache(folder.to_owned())
    }

    /// What is kept under that name.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(name)).ok()
    }

    /// Keeps it, and lets go of the oldest.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let kept = std::fs::create_dir_all(&self.0).and_then(|()| replace(&self.0.join(name), bytes));
        if let Err(e) = kept {
            tracing::debug!("{name} is not kept for the next time: {e}");
        }
        self.forget_the_oldest();
    }

    fn forget_the_oldest(&self) {
        let Ok(entries) = std::fs::read_dir(&self.0) else { return };
        let aged = |entry: std::fs::DirEntry| {
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            (written.unwrap_or(SystemTime::UNIX_EPOCH), entry.path())
        };
        let mut files: Vec<_> = entries.flatten().map(aged).collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(KEPT_MAX) {
            // What can't be removed does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn cache_folder() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        Some(folder("HOME")?.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, KEPT_MAX};

    #[test]
    fn the_newest_are_kept_and_the_oldest_forgotten() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(&home.path().join("deep"));
        assert_eq!(cache.get("a"), None);
        for number in 0..KEPT_MAX {
            std::fs::create_dir_all(home.path().join("deep")).expect("our own folder");
            std::fs::write(home.path().join("deep").join(format!("old {number}")), b"x").expect("our own folder");
        }
        cache.put("a", b"first");
        cache.put("a", b"second");
        assert_eq!(cache.get("a").as_deref(), Some(&b"second"[..]));
        assert_eq!(std::fs::read_dir(home.path().join("deep")).expect("there").count(), KEPT_MAX);
    }
}
