// SPDX-License-Identifier: MIT
//! Counting voice on good and bad roads.

use super::{Delay, Tally, TallyReader, TallyWriter, tally};
use crate::mesh::random::Random;
use crate::mesh::voice::VoicePayload;
use crate::words::{Mono, PeerId};

const PEER: PeerId = PeerId::HOST;
const MS: u64 = 1_000_000;
const SLOT: u64 = 5 * MS;

fn plain() -> VoicePayload<'static> {
    VoicePayload::parse(&[0x11, 0, 1, 9]).expect("a payload")
}

fn with_copies() -> VoicePayload<'static> {
    VoicePayload::parse(&[0x31, 0, 1, 2, 1, 4, 1, 9, 8, 7]).expect("a payload")
}

struct Road {
    writer: TallyWriter,
    reader: TallyReader,
}

impl Road {
    fn new() -> Road {
        let (mut writer, reader) = tally();
        writer.begin(PEER);
        Road { writer, reader }
    }

    /// A frame that was sent in its slot and took so long.
    fn voice(&mut self, frame: u64, took_ns: u64, payload: &VoicePayload<'_>) {
        let sent = Mono::SECOND + frame * SLOT;
        let stamp_ms = (frame * SLOT / MS) as u32;
        self.writer.heard(PEER, 100, Mono(sent + took_ns));
        self.writer.voice(PEER, frame, stamp_ms, payload, Mono(sent + took_ns));
    }

    fn read(&mut self) -> Tally {
        self.reader.read(PEER)
    }
}

#[test]
fn a_silent_peer_has_nothing() {
    assert_eq!(Road::new().read(), Tally::default());
}

#[test]
fn a_steady_road_has_no_loss_and_no_jitter() {
    let mut road = Road::new();
    (0..1000).for_each(|frame| road.voice(frame, 20 * MS, &plain()));
    let tally = road.read();
    let delay_ns = (Mono::SECOND + 20 * MS) as i64;
    let delay = Delay { min_ns: delay_ns, mean_ns: delay_ns, max_ns: delay_ns };
    let expected = Tally {
        heard_at: Some(Mono(Mono::SECOND + 999 * SLOT + 20 * MS)),
        datagrams: 1000,
        bytes: 100_000,
        highest_frame: Some(999),
        new_frames: 1000,
        frames: 1000,
        jitter_ns: 0,
        delay: Some(delay),
    };
    assert_eq!(tally, expected);
}

#[test]
fn copies_heal_what_the_road_lost() {
    let mut road = Road::new();
    let lost = |frame: u64| frame % 10 == 3;
    (0..1000).filter(|frame| !lost(*frame)).for_each(|frame| road.voice(frame, 0, &with_copies()));
    let tally = road.read();
    assert_eq!((tally.new_frames, tally.frames, tally.highest_frame), (900, 1000, Some(999)));
}

#[test]
fn order_does_not_matter() {
    let mut random = Random::new([1; 32]);
    let mut road = Road::new();
    let mut waiting: Vec<u64> = Vec::new();
    for frame in 0..1000 {
        waiting.push(frame);
        if waiting.len() == 30 {
            let frame = waiting.swap_remove(random.below(30) as usize);
            road.voice(frame, 0, &plain());
        }
        // Nothing waits longer than a frame is remembered.
        while let Some(late) = waiting.iter().position(|waits| frame - waits > 100) {
            road.voice(waiting.swap_remove(late), 0, &plain());
        }
    }
    waiting.into_iter().for_each(|frame| road.voice(frame, 0, &plain()));
    let tally = road.read();
    assert_eq!((tally.new_frames, tally.frames, tally.highest_frame), (1000, 1000, Some(999)));
}

#[test]
fn delays_are_those_since_the_last_reading() {
    let mut road = Road::new();
    let base = Mono::SECOND as i64;
    let delay = |tally: Tally| tally.delay.map(|d| [d.min_ns - base, d.mean_ns - base, d.max_ns - base]);
    [3, 9, 6].into_iter().enumerate().for_each(|(frame, took)| road.voice(frame as u64, took * MS, &plain()));
    assert_eq!(delay(road.read()), Some([3, 6, 9].map(|ms| ms * MS as i64)));
    assert_eq!(delay(road.read()), None);
    road.voice(3, 40 * MS, &plain());
    road.voice(4, 44 * MS, &plain());
    assert_eq!(delay(road.read()), Some([40, 42, 44].map(|ms| ms * MS as i64)));
    road.voice(5, 50 * MS, &plain());
    road.writer.begin(PEER);
    assert_eq!(delay(road.read()), None, "of another link");
    road.voice(0, 7 * MS, &plain());
    assert_eq!(delay(road.read()), Some([7; 3].map(|ms| ms * MS as i64)));
}

