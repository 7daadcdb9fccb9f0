// SPDX-License-Identifier: MIT
//! Cadence on paper: pictures are numbers, clocks are formulas.

use super::{Cadence, Output};
use crate::words::{Mono, RATE_HZ, Rate, SAMPLES_PER_FRAME, Sample};

const START_NS: f64 = 5e9;

/// What a run showed, and what it told.
struct Shown {
    pictures: Vec<Option<u64>>,
    told: Vec<Output<u64>>,
}

/// A microphone that runs `mic_ppm` fast, a camera of `fps` that runs `camera_ppm` fast, for `seconds`.
fn run(seconds: u64, fps: f64, camera_ppm: f64, mic_ppm: f64, jitter_ns: u64) -> Shown {
    let mono_at = |s: Sample| Mono((START_NS + s as f64 * 1e9 / (RATE_HZ as f64 * (1.0 + mic_ppm * 1e-6))) as u64);
    let mut cadence = Cadence::new();
    let mut shown = Shown { pictures: Vec::new(), told: Vec::new() };
    let mut noise = 7u64;
    let pictures = (seconds as f64 * fps) as u64;
    for number in 0..pictures {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let jitter = if jitter_ns == 0 { 0 } else { (noise >> 33) % jitter_ns };
        let at = Mono((START_NS + number as f64 * 1e9 / (fps * (1.0 + camera_ppm * 1e-6))) as u64 + jitter);
        cadence.picture(at, number);
        drain(&mut cadence, at, mono_at, &mut shown);
    }
    shown
}

fn drain(cadence: &mut Cadence<u64>, now: Mono, mono_at: impl Fn(Sample) -> Mono, shown: &mut Shown) {
    loop {
        match cadence.poll(now, |tick| mono_at(tick * SAMPLES_PER_FRAME)) {
            Output::WaitUntil(_) => return,
            Output::Show(picture) => shown.pictures.push(picture),
            told => shown.told.push(told),
        }
    }
}

#[test]
fn on_one_clock_every_picture_is_shown_exactly_once() {
    for jitter_ns in [0, 1_000, 3_000_000, 9_000_000] {
        let shown = run(120, 30.0, 0.0, 0.0, jitter_ns);
        assert!(shown.told.is_empty(), "{jitter_ns}: {:?}", shown.told);
        assert!(shown.pictures.iter().enumerate().all(|(i, p)| *p == Some(i as u64)));
        assert!(shown.pictures.len() >= 3_598);
    }
}

#[test]
fn two_hours_of_drift_cost_exactly_the_slips_that_constant_rate_requires_each_told() {
    for (camera_ppm, mic_ppm) in [(0.0, 100.0), (0.0, -100.0), (70.0, -30.0), (-70.0, 30.0)] {
        let shown = run(7_200, 30.0, camera_ppm, mic_ppm, 300_000);
        let fast_mic = mic_ppm > camera_ppm;
        let right = |o: &Output<u64>| match o {
            Output::Repeated { .. } => fast_mic,
            Output::Omitted { frames, .. } => !fast_mic && *frames == 1,
            _ => false,
        };
        assert!(shown.told.iter().all(right), "{:?}", shown.told);
        assert!((21..=22).contains(&shown.told.len()), "{camera_ppm} {mic_ppm}: {} slips", shown.told.len());
        let repeats = shown.pictures.windows(2).filter(|w| w[0] == w[1]).count();
        assert_eq!(repeats, if fast_mic { shown.told.len() } else { 0 });
    }
}

#[test]
fn after_two_hours_of_drift_every_picture_is_still_within_half_a_slot_of_its_sound() {
    for mic_ppm in [100.0, -100.0] {
        let shown = run(7_200, 30.0, 0.0, mic_ppm, 0);
        let error_ms = |(tick, picture): (usize, &Option<u64>)| {
            let heard = tick as f64 * 1_600.0 / (RATE_HZ as f64 * (1.0 + mic_ppm * 1e-6));
            (picture.expect("never black") as f64 / 30.0 - heard) * 1e3
        };
        let errors: Vec<f64> = shown.pictures.iter().enumerate().map(error_ms).collect();
        assert!(errors.iter().all(|e| e.abs() < 16.7));
        let cycle = 333 * 30;
        let mean = |e: &[f64]| e.iter().sum::<f64>() / e.len() as f64;
        assert!(mean(&errors[cycle / 2..cycle / 2 + cycle]).abs() < 1.0);
        assert!(mean(&errors[errors.len() - cycle..]).abs() < 1.0);
    }
}

#[test]
fn slow_and_fast_cameras_become_thirty_a_second() {
    let slow = run(10, 25.0, 0.0, 0.0, 0);
    let repeats = slow.told.iter().filter(|t| matches!(t, Output::Repeated { .. })).count();
    assert!((49..=51).contains(&repeats), "{repeats}");
    let fast = run(10, 60.0, 0.0, 0.0, 0);
    assert!(fast.pictures.iter().enumerate().all(|(i, p)| *p == Some(2 * i as u64)));
}

