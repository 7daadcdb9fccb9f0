// SPDX-License-Identifier: MIT
//! Three and four: the full mesh, places, names, people who come back.

use super::{MS, SECOND, World, address};
use crate::mesh::event::{Event, Input, Left, Over, Refused};
use crate::mesh::header::{Header, Kind};
use crate::mesh::{Admit, HostSettings};
use crate::words::PeerId;

/// A host and so many guests, all linked.
pub fn full(guests: usize) -> World {
    let mut world = World::new();
    for number in 1..=guests {
        world.guest(&format!("guest {number}"));
        world.run(300 * MS);
    }
    assert!(is_full_mesh(&world, guests + 1));
    world
}

pub fn is_full_mesh(world: &World, people: usize) -> bool {
    let living: Vec<usize> = (0..world.nodes.len()).filter(|at| !world.nodes[*at].dead).collect();
    let linked = |at: &usize| world.linked(*at).len() == people - 1 && world.people(*at).len() == people;
    living.iter().filter(|at| world.me(**at).is_some() && !world.nodes[**at].mesh.ended()).all(linked)
}

#[test]
fn four_make_a_full_mesh_and_everybody_hears_everybody() {
    let mut world = full(3);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(SECOND);
    for at in 0..4 {
        let heard = world.nodes[at].voice.iter().filter(|count| **count >= 190).count();
        assert_eq!(heard, 3, "{:?}", world.nodes[at].voice);
    }
    let silent = |e: &Event| matches!(e, Event::PeerSilent { .. } | Event::PeerLeft { .. } | Event::NoRoad { .. });
    world.run(30 * SECOND);
    assert!((0..4).all(|at| world.count(at, silent) == 0));
}

#[test]
fn three_join_at_the_same_moment() {
    let mut world = World::new();
    for number in 1..=3 {
        world.guest(&format!("guest {number}"));
    }
    let took = world.until(SECOND, |w| (0..4).all(|at| w.me(at).is_some()) && is_full_mesh(w, 4));
    assert!(took < 500 * MS, "{took}");
    let mut places: Vec<_> = (0..4).map(|at| world.me(at)).collect();
    places.sort();
    assert_eq!(places, [Some(0), Some(1), Some(2), Some(3)]);
}

#[test]
fn a_fifth_is_refused_and_told_why() {
    let mut world = full(3);
    let fifth = world.guest("one too many");
    world.run(SECOND);
    assert_eq!(world.count(fifth, |e| matches!(e, Event::Refused { why: Refused::Full })), 1);
    assert_eq!(world.count(fifth, |e| matches!(e, Event::Over(Over::Refused(Refused::Full)))), 1);
    assert!(world.nodes[fifth].mesh.ended());
    assert!(world.people(0).len() == 4 && world.linked(0).len() == 3);
}

#[test]
fn a_place_that_was_left_is_given_again() {
    let mut world = full(3);
    world.input(2, Input::Leave);
    world.run(SECOND);
    let next = world.guest("next");
    world.run(SECOND);
    assert_eq!(world.me(next), Some(2));
    assert!(is_full_mesh(&world, 4));
    let newest = world.people(1);
    assert_eq!(newest[2], (2, "next".into()));
}

#[test]
fn what_was_opened_with_the_keys_of_who_left_is_not_said_by_who_came() {
    let mut world = full(3);
    let (place, old) = (PeerId::new(3).expect("a place"), world.nodes[0].mesh.links_made);
    world.input(3, Input::Leave);
    world.run(SECOND);
    let next = world.guest("next");
    world.run(SECOND);
    assert_eq!((world.me(next), world.linked(0)), (Some(3), vec![1, 2, 3]));
    // The receiving thread had opened it before it knew of the new link.
    let bye = Header {
        kind: Kind::Bye,
        participant: 3,
        sequence: 9,
        timestamp_ms: 0,
        payload_len: 16,
        fragment: 0,
        fragments: 0,
    };
    let (from, at) = (address(4), world.now);
    let said = |link| Input::Opened { peer: place, link, from, header: bye, sequence: 9, payload: &[], at };
    world.input(0, said(old));
    world.input(0, Input::Moved { peer: place, link: old, from });
    world.run(SECOND);
    assert_eq!((world.linked(0), world.linked(next)), (vec![1, 2, 3], vec![0, 1, 2]));
    world.input(0, said(world.nodes[0].mesh.links_made));
    assert_eq!(world.linked(0), [1, 2], "the same of the newcomer is heard");
}

#[test]
fn two_living_people_of_one_name_get_a_number() {
    let mut world = World::new();
    world.guest("guest");
    world.run(SECOND);
    let second = world.guest("guest");
    world.run(SECOND);
    assert!(is_full_mesh(&world, 3));
    let names: Vec<String> = world.people(second).into_iter().map(|person| person.1).collect();
    assert_eq!(names, ["host", "guest", "guest 2"]);
}

