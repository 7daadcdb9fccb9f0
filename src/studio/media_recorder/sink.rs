// SPDX-License-Identifier: MIT
//! The end of a recording where its bytes arrive: a file of ours, or an output of somebody's.

use super::error::RecordError;
use super::event::RecordingEvent;
use super::output::Output;
use super::packets::PacketOutput;
use super::room::Room;
use super::takeover::Behind;
use super::taker::take_for_file;
use crate::disk::space::free_bytes;
use crate::disk::writer::{Ended, WriterSignal};
use crate::disk::{Piece, Place, Writer};
use crate::media::{RecordingSignal, Trouble};
use crate::mp4::opening;
use crate::words::{Container, Facts};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The disk is asked so often how much is free.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Elements whose failing no other encoder of pictures could mend.
const BEYOND_MENDING: [&str; 4] = ["audio_encoder", "sound", "mux", "file"];

/// Where it goes.
pub enum Destination {
    /// A new file.
    File(Place),
    /// Somebody's own, who may want the packets, too.
    Own(Box<dyn Output>, Option<Box<dyn PacketOutput>>),
}

impl Destination {
    /// Who wants packets, if anybody does.
    pub fn take_packets(&mut self) -> Option<Box<dyn PacketOutput>> {
        match self {
            Destination::File(_) => None,
            Destination::Own(_, packets) => packets.take(),
        }
    }
}

/// What both ends know.
#[derive(Debug, Default)]
pub struct Shared {
    /// Bytes that are written.
    pub bytes: AtomicU64,
    /// How long the sound is so far, at [`RATE_HZ`].
    pub sound_samples: AtomicU64,
    /// What is free on the disk, and one more; 0 as long as nobody has asked.
    free_and_one: AtomicU64,
    /// The disk has less left than it has to keep.
    pub is_low: AtomicBool,
    /// The graph has given out all its bytes.
    drained: AtomicBool,
    /// How many graphs have been given up; the one after them is listened to.
    graph: Mutex<u32>,
    /// Another encoder takes over when the one of the pictures breaks; then this one's end is said by hand.
    pub can_be_mended: bool,
    /// Rings as bytes are written, and when something fails.
    pub room: Room,
    failed: Mutex<Option<String>>,
    broken: Mutex<Option<String>>,
    again: Mutex<Again>,
}

/// A file that was deleted and has been written again.
#[derive(Debug, Default)]
struct Again {
    /// Where it is now.
    file: Option<PathBuf>,
    /// Nobody has been told yet.
    is_news: bool,
}

impl Shared {
    /// Nothing has happened yet.
    pub fn new(can_be_mended: bool, room: Room) -> Shared {
        Shared { can_be_mended, room, ..Shared::default() }
    }

    /// Asks the disk. It may take its time, if it is one of a network.
    fn ask(&self, folder: &Path) -> Option<u64> {
        let free = free_bytes(folder).ok();
        self.free_and_one.store(free.map_or(0, |free| free.saturating_add(1)), Relaxed);
        free
    }

    /// What was free on the disk when it was last asked.
    pub fn free_bytes(&self) -> Option<u64> {
        self.free_and_one.load(Relaxed).checked_sub(1)
    }

    /// Why the encoder of the pictures is broken, if it is.
    pub fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The graph has given out all its bytes.
    pub fn drains(&self) {
        self.drained.store(true, Relaxed);
        self.room.ring();
    }

    /// Whether it has.
    pub fn is_drained(&self) -> bool {
        self.drained.load(Relaxed)
    }

    /// The number of the graph that is listened to.
    pub fn graph(&self) -> u32 {
        *self.now_taking()
    }

