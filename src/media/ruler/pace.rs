// SPDX-License-Identifier: MIT
//! What both ruler sources share: where they are on the grid, the stamps of a buffer, and the wait for its time.
//!
//! The grid lies on the machine's clock, which is what the pipeline's was before anybody bent it; stamps and waits are
//! of the pipeline's. So the rulers of two programs with different clocks are one ruler.

use crate::media::clock;
use crate::sync::ruler::Grid;
use crate::words::Mono;
use gstreamer as gst;
use gstreamer::ClockTime;
use gstreamer::glib;
use gstreamer::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Far beyond any sound card or camera.
const SKEW_PPM_MAX: f64 = 10_000.0;

/// How far a source has counted.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The next tick to deliver; `None` until the first, and after a pause, when time went on without us.
    next: Option<u64>,
}

impl Pace {
    /// Forgets the place; the next buffer begins at the next tick from then on.
    pub(super) fn restart(&mut self) {
        self.next = None;
    }

    /// The next `count` ticks and the stamps that say so. They stay the next ones until [`Pace::advance`].
    pub(super) fn next(&self, element: &gst::Element, grid: Grid, count: u64) -> Result<Stamps, gst::FlowError> {
        let clock = element.clock().ok_or(gst::FlowError::Error)?;
        let base = element.base_time().unwrap_or(ClockTime::ZERO);
        let now = || clock.internal_time().max(clock::machine(&clock, base));
        let first = self.next.unwrap_or_else(|| grid.first_from(Mono(now().nseconds())));
        let begin = |tick: u64| clock::told(&clock, ClockTime::from_nseconds(grid.begin(tick).0));
        let (begin, end) = (begin(first), begin(first + count));
        Ok(Stamps { first, count, begin, end, base, fresh: self.next.is_none(), clock })
    }

    /// Counts a buffer as delivered.
    pub(super) fn advance(&mut self, stamps: &Stamps) {
        self.next = Some(stamps.first + stamps.count);
    }
}

/// The place of a buffer, in time of the pipeline's clock.
#[derive(Debug)]
pub(super) struct Stamps {
    pub(super) first: u64,
    count: u64,
    pub(super) begin: ClockTime,
    pub(super) end: ClockTime,
    base: ClockTime,
    fresh: bool,
    clock: gst::Clock,
}

impl Stamps {
    pub(super) fn put(&self, buffer: &mut gst::BufferRef) {
        buffer.set_pts(self.begin.saturating_sub(self.base));
        buffer.set_duration(self.end.saturating_sub(self.begin));
        buffer.set_offset(self.first);
        buffer.set_offset_end(self.first + self.count);
        if self.fresh {
            buffer.set_flags(gst::BufferFlags::DISCONT);
        } else {
            buffer.unset_flags(gst::BufferFlags::DISCONT);
        }
    }
}

/// A wait that can be broken off from outside. (The base class could wait for us, but it would shift the stamps
/// of a live source by its startup time.)
#[derive(Debug, Default)]
pub(super) struct Wait {
    state: Mutex<WaitState>,
}

#[derive(Debug, Default)]
struct WaitState {
    flushing: bool,
    pending: Option<gst::SingleShotClockId>,
}

impl Wait {
    fn state(&self) -> MutexGuard<'_, WaitState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns at `time` of the stamps' clock, at once if that is over.
    pub(super) fn until(&self, time: ClockTime, stamps: &Stamps) -> Result<(), gst::FlowError> {
        let id = stamps.clock.new_single_shot_id(time);
        {
            let mut state = self.state();
            if state.flushing {
                return Err(gst::FlowError::Flushing);
            }
            state.pending = Some(id.clone());
        }
        let (result, _) = id.wait();
        self.state().pending = None;
        match result {
            Ok(_) | Err(gst::ClockError::Early) => Ok(()),
            Err(_) => Err(gst::FlowError::Flushing),
        }
    }

    /// Breaks off the wait and, while `flushing`, every later one.
    pub(super) fn set_flushing(&self, flushing: bool) {
        let mut state = self.state();
        state.flushing = flushing;
        if let (true, Some(pending)) = (flushing, state.pending.take()) {
            pending.unschedule();
        }
    }
}

/// The property both sources have: the skew of the source's own clock.
pub(super) fn ppm_property() -> glib::ParamSpec {
    glib::ParamSpecDouble::builder("ppm")
        .nick("Skew")
        .blurb("How much faster than the pipeline's clock the source's own clock runs, in parts per million")
        .minimum(-SKEW_PPM_MAX)
        .maximum(SKEW_PPM_MAX)
        .mutable_ready()
        .build()
}

/// The one pad of a source.
pub(in crate::media) fn source_template(caps: &gst::Caps) -> Vec<gst::PadTemplate> {
    let template = gst::PadTemplate::new("src", gst::PadDirection::Src, gst::PadPresence::Always, caps);
    vec![template.expect("a name and caps are all that a template needs")]
}
