// SPDX-License-Identifier: MIT
use super::super::encoders::{Codec, Wanted, choose};
use super::super::text::{Text, texts};
use super::Graph;
use crate::words::Size;
use gst::prelude::{ElementExtManual, GstBinExtManual, GstObjectExt, PadExt};
use gstreamer as gst;

#[test]
fn every_text_has_every_name_it_promises_and_leaves_no_pad_open() {
    super::super::start().expect("GStreamer is installed");
    let size = Size { width: 320, height: 180 };
    let encoder = |codec| choose(Wanted { codec, size, kbps: 192 }).expect("an encoder is installed").text;
    let (video, audio) = (encoder(Codec::H264), encoder(Codec::Aac));
    let slots = [
        ("source", "fakesrc"),
        ("sink", "fakesink"),
        ("into", "fakesink"),
        ("end", "fakesink"),
        ("decoder", ""),
        ("demuxer", "matroskademux"),
        ("video_encoder", video.as_str()),
        ("audio_encoder", audio.as_str()),
        ("muxer", "matroskamux name=mux"),
        ("picture_pad", "video_0"),
        ("sound_pad", "audio_0"),
        ("picture_caps", "video/x-raw,format=I420"),
        ("sound_caps", "audio/x-raw"),
        ("resampling", ""),
    ];
    for name in texts() {
        let text = Text::load(name).expect("built in");
        let graph = Graph::build(&text, &slots).unwrap_or_else(|e| panic!("{name}: {e}"));
        for promised in text.promised() {
            graph.element(promised).unwrap_or_else(|e| panic!("{e}"));
        }
        let open = |element: &gst::Element| -> Vec<String> {
            element.pads().iter().filter(|p| !p.is_linked()).map(|p| p.path_string().to_string()).collect()
        };
        // What a file holds is known when it is read: until then the decoder has nothing to give on.
        let waiting = ["audioconvert", "videoconvertscale", "typefind", "GstAppSink:packets", "GstMatroskaDemux:demux"];
        let waits = |pad: &String| {
            ["packets", "read-file", "read-sound", "rewrite", "still"].contains(&name)
                && waiting.iter().any(|element| pad.contains(element))
        };
        let open: Vec<String> = graph
            .pipeline
            .iterate_recurse()
            .into_iter()
            .flatten()
            .flat_map(|e| open(&e))
            .filter(|pad| !waits(pad))
            .collect();
        assert_eq!(open, [""; 0], "{name}");
    }
}
