// SPDX-License-Identifier: MIT
//! Configurations that are ready, by name.

use super::near::{all, any, near};
use super::{AudioConfig, AudioQuality, ConfigError, Loudness, RecordingConfig, VideoConfig};
use crate::words::{AudioCodec, Container, Quality, Rate, Target, VideoCodec};
use std::sync::LazyLock;

/// The golden master's bit rate of pictures, as its table of encoders has it.
const MASTER_KBPS: u32 = 18_000;

/// A configuration with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// What it is asked for by.
    pub name: String,
    /// What it is for, in one line.
    pub about: String,
    /// What it stands for.
    pub config: RecordingConfig,
}

static READY: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let all = plain().into_iter().chain(special());
    all.map(|(name, about, config)| Preset { name: name.to_owned(), about: about.to_owned(), config }).collect()
});

/// All that are ready, small ones first, the golden master last.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    READY.iter()
}

impl RecordingConfig {
    /// The ready one of this name. Those of a person's own are known to [`PresetShelf`](super::PresetShelf).
    pub fn preset(name: &str) -> Result<RecordingConfig, ConfigError> {
        find(name, READY.iter())
    }
}

/// The one of this name among these; upper and lower case are alike.
pub(super) fn find<'a>(
    name: &str,
    presets: impl Iterator<Item = &'a Preset> + Clone,
) -> Result<RecordingConfig, ConfigError> {
    let found = presets.clone().find(|preset| preset.name.eq_ignore_ascii_case(name));
    found.map(|preset| preset.config.clone()).ok_or_else(|| {
        let names = || presets.clone().map(|preset| preset.name.as_str());
        let instead = match near(name, names()) {
            near if near.is_empty() => format!("there are {}", all(names())),
            near => format!("did you mean {}?", any(near)),
        };
        ConfigError::Preset { name: name.to_owned(), instead }
    })
}

/// The golden master: what it is cannot be changed.
pub(super) fn master() -> RecordingConfig {
    let video = VideoConfig::default().codec(VideoCodec::H264);
    let audio = AudioConfig::default().codec(AudioCodec::Aac).quality(AudioQuality::High).channels(1);
    let config = RecordingConfig::default().video(video.kbps(MASTER_KBPS)).audio(audio);
    RecordingConfig { master: true, ..config }
}

/// By size, rate and quality.
fn plain() -> [(&'static str, &'static str, RecordingConfig); 11] {
    let of = |size, fps, quality| {
        let target = Target::Quality(quality);
        let video = VideoConfig { target, ..VideoConfig::new(size, Rate::whole(fps)) };
        RecordingConfig::default().video(video)
    };
    let (hd, full_hd, uhd) = (VideoConfig::HD, VideoConfig::FULL_HD, VideoConfig::UHD);
    let hevc = VideoConfig::new(uhd, Rate::whole(30)).quality(Quality::High).codec(VideoCodec::H265);
    [
        (
            "vga",
            "640x480, 30 pictures a second, balanced: MP4, H.264 and AAC",
            of(VideoConfig::VGA, 30, Quality::Balanced),
        ),
        ("720p", "1280x720, 30 pictures a second, balanced: MP4, H.264 and AAC", of(hd, 30, Quality::Balanced)),
        ("720p-fast", "as 720p, smaller and easier on the machine", of(hd, 30, Quality::Fast)),
        ("720p-balanced", "as 720p", of(hd, 30, Quality::Balanced)),
        ("1080p", "1920x1080, 30 pictures a second, balanced: MP4, H.264 and AAC", of(full_hd, 30, Quality::Balanced)),
        ("1080p-balanced", "as 1080p", of(full_hd, 30, Quality::Balanced)),
        ("1080p-high", "as 1080p, hard to tell from the original", of(full_hd, 30, Quality::High)),
        ("1080p60", "as 1080p with 60 pictures a second", of(full_hd, 60, Quality::Balanced)),
        ("1080p60-high", "as 1080p60, hard to tell from the original", of(full_hd, 60, Quality::High)),
        ("4k", "3840x2160, 30 pictures a second, balanced: MP4, H.264 and AAC", of(uhd, 30, Quality::Balanced)),
        ("4k-high", "as 4k with H.265, hard to tell from the original", RecordingConfig::default().video(hevc)),
    ]
}

