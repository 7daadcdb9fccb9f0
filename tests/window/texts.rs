// SPDX-License-Identifier: MIT
//! The texts of the pages, each by itself, through GTK's own reader.

use crate::support::desktop::{Desktop, PYTHON};
use std::path::{Path, PathBuf};

#[test]
fn every_text_of_a_page_loads_by_itself_and_its_buttons_say_what_they_do() {
    let Some(desktop) = Desktop::begin() else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts: Vec<PathBuf> = std::fs::read_dir(here.join("resources/ui"))
        .expect("it is part of the sources")
        .flatten()
        .map(|e| e.path())
        .collect();
    let read =
        desktop.program(PYTHON).arg(here.join("tests/window/texts.py")).args(&texts).output().expect("Python starts");
    let (told, errors) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    if errors.contains("ModuleNotFoundError") || errors.contains("Namespace Gtk not available") {
        eprintln!("PASSED OVER: GTK's Python binding is not installed");
        return;
    }
    assert!(read.status.success(), "{}: {told}{errors}", read.status);
    assert_eq!(told.lines().count(), texts.len(), "{told}");
}
