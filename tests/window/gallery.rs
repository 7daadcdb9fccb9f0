// SPDX-License-Identifier: MIT
//! Pictures of every page for people to look at: light and dark, as large as a small screen and as small as it goes.
//! They are written into `target/screenshots`.

use super::evening::invite;
use crate::support::desktop::{App, Desktop};
use crate::support::program::wait_until;
use std::path::PathBuf;
use std::time::Duration;

const LARGE: (u32, u32) = (1280, 800);
const SMALLEST: (u32, u32) = (640, 480);

#[test]
#[ignore = "pictures for people: run by tools/screenshots.sh"]
fn every_page_is_photographed() {
    for theme in ["light", "dark"] {
        for size in [LARGE, SMALLEST] {
            let Some(desktop) = Desktop::begin() else { return };
            Gallery { theme, size }.show(&desktop);
        }
    }
}

struct Gallery {
    theme: &'static str,
    size: (u32, u32),
}

impl Gallery {
    fn show(&self, desktop: &Desktop) {
        super::prefer_theme(desktop, None, "Host", self.theme);
        super::prefer_theme(desktop, Some("guest"), "Guest", self.theme);
        let host = desktop.open(None, &[]);
        self.take(&host, "1-before");
        for page in ["settings", "library", "join"] {
            host.press(page);
            self.take(&host, &format!("2-{page}"));
            host.press("back");
        }
        if host.has_keyboard() {
            for window in ["shortcuts", "about"] {
                host.press(window);
                wait_until("its window", || host.titles().len() == 2);
                self.take(&host, &format!("0-{window}"));
                host.keys(&["Escape"]);
                wait_until("its end", || host.titles().len() == 1);
            }
        }
        host.click("Host a call");
        let invite = invite(&host);
        self.take(&host, "3-host");
        let guest = desktop.open(Some("guest"), &[&invite]);
        guest.click("Come in");
        host.says("Recording 0:");
        self.take(&host, "4-call");
        host.press("statistics");
        self.take(&host, "5-statistics");
        host.press("statistics");
        guest.press("camera");
        guest.press("mute");
        host.says("Guest, muted");
        host.press("mute");
        self.take(&host, "6-muted");
        host.press("end");
        host.says("End the call?");
        self.take(&host, "7-question");
        host.click("End the call");
        host.says("With Guest");
        self.take(&host, "8-after");
        host.press("library");
        self.take(&host, "9-library");
    }

    fn take(&self, app: &App<'_>, page: &str) {
        let (width, height) = self.size;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
        std::fs::create_dir_all(&folder).expect("our own folder");
        app.resize(width, height);
        // A page slides in: what a person sees is what is there after that.
        std::thread::sleep(Duration::from_millis(1500));
        app.photograph(&folder.join(format!("{page}-{}-{width}x{height}.png", self.theme)));
    }
}
