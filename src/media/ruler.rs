// SPDX-License-Identifier: MIT
//! The ruler as two live GStreamer sources, for machines without camera or microphone and for every test:
//!
//! ```text
//! rulervideosrc name=source ! video/x-raw,width=1280,height=720,framerate=30/1 ! ...
//! rulersoundsrc name=source ! audio/x-raw,rate=48000,channels=1 ! ...
//! ```
//!
//! What they show and play is defined in [`crate::sync::ruler`]; here it is only paced and stamped. The grid lies
//! on the pipeline's clock (the monotonic one, in this house): base time plus a buffer's time is exactly where
//! its first tick begins, whatever the base time. A frame leaves at its beginning, a block of sound when its last
//! sample is over. Nothing is ever skipped: a source that comes late, because the machine was starved or what
//! follows was blocking, delivers everything it owes as fast as it is taken.

mod pace;
mod sound;
mod video;

pub(super) use pace::source_template;
pub use sound::SoundSource;
pub use video::VideoSource;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::StaticType;

/// Makes `rulervideosrc` and `rulersoundsrc` known to GStreamer, which must be initialised. May be repeated.
pub fn register() -> Result<(), glib::BoolError> {
    gst::Element::register(None, "rulervideosrc", gst::Rank::NONE, VideoSource::static_type())?;
    gst::Element::register(None, "rulersoundsrc", gst::Rank::NONE, SoundSource::static_type())
}
