// SPDX-License-Identifier: MIT
//! Whatever is submitted, asked or named wrongly is refused by name, and the recorder goes on as if nothing had been.

use super::reel::{
    FIRST, RATE_HZ, SAMPLES, SIZE, assert_right, config, picture, picture_at, probe, recorder, sample_at, sound, submit,
};
use hyperzoom::disk::PlaceError;
use hyperzoom::media::{EncoderError, PixelFormat, RawPictureError, SampleFormat};
use hyperzoom::studio::{AudioBlock, MediaRecorder, RecordError, RecordingConfig, SubmitError, VideoFrame};
use hyperzoom::sync::feed::{FeedError, Stream};
use hyperzoom::words::{AudioCodec, Container, Size, VideoCodec};
use std::path::Path;
use std::time::Duration;

fn mkv() -> MediaRecorder {
    recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus)
}

/// Asserts the variant, and that it is a sentence which says what to do.
macro_rules! refused {
    ($result:expr, $pattern:pat) => {{
        let why = $result.expect_err("it is wrong");
        assert!(matches!(why, $pattern), "{why:?}");
        let said = why.to_string();
        assert!(said.len() > 20 && !said.contains('\n'), "{said}");
        said
    }};
}

/// The recorder still makes a right file.
#[track_caller]
fn still_records(recorder: &MediaRecorder, folder: &Path) {
    let file = folder.join("afterwards.mkv");
    recorder.start(&file).expect("it can be used on");
    submit(recorder, FIRST..FIRST + 60, false);
    assert!(recorder.stop().expect("it records").whole);
    assert_right(&file, 60, 2);
    std::fs::remove_file(&file).expect("it was there");
}

#[test]
fn orders_in_the_wrong_state_are_refused() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), mkv());
    let (file, block) = (folder.path().join("states.mkv"), sound(FIRST * SAMPLES, SAMPLES));
    refused!(recorder.submit_video(picture(FIRST), None), SubmitError::NotRunning);
    refused!(recorder.submit_audio(&block, None), SubmitError::NotRunning);
    refused!(recorder.stop(), RecordError::NotRunning);
    refused!(recorder.pause(), RecordError::NotRunning);
    refused!(recorder.resume(), RecordError::NotRunning);
    assert!(recorder.status().is_none());
    recorder.start(&file).expect("it starts");
    refused!(recorder.start(folder.path().join("second.mkv")), RecordError::Running);
    refused!(recorder.resume(), RecordError::Feed(FeedError::NotPaused));
    submit(&recorder, FIRST..FIRST + 30, false);
    recorder.pause().expect("it records");
    refused!(recorder.pause(), RecordError::Feed(FeedError::Paused));
    recorder.resume().expect("it is paused");
    refused!(recorder.resume(), RecordError::Feed(FeedError::NotPaused));
    submit(&recorder, FIRST + 30..FIRST + 60, false);
    let report = recorder.stop().expect("it records");
    assert_eq!((report.frames, report.pauses.len()), (60, 1));
    refused!(recorder.stop(), RecordError::NotRunning);
    assert!(!folder.path().join("second.mkv").exists());
    assert_right(&file, 60, 2);
    still_records(&recorder, folder.path());
}

#[test]
fn pictures_that_are_none_are_refused() {
    let frame = |size: Size, bytes: usize, strides: &[usize]| {
        VideoFrame::with_strides(PixelFormat::I420, size, vec![0; bytes], strides)
    };
    let whole = 320 * 180 * 3 / 2;
    refused!(frame(SIZE, 0, &[]), SubmitError::EmptyFrame);
    refused!(frame(Size { width: 0, height: 180 }, whole, &[]), SubmitError::EmptyFrame);
    refused!(frame(SIZE, whole - 1, &[]), SubmitError::Picture(RawPictureError::Length { .. }));
    refused!(frame(SIZE, whole + 1, &[]), SubmitError::Picture(RawPictureError::Length { .. }));
    refused!(frame(SIZE, whole, &[320]), SubmitError::Picture(RawPictureError::Strides { .. }));
    refused!(frame(SIZE, whole, &[319, 160, 160]), SubmitError::Picture(RawPictureError::Strides { .. }));
    refused!(frame(SIZE, whole, &[384, 192, 192]), SubmitError::Picture(RawPictureError::Length { .. }));
    // Numbers that come from a slip, and whose products no computer can count.
    refused!(frame(SIZE, whole, &[usize::MAX; 3]), SubmitError::Picture(_));
    refused!(frame(SIZE, whole, &[usize::MAX / 180, 160, 160]), SubmitError::Picture(_));
    let endless = Size { width: u32::MAX, height: u32::MAX };
    for format in PixelFormat::ALL {
        refused!(VideoFrame::new(format, endless, vec![0; 64]), SubmitError::Picture(_));
    }
}

