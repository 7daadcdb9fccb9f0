// SPDX-License-Identifier: MIT
//! Our socket on these networks: through two NATs, marked, without a cable for a while; and the world itself.

use super::router::Speaks;
use super::weather::{FAIR, Weather};
use super::world::{Machine, OUTSIDE, World, possible};
use hyperzoom::net::addresses;
use hyperzoom::net::receiver::{self, Receiver};
use hyperzoom::net::socket::Socket;
use hyperzoom::words::Mono;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{self, channel};
use std::time::{Duration, Instant};

const PORT: u16 = 5_004;
const TIME: Duration = Duration::from_secs(20);

fn now() -> Mono {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    Mono(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// A socket on that machine, and what it receives.
struct Ear {
    socket: Arc<Socket>,
    heard: mpsc::Receiver<(Vec<u8>, SocketAddr, Mono)>,
    _receiver: Receiver,
}

impl Ear {
    fn on(machine: &Machine) -> Ear {
        machine.namespace.inside(|| {
            let socket = Arc::new(Socket::open(None, PORT).expect("a free port"));
            let (send, heard) = channel();
            let take = move |bytes: &mut [u8], from, at| drop(send.send((bytes.to_vec(), from, at)));
            let machine = receiver::Machine { now, raise: || Ok(()) };
            let _receiver = Receiver::start(socket.clone(), machine, take, |_| {}).expect("a thread");
            Ear { socket, heard, _receiver }
        })
    }

    /// Says something until the other hears it; answers with whom it heard.
    #[track_caller]
    fn until_heard(&self, to: SocketAddr, other: &Ear) -> SocketAddr {
        let deadline = Instant::now() + TIME;
        while Instant::now() < deadline {
            // A network that is away is an answer.
            let _ = self.socket.send_voice(to, b"hello");
            if let Ok((bytes, from, _)) = other.heard.recv_timeout(Duration::from_millis(50)) {
                assert_eq!(bytes, b"hello");
                return from;
            }
        }
        panic!("nothing arrives at {to}")
    }
}

#[test]
fn two_homes_that_both_speak_up_hear_each_other_through_their_routers() {
    if !possible() {
        return;
    }
    let world = World::two_homes(Speaks::Nothing);
    let [a, b] = [0, 1].map(|n| Ear::on(world.homes[n].machine()));
    let [to_a, to_b] = [0, 1].map(|n| SocketAddr::new(world.homes[n].router.outside.into(), PORT));
    a.socket.send(to_b, b"hello").expect("there is a way out");
    assert!(b.heard.recv_timeout(Duration::from_millis(200)).is_err(), "a router lets no strangers in");
    assert_eq!(b.until_heard(to_a, &a), to_b);
    assert_eq!(a.until_heard(to_b, &b), to_a);
}

#[test]
fn a_port_that_was_forwarded_by_hand_lets_strangers_in() {
    if !possible() {
        return;
    }
    let world = World::two_homes(Speaks::Nothing);
    let [a, b] = [0, 1].map(|n| Ear::on(world.homes[n].machine()));
    let home = &world.homes[1];
    home.router.forward(PORT, std::net::SocketAddrV4::new(home.machine().address, PORT));
    a.until_heard(SocketAddr::new(home.router.outside.into(), PORT), &b);
}

#[test]
fn voice_is_marked_and_nothing_else_is() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let home = &world.homes[0];
    home.router.namespace.ip("addr add fd00::1/64 dev lan nodad");
    home.machine().namespace.ip("addr add fd00::10/64 dev lan nodad");
    home.router.namespace.nft(
        "table inet watch {\nchain seen {\ntype filter hook input priority 0;\n\
         ip dscp ef udp dport 9 counter comment \"voice4\"\nip6 dscp ef udp dport 9 counter comment \"voice6\"\n\
         ip dscp cs0 udp dport 9 counter comment \"rest4\"\nip6 dscp cs0 udp dport 9 counter comment \"rest6\"\n}\n}",
    );
    let ear = Ear::on(home.machine());
    let routers = [SocketAddr::new(home.router.inside.into(), 9), "[fd00::1]:9".parse().expect("an address")];
    for to in routers {
        (0..3).for_each(|_| ear.socket.send_voice(to, b"voice").expect("the router is there"));
        (0..2).for_each(|_| ear.socket.send(to, b"picture").expect("the router is there"));
    }
    let wanted = [("voice4", 3), ("voice6", 3), ("rest4", 2), ("rest6", 2)];
    let deadline = Instant::now() + TIME;
    loop {
        let seen = home.router.namespace.ask("nft", &["list", "chain", "inet", "watch", "seen"]);
        let count = |name: &str| -> Option<u64> {
            let line = seen.lines().find(|line| line.contains(name))?;
            line.split_once("packets ")?.1.split_whitespace().next()?.parse().ok()
        };
        if wanted.iter().all(|(name, packets)| count(name) == Some(*packets)) {
            break;
        }
        assert!(Instant::now() < deadline, "{seen}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_cable_that_is_out_for_a_while_does_not_end_the_socket() {
    if !possible() {
        return;
    }
    let world = World::two_homes(Speaks::Nothing);
    let [a, b] = [0, 1].map(|n| Ear::on(world.homes[n].machine()));
    let [to_a, to_b] = [0, 1].map(|n| SocketAddr::new(world.homes[n].router.outside.into(), PORT));
    // The first opens the way for the second.
    a.socket.send(to_b, b"hello").expect("there is a way out");
    b.until_heard(to_a, &a);
    a.until_heard(to_b, &b);
    world.homes[0].machine().plug(false);
    let error = a.socket.send(to_b, b"hello").expect_err("there is no network");
    println!("without a network: {error}");
    let alone = world.homes[0].machine().namespace.inside(addresses::router);
    assert_eq!(alone, None);
    world.homes[0].machine().plug(true);
    a.until_heard(to_b, &b);
    b.until_heard(to_a, &a);
}

#[test]
fn a_machine_knows_its_addresses_and_its_router() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let home = &world.homes[0];
    home.machine().namespace.ip("addr add fd00::10/64 dev lan nodad\naddr add 2a00:1::10/64 dev lan nodad");
    let (addresses, router) = home.machine().namespace.inside(|| (addresses::usable(false), addresses::router()));
    assert_eq!(
        addresses,
        ["192.168.1.10", "2a00:1::10", "fd00::10"].map(|text| text.parse::<IpAddr>().expect("an address"))
    );
    let expected = addresses::Router { address: home.router.inside, ours: home.machine().address };
    assert_eq!(router, Some(expected));
    let alone = super::namespace::Namespace::new().expect("a network");
    assert_eq!(alone.inside(|| addresses::usable(false)), [IpAddr::from([127, 0, 0, 1])]);
}

#[test]
fn the_way_is_as_long_and_as_bad_as_it_was_told_to_be() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let machine = world.homes[0].machine();
    let far = world.outside.inside(|| UdpSocket::bind((OUTSIDE, PORT))).expect("a free port");
    far.set_read_timeout(Some(Duration::from_millis(500))).expect("not zero");
    let near = Ear::on(machine);
    let to = SocketAddr::new(OUTSIDE.into(), PORT);
    world.weather(Weather { delay: Duration::from_millis(40), ..FAIR });
    let sent = now();
    near.socket.send(to, b"there").expect("there is a way out");
    let mut bytes = [0; 16];
    let (_, from) = far.recv_from(&mut bytes).expect("it arrives");
    far.send_to(b"and back", from).expect("there is a way");
    let (_, _, back) = near.heard.recv_timeout(TIME).expect("it arrives");
    let trip_ms = back.since(sent) as f64 / 1e6;
    assert!((80.0..400.0).contains(&trip_ms), "{trip_ms} ms");
    world.weather(Weather { loss: 1.0, ..FAIR });
    near.socket.send(to, b"lost").expect("there is a way out");
    assert!(far.recv_from(&mut bytes).is_err());
    assert_eq!(world.internet.lost(world.homes[0].router.outside).0, 1);
}

#[test]
fn a_program_runs_where_it_is_told_to() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let machine = world.homes[0].machine();
    let output = machine.command("ip").args(["-br", "-4", "address"]).output().expect("a tool that was looked for");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("192.168.1.10/24") && said.lines().count() == 2, "{said}");
    let seen = machine.command("ls").arg("/sys/class/net").output().expect("a tool of every system");
    let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
    assert_eq!(seen.split_whitespace().collect::<Vec<_>>(), ["lan", "lo"]);
}
