// SPDX-License-Identifier: MIT
//! Roads that stop, and roads that change.

use super::sim::{Road, Sim, buzz};

/// The road stands from 5.0 to 5.5 s and is then longer by so much. Answers: how long from the first packet to sound,
/// the delay before and two seconds after, in ms.
fn stall(seed: u64, samples: u64, loses: bool, longer_ms: f64) -> (f64, f64, f64) {
    let stalls = vec![(5.0, 5.5, longer_ms / 1e3)];
    let road = Road { delay_s: 0.060, stalls, stall_loses: loses, ..Road::CLEAN };
    let mut sim = Sim::new(seed, samples, 128, road);
    sim.source = buzz;
    sim.keep = 200_000;
    sim.run(4.9);
    let before_ms = sim.latency_ms();
    sim.run(2.6 + longer_ms.max(0.0) / 1e3);
    let first = sim.first_after(5.3);
    let heard_at = sim.sound.iter().find(|(at, sample)| *at > first && sample.abs() > 0.02).map(|(at, _)| *at);
    let silence = sim.sound.iter().filter(|(at, _)| (5.3..5.44).contains(at)).all(|(_, sample)| sample.abs() < 0.001);
    assert!(silence, "half a second is concealed by silence");
    let back_ms = (heard_at.expect("sound again") - first) * 1e3;
    let after_ms = sim.latency_ms() - longer_ms;
    println!(
        "{samples}, loses {loses}, {longer_ms} ms longer: back after {back_ms:.1} ms, {before_ms:.2} -> {after_ms:.2} ms, {:?}",
        sim.heard()
    );
    (back_ms, before_ms, after_ms)
}

#[test]
fn after_a_stall_sound_is_back_at_once_and_in_time() {
    for samples in [240, 120] {
        for loses in [false, true] {
            for longer_ms in [0.0, 40.0, -40.0] {
                let (back_ms, before_ms, after_ms) = stall(11, samples, loses, longer_ms);
                assert!(back_ms < 20.0, "{back_ms} ms");
                assert!((after_ms - before_ms).abs() < 2.5, "{before_ms} -> {after_ms} ms");
            }
        }
    }
}

#[test]
fn a_card_that_stood_still_is_followed_by_the_voice_of_now() {
    let mut sim = Sim::new(12, 240, 128, Road::CLEAN);
    sim.run(5.0);
    let before_ms = sim.latency_ms();
    // Of the same phase to the sender's blocks as before.
    sim.card_stands(114.0 * 128.0 / 48_000.0);
    sim.run(1.0);
    let after_ms = sim.latency_ms();
    println!("{before_ms:.2} -> {after_ms:.2} ms, {:?}", sim.heard());
    assert!((after_ms - before_ms).abs() < 2.5);
    assert_eq!(sim.gauges.dropped(), 0);
}

#[test]
fn who_is_silent_for_long_costs_nothing_and_comes_back() {
    let road = Road { stalls: vec![(5.0, 65.0, 0.0)], stall_loses: true, ..Road::CLEAN };
    let mut sim = Sim::new(13, 240, 128, road);
    sim.source = buzz;
    sim.run(4.0);
    let before_ms = sim.latency_ms();
    sim.run(58.0);
    assert_eq!(sim.gauges.read(super::sim::PEER), None);
    assert!(sim.sound.iter().all(|(_, sample)| *sample == 0.0));
    sim.run(5.0);
    let after_ms = sim.latency_ms();
    println!("{before_ms:.2} -> {after_ms:.2} ms, {:?}", sim.heard());
    assert!((after_ms - before_ms).abs() < 2.5);
}
