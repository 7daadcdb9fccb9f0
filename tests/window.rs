// SPDX-License-Identifier: MIT
//! The app as a person uses it: real windows, a real session bus, and the accessibility tree to read and press things.

mod call;
mod devices;
mod dropping;
pub mod evening;
mod gallery;
mod joining;
mod keyboard;
mod manners;
mod texts;

use crate::support::desktop::Desktop;

/// Small pictures, so that two of them and two masters fit on a small machine.
pub fn prefer(desktop: &Desktop, profile: Option<&str>, name: &str) {
    prefer_devices(desktop, profile, name, "test", "off");
}

/// The same with these devices.
fn prefer_devices(desktop: &Desktop, profile: Option<&str>, name: &str, microphone: &str, speaker: &str) {
    let toml = format!(
        "name = \"{name}\"\nsession = \"Weekly talk\"\nport_mapping = false\nheadphones_told = true\n\
         camera = \"test:640x360\"\nmicrophone = \"{microphone}\"\nspeaker = \"{speaker}\"\n"
    );
    desktop.prefer(profile, &toml);
}

/// The same in light or dark.
fn prefer_theme(desktop: &Desktop, profile: Option<&str>, name: &str, theme: &str) {
    prefer(desktop, profile, name);
    let folder = desktop.home().join(".config/hyperzoom");
    let folder = profile.map_or(folder.clone(), |profile| folder.join("profiles").join(profile));
    let text = std::fs::read_to_string(folder.join("preferences.toml")).expect("just written");
    desktop.prefer(profile, &format!("{text}theme = \"{theme}\"\n"));
}
