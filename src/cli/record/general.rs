// SPDX-License-Identifier: MIT
//! Recordings of every other kind: the recipe from presets, files and options, and the recording itself.

use super::Record;
use super::keys::{Key, Keys};
use super::printer::Printer;
use super::sources::Sources;
use crate::cli::log;
use crate::cli::shared::{Usage, say, say_json, start_media};
use crate::studio::{
    ConfigError, LiveEvent, LiveRecorder, MediaRecorder, PresetShelf, RecordingConfig, RecordingEvent, RecordingReport,
    Settings,
};
use crate::words::Container;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// As often as is told how it goes.
const SECOND: Duration = Duration::from_secs(1);

/// The preset that is no other recording.
const MASTER: &str = "master";

/// What makes it another recording than a golden master.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Record this file anew, as fast as it goes, instead of a camera and a microphone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["camera", "mic"])]
    pub from: Option<PathBuf>,
    /// A ready recipe, for example 1080p-high or podcast; --list-presets tells all
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// A recipe from a TOML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What it is wrapped in: mp4, mov, mkv, webm or avi [default: what the file ends in]
    #[arg(long, value_name = "CONTAINER")]
    format: Option<String>,
    /// How pictures are coded: h264, h265, vp8, vp9, av1 or none
    #[arg(long, value_name = "CODEC")]
    video_codec: Option<String>,
    /// This encoder for the pictures and no other, for example x264enc
    #[arg(long, value_name = "ELEMENT")]
    encoder: Option<String>,
    /// One field of the recipe, for example video.frame_rate=60; may be said again and again
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    pub sources: Sources,
    /// Print the pipeline that would run, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write a log of the recording, warnings of GStreamer included (GST_DEBUG says what else); without FILE beside it,
    /// as talk.recording.log
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub log_file: Option<Option<PathBuf>>,
    /// Tell the ready recipes
    #[arg(long)]
    pub list_presets: bool,
}

impl Options {
    fn is_named(&self) -> bool {
        let Options { from, preset, config, format, video_codec, encoder, fields, sources, dry_run, .. } = self;
        let other = preset.as_ref().is_some_and(|name| name != MASTER) || config.is_some() || from.is_some();
        other
            || [format, video_codec, encoder].iter().any(|said| said.is_some())
            || !fields.is_empty()
            || sources.is_named()
            || *dry_run
    }
}

impl Options {
    /// Whether a whole recipe is named.
    pub fn has_recipe(&self) -> bool {
        self.preset.is_some() || self.config.is_some()
    }

    /// Whether one of the fields says this.
    pub fn sets(&self, field: &str) -> bool {
        self.fields.iter().any(|pair| pair.split('=').next().is_some_and(|said| said.trim() == field))
    }
}

/// The recipe, or nothing if a golden master is meant.
pub fn config(record: &Record) -> anyhow::Result<Option<RecordingConfig>> {
    let ending = record.out.as_ref().filter(|out| !out.is_dir()).and_then(|out| out.extension());
    let ending = ending.map(|ending| ending.to_string_lossy().into_owned());
    let by_ending = ending.as_deref().and_then(Container::of_extension);
    let foreign_file = ending.is_some() && by_ending != Some(Container::Mp4);
    let foreign_sound = record.audio_codec.as_deref().is_some_and(|codec| !["aac", "flac"].contains(&codec));
    if !record.general.is_named() && !foreign_file && !foreign_sound {
        return Ok(None);
    }
    if let (Some(ending), None) = (&ending, by_ending) {
        let known = Container::ALL.map(Container::extension).join(", .");
        return Err(Usage(format!("nothing is known of files that end in .{ending}; known are .{known}")).into());
    }
    Ok(Some(built(record, by_ending).map_err(|why| Usage(why.to_string()))?))
}

fn built(record: &Record, by_ending: Option<Container>) -> Result<RecordingConfig, ConfigError> {
    let options = &record.general;
    let shelf = PresetShelf::of_user();
    let mut config = match (&options.config, &options.preset) {
        (Some(file), _) => shelf.load(file)?,
        (None, Some(name)) => shelf.get(name)?,
        (None, None) => RecordingConfig::default(),
    };
    let format = options.format.clone().or(by_ending.map(|container| container.extension().to_owned()));
    let said = [
        ("container", &format),
        ("video.codec", &options.video_codec),
        ("audio.codec", &record.audio_codec),
        ("video.encoder", &options.encoder),
    ];
    for (field, value) in said.into_iter().filter_map(|(field, value)| Some((field, value.as_ref()?))) {
        match (field.strip_suffix(".codec"), value.as_str()) {
            (Some(section), "none") => config.set(section, "none")?,
            _ => config.set(field, value)?,
        }
    }
    for pair in &options.fields {
        let (field, value) = pair.split_once('=').unwrap_or((pair, ""));
        config.set(field.trim(), value.trim())?;
    }
    config.validate()?;
    Ok(config)
}

