// SPDX-License-Identifier: MIT
//! A folder is dragged into the window from a file manager.

use super::prefer;
use crate::support::desktop::{Desktop, PYTHON};
use crate::support::pipewire::Daemon;
use crate::support::program::wait_until;
use hyperzoom::studio::library;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Down the middle of the window, from top to bottom: somewhere there is the place for folders.
const DROP_AT: [(u32, u32); 5] = [(640, 700), (640, 620), (640, 540), (640, 460), (640, 380)];

#[test]
fn a_folder_that_is_dropped_is_taken_and_a_wrong_one_can_be_taken_out_again() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Host");
    let ours = recorded(&desktop, &desktop.home().join("HyperZoom/recordings"));
    let theirs = recorded(&desktop, &desktop.home().join("sent"));
    let app = desktop.open(None, &[]);
    if !app.has_keyboard() {
        return;
    }
    app.press("library");
    app.comes_to("Past sessions");
    app.press_with("open-session", ours.to_str());
    app.says("Line up");
    app.resize(1280, 800);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/window/drag.py");
    let mut files = desktop.program(PYTHON);
    files.arg(script).arg(&theirs).stdout(Stdio::null());
    let log = desktop.home().join("files.log");
    let _files = Daemon::start(&mut files, Some(&log));
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    let found = || desktop.x_window_called("files");
    wait_until("the files", || !found().is_empty() || read().contains("not available"));
    let shown = found();
    if shown.is_empty() {
        eprintln!("PASSED OVER: GTK's Python binding is not installed");
        return;
    }
    let name = theirs.file_name().expect("a name").to_string_lossy().into_owned();
    let tried = Cell::new(0);
    wait_until("the folder among those to line up", || {
        desktop.drag(&shown, DROP_AT[tried.replace(tried.get() + 1) % DROP_AT.len()]);
        app.things().iter().any(|thing| thing.name.contains(&name))
    });
    // It is of another evening: said, and mended.
    app.click("Line up");
    app.says("name folders of one session only");
    app.press_with("drop-folder", theirs.to_str());
    app.click("Line up");
    app.says("1 recordings are lined up");
}

/// A session of one second, and its folder.
fn recorded(desktop: &Desktop, recordings: &Path) -> PathBuf {
    let mut record = desktop.command();
    record.args(["record", "--camera", "test:160x90", "--mic", "test", "--for", "1", "--recordings"]).arg(recordings);
    assert!(record.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("our program starts").success());
    library::sessions(recordings).pop().expect("it was recorded").folder
}
