// SPDX-License-Identifier: MIT
//! Every reader, given good texts that were changed in every way: each bit, each end, each two put together.
//!
//! Whatever a reader takes it must understand in one way: written again and read again it is the same.

use super::samples::{READERS, Reads, assert_sound, sample};
use super::{below, chance, noise, one_of};
use hyperzoom::mesh::invite::{Invite, InviteKey};
use hyperzoom::mesh::random::Random;

/// How many texts were given, and how many were taken.
#[derive(Debug, Default)]
pub struct Tried {
    pub given: u64,
    pub taken: u64,
}

impl Tried {
    fn give(&mut self, name: &str, read: Reads, bytes: &[u8]) {
        self.given += 1;
        let Some(once) = read(bytes) else { return };
        self.taken += 1;
        assert_eq!(read(&once).as_ref(), Some(&once), "{name} of {bytes:02x?}");
    }

    /// One good text of this reader and all that becomes of it.
    fn mutate(&mut self, name: &str, read: Reads, random: &mut Random) {
        let good = sample(name, random);
        assert!(read(&good).is_some(), "{name} takes what is good: {good:02x?}");
        for bit in 0..8 * good.len() {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            self.give(name, read, &bytes);
        }
        for at in 0..good.len() {
            self.give(name, read, &good[..at]);
            for byte in [0, 255] {
                let mut bytes = good.clone();
                bytes[at] = byte;
                self.give(name, read, &bytes);
            }
        }
        for len in [1, 2, 8, 100, 2000] {
            self.give(name, read, &[good.clone(), noise(random, len)].concat());
        }
        for _ in 0..20 {
            let (other, len) = (sample(name, random), below(random, 200));
            let (here, there) = (below(random, good.len() + 1), below(random, other.len() + 1));
            self.give(name, read, &[&good[..here], &other[there..]].concat());
            self.give(name, read, &noise(random, len));
        }
    }
}

/// So many good texts of every reader; what all of them were given.
pub fn all_readers(random: &mut Random, rounds: usize) -> Tried {
    let mut tried = Tried::default();
    for _ in 0..rounds {
        for (name, read) in READERS {
            tried.mutate(name, read, random);
        }
        // What is meant for one reader is given to all.
        let good = sample(one_of(random, &READERS).0, random);
        READERS.iter().for_each(|(name, read)| tried.give(name, *read, &good));
    }
    tried
}

#[test]
fn readers_take_nothing_in_two_ways() {
    let tried = all_readers(&mut chance("readers", 1), 6);
    println!("{tried:?}");
    assert!(tried.given > 40_000 && tried.taken > tried.given / 10 && tried.taken < tried.given, "{tried:?}");
}

#[test]
fn voice_says_what_fits_or_nothing() {
    let mut random = chance("voice payloads", 1);
    for _ in 0..20_000 {
        let len = one_of(&mut random, &[0, 1, 3, 5, 9, 40]);
        let mut payload = noise(&mut random, len);
        if random.below(4) > 0 {
            payload.iter_mut().take(1).for_each(|first| *first &= 0xb3);
            payload.iter_mut().skip(1).take(8).for_each(|byte| *byte &= 7);
        }
        let newest = one_of(&mut random, &[0, 1, 7, 65_535, u64::MAX]);
        assert_sound(&payload, newest);
    }
}

#[test]
fn invites_are_read_or_refused_in_words() {
    let mut random = chance("invites", 1);
    let key = InviteKey::random(&mut random).to_string();
    let letters: Vec<char> = "0123456789.:,#[]<>hz/ \u{e4}\u{1f600}\u{202e}%abcUuOI\n\0".chars().collect();
    let mut taken = 0;
    for _ in 0..20_000 {
        let whole = one_of(
            &mut random,
            &["203.0.113.7:4821#", "hz://[2001:db8::7]:1,10.0.0.1:65535#", "<10.0.0.1:9>#", "hz:127.0.0.1:1"],
        );
        let mut text: Vec<char> = whole.chars().collect();
        if whole.ends_with('#') {
            text.extend(key.chars());
        }
        for _ in 0..random.below(4) {
            let (at, letter) = (below(&mut random, text.len()), one_of(&mut random, &letters));
            match random.below(4) {
                0 => text[at] = letter,
                1 => text.insert(at, letter),
                2 if text.len() > 1 => drop(text.remove(at)),
                _ => text.truncate(at.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        match text.parse::<Invite>() {
            Ok(invite) => {
                taken += 1;
                assert!((1..=8).contains(&invite.addresses.len()));
                assert!(invite.addresses.iter().all(|address| address.port() != 0 && !address.ip().is_unspecified()));
                assert_eq!(invite.to_string().parse(), Ok(invite), "{text}");
            }
            Err(why) => assert!(why.to_string().len() > 10, "{text}: {why}"),
        }
    }
    assert!((2_000..18_000).contains(&taken), "{taken}");
    assert!(",".repeat(1_000_000).parse::<Invite>().is_err());
}
