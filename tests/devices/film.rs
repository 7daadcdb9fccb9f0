// SPDX-License-Identifier: MIT
//! A finished recording and everything that can be asked of it.

use crate::support::pipewire::PipeWire;
use crate::support::program::{self, Ended, Program};
use crate::support::ruler::{FrameFault, Reading, SoundFault, read_with_ffmpeg, sound_faults};
use hyperzoom::sync::ruler::{Grid, Tone};
use hyperzoom::words::{MASTER_FPS, Mono, RATE_HZ, Rate, SAMPLES_PER_FRAME};
use serde_json::Value;
use std::ops::Range;
use std::path::PathBuf;

/// Quieter than this is silence, whatever a codec makes of it; the ruler's noise is 30 times as loud.
const SILENCE: f32 = 0.000_5;
/// Silence is looked for in steps of five milliseconds.
const STEP: usize = RATE_HZ as usize / 200;
/// A machine that has other things to do may cost the graph a few cycles.
const SILENCED_MAX: u64 = RATE_HZ / 5;
/// Longer than this no player pauses, whatever else the machine does.
const PAUSE_MAX: u64 = RATE_HZ / 4;
/// A player has played for so long at most when a recording begins.
const PLAYED_MAX_S: u64 = 12;

/// Records into the graph's own folder.
pub fn record(graph: &PipeWire, arguments: &[&str]) -> Program {
    let mut command = graph.hyperzoom();
    // Lossless, so that every sample can be counted.
    command
        .args(["record", "--audio-codec", "flac", "--json"])
        .args(arguments)
        .arg("--recordings")
        .arg(graph.folder().join("recordings"));
    Program::start(command)
}

/// Waits until so much is recorded.
pub fn await_seconds(program: &mut Program, seconds: f64) {
    program.await_that("a longer recording", |e| e["event"] == "stats" && e["seconds"].as_f64() >= Some(seconds));
}

/// Waits for a warning of that kind.
pub fn await_warning(program: &mut Program, kind: &str) -> Value {
    program.await_that(kind, |e| e["event"] == "warning" && e["kind"] == kind)
}

/// The recording.
pub struct Film {
    pub file: PathBuf,
    pub reading: Reading,
    ended: Ended,
    metadata: Value,
}

impl Film {
    /// Reads what was recorded.
    pub fn of(ended: Ended) -> Film {
        let finished = ended.finished();
        assert_eq!((ended.code, &finished["finalised"]), (Some(0), &Value::Bool(true)), "{}", ended.errors);
        let file = program::file(finished);
        let text =
            std::fs::read_to_string(file.with_file_name("session_metadata.json")).expect("it is beside the file");
        let metadata = serde_json::from_str(&text).expect("the metadata is JSON");
        Film { reading: read_with_ffmpeg(&file), file, ended, metadata }
    }

    pub fn started(&self) -> &Value {
        self.ended.events.iter().find(|e| e["event"] == "recording-started").expect("it had started")
    }

    pub fn finished(&self) -> &Value {
        self.ended.finished()
    }

    /// Its length in whole seconds.
    pub fn seconds(&self) -> usize {
        self.reading.sound.len() / RATE_HZ as usize
    }

    /// Where in it a moment lies, in seconds.
    pub fn second_of(&self, moment: Mono) -> f64 {
        let start = &self.metadata["clocks"]["started_monotonic_ns"];
        let start = start.as_u64().unwrap_or_else(|| panic!("no start in {:#}", self.metadata));
        moment.since(Mono(start)) as f64 / 1e9
    }

    /// What the metadata tells of that kind.
    #[track_caller]
    pub fn happening(&self, what: &str) -> &Value {
        let all = self.metadata["happenings"].as_array().unwrap_or_else(|| panic!("{:#}", self.metadata));
        all.iter().find(|h| h["what"] == what).unwrap_or_else(|| panic!("no {what} in {all:#?}"))
    }