#[test]
fn sound_that_is_none_is_refused() {
    let (nan, infinite) = ([0.0, f32::NAN, 0.0, 0.0], [0.0, 0.0, f32::NEG_INFINITY, 0.0]);
    refused!(AudioBlock::floats(RATE_HZ, 2, &[]), SubmitError::EmptyBlock);
    refused!(AudioBlock::floats(RATE_HZ, 2, &[0.0; 5]), SubmitError::TornSample { bytes: 20, one: 8 });
    refused!(AudioBlock::shorts(RATE_HZ, 0, &[0; 4]), SubmitError::EmptyBlock);
    refused!(AudioBlock::new(SampleFormat::S24, RATE_HZ, 2, vec![0; 7]), SubmitError::TornSample { bytes: 7, one: 6 });
    refused!(AudioBlock::floats(RATE_HZ, 2, &nan), SubmitError::NotANumber { index: 1 });
    refused!(AudioBlock::floats(RATE_HZ, 2, &infinite), SubmitError::NotANumber { index: 2 });
    let bytes: Vec<u8> = nan.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    refused!(AudioBlock::new(SampleFormat::F32, RATE_HZ, 2, bytes), SubmitError::NotANumber { index: 1 });
    let doubles: Vec<u8> = [0.0, 0.0, f64::INFINITY].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    refused!(AudioBlock::new(SampleFormat::F64, RATE_HZ, 1, doubles), SubmitError::NotANumber { index: 2 });
    // The same bits are good whole numbers.
    assert!(AudioBlock::new(SampleFormat::S32, RATE_HZ, 1, f32::NAN.to_le_bytes().to_vec()).is_ok());
}

/// What is refused between two good submissions.
fn slips(recorder: &MediaRecorder, number: u64) {
    let at = Some(picture_at(number));
    let small = Size { width: 160, height: 90 };
    let frame = |format, size, bytes: usize| VideoFrame::new(format, size, vec![0; bytes]).expect("whole");
    let smaller = frame(PixelFormat::I420, small, 160 * 90 * 3 / 2);
    refused!(recorder.submit_video(&smaller, at), SubmitError::FrameChanged { .. });
    let other = frame(PixelFormat::Rgb, SIZE, 320 * 180 * 3);
    refused!(recorder.submit_video(&other, at), SubmitError::FrameChanged { .. });
    for (rate_hz, channels) in [(44_100, 2), (RATE_HZ, 1), (0, 2)] {
        let block = AudioBlock::floats(rate_hz, channels, &[0.0; 64]).expect("whole");
        refused!(recorder.submit_audio(&block, at), SubmitError::SoundChanged { .. });
    }
    let block = AudioBlock::shorts(RATE_HZ, 2, &[0; 64]).expect("whole");
    refused!(recorder.submit_audio(&block, at), SubmitError::SoundChanged { .. });
    let good = sound(number * SAMPLES, SAMPLES);
    refused!(recorder.submit_video(picture(number), None), SubmitError::Feed(FeedError::Mixed));
    refused!(recorder.submit_audio(&good, None), SubmitError::Feed(FeedError::Mixed));
    let earlier = Some(picture_at(number - 2));
    let backwards = recorder.submit_video(picture(number), earlier);
    refused!(backwards, SubmitError::Feed(FeedError::Backwards { stream: Stream::Pictures, .. }));
    let backwards = recorder.submit_audio(&good, earlier);
    refused!(backwards, SubmitError::Feed(FeedError::Backwards { stream: Stream::Sound, .. }));
    let far = Some(Duration::from_secs(u64::from(u32::MAX)));
    refused!(recorder.submit_video(picture(number), far), SubmitError::Feed(FeedError::Far { .. }));
    refused!(recorder.submit_audio(&good, Some(Duration::MAX)), SubmitError::Feed(FeedError::Far { .. }));
}

