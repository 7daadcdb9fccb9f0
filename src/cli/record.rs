// SPDX-License-Identifier: MIT
//! `hyperzoom record`: a golden master, or any other recording as soon as a preset, a container or a codec is named.

mod again;
mod general;
mod keys;
mod printer;
mod sources;

use super::log;
use super::shared::{Shared, say, say_json, start_media};
use crate::studio::{Event, Finished, Recorder, Settings};
use anyhow::{Context, bail};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::mpsc::channel;

/// Record a golden master, or anything else that is named.
#[derive(Debug, clap::Args)]
pub struct Record {
    #[command(flatten)]
    shared: Shared,
    /// What the session is called
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// A file instead of a session folder, or a folder for session folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    out: Option<PathBuf>,
    /// How sound is stored: aac, opus, mp3, flac, pcm or none [default: aac]
    #[arg(long, value_name = "CODEC")]
    audio_codec: Option<String>,
    #[command(flatten)]
    general: general::Options,
}

impl Record {
    /// Records until it is over.
    pub fn run(self) -> anyhow::Result<()> {
        if self.general.list_presets {
            return general::list_presets(self.shared.json);
        }
        if let Some(config) = general::config(&self)? {
            return match &self.general.from {
                Some(from) => again::run(&self, from, config),
                None => general::run(&self, config),
            };
        }
        let settings = self.settings()?;
        let _log = log::of_recording(self.general.log_file.as_ref(), settings.file.as_deref())?;
        // From here on an interrupt ends things in order, however early it comes.
        let (ring, bell) = channel();
        let handler = move || {
            // Nobody listens any more when it is over.
            let _ = ring.send(());
        };
        ctrlc::set_handler(handler).context("the signals that end a recording can't be watched")?;
        start_media()?;
        let (starting, stopper) = Recorder::start(settings);
        std::thread::spawn(move || bell.iter().for_each(|()| stopper.stop()));
        let recorder = match starting.started() {
            Ok(recorder) => recorder,
            Err(why) => {
                if self.shared.json {
                    say_json(&Event::Error { message: why.to_string() })?;
                }
                return Err(why.into());
            }
        };
        let mut printer = MasterPrinter { json: self.shared.json, live: std::io::stderr().is_terminal(), failed: None };
        let mut finished = None;
        for event in recorder.events() {
            printer.print(&event)?;
            if let Event::RecordingFinished(end) = event {
                finished = Some(end);
            }
        }
        match (finished, printer.failed) {
            (_, Some(why)) => bail!(why),
            (Some(end), None) if end.finalised => Ok(()),
            _ => bail!("the recording is not finished; run hyperzoom recover on it"),
        }
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::of(&self.shared.preferences())?;
        self.shared.name_devices(&mut settings);
        settings.seconds = self.shared.seconds()?;
        if let Some(session) = &self.session {
            settings.session_name.clone_from(session);
        }
        if let Some(codec) = &self.audio_codec {
            settings.flac = codec == "flac";
        }
        match &self.out {
            Some(out) if out.is_dir() || out.extension().is_none() => settings.recordings = out.clone(),
            Some(out) => settings.file = Some(out.clone()),
            None => {}
        }
        Ok(settings)
    }
}

/// Events for people on standard error and standard output, or for programs as JSON.
struct MasterPrinter {
    json: bool,
    live: bool,
    failed: Option<String>,
}

impl MasterPrinter {
    fn print(&mut self, event: &Event) -> anyhow::Result<()> {
        if let Event::Error { message } = event {
            // The last one says how it ended.
            self.failed = Some(message.clone());
        }
        if self.json {
            return say_json(event);
        }
        match event {
            Event::RecordingStarted { file, video, video_encoder, audio_encoder, camera, microphone, .. } => {
                self.aside(&format!("recording {}", file.display()));
                if !camera.is_empty() {
                    self.aside(&format!("  pictures  {camera}, {video} at 30 fps, {video_encoder}"));
                }
                if !microphone.is_empty() {
                    self.aside(&format!("  sound     {microphone}, {audio_encoder}"));
                }
                self.aside("  Ctrl-C ends it");
            }
            Event::Stats { seconds, frames, bytes, free_bytes, .. } if self.live => {
                let line = format!(
                    "\r{}  {frames} pictures  {:.1} MB  {:.1} GB free ",
                    length(*seconds),
                    *bytes as f64 / 1e6,
                    *free_bytes as f64 / 1e9
                );
                let _ = write!(std::io::stderr(), "{line}");
            }
            Event::Stats { .. } | Event::Error { .. } => {}
            Event::DeviceChanged { device, name } => self.aside(&format!("another {device}: {name}")),
            Event::Warning { message, at_seconds, .. } => {
                let at = at_seconds.map(|s| format!(" at {}", length(s))).unwrap_or_default();
                self.aside(&format!("warning{at}: {message}"));
            }
            Event::RecordingFinished(end) => self.print_end(end),
        }
        Ok(())
    }

    fn print_end(&self, end: &Finished) {
        if self.live {
            let _ = writeln!(std::io::stderr());
        }
        let lost = match (end.frames_dropped, end.frames_held, end.samples_silenced) {
            (0, 0, 0) => "nothing was lost".to_owned(),
            (dropped, held, silenced) => format!(
                "{dropped} pictures dropped, {held} held while the camera was away, {silenced} samples of silence for \
                 lost sound"
            ),
        };
        let slips = match end.frames_repeated + end.frames_omitted {
            0 => String::new(),
            _ => format!(
                ", {} pictures repeated and {} left out for constant rate",
                end.frames_repeated, end.frames_omitted
            ),
        };
        self.aside(&format!(
            "{} long, {} pictures, {} samples, {:.1} MB; {lost}{slips}",
            length(end.seconds),
            end.frames,
            end.samples,
            end.bytes as f64 / 1e6
        ));
        say(end.file.display());
    }

    fn aside(&self, line: &str) {
        let clear = if self.live { "\r" } else { "" };
        let _ = writeln!(std::io::stderr(), "{clear}{line}");
    }
}

fn length(seconds: f64) -> String {
    let whole = seconds as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
