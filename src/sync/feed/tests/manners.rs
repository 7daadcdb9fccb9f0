// SPDX-License-Identifier: MIT
//! Beginnings, ends, gaps, and what is refused.

use super::super::{Feed, FeedError, Output, Plan, Stream};
use super::{Reel, SECOND, both};
use crate::words::{Mono, Rate, What};

fn at(ms: u64) -> Option<Mono> {
    Some(Mono(10 * SECOND + ms * 1_000_000))
}

/// Both streams, thirty pictures and a hundred blocks a second, from one moment until another; told which to leave out.
fn submit(feed: &mut Feed<u64, u64>, reel: &mut Reel, ms: std::ops::Range<u64>, pictures: bool, sound: bool) {
    for tenth in ms.start / 100..ms.end / 100 {
        for block in (0..10).filter(|_| sound) {
            feed.sound(at(tenth * 100 + block * 10), 480, tenth * 10 + block).expect("in order");
        }
        for k in (0..3).filter(|_| pictures) {
            let ns = 10 * SECOND + (tenth * 3 + k) * SECOND / 30;
            feed.picture(Some(Mono(ns)), tenth * 3 + k).expect("in order");
        }
        reel.drain(feed);
    }
}

fn finish(feed: &mut Feed<u64, u64>, reel: &mut Reel) {
    feed.end();
    reel.drain(feed);
    assert_eq!(feed.poll(), None);
}

#[test]
fn without_stamps_everything_is_counted_at_once() {
    let mut feed = both(Rate::whole(25), 16_000);
    feed.picture(None, 0).expect("the first");
    assert_eq!(feed.poll(), Some(Output::Picture { index: 0, picture: Some(0), repeated: false }));
    feed.sound(None, 160, 0).expect("counted");
    assert_eq!(feed.poll(), Some(Output::Sound { payload: 0, skip: 0, take: 160 }));
    let mut reel = Reel { pictures: vec![Some(0)], samples: 160, ..Reel::default() };
    for n in 1..250 {
        feed.picture(None, n).expect("counted");
        reel.drain(&mut feed);
        assert_eq!(reel.pictures.len() as u64, n + 1, "nothing waits");
    }
    finish(&mut feed, &mut reel);
    assert_eq!((reel.pictures.len(), reel.samples, reel.repeated), (250, 160_000, 0), "silence up to the longer");
}

#[test]
fn one_stream_alone_is_enough() {
    let mut pictures = Feed::<u64, u64>::new(Plan::new(Some(Rate { num: 30_000, den: 1_001 }), None)).expect("good");
    let mut reel = Reel::default();
    for n in 0..300 {
        pictures.picture(Some(Mono(SECOND + n * SECOND * 1_001 / 30_000)), n).expect("in order");
        reel.drain(&mut pictures);
    }
    assert_eq!(pictures.sound(None, 1, 1), Err(FeedError::Unexpected(Stream::Sound)));
    finish(&mut pictures, &mut reel);
    assert!(reel.pictures.iter().enumerate().all(|(n, p)| *p == Some(n as u64)) && reel.pictures.len() == 300);

    let mut sound = Feed::<u64, u64>::new(Plan::new(None, Some(48_000))).expect("good");
    let mut reel = Reel::default();
    for n in 0..300 {
        sound.sound(at(n * 10), 480, n).expect("in order");
        reel.drain(&mut sound);
    }
    finish(&mut sound, &mut reel);
    assert_eq!((reel.samples, reel.silence, reel.pictures.len()), (144_000, 0, 0));
}

#[test]
fn the_later_stream_begins_with_black_or_silence() {
    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    submit(&mut feed, &mut reel, 0..500, false, true);
    submit(&mut feed, &mut reel, 500..2_000, true, true);
    finish(&mut feed, &mut reel);
    assert_eq!(reel.pictures[..15], [None; 15]);
    assert_eq!((reel.pictures[15], reel.pictures.len(), reel.silence), (Some(15), 60, 0));

    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    submit(&mut feed, &mut reel, 0..500, true, false);
    submit(&mut feed, &mut reel, 500..2_000, true, true);
    finish(&mut feed, &mut reel);
    assert_eq!((reel.sound[0].0, reel.silence, reel.pictures[0]), (24_000, 24_000, Some(0)));
}

