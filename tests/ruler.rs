// SPDX-License-Identifier: MIT
//! The rulers measure: what the test sources play is found again in recorded files, and what is missing there is
//! named exactly.

use crate::support::ruler::{FrameFault, Reading, SoundFault, read_with_ffmpeg, read_with_gstreamer, sound_faults};
use gstreamer as gst;
use gstreamer::prelude::*;
use hyperzoom::media;
use hyperzoom::sync::ruler::{Format, Grid, Painter, Plane, Tone};
use hyperzoom::words::{Rate, Size};
use std::path::Path;
use std::time::{Duration, Instant};

const RATE_HZ: u32 = 48_000;

fn built(text: &str) -> gst::Pipeline {
    media::start().expect("GStreamer is installed");
    let pipeline = gst::parse::launch(text).expect("the text is right");
    pipeline.downcast().expect("more than one element")
}

/// Runs gst text with `FILE` standing for the file until its sources have ended. `meddle` may reach in before.
fn record(text: &str, file: &Path, meddle: impl FnOnce(&gst::Pipeline)) {
    let pipeline = built(&text.replace("FILE", file.to_str().expect("a plain path")));
    meddle(&pipeline);
    pipeline.set_state(gst::State::Playing).expect("nothing to wait for");
    let bus = pipeline.bus().expect("pipelines have one");
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let last = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends);
    pipeline.set_state(gst::State::Null).expect("down always works");
    match last.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        other => panic!("recording failed: {other:?}"),
    }
}

/// Text that records both rulers: `video` and `sound` are appended to the sources.
fn both(seconds: u32, size: (u32, u32), fps: u32, video: &str, sound: &str, mux: &str) -> String {
    let (width, height) = size;
    format!(
        "rulervideosrc name=camera num-buffers={frames} ! video/x-raw,width={width},height={height},framerate={fps}/1 \
         ! {video} ! {EVERYTHING} ! {mux} name=mux ! filesink location=FILE \
         rulersoundsrc name=microphone num-buffers={blocks} ! audio/x-raw,rate=48000,format=S16LE \
         ! {sound} ! {EVERYTHING} ! mux.",
        frames = seconds * fps,
        blocks = seconds * 200,
    )
}

/// A queue that never drops and never blocks.
const EVERYTHING: &str = "queue max-size-time=0 max-size-bytes=0 max-size-buffers=0";
const X264: &str = "identity name=frames ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 \
                    ! x264enc speed-preset=ultrafast bframes=0 key-int-max=30 bitrate=4000 ! h264parse";
const RAW: &str = "identity name=frames";
const FLAC: &str = "identity name=blocks ! flacenc";
const AAC: &str = "identity name=blocks ! audioconvert ! avenc_aac bitrate=192000 ! aacparse";

fn with_both_readers(file: &Path, judge: impl Fn(Reading)) {
    judge(read_with_ffmpeg(file));
    judge(read_with_gstreamer(file));
}

/// The absolute index of the file's first sample, and everything that is wrong with the sound.
fn judged(reading: &Reading, pictures: Grid, tone: &Tone) -> (u64, Vec<SoundFault>) {
    let expected = reading.expected_sample(pictures, tone).expect("pictures and sound");
    let first = reading.sound.first_index(0, tone, expected, 9_600).expect("the sound is the ruler's");
    (first, sound_faults(&reading.sound, 0, tone, first, 4_800))
}

#[test]
fn a_lossless_recording_shows_every_frame_and_sample_in_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("whole.mkv");
    record(&both(3, (160, 90), 30, RAW, FLAC, "matroskamux"), &file, |_| {});
    let (pictures, tone) = (Grid::new(Rate::whole(30), 0.0), Tone::new(RATE_HZ, 0.0));
    with_both_readers(&file, |reading| {
        assert_eq!(reading.frames.len(), 90);
        reading.assert_consecutive();
        reading.assert_flashes(pictures);
        reading.assert_constant_rate(Rate::whole(30), 1_000);
        assert_eq!((reading.sound.len(), reading.sound.breaks.len()), (3 * 48_000, 0));
        let (first, faults) = judged(&reading, pictures, &tone);
        assert_eq!(faults, []);
        let expected = reading.expected_sample(pictures, &tone).expect("both");
        assert!(first.abs_diff(expected) <= 48, "Matroska's clock has milliseconds: {first} {expected}");
        let offsets = reading.sound_behind_ms(pictures);
        assert!(offsets.len() >= 2 && offsets.iter().all(|ms| ms.abs() <= 1.0), "{offsets:?}");
    });
}

