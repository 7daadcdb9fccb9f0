// SPDX-License-Identifier: MIT
//! The way into an encoding graph: buffers stamped from counts, pushed into sources that have no limit.

use crate::words::{Mono, Rate};
use gstreamer as gst;
use gstreamer_app as gst_app;

/// Time stamps from counts, each rounded by itself, so that no rounding adds up.
pub(super) fn stamp(buffer: &mut gst::BufferRef, first: u64, count: u64, rate: Rate) {
    buffer.set_pts(gst::ClockTime::from_nseconds(nanoseconds(first, rate)));
    buffer.set_dts(gst::ClockTime::NONE);
    buffer.set_duration(gst::ClockTime::from_nseconds(nanoseconds(first + count, rate) - nanoseconds(first, rate)));
}

/// How long so many take, rounded down.
pub(super) fn nanoseconds(count: u64, rate: Rate) -> u64 {
    let per_second = u128::from(rate.num.max(1));
    (u128::from(count) * u128::from(Mono::SECOND) * u128::from(rate.den) / per_second) as u64
}

/// Into the graph; one that has failed has already said so with more words than a flow code has.
pub(super) fn push(source: &gst_app::AppSrc, buffer: gst::Buffer) {
    if let Err(e) = source.push_buffer(buffer) {
        tracing::debug!("an encoding graph takes no more: {e}");
    }
}

/// Everything has been given: the graph may encode what it holds, and end.
pub(super) fn end<'a>(sources: impl Iterator<Item = &'a gst_app::AppSrc>) {
    for source in sources {
        if let Err(e) = source.end_of_stream() {
            tracing::debug!("a source of an encoding graph is down already: {e}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;
    use crate::words::Rate;

    #[test]
    fn no_rounding_adds_up_at_an_uneven_rate() {
        let rate = Rate { num: 30_000, den: 1_001 };
        assert_eq!(nanoseconds(30_000, rate), 1_001_000_000_000);
        assert_eq!(nanoseconds(1, rate), 33_366_666);
        assert_eq!(nanoseconds(30_000 * 1_000, rate), 1_001_000_000_000_000);
    }
}
