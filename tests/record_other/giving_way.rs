// SPDX-License-Identifier: MIT
//! Limits that roll over and machines that are too slow, from the command line: no picture is lost on the way.

use super::streams;
use crate::recorder::reel::grid;
use crate::support::machine::calm;
use crate::support::program::{Ended, Program, command};
use crate::support::ruler::read_with_ffmpeg;
use hyperzoom::words::Container;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// As slow as a machine that manages twenty pictures a second.
const SLOW: &str = r#"
[[h264]]
element = "identity"
recording = "identity sleep-time=50000 ! x264enc name=video_encoder speed-preset=ultrafast {quality} key-int-max={keys} bframes=0 option-string=scenecut=0 ! h264parse"
quality = {fast = "", balanced = "", high = "", ultra = ""}
"#;

fn record(home: &Path, out: &Path, more: &[&str]) -> Ended {
    let mut program = command();
    program.env("HOME", home).env("XDG_CONFIG_HOME", home).arg("record").arg("--out").arg(out);
    program.args(["--camera", "test:320x180", "--mic", "test", "--json", "--set", "video.size=320x180"]).args(more);
    Program::start(program).end()
}

fn files(finished: &Value) -> Vec<PathBuf> {
    let files = finished["files"].as_array().expect("a list");
    files.iter().map(|file| PathBuf::from(file["file"].as_str().expect("a name"))).collect()
}

/// The pictures of all files follow each other as if they were one, as many as the report counts, and each file's sound
/// is in step.
fn pictures_go_on(finished: &Value) {
    let mut numbers: Vec<u64> = Vec::new();
    for file in files(finished) {
        let reading = read_with_ffmpeg(&file);
        let apart = reading.sound_behind_ms(grid());
        assert!(apart.iter().all(|ms| ms.abs() < super::TOGETHER_MS), "{}: {apart:?}", file.display());
        numbers.extend(reading.frames.iter().filter_map(|frame| frame.number.map(u64::from)));
    }
    assert_eq!(numbers.len() as u64, finished["frames"].as_u64().expect("a number"));
    let first = numbers[0];
    assert!(numbers.iter().copied().eq(first..first + numbers.len() as u64), "{numbers:?}");
}

#[test]
fn a_recording_rolls_over_into_files_that_go_on_in_each_other() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    for container in [Container::Mkv, Container::Mp4, Container::Mov, Container::Avi, Container::WebM] {
        let ending = container.extension();
        let folder = home.path().join(ending);
        let mut more = vec!["--set", "limits.max_seconds=1", "--set", "limits.when_reached=roll-over", "--for", "3"];
        if container == Container::WebM {
            more.extend(["--video-codec", "vp8"]);
        }
        let ended = record(home.path(), &folder.join(format!("talk.{ending}")), &more);
        let finished = ended.finished();
        assert_eq!((ended.code, &finished["whole"]), (Some(0), &true.into()), "{}", ended.errors);
        let files = files(finished);
        assert!(files.len() >= 3, "{finished:#}");
        for (number, file) in files.iter().enumerate().skip(1) {
            assert!(file.ends_with(format!("talk-{}.{ending}", number + 1)), "{}", file.display());
        }
        assert!(files[0].ends_with(format!("talk.{ending}")), "{files:?}");
        let rolled = finished["events"].as_array().expect("a list").iter().filter(|e| e["event"] == "next-file");
        assert_eq!(rolled.count(), files.len() - 1, "{finished:#}");
        pictures_go_on(finished);
    }
}

#[test]
fn a_machine_that_is_too_slow_says_what_it_gave_up() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    std::fs::create_dir(home.path().join("hyperzoom")).expect("ours");
    std::fs::write(home.path().join("hyperzoom/encoders.toml"), SLOW).expect("ours");
    let out = home.path().join("talk.mkv");
    let ended = record(home.path(), &out, &["--set", "adaptive.mode=size, rate", "--for", "7"]);
    let finished = ended.finished();
    assert_eq!((ended.code, &finished["whole"]), (Some(0), &true.into()), "{}", ended.errors);
    let events = finished["events"].as_array().expect("a list");
    let down: Vec<&Value> = events.iter().filter(|e| e["event"] == "stepped-down").map(|e| &e["what"]).collect();
    assert_eq!(down[0], "size", "{events:#?}");
    let all: Vec<PathBuf> = files(finished);
    let widths: Vec<Value> = all.iter().map(|file| streams(file)["streams"][0]["width"].clone()).collect();
    assert_eq!(widths[..2], [320, 160], "{events:#?}");
    let pictures: usize = all.iter().map(|file| read_with_ffmpeg(file).frames.len()).sum();
    assert_eq!(finished["frames"], pictures, "{finished:#}");
}
