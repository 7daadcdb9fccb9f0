// SPDX-License-Identifier: MIT
//! A file of lines that somebody may read when something went wrong. Nobody waits for it, however slow the disk is:
//! a thread of its own writes, and what it can't keep up with is left out and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::Duration;

/// So many lines may wait; a disk that is behind by more is busy with the recording.
const WAITING_LINES: usize = 4096;

/// At most so many are written at once.
const LINES_AT_ONCE: usize = 256;

/// No log gets longer: it must not take the room of the recording.
const BYTES_MAX: u64 = 64 << 20;

/// At the end the last lines are waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The guard: its lines are written when it goes out of scope, and whatever comes later is not.
#[derive(Debug)]
pub struct LogFile {
    lines: Option<Lines>,
    ended: Receiver<()>,
}

/// The way into it, from any thread.
#[derive(Clone, Debug)]
pub struct Lines {
    lines: SyncSender<Option<Vec<u8>>>,
    left_out: Arc<AtomicU64>,
}

impl LogFile {
    /// Makes it, or goes on behind what it has.
    pub fn open(path: &Path) -> io::Result<LogFile> {
        LogFile::limited(path, BYTES_MAX)
    }

    fn limited(path: &Path, bytes_max: u64) -> io::Result<LogFile> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let (lines, inbox) = sync_channel(WAITING_LINES);
        let (tell, ended) = channel();
        let left_out = Arc::<AtomicU64>::default();
        let lost = left_out.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || {
            if let Err(why) = write(file, &inbox, &lost, bytes_max) {
                tracing::warn!("the log ends here: {why}");
            }
            // Nobody may be waiting any more.
            let _ = tell.send(());
        })?;
        Ok(LogFile { lines: Some(Lines { lines, left_out }), ended })
    }

    /// The way into it.
    pub fn lines(&self) -> Lines {
        self.lines.clone().expect("it is taken at the end alone")
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        if let Some(Lines { lines, .. }) = self.lines.take() {
            // Where no more fit in, it ends when it has written all that wait.
            let _ = lines.try_send(None);
        }
        // A disk that hangs is not waited for.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

impl Lines {
    /// One more, with its end of line; never waits.
    pub fn add(&self, line: &[u8]) {
        if self.lines.try_send(Some(line.to_vec())).is_err() {
            self.left_out.fetch_add(1, Relaxed);
        }
    }
}

/// Until it is over, or as long as it can.
fn write(mut file: File, inbox: &Receiver<Option<Vec<u8>>>, left_out: &AtomicU64, bytes_max: u64) -> io::Result<()> {
    let mut room = bytes_max;
    while let Ok(Some(mut bytes)) = inbox.recv() {
        let more: Vec<_> = inbox.try_iter().take(LINES_AT_ONCE).collect();
        let is_over = more.iter().any(Option::is_none);
        more.into_iter().map_while(|line| line).for_each(|line| bytes.extend(line));
        let lost = left_out.swap(0, Relaxed);
        if lost > 0 {
            writeln!(bytes, "... {lost} lines are left out here: the disk was too slow for them")?;
        }
        let Some(left) = room.checked_sub(bytes.len() as u64) else {
            return writeln!(file, "... the log has reached {bytes_max} bytes, and ends here");
        };
        room = left;
        file.write_all(&bytes)?;
        if is_over {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::LogFile;

    #[test]
    fn lines_are_there_when_it_is_over_behind_those_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new").join("talk.log");
        for text in ["one\n", "two\n"] {
            let log = LogFile::open(&path).expect("it is made");
            let late = log.lines();
            log.lines().add(text.as_bytes());
            drop(log);
            late.add(b"too late\n");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "one\ntwo\n");
    }

    #[test]
    fn it_has_a_longest_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("talk.log");
        let log = LogFile::limited(&path, 1_000).expect("it is made");
        for _ in 0..1_000 {
            log.lines().add(b"a line of sixteen\n");
        }
        drop(log);
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.ends_with("the log has reached 1000 bytes, and ends here\n") && text.len() < 1_100, "{text}");
    }

    #[test]
    fn a_place_where_no_file_can_be_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(LogFile::open(folder.path()).is_err());
    }
}
