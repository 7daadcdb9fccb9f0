// SPDX-License-Identifier: MIT
//! Which copies are worth their bytes: the engine itself decides, on roads of every kind.

use super::sim::{Road, Sim};

const SECONDS: f64 = 24.0;

/// The engine's delay and the share that it had to conceal, on a road with these copies.
fn outcome(length: u16, loss: f64, burst: f64, jitter_s: f64, copies: &[u64]) -> (f64, f64) {
    let road = Road { loss, burst, jitter_s, copies: copies.to_vec(), ..Road::CLEAN };
    let mut sim = Sim::new(41, length.into(), 128, road);
    sim.keep = 0;
    sim.canned = Some(vec![if length == 120 { 0xe0 } else { 0xe8 }, 0xff, 0xfe]);
    sim.run(4.0);
    let before = sim.heard();
    let mut delay_ms = 0.0;
    for _ in 0..SECONDS as usize {
        sim.run(1.0);
        delay_ms += f64::from(sim.heard().target_us) / 1e3 / SECONDS;
    }
    let (frames, concealed, _) = super::since(&before, &sim.heard());
    (delay_ms, concealed as f64 / (frames + concealed) as f64)
}

/// Distances of one, two and three copies.
fn sets() -> Vec<Vec<u64>> {
    let none = [vec![]];
    let one = (1..=6).map(|a| vec![a]);
    let two = (1..=5).flat_map(|a| (a + 1..=6).map(move |b| vec![a, b]));
    let three = (1..=4).flat_map(|a| (1..=3).flat_map(move |b| (1..=3).map(move |c| vec![a, a + b, a + b + c])));
    none.into_iter().chain(one).chain(two).chain(three).collect()
}

#[test]
#[ignore = "a search that takes minutes, for choosing the table in the mesh"]
fn the_best_copies_for_every_road() {
    for length in [240, 120] {
        for jitter_ms in [0.0, 3.0, 10.0] {
            for burst in [1.0, 2.0, 4.0] {
                for loss in [0.003, 0.01, 0.03, 0.05, 0.15] {
                    for set in sets() {
                        let (delay_ms, concealed) = outcome(length, loss, burst, jitter_ms / 1e3, &set);
                        let percent = concealed * 100.0;
                        println!("RESULT {length} {jitter_ms} {burst} {loss} {set:?} {delay_ms:.2} {percent:.4}");
                    }
                }
            }
        }
    }
}
