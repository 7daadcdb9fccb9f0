// SPDX-License-Identifier: MIT
//! From TOML, field by field, onto what stood before. A key that is not known is refused: it was meant for something.

use super::near::{all, any, near};
use super::value::{
    self, QUALITIES, REACHED, SIZES, adaptive, audio_codec, bytes, container, named, number, rate, size, sound_kbps,
    video_codec, whole,
};
use super::{AudioConfig, AudioQuality, ConfigError, Limits, Loudness, RecordingConfig, VideoConfig, tracks};
use crate::words::{AudioCodec, Container, Target, VideoCodec};
use toml::{Table, Value};

const TOP: [&str; 10] =
    ["preset", "about", "container", "video", "audio", "track", "limits", "adaptive", "loudness", "fast_start"];
const VIDEO: [&str; 8] =
    ["codec", "size", "frame_rate", "quality", "kbps", "key_frame_seconds", "low_latency", "encoder"];
const AUDIO: [&str; 8] = ["codec", "quality", "kbps", "sample_rate_hz", "channels", "bits", "low_latency", "encoder"];
const LIMITS: [&str; 5] = ["max_bytes", "max_seconds", "min_free_bytes", "when_reached", "max_waiting_bytes"];
const LOUDNESS: [&str; 3] = ["target_lufs", "true_peak_db", "keep_original"];

/// What other programs call things that are called otherwise here.
const ALIASES: [(&str, &str); 11] = [
    ("bitrate", "kbps"),
    ("bit_rate", "kbps"),
    ("fps", "frame_rate"),
    ("framerate", "frame_rate"),
    ("format", "container"),
    ("resolution", "size"),
    ("width", "size"),
    ("height", "size"),
    ("rate", "sample_rate_hz"),
    ("sample_rate", "sample_rate_hz"),
    ("gop", "key_frame_seconds"),
];

/// A value that is not understood is shown as far as a line can hold it.
const FOUND_CHARS_MAX: usize = 60;

/// Says that nothing in particular is wanted, where a preset wants something.
const AUTO: &str = "auto";
/// Says that a whole section is not wanted.
const NONE: &str = "none";

/// What a text is called by whoever wrote it, and what it is to be.
pub(super) struct Written {
    pub about: Option<String>,
    pub config: RecordingConfig,
}

impl RecordingConfig {
    /// What a text says. It may begin with `preset = "NAME"` and say only what is to be different; without one,
    /// whatever it does not say is as [`RecordingConfig::default`] has it. Presets of a person's own are known to
    /// [`PresetShelf`](super::PresetShelf).
    pub fn from_toml(text: &str) -> Result<RecordingConfig, ConfigError> {
        Ok(written(text, RecordingConfig::preset)?.config)
    }

    /// Sets one field as a text in TOML would, for command lines: `set("video.frame_rate", "30000/1001")`. Nothing is
    /// changed by a value that is not understood.
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), ConfigError> {
        let parsed = format!("it = {text}").parse::<Table>().ok().filter(|table| table.len() == 1);
        let value = parsed.and_then(|mut table| table.remove("it")).unwrap_or_else(|| text.into());
        let outermost =
            field.rsplit('.').fold(value, |inner, key| Value::Table(Table::from_iter([(key.into(), inner)])));
        let Value::Table(table) = outermost else { return Err(unknown(field, "", &TOP)) };
        if table.contains_key("preset") {
            let instead = "begin with the preset, then set the rest";
            return Err(ConfigError::impossible("preset", "a preset is what everything else is laid upon", instead));
        }
        *self = apply(self.clone(), table)?.config;
        Ok(())
    }
}

/// Reads a whole text; `preset` knows what it may be laid upon.
pub(super) fn written(
    text: &str,
    preset: impl Fn(&str) -> Result<RecordingConfig, ConfigError>,
) -> Result<Written, ConfigError> {
    let mut table = text.parse::<Table>().map_err(|why| ConfigError::Syntax(why.to_string().trim_end().to_owned()))?;
    let base = match table.remove("preset") {
        None => RecordingConfig::default(),
        Some(Value::String(name)) => preset(&name)?,
        Some(other) => return Err(misread("preset", &other, "the name of a preset, such as \"1080p-high\"")),
    };
    apply(base, table)
}

