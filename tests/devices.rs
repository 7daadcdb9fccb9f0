// SPDX-License-Identifier: MIT
//! Cameras and microphones as they are in life: listed, chosen, several inputs long, late, unplugged and back.

mod bench;
mod choosing;
mod colours;
mod film;
mod leaving;

use crate::support::pipewire::{Camera, Microphone, PipeWire, Shape, play_file};
use film::{Film, record};

/// The played sound begins at this sample of the ruler, far from anything else.
const VOICE: u64 = 480_000_000;

#[test]
fn a_real_camera_and_microphone_are_taken_by_themselves_and_recorded_whole() {
    let Some(graph) = PipeWire::start() else { return };
    let _camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let mut microphone = Microphone::plug_in(&graph, "voice", 1);
    microphone.play(&play_file(&graph, "voice", &[VOICE], 30));
    let film = Film::of(record(&graph, &["--for", "6"]).end());
    assert_eq!(film.started()["camera"], "testcam-of-nobody");
    film.assert_counted(&graph);
    film.assert_in_order();
    film.assert_sound_is(&graph, VOICE, 0..film.seconds());
}

#[test]
fn the_second_input_of_four_is_recorded_and_no_other() {
    let Some(graph) = PipeWire::start() else { return };
    let mut microphone = Microphone::plug_in(&graph, "interface", 4);
    let inputs = [VOICE, 2 * VOICE, 3 * VOICE, 4 * VOICE];
    microphone.play(&play_file(&graph, "inputs", &inputs, 30));
    let film = Film::of(record(&graph, &["--camera", "off", "--mic", "interface:2", "--for", "4"]).end());
    film.assert_counted(&graph);
    film.assert_sound_is(&graph, 2 * VOICE, 0..film.seconds());
}
