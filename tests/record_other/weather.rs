// SPDX-License-Identifier: MIT
//! Rough weather for recordings of every kind: slow disks, folders that vanish, a machine that is busy. Nothing is lost,
//! or what is lost is said.

use crate::disk::small::SmallDisk;
use crate::recorder::reel::{assert_right, probe, side_by_side};
use crate::support::machine::{Busy, calm};
use crate::support::program::{Ended, Program, command, file, wait_until};
use crate::support::ruler::read_with_ffmpeg;
use crate::support::slow_disk::SlowDisk;
use hyperzoom::words::Container;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An end to the picture and sample. Whoever stops by hand may have sound that is a moment ahead of its picture, and then
/// sees the last one twice.
const THREE_SECONDS: [&str; 2] = ["--set", "limits.max_seconds=3"];
const FOUR_SECONDS: [&str; 2] = ["--set", "limits.max_seconds=4"];
const FIVE_SECONDS: [&str; 2] = ["--set", "limits.max_seconds=5"];

/// A recording of the rulers, small.
fn record(container: Container, folder: &Path, more: &[&str]) -> (Command, PathBuf) {
    let out = folder.join(format!("talk.{}", container.extension()));
    let mut program = command();
    program.args(["record", "--camera", "test:320x180", "--mic", "test", "--json"]);
    program.args([
        "--set",
        "video.size=320x180",
        "--set",
        "limits.min_free_bytes=0",
        "--format",
        container.extension(),
    ]);
    if container == Container::WebM {
        program.args(["--video-codec", "vp8"]);
    }
    program.args(more).arg("--out").arg(&out);
    (program, out)
}

/// It ended well with everything in the file, which other people's readers read to its end.
#[track_caller]
fn everything_is_there(ended: &Ended) -> PathBuf {
    let finished = ended.finished();
    assert_eq!((ended.code, &finished["whole"]), (Some(0), &true.into()), "{}", ended.errors);
    let sync = &finished["sync"];
    assert_eq!([&sync["omitted"], &sync["gaps"], &sync["late"]], [0; 3], "{sync}");
    // Where sound reaches the end before its picture, one that lies behind the end is made up and counted. That none is
    // in the file is proved below: the numbers that are painted on its pictures follow each other.
    assert!(sync["doubled"].as_u64().is_some_and(|doubled| doubled <= 1), "{sync}");
    assert!(ended.warning("overload").is_none(), "{:#?}", ended.events);
    let written = file(finished);
    assert_right(&written, finished["frames"].as_u64().expect("a number"), 1);
    written
}

/// One that has begun, and is on the disk.
fn recording(container: Container, folder: &Path) -> (Program, PathBuf) {
    let (record, out) = record(container, folder, &FIVE_SECONDS);
    let mut program = Program::start(record);
    // Long enough for a flash and its beep.
    program.await_that("two seconds of it", |e| e["seconds"].as_f64() > Some(1.8) && e["bytes"].as_u64() > Some(0));
    (program, out)
}

/// What nobody finds in its place is not called whole, and named.
#[track_caller]
fn assert_missing(ended: &Ended, out: &Path) {
    let finished = ended.finished();
    let told = [&finished["whole"], &finished["files"][0]["whole"], &finished["missing"]];
    assert_eq!(told, [&false.into(), &false.into(), &serde_json::json!([out])], "{finished}");
}

#[test]
fn a_slow_disk_costs_time_and_nothing_else() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    // A third of what comes.
    let Some(disk) = SlowDisk::of(30_000) else { return };
    side_by_side(&Container::ALL, |&container| {
        let (mut record, _) = record(container, home.path(), &FOUR_SECONDS);
        disk.under(&mut record);
        let ended = Program::start(record).end();
        everything_is_there(&ended);
        let waiting = ended.events.iter().filter_map(|e| e["waiting_bytes"].as_u64()).max();
        println!("{container}: at most {waiting:?} bytes waited");
        assert!(waiting > Some(30_000), "{container}: it was not slow: {waiting:?}");
    });
}

