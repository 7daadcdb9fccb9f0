// SPDX-License-Identifier: MIT
//! Roads: people who move, addresses that lead nowhere, two routers that have to be opened at once.

use super::crowd::{full, is_full_mesh};
use super::{MS, SECOND, World, address};
use crate::mesh::event::{Event, Input, NoRoad};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

#[test]
fn who_moves_is_followed_within_a_round_trip_or_two() {
    let mut world = full(2);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(SECOND);
    let new = SocketAddr::new([198, 51, 100, 9].into(), 6000);
    world.nodes[1].address = new;
    world.run(60 * MS);
    for at in [0, 2] {
        let moved = |e: &Event| matches!(e, Event::PeerMoved { address, .. } if *address == new);
        assert_eq!(world.count(at, moved), 1, "{at}");
    }
    let before = world.nodes[1].voice;
    world.run(SECOND);
    assert!((190..=201).contains(&(world.nodes[1].voice[0] - before[0])));
    assert!(is_full_mesh(&world, 3));
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerSilent { .. })), 0);
}

#[test]
fn many_addresses_beside_the_homes_are_said_once_and_not_each_second() {
    for many in [5_u8, 6, 7, 8] {
        let mut world = World::new();
        let guest = world.guest("guest");
        // From inside the host's home: the roster tells the home's address too.
        world.nodes[guest].address = "192.168.1.7:5002".parse().expect("an address");
        let own: Vec<SocketAddr> = (0..many).map(|net| SocketAddr::new([10, 0, net, 7].into(), 5002)).collect();
        world.input(guest, Input::Candidates(own));
        world.run(10 * SECOND);
        assert_eq!(world.linked(guest), [0]);
        let told = |w: &World| w.nodes[guest].mesh.me.told;
        let before = told(&world);
        world.run(10 * SECOND);
        assert_eq!(told(&world), before, "{many} addresses");
    }
}

#[test]
fn a_datagram_sent_on_from_elsewhere_moves_nobody() {
    let mut world = full(1);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(SECOND);
    let (host, guest, thief) = (address(1), address(2), address(66));
    // Somebody on the way takes some voice of the guest and sends it on from their own address.
    let stolen = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let taken = stolen.clone();
    world.loses = Box::new(move |from, to, bytes| {
        let takes = (from, to) == (guest, host) && bytes[0] & 0x1f == 1 && bytes[3] % 7 == 0;
        if takes {
            taken.borrow_mut().push(bytes.to_vec());
        }
        takes
    });
    for _ in 0..100 {
        world.run(20 * MS);
        let stolen: Vec<Vec<u8>> = stolen.borrow_mut().drain(..).collect();
        stolen.into_iter().for_each(|bytes| world.put(thief, host, bytes));
    }
    assert_eq!(world.count(0, |e| matches!(e, Event::PeerMoved { .. })), 0);
    let to_thief: Vec<usize> =
        world.nodes[0].sent.iter().filter(|(to, _)| *to == thief).map(|(_, bytes)| bytes.len()).collect();
    assert!(!to_thief.is_empty() && to_thief.len() <= 40 && to_thief.iter().all(|len| *len < 60), "{to_thief:?}");
}

#[test]
fn a_copied_confirm_that_comes_first_from_elsewhere_leads_nowhere() {
    use std::{cell::RefCell, rc::Rc};
    let mut world = full(1);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    let (one, two, thief) = (address(2), address(3), address(66));
    let stolen: Rc<RefCell<Option<Vec<u8>>>> = Rc::default();
    let taken = stolen.clone();
    world.loses = Box::new(move |from, to, bytes| {
        let takes = (from, to) == (two, one) && bytes.get(12) == Some(&5) && taken.borrow().is_none();
        if takes {
            *taken.borrow_mut() = Some(bytes.to_vec());
        }
        takes
    });
    world.guest("two");
    world.until(SECOND, |_| stolen.borrow().is_some());
    let copy = stolen.borrow().clone().expect("it was taken");
    let len = copy.len();
    world.put(thief, one, copy);
    world.run(SECOND);
    let to_thief: Vec<usize> =
        world.nodes[1].sent.iter().filter(|(to, _)| *to == thief).map(|(_, bytes)| bytes.len()).collect();
    assert!(to_thief.len() == 1 && to_thief[0] < len, "a question and no more: {to_thief:?}");
    assert!(is_full_mesh(&world, 3));
    assert_eq!(world.count(1, |e| matches!(e, Event::PeerMoved { .. })), 0);
    assert!(world.nodes[2].voice[1] > 150);
}

