// SPDX-License-Identifier: MIT
//! What life does to folders: renamed, crashed, without tones, of another call, empty.

use super::craft::{Craft, two};
use crate::support::program::{self, Program, one_sentence};
use hyperzoom::disk::Metadata;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

fn aligned(folders: &[PathBuf], out: &Path) -> Output {
    let mut command = program::command();
    command.arg("align").args(folders).arg("--json").arg("--out").arg(out).output().expect("our program starts")
}

fn report(folders: &[PathBuf], out: &Path) -> Value {
    let output = aligned(folders, out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(folders: &[PathBuf], out: &Path) -> String {
    let output = aligned(folders, out);
    one_sentence(output.status.code(), &String::from_utf8_lossy(&output.stderr))
}

/// Two short ones of one machine.
fn short() -> [Craft; 2] {
    two().map(|craft| Craft { seconds: 12, machine_s: 0.0, ..craft })
}

#[test]
fn tones_are_found_where_they_were_put_and_beeps_of_one_machine_prove_the_estimate() {
    let home = tempfile::tempdir().expect("a folder");
    let folders: Vec<PathBuf> = short().iter().map(|craft| craft.make(home.path())).collect();
    let report = report(&folders, &home.path().join("out"));
    for master in report["masters"].as_array().expect("masters") {
        let error = master["tones"][0]["file_error_ms"].as_f64().expect("found");
        assert!(error.abs() < 0.05, "{master:#}");
        assert!(master["tones"][0]["sureness"].as_f64().expect("a number") > 0.3, "{master:#}");
    }
    let pair = &report["pairs"][0];
    assert_eq!(pair["checked"], "beeps", "{pair:#}");
    assert!(pair["residual_ms"].as_f64().expect("a number").abs() < 1.0, "{pair:#}");
    assert!(pair["tones_residual_ms"].is_number(), "{pair:#}");
}

#[test]
fn missing_tones_renamed_folders_and_a_second_take_are_taken_as_they_are() {
    let home = tempfile::tempdir().expect("a folder");
    let [host, guest] = short().map(|craft| Craft { tone_at: None, ..craft });
    let again = Craft { name: "again", start_s: 22.0, ..guest };
    let lost = Craft { tone_at: Some(24_000), name: "lost", id: 2, ..guest };
    let folders: Vec<PathBuf> = [host, guest, again, lost].iter().map(|craft| craft.make(home.path())).collect();
    let renamed: Vec<PathBuf> = (0..4).map(|n| home.path().join(format!("from disk {n} (copy)"))).collect();
    folders.iter().zip(&renamed).for_each(|(from, to)| std::fs::rename(from, to).expect("renamed"));
    // The tone that the metadata promises is not in this file, and the file has another name.
    let quiet = Craft { tone_at: None, ..lost }.make(home.path());
    std::fs::rename(quiet.join("local_recording.mp4"), renamed[3].join("evening.mp4")).expect("moved");
    std::fs::remove_file(renamed[3].join("local_recording.mp4")).expect("removed");
    rewrite(&renamed[2], |metadata| metadata.participants[0].name = "guest".into());
    let report = report(&renamed, &home.path().join("out"));
    let masters = report["masters"].as_array().expect("masters");
    let names: Vec<&str> = masters.iter().filter_map(|m| m["name"].as_str()).collect();
    assert_eq!(names, ["host", "guest", "guest 2", "lost"]);
    assert_eq!(masters[0]["tones"], serde_json::json!([]));
    assert!(masters[3]["tones"][0]["found_sample"].is_null(), "{:#}", masters[3]);
    assert!((masters[2]["start_s"].as_f64().expect("a number") - 16.75).abs() < 1e-3, "{:#}", masters[2]);
    assert_eq!(report["pairs"].as_array().map(Vec::len), Some(6));
}

fn rewrite(folder: &Path, change: impl FnOnce(&mut Metadata)) {
    let path = folder.join("session_metadata.json");
    let mut metadata: Metadata = serde_json::from_slice(&std::fs::read(&path).expect("there")).expect("valid");
    change(&mut metadata);
    metadata.save(&path, &folder.join("t.txt")).expect("saved");
}

#[test]
fn another_session_an_empty_folder_and_none_are_refused_in_one_sentence() {
    let home = tempfile::tempdir().expect("a folder");
    let [host, guest] = short().map(|craft| craft.make(home.path()));
    let (out, empty) = (home.path().join("out"), home.path().join("empty"));
    std::fs::create_dir(&empty).expect("made");
    rewrite(&guest, |metadata| metadata.session_id = "ffff0000".into());
    let sentence = refused(&[host.clone(), guest.clone()], &out);
    assert!(sentence.contains("a1b2c3d4") && sentence.contains("ffff0000"), "{sentence}");
    assert!(refused(&[host.clone(), empty], &out).contains("holds no recording"));
    assert!(refused(&[host, home.path().join("nowhere")], &out).contains("there is no folder"));
    assert!(!out.exists(), "nothing is written for what is refused");
}

#[test]
fn a_killed_recorders_file_is_placed_recovered_or_not() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = program::record_under(home.path());
    command.args(["--name", "guest"]);
    let mut recorder = Program::start(command);
    let started = recorder.await_event("recording-started");
    let file = program::file(&started);
    program::wait_until("the fourth second", || std::fs::metadata(&file).is_ok_and(|m| m.len() > 600_000));
    recorder.kill();
    let folder = vec![file.parent().expect("a folder").to_owned()];
    let torn = report(&folder, &home.path().join("torn"));
    assert_ne!(torn["masters"][0]["file_state"], "finished", "{torn:#}");
    assert!(program::run(&[&"recover", &file]).status.success());
    let whole = report(&folder, &home.path().join("whole"));
    assert_eq!(whole["masters"][0]["state"], "recovered");
    let (a, b) = (&torn["masters"][0]["end_s"], &whole["masters"][0]["end_s"]);
    assert!((a.as_f64().expect("a number") - b.as_f64().expect("a number")).abs() < 0.1, "{a} {b}");
}
