// SPDX-License-Identifier: MIT
//! The encoder's end of the voice path, heard by those it sends to.

use super::{FRAME_BYTES_MAX, FrameTooLong, VoiceOrder, VoiceOrders, VoiceOut, VoicePayload, voice_path};
use crate::mesh::header::{DATAGRAM_MAX, Header};
use crate::mesh::random::Random;
use crate::mesh::seal::{LinkKeys, Openers, Secret};
use crate::words::{Mono, PeerId, SessionLine, VoicePlan};
use core::net::SocketAddr;
use std::collections::BTreeMap;

const ME: PeerId = PeerId::HOST;

fn peer(number: u8) -> PeerId {
    PeerId::new(number).expect("four places")
}

fn address(port: u16) -> SocketAddr {
    ([203, 0, 113, 7], port).into()
}

fn plan(frames_per_packet: u8, copies: [u8; 3]) -> VoiceOrder {
    VoiceOrder::Plan(VoicePlan { frames_per_packet, copies })
}

/// A datagram as a listener understood it.
struct Heard {
    port: u16,
    header: Header,
    newest: u64,
    new: u64,
    frames: Vec<(u64, Vec<u8>)>,
}

/// A voice path and everybody who listens, by the port they listen at.
struct Call {
    out: VoiceOut,
    orders: VoiceOrders,
    listeners: BTreeMap<u16, Openers>,
}

impl Call {
    fn new() -> Call {
        let (out, mut orders) = voice_path();
        orders.give(VoiceOrder::Me(ME));
        Call { out, orders, listeners: BTreeMap::new() }
    }

    fn add(&mut self, number: u8, port: u16) {
        let secret = Secret::new([port as u8; 32]);
        let ours = LinkKeys::agree(&secret, b"", true);
        self.orders.give(VoiceOrder::Add { peer: peer(number), address: address(port), sealer: ours.sealers.voice });
        self.listeners.insert(port, LinkKeys::agree(&secret, b"", false).openers);
    }

    fn frame(&mut self, opus: &[u8], now: Mono) -> Vec<Heard> {
        let mut sent = Vec::new();
        let result = self.out.frame(opus, now, &mut |to, bytes| sent.push((to.port(), bytes.to_vec())));
        assert_eq!(result.is_ok(), opus.len() <= FRAME_BYTES_MAX);
        sent.into_iter().map(|(port, bytes)| self.hear(port, bytes)).collect()
    }

    fn hear(&mut self, port: u16, mut datagram: Vec<u8>) -> Heard {
        assert!(datagram.len() <= DATAGRAM_MAX);
        let header = Header::read(&datagram).expect("a header");
        let openers = self.listeners.get_mut(&(port % 1000)).expect("somebody listens there");
        let (newest, plain) = openers.open(&header, &mut datagram).expect("it opens");
        let payload = VoicePayload::parse(&datagram[plain]).expect("a payload");
        let frames = payload.frames(newest).map(|(frame, bytes)| (frame, bytes.to_vec())).collect();
        Heard { port, header, newest, new: payload.new_frames().into(), frames }
    }
}

#[test]
fn everybody_gets_every_frame_at_their_address() {
    let mut call = Call::new();
    (1..=3).for_each(|number| call.add(number, 100 + u16::from(number)));
    let began = Mono(5 * Mono::SECOND);
    call.orders.give(VoiceOrder::Session(SessionLine::beginning(began)));
    for number in 0..50_u64 {
        let opus = [number as u8; 70];
        let heard = call.frame(&opus, began.offset(number as i64 * 5_000_000));
        assert_eq!(heard.iter().map(|heard| heard.port).collect::<Vec<_>>(), [101, 102, 103]);
        for heard in heard {
            assert_eq!((heard.newest, heard.header.participant), (number, ME.number()));
            assert_eq!(u64::from(heard.header.timestamp_ms), number * 5);
            assert_eq!(heard.frames, [(number, opus.to_vec())]);
        }
    }
}

#[test]
fn nothing_is_sent_before_we_have_a_place_or_after_a_listener_is_gone() {
    let (out, orders) = voice_path();
    let mut call = Call { out, orders, listeners: BTreeMap::new() };
    call.add(1, 101);
    call.add(2, 102);
    assert!(call.frame(b"opus", Mono(0)).is_empty());
    call.orders.give(VoiceOrder::Me(ME));
    assert_eq!(call.frame(b"opus", Mono(0)).len(), 2);
    call.orders.give(VoiceOrder::Remove { peer: peer(1) });
    assert_eq!(call.frame(b"opus", Mono(0)).iter().map(|heard| heard.port).collect::<Vec<_>>(), [102]);
    call.orders.give(VoiceOrder::Road { peer: peer(1), address: address(1101) });
    call.orders.give(VoiceOrder::Road { peer: peer(2), address: address(1102) });
    assert_eq!(call.frame(b"opus", Mono(0)).iter().map(|heard| heard.port).collect::<Vec<_>>(), [1102]);
}

#[test]
fn two_frames_in_a_datagram_wait_for_each_other() {
    let mut call = Call::new();
    call.add(1, 101);
    call.orders.give(plan(2, [2, 3, 0]));
    for number in 0..20_u64 {
        let heard = call.frame(&[number as u8; 9], Mono(0));
        let numbers = |heard: &Heard| heard.frames.iter().map(|(frame, _)| *frame).collect::<Vec<_>>();
        match (number, heard.first()) {
            (1, Some(heard)) => assert_eq!((heard.newest, heard.new, numbers(heard)), (1, 2, vec![1, 0])),
            (n, Some(heard)) if n % 2 == 1 => {
                assert_eq!((heard.newest, heard.new, numbers(heard)), (n, 2, vec![n, n - 1, n - 2, n - 3]));
            }
            (n, heard) => assert!(n % 2 == 0 && heard.is_none()),
        }
    }
}