/// By what it is for.
fn special() -> [(&'static str, &'static str, RecordingConfig); 6] {
    let usual = RecordingConfig::default();
    let hd = VideoConfig::new(VideoConfig::HD, Rate::whole(30));
    let opus = AudioConfig::default().codec(AudioCodec::Opus).quality(AudioQuality::Standard);
    [
        (
            "podcast",
            "1080p, 30 pictures a second, stereo at 192 kbit/s, made as loud as podcasts are (-16 LUFS)",
            usual.clone().loudness(Loudness::podcast(2)),
        ),
        ("audio-only", "sound alone: AAC in stereo at 192 kbit/s in an MP4", usual.clone().without_video()),
        (
            "low-latency",
            "720p, 30 pictures a second, encoded at once: Matroska, H.264 and Opus",
            usual
                .clone()
                .container(Container::Mkv)
                .video(hd.clone().codec(VideoCodec::H264).low_latency(true))
                .audio(opus.clone().low_latency(true)),
        ),
        (
            "web",
            "720p, 30 pictures a second, for browsers: WebM, VP9 and Opus",
            usual.clone().container(Container::WebM).video(hd.codec(VideoCodec::Vp9)).audio(opus),
        ),
        (
            "archive",
            "1080p, 30 pictures a second, to be kept: Matroska, H.264 in ultra quality and FLAC with 24 bits",
            usual
                .container(Container::Mkv)
                .video(VideoConfig::default().codec(VideoCodec::H264).quality(Quality::Ultra))
                .audio(AudioConfig::default().codec(AudioCodec::Flac).bits(24)),
        ),
        (
            "master",
            "the golden master: MP4, H.264 at 1080p30, AAC; no crash spoils it, nothing of it changes",
            master(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{RecordingConfig, presets};
    use crate::words::{AudioCodec, Container, VideoCodec};

    #[test]
    fn every_ready_preset_can_be_had_and_is_said_in_a_line() {
        for preset in presets() {
            let valid = preset.config.validate().unwrap_or_else(|why| panic!("{}: {why}", preset.name));
            assert_eq!(valid.is_master(), preset.name == "master");
            assert!((5..110).contains(&preset.about.len()) && !preset.about.contains('\n'), "{}", preset.name);
            assert_eq!(RecordingConfig::preset(&preset.name.to_uppercase()).ok().as_ref(), Some(&preset.config));
        }
    }

    #[test]
    fn the_promised_names_are_there() {
        for name in [
            "vga",
            "720p",
            "1080p",
            "1080p60",
            "4k",
            "720p-fast",
            "720p-balanced",
            "1080p-balanced",
            "1080p-high",
            "1080p60-high",
            "4k-high",
            "podcast",
            "audio-only",
            "low-latency",
            "web",
            "archive",
            "master",
        ] {
            assert_eq!(presets().filter(|preset| preset.name == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn presets_are_what_their_names_say() {
        let valid = |name: &str| RecordingConfig::preset(name).expect("is ready").validate().expect("is valid");
        let podcast = valid("podcast");
        assert_eq!(podcast.sound().map(|s| (s.codec, s.kbps)), Some((AudioCodec::Aac, 192)));
        assert_eq!(podcast.loudness().map(|l| l.target_lufs), Some(-16.0));
        let web = valid("web");
        assert_eq!((web.container(), web.picture().map(|p| p.codec)), (Container::WebM, Some(VideoCodec::Vp9)));
        assert_eq!(valid("archive").sound().map(|s| (s.codec, s.bits)), Some((AudioCodec::Flac, 24)));
        assert_eq!(valid("4k-high").picture().map(|p| p.codec), Some(VideoCodec::H265));
        let master = valid("master").sound().map(|s| (s.codec, s.kbps, s.channels, s.rate_hz));
        assert_eq!(master, Some((AudioCodec::Aac, 192, 1, 48_000)));
    }

    #[test]
    fn a_mistyped_name_is_answered_with_those_near_it() {
        let said = |name: &str| RecordingConfig::preset(name).expect_err("is no preset").to_string();
        assert_eq!(
            said("1080-high"),
            "preset: nothing is called '1080-high'; did you mean 1080p-high, 1080p60-high or 4k-high?"
        );
        assert!(said("zzzzzzzzzzzz").contains("podcast"));
    }
}
