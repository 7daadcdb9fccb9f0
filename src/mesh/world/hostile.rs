// SPDX-License-Identifier: MIT
//! Bad people: everything that was ever said, said again, changed, cut, from elsewhere, to somebody else.

use super::crowd::{full, is_full_mesh};
use super::{MS, SECOND, World, address};
use crate::mesh::control::Message;
use crate::mesh::control::clear::{Clear, Hello, Proof};
use crate::mesh::control::greeting::{Greeting, Welcome};
use crate::mesh::event::{Event, Input};
use crate::mesh::header::{Header, Kind, NOBODY};
use crate::mesh::random::Random;
use crate::mesh::roster::{Member, PairKey, Roster};
use crate::mesh::{Admit, HostSettings};
use crate::words::PeerId;
use core::net::{Ipv6Addr, SocketAddr};

fn is_despair(event: &Event) -> bool {
    matches!(event, Event::WrongKey { .. } | Event::Unreachable { .. } | Event::HostSilent { .. })
}

/// A datagram, changed in one of the ways that people think of.
fn mutated(datagram: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = datagram.to_vec();
    match random.below(5) {
        0 => {}
        1 => {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
        }
        2 => bytes.truncate(random.below(bytes.len() as u64) as usize),
        3 => {
            bytes[1] = random.below(5) as u8;
        }
        _ => {
            let from = Header::LEN + random.below(40) as usize;
            for at in from..bytes.len().min(from + 8) {
                bytes[at] = random.u64() as u8;
            }
            let len = (bytes.len().max(Header::LEN) - Header::LEN) as u16;
            bytes[8..10].copy_from_slice(&len.to_be_bytes());
        }
    }
    bytes
}

fn attacked(seed: u8) {
    let mut world = full(2);
    world.nodes.iter_mut().for_each(|node| node.speaks = true);
    world.run(SECOND);
    let mut random = Random::new([seed; 32]);
    world.forget_events();
    for _ in 0..400 {
        for _ in 0..8 {
            let said = random.below(world.nodes.len() as u64) as usize;
            let sent = &world.nodes[said].sent;
            let (to, bytes) = sent[random.below(sent.len() as u64) as usize].clone();
            let to = if random.below(3) == 0 { address(1 + random.below(3) as u8) } else { to };
            let from = match random.below(3) {
                0 => address(66),
                _ => address(1 + random.below(3) as u8),
            };
            let bytes = mutated(&bytes, &mut random);
            world.put(from, to, bytes);
        }
        world.run(5 * MS);
    }
    world.run(2 * SECOND);
    assert!((0..3).all(|at| world.people(at).is_empty()), "the roster has not moved");
    let moved = |e: &Event| {
        matches!(
            e,
            Event::PeerLeft { .. } | Event::PeerJoined { .. } | Event::PeerSilent { .. } | Event::Knocking { .. }
        ) || matches!(e, Event::PeerMoved { .. } | Event::Over(_) | Event::NoRoad { .. } | Event::Joined { .. })
    };
    assert!((0..3).all(|at| world.count(at, moved) == 0), "seed {seed}");
    let to_strangers = world.nodes.iter().flat_map(|node| &node.sent).filter(|(to, _)| *to == address(66));
    assert!(to_strangers.map(|(_, bytes)| bytes.len()).max().unwrap_or(0) < 200, "seed {seed}");
}

#[test]
fn what_was_overheard_and_changed_moves_nothing() {
    (0..6).for_each(attacked);
}

#[test]
fn nobody_can_end_a_call_who_has_no_keys() {
    let mut world = full(1);
    for participant in 0..4 {
        for sequence in 0..200 {
            let mut bytes = vec![0; Header::LEN + 16];
            let header = Header {
                kind: Kind::Bye,
                participant,
                sequence,
                timestamp_ms: 5,
                payload_len: 16,
                fragment: 0,
                fragments: 0,
            };
            header.write(&mut bytes);
            world.put(address(2 - participant % 2), address(1 + participant % 2), bytes);
        }
    }
    world.run(SECOND);
    assert!(is_full_mesh(&world, 2));
}

/// The host says this roster to the guest in place 1.
fn say_roster(world: &mut World, roster: Roster) {
    let payload = Message::Roster(Box::new(roster)).bytes();
    let payload_len = payload.len() as u16;
    let (kind, participant, timestamp_ms) = (Kind::Control, 0, 0);
    let header = Header { kind, participant, sequence: 0, timestamp_ms, payload_len, fragment: 0, fragments: 0 };
    let (from, at, link) = (address(1), world.now, world.nodes[1].mesh.links_made);
    let (peer, sequence) = (PeerId::HOST, 77_000);
    world.input(1, Input::Opened { peer, link, from, header, sequence, payload: &payload, at });
}

