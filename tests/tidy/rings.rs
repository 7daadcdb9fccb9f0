// SPDX-License-Identifier: MIT
//! Rings: imports point only inward, and outside libraries stay with the module that is there for them.

use super::house::{Fault, House};
use super::paths::{PathUse, paths};
use super::source::{Source, close_of};

/// Every module of `src/` and its ring. A new module gets its place here and in the map of `src/lib.rs`.
pub const RINGS: [(&str, u8); 11] = [
    ("words", 0),
    ("mesh", ENGINES),
    ("playout", ENGINES),
    ("mp4", ENGINES),
    ("sync", ENGINES),
    ("media", HANDS),
    ("net", HANDS),
    ("disk", HANDS),
    ("studio", 3),
    ("cli", FACES),
    ("ui", FACES),
];
pub const ENGINES: u8 = 1;
const HANDS: u8 = 2;
const FACES: u8 = 4;
/// `main.rs` turns arguments into a face and knows nothing else.
const MAIN: u8 = 5;

/// Outside libraries by the beginning of their name, where they may be said, and what to use elsewhere.
const GUESTS: [(&[&str], &[&str], &str); 4] = [
    (&["gst", "gstreamer"], &["media"], "use what crate::media offers"),
    (&["gtk", "gtk4", "gdk", "gdk4", "gsk", "gsk4"], &["ui"], "use an event that ui turns into a picture"),
    (&["glib", "gio"], &["media", "studio", "ui"], "use a plain type of crate::words"),
    (&["anyhow", "clap"], &["main", "cli"], "use a thiserror enum or a plain type"),
];

/// The ring of a module, if it is one of the house.
pub fn ring(module: &str) -> Option<u8> {
    RINGS.iter().find(|(name, _)| *name == module).map(|(_, ring)| *ring)
}

pub fn check(house: &House) -> Vec<Fault> {
    house.src().filter(|source| source.path != "src/lib.rs").flat_map(judge).collect()
}

fn judge(source: &Source) -> Vec<Fault> {
    let module = source.module();
    let from = module.first().copied().unwrap_or("main");
    let Some(own) = ring(from).or((from == "main").then_some(MAIN)) else {
        let sentence = format!("the module `{from}` has no ring, use the table in tests/tidy/rings.rs to give it one");
        return vec![Fault::new(&source.path, 1, sentence)];
    };
    let inline = inline_modules(source);
    let mut faults = Vec::new();
    for path in paths(source) {
        let depth = module.len() + inline.iter().filter(|range| range.contains(&path.offset)).count();
        let to = top_module(&path, depth).and_then(|to| Some((to, ring(to)?)));
        let wrong = match to {
            Some((to, theirs)) if to != from => forbidden(own, theirs).map(|why| (format!("{from} imports {to}"), why)),
            _ => guest(path.head(), from).map(|instead| (format!("{from} says {}", path.head()), instead)),
        };
        if let Some((what, instead)) = wrong {
            faults.push(Fault::new(&source.path, source.line(path.offset), format!("{what}, {instead}")));
        }
    }
    // One list in braces may name the same module many times.
    faults.dedup_by(|a, b| a.to_string() == b.to_string());
    faults
}

/// Why a module of one ring may not import a module of another, as what to do instead.
fn forbidden(own: u8, theirs: u8) -> Option<&'static str> {
    match (own, theirs) {
        (MAIN, FACES) => None,
        (MAIN, _) => Some("use a function of cli or ui"),
        _ if theirs == own => Some("use studio to join two modules of one ring"),
        _ if theirs > own => Some("use an argument or a returned value: imports point only inward"),
        _ => None,
    }
}

fn guest(head: &str, from: &str) -> Option<&'static str> {
    // `gst_video` and `gstfmp4` are of the family of `gst`; `gstatic` would be somebody else.
    let family = |name: &&str| head == *name || head.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let known = GUESTS.iter().find(|(names, _, _)| {
        names.iter().any(family) || (names[0] == "gst" && ["gstfmp4", "gstgtk4"].contains(&head))
    });
    known.filter(|(_, homes, _)| !homes.contains(&from)).map(|(_, _, instead)| *instead)
}

/// The module below the crate's root that a path leads to, from `depth` modules deep.
fn top_module(path: &PathUse, depth: usize) -> Option<&str> {
    let ups = path.parts.iter().take_while(|part| *part == "super").count();
    let next = match path.head() {
        "crate" | "hyperzoom" => 1,
        "super" if ups == depth => ups,
        "self" if depth == 0 => 1,
        _ => return None,
    };
    path.parts.get(next).map(String::as_str)
}

/// Where the bodies of `mod name { ... }` lie.
fn inline_modules(source: &Source) -> Vec<std::ops::Range<usize>> {
    let opened = source.find("mod ").filter_map(|at| {
        let open = at + source.code[at..].find(['{', ';'])?;
        source.code[open..].starts_with('{').then(|| open..close_of(&source.code, open))
    });
    opened.collect()
}

#[test]
fn a_bad_import_is_caught() {
    let bad = [
        ("src/mesh/packet.rs", "use crate::{words::Mono, studio};", "mesh imports studio"),
        ("src/mesh.rs", "fn f() { crate::mp4::scan() }", "mesh imports mp4"),
        ("src/words/mono.rs", "use super::super::disk::Free;", "words imports disk"),
        ("src/net.rs", "mod tests { use super::super::media; }", "net imports media"),
        ("src/disk.rs", "use hyperzoom::cli;", "disk imports cli"),
        ("src/main.rs", "use hyperzoom::studio::Recorder;", "main imports studio"),
        ("src/studio.rs", "use gst::prelude::*;", "studio says gst"),
        ("src/disk.rs", "fn f() { gst_video::init() }", "disk says gst_video"),
        ("src/cli.rs", "use gtk::Label;", "cli says gtk"),
        ("src/net.rs", "fn f() -> anyhow::Result<()> {}", "net says anyhow"),
        ("src/novel.rs", "", "the module `novel` has no ring"),
    ];
    for (path, text, sentence) in bad {
        let faults = check(&House::of(&[(path, text)]));
        assert!(faults.len() == 1 && faults[0].sentence.starts_with(sentence), "{path}: {text}: {faults:?}");
    }
}

#[test]
fn a_good_import_passes() {
    let good = [
        (
            "src/mesh/packet.rs",
            "use super::super::words::Mono; use super::crypto; mod tests { use super::super::wire; }",
        ),
        ("src/studio/call.rs", "use crate::{media::Graph, mesh::Mesh, words}; fn f(object: glib::Object) {}"),
        ("src/media.rs", "use gst::prelude::*; use gst_app::AppSink; use super::words::Mono;"),
        ("src/main.rs", "use hyperzoom::cli;"),
        ("src/net.rs", "fn f() { let gst_name = 1; } // crate::mesh is not known here"),
    ];
    let faults = check(&House::of(&good));
    assert!(faults.is_empty(), "{faults:?}");
}
