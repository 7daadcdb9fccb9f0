// SPDX-License-Identifier: MIT
//! The addresses at which a peer may be reached.
//!
//! Everybody tells all addresses they may have; all are tried at once, and the one from which the first message of
//! a handshake comes is the road. A single datagram never moves it: who sends from elsewhere is asked there, and
//! only an answer from there makes it the road.
//!
//! ```text
//!  authentic datagram from B  -->  Probe(token) to B  -->  ProbeReply(token) from B  -->  the road leads to B
//! ```

use super::random::Random;
use super::roster::CANDIDATES_MAX;
use crate::words::Mono;
use core::net::{IpAddr, SocketAddr};

/// The same address is asked no more often.
const PROBE_EVERY_NS: i64 = 50_000_000;

/// An answer that takes longer than this is to a question nobody remembers.
const PROBE_AGE_NS: i64 = 2_000_000_000;

/// Questions under way: all candidates and some places a peer sends from meanwhile.
const PROBES_MAX: usize = 2 * CANDIDATES_MAX;

/// Attempts to reach somebody: quickly while both routers have to be opened at the same moment, then patiently.
const QUICK_NS: (i64, i64) = (2_000_000_000, 100_000_000);
const STEADY_NS: (i64, i64) = (10_000_000_000, 250_000_000);
const PATIENT_NS: i64 = 2_000_000_000;

/// After so long it is said that there is no road; it is tried on. People are told within ten seconds, also by the
/// attempt that is due last before them.
pub const NO_ROAD_NS: i64 = 9_500_000_000;

/// All addresses of somebody are tried no more often than this.
pub const KNOCK_LEAST_NS: i64 = QUICK_NS.1;

/// Attempts that began so long ago are patient ones.
pub const PATIENT_AFTER_NS: i64 = STEADY_NS.0;

/// Why there is no road to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoad {
    /// Nobody knows an address of theirs.
    NoAddress,
    /// All their addresses are of private networks, and not of ours.
    PrivateOnly,
    /// None of their addresses answers.
    NoAnswer,
}

/// When the next attempt is due, after one at `now`, if they began at `since`.
pub fn next_attempt(since: Mono, now: Mono) -> Mono {
    let tried_ns = now.since(since);
    let (_, pause_ns) =
        [QUICK_NS, STEADY_NS].into_iter().find(|(until, _)| tried_ns < *until).unwrap_or((0, PATIENT_NS));
    now.offset(pause_ns)
}

/// Is this an address within some private network, one machine, or one cable?
pub fn is_private(address: SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared_by_a_provider = a == 100 && b & 0xc0 == 64;
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || shared_by_a_provider
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            let unique_local = first & 0xfe00 == 0xfc00;
            ip.is_loopback() || ip.is_unspecified() || unique_local || first & 0xffc0 == 0xfe80
        }
    }
}