#[test]
fn who_crashed_takes_their_own_place_again_even_in_a_full_call() {
    let mut world = full(3);
    world.nodes[3].dead = true;
    world.run(300 * MS);
    let again = world.guest("guest 3");
    let took = world.until(2 * SECOND, |w| w.me(again).is_some() && w.linked(again).len() == 3);
    assert!(took < SECOND, "{took}");
    world.run(SECOND);
    assert_eq!(world.me(again), Some(3));
    let names: Vec<String> = world.people(0).into_iter().map(|person| person.1).collect();
    assert_eq!(names, ["host", "guest 1", "guest 2", "guest 3"]);
    for at in 0..3 {
        assert_eq!(world.linked(at).len(), 3);
        assert_eq!(world.count(at, |e| matches!(e, Event::PeerLeft { why: Left::Replaced, .. })), 1);
    }
}

#[test]
fn two_of_one_name_who_crashed_both_find_their_places_in_a_full_call() {
    let mut world = World::new();
    for name in ["guest", "guest", "other"] {
        world.guest(name);
        world.run(SECOND);
    }
    world.nodes[1].dead = true;
    world.nodes[2].dead = true;
    world.run(2 * SECOND);
    let again = [world.guest("guest"), world.guest("guest")];
    world.run(SECOND);
    let mut places = again.map(|at| world.me(at));
    places.sort();
    assert_eq!(places, [Some(1), Some(2)]);
    assert_eq!(world.people(0).len(), 4);
}

#[test]
fn who_crashed_a_while_ago_need_not_wait_for_a_doubt() {
    let mut world = full(1);
    world.nodes[1].dead = true;
    world.run(2 * SECOND);
    let again = world.guest("guest 1");
    let took = world.until(SECOND, |w| w.linked(again) == [0]);
    assert!(took < 50 * MS, "{took}");
    assert_eq!(world.people(0).len(), 2);
}

#[test]
fn a_place_that_was_promised_and_not_taken_becomes_free() {
    let mut world = full(2);
    let host = address(1);
    // The guest's CONFIRM never arrives.
    world.loses = Box::new(move |_, to, bytes| to == host && bytes[0] & 0x1f == 4 && bytes[12] == 5);
    let lost = world.guest("lost");
    world.run(SECOND);
    assert_eq!(world.me(lost), Some(3));
    assert_eq!(world.people(0).len(), 3, "nobody is in before the keys have proved themselves");
    world.nodes[lost].dead = true;
    world.loses = Box::new(|_, _, _| false);
    let fifth = world.guest("fifth");
    world.run(SECOND);
    assert!(world.nodes[fifth].mesh.ended(), "the place is promised");
    world.run(11 * SECOND);
    let next = world.guest("next");
    world.run(SECOND);
    assert_eq!(world.me(next), Some(3));
    assert!(world.linked(next).len() == 3);
}

#[test]
fn who_was_let_in_by_name_comes_back_unasked_after_somebody_else_came() {
    let mut world = World::with(HostSettings { name: "host".into(), key: None, admit: Admit::Ask });
    let knocks = |w: &World| w.count(0, |e| matches!(e, Event::Knocking { .. }));
    let one = world.guest_with("one", None);
    world.run(SECOND);
    world.input(0, Input::Admit { ticket: 1, yes: true });
    world.run(3 * SECOND);
    let home = address(2);
    world.loses = Box::new(move |from, to, _| from == home || to == home);
    world.run(8 * SECOND);
    assert_eq!(world.people(0).len(), 1, "given up");
    let two = world.guest_with("two", None);
    world.run(SECOND);
    world.input(0, Input::Admit { ticket: 2, yes: true });
    world.run(3 * SECOND);
    world.loses = Box::new(|_, _, _| false);
    world.run(15 * SECOND);
    assert_eq!((knocks(&world), world.me(one), world.me(two)), (2, Some(1), Some(2)));
    assert!(is_full_mesh(&world, 3));
}

#[test]
fn the_place_that_was_left_longest_ago_is_given_first() {
    let mut world = full(3);
    for at in [2, 1, 3] {
        world.input(at, Input::Leave);
        world.run(SECOND);
    }
    for place in [2, 1, 3] {
        let next = world.guest(&format!("next {place}"));
        world.run(SECOND);
        assert_eq!(world.me(next), Some(place));
    }
}

#[test]
fn the_host_leaves_and_the_others_go_on() {
    let mut world = full(3);
    world.input(0, Input::Leave);
    world.run(20 * SECOND);
    for at in 1..4 {
        assert_eq!(world.linked(at).len(), 2, "{at}");
        assert!(!world.nodes[at].mesh.ended());
    }
    world.input(1, Input::Leave);
    world.run(SECOND);
    assert_eq!(world.linked(2), [3]);
    world.input(2, Input::Leave);
    world.run(SECOND);
    assert_eq!(world.count(3, |e| matches!(e, Event::Over(Over::Alone))), 1);
}

#[test]
fn the_host_crashes_and_the_others_go_on() {
    let mut world = full(3);
    world.nodes[0].dead = true;
    world.run(30 * SECOND);
    for at in 1..4 {
        assert_eq!(world.linked(at).len(), 2, "{at}");
        let host_lost = |e: &Event| matches!(e, Event::PeerLeft { peer: PeerId::HOST, why: Left::Silent });
        assert_eq!(world.count(at, host_lost), 1);
    }
}
