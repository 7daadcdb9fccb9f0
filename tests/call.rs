// SPDX-License-Identifier: MIT
//! Calls as people open and join them: real programs, real sockets, on this machine's loopback.

use crate::support::program::{Program, command, one_sentence, run};
use serde_json::Value;
use std::net::UdpSocket;
use std::process::Stdio;

/// What keeps a program on this machine's loopback and out of everybody's ears.
const HERE: [&str; 10] =
    ["--json", "--camera", "off", "--mic", "off", "--speaker", "off", "--bind", "127.0.0.1", "--no-port-mapping"];

fn host_with(more: &[&str]) -> (Program, String, String) {
    let mut host = command();
    host.arg("host").args(HERE).args(["--name", "host"]).args(more).stdin(Stdio::piped());
    let mut host = Program::start(host);
    let invite = host.await_event("invite");
    let text = |name: &str| invite[name].as_str().expect("a text").to_owned();
    (host, text("invite"), text("address"))
}

fn guest(invite: &str, name: &str) -> Program {
    let mut guest = command();
    guest.arg("join").arg(invite).args(HERE).args(["--name", name]);
    Program::start(guest)
}

/// Waits until it is in, and answers as whom.
fn joined(guest: &mut Program) -> String {
    let joined = guest.await_event("joined");
    assert!(!guest.events.iter().any(|e| e["event"] == "peer-joined"), "that we are in comes first");
    joined["name"].as_str().expect("a name").to_owned()
}

/// Waits until it hears everybody of these.
fn await_linked(program: &mut Program, names: &[&str]) {
    let all_there = |event: &Value| {
        let people = event["people"].as_array().map(Vec::as_slice).unwrap_or_default();
        event["event"] == "roster"
            && people.len() == names.len()
            && people.iter().all(|p| p["linked"] == true && names.iter().any(|n| p["name"] == *n))
    };
    program.await_that(&format!("a roster of {names:?}, all linked"), all_there);
}

fn leave(program: Program) {
    program.signal(libc::SIGTERM);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.events.last().expect("events")["event"], "left", "{:#?}", ended.events);
}

#[test]
fn four_people_hear_each_other_a_fifth_is_told_why_not_and_who_leaves_is_seen_to_leave() {
    let (mut host, invite, _) = host_with(&[]);
    let names = ["host", "guest", "guest 2", "visitor"];
    let mut guests: Vec<Program> = ["guest", "guest", "visitor"].iter().map(|name| guest(&invite, name)).collect();
    let mut called: Vec<String> = guests.iter_mut().map(joined).collect();
    called.sort();
    assert_eq!(called, ["guest", "guest 2", "visitor"], "two guests of one name can be told apart");
    await_linked(&mut host, &names);
    guests.iter_mut().for_each(|guest| await_linked(guest, &names));

    let fifth = guest(&invite, "fifth").end();
    assert!(fifth.refusal().contains("the call is full"), "{}", fifth.errors);

    let stats = guests[0].await_that("everybody's clock", |event| {
        let peers = event["peers"].as_array().map(Vec::as_slice).unwrap_or_default();
        event["event"] == "stats" && peers.len() == 3 && peers.iter().all(|p| p["clock_offset_ms"].is_number())
    });
    for peer in stats["peers"].as_array().expect("peers") {
        // One machine has one clock, and loopback is fast.
        assert!(peer["clock_offset_ms"].as_f64().expect("a number").abs() < 5.0, "{peer}");
        assert!((0.0..200.0).contains(&peer["rtt_ms"].as_f64().expect("a number")), "{peer}");
    }

    let visitor = guests.pop().expect("three");
    leave(visitor);
    host.await_that("the visitor's leave", |e| e["event"] == "peer-left" && e["name"] == "visitor");
    leave(host);
    for guest in &mut guests {
        guest.await_that("the host's leave", |e| e["event"] == "peer-left" && e["name"] == "host");
        assert!(!guest.events.iter().any(|e| e["event"] == "left"), "the others go on");
    }
    guests.into_iter().for_each(leave);
}

#[test]
fn who_crashed_comes_in_again_under_the_same_name() {
    let (mut host, invite, _) = host_with(&[]);
    let mut first = guest(&invite, "guest");
    joined(&mut first);
    host.await_event("peer-joined");
    first.kill();
    let mut second = guest(&invite, "guest");
    assert_eq!(joined(&mut second), "guest", "the same name, because the one who had it is gone");
    host.await_that("the second one", |e| e["event"] == "peer-joined");
    await_linked(&mut host, &["host", "guest"]);
    leave(second);
    leave(host);
}

#[test]
fn without_the_key_the_host_decides() {
    let (mut host, _, address) = host_with(&["--admit", "ask"]);
    let mut stranger = guest(&address, "stranger");
    stranger.await_event("waiting");
    let knock = host.await_event("knocking");
    assert_eq!(knock["name"], "stranger");
    assert!(!host.events.iter().any(|e| e["event"] == "peer-joined"), "nobody is in before they are let in");
    host.answer(&format!("no {}", knock["ticket"]));
    let refused = stranger.end();
    assert!(refused.refusal().contains("has not let you in"), "{}", refused.errors);

    let mut friend = guest(&address, "friend");
    let knock = host.await_event("knocking");
    host.answer(&format!("yes {}", knock["ticket"]));
    assert_eq!(joined(&mut friend), "friend");
    await_linked(&mut host, &["host", "friend"]);
    leave(friend);
    leave(host);
}

#[test]
fn what_cannot_work_is_told_in_one_sentence() {
    let (host, invite, address) = host_with(&[]);
    // Another key of the right form.
    let (_, key) = invite.split_once('#').expect("a key");
    let other = "0".repeat(key.len());
    let wrong = guest(&format!("{address}#{other}"), "guest").end();
    assert!(wrong.refusal().contains("does not take this invite"), "{}", wrong.errors);

    let port = address.rsplit_once(':').expect("a port").1.to_owned();
    let taken = run(&[&"host", &"--bind", &"127.0.0.1", &"--port", &port]);
    let sentence = one_sentence(taken.status.code(), &String::from_utf8_lossy(&taken.stderr));
    assert!(sentence.contains(&format!("port {port} is in use")), "{sentence}");
    leave(host);

    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let nobody = guest(&format!("127.0.0.1:{free}#{key}"), "guest").end();
    assert!(nobody.refusal().contains("no host answers at"), "{}", nobody.errors);

    for (text, part) in [
        ("nonsense", "address"),
        ("127.0.0.1", "port"),
        ("127.0.0.1:0", "port"),
        ("127.0.0.1:5000#short", "key"),
        ("example.invalid:5000", "address"),
    ] {
        let refused = run(&[&"join", &text, &"--bind", &"127.0.0.1", &"--json"]);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{text}: {words}");
        assert!(words.contains(part), "{text}: {words}");
        let event: serde_json::Value = serde_json::from_slice(&refused.stdout).expect("one object for programs");
        assert!(event["event"] == "error" && event["message"].as_str().is_some_and(|m| m.contains(part)), "{event}");
    }
}
