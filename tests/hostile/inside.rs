// SPDX-License-Identifier: MIT
//! A call with an insider who seals nonsense for everybody; the others go on.

use super::insider::{Insider, MESSAGES, message_of};
use super::world::{MS, SECOND, World, abroad};
use super::{below, chance};
use hyperzoom::mesh::control::Message;
use hyperzoom::mesh::event::{Event, Input};
use hyperzoom::mesh::header::{Header, Kind};
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::report::Report;

/// What one datagram of an insider makes somebody send at once: each of the others the roster, and what follows.
const ANSWERS_MAX: usize = 24;

/// Three peers' largest pictures, half of them under way, and our own key frames for each of them.
const HEAP_MAX: i64 = 8_000_000;

/// An insider, so many datagrams, and what becomes of the others.
pub fn with_an_insider(mut random: Random, datagrams: usize) {
    let mut world = World::call(2, &mut random);
    let honest = [0, 1, 2];
    let mut insider = Insider::join(&mut world, 3, &mut random);
    world.run(SECOND);
    world.forget();
    let (mut sent, mut bytes_in, mut bytes_out, mut most) = (0, 0, 0, 0);
    while sent < datagrams {
        let way = below(&mut random, insider.ways.len());
        for bytes in insider.nonsense(way, &mut random) {
            let from = if random.below(6) == 0 { abroad(below(&mut random, 3)) } else { insider.address };
            let answers = world.inject(from, insider.ways[way].to, &bytes);
            sent += 1;
            bytes_in += bytes.len();
            bytes_out += answers.sent.iter().map(|(_, len)| len).sum::<usize>();
            most = most.max(answers.sent.len());
            assert!(answers.sent.len() <= ANSWERS_MAX, "{:?}", answers.sent);
        }
        world.run(below(&mut random, 3) as i64 * MS / 2);
        world.assert_no_reflector();
        world.strayed.clear();
        world.said.clear();
        look(&mut world, &insider);
    }
    println!("{sent} datagrams, {bytes_in} bytes in, {bytes_out} out at once, at most {most} answers to one");
    // They were listened to, and yet only those questions were answered that are any.
    assert!(bytes_out > sent && bytes_out < bytes_in, "{bytes_out} bytes for {bytes_in}");
    world.run(6 * SECOND);
    println!("heap {:?}", world.nodes.iter().map(|node| (node.heap, node.heap_most)).collect::<Vec<_>>());
    look(&mut world, &insider);
    world.assert_goes_on(&honest);
    (0..insider.ways.len()).for_each(|way| drop(insider.bye(way)));
}

/// Nothing has happened to anybody but the insider.
fn look(world: &mut World, insider: &Insider) {
    let about = |event: &Event| match event {
        Event::PeerJoined { peer, .. }
        | Event::PeerLeft { peer, .. }
        | Event::PeerSilent { peer }
        | Event::PeerBack { peer, .. }
        | Event::PeerMoved { peer, .. }
        | Event::NoRoad { peer, .. }
        | Event::PeerStatus { peer, .. } => *peer == insider.me,
        Event::RosterChanged { people, .. } => people.iter().filter(|person| person.peer != insider.me).count() == 3,
        Event::Knocking { .. } | Event::Joined { .. } | Event::Over(_) | Event::Refused { .. } => false,
        _ => true,
    };
    for (at, node) in world.nodes.iter_mut().enumerate() {
        let odd = node.events.iter().find(|event| !about(event));
        assert!(odd.is_none(), "{at}: {odd:?}");
        assert!(node.heap_most < HEAP_MAX, "{at} holds {}", node.heap_most);
        node.events.clear();
    }
}

#[test]
fn an_insider_harms_nobody_but_the_insider() {
    with_an_insider(chance("an insider", 1), 6_000);
}

#[test]
fn a_flood_of_reports_within_a_moment_is_borne() {
    let mut random = chance("a flood of reports", 1);
    let mut world = World::call(1, &mut random);
    let (from, peer) = (world.nodes[1].address, world.place(1).expect("it is in"));
    let header = Header {
        kind: Kind::Control,
        participant: peer.number(),
        sequence: 0,
        timestamp_ms: 0,
        payload_len: 0,
        fragment: 0,
        fragments: 0,
    };
    // More than a counter of 32 bits holds until it is looked at.
    let most = Message::Report(Report { voice_expected: u16::MAX, voice_received: u16::MAX, ..Report::default() });
    let payload = &most.bytes()[..];
    for sequence in 0..70_000 {
        let link = world.nodes[0].links[peer.index()];
        world.input(0, Input::Opened { peer, link, from, header, sequence, payload, at: world.now });
    }
    world.assert_goes_on(&[0, 1]);
}

#[test]
fn floods_are_not_made_larger() {
    let mut random = chance("floods of an insider", 1);
    let mut world = World::call(2, &mut random);
    let mut insider = Insider::join(&mut world, 3, &mut random);
    world.run(2 * SECOND);
    let control = |world: &mut World| {
        let all = world.said.drain(..).chain(world.strayed.drain(..)).filter(|parcel| parcel.bytes[0] & 0x1f == 4);
        all.map(|parcel| parcel.bytes.len()).sum::<usize>()
    };
    for kind in 0..MESSAGES {
        for way in 0..insider.ways.len() {
            control(&mut world);
            let mut flood = 0;
            for _ in 0..500 {
                let plain = message_of(kind, &insider.roster, 50, &mut random).bytes();
                let bytes = insider.say(way, &plain);
                flood += bytes.len();
                world.inject(insider.address, insider.ways[way].to, &bytes);
                world.run(MS);
            }
            let led_to = control(&mut world);
            println!("messages of kind {kind}, way {way}: {flood} bytes led to {led_to}");
            // A Pong is longer than a Ping; heartbeats, pings and reports among the others go on meanwhile.
            assert!(led_to <= flood * 3 / 2 + 20_000, "{led_to} bytes for {flood}");
        }
    }
}
