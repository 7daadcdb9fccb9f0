// SPDX-License-Identifier: MIT
//! Ten thousand worlds, and the bars measured with more patience.

use super::bars::{late_key_frames, percentile};
use super::clock::{MS, SECOND};
use super::clocks::{JITTERS, measured, through_the_mesh};
use super::seeds::live_all;

/// Worlds that no other test lives through.
const FIRST: u64 = 1_000;
const WORLDS: u64 = 10_000;

#[test]
#[ignore = "long: run by make bench"]
fn ten_thousand_worlds_end_well() {
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = (FIRST + worker..FIRST + WORLDS).step_by(workers as usize);
            scope.spawn(move || live_all("ten thousand worlds, a part", seeds));
        }
    });
}

#[test]
#[ignore = "long: run by make bench"]
fn clocks_of_peers_with_every_kind_of_jitter() {
    for (cadence, quick) in [("one ping a second", SECOND), ("the pings of the mesh", 50 * MS)] {
        for (what, jitter) in JITTERS {
            let (middle, most, rate) = measured(&format!("{cadence}, {what}"), jitter, quick, 0..200);
            assert!(middle < 0.5 && most < 2.0, "{what}");
            assert!(quick == SECOND || rate < 2.0, "{what}: {rate} ppm");
        }
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn the_hosts_clock_through_real_pings() {
    let calls: Vec<_> = (0..60).map(|seed| through_the_mesh(seed, 300)).collect();
    let mut errors: Vec<f64> = calls.iter().flat_map(|(errors, _)| errors.iter().copied()).collect();
    let mut rates: Vec<f64> = calls.iter().map(|(_, rate)| *rate).collect();
    let (middle, most) = (percentile(&mut errors, 50.0), percentile(&mut errors, 99.0));
    let worst = percentile(&mut rates, 100.0);
    println!(
        "through the mesh: offset {middle:.3} ms in the middle, 99 % under {most:.3} ms; rate {worst:.2} ppm at most"
    );
    assert!(middle < 0.5 && most < 2.0 && worst < 2.0);
}

#[test]
#[ignore = "long: run by make bench"]
fn three_thousand_key_frames_through_loss() {
    let (all, late) = late_key_frames(0..8, 400);
    assert!(late * 100 <= all, "{late} of {all}");
}
