// SPDX-License-Identifier: MIT
//! Somebody who was let in, has good keys for every link of theirs, and no program of ours: says whatever they like,
//! sealed as it should be.

use super::world::{KEY, Parcel, World, abroad, home};
use super::{below, noise, one_of};
use core::net::SocketAddr;
use hyperzoom::mesh::control::clear::{Clear, Hello, Proof, prologue};
use hyperzoom::mesh::control::greeting::{Greeting, REVISION, Welcome};
use hyperzoom::mesh::control::{Message, Status};
use hyperzoom::mesh::handshake::Initiator;
use hyperzoom::mesh::header::{DATAGRAM_MAX, Header, Kind, NOBODY};
use hyperzoom::mesh::invite::InviteKey;
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::report::{Missing, Nack, Report};
use hyperzoom::mesh::roster::{Member, PairKey, Roster};
use hyperzoom::mesh::seal::{LinkKeys, Sealers, Secret};
use hyperzoom::words::{Mono, PeerId};

/// One of their links.
pub struct Way {
    pub to: SocketAddr,
    pub sealers: Sealers,
    /// About how many control datagrams, pictures and so on were sealed: what a NACK may ask for is near.
    pub count: u64,
}

/// Who they are.
pub struct Insider {
    pub me: PeerId,
    pub address: SocketAddr,
    pub roster: Roster,
    pub ways: Vec<Way>,
}

/// The COOKIE or WELCOME that was sent there.
pub fn answer(world: &mut World, to: SocketAddr) -> Vec<u8> {
    let is_one = |parcel: &Parcel| parcel.to == to && matches!(parcel.bytes[Header::LEN], 2 | 3);
    let at = world.strayed.iter().rposition(is_one).expect("it was answered");
    let Parcel { bytes, .. } = world.strayed.swap_remove(at);
    bytes
}

fn hello_to(world: &mut World, from: SocketAddr, to: SocketAddr, participant: u8, said: &Clear<'_>) -> Vec<u8> {
    world.strayed.clear();
    world.inject(from, to, &said.datagram(participant));
    answer(world, from)
}

/// The datagram that shows that keys work.
pub fn confirm(keys: &mut Sealers, me: PeerId, token: u64, roster: u32) -> Vec<u8> {
    let mut sealed = [0; DATAGRAM_MAX];
    let here = Message::Here { token, roster }.bytes();
    let len = keys.control.seal(Kind::Control, me.number(), 0, &here, &mut sealed);
    Clear::Confirm { token, sealed: &sealed[..len] }.datagram(me.number())
}

impl Insider {
    /// Comes in as anybody does, and links with everybody.
    pub fn join(world: &mut World, at: usize, random: &mut Random) -> Insider {
        let (address, host) = (home(at), home(0));
        world.insider = Some(address);
        let token = random.u64();
        let cookie = hello_to(world, address, host, NOBODY, &Clear::Hello { token, hello: Hello::Ask });
        let Some(Clear::Cookie { cookie, .. }) = Clear::read(&cookie[Header::LEN..]) else { panic!("no cookie") };
        let token = random.u64();
        let hello = |noise| Hello::Join { proof: Proof::Invite, cookie, noise };
        let psk = InviteKey::new(KEY).psk();
        let mut initiator = Initiator::new(&psk, &prologue(token, &hello(&[])), random);
        let (person, candidates) = (random.u64(), vec![address]);
        let noise =
            initiator.first(&Greeting { revision: REVISION, person, name: "insider".into(), candidates }.bytes());
        let welcome = hello_to(world, address, host, NOBODY, &Clear::Hello { token, hello: hello(&noise) });
        let Some(Clear::Welcome { noise, .. }) = Clear::read(&welcome[Header::LEN..]) else { panic!("no welcome") };
        let (LinkKeys { mut sealers, .. }, welcome) = initiator.finish(noise).expect("the key is right");
        let Some(Welcome::In { me, incarnation, roster, .. }) = Welcome::read(&welcome) else { panic!("refused") };
        world.inject(address, host, &confirm(&mut sealers, me, token, roster.version));
        let mut insider = Insider { me, address, roster: *roster, ways: vec![Way { to: host, sealers, count: 0 }] };
        for member in insider.roster.clone().members().filter(|member| member.id != PeerId::HOST) {
            insider.link(world, member, incarnation, random);
        }
        insider
    }

