// SPDX-License-Identifier: MIT
//! Two people in one program, as a window would run them: what each sees and hears of the other, before and after
//! devices are exchanged.

use super::{PATIENCE, await_level, camera};
use hyperzoom::media::{self, Channel};
use hyperzoom::studio::{
    Admission, Call, CallEvent, CallSettings, CameraChoice, Event, MicrophoneChoice, Preferences, Shown, SpeakerChoice,
};
use hyperzoom::words::Size;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What somebody was shown.
#[derive(Debug, PartialEq)]
enum Seen {
    Own(Size),
    Peer(u8),
    Dark(u8),
}

fn watch(call: &mut CallSettings) -> Receiver<Seen> {
    let (send, seen) = channel();
    let send: Mutex<Sender<Seen>> = Mutex::new(send);
    call.pictures = Some(Arc::new(move |shown: Shown<'_>| {
        let seen = match shown {
            Shown::Own(picture) => Seen::Own(picture.format().expect("a picture has a format").size),
            Shown::Peer(peer, _) => Seen::Peer(peer),
            Shown::Dark(peer) => Seen::Dark(peer),
        };
        let _ = send.lock().expect("nobody panics").send(seen);
    }));
    seen
}

fn settings(name: &str, home: &Path) -> CallSettings {
    let mut preferences = Preferences::default();
    preferences.name = name.to_owned();
    preferences.recordings = Some(home.join(name));
    (preferences.camera, preferences.microphone) = ("test:320x180".to_owned(), "test".to_owned());
    // Nothing sounds, but the sound card's rhythm is there.
    preferences.speaker = "off".to_owned();
    preferences.port_mapping = false;
    let bind = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    CallSettings { bind, ..CallSettings::of(&preferences).expect("the folder is given") }
}

fn await_seen(what: &str, seen: &Receiver<Seen>, wanted: impl Fn(&Seen) -> bool) {
    while !wanted(&seen.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}"))) {}
}

/// Reads a call's events on a thread, so that one can be waited for.
fn listen(call: Call) -> Receiver<CallEvent> {
    let (send, events) = channel();
    std::thread::spawn(move || call.events().for_each(|event| drop(send.send(event))));
    events
}

fn await_event<T>(what: &str, events: &Receiver<CallEvent>, wanted: impl Fn(&CallEvent) -> Option<T>) -> T {
    loop {
        let event = events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}"));
        assert!(!matches!(event, CallEvent::Error { .. }), "{event:?}");
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
}

fn switched(event: &CallEvent, kind: &str) -> Option<String> {
    match event {
        CallEvent::Recording(Event::DeviceChanged { device, name }) if device == kind => Some(name.clone()),
        _ => None,
    }
}

#[test]
fn two_people_see_and_hear_each_other_and_go_on_with_other_devices() {
    media::start().expect("GStreamer starts");
    let home = tempfile::tempdir().expect("a folder");
    let (mut ours, mut theirs) = (settings("host", home.path()), settings("guest", home.path()));
    let (seen_by_host, seen_by_guest) = (watch(&mut ours), watch(&mut theirs));
    let host = Call::host(ours, Admission::All).expect("the call opens");
    let (host_remote, host_meters) = (host.remote(), host.meters());
    await_seen("our own camera, alone", &seen_by_host, |seen| matches!(seen, Seen::Own(_)));
    // Before anybody is there: what is recorded later begins with this one.
    host_remote.switch_camera(camera(640, 360));
    let larger = Seen::Own(Size { width: 640, height: 360 });
    await_seen("another camera while we wait", &seen_by_host, |seen| *seen == larger);
    let host = listen(host);
    let invite = await_event("an invite", &host, |event| match event {
        CallEvent::Invite { invite, .. } => Some(invite.clone()),
        _ => None,
    });
    let guest = Call::join(theirs, invite.parse().expect("our own invite")).expect("the call is there");
    let (guest_remote, guest_meters) = (guest.remote(), guest.meters());
    let guest = listen(guest);
    await_seen("the guest", &seen_by_host, |seen| *seen == Seen::Peer(1));
    await_seen("the host", &seen_by_guest, |seen| *seen == Seen::Peer(0));
    let video = await_event("the host records", &host, |event| match event {
        CallEvent::Recording(Event::RecordingStarted { video, .. }) => Some(video.clone()),
        _ => None,
    });
    assert_eq!(video, "640x360", "of the camera that was chosen last");
    await_event("the guest records", &guest, |event| {
        matches!(event, CallEvent::Recording(Event::RecordingStarted { .. })).then_some(())
    });
    let loud = |peak: f32| peak > 0.1;
    await_level("the host's own level", &host_meters, |meters| meters.own().peak, loud);
    await_level("the guest, at the host's", &host_meters, |meters| meters.peer(1).peak, loud);
    await_level("the host, at the guest's", &guest_meters, |meters| meters.peer(0).peak, loud);

    guest_remote.switch_microphone(MicrophoneChoice::Test(Channel::Auto));
    await_event("another microphone", &guest, |event| switched(event, "microphone"));
    host_meters.peer(1);
    await_level("the guest's other microphone", &host_meters, |meters| meters.peer(1).peak, loud);
    host_remote.switch_speaker(SpeakerChoice::Off);
    host_meters.peer(1);
    await_level("the guest on another speaker", &host_meters, |meters| meters.peer(1).peak, loud);

    guest_remote.switch_camera(CameraChoice::Off);
    assert_eq!(await_event("no camera", &guest, |event| switched(event, "camera")), "none");
    await_seen("darkness where the guest was", &seen_by_host, |seen| *seen == Seen::Dark(1));
    guest_remote.switch_camera(camera(320, 180));
    await_seen("the guest again", &seen_by_host, |seen| *seen == Seen::Peer(1));
    guest_remote.switch_camera(CameraChoice::Id("nowhere".to_owned()));
    await_event("a camera that is not there", &guest, |event| {
        matches!(event, CallEvent::Warning { kind: "no-device", message } if message.contains("'nowhere'"))
            .then_some(())
    });

    guest_remote.leave();
    await_event("the guest has left", &guest, |event| matches!(event, CallEvent::Left).then_some(()));
    await_seen("darkness again", &seen_by_host, |seen| *seen == Seen::Dark(1));
    host_remote.leave();
    let dropped = await_event("the host's recording ends", &host, |event| match event {
        CallEvent::Recording(Event::RecordingFinished(end)) => Some((end.finalised, end.frames_dropped)),
        _ => None,
    });
    assert_eq!(dropped, (true, 0));
    await_event("the host has left", &host, |event| matches!(event, CallEvent::Left).then_some(()));
}
