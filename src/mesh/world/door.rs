// SPDX-License-Identifier: MIT
//! Before somebody is in: keys, knocking, hosts that do not answer, and strangers who try.

use super::crowd::full;
use super::{KEY, MS, SECOND, World, address};
use crate::mesh::control::clear::Clear;
use crate::mesh::event::{Event, Input, Over, Refused};
use crate::mesh::header::NOBODY;
use crate::mesh::invite::{Invite, InviteKey};
use crate::mesh::{Admit, HostSettings};

fn knocks(world: &World) -> Vec<(u64, String)> {
    let knock = |event: &&Event| matches!(event, Event::Knocking { .. });
    let asked = world.told(0).into_iter().filter(knock).map(|event| match event {
        Event::Knocking { ticket, name, .. } => (*ticket, name.clone()),
        _ => unreachable!(),
    });
    asked.collect()
}

fn is_knocking(event: &Event) -> bool {
    matches!(event, Event::Knocking { .. })
}

#[test]
fn without_a_key_the_host_is_asked_and_may_take_a_while() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(90 * SECOND);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Waiting { .. })), 1);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Unreachable { .. } | Event::HostSilent { .. })), 0);
    assert_eq!(world.me(guest), None);
    assert_eq!(world.people(0).len(), 1, "nobody is in before the host says so");
    let asked = knocks(&world);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, "stranger");
    world.input(0, Input::Admit { ticket: asked[0].0, yes: true });
    let took = world.until(5 * SECOND, |w| w.linked(guest) == [0]);
    assert!(took < 100 * MS, "{took}");
}

#[test]
fn the_host_says_no() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(SECOND);
    let (ticket, _) = knocks(&world)[0];
    world.input(0, Input::Admit { ticket, yes: false });
    world.run(SECOND);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Over(Over::Refused(Refused::Declined)))), 1);
    assert_eq!(world.people(0).len(), 1);
    // The question is settled.
    world.input(0, Input::Admit { ticket, yes: true });
    world.run(SECOND);
    assert_eq!(world.people(0).len(), 1);
}

#[test]
fn who_knocks_and_goes_away_is_forgotten() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(SECOND);
    world.nodes[guest].dead = true;
    world.run(12 * SECOND);
    assert_eq!(world.count(0, |e| matches!(e, Event::KnockingStopped { .. })), 1);
    let (ticket, _) = knocks(&world)[0];
    world.input(0, Input::Admit { ticket, yes: true });
    world.run(SECOND);
    assert_eq!(world.people(0).len(), 1);
}

#[test]
fn the_waiting_room_is_small() {
    let mut world = World::new();
    for number in 0..20 {
        world.guest_with(&format!("stranger {number}"), None);
    }
    world.run(5 * SECOND);
    assert_eq!(world.count(0, is_knocking), 8);
}

#[test]
fn each_network_has_three_chairs_in_the_waiting_room_and_who_was_sent_away_keeps_none() {
    let mut world = World::new();
    let first = world.guest_with("stranger", None);
    world.run(SECOND);
    let house = address(first as u8 + 1).ip();
    for n in 0..3 {
        let next = world.guest_with(&format!("stranger {n}"), None);
        world.nodes[next].address.set_ip(house);
        world.run(SECOND);
    }
    assert_eq!(world.count(0, is_knocking), 3);
    let told = world.told(0);
    let tickets = told.iter().filter_map(|e| if let Event::Knocking { ticket, .. } = e { Some(*ticket) } else { None });
    let ticket = tickets.min().expect("somebody knocks");
    world.input(0, Input::Admit { ticket, yes: false });
    world.run(2 * SECOND);
    assert_eq!(world.count(0, is_knocking), 4);
}

#[test]
fn of_many_who_come_at_once_with_the_key_three_are_in_and_the_others_are_told_that_it_is_full() {
    let mut world = World::new();
    let guests: Vec<usize> = (0..14).map(|number| world.guest(&format!("guest {number}"))).collect();
    world.run(2 * SECOND);
    assert_eq!(guests.iter().filter(|at| world.me(**at).is_some()).count(), 3);
    let is_full = |e: &Event| matches!(e, Event::Over(Over::Refused(Refused::Full)));
    assert_eq!(guests.iter().map(|at| world.count(*at, is_full)).sum::<usize>(), 11);
}

#[test]
fn who_was_sent_away_from_a_full_call_keeps_nobody_out_who_has_a_place() {
    let mut world = full(3);
    let crowd: Vec<usize> = (0..10).map(|number| world.guest(&format!("one too many {number}"))).collect();
    world.run(SECOND);
    assert!(crowd.iter().all(|at| world.nodes[*at].mesh.ended()));
    world.nodes[3].dead = true;
    world.run(2 * SECOND);
    let again = world.guest("guest 3");
    world.until(100 * MS, |w| w.linked(again).contains(&0));
}

#[test]
fn a_host_without_an_invite_lets_everybody_knock_or_in() {
    for (admit, people) in [(Admit::Ask, 1), (Admit::All, 2)] {
        let mut world = World::with(HostSettings { name: "host".into(), key: None, admit });
        world.guest_with("stranger", None);
        world.run(SECOND);
        assert_eq!(world.people(0).len(), people, "{admit:?}");
    }
}

