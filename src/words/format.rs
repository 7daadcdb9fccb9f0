// SPDX-License-Identifier: MIT
//! Containers and codecs, and which of them go together.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a recording is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// MP4, in fragments that are finished in place.
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska, which holds everything.
    Mkv,
    /// WebM, for browsers.
    WebM,
    /// AVI, for old programs.
    Avi,
}

/// How pictures are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// AVC.
    H264,
    /// HEVC.
    H265,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1.
    Av1,
}

/// How sound is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioCodec {
    /// AAC-LC.
    Aac,
    /// Opus.
    Opus,
    /// MP3.
    Mp3,
    /// Lossless, about half the size of PCM.
    Flac,
    /// Samples as they are.
    Pcm,
}

impl Container {
    /// All of them.
    pub const ALL: [Container; 5] = [Container::Mp4, Container::Mov, Container::Mkv, Container::WebM, Container::Avi];

    /// What it can hold of pictures, best known first.
    pub fn video_codecs(self) -> &'static [VideoCodec] {
        use VideoCodec::{Av1, H264, H265, Vp8, Vp9};
        match self {
            Container::Mp4 => &[H264, H265, Vp9, Av1],
            Container::Mov => &[H264, H265],
            Container::Mkv => &[H264, H265, Vp8, Vp9, Av1],
            Container::WebM => &[Vp9, Vp8, Av1],
            Container::Avi => &[H264],
        }
    }

    /// What it can hold of sound, best known first.
    pub fn audio_codecs(self) -> &'static [AudioCodec] {
        use AudioCodec::{Aac, Flac, Mp3, Opus, Pcm};
        match self {
            Container::Mp4 => &[Aac, Opus, Flac],
            Container::Mov => &[Aac, Pcm],
            Container::Mkv => &[Aac, Opus, Mp3, Flac, Pcm],
            Container::WebM => &[Opus],
            Container::Avi => &[Mp3, Pcm],
        }
    }

    /// What its files end in, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Mp4 => "mp4",
            Container::Mov => "mov",
            Container::Mkv => "mkv",
            Container::WebM => "webm",
            Container::Avi => "avi",
        }
    }

    /// The one whose files end so.
    pub fn of_extension(extension: &str) -> Option<Container> {
        Container::ALL.into_iter().find(|container| container.extension().eq_ignore_ascii_case(extension))
    }
}

impl VideoCodec {
    /// All of them.
    pub const ALL: [VideoCodec; 5] =
        [VideoCodec::H264, VideoCodec::H265, VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::Av1];

    /// Its key in tables and on the command line.
    pub fn key(self) -> &'static str {
        match self {
            VideoCodec::H264 => "h264",
            VideoCodec::H265 => "h265",
            VideoCodec::Vp8 => "vp8",
            VideoCodec::Vp9 => "vp9",
            VideoCodec::Av1 => "av1",
        }
    }
}

impl AudioCodec {
    /// All of them.
    pub const ALL: [AudioCodec; 5] =
        [AudioCodec::Aac, AudioCodec::Opus, AudioCodec::Mp3, AudioCodec::Flac, AudioCodec::Pcm];

    /// Its key in tables and on the command line.
    pub fn key(self) -> &'static str {
        match self {
            AudioCodec::Aac => "aac",
            AudioCodec::Opus => "opus",
            AudioCodec::Mp3 => "mp3",
            AudioCodec::Flac => "flac",
            AudioCodec::Pcm => "pcm",
        }
    }

    /// Whether what comes out is what went in.
    pub fn is_lossless(self) -> bool {
        matches!(self, AudioCodec::Flac | AudioCodec::Pcm)
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Container::Mp4 => "MP4",
            Container::Mov => "MOV",
            Container::Mkv => "MKV",
            Container::WebM => "WebM",
            Container::Avi => "AVI",
        })
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VideoCodec::H264 => "H.264",
            VideoCodec::H265 => "H.265",
            VideoCodec::Vp8 => "VP8",
            VideoCodec::Vp9 => "VP9",
            VideoCodec::Av1 => "AV1",
        })
    }
}

impl fmt::Display for AudioCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AudioCodec::Aac => "AAC",
            AudioCodec::Opus => "Opus",
            AudioCodec::Mp3 => "MP3",
            AudioCodec::Flac => "FLAC",
            AudioCodec::Pcm => "PCM",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{AudioCodec, Container, VideoCodec};

    #[test]
    fn matroska_holds_everything() {
        assert_eq!(Container::Mkv.video_codecs(), VideoCodec::ALL);
        assert_eq!(Container::Mkv.audio_codecs(), AudioCodec::ALL);
    }

    #[test]
    fn a_file_is_known_by_its_ending() {
        for container in Container::ALL {
            assert_eq!(Container::of_extension(&container.extension().to_uppercase()), Some(container));
        }
        assert_eq!(Container::of_extension("txt"), None);
    }
}
