// SPDX-License-Identifier: MIT
//! A camera's colours mean in the file what they meant in the camera.

use super::film::{Film, record};
use crate::support::pipewire::{Camera, PipeWire, Shape};
use std::path::Path;
use std::process::Command;

fn signalled(file: &Path) -> String {
    let entries = "stream=color_range,color_space,width,height";
    let arguments = ["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "csv=p=0"];
    let output = Command::new("ffprobe").args(arguments).arg(file).output().expect("ffprobe is installed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn recorded(graph: &PipeWire, camera: &str) -> Film {
    Film::of(record(graph, &["--camera", camera, "--mic", "off", "--for", "2"]).end())
}

/// Whether a program that has nothing to do with ours gets pictures from this camera.
fn carries(graph: &PipeWire, camera: &str) -> bool {
    let listens = |_| {
        let mut tool = graph.command("timeout");
        tool.args(["5", "gst-launch-1.0", "-q", "pipewiresrc", &format!("target-object={camera}"), "num-buffers=5"]);
        tool.args(["!", "image/jpeg", "!", "fakesink"]);
        tool.status().is_ok_and(|status| status.success())
    };
    // Twice: in some versions the camera itself ends with its first listener.
    (0..2).all(listens)
}

#[test]
fn a_jpeg_camera_stays_full_range_and_a_raw_one_limited() {
    let Some(graph) = PipeWire::start() else { return };
    let jpeg = Shape { sends: "jpegenc quality=95 !", ..Shape::default() };
    let hd = Shape { width: 1280, height: 720, colours: "colorimetry=bt709", sends: "" };
    let _jpeg = Camera::plug_in(&graph, "jpegcam", jpeg);
    if !carries(&graph, "jpegcam") {
        eprintln!("passed over: this PipeWire carries no JPEG from a virtual camera, to GStreamer's own tool neither");
        return;
    }
    let film = recorded(&graph, "jpegcam");
    assert!(film.reading.frames[30].number.is_some(), "JPEG is decoded");
    let seen = signalled(&film.file);
    assert!(seen.starts_with("640,360,pc,") && (seen.contains("smpte170m") || seen.contains("bt470bg")), "{seen}");
    drop(_jpeg);
    let _hd = Camera::plug_in(&graph, "hdcam", hd);
    let film = recorded(&graph, "hdcam");
    assert_eq!(signalled(&film.file), "1280,720,tv,bt709");
}
