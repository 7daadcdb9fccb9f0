// SPDX-License-Identifier: MIT
//! What a peer's place shows: the last good picture stays, and what comes out of a decoder after its peer's camera was
//! told to be off is not shown any more.

use super::super::camera::Picture;

/// The newest picture, or none.
#[derive(Debug, Default)]
pub(super) struct Screen {
    latest: Option<Picture>,
    dark: bool,
}

impl Screen {
    /// A picture is ready; `false` if nobody is to see it.
    pub(super) fn show(&mut self, picture: &Picture) -> bool {
        if !self.dark {
            self.latest = Some(picture.clone());
        }
        !self.dark
    }

    /// Nothing is shown until [`light`](Self::light).
    pub(super) fn darken(&mut self) {
        *self = Screen { latest: None, dark: true };
    }

    /// Pictures are shown again.
    pub(super) fn light(&mut self) {
        self.dark = false;
    }

    pub(super) fn latest(&self) -> Option<Picture> {
        self.latest.clone()
    }
}
