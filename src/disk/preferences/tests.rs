// SPDX-License-Identifier: MIT
use super::{Preferences, Theme};
use std::path::PathBuf;

/// Nothing in it is as usual.
fn chosen() -> Preferences {
    Preferences {
        name: "Röntgen \"X\" = [1]".to_owned(),
        session: "Weekly".to_owned(),
        recordings: Some(std::env::temp_dir().join("recordings of mine")),
        flac: true,
        port: 45_000,
        port_mapping: false,
        frames: "2.5".to_owned(),
        keep_muted: true,
        record_from_start: true,
        camera: "test:640x360@30".to_owned(),
        microphone: "alsa_input.usb:2".to_owned(),
        speaker: "off".to_owned(),
        theme: Theme::Dark,
        headphones_told: true,
        ..Preferences::usual(None)
    }
}

fn read_text(text: &str) -> (Preferences, Vec<String>) {
    super::read(text.parse().expect("TOML"), Preferences::usual(None))
}

#[test]
fn what_is_kept_is_found_again() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("in/the/depths/preferences.toml");
    assert_eq!(Preferences::load_from(&file, None), (Preferences::usual(None), Vec::new()), "nothing is there yet");
    chosen().save_to(&file).expect("writable");
    assert_eq!(Preferences::load_from(&file, None), (chosen(), Vec::new()));
    let names: Vec<_> = std::fs::read_dir(file.parent().expect("a folder")).expect("there").flatten().collect();
    assert_eq!(names.len(), 1, "nothing stays beside it: {names:?}");
}

#[test]
fn whichever_field_is_wrong_takes_its_usual_value_and_spoils_no_other() {
    let (good, usual) = (chosen().table(), Preferences::usual(None).table());
    let wrongs = ["[1, 2]", "{ a = 1 }", "-1", "65536", "1.5", "1979-05-27", "\"\\u0007\"", "\"relative/sideways\""];
    for key in good.keys() {
        let mut refused = 0;
        for wrong in wrongs {
            let mut table = good.clone();
            let value: toml::Table = format!("x = {wrong}").parse().expect("TOML");
            table.insert(key.clone(), value["x"].clone());
            let (read, doubts) = super::read(table.clone(), Preferences::usual(None));
            if read.table().get(key) == table.get(key) {
                assert!(doubts.is_empty(), "{key} = {wrong} was taken: {doubts:?}");
                continue;
            }
            refused += 1;
            assert!(doubts.len() == 1 && doubts[0].contains(&format!("setting {key} is ")), "{doubts:?}");
            let mut expected = good.clone();
            expected.remove(key);
            expected.extend(usual.get(key).map(|usual| (key.clone(), usual.clone())));
            assert_eq!(read.table(), expected, "{key} = {wrong}");
        }
        assert!(refused >= 6, "{key} takes nearly everything");
    }
}

#[test]
fn a_field_that_is_missing_takes_its_usual_value_in_silence() {
    let good = chosen().table();
    for key in good.keys() {
        let mut table = good.clone();
        table.remove(key);
        let (read, doubts) = super::read(table.clone(), Preferences::usual(None));
        assert!(doubts.is_empty(), "{doubts:?}");
        table.extend(Preferences::usual(None).table().get(key).map(|usual| (key.clone(), usual.clone())));
        assert_eq!(read.table(), table);
    }
}

#[test]
fn what_a_newer_version_has_written_is_kept() {
    let (read, doubts) = read_text("name = \"host\"\nfuture = { depth = 3 }\n");
    assert_eq!((read.name.as_str(), doubts.len()), ("host", 0));
    assert_eq!(read.table()["future"]["depth"].as_integer(), Some(3));
}

#[test]
fn a_file_that_is_no_toml_is_told_of_and_set_aside_not_overwritten() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("preferences.toml");
    let by_hand = "name = host # quotes forgotten\n";
    std::fs::write(&file, by_hand).expect("our own folder");
    let (read, doubts) = Preferences::load_from(&file, None);
    assert_eq!((read.clone(), doubts.len()), (Preferences::usual(None), 1), "{doubts:?}");
    read.save_to(&file).expect("writable");
    assert_eq!(std::fs::read_to_string(home.path().join("preferences.toml.broken")).expect("set aside"), by_hand);
    assert!(Preferences::load_from(&file, None).1.is_empty());
}

#[test]
fn every_profile_has_a_file_and_a_folder_of_its_own() {
    let (own, other) = (super::file(Some("a/../b")), super::file(Some("other")));
    assert_ne!(own, other);
    let inside = |path: &Option<PathBuf>| path.as_ref().is_none_or(|p| !p.components().any(|c| c.as_os_str() == ".."));
    assert!(inside(&own) && inside(&other));
    let recordings = |profile| Preferences::usual(profile).recordings_folder().ok();
    assert!(recordings(None).is_none() || recordings(None) != recordings(Some("other")));
}
