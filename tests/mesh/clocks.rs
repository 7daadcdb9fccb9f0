// SPDX-License-Identifier: MIT
//! How well a peer's clock is known: 20 ms there and back, 5 ms of jitter, 50 ppm of drift; from the eighth ping on.
//!
//! "5 ms of jitter" has more than one honest meaning, so it is tried with each: anything up to 5 ms longer each way;
//! exponential with 2.5 ms each way on average; half of a bell of 2.5 ms; and 5 ms in all, 2.5 ms each way.

use super::bars::percentile;
use super::clock::{MS, SECOND, True};
use super::dice::Dice;
use super::machine::Part;
use super::wire::{Habits, Jitter};
use super::world::World;
use hyperzoom::mesh::Admit;
use hyperzoom::sync::peer_clock::{Exchange, PINGS_AT_START, PeerClock};
use hyperzoom::words::{Mono, PeerId};

const DRIFT_PPM: f64 = 50.0;
/// Twenty pings a second for so long, as the mesh asks; then one.
const LEARNING: True = 65 * SECOND;

/// What one call came to.
#[derive(Default)]
pub struct Known {
    /// At each tenth of a second, in ms.
    offsets_ms: Vec<f64>,
    /// After a minute, in ppm.
    rates_ppm: Vec<f64>,
    /// Moments at which the error was no larger than what was said.
    honest: usize,
}

/// Five minutes of pings through delays of this kind.
fn learn(seed: u64, jitter: Jitter, quick: True, known: &mut Known) {
    let mut dice = Dice::new(seed);
    let (mut clock, apart) = (PeerClock::new(), dice.below(1 << 50));
    let theirs = |at: True| Mono(apart + at + (at as f64 * DRIFT_PPM * 1e-6) as u64);
    let (mut at, mut count, mut rate) = (SECOND, 0, None);
    while at < 301 * SECOND {
        let (there, back) = (10 * MS + jitter.draw(&mut dice), 10 * MS + jitter.draw(&mut dice));
        let heard = at + there;
        let t4 = heard + MS / 20 + back;
        clock.learn(Exchange { t1: Mono(at), t2: theirs(heard), t3: theirs(heard + MS / 20), t4: Mono(t4) });
        count += 1;
        let pause = if at < LEARNING + SECOND { quick } else { SECOND };
        let next = at + if count < PINGS_AT_START { 20 * MS } else { pause };
        let moments = (t4..next.max(t4 + 1)).step_by(SECOND as usize / 10);
        for moment in moments.filter(|_| count >= PINGS_AT_START) {
            let estimate = clock.estimate(Mono(moment)).expect("it has learned");
            let error_ns = (estimate.offset_ns - theirs(moment).since(Mono(moment))).abs();
            known.offsets_ms.push(error_ns as f64 / MS as f64);
            known.honest += usize::from(error_ns <= estimate.uncertainty_ns);
            if moment > 61 * SECOND && rate.is_none() {
                rate = Some((estimate.rate_ppm - DRIFT_PPM).abs());
            }
        }
        at = next;
    }
    known.rates_ppm.extend(rate);
}

/// Tries so many calls, and prints what they came to: offset in the middle and at the 99th percentile, rate at most.
pub fn measured(what: &str, jitter: Jitter, quick: True, seeds: core::ops::Range<u64>) -> (f64, f64, f64) {
    let mut known = Known::default();
    seeds.for_each(|seed| learn(seed, jitter, quick, &mut known));
    let honest = known.honest as f64 / known.offsets_ms.len() as f64 * 100.0;
    let [middle, most, worst] = [50.0, 99.0, 100.0].map(|part| percentile(&mut known.offsets_ms, part));
    let rates = [50.0, 99.0, 100.0].map(|part| percentile(&mut known.rates_ppm, part));
    println!(
        "{what}, {} calls: offset {middle:.3} ms in the middle, 99 % under {most:.3} ms, worst {worst:.3} ms, within what \
         was said {honest:.1} %; rate after a minute {:.2} ppm in the middle, 99 % under {:.2} ppm, worst {:.2} ppm",
        known.rates_ppm.len(),
        rates[0],
        rates[1],
        rates[2]
    );
    (middle, most, rates[2])
}

