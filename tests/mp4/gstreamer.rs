// SPDX-License-Identifier: MIT
//! Files that GStreamer's muxers recorded, finished or broken off by an error.

use super::tools::{difference, folder, packets, run};
use hyperzoom::disk::repair;
use std::path::Path;
use std::process::{Command, Stdio};

/// Records 300 pictures; `fails_after` pictures the graph breaks, and nobody ends the file.
fn record(path: &Path, encoder: &str, muxer: &str, fails_after: i32) -> bool {
    let graph = format!(
        "-q {muxer} name=m ! filesink location={} videotestsrc num-buffers=300 ! \
         video/x-raw,width=96,height=64,framerate=30/1 ! x264enc key-int-max=15 bframes=2 threads=1 ! h264parse ! \
         identity error-after={fails_after} ! m. audiotestsrc num-buffers=600 samplesperbuffer=800 ! \
         audio/x-raw,rate=48000 ! {encoder} ! aacparse ! queue ! m.",
        path.display()
    );
    let mut command = Command::new("gst-launch-1.0");
    let made = command.args(graph.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = made.is_ok() && path.exists();
    if !there {
        println!("skipped: gst-launch-1.0 with x264enc and {encoder} is not installed");
    }
    there
}

/// How many packets of sound and pictures qtdemux gives.
fn qtdemux_counts(path: &Path) -> Option<(usize, usize)> {
    let count = |pad: &str| {
        let location = format!("location={}", path.display());
        let graph =
            format!("-v filesrc {location} ! qtdemux name=d d.{pad} ! queue ! fakesink sync=false silent=false");
        let told = run("gst-launch-1.0", &graph.split_whitespace().collect::<Vec<_>>())?;
        Some(told.lines().filter(|line| line.contains("last-message = chain")).count())
    };
    Some((count("video_0")?, count("audio_0")?))
}

#[test]
fn a_recording_of_mp4mux_keeps_every_packet_and_qtdemux_sees_them_all() {
    let folder = folder();
    let path = folder.path().join("x.mp4");
    for fails_after in [-1, 250] {
        if !record(&path, "avenc_aac", "mp4mux fragment-duration=500", fails_after) {
            return;
        }
        let before = packets(&path).expect("ffprobe reads fragments");
        repair::recover(&path).expect("GStreamer's fragments recover");
        let after = packets(&path).expect("a recovered file opens");
        assert_eq!(difference(&before, &after), None);
        if let Some((video, audio)) = qtdemux_counts(&path) {
            assert_eq!(video, after.iter().filter(|packet| packet.stream == 0).count());
            assert_eq!(audio, after.iter().filter(|packet| packet.stream == 1).count());
        }
    }
}

#[test]
fn what_qtmux_left_behind_is_whole_again_even_where_other_readers_refuse_it() {
    let folder = folder();
    let path = folder.path().join("x.mp4");
    let muxer = "qtmux fragment-duration=500 fragment-mode=first-moov-then-finalise";
    for encoder in ["avenc_aac", "voaacenc"] {
        if !record(&path, encoder, muxer, 250) {
            return;
        }
        let before = packets(&path);
        repair::recover(&path).expect("qtmux's fragments recover");
        let after = packets(&path).expect("a recovered file opens");
        let count = |stream| after.iter().filter(|packet| packet.stream == stream).count();
        assert!(count(0) >= 225 && count(1) >= 340, "{encoder}: {} pictures, {} of sound", count(0), count(1));
        assert!(after.iter().all(|packet| packet.size > 0), "{encoder}: no packet lost its size");
        let sound: Vec<i64> = after.iter().filter(|p| p.stream == 1).map(|p| p.dts).collect();
        assert!(sound.windows(2).all(|two| two[1] - two[0] == 1024), "{encoder}: packets keep their distance");
        if let Some(before) = before.filter(|before| before.len() == after.len()) {
            // A duration that qtmux left out counts as nothing there, and moves a packet; nothing else differs.
            assert!(before.iter().zip(&after).all(|(a, b)| a.hash == b.hash), "{encoder}");
            let moved = before.iter().zip(&after).filter(|(a, b)| a.dts != b.dts).count();
            assert!(moved <= after.len() / 20, "{encoder}: {moved} packets moved");
        }
        let null = ["-v", "error", "-i", path.to_str().expect("plain"), "-f", "null", "-"];
        run("ffmpeg", &null).expect("every packet can be decoded");
    }
}
