// SPDX-License-Identifier: MIT
use super::{Lane, LaneOutput, LanePlan};
use crate::sync::Stretch;
use crate::sync::feed::{Feed, FeedError, Output, Plan, Stream};
use crate::words::{Mono, Rate};

const START: u64 = 1_000_000_000;
const HZ: u32 = 48_000;

/// Blocks and pictures are known by when they were truly taken; a lane's by its first sample.
type Main = Feed<u64, u64>;
type Side = Lane<u64, u64>;

fn main_feed() -> Main {
    Feed::new(Plan::new(Some(Rate::whole(30)), Some(HZ))).expect("a good plan")
}

/// What the main pair has handed out: its pictures, its samples, and which of the source's lies where.
#[derive(Default)]
struct Made {
    pictures: u64,
    samples: u64,
    at: Vec<(u64, u64)>,
}

impl Made {
    fn drain(&mut self, feed: &mut Main) {
        while let Some(output) = feed.poll() {
            match output {
                Output::Picture { .. } => self.pictures += 1,
                Output::Sound { payload, skip, take } => {
                    self.at.push((self.samples, payload + skip));
                    self.samples += take;
                }
                Output::Silence(silent) => self.samples += silent,
                Output::Happened(_) => {}
            }
        }
    }

    /// When the sound that lies there was truly taken, in seconds.
    fn taken_s(&self, place_s: f64) -> f64 {
        let sample = place_s * f64::from(HZ);
        let index = self.at.partition_point(|(at, _)| *at as f64 <= sample).max(1) - 1;
        let (at, source) = self.at[index];
        (source as f64 + sample - at as f64) / f64::from(HZ)
    }
}

/// A lane, with all that it has handed out.
struct Track {
    lane: Side,
    /// Each picture with its number.
    pictures: Vec<(u64, Option<u64>)>,
    /// The recording's samples: the source's own index, as a number.
    sound: Vec<f32>,
    stretch: Stretch,
}

impl Track {
    fn new(plan: LanePlan) -> Track {
        Track {
            lane: Lane::new(plan).expect("a good plan"),
            pictures: Vec::new(),
            sound: Vec::new(),
            stretch: Stretch::new(1),
        }
    }

    fn drain(&mut self, main: &Main) {
        while let Some(output) = self.lane.poll(main) {
            match output {
                LaneOutput::Picture { index, picture } => self.pictures.push((index, picture)),
                LaneOutput::Sound { payload, skip, take, from, until } => {
                    let block: Vec<f32> = (payload + skip..payload + skip + take).map(|n| n as f32).collect();
                    self.sound.extend(self.stretch.sound(&block, from, until));
                }
                LaneOutput::SilenceTo(sample) => {
                    self.sound.extend(self.stretch.rest());
                    let skipped = self.stretch.skip_to(sample);
                    self.sound.extend(vec![0.0; skipped as usize]);
                }
            }
        }
    }
}

fn noise(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    (*seed >> 33) % below
}

/// One world: a main pair, a side of sound and one of pictures, for so many seconds, in any order of submission.
struct World {
    main: Main,
    sound: Track,
    pictures: Track,
    /// Samples, pictures, samples, pictures submitted: main, main, side, side.
    done: [u64; 4],
    side_ppm: f64,
    jitter_ns: u64,
    seed: u64,
    made: Made,
}

impl World {
    fn new(side_ppm: f64, jitter_ns: u64, seed: u64) -> World {
        World {
            main: main_feed(),
            sound: Track::new(LanePlan::Sound(44_100)),
            pictures: Track::new(LanePlan::Pictures(Rate::whole(25))),
            done: [0; 4],
            side_ppm,
            jitter_ns,
            seed,
            made: Made::default(),
        }
    }

    /// When the next item of a stream is taken.
    fn next_ns(&self, stream: usize) -> u64 {
        let per_second = [f64::from(HZ), 30.0, 44_100.0 * (1.0 + self.side_ppm * 1e-6), 25.0][stream];
        (self.done[stream] as f64 * 1e9 / per_second) as u64
    }

    fn submit(&mut self, stream: usize) {
        let jitter = if self.jitter_ns > 0 { noise(&mut self.seed, self.jitter_ns) } else { 0 };
        let at = Some(Mono(START + self.next_ns(stream) + jitter));
        let n = self.done[stream];
        match stream {
            0 => self.main.sound(at, 480, n),
            1 => self.main.picture(at, n),
            2 => self.sound.lane.sound(&self.main, at, 441, n),
            _ => self.pictures.lane.picture(&self.main, at, n),
        }
        .expect("stamps rise");
        self.done[stream] += [480, 1, 441, 1][stream];
        self.drain();
    }

    fn drain(&mut self) {
        self.made.drain(&mut self.main);
        self.sound.drain(&self.main);
        self.pictures.drain(&self.main);
    }