pub const JITTERS: [(&str, Jitter); 4] = [
    ("uniform, 5 ms each way", Jitter::Uniform(5 * MS)),
    ("exponential, 2.5 ms each way", Jitter::Exponential(5 * MS / 2)),
    ("half a bell, 2.5 ms each way", Jitter::HalfBell(5 * MS / 2)),
    ("uniform, 2.5 ms each way", Jitter::Uniform(5 * MS / 2)),
];

#[test]
fn offsets_are_known_to_half_a_millisecond_even_with_one_ping_a_second() {
    for (what, jitter) in JITTERS {
        let (middle, most, _) = measured(&format!("one ping a second, {what}"), jitter, SECOND, 0..50);
        assert!(middle < 0.5 && most < 2.0, "{what}");
    }
}

#[test]
fn with_the_pings_of_the_mesh_the_rate_is_known_to_2_ppm_after_a_minute() {
    let (what, jitter) = JITTERS[0];
    let (middle, most, rate) = measured(&format!("the pings of the mesh, {what}"), jitter, SECOND / 20, 0..50);
    assert!(middle < 0.5 && most < 2.0 && rate < 2.0);
}

/// The same through two engines and a wire: errors in ms from the eighth answer on, and of the rate after a minute.
pub fn through_the_mesh(seed: u64, seconds: True) -> (Vec<f64>, f64) {
    let mut world = World::new(seed);
    world.learn_every = 1;
    world.set_habits(Habits::internet(10 * MS, Jitter::Uniform(5 * MS)));
    let (host, guest) = (world.machine(Part::Member, "host"), world.machine(Part::Member, "guest"));
    world.machines.iter_mut().for_each(|machine| machine.voice_every = 0);
    world.machines[host].clock = super::clock::Clock::new(1 << 40, DRIFT_PPM);
    world.machines[guest].clock = super::clock::Clock::new(1 << 45, 0.0);
    let invite = world.host(host, true, Admit::Ask);
    world.join(guest, &invite);
    let eight = |world: &World| world.machines[guest].samples >= PINGS_AT_START;
    assert!(world.run_until_that(5 * SECOND, eight), "eight answers come");
    let (began, mut errors, mut rate) = (world.now, Vec::new(), f64::MAX);
    while world.now < began + seconds * SECOND {
        world.run_until(world.now + SECOND / 10);
        let [there, here] = [host, guest].map(|machine| world.machines[machine].clock.at(world.now));
        let clock = world.machines[guest].peer(PeerId::HOST).clock.as_ref().expect("it learns");
        let estimate = clock.estimate(here).expect("it has learned");
        errors.push((estimate.offset_ns - there.since(here)).abs() as f64 / MS as f64);
        if world.now >= began + 60 * SECOND && rate == f64::MAX {
            rate = (estimate.rate_ppm - DRIFT_PPM).abs();
        }
    }
    (errors, rate)
}

#[test]
fn the_hosts_clock_is_known_as_well_through_real_pings() {
    let (mut errors, mut rates) = (Vec::new(), Vec::new());
    for seed in 0..6 {
        let (some, rate) = through_the_mesh(seed, 90);
        errors.extend(some);
        rates.push(rate);
    }
    let (middle, most) = (percentile(&mut errors, 50.0), percentile(&mut errors, 99.0));
    let worst = percentile(&mut rates, 100.0);
    println!(
        "through the mesh: offset {middle:.3} ms in the middle, 99 % under {most:.3} ms; rate {worst:.2} ppm at most"
    );
    assert!(middle < 0.5 && most < 2.0 && worst < 2.0);
}
