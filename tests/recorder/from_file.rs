// SPDX-License-Identifier: MIT
//! Files recorded anew: every picture and every beep stays in its place, whatever the file was and becomes.

use super::reel::{FIRST, RATE_HZ, SAMPLES, assert_right, config, insist, picture, probe, recorder, sound, submit};
use hyperzoom::studio::{FileError, FileSource, MediaRecorder, RecordingConfig, record_file};
use hyperzoom::words::{AudioCodec, Container, Rate, VideoCodec};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Two seconds of the ruler.
fn talk(folder: &Path, container: Container, video: VideoCodec, audio: AudioCodec) -> PathBuf {
    let file = folder.join(format!("talk.{}", container.extension()));
    let recorder = recorder(container, video, audio);
    recorder.start(&file).expect("it starts");
    submit(&recorder, FIRST..FIRST + 60, false);
    recorder.stop().expect("it records");
    file
}

#[test]
fn pictures_and_beeps_stay_where_they_were() {
    use {AudioCodec as A, Container as C, VideoCodec as V};
    let folder = tempfile::tempdir().expect("a folder");
    for ((container, video, audio), becomes) in [
        ((C::Mkv, V::H264, A::Flac), (C::WebM, V::Vp8, A::Opus)),
        ((C::Mp4, V::H264, A::Aac), (C::Mkv, V::H264, A::Pcm)),
        ((C::WebM, V::Vp9, A::Opus), (C::Mp4, V::H264, A::Aac)),
        ((C::Avi, V::H264, A::Pcm), (C::Mov, V::H264, A::Aac)),
    ] {
        let from = talk(folder.path(), container, video, audio);
        let to = folder.path().join(format!("anew-from-{container}.{}", becomes.0.extension()));
        let report = record_file(config(becomes.0, becomes.1, becomes.2), &from, &to).expect("it is recorded");
        assert!(report.whole && report.frames == 60, "{container}: {report:?}");
        assert_right(&to, 60, 2);
    }
}

#[test]
fn another_rate_is_as_long_as_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = folder.path().join("slow.mkv");
    let mut recipe = config(Container::Mkv, VideoCodec::H264, AudioCodec::Flac);
    recipe.video.iter_mut().for_each(|video| video.frame_rate = Rate::whole(25));
    let recorder = MediaRecorder::new(recipe.clone()).expect("it is possible");
    recorder.start(&slow).expect("it starts");
    for number in 0..50 {
        insist(|| recorder.submit_video(picture(FIRST + number), None));
        insist(|| recorder.submit_audio(&sound(number * 1920, 1920), None));
    }
    recorder.stop().expect("it records");
    let source = FileSource::open(&slow, recipe).expect("it can be read");
    assert_eq!((source.rate(), source.seconds().map(f64::round)), (Some(Rate::whole(25)), Some(2.0)));
    for (fps, frames) in [(30, 60), (12, 24)] {
        let mut recipe = config(Container::Mp4, VideoCodec::H264, AudioCodec::Aac);
        recipe.video.iter_mut().for_each(|video| video.frame_rate = Rate::whole(fps));
        let to = folder.path().join(format!("{fps}.mp4"));
        let report = record_file(recipe, &slow, &to).expect("it is recorded");
        // The last picture may lie nearer to the next place than to its own.
        assert!((frames..=frames + 1).contains(&report.frames), "{fps}: {report:?}");
        assert!((probe(&to).duration_s - 2.0).abs() < 1.0 / f64::from(fps) + 0.03, "{:?}", probe(&to));
    }
}

#[test]
fn what_the_file_does_not_have_the_recording_does_not_have() {
    let folder = tempfile::tempdir().expect("a folder");
    let alone = folder.path().join("sound.mkv");
    let heard = config(Container::Mkv, VideoCodec::H264, AudioCodec::Opus).without_video();
    let recorder = MediaRecorder::new(heard.clone()).expect("it is possible");
    recorder.start(&alone).expect("it starts");
    insist(|| recorder.submit_audio(&sound(0, 30 * SAMPLES), None));
    recorder.stop().expect("it records");
    let to = folder.path().join("anew.mp4");
    let report = record_file(RecordingConfig::default(), &alone, &to).expect("it is recorded");
    assert_eq!((report.frames, probe(&to).pictures), (0, 0));
    assert!(report.samples.abs_diff(u64::from(RATE_HZ)) < 1_000, "{report:?}");
    let both = talk(folder.path(), Container::WebM, VideoCodec::Vp8, AudioCodec::Opus);
    let mute = folder.path().join("mute.mkv");
    let report = record_file(config(Container::Mkv, VideoCodec::H264, AudioCodec::Opus).without_audio(), &both, &mute);
    assert_eq!(report.expect("it is recorded").frames, 60);
    let of_nothing = record_file(RecordingConfig::default().without_audio(), &alone, folder.path().join("no.mp4"));
    assert!(matches!(of_nothing, Err(FileError::Nothing { .. })), "{of_nothing:?}");
}

#[test]
fn what_is_no_recording_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.mkv");
    std::fs::write(&text, "no pictures, no sound\n".repeat(1000)).expect("written");
    let to = folder.path().join("anew.mp4");
    for (from, wanted) in [
        (text, "is no file with pictures or sound"),
        (folder.path().join("missing.mkv"), "name a file that is there"),
        (folder.path().to_owned(), "is a folder"),
    ] {
        let why = record_file(RecordingConfig::default(), &from, &to).expect_err("it is none").to_string();
        assert!(why.contains(wanted) && why.contains(&from.display().to_string()), "{why}");
        assert!(!to.exists());
    }
}

#[test]
fn a_torn_file_is_recorded_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = talk(folder.path(), Container::WebM, VideoCodec::Vp8, AudioCodec::Opus);
    let bytes = std::fs::read(&whole).expect("just written");
    std::fs::write(&whole, &bytes[..bytes.len() * 2 / 3]).expect("written");
    let to = folder.path().join("anew.mkv");
    let recorded = record_file(config(Container::Mkv, VideoCodec::H264, AudioCodec::Flac), &whole, &to);
    let frames = match recorded {
        Ok(report) => report.frames,
        Err(FileError::Broken { report, .. }) => report.frames,
        Err(why) => panic!("{why}"),
    };
    assert!((10..60).contains(&frames) && probe(&to).pictures == frames, "{frames}");
}

#[test]
fn work_can_be_held_and_ended_and_the_file_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = talk(folder.path(), Container::Mkv, VideoCodec::H264, AudioCodec::Flac);
    let recipe = config(Container::Mkv, VideoCodec::Vp8, AudioCodec::Opus);
    let to = folder.path().join("anew.mkv");
    let (tell, over) = std::sync::mpsc::channel();
    let source = FileSource::open(&from, recipe).expect("it can be read");
    let running = source.start(&to, move || tell.send(()).expect("it is awaited")).expect("it starts");
    assert!(running.hold(true) && running.is_held());
    assert!(over.recv_timeout(Duration::from_millis(300)).is_err(), "it is held");
    assert!(!running.hold(false));
    over.recv_timeout(Duration::from_secs(60)).expect("it comes to the end");
    assert!(running.progress().is_some_and(|done| done > 0.9));
    let report = running.stop(&|_| ()).expect("it records");
    assert!(report.whole && report.frames == 60, "{report:?}");
    assert_right(&to, 60, 2);
}
