// SPDX-License-Identifier: MIT
//! `encoders.toml` as it is read: rows of elements, best first, each with a text for every use it may be put to.

use super::super::text;
use super::{BUILT_IN, Codec, EncoderError};
use crate::words::{Quality, Target};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// What GStreamer calls it.
    pub element: String,
    #[serde(default = "everywhere")]
    pub os: Vec<String>,
    #[serde(default)]
    pub hardware: bool,
    #[serde(default)]
    pub package: String,
    #[serde(default)]
    pub faster: f64,
    #[serde(default)]
    pub priming: u32,
    pub master: Option<String>,
    pub recording: Option<String>,
    pub quality: Option<Steps>,
    pub bitrate: Option<String>,
    #[serde(default)]
    pub latency: Latency,
    /// A person has put it in front of ours.
    #[serde(skip)]
    pub is_own: bool,
}

/// What fills `{quality}` when a quality is aimed at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    fast: String,
    balanced: String,
    high: String,
    ultra: String,
}

/// What fills `{latency}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    pub low: String,
    pub usual: String,
}

/// All rows, by codec.
pub type Rows = BTreeMap<Codec, Vec<Candidate>>;

/// The rows of this program, or of the folder that overrides them.
pub fn built_in() -> Result<Rows, EncoderError> {
    parsed(&text::table("encoders.toml", BUILT_IN)?)
}

/// The rows of a text.
pub fn parsed(text: &str) -> Result<Rows, EncoderError> {
    Ok(toml::from_str(text)?)
}

/// A person's own rows.
pub fn own(text: &str) -> Result<Rows, EncoderError> {
    let mut rows: Rows = toml::from_str(text).map_err(|why| EncoderError::Rows(one_line(text, &why)))?;
    rows.values_mut().flatten().for_each(|row| row.is_own = true);
    Ok(rows)
}

fn one_line(text: &str, why: &toml::de::Error) -> String {
    let message = why.message().trim().replace('\n', ", ");
    let before = why.span().and_then(|span| text.get(..span.start));
    before.map_or(message.clone(), |before| format!("line {}: {message}", before.matches('\n').count() + 1))
}

fn everywhere() -> Vec<String> {
    ["linux", "macos", "windows"].map(str::to_owned).to_vec()
}

impl Candidate {
    /// Whether it belongs to this system.
    pub fn is_for_here(&self) -> bool {
        self.os.iter().any(|os| os == std::env::consts::OS)
    }

    /// What fills `{quality}` for a target; none where the encoder cannot aim at it.
    pub fn aim(&self, target: Target) -> Option<&str> {
        match target {
            Target::Kbps(_) => self.bitrate.as_deref(),
            Target::Quality(quality) => self.quality.as_ref().map(|steps| steps.of(quality)),
        }
    }
}

impl Steps {
    fn of(&self, quality: Quality) -> &str {
        match quality {
            Quality::Fast => &self.fast,
            Quality::Balanced => &self.balanced,
            Quality::High => &self.high,
            Quality::Ultra => &self.ultra,
        }
    }
}