#[test]
fn a_stream_that_stops_is_stood_in_for_and_taken_back() {
    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    submit(&mut feed, &mut reel, 0..2_000, true, true);
    submit(&mut feed, &mut reel, 2_000..8_000, true, false);
    assert!(reel.samples > 6 * 48_000, "silence follows the pictures");
    submit(&mut feed, &mut reel, 8_000..10_000, true, true);
    submit(&mut feed, &mut reel, 10_000..15_000, false, true);
    assert!(reel.pictures.len() > 13 * 30, "the last picture is held");
    submit(&mut feed, &mut reel, 15_000..16_000, true, true);
    finish(&mut feed, &mut reel);
    assert_eq!((reel.samples, reel.silence, reel.pictures.len()), (16 * 48_000, 6 * 48_000, 480));
    assert_eq!(reel.sample_of(800, 0), Some(8 * 48_000));
    assert_eq!(reel.pictures[450], Some(450));
    let told: Vec<_> = reel.told.iter().map(|h| (h.at_sample, h.what.clone())).collect();
    assert!(told.contains(&(96_000, What::SoundGone)), "{told:?}");
    assert!(told.contains(&(8 * 48_000, What::SoundBack { silence_samples: 6 * 48_000 })), "{told:?}");
    assert!(told.contains(&(10 * 48_000, What::PictureGone)), "{told:?}");
    assert!(told.contains(&(15 * 48_000, What::PictureBack { held_frames: 150 })), "{told:?}");
    assert_eq!(feed.sync().gaps, 2);
}

#[test]
fn a_rest_of_sound_behind_the_last_picture_doubles_nobody() {
    for (blocks, fills, counts) in [(100, 0, 0), (101, 1, 0), (103, 1, 0), (104, 2, 2)] {
        let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
        submit(&mut feed, &mut reel, 0..1_000, true, true);
        for block in 100..blocks {
            feed.sound(at(block * 10), 480, block).expect("in order");
        }
        finish(&mut feed, &mut reel);
        assert_eq!((reel.pictures.len(), reel.repeated), (30 + fills, fills as u64), "{blocks} blocks of sound");
        assert_eq!(feed.sync().repeated, counts, "{blocks} blocks of sound");
        assert!(reel.told.is_empty(), "{:?}", reel.told);
    }
}

#[test]
fn missing_sound_becomes_silence_of_its_length() {
    let mut feed = Feed::<u64, u64>::new(Plan::new(None, Some(48_000))).expect("good");
    let mut reel = Reel::default();
    for n in (0..400).filter(|n| !(100..104).contains(n) && !(200..399).contains(n)) {
        feed.sound(at(n * 10), 480, n).expect("in order");
        reel.drain(&mut feed);
    }
    finish(&mut feed, &mut reel);
    assert_eq!((reel.samples, reel.silence), (400 * 480, 203 * 480));
    assert_eq!(feed.sync().gaps, 2);
}

