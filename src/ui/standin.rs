// SPDX-License-Identifier: MIT
//! Until the library brings these.
#![allow(missing_docs)]
use crate::words::Size;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct Preferences {
    pub name: String,
    pub session: String,
    pub recordings: Option<PathBuf>,
    pub flac: bool,
    pub port: u16,
    pub port_mapping: bool,
    pub camera: String,
    pub microphone: String,
    pub speaker: String,
    pub theme: String,
    pub language: String,
    pub headphones_told: bool,
}
impl Preferences {
    pub fn load(_: Option<&str>) -> (Preferences, Vec<String>) {
        (
            Preferences {
                name: std::env::var("USER").unwrap_or_default(),
                session: String::new(),
                recordings: None,
                flac: false,
                port: 0,
                port_mapping: std::env::var_os("NOMAP").is_none(),
                camera: "auto".into(),
                microphone: "auto".into(),
                speaker: "auto".into(),
                theme: "system".into(),
                language: String::new(),
                headphones_told: false,
            },
            Vec::new(),
        )
    }
    pub fn save(&self, _: Option<&str>) -> Result<(), String> {
        Ok(())
    }
}
#[derive(Clone, Debug)]
pub struct Room {
    pub free_bytes: u64,
    pub bytes_an_hour: u64,
}
pub fn room(_: &Path, _: Size, _: bool) -> Room {
    Room { free_bytes: 123_000_000_000, bytes_an_hour: 8_100_000_000 }
}
pub mod library {
    use std::path::{Path, PathBuf};
    #[derive(Clone, Debug)]
    pub struct Session {
        pub folder: PathBuf,
        pub name: String,
        pub started: String,
        pub seconds: f64,
        pub people: Vec<String>,
        pub bytes: u64,
        pub frames: Option<u64>,
        pub finished: bool,
    }
    #[derive(Clone, Debug)]
    pub struct Thumbnail {
        pub rgb: Vec<u8>,
        pub width: u32,
        pub height: u32,
    }
    pub fn sessions(_: &Path) -> Vec<Session> {
        Vec::new()
    }
    pub fn thumbnail(_: &Session, _: u32) -> Result<Thumbnail, String> {
        Err(String::new())
    }
    pub fn recover(_: &Session, _: impl Fn(f64)) -> Result<(), String> {
        Ok(())
    }
}
