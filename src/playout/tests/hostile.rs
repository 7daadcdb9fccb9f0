// SPDX-License-Identifier: MIT
//! Whatever comes in, what goes out is sound.

use super::sim::{Chance, PEER, mono};
use crate::playout::{Incoming, playout};
use crate::words::{Mono, PeerId};

/// Mostly near the last one, sometimes anywhere.
fn stray(chance: &mut Chance, last: u64, near: u64) -> u64 {
    match chance.next() % 100 {
        0 => chance.next(),
        1 => [0, u64::MAX, 1 << 63, (1 << 63) - 1, u64::MAX / 62_500][chance.next() as usize % 5],
        2..10 => last.wrapping_sub(chance.next() % (4 * near)),
        _ => last.wrapping_add(chance.next() % near),
    }
}

#[test]
fn a_million_frames_of_nonsense_give_sound_within_bounds() {
    let seed = 31;
    println!("seed {seed}");
    let mut chance = Chance::new(seed);
    let (mut inbox, mut playout, gauges) = playout();
    let (mut now, mut numbers, mut link) = (mono(0.0).0, [0_u64; 4], 0);
    let mut out = vec![0.0; 8192];
    let mut bytes = [0_u8; 300];
    for _ in 0..1_000_000 {
        let peer = chance.next() as usize % 4;
        numbers[peer] = stray(&mut chance, numbers[peer], 3);
        link = if chance.one_in(5000) { chance.next() as u32 } else { link };
        let len = [0, 1, 2, 20, 40, 255, 256][chance.next() as usize % 7];
        bytes[..len].fill_with(|| chance.next() as u8);
        // Often a frame of the kind that we send, with nonsense inside.
        bytes[0] = if chance.one_in(4) { bytes[0] } else { 0xe8 };
        let samples = [120, 240, 240, 240, 240, 240, 480, 960, 0, 65535][chance.next() as usize % 10];
        let at = Mono(if chance.one_in(20) { stray(&mut chance, now, 1 << 30) } else { now });
        let copy = chance.next() as u8;
        let peer = PeerId::new(peer as u8).expect("one of four");
        inbox.frame(Incoming { peer, link, number: numbers[peer.index()], copy, opus: &bytes[..len], samples, at });
        if chance.one_in(8) {
            let len =
                if chance.one_in(1000) { 1 + chance.next() as usize % 8192 } else { 1 + chance.next() as usize % 256 };
            now = if chance.one_in(2000) {
                stray(&mut chance, now, 1 << 33)
            } else {
                now.wrapping_add(len as u64 * 20_833)
            };
            playout.pull(&mut out[..len], Mono(now));
            assert!(out[..len].iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0));
            gauges.read(PEER);
        }
    }
    assert!(gauges.dropped() > 0);
}