    /// Panics unless pictures and sound are as many as told, as long as each other, at constant rate, and
    /// hardly anything was lost by a graph that had the time that it needs.
    #[track_caller]
    pub fn assert_counted(&self, graph: &PipeWire) {
        let finished = self.finished();
        let samples = finished["samples"].as_u64().expect("a number");
        assert_eq!(self.reading.sound.len() as u64, samples, "samples");
        let happenings = self.metadata["happenings"].as_array().into_iter().flatten();
        let absences = happenings.filter(|h| h["what"] == "sound-back");
        let away: u64 = absences.filter_map(|h| h["silence_samples"].as_u64()).sum();
        let silenced = finished["samples_silenced"].as_u64().expect("a number") - away;
        let whole = silenced <= SILENCED_MAX || graph.was_starved();
        assert!(whole, "{silenced} samples silenced: {:#?}", self.ended.events);
        if !self.reading.frames.is_empty() {
            assert_eq!(
                self.reading.frames.len() as u64 * SAMPLES_PER_FRAME,
                samples,
                "pictures are as long as the sound"
            );
            assert_eq!(finished["frames_dropped"], 0);
            self.reading.assert_constant_rate(Rate::whole(MASTER_FPS as u32), 10_000);
        }
    }

    /// Panics unless its pictures go on in order, whatever a busy machine did to their even pace.
    #[track_caller]
    pub fn assert_in_order(&self) {
        let wrong = |f: &FrameFault| matches!(f, FrameFault::Backwards { .. } | FrameFault::Unreadable { .. });
        let faults: Vec<FrameFault> = self.reading.frame_faults().into_iter().filter(wrong).collect();
        assert_eq!(faults, []);
        let late = self.pictures_late_ms();
        assert!(late.iter().all(|ms| (-50.0..500.0).contains(ms)), "late by ms: {late:?}");
    }

    /// Panics if a stretch of it, in seconds, lacks anything that a player played who began with `first`. On a busy
    /// machine the player itself may pause for a cycle, which is more silence and nothing lost. How long it paused is
    /// told by likeness, and the next stretch may correct that: only more lost than paused is a loss, and only where the
    /// graph itself had the time that it needs.
    #[track_caller]
    pub fn assert_sound_is(&self, graph: &PipeWire, first: u64, seconds: Range<usize>) {
        let faults = self.sound_faults(first, seconds.clone());
        let (mut paused, mut lost) = (0, 0);
        for fault in &faults {
            match fault {
                SoundFault::Extra { count, .. } => paused += count,
                SoundFault::Lost { count, .. } => lost += count,
                SoundFault::Foreign { .. } => {}
            }
            let whole = lost <= paused || graph.was_starved();
            assert!(whole, "{fault:?} of {faults:?} in seconds {seconds:?}");
        }
        let foreign = faults.iter().map(|f| if let SoundFault::Foreign { count, .. } = f { *count } else { 0 });
        let alike = paused + foreign.sum::<usize>() < RATE_HZ as usize || graph.was_starved();
        assert!(alike, "{faults:?}");
    }

    /// Everything that is wrong with a stretch of sound.
    pub fn sound_faults(&self, first: u64, seconds: Range<usize>) -> Vec<SoundFault> {
        let tone = Tone::new(RATE_HZ as u32, 0.0);
        let rate = RATE_HZ as usize;
        let reach = PLAYED_MAX_S * RATE_HZ / 2;
        // Where it begins is asked at every second: the player may pause just there.
        for begin in seconds.clone() {
            let mut part = self.reading.sound.clone();
            part.channels[0] = part.channels[0][begin * rate..seconds.end * rate].to_vec();
            if let Some(begins) = part.first_index(0, &tone, first + reach, reach) {
                return sound_faults(&part, 0, &tone, begins, PAUSE_MAX);
            }
        }
        panic!("nothing in seconds {seconds:?} is what was played")
    }

    /// The longest silence, in seconds from the beginning.
    pub fn longest_silence(&self) -> Range<f64> {
        let quiet = |part: &[f32]| part.iter().all(|s| s.abs() < SILENCE);
        let mut longest = 0..0;
        let mut begin = None;
        for (n, part) in self.reading.sound.channels[0].chunks(STEP).enumerate() {
            match (quiet(part), begin) {
                (true, None) => begin = Some(n),
                (false, _) => begin = None,
                _ => {}
            }
            if let Some(begin) = begin
                && n + 1 - begin > longest.len()
            {
                longest = begin..n + 1;
            }
        }
        let second = |n: usize| (n * STEP) as f64 / RATE_HZ as f64;
        second(longest.start)..second(longest.end)
    }

    /// By how much each picture lies later than it was made.
    pub fn pictures_late_ms(&self) -> Vec<f64> {
        let grid = Grid::new(Rate::whole(MASTER_FPS as u32), 0.0);
        let numbered = self.reading.frames.iter().enumerate().filter_map(|(n, f)| Some((n, f.number?)));
        numbered
            .map(|(n, number)| (n as f64 / MASTER_FPS as f64 - self.second_of(grid.begin(number.into()))) * 1e3)
            .collect()
    }
}
