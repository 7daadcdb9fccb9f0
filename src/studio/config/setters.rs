// SPDX-License-Identifier: MIT
//! Setters that read well in a row. The fields are public as well.

use super::{Adaptive, AudioConfig, AudioQuality, Limits, Loudness, RecordingConfig, VideoConfig, WhenReached};
use crate::words::{AudioCodec, Container, Quality, Rate, Size, Target, VideoCodec};

impl RecordingConfig {
    /// In this container.
    pub fn container(self, container: Container) -> Self {
        RecordingConfig { container, ..self }
    }

    /// With these pictures.
    pub fn video(self, video: VideoConfig) -> Self {
        RecordingConfig { video: Some(video), ..self }
    }

    /// Sound alone.
    pub fn without_video(self) -> Self {
        RecordingConfig { video: None, ..self }
    }

    /// With this sound.
    pub fn audio(self, audio: AudioConfig) -> Self {
        RecordingConfig { audio: Some(audio), ..self }
    }

    /// Pictures alone.
    pub fn without_audio(self) -> Self {
        RecordingConfig { audio: None, ..self }
    }

    /// Within these limits.
    pub fn limits(self, limits: Limits) -> Self {
        RecordingConfig { limits, ..self }
    }

    /// These give way, in this order, when encoding can't keep up.
    pub fn adaptive(self, adaptive: impl Into<Vec<Adaptive>>) -> Self {
        RecordingConfig { adaptive: adaptive.into(), ..self }
    }

    /// Made so loud at the end.
    pub fn loudness(self, loudness: Loudness) -> Self {
        RecordingConfig { loudness: Some(loudness), ..self }
    }

    /// With the index in front.
    pub fn fast_start(self, fast_start: bool) -> Self {
        RecordingConfig { fast_start, ..self }
    }
}

impl VideoConfig {
    /// Of this size and rate; all else as usual.
    pub fn new(size: Size, frame_rate: Rate) -> Self {
        VideoConfig { size, frame_rate, ..VideoConfig::default() }
    }

    /// Coded like this.
    pub fn codec(self, codec: VideoCodec) -> Self {
        VideoConfig { codec: Some(codec), ..self }
    }

    /// Of this size.
    pub fn size(self, width: u32, height: u32) -> Self {
        VideoConfig { size: Size { width, height }, ..self }
    }

    /// At this constant rate.
    pub fn frame_rate(self, frame_rate: Rate) -> Self {
        VideoConfig { frame_rate, ..self }
    }

    /// As good as this, whatever the bit rate.
    pub fn quality(self, quality: Quality) -> Self {
        VideoConfig { target: Target::Quality(quality), ..self }
    }

    /// At this bit rate, whatever the quality.
    pub fn kbps(self, kbps: u32) -> Self {
        VideoConfig { target: Target::Kbps(kbps), ..self }
    }

    /// A key frame at least every so many seconds.
    pub fn key_frame_seconds(self, key_frame_seconds: f64) -> Self {
        VideoConfig { key_frame_seconds, ..self }
    }

    /// Encoded within a picture or two.
    pub fn low_latency(self, low_latency: bool) -> Self {
        VideoConfig { low_latency, ..self }
    }

    /// By this element and no other.
    pub fn encoder(self, element: impl Into<String>) -> Self {
        VideoConfig { encoder: Some(element.into()), ..self }
    }
}

impl AudioConfig {
    /// Coded like this.
    pub fn codec(self, codec: AudioCodec) -> Self {
        AudioConfig { codec: Some(codec), ..self }
    }

    /// At the bit rate of this name.
    pub fn quality(self, quality: AudioQuality) -> Self {
        self.kbps(quality.kbps())
    }

    /// At this bit rate.
    pub fn kbps(self, kbps: u32) -> Self {
        AudioConfig { kbps: Some(kbps), ..self }
    }

    /// So many samples a second.
    pub fn sample_rate_hz(self, sample_rate_hz: u32) -> Self {
        AudioConfig { sample_rate_hz, ..self }
    }

    /// So many channels.
    pub fn channels(self, channels: u32) -> Self {
        AudioConfig { channels, ..self }
    }

    /// So many bits a sample.
    pub fn bits(self, bits: u32) -> Self {
        AudioConfig { bits, ..self }
    }

    /// Encoded within milliseconds, where the codec can.
    pub fn low_latency(self, low_latency: bool) -> Self {
        AudioConfig { low_latency, ..self }
    }

    /// By this element and no other.
    pub fn encoder(self, element: impl Into<String>) -> Self {
        AudioConfig { encoder: Some(element.into()), ..self }
    }
}

impl Limits {
    /// No file larger than this.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Limits { max_bytes: Some(bytes), ..self }
    }

    /// No file longer than this.
    pub fn max_seconds(self, seconds: f64) -> Self {
        Limits { max_seconds: Some(seconds), ..self }
    }

    /// The disk keeps this much.
    pub fn min_free_bytes(self, min_free_bytes: u64) -> Self {
        Limits { min_free_bytes, ..self }
    }

    /// The next file begins where one is full.
    pub fn roll_over(self) -> Self {
        Limits { when_reached: WhenReached::RollOver, ..self }
    }

    /// The memory for what waits.
    pub fn max_waiting_bytes(self, max_waiting_bytes: u64) -> Self {
        Limits { max_waiting_bytes, ..self }
    }
}
