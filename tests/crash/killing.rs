// SPDX-License-Identifier: MIT
//! One recording, killed with -9 at a chosen moment: what other people's readers make of the file at once, what is
//! missing, and what `recover` makes of it.

use crate::support::chance::Chance;
use crate::support::machine::{calm, overridden};
use crate::support::program::{self, Program, file, record_under, sleep_until};
use crate::support::ruler::{Reading, read_with_ffmpeg, read_with_gstreamer, sound_faults};
use hyperzoom::sync::ruler::{Grid, Tone};
use hyperzoom::words::{Mono, Rate};
use serde_json::Value;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// The most that a kill may cost, in seconds.
pub const MISSING_S_MAX: f64 = 1.5;
/// What an ear or an eye could notice of sound and pictures drifting apart starts at forty times this.
const APART_MS_MAX: f64 = 1.0;

/// When to kill, and whether the folder's metadata dies as well.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    after_ns: i64,
    metadata_lost: bool,
}

/// What one kill cost.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Seconds from the first frame to the kill.
    pub recorded_s: f64,
    /// Seconds of that which are not in the file.
    pub missing_s: f64,
    metadata_lost: bool,
}

impl Trial {
    /// A moment between the first fragment and some seconds later.
    pub fn new(number: usize, chance: &mut Chance) -> Trial {
        Trial { after_ns: chance.between(1_500_000, 4_500_000) as i64 * 1000, metadata_lost: number % 2 == 1 }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = if self.metadata_lost { "deleted" } else { "kept" };
        write!(f, "killed after {:.3} s, missing {:.3} s, metadata {lost}", self.recorded_s, self.missing_s)
    }
}

/// Runs the trials side by side.
pub fn killed_while_recording(trials: &[Trial]) -> Vec<Report> {
    let _calm = calm();
    std::thread::scope(|scope| {
        let running: Vec<_> = trials.iter().map(|trial| scope.spawn(|| one(trial))).collect();
        running.into_iter().map(|trial| trial.join().expect("this kill did no harm")).collect()
    })
}

fn one(trial: &Trial) -> Report {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(record_under(home.path()));
    let master = file(&program.await_event("recording-started"));
    let json = master.with_file_name("session_metadata.json");
    program::wait_until("the metadata", || json.exists());
    let started = Mono(metadata(&json)["clocks"]["started_monotonic_ns"].as_u64().expect("a number"));
    sleep_until(started.offset(trial.after_ns));
    let killed = program.kill();
    let recorded_s = killed.since(started) as f64 / 1e9;
    let before = metadata(&json);
    assert_eq!(before["state"], "recording");
    let torn = opens_everywhere(&master);
    let missing_s = recorded_s - torn.frames.len() as f64 / 30.0;
    assert!(missing_s <= MISSING_S_MAX, "{missing_s:.3} s of {recorded_s:.3} s are missing");
    assert!(missing_s > -0.1, "there is more in the file than time has passed: {missing_s:.3} s");
    if trial.metadata_lost {
        std::fs::remove_file(&json).expect("it was there");
    }
    recovers(&master, &torn);
    tells_the_same(&before, &metadata(&json), torn.frames.len());
    nothing_else_is_left(&master);
    Report { recorded_s, missing_s, metadata_lost: trial.metadata_lost }
}

/// The folder's JSON.
pub fn metadata(json: &Path) -> Value {
    let bytes = std::fs::read(json).unwrap_or_else(|e| panic!("{}: {e}", json.display()));
    serde_json::from_slice(&bytes).expect("whole at every moment")
}

/// Decodes with three readers; the pictures and the sound must be the ruler's, without a fault up to the end.
pub fn opens_everywhere(master: &Path) -> Reading {
    let reading = read_with_ffmpeg(master);
    let other = read_with_gstreamer(master);
    let wanted = "--Inform=General;%VideoCount%/%AudioCount%/%Duration%";
    let seen = Command::new("mediainfo").arg(wanted).arg(master).output().expect("mediainfo is installed");
    let seen = String::from_utf8_lossy(&seen.stdout).trim().to_owned();
    assert!(seen.starts_with("1/1/") && seen.len() > 4, "mediainfo sees {seen}");
    for reading in [&reading, &other] {
        reading.assert_consecutive();
        reading.assert_flashes(Grid::new(Rate::whole(30), 0.0));
    }
    assert_eq!(reading.frames.len(), other.frames.len());
    reading
}