#[test]
fn a_place_is_knocked_at_no_more_often_whoever_is_said_to_be_there() {
    let mut world = full(1);
    world.run(SECOND);
    let mut roster = world.nodes[1].mesh.roster.clone();
    let before = world.nodes[1].sent.len();
    for incarnation in 100..300 {
        roster.version += 1;
        for number in 2..4 {
            let id = PeerId::new(number).expect("a place");
            let candidates = (0..8).map(|port| SocketAddr::new(address(90 + number).ip(), 9000 + port)).collect();
            roster.remove(id);
            // Now and then nobody is there for a moment.
            if incarnation % 3 > 0 {
                let name = format!("guest {number}");
                roster.put(Member { id, incarnation, name, candidates, pair: PairKey([1; 32]) });
            }
        }
        say_roster(&mut world, roster.clone());
        world.run(5 * MS);
    }
    let knocks = world.nodes[1].sent[before..].iter().filter(|(to, _)| to.port() >= 9000).count();
    assert!((64..=11 * 16).contains(&knocks), "{knocks}");
}

#[test]
fn no_roster_is_the_last_and_none_is_without_the_host() {
    for version in [u32::MAX, 1 << 31, (1 << 31) - 1, u32::MAX / 4] {
        let mut world = full(1);
        world.run(SECOND);
        let mut lie = world.nodes[1].mesh.roster.clone();
        let ours = lie.version;
        lie.version = version;
        say_roster(&mut world, lie.clone());
        let believed = world.nodes[1].mesh.roster.version == version;
        assert_eq!(believed, version.wrapping_sub(ours) < 1 << 31);
        // What its own host says next counts all the same.
        lie.version = if believed { version.wrapping_add(1) } else { ours + 1 };
        say_roster(&mut world, lie.clone());
        assert_eq!(world.nodes[1].mesh.roster.version, lie.version);
        lie.version += 1;
        lie.remove(PeerId::HOST);
        say_roster(&mut world, lie);
        world.run(100 * MS);
        assert!(is_full_mesh(&world, 2));
    }
}

#[test]
fn messages_of_any_bytes_are_read_or_refused_and_what_is_read_is_written_alike() {
    let mut random = Random::new([3; 32]);
    let mut read = 0;
    for _ in 0..200_000 {
        let mut bytes = vec![0; random.below(80) as usize];
        random.fill(&mut bytes);
        if let Some(kind) = bytes.first_mut() {
            *kind %= 12;
        }
        if let Some(message) = Message::read(&bytes) {
            read += 1;
            let again = message.bytes();
            assert_eq!(Message::read(&again).expect("our own").bytes(), again);
        }
        if let Some(Clear::Hello { .. } | Clear::Welcome { .. }) = Clear::read(&bytes) {
            assert!(bytes.len() >= 9);
        }
        let _ = (Greeting::read(&bytes), Welcome::read(&bytes));
    }
    assert!(read > 50_000, "{read}");
}

#[test]
fn a_member_who_says_nonsense_harms_nobody() {
    let mut world = full(1);
    let mut random = Random::new([4; 32]);
    world.forget_events();
    let from = address(2);
    let guest = PeerId::new(1).expect("a place");
    for round in 0..50_000_u64 {
        let kind = [Kind::Control, Kind::KeyPicture, Kind::DeltaPicture][random.below(3) as usize];
        let fragments = if kind == Kind::Control { 0 } else { 1 + random.below(255) as u8 };
        let fragment = if fragments == 0 { 0 } else { random.below(u64::from(fragments)) as u8 };
        let mut payload = vec![0; 1 + random.below(60) as usize];
        random.fill(&mut payload);
        payload[0] %= 12;
        let header = Header {
            kind,
            participant: 1,
            sequence: round as u16,
            timestamp_ms: random.u64() as u32,
            payload_len: payload.len() as u16,
            fragment,
            fragments,
        };
        let sequence = random.below(1 << 20);
        let at = world.now;
        let link = world.nodes[0].mesh.links_made;
        world.input(0, Input::Opened { peer: guest, link, from, header, sequence, payload: &payload, at });
        world.nodes[0].sent.clear();
    }
    world.run(10 * SECOND);
    assert_eq!(world.people(1).len().max(2), 2);
    assert!(world.nodes[0].events.len() < 60_000);
}

#[test]
fn inputs_that_make_no_sense_yet_are_borne() {
    let mut world = World::new();
    let guest = world.guest("guest");
    let everywhere: Vec<SocketAddr> = (0..200).map(address).collect();
    for at in [0, guest] {
        world.input(at, Input::Admit { ticket: 77, yes: true });
        world.input(at, Input::Picture { key: true, layer: 0, taken: None, bytes: &[] });
        world.input(at, Input::Picture { key: true, layer: 9, taken: None, bytes: &vec![0; 400_000] });
        world.input(at, Input::Moved { peer: PeerId::HOST, link: 1, from: address(9) });
        world.input(at, Input::Candidates(everywhere.clone()));
        world.input(at, Input::Timeout);
    }
    world.run(SECOND);
    assert!(is_full_mesh(&world, 2));
    world.input(guest, Input::Picture { key: true, layer: 0, taken: None, bytes: &vec![0; 400_000] });
    world.input(guest, Input::Leave);
    world.input(guest, Input::Leave);
    world.input(guest, Input::Picture { key: true, layer: 0, taken: None, bytes: &[1] });
    world.run(SECOND);
    world.input(guest, Input::Timeout);
    assert!(world.nodes[guest].mesh.ended());
}

