// SPDX-License-Identifier: MIT
//! The hand of the `mp4` engine: reads files for its scanner and carries out its plans.
//!
//! Recovering works in place, needs room only for the tables (about 2 MB an hour), copies no media, can be
//! repeated after any interruption, and can be undone.

mod carry_out;
mod lock;

use crate::mp4::{self, FinaliseError, Movie, Options, Output, Plan, Report, ScanError, Scanner, State};
pub use carry_out::{CarryOutError, Disk, carry_out};
pub use lock::{Busy, lock};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was finished before; not a byte was touched.
    AlreadyFinished,
    /// It is finished now (or, from [`check`], could be).
    Recovered(Summary),
}

/// What a recovered file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The longest track, in seconds.
    pub duration_s: f64,
    /// Pictures and packets of all tracks.
    pub samples: u64,
    /// Bytes at the end that no sample could be made from.
    pub torn_bytes: u64,
    /// How much the file grows.
    pub grows_by: u64,
}

/// Why a file is not recovered, undone or inspected.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// No such file.
    #[error("there is no file {0}; check the name")]
    Missing(PathBuf),
    /// A folder.
    #[error("{0} is a folder; name the recording inside it, usually local_recording.mp4")]
    Folder(PathBuf),
    /// May not be read.
    #[error("{0} may not be read by this user; change its permissions or copy it first")]
    Unreadable(PathBuf),
    /// May not be written.
    #[error("{0} may not be written (it, or its disk, is read-only); copy it to a writable place and recover the copy")]
    ReadOnly(PathBuf),
    /// Somebody is at work on it.
    #[error("{0} is being recorded or recovered right now; end that first")]
    Busy(PathBuf),
    /// Its contents.
    #[error("{path}: {why}")]
    Contents {
        /// Which file.
        path: PathBuf,
        /// What about them.
        why: FinaliseError,
    },
    /// The disk is full.
    #[error(
        "{path} needs {bytes} bytes more on its disk, which is full; the file is as it was: make room and \
             recover it again"
    )]
    DiskFull {
        /// Which file.
        path: PathBuf,
        /// How much is missing at most.
        bytes: u64,
    },
    /// The last moves were not all made.
    #[error("{path} is whole and opens, but its last bytes could not be written ({source}); recover it again")]
    Unfinished {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What came back from the disk is not what was written.
    #[error(
        "{0} was written but did not read back the same, so its disk or memory is faulty; copy it to another \
             disk and recover the copy"
    )]
    Faulty(PathBuf),
    /// It is of a kind that has to be written anew, and that could not be.
    #[error("{path}: {why}; the file is as it was")]
    NotRewritten {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Anything else the system says.
    #[error("{path} could not be read or written: {source}; try again, and if that fails copy it to another disk")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Finalises in place what a crash left behind.
pub fn recover(path: &Path) -> Result<Outcome, RepairError> {
    recover_with(path, &Options::default())
}

/// The same, with choices.
pub fn recover_with(path: &Path, options: &Options) -> Result<Outcome, RepairError> {
    recover_in_parts(path, options, &|_| {})
}

/// The same as [`recover`]; `progress` is told how much is done, from 0 to 1.
pub fn recover_watched(path: &Path, progress: &dyn Fn(f64)) -> Result<Outcome, RepairError> {
    let outcome = recover_in_parts(path, &Options::default(), progress)?;
    progress(1.0);
    Ok(outcome)
}

/// The file is read three times, which is nearly all there is to wait for: to see whether there is anything to do, when
/// nobody else can change it any more, and to prove what was written.
fn recover_in_parts(path: &Path, options: &Options, progress: &dyn Fn(f64)) -> Result<Outcome, RepairError> {
    let third = |number: f64| move |done: f64| progress((number + done) / 3.0);
    let mut file = open_to_read(path)?;
    let movie = scan_watched(&mut file, true, &third(0.0)).map_err(|why| why.at(path))?;
    if plan(path, &movie, options)?.is_none() {
        return Ok(Outcome::AlreadyFinished);
    }
    let mut file = open_to_write(path)?;
    let movie = scan_watched(&mut file, true, &third(1.0)).map_err(|why| why.at(path))?;
    match plan(path, &movie, options)? {
        None => Ok(Outcome::AlreadyFinished),
        Some(plan) => {
            let done = finish_watched(&mut file, &movie, &plan, &third(2.0));
            done.map_err(|why| carry_out_error(why, path, &plan, &movie))?;
            Ok(Outcome::Recovered(summary(&movie, &plan)))
        }
    }
}

/// Finalises a file that is open and whose books are at hand, as the recorder's is at its end. The caller holds
/// the [`lock`].
pub fn finish(disk: &mut impl Disk, movie: &Movie, plan: &Plan) -> Result<(), CarryOutError> {
    finish_watched(disk, movie, plan, &|_| {})
}

fn finish_watched(
    disk: &mut impl Disk,
    movie: &Movie,
    plan: &Plan,
    progress: &dyn Fn(f64),
) -> Result<(), CarryOutError> {
    carry_out(disk, plan)?;
    let found = scan_watched(disk, false, progress).map_err(|why| why.into_carry_out())?;
    let same = found.state == State::Finished && (movie.state == State::Committing || same_samples(movie, &found));
    if same { Ok(()) } else { Err(CarryOutError::Faulty) }
}

/// Tells what [`recover`] would do; reads only.
pub fn check(path: &Path) -> Result<Outcome, RepairError> {
    let movie = scan_path(path)?;
    let plan = plan(path, &movie, &Options::default())?;
    Ok(plan.map_or(Outcome::AlreadyFinished, |plan| Outcome::Recovered(summary(&movie, &plan))))
}

/// Takes a file that was recovered or finished back to what it was.
pub fn undo(path: &Path) -> Result<(), RepairError> {
    let contents = |why| RepairError::Contents { path: path.into(), why };
    mp4::undo(&scan_path(path)?).map_err(contents)?;
    let mut file = open_to_write(path)?;
    let movie = scan(&mut file, false).map_err(|why| why.at(path))?;
    let plan = mp4::undo(&movie).map_err(contents)?;
    carry_out(&mut file, &plan).map_err(|why| carry_out_error(why, path, &plan, &movie))
}

/// Tells everything about a file; reads only.
pub fn inspect(path: &Path) -> Result<Report, RepairError> {
    scan_path(path).map(|movie| mp4::inspect(&movie))
}

/// Reads a file's movie; reads only.
pub fn scan_path(path: &Path) -> Result<Movie, RepairError> {
    scan(&mut open_to_read(path)?, true).map_err(|why| why.at(path))
}

fn open_to_read(path: &Path) -> Result<File, RepairError> {
    let file = File::open(path).map_err(|why| io_error(why, path))?;
    match file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        true => Err(RepairError::Folder(path.into())),
        false => Ok(file),
    }
}

