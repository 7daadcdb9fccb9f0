// SPDX-License-Identifier: MIT
//! The same with millions.

use super::chance;
use super::host::from_a_host;
use super::inside::with_an_insider;
use super::outside::attacked_call;
use super::parsers::all_readers;
use super::pictures::pieces;
use hyperzoom::mesh::random::Random;
use std::time::Instant;

/// Each call starts from numbers of its own.
fn calls(what: &str, count: usize, mut call: impl FnMut(Random)) {
    let (mut random, began) = (chance(what, 1), Instant::now());
    for number in 0..count {
        // Told first, so that it is known which one it was.
        println!("{what}, call {number}, after {:.0} s", began.elapsed().as_secs_f64());
        call(Random::new(random.bytes()));
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn a_million_hostile_datagrams_from_outside() {
    let mut sent = 0;
    calls("strangers", 40, |random| sent += attacked_call(random, 5_000).sent);
    assert!(sent >= 1_000_000, "{sent}");
}

#[test]
#[ignore = "long: run by make bench"]
fn a_million_hostile_datagrams_from_inside() {
    calls("insiders", 20, |random| with_an_insider(random, 40_000));
    calls("hosts", 200, |random| from_a_host(random, 1_000));
}

#[test]
#[ignore = "long: run by make bench"]
fn millions_of_texts_for_every_reader() {
    let mut random = chance("readers", 1);
    let began = Instant::now();
    let tried = all_readers(&mut random, 300);
    let made = pieces(&mut random, 1_000_000);
    println!("{tried:?}, {made} pictures of a million pieces, {:.0} s", began.elapsed().as_secs_f64());
    assert!(tried.given > 2_000_000, "{tried:?}");
}