    fn link(&mut self, world: &mut World, with: &Member, incarnation: u32, random: &mut Random) {
        let (token, me) = (random.u64(), self.me);
        let (to, to_incarnation) = (with.id, with.incarnation);
        let hello = |noise| Hello::Pair { to, from_incarnation: incarnation, to_incarnation, noise };
        let bound = [vec![me.number()], prologue(token, &hello(&[]))].concat();
        let mut initiator = Initiator::new(&Secret::new(with.pair.0), &bound, random);
        let noise = initiator.first(&[]);
        let there = with.candidates[0];
        let welcome = hello_to(world, self.address, there, me.number(), &Clear::Hello { token, hello: hello(&noise) });
        let Some(Clear::Welcome { noise, .. }) = Clear::read(&welcome[Header::LEN..]) else { panic!("no welcome") };
        let (LinkKeys { mut sealers, .. }, _) = initiator.finish(noise).expect("the pair's key is right");
        world.inject(self.address, there, &confirm(&mut sealers, me, token, self.roster.version));
        self.ways.push(Way { to: there, sealers, count: 0 });
    }

    /// Says something, sealed for that way.
    pub fn say(&mut self, way: usize, plain: &[u8]) -> Vec<u8> {
        self.seal(way, Kind::Control, self.me.number(), 0, plain)
    }

    fn seal(&mut self, way: usize, kind: Kind, participant: u8, stamp: u32, plain: &[u8]) -> Vec<u8> {
        let Way { sealers, .. } = &mut self.ways[way];
        let sealer = if kind == Kind::Voice { &mut sealers.voice } else { &mut sealers.control };
        let mut out = [0; DATAGRAM_MAX];
        let len = sealer.seal(kind, participant, stamp, plain, &mut out);
        out[..len].to_vec()
    }

    /// A farewell.
    pub fn bye(&mut self, way: usize) -> Vec<u8> {
        self.seal(way, Kind::Bye, self.me.number(), 0, &[])
    }

    /// Sealed nonsense of one sort: one datagram, or the pieces of a picture.
    pub fn nonsense(&mut self, way: usize, random: &mut Random) -> Vec<Vec<u8>> {
        self.ways[way].count += 1;
        let me = self.me.number();
        match random.below(12) {
            0 => {
                let len = one_of(random, &[0, 1, 5, 40, 700]);
                let mut plain = noise(random, len);
                plain.iter_mut().take(1).for_each(|kind| *kind %= 12);
                vec![self.say(way, &plain)]
            }
            1..=6 => {
                let message = message(&self.roster, self.ways[way].count, random).bytes();
                vec![self.say(way, &message)]
            }
            7 | 8 => {
                let plain = voice(random);
                let skip = one_of(random, &[0, 0, 1, 3, 255]);
                self.ways[way].sealers.voice.skip(skip);
                vec![self.seal(way, Kind::Voice, me, random.u64() as u32, &plain)]
            }
            9 => {
                // In somebody else's name: that is another's key.
                let (other, plain) = (random.below(4) as u8, message(&self.roster, 1, random).bytes());
                vec![self.seal(way, Kind::Control, other, 0, &plain)]
            }
            _ => self.picture(way, random),
        }
    }

    /// Some pieces of a picture that fits nothing; at most the largest that can travel.
    fn picture(&mut self, way: usize, random: &mut Random) -> Vec<Vec<u8>> {
        let kind = one_of(random, &[Kind::KeyPicture, Kind::DeltaPicture]);
        let pieces = one_of(random, &[1, 1, 2, 15, 60, 255]);
        let len = one_of(random, &[0, 1, 2, 500, 1172]);
        let mut sealer = self.ways[way].sealers.picture.begin_picture(kind, self.me.number(), 7, pieces);
        let mut out = [0; DATAGRAM_MAX];
        let whole = random.below(8) == 0;
        let mut sealed = Vec::new();
        for _ in 0..pieces {
            let len = sealer.seal(&vec![9; len], &mut out);
            if whole || random.below(20) == 0 {
                sealed.push(out[..len].to_vec());
            }
        }
        sealed
    }
}

