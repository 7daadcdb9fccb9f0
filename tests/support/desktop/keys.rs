// SPDX-License-Identifier: MIT
//! A keyboard, a mouse, and a camera for windows: real keys through the X server, real pixels out of it.

use super::{App, Desktop, in_house, is_installed};
use crate::support::program::wait_until;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

impl App<'_> {
    /// Whether there is somebody who presses keys; says so where there is not.
    pub fn has_keyboard(&self) -> bool {
        let has = is_installed("xdotool");
        if !has {
            eprintln!("PASSED OVER: xdotool is not installed");
        }
        has
    }

    /// Presses keys one after the other, in this window.
    pub fn keys(&self, keys: &[&str]) {
        let window = self.x_window();
        self.xdotool(&["windowraise", &window, "windowfocus", "--sync", &window]);
        for key in keys {
            self.xdotool(&["key", "--clearmodifiers", key]);
        }
    }

    /// Types a text, in the newest of its windows.
    pub fn types(&self, text: &str) {
        let window = self.x_window();
        self.xdotool(&["windowraise", &window, "windowfocus", "--sync", &window]);
        self.xdotool(&["type", "--clearmodifiers", text]);
    }

    /// Where the keyboard is: what it is called, and what it is in.
    pub fn focus(&self) -> Vec<String> {
        let names = self.desktop.ask(&json!({ "do": "focus", "pid": self.child.id() }));
        names.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Makes the window so large.
    pub fn resize(&self, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        let window = self.x_window();
        self.xdotool(&["windowmove", &window, "0", "0", "windowsize", "--sync", &window, &width, &height]);
    }

    /// A picture of the window alone.
    pub fn photograph(&self, to: &Path) {
        let window = self.x_window();
        self.xdotool(&["windowraise", &window]);
        let mut import = Command::new("import");
        in_house(import.args(["-window", &window]).arg(to), self.desktop.home(), &self.desktop.display);
        assert!(import.status().expect("ImageMagick is installed").success());
    }

    /// The newest of its windows that are to be seen: a question comes after what it is about.
    fn x_window(&self) -> String {
        let id = self.child.id().to_string();
        let found = || self.xdotool(&["search", "--onlyvisible", "--pid", &id]);
        wait_until("a window on the screen", || !found().trim().is_empty());
        found().lines().last().unwrap_or_default().to_owned()
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        self.desktop.xdotool(arguments)
    }
}

impl Desktop {
    /// The window of that title, if it is to be seen.
    pub fn x_window_called(&self, title: &str) -> String {
        self.xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")]).trim().to_owned()
    }

    /// Drags what is in the middle of a window to a place on the screen.
    pub fn drag(&self, window: &str, (x, y): (u32, u32)) {
        self.xdotool(&["windowraise", window, "mousemove", "--window", window, "80", "50", "mousedown", "1"]);
        // A hand takes its way; programs tell each other on it what they would drop and take.
        for part in 1..=4 {
            let (x, y) = ((80 + (x - 80) * part / 4).to_string(), (50 + (y - 50) * part / 4).to_string());
            self.xdotool(&["mousemove", "--sync", &x, &y]);
        }
        self.xdotool(&["mouseup", "1"]);
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let mut xdotool = Command::new("xdotool");
        in_house(xdotool.args(arguments), self.home(), &self.display);
        String::from_utf8_lossy(&xdotool.output().expect("xdotool is installed").stdout).into_owned()
    }
}
