// SPDX-License-Identifier: MIT
//! Kill -9 costs two and a half seconds at most, where the container is one that can, and the others say so.

use super::reel::{APART_MS_MAX, FIRST, SAMPLES, grid, picture, recorder, side_by_side, sound};
use crate::support::machine::{calm, overridden};
use crate::support::program::run;
use crate::support::ruler::{Reading, read_with_ffmpeg, read_with_gstreamer};
use hyperzoom::studio::SubmitError;
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the child records to; without it there is no child.
const FILE: &str = "HYPERZOOM_TEST_RECORD";
/// The name that the child is started by.
const CHILD: &str = "recorder::crash::it_records_until_it_is_killed";
const KILLED_AFTER_S: f64 = 5.3;
const MISSING_S_MAX: f64 = 2.5;

/// What the containers that can are tried with.
fn codecs(container: Container) -> (VideoCodec, AudioCodec) {
    match container {
        Container::WebM => (VideoCodec::Vp8, AudioCodec::Opus),
        Container::Mkv => (VideoCodec::H264, AudioCodec::Flac),
        // It promises nothing, but pieces of it can be found again one by one.
        Container::Avi => (VideoCodec::H264, AudioCodec::Mp3),
        _ => (VideoCodec::H264, AudioCodec::Aac),
    }
}

/// The child: records in real time, tells how far it is, and is never ended.
#[test]
fn it_records_until_it_is_killed() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let extension = Path::new(&file).extension().expect("it has one").to_string_lossy().into_owned();
    let container = Container::of_extension(&extension).expect("a container");
    let (video, audio) = codecs(container);
    let recorder = recorder(container, video, audio);
    recorder.start(&file).expect("it starts");
    let begun = Instant::now();
    for number in FIRST..FIRST + 600 {
        let due = Duration::from_secs_f64((number - FIRST) as f64 / 30.0);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let block = sound(number * SAMPLES, SAMPLES);
        let taken = recorder.submit_video(picture(number), None).and_then(|()| recorder.submit_audio(&block, None));
        match taken {
            Ok(()) => println!("\nrecorded {}", (number + 1 - FIRST) as f64 / 30.0),
            Err(SubmitError::Failed { .. }) => break,
            Err(why) => panic!("{why}"),
        }
    }
    let report = recorder.stop().expect("it finishes what there is");
    println!("\nended {} {:?}", report.whole, report.failed);
}

fn child(file: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a name"));
    command.args(["--exact", CHILD, "--nocapture"]).env(FILE, file).stdin(Stdio::null());
    command
}

/// Starts the child and kills it; answers how many seconds it had submitted.
fn record_and_kill(file: &Path) -> f64 {
    let mut command = child(file);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it was piped")).lines().map_while(Result::ok);
    let told = lines.filter_map(|line| line.strip_prefix("recorded ")?.parse::<f64>().ok());
    let recorded_s = told.into_iter().find(|seconds| *seconds >= KILLED_AFTER_S);
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    recorded_s.unwrap_or_else(|| panic!("{} was not recorded for long enough", file.display()))
}

