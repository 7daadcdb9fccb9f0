// SPDX-License-Identifier: MIT
//! Invites that people paste, and what they are told about wrong ones.

use super::{Invite, InviteError, InviteKey, KEY_LETTERS};
use crate::mesh::random::Random;
use core::net::SocketAddr;

const KEY: &str = "0M3KZ8Q5T1VX7YNBC4DGHJ2R6R";

fn read(text: &str) -> Result<Invite, InviteError> {
    text.parse()
}

fn told(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

#[test]
fn an_invite_is_an_address_and_a_key() {
    let invite = read(&format!("203.0.113.7:4821#{KEY}")).expect("an invite");
    assert_eq!(invite.addresses, ["203.0.113.7:4821".parse::<SocketAddr>().expect("an address")]);
    assert_eq!(invite.key.expect("a key").to_string(), KEY);
    assert_eq!(read("[2001:db8::7]:1").expect("an invite").key, None);
}

#[test]
fn what_chats_and_people_do_to_an_invite_is_undone() {
    let whole = read(&format!("203.0.113.7:4821,[2001:db8::7]:4821#{KEY}")).expect("an invite");
    let looks_alike = KEY.to_lowercase().replace('0', "o").replace('1', "l");
    for text in [
        format!("  203.0.113.7:4821, [2001:db8::7]:4821#{KEY}\n"),
        format!("<hz://203.0.113.7:4821,[2001:db8::7]:4821#{KEY}>"),
        format!("HZ:203.0.113.7:4821,[2001:db8::7]:4821#{}", KEY.to_lowercase()),
        format!("`203.0.113.7:4821,[2001:db8::7]:4821 # {looks_alike}`"),
        format!("hz: 203.0.113.7:4821,[2001:db8::7]:4821#{}", KEY.replace('1', "I").replace('0', "O")),
    ] {
        assert_eq!(read(&text).as_ref(), Ok(&whole), "{text}");
    }
}

#[test]
fn each_way_of_being_wrong_is_told_in_its_own_words() {
    let of = |address: &str| told(&format!("{address}#{KEY}"));
    for (text, part) in [
        (told(" "), "is empty"),
        (told("hz://"), "is empty"),
        (told(&format!("#{KEY}")), "no address"),
        (of(":4821"), "no address"),
        (of("203.0.113.7:4821,"), "no address"),
        (of("203.0.113.7"), "port is missing after 203.0.113.7"),
        (of("203.0.113.7:"), "port is missing after 203.0.113.7"),
        (of("[2001:db8::7]"), "port is missing after [2001:db8::7]"),
        (of("2001:db8::7"), "stands in brackets"),
        (of("2001:db8:0:0:0:0:0:7:4821"), "stands in brackets"),
        (of("203.0.113.7:0"), "port 0"),
        (of("203.0.113.7:65536"), "`65536` is no port"),
        (of("203.0.113.7:+80"), "`+80` is no port"),
        (of("203.0.113.7:port"), "`port` is no port"),
        (of("203.0.113.700:4821"), "`203.0.113.700` is no IP address"),
        (of("203.0.113:4821"), "`203.0.113` is no IP address"),
        (of("[2001:dg8::7]:4821"), "`[2001:dg8::7]` is no IP address"),
        (of("0.0.0.0:4821"), "0.0.0.0 is not the address of one machine"),
        (of("[ff02::1]:4821"), "ff02::1 is not the address of one machine"),
        (of("255.255.255.255:4821"), "is not the address of one machine"),
        (of("studio.example:4821"), "an IP address is needed"),
        (of("localhost"), "an IP address is needed"),
        (told("203.0.113.7:4821#"), "key after # is missing"),
        (told("203.0.113.7:4821#ABC"), "has 3 of 26 letters"),
        (told(&format!("203.0.113.7:4821#{KEY}0")), "has 27 letters"),
        (told(&format!("203.0.113.7:4821#{}", KEY.replace('M', "U"))), "has a `U`"),
        (told(&format!("203.0.113.7:4821#{}", KEY.replace('M', "ü"))), "has a `ü`"),
        (told(&format!("203.0.113.7:4821#{}#", KEY)), "has a `#`"),
        (told(&format!("203.0.113.7:4821#{}Z", &KEY[..KEY_LETTERS - 1])), "wrong letter at its end"),
        (told(&["203.0.113.7:4821"; 9].join(",")), "more than 8 addresses"),
    ] {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
}

#[test]
fn what_is_printed_is_read_again() {
    let mut random = Random::new([1; 32]);
    for _ in 0..2000 {
        let address = |random: &mut Random| -> SocketAddr {
            let port = 1 + random.below(65535) as u16;
            match random.below(2) {
                0 => ([1 + random.below(223) as u8, random.u64() as u8, random.u64() as u8, 1], port).into(),
                _ => ([0x2001, 0xdb8, 0, random.u64() as u16, 0, 0, random.u64() as u16, 1], port).into(),
            }
        };
        let addresses = (0..=random.below(8)).map(|_| address(&mut random)).collect::<Vec<_>>();
        let addresses = addresses.into_iter().take(super::ADDRESSES_MAX).collect();
        let key = (random.below(4) > 0).then(|| InviteKey::random(&mut random));
        let invite = Invite { addresses, key };
        assert_eq!(read(&invite.to_string()), Ok(invite));
    }
}

#[test]
fn no_text_makes_it_panic() {
    let mut random = Random::new([2; 32]);
    let pieces =
        ["hz:", "//", "#", ":", ",", "[", "]", "203.0.113.7", "::1", "4821", KEY, "ß", "<", ">", " ", "0", "%1"];
    for _ in 0..20_000 {
        let text: String = (0..random.below(8)).map(|_| pieces[random.below(pieces.len() as u64) as usize]).collect();
        let _ = read(&text);
    }
}

#[test]
fn a_key_does_not_show_itself_to_debuggers() {
    let invite = read(&format!("203.0.113.7:4821#{KEY}")).expect("an invite");
    assert!(format!("{invite:?}").contains("InviteKey(..)"));
}
