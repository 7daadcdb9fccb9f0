// SPDX-License-Identifier: MIT
//! `hyperzoom record --from`: a file instead of devices.

use super::{record, streams};
use crate::support::program::{Program, command};

#[test]
fn a_file_becomes_another_and_keeps_its_size_and_rate_where_nothing_is_said() {
    let home = tempfile::tempdir().expect("a folder");
    let talk = home.path().join("talk.mkv");
    let small = ["--set", "video.size=320x240", "--set", "video.frame_rate=25", "--for", "2"];
    let done = record(&talk, &small);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let again = |name: &str, more: &[&str]| {
        let mut program = command();
        program.args(["record", "--json", "--from"]).arg(&talk).arg("--out").arg(home.path().join(name)).args(more);
        Program::start(program).end()
    };
    let ended = again("talk.webm", &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let began = ended.events.iter().find(|event| event["event"] == "recording-started").expect("it says so");
    assert_eq!(began["from"], talk.to_string_lossy().as_ref());
    let finished = ended.events.last().expect("an event");
    assert_eq!((&finished["event"], &finished["whole"]), (&"recording-finished".into(), &true.into()));
    assert!(finished["frames"].as_u64().is_some_and(|frames| (40..=60).contains(&frames)), "{finished}");
    let of_file = streams(&home.path().join("talk.webm"));
    let video = of_file["streams"].as_array().expect("streams").iter().find(|s| s["codec_type"] == "video");
    let video = video.expect("pictures");
    assert_eq!((&video["width"], &video["r_frame_rate"]), (&320.into(), &"25/1".into()));
    let ended = again("short.mp4", &["--preset", "vga", "--for", "1"]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.events.last().map(|event| &event["frames"]), Some(&30.into()));
}

#[test]
fn what_can_not_be_read_and_what_contradicts_itself_is_said() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut program = command();
        program.args(["record", "--from"]).arg(home.path().join("missing.mkv")).args(arguments);
        let done = program.arg("--out").arg(home.path().join("to.mp4")).output().expect("our program starts");
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, said) = run(&[]);
    assert!(code == Some(1) && said.contains("missing.mkv cannot be read"), "{said}");
    let (code, said) = run(&["--camera", "test"]);
    assert!(code == Some(2) && said.contains("--camera"), "{said}");
    assert!(!home.path().join("to.mp4").exists());
}
