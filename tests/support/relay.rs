// SPDX-License-Identifier: MIT
//! A bad line between a guest and a host on one machine: whoever joins through the relay's address has its weather.
//!
//! ```text
//!   guest <--> [front]  lane to the guest   [back] <--> host
//!                       lane to the host
//!              every datagram waits in one queue until the moment at which it comes out
//! ```

use crate::net::weather::{Lane, Weather};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longer than this the thread never sleeps: it may have been told to end.
const NAP: Duration = Duration::from_millis(20);

/// The guard.
pub struct Relay {
    /// Where the guest goes instead of to the host.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    lanes: [Lane; 2],
    /// What would come out before that waits until then.
    held_until: Option<Instant>,
    /// When the first datagram towards the guest came out after the last hold or cut.
    first_after: Option<Instant>,
    /// What came out of each lane.
    passed: [u64; 2],
}

const TO_HOST: usize = 0;
const TO_GUEST: usize = 1;

impl Relay {
    /// Opens one in front of a host.
    pub fn before(host: SocketAddr) -> Relay {
        let socket = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let (front, back) = (socket(), socket());
        [&front, &back].iter().for_each(|socket| socket.set_nonblocking(true).expect("a socket"));
        let address = front.local_addr().expect("it is bound");
        let lanes = [Lane::new(11), Lane::new(12)];
        let state = State { lanes, held_until: None, first_after: None, passed: [0; 2] };
        let (state, over) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let (shared, end) = (state.clone(), over.clone());
        let thread = std::thread::spawn(move || run([front, back], host, &shared, &end));
        Relay { address, state, over, thread: Some(thread) }
    }

    /// An invite with our address instead of the host's.
    pub fn invite(&self, invite: &str) -> String {
        let (_, key) = invite.split_once('#').expect("an invite has a key");
        format!("{}#{key}", self.address)
    }

    /// Both ways have this weather from now on.
    pub fn weather(&self, weather: Weather) {
        self.with(|state| state.lanes.iter_mut().for_each(|lane| lane.weather = weather));
    }

    /// Whatever comes stays here for so long, and then comes out at once.
    pub fn hold(&self, length: Duration) {
        self.with(|state| (state.held_until, state.first_after) = (Some(Instant::now() + length), None));
    }

    /// The first datagram towards the guest that came out after a hold.
    pub fn first_after(&self) -> Option<Instant> {
        self.with(|state| state.first_after)
    }

    /// How many datagrams came out, towards the host and towards the guest.
    pub fn passed(&self) -> [u64; 2] {
        self.with(|state| state.passed)
    }

    /// How many datagrams vanished, towards the host and towards the guest.
    pub fn lost(&self) -> [u64; 2] {
        self.with(|state| [TO_HOST, TO_GUEST].map(|lane| state.lanes[lane].lost))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().expect("nobody panics with it"))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What waits, soonest first.
type Queue = BinaryHeap<Reverse<(Instant, u64, usize, Vec<u8>)>>;

fn run(sockets: [UdpSocket; 2], host: SocketAddr, state: &Mutex<State>, over: &AtomicBool) {
    raise();
    let (mut queue, mut number, mut guest) = (Queue::new(), 0, None);
    let mut bytes = [0; 2048];
    while !over.load(Ordering::Relaxed) {
        let next = queue.peek().map(|Reverse((out, ..))| out.saturating_duration_since(Instant::now()));
        wait(&sockets, next.unwrap_or(NAP).min(NAP));
        let mut state = state.lock().expect("nobody panics with it");
        for (lane, socket) in sockets.iter().enumerate() {
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                if lane == TO_HOST {
                    guest = Some(from);
                }
                let now = Instant::now();
                let Some(out) = state.lanes[lane].pass(length, now) else { continue };
                let out = state.held_until.map_or(out, |until| out.max(until));
                number += 1;
                queue.push(Reverse((out, number, lane, bytes[..length].to_vec())));
            }
        }
        let now = Instant::now();
        while queue.peek().is_some_and(|Reverse((out, ..))| *out <= now) {
            let Some(Reverse((_, _, lane, datagram))) = queue.pop() else { break };
            let Some(to) = (if lane == TO_HOST { Some(host) } else { guest }) else { continue };
            // Each goes on from the socket that its receiver knows.
            let _ = sockets[1 - lane].send_to(&datagram, to);
            state.passed[lane] += 1;
            if lane == TO_GUEST && state.held_until.is_some_and(|until| until <= now) {
                state.first_after.get_or_insert(now);
            }
        }
    }
}

/// Sleeps until a datagram comes, or so long.
fn wait(sockets: &[UdpSocket; 2], length: Duration) {
    let mut both = [0, 1].map(|n| libc::pollfd { fd: sockets[n].as_raw_fd(), events: libc::POLLIN, revents: 0 });
    let time = libc::timespec { tv_sec: 0, tv_nsec: length.subsec_nanos().into() };
    // SAFETY: both live through the call.
    unsafe { libc::ppoll(both.as_mut_ptr(), 2, &raw const time, std::ptr::null()) };
}

/// The line is what is bad, not the processor's queue: where it is permitted, the relay goes first.
fn raise() {
    let param = libc::sched_param { sched_priority: 5 };
    // SAFETY: 0 is the calling thread, and `param` lives through the call; being refused changes nothing.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const param) };
}
