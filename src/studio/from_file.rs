// SPDX-License-Identifier: MIT
//! A file that exists, recorded anew with any configuration: what is decoded of it goes through a [`MediaRecorder`] like
//! the pictures and the sound of any other program, with the times they have in the file.
//!
//! ```text
//!   FileSource: MediaFile --> Feeder, a thread: the earlier one --> MediaRecorder: constant rate --> a file
//!     tracks, size, rate        `- Busy: waits for room, and so the decoders wait, too
//! ```
//!
//! It goes as fast as it can and loses nothing: nothing gives way to a machine that is slow, it only takes longer. A rate
//! that varies becomes constant, and gaps are filled. A track that the file does not have is none of the recording's.

mod error;
mod feeder;

pub use error::FileError;

use super::config::{FPS_MAX, RecordingConfig, SIDES};
use super::media_recorder::{Finishing, MediaRecorder, RecordError, RecordingReport};
use crate::media::{self, MediaFile, RawPictures, ReadFileError, SampleFormat};
use crate::words::{Rate, Size};
use feeder::{Control, Feeder};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// So much of a file may be decoded before it is encoded, or a few pictures where they are larger: enough for encoders that
/// take several at once, and encoded within a moment when the work is to end.
const AHEAD_BYTES: u64 = 16 << 20;
const AHEAD_PICTURES: u64 = 4;

/// A file that is there and can be read.
#[derive(Debug)]
pub struct FileSource {
    file: MediaFile,
    config: RecordingConfig,
}

/// Records a file anew, from its beginning to its end; what `config` says of size, rate and sound is what comes out.
///
/// ```no_run
/// use hyperzoom::studio::{RecordingConfig, record_file};
///
/// let report = record_file(RecordingConfig::preset("web")?, "talk.mov", "talk.webm")?;
/// println!("{} pictures in {} s", report.frames, report.seconds);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn record_file(
    config: RecordingConfig,
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
) -> Result<RecordingReport, FileError> {
    FileSource::open(from, config)?.start(to, || ())?.finish()
}

impl FileSource {
    /// Opens it, to be recorded like this. Tracks that it does not have are taken out of the configuration.
    pub fn open(path: impl AsRef<Path>, mut config: RecordingConfig) -> Result<FileSource, FileError> {
        let path = path.as_ref().to_owned();
        match std::fs::metadata(&path) {
            Ok(there) if there.is_dir() => return Err(FileError::Folder { path }),
            Ok(_) => {}
            Err(cause) => return Err(FileError::Unreadable { path, cause }),
        }
        media::start().map_err(RecordError::Media)?;
        let mut file = MediaFile::open(&path)?;
        if config.video.is_none() {
            file.without_pictures();
        }
        if config.audio.is_none() {
            file.without_sound();
        }
        config = if file.pictures().is_none() { config.without_video() } else { config };
        config = if file.sound().is_none() { config.without_audio() } else { config };
        if config.video.is_none() && config.audio.is_none() {
            return Err(FileError::Nothing { path });
        }
        // Made for whoever can't wait; a file can.
        config.adaptive.clear();
        Ok(FileSource { file, config })
    }

    /// The file's own size of pictures, as near as can be recorded.
    pub fn size(&self) -> Option<Size> {
        let largest = Size { width: *SIDES.end(), height: *SIDES.end() };
        let size = self.file.pictures()?.format.size.fitted(largest);
        [size.width, size.height].iter().all(|side| SIDES.contains(side)).then_some(size)
    }

    /// The file's own rate, if it says one.
    pub fn rate(&self) -> Option<Rate> {
        self.file.pictures()?.rate.filter(|rate| (1.0..=FPS_MAX as f64).contains(&rate.as_f64()))
    }

    /// How long it says it is.
    pub fn seconds(&self) -> Option<f64> {
        self.file.duration().map(|length| length.as_secs_f64())
    }

    /// What will be recorded; it may still be changed, but for the tracks.
    pub fn config_mut(&mut self) -> &mut RecordingConfig {
        &mut self.config
    }

