// SPDX-License-Identifier: MIT
//! How large a camera's picture is sent: all of it, in its own shape, without borders, upright if it is upright.
//!
//! ```text
//!  camera       1920x1080    640x480    1080x1920    320x240
//!  480          854x480      640x480    480x854      320x240: small ones stay
//!  360          640x360      480x360    360x640      320x240
//! ```

use crate::words::Size;

/// The size for a camera's pictures where `height` names a 16:9 picture: 480 is 854x480.
pub(super) fn sent(camera: Size, height: u32) -> Size {
    let height = height.clamp(SIDE_MIN, SIDE_MAX);
    let long = even(f64::from(height) * 16.0 / 9.0);
    let upright = camera.height > camera.width;
    let (width_max, height_max) = if upright { (height, long) } else { (long, height) };
    let across = f64::from(width_max) / f64::from(camera.width.max(1));
    let down = f64::from(height_max) / f64::from(camera.height.max(1));
    let scale = across.min(down).min(1.0);
    Size { width: even(f64::from(camera.width) * scale), height: even(f64::from(camera.height) * scale) }
}

/// Nobody would see anything in less.
const SIDE_MIN: u32 = 90;
/// A call's pictures are modest.
const SIDE_MAX: u32 = 1080;

/// The nearest even number: 4:2:0 pictures have half as many colours.
fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32 * 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::{Size, sent};

    #[test]
    fn every_camera_keeps_its_shape() {
        let sent = |width, height, to| sent(Size { width, height }, to).to_string();
        assert_eq!([sent(1920, 1080, 480), sent(1280, 720, 360)], ["854x480", "640x360"]);
        assert_eq!([sent(640, 480, 480), sent(1600, 1200, 360)], ["640x480", "480x360"]);
        assert_eq!([sent(1080, 1920, 480), sent(720, 1280, 360)], ["480x854", "360x640"]);
        assert_eq!([sent(320, 240, 480), sent(321, 241, 480)], ["320x240", "322x242"]);
        assert_eq!([sent(1440, 1440, 480), sent(2560, 1080, 480)], ["480x480", "854x360"]);
    }
}
