// SPDX-License-Identifier: MIT
//! What leaves may come back: the recording goes on meanwhile, and tells what is missing and where.

use super::VOICE;
use super::film::{Film, await_seconds, await_warning, record};
use crate::support::pipewire::{Camera, Microphone, PipeWire, Shape, play_file};
use crate::support::program::sleep_until;
use hyperzoom::media;
use hyperzoom::words::{Mono, RATE_HZ};

/// A device that has come back is noticed and running after so long.
const RETURN_S: f64 = 1.6;

/// A camera that was stopped and goes on is taken again long before.
const WAKES_WITHIN_S: f64 = 30.0;

fn after(moment: Mono, seconds: f64) -> Mono {
    moment.offset((seconds * 1e9) as i64)
}

pub fn camera_leaves_for(gap_s: f64) {
    let Some(graph) = PipeWire::start() else { return };
    let camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let _other = Camera::plug_in(&graph, "other", Shape::default());
    let mut microphone = Microphone::plug_in(&graph, "voice", 1);
    microphone.play(&play_file(&graph, "voice", &[VOICE], 60));
    let mut program = record(&graph, &["--camera", "testcam", "--mic", "voice"]);
    await_seconds(&mut program, 2.0);
    let left = media::now();
    drop(camera);
    await_warning(&mut program, "camera-gone");
    sleep_until(after(left, gap_s));
    let _camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let back = await_warning(&mut program, "camera-back")["at_seconds"].as_f64().expect("a number");
    await_seconds(&mut program, back + 1.5);
    program.signal(libc::SIGTERM);
    let film = Film::of(program.end());
    film.assert_counted(&graph);
    film.assert_sound_is(&graph, VOICE, 0..film.seconds());

    let gone = film.happening("picture-gone")["at_sample"].as_u64().expect("a number") as f64 / RATE_HZ as f64;
    let held = film.happening("picture-back")["held_frames"].as_u64().expect("a number") as usize;
    println!(
        "away for {gap_s} s: gone {:+.0} ms after it left, {held} pictures held",
        (gone - film.second_of(left)) * 1e3
    );
    assert!((gone - film.second_of(left)).abs() < 0.2, "gone at {gone}, left at {}", film.second_of(left));
    assert!((gap_s - 0.2..gap_s + RETURN_S).contains(&(held as f64 / 30.0)), "{held} pictures for {gap_s} s");
    let numbers: Vec<_> = film.reading.frames.iter().map(|f| f.number).collect();
    let first_held = (gone * 30.0).round() as usize;
    assert!(numbers[first_held - 1].is_some());
    assert!(
        numbers[first_held..first_held + held].iter().all(|n| *n == numbers[first_held - 1]),
        "the last one is held"
    );
    let after = &numbers[first_held + held + 10..];
    let in_order = |part: &[Option<u32>]| part.windows(2).all(|w| w[0].is_some() && w[0] <= w[1]);
    assert!(in_order(&numbers[..first_held]) && in_order(after), "{numbers:?}");
    assert!(after.len() > 20 && after.first() < after.last(), "it moves again: {after:?}");
}

#[test]
fn a_camera_that_leaves_is_held_and_told_and_returns() {
    camera_leaves_for(4.0);
}

pub fn microphone_leaves_for(gap_s: f64) {
    let Some(graph) = PipeWire::start() else { return };
    let mut other = Microphone::plug_in(&graph, "other", 1);
    other.play(&play_file(&graph, "other", &[3 * VOICE], 60));
    let (first, second) = (play_file(&graph, "first", &[VOICE], 60), play_file(&graph, "second", &[2 * VOICE], 60));
    let mut microphone = Microphone::plug_in(&graph, "voice", 1);
    microphone.play(&first);
    let mut program = record(&graph, &["--camera", "test:640x360", "--mic", "voice"]);
    await_seconds(&mut program, 2.0);
    let left = media::now();
    microphone.unplug();
    let left_until = media::now();
    await_warning(&mut program, "microphone-gone");
    sleep_until(after(left, gap_s));
    let mut microphone = Microphone::plug_in(&graph, "voice", 1);
    microphone.play(&second);
    let back = await_warning(&mut program, "microphone-back")["at_seconds"].as_f64().expect("a number");
    await_seconds(&mut program, back + 2.5);
    program.signal(libc::SIGTERM);
    let film = Film::of(program.end());
    film.assert_counted(&graph);
    film.reading.assert_consecutive();

    let silence = film.longest_silence();
    let told = film.happening("sound-back")["silence_samples"].as_u64().expect("a number") as f64 / RATE_HZ as f64;
    let (left, left_until) = (film.second_of(left), film.second_of(left_until));
    println!(
        "away for {gap_s} s: silent from {:+.0} ms after it left, for {:.3} s; told {told:.3} s",
        (silence.start - left) * 1e3,
        silence.end - silence.start
    );
    assert!((left - 0.05..left_until + 0.05).contains(&silence.start), "silent from {}, left at {left}", silence.start);
    // Ours ends when the microphone is read again; its player may begin a little later.
    let heard_late = silence.end - silence.start - told;
    assert!((-0.05..0.5).contains(&heard_late), "silent for {silence:?}, told {told}");
    assert!((gap_s - 0.05..gap_s + RETURN_S).contains(&told), "{told} s of silence for {gap_s} s");
    film.assert_sound_is(&graph, VOICE, 0..left as usize);
    film.assert_sound_is(&graph, 2 * VOICE, silence.end.ceil() as usize..film.seconds());
}

#[test]
fn a_microphone_that_leaves_is_silence_of_its_length_and_no_other_is_taken() {
    microphone_leaves_for(4.0);
}

#[test]
fn a_camera_that_hangs_is_black_until_it_wakes_and_delays_no_end() {
    let Some(graph) = PipeWire::start() else { return };
    let camera = Camera::plug_in(&graph, "testcam", Shape::default());
    camera.signal(libc::SIGSTOP);
    let mut program = record(&graph, &["--camera", "testcam", "--mic", "off"]);
    let started = program.await_event("recording-started");
    assert_eq!(started["video"], "640x360", "its size is known before its first picture");
    await_seconds(&mut program, 1.0);
    camera.signal(libc::SIGCONT);
    let woken = program.await_that("the camera, or half a minute without it", |e| {
        e["kind"] == "camera-back" || e["seconds"].as_f64() > Some(WAKES_WITHIN_S)
    });
    if woken["kind"] != "camera-back" {
        assert!(graph.was_starved(), "the camera has woken and is not taken: {:#?}", program.events);
        return;
    }
    let back = woken["at_seconds"].as_f64().expect("a number");
    let next = program.await_that("a second and a half, or the camera's end", |e| {
        e["kind"] == "camera-gone" || e["seconds"].as_f64() > Some(back + 1.5)
    });
    camera.signal(libc::SIGSTOP);
    if next["kind"] == "camera-gone" {
        eprintln!("passed over in part: this PipeWire drops a virtual camera that has hung, when it wakes");
    } else {
        await_warning(&mut program, "camera-gone");
    }
    let asked = media::now();
    program.signal(libc::SIGTERM);
    let ended = program.end();
    let took_s = media::now().since(asked) as f64 / 1e9;
    camera.signal(libc::SIGCONT);
    assert!(took_s < 6.0, "the end took {took_s} s");
    let film = Film::of(ended);
    let black = (back * 30.0) as usize - 1;
    assert!(film.reading.frames[..black].iter().all(|f| f.number.is_none()), "black until {back}");
    assert!(film.reading.frames[black + 5].number.is_some(), "then it shows something");
}
