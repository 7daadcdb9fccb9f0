// SPDX-License-Identifier: MIT
//! A port is opened in a real router, works, and is closed again; whatever the router does meanwhile is told.

use super::fake::{Fake, Law};
use super::router::Speaks;
use super::world::{OUTSIDE, World, possible};
use hyperzoom::net::mapping::{How, Mapping, Patience, Progress, Trouble};
use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// The port of every trial.
pub const PORT: u16 = 5_004;

/// For whatever has to happen on a busy machine.
pub const TIME: Duration = Duration::from_secs(30);

/// Looks and tries again often.
pub fn hurry() -> Patience {
    Patience {
        look: Duration::from_millis(200),
        again: Duration::from_millis(100),
        again_max: Duration::from_millis(400),
        ..Patience::default()
    }
}

/// Nothing is over before it is done, so that nothing is done twice.
pub fn patient() -> Patience {
    Patience { attempt: Duration::from_secs(10), ..Patience::default() }
}

/// A mapping under test: a thread that drives its runtime, in the network of whoever opens it.
pub struct Trial {
    close: Option<oneshot::Sender<()>>,
    driver: Option<JoinHandle<()>>,
    told: Receiver<Progress>,
    pub began: Instant,
}

impl Trial {
    pub fn open(patience: Patience) -> Trial {
        let (tell, told) = channel();
        let (close, closed) = oneshot::channel();
        let driver = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            let port = NonZeroU16::new(PORT).expect("it is not 0");
            let mapping = Mapping::open(runtime.handle(), port, patience, move |progress| drop(tell.send(progress)));
            runtime.block_on(async {
                // Without a word the machine has crashed, and nobody says goodbye.
                if closed.await.is_ok() {
                    mapping.close().await;
                }
            });
        });
        Trial { close: Some(close), driver: Some(driver), told, began: Instant::now() }
    }

    /// The next thing that is told.
    #[track_caller]
    pub fn next(&self) -> Progress {
        self.told.recv_timeout(TIME).expect("something is told in time")
    }

    /// Waits for what `wanted` picks out.
    #[track_caller]
    pub fn await_that<T>(&self, wanted: impl Fn(Progress) -> Option<T>) -> T {
        let deadline = Instant::now() + TIME;
        let mut all = Vec::new();
        while Instant::now() < deadline {
            let progress = self.next();
            if let Some(found) = wanted(progress.clone()) {
                return found;
            }
            all.push(progress);
        }
        panic!("{all:?}")
    }

    /// Waits for a port, and answers with where it is. Attempts that fail before, on a busy machine, are followed
    /// by others.
    #[track_caller]
    pub fn mapped(&self) -> (SocketAddr, u32, How) {
        self.await_that(|progress| match progress {
            Progress::Mapped { external, lease_s, how, .. } => Some((external, lease_s, how)),
            _ => None,
        })
    }

    /// Waits for a failure of which `words` are told. On a busy machine an attempt may be over before anybody has
    /// answered; others follow.
    #[track_caller]
    pub fn failed(&self, words: &str) -> Trouble {
        self.await_that(|progress| match progress {
            Progress::Failed(trouble) if trouble.why.contains(words) => Some(trouble),
            Progress::Searching | Progress::Failed(_) => None,
            other => panic!("{other:?}"),
        })
    }

    /// Waits until the port is lost.
    #[track_caller]
    pub fn lost(&self) -> String {
        self.await_that(|progress| match progress {
            Progress::Lost { why } => Some(why),
            _ => None,
        })
    }

    /// An orderly end, and how long it took.
    pub fn close(mut self) -> Duration {
        let began = Instant::now();
        let close = self.close.take().expect("it is only closed once");
        close.send(()).expect("the driver waits for it");
        self.driver.take().expect("it is only closed once").join().expect("nobody panics");
        began.elapsed()
    }

    /// The end of the program without a word.
    pub fn crash(mut self) {
        drop(self.close.take());
        self.driver.take().expect("it only crashes once").join().expect("nobody panics");
    }
}

/// From outside to `to`, repeated until the socket has it or time is over.
fn arrives(world: &World, inside: &UdpSocket, to: SocketAddr) -> bool {
    let sender = world.outside.inside(|| UdpSocket::bind((OUTSIDE, 0))).expect("a free port");
    inside.set_read_timeout(Some(Duration::from_millis(50))).expect("not zero");
    let mut bytes = [0; 16];
    (0..10).any(|_| {
        sender.send_to(b"hello", to).expect("there is a way");
        inside.recv_from(&mut bytes).is_ok_and(|(length, _)| &bytes[..length] == b"hello")
    })
}

