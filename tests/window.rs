// SPDX-License-Identifier: MIT
//! The app as a person uses it: real windows, a real session bus, and the accessibility tree to read and press things.

mod evening;
mod manners;

use crate::support::desktop::Desktop;

/// Small pictures, so that two of them and two masters fit on a small machine.
fn prefer(desktop: &Desktop, profile: Option<&str>, name: &str) {
    let toml = format!(
        "name = \"{name}\"\nsession = \"Weekly talk\"\nport_mapping = false\nheadphones_told = true\n\
         camera = \"test:640x360\"\nmicrophone = \"test\"\nspeaker = \"off\"\n"
    );
    desktop.prefer(profile, &toml);
}
