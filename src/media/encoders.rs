// SPDX-License-Identifier: MIT
//! Which encoder makes the master: the first of `encoders.toml` that belongs to this system, is installed,
//! reaches READY and keeps its word in a trial. Each refusal is kept with its reason. Every other recording has
//! its encoders from an [`EncoderTable`].

mod general;
mod table;

pub use general::EncoderTable;
pub(super) use table::Candidate;

use super::format::h264_level;
use super::text::TextError;
use super::trial;
use crate::words::{AudioCodec, Size, VideoCodec};
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

/// What is to be encoded, pictures and sound alike: the key of a list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// Pictures: AVC, the master's.
    H264,
    /// Pictures: HEVC.
    H265,
    /// Pictures: VP8.
    Vp8,
    /// Pictures: VP9.
    Vp9,
    /// Pictures: AV1.
    Av1,
    /// Sound, small.
    Aac,
    /// Sound, small.
    Opus,
    /// Sound, small and old.
    Mp3,
    /// Sound, lossless.
    Flac,
    /// Sound as it is.
    Pcm,
}

impl Codec {
    fn key(self) -> &'static str {
        match self {
            Codec::H264 => VideoCodec::H264.key(),
            Codec::H265 => VideoCodec::H265.key(),
            Codec::Vp8 => VideoCodec::Vp8.key(),
            Codec::Vp9 => VideoCodec::Vp9.key(),
            Codec::Av1 => VideoCodec::Av1.key(),
            Codec::Aac => AudioCodec::Aac.key(),
            Codec::Opus => AudioCodec::Opus.key(),
            Codec::Mp3 => AudioCodec::Mp3.key(),
            Codec::Flac => AudioCodec::Flac.key(),
            Codec::Pcm => AudioCodec::Pcm.key(),
        }
    }
}

impl From<VideoCodec> for Codec {
    fn from(codec: VideoCodec) -> Codec {
        match codec {
            VideoCodec::H264 => Codec::H264,
            VideoCodec::H265 => Codec::H265,
            VideoCodec::Vp8 => Codec::Vp8,
            VideoCodec::Vp9 => Codec::Vp9,
            VideoCodec::Av1 => Codec::Av1,
        }
    }
}

impl From<AudioCodec> for Codec {
    fn from(codec: AudioCodec) -> Codec {
        match codec {
            AudioCodec::Aac => Codec::Aac,
            AudioCodec::Opus => Codec::Opus,
            AudioCodec::Mp3 => Codec::Mp3,
            AudioCodec::Flac => Codec::Flac,
            AudioCodec::Pcm => Codec::Pcm,
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
    /// Whether a person has put it in front of ours.
    #[serde(skip)]
    pub is_own: bool,
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
    /// Somebody's own rows do not parse.
    #[error("{0}")]
    Rows(String),
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
    /// No row of that name.
    #[error("no encoder is called '{element}'; for {codec} there are: {known}")]
    UnknownElement {
        /// What was asked for.
        element: String,
        /// For what.
        codec: &'static str,
        /// What there is.
        known: String,
    },
    /// A row of another codec.
    #[error("{element} makes {makes}, not {codec}; for {codec} there are: {known}")]
    OtherCodec {
        /// What was asked for.
        element: String,
        /// What it makes.
        makes: &'static str,
        /// What was to be made.
        codec: &'static str,
        /// What there is for that.
        known: String,
    },
    /// The one that was asked for does not do it here.
    #[error("{element} cannot be used here ({why}); choose another encoder, or leave the choice to HyperZoom")]
    ForcedFails {
        /// What was asked for.
        element: String,
        /// Why not.
        why: String,
    },
}

/// Tries the table's encoders for the master in order.
pub fn choose(wanted: Wanted) -> Result<Choice, EncoderError> {
    let rows = table::built_in()?;
    let here = rows.get(&wanted.codec).into_iter().flatten().filter(|row| row.is_for_here());
    let mut refused = Vec::new();
    for (row, text) in here.clone().filter_map(|row| Some((row, row.master.as_deref()?))) {
        let filled = filled(text, wanted);
        match reaches_ready(&row.element).and_then(|_| trial::run(row, &filled, wanted)) {
            Ok(proof) => return Ok(chosen(wanted.codec, row, filled, proof, refused)),
            Err(why) => refused.push(Refusal { element: row.element.clone(), why, is_own: row.is_own }),
        }
    }
    Err(none(wanted.codec, here.filter(|row| row.master.is_some()), &refused))
}

fn chosen(codec: Codec, row: &Candidate, text: String, proof: String, refused: Vec<Refusal>) -> Choice {
    let (element, hardware, priming) = (row.element.clone(), row.hardware, row.priming);
    Choice { codec, element, text, hardware, priming, proof, refused }
}

/// Every row was refused; what a person without a graphics card would install is named.
fn none<'a>(codec: Codec, rows: impl Iterator<Item = &'a Candidate>, refused: &[Refusal]) -> EncoderError {
    let mut software = rows.filter(|row| !row.hardware && row.is_for_here());
    let package = software.next().map(|row| row.package.clone()).unwrap_or_default();
    let reasons = refused.iter().map(|r| format!("{}: {}", r.element, r.why)).collect::<Vec<_>>().join("; ");
    EncoderError::None { codec: codec.key(), reasons, package }
}

fn reaches_ready(element: &str) -> Result<gst::ElementFactory, String> {
    let factory = gst::ElementFactory::find(element).ok_or("is not installed")?;
    let element = factory.create().build().map_err(|e| e.to_string())?;
    let ready = element.set_state(gst::State::Ready);
    let down = element.set_state(gst::State::Null);
    ready.and(down).map_err(|_| "is installed, but does not start here".to_owned())?;
    Ok(factory)
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
    use super::{BUILT_IN, Size, bitrate_kbps, table};

    #[test]
    fn the_table_parses_and_every_row_belongs_somewhere_and_has_a_use() {
        let rows = table::parsed(BUILT_IN).expect("the table is sound");
        assert_eq!(rows.len(), 10, "a list for every codec");
        for row in rows.values().flatten() {
            let name = &row.element;
            assert!(!row.os.is_empty() && !row.package.is_empty(), "{name}");
            assert!(row.os.iter().all(|os| ["linux", "macos", "windows"].contains(&os.as_str())), "{name}");
            let texts: Vec<&String> = row.master.iter().chain(&row.recording).collect();
            assert!(!texts.is_empty(), "{name}");
            for text in texts {
                let kind = if text.contains("name=video_encoder") { "video" } else { "audio" };
                assert!(text.contains(&format!("{name} name={kind}_encoder")), "{name}");
            }
            let aims = row.quality.is_some() || row.bitrate.is_some();
            let of_pictures = row.recording.iter().any(|text| text.contains("video_encoder"));
            assert_eq!(aims, of_pictures, "{name}");
        }
    }

    #[test]
    fn the_bit_rate_follows_the_size() {
        assert_eq!(bitrate_kbps(Size::FULL_HD), 18_000);
        assert_eq!(bitrate_kbps(Size { width: 1280, height: 720 }), 8_000);
        assert_eq!(bitrate_kbps(Size { width: 16, height: 16 }), 300);
    }
}
