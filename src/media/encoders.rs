// SPDX-License-Identifier: MIT
//! Which encoder makes the master: the first of `encoders.toml` that belongs to this system, is installed,
//! reaches READY and keeps its word in a trial. Each refusal is kept with its reason.

use super::format::h264_level;
use super::text::{self, TextError};
use super::trial;
use crate::words::Size;
use gst::prelude::ElementExt;
use gstreamer as gst;
use serde::{Deserialize, Serialize};

const BUILT_IN: &str = include_str!("../../pipelines/encoders.toml");

/// What a full-size master's pictures cost; smaller ones in proportion.
const FULL_HD_KBPS: u64 = 18_000;
/// What they may cost for a while.
const FULL_HD_KBPS_MAX: u64 = 20_000;
/// Below this even a thumbnail looks broken.
const KBPS_MIN: u64 = 300;

/// What is to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// Pictures.
    H264,
    /// Sound, small.
    Aac,
    /// Sound, lossless.
    Flac,
}

impl Codec {
    fn key(self) -> &'static str {
        match self {
            Codec::H264 => "h264",
            Codec::Aac => "aac",
            Codec::Flac => "flac",
        }
    }
}

/// What an encoder is asked for, and has to keep.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The codec.
    pub codec: Codec,
    /// Of pictures; ignored for sound.
    pub size: Size,
    /// The bit rate, 0 for lossless.
    pub kbps: u64,
}

/// The master's picture bit rate for a size, in kbit/s.
pub fn bitrate_kbps(size: Size) -> u64 {
    (FULL_HD_KBPS * size.pixels() / Size::FULL_HD.pixels()).max(KBPS_MIN)
}

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Candidate {
    pub element: String,
    os: Vec<String>,
    #[serde(default)]
    pub hardware: bool,
    package: String,
    #[serde(default)]
    pub faster: f64,
    #[serde(default)]
    pub priming: u32,
    master: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    h264: Vec<Candidate>,
    aac: Vec<Candidate>,
    flac: Vec<Candidate>,
}

/// The encoder that won.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Which codec.
    pub codec: Codec,
    /// The element.
    pub element: String,
    /// Its text, filled, for the slot of a graph.
    pub text: String,
    /// Whether it spares the processor.
    pub hardware: bool,
    /// Samples it puts in front of the sound.
    pub priming: u32,
    /// What the trial saw, in words.
    pub proof: String,
    /// Those before it in the table, and why not.
    pub refused: Vec<Refusal>,
}

/// An encoder that was not taken.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// The element.
    pub element: String,
    /// Why not.
    pub why: String,
}

/// No encoder can be had.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The table itself.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The table does not parse.
    #[error("encoders.toml is not understood: {0}. Mend it, or unset HYPERZOOM_PIPELINES")]
    Table(#[from] toml::de::Error),
    /// All were refused.
    #[error("no usable {codec} encoder ({reasons}); install the package {package}")]
    None {
        /// For what.
        codec: &'static str,
        /// Each refusal.
        reasons: String,
        /// What to install.
        package: String,
    },
}

/// Tries the table's encoders in order.
pub fn choose(wanted: Wanted) -> Result<Choice, EncoderError> {
    let table: Table = toml::from_str(&text::table("encoders.toml", BUILT_IN)?)?;
    let rows = match wanted.codec {
        Codec::H264 => table.h264,
        Codec::Aac => table.aac,
        Codec::Flac => table.flac,
    };
    let here = rows.iter().filter(|c| c.os.iter().any(|os| os == std::env::consts::OS));
    let mut refused = Vec::new();
    for candidate in here.clone() {
        let filled = filled(&candidate.master, wanted);
        match examine(candidate, &filled, wanted) {
            Ok(proof) => {
                return Ok(Choice {
                    codec: wanted.codec,
                    element: candidate.element.clone(),
                    text: filled,
                    hardware: candidate.hardware,
                    priming: candidate.priming,
                    proof,
                    refused,
                });
            }
            Err(why) => refused.push(Refusal { element: candidate.element.clone(), why }),
        }
    }
    let package = here.clone().filter(|c| !c.hardware).map(|c| c.package.as_str()).next().unwrap_or_default();
    let reasons = refused.iter().map(|r| format!("{}: {}", r.element, r.why)).collect::<Vec<_>>().join("; ");
    Err(EncoderError::None { codec: wanted.codec.key(), reasons, package: package.to_owned() })
}

fn examine(candidate: &Candidate, text: &str, wanted: Wanted) -> Result<String, String> {
    let factory = gst::ElementFactory::find(&candidate.element).ok_or("not installed")?;
    let element = factory.create().build().map_err(|e| e.to_string())?;
    let ready = element.set_state(gst::State::Ready);
    let down = element.set_state(gst::State::Null);
    ready.and(down).map_err(|_| "installed, but does not start here".to_owned())?;
    trial::run(candidate, text, wanted)
}

fn filled(text: &str, wanted: Wanted) -> String {
    let kbps_max = (wanted.kbps * FULL_HD_KBPS_MAX).div_ceil(FULL_HD_KBPS);
    let slots = [
        ("{kbps}", wanted.kbps.to_string()),
        ("{kbps_max}", kbps_max.to_string()),
        ("{bps}", (wanted.kbps * 1000).to_string()),
        ("{bps_max}", (kbps_max * 1000).to_string()),
        ("{level}", h264_level(wanted.size).to_owned()),
    ];
    slots.iter().fold(text.to_owned(), |text, (slot, value)| text.replace(slot, value))
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Size, Table, bitrate_kbps};

    #[test]
    fn the_table_parses_and_every_row_belongs_somewhere() {
        let table: Table = toml::from_str(BUILT_IN).expect("the table is sound");
        for row in table.h264.iter().chain(&table.aac).chain(&table.flac) {
            assert!(!row.os.is_empty() && !row.package.is_empty(), "{}", row.element);
            assert!(row.os.iter().all(|os| ["linux", "macos", "windows"].contains(&os.as_str())));
            let name = if row.master.contains("name=video_encoder") { "video" } else { "audio" };
            assert!(row.master.contains(&format!("{} name={name}_encoder", row.element)), "{}", row.element);
        }
    }

    #[test]
    fn the_bit_rate_follows_the_size() {
        assert_eq!(bitrate_kbps(Size::FULL_HD), 18_000);
        assert_eq!(bitrate_kbps(Size { width: 1280, height: 720 }), 8_000);
        assert_eq!(bitrate_kbps(Size { width: 16, height: 16 }), 300);
    }
}
