// SPDX-License-Identifier: MIT
//! Where the bytes of a recording go, when they do not go into a file of ours.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Takes the bytes of a recording, on a thread of its own. After the first error nothing more is given.
pub trait Output: Send {
    /// Bytes and their place. Some muxers go back, at the end, to write lengths and indexes.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Everything that was written is to be safe now; the last call of all.
    fn sync(&mut self) -> io::Result<()>;
}

/// An output for tests: keeps everything, and can be told to fail.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutput(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    bytes: Vec<u8>,
    is_full_at: Option<u64>,
    synced: bool,
}

impl MemoryOutput {
    /// Empty, and as large as memory.
    pub fn new() -> MemoryOutput {
        MemoryOutput::default()
    }

    /// Fails as a full disk does, for whatever lies at `bytes` or behind it.
    pub fn full_at(bytes: u64) -> MemoryOutput {
        let output = MemoryOutput::default();
        output.with(|memory| memory.is_full_at = Some(bytes));
        output
    }

    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|memory| memory.bytes.clone())
    }

    /// Whether the last word was said.
    pub fn is_synced(&self) -> bool {
        self.with(|memory| memory.synced)
    }

    fn with<T>(&self, what: impl FnOnce(&mut Memory) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Output for MemoryOutput {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|memory| {
            let end = at + bytes.len() as u64;
            if memory.is_full_at.is_some_and(|limit| end > limit) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let (at, end) = (at as usize, end as usize);
            if memory.bytes.len() < end {
                memory.bytes.resize(end, 0);
            }
            memory.bytes[at..end].copy_from_slice(bytes);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(|memory| memory.synced = true);
        Ok(())
    }
}
