// SPDX-License-Identifier: MIT
//! Whole calls over real routers: real programs in two homes, one room.

use super::router::Speaks;
use super::weather::{FAIR, Weather};
use super::world::{Machine, OUTSIDE, World, possible};
use crate::support::program::Program;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hyperzoom");
const QUIET: [&str; 5] = ["--json", "--camera", "off", "--mic", "off"];

fn started(mut command: Command, name: &str) -> Program {
    command.args(QUIET).args(["--name", name]).env_remove("HYPERZOOM_LOG").stdin(Stdio::null());
    Program::start(command)
}

fn host_on(machine: &Machine, more: &[&str]) -> Program {
    let mut command = machine.command(PROGRAM);
    command.arg("host").args(more);
    started(command, "host")
}

/// A host on the machine that has an internet address of its own.
fn host_outside(world: &World) -> (Program, String) {
    let mut command = world.outside.command(PROGRAM);
    command.args(["host", "--no-port-mapping"]);
    let mut host = started(command, "host");
    let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
    assert!(invite.starts_with(&OUTSIDE.to_string()), "{invite}");
    (host, invite)
}

fn guest_on(machine: &Machine, invite: &str, name: &str, more: &[&str]) -> Program {
    let mut command = machine.command(PROGRAM);
    command.arg("join").arg(invite).args(more);
    started(command, name)
}

fn await_linked(program: &mut Program, people: usize) {
    let all_there = |event: &Value| {
        let there = event["people"].as_array().map(Vec::as_slice).unwrap_or_default();
        event["event"] == "roster" && there.len() == people && there.iter().all(|p| p["linked"] == true)
    };
    program.await_that(&format!("a roster of {people}, all linked"), all_there);
}

fn leave(program: Program) {
    program.signal(libc::SIGTERM);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
}

fn reached_at(program: &Program, name: &str) -> String {
    let joined = |e: &&Value| e["event"] == "peer-joined" && e["name"] == name;
    let event = program.events.iter().find(joined).unwrap_or_else(|| panic!("no {name} in {:#?}", program.events));
    event["address"].as_str().expect("an address").to_owned()
}

fn two_quiet_homes(machines: u8) -> World {
    let plan =
        [(Ipv4Addr::new(25, 1, 0, 2), machines, Speaks::Nothing), (Ipv4Addr::new(25, 2, 0, 2), 1, Speaks::Nothing)];
    World::new(&plan)
}

#[test]
fn a_call_across_two_routers_opens_their_ports_and_closes_them_again() {
    if !possible() {
        return;
    }
    let world = World::two_homes(Speaks::All);
    world.weather(Weather { delay: Duration::from_millis(10), jitter: Duration::from_millis(5), ..FAIR });
    let mut host = host_on(world.homes[0].machine(), &[]);
    host.await_that("an open port", |e| e["event"] == "port-mapping" && e["state"] == "mapped");
    let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
    assert!(invite.starts_with("25.1.0.2:"), "the address outside comes first: {invite}");
    assert_eq!(world.homes[0].router.mappings().len(), 1);

    let mut guest = guest_on(world.homes[1].machine(), &invite, "guest", &[]);
    let is_mapped = |e: &Value| e["event"] == "port-mapping" && e["state"] == "mapped";
    await_linked(&mut guest, 2);
    await_linked(&mut host, 2);
    if !guest.events.iter().any(is_mapped) {
        guest.await_that("an open port", is_mapped);
    }
    assert_eq!(world.homes[1].router.mappings().len(), 1, "every participant opens a port");
    // Both machines have one clock; 40 ms lie between them, there and back.
    let stats = guest.await_that("clocks", |e| e["event"] == "stats" && e["seconds"].as_f64() > Some(4.0));
    let peer = &stats["peers"][0];
    assert!(peer["rtt_ms"].as_f64().is_some_and(|ms| (39.0..200.0).contains(&ms)), "{peer}");
    assert!(peer["clock_offset_ms"].as_f64().is_some_and(|ms| ms.abs() < 10.0), "{peer}");

    leave(guest);
    host.await_that("the guest's leave", |e| e["event"] == "peer-left" && e["reason"] == "bye");
    assert_eq!(world.homes[1].router.mappings(), [], "closed on the way out");
    leave(host);
    assert_eq!(world.homes[0].router.mappings(), [], "closed on the way out");
}

#[test]
fn guests_behind_ordinary_routers_reach_each_other_without_any_open_port() {
    if !possible() {
        return;
    }
    let world = two_quiet_homes(1);
    let (mut host, invite) = host_outside(&world);
    let mut guests: Vec<Program> = (0..2)
        .map(|n| guest_on(world.homes[n].machine(), &invite, &format!("guest {n}"), &["--no-port-mapping"]))
        .collect();
    guests.iter_mut().for_each(|guest| await_linked(guest, 3));
    await_linked(&mut host, 3);
    assert!(reached_at(&guests[0], "guest 1").starts_with("25.2.0.2:"), "through the other's router");
    assert!(reached_at(&guests[1], "guest 0").starts_with("25.1.0.2:"), "through the other's router");
    guests.into_iter().for_each(leave);
    leave(host);
}

