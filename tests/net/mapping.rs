// SPDX-License-Identifier: MIT
//! A port is opened in a real router, works, and is closed again; whatever the router does meanwhile is told.

use super::router::Speaks;
use super::world::{OUTSIDE, World, possible};
use hyperzoom::net::mapping::{How, Mapping, Patience, Progress};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

pub const PORT: u16 = 5_004;

/// For whatever has to happen on a busy machine.
pub const TIME: Duration = Duration::from_secs(20);

pub fn hurry() -> Patience {
    Patience {
        look: Duration::from_millis(200),
        again: Duration::from_millis(100),
        again_max: Duration::from_millis(400),
        ..Patience::default()
    }
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

    /// Waits for a port, and answers with where it is.
    #[track_caller]
    pub fn mapped(&self) -> (SocketAddr, u32, How) {
        loop {
            match self.next() {
                Progress::Mapped { external, lease_s, how, .. } => return (external, lease_s, how),
                Progress::Searching => {}
                other => panic!("{other:?}"),
            }
        }
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

fn opens_and_closes(speaks: Speaks, expected: How) {
    if !possible() {
        return;
    }
    let world = World::one_home(speaks);
    let home = &world.homes[0];
    let socket = home.machine().namespace.inside(|| UdpSocket::bind(("0.0.0.0", PORT))).expect("a free port");
    let (trial, external) = home.machine().namespace.inside(|| {
        let trial = Trial::open(Patience::default());
        let (external, lease_s, how) = trial.mapped();
        println!("{how}: mapped after {:?}", trial.began.elapsed());
        assert_eq!((external, lease_s, how), (SocketAddr::new(home.router.outside.into(), PORT), 3_600, expected));
        (trial, external)
    });
    let ours = SocketAddrV4::new(home.machine().address, PORT);
    assert_eq!(home.router.mappings(), [(PORT, ours)]);
    assert!(arrives(&world, &socket, external), "{}", home.router.said());
    println!("closed after {:?}", trial.close());
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
