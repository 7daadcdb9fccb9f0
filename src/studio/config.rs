// SPDX-License-Identifier: MIT
//! What a recording is to be: container, codecs, size, rate, quality, limits. Built in code, read from TOML, or taken
//! from a ready preset; then [`RecordingConfig::validate`] says whether it can be, and if not, which field is wrong and
//! what would work.
//!
//! ```text
//!   default(), preset(name) --\                       /--> PictureRecipe, SoundRecipe, Container: the encoders
//!   from_toml(text), set() ----+--> RecordingConfig --+
//!   setters, public fields ---/       validate()      \--> ConfigError: a field, and what would work
//! ```
//!
//! Nothing is ever corrected in silence: what can't be had is refused. Files are read in `config/shelf.rs` alone.

mod check;
mod error;
mod estimate;
mod near;
mod presets;
mod read;
mod setters;
mod shelf;
mod sound;
mod tracks;
mod value;
mod write;

pub use check::Valid;
pub(super) use check::{FPS_MAX, SIDES};
pub use error::ConfigError;
pub use presets::{Preset, presets};
pub use shelf::PresetShelf;
pub use tracks::{MediaRecipe, TrackConfig, TrackMedia, TrackRecipe};

use crate::words::{AudioCodec, Container, Quality, Rate, Size, Target, VideoCodec};

/// Waiting pictures and sound may take so much memory where nothing else is said.
const WAITING_BYTES: u64 = 256 << 20;

/// The disk keeps so much where nothing else is said: a system whose disk is full to the brim misbehaves.
const FREE_BYTES: u64 = 100_000_000;

/// What a recording is to be.
///
/// ```
/// use hyperzoom::studio::{AudioConfig, AudioQuality, RecordingConfig, VideoConfig};
/// use hyperzoom::words::{Container, Quality, Rate, VideoCodec};
///
/// let config = RecordingConfig::default()
///     .container(Container::Mkv)
///     .video(
///         VideoConfig::new(VideoConfig::HD, Rate::whole(60)).codec(VideoCodec::H265).quality(Quality::High),
///     )
///     .audio(AudioConfig::default().quality(AudioQuality::Maximum));
/// let valid = config.validate()?;
/// assert_eq!(valid.picture().map(|picture| picture.key_frames), Some(60));
///
/// // The same from a file; what can't be had is refused by name.
/// let mut config = RecordingConfig::from_toml(
///     r#"
///     preset = "1080p-high"
///     container = "mkv"
///     [limits]
///     max_bytes = "4 GB"
///     when_reached = "roll-over"
///     "#,
/// )?;
/// assert!(config.validate().is_ok());
/// config.set("container", "webm")?;
/// config.set("video.codec", "h264")?;
/// let refused = config.validate().expect_err("WebM holds no H.264");
/// assert_eq!(refused.field(), Some("video.codec"));
/// # Ok::<(), hyperzoom::studio::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingConfig {
    /// What it is wrapped in.
    pub container: Container,
    /// The pictures; nothing is sound alone.
    pub video: Option<VideoConfig>,
    /// The sound; nothing is pictures alone.
    pub audio: Option<AudioConfig>,
    /// Tracks beside these, each from a source of its own.
    pub tracks: Vec<TrackConfig>,
    /// What ends it, or begins the next file.
    pub limits: Limits,
    /// What gives way, in this order, when encoding can't keep up; empty is nothing at all.
    pub adaptive: Vec<Adaptive>,
    /// Made as loud as this when it ends.
    pub loudness: Option<Loudness>,
    /// The index is put in front of the media at the end, for players on a network. MP4 and MOV only.
    pub fast_start: bool,
    /// It is the golden master, of which nothing may be changed. The preset `master` says so.
    pub master: bool,
}

/// The pictures of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoConfig {
    /// How they are coded; nothing is the container's first.
    pub codec: Option<VideoCodec>,
    /// Their size: both sides even, from 64 to 8192.
    pub size: Size,
    /// Their constant rate, from 1 to 240 a second.
    pub frame_rate: Rate,
    /// A quality or a bit rate.
    pub target: Target,
    /// A key frame at least every so many seconds.
    pub key_frame_seconds: f64,
    /// Encoded within a picture or two, at some cost in size.
    pub low_latency: bool,
    /// This GStreamer element and no other.
    pub encoder: Option<String>,
}

/// The sound of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioConfig {
    /// How it is coded; nothing is the container's first.
    pub codec: Option<AudioCodec>,
    /// The bit rate where the codec is not lossless; nothing is 192, or as much as the codec can.
    pub kbps: Option<u32>,
    /// Samples per second, from 8000 to 192000.
    pub sample_rate_hz: u32,
    /// Channels, from 1 to 8.
    pub channels: u32,
    /// Bits of a sample: 16, or 24 for FLAC and PCM.
    pub bits: u32,
    /// Encoded within milliseconds, where the codec can: Opus in frames of 5 ms, which cost some of its quality.
    pub low_latency: bool,
    /// This GStreamer element and no other.
    pub encoder: Option<String>,
}

