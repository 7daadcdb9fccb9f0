// SPDX-License-Identifier: MIT
//! Everybody at once: the sum stays below full scale, and a block costs little.

use super::sim::{buzz, encoder, mono, tone};
use crate::playout::{Gauges, Incoming, Playout, playout};
use crate::words::{PEOPLE_MAX, PeerId};
use std::time::{Duration, Instant};

const BLOCK: usize = 128;

/// So many seconds of so many peers who all say the same; `each` sees every block and what it took.
fn crowd(
    peers: usize,
    seconds: f64,
    source: impl Fn(u64) -> f32,
    mut each: impl FnMut(&[f32], Duration),
) -> (Playout, Gauges) {
    let (mut inbox, mut playout, gauges) = playout();
    let mut encoder = encoder();
    let (mut number, mut out) = (0, [0.0; BLOCK]);
    for block in 0..(seconds * 48_000.0) as u64 / BLOCK as u64 {
        let now = mono(block as f64 * BLOCK as f64 / 48_000.0);
        while (number + 1) * 240 <= block * BLOCK as u64 {
            let sound: Vec<f32> = (0..240).map(|n| source(number * 240 + n)).collect();
            let opus = encoder.encode_vec_float(&sound, 255).expect("a whole frame");
            for peer in PeerId::all().take(peers) {
                inbox.frame(Incoming { peer, link: 1, number, copy: 0, opus: &opus, samples: 240, at: now });
            }
            number += 1;
        }
        let before = Instant::now();
        playout.pull(&mut out, now);
        each(&out, before.elapsed());
    }
    (playout, gauges)
}

#[test]
fn four_who_shout_at_once_stay_below_full_scale() {
    let mut peak = 0.0_f32;
    let loud = |n| 1.6 * tone(n);
    let (_, gauges) = crowd(PEOPLE_MAX, 3.0, loud, |out, _| peak = out.iter().fold(peak, |peak, s| peak.max(s.abs())));
    assert!(peak > 0.9 && peak <= 0.97, "{peak}");
    for peer in PeerId::all() {
        let heard = gauges.read(peer).expect("everybody is heard");
        assert!(heard.frames > 550 && heard.concealed == 0, "{heard:?}");
    }
}

#[test]
fn what_a_block_costs_is_told() {
    for peers in [0, 1, 3] {
        let mut costs = Vec::new();
        crowd(peers, 20.0, buzz, |_, cost| costs.push(cost));
        costs.sort();
        let mean = costs.iter().sum::<Duration>() / costs.len() as u32;
        let (most, of) = (costs[costs.len() - 1], Duration::from_nanos(2_666_667));
        println!(
            "{peers} peers: {mean:?} a block on average, 99 % below {:?}, most {most:?}",
            costs[costs.len() * 99 / 100]
        );
        assert!(mean < of / 4, "a block of {of:?} took {mean:?}");
    }
}
