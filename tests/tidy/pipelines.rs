// SPDX-License-Identifier: MIT
//! A graph or a window is a text and its code: neither stays without the other, and a graph says in its first
//! lines which of its names the code may count on.

use super::house::{Fault, House};

pub fn check(house: &House) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, stem, text) in house.with_ending("pipelines/", ".launch") {
        judge_graph(path, text, &mut faults);
        if !named_by_media(house, stem) {
            let sentence = format!("no code in src/media names {stem}.launch, use it there or remove it");
            faults.push(Fault::new(path, 1, sentence));
        }
    }
    for (path, stem, _) in house.with_ending("resources/ui/", ".ui") {
        let code = format!("src/ui/{stem}.rs");
        if !house.has(&code) {
            faults.push(Fault::new(path, 1, format!("a window without its code, use {code} or remove it")));
        }
    }
    faults
}

fn judge_graph(path: &str, text: &str, faults: &mut Vec<Fault>) {
    let header: String = text.lines().take_while(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
    if header.is_empty() {
        let sentence = "the graph explains nothing, use `#` lines first: purpose, promised names, command to try it";
        faults.push(Fault::new(path, 1, sentence));
        return;
    }
    let promised: Vec<&str> = header.split(|c: char| !is_of_name(c)).collect();
    let mut names = 0;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        for name in names_in(line) {
            names += 1;
            if !promised.contains(&name) {
                let sentence =
                    format!("the name {name} is not promised, use the `#` lines at the top to say what it is");
                faults.push(Fault::new(path, index + 1, sentence));
            }
        }
    }
    if names == 0 {
        faults.push(Fault::new(path, 1, "the graph has no name for code to reach in by, use name= on an element"));
    }
}

/// Every `name` of ` name=name`; `stream-name=` and `device.name=` are other properties.
fn names_in(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(char::is_whitespace);
    let values = words.filter_map(|word| word.strip_prefix("name="));
    values.map(|value| value.trim_matches('"')).map(|value| value.split(|c| !is_of_name(c)).next().unwrap_or(value))
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Is the graph's name a quoted word of the code: `"master"`, `"master.launch"`, `"../pipelines/master.launch"`?
fn named_by_media(house: &House, stem: &str) -> bool {
    let forms = [format!("\"{stem}\""), format!("\"{stem}.launch\""), format!("/{stem}.launch\"")];
    let mut media = house.src().filter(|source| source.module().first() == Some(&"media"));
    media.any(|source| forms.iter().any(|form| source.literals.contains(form)))
}

#[test]
fn a_lonely_or_silent_graph_is_caught() {
    let media = (
        "src/media/texts.rs",
        "// \"c\"\nconst A: &str = include_str!(\"../../pipelines/a.launch\"); const B: &str = \"b\";",
    );
    let judged = |path, text| -> Vec<String> {
        check(&House::of(&[media, (path, text)])).iter().map(ToString::to_string).collect()
    };
    let good = "# Sound in.\n# Promises: mic, out_1.\naudiotestsrc device.name=x name=mic ! appsink name=\"out_1\"";
    assert_eq!(judged("pipelines/a.launch", good), [""; 0]);
    assert_eq!(judged("pipelines/b.launch", good), [""; 0]);
    assert!(
        judged("pipelines/c.launch", good)[0].starts_with("pipelines/c.launch:1: no code in src/media names c.launch")
    );
    assert!(judged("pipelines/a.launch", "fakesrc name=mic")[0].contains(":1: the graph explains nothing"));
    assert!(
        judged("pipelines/a.launch", "# Promises: a.\nfakesrc ! fakesink name=mic")[0]
            .contains(":2: the name mic is not")
    );
    assert!(judged("pipelines/a.launch", "# Promises.\nfakesrc ! fakesink")[0].contains("has no name"));
}

#[test]
fn a_window_without_code_is_caught() {
    let files = [("resources/ui/window.ui", ""), ("resources/ui/call.ui", ""), ("src/ui/window.rs", "")];
    let faults = check(&House::of(&files));
    assert_eq!(faults.iter().map(|fault| fault.file.as_str()).collect::<Vec<_>>(), ["resources/ui/call.ui"]);
}
