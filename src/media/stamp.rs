// SPDX-License-Identifier: MIT
//! When a buffer was taken, noted the moment it leaves the device: nothing behind it, neither a queue nor a
//! conversion, can make it look later. A device's own stamp counts if it can be believed; many (PipeWire's
//! microphones among them) give none, or count from a zero of their own.

use crate::words::Mono;
use gst::prelude::{ElementExt, GstObjectExt, PadExt, PadExtManual};
use gstreamer as gst;
use gstreamer_audio as gst_audio;

/// A stamp this far ahead of the clock that we share is of another clock.
const AHEAD_MAX_NS: i64 = 100_000_000;

/// A source that was starved may owe a minute; what is older than that is of another clock.
const BEHIND_MAX_NS: i64 = 60_000_000_000;

/// From now on every buffer that leaves `source` carries a stamp of the machine's clock.
pub(super) fn stamp_all(source: &gst::Element) {
    let Some(pad) = source.static_pad("src") else { return };
    pad.add_probe(gst::PadProbeType::BUFFER, |pad, info| {
        if let Some(buffer) = info.buffer_mut() {
            let now = super::now();
            tracing::trace!(told = ?buffer.pts(), ?now, bytes = buffer.size(), "{}", pad.path_string());
            let told = buffer.pts().map(|t| Mono(t.nseconds()));
            if !told.is_some_and(|at| is_believable(at, now)) {
                let at = now.offset(-length_ns(pad, buffer.size()));
                buffer.make_mut().set_pts(gst::ClockTime::from_nseconds(at.0));
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// Sources without stamps have the framework's zero on their first buffer.
fn is_believable(at: Mono, now: Mono) -> bool {
    let age_ns = now.since(at);
    at.0 > 0 && (-AHEAD_MAX_NS..=BEHIND_MAX_NS).contains(&age_ns)
}

/// Sound arrives when its last sample is over, a picture when it is taken.
fn length_ns(pad: &gst::Pad, bytes: usize) -> i64 {
    let info = pad.current_caps().and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok());
    info.map_or(0, |i| (bytes as u64 / u64::from(i.bpf().max(1)) * Mono::SECOND / u64::from(i.rate().max(1))) as i64)
}

#[cfg(test)]
mod tests {
    use super::is_believable;
    use crate::words::Mono;

    #[test]
    fn stamps_of_other_clocks_and_of_none_are_not_believed() {
        let now = Mono(5_000_000_000_000);
        assert!(is_believable(Mono(now.0 - 40_000_000), now));
        assert!(is_believable(Mono(now.0 - 5_000_000_000), now), "a starved source delivers what it owes");
        assert!(!is_believable(Mono(0), now), "no stamp");
        assert!(!is_believable(Mono(1_790_000_000_000_000_000), now), "wall time");
        assert!(!is_believable(Mono(3_000_000_000), now), "counted from the device's own start");
    }
}
