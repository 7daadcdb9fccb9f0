// SPDX-License-Identifier: MIT
//! Clocks and roads made of formulas: whatever happens to either, the estimate says what is so.

use super::{Exchange, Learned, PINGS_AT_START, PeerClock};
use crate::words::Mono;

const MS: f64 = 1e6;
const SECOND: f64 = 1e9;

/// Repeatable numbers (splitmix64).
struct Chance(u64);

impl Chance {
    /// In 0..1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Two machines and what lies between: theirs as a function of ours, and the two delays of a ping sent at a moment.
struct World<C, D> {
    theirs: C,
    delays: D,
    chance: Chance,
    clock: PeerClock,
    /// What was answered, with the moment.
    learned: Vec<(f64, Learned)>,
    /// At each tenth of a second after the beginning: moment, error in ms, stated uncertainty in ms.
    errors: Vec<(f64, f64, f64)>,
}

impl<C: Fn(f64) -> f64, D: Fn(f64, &mut Chance) -> (f64, f64)> World<C, D> {
    fn new(seed: u64, theirs: C, delays: D) -> World<C, D> {
        let (learned, errors) = (Vec::new(), Vec::new());
        World { theirs, delays, chance: Chance(seed), clock: PeerClock::new(), learned, errors }
    }

    fn ping(&mut self, t1: f64) -> Exchange {
        let (there, back) = (self.delays)(t1, &mut self.chance);
        let mono = |ns: f64| Mono(ns as u64);
        let (t2, t3) = ((self.theirs)(t1 + there), (self.theirs)(t1 + there + 0.05 * MS));
        Exchange { t1: mono(t1), t2: mono(t2), t3: mono(t3), t4: mono(t1 + there + 0.05 * MS + back) }
    }

    /// Eight pings 20 ms apart, then one a second; the first at one second.
    fn run(mut self, seconds: u64) -> World<C, D> {
        let burst = (0..PINGS_AT_START).map(|n| SECOND + n as f64 * 20.0 * MS);
        let steady = (2..seconds + 1).map(|n| n as f64 * SECOND);
        for t1 in burst.chain(steady).collect::<Vec<_>>() {
            let ping = self.ping(t1);
            let learned = self.clock.learn(ping);
            self.learned.push((t1 / SECOND, learned));
            let begun = self.learned.len() >= PINGS_AT_START as usize;
            for tenth in (0..10).filter(|_| begun) {
                let at = ping.t4.0 as f64 + tenth as f64 * 95.0 * MS;
                let known = self.clock.estimate(Mono(at as u64)).expect("it has learned");
                let error = (known.offset_ns as f64 - ((self.theirs)(at) - at)) / MS;
                self.errors.push((at / SECOND, error, known.uncertainty_ns as f64 / MS));
            }
        }
        self
    }

    fn worst_ms(&self, from_s: f64, to_s: f64) -> f64 {
        let within = self.errors.iter().filter(|(at, ..)| (from_s..to_s).contains(at));
        within.fold(0.0, |worst, (_, error, _)| error.abs().max(worst))
    }

    fn steps(&self) -> Vec<(f64, i64)> {
        let step = |(at, learned): &(f64, Learned)| match learned {
            Learned::Stepped { by_ns } => Some((*at, *by_ns)),
            _ => None,
        };
        self.learned.iter().filter_map(step).collect()
    }

