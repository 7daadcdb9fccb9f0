// SPDX-License-Identifier: MIT
//! Another camera, another microphone, in the middle of a recording: through the library, as a window would.

use crate::support::ruler::{read_with_ffmpeg, read_with_gstreamer};
use hyperzoom::media::{self, Channel};
use hyperzoom::studio::{CameraChoice, Event, MicrophoneChoice, Recorder, Settings};
use hyperzoom::words::{Rate, Size};

#[test]
fn another_camera_and_microphone_go_on_in_the_same_file_and_its_size_stays() {
    media::start().expect("GStreamer starts");
    let home = tempfile::tempdir().expect("a folder");
    let mut settings = Settings::new(home.path().to_owned());
    settings.camera = CameraChoice::Test(Size { width: 640, height: 360 }, Rate::whole(30));
    settings.microphone = MicrophoneChoice::Test(Channel::Auto);
    let (starting, stopper) = Recorder::start(settings);
    let recorder = starting.started().expect("it starts");
    let mut seconds = 0;
    let mut finished = None;
    let mut told = Vec::new();
    for event in recorder.events() {
        match event {
            Event::Stats { .. } => {
                seconds += 1;
                if seconds == 2 {
                    let smaller = CameraChoice::Test(Size { width: 320, height: 180 }, Rate::whole(30));
                    recorder.switch_camera(smaller).expect("there is a test camera");
                    let again = MicrophoneChoice::Test(Channel::Auto);
                    recorder.switch_microphone(again).expect("there is a test microphone");
                }
                if seconds == 5 {
                    stopper.stop();
                }
            }
            Event::Warning { kind, .. } => told.push(kind),
            Event::RecordingFinished(end) => finished = Some(end),
            _ => {}
        }
    }
    let end = finished.expect("it ends");
    assert!(end.finalised && end.frames_dropped == 0, "{end:?}");
    assert!(["camera-back", "microphone-back"].iter().all(|k| told.iter().any(|t| t == k)), "{told:?}");
    let reading = read_with_ffmpeg(&end.file);
    assert_eq!(reading.frames.len() as u64, end.frames, "constant rate throughout");
    assert_eq!(end.samples, end.frames * 1_600);
    reading.assert_constant_rate(Rate::whole(30), 30_000);
    let black = reading.frames.iter().filter(|f| f.number.is_none()).count();
    assert!((1..45).contains(&black), "black until the other camera shows a picture: {black}");
    let last = reading.frames.last().and_then(|f| f.number).expect("the other camera's numbers");
    let first = reading.frames.first().and_then(|f| f.number).expect("the first camera's numbers");
    assert_eq!(u64::from(last - first) + 1, end.frames, "both count on one clock, so nothing slid");
    let offsets =
        read_with_gstreamer(&end.file).sound_behind_ms(hyperzoom::sync::ruler::Grid::new(Rate::whole(30), 0.0));
    assert!(offsets.len() >= 3 && offsets.iter().all(|ms| ms.abs() <= 5.0), "in sync before and after: {offsets:?}");
}
