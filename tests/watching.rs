// SPDX-License-Identifier: MIT
//! What a window needs of the library, with test sources: no display, sound card or camera has to be there.

mod call;
mod library;

use hyperzoom::media::{self, Channel, DeviceKind};
use hyperzoom::studio::{CameraChoice, Meters, MicrophoneChoice, Preview, PreviewEvent, Shown};
use hyperzoom::words::{Rate, Size};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Whatever is waited for here comes within a second; machines may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

fn camera(width: u32, height: u32) -> CameraChoice {
    CameraChoice::Test(Size { width, height }, Rate::whole(30))
}

/// The test sound is loud once a second.
fn await_level(what: &str, meters: &Meters, level: impl Fn(&Meters) -> f32, wanted: impl Fn(f32) -> bool) {
    let begun = Instant::now();
    loop {
        let peak = level(meters);
        if wanted(peak) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {peak}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_preview_shows_and_hears_us_and_is_over_when_it_is_dropped() {
    media::start().expect("GStreamer starts");
    let (tell, told) = channel();
    let (show, shown) = channel();
    let show = Mutex::new(show);
    let watch = Arc::new(move |picture: Shown<'_>| {
        if let Shown::Own(picture) = picture {
            let size = picture.format().map(|format| format.size);
            let _ = show.lock().expect("nobody panics").send(size);
        }
    });
    let microphone = MicrophoneChoice::Test(Channel::Auto);
    let preview = Preview::start(camera(320, 180), microphone, watch, move |event| drop(tell.send(event)));
    let preview = preview.expect("the test sources are always there");
    let size = Size { width: 320, height: 180 };
    assert_eq!(shown.recv_timeout(PATIENCE).expect("a picture"), Some(size));
    let mut events: Vec<PreviewEvent> = (0..2).map(|_| told.recv_timeout(PATIENCE).expect("two devices")).collect();
    events.sort_by_key(|event| matches!(event, PreviewEvent::Microphone { .. }));
    assert!(matches!(&events[0], PreviewEvent::Camera { test: true, size: s, .. } if *s == size), "{events:?}");
    assert!(matches!(&events[1], PreviewEvent::Microphone { test: true, .. }), "{events:?}");
    await_level("our own level", &preview.meters(), |meters| meters.own().peak, |peak| peak > 0.1);
    preview.end();
    assert!(told.try_iter().all(|event| !matches!(event, PreviewEvent::Lost { .. })));
    while shown.recv_timeout(PATIENCE).is_ok() {}
}

#[test]
fn a_preview_of_a_device_that_is_not_there_says_which_there_are_and_one_of_nothing_is_empty() {
    media::start().expect("GStreamer starts");
    let watch = Arc::new(|_: Shown<'_>| panic!("nothing is to be seen"));
    let nowhere = CameraChoice::Id("no such camera".to_owned());
    let refused = Preview::start(nowhere, MicrophoneChoice::Off, watch.clone(), |_| {}).expect_err("it is not there");
    assert!(refused.to_string().contains("there is no camera 'no such camera'"), "{refused}");
    let empty = Preview::start(CameraChoice::Off, MicrophoneChoice::Off, watch, |event| panic!("{event:?}"));
    assert_eq!(empty.expect("nothing is asked for").meters().own().peak, 0.0);
}

#[test]
fn a_watch_tells_at_once_what_there_is() {
    media::start().expect("GStreamer starts");
    let (tell, told) = channel();
    let watch = media::DeviceWatch::start(move |devices| drop(tell.send(devices)));
    let devices = told.recv_timeout(PATIENCE).expect("at once");
    for kind in [DeviceKind::Camera, DeviceKind::Microphone] {
        assert!(devices.iter().any(|device| device.kind == kind && device.is_test()), "{devices:?}");
    }
    drop(watch);
    assert!(told.recv().is_err(), "nobody is told after the end");
}
