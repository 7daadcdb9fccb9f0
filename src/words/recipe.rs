// SPDX-License-Identifier: MIT
//! What an encoder is to make of pictures and of sound.

use super::{AudioCodec, Rate, Size, VideoCodec};
use serde::{Deserialize, Serialize};

/// How good pictures are to be, whatever they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// CRF 28 or its equal: small.
    Fast,
    /// CRF 23 or its equal.
    Balanced,
    /// CRF 18 or its equal: hard to tell from the original.
    High,
    /// CRF 13 or its equal.
    Ultra,
}

impl Quality {
    /// All of them, the smallest first.
    pub const ALL: [Quality; 4] = [Quality::Fast, Quality::Balanced, Quality::High, Quality::Ultra];
}

/// What an encoder of pictures aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A quality; the bit rate follows.
    Quality(Quality),
    /// A bit rate; the quality follows.
    Kbps(u32),
}

/// Pictures, as a file is to hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureRecipe {
    /// How they are coded.
    pub codec: VideoCodec,
    /// Their size; both sides are even.
    pub size: Size,
    /// Their constant rate.
    pub rate: Rate,
    /// What is aimed at.
    pub target: Target,
    /// A key frame at least every so many pictures.
    pub key_frames: u32,
    /// Encoded within a picture or two, at some cost in size.
    pub low_latency: bool,
    /// This element and no other.
    pub encoder: Option<String>,
}

/// Sound, as a file is to hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundRecipe {
    /// How it is coded.
    pub codec: AudioCodec,
    /// Samples per second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u32,
    /// Bits of a sample, 16 or 24, where the codec is lossless.
    pub bits: u32,
    /// The bit rate where it is not.
    pub kbps: u32,
    /// It has to come out of the encoder at once.
    pub low_latency: bool,
    /// This element and no other.
    pub encoder: Option<String>,
}