/// `recover` makes a finished file of everything that was readable, in time and in step.
pub fn recovers(master: &Path, torn: &Reading) {
    let run = program::run(&[&"recover", &"--json", &master]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let whole = opens_everywhere(master);
    assert_eq!(whole.frames.len(), torn.frames.len());
    is_in_step(&whole);
    let report = program::run(&[&"inspect", &"--json", &master]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("one object");
    assert_eq!(report["state"], "finished", "{report:#}");
    assert_eq!(timecode_track(master).as_deref(), report["timecode"].as_str());
    let again = program::run(&[&"recover", &"--json", &master]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("finished"), "a second time changes nothing");
}

/// Every beep lies at its flash, and no sample is missing, doubled or foreign.
pub fn is_in_step(reading: &Reading) {
    let pictures = Grid::new(Rate::whole(30), 0.0);
    let apart = reading.sound_behind_ms(pictures);
    // The only beep of a single second may lie beyond its end.
    assert!(!apart.is_empty() || reading.frames.len() <= 45, "a flash and a beep each second");
    assert!(apart.iter().all(|ms| ms.abs() <= APART_MS_MAX), "{apart:?}");
    let tone = Tone::new(48_000, 0.0);
    let expected = reading.expected_sample(pictures, &tone).expect("pictures and sound");
    let first = reading.sound.first_index(0, &tone, expected, 4_800).expect("the ruler's sound");
    assert_eq!(sound_faults(&reading.sound, 0, &tone, first, 4_800), []);
}

/// What ffmpeg reads from the timecode track.
pub fn timecode_track(master: &Path) -> Option<String> {
    let arguments =
        ["-v", "error", "-select_streams", "d", "-show_entries", "stream=codec_tag_string:stream_tags=timecode"];
    let output = Command::new("ffprobe").args(arguments).args(["-of", "json"]).arg(master).output();
    let seen: Value = serde_json::from_slice(&output.expect("ffprobe is installed").stdout).expect("JSON");
    let track = seen["streams"].as_array()?.iter().find(|s| s["codec_tag_string"] == "tmcd")?;
    track["tags"]["timecode"].as_str().map(str::to_owned)
}

/// The metadata, written anew from the file alone, says what the recorder's own said.
pub fn tells_the_same(before: &Value, after: &Value, frames: usize) {
    assert_eq!(after["state"], "recovered");
    assert_eq!(after["recording"]["container"], "MP4");
    assert_eq!(after["recording"]["total_frames_captured"], frames);
    for same in ["session_id", "session_name", "started_at_utc", "participants"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    for same in ["start_timecode", "session_start_seconds", "started_monotonic_ns"] {
        assert_eq!(before["clocks"][same], after["clocks"][same], "{same}");
    }
    for same in ["camera", "microphone", "video_codec", "video_resolution", "audio_codec", "recorder"] {
        assert_eq!(before["recording"][same], after["recording"][same], "{same}");
    }
    let ran = |of: &Value, name: &str| of["clocks"][name].as_f64().expect("a number");
    let lasted = ran(after, "session_end_seconds") - ran(after, "session_start_seconds");
    assert!((lasted - frames as f64 / 30.0).abs() < 0.1, "{lasted} s for {frames} frames");
    let happened = |of: &Value| of["happenings"].as_array().expect("a list").clone();
    let (then, now) = (happened(before), happened(after));
    assert!(now.starts_with(&then[..then.len().min(now.len())]), "{then:?} became {now:?}");
}

/// A master and its two companions: no reserve, no half-written page.
#[track_caller]
pub fn nothing_else_is_left(master: &Path) {
    let folder = std::fs::read_dir(master.parent().expect("it lies in a folder")).expect("readable");
    let mut names: Vec<_> = folder.map(|f| f.expect("readable").file_name().into_string().expect("text")).collect();
    names.sort();
    assert_eq!(names, ["local_recording.mp4", "session_metadata.json", "sync_timecodes.txt"]);
}

#[test]
fn gaps_and_drift_are_told_by_the_file_alone() {
    let home = tempfile::tempdir().expect("a folder");
    // A microphone that runs fast and now and then loses five milliseconds.
    let text = "rulersoundsrc ppm=200 name=source ! identity drop-probability=0.02";
    let faulty = overridden("microphone.launch", "{source} name=source", text);
    let mut record = record_under(home.path());
    record.env("HYPERZOOM_PIPELINES", faulty.path());
    let mut program = Program::start(record);
    let master = file(&program.await_event("recording-started"));
    let json = master.with_file_name("session_metadata.json");
    program.await_that("four seconds", |e| e["seconds"].as_f64() > Some(4.5));
    program.kill();
    let before = metadata(&json);
    let frames = read_with_ffmpeg(&master).frames.len();
    std::fs::remove_file(&json).expect("it was there");
    assert!(program::run(&[&"recover", &master]).status.success());
    let after = metadata(&json);
    tells_the_same(&before, &after, frames);
    let lost = after["happenings"].as_array().expect("a list").iter().filter(|h| h["what"] == "sound-lost");
    let lost: u64 = lost.map(|h| h["samples"].as_u64().expect("a number")).sum();
    assert!(lost > 0 && after["recording"]["total_samples_silenced"] == lost, "{after:#}");
    // After four seconds it is still being learned; the last fragment may know more than the JSON knew.
    let drift = |of: &Value| of["clocks"]["microphone_drift_ppm"].as_f64().expect("a number");
    let (then, now) = (drift(&before), drift(&after));
    assert!((50.0..250.0).contains(&now) && (now - then).abs() < 100.0, "{then} ppm became {now} ppm");
}
