// SPDX-License-Identifier: MIT
//! One good text of everything that is read from the wire, and what reading it again gives.

use super::insider::{MESSAGES, message_of, roster, victim};
use super::{below, noise, one_of};
use hyperzoom::mesh::control::Message;
use hyperzoom::mesh::control::bytes::{Reader, Writer};
use hyperzoom::mesh::control::clear::{Clear, Hello, Proof};
use hyperzoom::mesh::control::greeting::{Greeting, REVISION, Refusal, Welcome};
use hyperzoom::mesh::header::{DATAGRAM_MAX, Header, Kind};
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::report::{Nack, Report};
use hyperzoom::mesh::roster::{CANDIDATES_MAX, NAME_MAX, PairKey, Roster};
use hyperzoom::mesh::voice::VoicePayload;
use hyperzoom::words::{Mono, PeerId};

/// Something that reads bytes of the wire: what it read, written again.
pub type Reads = fn(&[u8]) -> Option<Vec<u8>>;

/// Every reader. `None` is refused; otherwise what was understood, in bytes of our own.
pub const READERS: [(&str, Reads); 8] = [
    ("header", |bytes| {
        let mut again = bytes.to_vec();
        Header::read(bytes).ok()?.write(&mut again);
        Some(again)
    }),
    ("clear", |bytes| {
        let clear = Clear::read(bytes)?;
        let short = match clear {
            Clear::Welcome { noise, .. } => noise.len() + 9,
            Clear::Confirm { sealed, .. } => sealed.len() + 9,
            _ => 0,
        };
        // Longer ones never get here: no datagram is.
        (short + Header::LEN <= DATAGRAM_MAX).then(|| clear.datagram(1)[Header::LEN..].to_vec())
    }),
    ("greeting", |bytes| {
        let greeting = Greeting::read(bytes)?;
        assert!(greeting.candidates.len() <= CANDIDATES_MAX);
        assert_harmless(&greeting.name);
        Some(greeting.bytes())
    }),
    ("welcome", |bytes| {
        let welcome = Welcome::read(bytes)?;
        if let Welcome::In { roster, .. } = &welcome {
            assert_sane(roster);
        }
        Some(welcome.bytes())
    }),
    ("message", |bytes| {
        let message = Message::read(bytes)?;
        match &message {
            Message::Roster(roster) => assert_sane(roster),
            Message::Addresses(addresses) => assert!(addresses.len() <= CANDIDATES_MAX),
            _ => {}
        }
        Some(message.bytes())
    }),
    ("report", |bytes| Some(Report::read(bytes)?.write().to_vec())),
    ("nack", |bytes| {
        let nack = Nack::read(bytes)?;
        assert_eq!(nack.missing.iter().count(), nack.missing.len());
        Some(nack.write().to_vec())
    }),
    ("roster", |bytes| {
        let roster = Roster::read(&mut Reader(bytes))?;
        assert_sane(&roster);
        let mut out = Writer::new();
        roster.write(&mut out);
        Some(out.0)
    }),
];

fn assert_sane(roster: &Roster) {
    for member in roster.members() {
        assert!(member.candidates.len() <= CANDIDATES_MAX);
        assert_harmless(&member.name);
    }
}

fn assert_harmless(name: &str) {
    assert!(!name.is_empty() && name.len() <= NAME_MAX && !name.contains(char::is_control), "{name:?}");
}

/// A good text for this reader.
pub fn sample(reader: &str, random: &mut Random) -> Vec<u8> {
    let people = roster(&Roster::default(), random);
    match reader {
        "header" => {
            let len = below(random, 60);
            let kind = one_of(random, &[Kind::Voice, Kind::KeyPicture, Kind::DeltaPicture, Kind::Control, Kind::Bye]);
            let fragments = if kind.is_picture() { 1 + random.below(255) as u8 } else { 0 };
            let fragment = if fragments > 1 { random.below(fragments.into()) as u8 } else { 0 };
            let (participant, payload_len) = (random.below(4) as u8, len as u16);
            let (sequence, timestamp_ms) = (random.u64() as u16, random.u64() as u32);
            let mut bytes = noise(random, Header::LEN + len);
            Header { kind, participant, sequence, timestamp_ms, payload_len, fragment, fragments }.write(&mut bytes);
            bytes
        }
        "clear" => clear(random),
        "greeting" => {
            let candidates = (0..random.below(9)).map(|_| victim(random)).collect();
            Greeting { revision: REVISION, person: random.u64(), name: "guest".into(), candidates }.bytes()
        }
        "welcome" if random.below(5) == 0 => {
            Welcome::Refused(one_of(random, &[Refusal::Full, Refusal::Declined, Refusal::Revision])).bytes()
        }
        "welcome" => Welcome::In {
            session: random.u64(),
            me: one_of(random, &PeerId::all().collect::<Vec<_>>()),
            incarnation: random.u64() as u32,
            began: Mono(random.u64()),
            now: Mono(random.u64()),
            seen_as: victim(random),
            return_key: PairKey(random.bytes()),
            roster: Box::new(people),
        }
        .bytes(),
        "message" => {
            let kind = random.below(MESSAGES);
            message_of(kind, &people, 9, random).bytes()
        }
        "report" => message_of(8, &people, 9, random).bytes()[1..].to_vec(),
        "nack" => message_of(9, &people, 9, random).bytes()[1..].to_vec(),
        _ => message_of(1, &people, 9, random).bytes()[1..].to_vec(),
    }
}

fn clear(random: &mut Random) -> Vec<u8> {
    let (token, cookie, tag) = (random.u64(), random.bytes(), random.bytes());
    let longer = 48 + below(random, 400);
    let (short, long) = (noise(random, 48), noise(random, longer));
    let proof = one_of(random, &[Proof::Invite, Proof::Nothing, Proof::Return]);
    let to = one_of(random, &PeerId::all().collect::<Vec<_>>());
    let clear = match random.below(9) {
        0 => Clear::Hello { token, hello: Hello::Ask },
        1 => Clear::Hello { token, hello: Hello::Join { proof, cookie, noise: &long } },
        2 => Clear::Hello { token, hello: Hello::Pair { to, from_incarnation: 3, to_incarnation: 2, noise: &short } },
        3 => Clear::Cookie { token, cookie },
        4 => Clear::Wait { token },
        5 => Clear::Busy { token },
        6 => Clear::Welcome { token, noise: &long },
        7 => Clear::Punch { tag },
        _ => Clear::Confirm { token, sealed: &long },
    };
    clear.datagram(1)[Header::LEN..].to_vec()
}

/// A voice payload: what it says fits into it, and is said in order.
pub fn assert_sound(payload: &[u8], newest: u64) {
    let Some(parsed) = VoicePayload::parse(payload) else { return };
    let frames: Vec<_> = parsed.iter().collect();
    assert!((1..=4).contains(&frames.len()) && usize::from(parsed.new_frames()) <= frames.len());
    let bytes: usize = frames.iter().map(|(_, frame)| frame.len()).sum();
    assert_eq!(1 + 2 * frames.len() + bytes, payload.len());
    assert!(parsed.frames(newest).all(|(number, _)| number <= newest));
}
