// SPDX-License-Identifier: MIT
//! What GStreamer says of itself goes where everything else is said.
//!
//! ```text
//!   GStreamer   error   warning   info, fixme   debug and below
//!   ours        warn    info      debug         trace
//! ```
//!
//! One step lower, since what stops a graph comes as an error of its bus, and much of what an element calls a warning
//! is its daily life. `GST_DEBUG` says what is let through, as everywhere; without it, warnings and errors are. Whoever
//! sets it reads GStreamer's own lines where they always are, too.

use gstreamer as gst;
use std::cell::Cell;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// The target of all of it: `HYPERZOOM_LOG=gstreamer=info` shows warnings.
pub const GSTREAMER_LOG: &str = "gstreamer";

thread_local! {
    /// Whether this thread is saying something of GStreamer's at the moment.
    static SAYING: Cell<bool> = const { Cell::new(false) };
}

/// From now on; more than once is once.
pub(super) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let is_asked_for =
            std::env::var_os("GST_DEBUG").is_some() || gst::log::get_default_threshold() != gst::DebugLevel::None;
        if !is_asked_for {
            // It would begin to print on standard error what nobody has asked for.
            gst::log::remove_default_log_function();
            gst::log::set_default_threshold(gst::DebugLevel::Warning);
        }
        // It stays as long as the program.
        let _ = gst::log::add_log_function(|category, level, _, _, _, object, message| {
            say(level, &Said { category, object, message });
        });
    });
}

/// A line of GStreamer's, put into words only if somebody wants to read it.
struct Said<'a> {
    category: gst::DebugCategory,
    object: Option<&'a gst::log::LoggedObject>,
    message: &'a gst::DebugMessage,
}

impl Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.category.name())?;
        if let Some(object) = self.object {
            write!(f, "{object}: ")?;
        }
        f.write_str(self.message.get().as_deref().map_or("", |text| text.as_str()))
    }
}

/// Called from any thread, by code that knows nothing of panics: none gets out of here, and what is said while
/// something is said is not said.
fn say(level: gst::DebugLevel, said: &Said<'_>) {
    // A thread that is about to end says nothing any more.
    if SAYING.try_with(|saying| saying.replace(true)).unwrap_or(true) {
        return;
    }
    let _ = catch_unwind(AssertUnwindSafe(|| match level {
        gst::DebugLevel::Error => tracing::warn!(target: GSTREAMER_LOG, "{said}"),
        gst::DebugLevel::Warning => tracing::info!(target: GSTREAMER_LOG, "{said}"),
        gst::DebugLevel::Info | gst::DebugLevel::Fixme => tracing::debug!(target: GSTREAMER_LOG, "{said}"),
        _ => tracing::trace!(target: GSTREAMER_LOG, "{said}"),
    }));
    let _ = SAYING.try_with(|saying| saying.set(false));
}
