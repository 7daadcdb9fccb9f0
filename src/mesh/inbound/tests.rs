// SPDX-License-Identifier: MIT
//! The receiving end among friends and strangers.

use super::{Arrival, Inbound, InboundOrder, InboundOrders, inbound_path};
use crate::mesh::header::{DATAGRAM_MAX, Header, Kind, Malformed, NOBODY};
use crate::mesh::random::Random;
use crate::mesh::seal::{LinkKeys, Refusal, Sealers, Secret};
use crate::mesh::tally::TallyReader;
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

const NOW: Mono = Mono(Mono::SECOND);
/// One frame of ten bytes: Opus makes none that is shorter of anything that sounds.
const VOICE: [u8; 13] = [0x11, 0, 10, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9];

fn peer(number: u8) -> PeerId {
    PeerId::new(number).expect("four places")
}

fn home() -> SocketAddr {
    ([203, 0, 113, 7], 4821).into()
}

fn elsewhere() -> SocketAddr {
    ([198, 51, 100, 9], 4821).into()
}

struct Desk {
    inbound: Inbound,
    orders: InboundOrders,
    tally: TallyReader,
}

/// What became of a datagram, in a form that can be kept.
#[derive(Debug, PartialEq)]
enum Got {
    Voice(u8, u64, u32, usize),
    Opened(u8, Kind, u64, Vec<u8>),
    Clear(Vec<u8>),
    Dropped(Refusal),
}

impl Desk {
    fn new() -> Desk {
        let (inbound, orders, tally) = inbound_path();
        Desk { inbound, orders, tally }
    }

    /// Links up with a peer; answers what it seals with.
    fn add(&mut self, number: u8, seed: u8) -> Sealers {
        let secret = Secret::new([seed; 32]);
        let openers = LinkKeys::agree(&secret, b"", true).openers;
        self.orders.give(InboundOrder::Add { peer: peer(number), link: seed.into(), address: home(), openers });
        LinkKeys::agree(&secret, b"", false).sealers
    }

    fn take(&mut self, datagram: &[u8], from: SocketAddr, at: Mono) -> (Got, bool) {
        let mut copy = datagram.to_vec();
        let (arrival, moved) = self.inbound.take(&mut copy, from, at);
        let got = match arrival {
            Arrival::Voice { peer, sequence, timestamp_ms, payload, .. } => {
                Got::Voice(peer.number(), sequence, timestamp_ms, payload.iter().count())
            }
            Arrival::Opened { peer, header, sequence, payload, .. } => {
                Got::Opened(peer.number(), header.kind, sequence, payload.to_vec())
            }
            Arrival::Clear { body, .. } => Got::Clear(body.to_vec()),
            Arrival::Dropped(why) => Got::Dropped(why),
        };
        (got, moved.is_some())
    }

    fn got(&mut self, datagram: &[u8]) -> Got {
        self.take(datagram, home(), NOW).0
    }

    fn refused(&self, why: Refusal) -> u64 {
        self.tally.refused().find(|(reason, _)| *reason == why).expect("every reason is listed").1
    }
}

fn voice(sealers: &mut Sealers, number: u8) -> Vec<u8> {
    let mut out = [0; DATAGRAM_MAX];
    let len = sealers.voice.seal(Kind::Voice, number, 50, &VOICE, &mut out);
    out[..len].to_vec()
}

fn control(sealers: &mut Sealers, number: u8) -> Vec<u8> {
    let mut out = [0; DATAGRAM_MAX];
    let len = sealers.control.seal(Kind::Control, number, 50, b"heartbeat", &mut out);
    out[..len].to_vec()
}

fn clear(participant: u8, kind: u8, body_len: usize) -> Vec<u8> {
    let mut bytes = vec![0; Header::LEN + 1 + body_len];
    let payload_len = (1 + body_len) as u16;
    let header = Header {
        kind: Kind::Control,
        participant,
        sequence: 0,
        timestamp_ms: 0,
        payload_len,
        fragment: 0,
        fragments: 0,
    };
    header.write(&mut bytes);
    bytes[Header::LEN] = kind;
    bytes
}

