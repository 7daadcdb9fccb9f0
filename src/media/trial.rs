// SPDX-License-Identifier: MIT
//! A short trial of an encoder, on pictures or sound made on the spot: does it keep its word? Some silently write
//! a third of the bit rate asked for, hold back a second of pictures, or put key frames where they like.

pub(super) mod short;

use super::effort::Effort;
use super::encoders::{Candidate, Codec, Wanted};
use super::format::PictureFormat;
use super::graph::{Graph, GraphError, GraphSignal};
use super::text::Text;
use crate::words::{MASTER_FPS, Mono, RATE_HZ};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// One group of pictures and the beginning of the next.
const PICTURES: u64 = MASTER_FPS + 2;
/// The master is fragmented by the second; an encoder may not hold back more than a third of one.
const DELAY_FRAMES_MAX: u64 = 10;
/// Sound for the trial.
const SOUND_SECONDS: u64 = 2;
/// An encoder that promises a rate writes at least this share of it on noise.
const RATE_KEPT_MIN: f64 = 0.85;
/// An encoder that says nothing for so long is broken.
const PATIENCE: Duration = Duration::from_secs(15);

/// One coded buffer, as much of it as the trial needs.
struct Coded {
    bytes: usize,
    key: bool,
    pts: Option<gst::ClockTime>,
    caps: Option<gst::Caps>,
}

/// What comes out of a trial: a buffer, the end, or why there is no more.
type Answer = Result<Option<Coded>, String>;

/// Runs the trial; what was seen in words, or why the encoder is refused.
pub(super) fn run(candidate: &Candidate, encoder: &str, wanted: Wanted) -> Result<String, String> {
    match wanted.codec {
        Codec::H264 => pictures(candidate, encoder, wanted),
        _ => sound(encoder, wanted),
    }
}

fn pictures(candidate: &Candidate, encoder: &str, wanted: Wanted) -> Result<String, String> {
    let begun = Effort::begin();
    let (graph, coded) = started("trial-video", "video_encoder", encoder)?;
    let source = graph.app_source("pictures").map_err(|e| e.to_string())?;
    let format = PictureFormat::usual(wanted.size);
    source.set_caps(Some(&format.caps(true)));
    let scenes: Vec<gst::Buffer> = (0..4).map(|n| scene(&format, n)).collect();
    let push = |n: u64| {
        let mut buffer = scenes[n as usize % scenes.len()].copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamped.set_pts(gst::ClockTime::from_nseconds(n * Mono::SECOND / MASTER_FPS));
        stamped.set_duration(gst::ClockTime::from_nseconds(Mono::SECOND / MASTER_FPS));
        source.push_buffer(buffer).map_err(|e| format!("takes no pictures: {e}"))
    };
    (0..=DELAY_FRAMES_MAX).try_for_each(|n| push(n).map(|_| ()))?;
    let first = next(&coded)?.ok_or("writes nothing")?;
    (DELAY_FRAMES_MAX + 1..PICTURES).try_for_each(|n| push(n).map(|_| ()))?;
    source.end_of_stream().map_err(|e| format!("takes no end: {e}"))?;
    let mut all = vec![first];
    while let Some(more) = next(&coded)? {
        all.push(more);
    }
    let faster = PICTURES as f64 / MASTER_FPS as f64 / begun.seconds();
    judge_pictures(&all, candidate, faster)
}

fn judge_pictures(coded: &[Coded], candidate: &Candidate, faster: f64) -> Result<String, String> {
    if coded.len() as u64 != PICTURES {
        return Err(format!("made {} pictures of {PICTURES}", coded.len()));
    }
    let keys: Vec<usize> = coded.iter().enumerate().filter(|(_, c)| c.key).map(|(i, _)| i).collect();
    if keys != [0, MASTER_FPS as usize] {
        return Err(format!("puts key frames at pictures {keys:?}, not on each second"));
    }
    if coded.windows(2).any(|w| w[0].pts >= w[1].pts) {
        return Err("reorders pictures".to_owned());
    }
    let caps = coded[0].caps.as_ref().and_then(|c| c.structure(0));
    let field = |name| caps.and_then(|s| s.get::<String>(name).ok()).unwrap_or_else(|| "unknown".to_owned());
    let (profile, level) = (field("profile"), field("level"));
    if profile != "high" {
        return Err(format!("writes profile {profile} instead of high"));
    }
    if faster < candidate.faster {
        return Err(format!(
            "this machine could do it only {faster:.1} times at once, too little to be safe when it is busy"
        ));
    }
    Ok(format!("High@{level}, this machine could do it {faster:.1} times at once"))
}

