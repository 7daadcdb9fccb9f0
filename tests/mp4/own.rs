// SPDX-License-Identifier: MIT
//! Our own masters, laid out as the recorder writes them, of real packets.

use super::tools::{difference, ffmpeg, folder, packets, run};
use hyperzoom::disk::repair::{self, Outcome};
use hyperzoom::mp4::{self, Ledger, Note, Options, State};
use hyperzoom::words::{Facts, FragmentNote, Happening, What};
use std::path::{Path, PathBuf};

/// The boxes of a file, one after the other.
pub fn boxes(file: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut rest = file;
    while rest.len() >= 8 {
        let size = match u32::from_be_bytes(rest[..4].try_into().expect("four bytes")) {
            1 => u64::from_be_bytes(rest[8..16].try_into().expect("eight bytes")) as usize,
            size => size as usize,
        };
        let (whole, after) = rest.split_at(size);
        found.push((&whole[4..8], whole));
        rest = after;
    }
    found
}

pub fn facts() -> Facts {
    Facts {
        session_id: "0badcafe".into(),
        participant: "Ada".into(),
        audio_codec: "AAC-LC".into(),
        audio_priming: 1024,
        // 22:13:20 and half a second on a November evening.
        started_utc_us: 1_700_000_000_500_000,
        ..Facts::default()
    }
}

pub fn note(second: u64) -> FragmentNote {
    let mut happenings = Vec::new();
    if second == 1 {
        happenings.push(Happening { at_sample: 60_000, what: What::SoundLost { samples: 480 } });
    }
    let first_sample = second * 48_000;
    // The last fragment holds only what the sound encoder still had.
    let samples = if second < 3 { 48_000 } else { 0 };
    FragmentNote { first_sample, samples, drift_ppm: 12.5, happenings, ..FragmentNote::default() }
}

/// A recording of three seconds in pieces: the opening, then one piece a fragment.
pub fn pieces(folder: &Path) -> Option<Vec<Vec<u8>>> {
    let flags = "-c:v libx264 -bf 0 -g 30 -c:a aac -frag_duration 1000000 -movflags +delay_moov+default_base_moof";
    let muxed = std::fs::read(ffmpeg(folder, "muxed.mp4", "3", flags)?).expect("ffmpeg just made it");
    let mut pieces = Vec::new();
    let mut header = Vec::new();
    for (kind, whole) in boxes(&muxed) {
        match kind {
            b"ftyp" => header.extend_from_slice(whole),
            b"moov" => {
                header.extend_from_slice(whole);
                pieces.push(mp4::opening(&header, &facts()).expect("ffmpeg writes good headers"));
            }
            b"moof" => {
                let mut piece = b"\0\0\0\x18stypmsdh\0\0\0\0msdhmsix".to_vec();
                piece.extend_from_slice(whole);
                pieces.push(piece);
            }
            b"mdat" => {
                let second = pieces.len() as u64 - 2;
                let piece = pieces.last_mut().expect("moof comes first");
                piece.extend_from_slice(whole);
                piece.extend_from_slice(&mp4::encode_note(&Note::Fragment(note(second))));
            }
            _ => {}
        }
    }
    Some(pieces)
}

/// The same in a file.
pub fn master(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("local_recording.mp4");
    std::fs::write(&path, pieces(folder)?.concat()).expect("the folder is writable");
    Some(path)
}

#[test]
fn a_finished_master_hides_priming_and_padding_and_carries_timecode() {
    let folder = folder();
    let Some(path) = master(folder.path()) else { return };
    let before = packets(&path).expect("a crashed master plays");
    assert!(matches!(repair::check(&path), Ok(Outcome::Recovered(_))));
    repair::recover(&path).expect("a whole master recovers");
    let after = packets(&path).expect("a finished master plays");
    let media: Vec<_> = after.iter().filter(|packet| packet.stream < 2).cloned().collect();
    // The padding of the last sound packet is behind the edit list's end, and ffmpeg leaves such packets out.
    let shown = before.len().min(media.len());
    assert_eq!(difference(&before[..shown], &media), None);
    assert!(before.len() - shown <= 2);
    assert_eq!(after.iter().find(|packet| packet.stream == 1).map(|packet| packet.pts), Some(-1024));
    let fields = "stream=codec_type,duration_ts,time_base:stream_tags=timecode,creation_time";
    let path_text = path.to_str().expect("test paths are plain");
    let told = run("ffprobe", &["-v", "error", "-show_entries", fields, "-of", "compact=p=0", path_text]);
    let told = told.expect("it was there before");
    assert!(told.contains("timecode=22:13:20:15"), "{told}");
    assert!(told.contains("creation_time=2023-11-14T22:13:20"), "{told}");
    assert!(told.lines().any(|line| line.contains("audio") && line.contains("duration_ts=144000")), "{told}");
    if let Some(told) = run("mediainfo", &["--Output=JSON", path_text]) {
        assert!(told.contains("22:13:20:15") && told.contains("\"AVC\""), "{told}");
        assert!(!told.contains("IsTruncated"), "{told}");
    }
}

