// SPDX-License-Identifier: MIT
//! Configurations in files: one that is named, and a person's own presets, one `NAME.toml` each in one folder.

use super::presets::{find, presets};
use super::read::{Written, written};
use super::{ConfigError, Preset, RecordingConfig};
use crate::disk::preferences::presets_folder;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// A configuration is a page of text; what is larger is something else.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The presets that are ready, and a person's own.
#[derive(Clone, Debug, Default)]
pub struct PresetShelf {
    own: Vec<Preset>,
    wrong: Vec<(String, ConfigError)>,
}

impl RecordingConfig {
    /// What a file says, as [`RecordingConfig::from_toml`] reads it. It may be laid upon a preset of a person's own.
    pub fn load(path: &Path) -> Result<RecordingConfig, ConfigError> {
        PresetShelf::of_user().load(path)
    }
}

impl PresetShelf {
    /// With a person's own from `presets/` in the configuration folder.
    pub fn of_user() -> PresetShelf {
        presets_folder().map(|folder| PresetShelf::read(&folder)).unwrap_or_default()
    }

    /// With those in this folder; one that is not there holds none.
    pub fn read(folder: &Path) -> PresetShelf {
        let mut shelf = PresetShelf::default();
        let Ok(entries) = std::fs::read_dir(folder) else { return shelf };
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        for path in paths {
            let Some(name) = path.file_stem().map(|name| name.to_string_lossy().into_owned()) else { continue };
            match own(&name, &path) {
                Ok(preset) => shelf.own.push(preset),
                Err(why) => shelf.wrong.push((name, why)),
            }
        }
        shelf
    }

    /// All that can be had: the ready ones, then a person's own.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> + Clone {
        presets_of(&self.own)
    }

    /// Those of a person's own that can't be had, by name, and why.
    pub fn wrong(&self) -> &[(String, ConfigError)] {
        &self.wrong
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Result<RecordingConfig, ConfigError> {
        match self.wrong.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(name)) {
            // A file that takes the name of a ready preset is wrong, but the ready one is still there.
            Some((_, why)) if RecordingConfig::preset(name).is_err() => Err(why.clone()),
            _ => find(name, self.presets()),
        }
    }

    /// What a text says; its `preset` may be any of these.
    pub fn from_toml(&self, text: &str) -> Result<RecordingConfig, ConfigError> {
        Ok(written(text, |name| self.get(name))?.config)
    }

    /// What a file says; its `preset` may be any of these.
    pub fn load(&self, path: &Path) -> Result<RecordingConfig, ConfigError> {
        self.from_toml(&text_of(path)?).map_err(|why| within(path, why))
    }
}

fn presets_of(own: &[Preset]) -> impl Iterator<Item = &Preset> + Clone {
    // The ready ones live as long as the program, a person's own as long as their shelf.
    let ready: Vec<&Preset> = presets().collect();
    ready.into_iter().chain(own)
}

fn own(name: &str, path: &Path) -> Result<Preset, ConfigError> {
    if RecordingConfig::preset(name).is_ok() {
        let why = format!("'{name}' is the name of a ready preset");
        let taken = ConfigError::impossible("preset", why, "call the file something else");
        return Err(within(path, taken));
    }
    let read = || -> Result<Preset, ConfigError> {
        let Written { about, config } = written(&text_of(path)?, RecordingConfig::preset)?;
        config.validate()?;
        let about = about.unwrap_or_else(|| "your own".to_owned());
        Ok(Preset { name: name.to_owned(), about, config })
    };
    read().map_err(|why| within(path, why))
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    let read = || -> io::Result<String> {
        let mut text = String::new();
        std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large for a configuration"));
        }
        Ok(text)
    };
    read().map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause: Arc::new(cause) })
}

/// An error says in which file it is, once.
fn within(path: &Path, cause: ConfigError) -> ConfigError {
    match cause {
        named @ (ConfigError::In { .. } | ConfigError::Unreadable { .. }) => named,
        cause => ConfigError::In { path: path.to_owned(), cause: Box::new(cause) },
    }
}

#[cfg(test)]
mod tests {
    use super::PresetShelf;
    use std::fs::write;

    fn shelf() -> (tempfile::TempDir, PresetShelf) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| write(folder.path().join(name), text).expect("writes");
        file("Talk.toml", "preset = \"1080p-high\"\nabout = \"for talks\"\ncontainer = \"mkv\"");
        file("odd.toml", "[video]\nsize = \"641x480\"");
        file("torn.toml", "[video");
        file("master.toml", "fast_start = true");
        file("notes.txt", "not ours");
        let read = PresetShelf::read(folder.path());
        (folder, read)
    }

    #[test]
    fn a_persons_own_presets_are_named_after_their_files() {
        let (_folder, shelf) = shelf();
        let talk = shelf.presets().last().expect("there is one");
        assert_eq!((talk.name.as_str(), talk.about.as_str()), ("Talk", "for talks"));
        assert_eq!(shelf.get("talk").ok().as_ref(), Some(&talk.config));
        let upon = shelf.from_toml("preset = \"talk\"\n[audio]\ncodec = \"opus\"").expect("is laid upon it");
        assert_eq!(upon.container, talk.config.container);
    }

    #[test]
    fn a_wrong_one_is_told_by_name_and_refused_when_asked_for() {
        let (_folder, shelf) = shelf();
        let names: Vec<&str> = shelf.wrong().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["master", "odd", "torn"]);
        assert!(shelf.presets().all(|preset| preset.name != "odd"));
        let odd = shelf.get("odd").expect_err("is wrong");
        assert_eq!(odd.field(), Some("video.size"));
        assert!(odd.to_string().contains("odd.toml: video.size: 641x480"), "{odd}");
        assert!(shelf.get("torn").expect_err("is wrong").field().is_none());
        assert!(shelf.get("master").is_ok_and(|config| config.master && !config.fast_start));
    }

    #[test]
    fn a_file_that_is_not_there_or_no_text_is_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = PresetShelf::read(&folder.path().join("none"));
        assert_eq!(shelf.presets().count(), super::presets().count());
        let path = folder.path().join("talk.toml");
        assert!(shelf.load(&path).expect_err("is not there").to_string().contains("talk.toml can't be read"));
        write(&path, [0xff, 0xfe, 0x00]).expect("writes");
        assert!(shelf.load(&path).is_err());
        write(&path, "a = 1\n".repeat(200_000)).expect("writes");
        assert!(shelf.load(&path).expect_err("is a megabyte").to_string().contains("too large"));
        write(&path, "[video]\nfps = 30").expect("writes");
        let why = shelf.load(&path).expect_err("has a wrong key");
        assert!(why.to_string().ends_with("video.fps: there is no such key; did you mean frame_rate?"), "{why}");
    }
}