/// Can anything be sent there at all? What a stranger says is an address may be none, or one that means many.
pub fn is_sendable(address: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

#[derive(Debug)]
struct Probe {
    address: SocketAddr,
    token: u64,
    at: Mono,
}

/// All roads to one peer.
#[derive(Debug, Default)]
pub struct Roads {
    candidates: Vec<SocketAddr>,
    /// Where somebody answered before, though nobody named it.
    seen: Option<SocketAddr>,
    probes: Vec<Probe>,
    /// Where a question of theirs was answered last.
    replied: Option<(SocketAddr, Mono)>,
}

impl Roads {
    /// With the addresses that are named.
    pub fn new(candidates: &[SocketAddr]) -> Roads {
        let mut roads = Roads::default();
        roads.set_candidates(candidates);
        roads
    }

    /// Other addresses are named now.
    pub fn set_candidates(&mut self, candidates: &[SocketAddr]) {
        self.candidates = candidates.iter().copied().filter(|a| is_sendable(*a)).take(CANDIDATES_MAX).collect();
    }

    /// They were heard from there.
    pub fn seen(&mut self, address: SocketAddr) {
        self.seen = Some(address);
    }

    /// Wherever they might be.
    pub fn all(&self) -> Vec<SocketAddr> {
        let mut all = self.candidates.clone();
        all.extend(self.seen.filter(|seen| !self.candidates.contains(seen)));
        all
    }

    /// What to say if none of them answers.
    pub fn why_none(&self) -> NoRoad {
        let all = self.all();
        match all.iter().all(|address| is_private(*address)) {
            _ if all.is_empty() => NoRoad::NoAddress,
            true => NoRoad::PrivateOnly,
            false => NoRoad::NoAnswer,
        }
    }

    /// Whether to ask at this address now, and with which token.
    pub fn probe(&mut self, address: SocketAddr, random: &mut Random, now: Mono) -> Option<u64> {
        self.probes.retain(|probe| now.since(probe.at) < PROBE_AGE_NS);
        let recently = |probe: &Probe| probe.address == address && now.since(probe.at) < PROBE_EVERY_NS;
        let replied = self.replied.is_some_and(|(to, at)| to == address && now.since(at) < PROBE_EVERY_NS);
        if !is_sendable(address) || replied || self.probes.iter().any(recently) {
            return None;
        }
        if self.probes.len() == PROBES_MAX {
            self.probes.remove(0);
        }
        let token = random.u64();
        self.probes.push(Probe { address, token, at: now });
        Some(token)
    }

    /// A question of theirs is answered there: nothing else follows it at once, because who sent on one datagram of
    /// theirs must not get two for it.
    pub fn reply(&mut self, address: SocketAddr, now: Mono) {
        self.replied = Some((address, now));
    }

    /// An answer came from there: is that the road now? Whatever else was asked is settled with it.
    pub fn answered(&mut self, from: SocketAddr, token: u64, now: Mono) -> bool {
        let asked = |p: &Probe| p.address == from && p.token == token && now.since(p.at) < PROBE_AGE_NS;
        let found = self.probes.iter().any(asked);
        if found {
            self.probes.clear();
            self.seen = Some(from);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{NoRoad, PROBES_MAX, Roads, is_private, is_sendable, next_attempt};
    use crate::mesh::random::Random;
    use crate::words::Mono;
    use core::net::SocketAddr;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_an_answer_from_there_makes_a_road() {
        let (mut roads, mut random) = (Roads::default(), Random::new([1; 32]));
        let token = roads.probe(at("10.0.0.1:5"), &mut random, Mono(0)).expect("nobody asked yet");
        assert_eq!(roads.probe(at("10.0.0.1:5"), &mut random, Mono(40_000_000)), None);
        assert!(!roads.answered(at("10.0.0.1:6"), token, Mono(1)));
        assert!(!roads.answered(at("10.0.0.1:5"), token ^ 1, Mono(1)));
        assert!(!roads.answered(at("10.0.0.1:5"), token, Mono(2_000_000_000)));
        assert!(roads.answered(at("10.0.0.1:5"), token, Mono(1)));
        assert!(!roads.answered(at("10.0.0.1:5"), token, Mono(1)), "each answer counts once");
    }

    #[test]
    fn questions_under_way_are_few() {
        let (mut roads, mut random) = (Roads::default(), Random::new([1; 32]));
        for port in 1..1000 {
            assert!(roads.probe(SocketAddr::new([10, 0, 0, 1].into(), port), &mut random, Mono(0)).is_some());
            assert!(roads.probes.len() <= PROBES_MAX);
        }
        for nowhere in ["0.0.0.0:5", "10.0.0.1:0", "224.0.0.1:5", "255.255.255.255:5", "[ff02::1]:5"] {
            assert_eq!(roads.probe(at(nowhere), &mut random, Mono(0)), None, "{nowhere}");
            assert!(!is_sendable(at(nowhere)));
        }
    }

    #[test]
    fn it_is_said_why_there_is_no_road() {
        assert_eq!(Roads::default().why_none(), NoRoad::NoAddress);
        let private =
            ["192.168.1.7:5", "10.1.1.1:5", "100.64.3.3:5", "[fd00::1]:5", "[fe80::1]:5", "169.254.0.1:5"].map(at);
        assert!(private.into_iter().all(is_private));
        assert_eq!(Roads::new(&private).why_none(), NoRoad::PrivateOnly);
        let public = ["192.168.1.7:5", "203.0.113.4:5"].map(at);
        assert_eq!(Roads::new(&public).why_none(), NoRoad::NoAnswer);
    }

    #[test]
    fn attempts_are_quick_then_steady_then_patient() {
        let mut now = Mono(0);
        let mut count = 0;
        while now < Mono(20_000_000_000) {
            now = next_attempt(Mono(0), now);
            count += 1;
        }
        assert_eq!(count, 20 + 32 + 5);
    }
}
