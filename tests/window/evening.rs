// SPDX-License-Identifier: MIT
//! A whole evening: host, join, talk, mute, end, find the master, line up.

use super::prefer;
use crate::support::desktop::{App, Desktop};
use crate::support::program::wait_until;
use hyperzoom::studio::library;
use std::path::Path;

/// How long the window may not answer. It asks for 50 ms on a machine of its own; here two programs that record, and
/// other tests, share two processors. A wait for a device, the disk or the router is longer than this.
const SILENCE_MAX_MS: f64 = 1000.0;

#[test]
fn two_people_talk_and_each_finds_their_master() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, Some("guest"), "Guest");
    let (host, invite) = hosting(&desktop);
    host.watch();
    let guest = desktop.open(Some("guest"), &[]);
    guest.watch();
    guest.click("Join a call");
    guest.comes_to("Join a call");
    guest.write("The invite, or the host’s address and port", &invite);
    guest.click("Come in");
    guest.comes_to("In the call");
    host.comes_to("In the call");
    host.says("Recording 0:");
    guest.says("Recording 0:");

    guest.click("Mute the microphone");
    host.says("Guest, muted");
    guest.click("Mute the microphone");
    guest.click("Switch the camera off");
    host.says("Guest, camera off");

    end(&host);
    host.comes_to("Recording");
    end(&guest);
    guest.comes_to("Recording");
    host.says("With Guest");
    guest.says("With Host");
    for app in [&host, &guest] {
        let silence_ms = app.longest_silence_ms();
        assert!(silence_ms < SILENCE_MAX_MS, "{} did not answer for {silence_ms:.0} ms", app.bus);
    }
    for folder in ["HyperZoom", "HyperZoom-guest"] {
        let sessions = library::sessions(&desktop.home().join(folder).join("recordings"));
        assert_eq!(sessions.len(), 1, "{folder}");
        assert!(sessions[0].finished && sessions[0].frames.is_some_and(|frames| frames > 30), "{sessions:?}");
        assert_eq!(sessions[0].name, "Weekly talk");
    }
    let mut together = 1;
    if host.has_keyboard() {
        // As the editor does, to whom the guest has sent their folder.
        let sent = library::sessions(&desktop.home().join("HyperZoom-guest/recordings")).remove(0).folder;
        host.press("add-folder");
        wait_until("the choice of a folder", || host.titles().len() == 2);
        host.types(&sent.to_string_lossy());
        host.keys(&["Return"]);
        wait_until("the end of the choice", || host.titles().len() == 1);
        together = 2;
    }
    host.click("Line up");
    host.says(&format!("{together} recordings are lined up"));
    assert!(aligned(&desktop.home().join("HyperZoom/recordings")));
}

#[test]
fn who_comes_with_the_bare_address_is_let_in_by_the_host() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, Some("guest"), "Guest");
    let (host, invite) = hosting(&desktop);
    let (address, _) = invite.split_once('#').expect("an invite has a key");
    let guest = desktop.open(Some("guest"), &[&format!("hz:{address}")]);
    guest.comes_to("Join a call");
    guest.click("Come in");
    host.says("Guest wants to come in");
    guest.says("Waiting for the host to let you in");
    host.click("Let in: Guest");
    guest.comes_to("In the call");
    host.comes_to("In the call");
}

#[test]
fn a_signal_in_a_call_finishes_the_master_first() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, Some("guest"), "Guest");
    let (host, invite) = hosting(&desktop);
    let guest = desktop.open(Some("guest"), &[&invite]);
    guest.click("Come in");
    host.says("Recording 0:");
    host.signal(libc::SIGTERM);
    assert_eq!(host.ends(), Some(0));
    let sessions = library::sessions(&desktop.home().join("HyperZoom/recordings"));
    assert!(sessions.len() == 1 && sessions[0].finished, "{sessions:?}");
}

/// A host who has opened a call, and what they pass on.
pub fn hosting(desktop: &Desktop) -> (App<'_>, String) {
    prefer(desktop, None, "Host");
    let host = desktop.open(None, &[]);
    host.click("Host a call");
    host.comes_to("Host a call");
    let invite = invite(&host);
    (host, invite)
}

/// What the host passes on.
pub fn invite(host: &App<'_>) -> String {
    let shown =
        || host.things().into_iter().map(|thing| thing.name).find(|name| name.contains('#') && name.contains(':'));
    wait_until("the invite", || shown().is_some());
    shown().expect("it was there")
}

fn end(app: &App<'_>) {
    app.press("end");
    app.says("End the call?");
    app.click("End the call");
}

fn aligned(recordings: &Path) -> bool {
    let folders = std::fs::read_dir(recordings).expect("recordings").flatten();
    folders.into_iter().any(|folder| folder.path().join("aligned/timeline.otio").is_file())
}
