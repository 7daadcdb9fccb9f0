// SPDX-License-Identifier: MIT
//! What a program holds to submit to one of the further tracks.

use super::error::{RecordError, SubmitError};
use super::input::{AudioBlock, VideoFrame};
use super::tracks::{Expected, TrackReport};
use super::{MediaRecorder, Running};
use crate::media::{PixelFormat, RawPictures, RawSound, SampleFormat};
use crate::words::Size;
use std::time::Duration;

/// A further track by its name, or by its number, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackId {
    /// As configured; upper and lower case are alike.
    Name(String),
    /// In the order of the configuration.
    Number(usize),
}

impl From<&str> for TrackId {
    fn from(name: &str) -> TrackId {
        TrackId::Name(name.to_owned())
    }
}

impl From<usize> for TrackId {
    fn from(number: usize) -> TrackId {
        TrackId::Number(number)
    }
}

impl std::fmt::Display for TrackId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TrackId::Name(name) => write!(f, "'{name}'"),
            TrackId::Number(number) => write!(f, "number {number}"),
        }
    }
}

/// One of the further tracks. It can be used from any thread.
///
/// ```
/// use hyperzoom::studio::{AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, TrackConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let mono = AudioConfig::default().channels(1);
/// let config = RecordingConfig::default()
///     .without_video()
///     .audio(mono.clone())
///     .track(TrackConfig::audio("Guest", mono));
/// let recorder = MediaRecorder::new(config)?;
/// recorder.start(folder.path().join("talk.mp4"))?;
/// let guest = recorder.track("guest")?;
/// for _ in 0..50 {
///     recorder.submit_audio(&AudioBlock::floats(48_000, 1, &[0.1; 960])?, None)?;
///     guest.submit_audio(&AudioBlock::floats(48_000, 1, &[0.2; 960])?, None)?;
/// }
/// let report = recorder.stop()?;
/// assert_eq!((report.samples, report.tracks[0].samples), (48_000, 48_000));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RecorderTrack<'a> {
    recorder: &'a MediaRecorder,
    number: usize,
}

impl RecorderTrack<'_> {
    /// Its number, counted from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// A picture; see [`MediaRecorder::submit_video`]. Stamps are on the clock of the main pair's.
    pub fn submit_video(&self, frame: &VideoFrame, at: Option<Duration>) -> Result<(), SubmitError> {
        self.with(|running| running.further_video(self.number, frame, at))
    }

    /// A block of sound; see [`MediaRecorder::submit_audio`]. Stamps are on the clock of the main pair's.
    pub fn submit_audio(&self, block: &AudioBlock, at: Option<Duration>) -> Result<(), SubmitError> {
        self.with(|running| running.further_audio(self.number, block, at))
    }

    /// How it goes; nothing if it does not record.
    pub fn status(&self) -> Option<TrackReport> {
        self.recorder.running().as_ref().and_then(|running| running.track_reports().into_iter().nth(self.number - 1))
    }

    fn with(&self, work: impl FnOnce(&mut Running) -> Result<(), SubmitError>) -> Result<(), SubmitError> {
        self.recorder.running().as_mut().ok_or(SubmitError::NotRunning).and_then(work)
    }
}

impl MediaRecorder {
    /// The further track of that name or number.
    pub fn track(&self, which: impl Into<TrackId>) -> Result<RecorderTrack<'_>, RecordError> {
        let which = which.into();
        let tracks = self.valid.tracks();
        let index = match &which {
            TrackId::Name(name) => tracks.iter().position(|track| track.name.eq_ignore_ascii_case(name)),
            TrackId::Number(number) => number.checked_sub(1).filter(|index| *index < tracks.len()),
        };
        match index {
            Some(index) => Ok(RecorderTrack { recorder: self, number: index + 1 }),
            None => {
                let known: Vec<String> =
                    (1..).zip(tracks).map(|(number, track)| format!("{number} ('{}')", track.name)).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(RecordError::UnknownTrack { which, known })
            }
        }
    }

    /// The pictures of a further track will come like that; they are brought to its configured size.
    pub fn track_pictures(
        self,
        which: impl Into<TrackId>,
        format: PixelFormat,
        size: Size,
    ) -> Result<MediaRecorder, RecordError> {
        self.expecting(which, Expected::Pictures(RawPictures::new(format, size)))
    }

    /// The sound of a further track will come like that; it is brought to its configured rate and channels.
    pub fn track_sound(
        self,
        which: impl Into<TrackId>,
        format: SampleFormat,
        rate_hz: u32,
        channels: u32,
    ) -> Result<MediaRecorder, RecordError> {
        self.expecting(which, Expected::Sound(RawSound { format, rate_hz, channels }))
    }

    pub(in crate::studio) fn expecting(
        mut self,
        which: impl Into<TrackId>,
        expected: Expected,
    ) -> Result<MediaRecorder, RecordError> {
        let which = which.into();
        let index = self.track(which.clone())?.number - 1;
        if std::mem::discriminant(&self.tracks[index]) != std::mem::discriminant(&expected) {
            return Err(RecordError::TrackKind { which });
        }
        self.tracks[index] = expected;
        Ok(self)
    }
}