#[test]
fn a_camera_that_stalls_is_held_and_its_return_is_told() {
    let mono_at = |s: Sample| Mono(s * 1_000_000_000 / RATE_HZ);
    let mut cadence = Cadence::new();
    let mut shown = Shown { pictures: Vec::new(), told: Vec::new() };
    cadence.picture(Mono(0), 0);
    drain(&mut cadence, Mono(0), mono_at, &mut shown);
    assert_eq!(shown.pictures, [Some(0)]);
    drain(&mut cadence, Mono(900_000_000), mono_at, &mut shown);
    assert_eq!(shown.pictures.len(), 1, "a late picture is waited for");
    drain(&mut cadence, Mono(10_000_000_000), mono_at, &mut shown);
    assert_eq!(shown.pictures.len(), 298, "ticks follow the clock when nothing comes");
    cadence.picture(Mono(10_000_000_000), 9);
    drain(&mut cadence, Mono(10_000_000_000), mono_at, &mut shown);
    drain(&mut cadence, Mono(11_100_000_000), mono_at, &mut shown);
    assert_eq!(shown.pictures[299], Some(0));
    assert_eq!(shown.pictures[300], Some(9));
    assert_eq!(shown.told[..2], [Output::Gone { tick: 1 }, Output::Back { tick: 300, held_frames: 299 }]);
}

#[test]
fn it_is_black_until_there_is_a_picture_and_after_a_switch() {
    let mono_at = |s: Sample| Mono(s * 1_000_000_000 / RATE_HZ);
    let mut cadence = Cadence::new();
    let mut shown = Shown { pictures: Vec::new(), told: Vec::new() };
    drain(&mut cadence, Mono(500_000_000), mono_at, &mut shown);
    assert!(shown.pictures.len() > 10 && shown.pictures.iter().all(Option::is_none));
    cadence.picture(Mono(433_000_000), 1);
    cadence.picture(Mono(466_000_000), 2);
    drain(&mut cadence, Mono(500_000_000), mono_at, &mut shown);
    assert!(shown.pictures.contains(&Some(1)));
    cadence.camera_switched();
    let before = shown.pictures.len();
    drain(&mut cadence, Mono(1_500_000_000), mono_at, &mut shown);
    assert!(shown.pictures[before..].iter().all(Option::is_none));
}

#[test]
fn a_tick_counts_once_its_picture_is_handed_out_not_when_it_is_decided() {
    let mono_at = |tick: u64| Mono(tick * SAMPLES_PER_FRAME * 1_000_000_000 / RATE_HZ);
    let mut cadence = Cadence::new();
    cadence.picture(Mono(0), 0);
    assert_eq!(cadence.poll(Mono(0), mono_at), Output::Show(Some(0)));
    cadence.picture(Mono(60_000_000), 1);
    assert_eq!(cadence.poll(Mono(60_000_000), mono_at), Output::Repeated { tick: 1 });
    assert_eq!(cadence.next_tick(), 1);
    assert_eq!(cadence.poll(Mono(60_000_000), mono_at), Output::Show(Some(0)));
    assert_eq!(cadence.next_tick(), 2);
}

#[test]
fn a_stamp_that_runs_backwards_or_far_ahead_neither_stops_nor_hurries_the_ticks() {
    let mono_at = |s: Sample| Mono(1_000_000_000 + s * 1_000_000_000 / RATE_HZ);
    let mut cadence = Cadence::new();
    let mut shown = Shown { pictures: Vec::new(), told: Vec::new() };
    for n in 0..90u64 {
        let at = Mono(1_000_000_000 + n * 1_000_000_000 / 30);
        let stamp = match n {
            30 => Mono(at.0 - 40_000_000),
            60 => Mono(at.0 + 3_000_000_000),
            _ => at,
        };
        cadence.picture(stamp, n);
        drain(&mut cadence, at, mono_at, &mut shown);
        assert!(shown.pictures.len() as u64 <= n + 1, "no tick before its time");
    }
    assert!(shown.pictures.len() >= 60);
}

#[test]
fn any_rate_keeps_to_its_ticks_for_hours() {
    for rate in [Rate::whole(1), Rate::whole(60), Rate { num: 30_000, den: 1_001 }, Rate::whole(240)] {
        let at = |n: u64| Mono(n * 1_000_000_000 * u64::from(rate.den) / u64::from(rate.num));
        let mut cadence = Cadence::patient(rate, 1_000_000_000);
        let ticks = 2 * 3_600 * u64::from(rate.num) / u64::from(rate.den);
        for n in (0..300).chain(ticks - 300..ticks) {
            if n == ticks - 300 {
                cadence = Cadence { next_tick: n, ..Cadence::patient(rate, 1_000_000_000) };
            }
            cadence.picture(at(n), n);
            assert_eq!(cadence.poll(at(n), at), Output::Show(Some(n)), "{rate:?}");
        }
    }
}
