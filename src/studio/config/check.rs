// SPDX-License-Identifier: MIT
//! Whether a configuration can be had, and what the encoders are to make of it.

use super::near::all;
use super::value::readable;
use super::{
    Adaptive, ConfigError, Limits, Loudness, RecordingConfig, TrackRecipe, VideoConfig, WhenReached, sound, tracks,
    write,
};
use crate::words::{Container, PictureRecipe, SoundRecipe, Target, VideoCodec};
use std::ops::RangeInclusive;

/// Sides of a recording's pictures.
pub(in crate::studio) const SIDES: RangeInclusive<u32> = 64..=8192;
/// Its pictures a second, of which there is at least one.
pub(in crate::studio) const FPS_MAX: u64 = 240;
/// Numerators and denominators beyond this are no rates that anybody means, and no time scale counts them.
const RATE_PART_MAX: u32 = 1_000_000;
const VIDEO_KBPS: RangeInclusive<u32> = 16..=500_000;
/// A file is cut at key frames: whatever a crash may cost is at most this long.
const KEY_FRAME_SECONDS_MAX: f64 = 60.0;

/// The smallest file that can hold its tables and a second of anything.
const FILE_BYTES_MIN: u64 = 1_000_000;
/// A thousand terabytes: more is a slip of the finger.
const FILE_BYTES_MAX: u64 = 1_000_000_000_000_000;
/// Shorter files would be more header than recording.
const FILE_SECONDS_MIN: f64 = 1.0;
/// A year.
const FILE_SECONDS_MAX: f64 = 366.0 * 86_400.0;
const WAITING_BYTES_MIN: u64 = 16 << 20;
const WAITING_BYTES_MAX: u64 = 1 << 40;
/// One picture is being encoded while the next one arrives.
const WAITING_PICTURES_MIN: u64 = 2;

const LUFS: RangeInclusive<f64> = -36.0..=-8.0;
const TRUE_PEAK_DB: RangeInclusive<f64> = -9.0..=0.0;

/// A configuration that can be had. Only [`RecordingConfig::validate`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Valid {
    config: RecordingConfig,
    picture: Option<PictureRecipe>,
    sound: Option<SoundRecipe>,
    tracks: Vec<TrackRecipe>,
}

impl RecordingConfig {
    /// Whether it can be had: what the encoders are to do, or the field that is wrong and what would work.
    pub fn validate(&self) -> Result<Valid, ConfigError> {
        if self.master {
            check_master(self)?;
        }
        if self.video.is_none() && self.audio.is_none() {
            let instead = "give a [video] section or an [audio] section";
            return Err(ConfigError::impossible("video", "there are neither pictures nor sound to record", instead));
        }
        let picture = self.video.as_ref().map(|video| picture(self.container, video)).transpose()?;
        let sound = self.audio.as_ref().map(|audio| sound::recipe(self.container, audio)).transpose()?;
        for (field, encoder) in [
            ("video.encoder", picture.as_ref().and_then(|picture| picture.encoder.as_ref())),
            ("audio.encoder", sound.as_ref().and_then(|sound| sound.encoder.as_ref())),
        ] {
            check_encoder(field, encoder.map(String::as_str))?;
        }
        let tracks = tracks::recipes(self)?;
        check_limits(&self.limits, picture.as_ref())?;
        check_adaptive(&self.adaptive, picture.is_some())?;
        check_loudness(self.loudness, sound.is_some())?;
        if self.fast_start && !matches!(self.container, Container::Mp4 | Container::Mov) {
            let why = format!("{} has no index that could stand in front", self.container);
            return Err(ConfigError::impossible("fast_start", why, "leave it out, or choose MP4 or MOV"));
        }
        Ok(Valid { config: self.clone(), picture, sound, tracks })
    }
}

impl Valid {
    /// What it is wrapped in.
    pub fn container(&self) -> Container {
        self.config.container
    }

    /// What the encoder of pictures is to do, if there are any.
    pub fn picture(&self) -> Option<&PictureRecipe> {
        self.picture.as_ref()
    }

    /// What the encoder of sound is to do, if there is any.
    pub fn sound(&self) -> Option<&SoundRecipe> {
        self.sound.as_ref()
    }

    /// What the encoders of further tracks are to do.
    pub fn tracks(&self) -> &[TrackRecipe] {
        &self.tracks
    }

    /// How much there may be of it.
    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// Lowers what may wait for the encoders.
    pub(in crate::studio) fn wait_at_most(&mut self, bytes: u64) {
        let limit = &mut self.config.limits.max_waiting_bytes;
        *limit = bytes.min(*limit);
    }

