// SPDX-License-Identifier: MIT
//! A bad line, one that is cut, and strangers who flood the port.

use super::judge::Master;
use super::people::{Ways, guest, host, ways};
use crate::support::cut::{Relay, possible};
use crate::support::program::file;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// The host at the far end of a line.
fn far_host() -> Ways<'static> {
    Ways { bind: "::1", ..ways("host") }
}

/// Strangers send so many datagrams in a millisecond.
const FLOOD: usize = 20;

/// Sends nonsense to `port` for as long as `until` says so: noise, and noise that begins like one of ours.
fn flood(port: SocketAddr, until: impl Fn() -> bool) -> usize {
    let socket = UdpSocket::bind("[::1]:0").expect("a port");
    let mut sent = 0;
    let mut noise: u64 = 1;
    while !until() {
        for _ in 0..FLOOD {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut datagram = noise.to_le_bytes().repeat(1 + (noise >> 60) as usize * 9);
            if sent % 2 == 0 {
                datagram[..2].copy_from_slice(&[1, (sent % 16) as u8]);
            }
            // What finds no room in the queue is no loss.
            sent += usize::from(socket.send_to(&datagram, port).is_ok());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    sent
}

#[test]
fn loss_a_flood_and_an_outage_of_three_seconds_cost_neither_master_anything() {
    if !possible() {
        return;
    }
    let (mut host, invite, address) = host(far_host());
    let line = Relay::to(address);
    let mut guest = guest(&line.invite(&invite), ways("guest"));
    guest.await_recording();
    line.lose(10);
    let over = std::sync::atomic::AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let sending = scope.spawn(|| flood(address, || over.load(std::sync::atomic::Ordering::Relaxed)));
        host.record_on(3.0);
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        sending.join().expect("it only sends")
    });
    assert!(sent > 1_000, "{sent}");
    line.cut(true);
    guest.await_event("peer-silent");
    // With the time until it was noticed about three seconds, and never the five that end a call.
    guest.record_on(1.0);
    line.cut(false);
    let back = guest.await_event("peer-back");
    assert!((2_000..5_000).contains(&back["silent_ms"].as_u64().expect("a number")), "{back}");
    guest.record_on(1.0);
    assert!(line.counted().1 > 10, "the line was bad: {:?}", line.counted());
    let masters = [guest.leave(), host.leave()].map(|(left, file)| (left, Master::read(&file)));
    masters.iter().for_each(|(_, master)| master.is_unharmed());
}

#[test]
fn after_an_outage_that_ends_the_call_people_find_back_and_the_same_files_go_on() {
    if !possible() {
        return;
    }
    let (mut host, invite, address) = host(far_host());
    let line = Relay::to(address);
    let mut guest = guest(&line.invite(&invite), ways("guest"));
    let begun = guest.await_recording();
    host.await_peer("guest");
    guest.record_on(1.0);
    line.cut(true);
    assert_eq!(host.await_gone("guest"), "silent");
    assert_eq!(guest.await_gone("host"), "silent");
    // Longer than the five seconds after which people are gone.
    guest.record_on(2.0);
    line.cut(false);
    host.await_peer("guest");
    guest.await_peer("host");
    guest.record_on(2.0);
    let masters = [guest.leave(), host.leave()].map(|(left, path)| (Master::read(&path), left, path));
    let (master, left, path) = &masters[0];
    assert_eq!(path, &begun, "one file from beginning to end");
    let started = left.ended.events.iter().find(|e| e["event"] == "recording-started").expect("it began");
    assert_eq!(path, &file(started));
    assert!(master.told.duration_seconds > 9.0, "{}", master.told.duration_seconds);
    masters.iter().for_each(|(master, ..)| master.is_unharmed());
}