#[test]
fn a_wrong_key_is_said_to_be_one() {
    let mut world = World::new();
    let guest = world.guest_with("guest", Some(InviteKey::new([8; 16])));
    world.run(2_900 * MS);
    assert_eq!(world.count(guest, |e| matches!(e, Event::WrongKey { .. })), 0);
    world.run(60 * SECOND);
    assert_eq!(world.count(guest, |e| matches!(e, Event::WrongKey { .. })), 1);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Unreachable { .. } | Event::HostSilent { .. })), 0);
    assert_eq!(world.people(0).len(), 1);
    assert_eq!(world.count(0, is_knocking), 0);
}

#[test]
fn a_host_that_is_not_there_is_said_to_be_silent_then_unreachable_and_tried_on() {
    let mut world = World::new();
    let (host, lost) = (address(1), Box::new(move |_, to, _: &[u8]| to == address(1)));
    world.loses = lost;
    let guest = world.guest("guest");
    let silent = |e: &Event| matches!(e, Event::HostSilent { tried, .. } if *tried == [host]);
    let unreachable = |e: &Event| matches!(e, Event::Unreachable { after_ms: 9_500..=9_900, .. });
    world.run(2_900 * MS);
    assert_eq!(world.count(guest, silent), 0);
    world.run(600 * MS);
    assert_eq!((world.count(guest, silent), world.count(guest, unreachable)), (1, 0));
    world.run(6_400 * MS);
    assert_eq!((world.count(guest, silent), world.count(guest, unreachable)), (1, 1), "within ten seconds");
    world.run(300 * SECOND);
    assert_eq!((world.count(guest, silent), world.count(guest, unreachable)), (1, 1));
    world.loses = Box::new(|_, _, _| false);
    world.until(3 * SECOND, |w| w.linked(guest) == [0]);
}

#[test]
fn an_invite_with_a_dead_address_and_a_wrong_one_still_leads_in() {
    let mut world = World::new();
    let other = HostSettings { name: "other".into(), key: Some(InviteKey::new([9; 16])), admit: Admit::Ask };
    let made = crate::mesh::Mesh::host(other, [201; 32], world.now);
    let other = world.add(made);
    let addresses = vec![address(250), world.nodes[other].address, world.nodes[0].address];
    let guest = world.guest_to("guest", Invite { addresses, key: Some(InviteKey::new(KEY)) });
    world.until(5 * SECOND, |w| w.linked(guest) == [0]);
    assert_eq!(world.people(0).len(), 2);
    assert_eq!(world.people(other).len(), 1);
}

#[test]
fn both_addresses_of_the_same_host_make_one_guest() {
    let mut world = World::new();
    // The host is there under two addresses, as behind its own router.
    let (host, too) = (address(1), address(1));
    let guest = world.guest_to("guest", Invite { addresses: vec![host, too], key: Some(InviteKey::new(KEY)) });
    world.run(15 * SECOND);
    assert_eq!(world.people(0).len(), 2);
    assert_eq!(world.linked(guest), [0]);
}

#[test]
fn a_stranger_gets_less_than_it_sends_and_no_memory() {
    let mut world = World::new();
    world.run(SECOND);
    let stranger = address(99);
    let sent_before = world.nodes[0].sent.len();
    let mut bytes = 0;
    for token in 0..500 {
        let hello = Clear::Hello { token, hello: crate::mesh::control::clear::Hello::Ask }.datagram(NOBODY);
        bytes += hello.len();
        world.put(stranger, address(1), hello);
        world.run(5 * MS);
    }
    let answers = &world.nodes[0].sent[sent_before..];
    assert!(answers.iter().all(|(to, bytes)| *to == stranger && bytes.len() == 38));
    assert!(answers.len() > 100 && answers.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < bytes / 10);
}

#[test]
fn a_hello_that_was_overheard_is_worth_nothing_elsewhere_or_later() {
    let mut world = World::new();
    let guest = world.guest("guest");
    world.run(SECOND);
    let hellos: Vec<Vec<u8>> = world.nodes[guest]
        .sent
        .iter()
        .filter(|(_, bytes)| bytes.len() == 1200)
        .map(|(_, bytes)| bytes.clone())
        .collect();
    let version = world.people(0);
    for (from, later) in [(address(77), 0), (world.nodes[guest].address, 0), (world.nodes[guest].address, 20)] {
        world.run(later * SECOND);
        for hello in &hellos {
            world.put(from, address(1), hello.clone());
        }
        world.run(SECOND);
        assert_eq!(world.people(0), version);
        assert_eq!(world.linked(0), [1]);
        assert_eq!(world.linked(guest), [0]);
    }
    world.run(100 * SECOND);
    let before = world.nodes[0].sent.iter().filter(|(to, _)| *to == address(77)).count();
    world.put(address(77), address(1), hellos.last().expect("it joined").clone());
    world.run(SECOND);
    let after = world.nodes[0].sent.iter().filter(|(to, _)| *to == address(77)).count();
    assert_eq!(before, after, "a stale cookie gets no answer");
}

#[test]
fn the_host_ends_the_call_and_who_waits_is_told() {
    let mut world = World::new();
    let guest = world.guest_with("stranger", None);
    world.run(SECOND);
    world.input(0, Input::Leave);
    world.run(SECOND);
    assert_eq!(world.count(guest, |e| matches!(e, Event::Over(Over::Refused(Refused::Over)))), 1);
}

#[test]
fn the_invite_reads_as_it_was_written() {
    let world = World::new();
    let text = world.nodes[0].mesh.invite(&[address(1)]).expect("a host has one");
    let invite: Invite = text.parse().expect("our own");
    assert_eq!(invite, Invite { addresses: vec![address(1)], key: Some(InviteKey::new(KEY)) });
}
