// SPDX-License-Identifier: MIT
//! The internet: one thread that carries whole IP packets between the routers' outer interfaces, as slowly and
//! badly as it is told. The kernel's own tool for that is missing on many machines.
//!
//! ```text
//!   router's `wan` (TUN) -> up lane -> address -> down lane -> the other router's `wan`
//! ```

use super::namespace::Namespace;
use super::weather::{Lane, Weather};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No packet of ours is longer.
const PACKET_MAX: usize = 2048;
/// Far more than any test has under way.
const UNDERWAY_MAX: usize = 20_000;
/// The thread looks this often whether it shall end.
const NAP: Duration = Duration::from_millis(20);

/// Both directions of one access.
#[derive(Debug)]
struct Access {
    address: Ipv4Addr,
    up: Lane,
    down: Lane,
}

/// Carries until it is dropped.
#[derive(Debug)]
pub struct Internet {
    accesses: Arc<Mutex<Vec<Access>>>,
    stop: Arc<AtomicBool>,
    carrier: Option<JoinHandle<()>>,
}

impl Internet {
    /// Connects each network, by an interface `wan` of that address over which everything leads.
    pub fn between(seed: u64, networks: &[(&Namespace, Ipv4Addr)]) -> io::Result<Internet> {
        let mut ends = Vec::new();
        let mut accesses = Vec::new();
        for (number, (namespace, address)) in networks.iter().enumerate() {
            ends.push(namespace.inside(tun)?);
            namespace.ip(&format!("addr add {address}/32 dev wan\nlink set wan up\nroute add default dev wan"));
            let number = number as u64;
            let lane = |way| Lane::new(seed * 1_000 + number * 2 + way + 1);
            accesses.push(Access { address: *address, up: lane(0), down: lane(1) });
        }
        let accesses = Arc::new(Mutex::new(accesses));
        let stop = Arc::new(AtomicBool::new(false));
        let carrier = Carrier { ends, accesses: accesses.clone(), stop: stop.clone(), underway: BinaryHeap::new() };
        let carrier = std::thread::Builder::new().name("internet".into()).spawn(|| carrier.carry())?;
        Ok(Internet { accesses, stop, carrier: Some(carrier) })
    }

    /// From now on, away from the network of that address and towards it.
    pub fn set(&self, address: Ipv4Addr, up: Weather, down: Weather) {
        let mut accesses = self.accesses.lock().expect("nobody panics with it");
        let access = accesses.iter_mut().find(|access| access.address == address).expect("an address of this world");
        (access.up.weather, access.down.weather) = (up, down);
    }

    /// Packets that vanished on the way from and to that address.
    pub fn lost(&self, address: Ipv4Addr) -> (u64, u64) {
        let accesses = self.accesses.lock().expect("nobody panics with it");
        let access = accesses.iter().find(|access| access.address == address).expect("an address of this world");
        (access.up.lost, access.down.lost)
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(carrier) = self.carrier.take() {
            carrier.join().expect("the internet does not panic");
        }
    }
}

/// Due time, a number that keeps the order, where to, the packet.
type Underway = Reverse<(Instant, u64, usize, Vec<u8>)>;

struct Carrier {
    ends: Vec<File>,
    accesses: Arc<Mutex<Vec<Access>>>,
    stop: Arc<AtomicBool>,
    underway: BinaryHeap<Underway>,
}

impl Carrier {
    fn carry(mut self) {
        let mut number = 0;
        let mut packet = [0; PACKET_MAX];
        while !self.stop.load(Ordering::Relaxed) {
            self.wait();
            for from in 0..self.ends.len() {
                while let Ok(length) = self.ends[from].read(&mut packet) {
                    number += 1;
                    self.take(from, number, &packet[..length]);
                }
            }
            while self.underway.peek().is_some_and(|Reverse((due, ..))| *due <= Instant::now()) {
                let Some(Reverse((_, _, to, packet))) = self.underway.pop() else { break };
                // An interface that is down takes nothing, like a cable that is out.
                let _ = self.ends[to].write(&packet);
            }
        }
    }

    fn take(&mut self, from: usize, number: u64, packet: &[u8]) {
        // IPv4 alone is carried; the rest is neighbours looking for each other.
        let Some(destination) = packet.get(16..20).filter(|_| packet[0] >> 4 == 4) else { return };
        let destination = Ipv4Addr::new(destination[0], destination[1], destination[2], destination[3]);
        let mut accesses = self.accesses.lock().expect("nobody panics with it");
        let Some(to) = accesses.iter().position(|access| access.address == destination) else { return };
        let out = accesses[from].up.pass(packet.len(), Instant::now());
        let out = out.and_then(|out| accesses[to].down.pass(packet.len(), out));
        if let Some(due) = out.filter(|_| self.underway.len() < UNDERWAY_MAX) {
            self.underway.push(Reverse((due, number, to, packet.to_vec())));
        }
    }

    /// Until a packet comes or is due.
    fn wait(&self) {
        let due = self.underway.peek().map(|Reverse((due, ..))| due.saturating_duration_since(Instant::now()));
        let nap = due.unwrap_or(NAP).min(NAP);
        let event = |end: &File| libc::pollfd { fd: end.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let mut polled: Vec<libc::pollfd> = self.ends.iter().map(event).collect();
        let nap = libc::timespec { tv_sec: 0, tv_nsec: nap.subsec_nanos().into() };
        // SAFETY: the list and the time live through the call; an interrupted wait is only a short one.
        unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &raw const nap, std::ptr::null()) };
    }
}

/// The other end of an interface `wan`, made in the calling thread's network.
pub fn tun() -> io::Result<File> {
    let end = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/net/tun")?;
    // SAFETY: an ifreq is plain numbers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"wan") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the request lives through the call.
    match unsafe { libc::ioctl(end.as_raw_fd(), libc::TUNSETIFF, &raw const request) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(end),
    }
}