#[test]
fn voice_goes_its_way_and_everything_else_another() {
    let mut desk = Desk::new();
    let mut guest = desk.add(2, 1);
    assert_eq!(desk.got(&voice(&mut guest, 2)), Got::Voice(2, 0, 50, 1));
    assert_eq!(desk.got(&control(&mut guest, 2)), Got::Opened(2, Kind::Control, 0, b"heartbeat".to_vec()));
    let mut out = [0; DATAGRAM_MAX];
    let len = guest.picture.begin_picture(Kind::KeyPicture, 2, 0, 1).seal(b"piece", &mut out);
    assert_eq!(desk.got(&out[..len]), Got::Opened(2, Kind::KeyPicture, 0, b"piece".to_vec()));
    let len = guest.control.seal(Kind::Bye, 2, 0, b"", &mut out);
    assert_eq!(desk.got(&out[..len]), Got::Opened(2, Kind::Bye, 1, Vec::new()));
    let tally = desk.tally.read(peer(2));
    assert_eq!((tally.heard_at, tally.datagrams, tally.highest_frame), (Some(NOW), 4, Some(0)));
}

#[test]
fn strangers_and_the_removed_are_dropped_and_counted() {
    let mut desk = Desk::new();
    let mut guest = desk.add(2, 1);
    let (first, second) = (voice(&mut guest, 2), voice(&mut guest, 2));
    let mut other = first.clone();
    other[1] = 3;
    assert_eq!(desk.got(&other), Got::Dropped(Refusal::Stranger));
    assert_eq!(desk.got(&first), Got::Voice(2, 0, 50, 1));
    assert_eq!(desk.got(&first), Got::Dropped(Refusal::Replayed));
    desk.orders.give(InboundOrder::Remove { peer: peer(2) });
    assert_eq!(desk.got(&second), Got::Dropped(Refusal::Stranger));
    assert_eq!((desk.refused(Refusal::Stranger), desk.refused(Refusal::Replayed)), (2, 1));
}

#[test]
fn one_peer_cannot_speak_for_another() {
    let mut desk = Desk::new();
    let (mut one, _) = (desk.add(1, 1), desk.add(2, 2));
    assert_eq!(desk.got(&voice(&mut one, 2)), Got::Dropped(Refusal::Forged));
    assert_eq!(desk.tally.read(peer(2)).heard_at, None);
}

#[test]
fn a_new_link_in_a_place_ends_the_old_one() {
    let mut desk = Desk::new();
    let mut old = desk.add(1, 1);
    assert_eq!(desk.got(&voice(&mut old, 1)), Got::Voice(1, 0, 50, 1));
    let mut new = desk.add(1, 2);
    assert_eq!(desk.got(&voice(&mut old, 1)), Got::Dropped(Refusal::Forged));
    assert_eq!(desk.tally.read(peer(1)).heard_at, None);
    assert_eq!(desk.got(&voice(&mut new, 1)), Got::Voice(1, 0, 50, 1));
}

#[test]
fn who_moved_is_told_at_most_every_fifty_milliseconds_until_the_road_is_changed() {
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let mut told = Vec::new();
    for ms in 0..200_u64 {
        let from = if ms < 20 { home() } else { elsewhere() };
        if ms == 150 {
            desk.orders.give(InboundOrder::Road { peer: peer(1), address: elsewhere() });
        }
        let (got, moved) = desk.take(&voice(&mut guest, 1), from, NOW.offset(ms as i64 * 1_000_000));
        assert_eq!(got, Got::Voice(1, ms, 50, 1));
        told.extend(moved.then_some(ms));
    }
    assert_eq!(told, [20, 70, 120]);
}