/// What H.264, AAC and MP4 leave of a ruler of this size.
fn survives_lossy_codecs(size: (u32, u32), fps: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lossy.mp4");
    record(&both(3, size, fps, X264, AAC, "qtmux"), &file, |_| {});
    let (pictures, tone) = (Grid::new(Rate::whole(fps), 0.0), Tone::new(RATE_HZ, 0.0));
    with_both_readers(&file, |reading| {
        assert_eq!(reading.frames.len() as u32, 3 * fps);
        reading.assert_consecutive();
        reading.assert_flashes(pictures);
        reading.assert_constant_rate(Rate::whole(fps), 10_000);
        let (_, faults) = judged(&reading, pictures, &tone);
        assert_eq!(faults, []);
        // This muxer does not signal the encoder's priming of 1024 samples, which is 21.3 ms.
        let offsets = reading.sound_behind_ms(pictures);
        assert!(offsets.len() >= 2 && offsets.iter().all(|ms| (ms - offsets[0]).abs() < 0.1), "{offsets:?}");
        assert!(offsets.iter().all(|ms| ms.abs() < 22.0), "{offsets:?}");
    });
}

#[test]
fn a_thumbnail_survives_lossy_codecs() {
    survives_lossy_codecs((160, 90), 30);
}

#[test]
fn vga_survives_lossy_codecs() {
    survives_lossy_codecs((640, 480), 30);
}

#[test]
fn hd_at_the_european_rate_survives_lossy_codecs() {
    survives_lossy_codecs((1280, 720), 25);
}

#[test]
fn full_hd_at_sixty_frames_survives_lossy_codecs() {
    survives_lossy_codecs((1920, 1080), 60);
}

/// Calls `change` with the index of every buffer that leaves an element; `false` drops the buffer.
fn meddle<F>(pipeline: &gst::Pipeline, element: &str, change: F)
where
    F: Fn(usize, &mut gst::Buffer) -> bool + Send + Sync + 'static,
{
    let pad = pipeline.by_name(element).expect("named").static_pad("src").expect("it has one");
    let count = std::sync::atomic::AtomicUsize::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let index = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let buffer = info.buffer_mut().expect("a probe of buffers");
        if change(index, buffer) { gst::PadProbeReturn::Ok } else { gst::PadProbeReturn::Drop }
    });
}

/// Replaces a buffer's bytes, whatever their number, and keeps its stamps.
fn rewrite(buffer: &mut gst::Buffer, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let bytes = buffer.map_readable().expect("memory can be read").to_vec();
    let mut fresh = gst::Buffer::from_mut_slice(change(bytes));
    buffer.copy_into(fresh.make_mut(), gst::BufferCopyFlags::TIMESTAMPS, ..).expect("stamps can be copied");
    *buffer = fresh;
}

#[test]
fn a_lost_and_a_repeated_frame_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, video, mux) in [("raw.mkv", RAW, "matroskamux"), ("lossy.mkv", X264, "matroskamux")] {
        let file = folder.path().join(name);
        record(&both(2, (320, 180), 30, video, FLAC, mux), &file, |pipeline| {
            let kept = std::sync::Mutex::new(Vec::new());
            meddle(pipeline, "frames", move |index, buffer| {
                let mut kept = kept.lock().expect("nobody panicked");
                match index {
                    40 => *kept = buffer.map_readable().expect("memory can be read").to_vec(),
                    41 => rewrite(buffer, |_| kept.clone()),
                    _ => {}
                }
                index != 20
            });
        });
        with_both_readers(&file, |reading| {
            let (lost, doubled) = (FrameFault::Lost { at: 20, count: 1 }, FrameFault::Doubled { at: 40 });
            assert_eq!(reading.frame_faults(), [lost, doubled, FrameFault::Lost { at: 41, count: 1 }], "{name}");
        });
    }
}

