// SPDX-License-Identifier: MIT
//! The real-time thread that receives everything.
//!
//! It waits for a datagram, reads the clock, hands both on, and waits again. What is done with them is the
//! callback's business, which therefore must not block. Clock and priority are arguments too: they have to be the
//! same as those of whoever captures, and this module does not know them.

use super::socket::Socket;
use crate::words::Mono;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

/// More than any datagram of ours (1200 bytes), so that one that is longer is seen to be longer.
const DATAGRAM_ROOM: usize = 2048;

/// After an error, so that a socket in trouble does not take a processor at real-time priority. Errors here are of
/// the moment (a network that went, an answer to something that we sent), and voice is on its way behind them.
const AFTER_ERROR: Duration = Duration::from_millis(2);

/// What the receiving thread needs of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The clock by which everything is stamped.
    pub now: fn() -> Mono,
    /// Raises the calling thread to real-time priority.
    pub raise: fn() -> Result<(), String>,
}

/// The thread; dropping it ends the thread, within a twentieth of a second.
#[derive(Debug)]
pub struct Receiver {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Starts it. `warn` is told, from the thread, if the priority is refused: voice then suffers when the machine
    /// is busy.
    pub fn start(
        socket: Arc<Socket>,
        machine: Machine,
        mut take: impl FnMut(&mut [u8], SocketAddr, Mono) + Send + 'static,
        warn: impl FnOnce(String) + Send + 'static,
    ) -> io::Result<Receiver> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("receive".into()).spawn(move || {
            if let Err(why) = (machine.raise)() {
                warn(why);
            }
            let mut bytes = [0; DATAGRAM_ROOM];
            while !stopped.load(Ordering::Relaxed) {
                match socket.receive(&mut bytes) {
                    Ok(Some((length, from))) => take(&mut bytes[..length], from, (machine.now)()),
                    Ok(None) => {}
                    Err(_) => sleep(AFTER_ERROR),
                }
            }
        })?;
        Ok(Receiver { stop, thread: Some(thread) })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A callback that panicked has said so already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Machine, Receiver};
    use crate::net::socket::Socket;
    use crate::words::Mono;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    fn counted() -> Mono {
        static TIME: AtomicU64 = AtomicU64::new(0);
        Mono(TIME.fetch_add(1, Ordering::Relaxed))
    }

    const MACHINE: Machine = Machine { now: counted, raise: || Err("not here".into()) };

    #[test]
    fn everything_is_received_in_order_and_the_refused_priority_is_told() {
        let socket = Arc::new(Socket::open(Some(Ipv4Addr::LOCALHOST.into()), 0).expect("a free port"));
        let (send, received) = channel();
        let (warn, warned) = channel();
        let take = move |bytes: &mut [u8], from: SocketAddr, at: Mono| drop(send.send((bytes.to_vec(), from, at)));
        let receiver =
            Receiver::start(socket.clone(), MACHINE, take, move |why| drop(warn.send(why))).expect("a thread");
        let other = Socket::open(Some(Ipv4Addr::LOCALHOST.into()), 0).expect("a free port");
        for n in 0..100u8 {
            other.send(SocketAddr::from((Ipv4Addr::LOCALHOST, socket.port())), &[n, n]).expect("loopback takes it");
        }
        let mut last = None;
        for n in 0..100u8 {
            let (bytes, from, at) = received.recv_timeout(Duration::from_secs(10)).expect("it was sent");
            assert_eq!((bytes, from.port()), (vec![n, n], other.port()));
            assert!(last.is_none_or(|last| last < at));
            last = Some(at);
        }
        assert_eq!(warned.recv_timeout(Duration::from_secs(10)).as_deref(), Ok("not here"));
        drop(receiver);
        assert!(received.recv_timeout(Duration::from_secs(10)).is_err(), "the callback went with the thread");
    }

    #[test]
    fn it_ends_when_it_is_dropped() {
        let socket = Arc::new(Socket::open(Some(Ipv4Addr::LOCALHOST.into()), 0).expect("a free port"));
        let receiver = Receiver::start(socket.clone(), MACHINE, |_, _, _| {}, |_| {}).expect("a thread");
        let began = Instant::now();
        drop(receiver);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(Arc::strong_count(&socket), 1, "the thread has let the socket go");
    }
}
