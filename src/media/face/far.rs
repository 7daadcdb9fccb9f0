// SPDX-License-Identifier: MIT
//! A peer's picture: encoded pictures in as they come, the newest good one out.

use super::super::camera::Picture;
use super::super::graph::{GraphError, Trouble};
use super::decoder::Decoder;
use super::revive::Revived;
use super::screen::Screen;
use crate::words::Mono;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much of a peer's picture is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Depth {
    /// Nothing: the last picture stays as it is.
    Nothing,
    /// Every fourth picture, to spare the machine.
    Quarter,
    /// Every picture that came.
    All,
}

/// What a peer's picture tells, from its own threads.
#[derive(Clone, Debug)]
pub enum FarSignal {
    /// A new picture to show, with the moment at which it was taken; [`FarFace::latest`] has it too, but is not to be
    /// asked from here.
    Shown(Picture),
    /// Decoding has failed and begins anew by itself. Told once, not for every try.
    Failed(Trouble),
}

/// The guard, one for each peer: nothing is decoded any more when it goes out of scope.
pub struct FarFace {
    decoder: Revived<Decoder>,
    screen: Arc<Mutex<Screen>>,
    depth: AtomicU8,
}

impl FarFace {
    /// Makes ready; the first key frame decides the size.
    pub fn start(on_signal: impl Fn(FarSignal) + Send + Sync + 'static) -> Result<FarFace, GraphError> {
        let on_signal = Arc::new(on_signal);
        let screen = Arc::new(Mutex::new(Screen::default()));
        let (shown, theirs) = (on_signal.clone(), screen.clone());
        let on_picture = Arc::new(move |picture: Picture| {
            // Held while it is told: whoever has called `off` hears of no picture from before.
            let mut screen = locked(&theirs);
            if screen.show(&picture) {
                shown(FarSignal::Shown(picture));
            }
        });
        let build = move |alarm| Decoder::start(alarm, on_picture.clone());
        let decoder = Revived::start(build, move |trouble| on_signal(FarSignal::Failed(trouble)))?;
        Ok(FarFace { decoder, screen, depth: AtomicU8::new(Depth::All as u8) })
    }

    /// A picture as an [`Encoded`](super::Encoded) of theirs had it, in the order in which the mesh gives them;
    /// `captured` is when it was taken, on our clock. `true`: nothing can be shown before a key frame, ask for one.
    #[must_use = "a peer who is not asked sends its next key frame only seconds later"]
    pub fn picture(&self, bytes: &[u8], key: bool, captured: Mono) -> bool {
        let layer_max = match self.depth.load(Ordering::Relaxed) {
            depth if depth == Depth::All as u8 => super::tag::LAYER_MAX,
            depth if depth == Depth::Quarter as u8 => 0,
            _ => return false,
        };
        locked(&self.screen).light();
        let now = super::super::now();
        self.decoder.with(|decoder| decoder.take(bytes, key, captured, layer_max, now)).unwrap_or(false)
    }

    /// How much is decoded from now on.
    pub fn set_depth(&self, depth: Depth) {
        if self.depth.swap(depth as u8, Ordering::Relaxed) == Depth::Nothing as u8 {
            // What came meanwhile was not decoded.
            self.decoder.with(Decoder::close);
        }
    }

    /// Their camera is off, as they have told: nothing is shown until the next picture, from this moment on.
    pub fn off(&self) {
        locked(&self.screen).darken();
        self.decoder.with(Decoder::close);
    }

    /// The newest good picture; how old it is tells its `at`.
    pub fn latest(&self) -> Option<Picture> {
        locked(&self.screen).latest()
    }
}

fn locked(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}
