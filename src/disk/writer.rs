// SPDX-License-Identifier: MIT
//! The thread that writes a master: each fragment is appended and synced to the disk before the next, and at the
//! end the file is finalised in place, from books kept on the way, without a second look at what was written.

use super::folder::Place;
use super::metadata::Metadata;
use super::repair::{self, CarryOutError};
use super::space::Reserve;
use crate::mp4::{self, FinaliseError, Ledger, Note, OpeningError, Options, ScanError, Seam};
use crate::words::{Facts, FragmentNote, RATE_HZ, Sample};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

mod rescue;

/// What the writer is given, in this order: a header, fragments (and perhaps a seam and more of them), the end.
#[derive(Debug)]
pub enum Piece {
    /// The muxer's beginning, and what is true of the whole.
    Header(Vec<u8>, Box<Facts>),
    /// The beginning of another muxer that goes on in the same file, and where; the facts stand there if the file is
    /// still empty.
    Seam(Vec<u8>, Box<Facts>, Seam),
    /// A fragment and its note.
    Fragment(Vec<u8>, FragmentNote),
    /// Instead of all that: bytes of a file whose muxer finishes it by itself, and where they belong.
    Bytes {
        /// Their place, which may have been written before.
        at: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// What is known by now, to be put beside the master.
    Metadata(Box<Metadata>),
    /// Finalise; the sound is exactly so many samples long.
    End(u64),
}

/// What the writer tells, from its own thread.
#[derive(Debug)]
pub enum WriterSignal {
    /// So much is safe on the disk.
    Safe {
        /// Bytes of the file.
        bytes: u64,
        /// Samples of the recording.
        samples: Sample,
    },
    /// The disk is full and this fragment lives on the reserve: end now.
    Full,
    /// The file was deleted while it was recorded; it has been written again from what its handle still held.
    Rescued(PathBuf),
    /// It can't write any more; what is on the disk stays, and ending still finalises it.
    Failed(io::Error),
    /// The file is finished, or why it is not; after this nothing more comes.
    Ended(Result<Ended, WriterError>),
}

/// A finished file.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its size.
    pub bytes: u64,
    /// Whether everything that was recorded is in it; otherwise it ends with the last fragment that is safe.
    pub whole: bool,
    /// Its pictures.
    pub frames: u64,
    /// Samples of its sound.
    pub samples: Sample,
    /// How long finalising took, in milliseconds.
    pub finalise_ms: u64,
}

