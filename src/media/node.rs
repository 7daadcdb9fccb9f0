// SPDX-License-Identifier: MIT
//! A node of ours in PipeWire's graph, called within the graph's own cycle.
//!
//! ```text
//!   our thread, the main loop:    connect ... state changes ........................... quit, by the guard
//!   the data loop's, real time:       process  process  process       one a cycle, between the card and its deadline
//! ```
//!
//! GStreamer's elements for PipeWire hand each cycle to a thread of ordinary priority, which a busy machine keeps
//! waiting, and the sink keeps a queue of its own besides.

use crate::words::RATE_HZ;
use pipewire as pw;
use pw::properties::properties;
use pw::spa;
use pw::stream::{Stream, StreamBox, StreamFlags, StreamState};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// The configuration under which the data loop gets real-time priority.
const REAL_TIME_CONFIG: &str = "client-rt.conf";

/// Who hears that a node has lost its device, and why.
pub(super) type OnLost = Arc<dyn Fn(String) + Send + Sync>;

/// What a node does in each cycle.
pub(super) type Process = Box<dyn FnMut(&Stream) + Send>;

/// What kind of node.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// As others see it in the graph.
    pub name: &'static str,
    /// For people.
    pub description: &'static str,
    /// It takes sound from the graph instead of giving some.
    pub captures: bool,
    /// The device's node; without one, whatever the server thinks best.
    pub target: Option<String>,
    /// How many channels.
    pub channels: u32,
    /// A cycle should not be longer than so many samples; nothing leaves that to the server.
    pub block_samples: Option<usize>,
}

/// The guard.
pub(super) struct Node {
    quit: pw::channel::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Connects; why the server refuses comes as its own words.
    pub(super) fn open(wish: Wish, process: Process, on_lost: OnLost) -> Result<Node, String> {
        let (quit, quitting) = pw::channel::channel();
        let (tell, begun) = channel();
        let name = wish.name;
        let run = move || {
            if let Err(why) = live(&wish, quitting, process, on_lost, &tell) {
                // Whoever opened us has heard of it, or of the beginning.
                let _ = tell.send(Err(why.to_string()));
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(run).expect("the system has a thread left");
        let node = Node { quit, thread: Some(thread) };
        begun.recv().unwrap_or_else(|_| Err("it ended at once".into())).map(|()| node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A loop that has ended by itself needs no telling.
        let _ = self.quit.send(());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a node in the graph has panicked");
        }
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(..)")
    }
}

/// Runs until told to quit.
fn live(
    wish: &Wish,
    quitting: pw::channel::Receiver<()>,
    mut process: Process,
    on_lost: OnLost,
    begun: &Sender<Result<(), String>>,
) -> Result<(), pw::Error> {
    pw::init();
    let main = pw::main_loop::MainLoopRc::new(None)?;
    let context = pw::context::ContextRc::new(&main, real_time())?;
    let core = context.connect_rc(None)?;
    let _quitting = quitting.attach(main.loop_(), {
        let main = main.clone();
        move |()| main.quit()
    });
    let stream = StreamBox::new(&core, wish.name, properties_of(wish))?;
    let _listener = stream
        .add_local_listener_with_user_data(())
        .state_changed(move |_, (), old, new| on_state(&old, &new, &*on_lost))
        .process(move |stream, ()| process(stream))
        .register()?;
    let format = format(wish.channels);
    let mut parameters = [spa::pod::Pod::from_bytes(&format).expect("the serializer makes whole objects")];
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS | StreamFlags::RT_PROCESS;
    let direction = if wish.captures { spa::utils::Direction::Input } else { spa::utils::Direction::Output };
    stream.connect(direction, None, flags, &mut parameters)?;
    // Nobody may be waiting any more.
    let _ = begun.send(Ok(()));
    main.run();
    Ok(())
}

/// Newer servers have no such configuration, because their ordinary one says it already.
fn real_time() -> Option<pw::properties::PropertiesBox> {
    let exists = ["/usr/share/pipewire", "/etc/pipewire"]
        .iter()
        .any(|f| std::path::Path::new(f).join(REAL_TIME_CONFIG).exists());
    exists.then(|| properties! { *pw::keys::CONFIG_NAME => REAL_TIME_CONFIG })
}

fn properties_of(wish: &Wish) -> pw::properties::PropertiesBox {
    let mut properties = properties! {
        *pw::keys::MEDIA_TYPE => "Audio",
        *pw::keys::MEDIA_CATEGORY => if wish.captures { "Capture" } else { "Playback" },
        *pw::keys::MEDIA_ROLE => "Communication",
        *pw::keys::NODE_NAME => wish.name,
        *pw::keys::NODE_DESCRIPTION => wish.description,
    };
    if let Some(samples) = wish.block_samples {
        properties.insert(*pw::keys::NODE_LATENCY, format!("{samples}/{RATE_HZ}"));
    }
    if wish.captures {
        // Inputs of an interface are not places in a room: none is mixed into another.
        properties.insert("stream.dont-remix", "true");
    }
    if let Some(target) = &wish.target {
        properties.insert("target.object", target.as_str());
        // What was meant for one device must not turn to another by itself.
        properties.insert("node.dont-reconnect", "true");
    }
    properties
}

/// Floats at the one rate.
fn format(channels: u32) -> Vec<u8> {
    let mut info = spa::param::audio::AudioInfoRaw::new();
    info.set_format(spa::param::audio::AudioFormat::F32LE);
    info.set_rate(RATE_HZ as u32);
    info.set_channels(channels);
    let mut position = [0; spa::param::audio::MAX_CHANNELS];
    match channels {
        1 => position[0] = spa::sys::SPA_AUDIO_CHANNEL_MONO,
        2 => position[..2].copy_from_slice(&[spa::sys::SPA_AUDIO_CHANNEL_FL, spa::sys::SPA_AUDIO_CHANNEL_FR]),
        many => (0..many).zip(&mut position).for_each(|(n, place)| *place = spa::sys::SPA_AUDIO_CHANNEL_AUX0 + n),
    }
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

fn on_state(old: &StreamState, new: &StreamState, on_lost: &dyn Fn(String)) {
    tracing::debug!("a node in the graph: {old:?} -> {new:?}");
    match (old, new) {
        (_, StreamState::Error(why)) => on_lost(why.clone()),
        (StreamState::Paused | StreamState::Streaming, StreamState::Unconnected) => {
            on_lost("the sound server has let go of it".to_owned());
        }
        _ => {}
    }
}