    /// What gives way when encoding can't keep up, in this order.
    pub fn adaptive(&self) -> &[Adaptive] {
        &self.config.adaptive
    }

    /// How loud it is made at the end.
    pub fn loudness(&self) -> Option<Loudness> {
        self.config.loudness
    }

    /// Whether the index is put in front.
    pub fn fast_start(&self) -> bool {
        self.config.fast_start
    }

    /// Whether it is the golden master.
    pub fn is_master(&self) -> bool {
        self.config.master
    }

    /// The configuration that was found good.
    pub fn config(&self) -> &RecordingConfig {
        &self.config
    }
}

/// The first field that is not the master's own. How long it may be is the one thing left to its owner.
fn check_master(config: &RecordingConfig) -> Result<(), ConfigError> {
    let mut own = super::presets::master();
    own.limits.max_seconds = config.limits.max_seconds;
    match difference(&write::table(config), &write::table(&own)) {
        Some(field) => Err(ConfigError::Master { field }),
        None => Ok(()),
    }
}

/// The first key, as a path, of which two tables think differently.
fn difference(one: &toml::Table, other: &toml::Table) -> Option<String> {
    let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
    let mut different = keys.filter(|key| one.get(*key) != other.get(*key));
    let key = different.next()?;
    let inner = match (one.get(key), other.get(key)) {
        (Some(toml::Value::Table(one)), Some(toml::Value::Table(other))) => difference(one, other),
        _ => None,
    };
    Some(inner.map_or_else(|| key.clone(), |inner| format!("{key}.{inner}")))
}

/// The codec that is asked for, or the container's first.
pub(super) fn video_codec(container: Container, video: &VideoConfig) -> VideoCodec {
    video.codec.unwrap_or(container.video_codecs()[0])
}

pub(super) fn picture(container: Container, video: &VideoConfig) -> Result<PictureRecipe, ConfigError> {
    let codec = video_codec(container, video);
    if !container.video_codecs().contains(&codec) {
        let held = all(container.video_codecs());
        let instead = format!("it holds {held}, or choose MKV");
        return Err(ConfigError::impossible("video.codec", format!("{container} cannot hold {codec}"), instead));
    }
    for side in [video.size.width, video.size.height] {
        if !SIDES.contains(&side) || side % 2 != 0 {
            let why = format!("{} is no size that can be encoded", video.size);
            let instead = format!("choose even sides from {} to {}", SIDES.start(), SIDES.end());
            return Err(ConfigError::impossible("video.size", why, instead));
        }
    }
    check_rate(video)?;
    if let Target::Kbps(kbps) = video.target
        && !VIDEO_KBPS.contains(&kbps)
    {
        let instead = format!("choose {} to {}, or a quality", VIDEO_KBPS.start(), VIDEO_KBPS.end());
        return Err(ConfigError::impossible("video.kbps", format!("{kbps} kbit/s can't be kept to"), instead));
    }
    Ok(PictureRecipe {
        codec,
        size: video.size,
        rate: video.frame_rate,
        target: video.target,
        key_frames: key_frames(video)?,
        low_latency: video.low_latency,
        encoder: video.encoder.clone(),
    })
}

fn check_rate(video: &VideoConfig) -> Result<(), ConfigError> {
    let (num, den) = (video.frame_rate.num, video.frame_rate.den);
    let (pictures, seconds) = (u64::from(num), u64::from(den));
    let sane = den > 0 && num <= RATE_PART_MAX && den <= RATE_PART_MAX;
    if sane && pictures >= seconds && pictures <= FPS_MAX * seconds {
        return Ok(());
    }
    let why = format!("{num}/{den} is no rate that can be recorded");
    let instead = format!("choose 1 to {FPS_MAX} pictures per second, whole or as a fraction such as \"30000/1001\"");
    Err(ConfigError::impossible("video.frame_rate", why, instead))
}

/// The interval in pictures; the rate has been checked.
fn key_frames(video: &VideoConfig) -> Result<u32, ConfigError> {
    let fps = video.frame_rate.as_f64();
    let seconds = video.key_frame_seconds;
    // A little less than a picture is a picture, written with few digits.
    let pictures = seconds * fps;
    if pictures >= 0.9 && seconds <= KEY_FRAME_SECONDS_MAX {
        return Ok((pictures.round() as u32).max(1));
    }
    let instead = format!("choose {:.3} (every picture) to {KEY_FRAME_SECONDS_MAX}", 1.0 / fps);
    Err(ConfigError::impossible("video.key_frame_seconds", format!("{seconds} s can't be kept to"), instead))
}

