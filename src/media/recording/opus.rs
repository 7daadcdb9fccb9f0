// SPDX-License-Identifier: MIT
//! Opus on its way into fragments. Its encoder stamps the first packet shorter by what readers have to skip of it:
//!
//! ```text
//!   encoder:     0 | 13.5 ms | 33.5 ms ...   the skipped 6.5 ms lie before 0
//!   fragments:   0 | 20 ms   | 40 ms ...     and the edit list begins at 6.5 ms
//! ```
//! The muxer writes that edit list, but takes the short packet at its word: both together would bring the sound too
//! early, by what is skipped.

use gst::prelude::PadExtManual;
use gstreamer as gst;
use gstreamer_audio as gst_audio;
use std::sync::OnceLock;

/// Makes all packets that enter by that pad equally long.
pub fn even_out(pad: &gst::Pad) {
    let skipped: OnceLock<gst::ClockTime> = OnceLock::new();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else { return gst::PadProbeReturn::Ok };
        match skipped.get() {
            Some(skipped) => {
                let later = buffer.pts().map(|pts| pts + *skipped);
                buffer.make_mut().set_pts(later);
            }
            None => {
                let first = skipped.get_or_init(|| clipped(buffer));
                let longer = buffer.duration().map(|duration| duration + *first);
                buffer.make_mut().set_duration(longer);
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// How much of its beginning readers have to skip.
fn clipped(buffer: &gst::BufferRef) -> gst::ClockTime {
    let start = buffer.meta::<gst_audio::AudioClippingMeta>().map(|meta| meta.start());
    match start {
        // Opus is counted at 48,000 whatever went in.
        Some(gst::GenericFormattedValue::Default(Some(samples))) => {
            gst::ClockTime::from_nseconds(*samples * 1_000_000_000 / 48_000)
        }
        Some(gst::GenericFormattedValue::Time(Some(time))) => time,
        _ => gst::ClockTime::ZERO,
    }
}
