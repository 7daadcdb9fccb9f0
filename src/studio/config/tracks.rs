// SPDX-License-Identifier: MIT
//! Further tracks of a recording: what there may be, how they are written, and what the encoders are to make of them.
//!
//! ```toml
//! [[track]]
//! name = "Guest"
//! kind = "audio"
//! channels = 1
//! ```

use super::read::misread;
use super::{AudioConfig, ConfigError, RecordingConfig, VideoConfig, check, sound};
use crate::words::{Container, PictureRecipe, SoundRecipe};
use toml::{Table, Value};

/// More would fill no editor's screen, and no machine encodes them.
const TRACKS_MAX: usize = 16;

/// Longer names are cut off wherever they are shown.
const NAME_CHARS_MAX: usize = 64;

/// A track beside the main pair, from a source of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackConfig {
    /// What editors show, and what the recorder finds it by.
    pub name: String,
    /// What it holds.
    pub media: TrackMedia,
}

/// What a further track holds.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackMedia {
    /// Pictures.
    Video(VideoConfig),
    /// Sound.
    Audio(AudioConfig),
}

/// A further track that can be had.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackRecipe {
    /// What it is called.
    pub name: String,
    /// What its encoder is to do.
    pub media: MediaRecipe,
}

/// What the encoder of a further track is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaRecipe {
    /// With pictures.
    Picture(PictureRecipe),
    /// With sound.
    Sound(SoundRecipe),
}

impl TrackConfig {
    /// Pictures of that name.
    pub fn video(name: impl Into<String>, video: VideoConfig) -> TrackConfig {
        TrackConfig { name: name.into(), media: TrackMedia::Video(video) }
    }

    /// Sound of that name.
    pub fn audio(name: impl Into<String>, audio: AudioConfig) -> TrackConfig {
        TrackConfig { name: name.into(), media: TrackMedia::Audio(audio) }
    }
}

impl RecordingConfig {
    /// With one more track beside the main pair.
    ///
    /// ```
    /// use hyperzoom::studio::{AudioConfig, RecordingConfig, TrackConfig, VideoConfig};
    /// use hyperzoom::words::Rate;
    ///
    /// let config = RecordingConfig::default()
    ///     .track(TrackConfig::audio("Guest", AudioConfig::default().channels(1)))
    ///     .track(TrackConfig::video("Desktop", VideoConfig::new(VideoConfig::HD, Rate::whole(15))));
    /// assert_eq!(config.validate()?.tracks().len(), 2);
    /// assert_eq!(RecordingConfig::from_toml(&config.to_toml())?, config);
    ///
    /// let wrong = config.track(TrackConfig::audio("Room", AudioConfig::default().channels(9)));
    /// assert_eq!(wrong.validate().expect_err("nine are too many").field(), Some("track[3].channels"));
    /// # Ok::<(), hyperzoom::studio::ConfigError>(())
    /// ```
    pub fn track(mut self, track: TrackConfig) -> Self {
        self.tracks.push(track);
        self
    }
}

/// What can be had of them, or the field that is wrong: `track[1].channels` is one of the first.
pub(super) fn recipes(config: &RecordingConfig) -> Result<Vec<TrackRecipe>, ConfigError> {
    let RecordingConfig { container, tracks, .. } = config;
    if tracks.len() > TRACKS_MAX {
        let why = format!("{} tracks are more than anybody can record", tracks.len());
        return Err(ConfigError::impossible("track", why, format!("leave it at {TRACKS_MAX} beside the main pair")));
    }
    let recipe = |(index, track): (usize, &TrackConfig)| {
        let place = |field: &str| format!("track[{}].{field}", index + 1);
        check_name(&place("name"), track, &tracks[..index])?;
        let media = match &track.media {
            TrackMedia::Video(video) => {
                check_room(*container, &place("kind"))?;
                let recipe = check::picture(*container, video);
                let recipe =
                    recipe.and_then(|it| check::check_encoder("video.encoder", it.encoder.as_deref()).map(|()| it));
                MediaRecipe::Picture(recipe.map_err(|why| why.moved("video", &place("")))?)
            }
            TrackMedia::Audio(audio) => {
                let recipe = sound::recipe(*container, audio);
                let recipe =
                    recipe.and_then(|it| check::check_encoder("audio.encoder", it.encoder.as_deref()).map(|()| it));
                MediaRecipe::Sound(recipe.map_err(|why| why.moved("audio", &place("")))?)
            }
        };
        Ok(TrackRecipe { name: track.name.clone(), media })
    };
    let recipes: Vec<TrackRecipe> = tracks.iter().enumerate().map(recipe).collect::<Result<_, _>>()?;
    check_together(config, !recipes.is_empty())?;
    Ok(recipes)
}

