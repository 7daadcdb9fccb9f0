// SPDX-License-Identifier: MIT
//! Every allowed pair of codecs in every container is what was ordered, whole and in step.

use super::reel::{FIRST, SAMPLES, SIZE, insist, judged, picture, picture_at, probe, readings, recorder};
use super::reel::{sample_at, side_by_side, sound, submit};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::path::Path;
use std::time::Duration;

/// Two seconds.
const PICTURES: u64 = 60;
/// The last packet of sound may reach beyond the end.
const LONGER_S_MAX: f64 = 0.05;

type Pair = (Container, VideoCodec, AudioCodec);

fn pairs() -> Vec<Pair> {
    let of = |container: Container| {
        let both = move |video: &VideoCodec| {
            let video = *video;
            container.audio_codecs().iter().map(move |audio| (container, video, *audio))
        };
        container.video_codecs().iter().flat_map(both)
    };
    Container::ALL.into_iter().flat_map(of).collect()
}

fn name_of_video(codec: VideoCodec) -> &'static str {
    if codec == VideoCodec::H265 { "hevc" } else { codec.key() }
}

fn name_of_audio(codec: AudioCodec) -> &'static str {
    if codec == AudioCodec::Pcm { "pcm_s16le" } else { codec.key() }
}

/// A line of figures, or what is wrong.
fn recorded((container, video, audio): &Pair, folder: &Path) -> Result<String, String> {
    let pair = format!("{container} {video} {audio}");
    let file = folder.join(format!("{video}-{audio}.{}", container.extension()));
    let recorder = recorder(*container, *video, *audio);
    let wrong = |why: String| format!("{pair}: {why}");
    recorder.start(&file).map_err(|why| wrong(why.to_string()))?;
    submit(&recorder, FIRST..FIRST + PICTURES, false);
    let report = recorder.stop().map_err(|why| wrong(why.to_string()))?;
    let told = (report.frames, report.samples, report.seconds, report.whole, report.failed.as_deref());
    if told != (PICTURES, PICTURES * 1600, 2.0, true, None) {
        return Err(wrong(format!("the report tells {report:?}")));
    }
    let seen = probe(&file);
    let wanted = [
        (&seen.video["codec_name"], name_of_video(*video).into()),
        (&seen.video["width"], SIZE.width.into()),
        (&seen.video["height"], SIZE.height.into()),
        (&seen.video["r_frame_rate"], "30/1".into()),
        (&seen.audio["codec_name"], name_of_audio(*audio).into()),
        (&seen.audio["sample_rate"], "48000".into()),
        (&seen.audio["channels"], serde_json::Value::from(2)),
    ];
    let different: Vec<_> = wanted.iter().filter(|(seen, wanted)| *seen != wanted).collect();
    if !different.is_empty() || seen.pictures != PICTURES || !(2.0..2.0 + LONGER_S_MAX).contains(&seen.duration_s) {
        return Err(wrong(format!("ffprobe sees {different:?}, {} pictures, {} s", seen.pictures, seen.duration_s)));
    }
    let mut line = format!("{pair}: {:.3} s, beeps behind flashes", seen.duration_s);
    for (reader, reading) in readings(&file) {
        let apart = judged(&reading, PICTURES, 2).map_err(|why| wrong(format!("{reader}: {why}")))?;
        if !reading.frame_faults().is_empty() || reading.frames[0].number != Some(FIRST as u32) {
            return Err(wrong(format!("{reader}: {:?}", reading.frame_faults())));
        }
        line += &format!(", {reader} {apart:+.2?} ms");
    }
    Ok(line)
}

#[test]
fn every_allowed_pair_of_codecs_is_recorded_whole_and_in_step() {
    let (folder, begun) = (tempfile::tempdir().expect("a folder"), std::time::Instant::now());
    let pairs = pairs();
    assert_eq!(pairs.len(), 46);
    let results = side_by_side(&pairs, |pair| recorded(pair, folder.path()));
    let (good, wrong): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    good.into_iter().flatten().for_each(|line| println!("{line}"));
    println!("{} pairs in {:.1} s", pairs.len(), begun.elapsed().as_secs_f64());
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whoever judges the others is judged: seven milliseconds are told from none, by both readers.
#[test]
fn sound_that_was_stamped_late_is_seen_to_be_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("late.mkv");
    let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
    recorder.start(&file).expect("it starts");
    for number in FIRST..FIRST + PICTURES {
        let (at, late) = (picture_at(number), Duration::from_millis(7));
        insist(|| recorder.submit_video(picture(number), Some(at)));
        let block = sound(number * SAMPLES, SAMPLES);
        insist(|| recorder.submit_audio(&block, Some(sample_at(number * SAMPLES) + late)));
    }
    let report = recorder.stop().expect("it records");
    for (reader, reading) in readings(&file) {
        let wrong = judged(&reading, report.frames, 2).expect_err(reader);
        assert!(wrong.contains("[7.0") && wrong.contains(", 7.0"), "{reader}: {wrong}");
    }
}
