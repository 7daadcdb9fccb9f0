// SPDX-License-Identifier: MIT
//! What one expects of any app.

use super::prefer;
use crate::support::desktop::Desktop;
use crate::support::program;
use hyperzoom::studio::library;
use std::process::Stdio;

/// What is pressed, chosen or typed into.
pub const CONTROLS: [&str; 5] = ["push button", "toggle button", "text", "combo box", "spin button"];

#[test]
fn without_a_display_it_says_so_and_what_can_be_done() {
    let mut command = program::command();
    let out = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("our program starts");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("there is no display") && said.contains("record"), "{said}");
}

#[test]
fn a_slip_in_a_commands_name_is_no_invite() {
    let out = program::run(&[&"hots"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("neither a command nor an invite"));
}

#[test]
fn every_control_has_a_name() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let app = desktop.open(None, &[]);
    app.says("Join a call");
    let nameless = app.things().into_iter().filter(|thing| {
        // The inner button of a list speaks with the list's name.
        let inner = thing.parent == "combo box" || thing.parent == "spin button";
        CONTROLS.contains(&thing.role.as_str()) && !inner && (thing.name.is_empty() || thing.name.starts_with("Gtk"))
    });
    let nameless: Vec<_> = nameless.collect();
    assert!(nameless.is_empty(), "{nameless:#?}");
}

#[test]
fn a_second_start_raises_the_first_and_hands_over_its_invite() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let first = desktop.open(None, &[]);
    let second = desktop.command().arg("203.0.113.7:50000").stderr(Stdio::null()).status();
    assert!(second.expect("our program starts").success());
    first.comes_to("Join a call");
}

#[test]
fn a_session_goes_into_the_trash_once_that_is_confirmed() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let recordings = desktop.home().join("HyperZoom/recordings");
    let mut record = desktop.command();
    record.args(["record", "--camera", "test:160x90", "--mic", "test", "--for", "1", "--recordings"]).arg(&recordings);
    assert!(record.stderr(Stdio::null()).status().expect("our program starts").success());
    let sessions = || library::sessions(&recordings);
    let folder = sessions().pop().expect("it was recorded").folder;
    let app = desktop.open(None, &[]);
    app.press("library");
    app.comes_to("Past sessions");
    app.says("0:01 long");
    app.press_with("trash", folder.to_str());
    app.says("to the trash?");
    app.click("Cancel");
    program::wait_until("the question's end", || app.titles().len() == 1);
    assert!(folder.exists(), "no means no");
    app.press_with("trash", folder.to_str());
    app.says("The whole session folder goes there");
    app.click("Move to the trash");
    program::wait_until("the folder's end", || !folder.exists());
    app.says("No recordings yet");
    let trashed = desktop.home().join(".local/share/Trash/files").join(folder.file_name().expect("a name"));
    assert!(trashed.join("local_recording.mp4").is_file(), "it can be taken out again");
}

#[test]
fn past_sessions_and_settings_are_reached_and_left() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let app = desktop.open(None, &[]);
    app.press("library");
    app.comes_to("Past sessions");
    app.says("No recordings yet");
    app.press("settings");
    app.comes_to("Settings");
    app.press("back");
    app.comes_to("HyperZoom");
}
