// SPDX-License-Identifier: MIT
//! The modest picture of a call: ours on its way to the others, theirs on the way to our screen.
//!
//! ```text
//!  camera --take--> Rhythm: 24 of 30 --> [outgoing-picture: newest one only] --> Tag + VP8 --> FaceSignal::Encoded
//!  mesh --picture--> Gate: what can be decoded cleanly --> [far-picture] --> FarSignal::Shown, latest()
//! ```
//!
//! Nothing here can harm a master: pictures come by reference, whoever gives one never waits, the queues hold one or a
//! few, and a graph that breaks or hangs comes back by itself ([`revive`]). A picture that cannot be decoded cleanly is never
//! decoded, so loss is seen as a picture that stands still, not as broken blocks.
//!
//! One encoder serves everybody, so what a slow peer may miss is decided beforehand, in temporal layers:
//!
//! ```text
//!  layer 2       o       o       o       o       leans on the newest 0, the second one also on the 1 before it
//!  layer 1           o               o           leans on the newest 0
//!  layer 0   o               o               o   leans on the 0 before it, or on nothing if it is a key frame
//! ```

mod coder;
mod decoder;
mod far;
mod gate;
mod layers;
mod look;
mod out;
mod revive;
mod rhythm;
mod screen;
mod shape;
mod stall;
mod tag;

pub use far::{Depth, FarFace, FarSignal};
pub use look::Plane;
pub use out::{Encoded, FaceOrder, FaceOut, FaceSignal};
