// SPDX-License-Identifier: MIT
//! Devices are listed under names that last, and a wrong name is answered with the right ones.

use super::film::record;
use crate::support::pipewire::{Camera, Microphone, PipeWire, Shape};
use serde_json::Value;

fn listed(graph: &PipeWire) -> Vec<(String, String)> {
    let output = graph.hyperzoom().args(["devices", "--json"]).output().expect("our program starts");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let device = |line: &str| -> Value { serde_json::from_str(line).expect("an object a line") };
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    text.lines().map(device).map(|d| (word(&d["kind"]), word(&d["id"]))).collect()
}

#[test]
fn devices_keep_their_names_and_wrong_ones_are_refused_in_a_sentence() {
    let Some(graph) = PipeWire::start() else { return };
    let camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let microphone = Microphone::plug_in(&graph, "voice", 2);
    let before = listed(&graph);
    for (kind, id) in [("camera", "testcam"), ("microphone", "voice"), ("camera", "test"), ("microphone", "test")] {
        assert!(before.contains(&(kind.into(), id.into())), "{kind} {id} in {before:?}");
    }
    drop((camera, microphone));
    assert!(!listed(&graph).iter().any(|d| d.1 == "testcam" || d.1 == "voice"), "they are gone");
    let _camera = Camera::plug_in(&graph, "testcam", Shape::default());
    let _microphone = Microphone::plug_in(&graph, "voice", 2);
    let mut after = listed(&graph);
    after.sort();
    let mut sorted = before.clone();
    sorted.sort();
    assert_eq!(after, sorted, "the same devices have the same names");

    let refused = record(&graph, &["--camera", "nonsense", "--for", "1"]).end().refusal();
    assert!(refused.contains("there is no camera 'nonsense'") && refused.contains("testcam"), "{refused}");
    let refused = record(&graph, &["--mic", "nonsense", "--for", "1"]).end().refusal();
    assert!(refused.contains("there is no microphone 'nonsense'") && refused.contains("voice"), "{refused}");
    let refused = record(&graph, &["--camera", "off", "--mic", "voice:9", "--for", "1"]).end().refusal();
    assert!(refused.contains("no input 9") && refused.contains("1 to 2"), "{refused}");
    let made = std::fs::read_dir(graph.folder().join("recordings")).map(Iterator::count).unwrap_or(0);
    assert_eq!(made, 0, "nothing is created for a recording that does not begin");
}
