// SPDX-License-Identifier: MIT
//! The sessions of the past, as a person looks for them: newest first, with a picture each, and what a crash has left
//! behind can be mended from here. Reading them changes nothing.

mod session;
mod thumbnail;

pub use session::{Ending, Session, sessions};
pub use thumbnail::{thumbnail, thumbnail_kept_in};

use super::repair::{RecoveredFile, recover_watched};
use crate::disk::repair::RepairError;

/// Makes an ordinary MP4 of what a crash has left. `progress` goes from 0 to 1; all is done on the calling thread.
pub fn recover(session: &Session, progress: impl Fn(f64)) -> Result<RecoveredFile, RepairError> {
    recover_watched(&session.master, &progress)
}