    /// The same, which stays so until the guard is gone.
    pub fn now_taking(&self) -> MutexGuard<'_, u32> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another graph takes over from one that is broken, which is not listened to any more.
    pub fn taken_over(&self) {
        let mut graph = self.now_taking();
        *graph += 1;
        self.drained.store(false, Relaxed);
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes trouble that can be mended; answers whether it can.
    pub fn breaks(&self, trouble: &Trouble) -> bool {
        let name = trouble.element.rsplit(':').next().unwrap_or_default();
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        // What follows from it is no trouble of its own.
        let mended = broken.is_some() || self.can_be_mended && !BEYOND_MENDING.contains(&name);
        if mended {
            broken.get_or_insert(trouble.to_string());
            self.room.ring();
        }
        mended
    }

    /// The file was deleted, and is there again under that name.
    fn written_again(&self, file: PathBuf) {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = Again { file: Some(file), is_news: true };
    }

    /// Where the file was written again, if it was; what may be told of that is answered once.
    pub fn again(&self) -> (Option<PathBuf>, Option<RecordingEvent>) {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = std::mem::take(&mut again.is_news);
        let news = again.file.clone().filter(|_| is_news);
        (again.file.clone(), news.map(|file| RecordingEvent::WrittenAgain { file }))
    }

    /// The first reason is the one that counts.
    pub fn fail(&self, why: impl Into<String>) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why.into());
        self.room.ring();
    }

    /// What has gone wrong.
    pub fn failed(&self) -> Option<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How it ended: the size, whether all of it is there, and how long finishing took.
pub type End = Result<Ended, RecordError>;

/// The guard.
pub struct Sink {
    /// Where the file is, if it is one.
    pub file: Option<PathBuf>,
    waiting: Arc<AtomicU64>,
    take: Arc<dyn Fn(RecordingSignal) + Send + Sync>,
    writer: Option<Arc<Writer>>,
    ended: Mutex<Receiver<End>>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Opens it. `facts` are put into files of ours. Of a file's disk so much is left free.
    pub fn open(
        destination: Destination,
        container: Container,
        facts: Facts,
        shared: Arc<Shared>,
        min_free_bytes: u64,
    ) -> Result<Sink, RecordError> {
        let (tell, ended) = channel();
        let ended = Mutex::new(ended);
        match destination {
            Destination::File(place) => {
                let writer = Arc::new(file(&place, &shared, min_free_bytes, tell)?);
                let waiting = writer.waiting();
                let in_fragments = matches!(container, Container::Mp4 | Container::Mov);
                let take = Arc::new(take_for_file(writer.clone(), in_fragments, facts, shared, None));
                Ok(Sink { file: Some(place.master), waiting, take, writer: Some(writer), ended, thread: None })
            }
            Destination::Own(output, _) => {
                let (pieces, inbox) = channel();
                let waiting = Arc::<AtomicU64>::default();
                let (theirs, done) = (shared.clone(), waiting.clone());
                let work = move || {
                    let run = AssertUnwindSafe(|| run(output, &inbox, &done, &theirs));
                    // Nobody waits for the end of a recording that was given up.
                    let _ = tell.send(catch_unwind(run).unwrap_or_else(|_| Ok(panicked(&theirs))));
                    theirs.room.ring();
                };
                let thread = std::thread::Builder::new().name("recording output".into()).spawn(work);
                let thread = Some(thread.expect("the system has a thread left"));
                let pieces = Pieces { pieces, waiting: waiting.clone() };
                let take = Arc::new(take_for_own(pieces, container, facts, shared));
                Ok(Sink { file: None, waiting, take, writer: None, ended, thread })
            }
        }
    }

    /// Where the graph's signals go.
    pub fn taker(&self) -> Arc<dyn Fn(RecordingSignal) + Send + Sync> {
        self.take.clone()
    }

    /// Where the signals of the next graph go, in a file in fragments that goes on with another encoder.
    pub fn taker_behind(
        &self,
        facts: Facts,
        shared: Arc<Shared>,
        behind: Behind,
    ) -> impl Fn(RecordingSignal) + Send + Sync + use<> {
        let take = self.writer.clone().map(|writer| take_for_file(writer, true, facts, shared, Some(behind)));
        move |signal| {
            if let Some(take) = &take {
                take(signal);
            }
        }
    }

    /// Bytes that wait to be written.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    /// Ends the file of a broken graph.
    pub fn end(&self, sound_samples: u64) {
        if let Some(writer) = &self.writer {
            writer.write(Piece::End(sound_samples));
        }
    }

    /// How it ended, if it has within that time.
    pub fn ended(&self, within: Duration) -> Option<End> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(within).ok()
    }
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.take = Arc::new(|_| ());
        self.writer = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("an output of a recording has panicked");
        }
    }
}