/// Records sound with faults made on purpose in blocks of 240 samples, and judges what the reader says of it.
fn with_spoilt_sound(sound: &str, name: &str, judge: impl Fn(Vec<SoundFault>)) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    let mux = if name.ends_with("mkv") { "matroskamux" } else { "qtmux" };
    record(&both(4, (160, 90), 30, X264, sound, mux), &file, |pipeline| {
        meddle(pipeline, "blocks", |index, buffer| {
            // Two bytes a sample: 100 lost, one lost, 7 doubled, 90 zeros pushed in, 1440 replaced by zeros.
            match index {
                150 => rewrite(buffer, |bytes| bytes[200..].to_vec()),
                250 => rewrite(buffer, |bytes| bytes[2..].to_vec()),
                350 => rewrite(buffer, |bytes| [&bytes[..14], &bytes[..]].concat()),
                450 => rewrite(buffer, |bytes| [&[0; 180][..], &bytes[..]].concat()),
                550..556 => rewrite(buffer, |bytes| vec![0; bytes.len()]),
                _ => {}
            }
            true
        });
    });
    let (pictures, tone) = (Grid::new(Rate::whole(30), 0.0), Tone::new(RATE_HZ, 0.0));
    with_both_readers(&file, |reading| judge(judged(&reading, pictures, &tone).1));
}

