// SPDX-License-Identifier: MIT
//! Which of a camera's many modes a master wants: thirty pictures a second first, then the largest size up to
//! 1080p, then pictures that need no decoding. Many USB cameras reach 1080p30 only as JPEG.

use crate::words::{MASTER_FPS, Rate, Size};
use gstreamer as gst;

/// Fewer pictures than this make a poor master, however large.
const RATE_MIN: f64 = 24.0;

/// One way a camera can deliver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// Whether pictures come as JPEG.
    pub jpeg: bool,
    /// Their size.
    pub size: Size,
    /// How many a second.
    pub rate: Rate,
}

impl Mode {
    /// As caps for the filter behind the device.
    pub fn caps(&self) -> gst::Caps {
        gst::Caps::builder(if self.jpeg { "image/jpeg" } else { "video/x-raw" })
            .field("width", self.size.width as i32)
            .field("height", self.size.height as i32)
            .field("framerate", gst::Fraction::new(self.rate.num as i32, self.rate.den as i32))
            .build()
    }
}

/// The best mode among what a device offers; `None` leaves the choice to the device.
pub fn best(caps: &gst::Caps) -> Option<Mode> {
    let modes = caps.iter().filter_map(mode_of);
    modes.max_by(|a, b| worth(a).partial_cmp(&worth(b)).expect("no mode is worth NaN"))
}

fn worth(mode: &Mode) -> (bool, u64, i64, bool, f64) {
    let fps = mode.rate.as_f64();
    let shown = mode.size.fitted(Size::FULL_HD);
    let needless = mode.size.pixels().saturating_sub(shown.pixels());
    (fps >= RATE_MIN, shown.pixels(), -(needless as i64), !mode.jpeg, -(fps - MASTER_FPS as f64).abs())
}

fn mode_of(structure: &gst::StructureRef) -> Option<Mode> {
    let jpeg = match structure.name().as_str() {
        "video/x-raw" => false,
        "image/jpeg" => true,
        _ => return None,
    };
    let size = Size { width: side(structure, "width", 1920)?, height: side(structure, "height", 1080)? };
    Some(Mode { jpeg, size, rate: rate(structure) })
}

/// A side that is fixed, or as much of `wanted` as a range allows.
fn side(structure: &gst::StructureRef, name: &str, wanted: i32) -> Option<u32> {
    let fixed = structure.get::<i32>(name).ok();
    let ranged = || structure.get::<gst::IntRange<i32>>(name).ok().map(|r| wanted.clamp(r.min(), r.max()));
    fixed.or_else(ranged).and_then(|n| u32::try_from(n).ok())
}

/// The rate nearest to a master's among those offered.
fn rate(structure: &gst::StructureRef) -> Rate {
    let whole = Rate::whole(MASTER_FPS as u32);
    let of = |f: gst::Fraction| Rate { num: f.numer().max(0) as u32, den: f.denom().max(1) as u32 };
    if let Ok(fixed) = structure.get::<gst::Fraction>("framerate") {
        return of(fixed);
    }
    if let Ok(list) = structure.get::<gst::List>("framerate") {
        let rates = list.iter().filter_map(|v| v.get::<gst::Fraction>().ok()).map(of);
        let distance = |r: &Rate| (r.as_f64() - MASTER_FPS as f64).abs();
        return rates.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(whole);
    }
    match structure.get::<gst::FractionRange>("framerate") {
        Ok(range) if of(range.max()).as_f64() < MASTER_FPS as f64 => of(range.max()),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::best;
    use crate::words::Size;
    use gstreamer as gst;
    use std::str::FromStr;

    fn choose(caps: &str) -> (bool, Size, f64) {
        gst::init().expect("GStreamer starts");
        let mode = best(&gst::Caps::from_str(caps).expect("caps")).expect("a mode");
        (mode.jpeg, mode.size, mode.rate.as_f64())
    }

    #[test]
    fn a_camera_that_reaches_full_hd_only_as_jpeg_is_read_as_jpeg() {
        let caps = "video/x-raw,format=YUY2,width=1920,height=1080,framerate={5/1,10/1};\
                    video/x-raw,format=YUY2,width=640,height=480,framerate=30/1;\
                    image/jpeg,width=1920,height=1080,framerate={60/1,30/1,15/1}";
        assert_eq!(choose(caps), (true, Size::FULL_HD, 30.0));
    }

    #[test]
    fn raw_pictures_are_preferred_at_the_same_size_and_full_hd_to_four_k() {
        let caps = "image/jpeg,width=1920,height=1080,framerate=30/1;\
                    video/x-raw,width=3840,height=2160,framerate=30/1;\
                    video/x-raw,width=1920,height=1080,framerate=25/1;\
                    video/x-raw,width=1920,height=1080,framerate=30/1";
        assert_eq!(choose(caps), (false, Size::FULL_HD, 30.0));
    }

    #[test]
    fn ranges_are_asked_for_full_hd_at_thirty() {
        let caps = "video/x-raw,width=[16,4096],height=[16,4096],framerate=[0/1,120/1]";
        assert_eq!(choose(caps), (false, Size::FULL_HD, 30.0));
    }
}
