// SPDX-License-Identifier: MIT
//! A link under a bad wire and bad people.

use super::{Header, Kind, LinkKeys, Malformed, Opener, Refusal, Sealer, Secret, Stream, TAG_LEN};
use crate::mesh::header::DATAGRAM_MAX;
use crate::mesh::random::Random;

/// Both ends of a link, without the handshake.
fn link(seed: u8) -> (LinkKeys, LinkKeys) {
    let secret = Secret::new([seed; 32]);
    (LinkKeys::agree(&secret, b"test", true), LinkKeys::agree(&secret, b"test", false))
}

fn voice(seed: u8) -> (Sealer, Opener) {
    let (ours, theirs) = link(seed);
    (ours.sealers.voice, theirs.openers.voice)
}

fn sealed(sealer: &mut Sealer, kind: Kind, plain: &[u8]) -> Vec<u8> {
    let mut out = [0xaa; DATAGRAM_MAX];
    let len = sealer.seal(kind, 1, 77, plain, &mut out);
    out[..len].to_vec()
}

fn spoken(sealer: &mut Sealer) -> Vec<u8> {
    sealed(sealer, Kind::Voice, b"a frame of Opus")
}

/// What a copy of the datagram opens to; the datagram stays as it is.
fn open(opener: &mut Opener, datagram: &[u8]) -> Result<(u64, Vec<u8>), Refusal> {
    let mut copy = datagram.to_vec();
    let header = Header::read(&copy)?;
    let (sequence, plain) = opener.open(&header, &mut copy)?;
    Ok((sequence, copy[plain].to_vec()))
}

fn sequence(opener: &mut Opener, datagram: &[u8]) -> Result<u64, Refusal> {
    open(opener, datagram).map(|(sequence, _)| sequence)
}

#[test]
fn what_is_sealed_opens_on_the_other_side_both_ways_and_in_each_stream() {
    let (mut ours, mut theirs) = link(1);
    for (from, to) in [(&mut ours.sealers, &mut theirs.openers), (&mut theirs.sealers, &mut ours.openers)] {
        for kind in [Kind::Control, Kind::Bye] {
            for plain in [&b"text"[..], &[], &[0; 1171]] {
                let datagram = sealed(&mut from.control, kind, plain);
                assert_eq!(datagram.len(), 12 + usize::from(kind == Kind::Control) + plain.len() + TAG_LEN);
                assert_eq!(open(&mut to.control, &datagram).expect("it opens").1, plain);
            }
        }
        let datagram = spoken(&mut from.voice);
        assert_eq!(open(&mut to.voice, &datagram), Ok((0, b"a frame of Opus".to_vec())));
        let mut out = [0; DATAGRAM_MAX];
        let mut picture = from.picture.begin_picture(Kind::DeltaPicture, 1, 77, 3);
        for piece in 0..3 {
            let len = picture.seal(&[piece; 500], &mut out);
            assert_eq!(open(&mut to.picture, &out[..len]), Ok((0, vec![piece; 500])));
        }
    }
}

/// Made by another implementation of BLAKE2s and ChaCha20-Poly1305 from what the drawings say.
#[test]
fn datagrams_are_those_that_anybody_else_would_make() {
    let (mut ours, mut theirs) = link(1);
    let hex = |datagram: &[u8]| datagram.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let voice = &mut ours.sealers.voice;
    let expected = "410100000000004d00140000231ee3d2affc4712be5432a0dfe2e04b7994eedd";
    assert_eq!(hex(&sealed(voice, Kind::Voice, b"opus")), expected);
    (0..257).for_each(|_| voice.skip(255));
    voice.skip(2);
    let in_the_next_epoch = "410100020000004d0014000042b772720c30673bb657c1d4f359ce3804ce65d6";
    assert_eq!(hex(&sealed(voice, Kind::Voice, b"opus")), in_the_next_epoch);
    let mut out = [0; DATAGRAM_MAX];
    let mut picture = ours.sealers.picture.begin_picture(Kind::KeyPicture, 1, 77, 2);
    picture.seal(b"the first piece", &mut out);
    let len = picture.seal(b"opus", &mut out);
    assert_eq!(hex(&out[..len]), "420100000000004d00140102d1e814e262cdbb4a1bdef33a555b34647c657b9e");
    let expected = "440100000000004d001500000093172afbc99b302ebcba7099a973d70f40574e0d";
    assert_eq!(hex(&sealed(&mut theirs.sealers.control, Kind::Control, b"opus")), expected);
}

