// SPDX-License-Identifier: MIT
//! What is told on the way, to programs and to people.

use super::terminal;
use crate::support::program::{Program, command};
use std::io::Read;
use std::process::{Command, Stdio};

/// A small recording with test devices.
pub fn recording() -> Command {
    let mut program = command();
    program.args(["record", "--camera", "test:160x90", "--mic", "test", "--set", "video.size=160x90"]);
    program
}

/// What somebody in front of a terminal reads on standard error.
fn read_on_a_terminal(mut program: Command) -> String {
    let (mut keyboard, screen) = terminal();
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::from(screen)).spawn().expect("our program starts");
    drop(program);
    // When nobody has it open any more, reading a terminal fails.
    let (mut said, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = keyboard.read(&mut bytes) {
        said.extend_from_slice(&bytes[..read]);
    }
    assert!(child.wait().expect("it ends").success());
    String::from_utf8(said).expect("text")
}

#[test]
fn each_second_programs_hear_what_it_takes_of_the_machine() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = recording();
    program.args(["--json", "--for", "4", "--out"]).arg(home.path().join("talk.mkv"));
    let ended = Program::start(program).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let last = ended.events.iter().rfind(|event| event["event"] == "stats").expect("three seconds of it");
    let machine = |field: &str| last["machine"][field].as_f64().unwrap_or(f64::NAN);
    assert!((0.1..100.0 * 1024.0).contains(&machine("cpu_percent")), "{last}");
    assert!((1e6..1e12).contains(&machine("memory_bytes")), "{last}");
    assert!(machine("free_bytes") > 1e6 && machine("seconds_left") >= 0.0, "{last}");
    let count = |field: &str| last[field].as_u64().expect("a number");
    assert!(count("waiting_frames") <= count("frames") && count("waiting_bytes") < 1 << 30, "{last}");
    assert!(last["kbps"].as_f64() > Some(0.0) && last["video_encoder"].as_str().is_some_and(|name| !name.is_empty()));
}

#[test]
fn a_person_sees_one_line_that_fits_the_terminal() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = recording();
    program.args(["--for", "4", "--out"]).arg(home.path().join("talk.mkv"));
    let said = read_on_a_terminal(program);
    let lines: Vec<&str> = said.split(['\r', '\n']).filter(|line| line.contains("kbit/s")).collect();
    assert!(lines.len() >= 2 && lines.iter().all(|line| line.contains("CPU") && line.len() < 80), "{said:?}");
}

/// A second pass and the index in front: everything that takes time at the end.
const BOTH: [&str; 4] = ["--set", "loudness.target_lufs=-16", "--set", "fast_start=true"];

#[test]
fn programs_hear_how_far_the_end_is() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = recording();
    program.args(BOTH).args(["--json", "--for", "3", "--out"]).arg(home.path().join("talk.mp4"));
    let ended = Program::start(program).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let told: Vec<_> = ended.events.iter().filter(|event| event["event"] == "finishing").collect();
    for step in ["loudness", "fast-start"] {
        let percents = told.iter().filter(|event| event["step"] == step);
        let percents: Vec<_> = percents.map(|event| event["percent"].as_u64().expect("a number")).collect();
        assert!(percents.is_sorted() && percents.last() == Some(&100), "{step}: {told:?}");
    }
    let steps: Vec<_> = told.iter().map(|event| event["step"] == "fast-start").collect();
    assert!(steps.is_sorted(), "one after the other: {told:?}");
    assert!(ended.finished()["normalised"].is_object(), "{}", ended.finished());
}

#[test]
fn a_person_sees_how_far_the_end_is() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = recording();
    program.args(BOTH).args(["--for", "3", "--out"]).arg(home.path().join("talk.mp4"));
    let said = read_on_a_terminal(program);
    assert!(
        said.contains("Levelling the sound 100 %") && said.contains("Putting the index in front 100 %"),
        "{said:?}"
    );
}
