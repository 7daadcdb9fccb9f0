// SPDX-License-Identifier: MIT
//! The sound of a call, heard from outside: real programs between virtual microphones and speakers of a real graph.

use crate::support::chirps::{Lags, chirps, found, hum, level};
use crate::support::pipewire::{Microphone, PipeWire, Speaker, Tape};
use crate::support::program::wait_until;
use crate::support::room::Room;
use crate::support::talk::{NO_CAMERA, await_voices, guest, host, leave};
use hyperzoom::words::RATE_HZ;

/// A busy machine keeps this too.
const LAG_MAX_MS: f64 = 40.0;
/// A Pulse server keeps more waiting on either side.
const PULSE_LAG_MAX_MS: f64 = 120.0;
/// Nobody says more than a syllable in that.
const MUTED_MAX_MS: f64 = 100.0;
/// Hum is louder than the one, silence quieter than the other.
const HEARD: f32 = 0.02;
const SILENT: f32 = 0.002;

const RATE: usize = RATE_HZ as usize;
const STEP: usize = RATE / 200;
/// The tracks of a room's tape.
const MOUTH: usize = 0;
const EAR: usize = 1;

/// Waits until what is heard at the ear is what is said at the mouth.
fn await_voice(tape: &Tape) {
    await_voice_at(tape, EAR);
}

/// The same for an ear on another track.
fn await_voice_at(tape: &Tape, ear: usize) {
    wait_until("the voice", || {
        let Some(first) = tape.len().checked_sub(RATE / 2) else { return false };
        let tracks = tape.tracks_from(first);
        // The ear is behind the mouth, so what it has just heard lies within what was said before.
        let (said, heard) = (&tracks[MOUTH][..], tracks[ear].last_chunk::<{ RATE / 20 }>().expect("half a second"));
        level(heard) > HEARD && found(heard, &said[said.len() - RATE / 5..]).is_some()
    });
}

fn await_silence(tape: &Tape) {
    await_silence_at(tape, EAR);
}

fn await_silence_at(tape: &Tape, ear: usize) {
    wait_until("silence", || {
        let first = tape.len().saturating_sub(RATE / 10);
        level(&tape.tracks_from(first)[ear]) < SILENT
    });
}

/// After how many milliseconds from the first sample on the ear stays silent.
fn silent_after_ms(ear: &[f32]) -> f64 {
    let last = ear.chunks_exact(STEP).rposition(|chunk| level(chunk) > SILENT).map_or(0, |at| at + 1);
    (last * STEP) as f64 * 1e3 / RATE as f64
}

