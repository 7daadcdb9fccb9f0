// SPDX-License-Identifier: MIT
//! Ends that a person asks for, politely, impatiently or too early, and a kill that comes in between.

use super::killing::{is_in_step, metadata, nothing_else_is_left, opens_everywhere, timecode_track};
use crate::support::chance::Chance;
use crate::support::machine::calm;
use crate::support::program::{self, Program, file, record_under, sleep_until};
use hyperzoom::media;
use std::path::Path;

/// A recording with two fragments safe on the disk.
fn running(home: &Path) -> Program {
    let mut program = Program::start(record_under(home));
    program.await_event("recording-started");
    program.await_that("a stats with bytes", |e| e["event"] == "stats" && e["seconds"].as_f64() > Some(1.9));
    program
}

/// Ended as asked, with a finished file in which nothing is missing.
fn ended_whole(program: Program) {
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let finished = ended.finished();
    assert_eq!((&finished["finalised"], &finished["reason"]), (&true.into(), &"asked".into()));
    let master = file(finished);
    let reading = opens_everywhere(&master);
    assert_eq!(finished["frames"], reading.frames.len());
    // ffmpeg shows the last packet whole, the encoder's padding included.
    let samples = finished["samples"].as_u64().expect("a number") as usize;
    assert_eq!(samples, 1600 * reading.frames.len(), "sound and pictures end together");
    assert!((samples..samples + 1024).contains(&reading.sound.len()), "{samples}: {}", reading.sound.len());
    is_in_step(&reading);
    let told = metadata(&master.with_file_name("session_metadata.json"));
    assert_eq!(told["state"], "finished");
    assert_eq!(told["clocks"]["start_timecode"].as_str().map(str::to_owned), timecode_track(&master));
    nothing_else_is_left(&master);
}

#[test]
fn an_interrupt_or_a_polite_end_finishes_the_file() {
    std::thread::scope(|scope| {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            scope.spawn(move || {
                let home = tempfile::tempdir().expect("a folder");
                let program = running(home.path());
                program.signal(signal);
                ended_whole(program);
            });
        }
    });
}

#[test]
fn more_interrupts_while_it_finishes_do_no_harm() {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = running(home.path());
    // It may end at any of these; a signal to a child that is not waited for yet reaches nobody else.
    for pause_ms in [0, 1, 2, 5, 10, 20] {
        program.signal(libc::SIGINT);
        sleep_until(media::now().offset(pause_ms * 1_000_000));
    }
    program.await_event("recording-finished");
    program.signal(libc::SIGINT);
    ended_whole(program);
}

#[test]
fn an_interrupt_before_the_first_frame_leaves_nothing_behind() {
    let mut chance = Chance::seeded("interrupts before the first frame");
    for _ in 0..4 {
        let home = tempfile::tempdir().expect("a folder");
        let program = Program::start(record_under(home.path()));
        // From its first instructions on to the devices and the trials.
        sleep_until(media::now().offset(chance.between(5_000, 250_000) as i64 * 1000));
        program.signal(libc::SIGINT);
        let ended = program.end();
        let left = std::fs::read_dir(home.path()).expect("readable").count();
        match ended.signal {
            // Before it has read its arguments there is nobody yet to be polite.
            Some(signal) => assert_eq!((signal, ended.events.len()), (libc::SIGINT, 0)),
            None => assert!(ended.refusal().contains("nothing was recorded"), "{}", ended.errors),
        }
        assert_eq!(left, 0);
    }
}

/// When a recording that was interrupted is killed.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// So many microseconds after the interrupt: mostly while the encoders are emptied.
    AfterInterrupt(u64),
    /// So many microseconds after the reserve is given back: while the file is finished in place.
    AfterReserve(u64),
}

impl Moment {
    /// Of either kind, by turns.
    pub fn some(count: usize, chance: &mut Chance) -> Vec<Moment> {
        let pair = |chance: &mut Chance| {
            [Moment::AfterInterrupt(chance.between(0, 200_000)), Moment::AfterReserve(chance.between(0, 4_000))]
        };
        (0..count / 2).flat_map(|_| pair(chance)).collect()
    }
}

/// Interrupts a recording, kills it at that moment, and recovers; answers with the state that the file was in.
pub fn killed_while_finishing(moment: Moment) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let program = running(home.path());
    let master = file(program.events.iter().find(|e| e["event"] == "recording-started").expect("it runs"));
    let recorded = program.events.last().expect("stats")["seconds"].as_f64().expect("a number");
    program.signal(libc::SIGINT);
    let after_us = match moment {
        Moment::AfterInterrupt(after_us) => after_us,
        Moment::AfterReserve(after_us) => {
            let reserve = master.with_file_name(".local_recording.mp4.reserve");
            // Finishing takes a few milliseconds, so this may not sleep.
            while reserve.exists() {
                std::hint::spin_loop();
            }
            after_us
        }
    };
    sleep_until(media::now().offset(after_us as i64 * 1000));
    program.kill();
    let torn = opens_everywhere(&master);
    assert!(torn.frames.len() as f64 / 30.0 > recorded - super::killing::MISSING_S_MAX, "of {recorded} s");
    let report = program::run(&[&"inspect", &"--json", &master]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("one object");
    super::killing::recovers(&master, &torn);
    nothing_else_is_left(&master);
    report["state"].as_str().expect("a word").to_owned()
}

/// Two at a time.
pub fn all_killed_while_finishing(moments: &[Moment]) -> Vec<String> {
    let _calm = calm();
    let lane = |lane: &[Moment]| -> Vec<String> {
        std::thread::scope(|scope| {
            let running: Vec<_> =
                lane.iter().map(|&moment| scope.spawn(move || killed_while_finishing(moment))).collect();
            running.into_iter().map(|run| run.join().expect("this kill did no harm")).collect()
        })
    };
    moments.chunks(2).flat_map(lane).collect()
}

#[test]
fn a_kill_while_the_file_is_finished_loses_nothing_more() {
    let moments = Moment::some(6, &mut Chance::seeded("kills while finishing"));
    for (moment, state) in moments.iter().zip(all_killed_while_finishing(&moments)) {
        println!("{moment:?} us: {state}");
    }
}
