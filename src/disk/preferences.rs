// SPDX-License-Identifier: MIT
//! What a person has set once and wants to find again, as a TOML text that they may also write by hand.
//!
//! ```text
//!   <configuration folder>/hyperzoom/preferences.toml
//!   <configuration folder>/hyperzoom/profiles/NAME/preferences.toml      of `--profile NAME`
//!   <configuration folder>/hyperzoom/presets/NAME.toml                   recordings of one's own; studio reads them
//! ```
//!
//! A field that is not understood takes its usual value and spoils no other. What a newer version has written there and
//! this one does not know is kept.

mod read;

use super::PlaceError;
use super::folder::{default_recordings, safe_name};
use super::replace::replace;
use read::Fields;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "preferences.toml";

/// How light the window is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the desktop is.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them, with their names in the file.
    pub const NAMES: [(&str, Theme); 3] = [("system", Theme::System), ("light", Theme::Light), ("dark", Theme::Dark)];

    fn name(self) -> &'static str {
        Theme::NAMES.iter().find(|(_, theme)| *theme == self).map_or("system", |(name, _)| name)
    }
}

/// The preferences. Devices are written as on the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    /// What we are called; empty is not chosen yet.
    pub name: String,
    /// What the next session is called.
    pub session: String,
    /// Where session folders are made; nothing is the usual folder of the profile.
    pub recordings: Option<PathBuf>,
    /// Lossless sound in the master.
    pub flac: bool,
    /// The UDP port to listen on; 0 takes a free one.
    pub port: u16,
    /// Ask the router to open a port.
    pub port_mapping: bool,
    /// How long frames of our voice are, in milliseconds: `auto|5|2.5`
    pub frames: String,
    /// Record on while muted or with the camera off.
    pub keep_muted: bool,
    /// A host records before anybody is there.
    pub record_from_start: bool,
    /// `auto|off|test[:WxH[@FPS]]|ID`
    pub camera: String,
    /// `auto|off|test|ID`, each but `off` with an optional `:INPUT`
    pub microphone: String,
    /// `auto|off|ID`
    pub speaker: String,
    /// How light the window is.
    pub theme: Theme,
    /// That headphones keep the others from hearing themselves was said once.
    pub headphones_told: bool,
    /// Whose they are: a profile's, or the usual ones.
    profile: Option<String>,
    /// What this version does not know.
    unknown: toml::Table,
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences::usual(None)
    }
}

/// Why preferences are not kept.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Nobody's home.
    #[error("no folder is known for your settings; set HOME, or XDG_CONFIG_HOME")]
    NoHome,
    /// The system refuses.
    #[error("your settings can't be written to {path} ({cause}); they hold until you close the program")]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl Preferences {
    /// As they are before anybody has chosen.
    pub fn usual(profile: Option<&str>) -> Preferences {
        Preferences {
            name: String::new(),
            session: String::new(),
            recordings: None,
            flac: false,
            port: 0,
            port_mapping: true,
            frames: "auto".to_owned(),
            keep_muted: false,
            record_from_start: false,
            camera: "auto".to_owned(),
            microphone: "auto".to_owned(),
            speaker: "auto".to_owned(),
            theme: Theme::System,
            headphones_told: false,
            profile: profile.map(str::to_owned),
            unknown: toml::Table::new(),
        }
    }

    /// What was kept, and a sentence for each thing that was not understood.
    pub fn load(profile: Option<&str>) -> (Preferences, Vec<String>) {
        match file(profile) {
            Some(path) => Preferences::load_from(&path, profile),
            None => (Preferences::usual(profile), vec![SaveError::NoHome.to_string()]),
        }
    }

    /// The same from a file of another name; one that is not there is no trouble.
    pub fn load_from(path: &Path, profile: Option<&str>) -> (Preferences, Vec<String>) {
        let usual = Preferences::usual(profile);
        let refused =
            |why: String| format!("the settings in {} are not understood, the usual ones hold: {why}", path.display());
        match std::fs::read_to_string(path) {
            Ok(text) => match text.parse::<toml::Table>() {
                Ok(table) => read(table, usual),
                Err(why) => (usual, vec![refused(why.message().to_owned())]),
            },
            Err(why) if why.kind() == io::ErrorKind::NotFound => (usual, Vec::new()),
            Err(why) => (usual, vec![refused(why.to_string())]),
        }
    }

    /// Keeps them.
    pub fn save(&self) -> Result<(), SaveError> {
        let path = file(self.profile.as_deref()).ok_or(SaveError::NoHome)?;
        self.save_to(&path)
    }

    /// Keeps them in a file of another name.
    pub fn save_to(&self, path: &Path) -> Result<(), SaveError> {
        let text = toml::to_string(&self.table()).map_err(io::Error::other);
        let kept = text.and_then(|text| {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            set_aside_if_broken(path)?;
            replace(path, text.as_bytes())
        });
        kept.map_err(|cause| SaveError::Unwritable { path: path.to_owned(), cause })
    }

    /// The folder for session folders.
    pub fn recordings_folder(&self) -> Result<PathBuf, PlaceError> {
        self.recordings.clone().map_or_else(|| default_recordings(self.profile.as_deref()), Ok)
    }

    fn table(&self) -> toml::Table {
        let mut table = self.unknown.clone();
        let mut set = |key: &str, value: toml::Value| drop(table.insert(key.to_owned(), value));
        for (key, text) in [
            ("name", &self.name),
            ("session", &self.session),
            ("camera", &self.camera),
            ("microphone", &self.microphone),
            ("speaker", &self.speaker),
            ("frames", &self.frames),
        ] {
            set(key, text.clone().into());
        }
        for (key, yes) in [
            ("flac", self.flac),
            ("port_mapping", self.port_mapping),
            ("keep_muted", self.keep_muted),
            ("record_from_start", self.record_from_start),
            ("headphones_told", self.headphones_told),
        ] {
            set(key, yes.into());
        }
        set("port", i64::from(self.port).into());
        set("theme", self.theme.name().into());
        if let Some(folder) = &self.recordings {
            set("recordings", folder.to_string_lossy().into_owned().into());
        }
        table
    }
}

