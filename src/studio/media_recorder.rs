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
//! waits behind that, [`SubmitError::Busy`] says so, and what was submitted has not been taken. Who would rather wait than
//! leave something out waits for [`MediaRecorder::wait_for_room`].
//!
//! A whole program to begin with is `examples/record_frames.rs`.
//!
//! # More than one track
//!
//! Beside its pictures and its sound a recording may hold further tracks, each from a source of its own
//! ([`RecordingConfig::track`], [`MediaRecorder::track`]): all in step with the main pair, paused with it and as long as
//! it, in the same file. Their sound is brought to the clock of the main sound, their pictures to a constant rate of
//! their own. A source that begins late or stays away is silence, black or its last picture, and the report tells.
//! With further tracks no other encoder takes over when one breaks, and no loudness is made at the end; QuickTime with
//! PCM has no place for their names.
//!
//! # More than one file
//!
//! A recording goes on in the next file (`talk.mkv`, `talk-2.mkv`, ...) at a limit that rolls over, and when the size or
//! quality of its pictures gives way to a machine that can't keep up. Each file is whole by itself and begins with a key
//! frame; none repeats or misses a picture or sample of another.
//!
//! When the encoder of its pictures breaks, MP4 and MOV go on in the same file: the track then has a sample entry of
//! each encoder. Other containers have one description for a whole track (as has MOV with PCM, which is not written in
//! fragments), so that there, too, the next file goes on, and so it does where what broke does not give out what it
//! holds; then the one whose encoder broke may show or sound a little
//! beyond its end as reported, and what follows begins with that again.
//! MP3 and AAC in files that can't say what their encoder puts in front of the sound begin that much later.
//!
//! `max_bytes` is judged by what the pictures of a file have cost so far, with half a second to spare.

mod adapt;
mod error;
mod event;
mod finishing;
mod handle;
mod input;
mod item;
mod loudness;
mod opened;
mod order;
mod output;
mod packets;
mod part;
mod parts;
mod piece;
mod place;
mod report;
mod room;
mod running;
mod sink;
mod status;
mod takeover;
mod taker;
mod tracks;

pub use error::{RecordError, SubmitError};
pub use event::RecordingEvent;
pub use finishing::{Finishing, FinishingStep};
pub use handle::{RecorderTrack, TrackId};
pub use input::{AudioBlock, VideoFrame};
pub use loudness::{LoudnessReport, Normalised};
pub use output::{MemoryOutput, Output};
pub use packets::PacketOutput;
pub use report::{FileReport, PauseReport, RecordingReport, SyncReport};
pub use status::{MachineReport, RecordingStatus};
pub(super) use tracks::Expected;
pub use tracks::TrackReport;

