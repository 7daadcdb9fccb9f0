// SPDX-License-Identifier: MIT
//! A golden master, recorded by the program from the rulers and read back with other people's readers.

use crate::support::ruler::{Reading, SoundFault, read_with_ffmpeg, read_with_gstreamer, sound_faults};
use hyperzoom::sync::ruler::{Grid, Tone};
use hyperzoom::words::Rate;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// One recording, over and done.
struct Recorded {
    home: TempDir,
    events: Vec<Value>,
}

impl Recorded {
    fn new(arguments: &[&str]) -> Recorded {
        Recorded::with_pipelines(None, arguments)
    }

    /// With texts from a folder in place of the built-in ones.
    fn with_pipelines(pipelines: Option<&Path>, arguments: &[&str]) -> Recorded {
        let home = tempfile::tempdir().expect("a folder");
        let output = record(home.path(), pipelines, arguments);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {words}");
        let lines = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        let events = lines.lines().map(|l| serde_json::from_str(l).expect("one object a line")).collect();
        Recorded { home, events }
    }

    fn event(&self, name: &str) -> &Value {
        let found = self.events.iter().find(|e| e["event"] == name);
        found.unwrap_or_else(|| panic!("no event {name} in {:?}", self.events))
    }

    fn file(&self) -> PathBuf {
        self.event("recording-finished")["file"].as_str().expect("a path").into()
    }

    fn metadata(&self) -> Value {
        let text = std::fs::read(self.file().with_file_name("session_metadata.json")).expect("metadata");
        serde_json::from_slice(&text).expect("valid JSON")
    }
}

fn record(home: &Path, pipelines: Option<&Path>, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hyperzoom"));
    program.env("HYPERZOOM_PIPELINES", pipelines.unwrap_or(Path::new("")));
    program.arg("record").args(["--camera", "test:320x180", "--mic", "test", "--json", "--recordings"]);
    program.arg(home).args(arguments).output().expect("the program runs")
}

fn probe(file: &Path, entries: &str) -> Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_entries", entries])
        .arg(file)
        .output()
        .expect("ffprobe runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("ffprobe's JSON")
}

fn in_sync(reading: &Reading, reader: &str) {
    let offsets = reading.sound_behind_ms(Grid::new(Rate::whole(30), 0.0));
    assert!(offsets.len() >= 4, "{reader}: {} beeps", offsets.len());
    assert!(offsets.iter().all(|ms| ms.abs() <= 5.0), "{reader}: {offsets:?}");
    println!("{reader}: beep behind flash, in ms: {offsets:.3?}");
}

#[test]
fn pictures_are_constant_consecutive_and_in_sync_from_start_to_end_in_both_readers() {
    let recorded = Recorded::new(&["--for", "6"]);
    for (reader, reading) in
        [("ffmpeg", read_with_ffmpeg(&recorded.file())), ("qtdemux", read_with_gstreamer(&recorded.file()))]
    {
        assert_eq!(reading.frames.len(), 180, "{reader}: frames are duration times 30");
        reading.assert_consecutive();
        reading.assert_constant_rate(Rate::whole(30), 30_000);
        in_sync(&reading, reader);
    }
}

#[test]
fn lossless_sound_holds_every_sample_of_the_source_and_no_other() {
    let recorded = Recorded::new(&["--for", "5", "--audio-codec", "flac"]);
    let reading = read_with_ffmpeg(&recorded.file());
    assert_eq!(reading.sound.len(), 240_000);
    let tone = Tone::new(48_000, 0.0);
    let expected = reading.expected_sample(Grid::new(Rate::whole(30), 0.0), &tone).expect("numbered frames");
    let first = reading.sound.first_index(0, &tone, expected, 9_600).expect("the noise is found");
    assert_eq!(sound_faults(&reading.sound, 0, &tone, first, 4_800), []);
    assert_eq!(first, expected, "the first sample is the one of the first picture");
}

#[test]
fn the_file_is_what_editors_are_promised() {
    let recorded = Recorded::new(&["--for", "4"]);
    let file = recorded.file();
    let streams = probe(
        &file,
        "stream=codec_name,profile,level,pix_fmt,r_frame_rate,avg_frame_rate,nb_frames,sample_rate,channels,codec_tag_string,start_time,color_range,color_space",
    );
    let streams = streams["streams"].as_array().expect("streams");
    let (video, audio) = (&streams[0], &streams[1]);
    assert_eq!((&video["codec_name"], &video["profile"]), (&"h264".into(), &"High".into()));
    assert_eq!((&video["level"], &video["pix_fmt"]), (&41.into(), &"yuv420p".into()));
    assert_eq!((&video["r_frame_rate"], &video["avg_frame_rate"]), (&"30/1".into(), &"30/1".into()));
    assert_eq!((&video["nb_frames"], &video["start_time"]), (&"120".into(), &"0.000000".into()));
    assert_eq!((&audio["codec_name"], &audio["profile"]), (&"aac".into(), &"LC".into()));
    assert_eq!((&audio["sample_rate"], &audio["channels"]), (&"48000".into(), &1.into()));
    assert_eq!(streams[2]["codec_tag_string"], "tmcd");
    let packets = probe(&file, "packet=stream_index,flags,pts,duration");
    let video: Vec<&Value> =
        packets["packets"].as_array().expect("packets").iter().filter(|p| p["stream_index"] == 0).collect();
    for (n, packet) in video.iter().enumerate() {
        let key = packet["flags"].as_str().expect("flags").starts_with('K');
        assert_eq!(key, n % 30 == 0, "key frames lie on the second and nowhere else: picture {n}");
        assert_eq!(packet["duration"], video[0]["duration"], "every sample lasts exactly 1/30 s");
    }
}

