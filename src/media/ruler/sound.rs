// SPDX-License-Identifier: MIT
//! `rulersoundsrc`: the ruler's sound, live.

use super::pace::{Pace, Stamps, Wait};
use crate::sync::ruler::Tone;
use gstreamer as gst;
use gstreamer::glib;
use gstreamer_audio as gst_audio;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::*;
use gstreamer_base::subclass::base_src::CreateSuccess;
use gstreamer_base::subclass::prelude::*;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

glib::wrapper! {
    /// A live source of numbered sound. Properties: `ppm`, how much faster than the pipeline's its own clock runs;
    /// `block-samples`, how many samples a buffer has; `active-channel`, the only channel that is not silent.
    pub struct SoundSource(ObjectSubclass<Inner>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

/// What is played to those who do not say what they want.
const DEFAULT_RATE: i32 = 48_000;

/// Five milliseconds at 48 kHz, as short as a good sound card's.
const DEFAULT_BLOCK: u32 = 240;

/// As many channels as the larger interfaces have.
const CHANNELS_MAX: i32 = 32;

/// The value of `active-channel` that means every one.
const EVERY_CHANNEL: i32 = -1;

/// The private half of [`SoundSource`].
#[derive(Default)]
pub struct Inner {
    state: Mutex<State>,
    wait: Wait,
}

struct State {
    ppm: f64,
    block: u32,
    active: i32,
    pace: Pace,
    playing: Option<Playing>,
}

impl Default for State {
    fn default() -> State {
        State { ppm: 0.0, block: DEFAULT_BLOCK, active: EVERY_CHANNEL, pace: Pace::default(), playing: None }
    }
}

/// What negotiation decided, ready to play.
struct Playing {
    tone: Tone,
    info: gst_audio::AudioInfo,
    samples: Vec<i16>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn play(&self) -> Result<(gst::Buffer, Stamps), gst::FlowError> {
        let mut state = self.state();
        let State { block, active, pace, playing, .. } = &mut *state;
        let playing = playing.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        let stamps = pace.next(self.obj().upcast_ref(), playing.tone.grid(), u64::from(*block))?;
        playing.samples.resize(*block as usize, 0);
        playing.tone.fill(stamps.first, &mut playing.samples);
        let channels = playing.info.channels() as usize;
        let sounds = |channel: usize| *active == EVERY_CHANNEL || *active as usize == channel;
        let spread = |&sample: &i16| (0..channels).map(move |channel| if sounds(channel) { sample } else { 0 });
        let heard = playing.samples.iter().flat_map(spread);
        let bytes: Vec<u8> = if playing.info.format() == gst_audio::AUDIO_FORMAT_S16 {
            heard.flat_map(i16::to_ne_bytes).collect()
        } else {
            heard.flat_map(|sample| (f32::from(sample) / 32_768.0).to_ne_bytes()).collect()
        };
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        stamps.put(buffer.get_mut().ok_or(gst::FlowError::Error)?);
        Ok((buffer, stamps))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Inner {
    const NAME: &'static str = "HzRulerSoundSource";
    type Type = SoundSource;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for Inner {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                super::pace::ppm_property(),
                glib::ParamSpecUInt::builder("block-samples")
                    .nick("Block")
                    .blurb("How many samples a buffer has")
                    .minimum(1)
                    .maximum(1 << 16)
                    .default_value(DEFAULT_BLOCK)
                    .build(),
                glib::ParamSpecInt::builder("active-channel")
                    .nick("Active channel")
                    .blurb("The only channel that is not silent, counted from 0; -1: every channel sounds")
                    .minimum(EVERY_CHANNEL)
                    .maximum(CHANNELS_MAX - 1)
                    .default_value(EVERY_CHANNEL)
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
        let mut state = self.state();
        match spec.name() {
            "ppm" => state.ppm = value.get().expect("GObject has checked the type"),
            "block-samples" => state.block = value.get().expect("GObject has checked the type"),
            _ => state.active = value.get().expect("GObject has checked the type"),
        }
    }

    fn property(&self, _id: usize, spec: &glib::ParamSpec) -> glib::Value {
        let state = self.state();
        match spec.name() {
            "ppm" => state.ppm.to_value(),
            "block-samples" => state.block.to_value(),
            _ => state.active.to_value(),
        }
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
                "Ruler sound",
                "Source/Audio",
                "Noise in which every sample can be told from all others, and a beep at every whole second",
                "HyperZoom",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_audio::AudioCapsBuilder::new_interleaved()
                .format_list([gst_audio::AUDIO_FORMAT_S16, gst_audio::AUDIO_FORMAT_F32])
                .rate_range(8_000..=192_000)
                .channels_range(1..=CHANNELS_MAX)
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
            wish.fixate_field_nearest_int("rate", DEFAULT_RATE);
            wish.fixate_field_nearest_int("channels", 1);
            let channels = wish.get::<i32>("channels").unwrap_or(1);
            if channels > 2 && !wish.has_field("channel-mask") {
                // Inputs of an interface, not places in a room.
                wish.set("channel-mask", gst::Bitmask::new(0));
            }
        }
        self.parent_fixate(caps)
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_audio::AudioInfo::from_caps(caps)?;
        let mut state = self.state();
        state.playing = Some(Playing { tone: Tone::new(info.rate(), state.ppm), info, samples: Vec::new() });
        state.pace.restart();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let mut state = self.state();
        state.pace.restart();
        state.playing = None;
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
            let state = self.state();
            let rate = state.playing.as_ref().map_or(DEFAULT_RATE as u32, |playing| playing.info.rate());
            let block = gst::ClockTime::SECOND.mul_div_ceil(state.block.into(), rate.into()).unwrap_or_default();
            latency.set(true, block, gst::ClockTime::NONE);
            return true;
        }
        BaseSrcImplExt::parent_query(self, query)
    }
}

impl PushSrcImpl for Inner {
    /// A block leaves when its last sample is over.
    fn create(&self, _buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        let (buffer, stamps) = self.play()?;
        self.wait.until(stamps.end, &stamps)?;
        self.state().pace.advance(&stamps);
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
