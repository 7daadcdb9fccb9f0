// SPDX-License-Identifier: MIT
//! The voice path is as short as it is said to be: from an encoded frame to `sendto` done, for three peers, on real
//! sockets; and neither end of it touches the heap.

use crate::support::counting::heap_calls;
use hyperzoom::mesh::handshake::{Initiator, Responder};
use hyperzoom::mesh::inbound::{Arrival, InboundOrder, inbound_path};
use hyperzoom::mesh::random::Random;
use hyperzoom::mesh::seal::{LinkKeys, Secret};
use hyperzoom::mesh::voice::{VoiceOrder, VoiceOut, voice_path};
use hyperzoom::net::socket::Socket;
use hyperzoom::words::{Mono, PeerId, SessionLine, VoicePlan};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// 32 kbit/s at 5 ms.
const FRAME_BYTES: usize = 20;

/// Keys of a pair, the initiator's and the responder's.
fn pair(random: &mut Random) -> (LinkKeys, LinkKeys) {
    let psk: Secret = random.secret();
    let mut asking = Initiator::new(&psk, b"a pair", random);
    let mut answering = Responder::new(&psk, b"a pair", random);
    answering.read(&asking.first(b"")).expect("the same key");
    let (answer, theirs) = answering.answer(b"");
    let (ours, _) = asking.finish(&answer).expect("the same key");
    (ours, theirs)
}

/// A speaker with three listeners on this machine, and the first listener's receiving end.
fn speaker(random: &mut Random) -> (VoiceOut, Vec<UdpSocket>, LinkKeys, SocketAddr) {
    let (out, mut orders) = voice_path();
    let mut first = None;
    let listeners: Vec<UdpSocket> =
        (0..3).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")).collect();
    for (peer, listener) in PeerId::all().skip(1).zip(&listeners) {
        let (ours, theirs) = pair(random);
        let address = listener.local_addr().expect("it is bound");
        orders.give(VoiceOrder::Add { peer, address, sealer: ours.sealers.voice });
        first.get_or_insert((theirs, address));
    }
    orders.give(VoiceOrder::Me(PeerId::HOST));
    orders.give(VoiceOrder::Session(SessionLine::beginning(Mono(0))));
    orders.give(VoiceOrder::Plan(VoicePlan { frames_per_packet: 1, copies: [2, 4, 5] }));
    let (theirs, address) = first.expect("three listeners");
    (out, listeners, theirs, address)
}

fn socket() -> Socket {
    Socket::open(Some(Ipv4Addr::LOCALHOST.into()), 0).expect("a free port")
}

#[test]
fn from_frame_to_socket_and_from_socket_to_playout_nothing_is_allocated() {
    let mut random = Random::new([7; 32]);
    let (mut out, listeners, theirs, _) = speaker(&mut random);
    let socket = socket();
    let (mut inbound, mut orders, mut tally) = inbound_path();
    orders.give(InboundOrder::Add {
        peer: PeerId::HOST,
        link: 1,
        address: (Ipv4Addr::LOCALHOST, socket.port()).into(),
        openers: theirs.openers,
    });
    let mut frames = 0;
    let mut datagram = [0; 1500];
    for n in 0..2_000_u64 {
        let now = Mono(n * 5_000_000);
        let calls = heap_calls(|| {
            let mut send = |to: SocketAddr, bytes: &[u8]| socket.send_voice(to, bytes).expect("loopback");
            out.frame(&[n as u8; FRAME_BYTES], now, &mut send).expect("a short frame");
        });
        assert_eq!(calls, 0, "frame {n} on its way out");
        let (len, from) = listeners[0].recv_from(&mut datagram).expect("it was sent");
        let calls = heap_calls(|| match inbound.take(&mut datagram[..len], from, now) {
            (Arrival::Voice { peer: PeerId::HOST, sequence, .. }, None) => frames += u64::from(sequence == n),
            other => panic!("frame {n}: {other:?}"),
        });
        assert_eq!(calls, 0, "frame {n} on its way in");
    }
    assert_eq!((frames, tally.read(PeerId::HOST).datagrams), (2_000, 2_000));
}

/// How long each of so many frames takes to be built, sealed and sent to three peers, shortest first.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub fn times(frames: usize) -> Vec<Duration> {
    let mut random = Random::new([7; 32]);
    let (mut out, listeners, _, _) = speaker(&mut random);
    let socket = socket();
    let drain = |listener: &UdpSocket| {
        listener.set_nonblocking(true).expect("a socket");
        while listener.recv_from(&mut [0; 1500]).is_ok() {}
    };
    let mut times = Vec::with_capacity(frames);
    for n in 0..frames {
        let begun = Instant::now();
        let mut send = |to: SocketAddr, bytes: &[u8]| socket.send_voice(to, bytes).expect("loopback");
        out.frame(&[n as u8; FRAME_BYTES], Mono(n as u64 * 5_000_000), &mut send).expect("a short frame");
        times.push(begun.elapsed());
        listeners.iter().for_each(drain);
    }
    times.sort();
    times
}
