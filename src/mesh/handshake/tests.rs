// SPDX-License-Identifier: MIT
//! Two who agree on keys, and others who do not get between them.

use super::{ANSWER_EXTRA, Initiator, MESSAGE_EXTRA, Responder, Unopened};
use crate::mesh::header::{DATAGRAM_MAX, Header, Kind};
use crate::mesh::random::Random;
use crate::mesh::seal::{LinkKeys, Secret};

fn psk(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

fn initiator(seed: u8) -> Initiator {
    Initiator::new(&psk(1), b"call", &mut Random::new([seed; 32]))
}

fn responder(seed: u8) -> Responder {
    Responder::new(&psk(1), b"call", &mut Random::new([seed; 32]))
}

/// A whole handshake: everything that was said, and both ends' keys.
fn handshake(seed: u8) -> (Vec<u8>, Vec<u8>, LinkKeys, LinkKeys) {
    let (mut guest, mut host) = (initiator(seed), responder(seed + 100));
    let hello = guest.first(b"a guest");
    assert_eq!(host.read(&hello).expect("the HELLO opens"), b"a guest");
    let (welcome, theirs) = host.answer(b"come in");
    let (ours, payload) = guest.finish(&welcome).expect("the answer opens");
    assert_eq!(payload, b"come in");
    (hello, welcome, ours, theirs)
}

/// One datagram of each stream.
fn speak(keys: &mut LinkKeys) -> Vec<Vec<u8>> {
    let mut out = [0; DATAGRAM_MAX];
    let mut datagrams = Vec::new();
    let mut keep = |len: usize, out: &[u8]| datagrams.push(out[..len].to_vec());
    let len = keys.sealers.voice.seal(Kind::Voice, 0, 0, b"voice", &mut out);
    keep(len, &out);
    let len = keys.sealers.picture.begin_picture(Kind::KeyPicture, 0, 0, 1).seal(b"piece", &mut out);
    keep(len, &out);
    let len = keys.sealers.control.seal(Kind::Control, 0, 0, b"control", &mut out);
    keep(len, &out);
    datagrams
}

fn hears(keys: &mut LinkKeys, datagrams: &[Vec<u8>]) -> usize {
    let mut opens = |datagram: &[u8]| {
        let mut copy = datagram.to_vec();
        let header = Header::read(&copy).expect("a header");
        keys.openers.open(&header, &mut copy).is_ok()
    };
    datagrams.iter().filter(|datagram| opens(datagram)).count()
}

#[test]
fn both_sides_get_the_same_keys() {
    let (hello, welcome, mut ours, mut theirs) = handshake(1);
    assert_eq!(hello.len(), b"a guest".len() + MESSAGE_EXTRA);
    assert_eq!(welcome.len(), b"come in".len() + ANSWER_EXTRA);
    assert_eq!(hears(&mut theirs, &speak(&mut ours)), 3);
    assert_eq!(hears(&mut ours, &speak(&mut theirs)), 3);
}

#[test]
fn a_seed_tells_everything_and_every_call_has_keys_of_its_own() {
    let (hello, welcome, mut ours, _) = handshake(1);
    let (hello_again, welcome_again, _, mut theirs_again) = handshake(1);
    assert_eq!((hello, welcome), (hello_again, welcome_again));
    assert_eq!(hears(&mut theirs_again, &speak(&mut ours)), 3);
    let (other_hello, _, _, mut theirs_other) = handshake(2);
    assert_ne!(initiator(1).first(b"a guest"), other_hello);
    assert_eq!(hears(&mut theirs_other, &speak(&mut handshake(1).2)), 0);
}

#[test]
fn the_keys_depend_on_what_each_side_brings() {
    let finish = |guest: u8, host: u8| {
        let (mut guest, mut host) = (initiator(guest), responder(host));
        host.read(&guest.first(b"a guest")).expect("the HELLO opens");
        let (welcome, theirs) = host.answer(b"come in");
        (guest.finish(&welcome).expect("the answer opens").0, theirs)
    };
    let (mut ours, mut theirs) = finish(1, 2);
    assert_eq!(hears(&mut finish(1, 3).1, &speak(&mut ours)), 0, "another responder");
    assert_eq!(hears(&mut finish(4, 2).0, &speak(&mut theirs)), 0, "another initiator");
    assert_eq!(hears(&mut theirs, &speak(&mut ours)), 3);
}

#[test]
fn another_key_or_another_call_does_not_open() {
    let hello = initiator(1).first(b"a guest");
    let random = &mut Random::new([2; 32]);
    assert_eq!(Responder::new(&psk(2), b"call", random).read(&hello), Err(Unopened));
    assert_eq!(Responder::new(&Secret::NONE, b"call", random).read(&hello), Err(Unopened));
    assert_eq!(Responder::new(&psk(1), b"llac", random).read(&hello), Err(Unopened));
}

#[test]
fn tampered_messages_are_refused_and_the_true_one_is_taken_afterwards() {
    let (mut guest, mut host) = (initiator(1), responder(2));
    let hello = guest.first(b"a guest");
    for (number, bad) in tampered(&hello).enumerate() {
        assert_eq!(host.read(&bad), Err(Unopened), "{number}");
    }
    assert!(host.read(&hello).is_ok());
    assert_eq!(host.read(&hello), Err(Unopened), "one handshake, one HELLO");
    let (welcome, mut theirs) = host.answer(b"come in");
    for (number, bad) in tampered(&welcome).enumerate() {
        assert!(guest.finish(&bad).is_err(), "{number}");
    }
    let (mut ours, _) = guest.finish(&welcome).expect("the answer opens");
    assert_eq!(hears(&mut theirs, &speak(&mut ours)), 3);
    assert!(guest.finish(&welcome).is_err(), "keys are handed out once");
}

/// Every flipped bit (the top bit of a point is ignored by definition, but said in the hash), every shorter
/// message, one longer, one far too long.
fn tampered(message: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let flipped = (0..message.len() * 8).map(|bit| {
        let mut bad = message.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        bad
    });
    let shorter = (0..message.len()).map(|len| message[..len].to_vec());
    let longer = [1, 2000].map(|more| [message, &vec![0; more]].concat());
    flipped.chain(shorter).chain(longer)
}

#[test]
fn a_reflected_hello_is_no_answer() {
    let mut guest = initiator(1);
    let hello = guest.first(b"a guest");
    assert!(guest.finish(&hello).is_err());
}

#[test]
fn nothing_shows_itself() {
    assert_eq!(format!("{:?} {:?}", initiator(1), responder(1)), "Initiator(..) Responder(..)");
}
