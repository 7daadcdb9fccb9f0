// SPDX-License-Identifier: MIT
//! What a hand shall do to a file, step by step. Whatever step is torn, the file opens, and the same engine
//! finds the rest of the way from what it then sees.

/// One step. Nothing of a later step may reach the disk before a [`Step::Sync`] between them has returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write these bytes there, in place or behind the end.
    Write {
        /// Where.
        at: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// Wait until the disk has everything.
    Sync,
    /// Cut the file to that length.
    Truncate {
        /// In bytes.
        len: u64,
    },
}

impl Step {
    pub(crate) fn write(at: u64, bytes: impl Into<Vec<u8>>) -> Step {
        Step::Write { at, bytes: bytes.into() }
    }
}

/// Steps and what belongs to them.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// To be done in this order.
    pub steps: Vec<Step>,
    /// From this step on the file is on its way to the new state, and must not be taken back.
    pub commit_from: usize,
    /// What to do when a step before `commit_from` fails, so that the file is as it was.
    pub rollback: Vec<Step>,
    /// How long the file will be.
    pub file_len: u64,
}

impl Plan {
    /// How much longer the file gets: so much room must be free.
    pub fn grows_by(&self, file_len: u64) -> u64 {
        self.file_len.saturating_sub(file_len)
    }

    pub(crate) fn synced(&mut self, step: Step) {
        self.steps.push(step);
        self.steps.push(Step::Sync);
    }
}