/// The home's machine asks for a port.
fn trial(world: &World, patience: Patience) -> Trial {
    world.homes[0].machine().namespace.inside(|| Trial::open(patience))
}

fn opens_and_closes(speaks: Speaks, expected: How) {
    if !possible() {
        return;
    }
    let world = World::one_home(speaks);
    let home = &world.homes[0];
    let socket = home.machine().namespace.inside(|| UdpSocket::bind(("0.0.0.0", PORT))).expect("a free port");
    let trial = trial(&world, Patience::default());
    let (external, lease_s, how) = trial.mapped();
    let took = trial.began.elapsed();
    println!("{how}: mapped after {took:?}");
    assert_eq!((external, lease_s), (SocketAddr::new(home.router.outside.into(), PORT), 3_600));
    // Only a machine that lost a datagram to its own business may have had to fall back.
    assert!(how == expected || (how == How::NatPmp && took > Duration::from_millis(250)), "{how} after {took:?}");
    let ours = SocketAddrV4::new(home.machine().address, PORT);
    assert_eq!(home.router.mappings(), [(PORT, ours)]);
    assert!(arrives(&world, &socket, external), "{}", home.router.said());
    println!("{how}: closed after {:?}", trial.close());
    assert_eq!(home.router.mappings(), []);
}

#[test]
fn upnp_opens_a_port_that_works_and_closes_it() {
    opens_and_closes(Speaks::Upnp, How::Upnp);
}

#[test]
fn pcp_opens_a_port_that_works_and_closes_it() {
    opens_and_closes(Speaks::Pcp, How::Pcp);
}

#[test]
fn only_one_of_two_languages_opens_the_port() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::All);
    let trial = trial(&world, Patience::default());
    trial.mapped();
    assert_eq!(world.homes[0].router.mappings().len(), 1);
    trial.close();
    assert_eq!(world.homes[0].router.mappings(), []);
}

#[test]
fn a_lease_is_renewed_before_it_ends() {
    if !possible() {
        return;
    }
    for speaks in [Speaks::Upnp, Speaks::Pcp] {
        let world = World::one_home(speaks);
        let trial = trial(&world, Patience { renew_max: Duration::from_millis(300), ..Patience::default() });
        let (mapped, ..) = trial.mapped();
        for _ in 0..2 {
            assert_eq!(trial.next(), Progress::Renewed { external: mapped, lease_s: 3_600 });
        }
        assert_eq!(world.homes[0].router.mappings().len(), 1);
        trial.close();
        assert_eq!(world.homes[0].router.mappings(), []);
    }
}

#[test]
fn a_router_that_starts_anew_is_noticed_and_asked_again() {
    if !possible() {
        return;
    }
    for speaks in [Speaks::Upnp, Speaks::Pcp] {
        let mut world = World::one_home(speaks);
        let trial = trial(&world, hurry());
        let first = trial.mapped().0;
        let router = &mut world.homes[0].router;
        router.die(true);
        println!("{speaks:?}: lost, because {}", trial.lost());
        router.speak(speaks);
        assert_eq!(trial.mapped().0, first, "an invite stays true");
        assert_eq!(router.mappings().len(), 1);
        trial.close();
        assert_eq!(router.mappings(), []);
    }
}

#[test]
fn what_a_crash_left_open_is_taken_over() {
    if !possible() {
        return;
    }
    for speaks in [Speaks::Upnp, Speaks::Pcp, Speaks::All] {
        let world = World::one_home(speaks);
        let router = &world.homes[0].router;
        let crashed = trial(&world, Patience::default());
        let first = crashed.mapped().0;
        crashed.crash();
        assert_eq!(router.mappings().len(), 1, "nobody said goodbye");
        let again = trial(&world, Patience::default());
        assert_eq!(again.mapped().0, first, "{speaks:?}");
        again.close();
        assert_eq!(router.mappings(), [], "{speaks:?}");
    }
}

#[test]
fn without_an_answer_it_fails_in_time_and_says_what_to_do() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let trial = trial(&world, Patience::default());
    let trouble = trial.failed("(192.168.1.1) does not answer UPnP, PCP or NAT-PMP");
    let took = trial.began.elapsed();
    println!("failed after {took:?}");
    assert!(took < Patience::default().attempt + Duration::from_secs(2), "{took:?}");
    assert!(trouble.advice.contains("forward UDP port 5004 to 192.168.1.10"), "{trouble:?}");
    trial.close();
}

