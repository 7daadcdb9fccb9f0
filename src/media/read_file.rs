// SPDX-License-Identifier: MIT
//! Reading any file again: its pictures and its sound, decoded as fast as they are asked for and no faster.
//!
//! ```text
//!   file ! decodebin ! pictures, upright, square pixels ! two at most --\
//!                    ! sound, as floats                 ! a few blocks --+--> each with its time
//! ```
//!
//! Times are those of a player: what an edit list hides is left out, and 0 is where playing begins. Whoever reads has to
//! ask for both in turn, by their times: a file holds them side by side, and of one there is no more until the other has
//! been taken.

mod track;

use super::format::PictureFormat;
use super::graph::{Graph, GraphError, GraphSignal};
use super::text::{Text, TextError};
use crate::words::Rate;
use gst::prelude::{ElementExt, ElementExtManual, ObjectExt};
use gstreamer as gst;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use track::{Head, Track};

/// A file that gives nothing for so long never will: disks sleep for seconds, not for this.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a decoder that gives nothing is asked what its trouble is.
const GLANCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFileError {
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// It is no recording at all.
    #[error("{path} is no file with pictures or sound that can be read here ({why}); name another one")]
    NoMedia {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
    /// Nobody here can decode it.
    #[error("{path} holds {what}, which nothing that is installed can decode; install GStreamer's plugin for it")]
    NoDecoder {
        /// Which file.
        path: PathBuf,
        /// What it would take a decoder for, in GStreamer's words.
        what: String,
    },
    /// It broke on the way.
    #[error("{path} cannot be read any further ({why}); if it is one of HyperZoom's, try hyperzoom recover on it")]
    Torn {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

/// What sound is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSound {
    /// Samples per second, from 8,000 to 192,000.
    pub rate_hz: u32,
    /// Channels, from 1 to 8.
    pub channels: u32,
}

/// What pictures are like.
#[derive(Clone, Debug, PartialEq)]
pub struct FilePictures {
    /// Their size and colours.
    pub format: PictureFormat,
    /// Their rate, where the file says one.
    pub rate: Option<Rate>,
}

/// One thing that was read.
#[derive(Clone, Debug)]
pub enum FileItem {
    /// A picture in I420.
    Picture {
        /// When it is shown.
        at: Duration,
        /// The picture.
        picture: super::RawPicture,
    },
    /// A short piece of sound in 32-bit floats, channel by channel.
    Sound {
        /// When its first sample is heard.
        at: Duration,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl FileItem {
    /// When it is to be played.
    pub fn at(&self) -> Duration {
        match self {
            FileItem::Picture { at, .. } | FileItem::Sound { at, .. } => *at,
        }
    }
}

/// A file that is being read; dropping it ends that.
#[derive(Debug)]
pub struct MediaFile {
    path: PathBuf,
    pictures: Option<(Track, FilePictures)>,
    sound: Option<(Track, FileSound)>,
    troubles: Receiver<String>,
    /// Stopped when it goes.
    graph: Graph,
}

/// What a decoder says while it looks at a file.
enum Seen {
    Undecodable(String),
    All,
}

impl MediaFile {
    /// Begins to read.
    pub fn open(path: &Path) -> Result<MediaFile, ReadFileError> {
        let graph = Graph::build(&Text::load("read-file")?, &[])?;
        graph.element("talk")?.set_property("location", path);
        let decoder = graph.element("decoder")?;
        let (see, seen) = channel();
        watch(&decoder, see);
        let (send, troubles) = channel();
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                // Whoever read may have had enough.
                let _ = send.send(trouble.to_string());
            }
        })?;
        let mut file = MediaFile { path: path.to_owned(), pictures: None, sound: None, troubles, graph };
        let unknown = file.look(&seen)?;
        let [pictures, sound] = [file.track("pictures")?, file.track("sound")?];
        let absent = [(pictures.is_none(), "video/"), (sound.is_none(), "audio/")];
        let is_absent = |caps: &str| absent.iter().any(|(absent, kind)| *absent && caps.starts_with(kind));
        if let Some(what) = unknown.into_iter().find(|caps| is_absent(caps)) {
            return Err(ReadFileError::NoDecoder { path: file.path, what });
        }
        file.pictures = pictures.map(|track| file.first_picture(track)).transpose()?.flatten();
        file.sound = sound.map(|track| file.first_sound(track)).transpose()?.flatten();
        Ok(file)
    }

    /// What its pictures are like, if it has any.
    pub fn pictures(&self) -> Option<&FilePictures> {
        self.pictures.as_ref().map(|(_, kind)| kind)
    }

    /// What its sound is like, if it has any.
    pub fn sound(&self) -> Option<FileSound> {
        self.sound.as_ref().map(|(_, kind)| *kind)
    }

    /// Its pictures are not wanted.
    pub fn without_pictures(&mut self) {
        self.pictures.take().iter().for_each(|(track, _)| track.give_up());
    }

    /// Its sound is not wanted.
    pub fn without_sound(&mut self) {
        self.sound.take().iter().for_each(|(track, _)| track.give_up());
    }

    /// How long the file says it is.
    pub fn duration(&self) -> Option<Duration> {
        let decoder = self.graph.element("decoder").ok()?;
        decoder.query_duration::<gst::ClockTime>().map(Duration::from)
    }

    /// The next picture; `None` at their end.
    pub fn next_picture(&mut self) -> Result<Option<FileItem>, ReadFileError> {
        next(&self.path, &self.troubles, self.pictures.as_mut().map(|(track, _)| track))
    }

    /// The next piece of sound; `None` at its end.
    pub fn next_sound(&mut self) -> Result<Option<FileItem>, ReadFileError> {
        next(&self.path, &self.troubles, self.sound.as_mut().map(|(track, _)| track))
    }

    /// Waits until it is known which tracks there are; answers what can't be decoded.
    fn look(&self, seen: &Receiver<Seen>) -> Result<Vec<String>, ReadFileError> {
        let mut unknown = Vec::new();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match seen.recv_timeout(GLANCE.into()) {
                Ok(Seen::All) => return Ok(unknown),
                Ok(Seen::Undecodable(caps)) => unknown.push(caps),
                Err(_) => {}
            }
            if let Ok(why) = self.troubles.try_recv() {
                let path = self.path.clone();
                let is_media = |caps: &String| ["video/", "audio/"].iter().any(|kind| caps.starts_with(kind));
                return Err(match unknown.into_iter().find(is_media) {
                    Some(what) => ReadFileError::NoDecoder { path, what },
                    None => ReadFileError::NoMedia { path, why },
                });
            }
        }
        Err(ReadFileError::NoMedia { path: self.path.clone(), why: silence() })
    }

    /// The track that ends there, if the file has it.
    fn track(&self, name: &str) -> Result<Option<Track>, GraphError> {
        Ok(Track::find(self.graph.app_sink(name)?, &self.graph.element("decoder")?))
    }

    fn first_picture(&self, mut track: Track) -> Result<Option<(Track, FilePictures)>, ReadFileError> {
        if !await_head(&self.path, &self.troubles, &mut track)? {
            return Ok(None);
        }
        let Some(kind) = track.caps().and_then(|caps| file_pictures(&caps)) else { return Ok(None) };
        self.graph.element("size")?.set_property("caps", kind.format.caps(false));
        Ok(Some((track, kind)))
    }

    fn first_sound(&self, mut track: Track) -> Result<Option<(Track, FileSound)>, ReadFileError> {
        if !await_head(&self.path, &self.troubles, &mut track)? {
            return Ok(None);
        }
        let Some(caps) = track.caps() else { return Ok(None) };
        let Some(kind) = file_sound(&caps) else { return Ok(None) };
        self.graph.element("mode")?.set_property("caps", &caps);
        Ok(Some((track, kind)))
    }
}

