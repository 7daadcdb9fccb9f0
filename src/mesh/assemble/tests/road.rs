// SPDX-License-Identifier: MIT
//! One key frame from pacer to assembler, over a road that loses both ways; real requests, real resends.

use super::picture;
use crate::mesh::assemble::{Assembler, Assembly, Fragment};
use crate::mesh::fragment::chance::{Bursts, Chance};
use crate::mesh::fragment::{PIECE, split};
use crate::mesh::pace::Pacer;
use crate::mesh::report::Nack;
use crate::mesh::resend::{KeptKeyFrames, repeat_tail};
use crate::words::{Mono, PeerId};
use std::collections::BTreeSet;

/// What a 1 Mbit/s uplink leaves beside the voice of one peer.
const PACE_KBPS: u32 = 760;

pub struct Trip {
    /// When it was whole, after the first datagram was sent.
    pub whole_ms: Option<f64>,
    /// Datagrams sent again.
    pub again: u32,
    /// When each datagram had been sent once, after the first.
    pub paced_ms: f64,
}

pub struct Road {
    there: Bursts,
    back: Bursts,
    sequence: u64,
    assembler: Assembler,
    kept: KeptKeyFrames,
}

impl Road {
    /// A packet of voice each 5 ms meets the same bursts as the pictures do, in both directions.
    pub fn new(there: Bursts, back: Bursts) -> Road {
        Road { there, back, sequence: 0, assembler: Assembler::new(), kept: KeptKeyFrames::new() }
    }

    pub fn send_key_frame(&mut self, pieces: usize, rtt_ms: u64, chance: &mut Chance) -> Trip {
        let peer = PeerId::HOST;
        let sequence = self.sequence;
        self.sequence += 1;
        let begin = sequence * 2_000;
        let bytes = picture(sequence, pieces * PIECE);
        let total = pieces as u8;
        let sealed = split(&bytes, PIECE).expect("it can travel").map(|(id, _, piece)| (id, seal(piece)));
        let mut pacer = Pacer::new(PACE_KBPS);
        let mut sealed: Vec<_> = sealed.collect();
        repeat_tail(&mut sealed);
        pacer.offer(peer, sequence, true, sealed, at(begin));
        self.assembler.set_rtt(rtt_ms as i64 * 1_000_000);
        let one_way = rtt_ms / 2;
        let mut there: Vec<(u64, u8, Vec<u8>)> = Vec::new();
        let mut back: Vec<(u64, [u8; Nack::LEN])> = Vec::new();
        let mut sent = BTreeSet::new();
        let mut trip = Trip { whole_ms: None, again: 0, paced_ms: 0.0 };
        for now in begin..begin + 1_900 {
            if now % 5 == 0 {
                self.there.loses(chance);
                self.back.loses(chance);
            }
            while let Some(piece) = pacer.next(at(now)) {
                trip.again += u32::from(piece.again);
                if !piece.again {
                    if sent.insert(piece.fragment) {
                        trip.paced_ms = (now - begin) as f64;
                    }
                    self.kept.keep(piece.sequence, piece.fragment, &piece.bytes);
                }
                if !self.there.loses(chance) {
                    there.push((now + one_way, piece.fragment, piece.bytes));
                }
            }
            for (_, fragment, bytes) in there.extract_if(.., |(arrives, ..)| *arrives <= now) {
                let payload = &bytes[12..bytes.len() - 16];
                let fragment = Fragment { sequence, key: true, fragment, fragments: total, timestamp_ms: 0, payload };
                self.assembler.handle(&fragment, at(now));
            }
            while let Some(out) = self.assembler.poll(at(now)) {
                match out {
                    Assembly::Ask(nack) if !self.back.loses(chance) => back.push((now + one_way, nack.write())),
                    Assembly::Ask(_) => {}
                    Assembly::Picture(picture) => {
                        assert!(picture.bytes == bytes);
                        trip.whole_ms = Some((now - begin) as f64);
                    }
                    Assembly::Lost { .. } => return trip,
                }
            }
            for (_, nack) in back.extract_if(.., |(arrives, _)| *arrives <= now) {
                let nack = Nack::read(&nack).expect("it was written");
                for (fragment, bytes) in self.kept.ask(&nack) {
                    pacer.resend(peer, sequence, fragment, bytes);
                }
            }
            if trip.whole_ms.is_some() {
                return trip;
            }
        }
        trip
    }
}

fn seal(piece: &[u8]) -> Vec<u8> {
    [&[0; 12][..], piece, &[0; 16][..]].concat()
}

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}