#[test]
fn slips_in_mid_stream_are_refused_and_leave_no_trace_in_the_file() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), mkv());
    let file = folder.path().join("slips.mkv");
    recorder.start(&file).expect("it starts");
    for number in FIRST..FIRST + 60 {
        submit(&recorder, number..number + 1, true);
        if number % 20 == 19 {
            slips(&recorder, number + 1);
        }
    }
    let report = recorder.stop().expect("it records");
    assert_eq!((report.frames, report.samples, report.whole), (60, 60 * SAMPLES, true));
    assert_eq!(report.sync.refused, 3 * 6, "{:?}", report.sync);
    assert_right(&file, 60, 2);
    still_records(&recorder, folder.path());
}

#[test]
fn a_stream_that_was_not_planned_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let both = config(Container::Mkv, VideoCodec::H264, AudioCodec::Flac);
    let silent = MediaRecorder::new(both.clone().without_audio()).expect("it can be had");
    silent.start(folder.path().join("silent.mkv")).expect("it starts");
    for number in FIRST..FIRST + 30 {
        silent.submit_video(picture(number), Some(picture_at(number))).expect("a picture");
        let at = Some(sample_at(number * SAMPLES));
        let refusal = silent.submit_audio(&sound(number * SAMPLES, SAMPLES), at);
        refused!(refusal, SubmitError::Feed(FeedError::Unexpected(Stream::Sound)));
    }
    assert_eq!(silent.stop().expect("it records").frames, 30);
    assert_eq!(probe(&folder.path().join("silent.mkv")).pictures, 30);
    let blind = MediaRecorder::new(both.without_video()).expect("it can be had");
    blind.start(folder.path().join("blind.mkv")).expect("it starts");
    refused!(blind.submit_video(picture(FIRST), None), SubmitError::Feed(FeedError::Unexpected(Stream::Pictures)));
    blind.submit_audio(&sound(0, 48_000), None).expect("a block");
    let report = blind.stop().expect("it records");
    assert_eq!((report.frames, report.samples, report.seconds), (0, 48_000, 1.0));
}

#[test]
fn files_that_cannot_be_are_refused_before_anything_begins() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), mkv());
    let path = |name: &str| folder.path().join(name);
    for name in ["talk.mp4", "talk", ".mkv", "talk.mkv.bak"] {
        refused!(recorder.start(path(name)), RecordError::Extension { .. });
    }
    std::fs::write(path("mine.mkv"), b"precious").expect("a file");
    refused!(recorder.start(path("mine.mkv")), RecordError::Place(PlaceError::Exists(_)));
    assert_eq!(std::fs::read(path("mine.mkv")).expect("still there"), b"precious");
    refused!(recorder.start(path("mine.mkv").join("inside.mkv")), RecordError::Place(PlaceError::Folder { .. }));
    #[cfg(target_os = "linux")]
    refused!(recorder.start("/proc/talk.mkv"), RecordError::Place(PlaceError::Unwritable { .. }));
    let endless = format!("{}.mkv", "x".repeat(300));
    refused!(recorder.start(path(&endless)), RecordError::Place(_) | RecordError::Writer(_));
    assert!(recorder.status().is_none());
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 1, "only what was there");
    still_records(&recorder, folder.path());
}

