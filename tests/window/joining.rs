// SPDX-License-Identifier: MIT
//! Invites as people get them: wrong, old, of nobody.

use super::prefer;
use crate::support::desktop::Desktop;
use crate::support::program::wait_until;

const ENTRY: &str = "The invite, or the host’s address and port";

#[test]
fn what_is_no_invite_is_explained_while_it_is_typed() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Guest");
    let app = desktop.open(None, &[]);
    app.click("Join a call");
    let before: Vec<String> = app.things().into_iter().map(|thing| thing.name).collect();
    app.write(ENTRY, "hello");
    let told = || {
        app.things().into_iter().find(|thing| thing.role == "label" && thing.showing && !before.contains(&thing.name))
    };
    wait_until("an explanation", || told().is_some());
    println!("{:?}", told().map(|thing| thing.name));
    let button = app.things().into_iter().find(|thing| thing.name == "Come in" && thing.role == "push button");
    assert!(button.is_some_and(|button| !button.sensitive), "what can't be tried can't be pressed");
}

#[test]
fn a_host_who_does_not_answer_is_explained_and_the_invite_kept() {
    let Some(desktop) = Desktop::begin() else { return };
    prefer(&desktop, None, "Guest");
    let app = desktop.open(None, &["127.0.0.1:9"]);
    app.click("Come in");
    let explained = || app.things().into_iter().find(|thing| thing.role == "label" && thing.name.contains("answer"));
    wait_until("an explanation", || explained().is_some());
    println!("{:?}", explained().map(|thing| thing.name));
    app.says(ENTRY);
}
