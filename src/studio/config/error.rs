// SPDX-License-Identifier: MIT
//! Why a configuration can't be had, by the name of the field that is wrong.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What is wrong with a configuration. Fields are named as in a file: `video.frame_rate`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value means nothing here.
    #[error("{field}: {found} is not understood; write {wanted}")]
    Value {
        /// Where.
        field: String,
        /// As it was written.
        found: String,
        /// What would work.
        wanted: String,
    },
    /// The value is understood, but nobody can do it.
    #[error("{field}: {why}; {instead}")]
    Impossible {
        /// Where.
        field: String,
        /// Why not.
        why: String,
        /// What would work.
        instead: String,
    },
    /// A key that is not known.
    #[error("{field}: there is no such key; {instead}")]
    Unknown {
        /// Where.
        field: String,
        /// What it may have been meant for.
        instead: String,
    },
    /// A preset that is not known.
    #[error("preset: nothing is called '{name}'; {instead}")]
    Preset {
        /// What was asked for.
        name: String,
        /// What it may have been meant for.
        instead: String,
    },
    /// The golden master is what it is.
    #[error(
        "{field}: nothing of the golden master can be changed; leave it out, or begin with another preset, such as \
         1080p-high"
    )]
    Master {
        /// Where.
        field: String,
    },
    /// No TOML at all.
    #[error("the text is not TOML: {0}")]
    Syntax(String),
    /// No file.
    #[error("the file {path} can't be read ({cause}); check its name and that you may read it")]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: Arc<io::Error>,
    },
    /// Something of a file.
    #[error("{path}: {cause}")]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        cause: Box<ConfigError>,
    },
}

impl ConfigError {
    /// The field that is wrong, as in `video.frame_rate`; nothing where the whole text is.
    pub fn field(&self) -> Option<&str> {
        match self {
            ConfigError::Value { field, .. }
            | ConfigError::Impossible { field, .. }
            | ConfigError::Unknown { field, .. }
            | ConfigError::Master { field } => Some(field),
            ConfigError::Preset { .. } => Some("preset"),
            ConfigError::Syntax(_) | ConfigError::Unreadable { .. } => None,
            ConfigError::In { cause, .. } => cause.field(),
        }
    }

    /// The same of a section that stands elsewhere.
    pub(super) fn moved(self, section: &str, place: &str) -> ConfigError {
        let there = |field: String| match field.strip_prefix(section).map(|rest| rest.trim_start_matches('.')) {
            Some(rest) => format!("{place}{rest}"),
            None => field,
        };
        match self {
            ConfigError::Value { field, found, wanted } => ConfigError::Value { field: there(field), found, wanted },
            ConfigError::Impossible { field, why, instead } => {
                ConfigError::Impossible { field: there(field), why, instead }
            }
            ConfigError::Unknown { field, instead } => ConfigError::Unknown { field: there(field), instead },
            other => other,
        }
    }

    pub(super) fn impossible(field: &str, why: impl Into<String>, instead: impl Into<String>) -> ConfigError {
        ConfigError::Impossible { field: field.to_owned(), why: why.into(), instead: instead.into() }
    }
}
