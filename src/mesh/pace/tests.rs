// SPDX-License-Identifier: MIT
//! The uplink as a queue, and what waits in it.

use super::{BYTES_MAX, DELTA_AGE_NS, KEY_AGE_NS, PICTURES_MAX, Pacer, RESENDS_MAX};
use crate::mesh::fragment::chance::Chance;
use crate::mesh::ladder::Ladder;
use crate::words::{Mono, PeerId};

/// 550 bytes and the headers below.
const DATAGRAM: usize = 550;

const UPLINK_KBPS: f64 = 1000.0;

fn peer(number: u8) -> PeerId {
    PeerId::new(number).expect("there are four places")
}

fn datagrams(count: usize, tag: u8) -> Vec<(u8, Vec<u8>)> {
    (0..count).map(|id| (id as u8, vec![tag; DATAGRAM])).collect()
}

fn at(ms: f64) -> Mono {
    Mono((ms * 1e6) as u64)
}

fn tags(pacer: &mut Pacer, from_ms: u64, until_ms: u64) -> Vec<u8> {
    (from_ms..until_ms).filter_map(|ms| pacer.next(at(ms as f64))).map(|piece| piece.bytes[0]).collect()
}

/// The pieces' sending times, if each timer is up to `late_ms` late.
fn departures(peers: u8, pieces: usize, pace_kbps: u32, late_ms: f64, chance: &mut Chance) -> Vec<f64> {
    let mut pacer = Pacer::new(pace_kbps);
    for number in 1..=peers {
        pacer.offer(peer(number), 0, true, datagrams(pieces, 0), at(0.0));
    }
    let (mut now, mut sent) = (Mono(0), Vec::new());
    while let Some(until) = pacer.wait_until() {
        now = until.max(now).offset((late_ms * chance.share() * 1e6) as i64);
        sent.extend(std::iter::from_fn(|| pacer.next(now)).map(|_| now.0 as f64 / 1e6));
    }
    sent
}

/// How much longer the slowest voice packet waits than it would without pictures: one uplink, first come, first
/// served, a packet for each peer each 5 ms from `phase_ms` on.
fn voice_delayed_by(pictures: &[f64], peers: u8, phase_ms: f64, voice_bytes: usize) -> f64 {
    let takes = |bytes: usize| bytes as f64 * 8.0 / UPLINK_KBPS;
    let mut arrivals: Vec<(f64, Option<u8>)> = pictures.iter().map(|at| (*at, None)).collect();
    let end = pictures.last().map_or(0.0, |last| last + 50.0);
    for slot in 0..(end / 5.0) as usize {
        arrivals.extend((0..peers).map(|nth| (phase_ms + 5.0 * slot as f64, Some(nth))));
    }
    arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut busy_until, mut worst) = (0.0_f64, 0.0_f64);
    for (arrives, voice) in arrivals {
        let begins = busy_until.max(arrives);
        if let Some(nth) = voice {
            worst = worst.max(begins - arrives - f64::from(nth) * takes(voice_bytes));
        }
        busy_until = begins + takes(if voice.is_some() { voice_bytes } else { DATAGRAM + 28 });
    }
    worst
}

#[test]
fn a_key_frame_never_delays_voice_by_more_than_five_milliseconds() {
    let mut chance = Chance(5);
    for peers in [1, 2, 3] {
        let mut ladder = Ladder::new(22, Mono(0));
        ladder.set_copies([2, 0, 0]);
        PeerId::all().skip(1).take(usize::from(peers)).for_each(|peer| ladder.join(peer, Mono(0)));
        let mut worst = 0.0_f64;
        for pieces in [15, 30, 60] {
            for late_ms in [0.0, 0.3, 2.0] {
                let pictures = departures(peers, pieces, ladder.plan().pace_kbps, late_ms, &mut chance);
                assert_eq!(pictures.len(), pieces * usize::from(peers));
                for phase in 0..100 {
                    let phase_ms = f64::from(phase) * 0.05;
                    worst = worst.max(voice_delayed_by(&pictures, peers, phase_ms, 77 + 28));
                }
            }
        }
        println!("{peers} peers at {} kbit/s: {worst:.2} ms", ladder.plan().pace_kbps);
        assert!(worst > 4.0 && worst <= 5.0, "{peers} peers: voice waits {worst:.2} ms");
    }
}