#[test]
fn nothing_of_the_plain_text_is_left_in_a_datagram() {
    let datagram = spoken(&mut voice(1).0);
    assert!(!datagram.windows(5).any(|bytes| b"a frame of Opus".windows(5).any(|plain| plain == bytes)));
}

#[test]
fn all_six_keys_are_different() {
    let (ours, theirs) = link(1);
    let keys = |keys: &LinkKeys| {
        let (mut bytes, sealers) = (Vec::new(), &keys.sealers);
        for sealer in [&sealers.voice, &sealers.picture, &sealers.control] {
            bytes.push(*sealer.chain.current().bytes());
        }
        for opener in [&keys.openers.voice, &keys.openers.picture, &keys.openers.control] {
            bytes.push(*opener.chain.current().bytes());
        }
        bytes
    };
    let (ours, theirs) = (keys(&ours), keys(&theirs));
    assert_eq!(ours[..3], theirs[3..]);
    assert_eq!(ours[3..], theirs[..3]);
    let different: std::collections::BTreeSet<_> = ours.iter().collect();
    assert_eq!(different.len(), 6);
}

#[test]
fn a_datagram_does_not_come_back_to_its_sender() {
    let (mut ours, _) = link(1);
    let datagram = spoken(&mut ours.sealers.voice);
    assert_eq!(open(&mut ours.openers.voice, &datagram), Err(Refusal::Forged));
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused_and_leaves_no_trace() {
    let (ours, theirs) = link(1);
    let (mut sealer, mut opener) = (ours.sealers.control, theirs.openers.control);
    let first = sealed(&mut sealer, Kind::Control, b"first");
    let datagram = sealed(&mut sealer, Kind::Control, b"second");
    assert_eq!(sequence(&mut opener, &first), Ok(0));
    for bit in 0..datagram.len() * 8 {
        let mut bad = datagram.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&mut opener, &bad).is_err(), "bit {bit}");
    }
    for len in 0..datagram.len() {
        assert!(open(&mut opener, &datagram[..len]).is_err(), "{len} bytes");
        let mut bad = datagram[..len].to_vec();
        if len >= Header::LEN {
            bad[8..10].copy_from_slice(&((len - Header::LEN) as u16).to_be_bytes());
        }
        assert!(open(&mut opener, &bad).is_err(), "{len} bytes with a length that fits");
    }
    assert_eq!(open(&mut opener, &datagram), Ok((1, b"second".to_vec())));
}

#[test]
fn random_bytes_never_open_and_never_panic() {
    let (_, mut theirs) = link(1);
    let mut random = Random::new([5; 32]);
    for _ in 0..20_000 {
        let mut bytes = vec![0; random.below(60) as usize];
        random.fill(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first = 0x41 + *first % 5;
        }
        if bytes.len() >= Header::LEN {
            let len = (bytes.len() - Header::LEN) as u16;
            bytes[1] &= 3;
            bytes[8..10].copy_from_slice(&len.to_be_bytes());
            bytes[10..12].fill(0);
        }
        if let Ok(header) = Header::read(&bytes) {
            assert!(theirs.openers.open(&header, &mut bytes).is_err());
        }
    }
}