/// The name becomes part of a pipeline's text, where a blank or an exclamation mark would mean more than a name.
pub(super) fn check_encoder(field: &str, element: Option<&str>) -> Result<(), ConfigError> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && name != "auto"
    };
    match element {
        Some(name) if !is_name(name) => {
            let instead = "write one as gst-inspect-1.0 lists it, such as x264enc, or leave it out";
            Err(ConfigError::impossible(field, format!("{name:?} is no name of an element"), instead))
        }
        _ => Ok(()),
    }
}

fn check_limits(limits: &Limits, picture: Option<&PictureRecipe>) -> Result<(), ConfigError> {
    if let Some(bytes) = limits.max_bytes
        && !(FILE_BYTES_MIN..=FILE_BYTES_MAX).contains(&bytes)
    {
        let instead = format!("choose {} to {}", readable(FILE_BYTES_MIN), readable(FILE_BYTES_MAX));
        return Err(ConfigError::impossible("limits.max_bytes", format!("no file ends at {bytes} bytes"), instead));
    }
    if let Some(seconds) = limits.max_seconds
        && !(FILE_SECONDS_MIN..=FILE_SECONDS_MAX).contains(&seconds)
    {
        let instead = format!("choose {FILE_SECONDS_MIN} to {FILE_SECONDS_MAX}");
        return Err(ConfigError::impossible("limits.max_seconds", format!("no file ends at {seconds} s"), instead));
    }
    if limits.min_free_bytes > FILE_BYTES_MAX {
        let why = format!("no disk has {} bytes to spare", limits.min_free_bytes);
        let instead = format!("choose at most {}", readable(FILE_BYTES_MAX));
        return Err(ConfigError::impossible("limits.min_free_bytes", why, instead));
    }
    if limits.when_reached == WhenReached::RollOver && limits.max_bytes.is_none() && limits.max_seconds.is_none() {
        let why = "a roll-over needs a limit to roll over at";
        let instead = "give limits.max_bytes or limits.max_seconds as well";
        return Err(ConfigError::impossible("limits.when_reached", why, instead));
    }
    check_waiting(limits.max_waiting_bytes, picture)
}

fn check_waiting(bytes: u64, picture: Option<&PictureRecipe>) -> Result<(), ConfigError> {
    // 4:2:0 pictures: twelve bits a pixel.
    let pictures = picture.map_or(0, |picture| picture.size.pixels() * 3 / 2 * WAITING_PICTURES_MIN);
    let least = pictures.max(WAITING_BYTES_MIN);
    if (least..=WAITING_BYTES_MAX).contains(&bytes) {
        return Ok(());
    }
    let why = format!("{} is no room for what waits", readable(bytes));
    let instead = format!("choose {least} to {WAITING_BYTES_MAX} bytes; two pictures have to find room");
    Err(ConfigError::impossible("limits.max_waiting_bytes", why, instead))
}

fn check_adaptive(adaptive: &[Adaptive], pictures: bool) -> Result<(), ConfigError> {
    if !adaptive.is_empty() && !pictures {
        let why = "there are no pictures that could give way";
        return Err(ConfigError::impossible("adaptive.mode", why, "say \"off\""));
    }
    let repeated = adaptive.iter().enumerate().find(|(at, mode)| adaptive[..*at].contains(mode));
    match repeated {
        Some((_, mode)) => {
            let name = super::value::name_of(&Adaptive::NAMES, mode);
            let why = format!("{name} stands there twice");
            Err(ConfigError::impossible("adaptive.mode", why, "name each of rate, size and quality once at most"))
        }
        None => Ok(()),
    }
}

fn check_loudness(loudness: Option<Loudness>, sound: bool) -> Result<(), ConfigError> {
    let Some(loudness) = loudness else { return Ok(()) };
    if !sound {
        let why = "there is no sound that could be made as loud";
        return Err(ConfigError::impossible("loudness", why, "leave the section out"));
    }
    for (field, found, allowed) in [
        ("loudness.target_lufs", loudness.target_lufs, LUFS),
        ("loudness.true_peak_db", loudness.true_peak_db, TRUE_PEAK_DB),
    ] {
        if !allowed.contains(&found) {
            let instead = format!("choose {} to {}", allowed.start(), allowed.end());
            return Err(ConfigError::impossible(field, format!("{found} is out of reach"), instead));
        }
    }
    Ok(())
}
