// SPDX-License-Identifier: MIT
//! Everything of a call that may break beside a running master does: pictures in both directions, and the sound server.

use super::judge::Master;
use super::people::{Left, Person, Ways, guest, host, ways};
use crate::support::hang::Hung;
use crate::support::machine::all_overridden;
use crate::support::pipewire::{PipeWire, Speaker};
use crate::support::talk::await_voices;
use serde_json::Value;

/// What a program says of a graph that failed.
const OURS: &str = "our picture begins anew";
const THEIRS: &str = "a picture begins anew";

/// Leaves, with an unharmed master.
fn unharmed(person: Person) -> Left {
    let (left, file) = person.leave();
    Master::read(&file).is_unharmed();
    left
}

#[test]
fn encoders_and_decoders_of_pictures_that_break_again_and_again_cost_neither_master_anything() {
    let texts = all_overridden(&[
        ("outgoing-picture.launch", "! vp8enc", "! identity error-after=30 ! vp8enc"),
        ("far-picture.launch", "! appsink", "! identity error-after=10 ! appsink"),
    ]);
    let broken = |name| Ways { texts: Some(texts.path()), ..ways(name) };
    let (mut host, invite, _) = host(broken("host"));
    let mut guest = guest(&invite, broken("guest"));
    host.await_event("peer-seen");
    guest.await_event("peer-seen");
    guest.record_on(5.0);
    for left in [guest, host].map(unharmed) {
        let said = &left.ended.errors;
        assert!(said.contains(OURS) && said.contains(THEIRS), "{said}");
    }
}

#[test]
fn an_encoder_and_a_decoder_of_pictures_that_hang_cost_neither_master_anything() {
    let hang = "! identity sleep-time=60000000 !";
    let texts = all_overridden(&[
        ("outgoing-picture.launch", "! vp8enc", &format!("{hang} vp8enc")),
        ("far-picture.launch", "! appsink", &format!("{hang} appsink")),
    ]);
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, Ways { texts: Some(texts.path()), ..ways("guest") });
    host.await_peer("guest");
    guest.await_recording();
    // It takes five seconds to be sure that something hangs.
    guest.record_on(9.0);
    let [left, _] = [guest, host].map(unharmed);
    let hangs = |begins| left.ended.errors.lines().any(|line| line.contains(begins) && line.contains("it hangs"));
    assert!(hangs(OURS) && hangs(THEIRS), "{}", left.ended.errors);
}

#[test]
fn a_sound_server_that_hangs_and_then_dies_under_the_speaker_costs_neither_master_anything() {
    let Some(graph) = PipeWire::start() else { return };
    let _speaker = Speaker::plug_in(&graph, "ears");
    let hearing = |name| Ways { graph: Some(&graph), more: &["--speaker", "ears"], ..ways(name) };
    let (mut host, invite, _) = host(hearing("host"));
    let mut guest = guest(&invite, hearing("guest"));
    host.await_peer("guest");
    guest.await_recording();
    guest.record_on(1.0);
    graph.signal(libc::SIGSTOP);
    guest.record_on(2.0);
    graph.signal(libc::SIGKILL);
    let is_word = |e: &serde_json::Value| e["event"] == "warning" && e["kind"] == "speaker";
    for person in [&mut host, &mut guest] {
        // Two seconds without being asked are told while the server hangs; who was a little quicker tells of its death.
        if !person.program.events.iter().any(is_word) {
            person.program.await_that("a word about it", is_word);
        }
        person.record_on(1.0);
    }
    [guest, host].into_iter().for_each(|person| drop(unharmed(person)));
}

#[test]
fn a_voice_that_hangs_on_its_way_out_costs_neither_master_anything() {
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, ways("guest"));
    host.await_peer("guest");
    guest.await_recording();
    await_voices(&mut host.program, 1);
    let Some(hung) = Hung::thread(&guest.program, "mouth") else { return };
    guest.record_on(3.0);
    drop(hung);
    // What could not be encoded is gone; what is said now is heard.
    await_more_voice(&mut host);
    [guest, host].into_iter().for_each(|person| drop(unharmed(person)));
}

