// SPDX-License-Identifier: MIT
//! How a recording goes, for people on standard error and standard output, or for programs as JSON.

use super::length;
use crate::cli::shared::{say, say_json};
use crate::studio::{
    FileRecorder, Finishing, FinishingStep, LiveRecorder, MediaRecorder, RecordingReport, RecordingStatus, TrackReport,
};
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Somebody in front of a terminal hears of what waits only where it is much, ...
const WAITING_BYTES_TOLD: u64 = 64 << 20;
/// ... and of the room on the disk where it is little.
const LEFT_TOLD_SECONDS: f64 = 3600.0;

/// How far the end is is told so often.
const FINISHING_EVERY: Duration = Duration::from_millis(250);

/// The printer.
pub struct Printer {
    json: bool,
    live: bool,
    /// What of the end was told last, and when.
    ending: Cell<Option<(FinishingStep, Instant)>>,
    /// The minute of the recording that is in the log.
    minute: Cell<u64>,
}

impl Printer {
    /// As JSON, or as text.
    pub fn new(json: bool) -> Printer {
        Printer { json, live: std::io::stderr().is_terminal(), ending: Cell::new(None), minute: Cell::new(0) }
    }

    /// It runs.
    pub fn started(&self, live: &LiveRecorder, path: &Path, crash_safe: bool, keys: bool) -> anyhow::Result<()> {
        let Some(status) = live.recorder().status() else { return Ok(()) };
        let LiveRecorder { camera, microphone, .. } = live;
        if self.json {
            return say_json(&json!({
                "event": "recording-started", "file": path, "camera": camera, "microphone": microphone,
                "video_encoder": status.video_encoder, "audio_encoder": status.audio_encoder, "crash_safe": crash_safe,
                "tracks": status.tracks.iter().map(|track| &track.name).collect::<Vec<_>>(),
            }));
        }
        self.aside(&format!("recording {}", path.display()));
        if !camera.is_empty() {
            self.aside(&format!("  pictures  {camera}, {}", status.video_encoder));
        }
        if !microphone.is_empty() {
            self.aside(&format!("  sound     {microphone}, {}", status.audio_encoder));
        }
        for TrackReport { kind, name, encoder, .. } in &status.tracks {
            self.aside(&format!("  {:9} {name}, {encoder}", if *kind == "video" { "pictures" } else { "sound" }));
        }
        if !crash_safe {
            self.aside("  NOT SAFE AGAINST CRASHES: a file of this kind can be read only once it is finished");
        }
        self.aside(if keys { "  p pauses and goes on, q or Ctrl-C ends it" } else { "  Ctrl-C ends it" });
        Ok(())
    }

    /// A file is being recorded anew.
    pub fn started_again(
        &self,
        from: &Path,
        running: &FileRecorder,
        path: &Path,
        crash_safe: bool,
        keys: bool,
    ) -> anyhow::Result<()> {
        let Some(status) = running.recorder().status() else { return Ok(()) };
        let (video, audio) = (&status.video_encoder, &status.audio_encoder);
        if self.json {
            return say_json(&json!({
                "event": "recording-started", "file": path, "from": from, "video_encoder": video,
                "audio_encoder": audio, "crash_safe": crash_safe,
            }));
        }
        self.aside(&format!("recording {} anew as {}", from.display(), path.display()));
        let encoders = [video.as_str(), audio.as_str()].into_iter().filter(|name| !name.is_empty());
        self.aside(&format!("  by {}", encoders.collect::<Vec<_>>().join(" and ")));
        self.aside(if keys { "  p holds it and goes on, q or Ctrl-C ends it" } else { "  Ctrl-C ends it" });
        Ok(())
    }

    /// The work is held, or goes on.
    pub fn held(&self, held: bool) {
        let event = if held { "held" } else { "going-on" };
        if self.json {
            // Whoever does not listen any more still wants the file.
            let _ = say_json(&json!({ "event": event }));
        } else {
            self.aside(if held { "held" } else { "going on" });
        }
    }

    /// Once a second, with how much of the file has been read.
    pub fn stats_again(&self, status: &RecordingStatus, done: Option<f64>) {
        let percent = done.map(|done| (done * 100.0).floor());
        if self.json {
            let status = serde_json::to_value(status).map(|status| tagged("stats", status));
            let said = status.map(|mut status| {
                status["percent"] = percent.into();
                say_json(&status)
            });
            if let Err(why) = said {
                tracing::debug!("how it goes can't be told: {why}");
            }
        } else if self.live {
            let percent = percent.map_or(String::new(), |percent| format!("{percent} %  "));
            self.over(&format!("{percent}{}", progress(status)));
        }
    }

    /// Pauses it, or goes on.
    pub fn pause(&self, recorder: &MediaRecorder) -> anyhow::Result<()> {
        let paused = recorder.status().is_some_and(|status| status.paused);
        match paused {
            true => recorder.resume()?,
            false => recorder.pause()?,
        }
        let event = if paused { "resumed" } else { "paused" };
        match self.json {
            true => say_json(&json!({ "event": event }))?,
            false => self.aside(event),
        }
        Ok(())
    }