fn check_name(field: &str, track: &TrackConfig, before: &[TrackConfig]) -> Result<(), ConfigError> {
    let name = track.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let why = format!("{:?} is no name that could be shown", track.name);
        return Err(ConfigError::impossible(field, why, format!("choose 1 to {NAME_CHARS_MAX} characters")));
    }
    match before.iter().position(|other| other.name.trim().eq_ignore_ascii_case(name)) {
        Some(other) => {
            let why = format!("track[{}] is called {name:?} already", other + 1);
            Err(ConfigError::impossible(field, why, "give each track a name of its own"))
        }
        None => Ok(()),
    }
}

fn check_room(container: Container, field: &str) -> Result<(), ConfigError> {
    if container != Container::Avi {
        return Ok(());
    }
    let why = "AVI holds one track of pictures";
    Err(ConfigError::impossible(field, why, "choose MP4, MOV or MKV, or make it a track of sound"))
}

/// What a recording of many tracks does not do.
fn check_together(config: &RecordingConfig, are_any: bool) -> Result<(), ConfigError> {
    if are_any && config.loudness.is_some() {
        let why = "a recording with further tracks is not made louder or quieter";
        return Err(ConfigError::impossible("loudness", why, "leave the section out, or the further tracks"));
    }
    Ok(())
}

/// From TOML.
pub(super) fn read(value: Value) -> Result<Vec<TrackConfig>, ConfigError> {
    let wanted = "one [[track]] section for each, or \"none\"";
    let list = match value {
        Value::Array(list) => list,
        Value::String(word) if word == "none" => return Ok(Vec::new()),
        other => return Err(misread("track", &other, wanted)),
    };
    let one = |(index, value): (usize, Value)| match value {
        Value::Table(table) => track(&format!("track[{}]", index + 1), table),
        other => Err(misread("track", &other, wanted)),
    };
    list.into_iter().enumerate().map(one).collect()
}

fn track(path: &str, mut table: Table) -> Result<TrackConfig, ConfigError> {
    let mut text = |key: &str, wanted: &str| match table.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(misread(&format!("{path}.{key}"), &other, wanted)),
        None => Err(ConfigError::impossible(&format!("{path}.{key}"), "it is not said", format!("write {wanted}"))),
    };
    let name = text("name", "what the track is called, such as \"Guest\"")?;
    let kinds = "\"video\" or \"audio\"";
    let kind = text("kind", kinds)?;
    let prefix = format!("{path}.");
    let media = match kind.as_str() {
        "video" => TrackMedia::Video(VideoConfig::of_track(table).map_err(|why| why.moved("video", &prefix))?),
        "audio" => TrackMedia::Audio(AudioConfig::of_track(table).map_err(|why| why.moved("audio", &prefix))?),
        _ => return Err(misread(&format!("{path}.kind"), &Value::String(kind), kinds)),
    };
    Ok(TrackConfig { name, media })
}

/// Back to TOML.
pub(super) fn write(tracks: &[TrackConfig]) -> Value {
    let one = |track: &TrackConfig| {
        let (kind, mut table) = match &track.media {
            TrackMedia::Video(video) => ("video", super::write::video(video)),
            TrackMedia::Audio(audio) => ("audio", super::write::audio(audio)),
        };
        table.insert("name".to_owned(), track.name.as_str().into());
        table.insert("kind".to_owned(), kind.into());
        Value::Table(table)
    };
    Value::Array(tracks.iter().map(one).collect())
}