fn file(place: &Place, shared: &Arc<Shared>, min_free_bytes: u64, tell: Sender<End>) -> Result<Writer, RecordError> {
    let shared = shared.clone();
    let asked = Mutex::new(Instant::now());
    let folder = place.folder.clone();
    shared.ask(&folder);
    // Asked by the thread that writes: disks of a network may take their time.
    let look = move |shared: &Shared| {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.elapsed() < ASK_EVERY {
            return;
        }
        *asked = Instant::now();
        if shared.ask(&folder).is_some_and(|free| free < min_free_bytes) {
            shared.is_low.store(true, Relaxed);
        }
    };
    let writer = Writer::create(place, move |signal| match signal {
        WriterSignal::Safe { bytes, .. } => {
            shared.bytes.store(bytes, Relaxed);
            look(&shared);
            shared.room.ring();
        }
        WriterSignal::Full => shared.fail("the disk is full"),
        WriterSignal::Failed(why) => shared.fail(format!("the file can't be written any more: {why}")),
        WriterSignal::Rescued(path) => shared.written_again(path),
        WriterSignal::Ended(end) => {
            if let Err(why) = &end {
                shared.fail(why.to_string());
            }
            // Nobody waits for the end of a recording that was given up.
            let _ = tell.send(end.map_err(RecordError::from));
            shared.room.ring();
        }
    })?;
    Ok(writer)
}

enum Given {
    Bytes(u64, Vec<u8>),
    End,
}

/// The way to an output's thread, with a count of what is on it.
struct Pieces {
    pieces: Sender<Given>,
    waiting: Arc<AtomicU64>,
}

fn take_for_own(
    Pieces { pieces, waiting }: Pieces,
    container: Container,
    facts: Facts,
    shared: Arc<Shared>,
) -> impl Fn(RecordingSignal) + Send + Sync {
    let in_fragments = matches!(container, Container::Mp4 | Container::Mov);
    // Nothing in a file in fragments says where it lies, so what follows a longer header may just move.
    let moved = AtomicU64::new(0);
    move |signal| {
        let given = match signal {
            // Only our header tells readers to skip what the encoder puts in front of the sound.
            RecordingSignal::Bytes { at, bytes, header: true, .. } if in_fragments => match opening(&bytes, &facts) {
                Ok(ours) => {
                    moved.fetch_add((ours.len() as u64).saturating_sub(bytes.len() as u64), Relaxed);
                    Given::Bytes(at, ours)
                }
                Err(why) => {
                    shared.fail(why.to_string());
                    Given::End
                }
            },
            RecordingSignal::Bytes { at, bytes, .. } => Given::Bytes(at + moved.load(Relaxed), bytes),
            RecordingSignal::End => Given::End,
            RecordingSignal::Failed(trouble) => {
                shared.fail(format!("encoding has failed: {trouble}"));
                Given::End
            }
        };
        if let Given::Bytes(_, bytes) = &given {
            waiting.fetch_add(bytes.len() as u64, Relaxed);
        }
        // An output that has ended has said why.
        let _ = pieces.send(given);
    }
}

fn run(mut output: Box<dyn Output>, inbox: &Receiver<Given>, waiting: &AtomicU64, shared: &Shared) -> End {
    let begun = std::time::Instant::now();
    let (mut written, mut whole) = (0, true);
    while let Ok(Given::Bytes(at, bytes)) = inbox.recv() {
        if whole && let Err(why) = output.write_at(at, &bytes) {
            whole = false;
            shared.fail(format!("the output takes no more: {why}"));
        }
        if whole {
            written = written.max(at + bytes.len() as u64);
            shared.bytes.store(written, Relaxed);
        }
        waiting.fetch_sub(bytes.len() as u64, Relaxed);
        shared.room.ring();
    }
    if let Err(why) = output.sync() {
        whole = false;
        shared.fail(format!("the output could not finish: {why}"));
    }
    Ok(Ended { bytes: written, whole, frames: 0, samples: 0, finalise_ms: begun.elapsed().as_millis() as u64 })
}

/// The code was somebody else's; what it was given is lost, but whoever records is told.
fn panicked(shared: &Shared) -> Ended {
    shared.fail("the output has panicked");
    Ended { bytes: shared.bytes.load(Relaxed), whole: false, frames: 0, samples: 0, finalise_ms: 0 }
}