/// An address that is none, or somebody's who has nothing to do with it.
pub fn victim(random: &mut Random) -> SocketAddr {
    let bytes = noise(random, 16);
    match random.below(6) {
        0 => ([224, 0, 0, 1], 5).into(),
        1 => ([255, 255, 255, 255], 5).into(),
        2 => ([10, bytes[0], bytes[1], bytes[2]], 0).into(),
        3 => ([bytes[4], bytes[0], bytes[1], bytes[2]], random.u64() as u16).into(),
        4 => abroad(below(random, 3)),
        _ => (<[u8; 16]>::try_from(bytes).expect("sixteen"), random.u64() as u16).into(),
    }
}

fn wild(random: &mut Random) -> u64 {
    one_of(random, &[0, 1, 2, 255, 65_535, u64::from(u32::MAX), i64::MAX as u64, u64::MAX - 1, u64::MAX])
        .wrapping_sub(random.below(2))
}

/// A roster as nobody honest writes it.
pub fn roster(true_one: &Roster, random: &mut Random) -> Roster {
    let mut roster = true_one.clone();
    // The last version there is would be believed for ever, so it comes seldom.
    let next = roster.version.wrapping_add(1);
    roster.version = if random.below(200) == 0 { u32::MAX } else { one_of(random, &[0, roster.version, next, next]) };
    for id in PeerId::all() {
        // Where a place is gone or somebody else's, what belonged to it ends: most stay as they are.
        match random.below(10) {
            0 => drop(roster.remove(id)),
            1 => {
                let candidates = (0..random.below(9)).map(|_| victim(random)).collect();
                let name = ["", "host", "\u{202e}x", "a name that is as long as names may be b"][below(random, 4)];
                let (incarnation, pair) = (wild(random) as u32, PairKey(random.bytes()));
                roster.put(Member { id, incarnation, name: name.into(), candidates, pair });
            }
            _ => {}
        }
    }
    roster
}

/// Kinds of messages.
pub const MESSAGES: u64 = 11;

/// A message whose form is right.
pub fn message(true_one: &Roster, count: u64, random: &mut Random) -> Message {
    let kind = random.below(MESSAGES);
    message_of(kind, true_one, count, random)
}

/// A message of that kind.
pub fn message_of(kind: u64, true_one: &Roster, count: u64, random: &mut Random) -> Message {
    match kind {
        0 => Message::Here { token: random.u64(), roster: wild(random) as u32 },
        1 => Message::Roster(Box::new(roster(true_one, random))),
        2 => {
            let status = Status { muted: random.below(2) == 0, ..Status::default() };
            let (hears, seen_as) = (random.u64() as u8, victim(random));
            Message::Heartbeat { roster: wild(random) as u32, hears, status, seen_as }
        }
        3 => Message::Ping { t1: Mono(wild(random)) },
        4 => Message::Pong { t1: Mono(wild(random)), t2: Mono(wild(random)), t3: Mono(wild(random)) },
        5 => Message::Addresses((0..random.below(9)).map(|_| victim(random)).collect()),
        6 => Message::Probe { token: random.u64() },
        7 => Message::ProbeReply { token: random.u64() },
        8 => report(random),
        9 => {
            let mut missing = Missing::default();
            (0..random.below(256)).for_each(|fragment| missing.insert(fragment as u8));
            let sequence = if random.below(4) == 0 { wild(random) } else { random.below(count + 50) };
            Message::Nack(Nack { sequence, round: 1 + random.below(2) as u8, missing })
        }
        _ => Message::KeyFrameWanted,
    }
}

/// A report with any numbers.
pub fn report(random: &mut Random) -> Message {
    let mut bytes = noise(random, Report::LEN);
    if random.below(3) == 0 {
        let at = 2 * below(random, 8);
        bytes[at..at + 2].fill(0xff);
    }
    Message::Report(Report::read(&bytes).expect("long enough"))
}

fn voice(random: &mut Random) -> Vec<u8> {
    let len = one_of(random, &[0, 1, 3, 5, 40, 1000]);
    let mut plain = noise(random, len);
    if let [first, rest @ ..] = plain.as_mut_slice() {
        *first &= 0xf3;
        rest.iter_mut().take(8).for_each(|byte| *byte &= 7);
    }
    if random.below(3) == 0 {
        plain = [0x11, 0, 2, 8, 9].to_vec();
    }
    plain
}
