// SPDX-License-Identifier: MIT
//! The governor on machines that are too slow, a little or much, for a while or for good.

use super::{Depth, Governor, Mono, PictureOrder, Pressure, Shed, ShedChange};

/// A machine with so much work to spare, in percent of one processor.
struct Machine {
    governor: Governor,
    second: u64,
    /// Percent of a processor that pictures may use without the master's queue growing.
    room: f64,
    master_waits_s: f64,
    changes: Vec<(u64, ShedChange)>,
}

/// What the pictures of a call of four cost on each level, in percent of a processor.
fn cost(shed: Shed) -> f64 {
    match shed {
        Shed::Nothing => 45.0,
        Shed::FarPictures => 33.0,
        Shed::Rate => 19.0,
        Shed::Size => 12.0,
        Shed::Picture => 0.0,
    }
}

impl Machine {
    fn new(room: f64) -> Machine {
        Machine { governor: Governor::default(), second: 0, room, master_waits_s: 0.0, changes: Vec::new() }
    }

    /// Seconds pass; what pictures use beyond the room makes the master's queue grow, and what they spare lets it
    /// shrink.
    fn run(&mut self, seconds: u64) -> Shed {
        for _ in 0..seconds {
            let missing = cost(self.governor.shed()) - self.room;
            self.master_waits_s = (self.master_waits_s + missing / 25.0).max(0.0);
            let pressure = Pressure {
                master_waiting_seconds: self.master_waits_s,
                encoder_backlog: (missing / 4.0).max(0.0) as u32,
                late_pulls: 0,
            };
            self.second += 1;
            let now = Mono(self.second * Mono::SECOND);
            self.changes.extend(self.governor.handle(pressure, now).map(|change| (self.second, change)));
        }
        self.governor.shed()
    }
}

#[test]
fn an_idle_machine_gives_up_nothing() {
    let mut machine = Machine::new(100.0);
    assert_eq!(machine.run(3600), Shed::Nothing);
    assert_eq!(machine.changes, []);
}

#[test]
fn under_pressure_things_go_in_their_order_until_the_master_keeps_up() {
    for (room, end) in [(40.0, Shed::FarPictures), (25.0, Shed::Rate), (15.0, Shed::Size), (5.0, Shed::Picture)] {
        let mut machine = Machine::new(room);
        assert!(machine.run(9) >= end, "{room}");
        assert!(machine.changes.iter().all(|(_, change)| change.to > change.from), "{:?}", machine.changes);
        assert!(machine.changes.windows(2).all(|w| w[1].0 > w[0].0 && w[1].1.from == w[0].1.to));
        assert!(machine.master_waits_s < 3.0, "{}", machine.master_waits_s);
    }
}

#[test]
fn a_severe_shortage_goes_two_steps_a_second_and_no_more() {
    let mut governor = Governor::default();
    let severe = Pressure { late_pulls: 50, ..Pressure::default() };
    let at = |ms: u64| Mono(ms * 1_000_000);
    assert_eq!(governor.handle(severe, at(1000)), Some(ShedChange { from: Shed::Nothing, to: Shed::Rate }));
    assert_eq!(governor.handle(severe, at(1500)), None, "it sees the effect first");
    assert_eq!(governor.handle(severe, at(2000)), Some(ShedChange { from: Shed::Rate, to: Shed::Picture }));
    assert_eq!(governor.handle(severe, at(3000)), None, "there is nothing left to give up");
}

#[test]
fn when_the_machine_is_free_again_everything_comes_back_step_by_step() {
    let mut machine = Machine::new(5.0);
    assert_eq!(machine.run(10), Shed::Picture);
    machine.room = 100.0;
    machine.changes.clear();
    assert_eq!(machine.run(120), Shed::Nothing);
    let back: Vec<Shed> = machine.changes.iter().map(|(_, change)| change.to).collect();
    assert_eq!(back, [Shed::Size, Shed::Rate, Shed::FarPictures, Shed::Nothing]);
    assert!(machine.changes.windows(2).all(|w| w[1].0 - w[0].0 >= 10), "{:?}", machine.changes);
}

#[test]
fn a_machine_that_is_slow_for_good_does_not_flap() {
    for room in [44.0, 40.0, 30.0, 25.0, 18.0, 15.0, 10.0, 5.0, 1.0] {
        let mut machine = Machine::new(room);
        machine.run(600);
        machine.changes.clear();
        machine.run(3600);
        // A try in 160 s, there and back.
        let most = 2 * 3600 / 160 + 2;
        assert!(machine.changes.len() <= most, "room {room}: {} changes", machine.changes.len());
        assert!(machine.master_waits_s < 3.0, "room {room}: {}", machine.master_waits_s);
    }
}

#[test]
fn short_bursts_of_work_do_not_keep_pictures_away_for_long() {
    let mut machine = Machine::new(60.0);
    for _ in 0..20 {
        machine.room = 20.0;
        machine.run(3);
        machine.room = 60.0;
        assert_eq!(machine.run(90), Shed::Nothing, "second {}", machine.second);
    }
}

#[test]
fn a_single_lost_picture_is_no_reason_and_no_calm() {
    let mut governor = Governor::default();
    let one = Pressure { encoder_backlog: 1, ..Pressure::default() };
    assert!((0..100).all(|k| governor.handle(one, Mono(k * Mono::SECOND)).is_none()));
}

#[test]
fn a_queue_that_shrinks_is_left_to_shrink() {
    let mut governor = Governor::default();
    let waiting = |seconds| Pressure { master_waiting_seconds: seconds, ..Pressure::default() };
    assert!(governor.handle(waiting(1.0), Mono(Mono::SECOND)).is_some());
    assert!((2..8).all(|k| governor.handle(waiting(1.0 - 0.1 * k as f64), Mono(k * Mono::SECOND)).is_none()));
}

#[test]
fn each_level_says_what_the_encoder_and_the_decoders_do() {
    let network = PictureOrder { bitrate_kbps: 500, fps: 24, height: 480 };
    let order = |shed: Shed| shed.order(Some(network)).map(|order| (order.height, order.fps));
    assert_eq!(Shed::EACH.map(order), [Some((480, 24)), Some((480, 24)), Some((480, 12)), Some((360, 12)), None]);
    assert_eq!(Shed::Nothing.order(None), None, "the network allows no picture");
    let narrow = PictureOrder { bitrate_kbps: 80, fps: 10, height: 360 };
    let order = Shed::Size.order(Some(narrow)).expect("a picture");
    assert_eq!((order.height, order.fps, order.kbps), (360, 10, 80), "never more than the network allows");
    let depths = Shed::EACH.map(Shed::depth);
    assert_eq!(depths, [Depth::All, Depth::Quarter, Depth::Quarter, Depth::Quarter, Depth::Nothing]);
}

#[test]
fn every_change_has_a_sentence_of_its_own() {
    let steps = Shed::EACH.windows(2).flat_map(|w| [(w[0], w[1]), (w[1], w[0])]);
    let mut sentences: Vec<&str> = steps.map(|(from, to)| ShedChange { from, to }.sentence()).collect();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), 8);
}
