// SPDX-License-Identifier: MIT
//! Pipelines are text that anybody can try by hand and change without a compiler; a text that cannot work is
//! refused with its name.

use crate::support::program::{self, Ended, Program};
use crate::support::ruler::read_with_ffmpeg;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const NAMES: &[&str] = &[
    "camera",
    "far-picture",
    "further-picture",
    "further-sound",
    "listen",
    "master",
    "master-picture",
    "master-sound",
    "microphone",
    "outgoing-picture",
    "read-file",
    "read-sound",
    "still",
    "trial-audio",
    "trial-video",
    #[cfg(feature = "ui")]
    "view",
];

fn printed(arguments: &[&str]) -> String {
    let output = program::command().args(arguments).output().expect("our program starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn shell(command: &str) -> Output {
    Command::new("sh").args(["-c", command]).output().expect("a shell")
}

/// Half a second instead of five.
fn shortened(command: &str) -> String {
    command.replace("num-buffers=150", "num-buffers=15").replace("num-buffers=500", "num-buffers=50")
}

#[test]
fn every_printed_command_runs_as_pasted() {
    let listed = printed(&["pipelines"]);
    for name in NAMES {
        assert!(listed.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} in {listed}");
        let command = printed(&["pipelines", name, "--camera", "test", "--mic", "test"]);
        assert!(command.starts_with("gst-launch-1.0 "), "{command}");
        assert_ne!(shortened(&command), command, "it ends by itself");
        let output = shell(&shortened(&command));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !errors.contains("WARNING"), "{name}: {command}{errors}");
    }
}

#[test]
fn an_unknown_pipeline_is_answered_with_the_known_ones() {
    let output = program::run(&[&"pipelines", &"nonsense"]);
    let sentence = program::one_sentence(output.status.code(), &String::from_utf8_lossy(&output.stderr));
    assert!(NAMES.iter().all(|name| sentence.contains(name)), "{sentence}");
}

/// Records a short piece with texts of our own in place of the built-in ones.
fn recorded_with(texts: &[(&str, &str)], home: &Path) -> Ended {
    let folder = home.join("texts");
    std::fs::create_dir(&folder).expect("our own folder");
    for (file, text) in texts {
        std::fs::write(folder.join(file), text).expect("our own folder");
    }
    let mut command = program::record_under(&home.join("recordings"));
    command.env("HYPERZOOM_PIPELINES", &folder).args(["--for", "2.5"]);
    Program::start(command).end()
}

fn built_in(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(file)).expect("it is there")
}

#[test]
fn edited_texts_change_the_recording() {
    let home = tempfile::tempdir().expect("a folder");
    let camera = built_in("camera.launch").replace("! appsink", "! videobalance brightness=-1 ! appsink");
    let master = built_in("master.launch").replace("fragment-duration=1000000000", "fragment-duration=2000000000");
    let ended = recorded_with(&[("camera.launch", &camera), ("master.launch", &master)], home.path());
    let finished = ended.finished();
    assert_eq!((finished["frames"].as_u64(), finished["finalised"].as_bool()), (Some(75), Some(true)));
    let reading = read_with_ffmpeg(&program::file(finished));
    assert_eq!(reading.frames.len(), 75);
    assert!(reading.frames.iter().all(|f| f.number.is_none() && !f.flash), "every picture is black");
    let bytes = std::fs::read(program::file(finished)).expect("it was recorded");
    let fragments = bytes.windows(4).filter(|w| *w == b"moof").count();
    assert_eq!(fragments, 2, "2.5 s in fragments of two seconds");
}

#[test]
fn a_text_that_cannot_work_is_refused_by_its_name() {
    let camera = built_in("camera.launch");
    let nameless = camera.replace("appsink name=pictures", "appsink");
    let unknown = camera.replace("videoconvertscale", "videoconvertnonsense");
    let torn = camera.replace("! appsink", "! ! appsink");
    let slot = camera.replace("videoconvertscale", "{nonsense} ! videoconvertscale");
    for (text, word) in [(nameless, "'pictures'"), (unknown, "videoconvertnonsense"), (torn, ""), (slot, "{nonsense}")]
    {
        let home = tempfile::tempdir().expect("a folder");
        let sentence = recorded_with(&[("camera.launch", &text)], home.path()).refusal();
        assert!(sentence.contains("'camera'") && sentence.contains(word), "{sentence}");
        let made = std::fs::read_dir(home.path().join("recordings")).map_or(0, Iterator::count);
        assert_eq!(made, 0, "nothing is created: {sentence}");
    }
}

#[test]
fn an_encoder_that_does_not_keep_its_word_is_passed_over() {
    let home = tempfile::tempdir().expect("a folder");
    let table = built_in("encoders.toml");
    let begin = table.find("[[aac]]").expect("the table has AAC");
    let liar = "[[aac]]\nelement = \"voaacenc\"\nos = [\"linux\"]\npackage = \"nobody's\"\npriming = 1600\n\
                master = \"voaacenc name=audio_encoder bitrate=64000\"\n\n";
    let edited = format!("{}{liar}{}", &table[..begin], &table[begin..]);
    std::fs::write(home.path().join("encoders.toml"), edited).expect("our own folder");
    let mut command = program::command();
    let output =
        command.args(["doctor", "--json"]).env("HYPERZOOM_PIPELINES", home.path()).output().expect("it starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let aac = &report["encoders"][1];
    let refused = aac["choice"]["refused"].as_array().unwrap_or_else(|| panic!("{aac:#}"));
    let why = refused.iter().find(|r| r["element"] == "voaacenc").unwrap_or_else(|| panic!("{aac:#}"));
    let why = why["why"].as_str().expect("a sentence");
    assert!(why.contains("when asked for 192") || why.contains("not installed"), "{why}");
    assert_ne!(aac["choice"]["element"], "voaacenc");
}
