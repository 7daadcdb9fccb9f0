// SPDX-License-Identifier: MIT
//! What is pressed in a call, and how it is left.

use super::evening::hosting;
use super::prefer;
use crate::support::desktop::{App, Desktop};
use crate::support::program::wait_until;
use hyperzoom::studio::library;

/// Two people in a call.
fn call(desktop: &Desktop) -> [App<'_>; 2] {
    prefer(desktop, Some("guest"), "Guest");
    let (host, invite) = hosting(desktop);
    let guest = desktop.open(Some("guest"), &[&invite]);
    guest.click("Come in");
    guest.comes_to("In the call");
    host.comes_to("In the call");
    [host, guest]
}

#[test]
fn keys_mute_and_switch_the_camera_and_the_other_side_is_told() {
    let Some(desktop) = Desktop::begin() else { return };
    let [host, guest] = call(&desktop);
    if !guest.has_keyboard() {
        return;
    }
    guest.keys(&["m"]);
    host.says("Guest, muted");
    guest.says("You are muted");
    guest.keys(&["m"]);
    guest.keys(&["v"]);
    host.says("Guest, camera off");
    host.says("G");
    guest.keys(&["v"]);
    wait_until("Guest's picture", || host.things().iter().any(|thing| thing.name == "Guest"));
}

#[test]
fn ending_asks_and_no_means_no() {
    let Some(desktop) = Desktop::begin() else { return };
    let [host, _guest] = call(&desktop);
    host.press("end");
    host.says("End the call?");
    host.click("Cancel");
    wait_until("the question's end", || host.titles().len() == 1);
    host.comes_to("In the call");
}

#[test]
fn closing_the_window_in_a_call_asks_and_the_master_is_whole() {
    let Some(desktop) = Desktop::begin() else { return };
    let [host, guest] = call(&desktop);
    guest.says("Recording 0:");
    guest.press("quit");
    guest.says("End the call and close the window?");
    guest.click("End and close");
    assert_eq!(guest.ends(), Some(0));
    let sessions = library::sessions(&desktop.home().join("HyperZoom-guest/recordings"));
    assert!(sessions.len() == 1 && sessions[0].finished, "{sessions:?}");
    host.says("Guest, ");
}
