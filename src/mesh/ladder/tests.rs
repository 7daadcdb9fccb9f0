// SPDX-License-Identifier: MIT
//! The ladder on roads of every kind.

mod world;

use super::need::{self, BOTTOM, Need};
use super::{LEVELS, Ladder, Layers};
use crate::mesh::fragment::chance::{Bursts, Chance};
use crate::mesh::fragment::{PIECE, PIECE_MAX};
use crate::mesh::report::Report;
use crate::words::{CopyDistances, Mono, PeerId};
use world::World;

const SECOND: f64 = 1000.0;

/// One copy of a voice frame, or none.
const COPIES: [CopyDistances; 2] = [[2, 0, 0], [0; 3]];

#[test]
fn things_are_given_up_in_the_order_of_the_document() {
    for pair in LEVELS.windows(2) {
        let (better, worse) = (pair[0], pair[1]);
        assert!(better.bitrate_kbps > worse.bitrate_kbps && better.fps >= worse.fps && better.height >= worse.height);
        assert!(worse.fps == 24 || worse.bitrate_kbps < 300, "bitrate comes before frame rate");
        assert!(worse.height == 480 || worse.fps <= 10, "frame rate comes before resolution");
    }
    let need = Need::new(20);
    for level in 0..BOTTOM {
        assert!(need.kbps(level, 3, [2, 0, 0]) > need.kbps(level + 1, 3, [2, 0, 0]));
        assert!(need::voice_plan(level, [2, 0, 0]).frames_per_packet == 1, "voice is packed last");
        assert_eq!(need::voice_plan(level, [2, 0, 0]).copies == [0; 3], level > LEVELS.len(), "after the picture");
    }
    assert!(need.kbps(BOTTOM, 3, [2, 0, 0]) < 270, "three voices fit into 300 kbit/s");
    assert_eq!(need.fit(0, 3, [2, 0, 0]), BOTTOM);
}

/// The bar: 2 Mbit/s, cut to 300 kbit/s at 20 s, back at 60 s.
#[test]
fn a_cut_uplink_costs_voice_half_a_second_and_pictures_come_back() {
    for (seed, fifo_ms) in [250.0, 500.0, 1000.0].into_iter().cycle().take(12).enumerate() {
        let copies = COPIES[seed % 2];
        let cut = 20.0 * SECOND + 17.0 * seed as f64;
        let mut world = World::new(3, 2000.0, fifo_ms, copies, seed as u64);
        world.run_to(cut);
        let before = world.level();
        assert!(before <= 2, "it began at level {before}");
        world.clear();
        world.set_uplink(300.0);
        world.run_to(cut + 500.0);
        let (shed, reacted) = (world.voice_lost(), world.history()[1].0 - cut);
        assert!(reacted <= 300.0 && world.level() == BOTTOM, "level {} after {reacted} ms", world.level());
        world.run_to(cut + 6.0 * SECOND);
        let (peak_ms, drained_ms) = (world.queue_max_ms(), world.drained_at() - cut);
        assert!(drained_ms < 6.0 * SECOND, "the queue stands for {drained_ms} ms");
        world.run_to(60.0 * SECOND);
        assert!(world.is_narrow());
        assert_eq!(world.voice_lost(), shed, "voice goes on losing");
        assert!(world.falls() <= 5, "it sways at a steady limit: {:?}", world.history());

        world.clear();
        world.set_uplink(2000.0);
        world.run_to(120.0 * SECOND);
        let back = world.history().iter().find(|(_, level)| *level <= before);
        let back_s = back.map_or(f64::MAX, |(at, _)| at / SECOND - 60.0);
        assert!(back_s < 60.0 && world.level() <= before.max(1), "back after {back_s} s: {:?}", world.history());
        let steps = world.history().windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1 - pair[1].1);
        assert!(steps.max() <= Some(if copies == [0; 3] { 2 } else { 1 }), "up by more than a level");
        assert_eq!((world.voice_lost(), world.is_narrow()), (0, world.level() > 0));
        println!(
            "fifo {fifo_ms} ms: answered in {reacted:.0} ms, {shed} frames lost in the first 500 ms and none after, \
             queue {peak_ms:.0} ms, drained in {drained_ms:.0} ms, level {before} again after {back_s:.0} s"
        );
    }
}

#[test]
fn a_steady_limit_makes_it_sway_little() {
    let roads = [(3, 300.0), (3, 450.0), (3, 600.0), (3, 1000.0), (3, 1500.0), (2, 500.0), (1, 150.0), (1, 600.0)];
    for (seed, (peers, kbps)) in roads.into_iter().enumerate() {
        let mut world = World::new(peers, kbps, 500.0, COPIES[seed % 2], seed as u64);
        world.run_to(30.0 * SECOND);
        world.clear();
        world.run_to(90.0 * SECOND);
        let (falls, queue_ms) = (world.falls(), world.queue_max_ms());
        println!(
            "{peers} peers, {kbps} kbit/s: level {}, {falls} falls in 60 s, queue {queue_ms:.0} ms",
            world.level()
        );
        assert!(falls <= 6, "{kbps} kbit/s: {:?}", world.history());
        assert!(world.voice_lost() == 0 && queue_ms < 150.0, "{kbps} kbit/s: {queue_ms} ms");
    }
}