#[test]
fn a_datagram_without_room_for_its_seal_is_malformed() {
    let (_, mut theirs) = link(1);
    let mut bytes = [0x44, 1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let header = Header::read(&bytes).expect("a header");
    assert_eq!(theirs.openers.open(&header, &mut bytes), Err(Refusal::Malformed(Malformed::Short)));
}

#[test]
fn a_replay_is_refused_wherever_it_lies_in_the_window() {
    let (mut sealer, mut opener) = voice(1);
    let all: Vec<_> = (0..3000).map(|_| spoken(&mut sealer)).collect();
    for datagram in all.iter().step_by(2) {
        assert!(open(&mut opener, datagram).is_ok());
    }
    // The highest is 2998: what is 1024 behind it or more is too old.
    for (number, datagram) in all.iter().enumerate() {
        let expected = match number {
            0..=1974 => Err(Refusal::TooOld),
            _ if number % 2 == 0 => Err(Refusal::Replayed),
            _ => Ok(number as u64),
        };
        assert_eq!(sequence(&mut opener, datagram), expected, "{number}");
    }
    assert!(all.iter().all(|datagram| open(&mut opener, datagram).is_err()));
}

#[test]
fn each_piece_of_a_picture_is_taken_once() {
    let (mut ours, mut theirs) = link(1);
    let mut out = [0; DATAGRAM_MAX];
    let mut pieces = Vec::new();
    for _ in 0..70 {
        let mut picture = ours.sealers.picture.begin_picture(Kind::KeyPicture, 1, 0, 255);
        for _ in 0..255 {
            let len = picture.seal(b"piece", &mut out);
            pieces.push((picture.sequence(), out[..len].to_vec()));
        }
    }
    // The first is kept back until the last picture has come: then it is 69 behind, and 64 are remembered.
    let opener = &mut theirs.openers.picture;
    for (number, piece) in &pieces[1..] {
        assert_eq!(sequence(opener, piece), Ok(*number));
    }
    for (number, piece) in &pieces {
        let expected = if *number <= 5 { Refusal::TooOld } else { Refusal::Replayed };
        assert_eq!(sequence(opener, piece), Err(expected));
    }
}

#[test]
#[should_panic(expected = "has no more")]
fn a_picture_has_no_more_pieces_than_it_began_with() {
    let (mut ours, _) = link(1);
    let mut out = [0; DATAGRAM_MAX];
    let mut picture = ours.sealers.picture.begin_picture(Kind::KeyPicture, 1, 0, 1);
    picture.seal(b"one", &mut out);
    picture.seal(b"two", &mut out);
}

#[test]
fn keys_change_when_the_sixteen_bits_wrap_and_order_around_it_does_not_matter() {
    let (mut sealer, mut opener) = voice(1);
    let mut random = Random::new([6; 32]);
    let mut waiting: Vec<(u64, Vec<u8>)> = Vec::new();
    // Steps that bring every epoch's end into play without sealing each of its 65,536 sequences.
    while sealer.next_sequence() < 5 << 16 {
        let near_the_wrap = (sealer.next_sequence() as u16).wrapping_add(600) < 1200;
        if !near_the_wrap {
            sealer.skip(1 + random.below(120) as u8);
        }
        waiting.push((sealer.next_sequence(), spoken(&mut sealer)));
        // Four wait at most: reordered by no more than 500 sequences.
        if waiting.len() == 4 {
            let (number, datagram) = waiting.swap_remove(random.below(4) as usize);
            assert_eq!(sequence(&mut opener, &datagram), Ok(number));
            assert_eq!(sequence(&mut opener, &datagram), Err(Refusal::Replayed));
            waiting.retain(|(other, _)| number.abs_diff(*other) < 400);
        }
    }
    assert_eq!(opener.chain.epoch(), 4);
}

#[test]
fn the_first_of_the_next_key_may_come_before_the_last_of_this_one() {
    let (mut sealer, mut opener) = voice(1);
    while sealer.next_sequence() < 65_000 {
        sealer.skip(250);
        assert!(open(&mut opener, &spoken(&mut sealer)).is_ok());
    }
    while sealer.next_sequence() < 65_534 {
        sealer.skip(1);
    }
    let around: Vec<_> = (65_534..65_538).map(|_| spoken(&mut sealer)).collect();
    for (index, number) in [(3, 65_537), (0, 65_534), (2, 65_536), (1, 65_535)] {
        assert_eq!(sequence(&mut opener, &around[index]), Ok(number));
    }
    assert!(around.iter().all(|datagram| open(&mut opener, datagram) == Err(Refusal::Replayed)));
    // Once the window has passed the change, the old key is gone.
    assert!(opener.chain.has_previous());
    for _ in 0..1024 {
        open(&mut opener, &spoken(&mut sealer)).expect("it opens");
    }
    assert!(!opener.chain.has_previous());
}

#[test]
fn a_stretch_of_almost_half_the_numbers_may_be_lost() {
    for lost in [1, 1023, 1024, 1025, 20_000, 32_766] {
        let (mut sealer, mut opener) = voice(1);
        for round in 0..5 {
            let number = sealer.next_sequence();
            let datagram = spoken(&mut sealer);
            assert_eq!(sequence(&mut opener, &datagram), Ok(number), "{lost} lost, round {round}");
            assert_eq!(sequence(&mut opener, &datagram), Err(Refusal::Replayed));
            (0..lost / 255).for_each(|_| sealer.skip(255));
            sealer.skip((lost % 255) as u8);
        }
    }
}

#[test]
fn what_was_skipped_is_new_to_the_edge_of_the_window() {
    for jump in [1, 2, 1023, 1024, 1025, 5000] {
        let mut window = super::Window::new(Stream::Voice);
        (0..3000).for_each(|number| window.mark(number, 0));
        let highest = 2999 + jump;
        window.mark(highest, 0);
        for number in highest - 1023..highest {
            let expected = if number < 3000 { Err(Refusal::Replayed) } else { Ok(()) };
            assert_eq!(window.check(number, 0), expected, "{number} after a jump of {jump}");
        }
        assert_eq!(window.check(highest - 1024, 0), Err(Refusal::TooOld));
    }
}

#[test]
fn what_lies_before_the_beginning_is_too_old() {
    let (mut sealer, mut opener) = voice(1);
    let mut datagram = spoken(&mut sealer);
    datagram[2..4].copy_from_slice(&0xffff_u16.to_be_bytes());
    assert_eq!(sequence(&mut opener, &datagram), Err(Refusal::TooOld));
}

#[test]
fn forged_datagrams_do_not_move_the_window_or_the_keys() {
    let (mut sealer, mut opener) = voice(1);
    let mut random = Random::new([7; 32]);
    for _ in 0..3000 {
        let datagram = spoken(&mut sealer);
        let mut forged = datagram.clone();
        // Any sequence, so that many claim to be far ahead, or of the next key.
        forged[2..4].copy_from_slice(&random.bytes::<2>());
        let last = forged.len() - 1;
        forged[last] ^= 1 + random.below(255) as u8;
        assert!(open(&mut opener, &forged).is_err());
        let number = sequence(&mut opener, &datagram);
        assert_eq!(number, Ok(sealer.next_sequence() - 1));
        sealer.skip(random.below(200) as u8);
    }
    assert!(opener.chain.epoch() >= 3);
}

/// The window against a plain memory of everything that came.
#[test]
fn the_window_is_right_about_thousands_of_random_wires() {
    let mut random = Random::new([8; 32]);
    for case in 0..3000 {
        let stream = if case % 2 == 0 { Stream::Voice } else { Stream::Picture };
        let (span, pieces) = if stream == Stream::Voice { (1024, 1) } else { (64, 256) };
        let mut window = super::Window::new(stream);
        let mut came = std::collections::BTreeSet::new();
        let (mut front, mut highest) = (0_u64, None::<u64>);
        let stride = 1 + random.below(if case % 5 == 0 { 30_000 } else { 40 });
        for _ in 0..60 {
            front += random.below(stride);
            let number = front.saturating_sub(random.below(span + span / 8));
            let piece = random.below(pieces) as u8;
            let top = highest.unwrap_or(0);
            if top.abs_diff(number) >= 1 << 15 {
                continue;
            }
            assert_eq!(window.extend(number as u16), Some(number));
            let expected = if number + span <= top {
                Err(Refusal::TooOld)
            } else if came.contains(&(number, piece)) {
                Err(Refusal::Replayed)
            } else {
                Ok(())
            };
            assert_eq!(window.check(number, piece), expected, "case {case}, {number} of {top}");
            if expected.is_ok() {
                window.mark(number, piece);
                came.insert((number, piece));
                highest = highest.max(Some(number));
            }
        }
    }
}

#[test]
fn every_reason_is_counted_in_its_own_place() {
    for (index, reason) in Refusal::ALL.into_iter().enumerate() {
        assert_eq!(reason.index(), index);
    }
}

#[test]
fn keys_do_not_show_themselves() {
    let (ours, _) = link(1);
    assert_eq!(format!("{:?}", ours), "LinkKeys(..)");
    assert_eq!(format!("{:?} {:?}", ours.sealers.voice, ours.openers), "Sealer(..) Openers(..)");
    assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret(..)");
}