fn apply(mut config: RecordingConfig, table: Table) -> Result<Written, ConfigError> {
    let mut top = Section::of("", table, &TOP)?;
    let mut about = None;
    top.read("about", "a sentence that says what it is for", |v| value::text(v).map(Some), &mut about)?;
    top.read("container", &or(Container::ALL.map(Container::extension)), container, &mut config.container)?;
    top.read("fast_start", "true or false", Value::as_bool, &mut config.fast_start)?;
    if let Some(section) = top.section("video", &VIDEO, &mut config.video)? {
        config.video = Some(video(section, config.video.unwrap_or_default())?);
    }
    if let Some(section) = top.section("audio", &AUDIO, &mut config.audio)? {
        config.audio = Some(audio(section, config.audio.unwrap_or_default())?);
    }
    if let Some(list) = top.table.remove("track") {
        config.tracks = tracks::read(list)?;
    }
    let mut held = Some(config.limits);
    let section = top.section("limits", &LIMITS, &mut held)?;
    let before = held.unwrap_or_default();
    config.limits = match section {
        Some(section) => limits(section, before)?,
        None => before,
    };
    let mut held = Some(config.adaptive);
    let section = top.section("adaptive", &["mode"], &mut held)?;
    config.adaptive = held.unwrap_or_default();
    if let Some(mut section) = section {
        let wanted = "\"off\", \"rate\", \"size\", \"quality\", or several of the latter in a list";
        section.read("mode", wanted, adaptive, &mut config.adaptive)?;
    }
    if let Some(section) = top.section("loudness", &LOUDNESS, &mut config.loudness)? {
        let channels = config.audio.as_ref().map_or(2, |audio| audio.channels);
        let usual = config.loudness.unwrap_or_else(|| Loudness::podcast(channels));
        config.loudness = Some(loudness(section, usual)?);
    }
    Ok(Written { about, config })
}

impl VideoConfig {
    /// What a [[track]] of pictures says.
    pub(super) fn of_track(table: Table) -> Result<VideoConfig, ConfigError> {
        video(Section::of("video", table, &VIDEO)?, VideoConfig::default())
    }
}

impl AudioConfig {
    /// What a [[track]] of sound says.
    pub(super) fn of_track(table: Table) -> Result<AudioConfig, ConfigError> {
        audio(Section::of("audio", table, &AUDIO)?, AudioConfig::default())
    }
}

fn video(mut section: Section, mut video: VideoConfig) -> Result<VideoConfig, ConfigError> {
    section.either("codec", &or(VideoCodec::ALL.map(VideoCodec::key)), video_codec, &mut video.codec)?;
    let sizes = format!("WIDTHxHEIGHT or {}", or(SIZES.map(|(name, _)| name)));
    section.read("size", &sizes, size, &mut video.size)?;
    let rates = "pictures per second, such as 30, 29.97 or \"30000/1001\"";
    section.read("frame_rate", rates, rate, &mut video.frame_rate)?;
    section.one_of("quality", "kbps")?;
    let quality = |value: &Value| named(&QUALITIES, value).map(Target::Quality);
    section.read("quality", &or(QUALITIES.map(|(name, _)| name)), quality, &mut video.target)?;
    let kbps = |value: &Value| whole(value).map(Target::Kbps);
    section.read("kbps", "a whole number of kbit/s, such as 6000", kbps, &mut video.target)?;
    section.read("key_frame_seconds", "a number of seconds", number, &mut video.key_frame_seconds)?;
    section.read("low_latency", "true or false", Value::as_bool, &mut video.low_latency)?;
    section.either("encoder", "the name of an element, such as \"x264enc\"", value::text, &mut video.encoder)?;
    Ok(video)
}

fn audio(mut section: Section, mut audio: AudioConfig) -> Result<AudioConfig, ConfigError> {
    section.either("codec", &or(AudioCodec::ALL.map(AudioCodec::key)), audio_codec, &mut audio.codec)?;
    section.one_of("quality", "kbps")?;
    section.either("quality", &or(AudioQuality::NAMES.map(|(name, _)| name)), sound_kbps, &mut audio.kbps)?;
    section.either("kbps", "a whole number of kbit/s, such as 192", whole, &mut audio.kbps)?;
    section.read("sample_rate_hz", "samples per second, such as 48000", whole, &mut audio.sample_rate_hz)?;
    section.read("channels", "a number from 1 to 8", whole, &mut audio.channels)?;
    section.read("bits", "16 or 24", whole, &mut audio.bits)?;
    section.read("low_latency", "true or false", Value::as_bool, &mut audio.low_latency)?;
    section.either("encoder", "the name of an element, such as \"avenc_aac\"", value::text, &mut audio.encoder)?;
    Ok(audio)
}

