// SPDX-License-Identifier: MIT
//! Pictures through a road that does anything.

mod road;

use super::{AGE_NS, Assembled, Assembler, Assembly, BYTES_MAX, Fragment, PICTURES_MAX};
use crate::mesh::fragment::chance::{Bursts, Chance};
use crate::mesh::fragment::{PIECE, split};
use crate::words::Mono;
use road::Road;
use std::collections::BTreeMap;

fn ms(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

/// A picture whose bytes tell whose they are.
fn picture(sequence: u64, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at as u64 * 31 + sequence * 7) as u8).collect()
}

fn give(assembler: &mut Assembler, sequence: u64, key: bool, bytes: &[u8], which: impl Fn(u8) -> bool, now: Mono) {
    for (fragment, fragments, payload) in split(bytes, PIECE).expect("it can travel").filter(|piece| which(piece.0)) {
        let timestamp_ms = sequence as u32 * 40;
        assembler.handle(&Fragment { sequence, key, fragment, fragments, timestamp_ms, payload }, now);
    }
}

fn drain(assembler: &mut Assembler, now: Mono) -> Vec<Assembly> {
    std::iter::from_fn(|| assembler.poll(now)).take(1000).collect()
}

fn whole(sequence: u64, key: bool, after_gap: bool, len: usize) -> Assembly {
    let timestamp_ms = sequence as u32 * 40;
    Assembly::Picture(Assembled { sequence, key, timestamp_ms, after_gap, bytes: picture(sequence, len) })
}

