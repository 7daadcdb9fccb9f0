// SPDX-License-Identifier: MIT
//! Graphs that break or hang: nobody who gives them pictures notices, and they come back.
//!
//! A text of one's own is read from an environment variable, which belongs to a whole process: each of these tests
//! runs again as a process of its own, with a text that breaks.

use super::world::{HD, SOON};
use crate::support::machine::overridden;
use hyperzoom::media::{self, Encoded, FaceOut, FaceSignal, FarFace, FarSignal};
use hyperzoom::words::Mono;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Tells the child that it is one.
const CHILD: &str = "HYPERZOOM_TEST_CHILD";

/// Whoever gives a picture is back by then, however busy the machine.
const AWAY_NS_MAX: i64 = 100_000_000;

/// Runs the test of this name again, as a process of its own with another text; `true` in that process.
fn is_alone_with(test: &str, file: &str, from: &str, to: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let folder = overridden(file, from, to);
    let mut child = Command::new(std::env::current_exe().expect("this program runs"));
    child.args(["--exact", &format!("faces::breaking::{test}"), "--nocapture", "--test-threads=1"]);
    let child = child.env(CHILD, "1").env("HYPERZOOM_PIPELINES", folder.path()).output().expect("it runs again");
    let said = String::from_utf8_lossy(&child.stdout);
    println!("{said}");
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    assert!(said.contains("1 passed"), "{said}");
    false
}

fn our_end() -> (Arc<FaceOut>, Receiver<FaceSignal>) {
    media::start().expect("GStreamer is installed");
    let (tell, told) = channel();
    let out = FaceOut::start(move |signal| drop(tell.send(signal))).expect("the text can be built");
    (Arc::new(out), told)
}

/// Gives the camera's pictures to our end, for so many of them; the longest that giving one took.
fn give(out: &Arc<FaceOut>, pictures: usize) -> i64 {
    let (tell, told) = channel();
    let theirs = out.clone();
    let test = media::Device::test(media::DeviceKind::Camera);
    let on_signal = move |signal| {
        let media::CameraSignal::Picture(picture) = signal else { panic!("the test camera is lost") };
        let before = media::now();
        theirs.take(&picture);
        let _ = tell.send(media::now().since(before));
    };
    let rate = hyperzoom::words::Rate::whole(30);
    let _camera = media::Camera::open(&test, None, (HD, rate), on_signal).expect("it is built in");
    (0..pictures).map(|_| told.recv_timeout(SOON).expect("pictures come")).max().expect("some")
}

#[test]
fn an_encoder_that_breaks_is_told_once_and_begins_anew() {
    if !is_alone_with(
        "an_encoder_that_breaks_is_told_once_and_begins_anew",
        "outgoing-picture.launch",
        "! vp8enc",
        "! identity error-after=10 ! vp8enc",
    ) {
        return;
    }
    let (out, told) = our_end();
    let away_ns = give(&out, 100);
    drop(out);
    let signals: Vec<FaceSignal> = told.iter().collect();
    let keys = signals.iter().filter(|s| matches!(s, FaceSignal::Encoded(Encoded { key: true, .. }))).count();
    let failures = signals.iter().filter(|s| matches!(s, FaceSignal::Failed(_))).count();
    println!("{} signals, {keys} beginnings, waited {:.2} ms at most", signals.len(), away_ns as f64 / 1e6);
    assert!(keys >= 2, "each beginning is a key frame");
    assert_eq!(failures, 1);
    assert!(away_ns < AWAY_NS_MAX, "{away_ns}");
}

#[test]
fn an_encoder_that_hangs_keeps_nobody_waiting() {
    if !is_alone_with(
        "an_encoder_that_hangs_keeps_nobody_waiting",
        "outgoing-picture.launch",
        "! vp8enc",
        "! identity sleep-time=20000000 ! vp8enc",
    ) {
        return;
    }
    let (out, _told) = our_end();
    let away_ns = give(&out, 90);
    assert!(away_ns < AWAY_NS_MAX, "{away_ns}");
    assert!(out.shed() > 60, "{}", out.shed());
    let before = media::now();
    drop(out);
    let away_ns = media::now().since(before);
    assert!(away_ns < AWAY_NS_MAX, "leaving a hanging encoder took {away_ns} ns");
}

/// From now on the text is the built-in one again: whatever is built next works.
fn mend(file: &str) {
    let folder = std::env::var_os("HYPERZOOM_PIPELINES").expect("it is alone with a text");
    std::fs::remove_file(std::path::Path::new(&folder).join(file)).expect("its own folder");
}