#[test]
fn ffmpeg_and_qtdemux_agree_before_and_after() {
    let folder = folder();
    let Some(path) = master(folder.path()) else { return };
    for _ in 0..2 {
        let location = format!("location={}", path.display());
        let graph = ["-q", "filesrc", &location, "!", "qtdemux", "name=d"];
        let sinks = "d.audio_0 ! decodebin ! audioconvert ! audio/x-raw,format=S16LE,channels=1 ! filesink";
        let raw = folder.path().join("sound.raw");
        let place = format!("location={}", raw.display());
        let arguments: Vec<&str> = graph.into_iter().chain(sinks.split(' ')).chain([place.as_str()]).collect();
        if run("gst-launch-1.0", &arguments).is_none() {
            return;
        }
        let theirs = std::fs::read(&raw).expect("gst wrote it").len() / 2;
        let wav = folder.path().join("sound.pcm");
        let (input, output) = (path.to_str().expect("plain"), wav.to_str().expect("plain"));
        run("ffmpeg", &["-v", "error", "-y", "-i", input, "-map", "0:a", "-ac", "1", "-f", "s16le", output]);
        let ours = std::fs::read(&wav).expect("ffmpeg wrote it").len() / 2;
        println!("sound: qtdemux {theirs}, ffmpeg {ours} samples");
        // Both skip the priming; at the end they may differ by how they treat the padding.
        assert!(theirs.abs_diff(ours) <= 2048, "qtdemux {theirs}, ffmpeg {ours}");
        repair::recover(&path).expect("a whole master recovers");
    }
}

#[test]
fn everything_is_told_by_the_file_alone_before_and_after() {
    let folder = folder();
    let Some(path) = master(folder.path()) else { return };
    let before = repair::inspect(&path).expect("a crashed master can be inspected");
    repair::recover(&path).expect("a whole master recovers");
    let after = repair::inspect(&path).expect("a finished master can be inspected");
    for report in [&before, &after] {
        assert_eq!(report.timecode.as_deref(), Some("22:13:20:15"));
        assert_eq!((report.notes, report.noted_samples), (4, Some(144_000)));
        assert_eq!(report.drift_ppm, Some(12.5));
        assert_eq!(report.happenings, note(1).happenings);
        assert_eq!(report.facts, Some(facts()));
        let video = &report.tracks[0];
        assert_eq!((video.samples, video.constant_rate, video.gap_count), (90, true, 0));
        assert_eq!((video.key_interval_min, video.key_interval_max), (Some(30), Some(30)));
        assert_eq!(report.tracks[1].priming_units, 1024);
    }
    assert_eq!((before.state, after.state), ("recording-or-crashed", "finished"));
    assert_eq!(after.tracks[1].shown_units, 144_000);
    assert!(after.can_undo && !before.can_undo);
}

#[test]
fn the_books_kept_while_recording_equal_a_scan_afterwards() {
    let folder = folder();
    let Some(pieces) = pieces(folder.path()) else { return };
    let path = master(folder.path()).expect("it just worked");
    let mut ledger = Ledger::new();
    let mut at = 0;
    for piece in &pieces {
        ledger.append(at, piece).expect("our own boxes are whole");
        at += piece.len() as u64;
    }
    let kept = ledger.finish(at).expect("our own boxes make a movie");
    let found = repair::scan_path(&path).expect("the file is whole");
    let options = Options { sound_samples: Some(144_000) };
    let plan = |movie| mp4::finalise(movie, &options).expect("it can be finished").expect("it is not finished");
    assert_eq!(plan(&kept).steps, plan(&found).steps);
    assert_eq!(kept.state, State::Fragmented);
}

#[test]
fn a_file_being_recorded_is_not_recovered_and_a_read_only_one_can_be_checked() {
    let folder = folder();
    let Some(path) = master(folder.path()) else { return };
    let recorder = std::fs::File::open(&path).expect("it is there");
    repair::lock(&recorder).expect("nobody else is at it");
    let sentence = repair::recover(&path).expect_err("it is being recorded").to_string();
    assert!(sentence.contains("being recorded"), "{sentence}");
    assert!(repair::inspect(&path).is_ok() && repair::check(&path).is_ok());
    drop(recorder);
    let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("it is ours");
    assert!(matches!(repair::check(&path), Ok(Outcome::Recovered(_))));
}

#[test]
fn what_is_no_recording_is_refused_with_a_sentence() {
    let folder = folder();
    let path = folder.path().join("x.mp4");
    let sentence = |path: &Path| repair::recover(path).expect_err("it is no recording").to_string();
    assert!(sentence(&path).contains("no file"));
    assert!(sentence(folder.path()).contains("is a folder"));
    for (bytes, told) in [(&b""[..], "empty"), (b"RIFF\0\0\0\0WAVEfmt ", "not an MP4"), (b"\0\0\0\x08ftyp", "moov")] {
        std::fs::write(&path, bytes).expect("the folder is writable");
        let sentence = sentence(&path);
        assert!(sentence.contains(told), "{sentence}");
        assert_eq!(std::fs::read(&path).expect("it is there"), bytes);
    }
}
