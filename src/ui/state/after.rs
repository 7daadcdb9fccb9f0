// SPDX-License-Identifier: MIT
//! What is left when a call is over.

use super::talk::Talk;
use crate::studio::library::{Ending, Session};
use crate::studio::{AlignReport, Finished};
use std::path::PathBuf;

/// The page after a call, or of one session of the library.
#[derive(Debug, Default)]
pub struct After {
    /// The master; nothing if none was recorded.
    pub master: Option<Master>,
    /// Who was there besides us.
    pub met: Vec<String>,
    /// What happened to the recording.
    pub happened: Vec<String>,
    /// Why the call ended, if nobody wanted it.
    pub failed: Option<String>,
    /// Lining up.
    pub aligning: Aligning,
    /// It is a session of the library, not the call that has just ended.
    pub from_library: bool,
}

/// A recording on the disk.
#[derive(Clone, Debug, Default)]
pub struct Master {
    /// Its folder.
    pub folder: PathBuf,
    /// The file.
    pub file: PathBuf,
    /// Its length.
    pub seconds: f64,
    /// Its pictures.
    pub frames: u64,
    /// Its size.
    pub bytes: u64,
    /// Pictures lost because the machine could not keep up.
    pub frames_dropped: u64,
    /// Pictures held, or black, while the camera was away.
    pub frames_held: u64,
    /// Samples of silence in place of lost ones.
    pub samples_silenced: u64,
    /// Whether it is an ordinary MP4.
    pub finished: bool,
    /// Whether all that happened to it is known.
    pub ending: Ending,
}

impl From<Finished> for Master {
    fn from(end: Finished) -> Master {
        Master {
            folder: end.folder,
            file: end.file,
            seconds: end.seconds,
            frames: end.frames,
            bytes: end.bytes,
            frames_dropped: end.frames_dropped,
            frames_held: end.frames_held,
            samples_silenced: end.samples_silenced,
            finished: end.finalised,
            ending: Ending::Finished,
        }
    }
}

impl From<&Session> for Master {
    /// What was lost then stands in the session's notes.
    fn from(session: &Session) -> Master {
        Master {
            folder: session.folder.clone(),
            file: session.master.clone(),
            seconds: session.seconds,
            frames: session.frames.unwrap_or_default(),
            bytes: session.bytes,
            finished: session.finished,
            ending: session.ending,
            ..Master::default()
        }
    }
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
        After { master: finished.map(Master::from), met, happened, failed, ..After::default() }
    }

    /// What is left of a session of the library.
    pub fn of_session(session: &Session) -> After {
        After {
            master: Some(Master::from(session)),
            met: session.people.clone(),
            happened: session.notes.clone(),
            from_library: true,
            ..After::default()
        }
    }

    /// Where the files for the editor go: into our own session's folder.
    pub fn align_out(&self) -> Option<PathBuf> {
        self.master.as_ref().map(|master| master.folder.join("aligned"))
    }

    /// Whether nothing at all was lost or filled in.
    pub fn is_flawless(&self) -> bool {
        let whole = |master: &Master| {
            master.finished
                && master.ending == Ending::Finished
                && master.frames_dropped + master.frames_held + master.samples_silenced == 0
        };
        self.happened.is_empty() && self.master.as_ref().is_some_and(whole)
    }
}