#[test]
fn a_speaker_that_is_taken_out_of_the_graph_comes_back_and_costs_neither_master_anything() {
    let Some(graph) = PipeWire::start() else { return };
    let _speaker = Speaker::plug_in(&graph, "ears");
    let (mut host, invite, _) = host(Ways { graph: Some(&graph), more: &["--speaker", "ears"], ..ways("host") });
    let mut guest = guest(&invite, ways("guest"));
    host.await_peer("guest");
    guest.await_recording();
    await_voices(&mut host.program, 1);
    graph.destroy_node("hyperzoom-voices");
    host.program.await_that("a word about it", |e| e["event"] == "warning" && e["kind"] == "speaker");
    host.program.await_that("the speaker again", |e| e["message"] == "the speaker is back");
    await_more_voice(&mut host);
    [guest, host].into_iter().for_each(|person| drop(unharmed(person)));
}

#[test]
fn a_speaker_of_pulse_that_breaks_again_and_again_costs_neither_master_anything() {
    let Some(graph) = PipeWire::start() else { return };
    let _speaker = Speaker::plug_in(&graph, "ears");
    let texts = all_overridden(&[("listen.launch", "! audioconvert", "! identity error-after=400 ! audioconvert")]);
    graph.show_as_pulse();
    let hearing = Ways { graph: Some(&graph), texts: Some(texts.path()), more: &["--speaker", "ears"], ..ways("host") };
    let (mut host, invite, _) = host(hearing);
    let mut guest = guest(&invite, ways("guest"));
    host.await_peer("guest");
    guest.await_recording();
    for _ in 0..2 {
        host.program.await_that("a word about it", |e| e["event"] == "warning" && e["kind"] == "speaker");
    }
    await_more_voice(&mut host);
    [guest, host].into_iter().for_each(|person| drop(unharmed(person)));
}

/// Waits until more of somebody's voice is played than until now.
fn await_more_voice(person: &mut Person) {
    let frames = |event: &Value| event["peers"][0]["voice"]["frames"].as_u64();
    person.program.catch_up();
    let before = person.program.await_that("figures", |event| frames(event).is_some());
    person.program.await_that("more voice", |event| frames(event) > frames(&before).map(|frames| frames + 100));
}

#[test]
fn a_microphone_that_is_refused_is_told_and_silence_until_it_is_given() {
    let refused = ("microphone.launch", "{source} name=source", "alsasrc device=nothing name=source");
    let texts = all_overridden(&[refused]);
    let (mut host, invite, _) = host(ways("host"));
    let mut guest = guest(&invite, Ways { texts: Some(texts.path()), ..ways("guest") });
    let told = guest.program.await_that("a word about it", |e| e["kind"] == "microphone-missing");
    assert!(told["message"].as_str().is_some_and(|m| m.starts_with("the microphone is not there (")), "{told}");
    host.await_peer("guest");
    guest.await_recording();
    guest.record_on(1.5);
    std::fs::remove_file(texts.path().join(refused.0)).expect("our own folder");
    guest.program.await_that("the microphone", |e| e["kind"] == "microphone-back");
    guest.record_on(2.5);
    let (_left, file) = guest.end();
    unharmed(host);
    let master = Master::read(&file);
    master.reading.assert_consecutive();
    master.is_in_step();
    let [silence] = master.silences().try_into().expect("one, from the beginning");
    assert!(silence.start == 0 && silence.end > 48_000, "{silence:?}");
    // The sync tone sounds in it all the same.
    let until_the_tone = silence.start..master.tones().first().map_or(silence.end, |tone| tone.0.min(silence.end));
    assert!(master.loudest(&until_the_tone) < 1e-3, "{}", master.loudest(&until_the_tone));
    let after = silence.end..master.told.recording.total_samples;
    assert!(master.loudest(&after) > 0.1, "the ruler beeps");
}
