// SPDX-License-Identifier: MIT
//! Whatever becomes of the disk, the recording that exists is saved and the person is told.

mod place;
pub mod small;

use crate::crash::killing::{is_in_step, metadata, nothing_else_is_left, opens_everywhere, recovers};
use crate::support::program::{Ended, Program, command, file, record_under, wait_until};
use small::SmallDisk;
use std::path::Path;

/// A 640x360 recording takes about 275,000 bytes a second; it ends itself with 5.5 MB left.
const ENOUGH: u64 = 6_300_000;

fn started(home: &Path) -> (Program, std::path::PathBuf) {
    let mut program = Program::start(record_under(home));
    let master = file(&program.await_event("recording-started"));
    (program, master)
}

/// The file is finished, is what the events and the metadata say, and shows every picture up to its end.
fn saved(ended: &Ended, master: &Path) {
    let finished = ended.finished();
    assert_eq!(finished["finalised"], true, "{}", ended.errors);
    let reading = opens_everywhere(master);
    is_in_step(&reading);
    assert_eq!(finished["frames"], reading.frames.len());
    if finished["reason"] != "failed" {
        assert_eq!(finished["samples"], 1600 * reading.frames.len(), "sound and pictures end together");
    }
    let told = metadata(&master.with_file_name("session_metadata.json"));
    assert_eq!(told["state"], "finished");
    assert_eq!(told["recording"]["total_frames_captured"], reading.frames.len());
    nothing_else_is_left(master);
}

#[test]
fn a_disk_that_fills_up_is_told_before_and_the_recording_ends_in_time() {
    let Some(disk) = SmallDisk::of(48) else { return };
    let (program, master) = started(disk.path());
    disk.fill(ENOUGH);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.finished()["reason"], "disk-full");
    let low = ended.warning("disk-low").expect("warned before the start")["message"].as_str().expect("text");
    assert!(low.contains("the disk is full in"), "{low}");
    let seconds = |e: &serde_json::Value| e["seconds"].as_f64().expect("a number");
    assert!(seconds(ended.finished()) > 1.0);
    assert!(ended.warning("disk-full").is_some());
    saved(&ended, &master);
}

#[test]
fn a_disk_that_another_program_fills_at_once_costs_nothing() {
    let Some(disk) = SmallDisk::of(48) else { return };
    let (mut program, master) = started(disk.path());
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    disk.fill(0);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.finished()["reason"], "disk-full");
    saved(&ended, &master);
    let told = metadata(&master.with_file_name("session_metadata.json"));
    assert_eq!(told["happenings"][0]["what"], "disk-full", "{told:#}");
}

#[test]
fn a_kill_on_a_full_disk_is_recovered_in_the_room_that_was_reserved() {
    let Some(disk) = SmallDisk::of(48) else { return };
    let (mut program, master) = started(disk.path());
    program.await_that("two fragments", |e| e["seconds"].as_f64() > Some(2.5));
    program.kill();
    disk.fill(0);
    let torn = opens_everywhere(&master);
    recovers(&master, &torn);
    nothing_else_is_left(&master);
}

#[test]
fn short_recordings_on_a_disk_that_takes_no_time_all_end() {
    // Finishing is over before the recorder has looked up: nobody may wait for what has been said already.
    let Some(disk) = SmallDisk::of(256) else { return };
    let record = || {
        let mut record = command();
        record.args(["record", "--camera", "off", "--mic", "test", "--for", "0.3", "--json", "--recordings"]);
        record.arg(disk.path());
        let ended = Program::start(record).end();
        assert_eq!((ended.code, &ended.finished()["finalised"]), (Some(0), &true.into()), "{}", ended.errors);
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| (0..6).for_each(|_| record()))));
    });
}

#[test]
fn a_disk_that_is_nearly_full_is_refused_and_stays_as_it_was() {
    let Some(disk) = SmallDisk::of(16) else { return };
    let sentence = Program::start(record_under(disk.path())).end().refusal();
    assert!(sentence.contains("MB are free"), "{sentence}");
    assert_eq!(std::fs::read_dir(disk.path()).expect("readable").count(), 0);
}

#[test]
fn a_recording_that_is_deleted_meanwhile_is_written_again() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut program, master) = started(home.path());
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    std::fs::remove_dir_all(master.parent().expect("a folder")).expect("ours");
    program.await_that("a warning", |e| e["kind"] == "file-deleted");
    wait_until("the file", || master.exists());
    program.signal(libc::SIGINT);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    saved(&ended, &master);
}

#[test]
fn a_recording_that_is_moved_meanwhile_is_finished_where_it_is() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut program, master) = started(home.path());
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    let moved = home.path().join("elsewhere");
    std::fs::rename(master.parent().expect("a folder"), &moved).expect("ours");
    program.signal(libc::SIGINT);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.warning("file-moved").is_some(), "{:#?}", ended.events);
    let master = moved.join("local_recording.mp4");
    let whole = opens_everywhere(&master);
    assert_eq!(ended.finished()["frames"], whole.frames.len());
    recovers(&master, &whole);
    let told = metadata(&moved.join("session_metadata.json"));
    assert_eq!(told["recording"]["total_frames_captured"], whole.frames.len());
    nothing_else_is_left(&master);
}

#[test]
fn a_recording_that_is_deleted_and_has_no_place_left_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let recordings = home.path().join("here");
    let (mut program, master) = started(&recordings);
    program.await_that("a fragment on the disk", |e| e["bytes"].as_u64() > Some(0));
    std::fs::remove_dir_all(&recordings).expect("ours");
    std::fs::write(&recordings, "a file where the folder was").expect("ours");
    let sentence = program.end().refusal();
    assert!(sentence.contains("was deleted while it was recorded"), "{sentence}");
    assert!(!master.exists());
}

#[test]
fn a_limit_on_the_size_of_files_ends_the_recording_and_keeps_what_is_there() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new("prlimit");
    command.arg("--fsize=700000").arg(env!("CARGO_BIN_EXE_hyperzoom")).args(record_under(home.path()).get_args());
    let mut program = Program::start(command);
    let master = file(&program.await_event("recording-started"));
    let ended = program.end();
    assert_eq!(ended.signal, None);
    let sentence = ended.refusal();
    assert!(sentence.contains("File too large") && sentence.contains("finished"), "{sentence}");
    saved(&ended, &master);
}

#[test]
fn a_recording_that_is_replaced_meanwhile_is_written_again_beside_it() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(record_under(home.path()));
    let master = file(&program.await_event("recording-started"));
    program.await_that("a second", |e| e["bytes"].as_u64() > Some(0));
    let other = home.path().join("other");
    std::fs::write(&other, b"not ours").expect("written");
    std::fs::rename(&other, &master).expect("renamed over it");
    program.await_that("a warning", |e| e["kind"] == "file-deleted");
    program.signal(libc::SIGINT);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let rescued = file(ended.finished());
    assert!(rescued.ends_with("local_recording-2.mp4"), "{rescued:?}");
    is_in_step(&opens_everywhere(&rescued));
    assert_eq!(std::fs::read(&master).expect("there"), b"not ours", "what others put there is left alone");
}
