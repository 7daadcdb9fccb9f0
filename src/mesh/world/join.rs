// SPDX-License-Identifier: MIT
//! One host, one guest: the thinnest call.

use super::{MS, SECOND, World};
use crate::mesh::event::{Event, Input, Left, Over};
use crate::mesh::random::Random;
use crate::words::PeerId;

fn is_joined(event: &Event) -> bool {
    matches!(event, Event::Joined { .. })
}

#[test]
fn host_and_guest_find_each_other_and_hear_each_other() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.nodes[0].speaks = true;
    world.nodes[guest].speaks = true;
    let took = world.until(SECOND, |w| w.nodes[0].voice[1] > 0 && w.nodes[1].voice[0] > 0);
    assert!(took < 50 * MS, "{took}");
    assert_eq!(world.me(guest), Some(1));
    assert_eq!(world.linked(0), [1]);
    assert_eq!(world.linked(guest), [0]);
    world.run(SECOND);
    let everybody = [(0, "host".to_string()), (1, "guest".to_string())];
    assert_eq!(world.people(0), everybody);
    assert_eq!(world.people(guest), everybody);
    assert_eq!(world.count(guest, is_joined), 1);
}

#[test]
fn first_that_we_are_in_then_who_is_and_then_whom_we_hear() {
    for seed in 0..12 {
        let mut world = World::new();
        world.random = Random::new([seed; 32]);
        world.loss = 350;
        (1..=3).for_each(|number| _ = world.guest(&format!("guest {number}")));
        world.run(8 * SECOND);
        for at in 1..=3 {
            let told = world.told(at).into_iter();
            let order =
                told.filter(|e| matches!(e, Event::RosterChanged { .. } | Event::PeerJoined { .. }) || is_joined(e));
            let mut order = order.skip_while(|e| !is_joined(e)).skip(1);
            assert!(matches!(order.next(), Some(Event::RosterChanged { .. })), "seed {seed}");
            let joined = world.told(at).into_iter().position(is_joined);
            let linked = world.told(at).into_iter().position(|e| matches!(e, Event::PeerJoined { .. }));
            assert!(joined < linked && joined.is_some(), "seed {seed}: {joined:?} {linked:?}");
        }
    }
}

#[test]
fn clocks_are_asked_eight_times_at_once_then_often_and_after_a_minute_each_second() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.until(SECOND, |w| w.count(1, is_joined) == 1);
    world.run(180 * MS);
    let samples = |w: &World, at| w.count(at, |e| matches!(e, Event::TimeSample { .. }));
    assert_eq!(samples(&world, guest), 8);
    world.run(10 * SECOND);
    assert_eq!(samples(&world, guest), 208);
    assert_eq!(samples(&world, 0), 208);
    world.run(60 * SECOND);
    let before = samples(&world, guest);
    world.run(10 * SECOND);
    assert_eq!(samples(&world, guest), before + 10);
    let times = world.told(guest).into_iter().find_map(|event| match event {
        Event::TimeSample { t1, t2, t3, t4, .. } => Some((t2.since(*t1), t3.since(*t2), t4.since(*t3))),
        _ => None,
    });
    assert_eq!(times, Some((MS, 0, MS)));
}

#[test]
fn a_quiet_call_stays_up_by_heartbeats() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.run(60 * SECOND);
    assert_eq!(world.linked(guest), [0]);
    assert_eq!(world.count(guest, |e| matches!(e, Event::PeerSilent { .. } | Event::PeerLeft { .. })), 0);
    let stats = world.count(guest, |e| matches!(e, Event::Stats(stats) if stats.rtt_ms == Some(2.0)));
    assert!((58..=60).contains(&stats), "{stats}");
}

#[test]
fn bye_is_said_three_times_and_ends_it_at_once() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.run(SECOND);
    world.input(guest, Input::Leave);
    world.run(2 * MS);
    assert_eq!(world.linked(0), [0_u8; 0]);
    assert_eq!(world.people(0).len(), 1);
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerLeft { why: Left::Bye, .. })), 1);
    world.run(200 * MS);
    assert!(world.nodes[guest].mesh.ended());
    assert_eq!(world.count(guest, |e| matches!(e, Event::Over(Over::Left))), 1);
    let byes = world.nodes[guest].sent.iter().filter(|(_, bytes)| bytes[0] & 0x1f == 5).count();
    assert_eq!(byes, 3);
    let sent = world.nodes[guest].sent.len();
    world.run(10 * SECOND);
    assert_eq!(world.nodes[guest].sent.len(), sent, "nothing more is sent");
}

#[test]
fn the_host_leaves_and_the_only_guest_is_told_that_it_is_over() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.run(SECOND);
    world.input(0, Input::Leave);
    world.run(200 * MS);
    assert!(world.nodes[0].mesh.ended() && world.nodes[guest].mesh.ended());
    let host_left = |e: &Event| matches!(e, Event::PeerLeft { peer: PeerId::HOST, why: Left::Bye });
    assert_eq!(world.count(guest, host_left), 1);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Over(Over::Alone))), 1);
}

#[test]
fn a_fifth_of_all_datagrams_may_be_lost() {
    let mut world = World::new();
    world.loss = 200;
    let guest = world.guest("guest");
    world.until(5 * SECOND, |w| w.linked(0) == [1] && w.linked(1) == [0]);
    world.run(60 * SECOND);
    assert_eq!(world.linked(guest), [0]);
    assert_eq!(world.people(guest).len(), 2);
}

#[test]
fn session_time_is_the_hosts() {
    let mut world = World::new();
    world.run(90 * SECOND);
    let guest = world.guest("guest");
    world.run(SECOND);
    let line = world.told(guest).into_iter().find_map(|event| match event {
        Event::Joined { line, .. } => Some(*line),
        _ => None,
    });
    let session_ns = line.expect("it is in").session_ns(world.now);
    assert!((session_ns - 91 * SECOND).abs() < 10 * MS, "{session_ns}");
}
