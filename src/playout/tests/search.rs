// SPDX-License-Identifier: MIT
//! Which copies are worth their bytes: the engine itself decides, on roads of every kind.

use super::sim::{Road, Sim};

const SECONDS: f64 = 40.0;

/// The engine's delay and the share that it had to conceal, on a road with these copies.
fn outcome(loss: f64, burst: f64, jitter_s: f64, copies: &[u64]) -> (f64, f64) {
    let road = Road { loss, burst, jitter_s, copies: copies.to_vec(), ..Road::CLEAN };
    let mut sim = Sim::new(41, 240, 128, road);
    sim.keep = 0;
    sim.canned = Some(vec![0xe8, 0xff, 0xfe]);
    sim.run(8.0);
    let before = sim.heard();
    let mut delay_ms = 0.0;
    for _ in 0..SECONDS as usize {
        sim.run(1.0);
        delay_ms += f64::from(sim.heard().target_us) / 1e3 / SECONDS;
    }
    let (frames, concealed, _) = super::since(&before, &sim.heard());
    (delay_ms, concealed as f64 / (frames + concealed) as f64)
}

/// Sets of up to `most` distances.
fn sets(most: usize) -> Vec<Vec<u64>> {
    let mut sets: Vec<Vec<u64>> = vec![vec![]];
    let mut from = 0;
    for size in 1..=most {
        let reach = if size == 3 { 6 } else { 8 };
        let to = sets.len();
        for index in from..to {
            let set = sets[index].clone();
            let first = set.last().map_or(1, |last| last + 1);
            sets.extend((first..=reach).filter(|_| size < 3 || set.last() <= Some(&5)).map(|next| [&set[..], &[next]].concat()));
        }
        from = to;
    }
    sets
}

#[test]
#[ignore = "a search that takes minutes, for choosing the table in the mesh"]
fn the_best_copies_for_every_road() {
    for jitter_ms in [0.0, 3.0, 10.0] {
        for burst in [1.0, 2.0, 4.0] {
            for loss in [0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2] {
                for set in sets(3) {
                    let (delay_ms, concealed) = outcome(loss, burst, jitter_ms / 1e3, &set);
                    println!("RESULT {jitter_ms} {burst} {loss} {set:?} {delay_ms:.2} {:.4}", concealed * 100.0);
                }
            }
        }
    }
}