#[test]
fn wrong_stamps_are_named_and_the_feed_goes_on() {
    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    submit(&mut feed, &mut reel, 0..1_000, true, true);
    assert_eq!(feed.picture(None, 7), Err(FeedError::Mixed));
    assert_eq!(feed.sound(None, 480, 7), Err(FeedError::Mixed));
    assert_eq!(feed.picture(at(500), 7), Err(FeedError::Backwards { stream: Stream::Pictures, by_ms: 467 }));
    assert_eq!(feed.sound(at(500), 480, 7), Err(FeedError::Backwards { stream: Stream::Sound, by_ms: 490 }));
    assert_eq!(feed.sound(at(3_601_000), 480, 7), Err(FeedError::Far { stream: Stream::Sound, by_s: 3_600 }));
    assert_eq!(
        feed.picture(Some(Mono(u64::MAX)), 7),
        Err(FeedError::Far { stream: Stream::Pictures, by_s: 18_446_744_062 })
    );
    assert_eq!(feed.sound(at(1_000), 0, 7), Err(FeedError::BlockLength(0)));
    assert_eq!(feed.sound(at(1_000), u64::MAX, 7), Err(FeedError::BlockLength(u64::MAX)));
    assert_eq!(feed.resume(None), Err(FeedError::NotPaused));
    submit(&mut feed, &mut reel, 1_000..2_000, true, true);
    feed.pause(None).expect("running");
    assert_eq!(feed.pause(None), Err(FeedError::Paused));
    finish(&mut feed, &mut reel);
    assert_eq!(feed.picture(at(9_000), 7), Err(FeedError::Ended));
    assert_eq!((feed.pause(None), feed.resume(None)), (Err(FeedError::Ended), Err(FeedError::Ended)));
    assert_eq!((reel.pictures.len(), reel.samples, reel.silence, reel.repeated), (60, 96_000, 0, 0));
    assert_eq!((feed.sync().refused, feed.sync().score), (9, 100));
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let made = |pictures, sound_hz| Feed::<u64, u64>::new(Plan::new(pictures, sound_hz)).err();
    assert_eq!(made(None, None), Some(FeedError::Nothing));
    for rate in [Rate::whole(0), Rate::whole(241), Rate { num: 30, den: 0 }, Rate { num: 1, den: 2 }] {
        assert_eq!(made(Some(rate), None), Some(FeedError::FrameRate(rate)));
    }
    for rate_hz in [0, 7_999, 192_001] {
        assert_eq!(made(None, Some(rate_hz)), Some(FeedError::SampleRate(rate_hz)));
    }
    assert_eq!(made(Some(Rate::whole(1)), Some(192_000)), None);
}

#[test]
fn a_pause_before_anything_and_an_end_without_anything_are_fine() {
    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    feed.pause(None).expect("not paused");
    submit(&mut feed, &mut reel, 0..1_000, true, true);
    assert_eq!((reel.pictures.len(), reel.samples), (0, 0));
    feed.resume(None).expect("paused");
    submit(&mut feed, &mut reel, 1_000..2_000, true, true);
    finish(&mut feed, &mut reel);
    assert_eq!((reel.pictures.len(), reel.samples, reel.pictures[0], reel.sound[0].1), (30, 48_000, Some(30), 100));
    assert!(feed.pauses().is_empty());

    let (mut feed, mut reel) = (both(Rate::whole(30), 48_000), Reel::default());
    finish(&mut feed, &mut reel);
    assert_eq!((reel.pictures.len(), reel.samples), (0, 0));
}

#[test]
fn where_stamps_are_the_truth_pictures_follow_them_and_a_ratio_is_told() {
    let plan = Plan { own_clock: true, ..Plan::new(Some(Rate::whole(30)), Some(48_000)) };
    let mut feed = Feed::<u64, u64>::new(plan).expect("good");
    let mut reel = Reel::default();
    let (mut blocks, ppm) = (0u64, 200.0);
    for n in 0..30 * 120 {
        let picture_ns = n * SECOND / 30;
        while (blocks as f64 * 480.0 / (48_000.0 * (1.0 + ppm * 1e-6))) * 1e9 <= picture_ns as f64 {
            let ns = (blocks as f64 * 480.0 / (48_000.0 * (1.0 + ppm * 1e-6))) * 1e9;
            feed.sound(Some(Mono(SECOND + ns as u64)), 480, blocks).expect("in order");
            blocks += 1;
        }
        feed.picture(Some(Mono(SECOND + picture_ns)), n).expect("in order");
        reel.drain(&mut feed);
    }
    finish(&mut feed, &mut reel);
    assert!(reel.pictures.iter().enumerate().all(|(n, p)| *p == Some(n as u64)), "no slip");
    assert!((feed.ratio() - 1.0 / (1.0 + ppm * 1e-6)).abs() < 5e-6, "{}", feed.ratio());
    let resampled_s = reel.samples as f64 * feed.ratio() / 48_000.0;
    assert!((resampled_s - reel.pictures.len() as f64 / 30.0).abs() < 0.002, "{resampled_s}");
}