#[test]
fn resends_go_first() {
    let mut pacer = Pacer::new(1000);
    pacer.offer(peer(1), 0, true, datagrams(3, 1), at(0.0));
    pacer.resend(peer(2), 0, 7, vec![2; DATAGRAM]);
    pacer.resend(peer(1), 0, 8, vec![3; DATAGRAM]);
    assert_eq!(pacer.next(at(0.0)).map(|piece| (piece.fragment, piece.again)), Some((7, true)));
    assert_eq!(pacer.next(at(1.0)), None);
    assert_eq!(tags(&mut pacer, 1, 30), [3, 1, 1, 1]);
}

#[test]
fn what_is_late_is_dropped_whole_and_told() {
    let mut pacer = Pacer::new(0);
    pacer.offer(peer(1), 0, true, datagrams(2, 1), at(0.0));
    pacer.offer(peer(1), 1, false, datagrams(2, 2), at(10.0));
    pacer.offer(peer(2), 0, false, datagrams(2, 3), at(40.0));
    let delta_ms = DELTA_AGE_NS as f64 / 1e6;
    assert_eq!(pacer.wait_until(), Some(at(10.0 + delta_ms)));
    assert_eq!(pacer.next(at(9.0 + delta_ms)), None);
    assert!(!pacer.take_dropped(peer(1)));
    assert_eq!(pacer.next(at(10.0 + delta_ms)), None);
    assert!(pacer.take_dropped(peer(1)) && !pacer.take_dropped(peer(1)) && !pacer.take_dropped(peer(2)));
    pacer.set_rate(1000);
    assert_eq!(tags(&mut pacer, 411, 450), [1, 1, 3, 3]);

    pacer.set_rate(0);
    pacer.offer(peer(1), 2, true, datagrams(2, 4), at(500.0));
    assert_eq!(pacer.next(at(500.0 + KEY_AGE_NS as f64 / 1e6)), None);
    assert_eq!((pacer.wait_until(), pacer.queued_bytes()), (None, 0));
}

#[test]
fn a_key_frame_pushes_out_what_waits_for_the_same_peer() {
    let mut pacer = Pacer::new(1000);
    pacer.offer(peer(1), 0, false, datagrams(3, 1), at(0.0));
    pacer.offer(peer(2), 0, false, datagrams(1, 2), at(0.0));
    assert_eq!(tags(&mut pacer, 0, 1), [1]);
    pacer.resend(peer(1), 0, 0, vec![9; DATAGRAM]);
    pacer.offer(peer(1), 1, true, datagrams(2, 3), at(1.0));
    assert_eq!(tags(&mut pacer, 1, 50), [2, 3, 3]);
    assert!(!pacer.take_dropped(peer(1)));
    pacer.offer(peer(1), 2, false, datagrams(2, 4), at(60.0));
    pacer.forget(peer(1));
    assert_eq!((pacer.next(at(61.0)), pacer.wait_until(), pacer.queued_bytes()), (None, None, 0));
}

#[test]
fn the_queue_stays_bounded_whatever_is_offered() {
    let mut chance = Chance(1);
    let mut pacer = Pacer::new(100);
    for step in 0..5000_u64 {
        let to = peer(1 + chance.below(3) as u8);
        let count = chance.below(256) as usize;
        pacer.offer(to, step, chance.below(40) == 0, datagrams(count, 0), at(step as f64 / 10.0));
        pacer.resend(to, step, 0, vec![0; DATAGRAM]);
        pacer.next(at(step as f64 / 10.0));
        assert!(pacer.queued_bytes() <= BYTES_MAX && pacer.pictures.len() <= PICTURES_MAX);
        assert!(pacer.resends.len() <= RESENDS_MAX);
        assert_eq!(pacer.queued_bytes(), pacer.pictures.iter().map(super::Waiting::bytes).sum::<usize>());
    }
}
