// SPDX-License-Identifier: MIT
//! A line between a guest and a host that can be bad or cut: a relay of datagrams on this machine's loopback.
//!
//! ```text
//!   guest, bound to 127.0.0.1 <--IPv4--> relay <--IPv6--> host, bound to ::1
//! ```
//!
//! Of different families, the two have no other way to each other, whatever addresses they tell.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than any of our datagrams.
const DATAGRAM_MAX: usize = 2_048;
/// How often both directions look whether it is over.
const LOOK: Duration = Duration::from_millis(50);

/// The line; gone when it goes out of scope.
#[derive(Debug)]
pub struct Relay {
    line: Arc<Line>,
    front: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Line {
    front: UdpSocket,
    back: UdpSocket,
    guest: Mutex<Option<SocketAddr>>,
    cut: AtomicBool,
    loss_percent: AtomicU32,
    passed: AtomicU64,
    lost: AtomicU64,
    over: AtomicBool,
}

/// Whether this machine has both families.
pub fn possible() -> bool {
    let possible = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !possible {
        println!("SKIPPED: this machine has no IPv6, and the two ends of a line would find each other without it");
    }
    possible
}

impl Relay {
    /// A line to a host who listens at `host`, of IPv6.
    pub fn to(host: SocketAddr) -> Relay {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let back = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).expect("a port");
        back.connect(host).expect("it is on this machine");
        for socket in [&front, &back] {
            socket.set_read_timeout(Some(LOOK)).expect("a time above zero");
        }
        let address = front.local_addr().expect("bound");
        let line = Arc::new(Line {
            front,
            back,
            guest: Mutex::new(None),
            cut: AtomicBool::new(false),
            loss_percent: AtomicU32::new(0),
            passed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let ends: [fn(&Line); 2] = [Line::towards_host, Line::towards_guest];
        let threads = ends.map(|run| {
            let line = line.clone();
            std::thread::spawn(move || run(&line))
        });
        Relay { line, front: address, threads: threads.into() }
    }

    /// The host's invite, as it reads at this end of the line.
    pub fn invite(&self, invite: &str) -> String {
        let (_, key) = invite.split_once('#').expect("a key");
        format!("{}#{key}", self.front)
    }

    /// Nothing passes any more, or everything again.
    pub fn cut(&self, cut: bool) {
        self.line.cut.store(cut, Ordering::Relaxed);
    }

    /// So many of a hundred datagrams vanish.
    pub fn lose(&self, percent: u32) {
        self.line.loss_percent.store(percent, Ordering::Relaxed);
    }

    /// How many datagrams passed, and how many vanished.
    pub fn counted(&self) -> (u64, u64) {
        (self.line.passed.load(Ordering::Relaxed), self.line.lost.load(Ordering::Relaxed))
    }
}

impl Line {
    fn towards_host(&self) {
        let mut bytes = [0; DATAGRAM_MAX];
        let mut dice = 7_u64;
        while !self.over.load(Ordering::Relaxed) {
            let Ok((length, from)) = self.front.recv_from(&mut bytes) else { continue };
            *self.guest.lock().expect("nobody panics holding it") = Some(from);
            if self.passes(&mut dice) {
                // A host that has gone refuses; that is its business.
                let _ = self.back.send(&bytes[..length]);
            }
        }
    }

    fn towards_guest(&self) {
        let mut bytes = [0; DATAGRAM_MAX];
        let mut dice = 11_u64;
        while !self.over.load(Ordering::Relaxed) {
            let Ok(length) = self.back.recv(&mut bytes) else { continue };
            let guest = *self.guest.lock().expect("nobody panics holding it");
            if let Some(guest) = guest.filter(|_| self.passes(&mut dice)) {
                let _ = self.front.send_to(&bytes[..length], guest);
            }
        }
    }

    fn passes(&self, dice: &mut u64) -> bool {
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let unlucky = (*dice >> 33) % 100 < u64::from(self.loss_percent.load(Ordering::Relaxed));
        let vanishes = unlucky || self.cut.load(Ordering::Relaxed);
        if vanishes { &self.lost } else { &self.passed }.fetch_add(1, Ordering::Relaxed);
        !vanishes
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.line.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a relay does not panic");
        }
    }
}
