// SPDX-License-Identifier: MIT
//! A recorder for programs: pictures and sound are submitted from any thread, and a file of any kind comes out.
//!
//! ```text
//!   submit_video --\                                        /--> disk::Writer: a file, synced, finished in place
//!   submit_audio ---+--> Feed: constant rate, pauses --> Recording: encoders, muxer
//!   pause, resume -/                                        \--> Output: somebody's own
//! ```
//!
//! What is submitted is put in order and handed to the encoders by whoever submits it; nothing waits. When too much
//! waits behind that, [`SubmitError::Busy`] says so, and what was submitted has not been taken.

mod error;
mod input;
mod loudness;
mod output;
mod report;
mod running;
mod sink;

pub use error::{RecordError, SubmitError};
pub use input::{AudioBlock, VideoFrame};
pub use loudness::{LoudnessReport, Normalised};
pub use output::{MemoryOutput, Output};
pub use report::{PauseReport, RecordingReport, RecordingStatus, SyncReport};

use super::config::{RecordingConfig, Valid};
use crate::media::{self, EncoderTable, PixelFormat, RawPictures, RawSound, Recording, RecordingSpec, SampleFormat};
use crate::words::Size;
use running::{Encoders, Running};
use sink::Destination;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The recorder. Dropping it finishes the file.
///
/// ```
/// use hyperzoom::studio::{AudioBlock, MediaRecorder, RecordingConfig, VideoFrame};
/// use hyperzoom::media::PixelFormat;
/// use hyperzoom::words::Size;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let mut config = RecordingConfig::preset("vga")?;
/// config.set("container", "mkv")?;
/// let recorder = MediaRecorder::new(config)?
///     .pictures(PixelFormat::Rgb, Size { width: 640, height: 480 })
///     .floats();
/// recorder.start(folder.path().join("talk.mkv"))?;
/// for _ in 0..30 {
///     let grey = vec![128u8; 640 * 480 * 3];
///     recorder.submit_video(&VideoFrame::new(PixelFormat::Rgb, Size { width: 640, height: 480 }, grey)?, None)?;
///     recorder.submit_audio(&AudioBlock::floats(48_000, 2, &[0.0; 2 * 1600])?, None)?;
/// }
/// let report = recorder.stop()?;
/// assert_eq!((report.frames, report.seconds), (30, 1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MediaRecorder {
    valid: Valid,
    pictures: Option<RawPictures>,
    sound: Option<RawSound>,
    running: Mutex<Option<Running>>,
}

impl MediaRecorder {
    /// For such recordings. Pictures are expected as I420 in the configured size, sound as 32-bit floats at the
    /// configured rate, until something else is said.
    pub fn new(config: RecordingConfig) -> Result<MediaRecorder, RecordError> {
        let valid = config.validate()?;
        if valid.is_master() {
            return Err(RecordError::Master);
        }
        let pictures = valid.picture().map(|recipe| RawPictures::new(PixelFormat::I420, recipe.size));
        let sound = valid.sound().map(|recipe| RawSound {
            format: SampleFormat::F32,
            rate_hz: recipe.rate_hz,
            channels: recipe.channels,
        });
        Ok(MediaRecorder { valid, pictures, sound, running: Mutex::new(None) })
    }

    /// Pictures will come like that; they are brought to the configured size.
    pub fn pictures(self, format: PixelFormat, size: Size) -> MediaRecorder {
        self.camera_pictures(RawPictures::new(format, size))
    }

    /// Pictures will come as a camera delivers them.
    pub(super) fn camera_pictures(mut self, kind: RawPictures) -> MediaRecorder {
        if let Some(expected) = &mut self.pictures {
            *expected = kind;
        }
        self
    }

    /// Sound will come like that; it is brought to the configured rate and channels.
    pub fn sound(mut self, format: SampleFormat, rate_hz: u32, channels: u32) -> MediaRecorder {
        if let Some(expected) = &mut self.sound {
            *expected = RawSound { format, rate_hz, channels };
        }
        self
    }

