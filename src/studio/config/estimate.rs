// SPDX-License-Identifier: MIT
//! How large an hour of it becomes.
//!
//! A bit rate is kept to. A quality costs what the pictures need, and of talking heads these sizes are
//! expected; what a camera's noise adds can be several times as much:
//!
//! ```text
//!   720p30 balanced     1.5 GB an hour, sound at 192 kbit/s included
//!   1080p30 balanced    2.5 GB
//!   1080p60 high        4.0 GB
//! ```
//!
//! Between and beyond these the size grows with a power of the pixels, a power of the rate, and a factor for each step
//! of quality. Pictures of twice the rate cost little more, as there is less news in each.

use super::{AudioConfig, RecordingConfig, TrackConfig, TrackMedia, VideoConfig, check, sound};
use crate::words::{AudioCodec, Container, Quality, Target, VideoCodec};

/// 192 kbit/s for an hour, in bytes.
const SOUND: f64 = 192_000.0 / 8.0 * 3600.0;
/// What the pictures of these three hours take.
const HD_30: f64 = 1.5e9 - SOUND;
const FULL_HD_30: f64 = 2.5e9 - SOUND;
const FULL_HD_60_HIGH: f64 = 4.0e9 - SOUND;

/// Of the pictures' rate; with it the three leave a factor of 1.36 for a step of quality.
const RATE_POWER: f64 = 0.25;

/// FLAC takes about so much of what PCM takes.
const FLAC_SHARE: f64 = 0.55;

impl RecordingConfig {
    /// About how many bytes an hour of it takes: exactly the bit rates where those are given, and what is
    /// expected of talking heads where a quality is.
    pub fn estimated_bytes_per_hour(&self) -> u64 {
        let video = self.video.as_ref().map_or(0.0, |it| pictures(self.container, it));
        let audio = self.audio.as_ref().map_or(0.0, |it| sounds(self.container, it));
        let track = |track: &TrackConfig| match &track.media {
            TrackMedia::Video(video) => pictures(self.container, video),
            TrackMedia::Audio(audio) => sounds(self.container, audio),
        };
        let further: f64 = self.tracks.iter().map(track).sum();
        (video + audio + further).round() as u64
    }
}

fn pictures(container: Container, video: &VideoConfig) -> f64 {
    let quality = match video.target {
        Target::Kbps(kbps) => return per_hour(f64::from(kbps) * 1000.0),
        Target::Quality(quality) => quality,
    };
    let relative_pixels = video.size.pixels() as f64 / VideoConfig::FULL_HD.pixels() as f64;
    let measured_pixels = VideoConfig::FULL_HD.pixels() as f64 / VideoConfig::HD.pixels() as f64;
    let pixel_power = (FULL_HD_30 / HD_30).ln() / measured_pixels.ln();
    let rate = (video.frame_rate.as_f64() / 30.0).powf(RATE_POWER);
    let step = FULL_HD_60_HIGH / FULL_HD_30 / 2_f64.powf(RATE_POWER);
    let steps = match quality {
        Quality::Fast => -1,
        Quality::Balanced => 0,
        Quality::High => 1,
        Quality::Ultra => 2,
    };
    let thrift = match check::video_codec(container, video) {
        VideoCodec::H264 => 1.0,
        VideoCodec::H265 => 0.65,
        VideoCodec::Vp8 => 1.1,
        VideoCodec::Vp9 => 0.7,
        VideoCodec::Av1 => 0.55,
    };
    FULL_HD_30 * relative_pixels.powf(pixel_power) * rate * step.powi(steps) * thrift
}

fn sounds(container: Container, audio: &AudioConfig) -> f64 {
    let codec = sound::codec(container, audio);
    let raw = f64::from(audio.sample_rate_hz) * f64::from(audio.channels) * f64::from(audio.bits);
    per_hour(match codec {
        AudioCodec::Pcm => raw,
        AudioCodec::Flac => raw * FLAC_SHARE,
        AudioCodec::Aac | AudioCodec::Opus | AudioCodec::Mp3 => f64::from(sound::kbps(codec, audio)) * 1000.0,
    })
}

/// Bytes of an hour at so many bits a second.
fn per_hour(bits_per_second: f64) -> f64 {
    bits_per_second / 8.0 * 3600.0
}

#[cfg(test)]
mod tests {
    use super::{AudioConfig, RecordingConfig, VideoConfig};
    use crate::words::{AudioCodec, Container, Quality, Rate};

    fn gigabytes(video: VideoConfig) -> f64 {
        RecordingConfig::default().video(video).estimated_bytes_per_hour() as f64 / 1e9
    }

    #[test]
    fn the_measured_hours_are_met() {
        let hd = gigabytes(VideoConfig::new(VideoConfig::HD, Rate::whole(30)));
        let full = gigabytes(VideoConfig::new(VideoConfig::FULL_HD, Rate::whole(30)));
        let fast = VideoConfig::new(VideoConfig::FULL_HD, Rate::whole(60)).quality(Quality::High);
        let found = [hd, full, gigabytes(fast)];
        assert!(found.iter().zip([1.5, 2.5, 4.0]).all(|(found, wanted)| (found - wanted).abs() < 0.001), "{found:?}");
    }

    #[test]
    fn bit_rates_are_counted_exactly() {
        let video = VideoConfig::default().kbps(8000);
        let config = RecordingConfig::default().video(video).audio(AudioConfig::default().kbps(128));
        assert_eq!(config.estimated_bytes_per_hour(), 8_128_000 / 8 * 3600);
        let pcm = AudioConfig::default().codec(AudioCodec::Pcm).bits(24).channels(8);
        let alone = RecordingConfig::default().container(Container::Mkv).without_video().audio(pcm);
        assert_eq!(alone.estimated_bytes_per_hour(), 48_000 * 3 * 8 * 3600);
    }

    #[test]
    fn more_of_anything_is_never_smaller() {
        let mut before = 0.0;
        for (size, fps, quality) in [
            (VideoConfig::VGA, 15, Quality::Fast),
            (VideoConfig::VGA, 15, Quality::Balanced),
            (VideoConfig::VGA, 30, Quality::Balanced),
            (VideoConfig::HD, 30, Quality::High),
            (VideoConfig::FULL_HD, 30, Quality::High),
            (VideoConfig::UHD, 60, Quality::Ultra),
        ] {
            let now = gigabytes(VideoConfig::new(size, Rate::whole(fps)).quality(quality));
            assert!(now > before, "{size} {fps}: {now}");
            before = now;
        }
    }
}
