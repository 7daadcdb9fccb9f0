// SPDX-License-Identifier: MIT
//! An hour of unsteady stamps and two clocks.

use super::{Dice, Reel, SECOND, both, samples_of};
use crate::words::{Mono, Rate};

/// What an hour is made of.
#[derive(Clone, Copy)]
struct Hour {
    rate: Rate,
    rate_hz: u32,
    seconds: u64,
    /// The sound's clock against the pictures'.
    ppm: f64,
    picture_jitter_ns: u64,
    sound_jitter_ns: u64,
    /// One block in so many is stamped up to 80 ms late.
    late_each: u64,
}

/// Where each second's flash lies behind its beep, in milliseconds, and what else came out.
fn run(hour: Hour) -> (Vec<f64>, Reel) {
    let Hour { rate, rate_hz, seconds, ppm, .. } = hour;
    let mut feed = both(rate, rate_hz);
    let (mut reel, mut dice) = (Reel::default(), Dice(11));
    let fps = rate.as_f64();
    let speed = f64::from(rate_hz) * (1.0 + ppm * 1e-6);
    let block = u64::from(rate_hz / 100);
    let start = 77.0 * SECOND as f64;
    let (mut number, mut blocks, mut last) = (0u64, 0u64, [0u64; 2]);
    while number as f64 / fps < seconds as f64 || ((blocks * block) as f64 / speed) < seconds as f64 {
        let (picture_s, sound_s) = (number as f64 / fps, (blocks * block) as f64 / speed);
        // Pictures and blocks come when they are over.
        if picture_s + 1.0 / fps < sound_s + 0.01 {
            let at = (start + picture_s * 1e9) as i64 + dice.jitter(hour.picture_jitter_ns);
            last[0] = last[0].max(at as u64);
            feed.picture(Some(Mono(last[0])), number).expect("in order");
            number += 1;
        } else {
            let late = if hour.late_each > 0 && dice.roll(hour.late_each) == 0 { dice.roll(80_000_000) } else { 0 };
            let at = (start + sound_s * 1e9) as i64 + dice.jitter(hour.sound_jitter_ns) + late as i64;
            last[1] = last[1].max(at as u64);
            feed.sound(Some(Mono(last[1])), block, blocks).expect("in order");
            blocks += 1;
        }
        reel.drain(&mut feed);
    }
    feed.end();
    reel.drain(&mut feed);
    let sync = feed.sync();
    println!("{sync:?}");
    assert!((sync.drift_ppm - ppm).abs() < 15.0, "{sync:?}");
    assert_eq!(reel.samples, samples_of(rate, rate_hz, reel.pictures.len() as u64), "both end together");
    assert_eq!(reel.sound.iter().map(|piece| piece.3).sum::<u64>(), blocks * block, "every sample is there");
    let mut offsets = Vec::new();
    let mut from = 0;
    for second in 1..seconds - 1 {
        let flash = (second as f64 * fps).round();
        let Some(tick) = reel.pictures[from..].iter().position(|p| *p == Some(flash as u64)) else { continue };
        from += tick;
        let sound = (flash / fps * speed).round() as u64;
        let beep = reel.sample_of(sound / block, sound % block).expect("every sample is there");
        offsets.push((from as f64 / fps - beep as f64 / f64::from(rate_hz)) * 1e3);
    }
    (offsets, reel)
}

fn judge(hour: Hour, beyond_half_ms: f64) {
    let (offsets, reel) = run(hour);
    let worst = offsets.iter().fold(0.0f64, |worst, ms| worst.max(ms.abs()));
    let mean = offsets.iter().sum::<f64>() / offsets.len() as f64;
    let half_ms = 500.0 / hour.rate.as_f64();
    let beyond = offsets.iter().filter(|ms| ms.abs() > half_ms).count();
    println!(
        "{:?} at {} Hz, {:+} ppm: {} flashes, worst {worst:.2} ms of {half_ms:.2}, {beyond} beyond, mean {mean:+.2} ms, {} \
         pictures, {} repeated, {} silent",
        hour.rate,
        hour.rate_hz,
        hour.ppm,
        offsets.len(),
        reel.pictures.len(),
        reel.repeated,
        reel.silence
    );
    let needed = (hour.seconds as f64 * hour.rate.as_f64() * (1.0 + hour.ppm * 1e-6)).ceil();
    // Up to a slot before the first picture, and as much behind the last sample.
    assert!((0.0..=2.0).contains(&(reel.pictures.len() as f64 - needed)), "{} of {needed}", reel.pictures.len());
    let slips = hour.seconds as f64 * hour.ppm.abs() * 1e-6 * hour.rate.as_f64();
    assert!(offsets.len() as f64 >= hour.seconds as f64 - 2.0 - slips, "flashes are lost to slips only");
    assert!(worst <= half_ms + beyond_half_ms && mean.abs() <= 5.0);
}

const UNSTEADY: Hour = Hour {
    rate: Rate::whole(60),
    rate_hz: 48_000,
    seconds: 3_600,
    ppm: 100.0,
    picture_jitter_ns: 8_000_000,
    sound_jitter_ns: 5_000_000,
    late_each: 200,
};

#[test]
fn clean_stamps_and_one_clock_are_exact() {
    let clean = Hour { seconds: 60, ppm: 0.0, picture_jitter_ns: 0, sound_jitter_ns: 0, late_each: 0, ..UNSTEADY };
    for (fps, rate_hz) in [(24, 8_000), (30, 48_000), (60, 44_100), (240, 192_000)] {
        let (offsets, reel) = run(Hour { rate: Rate::whole(fps), rate_hz, ..clean });
        assert!(offsets.iter().all(|ms| ms.abs() < 0.13), "{offsets:?}");
        assert_eq!((reel.pictures.len() as u32, reel.repeated, reel.silence), (60 * fps, 0, 0));
        assert!(reel.told.is_empty(), "{:?}", reel.told);
    }
}

#[test]
fn an_hour_at_sixty_keeps_every_flash_at_its_beep() {
    judge(UNSTEADY, 1.0);
    judge(Hour { ppm: -100.0, ..UNSTEADY }, 1.0);
}

#[test]
fn an_hour_at_ntsc_rate_and_compact_disc_sound_does_too() {
    judge(Hour { rate: Rate { num: 30_000, den: 1_001 }, rate_hz: 44_100, ..UNSTEADY }, 1.0);
}