fn sound(encoder: &str, wanted: Wanted) -> Result<String, String> {
    let (graph, coded) = started("trial-audio", "audio_encoder", encoder)?;
    let source = graph.app_source("sound").map_err(|e| e.to_string())?;
    source.set_caps(Some(&super::master::sound_caps()));
    let mut noise = 1u32;
    for block in 0..SOUND_SECONDS * 100 {
        let mut value = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(noise) / f64::from(u32::MAX) - 0.5) as f32
        };
        let bytes: Vec<u8> = (0..RATE_HZ / 100).flat_map(|_| value().to_ne_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let stamped = buffer.get_mut().expect("a fresh buffer has one owner");
        stamped.set_pts(gst::ClockTime::from_mseconds(block * 10));
        stamped.set_duration(gst::ClockTime::from_mseconds(10));
        source.push_buffer(buffer).map_err(|e| format!("takes no sound: {e}"))?;
    }
    source.end_of_stream().map_err(|e| format!("takes no end: {e}"))?;
    let mut bytes = 0;
    while let Some(more) = next(&coded)? {
        bytes += more.bytes;
    }
    let kbps = bytes as f64 * 8.0 / 1000.0 / SOUND_SECONDS as f64;
    if bytes == 0 {
        return Err("writes nothing".to_owned());
    }
    if kbps < wanted.kbps as f64 * RATE_KEPT_MIN {
        return Err(format!("writes {kbps:.0} kbit/s when asked for {}", wanted.kbps));
    }
    Ok(format!("{kbps:.0} kbit/s on noise"))
}

/// A running trial, and what comes out of it; `None` is the end.
fn started(text: &str, slot: &str, encoder: &str) -> Result<(Graph, Receiver<Answer>), String> {
    let words = |e: GraphError| e.to_string();
    let text = Text::load(text).map_err(|e| e.to_string())?;
    let graph = Graph::build(&text, &[(slot, encoder)]).map_err(words)?;
    let (send, receive) = channel();
    let sink = graph.app_sink("coded").map_err(words)?;
    let (send_sample, send_end) = (send.clone(), send.clone());
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let coded = Coded { bytes: buffer.size(), key, pts: buffer.pts(), caps: sample.caps_owned() };
        // The trial may be over already; then nobody needs this.
        let _ = send_sample.send(Ok(Some(coded)));
        Ok(gst::FlowSuccess::Ok)
    };
    let end = move |_: &gst_app::AppSink| drop(send_end.send(Ok(None)));
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).eos(end).build());
    graph
        .play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                let _ = send.send(Err(trouble.message));
            }
        })
        .map_err(words)?;
    Ok((graph, receive))
}

fn next(coded: &Receiver<Answer>) -> Answer {
    match coded.recv_timeout(PATIENCE) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(format!("holds back more than {DELAY_FRAMES_MAX} pictures")),
        Err(RecvTimeoutError::Disconnected) => Err("fell silent".to_owned()),
    }
}

/// A picture with detail that moves from scene to scene, so that the encoder has real work.
fn scene(format: &PictureFormat, number: usize) -> gst::Buffer {
    let mut buffer = format.black();
    let bytes = buffer.get_mut().expect("a fresh buffer has one owner");
    let mut map = bytes.map_writable().expect("a fresh buffer is writable");
    let width = format.size.width as usize;
    let luma = width * format.size.height as usize;
    let mut noise = 12_345u32;
    for (i, pixel) in map[..luma].iter_mut().enumerate() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (i % width + 5 * number, i / width + 3 * number);
        *pixel = 60 + ((x / 3) ^ (y / 5)) as u8 % 96 + (noise >> 29) as u8;
    }
    drop(map);
    buffer
}
