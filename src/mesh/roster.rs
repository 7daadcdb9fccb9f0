// SPDX-License-Identifier: MIT
//! Who is in the call.
//!
//! The host alone writes it; every change is a new version, and the whole of it travels each time, so that nothing
//! depends on an earlier message. A place (0 to 3) may be given to somebody else later: the incarnation tells them
//! apart.
//!
//! ```text
//! roster   [version 4][count][member]...
//! member   [place][incarnation 4][name][addresses][pair key 32]
//! ```
//!
//! Pair keys: the host draws one for each two people and hands it to both, inside sealed messages. With it they
//! prove to each other that the host has let both in. In each copy of the roster stand the keys of its receiver.

use super::control::bytes::{Reader, Writer};
use crate::words::{PEOPLE_MAX, PeerId};
use core::fmt;
use core::net::SocketAddr;
use zeroize::Zeroize;

/// Addresses at which one person may be reached: network card, mapped port, as others see it, each in both
/// families.
pub const CANDIDATES_MAX: usize = 8;

/// Bytes of a name, so that a roster of four with all their addresses fits into one datagram.
pub const NAME_MAX: usize = 40;

/// What two people share until they have keys of their own.
#[derive(Clone, PartialEq, Eq)]
pub struct PairKey(pub [u8; 32]);

impl fmt::Debug for PairKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairKey(..)")
    }
}

impl Drop for PairKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The place.
    pub id: PeerId,
    /// Who of those who have had this place.
    pub incarnation: u32,
    /// What people call them.
    pub name: String,
    /// Where they may be reached.
    pub candidates: Vec<SocketAddr>,
    /// The key between this member and whoever reads this.
    pub pair: PairKey,
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Another one with each change, by one more; 0 is nothing yet.
    pub version: u32,
    members: [Option<Member>; PEOPLE_MAX],
}

impl Roster {
    /// Who has this place.
    pub fn member(&self, id: PeerId) -> Option<&Member> {
        self.members[id.index()].as_ref()
    }

    /// The same, to change it; the version is the caller's.
    pub fn member_mut(&mut self, id: PeerId) -> Option<&mut Member> {
        self.members[id.index()].as_mut()
    }

    /// In the order of their places.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    /// Puts somebody in their place.
    pub fn put(&mut self, member: Member) {
        let place = member.id.index();
        self.members[place] = Some(member);
    }

    /// Takes somebody out.
    pub fn remove(&mut self, id: PeerId) -> Option<Member> {
        self.members[id.index()].take()
    }

    /// Does it come after that version? Versions go round, so that none is the last: whatever a host says once, its
    /// next word counts again.
    pub fn is_newer_than(&self, version: u32) -> bool {
        (1..1 << 31).contains(&self.version.wrapping_sub(version))
    }

    /// As the wire carries it.
    pub fn write(&self, out: &mut Writer) {
        out.u32(self.version).u8(self.members().count() as u8);
        for member in self.members() {
            out.u8(member.id.number()).u32(member.incarnation).text(&member.name);
            out.addresses(&member.candidates, CANDIDATES_MAX).bytes(&member.pair.0);
        }
    }

    /// `None` if it is not one: too many, a place twice, a place there is not.
    pub fn read(reader: &mut Reader<'_>) -> Option<Roster> {
        let mut roster = Roster { version: reader.u32()?, ..Roster::default() };
        let count = usize::from(reader.u8()?);
        if count > PEOPLE_MAX {
            return None;
        }
        for _ in 0..count {
            let id = PeerId::new(reader.u8()?)?;
            let incarnation = reader.u32()?;
            let name = clean_name(reader.text(NAME_MAX)?);
            let candidates = reader.addresses(CANDIDATES_MAX)?;
            let pair = PairKey(reader.key()?);
            if roster.member(id).is_some() {
                return None;
            }
            roster.put(Member { id, incarnation, name, candidates, pair });
        }
        Some(roster)
    }
}