    /// Something to know.
    pub fn warn(&self, kind: &str, message: &str) -> anyhow::Result<()> {
        match self.json {
            true => say_json(&json!({ "event": "warning", "kind": kind, "message": message }))?,
            false => self.aside(&format!("warning: {message}")),
        }
        Ok(())
    }

    /// Once a second.
    pub fn stats(&self, status: &RecordingStatus) -> anyhow::Result<()> {
        let minute = status.seconds as u64 / 60;
        if minute > self.minute.replace(minute) {
            tracing::info!("{}", progress(status));
        }
        if self.json {
            return say_json(&tagged("stats", serde_json::to_value(status)?));
        }
        if self.live {
            self.over(&progress(status));
        }
        Ok(())
    }

    /// What takes time at the end: its first and its last moment, and a few between.
    pub fn finishing(&self, Finishing { step, done }: Finishing) {
        let now = Instant::now();
        let told = self.ending.get().filter(|(before, _)| *before == step);
        let soon = told.is_some_and(|(_, when)| now.duration_since(when) < FINISHING_EVERY);
        if soon && done < 1.0 {
            return;
        }
        self.ending.set(Some((step, now)));
        let percent = (done * 100.0).floor() as u32;
        if self.json {
            // Whoever does not listen any more still wants the file.
            let _ = say_json(&json!({ "event": "finishing", "step": step, "percent": percent }));
        } else if self.live {
            let what = match step {
                FinishingStep::Loudness => "Levelling the sound",
                FinishingStep::FastStart => "Putting the index in front",
            };
            self.over(&format!("{what} {percent} %"));
        }
    }

    /// It is finished.
    pub fn finished(&self, report: &RecordingReport) -> anyhow::Result<()> {
        if self.json {
            return say_json(&tagged("recording-finished", serde_json::to_value(report)?));
        }
        if self.live {
            let _ = writeln!(std::io::stderr());
        }
        let sync = &report.sync;
        self.aside(&format!(
            "{} long, {} pictures ({} doubled, {} left out for constant rate), {} samples, {:.1} MB; {} pauses",
            length(report.seconds),
            report.frames,
            sync.doubled,
            sync.omitted,
            report.samples,
            report.bytes as f64 / 1e6,
            report.pauses.len(),
        ));
        report.tracks.iter().for_each(|track| self.aside(&further(track)));
        if let Some(done) = &report.normalised {
            self.aside(&format!("made {:+.1} dB louder in a second pass, as asked", done.gain_db));
        }
        for why in report.loudness_failed.iter().chain(&report.fast_start_failed) {
            self.aside(&format!("warning: {why}"));
        }
        if let Some(what) = report.limit {
            self.aside(&format!("ended at {what}"));
        }
        for file in &report.missing {
            self.aside(&format!("NOT WHOLE: {} can't be read where it was written", file.display()));
        }
        report.files.iter().filter_map(|file| file.file.as_ref()).for_each(|file| say(file.display()));
        Ok(())
    }

    /// In the place of the line before, all of which it covers.
    fn over(&self, line: &str) {
        let _ = write!(std::io::stderr(), "\r{line:<79}");
    }

    fn aside(&self, line: &str) {
        let clear = if self.live { "\r" } else { "" };
        let _ = writeln!(std::io::stderr(), "{clear}{line}");
    }
}

/// How a further track has gone.
fn further(track: &TrackReport) -> String {
    let much = if track.kind == "video" { track.frames } else { track.samples };
    let what = if track.kind == "video" { "pictures" } else { "samples" };
    let gaps = match track.sync.gaps {
        _ if track.submitted == 0 => "; NOTHING CAME from its source".to_owned(),
        0 => String::new(),
        gaps => format!("; silence or its last picture stood in {gaps} times"),
    };
    format!("  {}: {much} {what}{gaps}", track.name)
}

/// One line, which has to fit a terminal of 80 columns: what is in order is not mentioned.
fn progress(status: &RecordingStatus) -> String {
    let mut line = format!(
        "{}  {} pictures  {:.1} MB  {:.0} kbit/s  sync {}",
        length(status.seconds),
        status.frames,
        status.bytes as f64 / 1e6,
        status.kbps,
        status.sync.score,
    );
    line.extend(status.machine.cpu_percent.map(|percent| format!("  CPU {percent:.0} %")));
    if status.waiting_bytes > WAITING_BYTES_TOLD {
        line.push_str(&format!("  {} wait", status.waiting_frames));
    }
    let left = status.machine.seconds_left.filter(|left| *left < LEFT_TOLD_SECONDS);
    line.extend(left.map(|left| format!("  room for {}", length(left))));
    if status.paused {
        line.push_str("  PAUSED");
    }
    line
}

fn tagged(event: &str, mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("event".to_owned(), event.into());
    }
    value
}