#[test]
fn without_a_network_it_says_so_at_once() {
    if !possible() {
        return;
    }
    let alone = super::namespace::Namespace::new().expect("a network");
    let trial = alone.inside(|| Trial::open(Patience::default()));
    trial.failed("not connected to a router");
    trial.close();
}

#[test]
fn a_router_behind_another_is_recognised() {
    if !possible() {
        return;
    }
    // Such a router opens nothing, and does not tell its address either.
    for outside in ["192.168.77.2", "100.64.3.2"] {
        for speaks in [Speaks::Upnp, Speaks::Pcp] {
            let world = World::new(&[(outside.parse().expect("an address"), 1, speaks)]);
            let trial = trial(&world, Patience::default());
            trial.failed("no internet address of its own");
            trial.close();
        }
    }
}

#[test]
fn a_cable_that_is_out_for_a_while_costs_the_port_only_that_long() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::All);
    let trial = trial(&world, hurry());
    let first = trial.mapped().0;
    world.homes[0].machine().plug(false);
    println!("lost, because {}", trial.lost());
    world.homes[0].machine().plug(true);
    assert_eq!(trial.mapped().0, first);
    trial.close();
}

/// Nothing is tried again soon, so that closing falls into the wait.
fn slow_to_try_again() -> Patience {
    Patience { again: Duration::from_secs(10), again_max: Duration::from_secs(10), look: hurry().look, ..patient() }
}

/// The machine's packets arrive at its router, which serves or refuses them.
#[track_caller]
fn await_router(world: &World) {
    let home = &world.homes[0];
    let to = SocketAddr::new(home.router.inside.into(), 5_000);
    let began = Instant::now();
    let answers = || {
        let asked = home.machine().namespace.inside(|| TcpStream::connect_timeout(&to, Duration::from_secs(1)));
        asked.map_or_else(|why| why.kind() == ErrorKind::ConnectionRefused, |_| true)
    };
    while !answers() {
        assert!(began.elapsed() < TIME, "the way to the router is not back");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_port_that_is_lost_from_sight_is_closed_all_the_same() {
    if !possible() {
        return;
    }
    for speaks in [Speaks::Upnp, Speaks::Pcp] {
        let world = World::one_home(speaks);
        let home = &world.homes[0];
        let trial = trial(&world, slow_to_try_again());
        trial.mapped();
        home.machine().plug(false);
        trial.lost();
        home.machine().plug(true);
        await_router(&world);
        assert_eq!(home.router.mappings().len(), 1, "the router has forgotten nothing");
        trial.close();
        assert_eq!(home.router.mappings(), [], "{speaks:?}");
    }
}

#[test]
fn a_wish_that_is_granted_when_nobody_waits_any_more_is_taken_back() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Nothing);
    let home = &world.homes[0];
    let slow: Law = |_, _| {
        std::thread::sleep(Duration::from_secs(4));
        Ok(())
    };
    let fake = Fake::start(&home.router.namespace, home.router.inside, home.router.outside, slow);
    let patience = Patience { attempt: Duration::from_secs(3), ..slow_to_try_again() };
    let trial = home.machine().namespace.inside(|| Trial::open(patience));
    trial.failed("");
    let began = Instant::now();
    while fake.open().is_empty() {
        assert!(began.elapsed() < TIME, "the wish never came");
        std::thread::sleep(Duration::from_millis(20));
    }
    trial.close();
    assert_eq!(fake.open(), []);
}

#[test]
fn a_wish_whose_answer_is_lost_is_taken_back_in_the_other_language_too() {
    if !possible() {
        return;
    }
    let world = World::one_home(Speaks::Pcp);
    let home = &world.homes[0];
    home.router.namespace.nft(
        "add table inet mute\nadd chain inet mute out { type filter hook output priority 0; }\n\
         add rule inet mute out udp sport 5351 drop",
    );
    let trial = trial(&world, slow_to_try_again());
    trial.failed("");
    assert_eq!(home.router.mappings().len(), 1, "the router has granted it, and nobody heard");
    trial.close();
    let began = Instant::now();
    while !home.router.mappings().is_empty() {
        assert!(began.elapsed() < TIME, "the port stayed open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn closing_does_not_wait_for_a_router_that_is_gone() {
    if !possible() {
        return;
    }
    let mut world = World::one_home(Speaks::Upnp);
    let trial = trial(&world, Patience::default());
    trial.mapped();
    // Gone without even a refusal.
    world.homes[0].router.die(false);
    world.homes[0].router.namespace.ip("link set lan down");
    let took = trial.close();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
