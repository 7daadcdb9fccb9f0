// SPDX-License-Identifier: MIT
//! The counted sound on paper: blocks are numbers, the microphone is a formula.

use super::{Block, Output, SoundTrack};
use crate::words::{Happening, Mono, What};

const SECOND: u64 = 1_000_000_000;
const START: Mono = Mono(100 * SECOND);

/// What came out, as runs: positive is sound, negative is silence.
#[derive(Default)]
struct Heard {
    sound: u64,
    silence: u64,
    /// Payloads in order, with what was taken of each.
    blocks: Vec<(u64, u64)>,
    told: Vec<Happening>,
}

fn drain(track: &mut SoundTrack<u64>, now: Mono, heard: &mut Heard) {
    loop {
        match track.poll(now) {
            Output::WaitUntil(_) => return,
            Output::Silence(n) => heard.silence += n,
            Output::Happened(h) => heard.told.push(h),
            Output::Sound { payload, take, .. } => {
                heard.sound += take;
                heard.blocks.push((payload, take));
            }
        }
    }
}

/// A microphone of 10 ms blocks; `fate(block) -> Option<lateness in ms>`: `None` loses the block.
fn run(blocks: u64, counts: bool, fate: impl Fn(u64) -> Option<u64>) -> (SoundTrack<u64>, Heard) {
    let mut track = SoundTrack::new(START);
    let mut heard = Heard::default();
    let mut begun = false;
    for n in 0..blocks {
        let taken = Mono(START.0 + n * SECOND / 100);
        if n == 50 {
            track.begin(taken);
            begun = true;
        }
        let Some(late_ms) = fate(n) else { continue };
        let at = Mono(taken.0 + late_ms * 1_000_000);
        let position = counts.then_some(n * 480);
        track.block(at, Block { at, samples: 480, position, payload: n });
        if begun {
            drain(&mut track, at, &mut heard);
        }
    }
    (track, heard)
}

#[test]
fn an_undisturbed_microphone_is_passed_through_sample_by_sample() {
    let (track, heard) = run(1_050, false, |_| Some(0));
    assert_eq!((heard.sound, heard.silence), (480_000, 0));
    assert!(heard.told.is_empty());
    assert_eq!(track.written(), 480_000);
    assert_eq!(heard.blocks[0], (50, 480), "the recording begins with the sample that was asked for");
}

#[test]
fn blocks_that_come_late_are_neither_lost_nor_padded() {
    let late = |n: u64| Some(if (300..310).contains(&n) { (310 - n) * 10 } else { n % 3 });
    let (_, heard) = run(1_050, false, late);
    assert_eq!((heard.sound, heard.silence), (480_000, 0));
    assert!(heard.told.is_empty(), "{:?}", heard.told);
}

#[test]
fn what_was_lost_before_us_becomes_silence_of_exactly_that_length_in_its_place() {
    for counts in [true, false] {
        let lost = |n: u64| (!(300..303).contains(&n) && n != 500).then_some(0);
        let (track, heard) = run(1_050, counts, lost);
        assert_eq!((heard.sound, heard.silence), (480_000 - 4 * 480, 4 * 480), "counts: {counts}");
        let told = |at_sample, samples| Happening { at_sample, what: What::SoundLost { samples } };
        assert_eq!(heard.told, [told(250 * 480, 3 * 480), told(450 * 480, 480)], "counts: {counts}");
        assert_eq!(track.written(), 480_000);
    }
}

#[test]
fn a_loss_amid_lateness_is_measured_by_what_never_caught_up() {
    let fate = |n: u64| match n {
        300..=302 => None,
        303..=310 => Some((311 - n) * 9),
        _ => Some(0),
    };
    let (_, heard) = run(1_050, false, fate);
    assert_eq!(heard.silence, 3 * 480);
    assert_eq!(heard.sound, 480_000 - 3 * 480);
}

#[test]
fn a_microphone_that_vanishes_and_returns_leaves_measured_silence() {
    let (mut track, mut heard) = run(550, false, |_| Some(0));
    let gone = Mono(START.0 + 5_500_000_000);
    track.microphone_gone();
    for ms in (0..10_000).step_by(100) {
        drain(&mut track, Mono(gone.0 + ms * 1_000_000), &mut heard);
    }
    let back = Mono(gone.0 + 10 * SECOND);
    for n in 0..100 {
        let at = Mono(back.0 + n * SECOND / 100);
        track.block(at, Block { at, samples: 480, position: None, payload: n });
        drain(&mut track, at, &mut heard);
    }
    assert_eq!(heard.silence, 480_000);
    assert_eq!(heard.sound, 240_000 + 48_000);
    let whats: Vec<_> = heard.told.iter().map(|h| (h.at_sample, h.what.clone())).collect();
    let silence_samples = 480_000;
    assert_eq!(whats, [(240_000, What::SoundGone), (720_000, What::SoundBack { silence_samples })]);
}

