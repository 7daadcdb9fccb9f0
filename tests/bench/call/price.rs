// SPDX-License-Identifier: MIT
//! What a call costs: processor time of the voice path, memory with everything on, and a host who waits alone.

use super::table::{Bar, row};
use crate::bench::cost::{Threads, processor_seconds};
use crate::support::light_guest::{Film, LightGuest};
use crate::support::pipewire::PipeWire;
use crate::support::program::Program;
use crate::support::room::Room;
use crate::support::talk::{HD_CAMERA, NO_CAMERA, await_voices, leave, told};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The threads that voice crosses, as the system cuts their names.
const VOICE: [&str; 4] = ["mouth", "receive", "hyperzoom-", "data-loop"];
/// What the product promises.
const MEMORY_BAR_MB: f64 = 300.0;
/// What an hour may add and still be called flat: tables of the finished file grow by some bytes a picture.
const GROWTH_BAR_MB: f64 = 10.0;
/// Of one core: voice is sent and played by an old machine too.
const VOICE_BAR: f64 = 8.0;
/// A host that waits encodes nothing: only its devices are ready.
const LONELY_BAR: f64 = 50.0;
/// Seconds that are measured.
const MEASURED: u64 = 30;

/// So many seconds of its life pass. A host who is alone tells nothing of them, so nothing can be awaited.
fn live_on(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

/// What a thread used in those seconds, and how much of a core all that is, in a hundred.
fn used(program: &Program, seconds: u64) -> Threads {
    let (before, began) = (processor_seconds(program.id()), Instant::now());
    live_on(seconds);
    let (after, length_s) = (processor_seconds(program.id()), began.elapsed().as_secs_f64());
    let share = |(name, seconds): (String, f64)| {
        let more = seconds - before.get(&name).copied().unwrap_or(0.0);
        (name, 100.0 * more / length_s)
    };
    after.into_iter().map(share).collect()
}

fn is_voice(name: &str) -> bool {
    VOICE.iter().any(|voice| name.starts_with(voice))
}

fn list(threads: &Threads) -> String {
    let shares: Vec<String> =
        threads.iter().filter(|(_, share)| **share >= 0.05).map(|(name, share)| format!("{name} {share:.1}")).collect();
    shares.join(", ")
}

fn memory_mb(program: &Program) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0 / 1e6
}

/// What waits for the encoders of its recording.
fn waiting_mb(program: &mut Program) -> f64 {
    program.catch_up();
    let waiting = told(&program.events, 1, |stats| stats["recording"]["waiting_bytes"].as_f64());
    waiting.first().copied().unwrap_or(f64::NAN) / 1e6
}

#[test]
#[ignore = "long: run by make bench"]
fn voice_with_three_others() {
    let Some(graph) = PipeWire::start() else { return };
    graph.force_quantum(Some(128));
    let room = Room::of(&graph, 4);
    let people = room.call(&NO_CAMERA);
    live_on(3);
    let all = used(&people[0], MEASURED);
    println!("all threads, in hundredths of a core: {}", list(&all));
    let voice: Threads = all.into_iter().filter(|(name, _)| is_voice(name)).collect();
    let share: f64 = voice.values().sum();
    let all = format!("{share:.1} % of a core: {}", list(&voice));
    row("voice path, three others", Bar::AtMost(VOICE_BAR), (share, "%"), &all, "host's threads, quantum 128, 30 s");
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
#[ignore = "long: run by make bench"]
fn memory_of_a_host_with_three_others() {
    let Some(graph) = PipeWire::start() else { return };
    let room = Room::of(&graph, 1);
    let (mut host, invite) = room.open(&HD_CAMERA);
    // Others whose pictures are ready: this machine encodes for one person, as theirs do.
    let film = Arc::new(Film::shoot());
    let others = ["one", "two", "three"].map(|name| LightGuest::join(&invite, name, film.clone()));
    await_voices(&mut host, others.len());
    live_on(20);
    let (most, waiting) = (memory_mb(&host), waiting_mb(&mut host));
    let words = format!("{most:.0} MB; {waiting:.1} MB of them wait for an encoder");
    row(
        "memory, four people",
        Bar::AtMost(MEMORY_BAR_MB),
        (most, "MB"),
        &words,
        "720p camera and master, three others of 480p, after 20 s",
    );
    drop(others);
    leave(host);
}

#[test]
#[ignore = "an hour: run by make bench"]
fn memory_of_four_over_an_hour() {
    let Some(graph) = PipeWire::start() else { return };
    let room = Room::of(&graph, 4);
    // Small pictures, so that two cores have time for four machines' work, and nothing waits that need not.
    let mut people = room.call(&["--camera", "test:160x90@10"]);
    let most = |people: &[Program]| people.iter().map(memory_mb).fold(0.0, f64::max);
    live_on(120);
    let first = most(&people);
    let mut all = vec![first];
    for _ in 0..6 {
        live_on(580);
        all.push(most(&people));
    }
    let (last, waiting) = (most(&people), people.iter_mut().map(waiting_mb).fold(0.0, f64::max));
    let words = format!("{all:.0?} MB at most, every ten minutes; {waiting:.1} MB wait for an encoder at the end");
    let how = "four programs with masters, test cameras of 160x90";
    row("memory, four people, over an hour", Bar::AtMost(MEMORY_BAR_MB), (last, "MB"), &words, how);
    row(
        "what an hour adds to it",
        Bar::AtMost(GROWTH_BAR_MB),
        (last - first, "MB"),
        &format!("{:+.1} MB", last - first),
        how,
    );
    people.into_iter().rev().for_each(|program| drop(leave(program)));
}

#[test]
#[ignore = "long: run by make bench"]
fn a_host_who_waits_alone() {
    let Some(graph) = PipeWire::start() else { return };
    let room = Room::of(&graph, 1);
    let (host, _) = room.open(&HD_CAMERA);
    live_on(5);
    let early = used(&host, 5);
    let early_mb = memory_mb(&host);
    live_on(40);
    let late = used(&host, MEASURED);
    let (first, last): (f64, f64) = (early.values().sum(), late.values().sum());
    let words = format!("{first:.1} % of a core at 10 s, {last:.1} % at 60 s: {}", list(&late));
    row("a host waits alone, processor", Bar::AtMost(LONELY_BAR), (last, "%"), &words, "720p camera, microphone");
    let mb = memory_mb(&host);
    let words = format!("{early_mb:.0} MB at 10 s, {mb:.0} MB at 60 s");
    row("a host waits alone, memory", Bar::AtMost(MEMORY_BAR_MB), (mb, "MB"), &words, "720p camera, microphone");
    leave(host);
}