/// Prints the ready recipes, a person's own among them.
pub fn list_presets(as_json: bool) -> anyhow::Result<()> {
    let shelf = PresetShelf::of_user();
    for preset in shelf.presets() {
        match as_json {
            true => say_json(&json!({ "name": preset.name, "about": preset.about }))?,
            false => say(format!("{:<16} {}", preset.name, preset.about)),
        }
    }
    for (name, why) in shelf.wrong() {
        eprintln!("hyperzoom: your preset '{name}' can't be used: {why}");
    }
    Ok(())
}

/// What ends or pauses it.
pub enum Told {
    Stop,
    Key(Key),
    Live(LiveEvent),
}

/// Records until it is over.
pub fn run(record: &Record, mut config: RecordingConfig) -> anyhow::Result<()> {
    let sources = record.general.sources.put_into(&mut config)?;
    config.validate().map_err(|why| Usage(why.to_string()))?;
    start_media()?;
    let recorder = MediaRecorder::new(config.clone())?;
    let printer = Printer::new(record.shared.json);
    if record.general.dry_run {
        warn(&printer, &recorder.passed_over()?)?;
        say(recorder.dry_run()?);
        return Ok(());
    }
    let seconds = record.shared.seconds()?;
    let mut settings = Settings::of(&record.shared.preferences())?;
    record.shared.name_devices(&mut settings);
    let path = path(record, &settings, config.container);
    let _log = log::of_recording(record.general.log_file.as_ref(), Some(&path))?;
    let (tell, told) = channel();
    stop_on_signals(tell.clone())?;
    let of_live = tell.clone();
    let crash_safe = recorder.is_crash_safe()?;
    let live = LiveRecorder::start_with(config, &settings, &sources, &path, move |event| {
        drop(of_live.send(Told::Live(event)))
    })?;
    let keys = Keys::watch(move |key| drop(tell.send(Told::Key(key))));
    printer.started(&live, &path, crash_safe, keys.is_some())?;
    let known = live.recorder().status().map_or(Vec::new(), |status| status.events);
    warn(&printer, &known)?;
    let report = watch(live, &told, &printer, seconds)?;
    drop(keys);
    warn(&printer, report.events.get(known.len()..).unwrap_or_default())?;
    printer.finished(&report)?;
    match report.failed {
        Some(why) => bail!("{why}; what was recorded until then is in {}", path.display()),
        None => Ok(()),
    }
}

/// What the system sends to end a program ends the recording in order.
pub fn stop_on_signals(tell: Sender<Told>) -> anyhow::Result<()> {
    let handler = move || {
        // Nobody listens any more when it is over.
        let _ = tell.send(Told::Stop);
    };
    ctrlc::set_handler(handler).context("the signals that end a recording can't be watched")
}

/// Warns of what nobody asked for.
pub fn warn(printer: &Printer, events: &[RecordingEvent]) -> anyhow::Result<()> {
    events.iter().filter_map(RecordingEvent::warning).try_for_each(|(kind, message)| printer.warn(kind, &message))
}

fn watch(
    live: LiveRecorder,
    told: &Receiver<Told>,
    printer: &Printer,
    seconds: Option<f64>,
) -> anyhow::Result<RecordingReport> {
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    let mut next = Instant::now() + SECOND;
    loop {
        let wake = deadline.map_or(next, |deadline| next.min(deadline));
        match told.recv_timeout(wake.saturating_duration_since(Instant::now())) {
            Ok(Told::Stop | Told::Key(Key::Stop)) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Told::Key(Key::Pause)) => printer.pause(live.recorder())?,
            Ok(Told::Live(LiveEvent::Warning(kind, message))) => printer.warn(kind, &message)?,
            Ok(Told::Live(LiveEvent::Over(message))) => {
                printer.warn("over", &message)?;
                break;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            break;
        }
        if now >= next {
            next += SECOND;
            if let Some(status) = live.recorder().status() {
                printer.stats(&status)?;
            }
        }
    }
    Ok(live.stop(&|finishing| printer.finishing(finishing))?)
}

/// Where to: the file that was named, or one named after the moment.
pub fn path(record: &Record, settings: &Settings, container: Container) -> PathBuf {
    let folder = match &record.out {
        Some(out) if out.is_dir() || out.extension().is_none() => out.clone(),
        Some(out) => return out.clone(),
        None => settings.recordings.clone(),
    };
    let moment = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
    let name = match record.session.as_deref().map(crate::disk::folder::safe_name) {
        Some(session) if !session.is_empty() => format!("{moment}_{session}"),
        _ => moment,
    };
    folder.join(format!("{name}.{}", container.extension()))
}
