// SPDX-License-Identifier: MIT
//! A host that is no program of ours and says whatever it likes to true guests: they bear it and can leave.

use super::insider::{Insider, Way, roster};
use super::world::{KEY, MS, Parcel, SECOND, World, home};
use super::{below, chance, one_of};
use hyperzoom::mesh::control::Message;
use hyperzoom::mesh::control::clear::{Clear, Hello, Proof, prologue};
use hyperzoom::mesh::control::greeting::Welcome;
use hyperzoom::mesh::event::Input;
use hyperzoom::mesh::handshake::Responder;
use hyperzoom::mesh::header::{Header, NOBODY};
use hyperzoom::mesh::invite::InviteKey;
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::roster::{Member, PairKey, Roster};
use hyperzoom::mesh::seal::{LinkKeys, Secret};
use hyperzoom::words::{Mono, PeerId, SessionLine};

/// A HELLO, a PUNCH or a probe to every address of three people, and what is said to those who are linked.
const ANSWERS_MAX: usize = 64;
const HEAP_MAX: i64 = 8_000_000;

/// With this guests come back.
const RETURN: [u8; 32] = [9; 32];

struct Host {
    insider: Insider,
    incarnation: u32,
    welcomes: usize,
}

impl Host {
    fn new() -> Host {
        let (id, name, pair) = (PeerId::HOST, "host".into(), PairKey([1; 32]));
        let mut roster = Roster::default();
        roster.put(Member { id, incarnation: 1, name, candidates: vec![home(0)], pair });
        let insider = Insider { me: PeerId::HOST, address: home(0), roster, ways: Vec::new() };
        Host { insider, incarnation: 1, welcomes: 0 }
    }

    /// Answers everybody who wants to come in.
    fn serve(&mut self, world: &mut World, random: &mut Random) {
        for Parcel { from, to, bytes } in core::mem::take(&mut world.strayed) {
            let Ok(header) = Header::read(&bytes) else { panic!("guests say nothing malformed") };
            if to != home(0) || header.participant != NOBODY {
                continue;
            }
            match Clear::read(&bytes[Header::LEN..]) {
                Some(Clear::Hello { token, hello: Hello::Ask }) => {
                    world.inject(home(0), from, &Clear::Cookie { token, cookie: random.bytes() }.datagram(0));
                }
                Some(Clear::Hello { token, hello: hello @ Hello::Join { proof, noise, .. } }) => {
                    let is_back = proof == Proof::Return;
                    let psk = if is_back { Secret::new(RETURN) } else { InviteKey::new(KEY).psk() };
                    let mut responder = Responder::new(&psk, &prologue(token, &hello), random);
                    responder.read(noise).expect("guests use the key that they were given");
                    self.welcome(world, from, token, responder, random);
                }
                _ => {}
            }
        }
    }

    fn welcome(
        &mut self,
        world: &mut World,
        from: core::net::SocketAddr,
        token: u64,
        responder: Responder,
        random: &mut Random,
    ) {
        self.incarnation += 1;
        self.welcomes += 1;
        let bad = random.below(3) == 0;
        let (incarnation, place) = (self.incarnation, 1 + u8::from(from == home(2)));
        let me = PeerId::new(if bad { random.below(4) as u8 } else { place }).expect("a place");
        let known = if bad { roster(&self.insider.roster, random) } else { self.insider.roster.clone() };
        let welcome = Welcome::In {
            session: random.u64(),
            me,
            incarnation,
            began: Mono(one_of(random, &[0, 1, u64::MAX, 1 << 63])),
            now: Mono(one_of(random, &[0, 5, u64::MAX])),
            seen_as: from,
            return_key: PairKey(RETURN),
            roster: Box::new(known),
        };
        let (noise, LinkKeys { sealers, .. }) = responder.answer(&welcome.bytes());
        world.inject(home(0), from, &Clear::Welcome { token, noise: &noise }.datagram(0));
        let (name, pair) = ("guest".into(), PairKey([2; 32]));
        self.insider.roster.put(Member { id: me, incarnation, name, candidates: vec![from], pair });
        self.insider.ways.retain(|way| way.to != from);
        self.insider.ways.push(Way { to: from, sealers, count: 0 });
        self.tell(world, self.insider.ways.len() - 1);
    }

    /// The roster as it should be.
    fn tell(&mut self, world: &mut World, way: usize) {
        self.insider.roster.version = self.insider.roster.version.wrapping_add(1);
        let plain = Message::Roster(Box::new(self.insider.roster.clone())).bytes();
        let bytes = self.insider.say(way, &plain);
        world.inject(home(0), self.insider.ways[way].to, &bytes);
    }
}

/// So many datagrams of a hostile host to two guests.
pub fn from_a_host(mut random: Random, datagrams: usize) {
    let mut world = World::empty(&mut random);
    world.insider = Some(home(0));
    world.guest(1, "guest", true);
    world.guest(2, "guest b", true);
    let mut host = Host::new();
    let (mut sent, mut most) = (0, 0);
    while sent < datagrams {
        world.run((1 + below(&mut random, 20)) as i64 * MS);
        host.serve(&mut world, &mut random);
        world.forget();
        world.said.clear();
        if host.insider.ways.is_empty() {
            continue;
        }
        let way = below(&mut random, host.insider.ways.len());
        if random.below(4) == 0 {
            host.tell(&mut world, way);
        }
        let to = host.insider.ways[way].to;
        for bytes in host.insider.nonsense(way, &mut random) {
            let answers = world.inject(home(0), to, &bytes);
            sent += 1;
            most = most.max(answers.sent.len());
            assert!(answers.sent.len() <= ANSWERS_MAX, "{:?}", answers.sent);
        }
        assert!(world.nodes.iter().all(|node| node.heap_most < HEAP_MAX));
    }
    println!("{sent} datagrams of a host, {} welcomes, at most {most} answers to one", host.welcomes);
    for at in 0..2 {
        world.input(at, Input::Leave);
    }
    world.run(SECOND);
    assert!(world.nodes.iter().all(|node| node.mesh.ended()), "they can leave");
}

#[test]
fn a_host_who_says_anything_harms_only_its_own_call() {
    let mut random = chance("a hostile host", 1);
    (0..6).for_each(|_| from_a_host(Random::new(random.bytes()), 500));
}

#[test]
fn a_session_of_any_age_is_borne() {
    let mut random = chance("sessions of any age", 1);
    let mut world = World::call(1, &mut random);
    for (session_ns, rate_ppm) in [(i64::MAX, 0.0), (i64::MIN, 0.0), (i64::MAX - 5, 1e9), (0, f64::MAX), (0, f64::NAN)]
    {
        let line = SessionLine { at: world.now, session_ns, rate_ppm };
        world.input(1, Input::Session(line));
        world.forget();
        world.run(2 * SECOND);
        assert!(world.nodes[0].voice[1] > 100, "voice comes, whatever its stamps are");
    }
}
