// SPDX-License-Identifier: MIT
//! `rulervideosrc`: the ruler's pictures, live, at any size and rate.

use super::pace::{Pace, Stamps, Wait};
use crate::sync::ruler::{Format, Grid, Painter, Plane};
use crate::words::{Rate, Size};
use gstreamer as gst;
use gstreamer::glib;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::*;
use gstreamer_base::subclass::base_src::CreateSuccess;
use gstreamer_base::subclass::prelude::*;
use gstreamer_video as gst_video;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

glib::wrapper! {
    /// A live source of numbered pictures. Property `ppm`: how much faster than the pipeline's its own clock runs.
    pub struct VideoSource(ObjectSubclass<Inner>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

/// Frames kept ready; the pool makes more for as long as whatever follows holds on to them.
const POOL_FRAMES: u32 = 4;

/// Smaller than this, and the number's cells would be too small for an encoder.
const SIDE_MIN: i32 = 48;
const SIDE_MAX: i32 = 8192;

/// What is shown to those who do not say what they want.
const DEFAULT_SIZE: (i32, i32) = (1280, 720);
const DEFAULT_FPS: i32 = 30;
const FPS_MAX: i32 = 240;

/// From this height on, pictures have the colours of high definition.
const HD_HEIGHT: i32 = 720;

/// The private half of [`VideoSource`].
#[derive(Default)]
pub struct Inner {
    state: Mutex<State>,
    wait: Wait,
}

#[derive(Default)]
struct State {
    ppm: f64,
    pace: Pace,
    drawing: Option<Drawing>,
}

/// What negotiation decided, ready to draw.
struct Drawing {
    grid: Grid,
    painter: Painter,
    format: Format,
    planes: Vec<Plane>,
    pool: gst::BufferPool,
}

impl Drawing {
    fn new(caps: &gst::Caps, ppm: f64) -> Result<Drawing, glib::BoolError> {
        let info = gst_video::VideoInfo::from_caps(caps)?;
        let format = match info.format() {
            gst_video::VideoFormat::I420 => Format::I420,
            gst_video::VideoFormat::Nv12 => Format::Nv12,
            gst_video::VideoFormat::Yuy2 => Format::Yuy2,
            other => return Err(glib::bool_error!("the ruler cannot draw {other:?}")),
        };
        let planes = info.offset().iter().zip(info.stride());
        let planes = planes.map(|(&offset, &stride)| Plane { offset, stride: stride as usize }).collect();
        let rate = Rate { num: info.fps().numer() as u32, den: info.fps().denom() as u32 };
        let pool = gst::BufferPool::new();
        let mut config = pool.config();
        config.set_params(Some(caps), info.size() as u32, POOL_FRAMES, 0);
        pool.set_config(config)?;
        pool.set_active(true)?;
        let painter = Painter::new(Size { width: info.width(), height: info.height() });
        Ok(Drawing { grid: Grid::new(rate, ppm), painter, format, planes, pool })
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        // Frees the pool's memory as frames come home; a pool that refuses has nothing left to free.
        let _ = self.pool.set_active(false);
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self) -> Result<(gst::Buffer, Stamps), gst::FlowError> {
        let state = self.state();
        let drawing = state.drawing.as_ref().ok_or(gst::FlowError::NotNegotiated)?;
        let stamps = state.pace.next(self.obj().upcast_ref(), drawing.grid, 1)?;
        let mut buffer = drawing.pool.acquire_buffer(None)?;
        let content = buffer.get_mut().ok_or(gst::FlowError::Error)?;
        stamps.put(content);
        let flash = drawing.grid.starts_second(stamps.first);
        let mut memory = content.map_writable().map_err(|_| gst::FlowError::Error)?;
        drawing.painter.paint(stamps.first, flash, drawing.format, &drawing.planes, &mut memory);
        drop(memory);
        Ok((buffer, stamps))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Inner {
    const NAME: &'static str = "HzRulerVideoSource";
    type Type = VideoSource;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for Inner {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| vec![super::pace::ppm_property()]);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, _spec: &glib::ParamSpec) {
        self.state().ppm = value.get().expect("GObject has checked the type");
    }

    fn property(&self, _id: usize, _spec: &glib::ParamSpec) -> glib::Value {
        self.state().ppm.to_value()
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_live(true);
        self.obj().set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for Inner {}

impl ElementImpl for Inner {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Ruler pictures",
                "Source/Video",
                "Pictures that show their own number on the clock's grid and flash at every whole second",
                "HyperZoom",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new()
                .format_list([gst_video::VideoFormat::I420, gst_video::VideoFormat::Nv12, gst_video::VideoFormat::Yuy2])
                .width_range(SIDE_MIN..=SIDE_MAX)
                .height_range(SIDE_MIN..=SIDE_MAX)
                .framerate_range(gst::Fraction::new(1, 1)..=gst::Fraction::new(FPS_MAX, 1))
                .build();
            super::pace::source_template(&caps)
        });
        &TEMPLATES
    }

    fn change_state(&self, change: gst::StateChange) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if change == gst::StateChange::PausedToPlaying {
            self.state().pace.restart();
        }
        self.parent_change_state(change)
    }
}

impl BaseSrcImpl for Inner {
    fn fixate(&self, mut caps: gst::Caps) -> gst::Caps {
        caps.truncate();
        if let Some(wish) = caps.make_mut().structure_mut(0) {
            wish.fixate_field_nearest_int("height", DEFAULT_SIZE.1);
            let height = wish.get::<i32>("height").unwrap_or(DEFAULT_SIZE.1);
            wish.fixate_field_nearest_int("width", (height * DEFAULT_SIZE.0 / DEFAULT_SIZE.1) & !1);
            wish.fixate_field_nearest_fraction("framerate", gst::Fraction::new(DEFAULT_FPS, 1));
            for (field, value) in [
                ("colorimetry", if height >= HD_HEIGHT { "bt709" } else { "bt601" }),
                ("interlace-mode", "progressive"),
            ] {
                if !wish.has_field(field) {
                    wish.set(field, value);
                }
            }
            if !wish.has_field("pixel-aspect-ratio") {
                wish.set("pixel-aspect-ratio", gst::Fraction::new(1, 1));
            }
        }
        self.parent_fixate(caps)
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let mut state = self.state();
        let drawing = Drawing::new(caps, state.ppm)?;
        state.pace.restart();
        state.drawing = Some(drawing);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let mut state = self.state();
        state.pace.restart();
        state.drawing = None;
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.wait.set_flushing(true);
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.wait.set_flushing(false);
        Ok(())
    }

    fn query(&self, query: &mut gst::QueryRef) -> bool {
        if let gst::QueryViewMut::Latency(latency) = query.view_mut() {
            latency.set(true, gst::ClockTime::ZERO, gst::ClockTime::NONE);
            return true;
        }
        BaseSrcImplExt::parent_query(self, query)
    }
}

impl PushSrcImpl for Inner {
    /// A frame is drawn ahead and leaves when it begins.
    fn create(&self, _buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        let (buffer, stamps) = self.draw()?;
        self.wait.until(stamps.begin, &stamps)?;
        self.state().pace.advance(&stamps);
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
