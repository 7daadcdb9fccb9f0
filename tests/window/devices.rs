// SPDX-License-Identifier: MIT
//! Real devices in the window: what is plugged in is offered, heard, and may be pulled out at any moment.

use super::evening::invite;
use super::prefer_devices;
use crate::support::chirps::{hum, level, write_wav};
use crate::support::desktop::Desktop;
use crate::support::pipewire::{Microphone, PipeWire, Speaker, Tape};
use crate::support::program::wait_until;

/// Louder than any noise of a graph.
const HEARD: f32 = 0.01;
/// What is looked at together.
const TENTH: usize = 4_800;
/// Longer than the test sound pauses.
const SILENCE: usize = 2 * 48_000;

#[test]
fn the_test_sound_is_heard_where_it_was_chosen() {
    let Some(graph) = PipeWire::start() else { return };
    let Some(desktop) = Desktop::begin() else { return };
    let (first, second) = (Speaker::plug_in(&graph, "first"), Speaker::plug_in(&graph, "second"));
    prefer_devices(&desktop, None, "Host", "test", "first");
    let app = desktop.open_with(None, &[], |command| graph.lend(command));
    let tape = Tape::roll(&graph, &[&first.monitor(), &second.monitor()]);
    let hears = |ear: usize, since: usize| {
        let tracks = tape.tracks_from(since);
        tracks[ear].chunks(TENTH).any(|part| level(part) > HEARD)
    };
    app.press("test-sound");
    wait_until("the beeps", || hears(0, 0));
    assert!(!hears(1, 0), "only where it was chosen");
    // Both beeps are over, and the tape, which comes a little later than the ear, has it.
    let quiet = |sound: &[f32]| sound.len() >= SILENCE && sound.iter().all(|sample| sample.abs() < HEARD);
    wait_until("silence", || quiet(&tape.tracks_from(tape.len().saturating_sub(SILENCE))[0]));
    let before = tape.len();
    app.press_with("choose-speaker", Some("second"));
    app.press("test-sound");
    wait_until("the beeps on the other", || hears(1, before));
    assert!(!hears(0, before), "only where it was chosen");
}

#[test]
fn a_microphone_that_is_pulled_out_is_said_and_another_is_a_click_away() {
    let Some(graph) = PipeWire::start() else { return };
    let Some(desktop) = Desktop::begin() else { return };
    let ear = Speaker::plug_in(&graph, "ear");
    let mut voice = Microphone::plug_in(&graph, "voice", 1);
    let mut other = Microphone::plug_in(&graph, "other", 1);
    let sound = write_wav(&graph.folder().join("hum.wav"), 48_000, &hum(120));
    voice.play(&sound);
    prefer_devices(&desktop, None, "Host", "voice", "off");
    prefer_devices(&desktop, Some("guest"), "Guest", "test", "ear");
    let host = desktop.open_with(None, &[], |command| graph.lend(command));
    host.click("Host a call");
    let invite = invite(&host);
    let guest = desktop.open_with(Some("guest"), &[&invite], |command| graph.lend(command));
    guest.click("Come in");
    host.says("Recording 0:");
    let tape = Tape::roll(&graph, &[&ear.monitor()]);
    let last = || tape.tracks_from(tape.len().saturating_sub(TENTH)).pop().unwrap_or_default();
    wait_until("the host's voice", || level(&last()) > HEARD);
    voice.unplug();
    host.says("The microphone is gone. Silence is recorded until it is back");
    wait_until("silence", || level(&last()) < HEARD);
    // What is closed is not in the tree.
    let choices = || host.things().iter().filter(|thing| thing.role == "combo box").count();
    let closed = choices();
    host.press("devices");
    wait_until("the choice of devices", || choices() > closed);
    other.play(&sound);
    host.press_with("choose-microphone", Some("other"));
    wait_until("the host's voice again", || level(&last()) > HEARD);
}