/// So many who have cookies and no key: where they are, and what they say.
fn keyless(world: &mut World, many: u16, from: impl Fn(u16) -> SocketAddr) -> Vec<(SocketAddr, Vec<u8>)> {
    let (host, token) = (address(1), 1000);
    (0..many).for_each(|n| world.put(from(n), host, Clear::Hello { token, hello: Hello::Ask }.datagram(NOBODY)));
    world.run(100 * MS);
    let hellos = world.nodes[0].sent.iter().filter_map(|(to, bytes)| {
        let Some(Clear::Cookie { cookie, token: 1000 }) = Clear::read(&bytes[Header::LEN..]) else { return None };
        let hello = Hello::Join { proof: Proof::Invite, cookie, noise: &[5; 100] };
        Some((*to, Clear::Hello { token, hello }.datagram(NOBODY)))
    });
    let hellos: Vec<(SocketAddr, Vec<u8>)> = hellos.collect();
    assert_eq!(hellos.len(), usize::from(many));
    hellos
}

#[test]
fn a_network_that_floods_the_door_with_cookies_and_no_key_keeps_nobody_out_who_comes_from_another() {
    let mut world = World::new();
    // Many homes of one provider, each with a share of its own.
    let home = |n: u16| SocketAddr::new(Ipv6Addr::new(0x2001, 0xdb8, 7, n, 0, 0, 0, 1).into(), 7000);
    let hellos = keyless(&mut world, 24, home);
    let mut guests = Vec::new();
    for ms in 0..10_000 {
        let (from, bytes) = hellos[ms % hellos.len()].clone();
        world.put(from, address(1), bytes);
        if ms % 2000 == 1007 && guests.len() < 3 {
            guests.push(world.guest(&format!("guest {ms}")));
        }
        world.run(MS);
    }
    assert!(is_full_mesh(&world, 4), "{:?}", world.people(0));
    let told = |at: &usize| world.count(*at, |e| matches!(e, Event::Crowded { .. }) || is_despair(e));
    assert_eq!(guests.iter().map(told).sum::<usize>(), 0);
    let refused: Vec<_> = world.nodes[0].mesh.refused().filter(|(_, count)| *count > 100).collect();
    assert!(refused.len() >= 2, "the flood was felt: {refused:?}");
}

/// As much of them, for so long, as the receiving path may let through.
fn besiege(world: &mut World, hellos: &[(SocketAddr, Vec<u8>)], ms: usize) {
    for (from, bytes) in hellos.iter().cycle().take(ms) {
        let header = Header::read(bytes).expect("a datagram");
        world.input(0, Input::Clear { from: *from, header, body: &bytes[Header::LEN..] });
        world.run(MS);
    }
}

#[test]
fn who_comes_back_while_the_door_is_besieged_is_not_asked_about_again() {
    for ms in [9_000, 11_000, 13_000, 15_000] {
        let mut world = World::with(HostSettings { name: "host".into(), key: None, admit: Admit::Ask });
        let guest = world.guest_with("guest", None);
        world.run(SECOND);
        world.input(0, Input::Admit { ticket: 1, yes: true });
        world.run(SECOND);
        let hellos = keyless(&mut world, 60, |n| address(100 + n as u8));
        world.loses = Box::new(|from, to, _| from == address(2) || to == address(2));
        besiege(&mut world, &hellos, 6_000);
        world.loses = Box::new(|_, _, _| false);
        besiege(&mut world, &hellos, ms);
        assert!(world.linked(0).is_empty(), "the door is besieged");
        world.until(5 * SECOND, |w| w.linked(guest) == [0]);
        assert_eq!(world.count(0, |e| matches!(e, Event::Knocking { .. })), 1);
    }
}

#[test]
fn whom_a_flood_from_next_door_keeps_out_is_told_that_it_is_crowded_and_never_that_the_key_is_wrong() {
    let mut world = World::new();
    let hellos = keyless(&mut world, 60, |n| address(100 + n as u8));
    besiege(&mut world, &hellos, 2_000);
    let guest = world.guest("guest");
    besiege(&mut world, &hellos, 13_000);
    let is_crowded = |e: &Event| matches!(e, Event::Crowded { .. });
    assert_eq!((world.me(guest), world.count(guest, is_crowded), world.count(guest, is_despair)), (None, 1, 0));
    world.until(4 * SECOND, |w| w.linked(guest) == [0]);
    // No answer was longer than what came.
    let answers = world.nodes[0].sent.iter().filter(|(to, _)| to.port() > 5090);
    assert!(answers.map(|(_, bytes)| bytes.len()).max() == Some(38));
}