    /// The recorder for it, which has not begun.
    pub fn recorder(&self) -> Result<MediaRecorder, FileError> {
        let mut recorder = MediaRecorder::new(self.config.clone())?.waiting_at_most(self.ahead_bytes());
        if let Some(pictures) = self.file.pictures() {
            recorder = recorder.camera_pictures(RawPictures::of_camera(&pictures.format));
        }
        if let Some(sound) = self.file.sound() {
            recorder = recorder.sound(SampleFormat::F32, sound.rate_hz, sound.channels);
        }
        Ok(recorder)
    }

    /// How much may wait for the encoders.
    fn ahead_bytes(&self) -> u64 {
        let picture = self.file.pictures().map_or(0, |kind| RawPictures::of_camera(&kind.format).bytes() as u64);
        AHEAD_BYTES.max(AHEAD_PICTURES * picture)
    }

    /// Begins; `over` is called from a thread of its own when the file has come to its end, or can't go on.
    pub fn start(self, to: impl AsRef<Path>, over: impl FnOnce() + Send + 'static) -> Result<FileRecorder, FileError> {
        let recorder = self.recorder()?;
        recorder.start(to.as_ref())?;
        let (recorder, control) = (Arc::new(recorder), Arc::<Control>::default());
        let seconds = self.seconds();
        let feeder = Feeder::new(self.file, recorder.clone(), control.clone());
        let work = move || {
            let ended = feeder.run();
            over();
            ended
        };
        let thread = std::thread::Builder::new().name("recording a file".to_owned()).spawn(work);
        let thread = Some(thread.expect("the system has a thread left"));
        Ok(FileRecorder { recorder, control, seconds, to: to.as_ref().to_owned(), thread })
    }
}

/// A file that is being recorded. It ends, and what was recorded is finished, when this goes out of scope.
#[derive(Debug)]
pub struct FileRecorder {
    recorder: Arc<MediaRecorder>,
    control: Arc<Control>,
    seconds: Option<f64>,
    to: PathBuf,
    thread: Option<JoinHandle<Result<(), ReadFileError>>>,
}

impl FileRecorder {
    /// The recorder, to ask how it goes.
    pub fn recorder(&self) -> &MediaRecorder {
        &self.recorder
    }

    /// How much of the file has been read, from 0 to 1, if the file says how long it is.
    pub fn progress(&self) -> Option<f64> {
        let seconds = self.seconds.filter(|seconds| *seconds > 0.0)?;
        Some((self.control.reached().as_secs_f64() / seconds).min(1.0))
    }

    /// Holds the work, or goes on with it; nothing of the file is left out. Answers whether it is held now.
    pub fn hold(&self, held: bool) -> bool {
        self.control.hold(held)
    }

    /// Whether the work is held.
    pub fn is_held(&self) -> bool {
        self.control.is_held()
    }

    /// Waits for the end of the file, and finishes what was recorded.
    pub fn finish(mut self) -> Result<RecordingReport, FileError> {
        self.ended(&|_| ())
    }

    /// Ends here, if the file has not come to its end, and finishes what was recorded. `progress` is told how far that
    /// is, where it takes time.
    pub fn stop(mut self, progress: &dyn Fn(Finishing)) -> Result<RecordingReport, FileError> {
        self.control.end();
        self.ended(progress)
    }

    fn ended(&mut self, progress: &dyn Fn(Finishing)) -> Result<RecordingReport, FileError> {
        let fed = self.thread.take().map(JoinHandle::join);
        let report = self.recorder.stop_watched(progress)?;
        match fed {
            Some(Err(_)) => Err(RecordError::Panicked.into()),
            Some(Ok(Err(why))) => {
                Err(FileError::Broken { why: Box::new(why), to: self.to.clone(), report: Box::new(report) })
            }
            Some(Ok(Ok(()))) | None => Ok(report),
        }
    }
}

impl Drop for FileRecorder {
    fn drop(&mut self) {
        self.control.end();
        if self.thread.is_some()
            && let Err(why) = self.ended(&|_| ())
        {
            tracing::error!("{why}");
        }
    }
}
