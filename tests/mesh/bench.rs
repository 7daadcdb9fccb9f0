// SPDX-License-Identifier: MIT
//! Ten thousand worlds, and the bars measured with more patience.

use super::bars::{cut_uplink, late_key_frames, one_bad_link, percentile};
use super::clock::{MS, SECOND};
use super::clocks::{JITTERS, measured, through_the_mesh};
use super::seeds::live_all;
use super::wire::Loss;

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
fn twenty_thousand_key_frames_through_loss() {
    let (all, late) = late_key_frames(0..40, 500);
    assert!(late * 100 <= all, "{late} of {all}");
}

/// Seeds of the two below; `HYPERZOOM_SEED` is the first.
fn seeds() -> core::ops::Range<u64> {
    let first = std::env::var("HYPERZOOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    first..first + 100
}

#[test]
#[ignore = "long: run by make bench"]
fn a_hundred_uplinks_that_are_cut() {
    let (mut voice, mut slow, mut swayed, mut longest) = (0, 0, 0, 0);
    for seed in seeds() {
        let cut = cut_uplink(seed, 60 * SECOND);
        let back_s = cut.back_s.unwrap_or(u64::MAX);
        longest = longest.max(back_s);
        let bad = [cut.lost != [0; 3], back_s > 60, cut.swayed > 4];
        for (count, bad) in [&mut voice, &mut slow, &mut swayed].into_iter().zip(bad) {
            *count += usize::from(bad);
        }
        println!(
            "seed {seed}: lost {:?}, levels {:?}, back after {back_s} s, then {} changes{}",
            cut.lost,
            cut.levels,
            cut.swayed,
            if bad.contains(&true) { " BAD" } else { "" }
        );
    }
    println!("lost voice in {voice}, slower than a minute in {slow} (at most {longest} s), swayed in {swayed}");
    assert_eq!((voice, slow, swayed), (0, 0, 0));
}

#[test]
#[ignore = "long: run by make bench"]
fn a_hundred_calls_with_one_bad_link() {
    let bad = [(Loss { part: 0.3, burst: 2.0 }, None), (Loss::NONE, Some(50_000))];
    for (loss, narrow) in bad {
        let mut worse = 0;
        for seed in seeds() {
            let (before, worst, changes) = one_bad_link(seed, loss, narrow);
            if before.iter().zip(&worst).any(|(before, worst)| *worst > before + 1) {
                println!("seed {seed}: {before:?}, at worst {worst:?}, {changes} changes");
                worse += 1;
            }
        }
        println!("{worse} of 100 calls in which others lost more than a step to {loss:?}, {narrow:?}");
        assert_eq!(worse, 0);
    }
}
