// SPDX-License-Identifier: MIT
//! Looking at a picture's brightness without knowing GStreamer: what tells a ruler's frame number, or a black picture.

use super::super::camera::Picture;
use crate::words::Size;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::VideoFrameExt;

/// The brightness of a picture, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// Rows of `stride` bytes, of which the first `size.width` are shown.
    pub luma: &'a [u8],
    /// How large it is.
    pub size: Size,
    /// From row to row.
    pub stride: usize,
}

impl Picture {
    /// Looks at the brightness; `None` if this picture has none that could be looked at.
    pub fn look<R>(&self, read: impl FnOnce(Plane) -> R) -> Option<R> {
        let info = gst_video::VideoInfo::from_caps(self.sample.caps()?).ok()?;
        let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(self.sample.buffer()?, &info).ok()?;
        let (size, stride) = (Size { width: info.width(), height: info.height() }, frame.plane_stride()[0]);
        let luma = frame.plane_data(0).ok()?;
        Some(read(Plane { luma, size, stride: usize::try_from(stride).ok()? }))
    }
}