fn limits(mut section: Section, mut limits: Limits) -> Result<Limits, ConfigError> {
    let size = "a number of bytes, or a size such as \"4 GB\"";
    section.optional("max_bytes", size, bytes, &mut limits.max_bytes)?;
    section.optional("max_seconds", "a number of seconds", number, &mut limits.max_seconds)?;
    section.read("min_free_bytes", size, bytes, &mut limits.min_free_bytes)?;
    let reached = |value: &Value| named(&REACHED, value);
    section.read("when_reached", &or(REACHED.map(|(name, _)| name)), reached, &mut limits.when_reached)?;
    section.read("max_waiting_bytes", size, bytes, &mut limits.max_waiting_bytes)?;
    Ok(limits)
}

fn loudness(mut section: Section, mut loudness: Loudness) -> Result<Loudness, ConfigError> {
    section.read("target_lufs", "a loudness in LUFS, such as -16", number, &mut loudness.target_lufs)?;
    section.read("true_peak_db", "a peak in dBTP, such as -1", number, &mut loudness.true_peak_db)?;
    section.read("keep_original", "true or false", Value::as_bool, &mut loudness.keep_original)?;
    Ok(loudness)
}

/// A table of which every key is known.
struct Section {
    path: &'static str,
    table: Table,
}

impl Section {
    fn of(path: &'static str, table: Table, known: &[&'static str]) -> Result<Section, ConfigError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(unknown(path, key, known)),
            None => Ok(Section { path, table }),
        }
    }

    fn field(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn read<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
        into: &mut T,
    ) -> Result<(), ConfigError> {
        if let Some(value) = self.table.remove(key) {
            *into = read(&value).ok_or_else(|| misread(&self.field(key), &value, wanted))?;
        }
        Ok(())
    }

    /// What may also be left to the program, as `auto`.
    fn either<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
        into: &mut Option<T>,
    ) -> Result<(), ConfigError> {
        self.unless(AUTO, key, wanted, read, into)
    }

    /// What may also be nothing, as `none`.
    fn optional<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
        into: &mut Option<T>,
    ) -> Result<(), ConfigError> {
        self.unless(NONE, key, wanted, read, into)
    }

    fn unless<T>(
        &mut self,
        word: &str,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
        into: &mut Option<T>,
    ) -> Result<(), ConfigError> {
        let wanted = format!("{wanted}, or \"{word}\"");
        let read = |value: &Value| if value.as_str() == Some(word) { Some(None) } else { read(value).map(Some) };
        self.read(key, &wanted, read, into)
    }

    /// Two keys for one thing.
    fn one_of(&self, first: &str, second: &str) -> Result<(), ConfigError> {
        if self.table.contains_key(first) && self.table.contains_key(second) {
            let why = format!("{first} and {second} say the same thing twice");
            return Err(ConfigError::impossible(&self.field(second), why, "leave one of them out"));
        }
        Ok(())
    }

    /// The section of this name, if there is one. `none` in its place leaves nothing in `held`.
    fn section<T>(
        &mut self,
        key: &'static str,
        known: &[&'static str],
        held: &mut Option<T>,
    ) -> Result<Option<Section>, ConfigError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Section::of(key, table, known).map(Some),
            Some(Value::String(word)) if word == NONE => {
                *held = None;
                Ok(None)
            }
            Some(other) => Err(misread(key, &other, &format!("a section, [{key}], or \"none\""))),
        }
    }
}

pub(super) fn misread(field: &str, found: &Value, wanted: &str) -> ConfigError {
    let mut found = found.to_string();
    if found.chars().count() > FOUND_CHARS_MAX {
        found = found.chars().take(FOUND_CHARS_MAX).chain(['…']).collect();
    }
    ConfigError::Value { field: field.to_owned(), found, wanted: wanted.to_owned() }
}

fn unknown(path: &str, key: &str, known: &[&'static str]) -> ConfigError {
    let field = [path, key].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".");
    let alias = ALIASES.iter().find(|(other, ours)| other.eq_ignore_ascii_case(key) && known.contains(ours));
    let near = alias.map_or_else(|| near(key, known.iter().copied()), |(_, ours)| vec![*ours]);
    let instead = match near.first() {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("known are {}", all(known)),
    };
    ConfigError::Unknown { field, instead }
}

/// `"a", "b" or "c"`.
fn or<const N: usize>(names: [&str; N]) -> String {
    any(names.map(|name| format!("\"{name}\"")))
}