#[test]
fn a_voice_goes_in_and_out_through_a_pulse_server_too() {
    let Some(graph) = PipeWire::start() else { return };
    graph.show_as_pulse();
    let mut room = Room::of(&graph, 2);
    let people = room.call(&NO_CAMERA);
    let tape = room.tape();
    room.speak(&chirps(7));
    tape.roll_on(6.0);
    let tracks = tape.tracks();
    let lags = Lags::of(&tracks[MOUTH], &tracks[EAR]);
    println!("from mouth to ear: {lags}");
    if !graph.was_starved() {
        assert!(lags.ms.len() >= 4 * lags.missed.len().max(1) && lags.median() < PULSE_LAG_MAX_MS, "{lags}");
    }
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
fn a_voice_goes_from_the_named_microphone_to_the_named_speaker_at_once_and_mute_silences_it() {
    let Some(graph) = PipeWire::start() else { return };
    let mut room = Room::of(&graph, 2);
    let mut people = room.call(&NO_CAMERA);
    let ears = [room.speakers[1].monitor(), room.speakers[0].monitor()];
    let tape = Tape::roll(&graph, &["mic:capture_AUX0", &ears[0], &ears[1]]);
    room.speak(&chirps(7));
    tape.roll_on(6.0);
    let tracks = tape.tracks();
    let (there, here) = (Lags::of(&tracks[0], &tracks[1]), Lags::of(&tracks[0], &tracks[2]));
    println!("from mouth to ear: {there}");
    // A sync tone that rings there meanwhile may be alike for once.
    assert!(here.ms.len() <= 1 && here.missed.len() >= 5, "nobody hears themselves: {here}");
    if !graph.was_starved() {
        assert!(there.ms.len() >= 4 * there.missed.len().max(1), "{there}");
        assert!(there.median() < LAG_MAX_MS, "{there}");
    }

    room.speak(&hum(60));
    await_voice(&tape);
    // Who is slow to mute is slow each time; a machine that is busy just then is not.
    let quickest_ms = (0..3).fold(f64::MAX, |quickest_ms, _| {
        let asked = tape.len();
        people[0].answer("mute");
        await_silence(&tape);
        let took_ms = silent_after_ms(&tape.tracks_from(asked)[EAR]);
        println!("muted after {took_ms} ms");
        people[0].answer("unmute");
        await_voice(&tape);
        quickest_ms.min(took_ms)
    });
    assert!(quickest_ms < MUTED_MAX_MS || graph.was_starved(), "{quickest_ms} ms");
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
fn a_speaker_that_goes_and_comes_back_is_heard_again() {
    let Some(graph) = PipeWire::start() else { return };
    let mut room = Room::of(&graph, 2);
    let mut people = room.call(&NO_CAMERA);
    let tape = room.tape();
    room.speak(&hum(60));
    await_voice(&tape);
    drop(room.speakers.pop());
    let warning = people[1].await_event("warning");
    assert_eq!(warning["kind"], "speaker", "{warning}");
    room.speakers.push(Speaker::plug_in(&graph, "spk-1"));
    tape.splice(EAR, &room.speakers[1].monitor());
    await_voice(&tape);
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
fn a_voice_without_a_named_speaker_follows_the_systems_choice_and_that_there_is_none_is_told() {
    let Some(graph) = PipeWire::start() else { return };
    let mut room = Room::of(&graph, 2);
    let other = Speaker::plug_in(&graph, "other");
    let choose = |speaker: &str| graph.said("pactl", &["set-default-sink", speaker]);
    choose("spk-1");
    let (mut host, invite) = room.open(&NO_CAMERA);
    let mut guest = guest(&graph, &invite, "guest", "mic-1", "auto", &NO_CAMERA);
    await_voices(&mut host, 1);
    let places = [room.speakers[1].monitor(), other.monitor(), room.speakers[0].monitor()];
    let tape = Tape::roll(&graph, &["mic:capture_AUX0", &places[0], &places[1], &places[2]]);
    let [first, second, last] = [1, 2, 3];
    room.speak(&hum(90));
    await_voice_at(&tape, first);
    choose("other");
    await_voice_at(&tape, second);
    await_silence_at(&tape, first);
    choose("spk-1");
    await_voice_at(&tape, first);
    await_silence_at(&tape, second);
    drop((other, room.speakers.pop()));
    await_voice_at(&tape, last);
    guest.catch_up();
    let is_told = |e: &serde_json::Value| e["event"] == "warning" && e["kind"] == "speaker";
    assert!(!guest.events.iter().any(is_told), "there was always one: {:#?}", guest.events);
    drop(room.speakers.pop());
    // Newer servers put up a speaker of their own that plays nowhere.
    if !graph.has_node("auto_null") {
        let none = guest.await_that("a word about it", is_told);
        assert!(none["message"].as_str().is_some_and(|m| m.contains("you hear nobody")), "{none}");
    }
    room.speakers.push(Speaker::plug_in(&graph, "spk"));
    tape.splice(last, &room.speakers[0].monitor());
    await_voice_at(&tape, last);
    [guest, host].into_iter().for_each(|program| drop(leave(program)));
}

#[test]
fn a_microphone_that_goes_in_mid_sentence_leaves_the_call_alive_and_is_heard_again() {
    let Some(graph) = PipeWire::start() else { return };
    let mut room = Room::of(&graph, 2);
    let mut people = room.call(&NO_CAMERA);
    let tape = room.tape();
    room.speak(&hum(60));
    await_voice(&tape);
    drop(room.microphones.remove(0));
    people[0].await_that("the warning", |e| e["event"] == "warning" && e["kind"] == "microphone-gone");
    await_silence(&tape);
    room.microphones.insert(0, Microphone::plug_in(&graph, "mic", 1));
    tape.splice(MOUTH, "mic:capture_AUX0");
    room.speak(&hum(60));
    await_voice(&tape);
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
fn a_headset_without_a_wire_is_warned_of_and_one_with_a_wire_is_not() {
    let Some(graph) = PipeWire::start() else { return };
    let _speaker = Speaker::plug_in(&graph, "ears");
    let microphones = [("wire", "device.bus=usb"), ("air", "device.bus=bluetooth"), ("blue", "device.api=bluez5")];
    let _plugged_in = microphones.map(|(name, properties)| Microphone::plug_in_as(&graph, name, 1, properties));
    for (name, _) in microphones {
        let (mut host, _invite) = host(&graph, name, "ears", &NO_CAMERA);
        host.catch_up();
        // The invite is told after everything that has to be said of the devices.
        let warning = host.events.iter().find(|e| e["event"] == "warning" && e["kind"] == "bluetooth");
        let message = warning.map(|warning| warning["message"].as_str().expect("a sentence").to_owned());
        if name == "wire" {
            assert_eq!(message, None);
        } else {
            let message = message.unwrap_or_else(|| panic!("not a word about {name}: {:#?}", host.events));
            assert!(message.contains("sounds like a telephone") && message.contains("100 ms or more"), "{message}");
        }
        drop(leave(host));
    }
}

#[test]
fn headphones_without_a_wire_that_are_merely_the_systems_choice_are_warned_of_too() {
    let Some(graph) = PipeWire::start() else { return };
    let _microphone = Microphone::plug_in(&graph, "mic", 1);
    let _speakers = [("wire", "device.bus=usb"), ("air", "device.bus=bluetooth")]
        .map(|(name, properties)| Speaker::plug_in_as(&graph, name, properties));
    for name in ["wire", "air"] {
        graph.said("pactl", &["set-default-sink", name]);
        wait_until("the choice", || graph.said("pactl", &["get-default-sink"]).trim() == name);
        let (mut host, _invite) = host(&graph, "mic", "auto", &NO_CAMERA);
        host.catch_up();
        let is_warned = host.events.iter().any(|e| e["event"] == "warning" && e["kind"] == "bluetooth");
        assert_eq!(is_warned, name == "air", "{name}: {:#?}", host.events);
        drop(leave(host));
    }
}

#[test]
fn a_headset_that_is_pulled_out_in_mid_sentence_speaks_and_is_heard_again_when_it_is_back() {
    let Some(graph) = PipeWire::start() else { return };
    let mut room = Room::of(&graph, 2);
    let mut people = room.call(&NO_CAMERA);
    let tape = room.tape();
    room.speak(&hum(60));
    await_voice(&tape);
    // The host's microphone and speaker are one device.
    drop((room.microphones.remove(0), room.speakers.remove(0)));
    let missing = std::cell::RefCell::new(vec!["microphone-gone", "speaker"]);
    people[0].await_that("a word about both", |e| {
        missing.borrow_mut().retain(|kind| e["kind"] != **kind);
        missing.borrow().is_empty()
    });
    await_silence(&tape);
    room.microphones.insert(0, Microphone::plug_in(&graph, "mic", 1));
    room.speakers.insert(0, Speaker::plug_in(&graph, "spk"));
    tape.splice(MOUTH, "mic:capture_AUX0");
    room.speak(&hum(60));
    await_voice(&tape);
    people[0].await_that("the speaker's return", |e| e["kind"] == "speaker-back");
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}