/// Each field by itself.
fn read(table: toml::Table, usual: Preferences) -> (Preferences, Vec<String>) {
    let mut fields = Fields::of(table);
    let folder = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let theme = |text: &str| Theme::NAMES.iter().find(|(name, _)| *name == text).map(|(_, theme)| *theme);
    let frames = |text: &str| ["auto", "5", "2.5"].contains(&text).then(|| text.to_owned());
    let preferences = Preferences {
        name: fields.line("name", usual.name),
        session: fields.line("session", usual.session),
        recordings: fields.text("recordings", None, |text| folder(text).map(Some), "the whole path of a folder"),
        flac: fields.yes("flac", usual.flac),
        port: fields.port("port", usual.port),
        port_mapping: fields.yes("port_mapping", usual.port_mapping),
        frames: fields.text("frames", usual.frames, frames, "\"auto\", \"5\" or \"2.5\""),
        keep_muted: fields.yes("keep_muted", usual.keep_muted),
        record_from_start: fields.yes("record_from_start", usual.record_from_start),
        camera: fields.device("camera", usual.camera),
        microphone: fields.device("microphone", usual.microphone),
        speaker: fields.device("speaker", usual.speaker),
        theme: fields.text("theme", usual.theme, theme, "\"system\", \"light\" or \"dark\""),
        headphones_told: fields.yes("headphones_told", usual.headphones_told),
        profile: usual.profile,
        unknown: toml::Table::new(),
    };
    let (unknown, doubts) = fields.rest();
    (Preferences { unknown, ..preferences }, doubts)
}

/// What a person has written by hand and got wrong is not thrown away.
fn set_aside_if_broken(path: &Path) -> io::Result<()> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.parse::<toml::Table>().is_err() => std::fs::rename(path, path.with_extension("toml.broken")),
        _ => Ok(()),
    }
}

/// Where they are kept.
fn file(profile: Option<&str>) -> Option<PathBuf> {
    let house = configuration_folder()?.join("hyperzoom");
    Some(match profile {
        None => house.join(FILE),
        Some(profile) => house.join("profiles").join(safe_name(profile)).join(FILE),
    })
}

/// Where a person's own presets of recordings are kept.
pub fn presets_folder() -> Option<PathBuf> {
    Some(configuration_folder()?.join("hyperzoom").join("presets"))
}

/// A person's own rows of the table of encoders, which go before ours.
pub fn encoders_file() -> Option<PathBuf> {
    Some(configuration_folder()?.join("hyperzoom").join("encoders.toml")).filter(|path| path.is_file())
}

fn configuration_folder() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        Some(folder("HOME")?.join("Library/Application Support"))
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))
    }
}

#[cfg(test)]
#[path = "preferences/tests.rs"]
mod tests;
