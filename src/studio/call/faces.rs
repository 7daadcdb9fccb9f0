// SPDX-License-Identifier: MIT
//! Pictures in both directions, and what is given up of them when the machine or the network is too slow.
//!
//! ```text
//!   camera --tap--> FaceOut: VP8 in layers --Order::Face--> conductor --> mesh        ladder (network) --\
//!   mesh --Event::Picture--> FarFace, one a peer: what decodes cleanly              governor (machine) --+--> order
//! ```

use super::governor::{Governor, Pressure, ShedChange};
use super::order::Order;
use super::quantiles::{Quantiles, Spread};
use crate::media::{Encoded, FaceOut, FaceSignal, FarFace, FarSignal, Picture};
use crate::mesh::event::PictureOrder;
use crate::studio::pictures::{Shown, Watched};
use crate::studio::take::call::PictureTap;
use crate::words::{Mono, PEOPLE_MAX, PeerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::Thread;

/// A peer is asked for a key frame no more often than this: the answer takes its time.
const ASK_EVERY_NS: i64 = 400_000_000;

/// The machine's state is looked at so often.
const LOOK_NS: i64 = Mono::SECOND as i64;

/// One peer's picture.
struct Far {
    face: FarFace,
    /// From their camera to our screen.
    age: Arc<Quantiles>,
    asked: Option<Mono>,
}

/// All pictures of a call.
pub struct Faces {
    out: Option<Arc<FaceOut>>,
    /// Whether camera pictures are wanted just now.
    open: Arc<AtomicBool>,
    far: [Option<Far>; PEOPLE_MAX],
    network: Option<PictureOrder>,
    camera_off: bool,
    governor: Governor,
    looked: Mono,
    /// Our pictures that were never encoded, as last counted.
    shed: u64,
    orders: Sender<Order>,
    conductor: Thread,
    /// Whoever draws.
    watched: Watched,
}

impl Faces {
    /// With our own picture, if there is a camera.
    pub fn start(camera: bool, watched: Watched, orders: Sender<Order>, conductor: Thread, now: Mono) -> Faces {
        let (to_conductor, wake) = (orders.clone(), conductor.clone());
        let signal = move |signal| {
            match signal {
                // A call that is over sends no pictures.
                FaceSignal::Encoded(face) => drop(to_conductor.send(Order::Face(face))),
                FaceSignal::Failed(trouble) => tracing::warn!("our picture begins anew: {trouble}"),
            }
            wake.unpark();
        };
        let started = camera.then(|| FaceOut::start(signal)).transpose();
        let out = started.unwrap_or_else(|why| {
            tracing::warn!("the others will not see you: {why}");
            None
        });
        Faces {
            out: out.map(Arc::new),
            open: Arc::new(AtomicBool::new(false)),
            far: Default::default(),
            network: None,
            camera_off: false,
            governor: Governor::default(),
            looked: now,
            shed: 0,
            orders,
            conductor,
            watched,
        }
    }

    /// Where the camera's pictures go: never waited for.
    pub fn tap(&self) -> PictureTap {
        let (out, open, watched) = (self.out.clone(), self.open.clone(), self.watched.clone());
        Arc::new(move |picture: &Picture| {
            if let Some(out) = out.as_ref().filter(|_| open.load(Ordering::Relaxed)) {
                out.take(picture);
            }
            watched.show(Shown::Own(picture));
        })
    }

    /// What the network has room for.
    pub fn order(&mut self, network: Option<PictureOrder>) {
        self.network = network;
        self.apply();
    }

    /// The person switches the camera off, or on again.
    pub fn camera_off(&mut self, off: bool) {
        self.camera_off = off;
        self.apply();
    }

    /// Somebody waits for a key frame of ours.
    pub fn want_key(&self) {
        if let Some(out) = &self.out {
            out.want_key();
        }
    }

    /// A picture of a peer has come whole, taken at `captured` of our clock. Whether to ask for a key frame.
    pub fn picture(&mut self, peer: PeerId, bytes: &[u8], key: bool, captured: Mono, now: Mono) -> bool {
        let depth = self.governor.shed().depth();
        let place = &mut self.far[peer.index()];
        if place.is_none() {
            *place = far(peer, self.watched.clone(), &self.orders, &self.conductor);
            if let Some(far) = place {
                far.face.set_depth(depth);
            }
        }
        let Some(far) = place else { return false };
        let waits = far.face.picture(bytes, key, captured);
        let due = far.asked.is_none_or(|asked| now.since(asked) >= ASK_EVERY_NS);
        if waits && due {
            far.asked = Some(now);
        }
        waits && due
    }

    /// Their camera is off, as they say: their last picture must not stand there as if they sat still.
    pub fn darken(&self, peer: PeerId) {
        if let Some(far) = &self.far[peer.index()] {
            far.face.off();
        }
        self.watched.show(Shown::Dark(peer.number()));
    }

    /// They are gone.
    pub fn forget(&mut self, peer: PeerId) {
        // Decoding has ended when this is done: nothing is shown after the dark.
        self.far[peer.index()] = None;
        self.watched.show(Shown::Dark(peer.number()));
    }

    /// From their camera to our screen, in the last second.
    pub fn age(&self, peer: PeerId) -> Option<Spread> {
        self.far[peer.index()].as_ref()?.age.take()
    }

    /// Once a second: how the machine feels. Answers when something is given up or given back.
    pub fn look(&mut self, master_waiting_seconds: f64, late_pulls: u32, now: Mono) -> Option<ShedChange> {
        if now.since(self.looked) < LOOK_NS {
            return None;
        }
        self.looked = now;
        let shed = self.out.as_ref().map_or(0, |out| out.shed());
        let encoder_backlog = shed.saturating_sub(std::mem::replace(&mut self.shed, shed)) as u32;
        let change = self.governor.handle(Pressure { master_waiting_seconds, encoder_backlog, late_pulls }, now)?;
        self.apply();
        for far in self.far.iter().flatten() {
            far.face.set_depth(self.governor.shed().depth());
        }
        Some(change)
    }

    fn apply(&self) {
        let Some(out) = &self.out else { return };
        let order = self.governor.shed().order(self.network).filter(|_| !self.camera_off);
        let was_open = self.open.swap(order.is_some(), Ordering::Relaxed);
        if let Some(order) = order {
            out.order(order);
            if !was_open {
                out.want_key();
            }
        }
    }
}

fn far(peer: PeerId, watched: Watched, orders: &Sender<Order>, conductor: &Thread) -> Option<Far> {
    let age = Arc::new(Quantiles::default());
    let (counted, orders, conductor) = (age.clone(), orders.clone(), conductor.clone());
    let first = AtomicBool::new(true);
    let signal = move |signal| match signal {
        FarSignal::Shown(picture) => {
            counted.count(crate::media::now().since(picture.at));
            watched.show(Shown::Peer(peer.number(), &picture));
            if first.swap(false, Ordering::Relaxed) {
                // A call that is over shows nothing.
                let _ = orders.send(Order::Seen(peer));
                conductor.unpark();
            }
        }
        FarSignal::Failed(trouble) => tracing::warn!("a picture begins anew: {trouble}"),
    };
    match FarFace::start(signal) {
        Ok(face) => Some(Far { face, age, asked: None }),
        Err(why) => {
            tracing::warn!("a picture can't be shown: {why}");
            None
        }
    }
}

/// What the mesh is given of one encoded picture.
pub fn input(face: &Encoded) -> crate::mesh::event::Input<'_> {
    let Encoded { key, layer, bytes, captured, .. } = face;
    crate::mesh::event::Input::Picture { key: *key, layer: *layer, taken: Some(*captured), bytes }
}