/// Why a scan ended early.
#[derive(Debug, thiserror::Error)]
pub enum ScanFailed {
    /// What the file holds.
    #[error(transparent)]
    Contents(#[from] ScanError),
    /// What the system said.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ScanFailed {
    fn at(self, path: &Path) -> RepairError {
        match self {
            ScanFailed::Contents(why) => RepairError::Contents { path: path.into(), why: why.into() },
            ScanFailed::Io(why) => io_error(why, path),
        }
    }

    fn into_carry_out(self) -> CarryOutError {
        match self {
            ScanFailed::Contents(_) => CarryOutError::Faulty,
            ScanFailed::Io(why) => CarryOutError::Io(why),
        }
    }
}

/// Reads the movie that a disk holds. The notes inside a finished file cost one read for each of its boxes.
pub fn scan(disk: &mut impl Disk, notes: bool) -> Result<Movie, ScanFailed> {
    scan_watched(disk, notes, &|_| {})
}

fn scan_watched(disk: &mut impl Disk, notes: bool, progress: &dyn Fn(f64)) -> Result<Movie, ScanFailed> {
    let bytes = disk.len()?;
    // The first look is at the end, for what is left of an earlier recovery; then it is read from the front.
    let (mut scanner, mut furthest) = (Scanner::new(bytes), None);
    if !notes {
        scanner = scanner.without_notes();
    }
    let mut buffer = Vec::new();
    while let Output::Read { at, len } = scanner.poll() {
        if furthest.is_some_and(|furthest| at > furthest) {
            progress(at as f64 / bytes as f64);
        }
        furthest = Some(furthest.map_or(0, |furthest: u64| furthest.max(at)));
        buffer.resize(len, 0);
        let had = disk.read_at(at, &mut buffer)?;
        scanner.handle(at, &buffer[..had]);
    }
    Ok(scanner.finish()?)
}

fn plan(path: &Path, movie: &Movie, options: &Options) -> Result<Option<Plan>, RepairError> {
    mp4::finalise(movie, options).map_err(|why| RepairError::Contents { path: path.into(), why })
}

fn summary(movie: &Movie, plan: &Plan) -> Summary {
    let report = mp4::inspect(movie);
    Summary {
        duration_s: report.duration_s,
        samples: report.tracks.iter().map(|track| track.samples).sum(),
        torn_bytes: report.torn_bytes,
        grows_by: plan.grows_by(movie.file_len),
    }
}

/// Whether the finished file tells of the same samples as the recording did.
fn same_samples(before: &Movie, after: &Movie) -> bool {
    let kept = before.tracks.iter().filter(|track| track.samples.count() > 0);
    kept.into_iter().all(|old| {
        after.tracks.iter().any(|new| {
            new.id == old.id
                && new.samples.deltas == old.samples.deltas
                && new.samples.sizes == old.samples.sizes
                && new.samples.chunks == old.samples.chunks
        })
    })
}

/// Opens a file that nobody is at work on, and keeps others from it as long as it is held.
pub fn hold(path: &Path) -> Result<File, RepairError> {
    open_to_write(path)
}

fn open_to_write(path: &Path) -> Result<File, RepairError> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|why| match why.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => RepairError::ReadOnly(path.into()),
        _ => io_error(why, path),
    })?;
    lock(&file).map_err(|Busy| RepairError::Busy(path.into()))?;
    Ok(file)
}

fn carry_out_error(why: CarryOutError, path: &Path, plan: &Plan, movie: &Movie) -> RepairError {
    match why {
        CarryOutError::Faulty => RepairError::Faulty(path.into()),
        CarryOutError::Unfinished(source) => RepairError::Unfinished { path: path.into(), source },
        CarryOutError::Io(why) if why.kind() == io::ErrorKind::StorageFull => {
            RepairError::DiskFull { path: path.into(), bytes: plan.grows_by(movie.file_len) }
        }
        CarryOutError::Io(why) => io_error(why, path),
    }
}

fn io_error(source: io::Error, path: &Path) -> RepairError {
    match source.kind() {
        io::ErrorKind::NotFound => RepairError::Missing(path.into()),
        io::ErrorKind::IsADirectory => RepairError::Folder(path.into()),
        io::ErrorKind::PermissionDenied => RepairError::Unreadable(path.into()),
        _ => RepairError::Io { path: path.into(), source },
    }
}