#[test]
fn what_a_slow_disk_has_no_room_for_is_said() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    let Some(disk) = SlowDisk::asleep(1_000_000, 5) else { return };
    // What weighs most and costs least to make; the other containers hold nothing as heavy.
    let heavy = ["codec=pcm", "bits=24", "sample_rate_hz=192000", "channels=8"].map(|field| format!("audio.{field}"));
    let mut more = vec!["--for", "7", "--set", "limits.max_waiting_bytes=16MiB"];
    heavy.iter().for_each(|field| more.extend(["--set", field]));
    let (mut record, out) = record(Container::Mkv, home.path(), &more);
    disk.under(&mut record);
    let ended = Program::start(record).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.warning("overload").is_some(), "{:#?}", ended.events);
    let (finished, reading) = (ended.finished(), read_with_ffmpeg(&out));
    assert_eq!(probe(&out).pictures, finished["frames"].as_u64().expect("a number"));
    let (lost, sync) = (reading.frame_faults().len(), &finished["sync"]);
    println!("{lost} places where pictures are missing, {sync}");
    let told = sync["doubled"].as_u64().zip(sync["gaps"].as_u64()).expect("numbers");
    assert!(lost > 0 && told.0 > 0 && told.1 > 0, "{lost} places: {sync}");
}

#[test]
fn nothing_is_lost_while_every_processor_is_busy() {
    let home = tempfile::tempdir().expect("a folder");
    let busy = Busy::begin();
    let ended: Vec<Ended> = side_by_side(&Container::ALL, |&container| {
        Program::start(record(container, home.path(), &THREE_SECONDS).0).end()
    });
    drop(busy);
    ended.iter().for_each(|ended| drop(everything_is_there(ended)));
}

#[test]
fn a_recording_whose_folder_is_deleted_meanwhile_is_written_again() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    side_by_side(&Container::ALL, |&container| {
        let folder = home.path().join(container.extension());
        let (program, out) = recording(container, &folder);
        std::fs::remove_dir_all(&folder).expect("ours");
        wait_until("the file", || out.exists());
        let ended = program.end();
        assert_eq!(everything_is_there(&ended), out);
        let told = ended.warning("file-deleted").unwrap_or_else(|| panic!("{container}: {:#?}", ended.events));
        assert!(told["message"].as_str().is_some_and(|text| text.contains(&*out.to_string_lossy())), "{told}");
        assert_eq!(ended.finished()["events"][0]["event"], "written-again");
    });
}

#[test]
fn a_recording_that_is_replaced_meanwhile_is_found_where_its_report_says() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    side_by_side(&Container::ALL, |&container| {
        let (program, out) = recording(container, home.path());
        let other = home.path().join(format!("other.{}", container.extension()));
        std::fs::write(&other, b"not ours").expect("written");
        std::fs::rename(&other, &out).expect("renamed over it");
        let again = out.with_file_name(format!("talk-2.{}", container.extension()));
        wait_until("the file", || again.exists());
        assert_eq!(everything_is_there(&program.end()), again);
        assert_eq!(std::fs::read(&out).expect("there"), b"not ours", "what others put there is left alone");
    });
}

#[test]
fn a_recording_that_is_moved_meanwhile_is_finished_where_it_is() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    side_by_side(&Container::ALL, |&container| {
        let folder = home.path().join(container.extension());
        let (program, out) = recording(container, &folder);
        let moved = folder.with_extension("moved");
        std::fs::rename(&folder, &moved).expect("ours");
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        assert!(ended.warning("file-moved").is_some(), "{container}: {:#?}", ended.events);
        assert_missing(&ended, &out);
        let frames = ended.finished()["frames"].as_u64().expect("a number");
        assert_right(&moved.join(out.file_name().expect("a name")), frames, 1);
    });
}

#[test]
fn a_recording_that_has_no_place_left_says_so() {
    let (home, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    side_by_side(&Container::ALL, |&container| {
        let folder = home.path().join(container.extension());
        let (program, out) = recording(container, &folder);
        std::fs::remove_dir_all(&folder).expect("ours");
        std::fs::write(&folder, "a file where the folder was").expect("ours");
        let sentence = program.end().refusal();
        println!("{container}: {sentence}");
        assert!(sentence.contains("deleted") && !sentence.contains("is in"), "{container}: {sentence}");
        assert!(!out.exists());
    });
}

#[test]
fn a_disk_that_is_taken_away_in_mid_recording_is_told() {
    let _calm = calm();
    for container in Container::ALL {
        let Some(disk) = SmallDisk::of(64) else { return };
        let (program, out) = recording(container, disk.path());
        // Everything on it goes with the last who holds it.
        drop(disk);
        let ended = program.end();
        if ended.code == Some(0) {
            assert!(ended.warning("file-moved").is_some(), "{container}: {:#?}", ended.events);
            assert_missing(&ended, &out);
        } else {
            println!("{container}: {}", ended.refusal());
        }
    }
}
