// SPDX-License-Identifier: MIT
//! Bad lines: a relay with loss and jitter between host and guest, and one that holds everything for half a second.

use super::speech;
use super::table::{Bar, median, passed_over, row};
use crate::net::weather::{FAIR, Weather};
use crate::support::chirps::{behind_ms, found, hum, level};
use crate::support::pipewire::PipeWire;
use crate::support::program::{Program, wait_until};
use crate::support::relay::Relay;
use crate::support::room::{MEASURED_S, Room, SETTLING_S};
use crate::support::talk::{NO_CAMERA, await_voices, leave, told};
use hyperzoom::words::RATE_HZ;
use serde_json::Value;
use std::time::Duration;

/// A twentieth lost, two together in the mean, and jitter.
const BAD: Weather = Weather { loss: 0.05, burst: 2.0, jitter: Duration::from_millis(10), ..FAIR };

/// Concealed in a hundred, where copies can reach.
const CONCEALED_BAR: f64 = 1.0;
/// Of PESQ's points: less is hardly noticed. Frames that are left alone may change their length,
/// so the same is measured with frames of one length.
const SPEECH_BAR: f64 = 0.3;
/// More than this is heard as distance.
const GROWTH_BAR_MS: f64 = 20.0;
const STALL: Duration = Duration::from_millis(500);
/// From the first datagram to sound.
const BACK_BAR_MS: f64 = 20.0;
/// What was gained by waiting is given back.
const AFTER_BAR_MS: f64 = 5.0;

const RATE: usize = RATE_HZ as usize;
/// So loud is hum, and silence is not.
const HEARD: f32 = 0.01;

/// A call through a relay, with more on both command lines: the host, the guest, and the line between.
fn through_a_relay(room: &Room, more: &[&str]) -> (Program, Program, Relay) {
    let more = [&NO_CAMERA[..], more].concat();
    let (mut host, invite) = room.open(&more);
    let (address, _) = invite.split_once('#').expect("an invite has a key");
    let relay = Relay::before(address.split(',').next().unwrap_or(address).parse().expect("an address"));
    let mut guest = room.come_in(1, &relay.invite(&invite), &more);
    await_voices(&mut guest, 1);
    await_voices(&mut host, 1);
    (host, guest, relay)
}

/// What the guest tells next of the host's voice.
fn voice(guest: &mut Program) -> Voice {
    guest.catch_up();
    Voice::told(&guest.await_event("stats"))
}

/// Counts since the beginning.
struct Voice {
    frames: f64,
    concealed: f64,
    recovered: f64,
}

impl Voice {
    fn told(stats: &Value) -> Voice {
        let figure = |name: &str| stats["peers"][0]["voice"][name].as_f64().expect("voice comes");
        Voice { frames: figure("frames"), concealed: figure("concealed"), recovered: figure("recovered") }
    }