#[test]
fn any_character_may_stand_in_a_path() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), mkv());
    let names = [
        "a talk about nothing.mkv",
        "Gespräch über Zoë 日本.MKV",
        "\"said\" 'so'.mkv",
        "two\nlines.mkv",
        "! queue name=x.mkv",
        "-v.mkv",
    ];
    for name in names {
        let file = folder.path().join("new folder, a = b").join(name);
        recorder.start(&file).unwrap_or_else(|why| panic!("{name:?}: {why}"));
        submit(&recorder, FIRST..FIRST + 6, false);
        let report = recorder.stop().unwrap_or_else(|why| panic!("{name:?}: {why}"));
        assert_eq!((report.file.as_deref(), report.whole), (Some(file.as_path()), true));
        assert_eq!(probe(&file).pictures, 6, "{name:?}");
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let file = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe.mkv"));
        recorder.start(&file).expect("a name need not be text");
        submit(&recorder, FIRST..FIRST + 6, false);
        recorder.stop().expect("it records");
        assert_eq!(probe(&file).pictures, 6);
    }
    let left: Vec<_> = std::fs::read_dir(folder.path().join("new folder, a = b")).expect("a folder").collect();
    assert_eq!(left.len(), 2 * names.len(), "each and its report: {left:?}");
}

#[test]
fn encoders_and_configurations_that_cannot_be_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let forced = |name: &str| {
        let mut config = config(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
        config.set("video.encoder", name).map(|()| config)
    };
    let start = |name: &str| {
        let recorder = MediaRecorder::new(forced(name)?)?;
        assert!(recorder.is_crash_safe().is_err() && recorder.dry_run().is_err());
        recorder.start(folder.path().join("forced.mkv"))
    };
    refused!(start("noh264enc"), RecordError::Encoder(EncoderError::UnknownElement { .. }));
    refused!(start("vp8enc"), RecordError::Encoder(EncoderError::OtherCodec { .. }));
    refused!(start("x264enc ! fakesink"), RecordError::Config(_));
    assert!(!folder.path().join("forced.mkv").exists());
    let master = RecordingConfig::preset("master").expect("it is ready");
    refused!(MediaRecorder::new(master), RecordError::Master);
    let torn = config(Container::WebM, VideoCodec::H264, AudioCodec::Opus);
    refused!(MediaRecorder::new(torn), RecordError::Config(_));
}

#[test]
fn kinds_of_input_that_cannot_be_are_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (endless, none) = (Size { width: u32::MAX, height: u32::MAX }, Size { width: 0, height: 0 });
    for size in [none, endless, Size { width: 320, height: 0 }] {
        let recorder = mkv().pictures(PixelFormat::Rgb, size);
        refused!(recorder.start(folder.path().join("input.mkv")), RecordError::Pictures { .. });
    }
    for (rate_hz, channels) in [(RATE_HZ, 0), (RATE_HZ, 9), (0, 2), (1_000_000, 2)] {
        let recorder = mkv().sound(SampleFormat::S16, rate_hz, channels);
        refused!(recorder.start(folder.path().join("input.mkv")), RecordError::Sound { .. } | RecordError::Feed(_));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn stamps_from_the_end_of_time_are_no_harm() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), mkv());
    // The last but one is as late as it is taken, the last one a usual clock's.
    let moments = [u64::MAX, u64::MAX / 2, u64::MAX / 4, 1_800_000_000_000_000_000];
    for first in [Duration::MAX].into_iter().chain(moments.map(Duration::from_nanos)) {
        let file = folder.path().join("end.mkv");
        recorder.start(&file).expect("it starts");
        let (taken, block) = (first <= Duration::from_nanos(u64::MAX / 4), sound(FIRST * SAMPLES, 24_000));
        assert_eq!(recorder.submit_video(picture(FIRST), Some(first)).is_ok(), taken);
        assert_eq!(recorder.submit_audio(&block, Some(first)).is_ok(), taken);
        if !taken {
            refused!(recorder.submit_audio(&block, Some(first)), SubmitError::Feed(FeedError::Far { .. }));
            submit(&recorder, FIRST..FIRST + 15, true);
        }
        let report = recorder.stop().expect("it records");
        assert_eq!((report.frames, report.samples), (15, 15 * SAMPLES), "{first:?}");
        std::fs::remove_file(&file).expect("it was there");
    }
    still_records(&recorder, folder.path());
}
