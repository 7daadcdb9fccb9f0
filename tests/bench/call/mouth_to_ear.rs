// SPDX-License-Identifier: MIT
//! Mouth to ear: how long a sound takes from one person's microphone to another's speaker, in the graph itself, with
//! Jamulus beside us on the same graph where it is installed.

use super::jamulus;
use super::table::{Bar, median, passed_over, row};
use crate::support::pipewire::PipeWire;
use crate::support::room::Room;
use crate::support::talk::{HD_CAMERA, NO_CAMERA, leave, told};
use hyperzoom::words::RATE_HZ;
use serde_json::Value;

/// One and a half times what Jamulus takes in cycles of 128 samples; for where it is not beside us.
const BAR_MS: f64 = 20.0;
/// Never more than that many times what Jamulus takes in the same run; in cycles of 128 samples, not more at all.
const TIMES_JAMULUS: f64 = 1.5;
/// What it promises from the first sample of a frame to its datagram.
const SEND_BAR_MS: f64 = 7.6;
/// What its own estimate counts and the tape does not: a real card takes a cycle to fill and one to play, a virtual one
/// takes none.
const CARD_CYCLES: f64 = 2.0;
const ESTIMATE: &str = "median of its seconds, less the two cycles that a virtual card does not take";
/// An estimate that is worse than this helps nobody.
const ESTIMATE_BAR_MS: f64 = 2.0;
/// What we ask for where nobody forces anything.
const OWN_CYCLE: u32 = 128;
/// So many of the seconds that a call told of itself count: those that were measured.
const SECONDS: usize = 10;

/// From their camera to our screen, for 95 of 100; it counts 99.
const PICTURE_BAR_MS: f64 = 100.0;
const PICTURE: &str = "its own count from the camera's buffer to the decoded picture, median of its seconds";

const HOW: &str = "chirps, microphone to monitor, one recorder";

#[test]
#[ignore = "long: run by make bench"]
fn a_mouth_to_an_ear() {
    let Some(graph) = PipeWire::start() else { return };
    let jamulus = jamulus::is_there();
    if !jamulus {
        passed_over("mouth to ear, Jamulus", "this machine lacks Jamulus or pw-jack");
    }
    for quantum in [Some(128), Some(64), Some(256), Some(1024), None] {
        graph.force_quantum(quantum);
        let beside = jamulus.then(|| {
            let lags = jamulus::lags(&graph, quantum);
            let name = format!("mouth to ear, Jamulus, {}", words(quantum));
            row(&name, Bar::None, (lags.median(), "ms"), &lags.to_string(), HOW);
            lags.median()
        });
        let bar = match (beside, quantum) {
            (Some(theirs), Some(128)) => Bar::AtMost(theirs),
            (Some(theirs), _) => Bar::AtMost(TIMES_JAMULUS * theirs),
            // More than that lies in a single cycle.
            (None, Some(1024)) => Bar::None,
            (None, _) => Bar::AtMost(BAR_MS),
        };
        ours(&graph, quantum, (&words(quantum), bar), 2, &NO_CAMERA);
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn a_mouth_to_an_ear_beside_cameras_and_masters() {
    let Some(graph) = PipeWire::start() else { return };
    for quantum in [Some(128), None] {
        graph.force_quantum(quantum);
        let what = format!("{}, 720p cameras and masters", words(quantum));
        ours(&graph, quantum, (&what, Bar::AtMost(BAR_MS)), 2, &HD_CAMERA);
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn a_mouth_to_an_ear_among_three_and_four() {
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    for people in [3, 4] {
        let what = format!("quantum 128, {people} people");
        ours(&graph, Some(128), (&what, Bar::AtMost(BAR_MS)), people, &NO_CAMERA);
    }
}

fn words(quantum: Option<u32>) -> String {
    quantum.map_or("quantum left alone".to_owned(), |samples| format!("quantum {samples}"))
}

/// Measures one call of ours, and what it says of itself.
fn ours(graph: &PipeWire, quantum: Option<u32>, (what, bar): (&str, Bar), people: usize, more: &[&str]) {
    let mut room = Room::of(graph, people);
    let mut programs = room.call(more);
    let lags = room.lags();
    let listener = leave(programs.pop().expect("the last guest"));
    row(&format!("mouth to ear, {what}"), bar, (lags.median(), "ms"), &lags.to_string(), HOW);

    let silent = format!("not heard of what the microphone had, {what}");
    row(&silent, Bar::AtMost(0.0), (lags.missed.len() as f64, "chirps"), &lags.missed.len().to_string(), HOW);

    let of_host = |stats: &Value, figure: &str| {
        let host = stats["peers"].as_array()?.iter().find(|peer| peer["name"] == "host")?;
        host.pointer(figure)?.as_f64()
    };
    let to_host = |stats: &Value| of_host(stats, "/voice/mouth_to_ear_ms");
    let cycle_ms = f64::from(quantum.unwrap_or(OWN_CYCLE)) * 1e3 / RATE_HZ as f64;
    let estimate = median(told(&listener.events, SECONDS, to_host)) - CARD_CYCLES * cycle_ms;
    let off = estimate - lags.median();
    let all = format!("{estimate:.1} ms, {off:+.1} ms off");
    let bar = Bar::AtMost(ESTIMATE_BAR_MS);
    row(&format!("its own estimate of that, {what}"), bar, (off.abs(), "ms off"), &all, ESTIMATE);
    let picture = |part: &str| median(told(&listener.events, SECONDS, |stats| of_host(stats, part)));
    if more == HD_CAMERA {
        let (half, most) = (picture("/picture_ms/p50_ms"), picture("/picture_ms/p99_ms"));
        let all = format!("p50 {half:.1} ms, p99 {most:.1} ms");
        row(&format!("picture, capture to display, {what}"), Bar::AtMost(PICTURE_BAR_MS), (most, "ms"), &all, PICTURE);
    }
    programs.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
#[ignore = "long: run by make bench"]
fn a_frame_of_voice_on_its_way_out() {
    let Some(graph) = PipeWire::start() else { return };
    for quantum in [Some(128), Some(64), Some(256), Some(1024), None] {
        graph.force_quantum(quantum);
        let room = Room::of(&graph, 2);
        let mut programs = room.call(&[&NO_CAMERA[..], &["--voice-frames", "5"]].concat());
        let mut seconds = || programs[0].await_event("stats")["capture_to_send_ms"].clone();
        let figures: Vec<Value> = (0..3 + SECONDS).map(|_| seconds()).collect();
        programs.into_iter().rev().for_each(|program| drop(leave(program)));
        let figure = |part: &str| median(figures[3..].iter().filter_map(|second| second[part].as_f64()).collect());
        let (half, most) = (figure("p50_ms"), figure("p99_ms"));
        // A card that brings more than a frame at a time keeps all but the last of them waiting: no program's doing.
        let bar = if quantum.is_some_and(|samples| samples <= 128) { Bar::AtMost(SEND_BAR_MS) } else { Bar::None };
        let all = format!("p50 {half:.1} ms, p99 {most:.2} ms");
        let how = "its own count, a 5 ms frame and the rest of the card's cycle in it";
        row(&format!("capture to send, 99 of 100, {}", words(quantum)), bar, (most, "ms"), &all, how);
    }
}
