// SPDX-License-Identifier: MIT
//! What a take tells and writes down: the person hears of what matters at once, the file and its metadata of all.

use super::super::event::Event;
use super::Take;
use crate::words::{Happening, RATE_HZ, What};

impl Take {
    /// Something lies in the recording that an editor may want to know.
    pub(super) fn happened(&mut self, happening: Happening) {
        if happening.what == What::SoundGone && !self.has_sound {
            return; // nobody expected a microphone
        }
        let seconds = happening.at_sample as f64 / RATE_HZ as f64;
        let why = |i: usize| match self.lost_why[i].as_str() {
            "" => String::new(),
            why => format!(": {why}"),
        };
        let told = match &happening.what {
            What::PictureGone => {
                Some(("camera-gone", format!("the camera is gone{}; its last picture is held", why(0))))
            }
            What::SoundGone => {
                Some(("microphone-gone", format!("the microphone is gone{}; silence is recorded", why(1))))
            }
            What::PictureBack { .. } => Some(("camera-back", happening.what.to_string())),
            What::SoundBack { .. } => Some(("microphone-back", happening.what.to_string())),
            What::SoundLost { .. } => Some(("sound-lost", happening.what.to_string())),
            _ => None,
        };
        tracing::debug!("at {seconds:.3} s: {}", happening.what);
        if let Some((kind, message)) = told {
            self.tell(Event::warning(kind, message, Some(seconds)));
        }
        match happening.what {
            What::PictureBack { .. } => self.devices_failed[0] = false,
            What::SoundBack { .. } => self.devices_failed[1] = false,
            _ => {}
        }
        self.notebook.write(happening);
    }

    /// A device cannot be opened; told once for each absence, because it is tried twice a second.
    pub(super) fn tell_failed(&mut self, kind: &str, why: &str) {
        let index = usize::from(kind != "camera");
        if !std::mem::replace(&mut self.devices_failed[index], true) {
            let seconds = self.given as f64 / RATE_HZ as f64;
            let why = why.trim_end_matches('.');
            let message = format!("the {kind} is not there ({why}); it is taken up again as soon as it is");
            self.tell(Event::warning(&format!("{kind}-missing"), message, Some(seconds)));
        }
    }

    /// The queue has reached its limit: the one case in which pictures are lost.
    pub(super) fn tell_dropping(&mut self) {
        if !std::mem::replace(&mut self.told_dropping, true) {
            let seconds = self.given as f64 / RATE_HZ as f64;
            let message = "CRITICAL: half of the free memory is full of waiting pictures; pictures are being lost, \
                           sound is not; close other programs";
            self.tell(Event::warning("pictures-lost", message, Some(seconds)));
        }
    }
}