#[test]
fn random_loss_and_jitter_are_no_reason_to_give_anything_up() {
    for seed in 0..3 {
        let mut world = World::new(3, 20_000.0, 500.0, [2, 0, 0], seed);
        for peer in 0..3 {
            world.road(peer).loss = Some(Bursts::new(0.05, 2.0));
            world.road(peer).jitter_ms = 12.0;
        }
        world.run_to(10.0 * SECOND);
        world.clear();
        world.run_to(100.0 * SECOND);
        assert!(world.worst_level() <= 1, "{:?}", world.history());
    }
}

#[test]
fn even_heavy_random_loss_leaves_a_picture() {
    for seed in 0..2 {
        let mut world = World::new(3, 20_000.0, 500.0, [2, 0, 0], seed);
        world.run_to(15.0 * SECOND);
        world.clear();
        (0..3).for_each(|peer| world.road(peer).loss = Some(Bursts::new(0.25, 2.0)));
        world.run_to(60.0 * SECOND);
        assert!(world.worst_level() < LEVELS.len() && world.level() <= 1, "{:?}", world.history());
    }
}

#[test]
fn a_limit_without_a_queue_is_found_by_its_loss() {
    for seed in 0..2 {
        let mut world = World::new(3, 2000.0, 12.0, [2, 0, 0], seed);
        world.run_to(20.0 * SECOND);
        world.set_uplink(300.0);
        world.run_to(22.0 * SECOND);
        assert_eq!(world.level(), BOTTOM, "{:?}", world.history());
        world.clear();
        world.run_to(60.0 * SECOND);
        let lost = world.voice_lost();
        println!("policed: {lost} frames of 22800 lost, {:?}", world.history());
        assert!(lost < 800, "{lost} frames of 22800 lost");
    }
}

#[test]
fn one_bad_road_is_its_own_matter() {
    for (bad, kbps) in [150.0, 300.0, 450.0].into_iter().enumerate() {
        let mut world = World::new(3, 10_000.0, 500.0, [2, 0, 0], bad as u64);
        world.run_to(20.0 * SECOND);
        assert_eq!(world.level(), 0);
        world.clear();
        world.road(bad).kbps = kbps;
        world.run_to(60.0 * SECOND);
        assert!(world.worst_level() <= 1, "the others get worse: {:?}", world.history());
        let well = (0..3).filter(|peer| *peer != bad).all(|peer| world.layers(peer) == Layers::All);
        assert!(well && world.layers(bad) < Layers::All, "{:?}", world.layers(bad));
        world.road(bad).kbps = 10_000.0;
        world.run_to(110.0 * SECOND);
        assert_eq!(world.layers(bad), Layers::All, "it never comes back");
        assert!(world.worst_level() <= 1, "{:?}", world.history());
    }
}

#[test]
fn a_longer_road_is_no_queue() {
    for peers in [1, 3] {
        let mut world = World::new(peers, 10_000.0, 500.0, [2, 0, 0], 1);
        world.run_to(20.0 * SECOND);
        (0..peers).for_each(|peer| world.road(peer).delay_ms = 90.0);
        world.run_to(60.0 * SECOND);
        assert_eq!(world.level(), 0, "{:?}", world.history());
    }
}

#[test]
fn people_come_and_go() {
    let mut ladder = Ladder::new(20, Mono(0));
    assert_eq!((ladder.plan().picture, ladder.wait_until()), (Some(LEVELS[0]), None));
    let peers: Vec<PeerId> = PeerId::all().skip(1).collect();
    ladder.join(peers[0], Mono(0));
    assert_eq!(ladder.plan().picture, Some(LEVELS[0]), "one more fits into any uplink");
    ladder.join(peers[1], Mono(0));
    ladder.join(peers[2], Mono(0));
    let three = ladder.plan();
    assert!(
        three.picture.is_some_and(|order| order.bitrate_kbps < 200) && three.pace_kbps > 0,
        "three begin with what a slow uplink carries"
    );
    ladder.leave(peers[1], Mono(0));
    ladder.leave(peers[2], Mono(0));
    assert_eq!(ladder.plan().picture, Some(LEVELS[0]));
    ladder.leave(peers[0], Mono(0));
    ladder.join(peers[0], Mono(0));
    assert_eq!(ladder.plan().picture, Some(LEVELS[0]));
}

/// Reports that no receiver of ours writes: no panic, and nothing that cannot be followed.
#[test]
fn hostile_reports_do_no_more_than_slow_us_down() {
    let mut chance = Chance(9);
    for _ in 0..200 {
        let mut ladder = Ladder::new(chance.below(500) as usize, Mono(0));
        let mut now = Mono(0);
        for _ in 0..300 {
            now = now.offset(chance.below(200_000_000) as i64);
            let peer = PeerId::new(chance.below(4) as u8).expect("there are four places");
            match chance.below(40) {
                0 => ladder.leave(peer, now),
                1..4 => ladder.join(peer, now),
                4 => ladder.set_copies([(); 3].map(|()| chance.next() as u8)),
                5..9 => ladder.tick(now),
                _ => {
                    let wild: [u8; Report::LEN] = std::array::from_fn(|_| (chance.next() >> chance.below(64)) as u8);
                    ladder.handle(peer, &Report::read(&wild).expect("it is long enough"), now);
                }
            }
            let plan = ladder.plan();
            assert!((1..=2).contains(&plan.voice.frames_per_packet) && plan.pace_kbps < 10_000);
            assert!((PIECE..=PIECE_MAX).contains(&plan.piece));
        }
    }
}
