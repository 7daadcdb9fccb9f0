// SPDX-License-Identifier: MIT
//! Past sessions as the window shows them.

use crate::media::Still;
use crate::studio::library::Session;
use std::path::Path;

/// The page.
#[derive(Debug, Default)]
pub struct Library {
    /// Newest first; nothing until the disk has been read.
    pub entries: Option<Vec<Entry>>,
}

/// One session.
#[derive(Debug)]
pub struct Entry {
    /// What is known of it.
    pub session: Session,
    /// Its picture, once there is one.
    pub thumbnail: Option<Still>,
    /// Whether it is being mended.
    pub mending: Mending,
}

/// What becomes of a session that a crash left.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mending {
    /// Nothing is being done.
    #[default]
    No,
    /// So far, 0 to 1.
    At(f64),
    /// It can't be mended, and why.
    Failed(String),
}

impl Library {
    /// The disk was read, perhaps again: what is known of the same sessions stays.
    pub fn take(&mut self, sessions: Vec<Session>) {
        let mut known = self.entries.take().unwrap_or_default();
        let entry = |session: Session| {
            let at = known.iter().position(|entry| entry.session.folder == session.folder);
            let (thumbnail, mending) = match at.map(|at| known.swap_remove(at)) {
                Some(entry) => (entry.thumbnail, entry.mending),
                None => (None, Mending::No),
            };
            let mending = if session.finished { Mending::No } else { mending };
            Entry { session, thumbnail, mending }
        };
        self.entries = Some(sessions.into_iter().map(entry).collect());
    }

    /// One of them, to change it.
    pub fn entry(&mut self, folder: &Path) -> Option<&mut Entry> {
        self.entries.as_mut()?.iter_mut().find(|entry| entry.session.folder == folder)
    }

    /// All that are known.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.entries.iter().flatten().map(|entry| &entry.session)
    }
}
