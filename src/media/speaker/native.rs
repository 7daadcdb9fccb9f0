// SPDX-License-Identifier: MIT
//! A native stream of PipeWire's, asked within the graph's own cycle.
//!
//! ```text
//!   main loop's thread:  connect ... state changes ........................... quit, by the guard
//!   data loop's thread:     process  process  process   one a cycle: dequeue, fill, queue
//! ```

use super::{BLOCK_SAMPLES, Filler, SpeakerError, SpeakerSignal, ask};
use crate::media::Device;
use crate::words::RATE_HZ;
use pipewire as pw;
use pw::properties::properties;
use pw::spa;
use pw::stream::{Stream, StreamBox, StreamFlags, StreamState};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

type OnSignal = Arc<dyn Fn(SpeakerSignal) + Send + Sync>;

/// Bytes of one sample of one channel.
const SAMPLE_BYTES: usize = size_of::<f32>();

/// The guard.
pub struct Native {
    quit: pw::channel::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Native {
    /// Plays to `device`, or to what the server thinks best.
    pub fn open(device: Option<&Device>, fill: Filler, on_signal: OnSignal) -> Result<Native, SpeakerError> {
        let (quit, quitting) = pw::channel::channel();
        let (tell, begun) = channel();
        let target = device.map(|d| d.id.clone());
        let speaker = device.map_or("the default speaker", |d| &d.name).to_owned();
        let run = move || {
            if let Err(why) = play(target.as_deref(), quitting, fill, on_signal, &tell) {
                // Whoever opened us has heard of it, or of the beginning.
                let _ = tell.send(Err(why.to_string()));
            }
        };
        let thread = std::thread::Builder::new().name("speaker".into()).spawn(run);
        let native = Native { quit, thread: Some(thread.expect("the system has a thread left")) };
        match begun.recv() {
            Ok(Ok(())) => Ok(native),
            Ok(Err(why)) => Err(SpeakerError::Refused { speaker, why }),
            Err(_) => Err(SpeakerError::Refused { speaker, why: "it ended at once".into() }),
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // A loop that has ended by itself needs no telling.
        let _ = self.quit.send(());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the speaker's thread has panicked");
        }
    }
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Native(..)")
    }
}

/// Runs until told to quit.
fn play(
    target: Option<&str>,
    quitting: pw::channel::Receiver<()>,
    fill: Filler,
    on_signal: OnSignal,
    begun: &Sender<Result<(), String>>,
) -> Result<(), pw::Error> {
    pw::init();
    let main = pw::main_loop::MainLoopRc::new(None)?;
    let context = pw::context::ContextRc::new(&main, None)?;
    let core = context.connect_rc(None)?;
    let _quitting = quitting.attach(main.loop_(), {
        let main = main.clone();
        move |()| main.quit()
    });
    let mut properties = properties! {
        *pw::keys::MEDIA_TYPE => "Audio",
        *pw::keys::MEDIA_CATEGORY => "Playback",
        *pw::keys::MEDIA_ROLE => "Communication",
        *pw::keys::NODE_NAME => "hyperzoom-voices",
        *pw::keys::NODE_DESCRIPTION => "HyperZoom: the others' voices",
    };
    properties.insert(*pw::keys::NODE_LATENCY, format!("{BLOCK_SAMPLES}/{RATE_HZ}"));
    if let Some(target) = target {
        properties.insert("target.object", target);
        // A voice that was meant for a headset must not come out of the speakers of a laptop.
        properties.insert("node.dont-reconnect", "true");
    }
    let stream = StreamBox::new(&core, "hyperzoom-voices", properties)?;
    let lost = on_signal.clone();
    let _listener = stream
        .add_local_listener_with_user_data(())
        .state_changed(move |_, (), old, new| on_state(&old, &new, &*lost))
        .process(move |stream, ()| on_process(stream, &fill))
        .register()?;
    let format = format();
    let mut parameters = [spa::pod::Pod::from_bytes(&format).expect("the serializer makes whole objects")];
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS | StreamFlags::RT_PROCESS;
    stream.connect(spa::utils::Direction::Output, None, flags, &mut parameters)?;
    // Nobody may be waiting any more.
    let _ = begun.send(Ok(()));
    main.run();
    Ok(())
}

/// One channel of floats at the one rate: the server spreads it over the speaker's channels.
fn format() -> Vec<u8> {
    let mut info = spa::param::audio::AudioInfoRaw::new();
    info.set_format(spa::param::audio::AudioFormat::F32LE);
    info.set_rate(RATE_HZ as u32);
    info.set_channels(1);
    let mut position = [0; spa::param::audio::MAX_CHANNELS];
    position[0] = spa::sys::SPA_AUDIO_CHANNEL_MONO;
    info.set_position(position);
    let object = spa::pod::Object {
        type_: spa::sys::SPA_TYPE_OBJECT_Format,
        id: spa::sys::SPA_PARAM_EnumFormat,
        properties: info.into(),
    };
    let cursor = std::io::Cursor::new(Vec::new());
    let written = spa::pod::serialize::PodSerializer::serialize(cursor, &spa::pod::Value::Object(object));
    written.expect("memory takes what is written").0.into_inner()
}

fn on_state(old: &StreamState, new: &StreamState, on_signal: &dyn Fn(SpeakerSignal)) {
    tracing::debug!("speaker: {old:?} -> {new:?}");
    match (old, new) {
        (_, StreamState::Error(why)) => on_signal(SpeakerSignal::Lost(why.clone())),
        (StreamState::Paused | StreamState::Streaming, StreamState::Unconnected) => {
            on_signal(SpeakerSignal::Lost("the sound server has let go of it".to_owned()));
        }
        _ => {}
    }
}

/// The graph's cycle: real time.
fn on_process(stream: &Stream, fill: &Filler) {
    let Some(mut buffer) = stream.dequeue_buffer() else { return };
    let requested = buffer.requested() as usize;
    let [data, ..] = buffer.datas_mut() else { return };
    let Some(bytes) = data.data() else { return };
    let room = bytes.len() / SAMPLE_BYTES;
    let count = if requested == 0 { room.min(BLOCK_SAMPLES) } else { room.min(requested) };
    let bytes = &mut bytes[..count * SAMPLE_BYTES];
    // SAFETY: every pattern of bits is a float; what is not aligned is left out, and the server aligns its buffers.
    let (_, samples, _) = unsafe { bytes.align_to_mut::<f32>() };
    let filled = samples.len();
    ask(fill, samples, crate::media::now());
    let chunk = data.chunk_mut();
    *chunk.offset_mut() = 0;
    *chunk.stride_mut() = SAMPLE_BYTES as i32;
    *chunk.size_mut() = (filled * SAMPLE_BYTES) as u32;
}
