// SPDX-License-Identifier: MIT
//! What whoever draws is shown of the pictures: our own camera's, and what came of the others'.

use crate::media::Picture;
use std::sync::Arc;

/// What is to be seen now in somebody's place.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// What our own camera sees, whether or not it is sent.
    Own(&'a Picture),
    /// The newest picture of the peer in that place.
    Peer(u8, &'a Picture),
    /// Nothing of the peer in that place: their camera is off, or they are gone. No picture of before comes after it.
    Dark(u8),
}

/// Is called on the camera's and the decoders' own threads, which wait until it returns: it must be quick.
pub type PictureWatch = Arc<dyn Fn(Shown<'_>) + Send + Sync>;

/// A watch, or none, where something has to be printable.
#[derive(Clone, Default)]
pub(super) struct Watched(Option<PictureWatch>);

impl Watched {
    pub(super) fn by(watch: Option<PictureWatch>) -> Watched {
        Watched(watch)
    }

    pub(super) fn show(&self, shown: Shown<'_>) {
        if let Some(watch) = &self.0 {
            watch(shown);
        }
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watched({})", self.0.is_some())
    }
}
