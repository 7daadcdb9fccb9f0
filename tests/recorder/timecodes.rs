// SPDX-License-Identifier: MIT
//! Timecode at every usual rate, read by ffprobe.

use super::reel::{FIRST, config, insist, picture, side_by_side, sound};
use crate::crash::killing::timecode_track;
use hyperzoom::disk::repair::inspect;
use hyperzoom::studio::MediaRecorder;
use hyperzoom::words::{AudioCodec, Container, Rate, VideoCodec};

#[test]
fn a_timecode_counts_at_the_rate_of_its_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = [24, 25, 30, 50, 60].map(Rate::whole);
    let ntsc = [24_000, 30_000, 60_000].map(|num| Rate { num, den: 1001 });
    let rates: Vec<Rate> = whole.into_iter().chain(ntsc).collect();
    side_by_side(&rates, |&rate| {
        let container = if rate.num % 25 == 0 { Container::Mov } else { Container::Mp4 };
        let mut recipe = config(container, VideoCodec::H264, AudioCodec::Aac);
        recipe.video.iter_mut().for_each(|video| video.frame_rate = rate);
        let file = folder.path().join(format!("{}-{}.{}", rate.num, rate.den, container.extension()));
        let recorder = MediaRecorder::new(recipe).expect("it is possible");
        recorder.start(&file).expect("it starts");
        for number in 0..30 {
            insist(|| recorder.submit_video(picture(FIRST + number), None));
        }
        insist(|| recorder.submit_audio(&sound(0, 24_000), None));
        recorder.stop().expect("it records");
        let report = inspect(&file).expect("it is one of ours");
        let (ours, theirs) = (report.timecode.expect("it has one"), timecode_track(&file).expect("it has one"));
        println!("{rate:?}: {theirs}");
        assert_eq!(ours, theirs, "{rate:?}");
        let drops = [30_000, 60_000].contains(&rate.num);
        assert_eq!(theirs.contains(';'), drops, "{rate:?}");
        // What the clock on the wall said: dropping keeps to it but for a tenth of a second.
        let started = report.started_utc_us.expect("it is noted").rem_euclid(86_400_000_000) as f64 / 1e6;
        let numbers: Vec<f64> = theirs.split([':', ';']).map(|part| part.parse().expect("a number")).collect();
        let told = (numbers[0] * 60.0 + numbers[1]) * 60.0 + numbers[2] + numbers[3] / rate.as_f64().ceil();
        assert!((told - started).abs() < 0.2 || (told - started).abs() > 86_399.0, "{rate:?}: {told} for {started}");
    });
}
