// SPDX-License-Identifier: MIT
//! What the program says of itself while it works: on standard error as `HYPERZOOM_LOG` wants it, warnings of ours if it
//! wants nothing, and into a file beside a recording where somebody asks for one.

use super::shared::Usage;
use crate::disk::log_file::{Lines, LogFile};
use crate::media::GSTREAMER_LOG;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// The file that is open, for all threads.
static FILE: RwLock<Option<Lines>> = RwLock::new(None);

/// The same in short, for the many events of a program that has no file open.
static IS_OPEN: AtomicBool = AtomicBool::new(false);

/// From now on something is said.
pub fn start() {
    let wanted = EnvFilter::try_from_env("HYPERZOOM_LOG").unwrap_or_else(|_| EnvFilter::new("hyperzoom=warn"));
    let screen = fmt::layer().with_writer(io::stderr).without_time().with_filter(wanted);
    let file = fmt::layer().with_writer(|| ToFile).with_ansi(false).with_filter(ForFile);
    tracing_subscriber::registry().with(screen).with(file).init();
}

/// The guard of a file that is open.
pub struct Open {
    _file: LogFile,
}

/// Into the file that was named, or else one beside the recording, if there is to be one. A recording does without a log
/// rather than not begin.
pub fn of_recording(wanted: Option<&Option<PathBuf>>, recording: Option<&Path>) -> Result<Option<Open>, Usage> {
    let Some(named) = wanted else { return Ok(None) };
    let Some(path) = named.clone().or_else(|| recording.map(beside)) else {
        return Err(Usage("a session has a folder of its own, so its log needs a name: --log-file FILE".to_owned()));
    };
    if recording == Some(path.as_path()) {
        return Err(Usage(format!("{} is to be the recording; name another file for its log", path.display())));
    }
    let open = into_file(&path);
    Ok(open.inspect_err(|why| tracing::warn!("there will be no log in {}: {why}", path.display())).ok())
}

/// `talk.recording.log` beside `talk.mkv`, where `talk.recording.json` lies, too.
fn beside(recording: &Path) -> PathBuf {
    recording.with_extension("recording.log")
}

fn into_file(path: &Path) -> io::Result<Open> {
    let file = LogFile::open(path)?;
    *FILE.write().unwrap_or_else(PoisonError::into_inner) = Some(file.lines());
    IS_OPEN.store(true, Relaxed);
    Ok(Open { _file: file })
}

impl Drop for Open {
    fn drop(&mut self) {
        IS_OPEN.store(false, Relaxed);
        *FILE.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Each event comes here in one piece.
struct ToFile;

impl io::Write for ToFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(lines) = &*FILE.read().unwrap_or_else(PoisonError::into_inner) {
            lines.add(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is worth a line there: ours as far as it says what happens, and of GStreamer whatever `GST_DEBUG` lets through.
struct ForFile;

impl ForFile {
    fn may_be(metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO || metadata.target() == GSTREAMER_LOG
    }
}

impl<S> Filter<S> for ForFile {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        IS_OPEN.load(Relaxed) && ForFile::may_be(metadata)
    }

    /// What can never be in it costs nothing, not even a look whether it is open.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if ForFile::may_be(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}
