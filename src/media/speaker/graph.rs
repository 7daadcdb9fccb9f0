// SPDX-License-Identifier: MIT
//! `pipelines/listen.launch`: a source that makes what the sink asks for, and not a sample before. The sink's own
//! buffer is the only thing that waits, and it is kept as small as the sound card takes.

use super::{BLOCK_SAMPLES, Filler, SpeakerSignal, ask};
use crate::media::devices::Device;
use crate::media::graph::{Graph, GraphError, GraphSignal};
use crate::media::text::Text;
use crate::words::RATE_HZ;
use gst::prelude::{Cast, GObjectExtManualGst, ObjectExt, StaticType};
use gstreamer as gst;
use gstreamer::glib;
use gstreamer_audio as gst_audio;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::BaseSrcExt;
use gstreamer_base::subclass::base_src::CreateSuccess;
use gstreamer_base::subclass::prelude::*;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What the sink may hold, and in which portions it takes it, in microseconds.
const SINK_US: [(&str, i64); 2] = [("buffer-time", 10_000), ("latency-time", 2_500)];

glib::wrapper! {
    /// A source of what its filler says.
    pub struct VoiceSource(ObjectSubclass<Inner>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

/// The private half of [`VoiceSource`].
#[derive(Default)]
pub struct Inner {
    fill: Mutex<Option<Filler>>,
}

/// Makes `voicesource` known to GStreamer.
pub fn register() -> Result<(), glib::BoolError> {
    gst::Element::register(None, "voicesource", gst::Rank::NONE, VoiceSource::static_type())
}

/// The guard.
#[derive(Debug)]
pub struct Listening {
    _graph: Graph,
}

impl Listening {
    /// Plays to `device`.
    pub fn open(
        device: &Device,
        fill: Filler,
        on_signal: impl Fn(SpeakerSignal) + Send + Sync + 'static,
    ) -> Result<Listening, GraphError> {
        let graph = Graph::build(&Text::load("listen")?, &[("sink", &device.sink_element())])?;
        if let Ok(source) = graph.element("source")?.downcast::<VoiceSource>() {
            *source.imp().fill.lock().unwrap_or_else(PoisonError::into_inner) = Some(fill);
        }
        let speaker = graph.element("speaker")?;
        device.configure(&speaker);
        for (property, us) in SINK_US {
            if speaker.has_property(property) {
                speaker.set_property(property, us);
            }
        }
        for (property, value) in [("sync", "false"), ("low-latency", "true")] {
            if speaker.has_property(property) {
                speaker.set_property_from_str(property, value);
            }
        }
        graph.play(move |signal| {
            let why = match signal {
                GraphSignal::Error(trouble) => trouble.message,
                GraphSignal::End => "it ended".to_owned(),
            };
            on_signal(SpeakerSignal::Lost(why));
        })?;
        Ok(Listening { _graph: graph })
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Inner {
    const NAME: &'static str = "HzVoiceSource";
    type Type = VoiceSource;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for Inner {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for Inner {}

impl ElementImpl for Inner {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Voices",
                "Source/Audio",
                "What the others say, as it is asked for",
                "HyperZoom",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_audio::AudioCapsBuilder::new_interleaved()
                .format(gst_audio::AUDIO_FORMAT_F32)
                .rate(RATE_HZ as i32)
                .channels(1)
                .build();
            crate::media::ruler::source_template(&caps)
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for Inner {
    fn is_seekable(&self) -> bool {
        false
    }
}

impl PushSrcImpl for Inner {
    fn create(&self, _buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        let mut samples = [0.0; BLOCK_SAMPLES];
        if let Some(fill) = &*self.fill.lock().unwrap_or_else(PoisonError::into_inner) {
            ask(fill, &mut samples, crate::media::now());
        }
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        Ok(CreateSuccess::NewBuffer(gst::Buffer::from_mut_slice(bytes)))
    }
}