    fn rate_error_ppm(&self, ppm: f64) -> f64 {
        let last = self.errors.last().expect("it ran").0 * SECOND;
        self.clock.estimate(Mono(last as u64)).expect("it has learned").rate_ppm - ppm
    }
}

/// Ten milliseconds each way and up to five more.
fn road(_: f64, chance: &mut Chance) -> (f64, f64) {
    ((10.0 + 5.0 * chance.part()) * MS, (10.0 + 5.0 * chance.part()) * MS)
}

fn drifting(ppm: f64) -> impl Fn(f64) -> f64 {
    move |ours| 77.0 * SECOND + ours * (1.0 + ppm * 1e-6)
}

#[test]
fn a_wire_without_jitter_is_learned_exactly_whatever_the_drift() {
    for ppm in [-300.0, -50.0, 0.0, 50.0, 300.0] {
        let world = World::new(1, drifting(ppm), |_, _| (0.2 * MS, 0.2 * MS)).run(120);
        assert!(world.worst_ms(1.0, 3.0) < 0.4, "{ppm}: {}", world.worst_ms(1.0, 3.0));
        assert!(world.worst_ms(10.0, 121.0) < 0.01, "{ppm}: {}", world.worst_ms(10.0, 121.0));
        assert!(world.rate_error_ppm(ppm).abs() < 0.1, "{ppm}: {}", world.rate_error_ppm(ppm));
    }
}

#[test]
fn drift_of_three_hundred_ppm_is_followed_through_jitter() {
    for (seed, ppm) in [(1, 300.0), (2, -300.0), (3, 300.0), (4, -300.0)] {
        let world = World::new(seed, drifting(ppm), road).run(180);
        assert!(world.worst_ms(1.0, 10.0) < 2.5, "{ppm}: {}", world.worst_ms(1.0, 10.0));
        assert!(world.worst_ms(30.0, 181.0) < 0.8, "{ppm}: {}", world.worst_ms(30.0, 181.0));
        assert!(world.rate_error_ppm(ppm).abs() < 3.0, "{ppm}: {}", world.rate_error_ppm(ppm));
        assert_eq!(world.steps(), []);
    }
}

#[test]
fn spikes_in_one_direction_say_nothing() {
    let spiky = |_: f64, chance: &mut Chance| {
        let (there, back) = road(0.0, chance);
        (there + if chance.part() < 0.3 { 300.0 * MS * chance.part() } else { 0.0 }, back)
    };
    for seed in 0..8 {
        let world = World::new(seed, drifting(50.0), spiky).run(180);
        assert!(world.worst_ms(20.0, 181.0) < 1.5, "{seed}: {}", world.worst_ms(20.0, 181.0));
        assert!(world.rate_error_ppm(50.0).abs() < 5.0, "{seed}: {}", world.rate_error_ppm(50.0));
    }
}

#[test]
fn a_minute_of_standing_queue_in_one_direction_moves_nothing() {
    let queue = |at: f64, chance: &mut Chance| {
        let (there, back) = road(at, chance);
        (there + if (60.0..120.0).contains(&(at / SECOND)) { 80.0 * MS } else { 0.0 }, back)
    };
    for seed in 0..8 {
        let world = World::new(seed, drifting(-20.0), queue).run(180);
        assert!(world.worst_ms(30.0, 181.0) < 1.2, "{seed}: {}", world.worst_ms(30.0, 181.0));
        assert_eq!(world.steps(), [], "{seed}");
    }
}

#[test]
fn a_call_that_begins_in_a_queue_is_put_right_when_the_queue_is_gone() {
    let queue = |at: f64, chance: &mut Chance| {
        let (there, back) = road(at, chance);
        (there + if at < 10.0 * SECOND { 100.0 * MS } else { 0.0 }, back)
    };
    let world = World::new(5, drifting(50.0), queue).run(60);
    assert!(world.worst_ms(1.0, 10.0) > 40.0, "nobody can know: {}", world.worst_ms(1.0, 10.0));
    let bound_ms = 60.0;
    assert!(world.worst_ms(1.0, 10.0) < bound_ms, "half the round trip bounds it");
    assert!(world.worst_ms(20.0, 61.0) < 2.0, "{}", world.worst_ms(20.0, 61.0));
}

#[test]
fn a_clock_that_was_set_is_noticed_within_seconds_and_learned_anew() {
    let cases = [(3_600e3, 3.0), (-7_200e3, 3.0), (1_000.0, 3.0), (-60.0, 3.0), (16.0, 6.0), (-8.0, 8.0)];
    for (seed, (by_ms, noticed_s)) in cases.into_iter().enumerate() {
        let set = |ours: f64| {
            let step = if ours > 60.5 * SECOND { by_ms * MS } else { 0.0 };
            9e3 * SECOND + ours * (1.0 + 30e-6) + step
        };
        let world = World::new(seed as u64, set, road).run(120);
        let steps = world.steps();
        assert!(!steps.is_empty() && steps[0].0 < 60.5 + noticed_s, "{by_ms} ms: {steps:?}");
        let sum_ms = steps.iter().map(|(_, by_ns)| *by_ns as f64 / MS).sum::<f64>();
        // Until a small step is certain, the line has bent part of the way.
        assert!((sum_ms - by_ms).abs() < 6.0, "{by_ms} ms: {steps:?}");
        assert!(world.worst_ms(60.5 + noticed_s + 1.0, 121.0) < 3.0, "{by_ms} ms: {:?}", world.errors);
        assert!(world.worst_ms(100.0, 121.0) < 1.0, "{by_ms} ms: {}", world.worst_ms(100.0, 121.0));
    }
}

#[test]
fn a_rate_that_changes_is_followed() {
    let slewed = |ours: f64| 5.0 * SECOND + ours + (ours - 100.0 * SECOND).max(0.0) * 200e-6;
    for seed in 0..8 {
        let world = World::new(seed, slewed, road).run(240);
        assert!(world.worst_ms(20.0, 100.0) < 1.0, "{seed}: {}", world.worst_ms(20.0, 100.0));
        assert!(world.worst_ms(100.0, 241.0) < 4.0, "{seed}: {}", world.worst_ms(100.0, 241.0));
        assert!(world.worst_ms(160.0, 241.0) < 1.0, "{seed}: {}", world.worst_ms(160.0, 241.0));
        assert!(world.rate_error_ppm(200.0).abs() < 4.0, "{seed}: {}", world.rate_error_ppm(200.0));
    }
}

#[test]
fn one_impossible_ping_is_doubted_and_forgotten() {
    let mut world = World::new(3, drifting(50.0), road).run(60);
    let before = world.clock.estimate(Mono(61 * Mono::SECOND));
    let mut wrong = world.ping(61.0 * SECOND);
    (wrong.t2, wrong.t3) = (wrong.t2.offset(500_000_000), wrong.t3.offset(500_000_000));
    assert_eq!(world.clock.learn(wrong), Learned::Doubted);
    assert_eq!(world.clock.estimate(Mono(61 * Mono::SECOND)), before);
    let right = world.ping(62.0 * SECOND);
    assert_eq!(world.clock.learn(right), Learned::Followed);
    let wrong_again = Exchange { t1: Mono(63 * Mono::SECOND), t4: Mono(63 * Mono::SECOND + 30_000_000), ..wrong };
    assert_eq!(world.clock.learn(wrong_again), Learned::Doubted, "not in a row");
}

#[test]
fn times_that_no_exchange_has_are_refused_whatever_they_are() {
    let mut clock = PeerClock::new();
    let times = [0, 1, 50, Mono::SECOND, 1 << 57, 1 << 58, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX - 1, u64::MAX];
    let all = || times.into_iter().map(Mono);
    for ping in all().flat_map(|t1| {
        let rest = move |t2| all().flat_map(move |t3| all().map(move |t4| Exchange { t1, t2, t3, t4 }));
        all().flat_map(rest)
    }) {
        let learned = clock.learn(ping);
        if ping.t4.since(ping.t1) < 0 || ping.t3.since(ping.t2) < 0 || ping.t3.since(ping.t2) > 6 * Mono::SECOND as i64
        {
            assert_eq!(learned, Learned::Refused, "{ping:?}");
        }
        if let (Some(theirs), Some(known)) = (clock.theirs_at(ping.t4), clock.estimate(ping.t1)) {
            let _ = (clock.ours_at(theirs), clock.session_line(ping.t2, ping.t4));
            assert!(known.uncertainty_ns >= 0 && known.rate_ppm.is_finite(), "{ping:?}: {known:?}");
        }
    }
    let asleep_in_between = Exchange { t1: Mono(0), t2: Mono(100), t3: Mono(40_000_000), t4: Mono(20_000_000) };
    assert_eq!(PeerClock::new().learn(asleep_in_between), Learned::Refused);
}

#[test]
fn answers_in_another_order_teach_the_same() {
    let mut world = World::new(9, drifting(50.0), road);
    let pings: Vec<Exchange> = (0..60).map(|n| world.ping(SECOND + n as f64 * 100.0 * MS)).collect();
    let mut swapped = PeerClock::new();
    for pair in pings.chunks(2) {
        world.clock.learn(pair[0]);
        world.clock.learn(pair[1]);
        swapped.learn(pair[1]);
        swapped.learn(pair[0]);
    }
    let at = Mono(8 * Mono::SECOND);
    let (one, other) =
        (world.clock.estimate(at).expect("it has learned"), swapped.estimate(at).expect("it has learned"));
    assert!((one.rate_ppm - other.rate_ppm).abs() < 2.0, "{one:?} {other:?}");
    assert!((one.offset_ns - other.offset_ns).abs() < 200_000, "{one:?} {other:?}");
}

#[test]
fn the_line_never_runs_backwards_nor_jumps_and_can_be_read_both_ways() {
    for seed in 0..4 {
        let mut world = World::new(seed, drifting(300.0), road);
        let mut last = None;
        for n in 0..300u64 {
            let ping = world.ping(SECOND + n as f64 * 150.0 * MS);
            world.clock.learn(ping);
            for tick in (0..15).filter(|_| n > u64::from(PINGS_AT_START)) {
                let ours = ping.t4.offset(tick * 10_000_000);
                let theirs = world.clock.theirs_at(ours).expect("it has learned");
                if let Some((before, was)) = last.filter(|(before, _)| *before < ours) {
                    let (gone, gained) = (ours.since(before) as f64, theirs.since(was) as f64);
                    assert!((gained - gone).abs() <= gone * 1.4e-3 + 2.0, "{seed}: {gone} ns became {gained}");
                }
                assert!(world.clock.ours_at(theirs).expect("it has learned").since(ours).abs() <= 2);
                last = Some((ours, theirs));
            }
        }
    }
}

#[test]
fn what_is_said_of_the_uncertainty_is_so() {
    let (mut within, mut all) = (0, 0);
    for seed in 0..60 {
        let world = World::new(seed, drifting(50.0), road).run(60);
        let said = world.errors.iter().filter(|(_, error, uncertainty)| error.abs() <= *uncertainty);
        within += said.count();
        all += world.errors.len();
        let last = Mono((world.errors.last().expect("it has learned").0 * SECOND) as u64);
        let known = |at| world.clock.estimate(at).expect("it has learned");
        assert!(known(last).bound_ns < 13_000_000, "{:?}", known(last));
        let hour_later = last.offset(3_600_000_000_000);
        assert!(known(hour_later).uncertainty_ns > known(last).uncertainty_ns + 1_000_000, "silence makes unsure");
    }
    let part = f64::from(within as u32) / f64::from(all as u32);
    println!("{:.1} % of {all} moments lie within the stated uncertainty", part * 100.0);
    assert!(part > 0.93, "{part}");
}

#[test]
fn session_time_is_the_hosts_clock_since_the_session_began() {
    let world = World::new(7, drifting(100.0), |_, _| (5.0 * MS, 5.0 * MS)).run(60);
    let now = Mono(60_500_000_000);
    let began = Mono(80 * Mono::SECOND);
    let line = world.clock.session_line(began, now).expect("it has learned");
    let later = Mono(61_000_000_000);
    let true_ns = (world.theirs)(later.0 as f64) - began.0 as f64;
    assert!((line.session_ns(later) as f64 - true_ns).abs() < 20_000.0, "{line:?}");
    assert!((line.rate_ppm - 100.0).abs() < 5.0, "{line:?}");
    assert_eq!(PeerClock::new().session_line(began, now), None);
}
