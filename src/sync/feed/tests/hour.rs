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

impl Hour {
    /// What chance leaves of the bond between both clocks after so many seconds, in milliseconds: each is known as well
    /// as the end of a straight line through all its stamps so far, whose scatter is that of equally likely ones.
    fn chance_ms(&self, seconds: f64) -> f64 {
        let end_of_line = |jitter_ns: u64, per_second: f64| {
            2.0 * jitter_ns as f64 / 1e6 / 3.0f64.sqrt() / (per_second * seconds).sqrt()
        };
        end_of_line(self.picture_jitter_ns, self.rate.as_f64()).hypot(end_of_line(self.sound_jitter_ns, 100.0))
    }
}

/// A flash: its second, and how far it lies behind its beep in milliseconds.
type Flash = (f64, f64);

/// Every second's flash, and what else came out.
fn run(hour: Hour) -> (Vec<Flash>, Reel) {
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
    let slots = ((blocks * block) as f64 * fps / f64::from(rate_hz) - 1e-6).ceil();
    assert_eq!(reel.pictures.len() as f64, slots, "as many pictures as the sound needs, to the last");
    let mut flashes = Vec::new();
    let mut from = 0;
    for second in 1..seconds - 1 {
        let flash = (second as f64 * fps).round();
        let Some(tick) = reel.pictures[from..].iter().position(|p| *p == Some(flash as u64)) else { continue };
        from += tick;
        let sound = (flash / fps * speed).round() as u64;
        let beep = reel.sample_of(sound / block, sound % block).expect("every sample is there");
        flashes.push((second as f64, (from as f64 / fps - beep as f64 / f64::from(rate_hz)) * 1e3));
    }
    (flashes, reel)
}

/// The bar: half a slot. Where a picture slips into the next one, half a slot is also the error of a perfect placement,
/// a moment too early or too late; there chance is allowed four times its deviation, and a sample for rounding.
fn judge(hour: Hour) {
    let (flashes, reel) = run(hour);
    let worst = flashes.iter().fold(0.0f64, |worst, (_, ms)| worst.max(ms.abs()));
    let mean = flashes.iter().map(|(_, ms)| ms).sum::<f64>() / flashes.len() as f64;
    let half_ms = 500.0 / hour.rate.as_f64();
    let sample_ms = 1e3 / f64::from(hour.rate_hz);
    let beyond: Vec<_> = flashes.iter().filter(|(_, ms)| ms.abs() > half_ms + sample_ms).collect();
    println!(
        "{:?} at {} Hz, {:+} ppm: {} flashes, worst {worst:.2} ms of {half_ms:.2}, mean {mean:+.2} ms, {} pictures, {} \
         repeated, {} silent, beyond: {beyond:.2?}",
        hour.rate,
        hour.rate_hz,
        hour.ppm,
        flashes.len(),
        reel.pictures.len(),
        reel.repeated,
        reel.silence
    );
    let slips = hour.seconds as f64 * hour.ppm.abs() * 1e-6 * hour.rate.as_f64();
    assert!(flashes.len() as f64 >= hour.seconds as f64 - 2.0 - slips, "flashes are lost to slips only");
    for (second, ms) in &beyond {
        let allowed_ms = half_ms + sample_ms + 4.0 * hour.chance_ms(*second);
        assert!(ms.abs() <= allowed_ms, "{ms} ms at {second} s, of {allowed_ms}");
    }
    assert!(beyond.len() * 300 <= flashes.len(), "and that is where pictures slip: {beyond:?}");
    assert!(mean.abs() <= 5.0);
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
        let (flashes, reel) = run(Hour { rate: Rate::whole(fps), rate_hz, ..clean });
        assert!(flashes.iter().all(|(_, ms)| ms.abs() < 0.13), "{flashes:?}");
        assert_eq!((reel.pictures.len() as u32, reel.repeated, reel.silence), (60 * fps, 0, 0));
        assert!(reel.told.is_empty(), "{:?}", reel.told);
    }
}

#[test]
fn an_hour_of_clean_stamps_from_two_clocks_is_within_half_a_slot_to_the_sample() {
    for ppm in [100.0, -100.0] {
        judge(Hour { ppm, picture_jitter_ns: 0, sound_jitter_ns: 0, late_each: 0, ..UNSTEADY });
    }
}

#[test]
fn an_hour_at_sixty_keeps_every_flash_at_its_beep() {
    judge(UNSTEADY);
    judge(Hour { ppm: -100.0, ..UNSTEADY });
}

#[test]
fn an_hour_at_ntsc_rate_and_compact_disc_sound_does_too() {
    judge(Hour { rate: Rate { num: 30_000, den: 1_001 }, rate_hz: 44_100, ..UNSTEADY });
}