#[test]
fn a_held_frame_leaves_with_the_next_when_the_plan_changes() {
    let mut call = Call::new();
    call.add(1, 101);
    call.orders.give(plan(2, [0, 0, 0]));
    assert!(call.frame(b"held", Mono(0)).is_empty());
    call.orders.give(plan(1, [0, 0, 0]));
    let heard = call.frame(b"next", Mono(0));
    assert_eq!(heard[0].frames, [(1, b"next".to_vec()), (0, b"held".to_vec())]);
    assert_eq!(call.frame(b"then", Mono(0))[0].frames, [(2, b"then".to_vec())]);
}

#[test]
fn the_largest_datagram_fits() {
    let mut call = Call::new();
    call.add(1, 101);
    call.orders.give(plan(2, [7, 15, 0]));
    for number in 0..40_u64 {
        let heard = call.frame(&[number as u8; FRAME_BYTES_MAX], Mono(0));
        if number > 16 && number % 2 == 1 {
            let numbers: Vec<_> = heard[0].frames.iter().map(|(frame, _)| *frame).collect();
            assert_eq!(numbers, [number, number - 1, number - 7, number - 15]);
            assert_eq!(heard[0].header.payload_len, 1 + 4 * (2 + 255) + 16);
        }
    }
}

#[test]
fn a_frame_that_is_too_long_leaves_its_slot_empty() {
    let (mut out, _) = voice_path();
    let long = [0; FRAME_BYTES_MAX + 1];
    assert_eq!(out.frame(&long, Mono(0), &mut |_, _| ()), Err(FrameTooLong { bytes: 256 }));
    let mut call = Call::new();
    call.add(1, 101);
    call.frame(b"one", Mono(0));
    assert_eq!(call.frame(&long, Mono(0))[0].frames, [(1, Vec::new())]);
    call.orders.give(plan(1, [1, 2, 0]));
    assert_eq!(call.frame(b"two", Mono(0))[0].frames, [(2, b"two".to_vec()), (0, b"one".to_vec())]);
}

#[test]
fn a_thread_that_was_away_finds_the_last_word_on_everything() {
    let mut call = Call::new();
    for round in 0..200_u16 {
        for number in 1..=3 {
            call.add(number, 100 + u16::from(number));
            call.orders.give(VoiceOrder::Road { peer: peer(number), address: address(1100 + u16::from(number)) });
        }
        call.orders.give(plan(1 + (round % 2) as u8, [0; 3]));
        call.orders.give(VoiceOrder::Session(SessionLine::beginning(Mono(0))));
        assert!(call.orders.waiting() <= 11);
    }
    call.orders.give(VoiceOrder::Remove { peer: peer(2) });
    call.orders.give(plan(1, [0, 0, 0]));
    call.out.frame(b"before", Mono(0), &mut |_, _| ()).expect("short enough");
    call.orders.flush();
    let heard = call.frame(b"after", Mono(7_000_000));
    assert_eq!(heard.iter().map(|heard| heard.port).collect::<Vec<_>>(), [1101, 1103]);
    assert!(heard.iter().all(|heard| heard.header.timestamp_ms == 7));
}

/// Whatever the plan does, and whoever comes and goes: a listener gets each frame from its first one on as a new
/// one, once and in order, and every copy is what it is a copy of.
#[test]
fn no_change_of_plan_loses_or_doubles_a_frame() {
    let mut heard_of = 0;
    for seed in 0..200 {
        let mut random = Random::new([seed; 32]);
        let mut call = Call::new();
        let mut said: Vec<Vec<u8>> = Vec::new();
        // Of each listener: the number on our side of its frame 0, and its next frame.
        let mut known: BTreeMap<u16, (u64, u64)> = BTreeMap::new();
        for _ in 0..150 {
            if random.below(12) == 0 {
                let copies = core::array::from_fn(|_| random.below(18) as u8);
                call.orders.give(plan(random.below(4) as u8, copies));
            }
            if random.below(25) == 0 {
                let number = 1 + random.below(3) as u8;
                let port = 100 * (u16::from(number) + 3 * random.below(2) as u16);
                call.add(number, port);
                known.remove(&port);
            }
            let len = [0, 3, 255, random.below(256) as usize][random.below(4) as usize];
            let mut opus = vec![0; len];
            random.fill(&mut opus);
            said.push(opus.clone());
            for heard in call.frame(&opus, Mono(0)) {
                let last = said.len() as u64 - 1;
                let (zero, next) = known.entry(heard.port).or_insert((last - heard.newest, 0));
                assert_eq!((*zero + heard.newest, heard.newest + 1 - heard.new), (last, *next), "seed {seed}");
                *next = heard.newest + 1;
                for (frame, bytes) in heard.frames {
                    assert_eq!(bytes, said[(*zero + frame) as usize], "seed {seed}");
                }
            }
        }
        heard_of += known.values().map(|(_, next)| next).sum::<u64>();
    }
    assert!(heard_of > 10_000, "{heard_of} frames");
}