#[test]
fn a_thread_that_heard_nothing_for_long_finds_the_last_links() {
    let mut desk = Desk::new();
    let mut sealers = Vec::new();
    for seed in 0..50 {
        sealers = (1..=3).map(|number| desk.add(number, 3 * seed + number)).collect();
        (1..=3).for_each(|number| desk.orders.give(InboundOrder::Road { peer: peer(number), address: elsewhere() }));
        assert!(desk.orders.waiting() <= 6);
    }
    desk.orders.give(InboundOrder::Remove { peer: peer(2) });
    desk.got(&[]);
    desk.orders.flush();
    for (index, number) in [(0, 1), (2, 3)] {
        let (got, moved) = desk.take(&voice(&mut sealers[index], number), elsewhere(), NOW);
        assert_eq!((got, moved), (Got::Voice(number, 0, 50, 1), false));
    }
    assert_eq!(desk.got(&voice(&mut sealers[1], 2)), Got::Dropped(Refusal::Stranger));
}

#[test]
fn what_is_shorter_than_a_question_raises_none() {
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let mut out = [0; DATAGRAM_MAX];
    for plain_len in 0..12 {
        let len = guest.control.seal(Kind::Control, 1, 50, &vec![7; plain_len], &mut out);
        let (_, moved) = desk.take(&out[..len], elsewhere(), NOW);
        assert_eq!(moved, plain_len == 9, "{len} bytes: asked once, when a question is no longer");
    }
}

#[test]
fn a_forged_datagram_from_elsewhere_moves_nobody() {
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let mut forged = voice(&mut guest, 1);
    forged[20] ^= 1;
    assert_eq!(desk.take(&forged, elsewhere(), NOW), (Got::Dropped(Refusal::Forged), false));
}

#[test]
fn in_the_clear_only_what_is_said_in_the_clear_passes() {
    let mut desk = Desk::new();
    for (kind, len) in [(1, 1187), (2, 16), (3, 400), (4, 107), (5, 45)] {
        let datagram = clear(NOBODY, kind, len);
        assert_eq!(desk.got(&datagram), Got::Clear(datagram[Header::LEN..].to_vec()));
    }
    for (kind, second, len) in [(1, 1, 1187), (1, 2, 1187), (1, 4, 1187), (1, 3, 107)] {
        let mut datagram = clear(1, kind, len);
        datagram[Header::LEN + 1] = second;
        assert_eq!(desk.got(&datagram), Got::Clear(datagram[Header::LEN..].to_vec()));
        datagram[Header::LEN + 1] = 5;
        assert_eq!(desk.got(&datagram), Got::Dropped(Refusal::Unknown), "a HELLO of no kind");
    }
    for (kind, len) in
        [(1, 47), (1, 48), (1, 107), (1, 1186), (2, 0), (2, 65), (3, 47), (4, 1), (5, 27), (6, 100), (255, 0)]
    {
        assert_eq!(desk.got(&clear(1, kind, len)), Got::Dropped(Refusal::Unknown), "{kind} {len}");
    }
    // What claims to be sealed comes from nobody, or has nothing in it.
    assert_eq!(desk.got(&clear(NOBODY, 0, 40)), Got::Dropped(Refusal::Stranger));
    let mut empty = clear(NOBODY, 0, 0);
    empty.truncate(Header::LEN);
    empty[9] = 0;
    assert_eq!(desk.got(&empty), Got::Dropped(Refusal::Stranger));
    desk.add(1, 1);
    empty[1] = 1;
    assert_eq!(desk.got(&empty), Got::Dropped(Refusal::Malformed(Malformed::Short)));
}

