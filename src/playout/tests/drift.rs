// SPDX-License-Identifier: MIT
//! Two sound cards whose clocks differ, for hours.

use super::sim::{Road, Sim, TONE_HZ, tone};

/// What is left of a stretch of sound when the tone that fits best is taken out, in decibels below it.
fn residual_db(sound: &[f32], hz: f64) -> f64 {
    let left = |hz: f64| -> f64 {
        let step = hz / 48_000.0 * core::f64::consts::TAU;
        let (mut cc, mut ss, mut cs, mut xc, mut xs, mut xx) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (index, sample) in sound.iter().enumerate() {
            let (x, (s, c)) = (f64::from(*sample), (index as f64 * step).sin_cos());
            (cc, ss, cs) = (cc + c * c, ss + s * s, cs + c * s);
            (xc, xs, xx) = (xc + x * c, xs + x * s, xx + x * x);
        }
        let det = cc * ss - cs * cs;
        let (a, b) = ((xc * ss - xs * cs) / det, (xs * cc - xc * cs) / det);
        (xx - a * xc - b * xs) / xx
    };
    let best = (-40..=40).map(|step| left(hz * (1.0 + f64::from(step) * 10e-6))).fold(1.0, f64::min);
    10.0 * best.max(1e-12).log10()
}

fn drift(seconds: f64, sender_ppm: f64, card_ppm: f64) {
    let mut sim = Sim::new(21, 240, 128, Road::CLEAN);
    (sim.sender_ppm, sim.card_ppm) = (sender_ppm, card_ppm);
    sim.source = tone;
    sim.bitrate(400_000);
    sim.run(12.0);
    let before = sim.heard();
    let (mut worst_db, mut least, mut most) = (-200.0_f64, f64::MAX, f64::MIN);
    for _ in 0..(seconds / 10.0) as usize {
        sim.run(10.0);
        let sound: Vec<f32> = sim.sound.iter().map(|(_, sample)| *sample).collect();
        worst_db = worst_db.max(residual_db(&sound[sound.len() - 9600..], TONE_HZ));
        let delay_ms = sim.tone_latency_ms();
        (least, most) = (least.min(delay_ms), most.max(delay_ms));
    }
    let heard = sim.heard();
    let (_, concealed, jumps) = super::since(&before, &heard);
    println!("{sender_ppm} and {card_ppm} ppm: {worst_db:.1} dB, latency within {:.2} ms, {heard:?}", most - least);
    assert_eq!((concealed, jumps), (0, 0));
    assert!(worst_db < -50.0 && most - least < 2.5);
}

#[test]
fn clocks_that_differ_are_followed_without_a_click() {
    for (sender_ppm, card_ppm) in [(100.0, -50.0), (-100.0, 50.0), (0.0, 0.0)] {
        drift(60.0, sender_ppm, card_ppm);
    }
}

#[test]
#[ignore = "an hour of sound takes a minute or two of work"]
fn clocks_that_differ_for_an_hour_are_followed_without_a_click() {
    for (sender_ppm, card_ppm) in [(100.0, -50.0), (-100.0, 50.0)] {
        drift(3600.0, sender_ppm, card_ppm);
    }
}
