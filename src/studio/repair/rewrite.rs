// SPDX-License-Identifier: MIT
//! Recovering what is not MP4: the file is wrapped anew beside itself, and takes its own place when it is whole.

use crate::disk::repair::{Outcome, RepairError, Summary, hold};
use crate::disk::{put_over, space, torn};
use crate::media;
use crate::words::Container;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Makes an orderly file of what a crash has left; the file is as it was until then, and whenever that fails.
pub fn recover(path: &Path, container: Container, is_ended: bool) -> Result<Outcome, RepairError> {
    // Nobody is recording into it, then.
    let file = hold(path)?;
    space::give_back(path);
    if is_ended {
        return Ok(Outcome::AlreadyFinished);
    }
    start(path)?;
    let failed = |source| RepairError::Io { path: path.to_owned(), source };
    let about = file.metadata().map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // An AVI may need a copy of its own besides.
    let bytes = if container == Container::Avi { 2 * about.len() } else { about.len() };
    if space::free_bytes(folder).is_ok_and(|free| free < bytes) {
        return Err(RepairError::DiskFull { path: path.to_owned(), bytes });
    }
    let beside = beside(path, "recovered");
    // Left by a crash.
    let _ = std::fs::remove_file(&beside);
    let made = make(path, container, &beside).and_then(|outcome| {
        std::fs::set_permissions(&beside, about.permissions()).map_err(failed)?;
        put_over(&beside, path, None).map_err(failed)?;
        Ok(outcome)
    });
    made.inspect_err(|_| {
        // Half a copy helps nobody.
        let _ = std::fs::remove_file(&beside);
    })
}

/// Tells what that would do; reads only.
pub fn check(path: &Path, container: Container, is_ended: bool) -> Result<Outcome, RepairError> {
    if is_ended {
        return Ok(Outcome::AlreadyFinished);
    }
    start(path)?;
    media::packets(path, container).map(outcome).map_err(|why| as_it_was(path, why))
}

fn make(path: &Path, container: Container, beside: &Path) -> Result<Outcome, RepairError> {
    let failed = |source| RepairError::Io { path: path.to_owned(), source };
    let unsaid = if container == Container::Avi { torn::unsaid_in_avi(path).map_err(failed)? } else { Vec::new() };
    let spoken = said(path, &unsaid).map_err(failed)?;
    let there = media::rewrite(spoken.as_ref().map_or(path, |copy| copy.path()), container, beside);
    let there = there.map_err(|why| as_it_was(path, why))?;
    // Readers pass over a track that they don't understand.
    if container == Container::Avi && torn::avi_tracks(path).map_err(failed)? != there.counts.len() {
        return Err(as_it_was(path, "one of its tracks can't be read"));
    }
    let synced = File::open(beside).and_then(|file| file.sync_all());
    synced.map_err(|source| RepairError::Io { path: beside.to_owned(), source })?;
    let made = media::packets(beside, container).map_err(|why| as_it_was(path, why))?;
    let is_ended = torn::look(beside).is_ok_and(|seen| seen == Some((container, true)));
    if !is_ended || made.counts != there.counts {
        let why = io::Error::other("what was written anew is not the same");
        return Err(as_it_was(path, why));
    }
    Ok(outcome(there))
}

/// A copy with what was never written into the head, if there is any of that.
fn said(path: &Path, unsaid: &[(u64, [u8; 4])]) -> io::Result<Option<Copy>> {
    if unsaid.is_empty() {
        return Ok(None);
    }
    let copy = Copy(beside(path, "torn"));
    std::fs::copy(path, copy.path())?;
    let mut file = OpenOptions::new().write(true).open(copy.path())?;
    for (at, bytes) in unsaid {
        file.seek(SeekFrom::Start(*at))?;
        file.write_all(bytes)?;
    }
    Ok(Some(copy))
}

/// A file that goes when it is no longer needed.
struct Copy(PathBuf);

impl Copy {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_file(&self.0) {
            tracing::warn!("{} stays: {why}", self.0.display());
        }
    }
}

fn outcome(there: media::Packets) -> Outcome {
    let samples = there.counts.iter().sum();
    Outcome::Recovered(Summary { duration_s: there.seconds, samples, torn_bytes: 0, grows_by: 0 })
}

fn start(path: &Path) -> Result<(), RepairError> {
    media::start().map_err(|why| as_it_was(path, why))
}

fn as_it_was(path: &Path, why: impl ToString) -> RepairError {
    RepairError::NotRewritten { path: path.to_owned(), why: why.to_string() }
}

/// `talk.mkv.recovered.tmp`, where nobody takes it for a recording.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}.tmp"));
    path.with_file_name(name)
}
