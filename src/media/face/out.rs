// SPDX-License-Identifier: MIT
//! Our own picture: camera pictures in by reference, encoded ones out.

use super::super::camera::Picture;
use super::super::graph::{GraphError, Trouble};
use super::coder::Coder;
use super::revive::Revived;
use crate::words::Mono;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the encoder is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceOrder {
    /// 480 is 854x480 and 360 is 640x360 for a wide camera; others keep their shape.
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
    /// Kilobits a second.
    pub kbps: u32,
}

impl Default for FaceOrder {
    /// Enough to see faces.
    fn default() -> FaceOrder {
        FaceOrder { height: 480, fps: 24, kbps: 500 }
    }
}

/// One encoded picture.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// It can be decoded alone.
    pub key: bool,
    /// Its temporal layer: 0 is needed by all others, 1 makes half of the pictures, 2 all of them.
    pub layer: u8,
    /// What a [`FarFace`](super::FarFace) takes.
    pub bytes: Vec<u8>,
    /// When the camera took it.
    pub captured: Mono,
    /// How long it was scaled and encoded.
    pub took_ns: u64,
}

/// What our picture tells, from its own threads; one that is under way may still come after the end.
#[derive(Clone, Debug)]
pub enum FaceSignal {
    /// A picture to send.
    Encoded(Encoded),
    /// Encoding has failed and begins anew by itself. Told once, not for every try.
    Failed(Trouble),
}

/// The guard: nothing is encoded any more when it goes out of scope. It may be given pictures from any thread.
pub struct FaceOut {
    coder: Revived<Coder>,
    wishes: Arc<Wishes>,
}

impl FaceOut {
    /// Makes ready; the first picture decides the size.
    pub fn start(on_signal: impl Fn(FaceSignal) + Send + Sync + 'static) -> Result<FaceOut, GraphError> {
        let on_signal = Arc::new(on_signal);
        let wishes = Arc::new(Wishes::new(FaceOrder::default()));
        let (theirs, encoded) = (wishes.clone(), on_signal.clone());
        let on_encoded = Arc::new(move |picture| encoded(FaceSignal::Encoded(picture)));
        let build = move |alarm| Coder::start(&theirs, alarm, on_encoded.clone());
        let coder = Revived::start(build, move |trouble| on_signal(FaceSignal::Failed(trouble)))?;
        Ok(FaceOut { coder, wishes })
    }

    /// A picture of the camera. It never waits: where the encoder is behind, an older picture makes room.
    pub fn take(&self, picture: &Picture) {
        if self.coder.with(|coder| coder.take(picture)).is_none() {
            self.wishes.counted.give();
        }
    }

    /// What to make from now on. Another size begins with a key frame.
    pub fn order(&self, order: FaceOrder) {
        self.wishes.set_order(order);
    }

    /// Somebody needs a key frame: the next picture, or the first that is not too soon after the last one.
    pub fn want_key(&self) {
        self.wishes.key.store(true, Ordering::Relaxed);
    }

    /// How many pictures were taken and never encoded, since the beginning: the machine was too slow for them.
    pub fn shed(&self) -> u64 {
        self.wishes.counted.lost(self.coder.with(|coder| coder.waiting()).unwrap_or(0))
    }
}

/// What the encoding thread reads before each picture, and what it counts.
pub(super) struct Wishes {
    order: Mutex<FaceOrder>,
    fps: AtomicU32,
    key: AtomicBool,
    pub(super) counted: Counted,
}

impl Wishes {
    fn new(order: FaceOrder) -> Wishes {
        let fps = AtomicU32::new(order.fps);
        Wishes { order: Mutex::new(order), fps, key: AtomicBool::new(false), counted: Counted::default() }
    }

    fn set_order(&self, order: FaceOrder) {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner) = order;
        self.fps.store(order.fps, Ordering::Relaxed);
    }

    pub(super) fn order(&self) -> FaceOrder {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same without a lock: whoever gives pictures never waits.
    pub(super) fn fps(&self) -> u32 {
        self.fps.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn is_key_wanted(&self) -> bool {
        self.key.load(Ordering::Relaxed)
    }

    pub(super) fn key_is_made(&self) {
        self.key.store(false, Ordering::Relaxed);
    }
}

/// Pictures at both ends of the queue: what lies between and is not there was dropped.
#[derive(Default)]
pub(super) struct Counted {
    given: AtomicU64,
    entered: AtomicU64,
}

impl Counted {
    pub(super) fn give(&self) {
        self.given.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn enter(&self) {
        self.entered.fetch_add(1, Ordering::Relaxed);
    }

    fn lost(&self, waiting: u64) -> u64 {
        let entered = self.entered.load(Ordering::Relaxed);
        self.given.load(Ordering::Relaxed).saturating_sub(entered + waiting)
    }
}
