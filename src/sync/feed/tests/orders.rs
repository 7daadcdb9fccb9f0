// SPDX-License-Identifier: MIT
//! Anything in any order: no panic, no hole, and sums that are right.

use super::super::{Feed, Plan};
use super::{Dice, Reel, SECOND, samples_of};
use crate::words::{Mono, Rate};

const RATES: [Rate; 6] = [
    Rate::whole(1),
    Rate::whole(15),
    Rate::whole(60),
    Rate::whole(240),
    Rate { num: 30_000, den: 1_001 },
    Rate { num: 24_000, den: 1_001 },
];

/// One feed of a random kind, fed at random.
fn play(seed: u64) {
    let mut dice = Dice(seed);
    let rate = RATES[dice.roll(6) as usize];
    let rate_hz = [8_000, 44_100, 48_000, 192_000][dice.roll(4) as usize];
    let expected = dice.roll(4);
    let plan = Plan {
        own_clock: dice.roll(4) == 0,
        patience_ns: [PATIENCE_SHORT, super::super::PATIENCE_NS][dice.roll(2) as usize],
        ..Plan::new((expected != 1).then_some(rate), (expected != 2).then_some(rate_hz))
    };
    let mut feed = Feed::<u64, u64>::new(plan).expect("a good plan");
    let (mut reel, stamped) = (Reel::default(), dice.roll(3) > 0);
    let (mut numbers, mut clock) = (0u64, [50 * SECOND; 2]);
    let mut taken = 0;
    for _ in 0..dice.roll(400) {
        let stream = dice.roll(2) as usize;
        let burst = 1 + dice.roll(40);
        let items = if dice.roll(2) == 0 { 1 } else { burst };
        for _ in 0..items {
            let samples = 1 + dice.roll(u64::from(rate_hz) / 10);
            let step = if stream == 0 { SECOND / 30 } else { samples * SECOND / u64::from(rate_hz) };
            clock[stream] += step;
            let reach = if dice.roll(20) == 0 { 3 * SECOND } else { 6_000_000 };
            let wrong = dice.jitter(reach);
            let stamp = (stamped || dice.roll(200) == 0).then(|| Mono(clock[stream].saturating_add_signed(wrong)));
            numbers += 1;
            let result = match stream {
                0 => feed.picture(stamp, numbers),
                _ => feed.sound(stamp, samples, numbers),
            };
            taken += u64::from(result.is_ok());
            if dice.roll(3) > 0 {
                reel.drain(&mut feed);
            }
        }
        let moment = stamped.then(|| Mono(clock[0].saturating_add_signed(dice.jitter(SECOND))));
        match dice.roll(12) {
            0 => drop(feed.pause(None)),
            1 => drop(feed.resume(None)),
            2 => drop(feed.pause(moment)),
            3 => drop(feed.resume(moment)),
            4 => clock = [clock[0].max(clock[1]) + dice.roll(20 * SECOND); 2],
            _ => {}
        }
    }
    feed.end();
    reel.drain(&mut feed);
    assert_eq!(taken + feed.sync().refused, numbers);
    assert!(feed.sync().score <= 100);
    let pictures = reel.pictures.len() as u64;
    match (plan.pictures, plan.sound_hz) {
        (None, _) => assert_eq!(pictures, 0),
        (_, None) => assert_eq!(reel.samples, 0),
        // These are samples of the caller's clock, which such stamps bend.
        (Some(_), Some(_)) if plan.own_clock => {}
        (Some(_), Some(_)) => assert_eq!(reel.samples, samples_of(rate, rate_hz, pictures)),
    }
    assert!(reel.pictures.iter().flatten().is_sorted(), "pictures keep their order");
    assert!(reel.sound.windows(2).all(|w| w[0].1 < w[1].1 || (w[0].1 == w[1].1 && w[0].2 + w[0].3 <= w[1].2)));
}

const PATIENCE_SHORT: i64 = 200_000_000;

#[test]
fn any_order_of_anything_leaves_no_hole() {
    for seed in 1..400 {
        println!("seed {seed}");
        play(seed);
    }
}