impl From<TextError> for ReadFileError {
    fn from(why: TextError) -> ReadFileError {
        ReadFileError::Graph(why.into())
    }
}

fn next(
    path: &Path,
    troubles: &Receiver<String>,
    track: Option<&mut Track>,
) -> Result<Option<FileItem>, ReadFileError> {
    let Some(track) = track else { return Ok(None) };
    Ok(if await_head(path, troubles, track)? { track.take() } else { None })
}

/// Waits for the next item of a track; answers whether there is one.
fn await_head(path: &Path, troubles: &Receiver<String>, track: &mut Track) -> Result<bool, ReadFileError> {
    let torn = |why| ReadFileError::Torn { path: path.to_owned(), why };
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match track.head(GLANCE).map_err(torn)? {
            Head::Here => return Ok(true),
            Head::End => return Ok(false),
            Head::NotYet => {}
        }
        if let Ok(why) = troubles.try_recv() {
            return Err(torn(why));
        }
    }
    Err(torn(silence()))
}

fn silence() -> String {
    format!("it gave nothing for {} s", PATIENCE.as_secs())
}

fn watch(decoder: &gst::Element, see: Sender<Seen>) {
    let all = see.clone();
    decoder.connect_no_more_pads(move |_| {
        // Asked for once.
        let _ = all.send(Seen::All);
    });
    decoder.connect("unknown-type", false, move |values| {
        let caps = values.get(2).and_then(|caps| caps.get::<gst::Caps>().ok());
        let name = caps.and_then(|caps| Some(caps.structure(0)?.name().to_string()));
        // Asked for until all is known.
        let _ = see.send(Seen::Undecodable(name.unwrap_or_default()));
        None
    });
}

fn file_pictures(caps: &gst::Caps) -> Option<FilePictures> {
    let format = PictureFormat::from_caps(caps)?;
    let rate = caps.structure(0)?.get::<gst::Fraction>("framerate").ok();
    let part = |number: i32| u32::try_from(number).ok().filter(|number| *number > 0);
    let rate = rate.and_then(|rate| Some(Rate { num: part(rate.numer())?, den: part(rate.denom())? }));
    Some(FilePictures { format, rate })
}

fn file_sound(caps: &gst::Caps) -> Option<FileSound> {
    let number = |name| caps.structure(0)?.get::<i32>(name).ok().and_then(|number| u32::try_from(number).ok());
    Some(FileSound { rate_hz: number("rate")?, channels: number("channels")? })
}
