// SPDX-License-Identifier: MIT
//! A busy machine loses nothing, one that is too slow says so and still loses nothing, and an encoder that breaks
//! leaves what it made.

use crate::crash::killing::{is_in_step, opens_everywhere};
use crate::support::machine::{Busy, overridden};
use crate::support::program::{Program, command, file, record_under};
use serde_json::Value;

/// Records for so many seconds with all processors busy; every picture and sample must be there, once.
pub fn records_beside_spinning_processes(size: &str, seconds: u64) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let mut record = command();
    record.args(["record", "--camera", &format!("test:{size}"), "--mic", "test", "--json"]);
    record.args(["--for", &seconds.to_string(), "--recordings"]).arg(home.path());
    let mut program = Program::start(record);
    let busy = Busy::begin();
    let master = file(&program.await_event("recording-started"));
    let ended = program.end();
    drop(busy);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let finished = ended.finished();
    let slips = ["frames_dropped", "frames_repeated", "frames_omitted", "samples_silenced"].map(|n| &finished[n]);
    assert_eq!(slips, [0; 4], "dropped, repeated, omitted, silenced: {:#?}", ended.events);
    let reading = opens_everywhere(&master);
    assert_eq!(reading.frames.len() as u64, 30 * seconds);
    is_in_step(&reading);
    finished.clone()
}

#[test]
fn nothing_is_lost_while_every_processor_is_busy() {
    records_beside_spinning_processes("1280x720", 6);
}

#[test]
fn a_machine_that_is_too_slow_says_so_and_everything_arrives_in_the_end() {
    let home = tempfile::tempdir().expect("a folder");
    let picture_branch = "! {video_encoder} ! mux.sink_0";
    // A third of what it should.
    let slow = overridden("master.launch", picture_branch, &format!("! identity sleep-time=100000 {picture_branch}"));
    let mut record = record_under(home.path());
    record.args(["--for", "4"]).env("HYPERZOOM_PIPELINES", slow.path());
    let ended = Program::start(record).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let warning = ended.warning("overload").expect("it is told")["message"].as_str().expect("text");
    assert!(warning.starts_with("CRITICAL"), "{warning}");
    let stats = ended.events.iter().filter(|e| e["event"] == "stats");
    let waiting: Vec<u64> = stats.map(|e| e["waiting_bytes"].as_u64().expect("a number")).collect();
    let peak = (0..waiting.len()).max_by_key(|&i| waiting[i]).expect("statistics");
    let grows = waiting[..=peak].windows(2).all(|w| w[0] < w[1]);
    assert!(peak >= 2 && grows, "the queue takes it all, and empties once there is no more: {waiting:?}");
    let finished = ended.finished();
    assert_eq!((&finished["frames"], &finished["frames_dropped"]), (&120.into(), &0.into()));
    let reading = opens_everywhere(&file(finished));
    assert_eq!(reading.frames.len(), 120);
    is_in_step(&reading);
}

#[test]
fn an_encoder_that_breaks_leaves_a_finished_file_of_what_it_made() {
    let home = tempfile::tempdir().expect("a folder");
    let picture_branch = "! {video_encoder} ! mux.sink_0";
    let faulty = overridden("master.launch", picture_branch, &format!("! identity error-after=100 {picture_branch}"));
    let mut record = record_under(home.path());
    record.env("HYPERZOOM_PIPELINES", faulty.path());
    let ended = Program::start(record).end();
    let sentence = ended.refusal();
    assert!(sentence.contains("encoding has failed") && sentence.contains("being saved"), "{sentence}");
    let finished = ended.finished();
    assert_eq!((&finished["finalised"], &finished["reason"]), (&true.into(), &"failed".into()));
    let reading = opens_everywhere(&file(finished));
    // 99 pictures went in; the last second of them had not left the encoder yet.
    assert!(reading.frames.len() >= 60, "{}", reading.frames.len());
    assert_eq!(finished["frames"], reading.frames.len());
    is_in_step(&reading);
}