#[test]
fn what_was_held_back_for_seconds_does_not_count_as_delay() {
    let mut road = Road::new();
    (0..400).filter(|frame| frame % 40 != 7).for_each(|frame| road.voice(frame, 20 * MS, &plain()));
    road.read();
    // Ten frames that were kept aside come with twenty that were not.
    (0..10).for_each(|held| road.voice(held * 40 + 7, (10 - held) * 200 * MS + 20 * MS, &plain()));
    (400..420).for_each(|frame| road.voice(frame, 20 * MS, &plain()));
    let tally = road.read();
    let delay = tally.delay.expect("voice came");
    let usual_ns = (Mono::SECOND + 20 * MS) as i64;
    // Three of the ten are behind by less than the 128 frames that are remembered.
    let late_ns = (3 + 2 + 1) * 200 * MS as i64;
    assert_eq!((delay.min_ns, delay.mean_ns), (usual_ns, usual_ns + late_ns / 23));
    assert_eq!((tally.highest_frame, tally.new_frames), (Some(419), 420));
}

#[test]
fn a_timestamp_that_wraps_is_no_delay() {
    let mut road = Road::new();
    let start = u32::MAX - 500;
    for frame in 0..400_u64 {
        let stamp = start.wrapping_add(frame as u32 * 5);
        let at = Mono(u64::from(start) * MS + frame * SLOT + 30 * MS);
        road.writer.voice(PEER, frame, stamp, &plain(), at);
    }
    let delay = road.read().delay.expect("voice came");
    assert_eq!((delay.min_ns, delay.max_ns), (30 * MS as i64, 30 * MS as i64));
}

#[test]
fn jitter_follows_how_unevenly_datagrams_come() {
    let mut random = Random::new([2; 32]);
    let mut road = Road::new();
    (0..2000).for_each(|frame| road.voice(frame, random.below(4 * MS), &plain()));
    let jitter_ns = road.read().jitter_ns;
    // The mean difference of two numbers below 4 ms is a third of that.
    assert!((800_000..2_200_000).contains(&jitter_ns), "{jitter_ns}");
}

#[test]
fn numbers_of_a_link_begin_anew_with_it() {
    let mut road = Road::new();
    (0..10).for_each(|frame| road.voice(frame, 0, &plain()));
    road.writer.begin(PEER);
    assert_eq!(road.read(), Tally::default());
}

#[test]
fn hostile_numbers_do_not_panic() {
    let mut random = Random::new([3; 32]);
    let mut road = Road::new();
    for _ in 0..20_000 {
        let frame = [0, 1, random.below(300), random.u64() >> 1, (1 << 48) - 1][random.below(5) as usize];
        let at = [0, 1, random.u64() >> 1, u64::MAX >> 1][random.below(4) as usize];
        road.writer.voice(PEER, frame, random.u64() as u32, &with_copies(), Mono(at));
        if random.below(8) == 0 {
            road.read();
        }
    }
}

/// What is read was all true at one moment, whatever the writer does meanwhile.
#[test]
fn a_reader_never_sees_half_of_a_change() {
    let Road { mut writer, mut reader } = Road::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..2_000_000_u64 {
                writer.heard(PEER, 100, Mono(number + 1));
            }
            done.store(true, std::sync::atomic::Ordering::Release);
        });
        while !done.load(std::sync::atomic::Ordering::Acquire) {
            let tally = reader.read(PEER);
            assert_eq!(tally.bytes, tally.datagrams * 100);
            assert_eq!(tally.heard_at.map_or(0, |at| at.0), tally.datagrams);
        }
    });
    assert_eq!(reader.read(PEER).datagrams, 2_000_000);
}

#[test]
fn frames_of_another_length_are_no_jitter() {
    let mut road = Road::new();
    let short = VoicePayload::parse(&[0x10, 0, 1, 9]).expect("a payload");
    (0..400).for_each(|frame| road.voice(frame, 20 * MS, &plain()));
    let turn = Mono::SECOND + 400 * SLOT + 20 * MS;
    for frame in 0..400 {
        road.writer.voice(PEER, 400 + frame, 0, &short, Mono(turn + frame * SLOT / 2));
    }
    let turn = turn + 400 * SLOT / 2;
    for frame in 0..400 {
        road.writer.voice(PEER, 800 + frame, 0, &plain(), Mono(turn + frame * SLOT));
    }
    assert_eq!(road.read().jitter_ns, 0);
}