/// Bit rates of sound that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioQuality {
    /// 64 kbit/s.
    Low,
    /// 96 kbit/s.
    Voice,
    /// 128 kbit/s.
    Standard,
    /// 192 kbit/s.
    High,
    /// 320 kbit/s.
    Maximum,
}

/// How much there may be of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The largest file.
    pub max_bytes: Option<u64>,
    /// The longest file.
    pub max_seconds: Option<f64>,
    /// The recording ends when the disk has less than this left.
    pub min_free_bytes: u64,
    /// What the largest or longest file is followed by.
    pub when_reached: WhenReached,
    /// The memory that pictures and sound may take while they wait for their encoders and the disk.
    pub max_waiting_bytes: u64,
}

/// What happens at `max_bytes` or `max_seconds`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenReached {
    /// The recording ends.
    #[default]
    End,
    /// The next file begins, without a frame lost between them.
    RollOver,
}

/// What gives way when encoding can't keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adaptive {
    /// Every other picture is the one before once more, which costs the encoder little; the file's rate stays.
    Rate,
    /// Half as wide and half as high, in a file of its own.
    Size,
    /// One quality lower, or half the bit rate, in a file of its own.
    Quality,
}

/// How loud a recording is made, by an exact second pass over its sound when it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Integrated loudness after EBU R128, from -36 to -8 LUFS.
    pub target_lufs: f64,
    /// No peak above this, in dBTP, from -9 to 0.
    pub true_peak_db: f64,
    /// The recording as it was is kept beside it.
    pub keep_original: bool,
}

impl VideoConfig {
    /// 640x480.
    pub const VGA: Size = Size { width: 640, height: 480 };
    /// 720p.
    pub const HD: Size = Size { width: 1280, height: 720 };
    /// 1080p.
    pub const FULL_HD: Size = Size::FULL_HD;
    /// 4K.
    pub const UHD: Size = Size { width: 3840, height: 2160 };
}

impl AudioQuality {
    /// All of them with their names, the smallest first.
    pub const NAMES: [(&str, AudioQuality); 5] = [
        ("low", AudioQuality::Low),
        ("voice", AudioQuality::Voice),
        ("standard", AudioQuality::Standard),
        ("high", AudioQuality::High),
        ("maximum", AudioQuality::Maximum),
    ];

    /// The bit rate it stands for.
    pub fn kbps(self) -> u32 {
        match self {
            AudioQuality::Low => 64,
            AudioQuality::Voice => 96,
            AudioQuality::Standard => 128,
            AudioQuality::High => 192,
            AudioQuality::Maximum => 320,
        }
    }
}

impl Adaptive {
    /// All of them with their names.
    pub const NAMES: [(&str, Adaptive); 3] =
        [("rate", Adaptive::Rate), ("size", Adaptive::Size), ("quality", Adaptive::Quality)];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Adaptive::Rate => "rate",
            Adaptive::Size => "size",
            Adaptive::Quality => "quality",
        }
    }
}

impl Loudness {
    /// What podcasts agree on: -16 LUFS, and -19 where one channel is all there is.
    pub fn podcast(channels: u32) -> Loudness {
        let target_lufs = if channels == 1 { -19.0 } else { -16.0 };
        Loudness { target_lufs, true_peak_db: -1.0, keep_original: false }
    }
}

impl Default for RecordingConfig {
    /// 1080p30 in balanced quality and stereo at 192 kbit/s: an MP4 with H.264 and AAC.
    fn default() -> RecordingConfig {
        RecordingConfig {
            container: Container::Mp4,
            video: Some(VideoConfig::default()),
            audio: Some(AudioConfig::default()),
            tracks: Vec::new(),
            limits: Limits::default(),
            adaptive: Vec::new(),
            loudness: None,
            fast_start: false,
            master: false,
        }
    }
}

impl Default for VideoConfig {
    fn default() -> VideoConfig {
        VideoConfig {
            codec: None,
            size: VideoConfig::FULL_HD,
            frame_rate: Rate::whole(30),
            target: Target::Quality(Quality::Balanced),
            key_frame_seconds: 1.0,
            low_latency: false,
            encoder: None,
        }
    }
}

impl Default for AudioConfig {
    fn default() -> AudioConfig {
        AudioConfig {
            codec: None,
            kbps: None,
            sample_rate_hz: 48_000,
            channels: 2,
            bits: 16,
            low_latency: false,
            encoder: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_bytes: None,
            max_seconds: None,
            min_free_bytes: FREE_BYTES,
            when_reached: WhenReached::End,
            max_waiting_bytes: WAITING_BYTES,
        }
    }
}

#[cfg(test)]
mod tests;
