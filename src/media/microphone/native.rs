// SPDX-License-Identifier: MIT
//! A microphone that is a node of PipeWire's: each cycle's samples are taken within that cycle, at real-time priority,
//! given to the mouth on the spot, and kept for the recording in a ring that outlasts any starvation.
//!
//! ```text
//!   process (real time): pick the channel -> SoundTap, ring of 20 s ~~> our own thread: blocks -> on_signal
//! ```

use super::{Channel, MicrophoneSignal, Picker, SoundBlock};
use crate::media::Device;
use crate::media::graph::GraphError;
use crate::media::mouth::{Drain, SoundTap, rings};
use crate::media::node::{Node, Wish};
use crate::media::priority;
use crate::words::{Mono, RATE_HZ};
use gstreamer as gst;
use pipewire::stream::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// For so long this program may not get to run, and still nothing is lost.
const KEPT_SAMPLES: usize = 20 * RATE_HZ as usize;
/// The recording takes them in such portions: it has time, and to wake for every cycle costs more than the samples do.
const PORTION_SAMPLES: usize = RATE_HZ as usize / 100;
/// The longest cycle there is, with room to spare.
const CYCLE_SAMPLES_MAX: usize = 16_384;
/// Between two looks whether it still speaks; a second of silence is a microphone that is gone.
const ROUND: Duration = Duration::from_millis(250);
const ROUNDS_SILENT: u32 = 4;
/// One that has not yet spoken may take longer to wake up.
const ROUNDS_UNTIL_FIRST: u32 = 40;

/// The guard.
#[derive(Debug)]
pub(super) struct Native {
    /// Goes first: nothing more comes then.
    node: Option<Node>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Native {
    pub(super) fn open<F>(
        device: &Device,
        channel: Channel,
        (tap, block_samples): (Option<SoundTap>, Option<usize>),
        on_signal: Arc<F>,
    ) -> Result<Native, GraphError>
    where
        F: Fn(MicrophoneSignal) + Send + Sync + 'static,
    {
        let channels = super::inputs(device).unwrap_or(1).clamp(1, 32) as u32;
        let refused = |cause| GraphError::Unstartable { name: "microphone".to_owned(), cause };
        let picker = Picker::new(channels as usize, channel).map_err(refused)?;
        let (keep, drain) = rings(KEPT_SAMPLES);
        let wish = Wish {
            name: "hyperzoom-microphone",
            description: "HyperZoom: your voice",
            captures: true,
            target: Some(device.id.clone()),
            channels,
            block_samples,
        };
        let mut picked = Vec::with_capacity(CYCLE_SAMPLES_MAX);
        let kept = keep.clone();
        let process = Box::new(move |stream: &Stream| {
            let now = crate::media::now();
            on_process(stream, picker, &mut picked);
            let at = now.offset(-((picked.len() as u64 * Mono::SECOND / RATE_HZ) as i64));
            if let Some(tap) = &tap {
                tap.samples(&picked, at);
            }
            kept.samples(&picked, at);
        });
        let lost = on_signal.clone();
        let node =
            Node::open(wish, process, Arc::new(move |why| lost(MicrophoneSignal::Lost(why)))).map_err(refused)?;
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let run = move || deliver(drain, &told, &*on_signal);
        let thread = std::thread::Builder::new().name("microphone".into()).spawn(run);
        let thread = thread.expect("the system has a thread left");
        keep.wakes(thread.thread().clone());
        Ok(Native { node: Some(node), over, thread: Some(thread) })
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.node = None;
        self.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the microphone's thread has panicked");
            }
        }
    }
}

/// The graph's cycle: real time. Leaves the one channel in `picked`.
fn on_process(stream: &Stream, picker: Picker, picked: &mut Vec<f32>) {
    picked.clear();
    let Some(mut buffer) = stream.dequeue_buffer() else { return };
    let [data, ..] = buffer.datas_mut() else { return };
    let (offset, size) = (data.chunk().offset() as usize, data.chunk().size() as usize);
    let Some(bytes) = data.data() else { return };
    let Some(bytes) = bytes.get(offset..(offset + size).min(bytes.len())) else { return };
    // SAFETY: every pattern of bits is a float; what is not aligned is left out, and the server aligns its buffers.
    let (_, samples, _) = unsafe { bytes.align_to::<f32>() };
    // Never more than there is room for: nothing may be allocated here.
    picked.extend(picker.pick(samples).take(CYCLE_SAMPLES_MAX));
}

fn deliver(mut drain: Drain, over: &AtomicBool, on_signal: &impl Fn(MicrophoneSignal)) {
    priority::capture_this_thread();
    drain.want(PORTION_SAMPLES);
    let mut samples = Vec::new();
    let (mut silent, mut spoken) = (0, false);
    let mut looked = crate::media::now();
    loop {
        // Asked first: what came before the end is delivered.
        let ends = over.load(Ordering::Acquire);
        while let Some(at) = drain.take_block(&mut samples) {
            (silent, spoken) = (0, true);
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
            let block = SoundBlock {
                at,
                samples: samples.len() as u64,
                position: None,
                buffer: gst::Buffer::from_mut_slice(bytes),
            };
            on_signal(MicrophoneSignal::Sound(block));
        }
        if ends {
            return;
        }
        std::thread::park_timeout(ROUND);
        let now = crate::media::now();
        if now.since(looked) < ROUND.as_nanos() as i64 {
            continue;
        }
        // Rounds are counted, not time: while this program did not get to run, no microphone had a chance to speak.
        (looked, silent) = (now, silent + 1);
        let limit = if spoken { ROUNDS_SILENT } else { ROUNDS_UNTIL_FIRST };
        if silent == limit {
            on_signal(MicrophoneSignal::Lost("it sends no sound".to_owned()));
        }
    }
}
