// SPDX-License-Identifier: MIT
//! The thread between a file and its recorder: what is to be played first is submitted first, and what is refused for
//! want of room is submitted again.

use crate::media::{FileItem, MediaFile, RawPictures, ReadFileError, SampleFormat};
use crate::studio::media_recorder::{AudioBlock, MediaRecorder, SubmitError, VideoFrame};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When one track is refused, the other may go on for so long: its muxer may be waiting for just that.
const LEAD: Duration = Duration::from_millis(500);

/// Nobody waits for room longer without looking whether it should end.
const GLANCE: Duration = Duration::from_millis(100);

/// An encoder that takes nothing for so long will not any more; finishing says so.
const PATIENCE: Duration = Duration::from_secs(120);

/// What others want of the thread, and how far it is.
#[derive(Debug, Default)]
pub struct Control {
    doing: Mutex<Doing>,
    changed: Condvar,
    reached_ns: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Doing {
    #[default]
    Running,
    Held,
    Over,
}

impl Control {
    /// So far the file has been read.
    pub fn reached(&self) -> Duration {
        Duration::from_nanos(self.reached_ns.load(Relaxed))
    }

    /// Holds it, or lets it go on; answers whether it is held.
    pub fn hold(&self, held: bool) -> bool {
        let mut doing = self.doing();
        if *doing != Doing::Over {
            *doing = if held { Doing::Held } else { Doing::Running };
        }
        self.changed.notify_all();
        *doing == Doing::Held
    }

    /// Whether it is held.
    pub fn is_held(&self) -> bool {
        *self.doing() == Doing::Held
    }

    /// It is to end.
    pub fn end(&self) {
        *self.doing() = Doing::Over;
        self.changed.notify_all();
    }

    /// Waits while it is held; `false` if it is to end.
    fn may_go_on(&self) -> bool {
        let waited = self.changed.wait_while(self.doing(), |doing| *doing == Doing::Held);
        *waited.unwrap_or_else(PoisonError::into_inner) == Doing::Running
    }

    fn doing(&self) -> MutexGuard<'_, Doing> {
        // One word is whole whoever panicked while holding it.
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has become of an item.
#[derive(Debug)]
enum Given {
    Taken,
    /// Here it is again.
    Refused(FileItem),
    /// This track is to have no more.
    Enough,
    /// Nothing is taken any more; the report says why.
    Over,
}

/// One track on its way.
#[derive(Debug)]
struct Lane {
    next: fn(&mut MediaFile) -> Result<Option<FileItem>, ReadFileError>,
    head: Option<FileItem>,
    is_over: bool,
}

/// See the module.
pub struct Feeder {
    file: MediaFile,
    recorder: Arc<MediaRecorder>,
    control: Arc<Control>,
    pictures: Option<RawPictures>,
    lanes: [Lane; 2],
}

impl Feeder {
    /// For a recorder that has begun.
    pub fn new(file: MediaFile, recorder: Arc<MediaRecorder>, control: Arc<Control>) -> Feeder {
        let pictures = file.pictures().map(|pictures| RawPictures::of_camera(&pictures.format));
        let lane = |next| Lane { next, head: None, is_over: false };
        let lanes = [lane(MediaFile::next_picture), lane(MediaFile::next_sound)];
        Feeder { file, recorder, control, pictures, lanes }
    }

    /// Until the end of the file, of the recording or of everybody's patience.
    pub fn run(mut self) -> Result<(), ReadFileError> {
        let mut taken = Instant::now();
        while self.control.may_go_on() {
            for lane in self.lanes.iter_mut().filter(|lane| lane.head.is_none() && !lane.is_over) {
                lane.head = (lane.next)(&mut self.file)?;
                lane.is_over = lane.head.is_none();
            }
            match self.give() {
                Some(true) => taken = Instant::now(),
                Some(false) if taken.elapsed() < PATIENCE => {
                    self.recorder.wait_for_room(GLANCE);
                }
                Some(false) | None => break,
            }
        }
        Ok(())
    }

    /// Submits what is to be played first, or the other where that is refused; answers whether anything was taken, and
    /// nothing when there is no more to do.
    fn give(&mut self) -> Option<bool> {
        let at = |lane: &Lane| lane.head.as_ref().map(FileItem::at);
        let [picture, sound] = [at(&self.lanes[0]), at(&self.lanes[1])];
        let first = usize::from(picture.is_none_or(|picture| sound.is_some_and(|sound| sound < picture)));
        let until = at(&self.lanes[first])? + LEAD;
        for stream in [first, 1 - first] {
            let Some(item) = self.lanes[stream].head.take_if(|item| item.at() <= until) else { continue };
            let reached = item.at();
            match self.submit(item) {
                Given::Taken => {
                    self.control.reached_ns.fetch_max(reached.as_nanos() as u64, Relaxed);
                    return Some(true);
                }
                Given::Refused(item) => self.lanes[stream].head = Some(item),
                Given::Enough => {
                    self.lanes[stream].is_over = true;
                    // Nobody takes it any more, and the other must not wait for that.
                    if stream == 0 {
                        self.file.without_pictures()
                    } else {
                        self.file.without_sound()
                    }
                    return Some(true);
                }
                Given::Over => return None,
            }
        }
        Some(false)
    }

    fn submit(&self, item: FileItem) -> Given {
        let submitted = match &item {
            FileItem::Picture { at, picture } => match &self.pictures {
                Some(kind) => self.recorder.submit_video(&VideoFrame::of_file(kind, picture.clone()), Some(*at)),
                None => return Given::Enough,
            },
            FileItem::Sound { at, bytes } => self.submit_sound(*at, bytes),
        };
        match submitted {
            Ok(()) => Given::Taken,
            Err(SubmitError::Busy { .. }) => Given::Refused(item),
            Err(SubmitError::LimitReached { .. }) => Given::Enough,
            Err(SubmitError::NotRunning | SubmitError::Failed { .. }) => Given::Over,
            Err(why) => {
                // What is missing is filled, as any other gap.
                tracing::warn!("a part of the file at {:.3} s is left out: {why}", item.at().as_secs_f64());
                Given::Taken
            }
        }
    }

    fn submit_sound(&self, at: Duration, bytes: &[u8]) -> Result<(), SubmitError> {
        let Some(kind) = self.file.sound() else { return Ok(()) };
        let block = AudioBlock::new(SampleFormat::F32, kind.rate_hz, kind.channels, bytes)?;
        self.recorder.submit_audio(&block, Some(at))
    }
}
