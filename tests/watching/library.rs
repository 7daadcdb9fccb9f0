// SPDX-License-Identifier: MIT
//! Past sessions: real recordings, whole, cut off, and things that are none.

use super::camera;
use hyperzoom::media::{self, Channel};
use hyperzoom::studio::library::{recover, sessions, thumbnail_kept_in};
use hyperzoom::studio::{Finished, MicrophoneChoice, Recorder, Settings};
use std::cell::RefCell;
use std::path::Path;

fn recorded(recordings: &Path, name: &str) -> Finished {
    let mut settings = Settings::new(recordings.to_owned());
    (settings.camera, settings.microphone) = (camera(320, 180), MicrophoneChoice::Test(Channel::Auto));
    (settings.session_name, settings.participant) = (name.to_owned(), "host".to_owned());
    settings.seconds = Some(4.0);
    let (starting, _stopper) = Recorder::start(settings);
    let recorder = starting.started().expect("it starts");
    let end = recorder.events().find_map(|event| match event {
        hyperzoom::studio::Event::RecordingFinished(end) => Some(end),
        _ => None,
    });
    end.expect("it ends by itself")
}

#[test]
fn sessions_are_listed_newest_first_seen_and_mended() {
    media::start().expect("GStreamer starts");
    let home = tempfile::tempdir().expect("a folder");
    let recordings = home.path().join("recordings");
    assert!(sessions(&recordings).is_empty(), "nothing is there yet");
    let first = recorded(&recordings, "First talk");
    let second = recorded(&recordings, "Second talk");
    std::fs::create_dir(recordings.join("holiday pictures")).expect("our own folder");
    std::fs::write(recordings.join("notes.txt"), "no session").expect("our own folder");
    std::fs::create_dir(recordings.join("broken")).expect("our own folder");
    std::fs::write(recordings.join("broken/local_recording.mp4"), "no movie").expect("our own folder");
    // As a crash would have left it: a copy from before it was finished, without its last bytes.
    hyperzoom::disk::repair::undo(&first.file).expect("ours can be taken back");
    let bytes = std::fs::read(&first.file).expect("there");
    std::fs::write(&first.file, &bytes[..bytes.len() - 1_000]).expect("our own folder");
    let metadata = first.folder.join("session_metadata.json");
    let text = std::fs::read_to_string(&metadata).expect("there").replace("\"finished\"", "\"recording\"");
    std::fs::write(&metadata, text).expect("our own folder");

    let found = sessions(&recordings);
    let names: Vec<&str> = found.iter().map(|session| session.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with("talk")).collect::<Vec<_>>(), [&"Second talk", &"First talk"]);
    let of = |name: &str| found.iter().find(|session| session.name == name).expect("listed");
    let whole = of("Second talk");
    assert!(whole.finished && !whole.running && whole.people == ["host"], "{whole:?}");
    assert_eq!((whole.frames, whole.seconds, &whole.master), (Some(second.frames), second.seconds, &second.file));
    assert!(whole.bytes > second.bytes && whole.started.len() == 16 && whole.notes.is_empty(), "{whole:?}");
    let broken = of("broken");
    assert!(!broken.finished && broken.notes.len() == 1, "{broken:?}");
    let torn = of("First talk");
    assert!(!torn.finished && !torn.running && (2.0..=4.0).contains(&torn.seconds), "{torn:?}");

    let cache = home.path().join("cache");
    for session in [whole, torn] {
        let still = thumbnail_kept_in(&cache, session, 160).expect("a picture");
        assert_eq!((still.size.width, still.size.height, still.rgb.len()), (160, 90, 160 * 90 * 3));
        assert!(still.rgb.iter().any(|value| *value != still.rgb[0]), "the test picture has more than one colour");
        std::fs::rename(&session.master, home.path().join("away")).expect("our own folder");
        assert!(thumbnail_kept_in(&cache, session, 160).is_err(), "another file, another picture");
        std::fs::rename(home.path().join("away"), &session.master).expect("our own folder");
        assert_eq!(thumbnail_kept_in(&cache, session, 160).expect("kept"), still);
    }
    assert_eq!(std::fs::read_dir(&cache).expect("there").count(), 2, "one for each, taken once");
    let refused = thumbnail_kept_in(&cache, broken, 160).expect_err("it is no movie");
    assert!(refused.contains("no picture of"), "{refused}");

    let told = RefCell::new(Vec::new());
    recover(torn, |done| told.borrow_mut().push(done)).expect("it can be mended");
    let told = told.into_inner();
    assert!(told.len() > 5 && told.is_sorted() && told.last() == Some(&1.0), "{told:?}");
    assert!(told.iter().all(|done| (0.0..=1.0).contains(done)), "{told:?}");
    let mended = sessions(&recordings).into_iter().find(|session| session.name == "First talk").expect("listed");
    assert!(mended.finished && mended.seconds >= torn.seconds - 0.1 && mended.people == ["host"], "{mended:?}");
}
