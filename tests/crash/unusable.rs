// SPDX-License-Identifier: MIT
//! What is no recording, or can't be touched: `recover` and `inspect` say so in one sentence and change no byte.

use crate::support::program::{self, Program, file, one_sentence, record_under};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What the program says to a command about a file, which must be refused and stay as it was.
#[track_caller]
fn refused(command: &[&str], path: &Path) -> String {
    let before = std::fs::read(path).ok();
    let arguments: Vec<&dyn AsRef<OsStr>> = command.iter().map(|c| c as &dyn AsRef<OsStr>).collect();
    let run = program::run(&[&arguments[..], &[&path]].concat());
    let sentence = one_sentence(run.status.code(), &String::from_utf8_lossy(&run.stderr));
    assert!(before == std::fs::read(path).ok(), "{} was changed by {command:?}", path.display());
    assert_eq!(String::from_utf8_lossy(&run.stdout), "", "an answer is no refusal");
    sentence
}

/// All three ways of looking at a file refuse it, and each sentence holds one of the words.
#[track_caller]
fn refused_by_all(path: &Path, words: &[&str]) {
    for command in [&["recover"][..], &["recover", "--check"], &["recover", "--undo"], &["inspect"]] {
        let sentence = refused(command, path);
        assert!(words.iter().any(|word| sentence.contains(word)), "{command:?} says: {sentence}");
    }
}

#[test]
fn what_is_no_recording_is_refused_in_one_sentence() {
    let home = tempfile::tempdir().expect("a folder");
    let made = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    refused_by_all(&home.path().join("nowhere.mp4"), &["there is no file"]);
    refused_by_all(home.path(), &["is a folder"]);
    refused_by_all(&made("empty.mp4", b""), &["empty"]);
    refused_by_all(&made("text.mp4", "Dear diary, today I recorded nothing at all.\n".repeat(99).as_bytes()), &["MP4"]);
    refused_by_all(&made("noise.mp4", &(0..9999u32).map(|n| ((n * n) >> 7) as u8).collect::<Vec<_>>()), &["MP4"]);
}

#[test]
fn a_file_that_is_being_recorded_is_left_alone() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(record_under(home.path()));
    let master = file(&program.await_event("recording-started"));
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    for command in [&["recover"][..], &["recover", "--json"]] {
        let arguments: Vec<&dyn AsRef<OsStr>> = command.iter().map(|c| c as &dyn AsRef<OsStr>).collect();
        let run = program::run(&[&arguments[..], &[&master]].concat());
        let sentence = one_sentence(run.status.code(), &String::from_utf8_lossy(&run.stderr));
        assert!(sentence.contains("being recorded"), "{sentence}");
    }
    assert!(program::run(&[&"inspect", &master]).status.success(), "looking is allowed");
    program.signal(libc::SIGINT);
    let ended = program.end();
    assert_eq!((ended.code, &ended.finished()["finalised"]), (Some(0), &true.into()));
    super::killing::opens_everywhere(&master);
}

#[test]
fn a_kill_within_the_first_second_leaves_a_file_that_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(record_under(home.path()));
    let master = file(&program.await_event("recording-started"));
    program.kill();
    refused_by_all(&master, &["nothing was ever written"]);
}

#[test]
fn a_torn_recording_that_may_not_be_written_can_be_judged_but_not_changed() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(record_under(home.path()));
    let master = file(&program.await_event("recording-started"));
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    program.kill();
    let bytes = std::fs::read(&master).expect("readable");
    let torn = home.path().join("torn.mp4");
    std::fs::write(&torn, &bytes[..bytes.len() - 1000]).expect("written");
    let checked = program::run(&[&"recover", &"--check", &torn]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(std::fs::read(&torn).expect("readable"), bytes[..bytes.len() - 1000], "a check changes nothing");
    let mut read_only = std::fs::metadata(&torn).expect("there").permissions();
    read_only.set_readonly(true);
    std::fs::set_permissions(&torn, read_only).expect("ours");
    if std::fs::OpenOptions::new().write(true).open(&torn).is_ok() {
        return println!("SKIPPED: this user may write read-only files, so nothing is refused");
    }
    assert!(refused(&["recover"], &torn).contains("copy it"));
    assert!(program::run(&[&"recover", &"--check", &torn]).status.success());
}
