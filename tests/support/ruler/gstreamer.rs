// SPDX-License-Identifier: MIT
//! Reading a file with GStreamer's own demuxers and decoders.

use super::{AllTracks, Frame, Reading, Sound};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use hyperzoom::sync::ruler::{is_flash, read_number};
use hyperzoom::words::Size;
use std::path::Path;
use std::sync::{Arc, Mutex};

const PICTURES: &str = "queue ! videoconvert ! video/x-raw,format={I420,NV12,Y42B,Y444,GRAY8} \
                        ! appsink name=sink sync=false max-buffers=8";
const SOUND: &str = "queue ! audioconvert ! audio/x-raw,format=F32LE,layout=interleaved \
                     ! appsink name=sink sync=false max-buffers=64";

/// Decodes the first picture and the first sound track.
pub fn read_with_gstreamer(file: &Path) -> Reading {
    let AllTracks { mut pictures, mut sounds } = read_all_with_gstreamer(file);
    Reading {
        frames: if pictures.is_empty() { Vec::new() } else { pictures.swap_remove(0) },
        sound: if sounds.is_empty() { Sound::default() } else { sounds.swap_remove(0) },
    }
}

/// Decodes all of them.
pub fn read_all_with_gstreamer(file: &Path) -> AllTracks {
    gst::init().expect("GStreamer is installed");
    let pipeline = gst::parse::launch("filesrc name=file ! decodebin name=decoder").expect("plain elements");
    let pipeline = pipeline.downcast::<gst::Pipeline>().expect("two elements make a pipeline");
    pipeline.by_name("file").expect("named").set_property("location", file.to_str().expect("a plain path"));
    let reading = Arc::new(Mutex::new(AllTracks::default()));
    let (weak, shared) = (pipeline.downgrade(), reading.clone());
    pipeline.by_name("decoder").expect("named").connect_pad_added(move |_, pad| {
        let pipeline = weak.upgrade().expect("the pipeline outlives its decoder");
        attach(&pipeline, pad, &shared);
    });
    pipeline.set_state(gst::State::Playing).expect("nothing to wait for");
    let bus = pipeline.bus().expect("pipelines have one");
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let last = bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &ends);
    pipeline.set_state(gst::State::Null).expect("down always works");
    match last.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        other => panic!("GStreamer cannot decode {}: {other:?}", file.display()),
    }
    std::mem::take(&mut *reading.lock().expect("no reader panicked"))
}

fn attach(pipeline: &gst::Pipeline, pad: &gst::Pad, reading: &Arc<Mutex<AllTracks>>) {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let pictures = caps.structure(0).is_some_and(|s| s.name().starts_with("video/"));
    let text = if pictures { PICTURES } else { SOUND };
    let branch = gst::parse::bin_from_description(text, true).expect("plain elements");
    let sink = branch.by_name("sink").expect("named").downcast::<gst_app::AppSink>().expect("it is one");
    let index = {
        let mut reading = reading.lock().expect("no reader panicked");
        match pictures {
            true => reading.pictures.push(Vec::new()),
            false => reading.sounds.push(Sound::default()),
        }
        if pictures { reading.pictures.len() - 1 } else { reading.sounds.len() - 1 }
    };
    let reading = reading.clone();
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut reading = reading.lock().expect("no reader panicked");
        if pictures {
            reading.pictures[index].push(frame(&sample));
        } else {
            listen(&sample, &mut reading.sounds[index]);
        }
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).build());
    pipeline.add(&branch).expect("a fresh bin");
    branch.sync_state_with_parent().expect("nothing to wait for");
    pad.link(&branch.static_pad("sink").expect("a ghost pad")).expect("raw media fits");
}

/// Where on the time line of a player a buffer lies: edit lists arrive as segments.
fn time_ns(sample: &gst::Sample) -> i64 {
    let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()).expect("a segment in time");
    let pts = sample.buffer().and_then(|buffer| buffer.pts()).expect("decoders stamp");
    match segment.to_running_time_full(pts) {
        Some(gst::Signed::Positive(time)) => time.nseconds() as i64,
        Some(gst::Signed::Negative(time)) => -(time.nseconds() as i64),
        None => panic!("{pts} is outside of its segment"),
    }
}

fn frame(sample: &gst::Sample) -> Frame {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("decoders say")).expect("raw pictures");
    let buffer = sample.buffer().expect("a sample carries one");
    let picture = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).expect("memory can be read");
    let size = Size { width: info.width(), height: info.height() };
    let (luma, stride) = (picture.plane_data(0).expect("luma comes first"), picture.plane_stride()[0] as usize);
    Frame { pts_ns: time_ns(sample), number: read_number(luma, size, stride), flash: is_flash(luma, size, stride) }
}

fn listen(sample: &gst::Sample, sound: &mut Sound) {
    let info = gst_audio::AudioInfo::from_caps(sample.caps().expect("decoders say")).expect("raw sound");
    if sound.rate_hz == 0 {
        *sound = Sound::new(info.rate(), info.channels() as usize);
    }
    let map = sample.buffer().expect("a sample carries one").map_readable().expect("memory can be read");
    let samples: Vec<f32> = map.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    sound.push(time_ns(sample), &samples);
}