#[test]
fn a_flood_of_one_kind_does_not_drown_the_others_and_ends_with_it() {
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let hello = clear(NOBODY, 1, 1187);
    let mut passed = 0;
    for us in 0..1_000_000_u64 / 20 {
        let (got, _) = desk.take(&hello, elsewhere(), NOW.offset(us as i64 * 20_000));
        passed += u32::from(matches!(got, Got::Clear(_)));
    }
    assert!((100..=121).contains(&passed), "{passed}");
    assert_eq!(desk.refused(Refusal::Flood) + u64::from(passed), 50_000);
    let end = NOW.offset(1_000_000_000);
    assert!(matches!(desk.take(&clear(1, 4, 107), home(), end).0, Got::Clear(_)), "a punch");
    assert!(matches!(desk.take(&voice(&mut guest, 1), home(), end).0, Got::Voice(..)));
    assert!(matches!(desk.take(&hello, home(), end.offset(10_000_000)).0, Got::Clear(_)), "a HELLO a little later");
}

#[test]
fn a_flood_of_hellos_keeps_nobody_out_who_comes_from_another_network() {
    let mut desk = Desk::new();
    let (mut honest, mut passed) = ([0_u32; 4], 0_u32);
    let hellos = [(0, 1187), (1, 1187), (2, 1187), (3, 107)].map(|(second, len)| {
        let mut hello = clear(1, 1, len);
        hello[Header::LEN + 1] = second;
        hello
    });
    for ms in 0..10_000 {
        let at = NOW.offset(ms * 1_000_000);
        let mut loud = elsewhere();
        loud.set_ip([198, 51, 100, ms as u8].into());
        for hello in &hellos {
            passed += u32::from(matches!(desk.take(hello, loud, at).0, Got::Clear(_)));
        }
        if ms % 200 == 0 {
            for (hello, heard) in hellos.iter().zip(&mut honest) {
                *heard += u32::from(matches!(desk.take(hello, home(), at).0, Got::Clear(_)));
            }
        }
    }
    assert_eq!(honest, [50; 4]);
    assert!((1_800..=2_000).contains(&passed), "{passed}");
}

#[test]
fn authentic_nonsense_is_no_voice() {
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let mut out = [0; DATAGRAM_MAX];
    let len = guest.voice.seal(Kind::Voice, 1, 0, &[0x11, 0, 3, 1], &mut out);
    assert_eq!(desk.got(&out[..len]), Got::Dropped(Refusal::Senseless));
}

/// Mutations of true datagrams and plain noise: nothing passes that was not sent, and everything that was does.
#[test]
fn hostile_bytes_change_nothing_for_the_honest() {
    let mut random = Random::new([9; 32]);
    let mut desk = Desk::new();
    let mut guest = desk.add(1, 1);
    let mut dropped = 0;
    for number in 0..4000_u64 {
        let honest = voice(&mut guest, 1);
        for _ in 0..4 {
            let mut bytes = match random.below(3) {
                0 => (0..random.below(80)).map(|_| random.u64() as u8).collect(),
                1 => control(&mut guest, 1),
                _ => honest.clone(),
            };
            if bytes.len() > Header::LEN && random.below(2) == 0 {
                bytes.truncate(random.below(bytes.len() as u64) as usize);
                let len = bytes.len().saturating_sub(Header::LEN) as u16;
                if let Some(field) = bytes.get_mut(8..10) {
                    field.copy_from_slice(&len.to_be_bytes());
                }
            } else if let Some(at) = bytes.len().checked_sub(1).map(|last| random.below(last as u64 + 1) as usize) {
                bytes[at] ^= 1 + random.below(255) as u8;
            }
            match desk.take(&bytes, elsewhere(), NOW) {
                (Got::Dropped(_), moved) => assert!(!moved),
                // The first payload byte of control says that it is clear: then anybody may have sent it.
                (Got::Clear(_), moved) => assert!(!moved),
                (got, _) => panic!("{got:?} of {bytes:02x?}"),
            }
            dropped += 1;
        }
        assert_eq!(desk.got(&honest), Got::Voice(1, number, 50, 1));
    }
    let counted: u64 = desk.tally.refused().map(|(_, count)| count).sum();
    assert!(counted <= dropped && counted > dropped - 200, "{counted} of {dropped}");
}
