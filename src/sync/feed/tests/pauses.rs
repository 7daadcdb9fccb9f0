// SPDX-License-Identifier: MIT
//! Twenty pauses, and what they leave of the bond between sound and picture.

use super::{Dice, Reel, SECOND, both, samples_of};
use crate::words::{Mono, Rate};

const FPS: u64 = 30;
const RATE_HZ: u64 = 48_000;
const BLOCK: u64 = 480;

/// How the caller behaves.
#[derive(Clone, Copy, Debug)]
struct Manner {
    stamped: bool,
    /// Whether items keep coming in a pause.
    goes_on: bool,
    /// Whether pauses are asked for by their moment.
    timed: bool,
    jitter_ns: u64,
    seed: u64,
}

/// The moments of a run: when it pauses and when it goes on, in nanoseconds.
fn moments(dice: &mut Dice) -> Vec<(u64, u64)> {
    let mut at = 0;
    let pause = |_| {
        let from = at + SECOND + dice.roll(3 * SECOND);
        at = from + SECOND / 20 + dice.roll(4 * SECOND);
        (from, at)
    };
    (0..20).map(pause).collect()
}

/// Runs it; answers for each whole second's picture how far it lies behind its sound, in milliseconds.
fn run(manner: Manner) -> (Vec<f64>, u64, Reel) {
    let (mut feed, mut reel, mut dice) =
        (both(Rate::whole(FPS as u32), RATE_HZ as u32), Reel::default(), Dice(manner.seed));
    let pauses = moments(&mut dice);
    let end = pauses[19].1 + 5 * SECOND;
    let start = 9 * SECOND;
    let (mut number, mut blocks, mut next, mut last) = (0, 0, 0, [0; 2]);
    loop {
        let (picture_ns, sound_ns) = (number * SECOND / FPS, blocks * BLOCK * SECOND / RATE_HZ);
        let is_picture = picture_ns + SECOND / FPS < sound_ns + SECOND / 100;
        let now = if is_picture { picture_ns + SECOND / FPS } else { sound_ns + SECOND / 100 };
        if now > end {
            break;
        }
        // Pauses begin and end between submissions.
        while next < 40 && now > if next % 2 == 0 { pauses[next / 2].0 } else { pauses[next / 2].1 } {
            let at = if next % 2 == 0 { pauses[next / 2].0 } else { pauses[next / 2].1 };
            let at = manner.timed.then_some(Mono(start + at));
            if next % 2 == 0 { feed.pause(at) } else { feed.resume(at) }.expect("in turn");
            next += 1;
        }
        let submits = manner.goes_on || !feed.is_paused();
        let stamp = |ns: u64, dice: &mut Dice, last: &mut u64| {
            *last = (*last).max((start + ns).saturating_add_signed(dice.jitter(manner.jitter_ns)));
            manner.stamped.then_some(Mono(*last))
        };
        if is_picture {
            let at = stamp(picture_ns, &mut dice, &mut last[0]);
            if submits {
                feed.picture(at, number).expect("in order");
            }
            number += 1;
        } else {
            let at = stamp(sound_ns, &mut dice, &mut last[1]);
            if submits {
                feed.sound(at, BLOCK, blocks).expect("in order");
            }
            blocks += 1;
        }
        reel.drain(&mut feed);
    }
    feed.end();
    reel.drain(&mut feed);
    assert_eq!(feed.pauses().len(), 20);
    assert_eq!(reel.samples, samples_of(Rate::whole(FPS as u32), RATE_HZ as u32, reel.pictures.len() as u64));
    let paused: u64 = feed.pauses().iter().map(|pause| pause.samples).sum();
    (offsets(&reel), paused, reel)
}

/// Each picture shown against the sample taken with it, where both are in the recording.
fn offsets(reel: &Reel) -> Vec<f64> {
    let mut offsets = Vec::new();
    let mut last = None;
    for (tick, picture) in reel.pictures.iter().enumerate() {
        let Some(number) = picture.filter(|_| *picture != last) else { continue };
        last = *picture;
        let sample = number * RATE_HZ / FPS;
        if let Some(at) = reel.sample_of(sample / BLOCK, sample % BLOCK) {
            offsets.push(tick as f64 * 1e3 / FPS as f64 - at as f64 * 1e3 / RATE_HZ as f64);
        }
    }
    offsets
}