#[test]
fn no_road_is_said_within_ten_seconds_and_why_and_tried_on() {
    let mut world = World::new();
    world.guest("one");
    world.guest("two");
    let (a, b) = (address(2), address(3));
    world.loses = Box::new(move |from, to, _| (from, to) == (a, b) || (from, to) == (b, a));
    world.run(9_400 * MS);
    let no_road = |e: &Event| matches!(e, Event::NoRoad { why: NoRoad::NoAnswer, tried, .. } if tried.len() == 1);
    assert_eq!(world.count(1, no_road) + world.count(2, no_road), 0);
    world.run(SECOND);
    assert_eq!((world.count(1, no_road), world.count(2, no_road)), (1, 1));
    let told = |at: usize| world.nodes[at].events.iter().find(|(_, e)| no_road(e)).map(|(told, _)| *told);
    let latest = Mono(1_000 * Mono::SECOND).offset(9_900 * MS);
    assert!(told(1) < Some(latest) && told(2) < Some(latest), "{:?} {:?}", told(1), told(2));
    world.run(30 * SECOND);
    assert_eq!((world.count(1, no_road), world.count(2, no_road)), (1, 1));
    world.loses = Box::new(|_, _, _| false);
    world.until(3 * SECOND, |w| is_full_mesh(w, 3));
}

#[test]
fn two_routers_are_opened_by_both_sides_at_once() {
    use std::collections::BTreeSet;
    use std::{cell::RefCell, rc::Rc};
    let mut world = World::new();
    // Each guest's router lets in only who was sent to before.
    let open: Rc<RefCell<BTreeSet<(SocketAddr, SocketAddr)>>> = Rc::default();
    let host = address(1);
    world.loses = Box::new(move |from, to, _| {
        open.borrow_mut().insert((from, to));
        to != host && !open.borrow().contains(&(to, from))
    });
    world.guest("one");
    world.guest("two");
    world.guest("three");
    let took = world.until(5 * SECOND, |w| (0..4).all(|at| w.me(at).is_some()) && is_full_mesh(w, 4));
    assert!(took < 500 * MS, "{took}");
}

#[test]
fn who_is_behind_a_router_with_another_port_for_everybody_is_answered_where_they_knock() {
    use std::collections::BTreeMap;
    use std::{cell::RefCell, rc::Rc};
    // One sits behind such a router; two, who came later and has to begin, is open to all.
    let (mut world, one) = (World::new(), address(2));
    world.guest("one");
    world.run(SECOND);
    let ports: Rc<RefCell<BTreeMap<SocketAddr, SocketAddr>>> = Rc::default();
    world.seen_from = Box::new(move |from, to| {
        if from != one || to == address(1) {
            return from;
        }
        let port = 40_000 + ports.borrow().len() as u16;
        *ports.borrow_mut().entry(to).or_insert(SocketAddr::new([198, 51, 100, 1].into(), port))
    });
    world.loses = Box::new(move |from, to, _| to == one && from != address(1));
    world.guest("two");
    let took = world.until(5 * SECOND, |w| w.me(2).is_some() && is_full_mesh(w, 3));
    assert!(took < 500 * MS, "{took}");
}

#[test]
fn addresses_that_were_told_and_lost_are_told_again() {
    let mut world = full(2);
    let host = address(1);
    let mapped = SocketAddr::new([198, 51, 100, 7].into(), 9);
    world.loses = Box::new(move |_, to, _| to == host);
    let own = world.nodes[1].address;
    world.input(1, Input::Candidates(vec![own, mapped]));
    world.loses = Box::new(|_, _, _| false);
    world.run(3 * SECOND);
    let listed = |at: usize| world.nodes[at].mesh.roster.member(PeerId::new(1).expect("a place")).cloned();
    for at in 0..3 {
        assert_eq!(listed(at).expect("it is in").candidates, [own, mapped]);
    }
    world.run(70 * SECOND);
    let before = world.nodes[1].sent.len();
    world.run(10 * SECOND);
    assert!(world.nodes[1].sent.len() - before < 110, "it is not told for ever");
}

#[test]
fn an_address_that_is_learned_later_is_tried() {
    let mut world = World::new();
    // Two's own word about where it is, and what the host sees, lead nowhere for one.
    let second = SocketAddr::new([198, 51, 100, 3].into(), 7000);
    let (one, two) = (address(2), address(3));
    world.guest("one");
    world.guest("two");
    world.loses = Box::new(move |from, to, _| (from, to) == (one, two) || (from, to) == (two, one));
    world.run(20 * SECOND);
    assert_eq!(world.linked(1), [0]);
    world.nodes[2].address = second;
    world.input(2, Input::Candidates(vec![two, second]));
    world.until(4 * SECOND, |w| is_full_mesh(w, 3));
}