/// A name as everybody may be shown it: one line, no control characters, no invisible reordering, never empty,
/// never longer than [`NAME_MAX`] bytes.
pub fn clean_name(name: &str) -> String {
    let harmless = |c: &char| {
        let reorders = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        c.is_whitespace() || !(c.is_control() || reorders || *c == '\u{feff}')
    };
    let kept: String = name.chars().filter(harmless).collect();
    let mut clean = String::new();
    for word in kept.split_whitespace() {
        let gap = usize::from(!clean.is_empty());
        if clean.len() + gap + word.len() > NAME_MAX {
            if clean.is_empty() {
                clean.extend(word.char_indices().take_while(|(at, c)| at + c.len_utf8() <= NAME_MAX).map(|(_, c)| c));
            }
            break;
        }
        if gap == 1 {
            clean.push(' ');
        }
        clean.push_str(word);
    }
    if clean.is_empty() { "guest".into() } else { clean }
}

/// `guest`, or `guest 2` and so on if there is one of that name already.
pub fn distinct_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.into();
    }
    let numbered = (2..=PEOPLE_MAX + 1).map(|number| {
        let end = format!(" {number}");
        let room = NAME_MAX - end.len();
        let kept = name.char_indices().take_while(|(at, c)| at + c.len_utf8() <= room).map(|(_, c)| c);
        kept.collect::<String>() + &end
    });
    let mut numbered = numbered.skip_while(|name| taken(name));
    numbered.next().expect("fewer people than numbers")
}

#[cfg(test)]
mod tests {
    use super::{CANDIDATES_MAX, Member, NAME_MAX, PairKey, Roster, clean_name, distinct_name};
    use crate::mesh::control::bytes::{Reader, Writer};
    use crate::words::PeerId;

    fn full() -> Roster {
        let mut roster = Roster { version: 7, ..Roster::default() };
        for id in PeerId::all() {
            let candidates = vec!["[2001:db8::1]:50000".parse().expect("an address"); CANDIDATES_MAX];
            let pair = PairKey([id.number(); 32]);
            roster.put(Member { id, incarnation: 9, name: "n".repeat(NAME_MAX), candidates, pair });
        }
        roster
    }

    #[test]
    fn the_largest_roster_fits_into_a_datagram_beside_a_welcome_and_is_read_again() {
        let mut writer = Writer::new();
        full().write(&mut writer);
        assert!(writer.0.len() <= 1000, "{}", writer.0.len());
        let read = Roster::read(&mut Reader(&writer.0)).expect("it is one");
        assert_eq!(read.version, 7);
        assert!(read.members().eq(full().members()));
        for cut in 0..writer.0.len() {
            assert!(Roster::read(&mut Reader(&writer.0[..cut])).is_none());
        }
    }

    #[test]
    fn a_place_twice_is_no_roster() {
        let mut writer = Writer::new();
        let one = [1, 0, 0, 0, 1, 1, b'a', 0];
        writer.u32(1).u8(2).bytes(&one).bytes(&[0; 32]).bytes(&one).bytes(&[0; 32]);
        assert!(Roster::read(&mut Reader(&writer.0)).is_none());
    }

    #[test]
    fn names_are_one_harmless_line() {
        assert_eq!(clean_name("  a\u{202e}\tb\n  c "), "a b c");
        assert_eq!(clean_name("\u{7}\u{200b}"), "guest");
        assert_eq!(clean_name(&"ä".repeat(100)), "ä".repeat(NAME_MAX / 2));
        assert!(clean_name(&"word ".repeat(30)).len() <= NAME_MAX);
    }

    #[test]
    fn the_second_of_a_name_gets_a_number() {
        assert_eq!(distinct_name("guest", |_| false), "guest");
        assert_eq!(distinct_name("guest", |name| name == "guest"), "guest 2");
        assert_eq!(distinct_name("guest", |name| name != "guest 3"), "guest 3");
        assert!(
            distinct_name(&"n".repeat(NAME_MAX), |name| name.len() == NAME_MAX && !name.ends_with('2')).len()
                <= NAME_MAX
        );
    }
}