const CALM: Manner = Manner { stamped: true, goes_on: true, timed: false, jitter_ns: 0, seed: 1 };

/// What constant rate costs a picture, and the rounding of one sample.
const HALF_MS: f64 = 500.0 / FPS as f64 + 0.03;

#[test]
fn twenty_pauses_cost_nothing_or_what_their_moments_cost() {
    for seed in 1..6 {
        for (stamped, goes_on, timed) in
            [(true, true, false), (true, false, false), (true, true, true), (true, false, true), (false, true, false)]
        {
            let manner = Manner { stamped, goes_on, timed, seed, ..CALM };
            let (offsets, _, _) = run(manner);
            let worst = offsets.iter().fold(0.0f64, |worst, ms| worst.max(ms.abs()));
            let tail = &offsets[offsets.len() - 90..];
            let spread = tail.iter().fold(0.0f64, |s, ms| s.max((ms - tail[0]).abs()));
            println!("{manner:?}: worst {worst:.3} ms, at the end {:.3}", tail[89]);
            // Whoever says when to cut, to the sample, pays with the place of pictures in their slots.
            let most = if timed { HALF_MS } else { 1.05 };
            assert!(offsets.len() > 600 && worst <= most, "{manner:?}: {worst}");
            assert!(spread < 0.05, "{manner:?}: within a stretch nothing moves, {spread}");
        }
    }
}

#[test]
fn a_caller_who_neither_stamps_nor_goes_on_loses_nothing() {
    for seed in 1..6 {
        let (_, paused, reel) = run(Manner { stamped: false, goes_on: false, seed, ..CALM });
        assert_eq!(paused, 0);
        let own = &reel.pictures[..reel.pictures.len() - reel.repeated as usize];
        assert!(own.windows(2).all(|pair| pair[0] != pair[1]), "only the last one is held, to the end of the sound");
        assert!(reel.pictures.iter().all(Option::is_some));
        let mut blocks: Vec<u64> = reel.sound.iter().map(|piece| piece.1).collect();
        blocks.dedup();
        let taken = reel.sound.iter().map(|piece| piece.3).sum::<u64>();
        assert_eq!(taken, blocks.len() as u64 * BLOCK, "every sample is there");
    }
}

#[test]
fn unsteady_stamps_do_not_add_up_over_twenty_pauses() {
    for (seed, goes_on) in [(1, true), (2, false), (3, true), (4, false), (5, false)] {
        let manner = Manner { goes_on, jitter_ns: 5_000_000, seed, ..CALM };
        let (offsets, _, _) = run(manner);
        let tail = &offsets[offsets.len() - 60..];
        let mean = tail.iter().sum::<f64>() / tail.len() as f64;
        println!("{manner:?}: {mean:.3} ms at the end");
        assert!(mean.abs() <= 5.0, "{manner:?}: {mean}");
    }
}

#[test]
fn a_pause_is_cut_to_the_sample_and_to_the_picture() {
    let (mut feed, mut reel) = (both(Rate::whole(FPS as u32), RATE_HZ as u32), Reel::default());
    let start = 3 * SECOND;
    for n in 0..100 {
        let at = Mono(start + n * SECOND / 10);
        if n == 20 {
            // A third of the block that is to come.
            feed.pause(Some(at.offset(33_000_000))).expect("not paused");
        }
        if n == 70 {
            feed.resume(Some(at.offset(33_000_000))).expect("paused");
        }
        feed.sound(Some(at), 4_800, n).expect("in order");
        for k in 0..3 {
            feed.picture(Some(Mono(start + (3 * n + k) * SECOND / 30)), 3 * n + k).expect("in order");
        }
        reel.drain(&mut feed);
    }
    feed.end();
    reel.drain(&mut feed);
    assert_eq!(feed.pauses().len(), 1);
    assert_eq!((feed.pauses()[0].at_sample, feed.pauses()[0].samples), (20 * 4_800 + 1_584, 50 * 4_800));
    let around: Vec<_> = reel.sound.iter().filter(|piece| piece.1 == 20 || piece.1 == 70).collect();
    assert_eq!(around, [&(96_000, 20, 0, 1_584), &(97_584, 70, 1_584, 4_800 - 1_584)]);
    assert_eq!((reel.silence, reel.samples, reel.pictures.len()), (0, 50 * 4_800, 150));
    assert!(reel.pictures.iter().flatten().all(|number| !(61..211).contains(number)));
}
