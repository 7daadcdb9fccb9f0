// SPDX-License-Identifier: MIT
//! The one socket, listening on everything that a machine has: here a machine that has nothing but its loopback.

use super::namespace::Namespace;
use hyperzoom::net::receiver::{Machine, Receiver};
use hyperzoom::net::socket::Socket;
use hyperzoom::words::Mono;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

const MACHINE: Machine = Machine { now: || Mono(0), raise: || Ok(()) };

#[test]
fn both_families_arrive_and_ipv4_is_told_plainly() {
    let Ok(machine) = Namespace::new() else {
        eprintln!("passed over: this machine permits no network namespaces");
        return;
    };
    machine.inside(|| {
        let (a, b) = (Socket::open(None, 0).expect("a port"), Arc::new(Socket::open(None, 0).expect("a port")));
        let (tell, told) = channel();
        let take = move |bytes: &mut [u8], from: SocketAddr, _| tell.send((bytes.to_vec(), from)).expect("it listens");
        let _receiver = Receiver::start(b.clone(), MACHINE, take, |_| {}).expect("a thread");
        let next = || told.recv_timeout(Duration::from_secs(10)).expect("a datagram over loopback");
        a.send_voice((Ipv4Addr::LOCALHOST, b.port()).into(), b"voice").expect("loopback");
        assert_eq!(next(), (b"voice".to_vec(), (Ipv4Addr::LOCALHOST, a.port()).into()));
        // A system may have no IPv6 at all.
        if a.send((Ipv6Addr::LOCALHOST, b.port()).into(), b"picture").is_ok() {
            assert_eq!(next(), (b"picture".to_vec(), (Ipv6Addr::LOCALHOST, a.port()).into()));
        }
    });
}
