// SPDX-License-Identifier: MIT
//! Reading time lines back with OpenTimelineIO, which is somebody else's, and written in Python.

use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What has to be there to be of use.
const IMPORTS: &str = "import opentimelineio, otio_fcp_adapter, otio_fcpx_xml_adapter, otio_cmx3600_adapter";

/// A clip as it was read; times in seconds.
#[derive(Clone, Debug, Deserialize)]
pub struct ReadClip {
    pub kind: String,
    pub name: String,
    pub at: f64,
    pub source: f64,
    pub speed: f64,
    pub url: Option<String>,
}

/// The clips of each file, by its ending; "fcpxml maps" are those of the time maps.
pub type ReadBack = HashMap<String, Vec<ReadClip>>;

/// The Python that has the adapters: the one that tools/install.sh makes, or the system's own.
fn python() -> Option<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/otio-venv/bin/python");
    let has = |python: &PathBuf| Command::new(python).args(["-c", IMPORTS]).output().is_ok_and(|o| o.status.success());
    [ours, PathBuf::from("python3")].into_iter().find(has)
}

/// `None` where there is no OpenTimelineIO, which is said.
pub fn read_back(out: &Path) -> Option<ReadBack> {
    let Some(python) = python() else {
        println!("passed over: OpenTimelineIO and its adapters are not installed; tools/install.sh test does that");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/align/read_back.py");
    let names = ["otio", "fcpxml", "xml", "edl"].map(|ending| out.join(format!("timeline.{ending}")));
    let output = Command::new(python).arg(script).args(&names).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: HashMap<String, Vec<ReadClip>> = serde_json::from_slice(&output.stdout).expect("JSON");
    let ending = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    Some(read.into_iter().map(|(path, clips)| (ending(&path), clips)).collect())
}

/// Where a second of somebody's file lies on the time line, by the clips of one kind.
pub fn place(clips: &[ReadClip], kind: &str, name: &str, second: f64) -> f64 {
    let holds = |clip: &&ReadClip| clip.kind == kind && clip.name == name;
    let mut of_name = clips.iter().filter(holds).filter(|c| second >= c.source - 0.02);
    let last = of_name.next_back();
    let clip = last.unwrap_or_else(|| panic!("{name} has no {kind} at {second}: {clips:#?}"));
    clip.at + (second - clip.source) / clip.speed
}
