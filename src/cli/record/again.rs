// SPDX-License-Identifier: MIT
//! `hyperzoom record --from FILE`: a file that exists, recorded anew.

use super::general::{Told, path, stop_on_signals, warn};
use super::keys::{Key, Keys};
use super::printer::Printer;
use super::{Record, log};
use crate::cli::shared::{Usage, say, start_media};
use crate::studio::{FileError, FileRecorder, FileSource, RecordingConfig, RecordingReport, Settings};
use anyhow::bail;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// As often as is told how it goes.
const SECOND: Duration = Duration::from_secs(1);

/// Records the file until its end.
pub fn run(record: &Record, from: &Path, mut config: RecordingConfig) -> anyhow::Result<()> {
    start_media()?;
    if let Some(seconds) = record.shared.seconds()? {
        let limit = &mut config.limits.max_seconds;
        *limit = Some(limit.map_or(seconds, |least| least.min(seconds)));
    }
    let mut source = FileSource::open(from, config)?;
    as_in_the_file(record, &mut source);
    source.config_mut().validate().map_err(|why| Usage(why.to_string()))?;
    let recorder = source.recorder()?;
    let printer = Printer::new(record.shared.json);
    if record.general.dry_run {
        warn(&printer, &recorder.passed_over()?)?;
        say(recorder.dry_run()?);
        return Ok(());
    }
    let settings = Settings::of(&record.shared.preferences())?;
    let to = path(record, &settings, source.config_mut().container);
    let _log = log::of_recording(record.general.log_file.as_ref(), Some(&to))?;
    let (tell, told) = channel();
    stop_on_signals(tell.clone())?;
    let over = tell.clone();
    let crash_safe = recorder.is_crash_safe()?;
    drop(recorder);
    let running = source.start(&to, move || drop(over.send(Told::Stop)))?;
    let keys = Keys::watch(move |key| drop(tell.send(Told::Key(key))));
    printer.started_again(from, &running, &to, crash_safe, keys.is_some())?;
    let ended = watch(running, &told, &printer);
    drop(keys);
    if let Some(report) = ended.as_ref().map_or_else(FileError::report, Some) {
        warn(&printer, &report.events)?;
        printer.finished(report)?;
    }
    match ended?.failed {
        Some(why) => bail!("{why}; what was recorded until then is in {}", to.display()),
        None => Ok(()),
    }
}

/// Where no recipe says anything else, pictures keep their size and rate.
fn as_in_the_file(record: &Record, source: &mut FileSource) {
    if record.general.has_recipe() {
        return;
    }
    let says = |field: &str| record.general.sets(field);
    let size = source.size().filter(|_| !says("video.size"));
    let rate = source.rate().filter(|_| !says("video.frame_rate"));
    if let Some(video) = &mut source.config_mut().video {
        video.size = size.unwrap_or(video.size);
        video.frame_rate = rate.unwrap_or(video.frame_rate);
    }
}

fn watch(running: FileRecorder, told: &Receiver<Told>, printer: &Printer) -> Result<RecordingReport, FileError> {
    loop {
        match told.recv_timeout(SECOND) {
            Ok(Told::Stop | Told::Key(Key::Stop)) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Told::Key(Key::Pause)) => printer.held(running.hold(!running.is_held())),
            // Nothing here is live.
            Ok(Told::Live(_)) => {}
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = running.recorder().status() {
                    printer.stats_again(&status, running.progress());
                }
            }
        }
    }
    running.stop(&|finishing| printer.finishing(finishing))
}
