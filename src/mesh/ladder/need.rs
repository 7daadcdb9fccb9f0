// SPDX-License-Identifier: MIT
//! The rungs, and what each asks of the uplink.

/// What the one encoder has to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureOrder {
    /// Kilobits a second.
    pub bitrate_kbps: u32,
    /// Pictures a second.
    pub fps: u32,
    /// 480 is 854x480, 360 is 640x360.
    pub height: u32,
}

const fn order(bitrate_kbps: u32, fps: u32, height: u32) -> PictureOrder {
    PictureOrder { bitrate_kbps, fps, height }
}

/// In the order in which things are given up: bitrate, frame rate, resolution. Below the last there is no picture.
pub const LEVELS: [PictureOrder; 7] = [
    order(500, 24, 480),
    order(400, 24, 480),
    order(300, 24, 480),
    order(240, 15, 480),
    order(180, 10, 480),
    order(120, 10, 360),
    order(80, 10, 360),
];
