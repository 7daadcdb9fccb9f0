// SPDX-License-Identifier: MIT
//! A log beside a recording, which never costs the recording anything.

use super::telling::recording;
use crate::support::program::record_under;
use std::path::Path;
use std::process::Output;

/// A second of it, with these options besides; `debug` is what GStreamer is asked to say.
fn recorded(out: &Path, debug: Option<&str>, more: &[&str]) -> Output {
    let mut program = recording();
    program.args(["--for", "1", "--out"]).arg(out).args(more).env_remove("GST_DEBUG").env("GST_DEBUG_NO_COLOR", "1");
    program.envs(debug.map(|debug| ("GST_DEBUG", debug)));
    program.output().expect("our program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_lies_beside_the_recording_and_says_when_what_happened() {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("talk.mkv");
    let done = recorded(&out, None, &["--log-file"]);
    assert!(done.status.success(), "{}", said(&done));
    let log = std::fs::read_to_string(home.path().join("talk.recording.log")).expect("it is there");
    let line = |what: &str| log.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {log}"));
    assert!(line("a recording begins").contains("talk.mkv") && line("the recording has ended").starts_with("20"));
    assert!(!log.contains('\u{1b}'), "no colours in a file");
    let plain = recorded(&home.path().join("plain.mkv"), None, &[]);
    assert!(plain.status.success() && !home.path().join("plain.recording.log").exists());
    for output in [done, plain] {
        assert!(!said(&output).contains("INFO") && !said(&output).contains("WARN"), "{}", said(&output));
    }
}

#[test]
fn what_gstreamer_says_is_in_it_as_asked_for() {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("its own.log");
    let more = ["--log-file", log.to_str().expect("a plain path")];
    let done = recorded(&home.path().join("talk.mkv"), Some("GST_STATES:4"), &more);
    assert!(done.status.success(), "{}", said(&done));
    let text = std::fs::read_to_string(&log).expect("it is there");
    assert!(text.lines().any(|line| line.contains("gstreamer: GST_STATES: ")), "{text}");
    assert!(text.contains("a recording begins"), "{text}");
    assert!(said(&done).contains("GST_STATES"), "its own lines stay where they are: {}", said(&done));
}

#[test]
fn one_that_can_not_be_written_harms_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let full = if Path::new("/dev/full").exists() { "/dev/full" } else { "/" };
    for (name, place) in [("a.mkv", "/"), ("b.mkv", full)] {
        let out = home.path().join(name);
        let done = recorded(&out, None, &["--log-file", place]);
        assert!(done.status.success() && out.exists() && said(&done).contains("log"), "{}", said(&done));
    }
}

#[test]
fn where_it_would_lie_is_asked_where_nobody_can_know() {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("talk.mkv");
    let over = recorded(&out, None, &["--log-file", out.to_str().expect("a plain path")]);
    assert_eq!((over.status.code(), out.exists()), (Some(2), false), "{}", said(&over));
    let nameless = record_under(home.path()).arg("--log-file").output().expect("our program starts");
    assert_eq!(nameless.status.code(), Some(2), "{}", said(&nameless));
    let log = home.path().join("session.log");
    let mut named = record_under(home.path());
    let named = named.args(["--for", "2", "--log-file"]).arg(&log).output().expect("our program starts");
    assert!(named.status.success() && log.exists(), "{}", said(&named));
}
