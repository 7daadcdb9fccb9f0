// SPDX-License-Identifier: MIT
//! What is left when a call is over.

use super::talk::Talk;
use crate::studio::{AlignReport, Finished};
use std::path::PathBuf;

/// The page after a call, or of one session of the library.
#[derive(Debug, Default)]
pub struct After {
    /// The master; nothing if none was recorded.
    pub master: Option<Finished>,
    /// Who was there besides us.
    pub met: Vec<String>,
    /// What happened to the recording.
    pub happened: Vec<String>,
    /// Why the call ended, if nobody wanted it.
    pub failed: Option<String>,
    /// Lining up.
    pub aligning: Aligning,
}

/// The folders to line up, and how far that is.
#[derive(Debug, Default)]
pub struct Aligning {
    /// Other people's folders.
    pub folders: Vec<PathBuf>,
    /// How far it is.
    pub spoken: Spoken,
}

/// What lining up says.
#[derive(Debug, Default)]
pub enum Spoken {
    /// Nothing yet.
    #[default]
    Nothing,
    /// What is being done.
    Working(String),
    /// It is done.
    Done(Box<AlignReport>),
    /// It could not be done.
    Failed(String),
}

impl Aligning {
    /// Whether it is going on.
    pub fn is_working(&self) -> bool {
        matches!(self.spoken, Spoken::Working(_))
    }

    /// One more folder; the same twice is once.
    pub fn add(&mut self, folder: PathBuf) {
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
            self.spoken = Spoken::Nothing;
        }
    }
}

impl After {
    /// What is left of a call.
    pub fn of(talk: Talk) -> After {
        let Talk { finished, met, happened, failed, .. } = talk;
        After { master: finished, met, happened, failed, aligning: Aligning::default() }
    }

    /// Where the files for the editor go: into our own session's folder.
    pub fn align_out(&self) -> Option<PathBuf> {
        self.master.as_ref().map(|master| master.folder.join("aligned"))
    }

    /// Whether nothing at all was lost or filled in.
    pub fn is_flawless(&self) -> bool {
        let whole = |master: &Finished| {
            master.finalised && master.frames_dropped + master.frames_held + master.samples_silenced == 0
        };
        self.happened.is_empty() && self.master.as_ref().is_some_and(whole)
    }
}
