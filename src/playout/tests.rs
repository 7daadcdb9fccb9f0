// SPDX-License-Identifier: MIT
//! The engine in a simulated world: real Opus, a road with loss and jitter, two sound cards with clocks of their own.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod search;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod stalls;

use super::Heard;
use sim::{Road, Sim, tone};

/// What happened between two readings.
fn since(before: &Heard, after: &Heard) -> (u64, u64, u64) {
    (after.frames - before.frames, after.concealed - before.concealed, after.jumps - before.jumps)
}

#[test]
fn on_a_clean_road_the_delay_is_what_the_grid_of_blocks_needs() {
    for samples in [240, 120] {
        for quantum in [64, 128, 256, 1024] {
            let mut sim = Sim::new(1, samples, quantum, Road::CLEAN);
            sim.run(10.0);
            let before = sim.heard();
            sim.run(4.0);
            let (heard, latency_ms) = (sim.heard(), sim.latency_ms());
            println!("frames {samples}, quantum {quantum}: {latency_ms:.2} ms, {heard:?}");
            let (_, concealed, jumps) = since(&before, &heard);
            assert_eq!((concealed, jumps), (0, 0));
            // A block, the sender's grid, the kernel, and half a millisecond of steps and margins.
            let most_ms = (quantum as f64 + 128.0 + 8.0) / 48.0 + 0.5;
            assert!(latency_ms < most_ms, "{latency_ms} of {most_ms}");
        }
    }
}

#[test]
fn loss_and_jitter_are_healed_by_copies_for_little_delay() {
    let clean_ms = mean_latency_ms(&mut Sim::new(2, 240, 128, Road::CLEAN), 10);
    let (mut bad_ms, mut frames, mut concealed, mut recovered) = (0.0, 0, 0, 0);
    for seed in 2..6 {
        let road = Road { loss: 0.05, burst: 2.0, jitter_s: 0.010, copies: vec![2, 3], ..Road::CLEAN };
        let mut sim = Sim::new(seed, 240, 128, road);
        sim.run(5.0);
        let before = sim.heard();
        bad_ms += mean_latency_ms(&mut sim, 25) / 4.0;
        let (played, missed, jumps) = since(&before, &sim.heard());
        println!("{clean_ms:.2} -> {bad_ms:.2} ms, {missed} concealed of {played}, {jumps} jumps");
        (frames, concealed, recovered) = (frames + played, concealed + missed, recovered + sim.heard().recovered);
    }
    assert!((concealed as f64) < 0.01 * frames as f64, "{concealed} of {frames}");
    assert!(bad_ms - clean_ms < 20.0, "{clean_ms} -> {bad_ms}");
    assert!(recovered > 600);
}

/// Lets so many seconds pass, and tells how long sound took in the mean of them.
fn mean_latency_ms(sim: &mut Sim, seconds: usize) -> f64 {
    let each = (0..seconds).map(|_| {
        sim.run(1.0);
        sim.latency_ms()
    });
    each.sum::<f64>() / seconds as f64
}

#[test]
fn a_road_that_was_bad_is_forgiven_within_half_a_minute() {
    let mut sim = Sim::new(9, 240, 128, Road { jitter_s: 0.010, ..Road::CLEAN });
    sim.run(20.0);
    assert!(sim.heard().target_us > 9_000, "{:?}", sim.heard());
    sim.road = Road::CLEAN;
    sim.run(30.0);
    assert!(sim.heard().target_us < 4_000, "{:?}", sim.heard());
}

#[test]
fn a_target_that_moves_makes_no_click() {
    let mut sim = Sim::new(3, 240, 128, Road::CLEAN);
    sim.source = tone;
    sim.bitrate(400_000);
    sim.keep = 2_000_000;
    sim.run(4.0);
    sim.sound.clear();
    for jitter_s in [0.0, 0.008, 0.0, 0.015, 0.0] {
        sim.road.jitter_s = jitter_s;
        sim.run(8.0);
        println!("jitter {jitter_s}: {:?}", sim.heard());
    }
    // A tone's curvature is bounded by its frequency; a step of 2 % of its height would be ten times that.
    let sound: Vec<f32> = sim.sound.iter().map(|(_, sample)| *sample).collect();
    let bend = sound.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs());
    let worst = bend.fold(0.0, f32::max);
    println!("worst bend {worst}");
    assert!(worst < 0.03, "{worst}");
}