    /// Sound will come as floats, at the configured rate and with the configured channels.
    pub fn floats(self) -> MediaRecorder {
        match self.sound {
            Some(RawSound { rate_hz, channels, .. }) => self.sound(SampleFormat::F32, rate_hz, channels),
            None => self,
        }
    }

    /// The graph that would run, on one line.
    pub fn dry_run(&self) -> Result<String, RecordError> {
        let encoders = self.encoders()?;
        Ok(Recording::text(&self.spec(&encoders))?)
    }

    /// Whether what was recorded before a crash can be read.
    pub fn is_crash_safe(&self) -> Result<bool, RecordError> {
        let encoders = self.encoders()?;
        Ok(self.spec(&encoders).is_crash_safe())
    }

    /// Begins a file, which must not exist yet.
    pub fn start(&self, path: impl AsRef<Path>) -> Result<(), RecordError> {
        let path = path.as_ref();
        let container = self.valid.container();
        let fits = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(container.extension()));
        if !fits {
            return Err(RecordError::Extension { path: path.to_owned(), container });
        }
        self.begin(Destination::File(path.to_owned()))
    }

    /// Begins, with all bytes going to `output`. MP4 and MOV stay in fragments there, since nobody can finish in place
    /// what they cannot read.
    pub fn start_into(&self, output: impl Output + 'static) -> Result<(), RecordError> {
        self.begin(Destination::Own(Box::new(output)))
    }

    fn begin(&self, destination: Destination) -> Result<(), RecordError> {
        let mut running = self.running();
        if running.is_some() {
            return Err(RecordError::Running);
        }
        let encoders = self.encoders()?;
        *running = Some(Running::begin(&self.valid, &self.spec(&encoders), &encoders, destination)?);
        Ok(())
    }

    /// A picture, taken at `at` on any clock of the caller's, or one slot after the one before.
    pub fn submit_video(&self, frame: &VideoFrame, at: Option<Duration>) -> Result<(), SubmitError> {
        self.running().as_mut().ok_or(SubmitError::NotRunning)?.video(frame, at)
    }

    /// A block of sound, whose first sample was taken at `at`, or right behind the one before.
    pub fn submit_audio(&self, block: &AudioBlock, at: Option<Duration>) -> Result<(), SubmitError> {
        self.running().as_mut().ok_or(SubmitError::NotRunning)?.audio(block, at)
    }

    /// Nothing behind the newest of what was submitted is recorded, until [`MediaRecorder::resume`].
    pub fn pause(&self) -> Result<(), RecordError> {
        self.running().as_mut().ok_or(RecordError::NotRunning)?.pause()
    }

    /// Goes on with whatever is submitted next, without a gap.
    pub fn resume(&self) -> Result<(), RecordError> {
        self.running().as_mut().ok_or(RecordError::NotRunning)?.resume()
    }

    /// How it goes; nothing if it does not record.
    pub fn status(&self) -> Option<RecordingStatus> {
        self.running().as_ref().map(Running::status)
    }

    /// Finishes the file and tells all about it. The recorder can be started again.
    pub fn stop(&self) -> Result<RecordingReport, RecordError> {
        let running = self.running().take().ok_or(RecordError::NotRunning)?;
        running.finish()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        // Whoever panicked while submitting has broken their own program; the file is finished all the same.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn encoders(&self) -> Result<Encoders, RecordError> {
        media::start().map_err(RecordError::Media)?;
        let table = EncoderTable::load()?;
        Ok(Encoders {
            picture: self.valid.picture().map(|recipe| table.picture(recipe)).transpose()?,
            sound: self.valid.sound().map(|recipe| table.sound(recipe)).transpose()?,
        })
    }

    fn spec<'a>(&'a self, encoders: &'a Encoders) -> RecordingSpec<'a> {
        encoders.spec(&self.valid, self.pictures.as_ref(), self.sound)
    }
}

impl Drop for MediaRecorder {
    fn drop(&mut self) {
        if let Some(running) = self.running().take()
            && let Err(why) = running.finish()
        {
            tracing::error!("{why}");
        }
    }
}

#[cfg(test)]
mod tests;
