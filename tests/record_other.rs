// SPDX-License-Identifier: MIT
//! `hyperzoom record` as soon as a preset, a container or a codec is named.

mod anew;
mod giving_way;
mod logging;
mod own;
mod telling;
#[cfg(target_os = "linux")]
mod weather;

use crate::support::program::{Program, command, file, run};
use crate::support::ruler::read_with_ffmpeg;
use hyperzoom::sync::ruler::Grid;
use hyperzoom::words::Rate;
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Where readers disagree by less, nobody sees or hears it.
const TOGETHER_MS: f64 = 5.0;

fn record(out: &Path, more: &[&str]) -> Output {
    let mut program = command();
    program.args(["record", "--camera", "test", "--mic", "test", "--json", "--out"]).arg(out).args(more);
    program.output().expect("our program starts")
}

fn streams(file: &Path) -> Value {
    let probed = Command::new("ffprobe").args(["-v", "error", "-of", "json", "-show_streams"]).arg(file).output();
    serde_json::from_slice(&probed.expect("ffprobe is installed").stdout).expect("ffprobe writes JSON")
}

#[test]
fn a_named_recipe_is_what_is_in_the_file() {
    let home = tempfile::tempdir().expect("a folder");
    let talk = home.path().join("a talk, 'quoted' & ümlauted.mkv");
    let recipe = ["--preset", "vga", "--format", "mkv", "--video-codec", "vp9", "--audio-codec", "opus"];
    let more = ["--set", "video.size=320x240", "--set", "video.frame_rate=25", "--for", "3"];
    let done = record(&talk, &[recipe.as_slice(), &more].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let streams = streams(&talk);
    let of = |kind: &str| streams["streams"].as_array().expect("streams").iter().find(|s| s["codec_type"] == kind);
    let (video, audio) = (of("video").expect("pictures"), of("audio").expect("sound"));
    assert_eq!((&video["codec_name"], &audio["codec_name"]), (&"vp9".into(), &"opus".into()));
    assert_eq!((&video["width"], &video["r_frame_rate"]), (&320.into(), &"25/1".into()));
    let reading = read_with_ffmpeg(&talk);
    reading.assert_consecutive();
    let behind = reading.sound_behind_ms(Grid::new(Rate::whole(25), 0.0));
    assert!(behind.len() >= 2 && behind.iter().all(|ms| ms.abs() < TOGETHER_MS), "{behind:?}");
    let told = String::from_utf8(done.stdout).expect("text");
    let last: Value = serde_json::from_str(told.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["event"], &last["crash_safe"]), (&"recording-finished".into(), &true.into()));
    assert_eq!(last["frames"], reading.frames.len());
}

#[test]
fn what_can_not_be_is_refused_before_anything_starts() {
    let home = tempfile::tempdir().expect("a folder");
    let refused = |name: &str, arguments: &[&str], wanted: &str| {
        let out = home.path().join(name);
        let done = record(&out, arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && !out.exists(), "{said}");
    };
    refused("a.webm", &["--video-codec", "h264"], "WebM cannot hold H.264; it holds VP9, VP8 and AV1");
    refused("a.avi", &["--audio-codec", "flac"], "AVI cannot hold FLAC");
    refused("a.txt", &[], "known are .mp4, .mov, .mkv, .webm, .avi");
    refused("a.mkv", &["--preset", "1080"], "did you mean 1080p");
    refused("a.mkv", &["--set", "video.frame_rate=0"], "video.frame_rate");
    refused("a.mkv", &["--set", "video.colour=red"], "colour");
    refused("a.mkv", &["--config", "/nowhere/talk.toml"], "/nowhere/talk.toml");
}