#[test]
fn frames_of_another_length_follow_without_a_gap() {
    let mut sim = Sim::new(4, 240, 128, Road::CLEAN);
    sim.source = tone;
    sim.bitrate(400_000);
    sim.keep = 2_000_000;
    sim.run(4.0);
    sim.sound.clear();
    let before = sim.heard();
    for samples in [120, 240, 120, 480, 240] {
        let begun = sim.heard();
        sim.samples = samples;
        sim.run(3.0);
        println!("{samples}: {:?}", sim.heard());
        // A longer frame is ready later, and the first of them later than anybody could know.
        let concealed_most = if samples == 480 { 12 } else { 1 };
        assert!(since(&begun, &sim.heard()).1 <= concealed_most, "{samples}");
    }
    let sound: Vec<f32> = sim.sound.iter().map(|(_, sample)| *sample).collect();
    let worst = sound.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max);
    println!("worst bend {worst}, {:?}", since(&before, &sim.heard()));
    assert!(worst < 0.03, "{worst}");
}

#[test]
fn another_link_begins_another_stream() {
    let mut sim = Sim::new(5, 240, 128, Road::CLEAN);
    sim.run(5.0);
    sim.link = 2;
    sim.restart_numbers();
    sim.run(0.5);
    let heard = sim.heard();
    println!("{heard:?}");
    assert!((90..=110).contains(&heard.frames) && heard.concealed <= 2, "{heard:?}");
    sim.run(8.0);
    assert!(sim.latency_ms() < 6.5, "{}", sim.latency_ms());
}

#[test]
fn blocks_of_changing_length_are_served() {
    let mut sim = Sim::new(6, 240, 128, Road::CLEAN);
    sim.run(5.0);
    for quanta in [vec![1024], vec![128], vec![64, 441, 1024, 1], vec![128]] {
        sim.quanta = quanta.clone();
        sim.run(3.0);
        let before = sim.heard();
        sim.run(3.0);
        let (_, concealed, jumps) = since(&before, &sim.heard());
        println!("{quanta:?}: {:.2} ms {:?}", sim.latency_ms(), sim.heard());
        assert_eq!((concealed, jumps), (0, 0), "{quanta:?}");
    }
    assert!(sim.latency_ms() < 6.0);
}

#[test]
fn a_pull_that_is_woken_late_shakes_nothing() {
    let mut sim = Sim::new(7, 240, 128, Road::CLEAN);
    sim.run(5.0);
    let before = sim.heard();
    sim.late_pull = 0.006;
    sim.run(10.0);
    let (_, concealed, jumps) = since(&before, &sim.heard());
    println!("{:.2} ms {:?}", sim.latency_ms(), sim.heard());
    assert_eq!((concealed, jumps), (0, 0));
}

#[test]
fn an_empty_slot_is_silence_that_came_and_no_loss() {
    let mut sim = Sim::new(8, 240, 128, Road::CLEAN);
    sim.source = tone;
    sim.bitrate(400_000);
    sim.run(6.0);
    let (before, target_us) = (sim.heard(), sim.heard().target_us);
    sim.sound.clear();
    sim.canned = Some(Vec::new());
    sim.run(0.8);
    assert!(sim.sound.iter().rev().take(20_000).all(|(_, sample)| *sample == 0.0));
    sim.canned = None;
    sim.run(0.8);
    let heard = sim.heard();
    assert_eq!((since(&before, &heard).1, heard.target_us), (0, target_us), "{heard:?}");
    let sound: Vec<f32> = sim.sound.iter().map(|(_, sample)| *sample).collect();
    assert!(sound.iter().rev().take(9600).any(|sample| *sample > 0.4), "the voice is back");
    let worst = sound.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max);
    assert!(worst < 0.03, "neither end of it clicks: {worst}");
}

#[test]
fn each_end_may_live_on_a_thread_of_its_own() {
    fn may_move<T: Send>(_: &T) {}
    let (inbox, playout, gauges) = super::playout();
    may_move(&inbox);
    may_move(&playout);
    may_move(&gauges);
}
