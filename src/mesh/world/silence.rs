// SPDX-License-Identifier: MIT
//! Outages: short ones heal by themselves, long ones too, in the end.

use super::crowd::{full, is_full_mesh};
use super::{MS, SECOND, World, address};
use crate::mesh::event::{Event, Input, Left};
use crate::words::{PeerId, SessionLine};

fn cut_off(world: &mut World, at: usize) {
    let who = world.nodes[at].address;
    world.loses = Box::new(move |from, to, _| from == who || to == who);
}

fn heal(world: &mut World) {
    world.loses = Box::new(|_, _, _| false);
}

fn handshakes(world: &World) -> usize {
    let clear = |(_, bytes): &&(_, Vec<u8>)| bytes[0] & 0x1f == 4 && matches!(bytes[12], 1 | 3 | 5);
    world.nodes.iter().map(|node| node.sent.iter().filter(clear).count()).sum()
}

#[test]
fn an_outage_of_almost_five_seconds_heals_without_a_handshake() {
    let mut world = full(3);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(SECOND);
    let before = handshakes(&world);
    cut_off(&mut world, 2);
    world.run(4_900 * MS);
    for at in [0, 1, 3] {
        let silent = |e: &Event| matches!(e, Event::PeerSilent { peer } if peer.number() == 2);
        assert_eq!(world.count(at, silent), 1);
    }
    heal(&mut world);
    world.forget_events();
    world.run(200 * MS);
    for at in [0, 1, 3] {
        let back =
            |e: &Event| matches!(e, Event::PeerBack { peer, silent_ms } if peer.number() == 2 && *silent_ms >= 4_900);
        assert_eq!(world.count(at, back), 1, "{at}");
        assert_eq!(world.count(at, |e| matches!(e, Event::KeyFrameWanted)), 1);
    }
    let back = world.count(2, |e| matches!(e, Event::PeerBack { .. }));
    assert_eq!(back, 3);
    assert_eq!(handshakes(&world), before);
    assert!((0..4).all(|at| world.count(at, |e| matches!(e, Event::PeerLeft { .. })) == 0));
}

#[test]
fn who_is_silent_for_five_seconds_is_gone_everywhere() {
    let mut world = full(3);
    world.nodes[2].dead = true;
    world.run(7_500 * MS);
    for at in [0, 1, 3] {
        let left = |e: &Event| matches!(e, Event::PeerLeft { peer, why: Left::Silent } if peer.number() == 2);
        assert_eq!(world.count(at, left), 1, "{at}");
        assert_eq!(world.people(at).len(), 3, "{at}");
    }
}

#[test]
fn a_guest_comes_back_by_itself_after_a_long_outage() {
    let mut world = full(3);
    cut_off(&mut world, 2);
    world.run(30 * SECOND);
    assert_eq!(world.people(0).len(), 3);
    assert_eq!(world.linked(2), [0_u8; 0]);
    heal(&mut world);
    let took = world.until(5 * SECOND, |w| is_full_mesh(w, 4));
    assert!(took < 4 * SECOND, "{took}");
    assert_eq!(world.people(0)[2].1, "guest 2");
}

#[test]
fn who_was_let_in_by_name_comes_back_without_being_asked_about_again() {
    let mut world = World::new();
    for _ in 0..2 {
        world.guest_with("guest", None);
        world.run(SECOND);
        let asked = world.told(0).into_iter().rev().find_map(|event| match event {
            Event::Knocking { ticket, .. } => Some(*ticket),
            _ => None,
        });
        world.input(0, Input::Admit { ticket: asked.expect("it knocks"), yes: true });
        world.run(SECOND);
    }
    assert_eq!(world.people(0)[2].1, "guest 2");
    cut_off(&mut world, 2);
    world.run(30 * SECOND);
    heal(&mut world);
    let knocked = world.count(0, |e| matches!(e, Event::Knocking { .. }));
    world.until(5 * SECOND, |w| is_full_mesh(w, 3));
    assert_eq!(world.count(0, |e| matches!(e, Event::Knocking { .. })), knocked);
    assert_eq!(world.people(0)[2].1, "guest 2");
}

#[test]
fn nobody_comes_back_as_somebody_else() {
    use crate::mesh::{Admit, HostSettings};
    let mut world = World::with(HostSettings { name: "host".into(), key: None, admit: Admit::Ask });
    for (ticket, name) in [(1, "one"), (2, "two")] {
        world.guest_with(name, None);
        world.run(SECOND);
        world.input(0, Input::Admit { ticket, yes: true });
        world.run(SECOND);
    }
    assert!(is_full_mesh(&world, 3));
    // One says that it is two, and shows the key that it was given itself.
    world.nodes[1].mesh.me.person = world.nodes[2].mesh.me.person;
    cut_off(&mut world, 1);
    world.run(10 * SECOND);
    heal(&mut world);
    world.forget_events();
    let knocks = |w: &World| w.count(0, |e| matches!(e, Event::Knocking { .. })) == 1;
    world.until(10 * SECOND, knocks);
    world.run(20 * SECOND);
    assert!(knocks(&world), "the host is asked about them as about any stranger");
    assert_eq!((world.linked(1), world.people(0)), (vec![], vec![]));
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerLeft { .. })), 0);
}