#[test]
fn an_encoder_that_is_not_there_is_named_with_those_that_are() {
    let home = tempfile::tempdir().expect("a folder");
    let done = record(&home.path().join("a.mkv"), &["--encoder", "x266enc", "--for", "1"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && said.contains("x266enc") && said.contains("x264enc"), "{said}");
}

#[test]
fn presets_are_listed_and_a_pipeline_can_be_seen_without_a_recording() {
    let listed = run(&[&"record", &"--list-presets"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(["1080p-high", "podcast", "master"].iter().all(|name| listed.contains(name)), "{listed}");
    let shown = run(&[&"record", &"--preset", &"web", &"--dry-run"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("webmmux") && shown.contains("vp9enc") && shown.contains("opusenc"), "{shown}");
}

#[test]
fn a_file_says_what_it_should_be() {
    let home = tempfile::tempdir().expect("a folder");
    let recipe = home.path().join("talk.toml");
    let text =
        "preset = \"vga\"\ncontainer = \"mov\"\n[video]\nsize = \"160x120\"\n[audio]\ncodec = \"pcm\"\nbits = 24\n";
    std::fs::write(&recipe, text).expect("our own folder");
    let out = home.path().join("talk.mov");
    let done = record(&out, &["--config", recipe.to_str().expect("a plain path"), "--for", "1"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let names: Vec<_> =
        streams(&out)["streams"].as_array().expect("streams").iter().map(|s| s["codec_name"].clone()).collect();
    assert_eq!(names, ["h264", "pcm_s24le"]);
}

#[test]
fn keys_on_a_terminal_pause_it_and_end_it() {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("talk.mkv");
    let (mut keyboard, terminal) = terminal();
    let mut program = command();
    program.args([
        "record",
        "--camera",
        "test:160x90",
        "--mic",
        "test",
        "--json",
        "--set",
        "video.size=160x90",
        "--out",
    ]);
    program.arg(&out).stdin(Stdio::from(terminal));
    let mut program = Program::start(program);
    program.await_event("recording-started");
    program.await_that("a second of it", |e| e["event"] == "stats" && e["seconds"].as_f64() > Some(0.5));
    for _ in 0..3 {
        keyboard.write_all(b"p").expect("a terminal");
        program.await_event("paused");
        program.await_event("stats");
        keyboard.write_all(b"p").expect("a terminal");
        program.await_event("resumed");
        program.await_event("stats");
    }
    keyboard.write_all(b"q").expect("a terminal");
    let ended = program.end();
    let finished = ended.finished();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(finished["pauses"].as_array().map(Vec::len), Some(3), "{finished}");
    let reading = read_with_ffmpeg(&file(finished));
    let behind = reading.sound_behind_ms(Grid::new(Rate::whole(30), 0.0));
    assert!(!behind.is_empty() && behind.iter().all(|ms| ms.abs() < TOGETHER_MS), "{behind:?}");
    let beside: Value =
        serde_json::from_slice(&std::fs::read(out.with_extension("recording.json")).expect("it is there"))
            .expect("JSON");
    assert_eq!(beside["pauses"], finished["pauses"]);
}

/// A keyboard, and the terminal that it belongs to.
fn terminal() -> (File, File) {
    // SAFETY: a new terminal, whose number nobody else has.
    let keyboard = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(keyboard >= 0, "{}", std::io::Error::last_os_error());
    // SAFETY: the same number, owned from here on.
    let keyboard = unsafe { File::from_raw_fd(keyboard) };
    // SAFETY: calls on a terminal of our own; its name is copied before anybody asks for another.
    let name = unsafe {
        assert_eq!(libc::grantpt(keyboard.as_raw_fd()) + libc::unlockpt(keyboard.as_raw_fd()), 0);
        std::ffi::CStr::from_ptr(libc::ptsname(keyboard.as_raw_fd())).to_owned()
    };
    let name = name.to_str().expect("a plain path");
    let terminal = File::options().read(true).write(true).open(name).expect("our own terminal");
    (keyboard, terminal)
}

#[test]
fn the_index_is_put_in_front_where_that_is_asked_for() {
    let home = tempfile::tempdir().expect("a folder");
    for (name, sound) in [("a.mp4", "aac"), ("a.mov", "pcm")] {
        let out = home.path().join(name);
        let more = ["--set", "fast_start=true", "--set", "video.size=160x90", "--audio-codec", sound, "--for", "2"];
        let done = record(&out, &more);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let bytes = std::fs::read(&out).expect("it is there");
        let place = |kind: &[u8]| bytes.windows(4).position(|four| four == kind).expect("it is in there");
        assert!(place(b"moov") < place(b"mdat"), "{name}");
        let reading = read_with_ffmpeg(&out);
        reading.assert_consecutive();
        let behind = reading.sound_behind_ms(Grid::new(Rate::whole(30), 0.0));
        assert!(!behind.is_empty() && behind.iter().all(|ms| ms.abs() < TOGETHER_MS), "{name}: {behind:?}");
    }
}