#[test]
fn lost_doubled_and_padded_samples_are_named_exactly_in_lossless_sound() {
    with_spoilt_sound(FLAC, "spoilt.mkv", |faults| {
        let expected = [
            SoundFault::Lost { at: 36_000, count: 100 },
            SoundFault::Lost { at: 59_900, count: 1 },
            SoundFault::Extra { at: 83_906, count: 7 },
            SoundFault::Extra { at: 107_906, count: 90 },
            SoundFault::Foreign { at: 131_996, count: 1_440 },
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        assert!(faults.iter().zip(&expected).all(|(found, made)| the_same(found, made)), "{faults:?}");
    });
}

/// Noise differs from run to run, and where its own next samples happen to be those that were pushed in or left
/// out, nobody can tell on which of them the fault began.
fn the_same(found: &SoundFault, made: &SoundFault) -> bool {
    let near = |a: usize, b: usize| a.abs_diff(b) <= 3;
    match (*found, *made) {
        (SoundFault::Lost { at: a, count: m }, SoundFault::Lost { at: b, count: n })
        | (SoundFault::Extra { at: a, count: m }, SoundFault::Extra { at: b, count: n }) => near(a, b) && m == n,
        (SoundFault::Foreign { at: a, count: m }, SoundFault::Foreign { at: b, count: n }) => near(a, b) && near(m, n),
        _ => false,
    }
}

#[test]
fn lost_doubled_and_padded_samples_are_counted_in_lossy_sound() {
    let near = |at: usize, exact: usize| at.abs_diff(exact + 1_024) < 720;
    with_spoilt_sound(AAC, "spoilt.mp4", |faults| match faults[..] {
        [
            SoundFault::Lost { at: a, count: 100 },
            SoundFault::Lost { at: b, count: 1 },
            SoundFault::Extra { at: c, count: 7 },
            SoundFault::Extra { at: d, count: 90 },
            SoundFault::Foreign { at: e, count: 960..=1_920 },
        ] => {
            assert!(near(a, 36_000) && near(b, 59_900) && near(c, 83_906) && near(d, 107_906), "{faults:?}");
            assert!(near(e, 131_996), "{faults:?}");
        }
        _ => panic!("{faults:?}"),
    });
}

#[test]
fn stamps_lie_on_the_grid_whatever_the_base_time() {
    let text = "rulervideosrc num-buffers=20 ppm=100 ! video/x-raw,width=160,height=90,framerate=60/1,format=NV12 \
                ! appsink name=pictures sync=false \
                rulersoundsrc num-buffers=40 ppm=-100 ! audio/x-raw,channels=2 ! appsink name=sound sync=false";
    for ahead in [None, Some(-5_i64), Some(1)] {
        let pipeline = built(text);
        let clock = gst::SystemClock::obtain();
        if let Some(seconds) = ahead {
            pipeline.use_clock(Some(&clock));
            pipeline.set_start_time(gst::ClockTime::NONE);
            let base = clock.time().nseconds().saturating_add_signed(seconds * 1_000_000_007);
            pipeline.set_base_time(gst::ClockTime::from_nseconds(base));
        }
        pipeline.set_state(gst::State::Playing).expect("nothing to wait for");
        for (name, rate, ppm) in [("pictures", 60, 100.0), ("sound", 48_000, -100.0)] {
            let sink = pipeline.by_name(name).expect("named").downcast::<gstreamer_app::AppSink>().expect("it is one");
            let grid = Grid::new(Rate::whole(rate), ppm);
            let mut next = None;
            while let Ok(sample) = sink.pull_sample() {
                let buffer = sample.buffer().expect("a sample carries one");
                let base = pipeline.base_time().expect("it plays").nseconds();
                let (first, end) = (buffer.offset(), buffer.offset_end());
                assert_eq!(buffer.pts().expect("stamped").nseconds() + base, grid.begin(first).0, "{name} {ahead:?}");
                assert!(next.is_none_or(|next| next == first), "{name} goes on where it was");
                next = Some(end);
            }
            assert!(next.is_some(), "{name}");
        }
        pipeline.set_state(gst::State::Null).expect("down always works");
    }
}

#[test]
fn skewed_sources_count_on_their_own_clocks_and_mark_whole_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("skewed.mkv");
    // Fifty times what a bad sound card does, so that three seconds suffice.
    let (camera_ppm, microphone_ppm) = (-10_000.0, 5_000.0);
    record(&both(4, (160, 90), 30, RAW, FLAC, "matroskamux"), &file, |pipeline| {
        pipeline.by_name("camera").expect("named").set_property("ppm", camera_ppm);
        pipeline.by_name("microphone").expect("named").set_property("ppm", microphone_ppm);
    });
    let (pictures, tone) = (Grid::new(Rate::whole(30), camera_ppm), Tone::new(RATE_HZ, microphone_ppm));
    with_both_readers(&file, |reading| {
        reading.assert_consecutive();
        reading.assert_flashes(pictures);
        let shown_ns = reading.frames[100].pts_ns - reading.frames[0].pts_ns;
        assert!(shown_ns.abs_diff(3_367_003_367) <= 1_000_000, "100 frames at 29.7 a second: {shown_ns}");
        let beeps = reading.sound.beeps_ns();
        for pair in beeps.windows(2) {
            let samples = (pair[1] - pair[0]) * 48e-6;
            assert!((samples - 48_240.0).abs() < 0.5, "a monotonic second has {samples} samples");
        }
        assert_eq!(judged(&reading, pictures, &tone).1, []);
        // Whoever only counts samples hears each second 5 ms later than the one before.
        let drift: Vec<f64> = reading.sound_behind_ms(pictures).windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(drift.len() >= 2 && drift.iter().all(|ms| (ms - 5.0).abs() < 1.1), "{drift:?}");
    });
}

#[test]
fn a_starved_source_comes_late_but_owes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("starved.mkv");
    record(&both(3, (160, 90), 30, RAW, FLAC, "matroskamux"), &file, |pipeline| {
        for (name, at) in [("frames", 30), ("blocks", 200)] {
            meddle(pipeline, name, move |index, _| {
                if index == at {
                    std::thread::sleep(Duration::from_millis(700));
                }
                true
            });
        }
    });
    let (pictures, tone) = (Grid::new(Rate::whole(30), 0.0), Tone::new(RATE_HZ, 0.0));
    with_both_readers(&file, |reading| {
        reading.assert_consecutive();
        reading.assert_constant_rate(Rate::whole(30), 1_000);
        assert_eq!(judged(&reading, pictures, &tone).1, []);
    });
}

