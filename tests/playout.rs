// SPDX-License-Identifier: MIT
//! Voice in never touches the heap, however much comes in and whatever is missing.

use crate::support::counting::heap_calls;
use hyperzoom::playout::{Incoming, playout};
use hyperzoom::words::{Mono, PeerId};

/// A frame of silence as an encoder makes it: 5 ms, mono, full band.
const SILENCE: [u8; 3] = [0xe8, 0xff, 0xfe];

/// A millisecond, in nanoseconds.
const MS: u64 = 1_000_000;

#[test]
fn three_peers_with_losses_and_a_minute_of_nobody_allocate_nothing() {
    let (mut inbox, mut playout, gauges) = playout();
    let mut out = [0.0; 240];
    let calls = heap_calls(|| {
        for number in 0..2000 {
            let now = Mono(Mono::SECOND + number * 5 * MS);
            // One in seven is lost.
            for peer in PeerId::all().take(3).filter(|peer| (number + u64::from(peer.number())) % 7 != 0) {
                inbox.frame(Incoming { peer, link: 1, number, copy: 0, opus: &SILENCE, samples: 240, at: now });
            }
            playout.pull(&mut out, now);
        }
        for block in 2000..14_000 {
            playout.pull(&mut out, Mono(Mono::SECOND + block * 5 * MS));
        }
    });
    assert_eq!(calls, 0);
    assert_eq!(gauges.dropped(), 0);
    assert_eq!(gauges.read(PeerId::HOST), None, "nobody has spoken for a minute");
}