/// The file is called what it is, and nothing is put beside it: it belongs to no session.
fn recovers_by_command(container: Container, file: &Path) {
    let name = file.file_name().expect("a name").to_string_lossy();
    let reserve = file.with_file_name(format!(".{name}.reserve"));
    assert!(reserve.exists(), "{container}: what a crash leaves is to be cleaned up");
    let told = |arguments: &[&dyn AsRef<std::ffi::OsStr>]| {
        let ran = run(&[&[&"recover" as &dyn AsRef<std::ffi::OsStr>], arguments, &[&file]].concat());
        assert!(ran.status.success(), "{container}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    let checked: serde_json::Value = serde_json::from_str(&told(&[&"--check", &"--json"])).expect("JSON");
    assert_eq!((&checked["state"], &checked["container"]), (&"recoverable".into(), &container.extension().into()));
    let text = told(&[]);
    assert!(text.contains(&format!(": {container} recovered, ")) && !text.contains("metadata"), "{text}");
    assert!(!reserve.exists(), "{container}");
    assert!(told(&[]).contains("finished already"));
    let stem = file.file_name().expect("a name").to_string_lossy().into_owned();
    let names = std::fs::read_dir(file.parent().expect("a folder")).expect("readable");
    let names: Vec<String> = names.map(|f| f.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    let beside: Vec<&String> = names.iter().filter(|name| name.contains(&stem) || name.ends_with(".json")).collect();
    assert_eq!(beside, [&stem], "{names:?}");
}

#[track_caller]
fn is_in_step(reading: &Reading, name: &str) {
    reading.assert_consecutive();
    let apart = reading.sound_behind_ms(grid());
    assert!(!apart.is_empty() && apart.iter().all(|ms| ms.abs() <= APART_MS_MAX), "{name}: {apart:?}");
}

fn survives(container: Container, folder: &Path) {
    let file = folder.join(format!("killed.{}", container.extension()));
    let recorded_s = record_and_kill(&file);
    let torn = read_with_ffmpeg(&file);
    let left_s = torn.frames.len() as f64 / 30.0;
    println!("{container}: {left_s:.2} s of {recorded_s:.2} s are left");
    assert!(left_s >= recorded_s - MISSING_S_MAX, "{container}: {left_s} s of {recorded_s} s");
    is_in_step(&torn, &format!("{container}, torn"));
    recovers_by_command(container, &file);
    if container == Container::Mkv {
        let undone = run(&[&"recover", &"--undo", &file]);
        assert_eq!(undone.status.code(), Some(1), "what was written anew has no way back");
    }
    let whole = super::reel::probe(&file);
    assert_eq!(whole.pictures as usize, torn.frames.len(), "{container}");
    // Without fragments, sound is ahead of its pictures where it broke off: an encoder looks some of these ahead.
    let ahead_s = if matches!(container, Container::Mp4 | Container::Mov) { 0.1 } else { 0.8 };
    assert!((whole.duration_s - left_s).abs() < ahead_s, "{container}: {} s of {left_s} s", whole.duration_s);
    for reading in [read_with_ffmpeg(&file), read_with_gstreamer(&file)] {
        assert_eq!(reading.frames.len(), torn.frames.len(), "{container}");
        is_in_step(&reading, &format!("{container}, recovered"));
    }
}

#[test]
fn what_was_recorded_before_a_kill_can_be_read_and_finished() {
    let (folder, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    let path = folder.path();
    std::thread::scope(|scope| {
        for container in Container::ALL {
            scope.spawn(move || survives(container, path));
        }
    });
}

#[test]
fn a_recorder_says_whether_a_crash_would_spoil_its_file() {
    for container in Container::ALL {
        for audio in container.audio_codecs() {
            let said = recorder(container, container.video_codecs()[0], *audio).is_crash_safe().expect("it knows");
            let index_at_the_end =
                container == Container::Avi || (container, *audio) == (Container::Mov, AudioCodec::Pcm);
            assert_eq!(said, !index_at_the_end, "{container} {audio}");
        }
    }
}

#[test]
fn an_encoder_that_breaks_is_told_and_what_it_made_is_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    let branch = "! {video_encoder} ! mux.{picture_pad}";
    let faulty = overridden("recording.launch", branch, &format!("! identity error-after=100 {branch}"));
    let containers = [Container::Mp4, Container::Mov, Container::Mkv, Container::WebM];
    side_by_side(&containers, |&container| {
        let file = folder.path().join(format!("broken.{}", container.extension()));
        let ended = child(&file).env("HYPERZOOM_PIPELINES", faulty.path()).output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let told = said.lines().find_map(|line| line.strip_prefix("ended ")).unwrap_or_else(|| panic!("{said}"));
        // It breaks whatever encodes, so nobody is left to go on.
        assert!(told.starts_with("false Some(") && told.contains("can't go on"), "{container}: {told}");
        for reading in [read_with_ffmpeg(&file), read_with_gstreamer(&file)] {
            println!("{container}: {} pictures are left", reading.frames.len());
            assert!(reading.frames.len() >= 60, "{container}: {}", reading.frames.len());
            is_in_step(&reading, &format!("{container}, broken"));
        }
    });
}