#[test]
fn a_delta_waits_for_its_key_frame_and_no_longer() {
    let mut assembler = Assembler::new();
    give(&mut assembler, 0, true, &picture(0, 8000), |id| id != 0, ms(0));
    give(&mut assembler, 1, false, &picture(1, 900), |_| true, ms(4));
    assert_eq!(drain(&mut assembler, ms(4)), []);
    give(&mut assembler, 0, true, &picture(0, 8000), |id| id == 0, ms(90));
    let out: Vec<_> = drain(&mut assembler, ms(90));
    assert_eq!(out, [whole(0, true, false, 8000), whole(1, false, false, 900)]);

    give(&mut assembler, 2, true, &picture(2, 8000), |id| id != 3, ms(100));
    give(&mut assembler, 3, false, &picture(3, 900), |_| true, ms(105));
    let mut lost = None;
    for now in 105..3000 {
        for out in drain(&mut assembler, ms(now)) {
            match out {
                Assembly::Ask(nack) => assert_eq!(nack.missing.iter().collect::<Vec<_>>(), [3]),
                Assembly::Lost { sequence: 2, key: true } => lost = Some(now),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(lost.is_some_and(|at| (300..500).contains(&at)), "{lost:?}");
    give(&mut assembler, 4, true, &picture(4, 100), |_| true, ms(3000));
    assert_eq!(drain(&mut assembler, ms(3000)), [whole(4, true, true, 100)], "2 and 3 were not shown");
}

#[test]
fn a_delta_of_no_use_does_not_cost_the_key_frame_that_it_overtook() {
    for begun in [false, true] {
        let mut assembler = Assembler::new();
        if begun {
            give(&mut assembler, 0, true, &picture(0, 8000), |id| id != 3, ms(0));
            assert!(
                (1..2000)
                    .flat_map(|now| drain(&mut assembler, ms(now)))
                    .any(|out| { out == Assembly::Lost { sequence: 0, key: true } })
            );
        }
        // One whole, one with a hole: both have gone before the first piece of the key frame comes.
        give(&mut assembler, 3, false, &picture(3, 900), |_| true, ms(2000));
        give(&mut assembler, 4, false, &picture(4, 900), |id| id == 0, ms(2001));
        (2001..2300).for_each(|now| drain(&mut assembler, ms(now)).clear());
        assert_eq!((assembler.pictures.len(), assembler.bytes), (0, 0));
        give(&mut assembler, 2, true, &picture(2, 8000), |_| true, ms(2300));
        give(&mut assembler, 5, false, &picture(5, 900), |_| true, ms(2301));
        let out: Vec<_> = (2300..2400).flat_map(|now| drain(&mut assembler, ms(now))).collect();
        assert_eq!(out, [whole(2, true, true, 8000), whole(5, false, true, 900)], "begun {begun}");
    }
}

#[test]
fn a_delta_with_a_hole_or_one_that_never_came_stops_nobody() {
    let mut assembler = Assembler::new();
    give(&mut assembler, 10, true, &picture(10, 100), |_| true, ms(0));
    assert_eq!(drain(&mut assembler, ms(0)), [whole(10, true, true, 100)]);
    give(&mut assembler, 11, false, &picture(11, 1500), |id| id != 1, ms(10));
    give(&mut assembler, 13, false, &picture(13, 500), |_| true, ms(52));
    assert_eq!(drain(&mut assembler, ms(52)), [Assembly::Lost { sequence: 11, key: false }]);
    assert_eq!(assembler.wait_until(), Some(ms(72)));
    assert_eq!(drain(&mut assembler, ms(71)), []);
    assert_eq!(drain(&mut assembler, ms(72)), [whole(13, false, true, 500)]);
    assert_eq!(assembler.wait_until(), None);
    give(&mut assembler, 12, false, &picture(12, 500), |_| true, ms(73));
    assert_eq!(drain(&mut assembler, ms(73)), []);
}

#[test]
fn a_whole_key_frame_makes_what_came_before_pointless() {
    let mut assembler = Assembler::new();
    give(&mut assembler, 0, true, &picture(0, 8000), |id| id > 7, ms(0));
    give(&mut assembler, 1, false, &picture(1, 400), |_| true, ms(5));
    give(&mut assembler, 7, true, &picture(7, 8000), |_| true, ms(50));
    assert_eq!(drain(&mut assembler, ms(50)), [whole(7, true, true, 8000)]);
    assert_eq!((assembler.pictures.len(), assembler.bytes), (0, 0));
}

/// Any order, duplicates, losses: what comes out is what went in, in order, and asked for at most twice.
#[test]
fn what_comes_out_is_what_went_in_whatever_the_road_does() {
    for seed in 0..300 {
        let mut chance = Chance(seed);
        let loss = [0.0, 0.02, 0.2, 0.6][seed as usize % 4];
        let spread_ms = [4, 30, 300][seed as usize % 3];
        let mut arrivals: Vec<(u64, u64, bool, u8)> = Vec::new();
        let mut sizes = BTreeMap::new();
        for sequence in 0..80 {
            let key = sequence % 20 == 0;
            let len = 1 + chance.below(if key { 20_000 } else { 3000 }) as usize;
            sizes.insert(sequence, len);
            for id in 0..len.div_ceil(PIECE) as u8 {
                for _ in 0..1 + u64::from(chance.share() < 0.1) {
                    if chance.share() >= loss {
                        arrivals.push((sequence * 40 + chance.below(spread_ms), sequence, key, id));
                    }
                }
            }
        }
        arrivals.sort();
        let mut assembler = Assembler::new();
        let (mut last, mut shown, mut lost, mut asks) = (None, 0, 0, BTreeMap::new());
        let mut next = arrivals.iter().peekable();
        for now in 0..6000 {
            while let Some((_, sequence, key, id)) = next.next_if(|arrival| arrival.0 <= now) {
                give(&mut assembler, *sequence, *key, &picture(*sequence, sizes[sequence]), |i| i == *id, ms(now));
            }
            for out in drain(&mut assembler, ms(now)) {
                match out {
                    Assembly::Picture(picture) => {
                        let sequence = picture.sequence;
                        assert!(Some(sequence) > last, "seed {seed}: {sequence} after {last:?}");
                        last = Some(sequence);
                        let same = whole(sequence, sequence % 20 == 0, picture.after_gap, sizes[&sequence]);
                        assert!(Assembly::Picture(picture) == same, "seed {seed}: {sequence} is another");
                        shown += 1;
                    }
                    Assembly::Ask(nack) => {
                        assert_eq!(nack.sequence % 20, 0, "only key frames are asked for");
                        for id in nack.missing.iter() {
                            *asks.entry((nack.sequence, nack.round, id)).or_insert(0) += 1;
                        }
                    }
                    Assembly::Lost { .. } => lost += 1,
                }
            }
            assert!(assembler.bytes <= BYTES_MAX && assembler.pictures.len() <= PICTURES_MAX);
        }
        assert!(asks.iter().all(|((_, round, _), count)| *round <= 2 && *count <= 2), "seed {seed}: {asks:?}");
        assert!(assembler.pictures.is_empty() && assembler.bytes == 0 && assembler.wait_until().is_none());
        if loss == 0.0 && spread_ms == 4 {
            assert_eq!((shown, lost, asks.len()), (80, 0, 0), "seed {seed}");
        }
    }
}

/// Headers that no sender of ours writes: nothing panics, nothing grows.
#[test]
fn hostile_fragments_cost_little() {
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let mut assembler = Assembler::new();
        let mut now = Mono(0);
        let payload = [7; 2000];
        for _ in 0..20_000 {
            now = now.offset(chance.below(3_000_000) as i64);
            let sequence = match chance.below(6) {
                0 => chance.next(),
                1 => u64::MAX - chance.below(3),
                2 => assembler.next.saturating_add(chance.below(70_000)),
                _ => assembler.next.saturating_add(chance.below(4)),
            };
            let sequence = if seed % 2 == 0 { sequence } else { sequence % 1_000_000 };
            let fragment = Fragment {
                sequence,
                key: chance.below(3) == 0,
                fragment: chance.next() as u8 >> chance.below(8),
                fragments: chance.next() as u8 >> chance.below(8),
                timestamp_ms: chance.next() as u32,
                payload: &payload[..chance.below(2000) as usize >> chance.below(11)],
            };
            assembler.handle(&fragment, now);
            let mut outs = 0;
            while assembler.poll(now).is_some() {
                outs += 1;
                assert!(outs < 3 * PICTURES_MAX, "it never ends");
            }
            assert!(assembler.bytes <= BYTES_MAX && assembler.pictures.len() <= PICTURES_MAX);
            assert!(assembler.wait_until().is_none_or(|until| until > now), "it would be woken for nothing");
        }
        let late = now.offset(2 * AGE_NS);
        drain(&mut assembler, late);
        assert_eq!((assembler.pictures.len(), assembler.bytes), (0, 0));
    }
}

/// The bar: 5 % loss in bursts of 2, both ways, key frames of 15 datagrams, RTT 20 to 100 ms: whole no later than two
/// round trips after the pacer has put each datagram on the wire once. That moment is measured; nothing is allowed for
/// what is sent again after it.
#[test]
fn key_frames_get_through_a_road_that_loses_in_bursts() {
    const FRAMES: usize = 20_000;
    const RTTS_MS: [u64; 5] = [20, 40, 60, 80, 100];
    let (mut late, mut never, mut at_once) = ([0; RTTS_MS.len()], 0, 0);
    let mut chance = Chance(2026);
    let mut road = Road::new(Bursts::new(0.05, 2.0), Bursts::new(0.05, 2.0));
    for frame in 0..FRAMES {
        let rtt_ms = RTTS_MS[frame % RTTS_MS.len()];
        let trip = road.send_key_frame(15, rtt_ms, &mut chance);
        at_once += usize::from(trip.again == 0 && trip.whole_ms.is_some());
        let in_time = |whole_ms: f64| whole_ms <= trip.paced_ms + 2.0 * rtt_ms as f64;
        late[frame % RTTS_MS.len()] += usize::from(!trip.whole_ms.is_some_and(in_time));
        never += usize::from(trip.whole_ms.is_none());
    }
    println!("whole at once {at_once} of {FRAMES}, late {late:?} of {} each, never {never}", FRAMES / RTTS_MS.len());
    assert!(at_once < FRAMES * 2 / 3, "the road loses too little to show anything");
    assert!(late.iter().sum::<usize>() * 100 <= FRAMES && never * 1000 <= FRAMES, "late {late:?}, never {never}");
}
