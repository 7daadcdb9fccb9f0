// SPDX-License-Identifier: MIT
//! The one clock of a process: the machine's monotonic one, on which all graphs run and all moments are told.
//!
//! For tests it can be bent, so that two programs on one machine differ as two machines do:
//!
//! ```text
//!   HYPERZOOM_TEST_CLOCK="12.34,80"      the process tells   machine's time x (1 + 80 / 1e6) + 12.34 s
//!   rulers (test camera, test microphone)     count on the machine's time; stamps are told in the process's
//! ```
//!
//! Stamps, waits and [`super::now`] bend alike, because they all ask one object. Only a real device that stamps by
//! itself does not know of it.

use super::StartError;
use gst::prelude::{ClockExt, ClockExtManual};
use gstreamer as gst;
use gstreamer::glib;
use std::sync::OnceLock;

/// The variable that bends it.
const VARIABLE: &str = "HYPERZOOM_TEST_CLOCK";

/// Ten days: more than any two machines differ by without a reason.
const OFFSET_S_MAX: f64 = 864_000.0;
/// Far beyond any computer's crystal.
const RATE_PPM_MAX: f64 = 1_000.0;

/// Rates are kept in parts per thousand million.
const WHOLE: u64 = 1_000_000_000;

static CLOCK: OnceLock<gst::Clock> = OnceLock::new();

/// How a clock differs from the machine's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bend {
    offset_ns: i64,
    rate_ppb: i64,
}

/// Bends the clock if the environment says so; before anybody has asked for it.
pub(super) fn set_up() -> Result<(), StartError> {
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let text = text.to_string_lossy();
    let machine = gst::SystemClock::obtain();
    let bend = Bend::parse(&text, machine.time()).map_err(|why| StartError::TestClock(text.into_owned(), why))?;
    let bent = bend.clock();
    // Set up a second time, it is bent already, and alike.
    CLOCK.get_or_init(|| bent);
    Ok(())
}

/// The clock.
pub(super) fn clock() -> gst::Clock {
    CLOCK.get_or_init(gst::SystemClock::obtain).clone()
}

/// By how many nanoseconds the clock is ahead of the machine's just now.
pub(super) fn ahead_ns() -> i64 {
    let clock = clock();
    let machine = clock.internal_time();
    told(&clock, machine).nseconds().wrapping_sub(machine.nseconds()) as i64
}

/// What `clock` tells when the machine's shows `machine`. Unlike the clock's own answer this may be asked of a time to
/// come: a clock that has told the future would stay there.
pub(super) fn told(clock: &gst::Clock, machine: gst::ClockTime) -> gst::ClockTime {
    let (internal, external, num, denom) = clock.calibration();
    gst::Clock::adjust_with_calibration(machine, internal, external, num, denom)
}

/// What the machine's clock shows when `clock` tells `told`.
pub(super) fn machine(clock: &gst::Clock, told: gst::ClockTime) -> gst::ClockTime {
    let (internal, external, num, denom) = clock.calibration();
    gst::Clock::unadjust_with_calibration(told, internal, external, num, denom)
}

impl Bend {
    /// From the variable's text; the clock must not begin below zero.
    fn parse(text: &str, machine: gst::ClockTime) -> Result<Bend, &'static str> {
        let (offset, rate) = text.split_once(',').ok_or("there is no comma")?;
        let number = |text: &str, max: f64| text.trim().parse().ok().filter(|n: &f64| n.abs() <= max);
        let offset_s = number(offset, OFFSET_S_MAX).ok_or("the offset is no number of seconds within ten days")?;
        let rate_ppm = number(rate, RATE_PPM_MAX).ok_or("the rate is no number of ppm within 1000")?;
        let bend = Bend { offset_ns: (offset_s * 1e9) as i64, rate_ppb: (rate_ppm * 1e3) as i64 };
        if machine.nseconds() < bend.offset_ns.min(0).unsigned_abs() {
            return Err("the machine has not run for as long as the clock shall be set back");
        }
        Ok(bend)
    }

    fn clock(self) -> gst::Clock {
        let clock: gst::SystemClock = glib::Object::builder().property("name", "bent").build();
        // Times are never negative: what is set back shows zero when the machine shows that much.
        let ahead = gst::ClockTime::from_nseconds(self.offset_ns.max(0).unsigned_abs());
        let behind = gst::ClockTime::from_nseconds(self.offset_ns.min(0).unsigned_abs());
        clock.set_calibration(behind, ahead, WHOLE.saturating_add_signed(self.rate_ppb), WHOLE);
        glib::object::Cast::upcast(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bend, machine, told};
    use gst::prelude::ClockExt;
    use gstreamer as gst;

    const S: u64 = 1_000_000_000;

    fn seconds(s: u64) -> gst::ClockTime {
        gst::ClockTime::from_nseconds(s * S)
    }

    #[test]
    fn an_offset_and_a_rate_are_understood_and_nothing_else() {
        let up = seconds(1_000);
        assert_eq!(Bend::parse("12.34,80", up), Ok(Bend { offset_ns: 12_340_000_000, rate_ppb: 80_000 }));
        assert_eq!(Bend::parse("-5, -0.5", up), Ok(Bend { offset_ns: -5_000_000_000, rate_ppb: -500 }));
        for (wrong, part) in [
            ("", "comma"),
            ("5", "comma"),
            ("x,80", "offset"),
            ("NaN,80", "offset"),
            ("1e9,80", "offset"),
            ("5,", "rate"),
            ("5,80,1", "rate"),
            ("5,2000", "rate"),
            ("-1001,0", "has not run"),
        ] {
            let why = Bend::parse(wrong, up).expect_err(wrong);
            assert!(why.contains(part), "{wrong}: {why}");
        }
    }

    #[test]
    fn what_it_tells_and_what_the_machine_shows_are_one_line_read_both_ways() {
        gst::init().expect("GStreamer starts");
        let fast = Bend { offset_ns: 5 * S as i64, rate_ppb: 80_000 }.clock();
        assert_eq!(told(&fast, seconds(1_000)).nseconds(), 1_005 * S + 80_000_000);
        assert_eq!(machine(&fast, told(&fast, seconds(1_000))), seconds(1_000));
        let slow = Bend { offset_ns: -5 * S as i64, rate_ppb: 0 }.clock();
        assert_eq!(told(&slow, seconds(1_000)), seconds(995));
    }

    #[test]
    fn the_moment_itself_is_bent() {
        gst::init().expect("GStreamer starts");
        let fast = Bend { offset_ns: 5 * S as i64, rate_ppb: 500_000 }.clock();
        let before = told(&fast, gst::SystemClock::obtain().time());
        let now = fast.time();
        assert!(before <= now && now <= told(&fast, gst::SystemClock::obtain().time()));
    }

    #[test]
    fn a_straight_clock_is_the_machines_own() {
        gst::init().expect("GStreamer starts");
        let clock = gst::SystemClock::obtain();
        assert_eq!(told(&clock, seconds(77)), seconds(77));
        assert_eq!(machine(&clock, seconds(77)), seconds(77));
    }
}
