// SPDX-License-Identifier: MIT
//! Files that other programs recorded.

use super::tools::{difference, ffmpeg, folder, packets};
use hyperzoom::disk::repair::{self, Outcome};

/// Recovers what ffmpeg recorded and compares every packet before and after; then takes it back.
fn same_packets(name: &str, seconds: &str, what: &str) {
    same_packets_moved(name, seconds, what, 0);
}

/// The same, where the first track's packets all are that much later in the recording than they should be.
fn same_packets_moved(name: &str, seconds: &str, what: &str, late: i64) {
    let folder = folder();
    let Some(path) = ffmpeg(folder.path(), name, seconds, what) else { return };
    let original = std::fs::read(&path).expect("the file was just made");
    let mut before = packets(&path).expect("ffprobe reads what ffmpeg made");
    for packet in before.iter_mut().filter(|packet| packet.stream == 0) {
        (packet.pts, packet.dts) = (packet.pts - late, packet.dts - late);
    }
    let outcome = repair::recover(&path).expect("a whole file can be recovered");
    assert!(matches!(outcome, Outcome::Recovered(_)));
    let after = packets(&path).expect("ffprobe reads what we finished");
    assert_eq!(difference(&before, &after), None, "{what}");
    assert!(before.len() > 10);
    assert_eq!(repair::recover(&path).expect("it is fine"), Outcome::AlreadyFinished);
    repair::undo(&path).expect("it has a journal");
    assert!(std::fs::read(&path).expect("it is there") == original, "undo gives back every byte");
}

const SOUND: &str = "-c:v libx264 -bf 0 -g 15 -c:a aac -movflags";

#[test]
fn pictures_without_reordering_keep_every_packet() {
    same_packets("a.mp4", "3", &format!("{SOUND} +frag_keyframe+empty_moov+default_base_moof"));
}

#[test]
fn reordered_pictures_keep_every_packet() {
    let pictures = "-c:v libx264 -bf 2 -g 15 -c:a aac -movflags";
    for flags in ["empty_moov+default_base_moof", "delay_moov"] {
        same_packets("a.mp4", "3", &format!("{pictures} +frag_keyframe+{flags}"));
    }
    // ffmpeg shows fragments with negative offsets one picture too late (it moves them until no offset is
    // negative); in a finished file it does not, nor does qtdemux in either.
    same_packets_moved("b.mp4", "3", &format!("{pictures} +frag_keyframe+empty_moov+negative_cts_offsets"), 512);
}

#[test]
fn offsets_of_every_kind_keep_every_packet() {
    for flags in ["empty_moov", "empty_moov+omit_tfhd_offset", "delay_moov+separate_moof", "empty_moov+dash"] {
        same_packets("a.mp4", "3", &format!("{SOUND} +frag_keyframe+{flags}"));
    }
}

#[test]
fn a_fragment_for_every_picture_keeps_every_packet() {
    same_packets("a.mp4", "2", &format!("{SOUND} +frag_every_frame+empty_moov+default_base_moof"));
    same_packets("b.mp4", "2", &format!("{SOUND} +empty_moov -frag_duration 100000"));
}

#[test]
fn fragments_with_a_first_moov_that_has_samples_keep_every_packet() {
    same_packets("a.mp4", "3", &format!("{SOUND} +frag_keyframe"));
}

#[test]
fn every_codec_keeps_every_packet() {
    for (name, codec) in
        [("a.mp4", "libopus"), ("b.mp4", "flac -strict -2"), ("c.mov", "pcm_s16le"), ("d.mp4", "libmp3lame")]
    {
        same_packets(name, "2", &format!("-c:v mpeg4 -c:a {codec} -movflags +frag_keyframe+delay_moov"));
    }
}

#[test]
fn many_tracks_keep_every_packet() {
    let codecs = "-map 0 -map 1 -map 1 -c:v libx264 -bf 2 -g 15 -c:a:0 aac -c:a:1 libopus";
    same_packets("a.mp4", "3", &format!("{codecs} -movflags +frag_keyframe+empty_moov"));
}

#[test]
fn tracks_that_start_late_stay_late() {
    for flags in ["empty_moov", "delay_moov"] {
        for (video, audio) in [("0.4", "0"), ("0", "0.7")] {
            let what = format!(
                "-itsoffset {video} -f lavfi -i testsrc=s=96x64:r=30 -itsoffset {audio} -f lavfi -i sine=440 -t 3 \
                 -map 2 -map 3 {SOUND} +frag_keyframe+{flags}"
            );
            same_packets("a.mp4", "3", &what);
        }
    }
}

#[test]
fn an_ordinary_movie_is_already_finished_and_can_be_inspected() {
    let folder = folder();
    for (name, what) in [("a.mp4", ""), ("b.mov", "-movflags +faststart "), ("c.m4a", "-vn ")] {
        let Some(path) = ffmpeg(folder.path(), name, "2", &format!("-bf 2 {what}-c:a aac")) else { return };
        let original = std::fs::read(&path).expect("ffmpeg just made it");
        assert_eq!(repair::recover(&path).expect("it is fine"), Outcome::AlreadyFinished);
        assert!(repair::undo(&path).expect_err("it was never recovered").to_string().contains("no journal"));
        assert!(std::fs::read(&path).expect("it is there") == original);
        let report = repair::inspect(&path).expect("an ordinary movie can be inspected");
        let sound = report.tracks.iter().find(|track| track.kind == "audio").expect("it has sound");
        assert_eq!((report.state, sound.priming_units, sound.shown_units), ("finished", 1024, 96_000));
        let pictures = report.tracks.iter().find(|track| track.kind == "video");
        assert!(pictures.is_none_or(|track| track.samples == 60 && track.constant_rate && track.rate == 30.0));
    }
}
