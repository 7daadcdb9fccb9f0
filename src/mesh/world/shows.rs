// SPDX-License-Identifier: MIT
//! Pictures and the order in which things are given up.

use super::crowd::full;
use super::{MS, SECOND, World};
use crate::mesh::event::{Event, Input, Status};
use crate::words::Mono;

/// A camera at 24 pictures a second, a key frame each two seconds.
fn film(world: &mut World, at: usize, pictures: u32) {
    for number in 0..pictures {
        let key = number % 48 == 0;
        let bytes = vec![number as u8; if key { 7_000 } else { 700 }];
        world.input(at, Input::Picture { key, layer: (number % 2) as u8, taken: None, bytes: &bytes });
        world.run(1000 * MS / 24);
    }
}

fn seen(world: &World, at: usize) -> (usize, usize) {
    let key = world.count(at, |e| matches!(e, Event::Picture { key: true, .. }));
    (key, world.count(at, |e| matches!(e, Event::Picture { key: false, .. })))
}

#[test]
fn pictures_arrive_whole_and_in_order() {
    let mut world = full(2);
    film(&mut world, 0, 96);
    world.run(SECOND);
    for at in [1, 2] {
        assert_eq!(seen(&world, at), (2, 94));
        let numbers: Vec<u8> = world
            .told(at)
            .into_iter()
            .filter_map(|event| match event {
                Event::Picture { bytes, after_gap, .. } => {
                    assert!(bytes.iter().all(|byte| *byte == bytes[0]) && !after_gap);
                    Some(bytes[0])
                }
                _ => None,
            })
            .collect();
        assert!(numbers.is_sorted());
    }
}

#[test]
fn key_frames_are_mended_when_parts_are_lost() {
    let mut world = full(1);
    world.delay_ns = 20 * MS;
    world.run(SECOND);
    world.loss = 50;
    film(&mut world, 0, 48 * 20);
    world.loss = 0;
    world.run(SECOND);
    let (keys, deltas) = seen(&world, 1);
    assert!(keys >= 19, "{keys}");
    assert!(deltas > 700, "{deltas}");
    let nacks = world.count(0, |e| matches!(e, Event::KeyFrameWanted));
    assert!(nacks <= 5, "{nacks}");
}

#[test]
fn pictures_pause_for_who_is_silent_and_begin_again_with_a_key_frame() {
    let mut world = full(1);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    film(&mut world, 0, 24);
    let guest = world.nodes[1].address;
    world.loses = Box::new(move |from, to, _| from == guest || to == guest);
    film(&mut world, 0, 96);
    let begin = world.nodes[0].sent.len();
    film(&mut world, 0, 12);
    let pictures = world.nodes[0].sent[begin..].iter().filter(|(_, bytes)| matches!(bytes[0] & 0x1f, 2 | 3)).count();
    assert_eq!(pictures, 0, "nothing is sent into the dark");
    world.forget_events();
    world.loses = Box::new(|_, _, _| false);
    world.run(200 * MS);
    assert!(world.count(0, |e| matches!(e, Event::KeyFrameWanted)) >= 1);
    let bytes = [1; 900];
    world.input(0, Input::Picture { key: false, layer: 0, taken: None, bytes: &bytes });
    world.run(200 * MS);
    assert_eq!(seen(&world, 1), (0, 0), "a delta alone is of no use");
    film(&mut world, 0, 24);
    assert_eq!(seen(&world, 1), (1, 23));
}

/// An encoder that is asked while it has nothing to do forgets it.
#[test]
fn a_key_frame_that_was_asked_for_and_did_not_come_is_asked_for_again() {
    let mut world = full(1);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    let asked = |world: &World| world.count(0, |event| matches!(event, Event::KeyFrameWanted));
    let delta = [1; 700];
    let deltas = |world: &mut World, count: u32| {
        for _ in 0..count {
            world.input(0, Input::Picture { key: false, layer: 0, taken: None, bytes: &delta });
            world.run(1000 * MS / 24);
        }
    };
    assert_eq!(asked(&world), 1, "who is new needs one");
    world.run(3 * SECOND);
    assert_eq!(asked(&world), 1, "nothing is asked of a camera that is off");
    deltas(&mut world, 1);
    assert_eq!(asked(&world), 2, "at once when there are pictures");
    deltas(&mut world, 71);
    assert!((4..=5).contains(&asked(&world)), "once a second: {}", asked(&world));
    let before = asked(&world);
    world.input(0, Input::Picture { key: true, layer: 0, taken: None, bytes: &[2; 7_000] });
    world.run(1000 * MS / 24);
    deltas(&mut world, 48);
    assert_eq!((asked(&world), seen(&world, 1)), (before, (1, 48)));
}

#[test]
fn figures_tell_loss_and_delay() {
    let mut world = full(1);
    world.delay_ns = 30 * MS;
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(20 * SECOND);
    world.loss = 100;
    world.forget_events();
    world.run(20 * SECOND);
    let mut lost = Vec::new();
    for event in world.told(0) {
        if let Event::Stats(stats) = event {
            lost.push(stats.loss_percent);
            let delay = stats.delay_ms.expect("there is voice");
            assert!((28.0..33.0).contains(&delay), "{delay}");
            assert!((58.0..62.0).contains(&stats.rtt_ms.expect("there were pings")));
            assert!(stats.jitter_ms < 3.0);
        }
    }
    let mean = lost.iter().sum::<f64>() / lost.len() as f64;
    assert!((7.0..13.0).contains(&mean) && lost.len() >= 19, "{mean} {}", lost.len());
}

#[test]
fn what_somebody_does_with_their_devices_is_seen_at_once() {
    let mut world = full(1);
    let status = Status { muted: true, camera_off: false, recording: true };
    world.input(1, Input::Status(status));
    world.run(10 * MS);
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerStatus { status: seen, .. } if *seen == status)), 1);
}

#[test]
fn everybody_hears_of_the_tone_once_though_half_of_the_datagrams_are_lost() {
    let mut world = full(3);
    world.run(SECOND);
    world.loss = 500;
    // The host opened its call at the first moment of this world.
    let line = world.now.since(Mono(1_000 * Mono::SECOND));
    world.input(0, Input::Tone { session_ns: line + 2 * SECOND });
    world.run(3 * SECOND);
    for at in 1..4 {
        assert_eq!(world.count(at, |e| matches!(e, Event::Tone { session_ns } if *session_ns == line + 2 * SECOND)), 1);
    }
    world.loss = 0;
    world.input(1, Input::Tone { session_ns: line + 8 * SECOND });
    world.run(SECOND);
    let heard: usize = (0..4).map(|at| world.count(at, |e| matches!(e, Event::Tone { .. }))).sum();
    assert_eq!(heard, 3, "a guest's word agrees nothing");
}
