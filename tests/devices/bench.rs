// SPDX-License-Identifier: MIT
//! The same, longer; with numbers.

use super::film::{Film, record};
use super::{VOICE, leaving};
use crate::support::pipewire::{Camera, Microphone, PipeWire, Shape, play_file};

#[test]
#[ignore = "takes half a minute"]
fn a_camera_leaves_for_ten_seconds() {
    leaving::camera_leaves_for(10.0);
}

#[test]
#[ignore = "takes half a minute"]
fn a_microphone_leaves_for_ten_seconds() {
    leaving::microphone_leaves_for(10.0);
}

#[test]
#[ignore = "takes more than a minute"]
fn a_minute_of_real_devices_loses_nothing() {
    let Some(graph) = PipeWire::start() else { return };
    let _camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let mut microphone = Microphone::plug_in(&graph, "voice", 1);
    microphone.play(&play_file(&graph, "voice", &[VOICE], 90));
    let film = Film::of(record(&graph, &["--camera", "testcam", "--mic", "voice", "--for", "60"]).end());
    let late = film.pictures_late_ms();
    let (least, most) = late.iter().fold((f64::MAX, f64::MIN), |(a, b), ms| (a.min(*ms), b.max(*ms)));
    println!("pictures lie {least:.1} to {most:.1} ms after they were made; {}", film.finished());
    film.assert_counted(&graph);
    println!("{} slips of the pictures' pace", film.reading.frame_faults().len());
    film.assert_in_order();
    assert_eq!(film.finished()["samples_silenced"], 0);
    let faults = film.sound_faults(VOICE, 0..film.seconds());
    println!("{} places where the player paused: {faults:?}", faults.len());
    film.assert_sound_is(&graph, VOICE, 0..film.seconds());
}
