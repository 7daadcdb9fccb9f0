// SPDX-License-Identifier: MIT
//! Another encoder takes over in the middle of a file: one track, two sample entries, and everybody plays through.

use super::own::boxes;
use super::tools::{folder, packets, run};
use gst::prelude::ElementExt;
use gstreamer as gst;
use hyperzoom::disk::repair;
use hyperzoom::mp4::{self, Begin, Seam};
use hyperzoom::words::Facts;
use std::path::Path;

/// Packets of sound at which the second encoder begins, and how many of its are not used.
const GRID: (u64, u64) = (130, 5);

/// A recording of three seconds in fragments; its header, and the rest.
fn part(folder: &Path, name: &str, encoder: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let path = folder.join(name);
    let graph = format!(
        "isofmp4mux name=m fragment-duration=1000000000 write-mfra=false header-update-mode=none ! \
         filesink location={} videotestsrc num-buffers=90 ! video/x-raw,width=96,height=64,framerate=30/1 ! \
         x264enc key-int-max=15 threads=1 {encoder} ! h264parse ! m.sink_0 \
         audiotestsrc num-buffers=90 samplesperbuffer=1600 ! audio/x-raw,rate=48000 ! avenc_aac ! aacparse ! \
         queue ! m.sink_1",
        path.display()
    );
    // The muxer of fragments is ours.
    hyperzoom::media::start().expect("GStreamer starts");
    let Ok(graph) = gst::parse::launch(&graph) else {
        println!("skipped: x264enc or avenc_aac is not installed");
        return None;
    };
    graph.set_state(gst::State::Playing).expect("it plays");
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let ended = graph.bus().expect("it has one").timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
    graph.set_state(gst::State::Null).expect("it stops");
    assert!(ended.as_ref().is_some_and(|ended| ended.type_() == gst::MessageType::Eos), "{ended:?}");
    let muxed = std::fs::read(path).expect("it was just made");
    let header = boxes(&muxed).iter().take(2).map(|(_, whole)| whole.len()).sum();
    let (header, rest) = muxed.split_at(header);
    Some((header.to_vec(), rest.to_vec()))
}

/// Two of them in one file, and where the second begins.
fn joined(folder: &Path) -> Option<(Vec<u8>, usize)> {
    let (header, first) = part(folder, "a.mp4", "bframes=0 speed-preset=ultrafast ! video/x-h264,profile=baseline")?;
    let (next, second) = part(folder, "b.mp4", "bframes=2 speed-preset=fast ! video/x-h264,profile=high")?;
    let facts = Facts { audio_priming: 1024, ..Facts::default() };
    let mut file = mp4::opening(&header, &facts).expect("the muxer writes good headers");
    file.extend_from_slice(&first);
    let at = file.len();
    let seam = Seam {
        pictures: Begin { time: 90, scale: 30, skip: 0 },
        sound: Begin { time: GRID.0 * 1024, scale: 48_000, skip: GRID.1 * 1024 },
    };
    file.extend_from_slice(&mp4::encode_seam(&next, &seam).expect("the muxer writes good headers"));
    file.extend_from_slice(&second);
    Some((file, at))
}

