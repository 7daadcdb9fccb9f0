// SPDX-License-Identifier: MIT
//! Back to TOML: all that counts, so that what is read from it is the same whatever the usual values become.

use super::value::{QUALITIES, REACHED, name_of, rate_value};
use super::{Adaptive, AudioConfig, Limits, Loudness, RecordingConfig, VideoConfig, tracks};
use crate::words::Target;
use toml::{Table, Value};

impl RecordingConfig {
    /// As a text that [`RecordingConfig::from_toml`] reads to the same again.
    pub fn to_toml(&self) -> String {
        let table = if self.master { master(&self.limits) } else { table(self) };
        // A table of plain values can always be written.
        toml::to_string(&table).unwrap_or_default()
    }
}

/// The golden master is known by its name; how long it may be is all that is one's own.
fn master(limits: &Limits) -> Table {
    let mut table = Table::new();
    set(&mut table, "preset", "master");
    if let Some(seconds) = limits.max_seconds {
        set(&mut table, "limits", Table::from_iter([("max_seconds".to_owned(), Value::from(seconds))]));
    }
    table
}

/// Every field by its name.
pub(super) fn table(config: &RecordingConfig) -> Table {
    let mut table = Table::new();
    set(&mut table, "container", config.container.extension());
    set(&mut table, "fast_start", config.fast_start);
    set(&mut table, "video", config.video.as_ref().map_or_else(|| "none".into(), |it| Value::Table(video(it))));
    set(&mut table, "audio", config.audio.as_ref().map_or_else(|| "none".into(), |it| Value::Table(audio(it))));
    if !config.tracks.is_empty() {
        set(&mut table, "track", tracks::write(&config.tracks));
    }
    set(&mut table, "limits", limits(&config.limits));
    if !config.adaptive.is_empty() {
        let modes: Vec<Value> = config.adaptive.iter().map(|it| name_of(&Adaptive::NAMES, it).into()).collect();
        set(&mut table, "adaptive", Table::from_iter([("mode".to_owned(), Value::Array(modes))]));
    }
    if let Some(it) = &config.loudness {
        set(&mut table, "loudness", loudness(it));
    }
    table
}

pub(super) fn video(video: &VideoConfig) -> Table {
    let mut table = Table::new();
    if let Some(codec) = video.codec {
        set(&mut table, "codec", codec.key());
    }
    set(&mut table, "size", video.size.to_string());
    set(&mut table, "frame_rate", rate_value(video.frame_rate));
    match video.target {
        Target::Quality(quality) => set(&mut table, "quality", name_of(&QUALITIES, &quality)),
        Target::Kbps(kbps) => set(&mut table, "kbps", i64::from(kbps)),
    }
    set(&mut table, "key_frame_seconds", video.key_frame_seconds);
    set(&mut table, "low_latency", video.low_latency);
    if let Some(encoder) = &video.encoder {
        set(&mut table, "encoder", encoder.as_str());
    }
    table
}

pub(super) fn audio(audio: &AudioConfig) -> Table {
    let mut table = Table::new();
    if let Some(codec) = audio.codec {
        set(&mut table, "codec", codec.key());
    }
    if let Some(kbps) = audio.kbps {
        set(&mut table, "kbps", i64::from(kbps));
    }
    set(&mut table, "sample_rate_hz", i64::from(audio.sample_rate_hz));
    set(&mut table, "channels", i64::from(audio.channels));
    set(&mut table, "bits", i64::from(audio.bits));
    set(&mut table, "low_latency", audio.low_latency);
    if let Some(encoder) = &audio.encoder {
        set(&mut table, "encoder", encoder.as_str());
    }
    table
}

fn limits(limits: &Limits) -> Table {
    let mut table = Table::new();
    if let Some(bytes) = limits.max_bytes {
        set(&mut table, "max_bytes", whole(bytes));
    }
    if let Some(seconds) = limits.max_seconds {
        set(&mut table, "max_seconds", seconds);
    }
    set(&mut table, "min_free_bytes", whole(limits.min_free_bytes));
    set(&mut table, "when_reached", name_of(&REACHED, &limits.when_reached));
    set(&mut table, "max_waiting_bytes", whole(limits.max_waiting_bytes));
    table
}

fn loudness(loudness: &Loudness) -> Table {
    let mut table = Table::new();
    set(&mut table, "target_lufs", loudness.target_lufs);
    set(&mut table, "true_peak_db", loudness.true_peak_db);
    set(&mut table, "keep_original", loudness.keep_original);
    table
}

/// TOML counts to 2^63; the check allows far less.
fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn set(table: &mut Table, key: &str, value: impl Into<Value>) {
    table.insert(key.to_owned(), value.into());
}
