// SPDX-License-Identifier: MIT
//! The long measurements, with their numbers; `make bench` runs them one at a time, in a release build.

mod call;
mod cost;
mod faces;
mod recorder;
#[cfg(feature = "ui")]
mod window;

use crate::crash::ending::{Moment, all_killed_while_finishing};
use crate::crash::killing::{Trial, killed_while_recording};
use crate::pressure::records_beside_spinning_processes;
use crate::support::chance::Chance;
use std::collections::BTreeMap;

/// A stripped program, in bytes.
const PROGRAM_MAX: u64 = 30_000_000;

#[test]
#[ignore = "long: run by make bench"]
fn fifty_kills_while_recording() {
    let mut chance = Chance::seeded("kills while recording");
    let trials: Vec<Trial> = (0..50).map(|number| Trial::new(number, &mut chance)).collect();
    let reports: Vec<_> = trials.chunks(2).flat_map(killed_while_recording).collect();
    reports.iter().for_each(|report| println!("{report}"));
    let missing = || reports.iter().map(|report| report.missing_s);
    let mean = missing().sum::<f64>() / reports.len() as f64;
    println!("{} kills: missing {mean:.3} s on average, {:.3} s at most", reports.len(), missing().fold(0.0, f64::max));
}

#[test]
#[ignore = "long: run by make bench"]
fn fifty_kills_while_finishing() {
    let moments = Moment::some(50, &mut Chance::seeded("kills while finishing"));
    let mut died = BTreeMap::<String, usize>::new();
    all_killed_while_finishing(&moments).into_iter().for_each(|state| *died.entry(state).or_default() += 1);
    println!("50 kills while finishing, all recovered; they died in these states: {died:?}");
}

#[test]
#[ignore = "long: run by make bench"]
fn a_minute_at_1080p_while_every_processor_is_busy() {
    let finished = records_beside_spinning_processes("1920x1080", 60);
    println!("1080p, 60 s, all processors busy: {finished}");
}

#[test]
#[ignore = "long: run by make bench"]
fn masters_of_bent_clocks_lie_on_each_other_for_two_minutes() {
    crate::call_master::clocks::lie_on_each_other_for(120.0);
}

#[test]
#[ignore = "long: run by make bench"]
fn voice_leaves_within_a_hundred_microseconds() {
    let times = crate::voice_path::times(20_000);
    let at = |part: f64| times[(times.len() as f64 * part) as usize];
    println!("frame to three peers: half {:?}, 99 % {:?}, 99.9 % {:?}", at(0.5), at(0.99), at(0.999));
    assert!(at(0.99) < std::time::Duration::from_micros(100), "{:?}", at(0.99));
}

#[test]
#[ignore = "long: run by make bench"]
fn the_program_is_small() {
    let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_hyperzoom")).expect("it was built").len();
    println!("the program has {:.1} MB", bytes as f64 / 1e6);
    if cfg!(not(debug_assertions)) {
        assert!(bytes < PROGRAM_MAX, "{bytes} bytes; {PROGRAM_MAX} are the limit");
    }
}