use super::config::{MediaRecipe, RecordingConfig, TrackRecipe, Valid};
use crate::disk::{Place, preferences::encoders_file, space::free_bytes};
use crate::media::{self, EncoderTable, PixelFormat, RawPictures, RawSound, Recording, SampleFormat};
use crate::words::Size;
use error::{CHANNELS_MAX, SIDE_MAX};
use order::{Encoders, Order, further_tracks};
use packets::Nowhere;
use room::Room;
use running::Running;
use sink::Destination;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    /// What is submitted to the further tracks.
    tracks: Vec<Expected>,
    table: Option<EncoderTable>,
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
        let expected = |track: &TrackRecipe| match &track.media {
            MediaRecipe::Picture(recipe) => Expected::Pictures(RawPictures::new(PixelFormat::I420, recipe.size)),
            MediaRecipe::Sound(recipe) => Expected::Sound(RawSound {
                format: SampleFormat::F32,
                rate_hz: recipe.rate_hz,
                channels: recipe.channels,
            }),
        };
        let tracks = valid.tracks().iter().map(expected).collect();
        Ok(MediaRecorder { valid, pictures, sound, tracks, table: None, running: Mutex::new(None) })
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

    /// Less may wait for the encoders than is configured: whoever can wait need not fill the memory.
    pub(super) fn waiting_at_most(mut self, bytes: u64) -> MediaRecorder {
        self.valid.wait_at_most(bytes);
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

    /// Encoders are chosen from this table instead of our own.
    pub fn encoder_table(mut self, table: EncoderTable) -> MediaRecorder {
        self.table = Some(table);
        self
    }

    /// The graph that would run, on one line.
    pub fn dry_run(&self) -> Result<String, RecordError> {
        Ok(Recording::text(&self.order()?.spec())?)
    }

    /// Which of a person's own encoders would be passed over, and why.
    pub fn passed_over(&self) -> Result<Vec<RecordingEvent>, RecordError> {
        Ok(self.order()?.encoders.passed_over().collect())
    }

    /// Whether what was recorded before a crash can be read.
    pub fn is_crash_safe(&self) -> Result<bool, RecordError> {
        Ok(self.order()?.spec().is_crash_safe())
    }

    /// Begins a file, which must not exist yet.
    pub fn start(&self, path: impl AsRef<Path>) -> Result<(), RecordError> {
        let path = path.as_ref();
        let container = self.valid.container();
        let fits = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(container.extension()));
        if !fits {
            return Err(RecordError::Extension { path: path.to_owned(), container });
        }
        self.begin(|least_bytes| {
            let place = Place::file(path)?;
            match free_bytes(&place.folder) {
                Ok(free_bytes) if free_bytes < least_bytes => {
                    Err(RecordError::NoSpace { path: path.to_owned(), free_bytes, least_bytes })
                }
                _ => Ok(Destination::File(place)),
            }
        })
    }

    /// Begins, with all bytes going to `output`. MP4 and MOV stay in fragments there, since nobody can finish in place
    /// what they cannot read.
    pub fn start_into(&self, output: impl Output + 'static) -> Result<(), RecordError> {
        self.begin(|_| Ok(Destination::Own(Box::new(output), None)))
    }

    /// Begins, with what the encoders make going to `output`, packet by packet and as soon as it is made: nothing is
    /// kept. The container decides in which form packets come.
    ///
    /// ```
    /// # use hyperzoom::media::{EncodedPacket, PacketKind};
    /// # use hyperzoom::studio::{MediaRecorder, RecordingConfig, VideoFrame};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RecordingConfig::preset("low-latency")?.without_audio();
    /// let recorder = MediaRecorder::new(config)?;
    /// let (give, sizes) = std::sync::mpsc::channel();
    /// recorder.start_packets(move |packet: &EncodedPacket<'_>| {
    ///     assert_eq!(packet.kind, PacketKind::Picture);
    ///     give.send((packet.key, packet.bytes.len())).map_err(std::io::Error::other)
    /// })?;
    /// # let size = hyperzoom::words::Size { width: 1280, height: 720 };
    /// # let grey = VideoFrame::new(hyperzoom::media::PixelFormat::I420, size, vec![128; 1280 * 720 * 3 / 2])?;
    /// recorder.submit_video(&grey, None)?;
    /// assert!(sizes.recv()?.0, "the first picture needs no other");
    /// # recorder.stop()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_packets(&self, output: impl PacketOutput + 'static) -> Result<(), RecordError> {
        self.begin(|_| Ok(Destination::Own(Box::new(Nowhere), Some(Box::new(output)))))
    }

    fn begin(&self, destination: impl FnOnce(u64) -> Result<Destination, RecordError>) -> Result<(), RecordError> {
        let mut running = self.running();
        if running.is_some() {
            return Err(RecordError::Running);
        }
        *running = Some(self.begun(destination).inspect_err(|why| tracing::info!("no recording begins: {why}"))?);
        Ok(())
    }

    fn begun(&self, destination: impl FnOnce(u64) -> Result<Destination, RecordError>) -> Result<Running, RecordError> {
        self.check_input()?;
        let order = self.order()?;
        Running::begin(order, &self.tracks, destination(self.valid.limits().min_free_bytes)?)
    }

    /// Whether what was announced can come at all; rates are for the feed to judge.
    fn check_input(&self) -> Result<(), RecordError> {
        let main = self.pictures.clone().map(Expected::Pictures).into_iter().chain(self.sound.map(Expected::Sound));
        for expected in main.chain(self.tracks.iter().cloned()) {
            match expected {
                Expected::Pictures(RawPictures { size, .. })
                    if ![size.width, size.height].iter().all(|side| (1..=SIDE_MAX).contains(side)) =>
                {
                    return Err(RecordError::Pictures { size });
                }
                Expected::Sound(RawSound { channels, .. }) if !(1..=CHANNELS_MAX).contains(&channels) => {
                    return Err(RecordError::Sound { channels });
                }
                _ => {}
            }
        }
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

    /// Waits until what [`SubmitError::Busy`] refused is worth submitting again, but no longer than `patience`; answers
    /// whether it is. Where there is nothing to wait for (it does not record, or takes nothing more) submitting says why.
    ///
    /// While one stream is refused, the other may be just what the muxer waits for: try that, too, before waiting.
    pub fn wait_for_room(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            // The lock is not held while it waits.
            let Some(room) = self.running().as_ref().map(Running::room) else { return true };
            let heard = room.rings();
            if self.running().as_mut().is_none_or(Running::has_room) {
                return true;
            }
            if !room.wait(heard, until) {
                return false;
            }
        }
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
        self.running().as_mut().map(Running::status)
    }

    /// Finishes the file and tells all about it. The recorder can be started again.
    pub fn stop(&self) -> Result<RecordingReport, RecordError> {
        self.stop_watched(&|_| ())
    }

    /// The same; `tell` hears how far what takes time is, where the configuration asks for it. It is called from here,
    /// as often as something is done.
    pub fn stop_watched(&self, tell: &dyn Fn(Finishing)) -> Result<RecordingReport, RecordError> {
        let running = self.running().take().ok_or(RecordError::NotRunning)?;
        let mut report = running.finish(tell).inspect_err(|why| tracing::info!("the recording is lost: {why}"))?;
        if self.valid.fast_start() {
            report.put_indexes_in_front(tell);
        }
        report.look_for_files();
        report.save();
        report.tell();
        Ok(report)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        // Whoever panicked while submitting has broken their own program; the file is finished all the same.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self) -> Result<Order, RecordError> {
        media::start().map_err(RecordError::Media)?;
        let table = self.table.clone().map_or_else(own_table, Ok)?;
        let encoders = Encoders::choose(&self.valid, &table)?;
        Ok(Order {
            further: further_tracks(&self.valid, &encoders, &self.tracks),
            encoders,
            recipe: self.valid.picture().cloned(),
            valid: self.valid.clone(),
            pictures: self.pictures.clone(),
            sound: self.sound,
            table,
            room: Room::default(),
        })
    }
}

/// Our rows, with a person's own before them.
fn own_table() -> Result<EncoderTable, RecordError> {
    let mut table = EncoderTable::load()?;
    if let Some(path) = encoders_file() {
        let refused = |why: String| RecordError::OwnEncoders { path: path.clone(), why };
        let text = std::fs::read_to_string(&path).map_err(|why| refused(why.to_string()))?;
        table.put_in_front(&text).map_err(|why| refused(why.to_string()))?;
    }
    Ok(table)
}

impl Drop for MediaRecorder {
    fn drop(&mut self) {
        match self.stop() {
            Ok(_) | Err(RecordError::NotRunning) => {}
            Err(why) => tracing::error!("{why}"),
        }
    }
}