#[test]
fn the_metadata_has_every_promised_field_and_agrees_with_the_file() {
    let recorded = Recorded::new(&["--for", "3", "--name", "host", "--session", "Trial"]);
    let metadata = recorded.metadata();
    for field in ["session_id", "started_at_utc", "duration_seconds", "participants", "recording"] {
        assert!(!metadata[field].is_null(), "{field}");
    }
    assert_eq!(metadata["duration_seconds"], 3.0);
    assert_eq!(metadata["participants"][0]["name"], "host");
    assert_eq!(metadata["participants"][0]["clock_offset_ms"], 0.0);
    let recording = &metadata["recording"];
    assert_eq!(recording["video_codec"], "H.264 High@4.1");
    assert_eq!((&recording["video_resolution"], &recording["video_fps"]), (&"320x180".into(), &30.into()));
    assert_eq!((&recording["audio_codec"], &recording["audio_bitrate_kbps"]), (&"AAC-LC".into(), &192.into()));
    assert_eq!((&recording["audio_sample_rate"], &recording["container"]), (&48_000.into(), &"MP4".into()));
    assert_eq!((&recording["total_frames_captured"], &recording["total_frames_dropped"]), (&90.into(), &0.into()));
    let tags = probe(&recorded.file(), "stream_tags=timecode:format_tags=creation_time");
    let timecode = &metadata["clocks"]["start_timecode"];
    assert_eq!(&tags["streams"][0]["tags"]["timecode"], timecode, "the timecode track says the same: {tags}");
    let folder = recorded.home.path().read_dir().expect("there").next().expect("one session").expect("readable");
    assert!(folder.file_name().to_string_lossy().ends_with("_Trial"));
    let people = std::fs::read_to_string(folder.path().join("sync_timecodes.txt")).expect("for people");
    assert!(people.contains(timecode.as_str().expect("text")), "{people}");
}

#[test]
fn a_camera_of_another_rate_is_made_constant_and_each_slip_is_counted() {
    let recorded = Recorded::new(&["--for", "4", "--camera", "test:320x180@25"]);
    let reading = read_with_ffmpeg(&recorded.file());
    assert_eq!(reading.frames.len(), 120);
    reading.assert_constant_rate(Rate::whole(30), 30_000);
    let doubled = reading.frames.windows(2).filter(|w| w[0].number == w[1].number).count();
    let end = recorded.event("recording-finished");
    assert_eq!(end["frames_repeated"], doubled);
    assert!((18..=21).contains(&doubled), "{doubled}");
    let told: u64 = recorded.metadata()["happenings"]
        .as_array()
        .expect("happenings")
        .iter()
        .filter(|h| h["what"] == "repeated")
        .map(|h| h["frames"].as_u64().expect("a number"))
        .sum();
    assert_eq!(told, doubled as u64, "each is in the metadata");
}

#[test]
fn pictures_alone_and_sound_alone_make_masters_too() {
    let silent = Recorded::new(&["--for", "2", "--mic", "off"]);
    assert_eq!(read_with_ffmpeg(&silent.file()).frames.len(), 60);
    let blind = Recorded::new(&["--for", "2", "--camera", "off"]);
    // ffmpeg hides the priming but not what pads the last packet; GStreamer's decoder keeps its last packet to
    // itself, in ffmpeg's own files too.
    let in_gstreamer = read_with_gstreamer(&blind.file()).sound.len();
    // And newer versions round its edges to a sample more.
    assert!((96_000 - 1_024..=96_001).contains(&in_gstreamer), "{in_gstreamer}");
    let in_ffmpeg = read_with_ffmpeg(&blind.file()).sound.len();
    assert!((96_000..96_000 + 1_024).contains(&in_ffmpeg), "{in_ffmpeg}");
}

