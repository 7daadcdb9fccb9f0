// SPDX-License-Identifier: MIT
//! Files recorded anew: every picture and every beep stays in its place, whatever the file was and becomes.

use super::reel::{FIRST, RATE_HZ, SAMPLES, assert_right, config, insist, picture, probe, recorder, sound, submit};
use hyperzoom::studio::{FileError, FileSource, MediaRecorder, RecordingConfig, record_file};
use hyperzoom::words::{AudioCodec, Container, Rate, Size, VideoCodec};
use std::path::{Path, PathBuf};
use std::process::Command;
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

/// What ffmpeg makes of a graph, with this encoder.
fn made_by_ffmpeg(graph: &str, encoder: &[&str], file: &Path) {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", graph]).args(encoder).arg(file);
    assert!(ffmpeg.status().expect("ffmpeg is installed").success());
}

#[test]
fn a_file_is_read_only_a_little_ahead_of_its_encoder() {
    const FULL_HD: u64 = 1920 * 1080 * 3 / 2;
    let folder = tempfile::tempdir().expect("a folder");
    let from = folder.path().join("large.avi");
    made_by_ffmpeg("testsrc2=s=1920x1080:r=30:d=2", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"], &from);
    let mut recipe = config(Container::WebM, VideoCodec::Vp8, AudioCodec::Opus);
    recipe.video.iter_mut().for_each(|video| video.size = Size::FULL_HD);
    let (tell, over) = std::sync::mpsc::channel();
    let source = FileSource::open(&from, recipe).expect("it can be read");
    let to = folder.path().join("anew.webm");
    let running = source.start(&to, move || tell.send(()).expect("it is awaited")).expect("it starts");
    let mut most = 0;
    while over.recv_timeout(Duration::from_millis(2)).is_err() {
        most = most.max(running.recorder().status().expect("it records").waiting_bytes);
    }
    println!("at most {:.1} pictures waited", most as f64 / FULL_HD as f64);
    // One goes beyond the limit, and one waits until the next says how long it is shown.
    assert!((1..=(16 << 20) + 2 * FULL_HD).contains(&most), "{most}");
    assert_eq!(running.finish().expect("it records").frames, 60);
}

/// How much every other line differs from its neighbours, beside how much they differ from each other.
fn combed(file: &Path) -> f64 {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-f", "rawvideo", "-pix_fmt", "gray", "-"]);
    let pictures = ffmpeg.output().expect("ffmpeg is installed").stdout;
    let lines: Vec<&[u8]> = pictures.chunks_exact(320).collect();
    let apart =
        |one: &[u8], other: &[u8]| -> f64 { one.iter().zip(other).map(|(a, b)| f64::from(a.abs_diff(*b))).sum() };
    let (mut near, mut far) = (0.0, 0.0);
    for three in lines.chunks_exact(240).flat_map(|picture| picture.windows(3)) {
        near += apart(three[0], three[1]);
        far += apart(three[0], three[2]);
    }
    near / far
}

#[test]
fn pictures_taken_in_two_turns_become_whole_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = folder.path().join("interlaced.mkv");
    // A ball on its way, at 50 fields a second.
    let graph = "-q videotestsrc pattern=ball num-buffers=100 ! \
        video/x-raw,format=I420,width=320,height=240,framerate=50/1 ! interlace top-field-first=true field-pattern=1:1 ! \
        x264enc interlaced=true pass=qual quantizer=10 ! h264parse ! matroskamux ! filesink location=";
    let mut launch = Command::new("gst-launch-1.0");
    let line = format!("{graph}{}", from.display());
    assert!(launch.args(line.split_whitespace()).status().expect("GStreamer's tools are installed").success());
    let mut recipe = config(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
    recipe
        .video
        .iter_mut()
        .for_each(|video| (video.size, video.frame_rate) = (Size { width: 320, height: 240 }, Rate::whole(25)));
    let to = folder.path().join("whole.mkv");
    let source = FileSource::open(&from, recipe).expect("it can be read");
    assert_eq!(source.rate(), Some(Rate::whole(25)));
    let report = source.start(&to, || ()).and_then(|running| running.finish()).expect("it is recorded");
    assert!((49..=51).contains(&report.frames), "{report:?}");
    let [before, after] = [&from, &to].map(|file| combed(file));
    println!("combed {before:.2} before, {after:.2} after");
    assert!(before > 2.0 && after < 1.0, "{before} became {after}");
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