#[test]
fn two_guests_who_lose_each_other_link_again() {
    let mut world = full(2);
    let (a, b) = (address(2), address(3));
    world.loses = Box::new(move |from, to, _| (from, to) == (a, b) || (from, to) == (b, a));
    world.run(20 * SECOND);
    assert_eq!(world.linked(1), [0]);
    assert_eq!(world.people(0).len(), 3, "the host hears both, so both are in");
    heal(&mut world);
    let took = world.until(5 * SECOND, |w| is_full_mesh(w, 3));
    assert!(took < 3 * SECOND, "{took}");
}

#[test]
fn who_is_heard_by_others_keeps_the_place_and_links_with_the_host_again() {
    let mut world = full(2);
    let (host, guest) = (address(1), address(2));
    world.loses = Box::new(move |from, to, _| (from, to) == (host, guest) || (from, to) == (guest, host));
    world.run(20 * SECOND);
    assert_eq!(world.people(0).len(), 3);
    assert_eq!(world.linked(0), [2]);
    heal(&mut world);
    world.until(5 * SECOND, |w| is_full_mesh(w, 3));
    world.run(10 * SECOND);
    assert!(is_full_mesh(&world, 3));
    assert_eq!(world.count(1, |e| matches!(e, Event::Joined { .. })), 1, "the same place, no second join");
}

#[test]
fn a_road_that_works_one_way_only_is_no_link_and_is_mended() {
    let (host, guest) = (address(1), address(2));
    for lost in [(host, guest), (guest, host)] {
        let mut world = full(1);
        world.loses = Box::new(move |from, to, _| (from, to) == lost);
        world.run(20 * SECOND);
        assert_eq!((world.linked(0), world.linked(1)), (vec![], vec![]));
        heal(&mut world);
        world.until(6 * SECOND, |w| is_full_mesh(w, 2));
        world.run(20 * SECOND);
        assert!(is_full_mesh(&world, 2));
    }
}

#[test]
fn who_comes_back_keeps_the_session_time_that_was_learned() {
    let mut world = full(1);
    world.run(SECOND);
    let learned = SessionLine { at: world.now, session_ns: 77 * SECOND, rate_ppm: 20.0 };
    world.input(1, Input::Session(learned));
    cut_off(&mut world, 1);
    world.run(30 * SECOND);
    heal(&mut world);
    world.forget_events();
    world.until(5 * SECOND, |w| w.linked(1) == [0]);
    let kept = world.told(1).into_iter().find_map(|event| match event {
        Event::Joined { line, .. } => Some(*line),
        _ => None,
    });
    assert_eq!(kept, Some(learned));
}

#[test]
fn two_halves_that_cannot_hear_each_other_become_one_again() {
    let mut world = full(3);
    let half = |who| who == address(1) || who == address(2);
    world.loses = Box::new(move |from, to, _| half(from) != half(to));
    world.run(25 * SECOND);
    assert_eq!(world.linked(2), [3], "those without a host stay together");
    assert_eq!(world.people(0).len(), 2);
    heal(&mut world);
    let took = world.until(20 * SECOND, |w| is_full_mesh(w, 4));
    assert!(took < 6 * SECOND, "{took}");
    world.run(20 * SECOND);
    assert!(is_full_mesh(&world, 4));
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerLeft { peer: PeerId::HOST, .. })), 0);
}

#[test]
fn whose_place_is_taken_on_the_way_back_hears_of_no_refusal_and_comes_in_when_there_is_room() {
    let mut world = full(3);
    cut_off(&mut world, 2);
    world.run(10 * SECOND);
    let newcomer = world.guest("newcomer");
    world.until(5 * SECOND, |w| w.linked(newcomer).len() == 3);
    heal(&mut world);
    world.run(15 * SECOND);
    let over = |e: &Event| matches!(e, Event::Refused { .. } | Event::Over(_));
    assert_eq!((world.count(2, over), world.linked(2).len()), (0, 0));
    world.input(newcomer, Input::Leave);
    world.until(15 * SECOND, |w| [0, 1, 3].iter().all(|at| w.people(*at).len() == 4) && w.linked(2).len() == 3);
}
