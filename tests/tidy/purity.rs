// SPDX-License-Identifier: MIT
//! Engines are pure: time, bytes and decisions come in as arguments and go out as values, so that a test can be
//! the whole world. Their own tests may use what they like.

use super::house::{Fault, House};
use super::paths::{PathUse, paths};
use super::rings::{ENGINES, ring};

/// What begins with one of these touches the machine; what to use instead.
const WORLDLY: [(&[&str], &str); 9] = [
    (&["std::fs"], "use bytes, or Read, Write and Seek handed in"),
    (&["std::net"], "use core::net for plain addresses, and callbacks for sockets"),
    (&["std::thread", "thread::spawn", "thread::sleep"], "use handle and poll, called by a hand"),
    (&["std::env", "std::process"], "use an argument"),
    (&["tokio", "async_std", "smol"], "use handle and poll, called by a hand"),
    (&["gst", "gstreamer", "glib", "gtk", "gio"], "use plain types of crate::words"),
    (&["libc", "nix"], "use a hand: media, net or disk"),
    (&["rand", "getrandom", "fastrand"], "use a seed or bytes handed in"),
    (&["println!", "eprintln!", "print!", "eprint!"], "use a returned value or an Output"),
];

/// Words that are a clock wherever they stand in a path.
const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];

pub fn check(house: &House) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in house.src() {
        let Some(engine) =
            source.module().first().copied().filter(|name| ring(name).is_some_and(|ring| ring <= ENGINES))
        else {
            continue;
        };
        for path in paths(source).into_iter().filter(|path| !source.is_test(path.offset)) {
            if let Some(instead) = worldly(&path) {
                let sentence = format!("the engine {engine} says {}, {instead}", path.written());
                faults.push(Fault::new(&source.path, source.line(path.offset), sentence));
            }
        }
    }
    faults
}

fn worldly(path: &PathUse) -> Option<&'static str> {
    if path.parts.iter().any(|part| CLOCKS.contains(&part.as_str())) {
        return Some("use crate::words::Mono handed in as `now`");
    }
    let last = path.last();
    let touched = |(begins, _): &&(&[&str], &str)| {
        begins.iter().any(|begin| path.begins(begin) || (begin.ends_with('!') && *begin == last))
    };
    WORLDLY.iter().find(touched).map(|(_, instead)| *instead)
}

#[test]
fn a_touch_of_the_machine_is_caught() {
    let bad = [
        "use std::fs::File;",
        "use std::{io, net::UdpSocket};",
        "fn f() { std::thread::sleep(d) }",
        "use std::thread;",
        "use std::time::{Duration, Instant};",
        "use std::time; fn f() { time::SystemTime::now(); }",
        "fn f() { tokio::spawn(x); }",
        "use gst::Buffer;",
        "fn f() -> libc::c_int { 0 }",
        "use rand::Rng;",
        "fn f() { println!() }",
        "fn f() { std::eprintln!() }",
        "fn f() { std::env::var(name) }",
    ];
    for text in bad {
        for path in ["src/words.rs", "src/mp4/scan.rs"] {
            let faults = check(&House::of(&[(path, text)]));
            assert_eq!(faults.len(), 1, "{path}: {text}: {faults:?}");
        }
    }
}

#[test]
fn engines_may_use_values_and_their_tests_anything() {
    let good = [
        (
            "src/mesh.rs",
            "use core::net::SocketAddr; use std::time::Duration; use std::io::Read; // std::fs is not ours",
        ),
        ("src/sync.rs", "fn f() {} #[cfg(test)] mod tests { use std::fs; #[test] fn t() { println!(); } }"),
        ("src/mp4.rs", "#[cfg(test)]\nmod tests;"),
        ("src/mp4/tests.rs", "use std::fs;"),
        ("src/disk.rs", "use std::fs; use std::time::Instant;"),
    ];
    let faults = check(&House::of(&good));
    assert!(faults.is_empty(), "{faults:?}");
    let after = check(&House::of(&[("src/sync.rs", "#[cfg(test)] mod tests { }\nuse std::fs;")]));
    assert_eq!(after.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2]);
}