    /// In a hundred frames since then: concealed, recovered.
    fn shares_since(&self, before: &Voice) -> [f64; 2] {
        let (concealed, recovered) = (self.concealed - before.concealed, self.recovered - before.recovered);
        [concealed, recovered].map(|part| 100.0 * part / (self.frames - before.frames + concealed))
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn a_line_that_loses_and_shakes() {
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    let mut room = Room::of(&graph, 2);
    let (host, mut guest, relay) = through_a_relay(&room, &[]);
    let clean = room.lags();
    let before = relay.passed();
    relay.weather(BAD);
    let fair = voice(&mut guest);
    let begun = guest.events.len();
    let bad = room.lags();
    let heard = voice(&mut guest);
    // Until the loss is known there are no copies: the first seconds are told apart.
    let mut seconds = guest.events[begun..].iter().filter(|event| event["event"] == "stats");
    let settled = Voice::told(seconds.nth(SETTLING_S as usize).expect("more seconds than that have passed"));
    let [at_first, _] = settled.shares_since(&fair);
    let [lost, passed] = [relay.lost()[1], relay.passed()[1] - before[1]];
    assert!(passed > 1_000, "voice crosses the relay");
    let [concealed, recovered] = heard.shares_since(&settled);
    let lost_percent = 100.0 * lost as f64 / (lost + passed) as f64;
    let how = "UDP relay: 5 % lost, two together in the mean, jitter 0 to 10 ms";
    row("mouth to ear, a clean relay", Bar::None, (clean.median(), "ms"), &clean.to_string(), "UDP relay, quantum 128");
    row("mouth to ear, a bad line", Bar::AtMost(100.0), (bad.median(), "ms"), &bad.to_string(), how);
    let growth = bad.median() - clean.median();
    row("what a bad line adds", Bar::AtMost(GROWTH_BAR_MS), (growth, "ms"), &format!("{growth:+.1} ms"), how);
    let words = format!(
        "{concealed:.2} % ({at_first:.2} % in the first {SETTLING_S} s); {recovered:.2} % came as copies, \
         {lost_percent:.2} % of datagrams were lost"
    );
    row("concealed on a bad line", Bar::AtMost(CONCEALED_BAR), (concealed, "%"), &words, how);
    let ended = leave(guest);
    let target = |stats: &Value| stats["peers"][0]["voice"]["target_ms"].as_f64();
    let seconds = (SETTLING_S + MEASURED_S) as usize;
    let concealed = |stats: &Value| stats["peers"][0]["voice"]["concealed_percent"].as_f64();
    println!("second by second, the buffer's target: {:.1?}", told(&ended.events, seconds, target));
    println!("and what was concealed, in a hundred: {:.1?}", told(&ended.events, seconds, concealed));
    leave(host);
}

#[test]
#[ignore = "long: run by make bench"]
fn speech_on_a_line_that_loses_and_shakes() {
    if let Some(lacking) = speech::lacking() {
        passed_over("speech, PESQ wide band", &format!("this machine lacks {lacking}"));
        return;
    }
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    let text = speech::spoken(&graph);
    for (frames, more) in [("frames left alone", &[][..]), ("5 ms frames on both lines", &["--voice-frames", "5"])] {
        let mut room = Room::of(&graph, 2);
        let (host, guest, relay) = through_a_relay(&room, more);
        let mut score = |weather| {
            relay.weather(weather);
            let tape = room.tape();
            tape.roll_on(SETTLING_S);
            let settled = tape.len();
            room.microphones[0].play(&text);
            tape.roll_on(speech::SECONDS);
            let tracks = tape.tracks_from(settled);
            speech::pesq(&graph, &tracks[0], &tracks[1])
        };
        let (clean, bad) = (score(FAIR), score(BAD));
        let how = format!("espeak-ng through the call, {frames}, mean of pieces of 8 s, 4.64 at best");
        let name = format!("speech on a clean relay, PESQ wide band, {frames}");
        row(&name, Bar::None, (clean, ""), &format!("{clean:.2}"), &how);
        let lost = format!("{:.2} less, {bad:.2}", clean - bad);
        let name = format!("what a bad line takes from speech, {frames}");
        row(&name, Bar::AtMost(SPEECH_BAR), (clean - bad, ""), &lost, &how);
        leave(guest);
        leave(host);
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn a_line_that_stalls() {
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    let mut room = Room::of(&graph, 2);
    let (host, guest, relay) = through_a_relay(&room, &[]);
    let tape = room.tape();
    room.speak(&hum(40));
    tape.roll_on(6.0);
    for (what, cut) in [("held", false), ("lost", true)] {
        let began = tape.len();
        tape.roll_on(0.1);
        if cut {
            relay.weather(Weather { loss: 1.0, ..FAIR });
            tape.roll_on(STALL.as_secs_f64());
            // From now on nothing is held any more, and the first one out is noted.
            relay.hold(Duration::ZERO);
            relay.weather(FAIR);
        } else {
            relay.hold(STALL);
        }
        wait_until("the first datagram", || relay.first_after().is_some());
        let first = tape.at(relay.first_after().expect("it was there"));
        tape.roll_on(4.0);
        let tracks = tape.tracks();
        stalled(what, &tracks, began, first);
    }
    let ended = leave(guest);
    let target = |stats: &Value| stats["peers"][0]["voice"]["target_ms"].as_f64();
    println!("second by second, the buffer's target: {:.1?}", told(&ended.events, 60, target));
    leave(host);
}

/// Tells what one stall did; its first datagram came out at that place of the tape.
fn stalled(what: &str, tracks: &[Vec<f32>], began: usize, first: usize) {
    let (mouth, ear) = (&tracks[0], &tracks[1]);
    let lag = |from: usize| {
        let places = (from..from + RATE).step_by(RATE / 10);
        median(places.filter_map(|at| behind_ms(mouth, ear, at)).collect())
    };
    let (before, after) = (lag(began - 2 * RATE), lag(first + 2 * RATE));
    // What was made up has faded by then, or nobody could tell when sound is back.
    let made_up = level(&ear[first - RATE / 20..first - RATE / 200]);
    assert!(made_up < HEARD, "the ear is not silent before the first datagram: {made_up}");
    let back = again(mouth, ear, first).map_or(f64::NAN, |at| (at as f64 - first as f64) * 1e3 / RATE as f64);
    let how = "relay, 500 ms; low noise, quantum 128";
    let all = format!("{back:.1} ms");
    row(&format!("first datagram to sound, 500 ms {what}"), Bar::AtMost(BACK_BAR_MS), (back, "ms"), &all, how);
    let all = format!("{before:.1} ms before, {after:.1} ms after");
    row(
        &format!("mouth to ear 2 s after 500 ms {what}"),
        Bar::AtMost(AFTER_BAR_MS),
        (after - before, "ms more"),
        &all,
        how,
    );
}

/// Where the ear is heard again after a silence that lay around `first`.
fn again(mouth: &[f32], ear: &[f32], first: usize) -> Option<usize> {
    let step = RATE / 200;
    let onset = (first..first + RATE).step_by(step).find(|at| level(&ear[*at..at + step]) > HEARD)?;
    // It must be what was said in the stall or since, not noise.
    let said = mouth.get(onset + RATE / 10 - RATE / 2..onset + 3 * RATE / 10)?;
    found(&ear[onset + RATE / 10..onset + RATE / 5], said).map(|_| onset)
}