/// How many pictures and samples two decoders make of it.
fn decoded(path: &Path) -> Option<[(usize, usize); 2]> {
    let file = path.to_str().expect("test paths are plain");
    let count = |stream: &str, what: &str| {
        let entries = ["-v", "error", "-select_streams", stream, "-show_entries", what, "-of", "csv=p=0", file];
        let told = run("ffprobe", &entries)?;
        Some(told.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    };
    let samples = count("a:0", "frame=nb_samples")?;
    let samples: usize = samples.iter().filter_map(|n| n.trim_end_matches(',').parse::<usize>().ok()).sum();
    let ours = (count("v:0", "frame=key_frame")?.len(), samples);
    let gstreamer = |pad: &str, decode: &str| {
        let graph = format!(
            "-v filesrc location={file} ! qtdemux name=d d.{pad} ! queue ! {decode} ! fakesink sync=false silent=false"
        );
        let told = run("gst-launch-1.0", &graph.split_whitespace().collect::<Vec<_>>())?;
        Some(told.lines().filter(|line| line.contains("last-message = chain")).count())
    };
    let pictures = gstreamer("video_0", "h264parse ! avdec_h264")?;
    let packets = gstreamer("audio_0", "aacparse ! avdec_aac")?;
    Some([ours, (pictures, packets * 1024)])
}

#[test]
fn one_track_holds_the_pictures_of_two_encoders_and_every_reader_plays_through() {
    let folder = folder();
    let Some((bytes, _)) = joined(folder.path()) else { return };
    let path = folder.path().join("joined.mp4");
    std::fs::write(&path, &bytes).expect("room");
    repair::recover(&path).expect("it recovers");
    let report = repair::inspect(&path).expect("it is finished");
    let entries = report.tracks.iter().map(|track| (track.kind.as_str(), track.sample_entries.len()));
    assert_eq!(entries.collect::<Vec<_>>(), [("video", 2), ("audio", 1)], "{report:#?}");
    let Some(packets) = packets(&path) else { return };
    let mut shown: Vec<i64> = packets.iter().filter(|packet| packet.stream == 0).map(|packet| packet.pts).collect();
    shown.sort_unstable();
    assert_eq!(shown.len(), 180);
    let step = shown[1] - shown[0];
    assert!(shown.windows(2).all(|two| two[1] - two[0] == step), "{shown:?}");
    let sound: Vec<i64> = packets.iter().filter(|packet| packet.stream == 1).map(|packet| packet.dts).collect();
    assert!(sound.windows(2).all(|two| two[1] - two[0] == 1024), "{sound:?}");
    let Some(decoded) = decoded(&path) else { return };
    println!("{decoded:?}, {} packets of sound", sound.len());
    for (pictures, samples) in decoded {
        assert_eq!(pictures, 180);
        assert!(samples.abs_diff(sound.len() * 1024) <= 2 * 1024, "{samples}");
    }
    repair::undo(&path).expect("there is a journal");
    assert!(std::fs::read(&path).expect("readable") == bytes, "undone, it is what it was");
}

#[test]
fn a_file_that_is_cut_anywhere_behind_a_seam_recovers() {
    let folder = folder();
    let Some((bytes, seam)) = joined(folder.path()) else { return };
    let path = folder.path().join("cut.mp4");
    let mut most = 0;
    for cut in [seam, seam + 5, seam + 700, bytes.len() * 6 / 10, bytes.len() * 8 / 10, bytes.len() - 3, bytes.len()] {
        std::fs::write(&path, &bytes[..cut]).expect("room");
        repair::recover(&path).unwrap_or_else(|why| panic!("cut at {cut}, behind a seam at {seam}: {why}"));
        let report = repair::inspect(&path).expect("it is finished");
        let pictures = report.tracks[0].samples;
        assert!(pictures >= 90.max(most), "cut at {cut}: {pictures}");
        assert_eq!(report.tracks[0].gap_count, 0, "cut at {cut}");
        most = pictures;
        let null = ["-v", "error", "-i", path.to_str().expect("plain"), "-f", "null", "-"];
        run("ffmpeg", &null);
    }
    assert_eq!(most, 180);
}

#[test]
fn a_damaged_seam_is_not_guessed_at() {
    let folder = folder();
    let Some((mut bytes, seam)) = joined(folder.path()) else { return };
    bytes[seam + 60] ^= 1;
    let path = folder.path().join("damaged.mp4");
    std::fs::write(&path, &bytes).expect("room");
    let refused = repair::recover(&path).expect_err("where the rest belongs is not known");
    assert!(refused.to_string().contains("another encoder"), "{refused}");
    assert!(std::fs::read(&path).expect("readable") == bytes);
}
