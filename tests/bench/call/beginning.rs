// SPDX-License-Identifier: MIT
//! How long people wait: from coming in to the first sound, and from the program's start to a camera that records.

use super::table::{Bar, median, row};
use crate::support::chirps::{found, hum, level};
use crate::support::pipewire::PipeWire;
use crate::support::room::Room;
use crate::support::talk::{HD_CAMERA, NO_CAMERA, await_voices, leave};
use hyperzoom::words::RATE_HZ;
use std::time::Instant;

const RATE: usize = RATE_HZ as usize;
/// From coming in to the first sound.
const HEARD_BAR_MS: f64 = 1_500.0;
/// From the program's start to its camera.
const START_BAR_MS: f64 = 1_000.0;
const TURNS: usize = 3;
/// So loud is hum, and silence is not.
const HEARD: f32 = 0.01;

#[test]
#[ignore = "long: run by make bench"]
fn from_coming_in_to_the_first_sound() {
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    let mut room = Room::of(&graph, 2);
    let (host, invite) = room.open(&NO_CAMERA);
    room.speak(&hum(90));
    let mut waits = Vec::new();
    for _ in 0..TURNS {
        let tape = room.tape();
        tape.roll_on(0.5);
        let began = Instant::now();
        let mut guest = room.come_in(1, &invite, &NO_CAMERA);
        let start = tape.at(began);
        await_voices(&mut guest, 1);
        tape.roll_on(0.5);
        let tracks = tape.tracks();
        let first = first_heard(&tracks[0], &tracks[1], start).expect("it is heard");
        waits.push((first - start) as f64 * 1e3 / RATE as f64);
        leave(guest);
    }
    let middle = median(waits.clone());
    let all = format!("{middle:.0} ms ({waits:.0?})");
    row(
        "join to the first sound",
        Bar::AtMost(HEARD_BAR_MS),
        (middle, "ms"),
        &all,
        "from the guest program's start, noise is spoken already",
    );
    leave(host);
}

/// Where the ear first holds what the mouth has said shortly before: our own chime is no voice.
fn first_heard(mouth: &[f32], ear: &[f32], from: usize) -> Option<usize> {
    let step = RATE / 200;
    let whole = |at: &usize| ear.len() >= at + RATE / 10 && *at >= RATE / 10;
    let loud = (from..ear.len()).step_by(step).take_while(|at| *at + step < ear.len());
    let mut loud = loud.filter(|at| level(&ear[*at..at + step]) > HEARD).filter(whole);
    loud.find(|at| found(&ear[*at..at + RATE / 20], &mouth[at - RATE / 10..at + RATE / 20]).is_some())
}

#[test]
#[ignore = "long: run by make bench"]
fn from_the_start_to_a_camera_that_records() {
    let Some(graph) = PipeWire::start() else { return };
    let room = Room::of(&graph, 1);
    let mut waits = Vec::new();
    for _ in 0..TURNS {
        let began = Instant::now();
        let (mut host, _) = room.open(&[HD_CAMERA[0], HD_CAMERA[1], "--record-from-start"]);
        host.await_event("recording-started");
        waits.push(began.elapsed().as_secs_f64() * 1e3);
        leave(host);
    }
    let middle = median(waits.clone());
    let all = format!("{middle:.0} ms ({waits:.0?})");
    row(
        "start to camera ready",
        Bar::AtMost(START_BAR_MS),
        (middle, "ms"),
        &all,
        "`host --record-from-start`, to `recording-started`",
    );
}
