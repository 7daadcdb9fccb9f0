// SPDX-License-Identifier: MIT
//! What is known of each session folder, from its metadata where that can be believed and from its file where not.

use crate::disk::metadata::{Metadata, utc_text};
use crate::disk::repair::{self, Outcome};
use crate::disk::session::find;
use crate::studio::repair::rebuilt;
use crate::words::{Happening, MASTER_FPS, RATE_HZ, What};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// More is not told of one session; its own text has all of it.
const NOTES_MAX: usize = 200;

/// A session of the past, or one that is being recorded just now.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its folder.
    pub folder: PathBuf,
    /// The recording in it.
    pub master: PathBuf,
    /// What it is called; the folder's name if it has no other.
    pub name: String,
    /// When it began, for people: `2026-02-27 20:15`, local time.
    pub started: String,
    /// The same for programs, to be sorted by: `2026-02-27T20:15:00.000Z`.
    pub started_utc: String,
    /// How long it is.
    pub seconds: f64,
    /// Who took part, ourselves included.
    pub people: Vec<String>,
    /// How much room the folder takes.
    pub bytes: u64,
    /// How many pictures; nothing without pictures.
    pub frames: Option<u64>,
    /// The file is an ordinary MP4. Otherwise a crash has left it, and [`recover`](super::recover) mends it, unless it is
    /// [`running`](Self::running).
    pub finished: bool,
    /// It is being recorded or mended just now.
    pub running: bool,
    /// How it came to its end.
    pub ending: Ending,
    /// What an editor may want to know, a sentence each.
    pub notes: Vec<String>,
}

/// How far what a session tells of itself can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It was finished by the program that made it: its notes are all there are.
    #[default]
    Finished,
    /// It broke off: what happened in its last seconds was never written down.
    BrokenOff,
    /// It has no notes at all.
    Untold,
}

/// All sessions below that folder, newest first. Whatever else lies there is passed over.
pub fn sessions(recordings: &Path) -> Vec<Session> {
    let entries = std::fs::read_dir(recordings).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    let mut sessions: Vec<Session> = folders.filter_map(|folder| read(&folder)).collect();
    sessions.sort_by(|a, b| b.started_utc.cmp(&a.started_utc).then_with(|| b.folder.cmp(&a.folder)));
    sessions
}

fn read(folder: &Path) -> Option<Session> {
    let found = find(folder).ok()?;
    // What is written beside a file that was never closed is as old as its last save.
    let closed = found.metadata.as_ref().is_some_and(|metadata| metadata.state != "recording");
    let outcome = (!closed).then(|| repair::check(&found.master));
    let finished = closed || matches!(outcome, Some(Ok(Outcome::AlreadyFinished)));
    let metadata = found.metadata.filter(|_| closed).or_else(|| rebuilt(&found.master).ok().flatten());
    let mut notes = Vec::new();
    if let Some(Err(why)) = &outcome {
        notes.push(why.to_string());
    }
    let mut session = Session {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        started: String::new(),
        started_utc: written_utc(&found.master),
        seconds: 0.0,
        people: Vec::new(),
        bytes: bytes_in(folder),
        frames: None,
        running: !finished && is_held(&found.master),
        folder: folder.to_owned(),
        master: found.master,
        finished,
        ending: match metadata.as_ref().map(|metadata| metadata.state.as_str()) {
            Some("finished") => Ending::Finished,
            Some(_) => Ending::BrokenOff,
            None => Ending::Untold,
        },
        notes,
    };
    if let Some(Ok(Outcome::Recovered(summary))) = outcome {
        session.seconds = summary.duration_s;
    }
    if let Some(metadata) = metadata {
        session.know(metadata);
    }
    session.started = local(&session.started_utc);
    Some(session)
}

impl Session {
    fn know(&mut self, metadata: Metadata) {
        let Metadata { session_name, started_at_utc, duration_seconds, participants, recording, happenings, .. } =
            metadata;
        for (own, theirs) in [(&mut self.name, session_name), (&mut self.started_utc, started_at_utc)] {
            if !theirs.is_empty() {
                *own = theirs;
            }
        }
        self.seconds = self.seconds.max(duration_seconds);
        self.people = participants.into_iter().map(|person| person.name).filter(|name| !name.is_empty()).collect();
        self.frames = (!recording.video_codec.is_empty())
            .then(|| recording.total_frames_captured.max((self.seconds * MASTER_FPS as f64) as u64));
        self.notes.extend(happenings.iter().filter(|h| is_worth_telling(&h.what)).take(NOTES_MAX).map(sentence));
    }
}

/// That everything went as it should is no news.
fn is_worth_telling(what: &What) -> bool {
    !matches!(what, What::Tone { .. } | What::Repeated { .. } | What::Omitted { .. })
}

fn sentence(happening: &Happening) -> String {
    let seconds = happening.at_sample / RATE_HZ;
    format!("{}:{:02}:{:02}  {}", seconds / 3600, seconds / 60 % 60, seconds % 60, happening.what)
}

/// For a file that tells nothing of itself.
fn written_utc(master: &Path) -> String {
    let written = std::fs::metadata(master).and_then(|metadata| metadata.modified()).ok();
    let since = written.and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    utc_text(since.map_or(0, |since| since.as_micros() as i64))
}

fn local(utc: &str) -> String {
    let moment = utc.parse::<jiff::Timestamp>().ok();
    let local = moment.map(|moment| moment.to_zoned(jiff::tz::TimeZone::system()));
    local.map_or_else(|| utc.to_owned(), |local| local.strftime("%Y-%m-%d %H:%M").to_string())
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(|found| found.is_file()).map(|file| file.len()).sum()
}

/// Whether somebody records into it or mends it. Asking takes the lock for a moment, which only a second recovery
/// could notice.
fn is_held(master: &Path) -> bool {
    std::fs::File::open(master).is_ok_and(|file| repair::lock(&file).is_err())
}