#[test]
fn larger_cameras_are_brought_to_full_hd_at_fifteen_to_twenty_megabits() {
    let recorded = Recorded::new(&["--for", "5", "--camera", "test:2560x1440"]);
    let stream = &probe(&recorded.file(), "stream=width,height,bit_rate,color_space")["streams"][0];
    assert_eq!((&stream["width"], &stream["height"]), (&1920.into(), &1080.into()));
    assert_eq!(stream["color_space"], "bt709");
    let rate: u64 = stream["bit_rate"].as_str().expect("a rate").parse().expect("a number");
    // A machine that is too busy for the test picture repeats some, and repeated ones cost nothing.
    let end = recorded.event("recording-finished");
    let number = |name: &str| end[name].as_f64().expect("a number");
    let moving = 1.0 - number("frames_repeated") / number("frames");
    assert!(rate as f64 >= 15_000_000.0 * moving && rate <= 20_000_000, "{rate}, {moving} of the pictures are new");
}

#[test]
fn sound_that_is_lost_before_us_becomes_silence_of_exactly_that_length_in_its_place() {
    let texts = tempfile::tempdir().expect("a folder");
    let text = include_str!("../pipelines/microphone.launch");
    let lossy = text.replace("! audioconvert dithering", "! identity drop-probability=0.02 ! audioconvert dithering");
    std::fs::write(texts.path().join("microphone.launch"), lossy).expect("written");
    let recorded = Recorded::with_pipelines(Some(texts.path()), &["--for", "5", "--audio-codec", "flac"]);
    let end = recorded.event("recording-finished");
    let silenced = end["samples_silenced"].as_u64().expect("a number");
    assert!(silenced > 0 && silenced.is_multiple_of(240), "whole blocks were dropped: {silenced}");
    let reading = read_with_ffmpeg(&recorded.file());
    assert_eq!(reading.sound.len(), 240_000, "the length does not change");
    reading.assert_consecutive();
    // Beeps have holes here, so sync is judged by the noise instead: sample by sample where the pictures expect it.
    let tone = Tone::new(48_000, 0.0);
    let expected = reading.expected_sample(Grid::new(Rate::whole(30), 0.0), &tone).expect("numbered frames");
    let faults = sound_faults(&reading.sound, 0, &tone, expected, 4_800);
    // Two losses with little between them are one foreign stretch to the reader.
    let silent = |at: u64, samples: u64| {
        faults.iter().any(|fault| match fault {
            SoundFault::Foreign { at: from, count } => {
                *from as u64 <= at + 2 && at + samples <= (*from + *count) as u64 + 2
            }
            moved => panic!("no sample moved: {moved:?}"),
        })
    };
    let happenings = recorded.metadata()["happenings"].clone();
    let number = |h: &Value, field: &str| h[field].as_u64().expect("a number");
    let lost: Vec<&Value> =
        happenings.as_array().expect("happenings").iter().filter(|h| h["what"] == "sound-lost").collect();
    assert_eq!(lost.iter().map(|h| number(h, "samples")).sum::<u64>(), silenced);
    for loss in &lost {
        // The end of the recording may fall into a loss.
        let at = number(loss, "at_sample");
        let samples = number(loss, "samples").min(240_000 - at);
        assert!(silent(at, samples), "{loss}: {faults:?}");
    }
    assert!(faults.len() <= lost.len(), "nothing else is foreign: {faults:?}");
}

#[test]
fn without_a_usable_encoder_one_sentence_says_which_package_brings_one() {
    let texts = tempfile::tempdir().expect("a folder");
    let table = include_str!("../pipelines/encoders.toml").replace("x264enc", "x264enk").replace("openh264", "open264");
    std::fs::write(texts.path().join("encoders.toml"), table).expect("written");
    let home = tempfile::tempdir().expect("a folder");
    let output = record(home.path(), Some(texts.path()), &["--for", "1"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("no usable h264 encoder") && words.contains("gstreamer1.0-plugins-ugly"), "{words}");
    assert_eq!(home.path().read_dir().expect("there").count(), 0, "no folder is left behind");
}

/// The system's own helper talks to a login manager, which test machines do not have: a stand-in of the same name
/// takes its place and tells that it was started, and that it has ended.
#[cfg(target_os = "linux")]
#[test]
fn the_machine_is_kept_awake_for_as_long_as_the_recording_runs() {
    use std::os::unix::fs::PermissionsExt;
    let tools = tempfile::tempdir().expect("a folder");
    let (stand_in, diary) = (tools.path().join("systemd-inhibit"), tools.path().join("diary"));
    let script = format!("#!/bin/sh\necho began $1 >> {0}\ncat > /dev/null\necho ended >> {0}\n", diary.display());
    std::fs::write(&stand_in, script).expect("written");
    std::fs::set_permissions(&stand_in, PermissionsExt::from_mode(0o755)).expect("executable");
    let home = tempfile::tempdir().expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    let mut program = Command::new(env!("CARGO_BIN_EXE_hyperzoom"));
    program.args(["record", "--camera", "off", "--mic", "test", "--for", "1", "--recordings"]).arg(home.path());
    let status = program.env("PATH", format!("{}:{path}", tools.path().display())).status().expect("it runs");
    assert!(status.success());
    let told = std::fs::read_to_string(&diary).expect("the stand-in was asked");
    assert_eq!(told, "began --what=idle:sleep\nended\n");
}