    /// Submits all streams up to there, none further ahead of another than `apart_ns`.
    fn run(&mut self, streams: &[usize], until_ns: u64, apart_ns: u64) {
        loop {
            let open: Vec<usize> = streams.iter().copied().filter(|s| self.next_ns(*s) < until_ns).collect();
            let Some(least) = open.iter().map(|s| self.next_ns(*s)).min() else { return };
            let near: Vec<usize> = open.into_iter().filter(|s| self.next_ns(*s) <= least + apart_ns).collect();
            let pick = near[noise(&mut self.seed, near.len() as u64) as usize];
            self.submit(pick);
        }
    }

    fn end(&mut self) {
        self.main.end();
        self.drain();
    }

    #[track_caller]
    fn assert_equal_lengths(&self) {
        let Made { pictures, samples, .. } = self.made;
        assert_eq!(samples, pictures * 1_600);
        assert_eq!(self.sound.sound.len() as u64, (samples * 44_100 + 24_000) / 48_000);
        assert_eq!(self.pictures.pictures.len() as u64, (pictures * 25).div_ceil(30));
        assert!(self.pictures.pictures.iter().enumerate().all(|(n, (index, _))| n as u64 == *index));
    }

    /// How far the side's sound lies from that of the main pair, at worst, in milliseconds, from that place on; but not
    /// near the end, where the sources stop.
    fn apart_ms(&self, from_s: f64) -> f64 {
        let rate = 44_100.0 * (1.0 + self.side_ppm * 1e-6);
        let sound = &self.sound.sound;
        let last = sound.len() - 4_410;
        // Such large numbers are read back to a sample or two. Where it begins or ends, the converter has silence on one side.
        let is_smooth = |n: usize| sound[n - 64..n + 64].windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 0.5);
        let judged: Vec<f64> = (64..last)
            .step_by(101)
            .skip_while(|n| *n as f64 / 44_100.0 < from_s)
            .filter(|n| is_smooth(*n))
            .map(|n| (f64::from(sound[n]) / rate - self.made.taken_s(n as f64 / 44_100.0)).abs() * 1e3)
            .collect();
        assert!(judged.len() * 101 * 10 > (last - (from_s * 44_100.0) as usize) * 9, "most of it is sound");
        judged.into_iter().fold(0.0, f64::max)
    }

    /// Where, from that place on, the sound does not go on from one sample to the next.
    fn clicks(&self, from_s: f64) -> Vec<(usize, f32, f32)> {
        let sound = &self.sound.sound;
        let last = sound.len() - 4_410;
        let step = |n: usize| (n, sound[n], sound[n + 1]);
        let from = (from_s * 44_100.0) as usize;
        (from..last).map(step).filter(|(_, one, next)| (next - one - 1.0).abs() > 3.0).collect()
    }
}

#[test]
fn whatever_the_order_all_tracks_are_equally_long_and_in_step() {
    for seed in 1..40 {
        let ppm = [0.0, 100.0, -250.0][seed as usize % 3];
        let jitter_ns = [0, 8_000_000][seed as usize % 2];
        let mut world = World::new(ppm, jitter_ns, seed);
        world.run(&[0, 1, 2, 3], 20_000_000_000, [0, 30_000_000, 400_000_000][seed as usize % 3]);
        world.end();
        world.assert_equal_lengths();
        assert_eq!(
            world.clicks(1.0).into_iter().take(9).collect::<Vec<_>>(),
            [],
            "{seed}: {:?}",
            world.sound.lane.sync()
        );
        let worst = world.apart_ms(1.0);
        assert!(worst < 4.0, "{seed}: {worst} ms");
        assert_eq!(world.sound.lane.sync().gaps + world.pictures.lane.sync().gaps, 0, "{seed}");
        for (index, picture) in world.pictures.pictures.iter().skip(25) {
            let off = picture.map(|picture| picture.abs_diff(*index));
            assert!(off.is_some_and(|off| off <= 1), "{seed}: {index} {picture:?}");
        }
    }
}

#[test]
fn pauses_take_the_same_from_all_tracks() {
    let mut world = World::new(120.0, 3_000_000, 5);
    let mut paused_ns = 0_u64;
    for part in 0..20_u64 {
        let begin = part * 1_000_000_000;
        world.run(&[0, 1, 2, 3], begin + 600_000_000, 20_000_000);
        world.main.pause(None).expect("it records");
        world.drain();
        // Every other time nobody submits anything in the pause.
        if part % 2 == 0 {
            world.run(&[0, 1, 2, 3], begin + 1_000_000_000, 20_000_000);
        } else {
            for stream in 0..4 {
                while world.next_ns(stream) < begin + 1_000_000_000 {
                    world.done[stream] += [480, 1, 441, 1][stream];
                }
            }
        }
        world.main.resume(None).expect("it is paused");
        paused_ns += 400_000_000;
    }
    world.run(&[0, 1, 2, 3], 21_000_000_000, 20_000_000);
    world.end();
    world.assert_equal_lengths();
    let pauses: u64 = world.main.pauses().iter().map(|pause| pause.samples).sum();
    assert!((pauses as f64 / 48_000.0 - paused_ns as f64 / 1e9).abs() < 0.7, "{pauses}");
    let apart = world.apart_ms(12.0);
    assert!(apart < 3.0, "{apart} ms");
    let (index, picture) = world.pictures.pictures[world.pictures.pictures.len() - 10];
    let off_s = picture.expect("a picture") as f64 / 25.0 - world.made.taken_s(index as f64 / 25.0);
    assert!(off_s.abs() < 0.5 / 25.0 + 0.004, "within half of its slot: {off_s}");
}

