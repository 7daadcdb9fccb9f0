// SPDX-License-Identifier: MIT
//! Three temporal layers of one VP8 encoder, so that a slow peer drops pictures alone.
//!
//! ```text
//!  place in the pattern   0       1       2       3
//!  layer                  0       2       1       2
//!  leans on               last    last    last    last, golden
//!  is kept as             last    -       golden  -
//!  a key frame, wherever it falls, is kept as all of them and is layer 0
//! ```
//!
//! Only layer 0 may change the statistics by which everything after it is read: a decoder that did not get the other
//! layers would lose its place.

use gst::glib;
use gst::prelude::{GObjectExtManualGst, ObjectExt};
use gstreamer as gst;

const LAYERS: [i32; 4] = [0, 2, 1, 2];

/// How much rarer than all pictures those up to each layer are.
const DECIMATORS: [i32; 3] = [4, 2, 1];

/// What those up to each layer get of the bitrate, in percent: lower layers lean on what lies further back.
const PERCENT: [u32; 3] = [40, 60, 100];

/// Less is no picture.
const KBPS_MIN: u32 = 30;

/// What each place in the pattern leaves alone.
const FLAGS: [&str; 4] = [
    "no-ref-golden+no-ref-alt+no-upd-golden+no-upd-alt",
    "no-ref-golden+no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
    "no-ref-golden+no-ref-alt+no-upd-last+no-upd-alt+no-upd-entropy",
    "no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
];

/// Sets up the pattern. An encoder without layers makes one, which everybody then gets.
pub(super) fn arrange(encoder: &gst::Element, kbps: u32) {
    set_bitrate(encoder, kbps);
    if !encoder.has_property("temporal-scalability-layer-flags") {
        return;
    }
    encoder.set_property("temporal-scalability-number-layers", DECIMATORS.len() as i32);
    encoder.set_property("temporal-scalability-periodicity", LAYERS.len() as i32);
    encoder.set_property("temporal-scalability-layer-id", array(LAYERS));
    encoder.set_property("temporal-scalability-rate-decimator", array(DECIMATORS));
    let flags = format!("<{}>", FLAGS.join(","));
    encoder.set_property_from_str("temporal-scalability-layer-flags", &flags);
    encoder.set_property_from_str("temporal-scalability-layer-sync-flags", "<false,false,false,false>");
}

/// Shares out what there is.
pub(super) fn set_bitrate(encoder: &gst::Element, kbps: u32) {
    let bps = kbps.clamp(KBPS_MIN, 100_000) * 1000;
    if encoder.has_property("temporal-scalability-target-bitrate") {
        let shares = PERCENT.map(|percent| (bps / 100 * percent) as i32);
        encoder.set_property("temporal-scalability-target-bitrate", array(shares));
    }
    if encoder.has_property("target-bitrate") {
        encoder.set_property("target-bitrate", bps as i32);
    }
}

/// In which layer an encoded picture lies, as the encoder says: its pattern goes on through key frames.
pub(super) fn of(buffer: &gst::BufferRef) -> u8 {
    let meta = gst::meta::CustomMeta::from_buffer(buffer, "GstVP8Meta");
    let layer = meta.ok().and_then(|meta| meta.structure().get::<u32>("layer-id").ok());
    layer.and_then(|layer| u8::try_from(layer).ok()).unwrap_or(0)
}

fn array<const N: usize>(numbers: [i32; N]) -> glib::ValueArray {
    glib::ValueArray::new(numbers.map(glib::Value::from))
}
