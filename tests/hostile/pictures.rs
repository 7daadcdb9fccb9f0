// SPDX-License-Identifier: MIT
//! Pieces of pictures that fit nothing: the assembler stays small, quick and sane.

use super::{below, chance, noise, one_of};
use crate::support::counting::heap_growth;
use hyperzoom::mesh::assemble::{Assembler, Assembly, Fragment};
use hyperzoom::mesh::random::Random;
use hyperzoom::words::Mono;

/// Thirty-two pictures under way and 900 kB of their bytes, with what holds them.
const HEAP_MAX: i64 = 1_600_000;

/// So many pieces; how many pictures came out of them.
pub fn pieces(random: &mut Random, count: usize) -> usize {
    let mut assembler = Assembler::new();
    let (mut now, mut base, mut held, mut pictures) = (Mono(Mono::SECOND), 0_u64, 0, 0);
    let payload = noise(random, 1300);
    for number in 0..count {
        base = base.wrapping_add(one_of(random, &[0, 0, 0, 0, 1, 1, 2, 40]));
        if number % 5_000 == 4_999 {
            base = one_of(random, &[u64::MAX - 3, 1 << 40, u64::from(u16::MAX)]);
            (assembler, held) = (Assembler::new(), 0);
        }
        let fragments = one_of(random, &[0, 1, 1, 2, 3, 15, 255]);
        let sequence = base.wrapping_sub(random.below(3)).wrapping_add(random.below(2));
        let len = one_of(random, &[0, 1, 522, 522, 1172, 1173, 1300]);
        let fragment = Fragment {
            sequence,
            key: random.below(2) == 0,
            fragment: if random.below(9) == 0 { random.u64() as u8 } else { random.below(fragments.max(1)) as u8 },
            fragments: fragments as u8,
            timestamp_ms: random.u64() as u32,
            payload: &payload[..len],
        };
        held += heap_growth(|| assembler.handle(&fragment, now)).1;
        if random.below(50) == 0 {
            assembler.set_rtt(one_of(random, &[i64::MIN, 0, 1, 40_000_000, i64::MAX]));
        }
        pictures += drained(&mut assembler, &mut held, now);
        assert!(held < HEAP_MAX, "{held} bytes");
        now = now.offset(below(random, 3) as i64 * 4_000_000);
    }
    pictures
}

/// Everything that is to be had now: the pictures among it.
fn drained(assembler: &mut Assembler, held: &mut i64, now: Mono) -> usize {
    let mut pictures = 0;
    for _ in 0..600 {
        let (assembly, grown) = heap_growth(|| assembler.poll(now));
        let picture = match &assembly {
            None => {
                *held += grown;
                return pictures;
            }
            Some(Assembly::Picture(picture)) => {
                assert!((1..=255 * 1172).contains(&picture.bytes.len()));
                1
            }
            Some(Assembly::Ask(nack)) => {
                assert!(!nack.missing.is_empty());
                0
            }
            Some(Assembly::Lost { .. }) => 0,
        };
        pictures += picture;
        *held += grown + heap_growth(|| drop(assembly)).1;
    }
    panic!("it never has enough");
}

#[test]
fn pieces_that_fit_nothing_are_borne() {
    let mut random = chance("pieces", 1);
    let pictures = pieces(&mut random, 20_000);
    assert!(pictures > 200, "{pictures} pictures all the same");
}