#[test]
fn a_source_that_begins_late_or_stays_away_is_filled_and_told_of() {
    let mut world = World::new(0.0, 0, 9);
    world.run(&[0, 1], 4_000_000_000, 10_000_000);
    assert!(world.sound.lane.is_away() && world.pictures.lane.is_away());
    (world.done[2], world.done[3]) = (441 * 400, 100);
    world.run(&[0, 1, 2, 3], 8_000_000_000, 10_000_000);
    assert!(!world.sound.lane.is_away() && !world.pictures.lane.is_away());
    world.run(&[0, 1], 12_000_000_000, 10_000_000);
    assert!(world.sound.lane.is_away() && world.pictures.lane.is_away());
    world.end();
    world.assert_equal_lengths();
    let sound = &world.sound.sound;
    assert!(sound[..44_100 * 4 - 100].iter().all(|sample| *sample == 0.0), "silence before it came");
    assert!((f64::from(sound[44_100 * 6]) - 44_100.0 * 6.0).abs() < 50.0);
    assert!(sound[44_100 * 9..].iter().all(|sample| *sample == 0.0), "silence when it was gone");
    assert_eq!(world.pictures.pictures[50].1, None);
    assert_eq!(world.pictures.pictures[150].1, Some(150));
    assert_eq!(world.pictures.pictures[290].1, Some(199), "its last picture");
    assert_eq!((world.sound.lane.sync().gaps, world.pictures.lane.sync().gaps), (2, 2));
}

#[test]
fn without_stamps_everything_is_counted_to_the_sample() {
    let (mut main, mut made) = (main_feed(), Made::default());
    let (mut sound, mut pictures) = (Track::new(LanePlan::Sound(HZ)), Track::new(LanePlan::Pictures(Rate::whole(30))));
    for n in 0..90 {
        if n == 60 {
            main.pause(None).expect("it records");
            main.resume(None).expect("it is paused");
        }
        main.picture(None, n).expect("counted");
        main.sound(None, 1_600, n).expect("counted");
        if n < 80 {
            sound.lane.sound(&main, None, 1_600, n * 1_600).expect("counted");
        }
        pictures.lane.picture(&main, None, n).expect("counted");
        made.drain(&mut main);
        sound.drain(&main);
        pictures.drain(&main);
    }
    main.end();
    sound.drain(&main);
    pictures.drain(&main);
    let expected: Vec<f32> = (0..90 * 1_600).map(|n| if n < 80 * 1_600 { n as f32 } else { 0.0 }).collect();
    assert!(sound.sound == expected, "to the sample");
    assert_eq!(pictures.pictures, (0..90).map(|n| (n, Some(n))).collect::<Vec<_>>());
}

#[test]
fn wrong_items_are_refused_and_harm_nothing() {
    let (mut main, mut side) = (main_feed(), Track::new(LanePlan::Sound(HZ)));
    assert_eq!(side.lane.picture(&main, None, 1), Err(FeedError::Unexpected(Stream::Pictures)));
    assert_eq!(side.lane.sound(&main, None, 0, 1), Err(FeedError::BlockLength(0)));
    main.sound(Some(Mono(START)), 480, 0).expect("the first");
    assert_eq!(side.lane.sound(&main, None, 480, 0), Err(FeedError::Mixed));
    side.lane.sound(&main, Some(Mono(START)), 480, 0).expect("stamped like the feed");
    let backwards = side.lane.sound(&main, Some(Mono(START - 5)), 480, 0);
    assert!(matches!(backwards, Err(FeedError::Backwards { by_ms: 1, .. })), "{backwards:?}");
    main.end();
    assert_eq!(side.lane.sound(&main, Some(Mono(START + 1)), 480, 0), Err(FeedError::Ended));
    assert_eq!(side.lane.sync().refused, 5);
    assert_eq!(Side::new(LanePlan::Sound(1)).err(), Some(FeedError::SampleRate(1)));
    assert!(Side::new(LanePlan::Pictures(Rate { num: 1, den: 0 })).is_err());
}