/// Why a file is not finished. What was written is there, and can be recovered.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// The file cannot be made.
    #[error("{path} cannot be made ({cause}); choose another folder with --recordings")]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Nothing was ever encoded.
    #[error("nothing was recorded: the encoders gave out no picture and no sound")]
    Empty,
    /// The muxer's header.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// Our own books.
    #[error("the recording's own books are wrong ({0}); run hyperzoom recover on it")]
    Books(#[from] ScanError),
    /// The plan.
    #[error(transparent)]
    Finalise(#[from] FinaliseError),
    /// The disk.
    #[error("the recording is safe but not finished ({0}); mend that, then run hyperzoom recover on it")]
    CarryOut(#[from] CarryOutError),
    /// Somebody took the file away, and it could not be written again.
    #[error("the recording {0} was deleted while it was recorded, and could not be written again")]
    Deleted(PathBuf),
}

/// As often as a fragment comes.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Disks count in blocks, and some of them in large ones.
const ROUNDED_UP_BYTES: u64 = 256 << 10;

/// The guard: the thread is waited for when it goes out of scope.
#[derive(Debug)]
pub struct Writer {
    pieces: Option<Sender<Piece>>,
    waiting: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Makes the file, which must not exist, and takes the reserve beside it.
    pub fn create(place: &Place, on_signal: impl Fn(WriterSignal) + Send + 'static) -> Result<Writer, WriterError> {
        let failed = |cause| WriterError::Create { path: place.master.clone(), cause };
        rescue::file_limits_are_errors();
        let new = OpenOptions::new().read(true).write(true).create_new(true).open(&place.master);
        let file = new.map_err(failed)?;
        repair::lock(&file).map_err(|busy| failed(io::Error::other(busy)))?;
        let reserve = match Reserve::take(&place.master) {
            Ok(reserve) => Some(reserve),
            Err(full) if is_full(&full) => {
                // Ours, and empty.
                let _ = std::fs::remove_file(&place.master);
                return Err(failed(full));
            }
            Err(why) => {
                tracing::warn!("no space can be reserved for finishing the file: {why}");
                None
            }
        };
        let (pieces, inbox) = channel();
        let book = Book {
            place: place.clone(),
            file,
            written: 0,
            samples: 0,
            ledger: Ledger::new(),
            reserve,
            begun: Instant::now(),
            broken: false,
            placed: false,
            synced: Instant::now(),
        };
        let waiting = Arc::<AtomicU64>::default();
        let done = waiting.clone();
        let work = move || run(book, &inbox, &done, &on_signal);
        let thread = std::thread::Builder::new().name("master writer".into()).spawn(work).map_err(failed)?;
        Ok(Writer { pieces: Some(pieces), waiting, thread: Some(thread) })
    }

    /// Hands a piece over; never waits.
    pub fn write(&self, piece: Piece) {
        if let Some(pieces) = &self.pieces {
            self.waiting.fetch_add(piece.len(), Relaxed);
            // A writer that has ended has said why.
            let _ = pieces.send(piece);
        }
    }

    /// Bytes that wait for the disk.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    /// The same, for somebody who does not hold the writer.
    pub fn waiting(&self) -> Arc<AtomicU64> {
        self.waiting.clone()
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Header(bytes, _)
            | Piece::Seam(bytes, ..)
            | Piece::Fragment(bytes, _)
            | Piece::Bytes { bytes, .. } => bytes.len() as u64,
            Piece::Metadata(_) | Piece::End(_) => 0,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.pieces.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the master's writer has panicked; run hyperzoom recover on the file");
        }
    }
}

/// The file and everything known about it.
struct Book {
    place: Place,
    file: File,
    written: u64,
    /// What the last note says that this is.
    samples: Sample,
    ledger: Ledger,
    reserve: Option<Reserve>,
    begun: Instant,
    /// After the first failed write nothing more is appended: a hole would be worse than an end.
    broken: bool,
    /// It was given bytes with their places: there are no books, and whoever gave them has finished it.
    placed: bool,
    /// When placed bytes were synced last.
    synced: Instant,
}

fn run(mut book: Book, inbox: &Receiver<Piece>, waiting: &AtomicU64, on_signal: &impl Fn(WriterSignal)) {
    let mut sound_samples = None;
    while let Ok(piece) = inbox.recv() {
        let bytes = piece.len();
        let appended = match piece {
            Piece::Header(header, facts) => match mp4::opening(&header, &facts) {
                Ok(opening) => book.append(&opening, on_signal),
                Err(why) => return on_signal(WriterSignal::Ended(Err(why.into()))),
            },
            Piece::Seam(header, facts, seam) => match book.seam(&header, &facts, &seam) {
                Ok(seam) => book.append(&seam, on_signal),
                Err(why) => return on_signal(WriterSignal::Ended(Err(why.into()))),
            },
            Piece::Fragment(mut fragment, note) => {
                let end = note.first_sample + note.samples;
                fragment.extend_from_slice(&mp4::encode_note(&Note::Fragment(note)));
                book.append(&fragment, on_signal).inspect(|()| book.samples = end)
            }
            Piece::Bytes { at, bytes } => book.put(at, &bytes, on_signal),
            Piece::Metadata(metadata) => {
                if let Err(e) = metadata.save(&book.place.metadata, &book.place.timecodes) {
                    tracing::warn!("the metadata is not up to date on the disk: {e}");
                }
                continue;
            }
            Piece::End(samples) => {
                sound_samples = Some(samples);
                break;
            }
        };
        waiting.fetch_sub(bytes, Relaxed);
        match appended {
            Ok(()) if book.broken => {}
            Ok(()) => on_signal(WriterSignal::Safe { bytes: book.written, samples: book.samples }),
            Err(why) => on_signal(WriterSignal::Failed(why)),
        }
    }
    on_signal(WriterSignal::Ended(book.finish(sound_samples, on_signal)));
}

impl Book {
    /// What stands in front of the fragments of the next muxer; the first one may have written nothing.
    fn seam(&self, header: &[u8], facts: &Facts, seam: &Seam) -> Result<Vec<u8>, OpeningError> {
        if self.written == 0 { mp4::opening(header, facts) } else { mp4::encode_seam(header, seam) }
    }

    /// Appends whole boxes and waits for the disk; a failed append leaves no torn tail if the disk lets us.
    fn append(&mut self, bytes: &[u8], on_signal: &impl Fn(WriterSignal)) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        let mut appended = self.write_again_if_deleted(on_signal).and_then(|()| self.append_synced(bytes));
        if appended.as_ref().is_err_and(is_full) && self.give_reserve(bytes.len() as u64) {
            appended = self.append_synced(bytes);
            if appended.is_ok() {
                on_signal(WriterSignal::Full);
            }
        }
        if appended.is_err() {
            self.broken = true;
            if let Err(e) = self.file.set_len(self.written) {
                tracing::warn!("a torn fragment stays at the end of the recording: {e}");
            }
        }
        appended
    }

    /// Puts bytes in their place. They come in small pieces, so the disk is waited for once a second only.
    fn put(&mut self, at: u64, bytes: &[u8], on_signal: &impl Fn(WriterSignal)) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        self.placed = true;
        let mut put = self.write_again_if_deleted(on_signal).and_then(|()| self.put_and_sync(at, bytes));
        if put.as_ref().is_err_and(is_full) && self.give_reserve(bytes.len() as u64) {
            put = self.put_and_sync(at, bytes);
            if put.is_ok() {
                on_signal(WriterSignal::Full);
            }
        }
        self.broken = put.is_err();
        put
    }

    fn put_and_sync(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.written = self.written.max(at + bytes.len() as u64);
        if self.synced.elapsed() >= SYNC_EVERY {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// A last fragment may have its part of the reserve; what finishing needs stays.
    fn give_reserve(&mut self, bytes: u64) -> bool {
        self.reserve.as_mut().is_some_and(|reserve| reserve.give(bytes + ROUNDED_UP_BYTES))
    }

    fn write_again_if_deleted(&mut self, on_signal: &impl Fn(WriterSignal)) -> io::Result<()> {
        if !rescue::is_deleted(&self.file) {
            return Ok(());
        }
        (self.file, self.place.master) = rescue::write_again(&mut self.file, self.written, &self.place.master)?;
        // The old one went with the folder.
        self.reserve = None;
        self.reserve = Reserve::take(&self.place.master).ok();
        on_signal(WriterSignal::Rescued(self.place.master.clone()));
        Ok(())
    }

    fn append_synced(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.written))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        self.ledger.append(self.written, bytes).map_err(io::Error::other)?;
        self.written += bytes.len() as u64;
        if let Some(reserve) = &mut self.reserve {
            let hours = self.begun.elapsed().as_secs() / 3600 + 1;
            if let Err(e) = reserve.grow(hours) {
                tracing::debug!("the reserve cannot grow: {e}");
            }
        }
        Ok(())
    }

    fn finish(mut self, sound_samples: Option<u64>, on_signal: &impl Fn(WriterSignal)) -> Result<Ended, WriterError> {
        let begun = Instant::now();
        // Now is what the reserve was for.
        self.reserve = None;
        if self.written == 0 {
            if let Err(e) = std::fs::remove_file(&self.place.master) {
                tracing::debug!("the empty file stays: {e}");
            }
            return Err(WriterError::Empty);
        }
        if rescue::is_deleted(&self.file) {
            let again = rescue::write_again(&mut self.file, self.written, &self.place.master);
            (self.file, self.place.master) = again.map_err(|_| WriterError::Deleted(self.place.master.clone()))?;
            on_signal(WriterSignal::Rescued(self.place.master.clone()));
        }
        if self.placed {
            self.file.sync_all().map_err(CarryOutError::Io)?;
            let finalise_ms = begun.elapsed().as_millis() as u64;
            return Ok(Ended { bytes: self.written, whole: !self.broken, frames: 0, samples: 0, finalise_ms });
        }
        let movie = self.ledger.finish(self.written)?;
        // A file that broke off is as long as its notes say, not as long as the session was.
        let options = Options { sound_samples: sound_samples.filter(|_| !self.broken) };
        if let Some(plan) = mp4::finalise(&movie, &options)? {
            repair::finish(&mut self.file, &movie, &plan)?;
        }
        let bytes = self.file.metadata().map_or(self.written, |m| m.len());
        let report = mp4::inspect(&movie);
        let track = |kind| report.tracks.iter().find(|track| track.kind == kind);
        let frames = track("video").map_or(0, |track| track.samples);
        let samples = track("audio").map_or(0, |t| t.shown_units * RATE_HZ / u64::from(t.timescale.max(1)));
        Ok(Ended { bytes, whole: !self.broken, frames, samples, finalise_ms: begun.elapsed().as_millis() as u64 })
    }
}

fn is_full(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
