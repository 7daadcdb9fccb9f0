// SPDX-License-Identifier: MIT
//! Two masters whose clocks are seconds and 80 ppm apart: after five minutes their beeps still lie on each other, in
//! every format, in other people's readers.

use super::craft::{Craft, beeps, two};
use super::read_back::{ReadClip, place, read_back};
use crate::support::machine::overridden;
use crate::support::program::{self, Program};
use hyperzoom::disk::Metadata;
use hyperzoom::sync::ruler::find_beeps;
use hyperzoom::words::RATE_HZ;
use serde_json::Value;
use std::path::{Path, PathBuf};

const HALF_A_FRAME_S: f64 = 0.5 / 30.0;
/// Where the made EDL begins, and the timecode that the made masters carry.
const EDL_BEGIN_S: f64 = 3_600.0;
const MEDIA_S: f64 = 72_900.0;

fn align(folders: &[PathBuf], out: &Path) -> Value {
    let mut command = program::command();
    let output = command.arg("align").args(folders).args(["--wav", "--json", "--out"]).arg(out).output();
    let output = output.expect("our program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let written: Value = serde_json::from_slice(&std::fs::read(out.join("report.json")).expect("there")).expect("JSON");
    assert_eq!(report, written);
    report
}

/// The beeps that both hold, first and last: their places in either file, in seconds.
fn common_beeps(crafts: &[Craft; 2], folders: &[PathBuf]) -> [[f64; 2]; 2] {
    let of = |n: usize| -> Vec<(i64, f64)> {
        let found = beeps(&folders[n].join("local_recording.mp4"));
        let timed = found.iter().map(|at| (crafts[n].session_s(*at).round() as i64, at / RATE_HZ as f64));
        timed.collect()
    };
    let (host, guest) = (of(0), of(1));
    let both: Vec<[f64; 2]> =
        host.iter().filter_map(|(second, at)| guest.iter().find(|g| g.0 == *second).map(|g| [*at, g.1])).collect();
    assert!(both.len() > 290, "{} beeps", both.len());
    [both[0], both[both.len() - 1]]
}

#[test]
fn beeps_of_two_clocks_meet_at_start_and_end_in_every_format() {
    let home = tempfile::tempdir().expect("a folder");
    let crafts = two();
    let folders: Vec<PathBuf> = crafts.iter().map(|craft| craft.make(&home.path().join("rec ordings"))).collect();
    let out = home.path().join("edit/out");
    let report = align(&folders, &out);
    assert_eq!(report["pairs"][0]["checked"], "nothing-in-common", "test sounds of two machines: {report:#}");
    let common = common_beeps(&crafts, &folders);
    sound_files_meet(&out);
    let Some(read) = read_back(&out) else { return };
    starts_of_fcpxml(&read["fcpxml"], &crafts);
    for (format, bar_s) in [("otio", 1e-3), ("fcpxml maps", 1e-3), ("xml", HALF_A_FRAME_S), ("edl", HALF_A_FRAME_S)] {
        let clips = &read[format];
        let begin = if format == "edl" { EDL_BEGIN_S } else { 0.0 };
        let media = if format == "edl" { MEDIA_S } else { 0.0 };
        for [host, guest] in common {
            let on_line = |name: &str, second: f64| place(clips, "Audio", name, second + media) - begin;
            let apart_s = on_line("guest", guest) - on_line("host", host);
            println!("{format}: the beep at {host:.3} s of the host: {:+.3} ms", apart_s * 1e3);
            // Each of two clips may be half a picture off where only pictures are known.
            assert!(apart_s.abs() <= if bar_s > 1e-3 { 2.0 * bar_s } else { bar_s }, "{format}: {apart_s}");
            let true_s = crafts[1].session_s(guest * RATE_HZ as f64) - crafts[0].session_s(0.0);
            assert!((on_line("guest", guest) - true_s).abs() <= bar_s + 1e-4, "{format}");
        }
        let urls = clips.iter().filter_map(|clip| clip.url.as_deref());
        for url in urls.filter(|_| format != "edl") {
            assert!(
                url.starts_with("../../rec%20ordings/") && url.ends_with("/local_recording.mp4"),
                "{format}: {url}"
            );
        }
    }
}

#[test]
fn two_recorders_side_by_side_are_lined_up_with_their_pictures() {
    let home = tempfile::tempdir().expect("a folder");
    let skewed = overridden("microphone.launch", "{source} name=source", "rulersoundsrc ppm=80 name=source");
    let start = |name: &str| {
        let mut command = program::record_under(home.path());
        command.args(["--for", "6", "--name", name, "--session", name]);
        if name == "guest" {
            command.env("HYPERZOOM_PIPELINES", skewed.path());
        }
        Program::start(command)
    };
    let mut host = start("host");
    host.await_event("recording-started");
    let files = [start("guest"), host].map(|recorder| program::file(recorder.end().finished()));
    let folders = files.map(|file| file.parent().expect("a folder").to_owned());
    for (id, folder) in [(1, &folders[0]), (0, &folders[1])] {
        of_one_call(folder, id);
    }
    let out = home.path().join("out");
    let report = align(&folders, &out);
    let pair = &report["pairs"][0];
    assert_eq!((&pair["first"], &pair["second"], &pair["checked"]), (&"host".into(), &"guest".into(), &"beeps".into()));
    for place in ["residual_start_ms", "residual_end_ms"] {
        assert!(pair[place].as_f64().expect("a number").abs() < 1.0, "{pair:#}");
    }
    let Some(read) = read_back(&out) else { return };
    let begin_s = report["masters"][1]["start_s"].as_f64().expect("a number");
    for (format, bar_s) in [("otio", 1e-3), ("fcpxml maps", 1e-3), ("xml", HALF_A_FRAME_S)] {
        for kind in ["Video", "Audio"] {
            let at = place(&read[format], kind, "guest", 1.0);
            assert!((at - begin_s - 1.0).abs() < bar_s + 2e-4, "{format} {kind}: {at} {begin_s}");
        }
    }
}

/// What a call would have written: one session, and its clock, which is the machine's since the day before.
fn of_one_call(folder: &Path, id: u8) {
    let path = folder.join("session_metadata.json");
    let mut metadata: Metadata = serde_json::from_slice(&std::fs::read(&path).expect("there")).expect("valid");
    metadata.session_id = "a1b2c3d4".into();
    metadata.participant_id = id;
    metadata.participants[0].id = id;
    let samples = metadata.clocks.samples.clone();
    samples.iter().for_each(|&(sample, mono_ns)| metadata.session_sample(sample, (mono_ns / 1_000) as i64));
    metadata.clocks.session_start_seconds = metadata.clocks.started_monotonic_ns as f64 / 1e9;
    metadata.save(&path, &folder.join("sync_timecodes.txt")).expect("saved");
}

/// This adapter cuts every time down to whole pictures and leaves time maps alone: it can only say that the file is
/// well formed and where the clips begin. The maps are read by hand.
fn starts_of_fcpxml(clips: &[ReadClip], crafts: &[Craft; 2]) {
    let (host, guest) = (&crafts[0], &crafts[1]);
    for (name, true_s) in [("host", 0.0), ("guest", guest.session_s(0.0) - host.session_s(0.0))] {
        let read_s = place(clips, "Audio", name, 0.0);
        assert!((-1e-3..1.001 / 30.0).contains(&(true_s - read_s)), "{name}: {true_s} {read_s}");
    }
}

/// Both corrected sounds begin with the time line; what beeps in one beeps in the other.
fn sound_files_meet(out: &Path) {
    let read = |name: &str| -> Vec<f64> {
        let bytes = std::fs::read(out.join(name)).expect("it was written");
        let data = bytes.windows(4).position(|w| w == b"data").expect("samples") + 8;
        let sample = |b: &[u8]| f64::from(i32::from_le_bytes([0, b[0], b[1], b[2]])) / 2_147_483_648.0;
        let sound: Vec<f32> = bytes[data..].chunks_exact(3).map(|b| sample(b) as f32).collect();
        find_beeps(&sound, RATE_HZ as u32).iter().map(|beep| beep.at / RATE_HZ as f64).collect()
    };
    let (host, guest) = (read("host.wav"), read("guest.wav"));
    let nearest = |at: f64| host.iter().map(|h| at - h).min_by(|a, b| a.abs().total_cmp(&b.abs())).expect("beeps");
    assert!(guest.len() > 290, "{}", guest.len());
    for at in [guest[0], guest[guest.len() / 2], guest[guest.len() - 1]] {
        println!("wav: the beep at {at:.3} s: {:+.3} ms", nearest(at) * 1e3);
        assert!(nearest(at).abs() < 1e-3, "{at}: {}", nearest(at));
    }
}