#[test]
fn two_people_behind_one_router_find_each_other_inside() {
    if !possible() {
        return;
    }
    let world = two_quiet_homes(2);
    let (mut host, invite) = host_outside(&world);
    let machines = &world.homes[0].machines;
    let mut guests: Vec<Program> = machines
        .iter()
        .zip(["first", "second"])
        .map(|(machine, name)| guest_on(machine, &invite, name, &["--no-port-mapping"]))
        .collect();
    guests.iter_mut().for_each(|guest| await_linked(guest, 3));
    await_linked(&mut host, 3);
    assert!(reached_at(&guests[0], "second").starts_with("192.168.1.11:"), "not through the router");
    guests.into_iter().for_each(leave);
    leave(host);
}

#[test]
fn a_cable_that_is_out_for_three_seconds_costs_three_seconds() {
    if !possible() {
        return;
    }
    let world = two_quiet_homes(1);
    let (mut host, invite) = host_outside(&world);
    let machine = world.homes[0].machine();
    let mut guest = guest_on(machine, &invite, "guest", &["--no-port-mapping"]);
    await_linked(&mut guest, 2);
    await_linked(&mut host, 2);
    machine.plug(false);
    host.await_event("peer-silent");
    guest.await_that("the word of the lost network", |e| e["kind"] == "network");
    machine.plug(true);
    let back = host.await_event("peer-back");
    let silent_ms = back["silent_ms"].as_u64().expect("a number");
    assert!((1_500..5_000).contains(&silent_ms), "{back}");
    let left = |program: &Program| program.events.iter().any(|e| e["event"] == "peer-left");
    assert!(!left(&host) && !left(&guest), "nobody was given up");
    leave(guest);
    leave(host);
}

#[test]
fn the_figures_of_a_call_tell_the_weather() {
    if !possible() {
        return;
    }
    let world = two_quiet_homes(1);
    let ms = Duration::from_millis;
    world.weather(Weather { delay: ms(15), jitter: ms(5), loss: 0.1, burst: 2.0, ..FAIR });
    let (mut host, invite) = host_outside(&world);
    let mut guest = guest_on(world.homes[0].machine(), &invite, "guest", &["--no-port-mapping"]);
    for program in [&mut guest, &mut host] {
        program.await_that("figures that tell the weather", |event| {
            let peer = &event["peers"][0];
            let figure = |name: &str| peer[name].as_f64().unwrap_or(f64::NAN);
            // All machines of this world have one clock.
            event["event"] == "stats"
                && event["seconds"].as_f64().is_some_and(|seconds| seconds > 4.0)
                && (30.0..60.0).contains(&figure("rtt_ms"))
                && (2.0..25.0).contains(&figure("loss_percent"))
                && figure("clock_offset_ms").abs() < 2.5
                && figure("clock_rate_ppm").is_finite()
        });
    }
    leave(guest);
    leave(host);
}

#[test]
fn a_router_that_dies_in_a_call_is_told_and_the_call_goes_on() {
    if !possible() {
        return;
    }
    let mut world = World::two_homes(Speaks::All);
    let mut host = host_on(world.homes[0].machine(), &[]);
    host.await_that("an open port", |e| e["event"] == "port-mapping" && e["state"] == "mapped");
    let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
    let mut guest = guest_on(world.homes[1].machine(), &invite, "guest", &["--no-port-mapping"]);
    await_linked(&mut guest, 2);
    await_linked(&mut host, 2);
    world.homes[0].router.die(false);
    let since = guest.await_event("stats")["seconds"].as_f64().expect("a number");
    let later = guest.await_that("more of the call", |e| e["seconds"].as_f64() > Some(since + 2.0));
    assert_eq!(later["peers"][0]["silent"], false);
    leave(guest);
    leave(host);
}

#[test]
fn where_no_direct_way_exists_it_is_said_within_ten_seconds() {
    if !possible() {
        return;
    }
    let world = two_quiet_homes(1);
    // Routers that give every stranger another port: what one learns of it is of no use to the other.
    for home in &world.homes {
        home.router
            .namespace
            .nft("insert rule inet home postrouting oifname wan meta l4proto udp masquerade fully-random");
    }
    let (mut host, invite) = host_outside(&world);
    let mut guests: Vec<Program> = (0..2)
        .map(|n| guest_on(world.homes[n].machine(), &invite, &format!("guest {n}"), &["--no-port-mapping"]))
        .collect();
    host.await_that("everybody", |e| e["people"].as_array().is_some_and(|p| p.len() == 3));
    let warned = guests[0].await_that("a sentence", |e| e["event"] == "no-road");
    let sentence = warned["message"].as_str().expect("a text");
    assert!(sentence.contains("no direct way to guest 1"), "{sentence}");
    guests.into_iter().for_each(leave);
    leave(host);
}