#[test]
fn a_microphone_that_only_falls_silent_is_noticed_and_loses_nothing_when_it_was_just_slow() {
    let (mut track, mut heard) = run(550, false, |_| Some(0));
    let now = |ms: u64| Mono(START.0 + 5_500_000_000 + ms * 1_000_000);
    drain(&mut track, now(1_500), &mut heard);
    assert!(heard.told.is_empty(), "a second and a half may be mere sleep");
    drain(&mut track, now(2_100), &mut heard);
    assert_eq!(heard.told.len(), 1);
    assert!((90_000..96_000).contains(&heard.silence), "{}", heard.silence);
}

#[test]
fn without_any_microphone_silence_follows_the_clock_and_a_late_one_joins() {
    let mut track = SoundTrack::<u64>::new(START);
    let mut heard = Heard::default();
    track.begin(START);
    drain(&mut track, Mono(START.0 + 3 * SECOND), &mut heard);
    assert_eq!(heard.silence, 48_000 * 28 / 10);
    for n in 0..100 {
        let at = Mono(START.0 + 4 * SECOND + n * SECOND / 100);
        track.block(at, Block { at, samples: 480, position: Some(7 + n * 480), payload: n });
        drain(&mut track, at, &mut heard);
    }
    assert_eq!((heard.silence, heard.sound), (4 * 48_000, 48_000));
    let silence_samples = 4 * 48_000;
    assert_eq!(heard.told.last().map(|h| h.what.clone()), Some(What::SoundBack { silence_samples }));
}

#[test]
fn a_stall_of_any_length_after_which_everything_comes_at_once_loses_and_inserts_nothing() {
    for stall_ms in [50, 350, 500, 700, 900, 1_500] {
        let stalled = stall_ms / 10;
        let late = |n: u64| Some(if (300..300 + stalled).contains(&n) { (300 + stalled - n) * 10 } else { 0 });
        let (_, heard) = run(1_050, false, late);
        assert_eq!((heard.sound, heard.silence), (480_000, 0), "{stall_ms} ms");
        assert!(heard.told.is_empty(), "{stall_ms} ms: {:?}", heard.told);
    }
}

#[test]
fn a_loss_that_the_device_does_not_count_is_seen_by_the_clock() {
    let mut track = SoundTrack::new(START);
    let mut heard = Heard::default();
    for n in 0..1_000 {
        let taken = Mono(START.0 + n * SECOND / 100 + if n < 500 { 0 } else { 30_000_000 });
        if n == 50 {
            track.begin(taken);
        }
        track.block(taken, Block { at: taken, samples: 480, position: Some(n * 480), payload: n });
        drain(&mut track, taken, &mut heard);
    }
    assert_eq!(heard.silence, 1_440);
}

#[test]
fn a_microphone_that_comes_back_is_placed_by_the_promptest_of_its_first_blocks() {
    let (mut track, mut heard) = run(550, false, |_| Some(0));
    track.microphone_gone();
    let back = Mono(START.0 + 8_500_000_000);
    for n in 0..100u64 {
        let late_ns = if n < 5 { (5 - n) * 12_000_000 } else { 0 };
        let taken = back.0 + n * SECOND / 100;
        let at = Mono(taken + late_ns);
        track.block(at, Block { at, samples: 480, position: None, payload: n });
        drain(&mut track, at, &mut heard);
    }
    assert!(heard.silence.abs_diff(3 * 48_000) <= 2, "{}", heard.silence);
    assert!(track.drift_ppm().abs() < 20.0, "a late beginning is no drift: {}", track.drift_ppm());
}

#[test]
fn a_loss_across_the_end_ends_in_silence() {
    for counts in [true, false] {
        let (mut track, mut heard) = run(550, counts, |_| Some(0));
        track.end_at(240_100);
        for n in 553..620 {
            let at = Mono(START.0 + n * SECOND / 100);
            let position = counts.then_some(n * 480);
            track.block(at, Block { at, samples: 480, position, payload: n });
            drain(&mut track, at, &mut heard);
        }
        assert_eq!((heard.sound, heard.silence), (240_000, 100), "counts: {counts}");
    }
}

#[test]
fn the_recording_ends_on_the_sample_asked_for() {
    let (mut track, mut heard) = run(550, false, |_| Some(0));
    track.end_at(240_100);
    for n in 550..560 {
        let at = Mono(START.0 + n * SECOND / 100);
        track.block(at, Block { at, samples: 480, position: None, payload: n });
        drain(&mut track, at, &mut heard);
    }
    assert_eq!(heard.sound, 240_100);
    assert_eq!(track.written(), 240_100);
}

#[test]
fn other_rates_count_alike() {
    for rate_hz in [8_000u64, 44_100, 192_000] {
        let mut track = SoundTrack::with_rate(START, rate_hz as u32);
        let mut heard = Heard::default();
        track.begin(START);
        for n in (0..200).filter(|n| !(100..103).contains(n)) {
            let at = Mono(START.0 + n * SECOND / 100);
            track.block(at, Block { at, samples: rate_hz / 100, position: None, payload: n });
            drain(&mut track, at, &mut heard);
        }
        assert_eq!((heard.sound, heard.silence), (rate_hz / 100 * 197, rate_hz / 100 * 3), "{rate_hz}");
    }
}