#[test]
fn an_encoder_that_hangs_is_replaced() {
    let (test, file) = ("an_encoder_that_hangs_is_replaced", "outgoing-picture.launch");
    if !is_alone_with(test, file, "! vp8enc", "! identity sleep-time=60000000 ! vp8enc") {
        return;
    }
    let (out, told) = our_end();
    mend(file);
    let giver = std::thread::spawn(move || give(&out, 300));
    let first = told.recv_timeout(SOON).expect("it is noticed");
    assert!(matches!(&first, FaceSignal::Failed(trouble) if trouble.message.contains("hangs")), "{first:?}");
    let next = told.recv_timeout(SOON).expect("the next one works");
    assert!(matches!(next, FaceSignal::Encoded(Encoded { key: true, .. })), "{next:?}");
    let away_ns = giver.join().expect("no panic");
    assert!(away_ns < AWAY_NS_MAX, "{away_ns}");
}

#[test]
fn a_decoder_that_hangs_is_replaced() {
    let (test, file) = ("a_decoder_that_hangs_is_replaced", "far-picture.launch");
    if !is_alone_with(test, file, "! appsink", "! identity sleep-time=60000000 ! appsink") {
        return;
    }
    let (out, encoded) = our_end();
    let (tell, told) = channel();
    let far = FarFace::start(move |signal| drop(tell.send(signal))).expect("the text can be built");
    mend(file);
    let ours = out.clone();
    let giver = std::thread::spawn(move || give(&ours, 330));
    let mut shown = false;
    while let Ok(FaceSignal::Encoded(picture)) = encoded.recv_timeout(SOON) {
        if far.picture(&picture.bytes, picture.key, picture.captured) {
            out.want_key();
        }
        shown |= told.try_iter().any(|signal| matches!(signal, FarSignal::Shown(_)));
        if shown || giver.is_finished() {
            break;
        }
    }
    assert!(shown, "the one that hangs was replaced");
    giver.join().expect("no panic");
}

#[test]
fn a_decoder_that_breaks_asks_for_a_key_frame_and_shows_again() {
    if !is_alone_with(
        "a_decoder_that_breaks_asks_for_a_key_frame_and_shows_again",
        "far-picture.launch",
        "! appsink",
        "! identity error-after=10 ! appsink",
    ) {
        return;
    }
    let (out, encoded) = our_end();
    let (tell, told) = channel();
    let far = FarFace::start(move |signal| drop(tell.send(signal))).expect("the text can be built");
    let giver = std::thread::spawn(move || give(&out, 100));
    let mut asked = 0;
    let mut pictures = 0;
    while let Ok(signal) = encoded.recv_timeout(SOON) {
        let FaceSignal::Encoded(picture) = signal else { panic!("{signal:?}") };
        asked += u32::from(far.picture(&picture.bytes, picture.key, picture.captured));
        pictures += 1;
        if giver.is_finished() {
            break;
        }
    }
    giver.join().expect("no panic");
    drop(far);
    let signals: Vec<FarSignal> = told.iter().collect();
    let failures = signals.iter().filter(|s| matches!(s, FarSignal::Failed(_))).count();
    println!("{} of {pictures} shown, {asked} times asked for a key frame", signals.len() - failures);
    assert_eq!(failures, 1);
    assert!(asked >= 1 && signals.len() > 12, "{asked}, {}", signals.len());
}

#[test]
fn pictures_that_are_none_change_nothing() {
    media::start().expect("GStreamer is installed");
    let (tell, told) = channel();
    let far = FarFace::start(move |signal| drop(tell.send(signal))).expect("its text is built in");
    let at = Mono(Mono::SECOND);
    let huge = [&[0, 1, 0x10, 0, 0, 0x9d, 0x01, 0x2a][..], &[0xff, 0x3f, 0xff, 0x3f], &[0; 30]].concat();
    for bytes in [&[][..], &[0], &[0, 1], &[0; 40], &huge] {
        assert!(!far.picture(bytes, true, at), "nobody is asked because of nonsense");
    }
    // Well begun, and then noise: the decoder may say what it likes, once.
    let begun =
        [&[0, 1, 0x10, 0xff, 0xff, 0x9d, 0x01, 0x2a][..], &480_u16.to_le_bytes(), &360_u16.to_le_bytes()].concat();
    let noise: Vec<u8> = (0..2000_u32).map(|k| (k * k % 251) as u8).collect();
    for k in 0..20 {
        let _ = far.picture(&[&begun[..], &noise].concat(), true, at.offset(k));
    }
    drop(far);
    let failures = told.iter().filter(|signal| matches!(signal, FarSignal::Failed(_))).count();
    assert!(failures <= 1, "{failures}");
}
