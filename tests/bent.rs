// SPDX-License-Identifier: MIT
//! A machine whose clock runs wrong records as well as any other.

use crate::crash::killing::{is_in_step, metadata, opens_everywhere};
use crate::support::program::{Program, file, record_under};

#[test]
fn a_clock_that_is_ahead_and_too_fast_costs_no_sample_and_no_picture() {
    let home = tempfile::tempdir().expect("a folder");
    let mut record = record_under(home.path());
    record.args(["--for", "8"]).env("HYPERZOOM_TEST_CLOCK", "5,80");
    let ended = Program::start(record).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let finished = ended.finished();
    let slips = ["frames_dropped", "frames_repeated", "frames_omitted", "samples_silenced"].map(|n| &finished[n]);
    assert_eq!(slips, [0; 4], "dropped, repeated, omitted, silenced: {:#?}", ended.events);
    let reading = opens_everywhere(&file(finished));
    assert_eq!(reading.frames.len(), 240);
    is_in_step(&reading);
    let told = metadata(&file(finished).with_file_name("session_metadata.json"));
    let drift = told["clocks"]["microphone_drift_ppm"].as_f64().expect("a number");
    assert!((drift + 80.0).abs() < 10.0, "the microphone keeps to the machine's time: {drift}");
    // Sample 0 is the first picture's, and the picture's number says when that was on the machine's clock.
    let number = u64::from(reading.frames[0].number.expect("the ruler's"));
    let machine_ns = number as f64 * 1e9 / 30.0;
    let told_ns = told["clocks"]["started_monotonic_ns"].as_f64().expect("a number");
    let bent_ns = machine_ns * (1.0 + 80e-6) + 5e9;
    assert!((told_ns - bent_ns).abs() < 1e9 / 30.0, "{told_ns} {bent_ns}");
}

#[test]
fn a_bend_that_makes_no_sense_is_refused_before_anything_begins() {
    let home = tempfile::tempdir().expect("a folder");
    let mut record = record_under(home.path());
    record.env("HYPERZOOM_TEST_CLOCK", "soon");
    let sentence = Program::start(record).end().refusal();
    assert!(sentence.contains("'soon'") && sentence.contains("OFFSET_SECONDS,PPM"), "{sentence}");
    assert_eq!(std::fs::read_dir(home.path()).expect("readable").count(), 0);
}
