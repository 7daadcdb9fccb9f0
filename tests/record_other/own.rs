// SPDX-License-Identifier: MIT
//! A person's own encoders and presets, in the configuration folder.

use crate::support::program::command;
use hyperzoom::words::Container;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Slower than ours, and with a key frame that nobody else asks for.
const ROW: &str = r#"
[[h264]]
element = "identity"
recording = "identity name=of_ones_own ! x264enc name=video_encoder speed-preset=superfast {quality} key-int-max={keys} bframes=0 option-string=scenecut=0 {latency} ! h264parse"
quality = {fast = "quantizer=30", balanced = "quantizer=25", high = "quantizer=20", ultra = "quantizer=15"}
bitrate = "pass=cbr bitrate={kbps}"
latency = {low = "tune=zerolatency", usual = ""}
"#;

/// A home with these files in its configuration folder.
fn home(files: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = configuration(home.path()).join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("ours");
        std::fs::write(path, text).expect("ours");
    }
    home
}

fn configuration(home: &Path) -> PathBuf {
    match cfg!(target_os = "macos") {
        true => home.join("Library/Application Support/hyperzoom"),
        false => home.join(".config/hyperzoom"),
    }
}

/// A person lives there; `elsewhere` is a configuration folder that is not in its usual place.
fn at_home(home: &Path, elsewhere: Option<&Path>) -> Command {
    let mut program = command();
    program.env("HOME", home).env_remove("XDG_CONFIG_HOME").arg("record");
    if let Some(folder) = elsewhere {
        program.env("XDG_CONFIG_HOME", folder);
    }
    program
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    at_home(home, None).args(arguments).output().expect("our program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn shown(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn recorded(home: &Path, out: &Path, more: &[&str]) -> Value {
    let mut program = at_home(home, None);
    program.args(["--camera", "test:160x90", "--mic", "test", "--json", "--for", "1", "--out"]).arg(out).args(more);
    let told = shown(&program.output().expect("our program starts"));
    serde_json::from_str(told.lines().last().expect("a line")).expect("JSON")
}

#[test]
fn ones_own_encoder_goes_before_ours() {
    let home = home(&[("encoders.toml", ROW)]);
    let pipeline = shown(&run(home.path(), &["--preset", "vga", "--dry-run"]));
    assert!(pipeline.contains("of_ones_own") && pipeline.contains("superfast"), "{pipeline}");
    for container in [Container::Mkv, Container::Mp4, Container::Mov, Container::Avi] {
        let out = home.path().join(format!("talk.{}", container.extension()));
        let finished = recorded(home.path(), &out, &["--preset", "vga", "--set", "video.size=160x90"]);
        assert_eq!((&finished["video_encoder"], &finished["whole"]), (&"identity".into(), &true.into()), "{container}");
    }
    // Whoever asks for another one gets it.
    let out = home.path().join("ours.mkv");
    let finished = recorded(home.path(), &out, &["--encoder", "x264enc", "--set", "video.size=160x90"]);
    assert_eq!(finished["video_encoder"], "x264enc");
}

#[cfg(target_os = "linux")]
#[test]
fn a_configuration_folder_that_is_elsewhere_is_found() {
    let home = home(&[("encoders.toml", ROW)]);
    let nobody = tempfile::tempdir().expect("a folder");
    let elsewhere = home.path().join(".config");
    let shown = shown(&at_home(nobody.path(), Some(&elsewhere)).arg("--dry-run").output().expect("it starts"));
    assert!(shown.contains("of_ones_own"), "{shown}");
}

#[test]
fn a_wrong_row_is_named_with_its_file() {
    let faults = [
        ("[[h264]]\nelement = \"x264enc\"\nspeed = 3\n".to_owned(), "speed"),
        (ROW.replace("h264", "h266"), "h266"),
        ("\n\n[[h264]\nelement =".to_owned(), "line 3"),
        (ROW.replace("element = \"identity\"\n", ""), "element"),
    ];
    for (text, wanted) in faults {
        let home = home(&[("encoders.toml", &text)]);
        let out = home.path().join("talk.mkv");
        let path = out.to_str().expect("a plain path");
        for arguments in [&["--dry-run"][..], &["--camera", "test:160x90", "--mic", "off", "--out", path]] {
            let refused = run(home.path(), arguments);
            let said = said(&refused);
            println!("{said}");
            assert!(!refused.status.success() && !out.exists(), "{wanted}: {said}");
            assert!(said.contains("encoders.toml") && said.contains(wanted), "{wanted}: {said}");
            assert!(said.trim().lines().count() == 1 && !said.contains("HYPERZOOM_PIPELINES"), "one sentence: {said}");
        }
    }
}

#[test]
fn a_row_that_cannot_encode_here_is_passed_over_and_named() {
    for (text, name, why) in [
        (ROW.replace("\"identity\"", "\"no264enc\""), "no264enc", "not installed"),
        (ROW.replace("superfast", "as-you-like"), "identity", "as-you-like"),
        (ROW.replace("speed-preset=superfast", "haste=1"), "identity", "haste"),
        (ROW.replace("x264enc", "no264enc"), "identity", "no264enc"),
    ] {
        let home = home(&[("encoders.toml", &text)]);
        let tried = run(home.path(), &["--preset", "vga", "--dry-run"]);
        let said = said(&tried);
        println!("{said}");
        assert!(said.contains(name) && said.contains(why) && said.contains("instead"), "{why}: {said}");
        assert!(!shown(&tried).contains("of_ones_own"));
        let out = home.path().join("talk.mkv");
        let finished = recorded(home.path(), &out, &["--set", "video.size=160x90"]);
        let happened = &finished["events"][0];
        assert_eq!((&happened["event"], &happened["element"]), (&"passed-over".into(), &name.into()), "{finished:#}");
        assert_eq!((&happened["by"], &finished["whole"]), (&finished["video_encoder"], &true.into()));
    }
}

#[test]
fn ones_own_preset_is_listed_and_used_as_ours_are() {
    let text = "about = \"talks at school\"\npreset = \"vga\"\ncontainer = \"mkv\"\n[video]\nsize = \"160x120\"\n\
                frame_rate = 25\n[audio]\ncodec = \"flac\"\n";
    let home = home(&[("presets/school.toml", text)]);
    let listed = shown(&run(home.path(), &["--list-presets"]));
    assert!(listed.lines().any(|line| line.contains("school") && line.contains("talks at school")), "{listed}");
    let pipeline = shown(&run(home.path(), &["--preset", "school", "--dry-run"]));
    assert!(["matroskamux", "flacenc", "25/1", "160"].iter().all(|part| pipeline.contains(part)), "{pipeline}");
    let out = home.path().join("talk.mkv");
    let finished = recorded(home.path(), &out, &["--preset", "school"]);
    assert_eq!((&finished["container"], &finished["audio_encoder"]), (&"mkv".into(), &"flacenc".into()), "{finished}");
    assert_eq!(super::streams(&out)["streams"][0]["r_frame_rate"], "25/1");
}

#[test]
fn a_wrong_preset_of_ones_own_is_named_and_the_others_are_not_hurt() {
    let home = home(&[
        ("presets/odd.toml", "container = \"mkv\"\n[video]\ncolour = \"red\"\n"),
        ("presets/torn.toml", "container = \"webm\"\n[video]\ncodec = \"h264\"\n"),
        ("presets/vga.toml", "container = \"mkv\"\n"),
    ]);
    for (name, wanted) in [("odd", "colour"), ("torn", "WebM cannot hold H.264")] {
        let refused = run(home.path(), &["--preset", name, "--dry-run"]);
        let said = said(&refused);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && said.contains(&format!("{name}.toml")), "{said}");
    }
    let listed = run(home.path(), &["--list-presets"]);
    let said = said(&listed);
    assert!(["odd", "torn", "vga"].iter().all(|name| said.contains(&format!("preset '{name}'"))), "{said}");
    assert!(shown(&listed).contains("1080p-high"));
    assert!(shown(&run(home.path(), &["--preset", "vga", "--dry-run"])).contains("640"), "ours is still there");
}
