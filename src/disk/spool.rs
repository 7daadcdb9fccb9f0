// SPDX-License-Identifier: MIT
//! Bytes put aside while a recording goes on and read once more at its end. They are written by a thread of their own,
//! so that nobody waits; a crash leaves nothing of them behind where a file may lose its name while it is open.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The guard: what was put aside is gone when it goes out of scope.
#[derive(Debug)]
pub struct Spool {
    pieces: Option<Sender<Vec<u8>>>,
    waiting: Arc<AtomicU64>,
    thread: Option<JoinHandle<io::Result<File>>>,
    /// Where the file still has a name.
    name: Option<PathBuf>,
}

/// What was put aside, to be read as often as one likes.
#[derive(Debug)]
pub struct SpoolReader {
    file: File,
    _name: Removed,
}

#[derive(Debug)]
struct Removed(Option<PathBuf>);

impl Spool {
    /// Makes the file, over one of that name.
    pub fn create(path: &Path) -> io::Result<Spool> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        let name = if cfg!(unix) && std::fs::remove_file(path).is_ok() { None } else { Some(path.to_owned()) };
        let (pieces, inbox) = channel();
        let waiting = Arc::<AtomicU64>::default();
        let done = waiting.clone();
        let thread = std::thread::Builder::new().name("spool".into()).spawn(move || run(file, &inbox, &done))?;
        Ok(Spool { pieces: Some(pieces), waiting, thread: Some(thread), name })
    }

    /// Puts bytes aside; never waits.
    pub fn write(&self, bytes: Vec<u8>) {
        if let Some(pieces) = &self.pieces {
            self.waiting.fetch_add(bytes.len() as u64, Relaxed);
            // Whoever reads is told what went wrong.
            let _ = pieces.send(bytes);
        }
    }

    /// Bytes that wait for the disk.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    /// All of it, or why it is not all there.
    pub fn finish(mut self) -> io::Result<SpoolReader> {
        drop(self.pieces.take());
        let thread = self.thread.take().expect("it is taken here alone");
        let file = thread.join().map_err(|_| io::Error::other("the thread that writes it has panicked"))??;
        Ok(SpoolReader { file, _name: Removed(self.name.take()) })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        drop(self.pieces.take());
        if let Some(thread) = self.thread.take() {
            // Nobody wants to read it any more.
            let _ = thread.join();
        }
        drop(Removed(self.name.take()));
    }
}

impl SpoolReader {
    /// From the beginning again.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).map(|_| ())
    }

    /// How much it is.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The next bytes, as many as fit into `bytes` unless it is the end.
    pub fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read(&mut bytes[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        if let Some(Err(why)) = self.0.take().map(std::fs::remove_file) {
            tracing::debug!("what was put aside stays: {why}");
        }
    }
}

/// After the first failure nothing more is written, but all of it is taken.
fn run(mut file: File, inbox: &Receiver<Vec<u8>>, waiting: &AtomicU64) -> io::Result<File> {
    let mut written = Ok(());
    while let Ok(bytes) = inbox.recv() {
        written = written.and_then(|()| file.write_all(&bytes));
        waiting.fetch_sub(bytes.len() as u64, Relaxed);
    }
    written.map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::Spool;

    #[test]
    fn what_is_put_aside_is_read_twice_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::create(&folder.path().join("x")).expect("it is made");
        spool.write(vec![1, 2, 3]);
        spool.write(vec![4]);
        let mut reader = spool.finish().expect("it is written");
        for _ in 0..2 {
            reader.rewind().expect("a file");
            let mut bytes = [0; 8];
            assert_eq!(reader.read(&mut bytes).expect("a file"), 4);
            assert_eq!(bytes[..4], [1, 2, 3, 4]);
        }
        drop(reader);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
