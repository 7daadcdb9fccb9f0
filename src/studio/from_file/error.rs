// SPDX-License-Identifier: MIT
//! Why a file is not recorded, or not to its end.

use crate::media::ReadFileError;
use crate::studio::media_recorder::{RecordError, RecordingReport};
use std::path::PathBuf;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not there, or not for us.
    #[error("{path} cannot be read: {cause}; name a file that is there")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// No file.
    #[error("{path} is a folder; name a file in it")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It does not have what the configuration wants.
    #[error("{path} has nothing of what is to be recorded; choose a recipe with pictures or sound, whichever it has")]
    Nothing {
        /// The file.
        path: PathBuf,
    },
    /// No media, or nobody to decode it.
    #[error(transparent)]
    Read(#[from] ReadFileError),
    /// It was not read to its end.
    #[error("{why}; what was read until then is in {to}")]
    Broken {
        /// What happened.
        why: Box<ReadFileError>,
        /// The recording, which is finished.
        to: PathBuf,
        /// How it went until then.
        report: Box<RecordingReport>,
    },
    /// The recording.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl FileError {
    /// How a recording went until its file broke.
    pub fn report(&self) -> Option<&RecordingReport> {
        match self {
            FileError::Broken { report, .. } => Some(report),
            _ => None,
        }
    }
}