#[test]
fn only_the_active_channel_sounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("channels.wav");
    let text = "rulersoundsrc num-buffers=100 block-samples=480 active-channel=5 \
                ! audio/x-raw,rate=48000,channels=8,format=F32LE ! wavenc ! filesink location=FILE";
    record(text, &file, |_| {});
    let sound = read_with_ffmpeg(&file).sound;
    assert_eq!((sound.channels.len(), sound.len()), (8, 48_000));
    for (channel, samples) in sound.channels.iter().enumerate() {
        assert_eq!(samples.iter().any(|&sample| sample != 0.0), channel == 5, "channel {channel}");
    }
}

#[test]
fn a_source_that_waits_can_be_stopped_and_goes_on_after_a_pause() {
    let text = "rulersoundsrc block-samples=65536 ! audio/x-raw,rate=8000 ! fakesink sync=false async=false \
                rulervideosrc ! video/x-raw,framerate=30/1,width=160,height=90 ! appsink name=sink sync=false";
    let pipeline = built(text);
    let sink = pipeline.by_name("sink").expect("named").downcast::<gstreamer_app::AppSink>().expect("it is one");
    let started = Instant::now();
    for _ in 0..2 {
        pipeline.set_state(gst::State::Playing).expect("nothing to wait for");
        for _ in 0..5 {
            sink.pull_sample().expect("pictures go on");
        }
        pipeline.set_state(gst::State::Paused).expect("nothing to wait for");
        std::thread::sleep(Duration::from_millis(300));
    }
    pipeline.set_state(gst::State::Playing).expect("nothing to wait for");
    let stamp = || sink.pull_sample().ok()?.buffer()?.pts();
    let [_, _, late] = [stamp(), stamp(), stamp()].map(|stamp| stamp.expect("pictures go on"));
    let running = pipeline.current_running_time().expect("it plays");
    let behind = running.absdiff(late);
    assert!(behind < gst::ClockTime::from_mseconds(250), "nothing is owed for a pause, but {behind} is");
    pipeline.set_state(gst::State::Null).expect("down always works");
    assert!(started.elapsed().as_secs() < 5, "the block of eight seconds was not waited for");
}

#[test]
#[ignore = "a measurement: the time that drawing takes, of interest in a release build"]
fn what_a_frame_costs() {
    let painter = Painter::new(Size::FULL_HD);
    let at = |offset, stride| Plane { offset, stride };
    let pixels = Size::FULL_HD.pixels() as usize;
    for (format, planes) in [
        (Format::I420, vec![at(0, 1920), at(pixels, 960), at(pixels * 5 / 4, 960)]),
        (Format::Nv12, vec![at(0, 1920), at(pixels, 1920)]),
        (Format::Yuy2, vec![at(0, 3840)]),
    ] {
        let mut data = vec![0; pixels * 2];
        let started = Instant::now();
        (0..600).for_each(|number| painter.paint(number, false, format, &planes, &mut data));
        println!("{format:?}: {:.3} ms a 1080p frame", started.elapsed().as_secs_f64() / 0.6);
    }
    let tone = Tone::new(RATE_HZ, 0.0);
    let mut block = [0; 240];
    let started = Instant::now();
    (0..20_000).for_each(|i| tone.fill(i * 240, &mut block));
    println!("{:.3} ms a second of sound", started.elapsed().as_secs_f64() * 10.0);
}

#[test]
#[ignore = "a measurement: how much of 18 Mbit/s the picture makes an encoder use"]
fn what_an_encoder_makes_of_the_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    for preset in ["superfast", "veryfast"] {
        let file = folder.path().join("picture.h264");
        // An average with a limit: what this element calls the first of two passes.
        let text = format!(
            "rulervideosrc num-buffers=300 ! video/x-raw,width=1920,height=1080,framerate=30/1 ! {EVERYTHING} \
             ! x264enc pass=pass1 multipass-cache-file=/dev/null speed-preset={preset} bframes=0 key-int-max=30 \
               bitrate=18000 option-string=vbv-maxrate=20000:vbv-bufsize=20000 \
             ! video/x-h264,stream-format=byte-stream ! filesink location=FILE"
        );
        let started = Instant::now();
        record(&text, &file, |_| {});
        let bits = std::fs::metadata(&file).expect("it was written").len() * 8;
        println!("{preset}: {:.1} Mbit/s, ready after {:.1} s", bits as f64 / 10e6, started.elapsed().as_secs_f64());
    }
}
