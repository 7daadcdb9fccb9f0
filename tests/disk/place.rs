// SPDX-License-Identifier: MIT
//! Places that no recording can be made in: refused in one sentence, before anything is made.

use crate::support::program::{Program, RULERS, command, record_under, run};
use std::path::Path;

#[track_caller]
fn refused_under(recordings: &Path) -> String {
    Program::start(record_under(recordings)).end().refusal()
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let in_the_way = home.path().join("file");
    std::fs::write(&in_the_way, "x").expect("written");
    let sentence = refused_under(&in_the_way.join("recordings"));
    assert!(sentence.contains("cannot be made") && sentence.contains("--recordings"), "{sentence}");
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let closed = home.path().join("closed");
    std::fs::create_dir(&closed).expect("made");
    let mut read_only = std::fs::metadata(&closed).expect("there").permissions();
    read_only.set_readonly(true);
    std::fs::set_permissions(&closed, read_only).expect("ours");
    if std::fs::create_dir(closed.join("inside")).is_ok() {
        return println!("SKIPPED: this user may write into read-only folders, so nothing is refused");
    }
    let sentence = refused_under(&closed);
    assert!(sentence.contains("cannot be made") && sentence.contains("Permission denied"), "{sentence}");
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let home = tempfile::tempdir().expect("a folder");
    let taken = home.path().join("taken.mp4");
    std::fs::write(&taken, "precious").expect("written");
    let mut record = command();
    record.arg("record").args(RULERS).arg("--out").arg(&taken);
    let sentence = Program::start(record).end().refusal();
    assert!(sentence.contains("not overwritten"), "{sentence}");
    assert_eq!(std::fs::read(&taken).expect("there"), b"precious");
    assert_eq!(std::fs::read_dir(home.path()).expect("readable").count(), 1);
}

#[test]
fn a_master_of_another_kind_is_wrong_usage() {
    let home = tempfile::tempdir().expect("a folder");
    for (name, wanted) in [("x.mkv", "master"), ("x.txt", ".mp4")] {
        let out = home.path().join(name);
        let refused = run(&[&"record", &"--preset", &"master", &"--for", &"1", &"--out", &out]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("readable").count(), 0);
}

#[test]
fn two_recordings_in_one_folder_do_not_take_each_others_things() {
    let home = tempfile::tempdir().expect("a folder");
    let recording = |name: &str, seconds: &str| {
        let mut record = command();
        record.arg("record").args(RULERS).args(["--for", seconds, "--out"]).arg(home.path().join(name));
        Program::start(record)
    };
    let (first, second) = (recording("first.mp4", "1"), recording("second.mp4", "2"));
    for program in [first, second] {
        let ended = program.end();
        assert_eq!((ended.code, &ended.finished()["finalised"]), (Some(0), &true.into()), "{}", ended.errors);
        let complaints = ended.errors.lines().filter(|line| !line.contains("real-time priority"));
        assert_eq!(complaints.collect::<Vec<_>>(), [""; 0]);
    }
    let names = std::fs::read_dir(home.path()).expect("readable");
    assert_eq!(names.count(), 6, "two masters with two companions each");
}
